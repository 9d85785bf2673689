"""Compares systems on the oracle task with MLE: two tests, and distances from its sweep."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, TypedDict

from leakgan_tf.metrics import frontier, significance
from leakgan_tf.metrics.frontier import Frontier, Point
from leakgan_tf.metrics.significance import SignificanceTest, TestFigures
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.runs.shapes import Number, OracleRow
from leakgan_tf.utils.schema import Limits

MLE = "mle"
TUNED = "mle_tuned"  # MLE with dropout, more width and early stopping
KEYS = tuple(map(temperature_key, TEMPERATURES))  # temperatures of the comparison

Points = Mapping[str, Point]  # by `temperature_key`
Rows = dict[str, OracleRow]  # a sweep, by `temperature_key`
Lines = dict[int | None, Frontier]  # by seed; None: of the mean, for seeds without MLE


class Place(TypedDict):
    """Position of a run relative to a frontier: `Frontier.distance`, ``bound``, ``place``."""

    distance: Number | None
    bound: Number
    place: str


Places = Annotated[list[Place], Limits(least=1)]  # one for each seed


class Line(TypedDict):
    """The points of a `Frontier`."""

    nll_test: tuple[Number, ...]
    nll_oracle: tuple[Number, ...]


class _AgainstRequired(TypedDict):
    seeds: list[int]
    envelope: Places
    envelope_p: TestFigures | None


class Against(_AgainstRequired, total=False):
    """A system's comparison with MLE at one temperature, for the seeds in ``seeds``.

    ``frontier``: position of each seed relative to the frontier; ``frontier_p``: t-test of these
    distances over seeds; ``envelope`` and ``envelope_p``: the same for the envelope.
    ``paired_seeds``: seeds that MLE also has, with the differences of NLL_oracle
    (``nll_oracle_differences``) and their tests over ``sentences`` and ``across_seeds``. A test is
    None where it is not possible.
    """

    frontier: Places
    frontier_p: TestFigures | None
    paired_seeds: list[int]
    nll_oracle_differences: list[Number]
    sentences: TestFigures | None
    across_seeds: TestFigures | None


class Comparison(TypedDict, total=False):
    """The comparison of all systems with MLE; empty without a run of MLE.

    ``frontiers``: points of MLE's frontier by seed; ``mean`` is the frontier of its mean sweep, for
    seeds that MLE does not have. ``envelopes``: frontiers of MLE's sweep and of its evaluations
    during training, where it could have been stopped. ``systems``: comparisons by system and
    temperature; for MLE itself with distances only.
    """

    baseline: str
    frontiers: dict[str, Line]
    envelopes: dict[str, Line]
    systems: dict[str, dict[str, Against]]


def sweeps(runs: Sequence[RunRecord]) -> dict[str, dict[int, Rows]]:
    """Returns {system: {seed: sweep}} for runs with a sweep (runs of old versions have none).

    Temperatures without finite figures, of diverged models, are left out.
    """
    found: dict[str, dict[int, Rows]] = {}
    for run in runs:
        swept = run.measured.get("sweep", [])
        rows = {temperature_key(row["temperature"]): row for row in swept if is_finite(row)}
        if rows:
            found.setdefault(run.config.system, {})[run.config.seed] = rows
    return found


def stopping_points(run: RunRecord) -> dict[str, Point]:
    """Returns a run's evaluations by temperature and number of phases, as "1.0 after 25"."""
    points: dict[str, Point] = {
        f"{key} after {line['position'] + 1}": {
            "nll_test": line.get(f"nll_test_{key}", math.nan),
            "nll_oracle": line.get(f"nll_oracle_{key}", math.nan),
        }
        for line in run.evaluations
        for key in KEYS
    }
    return {name: point for name, point in points.items() if is_finite(point)}


def is_finite(point: Point) -> bool:
    """Returns whether both NLLs are finite; those of a diverged model are not."""
    return math.isfinite(point["nll_test"]) and math.isfinite(point["nll_oracle"])


