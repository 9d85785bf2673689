"""Plots quality against diversity in training: ``python -m benchmarks.publish.tradeoff_plot``.

Draws committed results (`benchmarks/results/`): the sweeps of finished MLE runs, and the
evaluations of all other runs as paths.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from benchmarks.reports import results
from leakgan_tf.cli import entry
from leakgan_tf.reporting.frontier_picture import Sweep
from leakgan_tf.reporting.path_picture import draw_paths
from leakgan_tf.reporting.published import published_points, system_title
from leakgan_tf.utils.errors import UserError

if TYPE_CHECKING:  # it imports TensorFlow, which this command does not need
    from leakgan_tf.systems.mle import MLEConfig

ABOUT = """Draws the course of training on one oracle, and MLE's sweep over temperatures.

tradeoff_plot RESULT... --out=FILE.png"""


def define_flags() -> flags.FlagValues:
    """Returns the program's flags."""
    values = entry.new_flags()
    about = "Names of committed results; --results= may be left out."
    flags.DEFINE_list("results", [], about, flag_values=values)
    flags.DEFINE_string("out", None, "Output file, PNG.", flag_values=values)
    return values


def run(values: flags.FlagValues) -> None:
    """Draws the named results."""
    if not (values.results and values.out):
        raise UserError("name one or more results, and the picture: --out=FILE.png")
    known = results.read_results()
    sweeps: dict[str, list[Sweep]] = {}
    paths, oracles = {}, set()
    for name in values.results:
        if name not in known or known[name].kind != "synthetic":
            raise UserError(f"{name} is not a committed result on the oracle task")
        for each in known[name].runs():
            config = each.config
            oracles.add((config.oracle_params, config.oracle_seed, config.length))
            system = system_title(config.system)
            if each.measured.get("sweep") and config.system == "mle":
                title = f"{system}, {_training(config.own)}, sweep"
                sweeps.setdefault(title, []).append(each.measured["sweep"])
            elif each.evaluations:
                semantics = f", {config.own.variant} semantics" if config.own.variant else ""
                paths[f"{system}{semantics}, seed {config.seed} ({name})"] = each.evaluations
    if len(oracles) > 1:
        raise UserError("these results are of several oracles: they cannot be compared")
    title = f"T = {config.length}: quality against diversity"
    draw_paths(Path(values.out), sweeps, paths, published_points(config), title)
    print(values.out)


def _training(own: "MLEConfig") -> str:
    """Returns a description of MLE's training that distinguishes its sweeps."""
    dropout = f", dropout {own.generator_dropout:g}" if own.generator_dropout else ""
    return f"{'at most ' if own.patience else ''}{own.epochs} epochs{dropout}"


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT, "results"))
