"""Scores runs and text files from Python. Text files are scored without TensorFlow."""

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from leakgan_tf.data import text
from leakgan_tf.metrics.bleu import SMOOTHINGS
from leakgan_tf.metrics.temperatures import check_temperatures, temperature_title
from leakgan_tf.metrics.text_scores import bleu_signature, text_scores
from leakgan_tf.reporting import figure_tables
from leakgan_tf.reporting.figure_tables import ORACLE_METRICS, Column, figure_table, named
from leakgan_tf.reporting.tables import plain
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shipped import find_run
from leakgan_tf.utils.arguments import NUMBER, PATH, SWITCH, TEXT, WHOLE, as_list, check_type
from leakgan_tf.utils.errors import UserError

MOST = 2000  # default limit of samples and of references in the scores of a run
# Arguments of `evaluate` for one kind of input only.
_OF_FILES = ("tokenizer", "lowercase", "smoothing", "encoding")
_OF_RUNS = ("temperatures", "data", "num", "best", "language_model", "reverse_lm")
BY_ORDER = {
    "bleu": "BLEU",
    "self_bleu": "Self-BLEU (lower: more diverse)",
    "backward_bleu": "backward BLEU",
    "bleu_train": "BLEU against the training set",
    "distinct": "distinct n-grams",
}
SHARES = {
    "distinct_sentences": "distinct sentences",
    "copied_from_train": "copied from the training set",
}


class Scores:
    """Scores of runs or text files, with their protocol.

    Attributes:
      rows: by name of the run, a list with a dictionary of figures for each temperature; those of
        text files have the name "samples".
    """

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]):
        self.rows = {name: list(own) for name, own in rows.items()}

    @property
    def figures(self) -> Mapping[str, Any]:
        """The figures of the first run at the first temperature: ``figures["bleu"]["4"]``."""
        return next(iter(self.rows.values()))[0]

    def __getitem__(self, name: str) -> Any:
        """Returns one of `figures`."""
        return self.figures[name]

    def __repr__(self) -> str:
        if "nll_oracle" in self.figures:
            return oracle_table(self.rows)
        if "temperature" not in self.figures:
            return report(self.figures)
        table = self.table()
        protocol = figure_tables.protocol_lines(table.values())
        return f"{figure_tables.figures_table(table)}\n\n{protocol}"

    def table(self) -> dict[str, Mapping[str, Any]]:
        """Returns all figures by run; each further temperature adds a space to the run's name."""
        return {
            f"{name}{' ' * index}": figures
            for name, own in self.rows.items()
            for index, figures in enumerate(own)
        }


