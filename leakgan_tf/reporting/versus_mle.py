"""Every system of the oracle benchmark against MLE: two tests, and the distance from its sweep."""

from collections.abc import Mapping, Sequence
from typing import Any

from leakgan_tf.metrics import frontier, significance
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.metrics.significance import SignificanceTest
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key
from leakgan_tf.runs.record import RunRecord

MLE = "mle"
TUNED = "mle_tuned"  # the same with dropout, more width and early stopping
KEYS = tuple(map(temperature_key, TEMPERATURES))  # what is compared

Rows = dict[str, dict[str, Any]]  # a sweep's rows by `temperature_key`
Lines = dict[int | None, Frontier]  # by seed; under None that of the mean, for seeds without MLE


def sweeps(runs: Sequence[RunRecord]) -> dict[str, dict[int, Rows]]:
    """Returns by system and seed the sweeps of runs that have one (older runs have none)."""
    found: dict[str, dict[int, Rows]] = {}
    for run in runs:
        if run.measured.get("sweep"):
            rows = {temperature_key(row["temperature"]): row for row in run.measured["sweep"]}
            found.setdefault(run.config.system, {})[run.config.seed] = rows
    return found


def stopping_points(run: RunRecord) -> list[dict[str, Any]]:
    """Returns a run's evaluations during training, as rows of a sweep.

    ``temperature`` names the phase, too, "1.0 after 25", to match rows of several seeds.
    """
    return [
        {
            "temperature": f"{key} after {line['position'] + 1}",
            "nll_test": line[f"nll_test_{key}"],
            "nll_oracle": line[f"nll_oracle_{key}"],
        }
        for line in run.evaluations
        for key in KEYS
    ]


def envelope_rows(
    runs: Sequence[RunRecord], baseline: str = MLE
) -> dict[int, list[dict[str, Any]]]:
    """Returns by seed the baseline's sweep and its stopping points."""
    return {
        run.config.seed: [*run.measured["sweep"], *stopping_points(run)]
        for run in runs
        if run.config.system == baseline and run.measured.get("sweep")
    }


def compare(
    runs: Sequence[RunRecord], more: Sequence[Mapping[str, Any]] = (), baseline: str = MLE
) -> dict[str, Any]:
    """Returns the comparison of every system with MLE; empty without a run of MLE with a sweep.

    Args:
      runs: the finished runs.
      more: rows of sweeps of further MLE runs, which join the envelopes; without an MLE run among
        the others they are all that is compared with.
      baseline: the MLE system of the comparison: `MLE` or `TUNED`.

    Returns:
      ``frontiers``: by seed the points of MLE's frontier; ``mean`` is that of its mean sweep, for
      seeds that MLE lacks. ``envelopes``: the same of MLE's sweep together with its evaluations on
      the way, as training may be stopped at any of them. ``systems``: by system and temperature,
      for the seeds in ``seeds``: ``frontier``, for each seed `Frontier.distance`, ``bound`` and
      ``place``; its t-test over seeds, ``frontier_p``; ``envelope`` and ``envelope_p``, the same
      of the envelope; and against MLE of the same seeds, ``paired_seeds``, the differences of
      NLL_oracle with both tests, ``sentences`` and ``across_seeds``. A test is None where it cannot
      be made. MLE itself is there with its distances only.
    """
    found = sweeps(runs)
    if baseline not in found and not more:
        return {}
    mle = found.get(baseline, {})
    frontiers = _lines({seed: list(rows.values()) for seed, rows in mle.items()}, ())
    envelopes = _lines(envelope_rows(runs, baseline), more)
    return {
        "baseline": baseline,
        "frontiers": _points(frontiers),
        "envelopes": _points(envelopes),
        "systems": {
            system: {
                key: {
                    "seeds": list(seeds),
                    **(_from_line("frontier", seeds, key, frontiers) if mle else {}),
                    **_from_line("envelope", seeds, key, envelopes),
                    **(_from_mle(seeds, mle, key) if system != baseline else {}),
                }
                for key in KEYS
                if all(key in rows for rows in seeds.values())
            }
            for system, seeds in found.items()
        },
    }  # fmt: skip


def _lines(
    rows: Mapping[int, Sequence[Mapping[str, Any]]], more: Sequence[Mapping[str, Any]]
) -> Lines:
    lines: Lines = {seed: Frontier.of_sweep([*each, *more]) for seed, each in rows.items()}
    mean = [*(frontier.mean_sweep(list(rows.values())) if rows else ()), *more]
    return {**lines, **({None: Frontier.of_sweep(mean)} if mean else {})}


def _points(lines: Lines) -> dict[str, Any]:
    return {"mean" if seed is None else str(seed): each._asdict() for seed, each in lines.items()}


def _from_line(name: str, seeds: dict[int, Rows], key: str, lines: Lines) -> dict[str, Any]:
    """Returns a system's distances from a line at one temperature, seed by seed, and their test."""
    entries = []
    for seed, rows in seeds.items():
        line, row = lines.get(seed, lines[None]), rows[key]
        point = row["nll_test"], row["nll_oracle"]
        entries.append({
            "distance": line.distance(*point),
            "bound": line.bound(*point),
            "place": line.place(*point),
        })  # fmt: skip
    return {name: entries, f"{name}_p": _json(_test_of_distances(entries))}


def _test_of_distances(entries: Sequence[dict[str, Any]]) -> SignificanceTest | None:
    """Tests the mean distance against zero, with bounds where they are on the safe side.

    A seed that wins in both is at least as much better as its bound says, so that a mean bound
    below zero is a mean distance below zero; the same holds for worse in both. None where a seed
    cannot be placed, or bounds are on the side that proves nothing.
    """
    test = significance.between_seeds([entry["bound"] for entry in entries])
    if test is None:
        return None
    safe = {significance.LOWER: frontier.BETTER, significance.HIGHER: frontier.WORSE}
    allowed = {"", safe[test.direction]}
    return test if {entry["place"] for entry in entries} <= allowed else None


def _from_mle(seeds: dict[int, Rows], mle: dict[int, Rows], key: str) -> dict[str, Any]:
    """Returns differences of NLL_oracle from MLE of the same seeds, and their tests."""
    shared = [seed for seed in seeds if seed in mle and key in mle[seed]]
    pairs = [(seeds[seed][key], mle[seed][key]) for seed in shared]
    differences = [one["nll_oracle"] - other["nll_oracle"] for one, other in pairs]
    return {
        "paired_seeds": shared,
        "nll_oracle_differences": differences,
        "sentences": _json(significance.between_sentences(pairs)),
        "across_seeds": _json(significance.between_seeds(differences)),
    }


def _json(test: SignificanceTest | None) -> dict[str, Any] | None:
    return None if test is None else test._asdict()
