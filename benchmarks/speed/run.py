"""Measures the stages of each size: the project's forms first, then the direct ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.speed.clock import Progress
from benchmarks.speed.report import Report
from benchmarks.speed.results import (
    ITERATION,
    Measured,
    Result,
    compose_iteration,
    measure_form,
    needed,
    result_of,
)
from benchmarks.speed.stages import Form, Workbench, keys
from leakgan_tf.config.config import Config
from leakgan_tf.utils.errors import UserError


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


def measure_sizes(
    configs: Mapping[str, Config], asked: Sequence[str], options: Options, report: Report
) -> None:
    """Measures each size and hands its results to the report.

    Args:
      configs: sizes by name.
      asked: keys of stages; all without any.
      options: how to measure.
      report: takes the results.
    """
    for name, config in configs.items():
        chosen = asked or [*keys(config), ITERATION]
        wanted = needed(chosen, config)
        results = measure_stages(name, config, [k for k in keys(config) if k in wanted], options)
        if ITERATION in chosen:
            results[ITERATION] = compose_iteration(results, config, options.samples)
        report.add_size(name, config, results)


def measure_stages(
    name: str, config: Config, wanted: Sequence[str], options: Options
) -> dict[str, Result]:
    """Returns the results of a size's stages by key.

    All of the project's forms come before the first direct form, so that the memory which a stage
    takes is not that of direct models.
    """
    bench = Workbench(config, options.samples)
    stages = {key: bench.stage(key) for key in wanted}
    total = sum(1 + options.direct * len(stage.direct) for stage in stages.values())
    with Progress(total, name) as progress:

        def take(title: str, form: Form) -> Measured:
            progress.begin(f"{title}, {form.name}")
            measured = measure_form(form, options.repeats, options.budget)
            milliseconds = measured.timing.median * 1e3
            progress.done(f"{name}  {title}, {form.name}: {milliseconds:,.1f} ms")
            return measured

        own = {key: take(stage.title, stage.form) for key, stage in stages.items()}
        direct = {
            key: [take(stage.title, form) for form in stage.direct if options.direct]
            for key, stage in stages.items()
        }
    return {key: result_of(stages[key], own[key], direct[key]) for key in wanted}
