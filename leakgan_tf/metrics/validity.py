"""Validity of sentences under a grammar, and distances from the grammar's distribution."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np


def validity(
    sentences: Sequence[str], log_prob: Callable[[str], float], known: Collection[str]
) -> dict[str, float]:
    """Returns the shares of valid sentences, and their NLL under the grammar.

    Args:
      sentences: at least one sample.
      log_prob: log-probability of a sentence under the grammar; -inf if it is not valid.
      known: sentences of the training set.

    Returns:
      Shares of all sentences in [0, 1]: ``valid``; ``valid_distinct``, with each valid sentence
      counted once; ``valid_new``, valid sentences that are not in the training set. And
      ``law_nll``, the mean NLL of the valid sentences under the grammar in nats per sentence,
      omitted if there are none.
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
    """Returns the total variation distance ½ Σ |p - q|, in [0, 1]; 0 for equal distributions.

    Args:
      law: p of all outcomes with p > 0, (n,).
      model: q of these outcomes, (n,); the rest of q is on other outcomes.
    """
    return float(0.5 * (np.sum(np.abs(law - model)) + 1.0 - np.sum(model)))


def length_distance(
    sentences: Sequence[str], log_prob: Callable[[str], float], lengths: Mapping[int, float]
) -> float:
    """Returns the total variation distance between the lengths of samples and the grammar's.

    Invalid sentences count as a length of probability zero. For n samples of the grammar itself the
    expected value is about Σ √(p(1 - p) / 2πn).

    Args:
      sentences: at least one sample.
      log_prob: as in `validity`.
      lengths: probability of each length.
    """
    valid = Counter(len(each) for each in sentences if math.isfinite(log_prob(each)))
    law = np.array(list(lengths.values()))
    return total_variation(law, np.array([valid[each] for each in lengths]) / len(sentences))
