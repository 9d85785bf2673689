"""How well sentences keep to a grammar, and to its law."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np


def validity(
    sentences: Sequence[str], log_prob: Callable[[str], float], known: Collection[str]
) -> dict[str, float]:
    """Returns shares of all sentences, in [0, 1].

    Args:
      sentences: samples.
      log_prob: log-probability of a sentence under the grammar; -inf if it is not valid.
      known: sentences of the training set.

    Returns:
      ``valid``; ``valid_distinct``, valid ones counted once; ``valid_new``, valid ones that are not
      known; ``law_nll``, the mean -log p of the valid ones under the grammar in nats per sentence,
      left out if there are none.
    """
    costs = {sentence: -log_prob(sentence) for sentence in set(sentences)}
    valid = [sentence for sentence in sentences if math.isfinite(costs[sentence])]
    figures = {
        "valid": len(valid) / len(sentences),
        "valid_distinct": len(set(valid)) / len(sentences),
        "valid_new": sum(each not in known for each in valid) / len(sentences),
    }
    if valid:
        figures["law_nll"] = sum(costs[each] for each in valid) / len(valid)
    return figures


def total_variation(law: np.ndarray, model: np.ndarray) -> float:
    """Returns ½ Σ |p - q|, in [0, 1], 0 if the laws are equal.

    Args:
      law: p of all outcomes that it allows, (n,).
      model: q of these outcomes, (n,); what is left of q is on others.
    """
    return float(0.5 * (np.sum(np.abs(law - model)) + 1.0 - np.sum(model)))


def length_distance(
    sentences: Sequence[str], log_prob: Callable[[str], float], lengths: Mapping[int, float]
) -> float:
    """Returns the total variation between the lengths of valid sentences and their law.

    Sentences that are not valid have no length that the law allows. Of n samples of the law itself
    it is about Σ √(p(1 - p) / 2πn).

    Args:
      sentences: samples.
      log_prob: as of `validity`.
      lengths: probability of each length.
    """
    valid = Counter(len(each) for each in sentences if math.isfinite(log_prob(each)))
    law = np.array(list(lengths.values()))
    return total_variation(law, np.array([valid[each] for each in lengths]) / len(sentences))
