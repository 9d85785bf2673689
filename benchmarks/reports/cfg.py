"""Writes the report of the CFG benchmark."""

from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.config.config import Config
from leakgan_tf.reporting import conclusions
from leakgan_tf.reporting.comparison import GRAMMAR_NOTES
from leakgan_tf.reporting.document import Listing, Picture, listed
from leakgan_tf.reporting.validity_curves import draw_validity
from leakgan_tf.runs.load import load
from leakgan_tf.tasks.cfg import CFGTask

SHOWN = 20  # number of samples of each run in the JSON
RULES = {
    "operators": "S → x | S+S | S-S | S*S | S/S",
    "brackets": "S → S+x | S-x | S*x | S/x | x | (S), x → x | y",
}


def write(done: BenchmarkRun) -> None:
    """Writes the report, report.json and the curves; prints the table and the paths."""
    config = done.runs[0].config
    result = done.save(
        {run.name: {"samples": load(run.path).generate(SHOWN)} for run in done.runs},
        dataset=describe(config),
        references={"grammar": CFGTask(config).reference()},
    )
    table, title = view(result), f"{describe(config)}, {config.preset}"
    picture = done.folder / "curves.png"
    draw_validity(picture, {run.name: run.records for run in done.runs}, title)
    caption = "Validity and distance from the grammar's distribution over training."
    lines = conclusions.in_two_figures(done.runs, conclusions.GRAMMAR)
    blocks = [*listed(lines), table, Listing(GRAMMAR_NOTES), Picture(picture, caption)]
    done.report(title, blocks, [table])


def describe(config: Config) -> str:
    """Returns a description of the grammar and its distribution."""
    law = "levels uniform" if config.law == "levels" else "rules equally likely"
    return f"the grammar {RULES[config.grammar]} ({law})"
