"""Everything that makes a run, as one frozen dataclass with a JSON round trip."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

from leakgan_tf.config.fields import check_choice, setting
from leakgan_tf.config.semantics import Semantics
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check

# Systems that learn from likelihood alone: there is no reward to control.
UNREWARDED = frozenset({"mle", "scheduled_sampling"})
FORMAT = 1  # of config.json; raised when an old run folder can no longer be read


@dataclass(frozen=True)
class Config:
    """The sizes, schedule and semantics of one run. Values and their sources: `presets.py`.

    Raises:
      UserError: a value is impossible, or two of them contradict each other.
    """

    preset: str = setting("quick", "The preset that the values started from.")
    system: str = setting("leakgan", "The system trained: a file of `leakgan_tf/systems`.")
    seed: int = setting(0, "Seed of everything random in the run.")

    # The task
    task: str = setting("synthetic", "What is learned.", choices=("synthetic", "text"))
    length: int = setting(20, "Tokens in a sequence, T.")
    vocab_size: int = setting(5000, "Number of token ids, V.")
    oracle_embedding: int = setting(32, "Embedding width of the oracle.")
    oracle_hidden: int = setting(32, "State width of the oracle's LSTM.")
    oracle_seed: int = setting(0, "Seed of a random oracle's weights.")
    oracle_params: str = setting("", "SHA-256 of the published oracle's weights, if they are used.")
    dataset: str = setting("", "Text only: SHA-256 of the data folder's record.")
    training_sequences: int = setting(10000, "Oracle sequences to learn from by MLE, fixed.")

    # The models
    generator_embedding: int = setting(32, "Token embedding width of the generator, E.")
    generator_hidden: int = setting(32, "State width of the generator's LSTMs, H.")
    goal_size: int = setting(16, "Width of the Worker's goal embedding, K.")
    goal_horizon: int = setting(4, "Tokens that a goal looks ahead, c.")
    discriminator_embedding: int = setting(64, "Token embedding width of D.")
    windows: tuple[int, ...] = setting((1, 2, 3), "Window sizes of D's convolutions, in tokens.")
    filters: tuple[int, ...] = setting((100, 200, 200), "Filters of each window size.")

    # Optimisation
    batch_size: int = setting(64, "Sequences in a batch, B.")
    generator_learning_rate: float = setting(
        0.0015, "Adam's rate for Manager and Worker in pre-training."
    )
    adversarial_learning_rate: float = setting(
        0.0015, "Adam's rate for Manager and Worker in the adversarial phase (original: the same)."
    )
    mle_learning_rate: float = setting(0.01, "Adam's rate for the LSTM generator.")
    discriminator_learning_rate: float = setting(5e-5, "Adam's rate for D.")
    adam_epsilon: float = setting(1e-8, "Adam's ε (TensorFlow 1's default, not Keras's 1e-7).")
    gradient_clip: float = setting(5.0, "Largest global norm of a generator's gradient.")

    # A control experiment
    reward: str = setting(
        "discriminator",
        "What policy gradients are weighted with: 'discriminator', the system's own reward (D's "
        "verdict, BLEU, a rank); or a control: 'constant', one number; 'random', uniform with that "
        "mean; 'shuffled', the system's own, dealt out anew over the batch.",
        choices=("discriminator", "constant", "random", "shuffled"),
    )

    # The schedule
    mle_epochs: int = setting(120, "Epochs of the MLE baseline.")
    pretrain_rounds: int = setting(10, "Rounds of interleaved pre-training.")
    pretrain_discriminator_rounds: int = setting(5, "D rounds in a round of pre-training.")
    pretrain_generator_epochs: int = setting(8, "G epochs in a round of pre-training.")
    likelihood_share: float = setting(
        1.0, "Share of the training sentences in a G epoch, chosen anew for each."
    )
    discriminator_samples: int = setting(9984, "Fresh sequences of each side in a D round.")
    discriminator_epochs: int = setting(3, "Epochs over them in a D round.")
    adversarial_steps: int = setting(800, "G steps of the adversarial phase.")
    adversarial_discriminator_rounds: int = setting(5, "D rounds after each of them.")
    rollouts: int = setting(4, "Monte-Carlo completions of each prefix, N.")

    # SeqGAN's own, shared by the systems that keep its schedule: PG-BLEU, RankGAN, MaliGAN.
    seqgan_discriminator_learning_rate: float = setting(1e-4, "SeqGAN: Adam's rate for D.")
    seqgan_dropout: float = setting(0.25, "SeqGAN: share of D's features dropped in training.")
    seqgan_l2: float = setting(0.2, "SeqGAN: weight of D's classifier penalty, Σ w²/2.")
    seqgan_discriminator_rounds: int = setting(50, "SeqGAN: D rounds before the G steps.")
    seqgan_steps: int = setting(200, "SeqGAN: G steps of the adversarial phase.")
    seqgan_rollouts: int = setting(16, "SeqGAN: completions of each prefix, N.")

    scheduled_sampling_epochs: int = setting(300, "Scheduled sampling: epochs (its program).")
    scheduled_sampling_schedule: str = setting(
        "linear",
        "Scheduled sampling: how the probability of reading the true token falls.",
        choices=("linear", "exponential", "inverse_sigmoid"),
    )
    scheduled_sampling_rate: float = setting(
        0.002, "Scheduled sampling: the decay's k, for each epoch (SeqGAN: linear, 0.002)."
    )
    scheduled_sampling_least: float = setting(
        0.0, "Scheduled sampling: least probability of the true token in the linear decay."
    )
    pg_bleu_order: int = setting(3, "PG-BLEU: longest n-gram of its BLEU (its program).")
    rankgan_gamma: float = setting(16.0, "RankGAN: steepness γ of the ranking (rankgan.py).")
    rankgan_references: int = setting(
        16, "RankGAN: human sentences in a reference set (its program), at most batch_size."
    )
    rankgan_reward: str = setting(
        "rank", "RankGAN: the reward, R (its program) or log R.", choices=("rank", "log_rank")
    )
    maligan_completions: int = setting(
        8, "MaliGAN: completions of each real prefix, n (open in the paper)."
    )
    maligan_prefix_step: int = setting(
        1, "MaliGAN: tokens by which the real prefix shrinks (open in the paper)."
    )
    maligan_baseline: float = setting(1.0, "MaliGAN: what the baseline b rises to, from 0.")

    # Evaluation and safety
    evaluate_every: int = setting(5, "Generator epochs or adversarial steps between evaluations.")
    evaluation_samples: int = setting(9984, "Sequences in an evaluation, and held-out sequences.")
    select: str = setting(
        "task",
        "Whose weights are kept as the best, those of the evaluation with the least: 'nll_oracle' "
        "or 'nll_test', at temperature 1.0; 'frontier', distance from the sweep of MLE of the same "
        "seed, at 1.0 or 1.5, whichever is less; 'task', nll_oracle on the oracle task, nll_test "
        "on text.",
        choices=("task", "nll_oracle", "nll_test", "frontier"),
    )
    sampling_batch: int = setting(
        64, "Sequences sampled together outside the loss; a multiple of per-row goal_init's rows."
    )
    precision: str = setting(
        "float32",
        "Of the products in D, its leaked features and the Worker's logits; weights are float32.",
        choices=("float32", "bfloat16"),
    )
    feature_memory: int = setting(
        2048,
        "LeakGAN: the most MiB for features of the training sentences, which are computed once "
        "for the G epochs between two D rounds; 0 computes them in each step.",
    )
    checkpoint_seconds: float = setting(60.0, "Least time between checkpoints, in seconds.")

    semantics: Semantics = field(default_factory=Semantics)

    def __post_init__(self) -> None:
        for option in dataclasses.fields(self):
            check_choice(option, getattr(self, option.name))
        self._check_counts()
        self._check_windows()
        self._check_systems()
        self._check_selection()
        if self.length % self.goal_horizon:
            raise UserError(
                f"length {self.length} is not divisible by goal_horizon {self.goal_horizon}: "
                "goals are set every goal_horizon tokens"
            )

    def _check_counts(self) -> None:
        may_be_zero = {
            "mle_epochs", "pretrain_rounds", "pretrain_discriminator_rounds", "oracle_seed", "seed",
            "pretrain_generator_epochs", "adversarial_steps", "adversarial_discriminator_rounds",
            "seqgan_dropout", "seqgan_l2", "seqgan_discriminator_rounds", "seqgan_steps",
            "scheduled_sampling_epochs", "scheduled_sampling_rate", "scheduled_sampling_least",
            "maligan_baseline", "feature_memory",
        }  # fmt: skip
        for option in dataclasses.fields(self):
            value = getattr(self, option.name)
            if not isinstance(value, int | float) or isinstance(value, bool):
                continue
            if not 0 <= value < math.inf or (value == 0 and option.name not in may_be_zero):
                least = "0 or more" if option.name in may_be_zero else "above 0"
                raise UserError(f"{option.name} must be {least}, not {value}")
        for name in ("training_sequences", "discriminator_samples"):
            if getattr(self, name) < self.batch_size:
                raise UserError(f"{name} must be at least batch_size {self.batch_size}")
        for name in ("likelihood_share", "scheduled_sampling_least"):
            if getattr(self, name) > 1:
                raise UserError(f"{name} must be at most 1, not {getattr(self, name)}")
        if self.semantics.goal_init == "per_row" and self.sampling_batch % self.batch_size:
            raise UserError(
                f"sampling_batch {self.sampling_batch} must be a multiple of batch_size "
                f"{self.batch_size} where goal_init is per_row"
            )
        if self.vocab_size < 2:
            raise UserError("vocab_size must be at least 2")

    def _check_windows(self) -> None:
        if len(self.windows) != len(self.filters):
            raise UserError(
                f"windows and filters must be equally many: {len(self.windows)} windows, "
                f"{len(self.filters)} filters"
            )
        if not self.windows or min(self.windows) < 1 or min(self.filters) < 1:
            raise UserError("windows and filters must be numbers above 0")
        if len(set(self.windows)) != len(self.windows):
            raise UserError("windows must differ from each other")
        if max(self.windows) > self.length:
            raise UserError(
                f"window {max(self.windows)} is longer than the sequence ({self.length} tokens)"
            )

    def _check_selection(self) -> None:
        if self.task == "text" and self.select not in ("task", "nll_test"):
            raise UserError(f"select {self.select} takes an oracle: on text it is nll_test")
        if self.system == "mle" and self.select == "frontier":
            raise UserError("select frontier compares with mle: for mle itself it is another rule")

    def _check_systems(self) -> None:
        if self.system in UNREWARDED and self.reward != "discriminator":
            raise UserError(
                f"reward {self.reward} controls policy gradients: {self.system} has none"
            )
        rate, schedule = self.scheduled_sampling_rate, self.scheduled_sampling_schedule
        if schedule == "exponential" and rate >= 1:
            raise UserError(f"scheduled_sampling_rate must be below 1 if exponential, not {rate}")
        if schedule == "inverse_sigmoid" and rate < 1:
            raise UserError(
                f"scheduled_sampling_rate must be at least 1 if inverse_sigmoid, not {rate}"
            )
        if self.system == "pg_bleu" and self.pg_bleu_order > self.length:
            raise UserError(
                f"pg_bleu_order {self.pg_bleu_order} must be at most length {self.length}"
            )
        if self.system == "rankgan" and self.rankgan_references > self.batch_size:
            raise UserError(
                f"rankgan_references {self.rankgan_references} must be at most batch_size "
                f"{self.batch_size}"
            )

    @property
    def ends(self) -> bool:
        """Whether token 0 ends a sentence, and what follows it is masked."""
        return self.task == "text" and self.semantics.padding == "masked"

    @property
    def score(self) -> str:
        """Name of the figure whose least value makes an evaluation's weights the best."""
        own = "nll_test" if self.task == "text" else "nll_oracle"
        rule = own if self.select == "task" else self.select
        return rule if rule == "frontier" else f"{rule}_1.0"

    @property
    def feature_size(self) -> int:
        """Width of the leaked feature, F: the sum of all filters."""
        return sum(self.filters)

    def to_json(self) -> dict[str, Any]:
        """Returns plain dictionaries, lists and numbers that `from_json` reads back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Config":
        """Reads `to_json`'s result; raises ``UserError`` on unknown fields and wrong types."""
        return check(values, cls, "configuration")


def flatten(config: Config) -> dict[str, Any]:
    """Returns the fields by name, those of the semantics among them (no name occurs twice)."""
    values = config.to_json()
    return {**values.pop("semantics"), **values}


def differences(old: Config, new: Config) -> list[str]:
    """Returns a line "name: old -> new" for each field that differs."""
    before, after = flatten(old), flatten(new)
    return [f"{name}: {before[name]} -> {after[name]}" for name in before
            if before[name] != after[name]]  # fmt: skip


def replace(config: Config, **changes: Any) -> Config:
    """Returns ``config`` with fields changed, those of the semantics by their own names.

    Raises:
      UserError: no field has such a name, or the values do not go together.
    """
    own = {option.name for option in dataclasses.fields(Config)} - {"semantics"}
    inner = {option.name for option in dataclasses.fields(Semantics)}
    for name in changes:
        if name not in own | inner:
            raise UserError(f"unknown field {name!r}")
    semantics = dataclasses.replace(
        config.semantics, **{name: value for name, value in changes.items() if name in inner}
    )
    return dataclasses.replace(
        config,
        semantics=semantics,
        **{name: value for name, value in changes.items() if name in own},
    )
