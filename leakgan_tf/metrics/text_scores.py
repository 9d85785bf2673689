"""All scores of generated text, with the protocol by which they were computed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leakgan_tf import __version__
from leakgan_tf.metrics import bleu, diversity
from leakgan_tf.metrics.bleu import Sentence

SMOOTHING_TEXT = {
    "method1": "method1 (Chen & Cherry 2014: no match of an order counts as 0.1 matches)",
    "none": "none (no match of an order gives 0)",
}


def text_scores(
    samples: Sequence[Sentence],
    references: Sequence[Sentence],
    train: Sequence[Sentence] | None = None,
    *,
    tokenizer: str,
    lowercase: bool,
    orders: Sequence[int] = bleu.ORDERS,
    smoothing: str = "method1",
    available: Mapping[str, int] | None = None,
    notes: Mapping[str, Any] | None = None,
    every: Iterable[Sentence] | None = None,
) -> dict[str, Any]:
    """Scores samples against held-out sentences and, if given, the training set.

    Args:
        samples: At least two generated sentences, each a sequence of tokens.
        references: At least one held-out sentence in the same tokens.
        train: The training sentences; None omits the scores that need them.
        tokenizer: Name of the tokenizer; stated in the protocol.
        lowercase: Whether it lowercased the text; stated in the protocol.
        orders: Orders of all BLEU scores.
        smoothing: One of ``bleu.SMOOTHINGS``.
        available: Number of sentences from which the caller chose these, under ``"samples"``,
            ``"references"`` or ``"train"``; default: all were used.
        notes: Further entries of the protocol: files, a seed, a temperature.
        every: All training sentences, to count copies; iterated once. Default: ``train``.

    Returns:
        A JSON-serializable dict with scores in [0, 1]: ``"bleu"``, ``"self_bleu"``,
        ``"backward_bleu"`` and, with ``train``, ``"bleu_train"``, each ``{"2": score, ...}``;
        ``"distinct"``, ``{"1": share, ...}``; ``"distinct_sentences"`` and, with ``train``,
        ``"copied_from_train"``; and ``"protocol"``, a description of the measurement.

    Raises:
        ValueError: If there are fewer than two samples, no reference or no training sentence; if
            the smoothing or an order is unknown; if ``available`` is less than was used; or if a
            note has the name of a protocol entry.
    """
    sets = {"samples": samples, "references": references, "train": train}
    protocol = _protocol(sets, available or {}, orders, smoothing)
    protocol = {"tokenizer": tokenizer, "lowercase": lowercase, **protocol}
    if taken := sorted(protocol.keys() & (notes or {}).keys()):
        raise ValueError(f"notes may not replace the protocol's {', '.join(taken)}")
    protocol.update(notes or {})

    scores: dict[str, Any] = {
        "bleu": _named(bleu.bleu(samples, references, orders, smoothing)),
        "self_bleu": _named(bleu.self_bleu(samples, orders, smoothing)),
        "backward_bleu": _named(bleu.backward_bleu(samples, references, orders, smoothing)),
    }
    if train is not None:
        scores["bleu_train"] = _named(bleu.bleu(samples, train, orders, smoothing))
    scores["distinct"] = _named(diversity.distinct_ngrams(samples))
    scores["distinct_sentences"] = diversity.distinct_sentences(samples)
    if train is not None:
        scores["copied_from_train"] = diversity.copied_sentences(samples, every or train)
        if every is not None and protocol["train"]["available"] > len(train):
            protocol["copied_from_train"] += ", all available training sentences"
    return {**scores, "protocol": protocol}


def _protocol(
    sets: Mapping[str, Sequence[Sentence] | None],
    available: Mapping[str, int],
    orders: Sequence[int],
    smoothing: str,
) -> dict[str, Any]:
    if smoothing not in SMOOTHING_TEXT:
        raise ValueError(f"unknown smoothing {smoothing!r}; known: {', '.join(SMOOTHING_TEXT)}")
    protocol: dict[str, Any] = {}
    for name, sentences in sets.items():
        protocol[name] = None
        if sentences is not None:
            used = len(sentences)
            protocol[name] = {"available": available.get(name, used), "used": used}
            if protocol[name]["available"] < used:
                raise ValueError(f"{used} {name} used, but only {available[name]} available")
    protocol |= {
        "orders": [int(order) for order in orders],
        "weights": "uniform: BLEU-n weighs the n-gram orders 1..n by 1/n",
        "smoothing": SMOOTHING_TEXT[smoothing],
        "aggregation": "mean of sentence BLEU",
        "brevity_penalty": "per sentence, closest reference length, the shorter of two",
        "bleu": "each sample against all references",
        "self_bleu": "each sample against all other samples (leave-one-out; copies count)",
        "backward_bleu": "each reference against all samples",
        "distinct": "different n-grams / all n-grams of all samples",
        "distinct_sentences": "different samples / samples",
    }
    protocol["version"] = f"leakgan_tf {__version__}"
    if sets["train"] is not None:
        protocol["bleu_train"] = "each sample against all training sentences"
        protocol["copied_from_train"] = "samples that equal a training sentence / samples"
    return protocol


# The protocol entries in a signature.
SIGNED = {"orders", "references", "samples", "lowercase", "tokenizer", "smoothing"}


def bleu_signature(protocol: Mapping[str, Any]) -> str:
    """Returns a one-line description of the BLEU protocol, similar to sacrebleu's (Post 2018).

    Examples:
        >>> references = [["a", "dog"], ["a", "cat"]]
        >>> scores = text_scores(references, references, tokenizer="word", lowercase=True)
        >>> bleu_signature(scores["protocol"]).rpartition("|")[0]
        'BLEU|refs:2|samples:2|orders:2-5|case:lc|tok:word|smooth:method1|agg:sentence'

    Args:
        protocol: ``"protocol"`` of `text_scores`; old ones have no version.
    """
    orders = protocol["orders"]
    version = protocol.get("version", "unknown").rpartition(" ")[2]  # of leakgan_tf
    return "|".join([
        f"BLEU|refs:{protocol['references']['used']}",
        f"samples:{protocol['samples']['used']}",
        f"orders:{min(orders)}-{max(orders)}",
        f"case:{'lc' if protocol['lowercase'] else 'mixed'}",
        f"tok:{protocol['tokenizer']}",
        f"smooth:{protocol['smoothing'].partition(' ')[0]}",
        "agg:sentence",
        f"version:{version}",
    ])  # fmt: skip


def _named(scores: Mapping[int, float]) -> dict[str, float]:
    # JSON keys are strings; strings here keep scores equal after saving and loading.
    return {str(order): score for order, score in scores.items()}
