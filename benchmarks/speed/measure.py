"""Times the stages of training, and composes an adversarial iteration of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tqdm import tqdm

from benchmarks.speed.counts import Cost
from benchmarks.speed.limits import Limits
from benchmarks.speed.stages import Form, Stage, Workbench, keys
from benchmarks.speed.timing import Timing, measure
from leakgan_tf.config.config import Config
from leakgan_tf.utils.errors import UserError

ITERATION = "iteration"


@dataclass(frozen=True)
class Measured:
    """A form's time for the whole stage.

    Attributes:
      name: of the form.
      timing: scaled up from the piece that was run.
      times: by how much.
      piece: what was run, where it was a part.
    """

    name: str
    timing: Timing
    times: float = 1.0
    piece: str = ""


@dataclass(frozen=True)
class Result:
    """A measured stage.

    Attributes:
      title: of its row.
      cost: its least work and traffic.
      seconds: median of the project's form.
      own: that form's runs; None of a composed stage.
      direct: of the other forms.
      direct_seconds: of the form that computes as the original does; None without one.
    """

    title: str
    cost: Cost
    seconds: float
    own: Measured | None = None
    direct: tuple[Measured, ...] = ()
    direct_seconds: float | None = None

    def to_json(self, limits: Limits, precision: str) -> dict[str, Any]:
        """Returns the figures as plain dictionaries and numbers; times in seconds."""
        floor = self.floor_seconds(limits, precision)
        content: dict[str, Any] = {
            "title": self.title, "seconds": self.seconds, "flops": self.cost.flops,
            "bytes": self.cost.bytes, "floor_seconds": floor,
            "times_the_floor": self.seconds / floor,
        }  # fmt: skip
        content |= {"runs": vars(self.own.timing)} if self.own else {"composed": True}
        if self.direct_seconds is not None:
            content["direct_seconds"] = self.direct_seconds
            content["gain"] = self.direct_seconds / self.seconds
        if self.direct:
            content["direct"] = [
                {"form": each.name, "piece": each.piece, "times": each.times,
                 "runs": vars(each.timing), "gain": each.timing.median / self.seconds}
                for each in self.direct
            ]  # fmt: skip
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
      direct: whether direct forms are measured too.
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
        found += ["sampling", "reward", "adversarial_gradient", "adversarial_step", "d_step"]
        found += ["oracle_sampling"] if config.task == "synthetic" else []
    return found


def measure_size(
    name: str, config: Config, asked: Sequence[str], options: Options
) -> dict[str, Result]:
    """Returns the results of a size's stages by key, all without any asked for.

    All of the project's forms come before the first direct form, so that a stage's memory does not
    include direct models.
    """
    chosen = asked or [*keys(config), ITERATION]
    bench, wanted = Workbench(config, options.samples), needed(chosen, config)
    stages = {key: bench.stage(key) for key in keys(config) if key in wanted}
    total = sum(1 + options.direct * len(stage.direct) for stage in stages.values())
    with tqdm(total=total, desc=name, unit="form", leave=False) as bar:

        def take(stage: Stage, form: Form) -> Measured:
            bar.set_postfix_str(f"{stage.title}, {form.name}")
            timing = measure(form.work, options.repeats, options.budget, form.warm_up)
            bar.update()
            return Measured(form.name, timing.scaled(form.times), form.times, form.piece)

        own = {key: take(stage, stage.form) for key, stage in stages.items()}
        direct = {
            key: [take(stage, form) for form in stage.direct if options.direct]
            for key, stage in stages.items()
        }
    results = {key: result_of(stages[key], own[key], direct[key]) for key in stages}
    if ITERATION in chosen:
        results[ITERATION] = compose_iteration(results, config, options.samples)
    return results


def result_of(stage: Stage, own: Measured, direct: Sequence[Measured]) -> Result:
    """Returns a stage's result from its measured forms."""
    # The first direct form is the original's; of its batch sizes the faster counts.
    original = [each.timing.median for each in direct if each.name == direct[0].name]
    seconds = min(original) if original else None
    return Result(stage.title, stage.cost, own.timing.median, own, tuple(direct), seconds)


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
    of_d = {"sampling": rounds * share, "d_step": rounds * steps}
    if "oracle_sampling" in results:
        of_d["oracle_sampling"] = rounds * share
    cost, seconds = Cost(0.0), 0.0
    for key, times in {"adversarial_step": 1.0, **of_d}.items():
        cost, seconds = cost + results[key].cost * times, seconds + results[key].seconds * times
    title = f"adversarial iteration: 1 G step, {rounds} D rounds of {steps} steps"
    composed = Result(title, cost, seconds)
    sampled = results["sampling"].direct_seconds
    if sampled is None:
        return composed
    direct = sampled * config.batch_size / samples  # the batch that G learns from
    for key, times in {"reward": 1.0, "adversarial_gradient": 1.0, **of_d}.items():
        own = results[key].direct_seconds  # the oracle has no direct form
        direct += (results[key].seconds if own is None else own) * times
    return replace(composed, direct_seconds=direct)
