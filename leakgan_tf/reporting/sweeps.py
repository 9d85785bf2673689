"""The sweeps over temperatures that finished runs hold, as blocks of a report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.reporting.document import Block, Heading, Paragraph, Picture, Table
from leakgan_tf.reporting.frontier_picture import draw_frontier
from leakgan_tf.reporting.groups import Group
from leakgan_tf.reporting.sweep import draw_sweep
from leakgan_tf.reporting.tables import mean_and_spread

_ORDERS = "2345"
_ORACLE = {
    "nll_oracle": "NLL_oracle", "nll_test": "NLL_test", "distinct": "share of distinct samples"
}  # fmt: skip

Rows = Sequence[Mapping[str, Any]]


def sweep_blocks(groups: Sequence[Group], out: Path, drawn: bool = False) -> list[Block]:
    """Returns tables and pictures of quality against diversity, of all runs that were swept.

    Args:
      groups: the runs.
      out: the folder of the pictures.
      drawn: whether the oracle task's picture stands elsewhere on the page.
    """
    swept = [
        Group(group.name, runs)
        for group in groups
        if (runs := [run for run in group.runs if run.measured.get("sweep")])
    ]
    synthetic = [group for group in swept if group.runs[0].config.task == "synthetic"]
    text = [group for group in swept if group.runs[0].config.task == "text"]
    blocks: list[Block] = []
    for number, own in enumerate(_by_source(synthetic), 1):
        blocks += _oracle_blocks(own, None if drawn else out / f"frontier-{number}.png")
    for number, own in enumerate(_by_source(text), 1):
        blocks += _text_blocks(own, out / f"temperatures-{number}.png")
    return [Heading("The sweep over temperatures"), *blocks] if blocks else []


def _by_source(groups: Sequence[Group]) -> list[list[Group]]:
    """Returns groups that learned from one source together: others cannot be compared."""
    found: dict[tuple, list[Group]] = {}
    for group in groups:
        config = group.runs[0].config
        names = ("length", "vocab_size", "dataset", "oracle_embedding", "oracle_hidden",
                 "oracle_seed", "oracle_params")  # fmt: skip
        found.setdefault(tuple(getattr(config, name) for name in names), []).append(group)
    return list(found.values())


def oracle_tables(sweeps: Mapping[str, Sequence[Rows]]) -> list[Block]:
    """Returns a table of each metric on the oracle task, a column for each temperature.

    Args:
      sweeps: by name the sweeps of its seeds, all at the same temperatures.
    """
    blocks: list[Block] = []
    for metric, told in _ORACLE.items():
        temperatures = [row["temperature"] for row in next(iter(sweeps.values()))[0]]
        rows = [
            [name, *_by_temperature(seeds, metric, temperatures)] for name, seeds in sweeps.items()
        ]
        headers = [f"{told} @", *(f"{temperature:g}" for temperature in temperatures)]
        blocks.append(Table(headers, rows))
    return blocks


def text_table(sweeps: Mapping[str, Sequence[Rows]]) -> Table:
    """Returns the table of scores of text, a row for each name and temperature."""
    headers = ["sweep of", "logits ×"]
    headers += [f"BLEU-{order}" for order in _ORDERS]
    headers += [f"Self-BLEU-{order}" for order in _ORDERS]
    headers += ["NLL_test", "distinct"]
    rows = []
    for name, seeds in sweeps.items():
        for temperature in [row["temperature"] for row in seeds[0]]:
            own = [row for seed in seeds for row in seed if row["temperature"] == temperature]
            values = [
                mean_and_spread([each[score][order] for each in own])
                for score in ("bleu", "self_bleu")
                for order in _ORDERS
            ]
            values += [
                mean_and_spread([each[score] for each in own])
                for score in ("nll_test", "distinct_sentences")
            ]
            rows.append([name, f"{temperature:g}", *values])
    return Table(headers, rows)


def _oracle_blocks(groups: Sequence[Group], path: Path | None) -> list[Block]:
    sweeps = {group.title: [run.measured["sweep"] for run in group.runs] for group in groups}
    count = groups[0].runs[0].measured["sweep"][0]["sentences"]
    blocks: list[Block] = [
        Paragraph(
            "Logits of samples and of the held-out likelihood multiplied by the same number. A "
            "higher one makes samples look better under the oracle and costs held-out likelihood: "
            "a system is better than another only where it has less of one at the same value of "
            f"the other. {count:,} samples a point; nats per token."
        ),
        *oracle_tables(sweeps),
    ]
    if path:
        draw_frontier(
            path,
            {
                group.name: {run.config.seed: run.measured["sweep"] for run in group.runs}
                for group in groups
            },
            next((group.name for group in groups if group.runs[0].config.system == "mle"), ""),
        )
        blocks.insert(1, Picture(path, "Every run's sweep; down and to the left is better."))
    return blocks


def _text_blocks(groups: Sequence[Group], path: Path) -> list[Block]:
    draw_sweep(path, {run.name: run.measured["sweep"] for each in groups for run in each.runs})
    first = groups[0].runs[0].measured["sweep"][0]
    return [
        Picture(
            path,
            "Quality against diversity. On the left up and to the left is better, on the right "
            f"down and to the right. {first['samples']:,} samples and {first['references']:,} "
            "held-out sentences a point, otherwise measured as above.",
        ),
        text_table({each.title: [run.measured["sweep"] for run in each.runs] for each in groups}),
    ]


def _by_temperature(seeds: Sequence[Rows], metric: str, temperatures: Sequence[float]) -> list[str]:
    cells = []
    for temperature in temperatures:
        values = [
            row[metric] for rows in seeds for row in rows if row["temperature"] == temperature
        ]
        cells.append(mean_and_spread(values) if values else "")
    return cells
