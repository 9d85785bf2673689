"""What is timed: every stage of LeakGAN's training, and the direct forms it is held against."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import tensorflow as tf

from benchmarks.speed import counts
from benchmarks.speed.counts import Cost
from benchmarks.speed.direct import (
    DirectLeakGAN,
    DirectPrefixFeatures,
    DirectReward,
    convolve_1d,
    convolve_2d,
)
from leakgan_tf.config.config import Config
from leakgan_tf.metrics.nll import held_out_nll
from leakgan_tf.models.discriminator import REAL
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.tasks import synthetic, text
from leakgan_tf.tasks.oracle import BATCH as ORACLE_BATCH
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle

Work = Callable[[], object]


@dataclass(frozen=True)
class Form:
    """One way of doing a stage's work.

    Attributes:
      name: what is special about it.
      work: runs it, and waits for the result.
      times: how often `work` must be done for the whole stage; 1 if it is the whole.
      piece: what `work` does, where that is only a part.
      warm_up: less work that compiles the same functions.
    """

    name: str
    work: Work
    times: float = 1.0
    piece: str = ""
    warm_up: Work | None = None


@dataclass(frozen=True)
class Stage:
    """A stage as the project does it, what it costs at least, and direct forms.

    Attributes:
      title: of its row.
      cost: work and traffic of the whole stage.
      form: the project's own.
      direct: others that give the same numbers.
    """

    title: str
    cost: Cost
    form: Form
    direct: tuple[Form, ...] = ()


def compiled(function: Callable) -> Callable:
    """Returns ``function`` compiled as the trainer compiles updates."""
    return tf.function(function, autograph=False)


def later(make: Callable[[], Work]) -> Work:
    """Returns work that is made, models and all, when it is first called."""
    made: list[Work] = []

    def work():
        if not made:
            made.append(make())
        return made[0]()

    return work


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

    @cached_property
    def direct(self) -> DirectLeakGAN:
        """The system as the original computes it."""
        return DirectLeakGAN(self.system, convolve_2d)

    @cached_property
    def direct_1d(self) -> DirectLeakGAN:
        """The same but for the convolutions, whose channels are the embedding."""
        return DirectLeakGAN(self.system, convolve_1d)

    def stage(self, key: str) -> Stage:
        """Returns a stage by its key, one of `keys`."""
        return getattr(self, key)()

    # --- Updates ----------------------------------------------------------------------------

    def d_step(self) -> Stage:
        """One update of D."""
        return Stage(
            "D step",
            counts.discriminator_step(self.config),
            Form("project", self._discriminate(self.system)),
            (Form("2-D convolutions", later(lambda: self._discriminate(self.direct))),),
        )

    def _discriminate(self, system: LeakGAN | DirectLeakGAN) -> Work:
        step = compiled(system.discriminator_step)
        return lambda: step(self._tokens, self._labels, self._seed)["loss"].numpy()

    def features(self) -> Stage:
        """Leaked features of every prefix of a batch."""
        discriminator = self.system.discriminator

        def project():
            return PrefixFeatures(discriminator).all(self._tokens)

        def passes(convolve):
            return DirectPrefixFeatures(discriminator, convolve).all(self._tokens)

        count = self.config.length + 1
        return Stage(
            "features of all prefixes",
            counts.features(self.config),
            Form("project", self._run(project)),
            (
                Form(f"{count} CNN passes, 2-D", self._run(lambda: passes(convolve_2d))),
                Form(f"{count} CNN passes, 1-D", self._run(lambda: passes(convolve_1d))),
            ),
        )

    def worker_logits(self) -> Stage:
        """The Worker's logits of a batch, forward."""
        config = self.config
        random = tf.random.stateless_normal
        worker = self.system.model.worker
        hidden = random([config.batch_size, config.length, config.generator_hidden], [0, 1])
        goals = random([config.batch_size, config.length, config.feature_size], [0, 2])

        def through_o():
            direct = self.direct
            return lambda: direct.logits_of(hidden, goals, self._tokens)

        return Stage(
            "Worker logits of a batch",
            counts.worker_logits_of_batch(config),
            Form("project", self._run(lambda: worker(hidden, goals))),
            (Form("O (B, V, K) for each token", later(lambda: self._run(through_o()))),),
        )

    def _run(self, function: Callable[[], tf.Tensor]) -> Work:
        """Returns work that ends when a compiled function without side effects has ended."""
        step = compiled(function)
        # One number is copied; all of the function has run by then.
        return lambda: tf.reshape(step(), [-1])[0].numpy()

    def pretrain(self) -> Stage:
        """One supervised update of Manager and Worker."""
        return Stage(
            "G pre-training step",
            counts.pretrain_step(self.config),
            Form("project", self._pretrain(self.system)),
            (Form("2-D CNN passes, O", later(lambda: self._pretrain(self.direct))),),
        )

    def _pretrain(self, system: LeakGAN | DirectLeakGAN) -> Work:
        step = compiled(system.pretrain_step)
        return lambda: step(self._tokens, self._seed)["worker_loss"].numpy()

    def pretrain_reused(self) -> Stage:
        """The same with features computed once for many epochs, as D is frozen meanwhile."""
        leak = PrefixFeatures(self.system.discriminator)
        features = tf.constant(leak.all(self._tokens).numpy())
        step = compiled(self.system.pretrain_on_features)
        return Stage(
            "G pre-training step, features reused",
            counts.generator_update(self.config),
            Form(
                "project",
                lambda: step(self._tokens, features, self._seed)["worker_loss"].numpy(),
            ),
        )

    def adversarial_gradient(self) -> Stage:
        """One policy-gradient update with given rewards."""
        return Stage(
            "adversarial update, rewards given",
            counts.pretrain_step(self.config),
            Form("project", self._adversarial(self.system)),
            (Form("2-D CNN passes, O", later(lambda: self._adversarial(self.direct))),),
        )

    def _adversarial(self, system: LeakGAN | DirectLeakGAN) -> Work:
        step = compiled(system.adversarial_gradient_step)
        return lambda: step(self._tokens, self._reward)["worker_loss"].numpy()

    def adversarial_step(self) -> Stage:
        """Samples, rewards and the update in one function, as the trainer runs it."""
        step = compiled(self.system.adversarial_step)
        return Stage(
            "adversarial G step, all of it",
            counts.adversarial_step(self.config),
            Form("project", lambda: step(self._seed)["worker_loss"].numpy()),
        )

    # --- Samples and rewards --------------------------------------------------------------------

    def sampling(self) -> Stage:
        """Samples of the generator."""
        generator, batch = self.system.generator, self.config.sampling_batch
        sizes = sorted({self.config.batch_size, batch})
        return Stage(
            f"sampling {self.samples:,} sentences",
            counts.sampling(self.config, self.samples, batch),
            Form(
                "project",
                lambda: generator.sample(self.samples),
                warm_up=lambda: generator.sample(1),
            ),
            tuple(
                self._sample_directly(name, system, size)
                for name, system in (
                    ("2-D CNN a token, O", lambda: self.direct),
                    ("1-D CNN a token, O", lambda: self.direct_1d),
                )
                for size in sizes
            ),
        )

    def _sample_directly(self, name: str, system: Callable[[], DirectLeakGAN], rows: int) -> Form:
        neutral = tf.ones([self.config.length])

        def make():
            direct = system()
            sample = compiled(lambda: direct.sample(rows, neutral, self._seed))
            return lambda: sample().numpy()

        return Form(name, later(make), self.samples / rows, f"a batch of {rows}")

    def reward(self) -> Stage:
        """D's opinion of every prefix of a batch, through rollouts."""
        system, copies = self.system, self.config.own.rollouts

        def score():
            return system.score_prefixes(system.policy(), self._tokens, self._seed)

        def one_copy():
            rewards = DirectReward(self.direct)
            return lambda: rewards.scores(self._tokens, 1, self._seed).numpy()

        return Stage(
            f"reward of a batch, N = {copies}",
            counts.reward(self.config),
            Form("project", self._run(score)),
            (
                Form(
                    "2-D, O, one rollout after another",
                    later(one_copy),
                    copies,
                    "one rollout of each prefix",
                ),
            ),
        )

    def oracle_sampling(self) -> Stage:
        """Samples of the oracle."""
        return Stage(
            f"oracle: {self.samples:,} sentences",
            counts.oracle_sampling(self.config, self.samples, ORACLE_BATCH),
            Form(
                "project",
                lambda: self.oracle.sample(self.samples, np.array([0, 0])),
                warm_up=lambda: self.oracle.sample(1, np.array([0, 0])),
            ),
        )

    # --- Evaluation -------------------------------------------------------------------------------

    def evaluation(self) -> Stage:
        """What is measured of the generator between phases."""
        if self.config.task == "text":
            return self._text_evaluation()
        task = SyntheticTask(self.config, self.oracle)
        generator = self.system.generator

        def warm_up():
            generator.sample(1)
            generator.log_prob(task.test[:1])
            self.oracle.nll(task.test[:1])

        return Stage(
            f"evaluation, {self.config.evaluation_samples:,} sentences",
            counts.evaluation(self.config, len(synthetic.TEMPERATURES), ORACLE_BATCH),
            Form("project", lambda: task.evaluate(generator, 0), warm_up=warm_up),
        )

    def _text_evaluation(self) -> Stage:
        """Samples and held-out NLL; BLEU's cost depends on the data, which a benchmark has not."""
        config, generator = self.config, self.system.generator
        shape = (config.evaluation_samples, config.length)
        held_out = np.random.default_rng(1).integers(config.vocab_size, size=shape, dtype=np.int32)

        def evaluate(count):
            generator.sample(count, text.TEMPERATURE)
            return held_out_nll(generator, held_out[:count], text.TEMPERATURE, ends=config.ends)

        return Stage(
            f"evaluation without BLEU, {config.evaluation_samples:,} sentences",
            counts.evaluation(config, 1, ORACLE_BATCH),
            Form(
                "project",
                lambda: evaluate(config.evaluation_samples),
                warm_up=lambda: evaluate(1),
            ),
        )


def keys(config: Config) -> list[str]:
    """Returns the stages that a configuration has, in the order of the report."""
    names = ["d_step", "features", "worker_logits", "pretrain"]
    if hasattr(LeakGAN, "pretrain_on_features"):
        names.append("pretrain_reused")
    names += ["sampling", "reward", "adversarial_gradient", "adversarial_step"]
    if config.task == "synthetic":
        names.append("oracle_sampling")
    return [*names, "evaluation"]
