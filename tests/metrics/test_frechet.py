"""The Fréchet distance between embedded sentences."""

import numpy as np

from leakgan_tf.metrics.frechet import embed, frechet_distance
from leakgan_tf.models.lstm_generator import LSTMGenerator

RNG = np.random.default_rng(0)


def test_same_set_is_at_no_distance():
    vectors = RNG.normal(size=(50, 4))
    assert abs(frechet_distance(vectors, vectors[::-1])) < 1e-9


def test_shift_counts_squared():
    vectors = RNG.normal(size=(50, 4))
    shifted = vectors + np.array([3.0, 0, 0, 4.0])
    np.testing.assert_allclose(frechet_distance(vectors, shifted), 25.0, rtol=1e-9)


def test_scaled_normal_by_its_closed_form():
    """Commuting covariances: the distance is the sum of squared differences of deviations."""
    vectors = RNG.normal(size=(200, 3)) * np.array([1.0, 2.0, 3.0])
    vectors -= vectors.mean(0)
    covariance = np.cov(vectors, rowvar=False)
    expected = np.trace(covariance) * (2.0 - 1.0) ** 2
    np.testing.assert_allclose(frechet_distance(vectors, 2 * vectors), expected, rtol=1e-9)


def test_symmetric():
    first, second = RNG.normal(size=(40, 5)), RNG.normal(size=(60, 5)) * 2 + 1
    np.testing.assert_allclose(
        frechet_distance(first, second), frechet_distance(second, first), rtol=1e-9
    )


def test_embedding_is_the_mean_hidden_state_up_to_the_end():
    model = LSTMGenerator(9, 5, 3, 4, stddev=1.0, ends=True)
    model.build()
    sentences = np.array([[3, 4, 0, 0, 0], [5, 1, 2, 8, 7]], np.int32)
    hidden = model.hidden(sentences).numpy()
    embedded = embed(model, sentences)
    np.testing.assert_allclose(embedded[0], hidden[0, :3].mean(0), rtol=1e-5)
    np.testing.assert_allclose(embedded[1], hidden[1].mean(0), rtol=1e-5)
