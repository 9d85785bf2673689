"""Times each stage of LeakGAN's training, and composes an adversarial iteration of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from benchmarks.reports.result_shapes import StageFigures
from benchmarks.speed.counts import STAGES, Cost, Floors
from benchmarks.speed.limits import Limits
from benchmarks.speed.timing import Timing, measure
from leakgan_tf.config.config import Config
from leakgan_tf.models.discriminator import REAL
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.tasks.oracle import BATCH as ORACLE_BATCH
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.tasks.synthetic import make_oracle

Work = Callable[[], object]
ITERATION = "iteration"  # composed of stages


def keys(config: Config) -> list[str]:
    """Returns the stages that a configuration has, in the order of the report."""
    return [key for key in STAGES if key != "oracle_sampling" or config.task == "synthetic"]


@dataclass(frozen=True)
class Stage:
    """A stage and its least cost.

    Attributes:
      title: title of its row.
      cost: least cost.
      work: runs the stage and waits for the result.
      warm_up: runs less work that compiles the same functions.
    """

    title: str
    cost: Cost
    work: Work
    warm_up: Work | None = None


def compiled(function: Callable) -> Callable:
    """Returns ``function``, compiled as updates are in the trainer."""
    return tf.function(function, autograph=False)


def parameters(**models: Any) -> dict[str, int]:
    """Returns {model: number of its trainable parameters}."""
    return {
        name: sum(weight.shape.num_elements() for weight in model.trainable_variables)
        for name, model in models.items()
    }


class Workbench:
    """The models and data of one size; each method is a stage.

    Args:
      config: the sizes.
      samples: number of sentences in the sampling stages.
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
        self, asked: Collection[str], repeats: int, budget: float, limits: Limits
    ) -> dict[str, StageFigures]:
        """Returns {stage: figures}, with an iteration if all its parts are measured.

        Args:
          asked: keys of stages; if empty, all.
          repeats: largest number of runs of a stage.
          budget: seconds after which no further run of a stage starts.
          limits: limits of the machine.
        """
        found: dict[str, StageFigures] = {}
        chosen = [key for key in keys(self.config) if not asked or key in asked]
        for key in tqdm(chosen, unit="stage", leave=False):
            stage: Stage = getattr(self, key)()
            timing = measure(stage.work, repeats, budget, stage.warm_up)
            found[key] = figures(stage, timing, limits, self.config.precision)
        parts = iteration_parts(self.config, self.samples)
        if parts.keys() <= found.keys():
            found[ITERATION] = compose_iteration(found, self.config, self.samples)
        return found

    # --- Updates --------------------------------------------------------------------------------

    def d_step(self) -> Stage:
        """One update of D."""
        step = compiled(self.system.discriminator_step)

        def work() -> object:
            return step(self._tokens, self._labels, self._seed)["loss"].numpy()

        return Stage("D step", self.floors.discriminator_step(), work)

    def d_convolutions(self) -> Stage:
        """D's convolutions with pooling, forward and backward."""
        model = self.system.discriminator
        work = self._gradients(model.pool, model.embed(self._tokens), model.convolutions)
        cost = self.floors.trained(self.floors.convolutions())
        return Stage("D step: convolutions", cost, work)

    def d_highway(self) -> Stage:
        """D's highway, forward and backward."""
        model = self.system.discriminator
        inputs = tf.ones([self.config.batch_size, self.config.feature_size])
        work = self._gradients(model.highway, inputs, [model.highway])
        return Stage("D step: highway", self.floors.trained(self.floors.highway()), work)

    def _gradients(self, layer: Callable, inputs: tf.Tensor, trained: Sequence[Any]) -> Work:
        """Returns work that computes the gradients of a layer's inputs and weights."""
        variables = [each for part in trained for each in part.trainable_variables]

        def gradients() -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = layer(inputs)
            found = tape.gradient(outputs, [inputs, *variables])
            return tf.stack([tf.reshape(each, [-1])[0] for each in found])

        return self._run(gradients)

    def d_adam(self) -> Stage:
        """D's optimizer, with gradients of 0: they change no weight."""
        variables = self.system.discriminator.trainable_variables
        zeros = [tf.zeros(variable.shape) for variable in variables]
        optimizer = self.system.optimizers["discriminator"]

        def update() -> tf.Tensor:
            optimizer.apply(zeros, variables)
            return tf.convert_to_tensor(optimizer.iterations)

        return Stage("D step: Adam", self.floors.discriminator_adam(), self._run(update))

    def pretrain(self) -> Stage:
        """One supervised update of Manager and Worker."""
        work = self._update(self.system.pretrain_step, self._tokens)
        return Stage("G pre-training step", self.floors.pretrain_step(), work)

    def pretrain_reused(self) -> Stage:
        """One supervised update with features that were computed before, while D is frozen."""
        leak = PrefixFeatures(self.system.discriminator)
        features = tf.constant(leak.all(self._tokens).numpy())
        work = self._update(self.system.pretrain_on_features, self._tokens, features)
        return Stage("G pre-training step, features reused", self.floors.generator_update(), work)

    def adversarial_step(self) -> Stage:
        """One adversarial update as in the trainer: samples, rewards and gradient."""
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
        """D's score of every prefix of a batch, by rollouts."""
        system = self.system
        work = self._run(lambda: system.score_prefixes(system.policy(), self._tokens, self._seed))
        title = f"reward of a batch, N = {self.config.own.rollouts}"
        return Stage(title, self.floors.reward(), work)

    def _run(self, function: Callable[[], tf.Tensor]) -> Work:
        """Returns work that waits for a compiled function without side effects."""
        step = compiled(function)
        # Copying one number waits for the whole function.
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


