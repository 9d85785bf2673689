"""The oracle benchmark of the SeqGAN and LeakGAN papers: ``python -m benchmarks.synthetic``.

Trains every system on an oracle's sentences, and tabulates NLL_oracle, held-out NLL at the same
temperature, and distinct sentences, beside random tokens, the oracle itself and what was published.
"""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported

from benchmarks.runner import mle_frontier
from benchmarks.runner.benchmark_run import BenchmarkRun
from benchmarks.runner.runs import Runs, check_flags, command, define_run_flags
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import for_system, overrides, parse_seeds
from leakgan_tf.cli.device_flags import kept_by_the_chief, placement
from leakgan_tf.config.config import Config
from leakgan_tf.runs.oracle_config import oracle_config
from leakgan_tf.systems.registry import check_names, describe_systems
from leakgan_tf.tasks.oracle_weights import check_vocab_size, read_parameters

Arrays = dict[str, np.ndarray] | None  # the published oracle's weights

ABOUT = """Trains systems on a synthetic oracle, and tabulates them beside what was published.

Example: python -m benchmarks.synthetic --preset=quick --systems=mle,leakgan --seeds=3"""


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = define_oracle_flags()
    own = {"flag_values": values}
    flags.DEFINE_list(
        "systems", ["mle", "leakgan"], f"all, or some of {describe_systems()}.", **own
    )
    flags.DEFINE_string("semantics", None, "original or paper; default: the preset's.", **own)
    flags.DEFINE_list(
        "mle_runs",
        [],
        "Folders of further finished MLE runs, stopped earlier say, that the systems "
        "are compared with.",
        **own,
    )
    return values


def define_oracle_flags() -> flags.FlagValues:
    """Returns the flags of every benchmark on the oracle task."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("preset", "quick", "smoke, quick, short or paper: see presets.py.", **own)
    flags.DEFINE_integer("length", 20, "Tokens in a sentence: 20 or 40.", **own)
    flags.DEFINE_string(
        "oracle_params", None, "The published oracle: .npz, or its authors' .pkl.", **own
    )
    define_run_flags(values, "row")
    return values


def make_configs(values: flags.FlagValues, digest: str) -> list[Config]:
    """Returns a configuration for each system and seed; raises ``UserError`` on bad input."""
    changes, systems = overrides(values), check_names(values.systems)
    return [
        oracle_config(
            values.preset, values.length, values.semantics, system, seed,
            for_system(changes, system, systems), digest,
        )
        for system in systems for seed in parse_seeds(values.seeds)
    ]  # fmt: skip


def run_folder(values: flags.FlagValues) -> Path:
    """Returns the benchmark's folder: the flag's, or one named after preset and semantics."""
    if values.run_dir:
        return Path(values.run_dir)
    name = f"synthetic-{values.preset}-{values.length}"
    if values.semantics:
        name += f"-{values.semantics}"
    return Path("save") / name


def run(values: flags.FlagValues) -> None:
    """Trains, measures, reports."""
    arrays, digest = read_oracle(values)
    configs = {
        f"{config.system}-seed{config.seed}": config for config in make_configs(values, digest)
    }
    further = mle_frontier.further(values.mle_runs, next(iter(configs.values())))

    def write(done: BenchmarkRun, oracle: Any) -> None:
        from benchmarks.reports import synthetic  # TensorFlow starts slowly: not for bad input

        synthetic.write(done, oracle, arrays, further)

    run_all("synthetic", configs, values, run_folder(values), arrays, write)


def read_oracle(values: flags.FlagValues) -> tuple[Arrays, str]:
    """Returns the published oracle's weights and their digest; neither if none was asked for."""
    return read_parameters(values.oracle_params) if values.oracle_params else (None, "")


def run_all(
    benchmark: str,
    configs: Mapping[str, Config],
    values: flags.FlagValues,
    folder: Path,
    arrays: Arrays,
    write: Callable[[BenchmarkRun, Any], None],
) -> None:
    """Trains and measures runs on one oracle, and reports those that finished.

    Args:
      benchmark: whose report it is.
      configs: the configuration of each run by its folder's name.
      values: flags of `define_oracle_flags`.
      folder: the benchmark's.
      arrays: the oracle's weights, of `read_oracle`.
      write: writes the report of the finished runs, given the oracle.

    Raises:
      UserError: weights and configurations differ in size, or the folder is something else's.
    """
    check_flags(values)
    placed, first = placement(values), next(iter(configs.values()))
    if arrays:
        check_vocab_size(arrays, first.vocab_size)
    with kept_by_the_chief(placed, folder) as kept:
        paths = {kept / name: config for name, config in configs.items()}
        mle_frontier.check(paths)
        runs = Runs(benchmark, paths, values, kept)
        extra = {
            "command": command(benchmark),
            "overrides": {name: str(value) for name, value in overrides(values).items()},
        }

        @functools.cache
        def oracle() -> Any:
            from leakgan_tf.tasks.synthetic import make_oracle  # imports TensorFlow

            return make_oracle(first, arrays)

        def train(path: Path, config: Config, distribution: Any) -> None:
            from leakgan_tf.tasks.synthetic import SyntheticTask
            from leakgan_tf.training.session import train_run

            train_run(
                config,
                lambda: SyntheticTask(config, oracle(), mle_frontier.frontier(path, config)),
                path,
                extra,
                distribution,
            )

        runs.train(placed, train, lambda done: write(done, oracle()))


def main() -> int:
    """Returns the exit status."""
    return entry.run(run, define_flags(), sys.argv, ABOUT)


if __name__ == "__main__":
    sys.exit(main())
