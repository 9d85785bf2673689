"""LeakGAN: long text generation via adversarial training with leaked information.

Guo et al. 2018, arXiv:1709.08624. `Semantics` selects between the paper and the released program
where they differ; `LeakGANConfig` has the schedule. Not reproduced: the program's unused variable
and unused learning-rate decay, and by default its batch-sized ``goal_init``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, SystemConfig, unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.config.semantics import ORIGINAL, PAPER, Semantics, name_of
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.generation import sampling
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LeakGANPolicy
from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.feature_cache import FeatureStore, feature_mebibytes
from leakgan_tf.models.leakgan_generator import Goals, LeakGANGenerator
from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.models.optimizers import FusedAdam, adam, clipped_gradients
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.objectives import losses, rewards
from leakgan_tf.objectives.rollout import prefix_scores
from leakgan_tf.systems.base import Discriminating, Phase, Scalars, no_step
from leakgan_tf.systems.discriminated import DATA, DATA_ABOUT, classification_step, labelled
from leakgan_tf.tasks.base import Task, drawn_sentences
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

OPENING = 2  # number of first tokens with `opening_inverse_temperature`

# Values of presets (`LeakGANConfig`).
_RATES_40: Mapping[str, Any] = {
    "generator_learning_rate": 0.0005,
    "adversarial_learning_rate": 0.0005,
}
_SHORT: Mapping[str, Any] = {
    "pretrain_rounds": 2,
    "pretrain_discriminator_rounds": 1,
    "adversarial_steps": 45,
}
_QUICK: Mapping[str, Any] = {
    "adversarial_learning_rate": 2e-4,
    "discriminator_learning_rate": 2e-4,
    "pretrain_rounds": 4,
    "pretrain_discriminator_rounds": 1,
    "discriminator_samples": 1024,
    "adversarial_steps": 20,
    "semantics": PAPER,
}
_QUICK_TEXT: Mapping[str, Any] = {
    **_QUICK,
    "goal_size": 8,
    "generator_learning_rate": 0.002,
    "pretrain_rounds": 5,
    # Five epochs in all. Held-out NLL on COCO, nats per token: 4.07 then, 4.92 after ten epochs (at
    # learning rate 0.005: 4.33 and 5.61).
    "pretrain_generator_epochs": 1,
    "discriminator_samples": 2048,
    "adversarial_steps": 10,
}


@unique_class
@dataclass(frozen=True)
class LeakGANConfig(SystemConfig, flags=""):
    """Settings of LeakGAN; defaults from its released program for the oracle task."""

    rewarded: ClassVar[bool] = True
    presets: ClassVar[Presets] = {
        "paper-40": _RATES_40,
        "short": _SHORT,
        "short-40": {**_SHORT, **_RATES_40},
        "quick": _QUICK,
        "smoke": {
            **_QUICK,
            "goal_size": 4,
            "pretrain_rounds": 2,
            "pretrain_generator_epochs": 3,
            "discriminator_samples": 64,
            "adversarial_steps": 4,
        },
        # The program for Image COCO. Its "epoch" of G is a twentieth of the data. The adversarial
        # step samples at inverse temperature 0.8.
        "paper-text": {
            "generator_learning_rate": 0.001,
            "adversarial_learning_rate": 0.001,
            "pretrain_rounds": 16,
            "pretrain_generator_epochs": 12,
            "likelihood_share": 0.05,
            "semantics": replace(ORIGINAL, adversarial_inverse_temperature=0.8, mle_every=15),
        },
        "quick-text": _QUICK_TEXT,
        "smoke-text": {
            **_QUICK_TEXT,
            "goal_size": 4,
            "pretrain_rounds": 1,
            "likelihood_share": 0.02,
            "discriminator_samples": 64,
            "adversarial_steps": 2,
        },
        "paper-music": {},  # as on the oracle task
        "quick-music": {
            **_QUICK_TEXT,
            "generator_learning_rate": 0.005,
            "pretrain_generator_epochs": 2,
            "adversarial_steps": 20,
        },
    }

    goal_size: int = setting(16, "Width of the Worker's goal embedding, K.")
    goal_horizon: int = setting(4, "Goal horizon c, in tokens.")
    generator_learning_rate: float = setting(
        0.0015, "Learning rate of Manager and Worker in pre-training."
    )
    adversarial_learning_rate: float = setting(
        0.0015, "Learning rate of Manager and Worker in the adversarial phase (original: the same)."
    )
    discriminator_learning_rate: float = setting(5e-5, "Learning rate of D.")
    pretrain_rounds: int = setting(10, "Rounds of interleaved pre-training.", zero=True)
    pretrain_discriminator_rounds: int = setting(
        5, "D rounds in a round of pre-training.", zero=True
    )
    pretrain_generator_epochs: int = setting(8, "G epochs in a round of pre-training.", zero=True)
    likelihood_share: float = setting(
        1.0, "Share of the training sentences in a G epoch, drawn again for each epoch.", most=1
    )
    discriminator_samples: int = setting(9984, "Real, and generated, sequences in a D round.")
    discriminator_data: str = setting("fresh", DATA_ABOUT + " (its program: fresh).", DATA)
    adversarial_steps: int = setting(800, "G steps of the adversarial phase.", zero=True)
    rollouts: int = setting(4, "Monte-Carlo completions of each prefix, N.")
    feature_memory: int = setting(
        2048,
        "Maximum MiB for stored features of the training sentences, computed once for the G epochs "
        "between two D rounds; 0: computed in each step.",
        zero=True,
    )
    semantics: Semantics = ORIGINAL

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` for sizes that must divide each other, or less than a batch."""
        if shared.length % self.goal_horizon:
            raise UserError(
                f"length {shared.length} is not divisible by goal_horizon {self.goal_horizon}: "
                "goals are set every goal_horizon tokens"
            )
        if self.discriminator_samples < shared.batch_size:
            raise UserError(
                f"discriminator_samples {self.discriminator_samples} must be at least batch_size "
                f"{shared.batch_size}"
            )
        if self.semantics.goal_init == "per_row" and shared.sampling_batch % shared.batch_size:
            raise UserError(
                f"sampling_batch {shared.sampling_batch} must be a multiple of batch_size "
                f"{shared.batch_size} where goal_init is per_row"
            )

    def check_replicas(self) -> None:
        """Raises ``UserError`` if ``goal_init`` ties weights to rows of the batch."""
        if self.semantics.goal_init == "per_row":
            raise UserError(
                "goal_init=per_row ties weights to positions in the batch: give --strategy=none"
            )

    @property
    def variant(self) -> str:
        """Name of the nearest semantics, with the settings that differ from it."""
        return name_of(self.semantics)


