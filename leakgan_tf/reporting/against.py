"""Formats the comparison with MLE (`versus_mle.compare`) as a table."""

from collections.abc import Sequence

from leakgan_tf.metrics import frontier
from leakgan_tf.metrics.significance import HIGHER, LOWER, MIXED, TestFigures, format_p_value
from leakgan_tf.reporting.document import Table, without_empty
from leakgan_tf.reporting.groups import counted
from leakgan_tf.reporting.published import system_title
from leakgan_tf.reporting.tables import mean_and_spread
from leakgan_tf.reporting.versus_mle import Comparison, Place

LEVEL = 0.05  # significance level: with a larger p no direction is stated
AGAINST_NOTE = (
    "Δ: difference from MLE of the same seed. p (sentences): Welch's t-test on single samples of "
    "the trained models, the largest p over seeds; p (seeds): paired t-test over seeds. From the "
    "frontier: NLL_oracle minus that of MLE's sweep over temperatures at the same NLL_test; below "
    "zero is better than temperature alone. From the envelope: the same difference from MLE at any "
    "temperature and stopped at any evaluation of its training."
)
_WORDS = {LOWER: "better", HIGHER: "worse", MIXED: "seeds disagree"}


def against_table(comparison: Comparison) -> Table | None:
    """Returns the result of `versus_mle.compare` as a table; None if it is empty.

    Empty columns are left out: with one seed, those of the tests over seeds.
    """
    if not comparison:
        return None
    baseline = system_title(comparison["baseline"])
    headers = [f"against {baseline}", "T", "Δ NLL_oracle", "p (sentences)", "p (seeds)",
               "from the frontier", "p (seeds)", "from the envelope", "p (seeds)"]  # fmt: skip
    rows = []
    for system, by_temperature in comparison["systems"].items():
        for temperature, found in by_temperature.items():
            deltas, other = found.get("nll_oracle_differences"), system != comparison["baseline"]
            rows.append([
                counted(system_title(system), len(found["seeds"])),
                temperature,
                difference(deltas) if deltas else "",
                significance_cell(found.get("sentences")),
                significance_cell(found.get("across_seeds")),
                distance_cell(found["frontier"]) if "frontier" in found else "",
                significance_cell(found.get("frontier_p")) if other else "",
                distance_cell(found["envelope"]),
                significance_cell(found["envelope_p"]) if other else "",
            ])  # fmt: skip
    return without_empty(Table(headers, rows))


def difference(values: Sequence[float]) -> str:
    """Returns "+mean", or "+mean ± sample standard deviation" of more than one value."""
    return mean_and_spread(values, sign="+")


def significance_cell(test: TestFigures | None) -> str:
    """Returns p, with "better" (lower NLL) or "worse" if p is below `LEVEL`; "" without a test."""
    if not test:
        return ""
    if test["p"] >= LEVEL:
        return format_p_value(test["p"])
    if test["direction"] == MIXED:
        return _WORDS[MIXED]
    return f"{_WORDS[test['direction']]}, {format_p_value(test['p'])}"


def distance_cell(entries: Sequence[Place]) -> str:
    """Returns the mean distance from the frontier over seeds.

    A leading ≤ or ≥ says that some seeds have only a bound. If seeds cannot be averaged, because
    one is undecided or bounds have both directions, the cell counts them by their place.
    """
    places = [entry["place"] for entry in entries]
    signs = {"": "", frontier.BETTER: "≤ ", frontier.WORSE: "≥ "}
    kinds = set(places) - {""}
    if not kinds or (len(kinds) == 1 and kinds <= set(signs)):
        return signs[kinds.pop() if kinds else ""] + difference([e["bound"] for e in entries])
    if len(entries) == 1:
        return places[0]
    counts = {place or "placed": places.count(place) for place in dict.fromkeys(places)}
    if len(counts) == 1:
        return places[0]
    placed = [entry["distance"] for entry in entries if entry["distance"] is not None]
    parts = [f"{difference(placed)} ({len(placed)} of {len(entries)})"] if placed else []
    parts += [f"{count} {place}" for place, count in counts.items() if place != "placed"]
    return "; ".join(parts)
