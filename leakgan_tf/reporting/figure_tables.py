"""The tables of figures: one builder for the oracle task, one for text and melodies.

A table has a row for each name and its figures, of one or more seeds, and a column for each figure
that any of them has.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from leakgan_tf.config.config import Config
from leakgan_tf.metrics.discriminator_scores import BOUND, TEMPERED
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key, temperature_title
from leakgan_tf.metrics.text_scores import SIGNED, bleu_signature
from leakgan_tf.reporting.document import Table
from leakgan_tf.reporting.groups import Group, counted, grouped, run_title, without_seed
from leakgan_tf.reporting.published import oracle_figure, system_title, text_figures
from leakgan_tf.reporting.tables import mean_and_spread, plain
from leakgan_tf.runs.record import RunRecord

Figures = Mapping[str, Any]
Rows = Sequence[tuple[str, Sequence[Figures]]]  # a name, and the figures of its seeds

REAL = "real (training)"  # real text, scored as samples are
_LAST = "last weights"
_ORDERS = "2345"


class Column(NamedTuple):
    """A figure in a table.

    Attributes:
      title: of the column.
      figure: returns it, or None where there is none.
      format: of the figures of the seeds.
    """

    title: str
    figure: Callable[[Figures], Any]
    format: Callable[[Sequence[Any]], str] = mean_and_spread


def named(*names: str) -> Callable[[Figures], Any]:
    """Returns a function for the first figure of these names; "bleu.4" is also the 4 in bleu."""

    def figure(figures: Figures) -> Any:
        for name in names:
            outer, _, inner = name.partition(".")
            found = figures.get(outer)
            if inner and isinstance(found, Mapping):
                found = found.get(inner)
            elif inner:
                found = figures.get(name)
            if found is not None:
                return found
        return None

    return figure


def _minutes(figures: Figures) -> float | None:
    return sum(figures["seconds"].values()) / 60 if figures.get("seconds") else None


def _best(figures: Figures) -> float | None:
    return (figures.get("best") or {}).get("nll_oracle_1.0")


def _bounds(values: Sequence[float]) -> str:
    """Returns D's bounds, and says if one is below 0."""
    below = "" if min(values) >= 0 else " (below 0)"
    return mean_and_spread(values, 4) + below


# What D knows of held-out sentences (`metrics.discriminator_scores`).
KNOWN = (
    Column("D knows, nats per token", named(f"discriminator.{BOUND}"), _bounds),
    Column("D knows, tempered", named(f"discriminator.{TEMPERED}"), _bounds),
    Column("D's accuracy, held out", named("discriminator.held_out_accuracy")),
    Column("D's calibration error", named("discriminator.calibration_error")),
)
# Of systems that fill gaps (`training.filling`).
FILLED = (
    Column("perplexity, masked", named("filling.masked_perplexity")),
    Column("D's accuracy, masked", named("filling.discriminator_accuracy")),
    *(Column(f"unique {n}-grams", named(f"filling.unique_{n}")) for n in "234"),
    *(Column(f"{n}-grams in training", named(f"filling.in_training_{n}")) for n in "234"),
)
MINUTES = Column("minutes", _minutes, lambda values: mean_and_spread(values, 1))
ORACLE_METRICS = {"nll_oracle": "NLL_oracle", "nll_test": "NLL_test", "distinct": "distinct"}
# Of every evaluation on the oracle task.
ORACLE = tuple(
    Column(
        f"{title}, {temperature_title(temperature)}",
        named(f"{metric}_{temperature_key(temperature)}"),
    )
    for temperature in TEMPERATURES
    for metric, title in ORACLE_METRICS.items()
)
TEXT = (
    Column("T", named("temperature"), lambda values: f"{values[0]:.3g}"),
    *(Column(f"BLEU-{n}", named(f"bleu.{n}", f"bleu_{n}")) for n in _ORDERS),
    *(Column(f"Self-BLEU-{n}", named(f"self_bleu.{n}", f"self_bleu_{n}")) for n in _ORDERS),
    Column("backward BLEU-4", named("backward_bleu.4")),
    Column("NLL_test", named("nll_test", "nll_test_1.0")),
    Column("distinct", named("distinct_sentences", "distinct")),
    Column("copied", named("copied_from_train")),
    Column("grammatical", named("grammatical")),
    Column("MSE, nearest", named("mse_nearest")),
    Column("MSE, all pairs", named("mse_pairs")),
    Column("MSE, published", named("mse")),
    Column("ends early", named("early_ends")),
    Column("Fréchet", named("frechet")),
    Column("(training)", named("frechet_train")),
    Column("NLL under LM", named("nll_language_model")),
    Column("fillings under LM", named("nll_filled_language_model")),
    Column("(real tokens)", named("nll_masked_language_model")),
    Column("reverse NLL", named("reverse_nll")),
)