def compare(
    runs: Sequence[RunRecord], more: Sequence[Point] = (), baseline: str = MLE
) -> Comparison:
    """Returns the comparison of every system with MLE; empty without a run of MLE with a sweep.

    Args:
      runs: finished runs.
      more: rows of sweeps of further MLE runs, which are added to the envelopes. If `runs` has no
        MLE run, they are the whole baseline.
      baseline: the MLE system of the comparison: `MLE` or `TUNED`.
    """
    found = sweeps(runs)
    if baseline not in found and not more:
        return {}
    mle = found.get(baseline, {})
    stops = {run.config.seed: stopping_points(run) for run in runs if run.config.system == baseline}
    frontiers = _lines(mle, ())
    envelopes = _lines({seed: {**rows, **stops[seed]} for seed, rows in mle.items()}, more)
    systems: dict[str, dict[str, Against]] = {}
    for system, seeds in found.items():
        systems[system] = {
            key: _against(seeds, key, frontiers, envelopes)
            for key in KEYS
            if all(key in rows for rows in seeds.values())
        }
        if system != baseline:
            for key, against in systems[system].items():
                _add_pairs(against, seeds, mle, key)
    return {
        "baseline": baseline,
        "frontiers": _points(frontiers),
        "envelopes": _points(envelopes),
        "systems": systems,
    }


def _lines(points: Mapping[int, Points], more: Sequence[Point]) -> Lines:
    lines: Lines = {
        seed: Frontier.of_sweep([*each.values(), *more]) for seed, each in points.items()
    }
    shared = frontier.mean_points(list(points.values())) if points else {}
    every = [point for each in points.values() for point in each.values()]
    mean = [*(shared.values() if shared else every), *more]
    return {**lines, **({None: Frontier.of_sweep(mean)} if mean else {})}


def _points(lines: Lines) -> dict[str, Line]:
    return {
        "mean" if seed is None else str(seed): {
            "nll_test": each.nll_test, "nll_oracle": each.nll_oracle
        }
        for seed, each in lines.items()
    }  # fmt: skip


def _against(seeds: Mapping[int, Rows], key: str, frontiers: Lines, envelopes: Lines) -> Against:
    """Returns a system's distances at one temperature from the envelopes and any frontiers."""
    envelope = _places(seeds, key, envelopes)
    found: Against = {
        "seeds": list(seeds), "envelope": envelope, "envelope_p": _test_of_places(envelope)
    }  # fmt: skip
    if frontiers:
        found["frontier"] = _places(seeds, key, frontiers)
        found["frontier_p"] = _test_of_places(found["frontier"])
    return found


def _places(seeds: Mapping[int, Rows], key: str, lines: Lines) -> list[Place]:
    """Returns the position of each seed at one temperature, relative to its line."""
    places: list[Place] = []
    for seed, rows in seeds.items():
        line, row = lines.get(seed, lines[None]), rows[key]
        point = row["nll_test"], row["nll_oracle"]
        places.append({
            "distance": line.distance(*point),
            "bound": line.bound(*point),
            "place": line.place(*point),
        })  # fmt: skip
    return places


def _test_of_places(places: Sequence[Place]) -> TestFigures | None:
    """Tests the mean distance against zero; bounds count as distances where that is conservative.

    A seed that is better in both figures is better by at least its bound, so that a mean bound
    below zero implies a mean distance below zero; the converse holds for worse in both. Returns
    None if a seed is better in one figure and worse in the other, or if bounds and the mean have
    opposite directions.
    """
    test = significance.between_seeds([each["bound"] for each in places])
    if test is None:
        return None
    safe = {significance.LOWER: frontier.BETTER, significance.HIGHER: frontier.WORSE}
    allowed = {"", safe[test.direction]}
    return test.to_json() if {each["place"] for each in places} <= allowed else None


def _add_pairs(
    against: Against, seeds: Mapping[int, Rows], mle: Mapping[int, Rows], key: str
) -> None:
    """Adds the differences of NLL_oracle from MLE with the same seeds, and their tests."""
    shared = [seed for seed in seeds if seed in mle and key in mle[seed]]
    pairs = [(seeds[seed][key], mle[seed][key]) for seed in shared]
    differences = [one["nll_oracle"] - other["nll_oracle"] for one, other in pairs]
    against["paired_seeds"] = shared
    against["nll_oracle_differences"] = differences
    against["sentences"] = _json(significance.between_sentences(pairs))
    against["across_seeds"] = _json(significance.between_seeds(differences))


def _json(test: SignificanceTest | None) -> TestFigures | None:
    return None if test is None else test.to_json()
