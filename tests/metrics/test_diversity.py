"""Shares counted by hand and against a slow twin."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgan_tf.metrics import diversity

sentence = st.lists(st.sampled_from("abc"), max_size=6)
samples = st.lists(sentence, min_size=1, max_size=8)
bounded = settings(max_examples=200, derandomize=True, deadline=None)


def slow_distinct(sentences, order):
    every = [
        tuple(one[start : start + order])
        for one in sentences
        for start in range(len(one))
        if start + order <= len(one)
    ]
    different = [ngram for index, ngram in enumerate(every) if ngram not in every[:index]]
    return float(Fraction(len(different), len(every))) if every else 0.0


@bounded
@given(samples)
def test_distinct_ngrams_equal_a_slow_count(sentences):
    expected = {order: slow_distinct(sentences, order) for order in (1, 2, 3, 4)}
    assert diversity.distinct_ngrams(sentences) == expected


def test_distinct_ngrams_by_hand():
    shares = diversity.distinct_ngrams([["a", "b", "a"], ["a", "b"]], orders=(1, 2, 3, 4))
    assert shares == {1: 2 / 5, 2: 2 / 3, 3: 1.0, 4: 0.0}


def test_ngrams_do_not_cross_sentences():
    assert diversity.distinct_ngrams([["a"], ["b"]], orders=(2,)) == {2: 0.0}


def test_distinct_sentences_by_hand():
    assert diversity.distinct_sentences([["a", "b"], ["a", "b"], ["ab"], ["b", "a"]]) == 3 / 4


def test_copied_sentences_by_hand():
    generated = [["a", "b"], ["a", "b"], ["a"], ["b", "a"], []]
    assert diversity.copied_sentences(generated, [["a", "b"], ["c"]]) == 2 / 5
    assert diversity.copied_sentences(generated, []) == 0.0
    assert diversity.copied_sentences([(1, 2), (2,)], iter([[1, 2], [2]])) == 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: diversity.distinct_ngrams([]),
        lambda: diversity.distinct_sentences([]),
        lambda: diversity.copied_sentences([], [["a"]]),
    ],
)
def test_refuses_no_sentences(call):
    with pytest.raises(ValueError, match="no sentence to measure"):
        call()


def test_refuses_bad_orders_and_text():
    with pytest.raises(ValueError, match="orders must be"):
        diversity.distinct_ngrams([["a"]], orders=(0,))
    with pytest.raises(TypeError, match="not the text 'abc'"):
        diversity.distinct_ngrams(["abc"])
