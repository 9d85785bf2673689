"""Times every stage of LeakGAN's training, and composes an adversarial iteration of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from benchmarks.speed.counts import Cost, Floors
from benchmarks.speed.direct import DirectLeakGAN
from benchmarks.speed.limits import Limits
from benchmarks.speed.timing import Timing, measure
from leakgan_tf.config.config import Config
from leakgan_tf.models.discriminator import REAL
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.tasks.oracle import BATCH as ORACLE_BATCH
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.tasks.synthetic import make_oracle
from leakgan_tf.utils.errors import UserError

Work = Callable[[], object]
ITERATION = "iteration"
_STAGES = (
    "d_step", "features", "pretrain", "pretrain_reused", "sampling", "reward", "adversarial_step",
)  # fmt: skip


def keys(config: Config) -> list[str]:
    """Returns the stages that a configuration has, in the order of the report."""
    return [*_STAGES, *(["oracle_sampling"] if config.task == "synthetic" else [])]


def check_stages(asked: Sequence[str], configs: Iterable[Config]) -> None:
    """Raises ``UserError`` on a stage that no size has."""
    known = dict.fromkeys(key for config in configs for key in [*keys(config), ITERATION])
    for key in asked:
        if key not in known:
            raise UserError(f"unknown stage {key!r}: one of {', '.join(known)}")


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


@dataclass(frozen=True)
class Result:
    """A measured stage.

    Attributes:
      title: of its row.
      cost: its least work and traffic.
      seconds: median of its runs.
      timing: its runs; None of a composed stage.
      direct: the runs of the original's form, if there is one and it was measured.
    """

    title: str
    cost: Cost
    seconds: float
    timing: Timing | None = None
    direct: Timing | None = None

    def to_json(self, limits: Limits, precision: str) -> dict[str, Any]:
        """Returns the figures as plain dictionaries and numbers; times in seconds."""
        floor = self.floor_seconds(limits, precision)
        content: dict[str, Any] = {
            "title": self.title, "seconds": self.seconds, **vars(self.cost),
            "floor_seconds": floor, "times_the_floor": self.seconds / floor,
        }  # fmt: skip
        content |= {"runs": vars(self.timing)} if self.timing else {"composed": True}
        if self.direct:
            content["direct"] = {"runs": vars(self.direct)}
            content["gain"] = self.direct.median / self.seconds
        return content

    def floor_seconds(self, limits: Limits, precision: str) -> float:
        """Returns the time that the machine's limits allow: the roofline."""
        return self.cost.seconds(limits.gflops[precision] * 1e9, limits.bandwidth * 1e9)


def compiled(function: Callable) -> Callable:
    """Returns ``function`` compiled as the trainer compiles updates."""
    return tf.function(function, autograph=False)


def parameters(**models: Any) -> dict[str, int]:
    """Returns how many numbers each model trains."""
    return {
        name: sum(weight.shape.num_elements() for weight in model.trainable_variables)
        for name, model in models.items()
    }


