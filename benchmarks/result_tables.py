"""Tables of committed results as other pages show them: README.md and docs/ name them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.comparison_cells import against_table, difference
from benchmarks.results import Result
from leakgan_tf.reporting.document import Table
from leakgan_tf.reporting.groups import Group, grouped, without_seed
from leakgan_tf.reporting.published import MUSIC, ORACLE_NLL, text_rows
from leakgan_tf.reporting.sweeps import oracle_tables, text_table
from leakgan_tf.reporting.tables import mean_and_spread
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.errors import UserError

NAMES = {
    "mle": "MLE", "scheduled_sampling": "scheduled sampling", "pg_bleu": "PG-BLEU",
    "cot": "CoT", "relgan": "RelGAN", "tailr": "TaiLr",
    "seqgan": "SeqGAN", "rankgan": "RankGAN", "maligan": "MaliGAN", "leakgan": "LeakGAN",
    "oracle": "the oracle itself", "real": "real text",
}  # fmt: skip
_TEMPERATURES = ("1.0", "1.5")
_METRICS = {"nll_oracle": "NLL_oracle", "nll_test": "NLL_test", "distinct": "distinct"}
_ORDERS = "2345"
REAL = "real (training)"


def figures(result: Result) -> Table:
    """Returns the oracle task's figures, a row for each system, over its seeds."""
    headers = ["system"]
    headers += [f"{told} @{t}" for t in _TEMPERATURES for told in _METRICS.values()]
    headers += ["minutes", "published NLL_oracle"]
    references = result.content.get("references", {})
    rows = [_oracle_row("random tokens", [references["random"]])] if references else []
    length = result.runs()[0].config.length
    for group in _finished(result):
        config = group.runs[0].config
        own = _oracle_row(_name(group.name, config.system), [run.measured for run in group.runs])
        known = ORACLE_NLL.get((length, config.system))
        rows.append([*own[:-1], f"{known.nll:.3f}" if known else ""])
    if references:
        rows.append(_oracle_row(NAMES["oracle"], [references["oracle"]]))
        for row, name in ((rows[0], "random"), (rows[-1], "oracle")):
            row[-1] = f"{ORACLE_NLL[length, name].nll:.3f}" if (length, name) in ORACLE_NLL else ""
    return Table(headers, rows)


def curve(result: Result) -> Table:
    """Returns every evaluation of runs on the oracle task, their learning curves.

    Of a stopped benchmark those of the unfinished runs only, if there are finished ones. The last
    row is the latest checkpoint's, if its figures were measured by hand.
    """
    headers = ["run", "after phase", "updates", "minutes"]
    headers += [f"{told} @{t}" for t in _TEMPERATURES for told in _METRICS.values()]
    keys = [f"{metric}_{t}" for t in _TEMPERATURES for metric in _METRICS]
    rows = []
    pairs = list(zip(result.runs(), result.content["runs"], strict=True))
    cut = [(run, stored) for run, stored in pairs if not run.measured]
    for run, stored in cut or pairs:
        for line in run.evaluations:
            cells = [f"{line['position'] + 1} ({line['phase']})", f"{line['updates']:,}"]
            cells.append(f"{line['spent'] / 60:.1f}")
            rows.append([run.name, *cells, *(f"{line[key]:.3f}" for key in keys)])
        if "checkpoint" in stored:
            own = stored["checkpoint"]["figures"]
            means = [f"{sum(each[key] for each in own) / len(own):.3f}" for key in keys]
            rows.append([run.name, stored["checkpoint"]["after"], "", "", *means])
    if len(cut or pairs) > 1:
        return Table(headers, rows)
    return Table(headers[1:], [row[1:] for row in rows])


def against(result: Result) -> Table:
    """Returns every system of the oracle task against MLE: tests, and the frontier's distance."""
    comparison = result.content.get("comparison") or {}
    table = against_table(comparison, lambda system, _: NAMES.get(system, system))
    return table or Table(["against MLE"], [])


