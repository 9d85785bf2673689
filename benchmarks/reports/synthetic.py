"""Figures, tables and pictures of the oracle benchmark."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.reports.notes import notes
from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.config.config import Config
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.metrics.nll import distinct_share, held_out_nll, oracle_nll
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key
from leakgan_tf.reporting import conclusions, versus_mle
from leakgan_tf.reporting.against import against_table
from leakgan_tf.reporting.curves import draw_curves
from leakgan_tf.reporting.document import Block, Heading, Listing, Paragraph, Picture, Table, listed
from leakgan_tf.reporting.frontier_picture import draw_frontier
from leakgan_tf.reporting.published import (
    FALLING_SHORT_SOURCE,
    ORACLE_NLL,
    of_published_sizes,
    published_points,
)
from leakgan_tf.runs.shapes import OracleRow
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.utils.seeds import derive, numpy_generator

Arrays = dict[str, np.ndarray] | None  # the published oracle's weights
Further = Mapping[str, Sequence[OracleRow]]  # sweeps by name


def reference_figures(config: Config, oracle: Oracle) -> dict[str, dict[str, float]]:
    """Returns the figures of uniformly random tokens, and of the oracle itself."""
    count = config.evaluation_samples
    test = oracle.sample(count, derive(config.seed, "test"))
    uniform = numpy_generator(config.seed, "uniform").integers(
        config.vocab_size, size=(count, config.length), dtype=np.int32
    )
    random, truth = {}, {}
    for temperature in TEMPERATURES:
        key = temperature_key(temperature)
        random[f"nll_oracle_{key}"] = oracle_nll(oracle, uniform)
        random[f"nll_test_{key}"] = float(np.log(config.vocab_size))
        random[f"distinct_{key}"] = distinct_share(uniform)
        samples = oracle.generator.sample(count, temperature, derive(config.seed, "own"))
        truth[f"nll_oracle_{key}"] = oracle_nll(oracle, samples)
        truth[f"nll_test_{key}"] = held_out_nll(oracle.generator, test, temperature)
        truth[f"distinct_{key}"] = distinct_share(samples)
    return {"random": random, "oracle": truth}


def write(
    done: BenchmarkRun,
    oracle: Oracle,
    arrays: Arrays = None,
    further: Further | None = None,
) -> None:
    """Writes the page, report.json and pictures; prints the tables and their paths.

    Args:
      done: the finished runs.
      oracle: the ground truth.
      arrays: the published oracle's weights, if it is that.
      further: sweeps of MLE runs elsewhere, by name.
    """
    config, further = done.runs[0].config, further or {}
    more = [row for rows in further.values() for row in rows]
    result = done.save(
        {},
        references=reference_figures(config, oracle),
        comparison=versus_mle.compare(done.runs, more),
        comparison_tuned=versus_mle.compare(done.runs, baseline=versus_mle.TUNED),
        **({"mle_runs": further} if further else {}),
    )
    title = (
        f"Synthetic oracle, T = {config.length}, V = {config.vocab_size}, preset {config.preset}"
    )
    figures, against = view(result, "figures"), against_table(result.comparison())
    tuned = against_table(result.comparison(tuned=True))
    blocks = [
        *listed(
            conclusions.at_equal_diversity(result.comparison(tuned=True) or result.comparison())
        ),
        figures,
        Listing(notes("synthetic")),
        *_against(against),
        *([Paragraph("The same against the tuned MLE:"), tuned] if tuned else ()),
        *_draw(done, result, further, title),
        *_published(config, [run.config.own.variant for run in done.runs]),
    ]
    done.report(title, blocks, [each for each in (figures, against, tuned) if each], oracle=arrays)


def _against(table: Table | None) -> list[Block]:
    heading = Heading("Against MLE, at each system's own diversity")
    if table is None:
        return [
            heading,
            Paragraph(
                "No comparison: there is no run of mle here with a sweep over temperatures (runs "
                "of earlier versions have none). With mle among --systems the same command adds it."
            ),
        ]
    return [heading, table, Listing(notes("against MLE"))]


def _draw(done: BenchmarkRun, result: Result, further: Further, title: str) -> list[Block]:
    """Draws curves.png and, if there are sweeps, frontier.png; returns both as blocks."""
    folder, oracle = done.folder, result.content["references"]["oracle"]
    comparison = result.comparison()
    draw_curves(folder / "curves.png", {run.name: run.records for run in done.runs}, oracle, title)
    curves = Picture(folder / "curves.png", "Evaluations during training; thick: adversarial.")
    sweeps: dict[str, dict[int, Sequence[OracleRow]]] = {
        system: {seed: list(rows.values()) for seed, rows in seeds.items()}
        for system, seeds in versus_mle.sweeps(done.runs).items()
    }
    if not sweeps:
        return [curves]
    sweeps |= {name: {0: rows} for name, rows in further.items()}
    draw_frontier(
        folder / "frontier.png",
        sweeps,
        references={"the oracle itself": (oracle["nll_test_1.0"], oracle["nll_oracle_1.0"])},
        published=published_points(done.runs[0].config),
        title=title,
        envelope=Frontier(**comparison["envelopes"]["mean"]) if comparison else None,
    )
    caption = (
        "Every system's sweep over temperatures (numbers beside MLE's points); thin: "
        "seeds, their mean with points. Further left and further down is better. On the right, "
        "points beyond the frontier that are better or worse in both figures are drawn at what "
        "their distance is at least; those of which nothing is certain are left out."
    )
    return [Picture(folder / "frontier.png", caption), curves]


def _published(config: Config, variants: Sequence[str]) -> list[Block]:
    semantics = ", ".join(dict.fromkeys(filter(None, variants)))
    oracle = config.oracle_params or f"random LSTM, seed {config.oracle_seed}"
    made_with = Paragraph(f"Oracle: {oracle}." + f" Semantics: {semantics}." * bool(semantics))
    if not of_published_sizes(config):
        return [
            Heading("Published NLL_oracle"),
            Paragraph(
                "Not shown: published figures are of the published oracle with V = 5,000, and "
                "cannot be compared with figures of other sizes. --oracle_params=FILE and the "
                "presets short and paper have them."
            ),
            made_with,
        ]
    sources = [
        f"{system}: {known.nll:.3f}, {known.source}"
        for (length, system), known in ORACLE_NLL.items()
        if length == config.length
    ]
    if published_points(config):
        sources.append(f"Black marks in the picture of the frontier: {FALLING_SHORT_SOURCE}")
    return [
        Heading("Published NLL_oracle"),
        Paragraph("Oracle and sizes are the published ones; schedules may differ: see below."),
        Listing(sources),
        made_with,
    ]
