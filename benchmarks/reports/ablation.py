"""The report of the ablation: tables, and a picture of the differences."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.compare import effects, prefix_equality
from benchmarks.compare.ablation_rows import BASELINE, Row, rows
from benchmarks.compare.cells import difference
from benchmarks.compare.effects import Effect
from benchmarks.reports.controls import control_blocks
from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.metrics.significance import format_p_value
from leakgan_tf.reporting.difference_picture import Panel, draw_differences
from leakgan_tf.reporting.document import (
    Block,
    Heading,
    Listing,
    Paragraph,
    Picture,
    Table,
    without_empty,
)
from leakgan_tf.reporting.report import write_report
from leakgan_tf.reporting.tables import mean_and_spread, plain
from leakgan_tf.utils.files import write_json

_NOTES = (
    "All figures are of the last weights, at the temperature T given. NLL is in "
    "nats per token, lower is better; NLL_oracle: samples under the oracle; NLL_test: held-out "
    "oracle sentences under the model; distinct: the share of distinct samples, which is 1 at "
    "T = 1 where nothing has collapsed.",
    f"From the frontier: NLL_oracle at T = 1/1.5 less that of the sweep of {BASELINE} of the "
    "same seed over temperatures, at the same NLL_test: below zero is better than "
    f"{BASELINE} at another temperature. Where a row lies outside that sweep, the sweep is "
    "continued horizontally: such a value is a bound.",
    f"Δ is the row's figure less that of {BASELINE} of the same seed; with two or more seeds the "
    "mean ± sample standard deviation of these differences. Runs of one seed have the same first "
    "weights, oracle sentences and random numbers.",
    f"Δ / spread: the mean Δ divided by the standard deviation between the seeds of {BASELINE}, "
    "which with two or three seeds is itself a rough number.",
    "p (own): paired t-test on the row's own differences, not corrected. p (shared): with the "
    "spread between seeds that all rows share, which is assumed to be equal in all of them (the "
    "residual of rows and seeds, a randomised block design), corrected for the number of rows by "
    "Holm's method within the metric.",
    f'Result: "moves" where p (shared) is below {effects.LEVEL} and every seed moved the same '
    'way; else "not seen with n seeds", which is not "has no effect": small effects take more '
    "seeds. Metrics are not corrected for being several.",
    'Rewards: "constant" is one number, "random" uniform with that mean, "shuffled" D\'s own '
    "rewards permuted over the batch. They reach the Manager only: the Worker's reward is "
    "intrinsic.",
)


Values = Mapping[str, Mapping[str, Mapping[int, float]]]  # by metric, row and seed


def write(done: BenchmarkRun) -> None:
    """Writes the page, report.json and the picture; prints the table and their paths."""
    figures: dict[str, dict[int, dict[str, Any]]] = {}
    for run in done.runs:
        figures.setdefault(row_of(run.name), {})[run.config.seed] = run.measured
    known, config, folder = rows(), done.runs[0].config, done.folder
    values = effects.metrics(figures) if BASELINE in figures else {}
    found = {name: effects.effects(each) for name, each in values.items()}
    beginnings = prefix_equality.compare(done.runs, known)
    content = done.to_json(
        rows={name: {"differs": known[name].differs} for name in figures},
        effects=_effects_json(found),
        controls=_controls_json(control_effects(values, list(figures), known)),
        beginnings=beginnings,
    )
    for run in content["runs"]:
        run["row"] = row_of(run["folder"])
    write_json(folder / "report.json", content)
    seeds = max(len(each) for each in figures.values())
    title = (
        f"LeakGAN, one choice at a time: T = {config.length}, V = {config.vocab_size}, preset "
        f"{config.preset}, {seeds} seed{'s' * (seeds > 1)}"
    )
    result = Result(done.benchmark, content)
    varying = {name: each for name, each in values.items() if not _constant(each)}
    first: list[Block] = [*done.missing_blocks()]
    narrow = None
    if any(found[name] for name in varying):
        overview = view(result, "choices")
        narrow = [[cells[0], *cells[2:]] for cells in (overview.headers, *overview.rows)]
        first += [overview, Listing([*_NOTES, *_unvarying(values)])]
        first.append(_draw(folder, found, varying, title))
        first += control_blocks(result)
        first += _by_metric(found, varying)
    else:
        why = (
            f"Nothing to compare: there is no row with a seed that {BASELINE} has, or none differs."
        )
        first += [Paragraph(why, warning=True), Listing(list(content["rows"]))]
    oracle = config.oracle_params or f"random LSTM, seed {config.oracle_seed}"
    first.append(Paragraph(f"Oracle: {oracle}."))
    page, _ = write_report([], folder, [], None, done.command, title, first)
    table = plain(narrow[0], narrow[1:]) if narrow else "Nothing to compare."
    tqdm.write(f"\n{title}\n\n{table}\n")
    tqdm.write(f"Report: {page}, {folder / 'report.md'}, {folder / 'report.json'}")


def row_of(name: str) -> str:
    """Returns the row of the run in a folder of that name."""
    return name.rpartition("-seed")[0]


def _constant(values: Mapping[str, Mapping[int, float]]) -> bool:
    return len({value for seeds in values.values() for value in seeds.values()}) == 1


def _unvarying(values: Values) -> list[str]:
    """Returns a note on each metric in which all runs are the same."""
    return [
        f"{metric} is {next(iter(each[BASELINE].values())):.3f} in every run, and left out."
        for metric, each in values.items()
        if _constant(each)
    ]


def _by_metric(found: Mapping[str, Mapping[str, Effect]], values: Values) -> list[Block]:
    """Returns a table for each metric, its rows in the order of their effect."""
    headers = ["row", "figure", "Δ", "Δ / spread", "p (own)", "p (shared)", "result"]
    blocks: list[Block] = [Heading("Each metric, rows by the size of their effect")]
    for metric, rows_of in values.items():
        base = list(rows_of[BASELINE].values())
        lines = [[BASELINE, mean_and_spread(base), "", "", "", "", ""]]
        lines += [[name, *_effect_cells(effect)] for name, effect in found[metric].items()]
        blocks += [Heading(metric, 3), without_empty(Table(headers, lines))]
    return blocks


def _effect_cells(effect: Effect) -> list[str]:
    return [
        mean_and_spread(list(effect.values.values())),
        difference(list(effect.differences.values())),
        "" if effect.share is None else f"{effect.share:+.1f}",
        format_p_value(effect.own.p) if effect.own else "",
        format_p_value(effect.shared.p) if effect.shared else "",
        effect.conclusion(),
    ]


def _draw(
    folder: Path, found: Mapping[str, Mapping[str, Effect]], values: Values, title: str
) -> Picture:
    """Draws differences.png."""
    panels = []
    for metric, rows_of in values.items():
        spread, by_row = effects.shared_spread(rows_of), found[metric]
        panels.append(
            Panel(
                f"Δ {metric}",
                {name: list(effect.differences.values()) for name, effect in by_row.items()},
                spread.half_width if spread else None,
                frozenset(name for name, effect in by_row.items() if effect.moves),
            )
        )
    path = folder / "differences.png"
    draw_differences(path, panels, title)
    caption = (
        f"Differences from {BASELINE}. Grey dots: seeds; diamonds: their mean, with the 95 % "
        'interval by the shared spread, not corrected; red: "moves".'
    )
    return Picture(path, caption)


def control_effects(
    values: Values, names: Sequence[str], known: Mapping[str, Row]
) -> dict[str, dict[tuple[str, str], Effect]]:
    """Returns by metric the effect of each control against the same semantics with D's reward."""
    pairs = [
        (name, known[name].parent)
        for name in names
        if known[name].reward != known[known[name].parent].reward and known[name].parent in names
    ]
    return {metric: effects.compare(each, pairs) for metric, each in values.items()}


def _effects_json(found: Mapping[str, Mapping[str, Effect]]) -> dict[str, Any]:
    return {
        metric: {name: _effect_json(effect) for name, effect in by_row.items()}
        for metric, by_row in found.items()
    }


def _controls_json(found: Mapping[str, Mapping[tuple[str, str], Effect]]) -> dict[str, Any]:
    return {
        metric: {
            name: {"against": other, **_effect_json(effect)}
            for (name, other), effect in by_pair.items()
        }
        for metric, by_pair in found.items()
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    return {
        "values": {str(seed): value for seed, value in effect.values.items()},
        "differences": {str(seed): value for seed, value in effect.differences.items()},
        "share": effect.share,
        "own": effect.own._asdict() if effect.own else None,
        "shared": effect.shared._asdict() if effect.shared else None,
        "conclusion": effect.conclusion(),
    }