PUBLISHED = PublishedFigures(
    paper="1709.08624",
    oracle={
        20: OracleFigure(7.038, "RelGAN, table 1 (second hand); T = 1/1.5"),
        40: OracleFigure(7.191, "RelGAN, table 1 (second hand); T = 1/1.5"),
    },
    falling_short={1.0: (10.59, 11.27)},
    coco=((0.746, 0.528, 0.355, 0.230), (0.966, 0.913, 0.848, 0.780)),
    news=((0.826, 0.645, 0.437, 0.272), 2.356),
    poems=0.881,
    turing={"coco": 0.574, "emnlp_news": 0.554},
)


class Forward(NamedTuple):
    """Inputs of the generator's losses along given sentences.

    Attributes:
      log_prob: log-probability of each token, floored, (B, T).
      features: D's leaked features of every prefix, (B, T+1, F).
      goals: goals of Manager and Worker.
      cosines: cosine of each goal with the change of features that it was set for, (B, S).
      mask: True for tokens that are not padding, (B, T); None without padding.
      pair_mask: True for cosines that count, (B, S); None if all do.
    """

    log_prob: tf.Tensor
    features: tf.Tensor
    goals: Goals
    cosines: tf.Tensor
    mask: tf.Tensor | None
    pair_mask: tf.Tensor | None