class Workbench:
    """The models and data of one size; each method is a stage.

    Args:
      config: the sizes.
      samples: sentences in the sampling stages.
    """

    def __init__(self, config: Config, samples: int):
        self.config, self.samples = config, samples
        self.system = system = LeakGAN(config, task=None)
        self.floors = Floors(
            config,
            parameters(
                discriminator=system.discriminator,
                manager=system.model.manager,
                worker=system.model.worker,
            ),
        )
        random = np.random.default_rng(config.seed)
        shape = (config.batch_size, config.length)
        self._tokens = tf.constant(random.integers(config.vocab_size, size=shape), tf.int32)
        self._labels = tf.constant(np.arange(config.batch_size) % 2 * REAL, tf.int32)
        self._seed = tf.constant([0, 0])

    def measure(
        self, asked: Sequence[str], repeats: int, budget: float, direct: bool
    ) -> dict[str, Result]:
        """Returns the results of stages by key, all without any asked for.

        Args:
          asked: keys of stages, `ITERATION` among them or not.
          repeats: the most runs of each form.
          budget: seconds of a form's runs after which none is begun.
          direct: whether the original's form is measured too.
        """
        chosen, results = asked or [*keys(self.config), ITERATION], {}
        for key in tqdm(needed(chosen, self.config), unit="stage", leave=False):
            stage: Stage = getattr(self, key)()
            timing = measure(stage.work, repeats, budget, stage.warm_up)
            other = stage.direct if direct else None
            results[key] = Result(
                stage.title, stage.cost, timing.median, timing,
                measure(other(), repeats, budget) if other else None,
            )  # fmt: skip
        if ITERATION in chosen:
            results[ITERATION] = compose_iteration(results, self.config, self.samples)
        return results

    # --- Updates --------------------------------------------------------------------------------

    def d_step(self) -> Stage:
        """One update of D."""
        return Stage(
            "D step", self.floors.discriminator_step(), self._discriminate(self.system),
            direct=lambda: self._discriminate(DirectLeakGAN(self.system)),
        )  # fmt: skip

    def _discriminate(self, system: LeakGAN) -> Work:
        step = compiled(system.discriminator_step)
        return lambda: step(self._tokens, self._labels, self._seed)["loss"].numpy()

    def pretrain(self) -> Stage:
        """One supervised update of Manager and Worker."""
        work = self._update(self.system.pretrain_step, self._tokens)
        return Stage("G pre-training step", self.floors.pretrain_step(), work)

    def pretrain_reused(self) -> Stage:
        """The same with features computed once for many epochs, as D is frozen meanwhile."""
        leak = PrefixFeatures(self.system.discriminator)
        features = tf.constant(leak.all(self._tokens).numpy())
        work = self._update(self.system.pretrain_on_features, self._tokens, features)
        return Stage("G pre-training step, features reused", self.floors.generator_update(), work)

    def adversarial_step(self) -> Stage:
        """Samples, rewards and the update in one function, as the trainer runs it."""
        work = self._update(self.system.adversarial_step)
        return Stage("adversarial G step, all of it", self.floors.adversarial_step(), work)

    def _update(self, function: Callable, *batch: tf.Tensor) -> Work:
        step = compiled(function)
        return lambda: step(*batch, self._seed)["worker_loss"].numpy()

    # --- Samples and rewards --------------------------------------------------------------------

    def features(self) -> Stage:
        """Leaked features of every prefix of a batch."""
        discriminator = self.system.discriminator
        work = self._run(lambda: PrefixFeatures(discriminator).all(self._tokens))
        return Stage("features of all prefixes", self.floors.features(), work)

    def reward(self) -> Stage:
        """D's score of every prefix of a batch, through rollouts."""
        system = self.system
        work = self._run(lambda: system.score_prefixes(system.policy(), self._tokens, self._seed))
        title = f"reward of a batch, N = {self.config.own.rollouts}"
        return Stage(title, self.floors.reward(), work)

    def _run(self, function: Callable[[], tf.Tensor]) -> Work:
        """Returns work that ends when a compiled function without side effects has ended."""
        step = compiled(function)
        # One number is copied; all of the function has run by then.
        return lambda: tf.reshape(step(), [-1])[0].numpy()

    def sampling(self) -> Stage:
        """Samples of the generator."""
        cost = self.floors.sampling(self.samples, self.config.sampling_batch)
        return self._samples("sampling", cost, self.system.generator.sample)

    def oracle_sampling(self) -> Stage:
        """Samples of a random oracle."""
        oracle: Oracle = make_oracle(self.config)
        floors = Floors(self.config, parameters(oracle=oracle.model))
        cost = floors.oracle_sampling(self.samples, ORACLE_BATCH)
        return self._samples("oracle:", cost, lambda count: oracle.sample(count, np.zeros(2, int)))

    def _samples(self, title: str, cost: Cost, sample: Callable[[int], object]) -> Stage:
        title = f"{title} {self.samples:,} sentences"
        return Stage(title, cost, lambda: sample(self.samples), warm_up=lambda: sample(1))


def needed(asked: Iterable[str], config: Config) -> list[str]:
    """Returns the stages to measure for those asked: an iteration needs its parts."""
    found = list(asked)
    if ITERATION in found:
        found += ["sampling", "adversarial_step", "d_step", "oracle_sampling"]
    return [key for key in keys(config) if key in found]


def compose_iteration(results: Mapping[str, Result], config: Config, samples: int) -> Result:
    """Returns an adversarial iteration of the schedule: a G step, then D's rounds.

    Args:
      results: the measured stages by key.
      config: sizes and schedule.
      samples: sentences in the sampling stages.
    """
    share = config.own.discriminator_samples / samples
    rounds = config.adversarial_discriminator_rounds
    batches = 2 * config.own.discriminator_samples // config.batch_size
    steps = config.discriminator_epochs * batches
    parts = {"adversarial_step": 1.0, "sampling": rounds * share, "d_step": rounds * steps}
    if "oracle_sampling" in results:
        parts["oracle_sampling"] = rounds * share
    cost, seconds = Cost(0.0), 0.0
    for key, times in parts.items():
        cost, seconds = cost + results[key].cost * times, seconds + results[key].seconds * times
    title = f"adversarial iteration: 1 G step, {rounds} D rounds of {steps} steps"
    return Result(title, cost, seconds)
