"""How fast each stage of training is, against the machine's limits: ``python -m benchmarks.speed``.

Times every stage of LeakGAN and one whole adversarial iteration, the median of several runs after
a warm-up. In the same run it measures what the machine can do at best, counts what each stage must
do at least, and times the direct forms: the computation as the original program writes it down.
Machines differ and are noisy: compare rows of one table, not tables.
"""

import shlex
import sys
from pathlib import Path

from absl import flags

from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import define_settings, overrides
from leakgan_tf.config.config import Config, replace
from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing

ABOUT = "Measures LeakGAN's training against the machine's limits and the direct computation."
COCO = (4660, 32)  # V and T of Image COCO as `prepare` makes it
SIZES = ("oracle20", "oracle40", "coco")


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("preset", "paper", "smoke, quick or paper: see presets.py.", **own)
    flags.DEFINE_list("sizes", ["oracle20"], f"Which: {', '.join(SIZES)}.", **own)
    flags.DEFINE_list("stages", [], "Which stages, by key; default: all of them.", **own)
    flags.DEFINE_bool("direct", True, "Measure the direct forms too.", **own)
    flags.DEFINE_integer("repeats", 7, "Most runs of each form; the median is told.", **own)
    flags.DEFINE_float("budget", 20.0, "Seconds of a form after which no run is begun.", **own)
    flags.DEFINE_integer("samples", 10000, "Sentences in the sampling stages.", **own)
    flags.DEFINE_bool("deterministic", True, "Measure as the benchmarks train.", **own)
    flags.DEFINE_bool("startup", True, "Time a fresh process up to its first updates too.", **own)
    flags.DEFINE_bool("scaling", False, "Measure how cost grows with B, T, V, F and H too.", **own)
    flags.DEFINE_string("picture", None, "File for a picture of --scaling, PNG.", **own)
    flags.DEFINE_string("json", None, "File for the figures.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace --json and --picture if they exist.", **own)
    define_settings(values)
    return values


def make_configs(values: flags.FlagValues) -> dict[str, Config]:
    """Returns the configuration of each size by its name; raises ``UserError`` on bad input."""
    if not values.sizes or len(set(values.sizes)) != len(values.sizes):
        raise UserError(f"--sizes takes one or more different of {', '.join(SIZES)}")
    changes, configs = overrides(values), {}
    for name in values.sizes:
        if name not in SIZES:
            raise UserError(f"unknown size {name!r}: one of {', '.join(SIZES)}")
        if name == "coco":
            preset = text_preset(values.preset, *COCO)
        else:
            preset = synthetic_preset(values.preset, int(name.removeprefix("oracle")))
        configs[name] = replace(preset, **changes)
    return configs


def check(values: flags.FlagValues) -> None:
    """Raises ``UserError`` where flags cannot be used."""
    for name in ("repeats", "samples", "budget"):
        if values[name].value <= 0:
            raise UserError(f"--{name} must be above 0, not {values[name].value}")
    if values.picture and not values.scaling:
        raise UserError("--picture shows what --scaling measures: give both")
    for path in (values.json, values.picture):
        if path:
            refuse_existing(path, values.overwrite)


def run(values: flags.FlagValues) -> None:
    """Measures, prints and writes."""
    configs = make_configs(values)
    check(values)
    _measure(values, configs)


def _measure(values: flags.FlagValues, configs: dict[str, Config]) -> None:
    """Does what was found to be good input."""
    # TensorFlow starts slowly, and talks: not for bad input.
    import tensorflow as tf

    from benchmarks import speed_scaling
    from benchmarks.speed_report import Report
    from benchmarks.speed_run import Options, check_stages, measure_sizes
    from benchmarks.speed_start import measure_start

    check_stages(values.stages, configs.values())
    options = Options(values.repeats, values.budget, values.samples, values.direct)
    first = next(iter(configs.values()))
    report = Report(shlex.join(["python", "-m", "benchmarks.speed", *sys.argv[1:]]))
    if values.deterministic:
        tf.config.experimental.enable_op_determinism()
    measure_sizes(configs, values.stages, options, report)
    if values.startup:
        report.add_startup(measure_start(first))
    if values.scaling:
        points = speed_scaling.sweep(first, options)
        report.add_scaling(points)
        if values.picture:
            speed_scaling.draw(Path(values.picture), points)
    report.finish()
    if values.json:
        report.write(values.json)


def main() -> int:
    """Returns the exit status."""
    return entry.run(run, define_flags(), sys.argv, ABOUT)


if __name__ == "__main__":
    sys.exit(main())
