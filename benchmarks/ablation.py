"""Effects of differences between LeakGAN's paper and program: ``python -m benchmarks.ablation``.

Trains LeakGAN on an oracle's sentences with the original's and the paper's semantics, with the
original's semantics and one field changed to the paper's, and with rewards that do not depend on
the sentences (`Config.reward`). The table has the differences of each row from the original.
"""

import sys
from pathlib import Path
from typing import Any

from absl import flags

from benchmarks import synthetic
from benchmarks.compare import ablation_rows
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import overrides, parse_seeds
from leakgan_tf.config.config import Config, replace
from leakgan_tf.config.presets import synthetic_preset
from leakgan_tf.config.semantics import ORIGINAL
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils.errors import UserError

ABOUT = """Trains LeakGAN with one choice changed at a time, and tabulates the differences.

Example: python -m benchmarks.ablation --preset=quick --seeds=2"""


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = synthetic.define_oracle_flags()
    names = ", ".join(ablation_rows.rows())
    flags.DEFINE_list(
        "rows",
        ["all"],
        f"all, or some of {names}. {ablation_rows.BASELINE} is always trained.",
        flag_values=values,
    )
    return values


def make_configs(values: flags.FlagValues, digest: str) -> dict[str, Config]:
    """Returns {folder: configuration} of the runs; raises ``UserError`` on bad input."""
    base = synthetic_preset(values.preset, values.length, system_config("leakgan"))
    changes = overrides(values)
    for name in changes:
        if name in ("reward", "padding") or hasattr(ORIGINAL, name):
            raise UserError(f"--{name} differs between rows: choose the rows with --rows")
    base = replace(base, **changes, oracle_params=digest)
    seeds = parse_seeds(values.seeds)
    return {
        f"{name}-seed{seed}": replace(base, **vars(row.semantics), reward=row.reward, seed=seed)
        for name, row in ablation_rows.chosen(values.rows).items()
        for seed in seeds
    }


def run(values: flags.FlagValues) -> None:
    """Trains and evaluates the runs, and writes the report."""
    arrays, digest = synthetic.read_oracle(values)
    folder = Path(values.run_dir or f"save/ablation-{values.preset}-{values.length}")

    def write(done: BenchmarkRun, _: Any) -> None:
        from benchmarks.reports import ablation  # imports TensorFlow: not for bad input

        ablation.write(done)

    synthetic.run_all("ablation", make_configs(values, digest), values, folder, arrays, write)


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT))
