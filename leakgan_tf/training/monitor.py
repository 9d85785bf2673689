"""Signs that adversarial training goes wrong, told from recorded figures alone.

A sign that is told once is told again only after it has clearly gone in between. The thresholds are
this project's choice, set on its own runs:

VARIED, NOT_VARIED: the share of distinct samples, as a part of that of as many held-out sentences.
  No evaluation of MLE, scheduled sampling, MaliGAN or LeakGAN on the quick oracle task, in some
  twenty-five runs, was below 0.98 at either temperature. PG-BLEU and SeqGAN runs that wrote the
  same sentences again and again when sharpened fell to 0.54 and 0.64.
WON, NOT_WON: D's accuracy over `WON_ROUNDS` rounds. On the quick oracle task the mean reward of
  SeqGAN's samples was 0.2 of 1 while D's accuracy was 0.9, and below 0.1 once it was 0.98: nearly
  all samples are judged alike. LeakGAN's D stayed below 0.65 there, and below 0.8 on music, where
  SeqGAN's took 30 rounds to get to 0.98. It may have won by heart: accuracy is of the sentences
  that D is trained on. In pre-training D tells an untrained generator with ease, so that only
  adversarial rounds count.
BLIND, NOT_BLIND: D's accuracy over `BLIND_ROUNDS` rounds. A round of the quick preset judges 4,096
  sentences, so the mean of five rounds of coin-tossing is 0.5 with a deviation of 0.0035. Of
  LeakGAN's five rounds with the least accuracy, in ten runs, the mean was never below 0.513.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from leakgan_tf.metrics.diversity import REPEATS

GROUP = "warning"  # of the records that tell of a sign
VARIED, NOT_VARIED = 0.9, REPEATS
WON, NOT_WON, WON_ROUNDS = 0.98, 0.95, 3
BLIND, NOT_BLIND, BLIND_ROUNDS = 0.51, 0.53, 5

_ROUND = "adversarial/discriminator"


class CollapseMonitor:
    """Reads a run's records in order, and says when a sign begins.

    Args:
      real_distinct: share of distinct sentences among as many held-out ones as an evaluation has
        samples, in (0, 1]; None if it is not known.
    """

    def __init__(self, real_distinct: float | None):
        self._real_distinct = real_distinct
        self._present: set[str] = set()
        self._accuracies: deque[float] = deque(maxlen=max(WON_ROUNDS, BLIND_ROUNDS))

    def update(self, record: Mapping[str, Any]) -> list[str]:
        """Returns what begins with a record of `training.logs.Records`, a line for each sign."""
        if record["group"] == "evaluation" and self._real_distinct:
            return self._variety(record)
        if record["group"] == _ROUND and "accuracy" in record:
            return self._verdicts(record["accuracy"])
        return []

    def _variety(self, record: Mapping[str, Any]) -> list[str]:
        signs = []
        for name, share in record.items():
            if name.partition("_")[0] != "distinct":
                continue
            part = share / self._real_distinct
            if self._begins(name, part < NOT_VARIED, part > VARIED):
                temperature = name.partition("_")[2] or "1.0"
                signs.append(
                    f"collapse: {share:.1%} of the samples at temperature {temperature} are "
                    f"distinct, of held-out sentences {self._real_distinct:.1%}"
                )
        return signs

    def _verdicts(self, accuracy: float) -> list[str]:
        self._accuracies.append(accuracy)
        signs = []
        won, blind = self._mean(WON_ROUNDS), self._mean(BLIND_ROUNDS)
        if won is not None and self._begins("won", won >= WON, won < NOT_WON):
            signs.append(
                f"D has won: right in {won:.1%} of its verdicts over {WON_ROUNDS} rounds, on what "
                "it is trained on; a reward that is its verdict says little of any sample"
            )
        if blind is not None and self._begins("blind", blind <= BLIND, blind > NOT_BLIND):
            signs.append(
                f"D is blind: right in {blind:.1%} of its verdicts over {BLIND_ROUNDS} rounds, as "
                "a coin would be, so that its rewards say nothing"
            )
        return signs

    def _mean(self, rounds: int) -> float | None:
        """Returns D's mean accuracy in the last rounds; None before there were as many."""
        if len(self._accuracies) < rounds:
            return None
        return sum(list(self._accuracies)[-rounds:]) / rounds

    def _begins(self, sign: str, present: bool, gone: bool) -> bool:
        """Returns whether a sign is present that was not, or was gone in between."""
        if gone:
            self._present.discard(sign)
        if not present or sign in self._present:
            return False
        self._present.add(sign)
        return True


def describe_warnings(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Returns the signs in a run's records, a line each, with the phases they began after.

    Of a run from before they were recorded: those that can be read from what it has. How varied
    real text is does not stand in it, so of text only what D's accuracy says.
    """
    records = list(records)
    recorded = [(line["position"], line["text"]) for line in records if line["group"] == GROUP]
    if not recorded:
        oracle = any("nll_oracle_1.0" in line for line in records)
        watch = CollapseMonitor(
            1.0 if oracle else None
        )  # an oracle of any size hardly repeats itself
        recorded = [(line["position"], sign) for line in records for sign in watch.update(line)]
    return [f"after phase {position + 1}: {sign}" for position, sign in recorded]
