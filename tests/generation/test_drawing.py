"""Categorical draws: the right frequencies, nothing impossible, the same on any machine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from leakgan_tf.generation.drawing import categorical, invert

ROOT = Path(__file__).parent.parent.parent
SCRIPT = """
import hashlib, tensorflow as tf
from leakgan_tf.generation.drawing import categorical
drawn = categorical(tf.random.stateless_normal([256, 200], [1, 2]), tf.constant([3, 4]))
print(hashlib.sha256(drawn.numpy().tobytes()).hexdigest())
"""


@pytest.mark.parametrize("size", [1, 2, 7, 30, 49, 50])
def test_frequencies_are_the_probabilities(size):
    logits = np.random.default_rng(size).normal(0, 1.5, size).astype(np.float32)
    rows = 40_000
    drawn = categorical(tf.constant(np.tile(logits, [rows, 1])), tf.constant([size, 1])).numpy()
    likely = np.exp(logits.astype(float))
    expected = likely / likely.sum() * rows
    found = np.bincount(drawn, minlength=size)
    assert len(found) == size
    if size > 1:
        assert stats.chisquare(found, expected).pvalue > 1e-4


def test_rows_draw_independently_and_seeds_differ():
    logits = tf.zeros([4000, 9])
    first, other = (categorical(logits, tf.constant(seed)).numpy() for seed in ([1, 2], [1, 3]))
    np.testing.assert_array_equal(first, categorical(logits, tf.constant([1, 2])).numpy())
    for one, two in ((first, other), (first[:-1], first[1:])):
        table = np.histogram2d(one, two, bins=[range(10), range(10)])[0]
        assert stats.chi2_contingency(table).pvalue > 1e-4


def test_what_has_no_probability_is_never_drawn():
    """Also at the ends of blocks and of the row, and beside classes that outweigh all others."""
    size, rows = 50, 5000
    logits = np.full([rows, size], -np.inf, np.float32)
    allowed = np.random.default_rng(0).random([rows, size]) < 0.06
    allowed[np.arange(rows), np.arange(rows) % size] = True
    logits[allowed] = np.random.default_rng(1).uniform(-80, 80, allowed.sum())
    drawn = categorical(tf.constant(logits), tf.constant([5, 6])).numpy()
    assert allowed[np.arange(rows), drawn].all()


@pytest.mark.parametrize("uniform", [0.0, 0.25, 0.5, 1 - 2**-24])
def test_the_distribution_function_is_inverted(uniform):
    weights = np.array([[0, 1, 0, 3, 0], [2, 0, 0, 0, 2], [0, 0, 1e-30, 0, 0]], np.float32)
    found = invert(tf.constant(weights), tf.fill([3], tf.constant(uniform))).numpy()
    shares = np.cumsum(weights, axis=1) / weights.sum(1, keepdims=True)
    first = [np.argmax(row > min(uniform, 1 - 1e-7)) for row in shares]
    np.testing.assert_array_equal(found, first)


@pytest.mark.ci
def test_the_number_of_threads_changes_no_draw():
    def drawn(threads):
        environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": threads}
        command = [sys.executable, "-c", SCRIPT]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert len(drawn("1")) == 64
    assert drawn("1") == drawn("3")