def evaluate(
    run: str | Path | Sequence[str | Path] | None = None,
    *,
    samples: str | Path | None = None,
    references: str | Path | None = None,
    train: str | Path | None = None,
    temperatures: Sequence[float] = (1.0,),
    data: str | Path | None = None,
    num: int = MOST,
    best: bool = False,
    language_model: str | Path | None = None,
    reverse_lm: bool = False,
    tokenizer: str = "word",
    lowercase: bool = False,
    smoothing: str = "method1",
    encoding: str = "",
) -> Scores:
    """Scores runs on text on their held-out sentences, or a file of samples against references.

    Examples:
      >>> import leakgan_tf
      >>> scores = leakgan_tf.evaluate("runs/cats", temperatures=[1.0, 0.7])
      >>> len(scores.rows["cats"]), sorted(scores["bleu"])
      (2, ['2', '3', '4', '5'])

    Args:
      run: one or more run folders, or names of pre-trained models.
      samples: a file of generated sentences, one per line; instead of ``run``.
      references: with ``samples``: a file of held-out sentences.
      train: with ``samples``: training sentences; adds the share of copies and BLEU against them.
      temperatures: divide the logits of runs; below 1 is sharper.
      data: the runs' data folder, if it has moved.
      num: limit of a run's samples and held-out sentences.
      best: whether to use the weights of a run's best evaluation instead of the latest.
      language_model: an MLE run on the same data; adds its scores of the samples.
      reverse_lm: whether to add the score of a language model trained on the samples.
      tokenizer: with ``samples``: name of the tokenizer.
      lowercase: with ``samples``: whether to lowercase all text.
      smoothing: with ``samples``: smoothing of BLEU, "method1" or "none".
      encoding: with ``samples``: Python's name of the files' encoding; "" is UTF-8.

    Returns:
      The scores; NLLs are in nats per token, lower is better.

    Raises:
      UserError: a file or run cannot be used, or arguments contradict each other.
    """
    folders = None if run is None else as_list(PATH, "run", run)
    temperatures = tuple(as_list(NUMBER, "temperatures", temperatures, alone=False))
    _check_arguments(locals())
    if folders is None:
        paths = {"samples": samples, "references": references, "train": train}
        given = {name: str(path) for name, path in paths.items() if path is not None}
        return score_files(given, tokenizer, lowercase, smoothing, encoding)
    check_runs(folders, temperatures, num, best, language_model, reverse_lm)
    from leakgan_tf.evaluation.text import sweep_run  # imports TensorFlow

    own = temperatures, data, num, language_model, reverse_lm, best
    named_folders = _names([str(folder) for folder in folders]).items()
    return Scores({name: sweep_run(folder, *own) for name, folder in named_folders})


def _check_arguments(arguments: Mapping[str, Any]) -> None:
    """Raises ``UserError`` for arguments of `evaluate` of another type, or without effect."""

    def given(*names: str) -> dict[str, Any]:
        return {name: arguments[name] for name in names}

    paths = given("samples", "references", "train", "data", "language_model")
    check_type(PATH, optional=True, **paths)
    check_type(WHOLE, **given("num"))
    check_type(SWITCH, **given("best", "reverse_lm", "lowercase"))
    check_type(TEXT, **given("tokenizer", "smoothing", "encoding"))
    _refuse_idle(arguments)


def _refuse_idle(arguments: Mapping[str, object]) -> None:
    """Raises ``UserError`` for arguments of `evaluate` that would change nothing."""
    files = any(arguments[name] is not None for name in ("samples", "references", "train"))
    if arguments["run"] is not None and files:
        raise UserError("give either runs, or files of samples and references")
    idle, needed = (_OF_RUNS, "runs") if arguments["run"] is None else (_OF_FILES, "samples")
    for name in idle:
        if arguments[name] != inspect.signature(evaluate).parameters[name].default:
            raise UserError(f"{name} applies to {needed} only")


def check_runs(
    folders: Sequence[str | Path],
    temperatures: Sequence[float],
    num: int,
    best: bool,
    language_model: str | Path | None,
    reverse_lm: bool,
) -> None:
    """Raises ``UserError`` if runs cannot be scored with these arguments of `evaluate`."""
    if not folders:
        raise UserError("name one or more runs")
    if not temperatures:
        raise UserError("name one or more temperatures")
    check_temperatures(temperatures, "temperatures")
    if reverse_lm and not language_model:
        raise UserError("reverse_lm needs language_model: an MLE run on the same data")
    if num < 2:
        raise UserError(f"num must be at least 2, not {num}")
    for folder in folders:
        RunFolder(find_run(folder)).weights(best)
    if language_model:
        RunFolder(find_run(language_model)).weights()


