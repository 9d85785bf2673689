"""Validity and distances from a law, by hand."""

import math

import numpy as np
import pytest

from leakgan_tf.metrics.validity import length_distance, total_variation, validity

LAW = {"a": math.log(0.5), "bb": math.log(0.25), "cc": math.log(0.25)}


def log_prob(sentence):
    return LAW.get(sentence, -math.inf)


def test_shares_are_of_all_sentences():
    found = validity(["a", "a", "bb", "z"], log_prob, {"a"})
    assert (found["valid"], found["valid_distinct"], found["valid_new"]) == (0.75, 0.5, 0.25)
    np.testing.assert_allclose(found["law_nll"], -(2 * math.log(0.5) + math.log(0.25)) / 3)


def test_without_a_valid_sentence_there_is_no_cost():
    found = validity(["z", "y"], log_prob, {"a"})
    assert found == {"valid": 0.0, "valid_distinct": 0.0, "valid_new": 0.0}


@pytest.mark.parametrize(
    ("model", "expected"),
    [([0.5, 0.25, 0.25], 0.0), ([0.0, 0.0, 0.0], 1.0), ([1.0, 0.0, 0.0], 0.5),
     ([0.4, 0.25, 0.25], 0.1)],
)  # fmt: skip
def test_total_variation(model, expected):
    """What the model leaves to other outcomes counts as a difference."""
    law = np.array([0.5, 0.25, 0.25])
    np.testing.assert_allclose(total_variation(law, np.array(model)), expected, atol=1e-12)


def test_the_lengths_of_valid_sentences():
    lengths = {1: 0.5, 2: 0.5}
    assert length_distance(["a", "bb"], log_prob, lengths) == 0.0
    assert length_distance(["a", "a"], log_prob, lengths) == 0.5
    assert length_distance(["a", "zz"], log_prob, lengths) == 0.5  # zz is no sentence
