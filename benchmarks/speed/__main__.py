"""Speed of training, compared with the machine's limits: ``python -m benchmarks.speed``.

Times each stage of LeakGAN's training and an adversarial iteration (the median of several runs
after a warm-up), and phases in the trainer, with the share of their time outside updates. The
machine's limits are measured in the same run, and the least work of each stage is counted. Machines
differ, and timings are noisy: compare the rows of one table, not tables.
"""

import shlex
import sys
from collections.abc import Mapping
from typing import Any

from absl import flags

from benchmarks.speed.counts import STAGES
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import define_settings, overrides
from leakgan_tf.config.config import Config, replace
from leakgan_tf.config.presets import describe_presets, synthetic_preset, text_preset
from leakgan_tf.runs.folder import environment
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils import quiet
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing, write_json

ABOUT = """Compares LeakGAN's training with the machine's limits.

Example: python -m benchmarks.speed --sizes=oracle20 --json=speed.json"""
COCO = (4660, 32)  # V and T of Image COCO as `prepare` makes it
SIZES = ("oracle20", "oracle40", "coco")


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("preset", "paper", f"{describe_presets(False)}.", **own)
    flags.DEFINE_list("sizes", ["oracle20"], f"Sizes to measure: {', '.join(SIZES)}.", **own)
    flags.DEFINE_list("stages", [], f"Some of {', '.join(STAGES)}; default: all.", **own)
    flags.DEFINE_integer(
        "repeats", 7, "Maximum number of timed runs of a stage; the median is reported.", **own
    )
    flags.DEFINE_float(
        "budget", 20.0, "Seconds after which no further run of a stage starts.", **own
    )
    flags.DEFINE_integer("samples", 10000, "Sentences in the sampling stages.", **own)
    flags.DEFINE_list(
        "updates",
        ["10", "100"],
        "With oracle sizes: numbers of updates of the timed phases; empty: no phases.",
        **own,
    )
    flags.DEFINE_bool(
        "startup", True, "Also time the start of a new process, up to its first updates.", **own
    )
    flags.DEFINE_string("json", None, "File for the figures, JSON.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace --json if it exists.", **own)
    define_settings(values)
    return values


def make_configs(values: flags.FlagValues) -> dict[str, Config]:
    """Returns {size: configuration}; raises ``UserError`` on bad input."""
    if not values.sizes or len(set(values.sizes)) != len(values.sizes):
        raise UserError(f"--sizes takes each of these once: {', '.join(SIZES)}")
    changes, configs, own = overrides(values), {}, system_config("leakgan")
    for name in values.sizes:
        if name not in SIZES:
            raise UserError(f"unknown size {name!r}: one of {', '.join(SIZES)}")
        if name == "coco":
            preset = text_preset(values.preset, *COCO, own)
        else:
            preset = synthetic_preset(values.preset, int(name.removeprefix("oracle")), own)
        configs[name] = replace(preset, **changes)
    return configs


def check(values: flags.FlagValues, configs: Mapping[str, Config]) -> None:
    """Raises ``UserError`` if a flag cannot be used."""
    for name in ("repeats", "samples", "budget"):
        if values[name].value <= 0:
            raise UserError(f"--{name} must be above 0, not {values[name].value}")
    if not all(word.isdecimal() and int(word) for word in values.updates):
        raise UserError(f"--updates takes whole numbers above 0, not {','.join(values.updates)}")
    if unknown := [key for key in values.stages if key not in STAGES]:
        raise UserError(f"unknown stage {unknown[0]!r}: one of {', '.join(STAGES)}")
    for size, config in configs.items():
        if set(values.stages) == {"oracle_sampling"} and config.task != "synthetic":
            raise UserError(f"--stages: {size} has no oracle, so no stage oracle_sampling")
    if values.json:
        refuse_existing(values.json, values.overwrite)


def run(values: flags.FlagValues) -> None:
    """Measures all sizes, prints the report and writes the figures."""
    configs = make_configs(values)
    check(values, configs)
    # TensorFlow takes seconds to start: not for bad input.
    import tensorflow as tf

    from benchmarks.speed.limits import measure_limits
    from benchmarks.speed.phases import measure_phases
    from benchmarks.speed.report import print_report
    from benchmarks.speed.stages import Workbench
    from benchmarks.speed.start import measure_start

    tf.config.experimental.enable_op_determinism()  # as the benchmarks do
    quiet.run_first_graph()
    limits, sizes = measure_limits(), {}
    for name, config in configs.items():
        bench, forms = Workbench(config, values.samples), (values.repeats, values.budget)
        stages = bench.measure(values.stages, *forms, limits)
        counts = [int(word) for word in values.updates if config.task == "synthetic"]
        sizes[name] = {
            "precision": config.precision,
            "config": config.to_json(),
            "stages": stages,
            "phases": measure_phases(config, counts) if counts else [],
        }
    devices = [device.name for device in tf.config.list_physical_devices()]
    made_by: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks.speed", *sys.argv[1:]])
    }
    made_by |= environment()
    made_by["hardware"] |= {"devices": devices, "tensorflow": tf.__version__}
    content = {
        "benchmark": "speed", "made_by": made_by, "limits": vars(limits), "sizes": sizes,
    }  # fmt: skip
    if values.startup:
        content["startup_seconds"] = measure_start(next(iter(configs.values())))
    if values.json:  # before the table, whose reader may close the pipe early
        write_json(values.json, content)
    print_report(content)


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT))
