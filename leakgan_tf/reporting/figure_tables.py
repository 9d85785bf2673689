"""Builds the tables of figures, for the oracle task, the CFG task, and text or melodies.

A table has a row for each name, with the mean ± standard deviation of its figures over seeds, and a
column for each figure that any row has. With `single`, each of several seeds also has its own row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from leakgan_tf.config.config import Config
from leakgan_tf.metrics.discriminator_scores import BOUND, TEMPERED
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key, temperature_title
from leakgan_tf.metrics.text_scores import SIGNED, bleu_signature
from leakgan_tf.reporting.document import Table
from leakgan_tf.reporting.groups import Group, counted, grouped, run_title, without_seed
from leakgan_tf.reporting.published import oracle_figure, system_title, text_figures_beside
from leakgan_tf.reporting.tables import mean_and_spread, plain
from leakgan_tf.runs.record import RunRecord

Figures = Mapping[str, Any]
Rows = Sequence[tuple[str, Sequence[Figures]]]  # a name, and the figures of its seeds

REAL = "real (training)"  # row of training sentences, scored as samples are
_LAST = "last weights"
_ORDERS = "2345"


class Column(NamedTuple):
    """A figure in a table.

    Attributes:
      title: heading of the column.
      figure: returns the figure, or None if it is missing.
      format: formats the figures of the seeds.
    """

    title: str
    figure: Callable[[Figures], Any]
    format: Callable[[Sequence[Any]], str] = mean_and_spread


def named(*names: str) -> Callable[[Figures], Any]:
    """Returns a function that reads the first of these figures; "bleu.4" may be bleu["4"]."""

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


def _bounds(values: Sequence[float]) -> str:
    """Formats bounds of D, with the number of seeds whose bound is below 0."""
    below = sum(value < 0 for value in values)
    number = "" if below == len(values) else f"{below} of {len(values)} "
    return mean_and_spread(values, 4) + (f" ({number}below 0)" if below else "")


# What D knows of held-out sentences (`metrics.discriminator_scores`): its bound.
KNOWN = (
    Column("D knows, nats per token", named(f"discriminator.{BOUND}"), _bounds),
    Column("D knows, tempered", named(f"discriminator.{TEMPERED}"), _bounds),
    Column("D's accuracy, held out", named("discriminator.held_out_accuracy")),
    Column("D's calibration error", named("discriminator.calibration_error")),
)
# Figures of systems that fill gaps (`training.filling`).
FILLED = (
    Column("perplexity, masked tokens", named("filling.masked_perplexity")),
    Column("D's accuracy, masked tokens", named("filling.discriminator_accuracy")),
    *(Column(f"unique {n}-grams", named(f"filling.unique_{n}")) for n in "234"),
    *(Column(f"{n}-grams in training", named(f"filling.in_training_{n}")) for n in "234"),
)
MINUTES = Column("minutes", _minutes, lambda values: mean_and_spread(values, 1))
ORACLE_METRICS = {"nll_oracle": "NLL_oracle", "nll_test": "NLL_test", "distinct": "distinct"}
# Figures of every evaluation on the oracle task.
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
    Column("training Fréchet", named("frechet_train")),
    Column("NLL under LM", named("nll_language_model")),
    Column("fillings under LM", named("nll_filled_language_model")),
    Column("real tokens under LM", named("nll_masked_language_model")),
    Column("reverse NLL", named("reverse_nll")),
)
# Figures of samples on the CFG task.
GRAMMAR = (
    Column("valid", named("valid")),
    Column("distinct valid", named("valid_distinct")),
    Column("new valid", named("valid_new")),
    Column("total variation", named("total_variation")),
    Column("total variation, lengths", named("length_distance")),
    Column("NLL_test", named("nll_test_1.0")),
    Column("NLL under the grammar", named("law_nll")),
)


def figure_table(first: str, columns: Sequence[Column], rows: Rows) -> Table:
    """Returns a table of figures; columns in which no row has a figure are left out.

    Args:
      first: heading of the first column, which has the names.
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
    """Returns a run's latest figures, and what they are of."""
    if run.measured:
        return run.measured, _LAST
    if run.evaluations:
        last = run.evaluations[-1]
        return last, f"evaluation after {last['position'] + 1} phases"
    return {}, "none yet"


