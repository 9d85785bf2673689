"""The oracle benchmark of the SeqGAN and LeakGAN papers: ``python -m benchmarks.synthetic``.

Trains systems on an oracle's sentences, and tabulates NLL_oracle, held-out NLL at the same
temperature, and distinct sentences, beside random tokens, the oracle itself and published figures.
"""

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from benchmarks.runner import mle_frontier
from benchmarks.runner.benchmark_run import BenchmarkRun
from benchmarks.runner.runs import Runs, check_flags, define_run_flags, each_system
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import ORACLE_PARAMS, SEMANTICS
from leakgan_tf.cli.device_flags import kept_by_the_chief
from leakgan_tf.config.config import Config
from leakgan_tf.runs.oracle_config import oracle_config
from leakgan_tf.tasks.oracle_weights import read_parameters, with_sizes

Arrays = dict[str, np.ndarray] | None  # weights of the published oracle

ABOUT = """Trains systems on a synthetic oracle, and tabulates them beside published figures.

Example: python -m benchmarks.synthetic --preset=quick --systems=mle,leakgan --seeds=3"""


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = define_oracle_flags(["mle", "leakgan"])
    own = {"flag_values": values}
    flags.DEFINE_string("semantics", None, SEMANTICS, **own)
    flags.DEFINE_list(
        "mle_runs",
        [],
        "Folders of further finished MLE runs, for example with fewer epochs: the comparison with "
        "MLE includes them.",
        **own,
    )
    return values


def define_oracle_flags(systems: Sequence[str] = ()) -> flags.FlagValues:
    """Returns the flags of every benchmark on the oracle task; see `define_run_flags`."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_integer("length", 20, "Tokens in a sentence, T: 20 or 40.", **own)
    flags.DEFINE_string("oracle_params", None, ORACLE_PARAMS, **own)
    define_run_flags(values, systems, oracle=True)
    return values


def make_configs(values: flags.FlagValues, digest: str) -> dict[str, Config]:
    """Returns {folder: configuration} of the runs; raises ``UserError`` on bad input."""
    return each_system(
        values,
        lambda system, seed, changes: oracle_config(
            values.preset, values.length, values.semantics, system, seed, changes, digest
        ),
    )


def run(values: flags.FlagValues) -> None:
    """Trains and evaluates the runs, and writes the report."""
    arrays, digest = read_oracle(values)
    configs = make_configs(values, digest)
    further = mle_frontier.further(values.mle_runs, next(iter(configs.values())))
    suffix = f"-{values.semantics}" if values.semantics else ""
    folder = Path(values.run_dir or f"save/synthetic-{values.preset}-{values.length}{suffix}")

    def write(done: BenchmarkRun, oracle: Any) -> None:
        from benchmarks.reports import synthetic  # imports TensorFlow: not for bad input

        synthetic.write(done, oracle, arrays, further)

    run_all("synthetic", configs, values, folder, arrays, write)


def read_oracle(values: flags.FlagValues) -> tuple[Arrays, str]:
    """Returns the weights in --oracle_params and their digest; (None, "") without the flag."""
    return read_parameters(values.oracle_params) if values.oracle_params else (None, "")


def run_all(
    benchmark: str,
    configs: Mapping[str, Config],
    values: flags.FlagValues,
    folder: Path,
    arrays: Arrays,
    write: Callable[[BenchmarkRun, Any], None],
) -> None:
    """Trains and evaluates runs on one oracle, and reports those that finished.

    `configs` is {name of the run's folder: configuration}; `write` gets the finished runs and the
    oracle.

    Raises:
      UserError: weights and configurations differ in size, or the folder contains other files.
    """
    placed = check_flags(values)
    if arrays:
        configs = {name: with_sizes(config, arrays) for name, config in configs.items()}
    first = next(iter(configs.values()))
    with kept_by_the_chief(placed, folder) as kept:
        paths = {kept / name: config for name, config in configs.items()}
        mle_frontier.check(paths)
        runs = Runs(benchmark, paths, values, kept)
        runs.in_processes()
        from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle  # imports TensorFlow

        oracle = functools.cache(lambda: make_oracle(first, arrays))

        def make_task(path: Path, config: Config) -> SyntheticTask:
            return SyntheticTask(config, oracle(), mle_frontier.frontier(path, config))

        runs.train(placed, make_task, lambda done: write(done, oracle()))


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT))
