"""RankGAN's ranks as its program has them, against a loop."""

import math

import numpy as np
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.objectives.ranking import batch_log_rank, batch_ranker_loss


def test_ranks_equal_their_twin():
    sentences, references, gamma = small.array(5, 6), small.array(3, 6, seed=1), 2.0
    scores = [
        gamma * sum(twins.cosine(sentence, reference) for reference in references)
        for sentence in sentences
    ]
    expected = [score - math.log(sum(map(math.exp, scores))) for score in scores]
    found = batch_log_rank(tf.constant(sentences), tf.constant(references), gamma)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(tf.reduce_sum(tf.exp(found)), 1.0, rtol=1e-6)


def test_the_ranker_raises_the_real_and_lowers_the_generated():
    log_rank = tf.constant([-1.0, -2.0, -3.0])
    real = tf.constant([True, False, False])
    with tf.GradientTape() as tape:
        tape.watch(log_rank)
        loss = batch_ranker_loss(log_rank, real)
    np.testing.assert_allclose(loss, -2.5 + 1.0)
    np.testing.assert_allclose(tape.gradient(loss, log_rank), [-1.0, 0.5, 0.5])
