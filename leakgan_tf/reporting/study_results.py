"""Evaluates the judges' answers: how often each system's sentences are called real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypedDict

import numpy as np
import scipy

from leakgan_tf.metrics.agreement import krippendorff_alpha, wilson_interval
from leakgan_tf.metrics.significance import between_seeds, format_p_value, holm
from leakgan_tf.reporting.groups import by_key
from leakgan_tf.reporting.published import TURING_SOURCE, system_title, turing_shares
from leakgan_tf.reporting.study import CHECK, REAL, StudyKey
from leakgan_tf.reporting.tables import plain
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json
from leakgan_tf.utils.schema import Limits

_NAME = Limits(1, 60)  # characters in a judge's name; the page has the same limit
FAILED = 1  # number of attention checks that a judge may fail


class Answer(TypedDict):
    """A judge's answer to a sentence."""

    id: str
    real: bool
    seconds: Annotated[float, Limits(0)]


class ResultsFile(TypedDict):
    """Content of the file that a judge's page saves."""

    format: Literal["leakgan_tf study results"]
    version: Literal[1]
    study: str
    judge: Annotated[str, _NAME]
    answers: list[Answer]


class Judge(NamedTuple):
    """A judge's name, and {sentence id: whether it was called real}."""

    name: str
    real: Mapping[str, bool]


@dataclass(frozen=True)
class SourceResult:
    """The judges' answers to the sentences of one source.

    Attributes:
      source: name of a run, or `REAL`.
      answers: number of answers.
      real: number of answers "real".
      interval: 95 % interval of the share of answers "real".
      p: corrected p-value of the difference from real text; None without a test.
      copies: number of its sentences in the training set.
    """

    source: str
    answers: int
    real: int
    interval: tuple[float, float]
    p: float | None
    copies: int

    @property
    def share(self) -> float:
        """Share of answers "real"."""
        return self.real / self.answers


@dataclass(frozen=True)
class StudyResult:
    """The result of a study.

    Attributes:
      key: key of the study.
      judges: names of the judges whose answers are counted.
      excluded: {judge who failed too many attention checks: reason}.
      sources: results for real text, then for runs by decreasing share.
      alpha: Krippendorff's alpha; None with one judge.
    """

    key: StudyKey
    judges: Sequence[str]
    excluded: Mapping[str, str]
    sources: Sequence[SourceResult]
    alpha: float | None


def read_key(path: str | Path) -> StudyKey:
    """Reads a study's key.

    Raises:
      UserError: the file is not a key, an id occurs twice, a check has no expected answer, or there
        is no real sentence.
    """
    key: StudyKey = read_json(path, "the key of a study", StudyKey)
    ids = {each["id"] for each in key["sentences"]}
    if len(ids) < len(key["sentences"]):
        raise UserError(f"{path} has two sentences with the same id")
    if any(each["expected"] is None for each in key["sentences"] if each["source"] == CHECK):
        raise UserError(f"{path} has an attention check without its expected answer")
    if all(each["source"] != REAL for each in key["sentences"]):
        raise UserError(f"{path} has no sentence of {REAL!r}")
    return key


def read_judges(paths: Sequence[str | Path], key: StudyKey) -> list[Judge]:
    """Reads results files.

    Raises:
      UserError: a file is not a results file, or is of another study; an answer is to no sentence
        of the key, or repeated; or two files have the same judge, capitals and spaces
        around the name apart.
    """
    ids = {each["id"] for each in key["sentences"]}
    judges: dict[str, Judge] = {}
    for path in paths:
        found: ResultsFile = read_json(path, "a results file of a study", ResultsFile)
        if found["study"] != key["study"]:
            raise UserError(f"{path} belongs to study {found['study']}, the key to {key['study']}")
        real: dict[str, bool] = {}
        for answer in found["answers"]:
            number = answer["id"]
            if number not in ids or number in real:
                fault = "twice" if number in real else "which the key does not have"
                raise UserError(f"{path} answers sentence {number!r}, {fault}")
            real[number] = answer["real"]
        name = " ".join(found["judge"].split())
        if name.casefold() in judges:
            raise UserError(f"{path}: judge {name!r} is also in another file")
        judges[name.casefold()] = Judge(name, real)
    return list(judges.values())


def judge_study(key: StudyKey, judges: Sequence[Judge], failed: int = FAILED) -> StudyResult:
    """Returns the result of a study.

    Judges who failed more than `failed` attention checks are excluded; a check without answer is
    failed.

    Raises:
      UserError: all judges are excluded, or no sentence has an answer.
    """
    checks = {each["id"]: each["expected"] for each in key["sentences"] if each["source"] == CHECK}
    wrong = {
        judge.name: sum(judge.real.get(number) is not right for number, right in checks.items())
        for judge in judges
    }
    excluded = {
        name: f"{count} of {len(checks)} attention checks failed"
        for name, count in wrong.items()
        if count > failed
    }
    passed = [judge for judge in judges if judge.name not in excluded]
    if not passed:
        reasons = "; ".join(f"{name}, {why}" for name, why in excluded.items())
        raise UserError(f"all judges are excluded: {reasons}")
    shown = [each for each in key["sentences"] if each["source"] != CHECK]
    sources = by_key((each["source"], each["id"]) for each in shown)
    counts = {number: _counts(number, passed) for ids in sources.values() for number in ids}
    return StudyResult(
        key,
        [judge.name for judge in passed],
        excluded,
        _source_results(key, sources, counts, passed),
        krippendorff_alpha(np.array(list(counts.values()))),
    )


