"""The shapes of the files in a run's folder; `utils.schema` compares what is read with them.

Keys that are not declared here may be there. Those of a record or of figures must be numbers.
"""

import contextlib
import typing
from pathlib import Path
from typing import Annotated, Any, TypedDict

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_bytes
from leakgan_tf.utils.hardware import Hardware
from leakgan_tf.utils.schema import Limits, check, parse_json

# Measured values: NaN where there was nothing to measure. Axes of pictures end before 1e300.
Number = Annotated[float, Limits(-1e30, 1e30, finite=False)]
Seconds = Annotated[float, Limits(0, 1e12)]
Count = Annotated[int, Limits(0, 1e15)]
Temperature = Annotated[float, Limits(0, 1e30)]
Orders = TypedDict("Orders", {"2": Number, "3": Number, "4": Number, "5": Number})
BEST_TEXTS = {"rule"}  # of the best evaluation's figures, all others are numbers


class MadeBy(TypedDict, total=False):
    """What made a run or a result."""

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
    """A line of starts.jsonl: what began or resumed a run."""


class _RunFileRequired(TypedDict):
    kind: str
    format: int
    config: dict[str, Any]


class RunFile(_RunFileRequired, total=False):
    """config.json."""

    made_by: MadeBy


class _RecordRequired(TypedDict):
    position: Count
    group: str


class Record(_RecordRequired, total=False):
    """A line of metrics.jsonl: scalars of a phase."""

    updates: Count
    seconds: Seconds


class Evaluation(Record):
    """The line of an evaluation."""

    phase: str
    spent: Seconds


class CollapseWarning(Record):
    """A line that warns of collapse."""

    text: str


class Progress(TypedDict):
    """How far a run came: its latest checkpoint's `runs.checkpoint.Progress`, in part."""

    position: Count
    total: Count
    updates: Count
    seconds: dict[str, Seconds]


class OracleRow(TypedDict):
    """A temperature's figures in a sweep on the oracle task."""

    temperature: Temperature
    nll_oracle: Number
    nll_oracle_deviation: Number
    nll_test: Number
    distinct: Number
    sentences: Count


class TextRow(TypedDict):
    """A temperature's figures in a sweep on text."""

    temperature: Temperature
    nll_test: Number
    bleu: Orders
    self_bleu: Orders
    distinct_sentences: Number
    samples: Count
    references: Count


class Figures(TypedDict, total=False):
    """What figures of finished runs share."""

    best: dict[str, Any]
    discriminator: dict[str, Number]
    filling: dict[str, Number]
    seconds: dict[str, Seconds]
    total_updates: Count


class OracleFigures(Figures, total=False):
    """Figures of a run on the oracle task."""

    sweep: list[OracleRow]


class _TextFiguresRequired(TypedDict):
    bleu: Orders
    self_bleu: Orders
    backward_bleu: Orders
    distinct_sentences: Number


class Sentences(TypedDict):
    """How many sentences were scored."""

    used: Count


class Protocol(TypedDict, total=False):
    """How text was scored: what `metrics.text_scores.bleu_signature` reads, and more."""

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
    """Returns a line of metrics.jsonl; raises ``UserError`` if it is none."""
    record = check(value, Record, where)
    shape = {"evaluation": Evaluation, "warning": CollapseWarning}.get(record["group"], Record)
    return _with_numbers(check(value, shape, where), shape, where)


def check_figures(value: Any, task: str, where: str) -> dict[str, Any]:
    """Returns a finished run's figures; raises ``UserError`` if they are none.

    Args:
      value: of JSON.
      task: "synthetic" or "text".
      where: what messages begin with.
    """
    shape = TextFigures if task == "text" else OracleFigures
    figures = _with_numbers(check(value, shape, where), shape, where)
    if "best" in figures:
        numbers = {key: each for key, each in figures["best"].items() if key not in BEST_TEXTS}
        check(numbers, dict[str, Number], f"{where}.best")
    return figures


def _with_numbers(value: dict[str, Any], shape: type, where: str) -> dict[str, Any]:
    """Returns the value; raises ``UserError`` if a key that is not declared has no number."""
    declared = typing.get_type_hints(shape)
    rest = {name: each for name, each in value.items() if name not in declared}
    return {**value, **check(rest, dict[str, Number], where)}


def read_records(path: Path) -> list[tuple[bytes, dict[str, Any]]]:
    """Returns the lines of metrics.jsonl, as they are and as records; none if there is no file.

    Half a line at the end, of a killed run, is left out. Elsewhere it is damage.

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
    """Returns the lines of starts.jsonl but damaged ones: a kill may have left half of one.

    Raises:
      UserError: the file cannot be read.
    """
    starts = []
    for line in read_bytes(path, "a run's starts").splitlines() if path.exists() else []:
        with contextlib.suppress(UserError):
            starts.append(check(parse_json(line, str(path)), Start, str(path)))
    return starts
