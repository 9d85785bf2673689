"""Warnings of failing adversarial training, from recorded figures only.

Each warning has two thresholds: it is repeated only after the figure has passed the second one in
between. The thresholds are this project's choice, set on its own runs:

DIVERSE, NOT_DIVERSE: the share of distinct samples over that of as many held-out sentences. In
  about twenty-five runs of MLE, scheduled sampling, MaliGAN and LeakGAN on the quick oracle task it
  was never below 0.98 at either temperature. In runs of PG-BLEU and SeqGAN that repeated sentences
  at the lower temperature it fell to 0.54 and 0.64.
SATURATED, NOT_SATURATED: D's mean accuracy over `SATURATED_ROUNDS` rounds. On the quick oracle task
  the mean reward of SeqGAN's samples was 0.2 of 1 while D's accuracy was 0.9, and below 0.1 once it
  was 0.98: nearly all samples have the same reward. LeakGAN's D stayed below 0.65 there, and below
  0.8 on music, where SeqGAN's took 30 rounds to reach 0.98. D may have memorized its training
  sentences: accuracy is measured on them. In pre-training any D recognizes an untrained generator,
  so only adversarial rounds count.
CHANCE, NOT_CHANCE: D's mean accuracy over `CHANCE_ROUNDS` rounds. A round of the quick preset has
  4,096 sentences, so for a guessing D the mean of five rounds is 0.5 with a standard deviation of
  0.0035. In ten runs of LeakGAN every mean of five rounds was at least 0.513.
BELOW, NOT_BELOW: D's Donsker-Varadhan bound on held-out sentences after any of its rounds, in nats
  per token (`metrics.discriminator_scores`). Below 0, its score would make the generator worse if
  used as an energy. D is overconfident if the tempered bound is above NOT_BELOW; otherwise it has
  overfitted its training sentences.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leakgan_tf.metrics.discriminator_scores import BOUND, TEMPER, TEMPERED
from leakgan_tf.metrics.diversity import REPEATS

GROUP = "warning"  # group of records with a warning
DIVERSE, NOT_DIVERSE = 0.9, REPEATS
SATURATED, NOT_SATURATED, SATURATED_ROUNDS = 0.98, 0.95, 3
CHANCE, NOT_CHANCE, CHANCE_ROUNDS = 0.51, 0.53, 5
BELOW, NOT_BELOW = 0.0, 0.002

_ROUND = "adversarial/discriminator"


class CollapseMonitor:
    """Reads the records of a run in order, and returns warnings when their causes begin.

    Args:
      real_distinct: share of distinct sentences among as many held-out sentences as an evaluation
        has samples, in (0, 1]; None if unknown, then diversity is not checked.
    """

    def __init__(self, real_distinct: float | None):
        self._real_distinct = real_distinct
        self._present: set[str] = set()
        self._accuracies: deque[float] = deque(maxlen=max(SATURATED_ROUNDS, CHANCE_ROUNDS))

    def update(self, record: Mapping[str, Any]) -> list[str]:
        """Returns the warnings that begin at a record of `training.logs.Records`, one line each."""
        if record["group"] == "evaluation" and self._real_distinct:
            return self._diversity(record)
        warnings = self._bound(record) if BOUND in record else []
        if record["group"] == _ROUND and "accuracy" in record:
            warnings += self._accuracy(record["accuracy"])
        return warnings

    def _bound(self, record: Mapping[str, Any]) -> list[str]:
        bound, tempered = record[BOUND], record.get(TEMPERED, 0.0)
        if not self._begins(BOUND, bound < BELOW, bound > NOT_BELOW):
            return []
        why = "its score fits its training sentences, and rewards from it are noise to others"
        if tempered > NOT_BELOW:
            scale = f"{record[TEMPER]:.2g}"
            why = f"D is overconfident: with log-odds times {scale} it would be {tempered:.4f}"
        return [f"D's bound is {bound:.4f} nats per token on held-out sentences, below 0; {why}"]

    def _diversity(self, record: Mapping[str, Any]) -> list[str]:
        warnings = []
        for name, share in record.items():
            if name.partition("_")[0] != "distinct":
                continue
            relative = share / self._real_distinct
            if self._begins(name, relative < NOT_DIVERSE, relative > DIVERSE):
                temperature = name.partition("_")[2] or "1.0"
                warnings.append(
                    f"collapse: {share:.1%} of the samples at temperature {temperature} are "
                    f"distinct, of held-out sentences {self._real_distinct:.1%}"
                )
        return warnings

    def _accuracy(self, accuracy: float) -> list[str]:
        self._accuracies.append(accuracy)
        warnings = []
        recent, longer = self._mean(SATURATED_ROUNDS), self._mean(CHANCE_ROUNDS)
        saturated = recent is not None and recent >= SATURATED
        if self._begins("saturated", saturated, recent is not None and recent < NOT_SATURATED):
            warnings.append(
                f"D is saturated: accuracy {recent:.1%} over {SATURATED_ROUNDS} rounds, on its "
                "training sentences; rewards from its score hardly differ between samples"
            )
        chance = longer is not None and longer <= CHANCE
        if self._begins("chance", chance, longer is not None and longer > NOT_CHANCE):
            warnings.append(
                f"D is at chance: accuracy {longer:.1%} over {CHANCE_ROUNDS} rounds; rewards from "
                "its score are noise"
            )
        return warnings

    def _mean(self, rounds: int) -> float | None:
        """Returns D's mean accuracy over the last rounds; None with fewer rounds."""
        if len(self._accuracies) < rounds:
            return None
        return sum(list(self._accuracies)[-rounds:]) / rounds

    def _begins(self, cause: str, present: bool, gone: bool) -> bool:
        """Returns whether a cause is present for the first time, or again after it was gone."""
        if gone:
            self._present.discard(cause)
        if not present or cause in self._present:
            return False
        self._present.add(cause)
        return True


def describe_warnings(
    records: Iterable[Mapping[str, Any]], starts: Sequence[object] = ()
) -> list[str]:
    """Returns the warnings in the records of a run, one line each, with their phases.

    Runs of earlier versions recorded no warnings: theirs are derived from their figures. The
    diversity of real text is not recorded, so it is then checked on the oracle task only.

    Args:
      records: the records of the run.
      starts: its recorded starts. Runs with any recorded their warnings, too: nothing is derived.
    """
    records = list(records)
    recorded = [(line["position"], line["text"]) for line in records if line["group"] == GROUP]
    if not (recorded or starts):
        oracle = any("nll_oracle_1.0" in line for line in records)
        # Nearly all sentences of an oracle are distinct.
        monitor = CollapseMonitor(1.0 if oracle else None)
        recorded = [(line["position"], text) for line in records for text in monitor.update(line)]
    return [f"after phase {position + 1}: {text}" for position, text in recorded]