def scores(result: Result) -> Table:
    """Returns scores of text, a row for each system, and the published ones of these systems."""
    headers = ["system", *(f"BLEU-{order}" for order in _ORDERS)]
    headers += [f"Self-BLEU-{order}" for order in _ORDERS]
    headers += ["NLL_test", "copied", "minutes"]
    rows = []
    for group in _finished(result):
        own = [run.measured for run in group.runs]
        row = [_name(group.name, group.runs[0].config.system), *_text_cells(own)]
        rows.append([*row, *_minutes(own)])
    if "real" in result.content:
        rows.append([REAL, *_text_cells([result.content["real"]]), ""])
    systems = {run.config.system for run in result.runs()} | {"real"}
    for name, *cells in text_rows(result.content["dataset"])[0]:
        if name in systems:
            rows.append([f"{NAMES[name]}, published", *cells, "", ""])
    return Table(headers, rows)


def melodies(result: Result) -> Table:
    """Returns what SeqGAN's table on music has, published figures beside measured ones."""
    keys = {"mse_nearest": "MSE, nearest", "mse_pairs": "MSE, all pairs", "nll_test": "NLL_test"}
    headers = ["run", "BLEU-4", "Self-BLEU-4", *keys.values(), "minutes", "BLEU-4, published",
               "MSE, published"]  # fmt: skip
    rows = []
    for group in _finished(result):
        system, own = group.runs[0].config.system, [run.measured for run in group.runs]
        known = MUSIC.get(system)
        published = [f"{known[0]:.3f}", f"{known[1]:.2f}"] if known else ["", ""]
        rows.append([_name(group.name, system), *_melody_cells(own, keys), *published])
    if "real" in result.content:
        rows.append(["real melodies, of training", *_melody_cells([result.content["real"]], keys),
                     "", ""])  # fmt: skip
    return Table(headers, rows)


def sweep(result: Result) -> Table:
    """Returns the sweep over temperatures of runs on text."""
    if result.kind == "sweep":
        return text_table({name: [rows] for name, rows in result.content["runs"].items()})
    return text_table({group.title: _sweeps(group) for group in _swept(result)})


def oracle_sweep(result: Result, metric: str) -> Table:
    """Returns one metric of the oracle task's sweep, a column for each temperature."""
    tables = oracle_tables({group.title: _sweeps(group) for group in _swept(result)})
    return tables[list(_METRICS).index(metric)]


def choices(result: Result) -> Table:
    """Returns the ablation: every row's differences to the original, seed by seed."""
    told = {name: row["differs"] for name, row in result.content["rows"].items()}
    return _effects(result.content["effects"], ["row", "what differs"], told)


def controls(result: Result) -> Table:
    """Returns the ablation's controls: their differences to the same semantics with D's reward."""
    effects = result.content["controls"]
    told = {
        name: effect["against"] for by_row in effects.values() for name, effect in by_row.items()
    }
    return _effects(effects, ["control", "against"], told)


def _effects(effects: Mapping[str, Any], first: list[str], told: Mapping[str, str]) -> Table:
    headers = [*first, *(f"Δ {metric}" for metric in effects), "moves"]
    rows = []
    for name, what in told.items():
        cells, verdicts = [name, what], {}
        for metric, by_row in effects.items():
            effect = by_row.get(name)
            cells.append(difference(list(effect["differences"].values())) if effect else "")
            if effect:
                verdicts[metric] = effect["verdict"]
        moved = [metric for metric, verdict in verdicts.items() if verdict == "moves"]
        rows.append([*cells, ", ".join(moved) or "; ".join(dict.fromkeys(verdicts.values()))])
    return Table(headers, rows)


def stages(result: Result) -> Table:
    """Returns the measured stages of training, of every size."""
    headers = ["size", "stage", "ms", "times the floor", "gain over the direct form"]
    rows = [
        [
            f"{size}, {found['precision']}", stage["title"], f"{1e3 * stage['seconds']:,.4g}",
            f"{stage['times_the_floor']:.1f}",
            f"{stage['gain']:.1f}" if "gain" in stage else "",
        ]
        for size, found in result.content["sizes"].items()
        for stage in found["stages"].values()
    ]  # fmt: skip
    return Table(headers, rows)


