"""Tables and picture of the ablation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks import ablation_effects as effects
from benchmarks import same_beginnings
from benchmarks.ablation_effects import Effect
from benchmarks.ablation_rows import BASELINE, Row, rows
from benchmarks.comparison_cells import difference
from benchmarks.versus_mle import Measured
from leakgan_tf.config.config import Config
from leakgan_tf.metrics.significance import format_p_value
from leakgan_tf.reporting.difference_picture import Panel, draw_differences
from leakgan_tf.reporting.document import Block, Heading, Listing, Paragraph, Picture, Table
from leakgan_tf.reporting.report import write_report
from leakgan_tf.reporting.tables import mean_and_spread, plain
from leakgan_tf.runs.folder import environment
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.utils.files import write_json

_NOTES = (
    "All figures are of the last weights, at the factor on the logits that follows @. NLL is in "
    "nats per token, lower is better; NLL_oracle: samples under the oracle; NLL_test: held-out "
    "oracle sentences under the model; distinct: the share of distinct samples, which is 1 for all "
    "at @1.0 where nothing has collapsed.",
    f"From the frontier: NLL_oracle at logits × 1.5 less that of the sweep of {BASELINE} of the "
    "same seed over temperatures, at the same NLL_test: below zero is better than "
    f"{BASELINE} at another temperature. Where a row lies outside that sweep, the sweep is "
    "continued level: such a value is a bound.",
    f"Δ is the row's figure less that of {BASELINE} of the same seed; with two or more seeds the "
    "mean ± sample standard deviation of these differences. Runs of one seed have the same first "
    "weights, oracle sentences and random numbers.",
    f"Δ / spread: the mean Δ divided by the standard deviation between the seeds of {BASELINE}, "
    "which with two or three seeds is itself a rough number.",
    "p (own): paired t-test on the row's own differences, not corrected. p (shared): with the "
    "spread between seeds that all rows share, which is assumed to be alike in all of them (the "
    "residual of rows and seeds, a randomised block design), corrected for the number of rows by "
    "Holm's method within the metric.",
    f'Verdict: "moves" where p (shared) is below {effects.LEVEL} and every seed moved the same '
    'way; else "not seen with n seeds", which is not "has no effect": small effects take more '
    "seeds. Metrics are not corrected for being several.",
    'Rewards: "constant" is one number, "random" uniform with that mean, "shuffled" D\'s own '
    "rewards dealt out anew over the batch. They reach the Manager only: the Worker's reward is "
    "intrinsic.",
)


def write(
    folder: Path,
    measured: Measured,
    oracle: Oracle,
    extra: dict[str, Any],
    arrays: dict[str, np.ndarray] | None = None,
) -> None:
    """Writes the page, report.json and the picture; prints the table and where they lie.

    Args:
      folder: the benchmark's.
      measured: its finished runs.
      oracle: the ground truth; nothing is asked of it here.
      extra: ``command`` and ``overrides``; ``missing``: why runs did not finish, by name.
      arrays: the published oracle's weights; nothing is shown that needs them.
    """
    figures: dict[str, dict[int, dict[str, Any]]] = {}
    for config, path, each in measured:
        figures.setdefault(_row_of(path), {})[config.seed] = each
    known, config, missing = rows(), measured[0][0], extra.get("missing") or {}
    everything = effects.metrics(figures) if BASELINE in figures else {}
    found = {name: effects.effects(values) for name, values in everything.items()}
    varying = {name: values for name, values in everything.items() if not _constant(values)}
    title = _title(config, figures)
    first: list[Block] = [
        Paragraph(f"{name} did not finish and is in none of the figures: {why}", warning=True)
        for name, why in missing.items()
    ]
    overview = overview_table({name: found[name] for name in varying}, known, list(figures))
    controls = control_effects(everything, list(figures), known)
    beginnings = same_beginnings.compare(measured, known)
    if any(found[name] for name in varying):
        first += [overview, Listing([*_NOTES, *_unvarying(everything)])]
        first.append(_draw(folder, found, varying, title))
        first += _controls({name: controls[name] for name in varying}, beginnings)
        first += _by_metric(found, varying)
    else:
        told_why = f"Nothing to compare: rows are set against {BASELINE} in the same seeds"
        first += [Paragraph(f"{told_why}, and here is no such pair, or none that differs.",
                            warning=True), overview]  # fmt: skip
    first.append(Paragraph(f"Oracle: {_describe_oracle(config)}."))
    write_json(folder / "report.json", {
        **_json(measured, found, controls, extra), "beginnings": beginnings
    })  # fmt: skip
    page, _ = write_report([], folder, [], None, extra["command"], title, first)
    narrow = [[cells[0], *cells[2:]] for cells in (overview.headers, *overview.rows)]
    tqdm.write(f"\n{title}\n\n{plain(narrow[0], narrow[1:])}\n")
    tqdm.write(f"Report: {page}, {folder / 'report.md'}, {folder / 'report.json'}")


Values = Mapping[str, Mapping[str, Mapping[int, float]]]  # by metric, row and seed
Found = Mapping[str, Mapping[str, Effect]]  # by metric and row


def _constant(values: Mapping[str, Mapping[int, float]]) -> bool:
    return len({value for seeds in values.values() for value in seeds.values()}) == 1


def _unvarying(everything: Values) -> list[str]:
    """Returns a note on each metric in which all runs are the same."""
    return [
        f"{metric} is {next(iter(values[BASELINE].values())):.3f} in every run, and left out."
        for metric, values in everything.items()
        if _constant(values)
    ]


def _row_of(path: Path) -> str:
    return path.name.rpartition("-seed")[0]


def _title(config: Config, figures: effects.ByRow) -> str:
    seeds = max(len(each) for each in figures.values())
    return (
        f"LeakGAN, one choice at a time: T = {config.length}, V = {config.vocab_size}, preset "
        f"{config.preset}, {seeds} seed{'s' * (seeds > 1)}"
    )


def _describe_oracle(config: Config) -> str:
    return config.oracle_params or f"random LSTM, seed {config.oracle_seed}"


def overview_table(found: Found, known: Mapping[str, Row], names: Sequence[str]) -> Table:
    """Returns what each row moves, the rows in the order of their effect on the first metric.

    Args:
      found: `effects.effects` by metric; rows without an effect are only named.
      known: what the rows are.
      names: all rows that were run.
    """
    headers = ["row", "what differs", *(f"Δ {metric}" for metric in found), "moves"]
    table = []
    ordered = [*next(iter(found.values()), ()), *(name for name in names if name != BASELINE)]
    for name in dict.fromkeys(ordered):
        cells = [name, known[name].differs]
        moved = []
        for metric, by_row in found.items():
            effect = by_row.get(name)
            cells.append(difference(list(effect.differences.values())) if effect else "")
            moved += [metric] * bool(effect and effect.moves)
        table.append([*cells, ", ".join(moved) or _nothing(found, name)])
    return Table(headers, table)


def _nothing(found: Found, name: str) -> str:
    """Returns why a row is not said to move anything."""
    verdicts = dict.fromkeys(by_row[name].verdict() for by_row in found.values() if name in by_row)
    return "; ".join(verdicts) or f"no seed that {BASELINE} has: open"


def _by_metric(found: Found, values: Values) -> list[Block]:
    """Returns a table for each metric, its rows in the order of their effect."""
    headers = ["row", "figure", "Δ", "Δ / spread", "p (own)", "p (shared)", "verdict"]
    blocks: list[Block] = [Heading("Each metric, rows by the size of their effect")]
    for metric, rows_of in values.items():
        base = list(rows_of[BASELINE].values())
        lines = [[BASELINE, mean_and_spread(base), "", "", "", "", ""]]
        lines += [[name, *_effect_cells(effect)] for name, effect in found[metric].items()]
        blocks += [Heading(metric, 3), Table(headers, lines)]
    return blocks


def _effect_cells(effect: Effect) -> list[str]:
    return [
        mean_and_spread(list(effect.values.values())),
        difference(list(effect.differences.values())),
        "" if effect.share is None else f"{effect.share:+.1f}",
        format_p_value(effect.own.p) if effect.own else "",
        format_p_value(effect.shared.p) if effect.shared else "",
        effect.verdict(),
    ]


def _draw(folder: Path, found: Found, values: Values, title: str) -> Picture:
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


def _controls(
    found: Mapping[str, Mapping[tuple[str, str], Effect]], beginnings: Mapping[str, Any]
) -> list[Block]:
    """Returns the table of controls, and what it says."""
    pairs = dict.fromkeys(pair for by_pair in found.values() for pair in by_pair)
    if not pairs:
        return []
    headers = ["control", "against", *(f"Δ {metric}" for metric in found), "moves"]
    table = []
    for pair in pairs:
        own = {metric: by_pair[pair] for metric, by_pair in found.items() if pair in by_pair}
        cells = [
            difference(list(own[metric].differences.values())) if metric in own else ""
            for metric in found
        ]
        moved = ", ".join(metric for metric, effect in own.items() if effect.moves)
        told_why = "; ".join(dict.fromkeys(effect.verdict() for effect in own.values()))
        table.append([*pair, *cells, moved or told_why])
    note = (
        "Each control against the run that has D's reward and is the same in all else. Where "
        "nothing moves, D's verdict as a reward was not seen to do anything here that a reward "
        "without knowledge does not do as well; what LeakGAN gains then comes from the leaked "
        "features and from further training. Corrected by Holm's method over the rows of this "
        "table."
    )
    heading = Heading("Does the discriminator's reward help? Controls")
    told_same = same_beginnings.describe(beginnings)
    return [heading, Table(headers, table), Paragraph(note), Paragraph(told_same)]


def _json(
    measured: Measured,
    found: Found,
    controls: Mapping[str, Mapping[tuple[str, str], Effect]],
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    made_by = {name: value for name, value in extra.items() if name != "missing"}
    known = rows()
    return {
        "benchmark": "ablation",
        "made_by": {**made_by, **environment()},
        "missing": list(extra.get("missing") or {}),
        "rows": {
            name: {"differs": known[name].differs}
            for name in dict.fromkeys(_row_of(path) for _, path, _ in measured)
        },
        "effects": {
            metric: {name: _effect_json(effect) for name, effect in by_row.items()}
            for metric, by_row in found.items()
        },
        "controls": {
            metric: {
                name: {"against": other, **_effect_json(effect)}
                for (name, other), effect in by_pair.items()
            }
            for metric, by_pair in controls.items()
        },
        "runs": [
            {
                "folder": path.name,
                "row": _row_of(path),
                "config": config.to_json(),
                "figures": each,
            }
            for config, path, each in measured
        ],
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    return {
        "values": {str(seed): value for seed, value in effect.values.items()},
        "differences": {str(seed): value for seed, value in effect.differences.items()},
        "share": effect.share,
        "own": effect.own._asdict() if effect.own else None,
        "shared": effect.shared._asdict() if effect.shared else None,
        "verdict": effect.verdict(),
    }
