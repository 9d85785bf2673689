"""Every model and layer: made without data, and the same again from its configuration."""

import inspect
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.fill_discriminator import FillDiscriminator
from leakgan_tf.models.fill_generator import FillGenerator
from leakgan_tf.models.highway import Highway
from leakgan_tf.models.latent_generator import LatentGenerator
from leakgan_tf.models.leakgan_generator import LeakGANGenerator
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.manager import Manager
from leakgan_tf.models.matching_discriminator import MatchingDiscriminator
from leakgan_tf.models.mediator import Mediator
from leakgan_tf.models.relational_discriminator import RelationalDiscriminator
from leakgan_tf.models.relational_memory import RelationalMemoryGenerator
from leakgan_tf.models.sequence_discriminator import SequenceDiscriminator
from leakgan_tf.models.stacked_generator import StackedGenerator
from leakgan_tf.models.token_discriminator import TokenDiscriminator
from leakgan_tf.models.worker import Worker

ROWS, LENGTH, VOCAB, FEATURES = 2, 4, 6, 5
TOKENS = small.tokens(ROWS, LENGTH, VOCAB)
GOALS = small.array(ROWS, LENGTH, FEATURES)

# Class: every argument at a value that is not its default; inputs of a call; number of weights.
CASES = {
    Discriminator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, windows=(1, 3), filters=(2, 3),
             padding_row=False, dropout=0.5, classifies=False, precision="bfloat16",
             seed=7), (TOKENS,), 9),
    Highway: (dict(width=FEATURES, precision="bfloat16", seed=7), (GOALS,), 4),
    Manager: (dict(feature_size=FEATURES, hidden_size=3, initial_rows=2, seed=7), (GOALS,), 6),
    Worker: (
        dict(vocab_size=VOCAB, feature_size=FEATURES, embedding_size=3, hidden_size=2, goal_size=2,
             normalise_goal=False, precision="bfloat16", seed=7), (GOALS[..., :2], GOALS), 7),
    LeakGANGenerator: (
        dict(vocab_size=VOCAB, length=LENGTH, feature_size=FEATURES, embedding_size=3,
             hidden_size=2, goal_size=2, goal_horizon=2, goal_window="sliding",
             goal_alignment="single", goal_init_rows=2, normalise_goal=False, ends=True,
             precision="bfloat16", seed=7),
        (TOKENS, GOALS), 13),
    LSTMGenerator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, hidden_size=2, stddev=0.7,
             ends=True, seed=7),
        (TOKENS,), 6),
    LatentGenerator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, hidden_size=2, noise_size=2,
             bound=0.9, ends=True, seed=7),
        (TOKENS,), 8),
    MatchingDiscriminator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, windows=(1, 3), filters=(2, 3),
             hidden_size=2, noise_size=2, bound=0.5, seed=7),
        (TOKENS,), 13),
    Mediator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, hidden_size=2, dropout=0.5,
             ends=True, seed=7),
        (TOKENS,), 7),
    RelationalMemoryGenerator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, slots=2, heads=2, head_size=2,
             ends=True, seed=7),
        (TOKENS,), 18),
    RelationalDiscriminator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=4, representations=2, windows=(1, 3),
             filters=(2, 3), hidden_size=2, dropout=0.5, seed=7),
        (TOKENS,), 11),
    TokenDiscriminator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, hidden_size=2, layer_norm=False,
             dropout=0.5, ends=True, seed=7),
        (TOKENS,), 8),
    StackedGenerator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, hidden_size=2, layers=3, ends=True,
             seed=7),
        (TOKENS,), 13),
    FillGenerator: (
        dict(vocab_size=VOCAB, length=LENGTH, width=3, layers=2, dropout=0.5, ends=True, seed=7),
        (TOKENS,), 16),
    FillDiscriminator: (
        dict(vocab_size=VOCAB, length=LENGTH, width=3, layers=2, dropout=0.5, seed=7),
        (TOKENS, np.where(TOKENS > 2, VOCAB, TOKENS)), 19),
    SequenceDiscriminator: (
        dict(vocab_size=VOCAB, length=LENGTH, embedding_size=3, hidden_size=2, seed=7),
        (TOKENS,), 6),
}  # fmt: skip
MODELS = [kind for kind in CASES if issubclass(kind, keras.Model)]


def made(kind, **changes):
    layer = kind(**{**CASES[kind][0], **changes})
    layer.build()
    return layer


@pytest.fixture(params=CASES, ids=lambda kind: kind.__name__)
def kind(request):
    return request.param


def test_config_has_every_argument(kind):
    arguments = CASES[kind][0]
    parameters = inspect.signature(kind).parameters.values()
    named = {each.name: each.default for each in parameters if each.kind != each.VAR_KEYWORD}
    assert set(arguments) == set(named)
    assert all(arguments[name] != default for name, default in named.items())
    config = made(kind).get_config()
    assert {name: config[name] for name in named} == arguments


def test_build_needs_no_data_and_makes_every_weight(kind):
    _, inputs, count = CASES[kind]
    layer = kind(**CASES[kind][0])
    assert not layer.weights
    layer.build()
    assert len(layer.weights) == len(layer.trainable_variables) == count
    layer(*inputs)
    assert len(layer.weights) == count


def test_deserialised_with_the_same_weights_it_gives_the_same_outputs(kind):
    layer = made(kind)
    small.randomise(layer)
    stored = json.dumps(keras.saving.serialize_keras_object(layer))
    again = keras.saving.deserialize_keras_object(json.loads(stored))
    assert type(again) is kind
    assert again.get_config() == layer.get_config()
    inputs = CASES[kind][1]
    assert np.abs(again(*inputs) - layer(*inputs)).max() > 1e-3  # fresh weights differ
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again(*inputs), layer(*inputs))


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_saved_weights_are_loaded_again(kind, tmp_path):
    model, other = made(kind), made(kind, seed=8)
    inputs = CASES[kind][1]
    assert np.abs(other(*inputs) - model(*inputs)).max() > 1e-3
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other(*inputs), model(*inputs))


def test_the_seed_fixes_the_weights(kind):
    first, same, other = made(kind), made(kind), made(kind, seed=8)
    assert all(map(np.array_equal, first.get_weights(), same.get_weights()))
    assert not any(
        np.array_equal(a, b)
        and np.ptp(a) > 0
        and not np.isin(a, (0, 1, 3)).all()  # constants, as of forget gates
        for a, b in zip(first.get_weights(), other.get_weights(), strict=True)
    )


def test_dropout_needs_a_seed_and_scales_what_it_keeps():
    model = made(Discriminator, precision="float32")
    features = model.features(TOKENS).numpy()
    dropped = model.features(TOKENS, tf.constant([1, 2])).numpy()
    kept = dropped != 0
    assert kept.any() and not kept.all()
    np.testing.assert_allclose(dropped[kept], 2 * features[kept], rtol=1e-6)
    np.testing.assert_array_equal(model.features(TOKENS), features)
