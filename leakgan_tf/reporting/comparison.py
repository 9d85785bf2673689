"""Runs' figures beside the published ones, and what differs between the two."""

from collections.abc import Sequence
from typing import Any

from leakgan_tf.config.config import Config, differences
from leakgan_tf.config.own import own_fields
from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.reporting.document import Block, Links, Listing, Paragraph, Table
from leakgan_tf.reporting.groups import Group, grouped, named
from leakgan_tf.reporting.published import ORACLE_NLL, PAPERS, text_rows
from leakgan_tf.reporting.tables import mean_and_spread
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.errors import UserError

_TEMPERATURES = ("1.0", "1.5")  # of the oracle task's evaluations
_ORDERS = "2345"
# Fields that make no difference to what a figure means, or that are told elsewhere.
_ELSEWHERE = {
    "preset", "system", "seed", "dataset", "oracle_params", "oracle_seed", "checkpoint_seconds",
    "feature_memory",
}  # fmt: skip
_SHARPER = "logits × 1.5"  # in the source of a published figure that was sampled so


def latest_figures(run: RunRecord) -> tuple[dict[str, Any], str]:
    """Returns a run's last figures as they were recorded, and which they are."""
    if run.measured:
        return run.measured, "last weights"
    if run.evaluations:
        last = run.evaluations[-1]
        return last, f"evaluation after {last['position'] + 1} phases"
    return {}, "none yet"


def compare_oracle(runs: Sequence[RunRecord], single: bool = True) -> list[Block]:
    """Returns the table of runs on the oracle task, beside published NLL_oracle.

    Args:
      runs: on the oracle task. Several seeds of one configuration have a row of their means.
      single: whether each seed has a row of its own below that.
    """
    headers = ["run", "figures of"]
    for temperature in _TEMPERATURES:
        headers += [f"{name} @{temperature}" for name in ("NLL_oracle", "NLL_test", "distinct")]
    headers += ["published NLL_oracle", "source"]
    rows = []
    for group in grouped(runs):
        own = [
            [
                latest_figures(run)[0].get(f"{metric}_{temperature}")
                for temperature in _TEMPERATURES
                for metric in ("nll_oracle", "nll_test", "distinct")
            ]
            for run in group.runs
        ]
        config = group.runs[0].config
        known = ORACLE_NLL.get((config.length, config.system))
        published = [f"{known.nll:.3f}", known.source] if known else ["", ""]
        for number, row in enumerate(_group_rows(group, own, single)):
            rows.append([*row, *(["", ""] if number else published)])
    for length in dict.fromkeys(run.config.length for run in runs):
        for name in ("random", "oracle"):
            known = ORACLE_NLL.get((length, name))
            if known:
                cells = [f"{name}, T = {length}", *[""] * 7]
                rows.append([*cells, f"{known.nll:.3f}", known.source])
    return [
        Table(headers, rows),
        Paragraph(
            "NLL in nats per token, lower is better. NLL_oracle: samples under the oracle; "
            "NLL_test: held-out oracle sentences under the model. @ is the factor on the logits: a "
            f"published figure stands for @1.0, unless its source says {_SHARPER}. A low "
            "NLL_oracle with a high NLL_test or few distinct sentences is lost variety."
        ),
    ]


def compare_text(runs: Sequence[RunRecord], corpus: str, single: bool = True) -> list[Block]:
    """Returns the table of runs on one corpus, beside published scores.

    Args:
      runs: on text.
      corpus: the name of the corpus; "" if it is none that papers use, or not known.
      single: as in `compare_oracle`.
    """
    headers = ["run", "figures of"]
    headers += [f"BLEU-{order}" for order in _ORDERS]
    headers += [f"Self-BLEU-{order}" for order in _ORDERS]
    headers += ["NLL_test", "distinct"]
    known, source = text_rows(corpus)
    rows = []
    for group in grouped(runs):
        own = [_text_values(latest_figures(run)[0]) for run in group.runs]
        rows += _group_rows(group, own, single)
    systems = {run.config.system for run in runs} | {"real"}
    for name, *cells in known:
        if name in systems:
            rows.append([name, "published", *cells, ""])
    if known:
        note = f"Published: {source}. Full-size runs under their own protocols."
    else:
        note = "No published figures stand here: none are known for this corpus" + (
            "." if corpus else ", whose name is not known (it is not a named one, or its data "
            "folder is not where the run was trained: give --data)."
        )  # fmt: skip
    return [Table(headers, rows), Paragraph(note)]


