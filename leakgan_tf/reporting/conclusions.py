"""Conclusions about systems compared with MLE: a sentence for each, and the table."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from leakgan_tf.metrics.frontier import BETTER, WORSE
from leakgan_tf.metrics.significance import format_p_value
from leakgan_tf.metrics.temperatures import temperature_key
from leakgan_tf.reporting import versus_mle
from leakgan_tf.reporting.against import AGAINST_NOTE, LEVEL, against_table, distance_cell
from leakgan_tf.reporting.document import Block, Heading, Paragraph, listed
from leakgan_tf.reporting.figure_tables import named
from leakgan_tf.reporting.groups import Group, by_key, by_source, is_comparable
from leakgan_tf.reporting.published import system_title
from leakgan_tf.reporting.versus_mle import MLE, Against, Comparison
from leakgan_tf.runs.record import RunRecord

_T_1 = temperature_key(1.0)
# (title, name, whether higher is better) of figures.
TEXT = (("BLEU-4", "bleu.4", True), ("Self-BLEU-4", "self_bleu.4", False))
GRAMMAR = (("valid samples", "valid", True), ("total variation", "total_variation", False))


def conclusion_blocks(groups: Sequence[Group]) -> list[Block]:
    """Returns how systems compare with MLE, separately for each source of training data.

    Groups that are not `is_comparable` are left out.
    """
    blocks: list[Block] = []
    for together in by_source(groups):
        runs = [run for group in together for run in group.runs if run.measured]
        if runs and is_comparable(together):
            blocks += _OF_TASK[runs[0].config.task](runs)
    return [Heading("Against MLE"), *blocks] if blocks else []


def oracle_blocks(plain: Comparison, tuned: Comparison) -> list[Block]:
    """Returns sentences and tables that compare with MLE and with the tuned MLE.

    The sentences compare with the tuned MLE if there is one. Without either nothing is returned.
    """
    table, more = against_table(plain), against_table(tuned)
    blocks = listed(at_equal_diversity(tuned or plain))
    if table:
        blocks += [table, Paragraph(AGAINST_NOTE)]
    return [*blocks, *([more] if more else [])]


def _of_oracle(runs: Sequence[RunRecord]) -> list[Block]:
    plain, tuned = versus_mle.compare(runs), versus_mle.compare(runs, baseline=versus_mle.TUNED)
    systems = {*plain.get("systems", ()), *tuned.get("systems", ())}
    return oracle_blocks(plain, tuned) if len(systems) > 1 else []


def at_equal_diversity(comparison: Comparison) -> list[str]:
    """Returns a sentence for each system at T = 1: its distance from the envelope.

    The envelope is MLE at any temperature and stopped at any evaluation. Compared with the frontier
    of MLE's last weights, a system could look better only because MLE has overfitted.
    """
    if not comparison:
        return []
    baseline = system_title(comparison["baseline"])
    return [
        f"{system_title(system)} at T = 1: {_of_envelope(by_temperature[_T_1], baseline)}"
        for system, by_temperature in comparison["systems"].items()
        if system != comparison["baseline"] and _T_1 in by_temperature
    ]


def _of_envelope(found: Against, baseline: str) -> str:
    entries, test, seeds = found["envelope"], found["envelope_p"], len(found["seeds"])
    outside = {entry["place"] for entry in entries} - {""}
    if len(outside) > 1 or not outside <= {BETTER, WORSE}:
        return f"no conclusion: {distance_cell(entries)} than {baseline} at any temperature."
    mean = np.mean([entry["bound"] for entry in entries])
    way = "better" if mean < 0 else "worse"
    least = "at least " * bool(outside)  # some seeds have only a bound
    more = {BETTER: " or higher", WORSE: " or lower"}.get("".join(outside), "")
    start = f"{least}{abs(mean):.3f} nats per token {way} than {baseline}, at equal{more} diversity"
    if seeds == 1:
        return f"{start} (one seed: no test)."
    if test is None:
        return f"{start} (mean of {seeds} seeds: no test)."
    seen = "significant" if test["p"] < LEVEL else "not significant"
    return f"{start} (mean of {seeds} seeds, p {format_p_value(test['p'])}: {seen})."


def in_two_figures(
    runs: Sequence[RunRecord], figures: Sequence[tuple[str, str, bool]]
) -> list[str]:
    """Returns a sentence for each system that compares the means of its figures with MLE's.

    `figures` is `TEXT` or `GRAMMAR`. Without a run of MLE nothing is returned.
    """
    groups = by_key((run.config.system, run) for run in runs)
    base, lines = groups.pop(MLE, []), []
    for system, own in groups.items() if base else ():
        parts = []
        for title, name, up in figures:
            value, other = (
                float(np.mean([named(name)(run.measured) for run in each])) for each in (own, base)
            )
            word = "better" if (value > other) == up else "worse"
            word = "equal to" if value == other else f"{word} than"
            parts.append(f"{title} {word} MLE's ({value:.3f} against {other:.3f})")
        seeds = f"{len(own)} seeds" if len(own) > 1 else "one seed"
        lines.append(f"{system_title(system)}: {', '.join(parts)}; {seeds}.")
    return lines


_OF_TASK: Mapping[str, Callable[[Sequence[RunRecord]], list[Block]]] = {
    "synthetic": _of_oracle,
    "text": lambda runs: listed(in_two_figures(runs, TEXT)),
    "cfg": lambda runs: listed(in_two_figures(runs, GRAMMAR)),
}
