"""BLEU against NLTK, whose ``sentence_bleu`` is the definition here."""

import copy
import math
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from leakgan_tf.metrics import bleu

ORDERS = (1, 2, 3, 4, 5)
UNIFORM = [(1 / order,) * order for order in ORDERS]
NLTK_SMOOTHING = {"method1": SmoothingFunction().method1, "none": None}
EXACT = 1e-12

# Three tokens and up to nine of them make repeats, clipping, copies and missing orders common.
sentence = st.lists(st.sampled_from("abc"), max_size=9)
references = st.lists(sentence, min_size=1, max_size=6)
samples = st.lists(sentence, min_size=2, max_size=7)
smoothings = st.sampled_from(bleu.SMOOTHINGS)
bounded = settings(max_examples=300, derandomize=True, deadline=None)


def nltk_scores(targets, hypothesis, smoothing):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Method 0 warns of every order without a match.
        scores = sentence_bleu(targets, hypothesis, UNIFORM, NLTK_SMOOTHING[smoothing])
    return dict(zip(ORDERS, scores, strict=True))


def nltk_mean(pairs, smoothing):
    scores = [nltk_scores(targets, hypothesis, smoothing) for targets, hypothesis in pairs]
    return {order: sum(one[order] for one in scores) / len(scores) for order in ORDERS}


def close_to(scores):
    return pytest.approx(scores, rel=0, abs=EXACT)


@bounded
@given(references, sentence, smoothings)
@example([[]], [], "method1")
@example([[]], ["a"], "method1")
@example([["a"], []], [], "none")
@example([["a"]], ["a"], "method1")
@example([["a"]], ["a"], "none")
@example([["a", "b"], ["a"] * 4], ["a"] * 3, "method1")  # lengths 2 and 4 are equally near
def test_sentence_scores_equal_nltk(targets, hypothesis, smoothing):
    scores = bleu.bleu([hypothesis], targets, ORDERS, smoothing)
    assert scores == close_to(nltk_scores(targets, hypothesis, smoothing))


@bounded
@given(samples, references, smoothings)
def test_bleu_is_the_mean_over_hypotheses(hypotheses, targets, smoothing):
    expected = nltk_mean([(targets, hypothesis) for hypothesis in hypotheses], smoothing)
    assert bleu.bleu(hypotheses, targets, ORDERS, smoothing) == close_to(expected)


@bounded
@given(samples, references, smoothings)
def test_backward_bleu_scores_the_references(generated, targets, smoothing):
    expected = nltk_mean([(generated, reference) for reference in targets], smoothing)
    assert bleu.backward_bleu(generated, targets, ORDERS, smoothing) == close_to(expected)


@bounded
@given(samples, smoothings)
@example([[], []], "method1")
@example([["a"] * 3, ["a"] * 3], "none")
@example([["a"] * 3, ["a"] * 3, ["a"]], "method1")
@example([["a"] * 3, ["a", "b"], ["a", "b", "a", "b"]], "method1")
def test_self_bleu_leaves_exactly_one_out(generated, smoothing):
    others = [generated[:index] + generated[index + 1 :] for index in range(len(generated))]
    expected = nltk_mean(list(zip(others, generated, strict=True)), smoothing)
    assert bleu.self_bleu(generated, ORDERS, smoothing) == close_to(expected)


def test_self_bleu_never_compares_a_sample_with_itself():
    different = [["a", "b", "c", "d", "e"], ["f", "g", "h", "i", "j"]]
    assert bleu.self_bleu(different) == {2: 0.0, 3: 0.0, 4: 0.0, 5: 0.0}
    assert bleu.bleu(different, different) == close_to({2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0})


def test_self_bleu_counts_a_copy_as_another_reference():
    copies = [["a", "b", "c", "d", "e"]] * 2
    assert bleu.self_bleu(copies) == close_to({2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0})


def test_values_by_hand():
    # 2 of 3 tokens and 1 of 2 pairs match; one token short of the reference.
    scores = bleu.bleu([["a", "b", "x"]], [["a", "b", "c", "d"]], (1, 2, 3))
    brevity = math.exp(1 - 4 / 3)
    assert scores[1] == pytest.approx(brevity * 2 / 3)
    assert scores[2] == pytest.approx(brevity * math.sqrt(2 / 3 * 1 / 2))
    assert scores[3] == pytest.approx(brevity * (2 / 3 * 1 / 2 * 0.1 / 1) ** (1 / 3))


def test_without_smoothing_a_missing_order_gives_zero_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = bleu.bleu([["a", "b", "x"]], [["a", "b", "c"]], ORDERS, "none")
    assert scores[1] > 0
    assert scores[2] > 0
    assert [scores[order] for order in (3, 4, 5)] == [0.0, 0.0, 0.0]


def test_calls_share_no_state():
    first, second = [["a", "b", "c"]], [["x", "y", "z"]]
    hypotheses = [["a", "b", "z"]]
    alone = bleu.bleu(hypotheses, first)
    bleu.bleu(hypotheses, second)
    bleu.self_bleu(first + second)
    assert bleu.bleu(hypotheses, first) == alone


def test_nothing_is_changed():
    targets = [["a", "b", "c"], ["a", "a"]]
    before = copy.deepcopy(targets)
    bleu.bleu([["a", "b"]], targets)
    bleu.self_bleu(targets)
    assert targets == before


def test_tokens_may_be_ids():
    words, ids = [["a", "b", "c"], ["a", "c"]], [(0, 1, 2), (0, 2)]
    assert bleu.self_bleu(words) == bleu.self_bleu(ids)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bleu.bleu([], [["a"]]), "at least one hypothesis"),
        (lambda: bleu.bleu([["a"]], []), "at least one reference"),
        (lambda: bleu.self_bleu([["a"]]), "at least two samples, got 1"),
        (lambda: bleu.bleu([["a"]], [["a"]], ()), "orders must be"),
        (lambda: bleu.self_bleu([["a"]] * 2, (0, 2)), "orders must be"),
        (lambda: bleu.bleu([["a"]], [["a"]], smoothing="method2"), "unknown smoothing 'method2'"),
    ],
)
def test_refuses_what_has_no_score(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_refuses_text_that_was_not_tokenised():
    with pytest.raises(TypeError, match="sequence of tokens, not the text 'a bus'"):
        bleu.bleu([["a", "bus"]], ["a bus"])
    with pytest.raises(TypeError, match="not the text 'a bus'"):
        bleu.bleu(["a bus"], [["a", "bus"]])
