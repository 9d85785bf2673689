"""The report of the CFG benchmark."""

from tqdm import tqdm

from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.config.config import Config
from leakgan_tf.reporting.comparison import GRAMMAR_NOTES
from leakgan_tf.reporting.document import Listing, Picture
from leakgan_tf.reporting.report import write_report
from leakgan_tf.reporting.tables import plain
from leakgan_tf.reporting.validity_curves import draw_validity
from leakgan_tf.runs.load import load
from leakgan_tf.tasks.cfg import CFGTask
from leakgan_tf.utils.files import write_json

SHOWN = 20  # samples of each run in the JSON
RULES = {
    "operators": "S → x | S+S | S-S | S*S | S/S",
    "brackets": "S → S+x | S-x | S*x | S/x | x | (S), x → x | y",
}


def write(done: BenchmarkRun) -> None:
    """Writes the page, report.json and the curves; prints the table and the page's path."""
    config = done.runs[0].config
    content = done.to_json(
        dataset=describe(config), references={"grammar": CFGTask(config).reference()}
    )
    for run, found in zip(done.runs, content["runs"], strict=True):
        found["samples"] = load(run.path).generate(SHOWN)
    write_json(done.folder / "report.json", content)
    table, title = view(Result(done.benchmark, content)), f"{describe(config)}, {config.preset}"
    picture = done.folder / "curves.png"
    draw_validity(picture, {run.name: run.records for run in done.runs}, title)
    caption = "Validity and distance from the grammar's law over training."
    first = [*done.missing_blocks(), table, Listing(GRAMMAR_NOTES), Picture(picture, caption)]
    page, _ = write_report(
        done.runs, done.folder, [None] * len(done.runs), None, done.command, title, first
    )
    tqdm.write(f"\n{title}\n\n{plain(table.headers, table.rows)}\n\nReport: {page}")


def describe(config: Config) -> str:
    """Returns grammar and law in words."""
    law = "levels uniform" if config.law == "levels" else "rules equally likely"
    return f"the grammar {RULES[config.grammar]} ({law})"
