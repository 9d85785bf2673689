"""Settings that all systems share: task, models, schedule, evaluation."""

import dataclasses
from dataclasses import dataclass

from leakgan_tf.config.fields import check_setting, setting
from leakgan_tf.utils.errors import UserError


@dataclass(frozen=True)
class SharedConfig:
    """Sizes and schedule of one run, without its system's own settings (values: `presets.py`).

    Raises:
      UserError: a value is out of range, or two values contradict each other.
    """

    preset: str = setting("quick", "Preset that the values are based on.")
    seed: int = setting(0, "Seed of all randomness in the run.", zero=True)

    # The task
    task: str = setting("synthetic", "The task.", choices=("synthetic", "text", "cfg"))
    length: int = setting(20, "Tokens in a sequence, T.")
    vocab_size: int = setting(5000, "Number of token ids, V.")
    oracle_embedding: int = setting(32, "Embedding width of the oracle.")
    oracle_hidden: int = setting(32, "State width of the oracle's LSTM.")
    oracle_seed: int = setting(0, "Seed of a random oracle's weights.", zero=True)
    oracle_params: str = setting("", "SHA-256 of the published oracle's weights, if they are used.")
    grammar: str = setting("operators", "CFG only: the grammar.", choices=("operators", "brackets"))
    law: str = setting(
        "levels",
        "CFG only: distribution of the grammar's sentences. 'levels': the number of levels is "
        "uniform; 'derivation': all rules are equally likely.",
        choices=("levels", "derivation"),
    )
    dataset: str = setting("", "Text only: SHA-256 of the data folder's record.")
    training_sequences: int = setting(10000, "Number of training sequences from the oracle.")

    # The models
    generator_embedding: int = setting(32, "Token embedding width of the generator, E.")
    generator_hidden: int = setting(32, "State width of the generator's LSTMs, H.")
    discriminator_embedding: int = setting(64, "Token embedding width of D.")
    windows: tuple[int, ...] = setting((1, 2, 3), "Window sizes of D's convolutions, in tokens.")
    filters: tuple[int, ...] = setting((100, 200, 200), "Filters of each window size.")

    # Optimization
    batch_size: int = setting(64, "Sequences in a batch, B.")
    adam_epsilon: float = setting(1e-8, "Adam's ε (TensorFlow 1's default, not Keras's 1e-7).")
    gradient_clip: float = setting(5.0, "Largest global norm of a generator's gradient.")

    padding: str = setting(
        "token",
        "Text only. 'token': padding up to T is an ordinary token; 'masked': padding "
        "counts in no loss, reward or likelihood.",
        choices=("token", "masked"),
    )

    # A control experiment
    reward: str = setting(
        "discriminator",
        "Reward of policy gradients: 'discriminator', the system's own reward (D's probability, "
        "BLEU, a rank); or a control: 'constant', one number; 'random', uniform with that mean; "
        "'shuffled', the system's own rewards, permuted over the batch.",
        choices=("discriminator", "constant", "random", "shuffled"),
    )

    # The schedule
    discriminator_epochs: int = setting(3, "Epochs over the sequences of one D round.")
    adversarial_discriminator_rounds: int = setting(5, "D rounds after each G step.", zero=True)

    # Evaluation and safety
    evaluate_every: int = setting(5, "Generator epochs or adversarial steps between evaluations.")
    evaluation_samples: int = setting(9984, "Sequences generated in an evaluation, and held out.")
    select: str = setting(
        "task",
        "Figure whose lowest value selects the best weights: 'nll_oracle' or 'nll_test' at "
        "temperature 1; 'frontier', the distance to MLE's temperature sweep with the same seed, "
        "at temperature 1 or 1/1.5, whichever is less; 'task', nll_oracle on the oracle task, "
        "nll_test elsewhere.",
        choices=("task", "nll_oracle", "nll_test", "frontier"),
    )
    sampling_batch: int = setting(64, "Sequences in a batch of sampling, except in a loss.")
    precision: str = setting(
        "float32",
        "Type of products in D, its leaked features and the Worker's logits; weights are float32.",
        choices=("float32", "bfloat16"),
    )
    checkpoint_seconds: float = setting(60.0, "Minimum time between two checkpoints, in seconds.")

    def __post_init__(self) -> None:
        for field in dataclasses.fields(SharedConfig):
            check_setting(field.name, field, getattr(self, field.name))
        self._check_counts()
        self._check_windows()
        if self.task != "synthetic" and self.select not in ("task", "nll_test"):
            raise UserError(f"select={self.select} needs an oracle: on {self.task} give nll_test")

    def _check_counts(self) -> None:
        if self.training_sequences < self.batch_size:
            raise UserError(
                f"training_sequences must be at least batch_size {self.batch_size} "
                f"(got {self.training_sequences})"
            )
        if self.vocab_size < 2:
            raise UserError(f"vocab_size must be at least 2, not {self.vocab_size}")
        if self.task == "synthetic" and self.evaluation_samples < 2:
            raise UserError("evaluation_samples must be at least 2: one has no standard deviation")

    def _check_windows(self) -> None:
        if len(self.windows) != len(self.filters):
            raise UserError(
                "windows and filters must have the same length "
                f"(got {len(self.windows)} windows, {len(self.filters)} filters)"
            )
        if not self.windows or min(self.windows) < 1 or min(self.filters) < 1:
            raise UserError("windows and filters must be lists of numbers above 0")
        if len(set(self.windows)) != len(self.windows):
            raise UserError("windows must differ from each other")
        if max(self.windows) > self.length:
            raise UserError(
                f"window {max(self.windows)} is longer than the sequence ({self.length} tokens)"
            )

    @property
    def ends(self) -> bool:
        """Whether token 0 ends a sentence, with all later positions masked."""
        return self.task == "text" and self.padding == "masked"

    @property
    def score(self) -> str:
        """Name of the figure whose lowest value selects the best weights."""
        own = "nll_oracle" if self.task == "synthetic" else "nll_test"
        rule = own if self.select == "task" else self.select
        return rule if rule == "frontier" else f"{rule}_1.0"

    @property
    def feature_size(self) -> int:
        """Width of the leaked feature, F: the sum of all filters."""
        return sum(self.filters)
