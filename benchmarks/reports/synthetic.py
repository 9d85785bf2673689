"""Writes the report of the oracle benchmark: figures, tables and plots."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.reports.notes import notes
from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.reporting import conclusions, versus_mle
from leakgan_tf.reporting.against import against_table
from leakgan_tf.reporting.curves import draw_curves
from leakgan_tf.reporting.document import Block, Heading, Listing, Paragraph, Picture
from leakgan_tf.reporting.groups import grouped
from leakgan_tf.reporting.published import has_published_oracle
from leakgan_tf.reporting.sweeps import frontier_blocks
from leakgan_tf.runs.shapes import OracleRow
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.tasks.synthetic import references

Arrays = dict[str, np.ndarray] | None  # weights of the published oracle
Further = Mapping[str, Sequence[OracleRow]]  # {name: sweep}
NO_MLE = (
    "No comparison: no run of mle has a sweep over temperatures (runs of old versions have none). "
    "The same command with mle in --systems adds it."
)
OTHER_SIZES = (
    "Published NLL_oracle is not shown: it is under another oracle, with V = 5,000, and cannot be "
    "compared with these figures. It is shown with the preset short or paper; at T = 20 with "
    "--oracle_params=FILE, SeqGAN's oracle; at T = 40 without that flag, since published oracles "
    "of that length are random LSTMs."
)


def write(done: BenchmarkRun, oracle: Oracle, arrays: Arrays, further: Further) -> None:
    """Writes the report, report.json and plots; prints the tables and the paths.

    Args:
      done: the finished runs.
      oracle: the oracle of the runs.
      arrays: its weights, if it is the published oracle.
      further: {name: sweep} of MLE runs in other folders.
    """
    config = done.runs[0].config
    more = [row for rows in further.values() for row in rows]
    result = done.save(
        {},
        references=references(config, oracle),
        comparison=versus_mle.compare(done.runs, more),
        comparison_tuned=versus_mle.compare(done.runs, baseline=versus_mle.TUNED),
        **({"mle_runs": further} if further else {}),
    )
    title = (
        f"Synthetic oracle, T = {config.length}, V = {config.vocab_size}, preset {config.preset}"
    )
    figures, compared = view(result), (result.comparison(), result.comparison(tuned=True))
    tables = [figures, *filter(None, map(against_table, compared))]
    blocks = [
        figures,
        Listing(notes("synthetic")),
        Heading("Against MLE, at each system's own diversity"),
        *(conclusions.oracle_blocks(*compared) or [Paragraph(NO_MLE)]),
        *([Listing(notes("against MLE"))] if len(tables) > 1 else []),
        *_draw(done, result, further, title),
        *([] if has_published_oracle(config) else [Paragraph(OTHER_SIZES)]),
    ]
    done.report(title, blocks, tables, oracle=arrays)


def _draw(done: BenchmarkRun, result: Result, further: Further, title: str) -> list[Block]:
    """Draws curves.png and, if there are sweeps, frontier.png; returns their blocks."""
    path, oracle = done.folder / "curves.png", result.content["references"]["oracle"]
    draw_curves(path, {run.name: run.records for run in done.runs}, oracle, title)
    curves = Picture(path, "Evaluations during training; thick: adversarial phase.")
    frontier = frontier_blocks(
        grouped(done.runs), done.folder / "frontier.png", result.comparison(), further,
        {"the oracle itself": (oracle["nll_test_1.0"], oracle["nll_oracle_1.0"])},
    )  # fmt: skip
    return [*frontier, curves]
