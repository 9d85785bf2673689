"""The scores together: each from its own function, and none without its protocol."""

import json

import pytest

import leakgan_tf
from leakgan_tf.metrics import bleu, diversity
from leakgan_tf.metrics.text_scores import bleu_signature, text_scores

SAMPLES = [["a", "red", "bus"], ["a", "red", "bus"], ["a", "dog", "on", "a", "bed"]]
REFERENCES = [["a", "dog", "on", "the", "bed"], ["two", "red", "buses"]]
TRAIN = [["a", "red", "bus"], ["a", "man"]]
SAID = {"tokenizer": "word", "lowercase": True}


def by_name(scores):
    return {str(order): score for order, score in scores.items()}


@pytest.mark.parametrize("smoothing", bleu.SMOOTHINGS)
def test_every_score_is_that_of_its_function(smoothing):
    scores = text_scores(SAMPLES, REFERENCES, TRAIN, smoothing=smoothing, **SAID)
    del scores["protocol"]
    assert scores == {
        "bleu": by_name(bleu.bleu(SAMPLES, REFERENCES, smoothing=smoothing)),
        "self_bleu": by_name(bleu.self_bleu(SAMPLES, smoothing=smoothing)),
        "backward_bleu": by_name(bleu.bleu(REFERENCES, SAMPLES, smoothing=smoothing)),
        "bleu_train": by_name(bleu.bleu(SAMPLES, TRAIN, smoothing=smoothing)),
        "distinct": by_name(diversity.distinct_ngrams(SAMPLES)),
        "distinct_sentences": 2 / 3,
        "copied_from_train": 2 / 3,
    }


def test_without_a_training_set_its_scores_are_absent():
    scores = text_scores(SAMPLES, REFERENCES, **SAID)
    assert scores.keys().isdisjoint({"bleu_train", "copied_from_train"})
    assert scores["protocol"].keys().isdisjoint({"bleu_train", "copied_from_train"})
    assert scores["protocol"]["train"] is None


@pytest.mark.parametrize("train", [None, TRAIN])
def test_every_score_has_its_protocol(train):
    scores = text_scores(SAMPLES, REFERENCES, train, **SAID)
    assert scores.keys() - {"protocol"} <= scores["protocol"].keys()


def test_protocol_states_what_was_done():
    protocol = text_scores(
        SAMPLES,
        REFERENCES,
        TRAIN,
        orders=(2, 3),
        smoothing="none",
        available={"samples": 100},
        notes={"seed": 7},
        **SAID,
    )["protocol"]
    assert protocol["tokenizer"] == "word"
    assert protocol["lowercase"] is True
    assert protocol["samples"] == {"available": 100, "used": 3}
    assert protocol["references"] == {"available": 2, "used": 2}
    assert protocol["train"] == {"available": 2, "used": 2}
    assert protocol["orders"] == [2, 3]
    assert protocol["weights"].startswith("uniform")
    assert protocol["smoothing"].startswith("none")
    assert protocol["aggregation"] == "mean of sentence BLEU"
    assert "leave-one-out" in protocol["self_bleu"]
    assert protocol["seed"] == 7


def test_survives_json():
    scores = text_scores(SAMPLES, REFERENCES, TRAIN, **SAID)
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    assert list(scores["bleu"]) == ["2", "3", "4", "5"]
    assert list(scores["distinct"]) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": SAMPLES[:1]}, "at least two samples"),
        ({"samples": []}, "at least one hypothesis"),
        ({"references": []}, "at least one reference"),
        ({"train": []}, "at least one reference"),
        ({"smoothing": "method9"}, "unknown smoothing 'method9'"),
        ({"orders": (0,)}, "orders must be"),
        ({"available": {"samples": 2}}, "3 samples used, but only 2 available"),
        ({"notes": {"orders": 1}}, "notes may not replace the protocol's orders"),
    ],
)
def test_refusals(changes, message):
    arguments = {"samples": SAMPLES, "references": REFERENCES, "train": TRAIN, **SAID, **changes}
    with pytest.raises(ValueError, match=message):
        text_scores(**arguments)


def test_the_signature_is_the_protocol_on_one_line():
    protocol = text_scores(SAMPLES, REFERENCES, smoothing="none", **SAID)["protocol"]
    assert bleu_signature(protocol) == (
        f"BLEU|refs:{len(REFERENCES)}|samples:{len(SAMPLES)}|orders:2-5|case:lc|tok:word"
        f"|smooth:none|agg:sentence|version:{leakgan_tf.__version__}"
    )
    del protocol["version"]  # of an earlier result
    old = bleu_signature(protocol | {"lowercase": False})
    assert "|case:mixed|" in old and old.endswith("|version:unknown")


def test_copies_are_counted_in_all_training_sentences():
    every = [*TRAIN, SAMPLES[2]]
    scores = text_scores(
        SAMPLES, REFERENCES, TRAIN, available={"train": 3}, every=iter(every), **SAID
    )
    alone = text_scores(SAMPLES, REFERENCES, TRAIN, **SAID)
    assert (scores["copied_from_train"], alone["copied_from_train"]) == (1.0, 2 / 3)
    assert scores["bleu_train"] == alone["bleu_train"]
    stated = [each["protocol"]["copied_from_train"] for each in (scores, alone)]
    assert "all available" in stated[0] and "available" not in stated[1]
