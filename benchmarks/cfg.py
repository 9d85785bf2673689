"""The CFG benchmark of the Gumbel-softmax GAN's paper: ``python -m benchmarks.cfg``.

Trains systems on the sentences of a context-free grammar, and tabulates and draws how many of their
samples are valid, distinct and new, and how far their law is from the grammar's.
"""

import sys
from pathlib import Path
from typing import Any

from absl import flags

from benchmarks.runner.benchmark_run import BenchmarkRun
from benchmarks.runner.runs import Runs, check_flags, command, define_run_flags
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import for_system, overrides, parse_seeds
from leakgan_tf.cli.device_flags import kept_by_the_chief, placement
from leakgan_tf.config.config import Config
from leakgan_tf.data.languages import GRAMMARS, LAWS
from leakgan_tf.runs.cfg_config import cfg_config
from leakgan_tf.systems.registry import check_names, describe_systems

ABOUT = """Trains systems on a context-free grammar, and measures how valid their samples are.

Example: python -m benchmarks.cfg --preset=quick --systems=mle,gumbel_gan"""


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("preset", "quick", "smoke, quick or paper: see presets.py.", **own)
    flags.DEFINE_enum("grammar", GRAMMARS[0], GRAMMARS, "The grammar: data/languages.py.", **own)
    flags.DEFINE_enum("law", LAWS[0], LAWS, "The law over its sentences: as above.", **own)
    flags.DEFINE_list(
        "systems", ["mle", "gumbel_gan"], f"all, or some of {describe_systems()}.", **own
    )
    define_run_flags(values, "system")
    return values


def make_configs(values: flags.FlagValues) -> dict[str, Config]:
    """Returns a configuration for each system and seed by its folder's name.

    Raises:
      UserError: bad input.
    """
    changes, systems = overrides(values), check_names(values.systems)
    return {
        f"{system}-seed{seed}": cfg_config(
            values.preset, values.grammar, values.law, system, seed,
            for_system(changes, system, systems),
        )
        for system in systems for seed in parse_seeds(values.seeds)
    }  # fmt: skip


def run_folder(values: flags.FlagValues) -> Path:
    """Returns the benchmark's folder: the flag's, or one named after preset, grammar and law."""
    if values.run_dir:
        return Path(values.run_dir)
    other = [name for name in (values.grammar, values.law) if name not in (GRAMMARS[0], LAWS[0])]
    return Path("save") / "-".join(["cfg", values.preset, *other])


def run(values: flags.FlagValues) -> None:
    """Trains, measures, reports."""
    configs = make_configs(values)
    check_flags(values)
    placed = placement(values)
    with kept_by_the_chief(placed, run_folder(values)) as kept:
        runs = Runs("cfg", {kept / name: config for name, config in configs.items()}, values, kept)
        extra = {
            "command": command("cfg"),
            "overrides": {name: str(value) for name, value in overrides(values).items()},
        }

        def train(path: Path, config: Config, distribution: Any) -> None:
            from leakgan_tf.tasks.cfg import CFGTask  # imports TensorFlow
            from leakgan_tf.training.session import train_run

            train_run(config, lambda: CFGTask(config), path, extra, distribution)

        def write(done: BenchmarkRun) -> None:
            from benchmarks.reports import cfg  # TensorFlow starts slowly: not for bad input

            cfg.write(done)

        runs.train(placed, train, write)


def main() -> int:
    """Returns the exit status."""
    return entry.run(run, define_flags(), sys.argv, ABOUT)


if __name__ == "__main__":
    sys.exit(main())
