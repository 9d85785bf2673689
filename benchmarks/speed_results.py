"""Measured stages, and the adversarial iteration that is composed of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.speed_clock import Timing, measure
from benchmarks.speed_counts import Cost
from benchmarks.speed_limits import Limits
from benchmarks.speed_stages import Form, Stage
from leakgan_tf.config.config import Config

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
      cost: what it must do at least.
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


def measure_form(form: Form, repeats: int, budget: float) -> Measured:
    """Times a form: at most `repeats` runs, none begun after `budget` seconds of them."""
    timing = measure(form.work, repeats, budget, form.warm_up).scaled(form.times)
    return Measured(form.name, timing, form.times, form.piece)


def result_of(stage: Stage, own: Measured, direct: Sequence[Measured]) -> Result:
    """Returns a stage's result from its measured forms."""
    # The first direct form is the original's; of the batch sizes it was tried at the faster counts.
    original = [each.timing.median for each in direct if each.name == direct[0].name]
    seconds = min(original) if original else None
    return Result(stage.title, stage.cost, own.timing.median, own, tuple(direct), seconds)


def needed(keys: Iterable[str], config: Config) -> list[str]:
    """Returns the stages to measure for those asked: an iteration needs its parts."""
    keys = list(keys)
    if ITERATION in keys:
        keys += ["sampling", "reward", "adversarial_gradient", "adversarial_step", "d_step"]
        keys += ["oracle_sampling"] if config.task == "synthetic" else []
    return keys


def compose_iteration(results: Mapping[str, Result], config: Config, samples: int) -> Result:
    """Returns an adversarial iteration of the schedule: a G step, then D's rounds.

    Args:
      results: the measured stages by key.
      config: sizes and schedule.
      samples: sentences in the sampling stages.
    """
    share = config.own.discriminator_samples / samples
    rounds = config.adversarial_discriminator_rounds
    steps = config.discriminator_epochs * (
        2 * config.own.discriminator_samples // config.batch_size
    )
    parts = [
        (results["adversarial_step"], 1.0),
        (results["sampling"], rounds * share),
        (results["d_step"], rounds * steps),
    ]
    if "oracle_sampling" in results:
        parts.append((results["oracle_sampling"], rounds * share))
    cost, seconds = Cost(0.0), 0.0
    for part, times in parts:
        cost, seconds = cost + part.cost * times, seconds + part.seconds * times
    composed = Result(
        f"adversarial iteration: 1 G step, {rounds} D rounds of {steps} steps", cost, seconds
    )
    sampled = results["sampling"].direct_seconds
    if sampled is None:
        return composed
    direct = sampled * config.batch_size / samples  # the batch that G learns from
    for key, times in (
        ("reward", 1.0),
        ("adversarial_gradient", 1.0),
        ("sampling", rounds * share),
        ("d_step", rounds * steps),
    ):
        direct += results[key].direct_seconds * times
    if "oracle_sampling" in results:  # has no direct form
        direct += results["oracle_sampling"].seconds * rounds * share
    return replace(composed, direct_seconds=direct)


def floor_seconds(result: Result, limits: Limits, precision: str) -> float:
    """Returns the time that the machine's limits allow a stage: the roofline."""
    return result.cost.seconds(limits.gflops[precision] * 1e9, limits.bandwidth * 1e9)


def to_json(result: Result, limits: Limits, precision: str) -> dict[str, Any]:
    """Returns a stage's figures as plain dictionaries and numbers; times in seconds."""
    floor = floor_seconds(result, limits, precision)
    content: dict[str, Any] = {
        "title": result.title,
        "seconds": result.seconds,
        "flops": result.cost.flops,
        "bytes": result.cost.bytes,
        "floor_seconds": floor,
        "times_the_floor": result.seconds / floor,
    }
    if result.own:
        content["runs"] = vars(result.own.timing)
    else:
        content["composed"] = True
    if result.direct_seconds is not None:
        content["direct_seconds"] = result.direct_seconds
        content["gain"] = result.direct_seconds / result.seconds
    if result.direct:
        content["direct"] = [
            {
                "form": each.name,
                "piece": each.piece,
                "times": each.times,
                "runs": vars(each.timing),
                "gain": each.timing.median / result.seconds,
            }
            for each in result.direct
        ]
    return content