def figures(stage: Stage, timing: Timing, limits: Limits, precision: str) -> StageFigures:
    """Returns the figures of a stage: its times in seconds, and the least time on this machine."""
    floor = stage.cost.seconds(limits.gflops[precision] * 1e9, limits.bandwidth * 1e9)
    return {
        "title": stage.title, "seconds": timing.median, "flops": stage.cost.flops,
        "bytes": stage.cost.bytes, "floor_seconds": floor,
        "times_the_floor": timing.median / floor, "runs": asdict(timing),
    }  # fmt: skip


def iteration_parts(config: Config, samples: int) -> dict[str, float]:
    """Returns {stage: number in an adversarial iteration}, a G step and D's rounds.

    Args:
      config: sizes and schedule.
      samples: number of sentences in the sampling stages.
    """
    rounds = config.adversarial_discriminator_rounds
    sampled = rounds * config.own.discriminator_samples / samples
    parts = {"adversarial_step": 1.0, "sampling": sampled, "d_step": rounds * d_steps(config)}
    return parts | ({"oracle_sampling": sampled} if config.task == "synthetic" else {})


def d_steps(config: Config) -> int:
    """Returns the number of updates of D in a round, with real and generated sentences."""
    batches = 2 * config.own.discriminator_samples // config.batch_size
    return config.discriminator_epochs * batches


def compose_iteration(
    found: Mapping[str, StageFigures], config: Config, samples: int
) -> StageFigures:
    """Returns the figures of an adversarial iteration, composed of its stages."""
    parts = iteration_parts(config, samples)

    def total(figure: Literal["seconds", "flops", "bytes", "floor_seconds"]) -> float:
        return sum(times * found[key][figure] for key, times in parts.items())

    rounds = config.adversarial_discriminator_rounds
    seconds, floor = total("seconds"), total("floor_seconds")
    return {
        "title": f"adversarial iteration: 1 G step, {rounds} D rounds of {d_steps(config)} steps",
        "seconds": seconds, "flops": total("flops"), "bytes": total("bytes"),
        "floor_seconds": floor, "times_the_floor": seconds / floor, "composed": True,
    }  # fmt: skip