# The tables by name, and the kinds of results that may have them.
VIEWS: Mapping[str, tuple[Callable[[Result], Table], tuple[str, ...]]] = {
    "figures": (figures, ("synthetic",)),
    "curve": (curve, ("synthetic",)),
    "against": (against, ("synthetic",)),
    "sweep-nll_oracle": (lambda result: oracle_sweep(result, "nll_oracle"), ("synthetic",)),
    "sweep-nll_test": (lambda result: oracle_sweep(result, "nll_test"), ("synthetic",)),
    "choices": (choices, ("ablation",)),
    "controls": (controls, ("ablation",)),
    "scores": (scores, ("text",)),
    "melodies": (melodies, ("music",)),
    "sweep": (sweep, ("text", "music", "sweep")),
    "stages": (stages, ("speed",)),
}


def view(result: Result, name: str = "") -> Table:
    """Returns a table by its name in `VIEWS`; without one the first of the result's kind.

    Of a stopped result on the oracle task that is its curve.

    Raises:
      UserError: the result has no such table.
    """
    usual = next(name for name, (_, kinds) in VIEWS.items() if result.kind in kinds)
    asked = name or ("curve" if "stopped" in result.content and usual == "figures" else usual)
    make, kinds = VIEWS.get(asked, (None, ()))
    if make is None or result.kind not in kinds:
        own = [name for name, (_, kinds) in VIEWS.items() if result.kind in kinds]
        raise UserError(f"{result.name} has no {asked}; it may have {', '.join(own)}")
    try:
        table = make(result)
    except (KeyError, IndexError, StopIteration) as error:
        raise UserError(f"{result.name} has no {asked}: {error!r}") from error
    if not table.rows:
        raise UserError(f"{result.name} has no {asked}")
    return table


def _finished(result: Result) -> list[Group]:
    """Returns the groups of seeds that have figures, in the order of `NAMES`."""
    return _in_order([run for run in result.runs() if run.measured])


def _swept(result: Result) -> list[Group]:
    return _in_order([run for run in result.runs() if run.measured.get("sweep")])


def _in_order(runs: Sequence[RunRecord]) -> list[Group]:
    systems = list(NAMES)
    return sorted(grouped(runs), key=lambda group: systems.index(group.runs[0].config.system))


def _sweeps(group: Group) -> list[list[dict[str, Any]]]:
    return [run.measured["sweep"] for run in group.runs]


def _name(group: str, system: str) -> str:
    """Returns a system's name as papers write it; of a run that is named otherwise, its own."""
    return NAMES.get(system, system) if without_seed(group) == system else group


def _oracle_row(name: str, own: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = [
        mean_and_spread([each[f"{metric}_{t}"] for each in own])
        for t in _TEMPERATURES
        for metric in _METRICS
    ]
    return [name, *cells, *_minutes(own), ""]


def _text_cells(own: Sequence[Mapping[str, Any]]) -> list[str]:
    cells = [
        mean_and_spread([each[score][order] for each in own])
        for score in ("bleu", "self_bleu")
        for order in _ORDERS
    ]
    return [*cells, *_optional(own, ("nll_test", "copied_from_train"))]


def _melody_cells(own: Sequence[Mapping[str, Any]], keys: Mapping[str, str]) -> list[str]:
    cells = [mean_and_spread([each[score]["4"] for each in own]) for score in ("bleu", "self_bleu")]
    return [*cells, *_optional(own, keys), *_minutes(own)]


def _optional(own: Sequence[Mapping[str, Any]], keys) -> list[str]:
    return [
        mean_and_spread([each[key] for each in own]) if all(key in each for each in own) else ""
        for key in keys
    ]


def _minutes(own: Sequence[Mapping[str, Any]]) -> list[str]:
    if not all("seconds" in each for each in own):
        return [""]
    return [mean_and_spread([sum(each["seconds"].values()) / 60 for each in own], 1)]