def _counts(number: str, judges: Sequence[Judge]) -> tuple[int, int]:
    """Returns the numbers of answers "machine" and "real" to a sentence."""
    answers = [judge.real[number] for judge in judges if number in judge.real]
    return len(answers) - sum(answers), sum(answers)


def _source_results(
    key: StudyKey,
    sources: Mapping[str, Sequence[str]],
    counts: Mapping[str, tuple[int, int]],
    judges: Sequence[Judge],
) -> list[SourceResult]:
    answered = {
        source: np.array([counts[number] for number in ids]) for source, ids in sources.items()
    }
    answered = {source: table for source, table in answered.items() if table.sum()}
    if not answered:
        raise UserError("the judges answered attention checks only: no sentence has an answer")
    tests = {
        source: differs(answered[source], answered[REAL], _by_judge(sources, source, judges))
        for source in answered
        if source != REAL and REAL in answered
    }
    corrected = dict(zip(tests, holm(list(tests.values())), strict=True)) if tests else {}
    results = [
        SourceResult(
            source,
            int(table.sum()),
            int(table[:, 1].sum()),
            wilson_interval(int(table[:, 1].sum()), int(table.sum())),
            corrected.get(source),
            key["copies"].get(source, 0),
        )
        for source, table in answered.items()
    ]
    return sorted(results, key=lambda each: (each.source != REAL, -each.share))


def _by_judge(
    sources: Mapping[str, Sequence[str]], source: str, judges: Sequence[Judge]
) -> list[float]:
    """Returns each judge's share of answers "real" for a source minus that for real text."""
    differences = []
    for judge in judges:
        own, other = (
            [judge.real[number] for number in sources[each] if number in judge.real]
            for each in (source, REAL)
        )
        if own and other:
            differences.append(float(np.mean(own) - np.mean(other)))
    return differences


def differs(own: np.ndarray, other: np.ndarray, by_judge: Sequence[float]) -> float:
    """Returns the p-value of the difference between two sources: the larger one of two tests.

    The Mann-Whitney U test on each sentence's share of answers "real" generalizes to other
    sentences. With two or more judges, the paired t-test on each judge's difference of shares
    generalizes to other judges. Single answers are not independent, as several are to one sentence
    or by one judge.

    Args:
      own: numbers of answers (machine, real) to each sentence of one source, (n, 2).
      other: the same numbers for the other source, (m, 2).
      by_judge: each judge's difference of shares.
    """
    shares = [
        table[:, 1][table.sum(axis=1) > 0] / table.sum(axis=1)[table.sum(axis=1) > 0]
        for table in (own, other)
    ]
    if np.ptp(np.concatenate(shares)) == 0:
        return 1.0
    by_sentence = float(scipy.stats.mannwhitneyu(*shares, alternative="two-sided").pvalue)
    judges = between_seeds(by_judge)
    return by_sentence if judges is None else max(by_sentence, judges.p)


def format_study(result: StudyResult) -> str:
    """Returns the printed table with its notes."""
    published = turing_shares(result.key["corpus"])
    systems = {REAL: "real", **result.key["systems"]}
    names = {each.source: systems.get(each.source, each.source) for each in result.sources}
    rows = [_row(each, published.get(names[each.source])) for each in result.sources]
    rows += [
        [system_title(name), "", "", "", "", _from_memory(share)]
        for name, share in published.items()
        if name not in names.values()
    ]
    headers = ["source", "answers", "share called real", "95 % interval", "p against real text"]
    if published:
        headers.append("published [M]")
    else:
        rows = [row[:5] for row in rows]
    return "\n".join([plain(headers, rows), "", *_notes(result, bool(published))])


def _row(each: SourceResult, share: float | None) -> list[str]:
    p = "" if each.p is None else format_p_value(each.p)
    interval = f"{each.interval[0]:.3f} to {each.interval[1]:.3f}"
    cells = [each.source, str(each.answers), f"{each.share:.3f}", interval, p]
    return [*cells, _from_memory(share)]


def _from_memory(share: float | None) -> str:
    return "" if share is None else f"{share:.3f} [M]"


def _notes(result: StudyResult, published: bool) -> list[str]:
    judges = f"{len(result.judges)} judge{'s' * (len(result.judges) != 1)}"
    notes = [f"{judges}: {', '.join(result.judges)}."]
    notes += [f"Excluded: {name}, {why}." for name, why in result.excluded.items()]
    if result.alpha is not None:
        notes.append(
            f"Agreement between judges: Krippendorff's alpha {result.alpha:.3f} "
            "(1: perfect, 0: chance; Krippendorff 2004)."
        )
    notes += [
        f"{each.source}: {each.copies} of its sentences are copies of training sentences."
        for each in result.sources
        if each.copies
    ]
    notes += [
        "Intervals: Wilson score intervals, as if answers were independent.",
        "p: the larger one of the Mann-Whitney U test over sentences and, with two or more judges, "
        "\nthe paired t-test over judges; corrected over systems by Holm's method.",
    ]
    return notes + ([f"[M] {TURING_SOURCE}."] if published else [])
