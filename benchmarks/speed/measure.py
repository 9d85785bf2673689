"""Times the stages of training, and composes an adversarial iteration of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from benchmarks.speed.counts import Cost
from benchmarks.speed.limits import Limits
from benchmarks.speed.stages import Workbench, keys
from benchmarks.speed.timing import Timing, measure
from leakgan_tf.config.config import Config
from leakgan_tf.utils.errors import UserError

ITERATION = "iteration"


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
            "title": self.title, "seconds": self.seconds, "flops": self.cost.flops,
            "bytes": self.cost.bytes, "floor_seconds": floor,
            "times_the_floor": self.seconds / floor,
        }  # fmt: skip
        content |= {"runs": vars(self.timing)} if self.timing else {"composed": True}
        if self.direct:
            content["direct"] = {"runs": vars(self.direct)}
            content["gain"] = self.direct.median / self.seconds
        return content

    def floor_seconds(self, limits: Limits, precision: str) -> float:
        """Returns the time that the machine's limits allow: the roofline."""
        return self.cost.seconds(limits.gflops[precision] * 1e9, limits.bandwidth * 1e9)


@dataclass(frozen=True)
class Options:
    """How to measure.

    Attributes:
      repeats: the most runs of each form.
      budget: seconds of a form's runs after which none is begun.
      samples: sentences in the sampling stages.
      direct: whether the original's form is measured too.
    """

    repeats: int
    budget: float
    samples: int
    direct: bool


def check_stages(asked: Sequence[str], configs: Iterable[Config]) -> None:
    """Raises ``UserError`` on a stage that no size has."""
    known = dict.fromkeys(key for config in configs for key in [*keys(config), ITERATION])
    for key in asked:
        if key not in known:
            raise UserError(f"unknown stage {key!r}: one of {', '.join(known)}")


def needed(asked: Iterable[str], config: Config) -> list[str]:
    """Returns the stages to measure for those asked: an iteration needs its parts."""
    found = list(asked)
    if ITERATION in found:
        found += ["sampling", "adversarial_step", "d_step", "oracle_sampling"]
    return [key for key in keys(config) if key in found]


def measure_size(
    name: str, config: Config, asked: Sequence[str], options: Options
) -> dict[str, Result]:
    """Returns the results of a size's stages by key, all without any asked for."""
    chosen = asked or [*keys(config), ITERATION]
    bench, results = Workbench(config, options.samples), {}
    for key in tqdm(needed(chosen, config), desc=name, unit="stage", leave=False):
        stage = bench.stage(key)
        timing = measure(stage.work, options.repeats, options.budget, stage.warm_up)
        direct = None
        if stage.direct and options.direct:
            direct = measure(stage.direct(), options.repeats, options.budget)
        results[key] = Result(stage.title, stage.cost, timing.median, timing, direct)
    if ITERATION in chosen:
        results[ITERATION] = compose_iteration(results, config, options.samples)
    return results


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
