"""The CFG benchmark of the Gumbel-softmax GAN's paper: ``python -m benchmarks.cfg``.

Trains systems on the sentences of a context-free grammar. Tables and plots show how many samples
are valid, distinct and new, and the distance of their distribution from the grammar's.
"""

import sys
from pathlib import Path

from absl import flags

from benchmarks.runner.runs import Runs, check_flags, define_run_flags, each_system
from leakgan_tf.cli import entry
from leakgan_tf.cli.device_flags import kept_by_the_chief
from leakgan_tf.data.languages import GRAMMARS, LAWS
from leakgan_tf.runs.cfg_config import cfg_config

ABOUT = """Trains systems on a context-free grammar, and measures how valid their samples are.

Example: python -m benchmarks.cfg --preset=quick --systems=mle,gumbel_gan"""


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_enum("grammar", GRAMMARS[0], GRAMMARS, "The grammar.", **own)
    flags.DEFINE_enum("law", LAWS[0], LAWS, "The distribution over the grammar's sentences.", **own)
    define_run_flags(values, ["mle", "gumbel_gan"])
    return values


def run(values: flags.FlagValues) -> None:
    """Trains and evaluates the runs, and writes the report."""
    chosen = values.preset, values.grammar, values.law
    configs = each_system(values, lambda *given: cfg_config(*chosen, *given))
    placed = check_flags(values)
    other = [name for name in (values.grammar, values.law) if name not in (GRAMMARS[0], LAWS[0])]
    folder = Path(values.run_dir or f"save/{'-'.join(['cfg', values.preset, *other])}")
    with kept_by_the_chief(placed, folder) as kept:
        runs = Runs("cfg", {kept / name: config for name, config in configs.items()}, values, kept)
        runs.in_processes()
        from benchmarks.reports import cfg  # imports TensorFlow: not while others train
        from leakgan_tf.tasks.cfg import CFGTask

        runs.train(placed, lambda path, config: CFGTask(config), cfg.write)


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT))