def score_files(
    paths: Mapping[str, str],
    tokenizer: str = "word",
    lowercase: bool = False,
    smoothing: str = "method1",
    encoding: str = "",
) -> Scores:
    """Returns the scores of text files.

    Args:
      paths: files under ``samples``, ``references`` and optionally ``train``.
      tokenizer: name of the tokenizer.
      lowercase: whether to lowercase all text.
      smoothing: smoothing of BLEU, "method1" or "none".
      encoding: encoding of the files by its name in Python; "" is UTF-8.

    Raises:
      UserError: a file is missing or cannot be used, or has too few sentences.
    """
    for name in ("samples", "references"):
        if name not in paths:
            raise UserError(f"{name} is missing: a file with one sentence per line")
    if smoothing not in SMOOTHINGS:
        raise UserError(f"unknown smoothing {smoothing!r}: one of {', '.join(SMOOTHINGS)}")
    chosen = text.get_tokenizer(tokenizer, lowercase=lowercase)
    sentences, blank = {}, {}
    for name, path in paths.items():
        sentences[name], blank[name] = _read(path, chosen, encoding)
    if len(sentences["samples"]) < 2:
        raise UserError(f"{paths['samples']} has only one sentence: self-BLEU needs at least two")
    scores = text_scores(
        sentences["samples"],
        sentences["references"],
        sentences.get("train"),
        tokenizer=tokenizer,
        lowercase=lowercase,
        smoothing=smoothing,
        notes={"files": dict(paths), "blank_lines_ignored": blank},
    )
    return Scores({"samples": [scores]})


def oracle_table(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Returns the figures of runs on the oracle task, a row for each temperature."""
    temperature = Column(
        "temperature", named("temperature"), lambda values: temperature_title(values[0])
    )
    columns = [temperature, *(Column(title, named(key)) for key, title in ORACLE_METRICS.items())]
    table = figure_table("run", columns, [(name, [row]) for name in rows for row in rows[name]])
    return f"{plain(table.headers, table.rows)}\n\nNLL in nats per token; lower is better."


def report(scores: Mapping[str, Any]) -> str:
    """Returns the result of ``text_scores`` as tables, with the protocol below."""
    present = {name: title for name, title in BY_ORDER.items() if name in scores}
    orders = sorted({int(order) for name in present for order in scores[name]})
    rows = [
        [title, *(scores[name].get(str(order)) for order in orders)]
        for name, title in present.items()
    ]
    headers = ["n-gram order", *map(str, orders)]
    by_order = tabulate(rows, headers, floatfmt=".4f", missingval="-")
    shares = tabulate(
        [[title, scores[name]] for name, title in SHARES.items() if name in scores],
        ["share of samples", ""],
        floatfmt=".4f",
    )
    protocol = tabulate(
        _protocol_lines(scores["protocol"]), tablefmt="plain", disable_numparse=True
    )
    signature = bleu_signature(scores["protocol"])
    return f"{by_order}\n{signature}\n\n{shares}\n\nProtocol\n{protocol}"


def _names(run_dirs: Sequence[str]) -> dict[str, str]:
    """Returns paths of runs by folder name, or by path if two folders have the same name."""
    once: dict[Path, str] = {}
    for run_dir in run_dirs:
        once.setdefault(Path(run_dir).resolve(), run_dir)
    names = {run_dir: path.name for path, run_dir in once.items()}
    alone = Counter(names.values())
    return {name if alone[name] == 1 else path: path for path, name in names.items()}


def _read(path: str, tokenizer: text.Tokenizer, encoding: str) -> tuple[list[list[str]], int]:
    """Returns the tokens of each line that is not blank, and the number of blank lines."""
    tokenised, blank = [], 0
    for _, line in text.read_sentences(path, encoding):
        if line:
            tokenised.append(tokenizer.tokenize(line))
        else:
            blank += 1
    if not tokenised:
        raise UserError(f"{path} has no sentence")
    return tokenised, blank


def _protocol_lines(protocol: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, entry_ in protocol.items():
        if isinstance(entry_, Mapping):
            stated = ", ".join(f"{key} {value}" for key, value in entry_.items())
        elif isinstance(entry_, list):
            stated = ", ".join(map(str, entry_))
        else:
            stated = {True: "yes", False: "no", None: "not given"}.get(entry_, str(entry_))
        yield f"{name.replace('_', ' ')}:", stated
