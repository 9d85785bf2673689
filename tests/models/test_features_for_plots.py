"""Features of discriminators that only plots use."""

import keras
import numpy as np
import pytest

from helpers import small
from leakgan_tf.models.fill_discriminator import FillDiscriminator
from leakgan_tf.models.relational_discriminator import RelationalDiscriminator
from leakgan_tf.models.token_discriminator import TokenDiscriminator
from leakgan_tf.utils.seeds import derive_int

VOCAB, LENGTH = 7, 6
TOKENS = np.array([[3, 2, 0, 4, 0, 1], [1, 2, 3, 4, 5, 6], [0, 5, 5, 0, 0, 0]], np.int32)


def made(model):
    model.build()
    small.randomise(model)
    return model


@pytest.mark.parametrize("ends", [True, False])
def test_a_token_discriminators_are_the_mean_up_to_the_end(ends):
    """Its output is linear: that of the mean vector is the mean of the tokens' scores."""
    model = made(TokenDiscriminator(VOCAB, LENGTH, 4, 5, ends=ends))
    scores = model(TOKENS).numpy()
    found = model.output_layer(model.features(TOKENS)).numpy()[:, 0]
    for row, tokens in enumerate(TOKENS.tolist()):
        count = tokens.index(0) + 1 if ends and 0 in tokens else LENGTH
        assert found[row] == pytest.approx(scores[row, :count].mean(), abs=1e-5)


def test_a_fill_discriminators_are_the_mean_with_only_the_first_token_shown():
    model = made(FillDiscriminator(VOCAB, LENGTH, 5))
    shown = np.full_like(TOKENS, VOCAB)
    shown[:, 0] = TOKENS[:, 0]
    found = model.logit_layer(model.features(TOKENS)).numpy()[:, 0]
    np.testing.assert_allclose(found, model(TOKENS, shown).numpy().mean(axis=1), atol=1e-5)


def test_a_relational_discriminators_are_the_mean_over_its_representations():
    """In what order the embedding has the representations does not matter."""
    model = made(RelationalDiscriminator(VOCAB, LENGTH, 6, 3, (1, 2), (4, 3), 5))
    each = model.embedded_features(model.embed(TOKENS)).numpy()  # (B * S, F)
    before = model.features(TOKENS).numpy()
    for row in range(3):
        np.testing.assert_allclose(before[row], each[3 * row : 3 * row + 3].mean(0), atol=1e-5)
    table = model.embedding.embeddings
    table.assign(np.roll(table.numpy(), 2, axis=-1))  # by one representation
    np.testing.assert_allclose(model.features(TOKENS), before, atol=1e-5)


def test_kernels_of_a_relational_discriminator_have_the_deviation_of_their_fan_in():
    model = RelationalDiscriminator(VOCAB, LENGTH, 6, 3, (1, 2), (4, 3), 5, seed=7)
    model.build()
    for window, convolution in zip((1, 2), model.convolutions, strict=True):
        own = keras.initializers.TruncatedNormal(
            stddev=(2 / (window * 2)) ** 0.5, seed=derive_int(7, "conv", window)
        )
        np.testing.assert_allclose(convolution.kernel, own(convolution.kernel.shape), rtol=1e-5)
