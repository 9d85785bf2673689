"""bfloat16 products: what they round, what they leave alone."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.config.config import replace
from leakgan_tf.models.precision import product
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.utils.errors import UserError


def rounded(values):
    """The twin of a cast: the nearest float32 whose last 16 bits are 0, ties to even."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def test_a_float32_product_is_the_matrix_product_whatever_the_rank():
    left, right = small.array(2, 3, 4), small.array(4, 5, seed=1)
    for inputs in (left, left[0], left[np.newaxis]):
        found = product(tf.constant(inputs), tf.constant(right))
        np.testing.assert_allclose(found, inputs @ right, rtol=1e-5, atol=1e-6)


def test_a_bfloat16_product_rounds_its_factors_and_its_result_only():
    left, right = small.array(3, 300), small.array(300, 5, seed=1)
    found = product(tf.constant(left), tf.cast(right, tf.bfloat16))
    assert found.dtype == tf.float32
    exact = rounded(left).astype(float) @ rounded(right).astype(float)
    # Sums in bfloat16 would be off by 300 roundings; the result's own rounding is 2^-9.
    np.testing.assert_allclose(found, exact, rtol=2.0**-8, atol=2.0**-8)
    np.testing.assert_array_equal(found, rounded(found.numpy()))


def test_gradients_are_those_of_the_matrix_product():
    left, right = tf.constant(small.array(3, 4)), tf.constant(small.array(4, 5, seed=1))
    weights = small.array(3, 5, seed=2)
    with tf.GradientTape() as tape:
        tape.watch([left, right])
        total = tf.reduce_sum(product(left, right) * weights)
    for_left, for_right = tape.gradient(total, [left, right])
    np.testing.assert_allclose(for_left, weights @ right.numpy().T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(for_right, left.numpy().T @ weights, rtol=1e-5, atol=1e-6)


def pair(**changes):
    """The same weights in both precisions."""
    systems = [
        LeakGAN(replace(small.config(**changes), precision=precision), task=None)
        for precision in ("float32", "bfloat16")
    ]
    for name, model in systems[0].models.items():
        small.randomise(model)
        systems[1].models[name].set_weights(model.get_weights())
    return systems


# Goal sizes whose product with the hidden size does and does not need filling.
@pytest.mark.parametrize("goal_size", [2, 3, 32])
def test_bfloat16_is_close_to_float32_and_not_equal(goal_size):
    exact, rough = pair(goal_size=goal_size)
    tokens = small.tokens(4, 6, 7)
    for compute in (
        lambda system: PrefixFeatures(system.discriminator).all(tokens),
        lambda system: system.discriminator(tokens),
        lambda system: system.policy().sequence_logits(tokens),
    ):
        one, other = compute(exact).numpy(), compute(rough).numpy()
        assert other.dtype == np.float32
        difference = np.abs(one - other).max()
        assert 0 < difference < 0.03 * np.abs(one).max()


def test_all_prefixes_and_token_by_token_agree_in_bfloat16():
    _, rough = pair()
    tokens, leak = small.tokens(4, 6, 7), PrefixFeatures(rough.discriminator)
    state = leak.start(4)
    for position in range(6):
        state = leak.advance(state, tokens[:, position], tf.constant(position))
    step, whole = leak.read(state, tf.constant(6)), leak.all(tokens)[:, -1]
    np.testing.assert_allclose(step, whole, atol=0.02 * np.abs(whole).max())


def test_weights_gradients_and_slots_stay_float32():
    _, rough = pair()
    tokens, labels = small.tokens(4, 6, 7), np.array([0, 1, 0, 1], np.int32)
    seed = tf.constant([0, 1])
    before = [variable.numpy() for variable in rough.discriminator.trainable_variables]
    rough.discriminator_step(tokens, labels, seed)
    rough.pretrain_step(tokens, seed)
    after = rough.discriminator.trainable_variables
    moved = [np.abs(one - other.numpy()).max() for one, other in zip(before, after, strict=True)]
    assert min(moved) > 0
    variables = [v for model in rough.models.values() for v in model.weights]
    variables += [v for each in rough.optimizers.values() for v in each.variables]
    kinds = {v.dtype for v in variables if v.dtype.startswith(("float", "bfloat"))}
    assert kinds == {"float32"}


def test_an_unknown_precision_is_refused():
    with pytest.raises(UserError, match="precision must be .*float32"):
        replace(small.config(), precision="float16")
