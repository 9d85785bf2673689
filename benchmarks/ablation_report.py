"""Table and figures of the ablation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.ablation_rows import BASELINE, Row, rows
from benchmarks.synthetic_report import Measured, made_by
from leakgan_tf.files import write_json, write_text
from leakgan_tf.oracle import Oracle
from leakgan_tf.reporting.tables import markdown, mean_and_spread, plain
from leakgan_tf.training.run_folder import environment

METRICS = {"NLL_oracle": "nll_oracle_1.0", "NLL_test": "nll_test_1.0", "distinct": "distinct_1.0"}

_NOTES = """\
- Everything is measured at temperature 1.0, of the last weights. NLL is in nats per token, lower is
  better; NLL_oracle: samples under the oracle; NLL_test: held-out oracle sentences under the model.
- Δ is the row's figure less that of the row it is compared with, seed by seed; with two or more
  seeds as mean ± sample standard deviation of these differences. A difference that is not several
  times the ± beside it is none; with one seed nothing says what chance alone would do.
- Runs of one seed have the same first weights, oracle sentences and random numbers.
- Rewards: "constant" is one number, "random" uniform with that mean, "shuffled" D's own rewards
  dealt out anew over the batch. They reach the Manager only: the Worker's reward is intrinsic.
"""

ByRow = Mapping[str, Sequence[Mapping[str, Any]]]  # the figures of each seed


def write(folder: Path, measured: Measured, oracle: Oracle, extra: dict[str, Any]) -> None:
    """Writes report.md and report.json, prints the table and where they lie."""
    figures: dict[str, list[dict[str, Any]]] = {}
    for _, path, each in measured:
        figures.setdefault(_row_of(path), []).append(each)
    config, known = measured[0][0], rows()
    seeds = len(figures[BASELINE])
    title = (
        f"LeakGAN, one choice at a time: T = {config.length}, V = {config.vocab_size}, preset "
        f"{config.preset}, {seeds} seed{'s' * (seeds > 1)}"
    )
    headers, table = against_the_baseline(figures, known)
    page = f"# {title}\n\n```\n{extra['command']}\n```\n\n{markdown(headers, table)}\n"
    controls = _against_their_own(figures, known)
    if controls:
        page += f"\nRewards that know nothing, against D's:\n\n{markdown(*controls)}\n"
    page += f"\n{_NOTES}\n## Made by\n\n- {made_by(config)}"
    write_json(folder / "report.json", _json(measured, figures, known, extra))
    write_text(folder / "report.md", page)
    tqdm.write(f"\n{title}\n\n{plain(headers, table)}\n\nReport: {folder / 'report.md'}")


def _row_of(path: Path) -> str:
    return path.name.rpartition("-seed")[0]


def differences(figures: ByRow, name: str, other: str, metric: str) -> list[float]:
    """Returns a row's figure less another's, seed by seed."""
    pairs = zip(figures[name], figures[other], strict=True)
    return [float(own[metric] - its[metric]) for own, its in pairs]


def against_the_baseline(
    figures: ByRow, known: Mapping[str, Row]
) -> tuple[list[str], list[list[str]]]:
    """Returns header and rows of the table: each row's figures, and what they are off by."""
    headers = ["row", "what differs"]
    for metric in METRICS:
        headers += [f"{metric} @1.0", f"Δ {metric}"]
    table = []
    for name, own in figures.items():
        cells = [name, known[name].differs]
        for metric in METRICS.values():
            cells.append(mean_and_spread([each[metric] for each in own]))
            cells.append("" if name == BASELINE else _cell(figures, name, BASELINE, metric))
        table.append(cells)
    return headers, table


def _against_their_own(
    figures: ByRow, known: Mapping[str, Row]
) -> tuple[list[str], list[list[str]]] | None:
    """Returns the table of controls against the same semantics with D's reward; None if empty."""
    table = []
    for name in figures:
        parent = known[name].parent
        if known[name].reward != known[parent].reward and parent in figures:
            cells = [_cell(figures, name, parent, metric) for metric in METRICS.values()]
            table.append([name, parent, *cells])
    headers = ["row", "less", *(f"Δ {metric}" for metric in METRICS)]
    return (headers, table) if table else None


def _cell(figures: ByRow, name: str, other: str, metric: str) -> str:
    """Returns a difference with its sign, and its spread between seeds."""
    values = differences(figures, name, other, metric)
    sign = "+" if np.mean(values) >= 0 else ""
    return sign + mean_and_spread(values)


def _json(measured: Measured, figures: ByRow, known: Mapping[str, Row], extra) -> dict[str, Any]:
    return {
        "benchmark": "ablation",
        "made_by": {**extra, **environment()},
        "rows": {name: {"differs": known[name].differs} for name in figures},
        "differences": {
            name: {
                metric: differences(figures, name, BASELINE, metric) for metric in METRICS.values()
            }
            for name in figures
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