def group_title(group: Group) -> str:
    """Returns a system's name as in papers, or the run's own name, and the number of seeds."""
    system = group.runs[0].config.system
    title = system_title(system) if without_seed(group.name) == system else group.name
    return counted(title, len(group.runs))


def _run_rows(runs: Sequence[RunRecord], single: bool) -> list[tuple[str, list[Figures]]]:
    """Returns a row for each configuration, followed by a row for each seed if `single`."""
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
    """Returns a system's published NLL_oracle as figures, if sizes and oracle are the same."""
    known = oracle_figure(name, config)
    return {"published": f"{known.nll:.3f}", "source": known.source} if known else {}


def _first(values: Sequence[Any]) -> str:
    return values[0]


_OF = Column("figures of", named("of"), _first)
_MORE = (
    Column("best", named("best.nll_oracle_1.0")),
    MINUTES,
    Column("published NLL_oracle", named("published"), _first),
    Column("source", named("source"), _first),
)


def oracle_table(
    runs: Sequence[RunRecord],
    references: Mapping[str, Figures] | None = None,
    single: bool = False,
) -> Table:
    """Returns the table of runs on the oracle task, with published NLL_oracle if comparable.

    `references` has the figures of random tokens and of the oracle itself, "random" and "oracle".
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
    """Returns the table of runs on one grammar; `reference` has the grammar's own figures."""
    rows = _run_rows(runs, single)
    if reference:
        rows.append((system_title("grammar"), [reference]))
    return figure_table("system", [_OF, *GRAMMAR, *KNOWN, *FILLED, MINUTES], rows)


def text_table(
    runs: Sequence[RunRecord], corpus: str, real: Figures | None = None, single: bool = False
) -> Table:
    """Returns the table of runs on one corpus, and figures published for models of their sizes.

    `corpus` is "" if no paper uses it, or if it is unknown; `real` has the figures of real text.
    """
    rows = _run_rows(runs, single)
    if real:
        rows.append((REAL, [real]))
    published, _ = text_figures_beside([run.config for run in runs], corpus)
    rows += [(f"{system_title(name)}, published", [row]) for name, row in published.items()]
    return figure_table("system", [_OF, *TEXT, *KNOWN, *FILLED, MINUTES], rows)


def figures_table(figures: Mapping[str, Figures]) -> str:
    """Returns a table of text figures for the terminal, followed by the BLEU signatures."""
    table = figure_table("run", TEXT, [(name, [each]) for name, each in figures.items()])
    shown = plain(table.headers, table.rows, keys=2 if table.headers[1:2] == ["T"] else 1)
    return "\n".join([shown, *signatures(figures.values())])


def signatures(figures: Iterable[Figures]) -> list[str]:
    """Returns the distinct BLEU signatures of figures; those of old versions have none."""
    protocols = [each.get("protocol", {}) for each in figures]
    protocols = [each for each in protocols if each.keys() >= SIGNED]
    return list(dict.fromkeys(bleu_signature(protocol) for protocol in protocols))


def protocol_lines(figures: Iterable[Figures]) -> str:
    """Returns the protocol of several figures, a line for each entry with its different values.

    For example, the protocol of a sweep lists all temperatures.
    """
    protocols = [each["protocol"] for each in figures]
    names = dict.fromkeys(name for protocol in protocols for name in protocol)
    values = {
        name: dict.fromkeys(str(protocol[name]) for protocol in protocols if name in protocol)
        for name in names
    }
    return "\n".join(f"{name}: {'; '.join(different)}" for name, different in values.items())