def _group_rows(
    group: Group, values: Sequence[Sequence[float | None]], single: bool
) -> list[list[str]]:
    """Returns a row of a group's means if it has several runs, and, or, a row for each of them."""
    rows = [
        [run.name, latest_figures(run)[1], *(_number(value) for value in own)]
        for run, own in zip(group.runs, values, strict=True)
    ]
    if len(rows) > 1 and len({row[1] for row in rows}) == 1:
        means = [
            "" if None in column else mean_and_spread(column)
            for column in zip(*values, strict=True)
        ]
        mean = [group.title, f"{rows[0][1]}, mean ± deviation", *means]
        rows = [mean, *(rows if single else ())]
    return rows


def _text_values(figures: dict[str, Any]) -> list[float | None]:
    """Returns BLEU, Self-BLEU, NLL and distinct share, of final figures or of an evaluation."""
    values = []
    for name in ("bleu", "self_bleu"):
        scores = figures.get(name) or {order: figures.get(f"{name}_{order}") for order in _ORDERS}
        values += [scores.get(order) for order in _ORDERS]
    distinct = figures.get("distinct_sentences", figures.get("distinct"))
    return [*values, figures.get("nll_test", figures.get("nll_test_1.0")), distinct]


def protocol_differences(run: RunRecord) -> list[str]:
    """Returns what differs between a run and the runs that were published, a line each."""
    config = run.config
    lines = []
    if config.task == "synthetic":
        oracle = (
            "the published weights"
            if config.oracle_params
            else f"a random LSTM, seed {config.oracle_seed}, not the published weights"
        )
        lines.append(f"Oracle: {oracle}.")
    changed = preset_differences(run, "paper")
    if changed:
        lines.append(f"Unlike preset paper: {'; '.join(changed)}.")
    else:
        lines.append("Sizes and schedule are those of preset paper.")
    if config.own.variant:
        lines.append(f"Semantics: {config.own.variant}.")
    return lines


def protocols(runs: Sequence[RunRecord]) -> dict[str, list[str]]:
    """Returns how the figures of finished runs on text were measured, and the names of the runs.

    Counts of empty samples are figures of a run: those of several stand in one line.
    """
    found: dict[str, list[str]] = {}
    empty: dict[str, list[str]] = {}
    for run in runs:
        protocol = dict(run.measured.get("protocol", {}))
        if protocol:
            count = protocol.pop("empty_samples", None)
            lines = "\n".join(f"{name}: {value}" for name, value in protocol.items())
            found.setdefault(lines, []).append(run.name)
            empty.setdefault(lines, []).append(f"{count} ({run.name})")
    return {
        f"{lines}\nempty_samples: {', '.join(empty[lines])}": names
        for lines, names in found.items()
    }


def preset_differences(run: RunRecord, name: str) -> list[str]:
    """Returns "field: preset's -> the run's" for what differs from a preset, semantics aside."""
    aside = {"padding", *_ELSEWHERE}
    for flag, setting in own_fields(type(run.config.own)).items():
        if len(setting.path) > 1:  # a part of the semantics
            aside.add(flag)
    lines = differences(_preset(run, name), run.config)
    return [line for line in lines if line.split(":")[0] not in aside]


def describe_semantics(run: RunRecord) -> str:
    """Returns the semantics by name, and those of the run's own preset if they are others."""
    own, usual = run.config.own.variant, _preset(run, run.config.preset).own.variant
    return own if own == usual else f"{own} (its preset's: {usual})"


def _preset(run: RunRecord, name: str) -> Config:
    """Returns a preset of the run's sizes, or, of a length that none has, that of 20 tokens."""
    config, own = run.config, type(run.config.own)
    if config.task == "text":
        return text_preset(name, config.vocab_size, config.length, own, run.melodies)
    try:
        return synthetic_preset(name, config.length, own)
    except UserError:
        return synthetic_preset(name, 20, own)


def paper_links() -> Links:
    """Returns where the papers can be read that published figures are from."""
    return Links(list(PAPERS.items()))


def differences_blocks(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns `protocol_differences` of runs as points; what several share stands once."""
    lines = {run.name: protocol_differences(run) for run in runs}
    common = [line for line in lines[runs[0].name] if all(line in own for own in lines.values())]
    shared: dict[tuple[str, ...], list[str]] = {}
    for name, own in lines.items():
        shared.setdefault(tuple(line for line in own if line not in common), []).append(name)
    blocks: list[Block] = [Paragraph(f"{named(list(lines))}:"), Listing(common)] if common else []
    for rest, names in shared.items():
        if rest:
            blocks += [Paragraph(f"{named(names)}:"), Listing(rest)]
    return blocks


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
