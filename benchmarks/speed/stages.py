"""What is timed: every stage of LeakGAN's training."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from benchmarks.speed import counts
from benchmarks.speed.counts import Cost
from benchmarks.speed.direct import DirectLeakGAN
from leakgan_tf.config.config import Config
from leakgan_tf.models.discriminator import REAL
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.tasks.oracle import BATCH as ORACLE_BATCH
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.tasks.synthetic import make_oracle

Work = Callable[[], object]
_STAGES = (
    "d_step", "features", "pretrain", "pretrain_reused", "sampling", "reward", "adversarial_step",
)  # fmt: skip


def keys(config: Config) -> list[str]:
    """Returns the stages that a configuration has, in the order of the report."""
    return [*_STAGES, *(["oracle_sampling"] if config.task == "synthetic" else [])]


@dataclass(frozen=True)
class Stage:
    """A stage, and what it costs at least.

    Attributes:
      title: of its row.
      cost: work and traffic.
      work: runs it, and waits for the result.
      warm_up: less work that compiles the same functions.
      direct: makes the work of the form that computes as the original program does.
    """

    title: str
    cost: Cost
    work: Work
    warm_up: Work | None = None
    direct: Callable[[], Work] | None = None


def compiled(function: Callable) -> Callable:
    """Returns ``function`` compiled as the trainer compiles updates."""
    return tf.function(function, autograph=False)


class Workbench:
    """The models and data of one size, made when first used; each method is a stage.

    Args:
      config: the sizes.
      samples: sentences in the sampling stages.
    """

    def __init__(self, config: Config, samples: int):
        self.config = config
        self.samples = samples
        random = np.random.default_rng(config.seed)
        shape = (config.batch_size, config.length)
        self._tokens = tf.constant(random.integers(config.vocab_size, size=shape), tf.int32)
        self._labels = tf.constant(np.arange(config.batch_size) % 2 * REAL, tf.int32)
        columns = config.length // config.own.goal_horizon
        self._reward = tf.constant(random.random((config.batch_size, columns)), tf.float32)
        self._seed = tf.constant([0, 0])

    @cached_property
    def system(self) -> LeakGAN:
        """The system, its weights as a run begins with them."""
        return LeakGAN(self.config, task=None)

    @cached_property
    def oracle(self) -> Oracle:
        """A random oracle."""
        return make_oracle(self.config)

    def stage(self, key: str) -> Stage:
        """Returns a stage by its key, one of `keys`."""
        return getattr(self, key)()

    # --- Updates ----------------------------------------------------------------------------

    def d_step(self) -> Stage:
        """One update of D."""
        return Stage(
            "D step",
            counts.discriminator_step(self.config),
            self._discriminate(self.system),
            direct=lambda: self._discriminate(DirectLeakGAN(self.system)),
        )

    def _discriminate(self, system: LeakGAN) -> Work:
        step = compiled(system.discriminator_step)
        return lambda: step(self._tokens, self._labels, self._seed)["loss"].numpy()

    def features(self) -> Stage:
        """Leaked features of every prefix of a batch."""
        discriminator = self.system.discriminator
        work = self._run(lambda: PrefixFeatures(discriminator).all(self._tokens))
        return Stage("features of all prefixes", counts.features(self.config), work)

    def _run(self, function: Callable[[], tf.Tensor]) -> Work:
        """Returns work that ends when a compiled function without side effects has ended."""
        step = compiled(function)
        # One number is copied; all of the function has run by then.
        return lambda: tf.reshape(step(), [-1])[0].numpy()

    def pretrain(self) -> Stage:
        """One supervised update of Manager and Worker."""
        step = compiled(self.system.pretrain_step)
        return Stage(
            "G pre-training step",
            counts.pretrain_step(self.config),
            lambda: step(self._tokens, self._seed)["worker_loss"].numpy(),
        )

    def pretrain_reused(self) -> Stage:
        """The same with features computed once for many epochs, as D is frozen meanwhile."""
        leak = PrefixFeatures(self.system.discriminator)
        features = tf.constant(leak.all(self._tokens).numpy())
        step = compiled(self.system.pretrain_on_features)
        return Stage(
            "G pre-training step, features reused",
            counts.generator_update(self.config),
            lambda: step(self._tokens, features, self._seed)["worker_loss"].numpy(),
        )

    def adversarial_step(self) -> Stage:
        """Samples, rewards and the update in one function, as the trainer runs it."""
        step = compiled(self.system.adversarial_step)
        return Stage(
            "adversarial G step, all of it",
            counts.adversarial_step(self.config),
            lambda: step(self._seed)["worker_loss"].numpy(),
        )

    # --- Samples and rewards ------------------------------------------------------------

    def sampling(self) -> Stage:
        """Samples of the generator."""
        generator = self.system.generator
        return Stage(
            f"sampling {self.samples:,} sentences",
            counts.sampling(self.config, self.samples, self.config.sampling_batch),
            lambda: generator.sample(self.samples),
            warm_up=lambda: generator.sample(1),
        )

    def reward(self) -> Stage:
        """D's score of every prefix of a batch, through rollouts."""
        system = self.system
        return Stage(
            f"reward of a batch, N = {self.config.own.rollouts}",
            counts.reward(self.config),
            self._run(lambda: system.score_prefixes(system.policy(), self._tokens, self._seed)),
        )

    def oracle_sampling(self) -> Stage:
        """Samples of the oracle."""
        seed = np.array([0, 0])
        return Stage(
            f"oracle: {self.samples:,} sentences",
            counts.oracle_sampling(self.config, self.samples, ORACLE_BATCH),
            lambda: self.oracle.sample(self.samples, seed),
            warm_up=lambda: self.oracle.sample(1, seed),
        )
