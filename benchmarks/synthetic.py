"""The oracle benchmark of the SeqGAN and LeakGAN papers: ``python -m benchmarks.synthetic``.

Trains every system on an oracle's sentences, and tabulates NLL_oracle, held-out NLL at the same
temperature, and distinct sentences, beside random tokens, the oracle itself and what was published.
"""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from benchmarks import frontiers, several
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import define_settings, for_system, overrides, parse_seeds
from leakgan_tf.cli.device_flags import define_placement, kept_by_the_chief, placement
from leakgan_tf.config.config import Config, replace
from leakgan_tf.config.presets import synthetic_preset
from leakgan_tf.config.semantics import named_semantics
from leakgan_tf.systems.registry import check_names, describe_systems
from leakgan_tf.tasks.oracle_weights import read_parameters
from leakgan_tf.training.placement import Placement
from leakgan_tf.utils.errors import UserError

Arrays = dict[str, np.ndarray] | None  # the published oracle's weights

ABOUT = "Trains systems on a synthetic oracle, and tabulates them beside what was published."


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
    flags.DEFINE_string("run_dir", None, "Where the runs go; default below save/.", **own)
    several.define_several(values, "row")
    define_placement(values)
    define_settings(values)
    return values


def make_configs(values: flags.FlagValues, digest: str) -> list[Config]:
    """Returns a configuration for each system and seed; raises ``UserError`` on bad input."""
    base = synthetic_preset(values.preset, values.length)
    semantics = named_semantics(values.semantics) if values.semantics else base.semantics
    changes: dict[str, Any] = {**vars(semantics), **overrides(values)}
    configs, systems = [], check_names(values.systems)
    for system in systems:
        own = {**for_system(changes, system, systems), "system": system, "oracle_params": digest}
        configs += [replace(base, **own, seed=seed) for seed in parse_seeds(values.seeds)]
    return configs


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
    further = frontiers.further(values.mle_runs, next(iter(configs.values())))
    run_all("synthetic", configs, values, run_folder(values), arrays, further)


def read_oracle(values: flags.FlagValues) -> tuple[Arrays, str]:
    """Returns the published oracle's weights and their digest; neither if none was asked for."""
    return read_parameters(values.oracle_params) if values.oracle_params else (None, "")


def run_all(
    benchmark: str,
    configs: Mapping[str, Config],
    values: flags.FlagValues,
    folder: Path,
    arrays: Arrays,
    further: Mapping[str, Any] | None = None,
) -> None:
    """Trains and measures runs on one oracle, and lets ``benchmarks.BENCHMARK_report`` report.

    Args:
      benchmark: whose report it is.
      configs: the configuration of each run by its folder's name.
      values: flags of `define_oracle_flags`.
      folder: the benchmark's.
      arrays: the oracle's weights, of `read_oracle`.
      further: sweeps of other MLE runs for the report (`frontiers.further`).

    Raises:
      UserError: weights and configurations differ in size, or the folder is something else's.
    """
    several.check_several(values)
    placed, first = placement(values), next(iter(configs.values()))
    if arrays and len(arrays["embedding"]) != first.vocab_size:
        raise UserError(
            f"the oracle file has {len(arrays['embedding'])} tokens, the configuration "
            f"{first.vocab_size}: give --vocab_size={len(arrays['embedding'])}"
        )
    with kept_by_the_chief(placed, folder) as kept:
        paths = {kept / name: config for name, config in configs.items()}
        frontiers.check(paths)
        runs = several.Runs(benchmark, paths, values, kept)
        extra = {
            "command": several.command(benchmark),
            "overrides": {name: str(value) for name, value in overrides(values).items()},
        }
        runs.in_processes()
        _train(benchmark, runs, arrays, extra, placed, further or {})
        runs.raise_if_any_failed()


def _train(
    benchmark: str,
    runs: several.Runs,
    arrays: Arrays,
    extra: dict[str, Any],
    placed: Placement,
    further: Mapping[str, Any],
) -> None:
    """Trains and reports what was found to be good input."""
    # TensorFlow starts slowly, and talks: not for bad input.
    from benchmarks import synthetic_report
    from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
    from leakgan_tf.training.session import prepare_process, train_and_measure

    distribution = prepare_process(placed)
    for config in runs.paths.values():
        distribution.check(config)
    oracle = make_oracle(next(iter(runs.paths.values())), arrays)

    def train(path: Path, config: Config) -> dict[str, Any]:
        return train_and_measure(
            config,
            lambda: SyntheticTask(config, oracle, frontiers.frontier(path, config)),
            path,
            extra,
            synthetic_report.measure,
            distribution,
        )

    measured = runs.one_by_one(train, go_on=distribution.alone)
    if measured and runs.whole:
        report = importlib.import_module(f"benchmarks.{benchmark}_report")
        told = {**extra, "missing": runs.failed, **({"mle_runs": further} if further else {})}
        report.write(runs.folder, measured, oracle, told, arrays)


def main() -> int:
    """Returns the exit status."""
    return entry.run(run, define_flags(), sys.argv, ABOUT)


if __name__ == "__main__":
    sys.exit(main())
