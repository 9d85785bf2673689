"""The types of the files in a run folder, checked by `utils.schema` when they are read.

Files may have further keys. Those of records and of figures must have numbers as values.
"""

import contextlib
import typing
from pathlib import Path
from typing import Annotated, Any, TypedDict

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_bytes
from leakgan_tf.utils.hardware import Hardware
from leakgan_tf.utils.schema import Limits, check, parse_json

# Measured values; NaN if there was nothing to measure. Plots cannot show values near 1e300.
Number = Annotated[float, Limits(-1e30, 1e30, finite=False)]
Seconds = Annotated[float, Limits(0, 1e12)]
Count = Annotated[int, Limits(0, 1e15)]
Temperature = Annotated[float, Limits(0, 1e30)]
Orders = TypedDict("Orders", {"2": Number, "3": Number, "4": Number, "5": Number})
BEST_TEXTS = {"rule"}  # entries of the best evaluation that are not numbers


class MadeBy(TypedDict, total=False):
    """The origin of a run or a result."""

    command: str
    python: str
    machine: str
    hardware: Hardware
    versions: dict[str, str]
    commit: str
    data: str
    overrides: dict[str, Any]


class _StartRequired(TypedDict):
    time: str
    position: Count
    done: Count
    strategy: str
    devices: list[str]
    threads: dict[str, Count]


class Start(_StartRequired, MadeBy):
    """A line of starts.jsonl: a start or restart of a run."""


class _RunFileRequired(TypedDict):
    kind: str
    format: int
    config: dict[str, Any]


class RunFile(_RunFileRequired, total=False):
    """The content of config.json."""

    made_by: MadeBy


class _RecordRequired(TypedDict):
    position: Count
    group: str


class Record(_RecordRequired, total=False):
    """A line of metrics.jsonl: scalars of a phase."""

    updates: Count
    seconds: Seconds


class Evaluation(Record):
    """A line of metrics.jsonl: figures of an evaluation."""

    phase: str
    spent: Seconds


class CollapseWarning(Record):
    """A line of metrics.jsonl: a warning of `training.monitor`."""

    text: str


class Progress(TypedDict):
    """Progress of a run: a part of `runs.checkpoint.Progress`."""

    position: Count
    total: Count
    updates: Count
    seconds: dict[str, Seconds]


class OracleRow(TypedDict):
    """Figures at one temperature of a sweep on the oracle task."""

    temperature: Temperature
    nll_oracle: Number
    nll_oracle_deviation: Number
    nll_test: Number
    distinct: Number
    sentences: Count


class TextRow(TypedDict):
    """Figures at one temperature of a sweep on text."""

    temperature: Temperature
    nll_test: Number
    bleu: Orders
    self_bleu: Orders
    distinct_sentences: Number
    samples: Count
    references: Count


class Figures(TypedDict, total=False):
    """Figures of finished runs on any task."""

    best: dict[str, Any]
    discriminator: dict[str, Number]
    filling: dict[str, Number]
    seconds: dict[str, Seconds]
    total_updates: Count


class OracleFigures(Figures, total=False):
    """Figures of a run on the oracle or CFG task."""

    sweep: list[OracleRow]


class _TextFiguresRequired(TypedDict):
    bleu: Orders
    self_bleu: Orders
    backward_bleu: Orders
    distinct_sentences: Number


class Sentences(TypedDict):
    """Number of scored sentences."""

    used: Count


class Protocol(TypedDict, total=False):
    """The protocol of text scores, with the entries of `metrics.text_scores.bleu_signature`."""

    tokenizer: str
    lowercase: bool
    orders: Annotated[list[Count], Limits(1)]
    smoothing: str
    references: Sentences
    samples: Sentences
    version: str


class TextFigures(_TextFiguresRequired, Figures, total=False):
    """Figures of a run on text."""

    protocol: Protocol
    sweep: list[TextRow]
    bleu_train: dict[str, Number]
    distinct: dict[str, Number]
    weights: str


def check_record(value: Any, where: str) -> dict[str, Any]:
    """Returns a record of metrics.jsonl; raises ``UserError`` if its type is wrong."""
    record = check(value, Record, where)
    shape = {"evaluation": Evaluation, "warning": CollapseWarning}.get(record["group"], Record)
    return _with_numbers(check(value, shape, where), shape, where)


def check_figures(value: Any, task: str, where: str) -> dict[str, Any]:
    """Returns a finished run's figures; raises ``UserError`` if they are none of this task.

    `where` begins each error message.
    """
    shape = TextFigures if task == "text" else OracleFigures
    figures = _with_numbers(check(value, shape, where), shape, where)
    if "best" in figures:
        numbers = {key: each for key, each in figures["best"].items() if key not in BEST_TEXTS}
        check(numbers, dict[str, Number], f"{where}.best")
    return figures


def _with_numbers(value: dict[str, Any], shape: type, where: str) -> dict[str, Any]:
    """Returns the value; raises ``UserError`` if an undeclared key's value is not a number."""
    declared = typing.get_type_hints(shape)
    rest = {name: each for name, each in value.items() if name not in declared}
    return {**value, **check(rest, dict[str, Number], where)}


def read_records(path: Path) -> list[tuple[bytes, dict[str, Any]]]:
    """Returns the lines of metrics.jsonl and their records; empty if there is no file.

    An incomplete last line, left by a killed run, is ignored. Any other one is an error.

    Raises:
      UserError: the file cannot be read, or a line is damaged.
    """
    lines = read_bytes(path, "a run's records").splitlines(keepends=True) if path.exists() else []
    records = []
    for number, line in enumerate(lines, 1):
        where = f"{path} line {number}"
        try:
            records.append((line, check_record(parse_json(line, where), where)))
        except UserError as error:
            if number < len(lines) or line.endswith(b"\n"):
                raise UserError(f"{error}; remove this line to use the run") from error
    return records


def read_starts(path: Path) -> list[Start]:
    """Returns the lines of starts.jsonl, except damaged ones, which killed runs may leave.

    Raises:
      UserError: the file cannot be read.
    """
    starts = []
    for line in read_bytes(path, "a run's starts").splitlines() if path.exists() else []:
        with contextlib.suppress(UserError):
            starts.append(check(parse_json(line, str(path)), Start, str(path)))
    return starts