# Of samples on the CFG task.
GRAMMAR = (
    Column("valid", named("valid")),
    Column("distinct valid", named("valid_distinct")),
    Column("new valid", named("valid_new")),
    Column("total variation", named("total_variation")),
    Column("of lengths", named("length_distance")),
    Column("NLL_test", named("nll_test_1.0")),
    Column("NLL under the grammar", named("law_nll")),
)


def figure_table(first: str, columns: Sequence[Column], rows: Rows) -> Table:
    """Returns a table of figures; columns in which no row has a figure are left out.

    Args:
      first: title of the first column, the names'.
      columns: the figures, in order.
      rows: names with the figures of their seeds. A cell is empty if a seed lacks the figure.
    """
    values = [[[column.figure(each) for each in own] for column in columns] for _, own in rows]
    kept = [
        place
        for place in range(len(columns))
        if any(value is not None for row in values for value in row[place])
    ]
    cells = [
        [name, *("" if not own or None in own else columns[place].format(own)
                 for place in kept for own in [row[place]])]
        for (name, _), row in zip(rows, values, strict=True)
    ]  # fmt: skip
    return Table([first, *(columns[place].title for place in kept)], cells)


def latest_figures(run: RunRecord) -> tuple[dict[str, Any], str]:
    """Returns a run's last figures as they were recorded, and which they are."""
    if run.measured:
        return run.measured, _LAST
    if run.evaluations:
        last = run.evaluations[-1]
        return last, f"evaluation after {last['position'] + 1} phases"
    return {}, "none yet"


def group_title(group: Group) -> str:
    """Returns a system's name as papers write it, or a run's own, and the number of seeds."""
    system = group.runs[0].config.system
    title = system_title(system) if without_seed(group.name) == system else group.name
    return counted(title, len(group.runs))


def _run_rows(runs: Sequence[RunRecord], single: bool) -> list[tuple[str, list[Figures]]]:
    """Returns a row for each configuration, and below it for each of its seeds if asked for."""
    rows: list[tuple[str, list[Figures]]] = []
    labels = {run.name: latest_figures(run)[1] for run in runs}
    labelled = any(label != _LAST for label in labels.values())
    for group in grouped(runs):
        own: list[Mapping[str, Any]] = [
            {
                **latest_figures(run)[0],
                **_published(run.config.system, run.config),
                **({"of": labels[run.name]} if labelled else {}),
            }
            for run in group.runs
        ]
        together = len({labels[run.name] for run in group.runs}) == 1
        if together:
            rows.append((group_title(group), own))
        if not together or (single and len(own) > 1):
            rows += [
                (run_title(run.name), [each]) for run, each in zip(group.runs, own, strict=True)
            ]
    return rows


def _published(name: str, config: Config) -> dict[str, Any]:
    """Returns the published NLL_oracle of a system as figures, where sizes and oracle agree."""
    known = oracle_figure(name, config)
    return {"published": f"{known.nll:.3f}", "source": known.source} if known else {}


def _first(values: Sequence[Any]) -> str:
    return values[0]