class LeakGAN(Discriminating):
    """Manager, Worker and the discriminator that leaks its features.

    Args:
      config: sizes, schedule and semantics.
      task: source of the real sentences; not needed to sample.
      training: whether to build the optimizers too.
    """

    def __init__(
        self, config: Config[LeakGANConfig], task: Task | None = None, training: bool = True
    ):
        self.config = config
        self.semantics = config.own.semantics
        self._task = task
        self.discriminator = build_discriminator(config)
        self.model = build_generator(config)
        self.models: dict[str, keras.Model] = {
            "generator": self.model,
            "discriminator": self.discriminator,
        }
        self.optimizers = self._optimizers() if training else {}
        self.generator = Generator(self.policy, config.length, config.sampling_batch)
        self._store = FeatureStore(self.discriminator, config.batch_size)

    @property
    def task(self) -> Task:
        """Source of the real sentences; without it the system cannot be trained."""
        if self._task is None:
            raise ValueError("this system was built without a task: it cannot be trained")
        return self._task

    def _optimizers(self) -> dict[str, FusedAdam]:
        config = self.config
        manager = self.model.manager.trainable_variables
        worker = self.model.worker.trainable_variables
        rate, epsilon = config.own.generator_learning_rate, config.adam_epsilon
        later_rate = config.own.adversarial_learning_rate
        return {
            "pretrain_manager": adam(rate, epsilon, manager, "pretrain_manager"),
            "pretrain_worker": adam(rate, epsilon, worker, "pretrain_worker"),
            "adversarial_manager": adam(later_rate, epsilon, manager, "adversarial_manager"),
            "adversarial_worker": adam(later_rate, epsilon, worker, "adversarial_worker"),
            "discriminator": adam(
                config.own.discriminator_learning_rate,
                epsilon,
                self.discriminator.trainable_variables,
                "discriminator",
            ),
        }

    def policy(self) -> LeakGANPolicy:
        """Returns the policy of the generator with the leaked features of the current D."""
        return LeakGANPolicy(self.model, PrefixFeatures(self.discriminator))

    # --- The schedule -----------------------------------------------------------------------

    def phases(self) -> Iterator[Phase]:
        """Yields interleaved pre-training, then the adversarial phase (algorithm 1)."""
        yield from self._pretraining()
        yield from self._adversarial_training()

    def _pretraining(self) -> Iterator[Phase]:
        config, epoch = self.config, 0
        last = config.own.pretrain_rounds * config.own.pretrain_generator_epochs
        for _ in range(config.own.pretrain_rounds):
            for _ in range(config.own.pretrain_discriminator_rounds):
                yield self._discriminator_round("pretrain/discriminator")
            for _ in range(config.own.pretrain_generator_epochs):
                epoch += 1
                evaluate = epoch % config.evaluate_every == 0 or epoch == last
                name = "pretrain/generator"
                if self._reuses_features():
                    data = self.real_sentences_with_features
                    yield Phase(name, self.pretrain_on_features, data, evaluate=evaluate)
                else:
                    yield Phase(name, self.pretrain_step, self.real_sentences, evaluate=evaluate)

    def _adversarial_training(self) -> Iterator[Phase]:
        config = self.config
        for step in range(1, config.own.adversarial_steps + 1):
            yield Phase("adversarial/generator", self.adversarial_step)
            for _ in range(config.adversarial_discriminator_rounds):
                yield self._discriminator_round("adversarial/discriminator")
            if self.semantics.mle_every and step % self.semantics.mle_every == 0:
                yield Phase("adversarial/likelihood", self.pretrain_step, self.real_sentences)
            if step % config.evaluate_every == 0 or step == config.own.adversarial_steps:
                yield Phase("adversarial/evaluation", no_step, epochs=0, evaluate=True)

    def _reuses_features(self) -> bool:
        """Returns whether D's features of the training sentences are stored for several epochs."""
        config = self.config
        rows = len(self._task.train) if self._task else config.training_sequences
        need = feature_mebibytes(rows, config.length, config.feature_size)
        epochs = (
            config.own.pretrain_generator_epochs * config.own.likelihood_share
        )  # during which D is frozen
        return epochs >= 2 and need <= config.own.feature_memory

    def _discriminator_round(self, name: str) -> Phase:
        """Returns the phase of a D round. D's updates change G's samples, so it keeps its data."""
        return Phase(
            name,
            self.discriminator_step,
            self.real_and_generated,
            epochs=self.config.discriminator_epochs,
            keeps_data=True,
        )

    def real_sentences(self, seed: int) -> tuple[np.ndarray]:
        """Returns the training sentences of a G epoch: `likelihood_share` of them."""
        return (self.task.train[self._share(seed)],)

    def real_sentences_with_features(self, seed: int) -> tuple[np.ndarray, tf.Tensor]:
        """Returns the sentences of a G epoch (n, T), and their leaked features (n, T+1, F)."""
        version = int(self.optimizers["discriminator"].iterations.numpy())
        features = self._store.get(self.task.train, version)
        share = self._share(seed)
        if isinstance(share, slice):
            return self.task.train, features
        with tf.device("CPU:0"):
            return self.task.train[share], tf.gather(features, share)

    def _share(self, seed: int) -> slice | np.ndarray:
        """Returns the indices of the training sentences of a G epoch, `likelihood_share` of all."""
        rows = len(self.task.train)
        count = max(round(rows * self.config.own.likelihood_share), self.config.batch_size)
        if count >= rows:
            return slice(None)
        return numpy_generator(seed, "share").choice(rows, count, replace=False)

    def real_and_generated(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns n real and n generated sentences (2n, T), and their classes (2n,)."""
        count = self.config.own.discriminator_samples
        factors = self.inverse_temperatures(self.semantics.discriminator_inverse_temperature)
        temperature = 1.0 / factors.astype(np.float64)
        if self.config.own.discriminator_data == "fresh":
            real = self.task.positives(count, derive_int(seed, "real"))
        else:
            real = drawn_sentences(self.task.train, count, seed, "real")
        made = self.generator.sample(count, temperature, derive(seed, "generated"))
        return labelled(real, made)

    def inverse_temperatures(self, usual: float) -> np.ndarray:
        """Returns the inverse temperature at each position (T,) of samples drawn in training."""
        factors = np.full([self.config.length], usual, np.float32)
        factors[:OPENING] = self.semantics.opening_inverse_temperature
        return factors

    # --- One update each ----------------------------------------------------------------------

    def discriminator_step(self, tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates D once on sentences (B, T) of classes (B,)."""
        optimizer, weight = self.optimizers["discriminator"], self.semantics.l2
        return classification_step(self.discriminator, optimizer, tokens, labels, seed, weight)

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's log-odds (n,) that sentences (n, T) are real, without dropout."""
        return self.discriminator.log_odds(tokens)

    def forward(self, tokens: tf.Tensor, features: tf.Tensor | None = None) -> Forward:
        """Runs Manager and Worker along sentences (B, T), teacher-forced.

        Args:
          tokens: ids (B, T).
          features: D's leaked features of their prefixes, (B, T+1, F); None to compute them.
        """
        if features is None:
            features = PrefixFeatures(self.discriminator).all(tokens)  # (B, T+1, F)
        goals = self.model.goals(features)
        log_prob = losses.token_log_prob(self.model(tokens, goals.worker), tokens)
        horizon, window = self.config.own.goal_horizon, self.semantics.goal_window
        cosines = losses.cosine(losses.manager_pairs(features, goals, horizon, window))
        mask = valid_token_mask(tokens) if self.config.ends else None
        pair_mask = losses.pair_mask(mask, horizon, window)
        return Forward(log_prob, features, goals, cosines, mask, pair_mask)

    def intrinsic_reward(self, forward: Forward) -> tf.Tensor:
        """Returns the Worker's intrinsic reward of each token, (B, T)."""
        return losses.intrinsic_reward(
            forward.features,
            forward.goals,
            self.config.own.goal_horizon,
            self.semantics.goal_window,
        )

    def pretrain_step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates Manager and Worker once by maximum likelihood on real sentences (B, T)."""
        return self._pretrain(tokens, None)

    def pretrain_on_features(
        self, tokens: tf.Tensor, features: tf.Tensor, seed: tf.Tensor
    ) -> Scalars:
        """Updates as `pretrain_step`, with stored leaked features (B, T+1, F)."""
        return self._pretrain(tokens, features)

    def _pretrain(self, tokens: tf.Tensor, features: tf.Tensor | None) -> Scalars:
        config = self.config
        with tf.GradientTape(persistent=True) as tape:
            forward = self.forward(tokens, features)
            manager_loss = losses.manager_pretrain_loss(
                forward.cosines,
                self.semantics,
                config.length,
                config.own.goal_horizon,
                forward.pair_mask,
            )
            worker_loss = losses.likelihood_loss(forward.log_prob, forward.mask)
        return self._update("pretrain", tape, manager_loss, worker_loss, forward)

    def adversarial_gradient_step(self, tokens: tf.Tensor, reward: tf.Tensor) -> Scalars:
        """Updates by policy gradient on sampled sentences (B, T) with rewards (B, T/c)."""
        config = self.config
        with tf.GradientTape(persistent=True) as tape:
            forward = self.forward(tokens)
            manager_loss = losses.manager_adversarial_loss(
                forward.cosines,
                reward,
                self.semantics,
                config.length,
                config.own.goal_horizon,
                forward.pair_mask,
            )
            worker_loss = losses.worker_adversarial_loss(
                forward.log_prob, self.intrinsic_reward(forward), self.semantics, forward.mask
            )
        return self._update("adversarial", tape, manager_loss, worker_loss, forward)

    def adversarial_step(self, seed: tf.Tensor) -> Scalars:
        """Samples a batch, scores rollouts of its prefixes with D, updates Manager and Worker."""
        config, policy = self.config, self.policy()
        fold = tf.random.experimental.stateless_fold_in
        inverse_temperature = tf.constant(
            self.inverse_temperatures(self.semantics.adversarial_inverse_temperature)
        )
        rows = distributed.local_batch_size(config.batch_size)
        tokens = sampling.generate(policy, rows, inverse_temperature, fold(seed, 0))  # (B, T)
        scores = self.score_prefixes(policy, tokens, fold(seed, 1))  # (B, T/c)
        reward = rewards.rescale(scores, self.semantics, config.own.rollouts)
        usual = rewards.control_mean(self.semantics, config.batch_size, config.own.rollouts)
        reward = rewards.control(reward, config.reward, usual, fold(seed, 2))
        scalars = self.adversarial_gradient_step(tokens, reward)
        scalars["reward_mean"] = tf.reduce_mean(reward)
        scalars["reward_spread"] = tf.math.reduce_std(distributed.gather(reward))
        scalars["real_probability"] = tf.reduce_mean(scores) / config.own.rollouts
        return scalars

    def score_prefixes(
        self, policy: LeakGANPolicy, tokens: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns D's scores of prefixes of c, 2c, …, T tokens, summed over N: (B, T/c)."""
        horizon = self.config.own.goal_horizon
        starts = tuple(range(horizon, self.config.length, horizon))
        completions = sampling.complete(policy, tokens, starts, self.config.own.rollouts, seed)
        return prefix_scores(self.discriminator.probability_real, tokens, completions)

    def _update(
        self,
        kind: str,
        tape: tf.GradientTape,
        manager_loss: tf.Tensor,
        worker_loss: tf.Tensor,
        forward: Forward,
    ) -> Scalars:
        manager = self.model.manager.trainable_variables
        worker = self.model.worker.trainable_variables
        clip = self.config.gradient_clip
        # Both gradients before either update: the Worker's loss reads the Manager's weights.
        manager_gradients, manager_norm = clipped_gradients(tape, manager_loss, manager, clip)
        worker_gradients, worker_norm = clipped_gradients(tape, worker_loss, worker, clip)
        with tf.control_dependencies([*manager_gradients, *worker_gradients]):
            self.optimizers[f"{kind}_manager"].apply(manager_gradients, manager)
            self.optimizers[f"{kind}_worker"].apply(worker_gradients, worker)
        return {
            "manager_loss": manager_loss,
            "worker_loss": worker_loss,
            "manager_gradient_norm": manager_norm,
            "worker_gradient_norm": worker_norm,
            "goal_cosine": losses.masked_mean(forward.cosines, forward.pair_mask),
        }


def build_discriminator(config: Config[LeakGANConfig]) -> Discriminator:
    """Returns D with its initial weights."""
    discriminator = Discriminator(
        config.vocab_size,
        config.length,
        config.discriminator_embedding,
        config.windows,
        config.filters,
        dropout=config.own.semantics.dropout,
        precision=config.precision,
        seed=derive_int(config.seed, "leakgan", "discriminator"),
    )
    discriminator.build()
    return discriminator


def build_generator(config: Config[LeakGANConfig]) -> LeakGANGenerator:
    """Returns the hierarchical generator with its initial weights."""
    semantics = config.own.semantics
    generator = LeakGANGenerator(
        vocab_size=config.vocab_size,
        length=config.length,
        feature_size=config.feature_size,
        embedding_size=config.generator_embedding,
        hidden_size=config.generator_hidden,
        goal_size=config.own.goal_size,
        goal_horizon=config.own.goal_horizon,
        goal_window=semantics.goal_window,
        goal_alignment=semantics.goal_alignment,
        goal_init_rows=config.batch_size if semantics.goal_init == "per_row" else 1,
        normalise_goal=semantics.normalise_goal,
        ends=config.ends,
        precision=config.precision,
        seed=derive_int(config.seed, "leakgan", "generator"),
    )
    generator.build()
    return generator
