"""BLEU of arrays: the scores of the sentence-wise module, which is compared with NLTK."""

import numpy as np
import pytest

from leakgan_tf.metrics import bleu
from leakgan_tf.metrics.bleu_arrays import BleuTable

T = 7
EXACT = dict(rtol=0, atol=1e-12)


def random_ids(rows, vocabulary, seed):
    return np.random.default_rng(seed).integers(0, vocabulary, (rows, T)).astype(np.int32)


def stripped(ids, end):
    rows = ids.tolist()
    return [row[: row.index(end)] if end in row else row for row in rows]


def expected(references, sentences, order, end):
    targets, rows = stripped(references, end), stripped(sentences, end)
    return [bleu.bleu([row], targets, (order,))[order] for row in rows]


@pytest.mark.parametrize("order", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("end", [None, 0])
@pytest.mark.parametrize("vocabulary", [2, 5, 30])  # many repeated n-grams, and few
def test_scores_are_those_of_the_slow_module(order, end, vocabulary):
    references, sentences = random_ids(12, vocabulary, 1), random_ids(60, vocabulary + 2, 2)
    if end is not None:
        sentences[0], references[0] = end, end  # nothing written
    found = BleuTable(references, order, end).scores(sentences)
    np.testing.assert_allclose(found, expected(references, sentences, order, end), **EXACT)
    assert len(np.unique(found)) > 2


def test_a_reference_scores_one_and_a_stranger_nothing():
    table = BleuTable(random_ids(5, 9, 0), 3)
    np.testing.assert_allclose(table.scores(random_ids(5, 9, 0)), np.ones(5), **EXACT)
    np.testing.assert_array_equal(table.scores(np.full([2, T], 9, np.int32)), [0, 0])


def test_a_repeated_token_counts_no_oftener_than_in_one_reference():
    references = np.array([[1, 1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7]])
    found = BleuTable(references, 1).scores(np.full([1, T], 1))
    np.testing.assert_allclose(found, [2 / T], **EXACT)


def test_shorter_sentences_pay_for_brevity_by_the_closest_reference():
    references = np.array([[1, 2, 3, 4, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7]])
    found = BleuTable(references, 1, 0).scores(np.array([[1, 2, 3, 0, 9, 9, 9]]))
    np.testing.assert_allclose(found, [np.exp(1 - 4 / 3)], **EXACT)


def test_one_sentence_at_a_time_scores_the_same():
    references, sentences = random_ids(6, 4, 3), random_ids(9, 4, 4)
    table = BleuTable(references, 4, 0)
    together = table.scores(sentences)
    alone = np.concatenate([table.scores(row[np.newaxis]) for row in sentences])
    np.testing.assert_array_equal(alone, together)
    assert table.scores(sentences[:0]).shape == (0,)


@pytest.mark.parametrize("order", [0, T + 1])
def test_impossible_orders_are_refused(order):
    with pytest.raises(ValueError, match="order"):
        BleuTable(random_ids(2, 3, 0), order)


def test_no_reference_is_refused():
    with pytest.raises(ValueError, match="reference"):
        BleuTable(random_ids(0, 3, 0), 2)