_OF = Column("figures of", named("of"), _first)
_MORE = (
    Column("best", _best),
    MINUTES,
    Column("published NLL_oracle", named("published"), _first),
    Column("source", named("source"), _first),
)


def oracle_table(
    runs: Sequence[RunRecord],
    references: Mapping[str, Figures] | None = None,
    single: bool = False,
) -> Table:
    """Returns runs on the oracle task, beside published NLL_oracle if sizes and oracle agree.

    Args:
      runs: of one length. Several seeds of a configuration are a row: mean ± deviation.
      references: figures of random tokens and of the oracle itself, under "random" and "oracle".
      single: whether each of several seeds has a row of its own, too.
    """
    references = references or {}
    lengths = {run.config.length: run.config for run in runs}
    random, truth = (
        [
            (system_title(name) + f", T = {length}" * (len(lengths) > 1),
             [{**references.get(name, {}), **_published(name, config)}])
            for length, config in lengths.items()
        ]
        for name in ("random", "oracle")
    )  # fmt: skip
    return figure_table(
        "system",
        [_OF, *ORACLE, *KNOWN, *FILLED, *_MORE],
        [*random, *_run_rows(runs, single), *truth],
    )


def grammar_table(
    runs: Sequence[RunRecord], reference: Figures | None = None, single: bool = False
) -> Table:
    """Returns runs on one grammar.

    Args:
      runs: on the CFG task. Several seeds of a configuration are a row: mean ± deviation.
      reference: figures of the grammar itself.
      single: whether each of several seeds has a row of its own, too.
    """
    rows = _run_rows(runs, single)
    if reference:
        rows.append((system_title("grammar"), [reference]))
    return figure_table("system", [_OF, *GRAMMAR, *KNOWN, *FILLED, MINUTES], rows)


def text_table(
    runs: Sequence[RunRecord], corpus: str, real: Figures | None = None, single: bool = False
) -> Table:
    """Returns runs on one corpus, and the published figures of their systems.

    Args:
      runs: on text or melodies. Several seeds of a configuration are a row: mean ± deviation.
      corpus: its name; "" if no paper uses it, or it is not known.
      real: figures of real text.
      single: whether each of several seeds has a row of its own, too.
    """
    rows = _run_rows(runs, single)
    if real:
        rows.append((REAL, [real]))
    systems = {run.config.system for run in runs} | {"real"}
    rows += [
        (f"{system_title(system)}, published", [figures])
        for system, figures in text_figures(corpus)[0].items()
        if system in systems
    ]
    return figure_table("system", [_OF, *TEXT, *KNOWN, *FILLED, MINUTES], rows)


def figures_table(figures: Mapping[str, Figures]) -> str:
    """Returns text figures for the terminal, a row for each name, and the signatures of BLEU."""
    table = figure_table("run", TEXT, [(name, [each]) for name, each in figures.items()])
    shown = plain(table.headers, table.rows, keys=2 if table.headers[1:2] == ["T"] else 1)
    return "\n".join([shown, *signatures(figures.values())])


def signatures(figures: Iterable[Figures]) -> list[str]:
    """Returns the signatures of the BLEU of several figures, each once; old ones have none."""
    protocols = [each.get("protocol", {}) for each in figures]
    protocols = [each for each in protocols if each.keys() >= SIGNED]
    return list(dict.fromkeys(bleu_signature(protocol) for protocol in protocols))


def protocol_lines(figures: Iterable[Figures]) -> str:
    """Returns how several figures were measured, a line for each entry; values that differ in one.

    So the protocol of a sweep names every temperature.
    """
    protocols = [each["protocol"] for each in figures]
    names = dict.fromkeys(name for protocol in protocols for name in protocol)
    values = {
        name: dict.fromkeys(str(protocol[name]) for protocol in protocols if name in protocol)
        for name in names
    }
    return "\n".join(f"{name}: {'; '.join(different)}" for name, different in values.items())
