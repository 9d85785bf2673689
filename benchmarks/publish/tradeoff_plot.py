"""Plots quality against diversity: ``python -m benchmarks.publish.tradeoff_plot``.

Draws committed results (`benchmarks/results/`). On the oracle: the sweeps of finished MLE runs, and
the evaluations of all other runs as paths. On text: the sweep of every run.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from benchmarks.reports import results
from leakgan_tf.cli import entry
from leakgan_tf.reporting.frontier_picture import Sweep
from leakgan_tf.reporting.path_picture import draw_paths
from leakgan_tf.reporting.published import published_points, system_title
from leakgan_tf.reporting.sweep import draw_sweep
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.errors import UserError

if TYPE_CHECKING:  # it imports TensorFlow, which this command does not need
    from leakgan_tf.systems.mle import MLEConfig

ABOUT = """Draws the course of training on one oracle and MLE's sweep, or all sweeps on one text.

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
    for name in values.results:
        if name not in known or known[name].kind not in ("synthetic", "text"):
            raise UserError(f"{name} is not a committed result on the oracle task or on text")
    runs = [(name, run) for name in values.results for run in known[name].runs()]
    config = runs[0][1].config
    about = ("task", "dataset", "oracle_params", "oracle_seed", "length")
    if len({tuple(getattr(run.config, key) for key in about) for _, run in runs}) > 1:
        raise UserError("these results are of several oracles or texts: they cannot be compared")
    if config.task == "text":
        by_name = {run.name: run.measured["sweep"] for _, run in runs if "sweep" in run.measured}
        if len(by_name) < len(runs):
            raise UserError("each run must have a sweep over temperatures, and a name of its own")
        draw_sweep(Path(values.out), by_name, vectors=False)
    else:
        sweeps, paths = _of_training(runs)
        title = f"T = {config.length}: quality against diversity"
        draw_paths(Path(values.out), sweeps, paths, published_points(config), title)
    print(values.out)


def _of_training(
    runs: Sequence[tuple[str, RunRecord]],
) -> tuple[dict[str, list[Sweep]], dict[str, list[Any]]]:
    """Returns the sweeps of MLE and the evaluations of all other runs, by title."""
    sweeps: dict[str, list[Sweep]] = {}
    paths = {}
    for name, run in runs:
        config, system = run.config, system_title(run.config.system)
        if run.measured.get("sweep") and config.system == "mle":
            title = f"{system}, {_training(config.own)}, sweep"
            sweeps.setdefault(title, []).append(run.measured["sweep"])
        elif run.evaluations:
            semantics = f", {config.own.variant} semantics" if config.own.variant else ""
            paths[f"{system}{semantics}, seed {config.seed} ({name})"] = run.evaluations
    return sweeps, paths


def _training(own: "MLEConfig") -> str:
    """Returns a description of MLE's training that distinguishes its sweeps."""
    dropout = f", dropout {own.generator_dropout:g}" if own.generator_dropout else ""
    return f"{'at most ' if own.patience else ''}{own.epochs} epochs{dropout}"


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT, "results"))
