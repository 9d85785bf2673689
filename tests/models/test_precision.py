"""bfloat16 products: what they round, what they leave alone."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from helpers.rounding import UNIT
from leakgan_tf.config.config import replace
from leakgan_tf.models import precision
from leakgan_tf.models.precision import convolution, product
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


@pytest.fixture(params=["as it is", "float32 on rounded factors"])
def machine(request, monkeypatch):
    """This machine, and one whose bfloat16 products round their partial sums."""
    if request.param != "as it is":
        monkeypatch.setattr(precision, "sums_in_float32", lambda: False)


def assert_rounded_once(found, left, right):
    """`found` is left @ right, whose values bfloat16 can hold, rounded to bfloat16."""
    exact = left.astype(float) @ right.astype(float)
    half_a_unit = 2.0**-8 * np.abs(exact)
    sums = left.shape[1] * UNIT * (np.abs(left) @ np.abs(right))
    assert (np.abs(found - exact) <= half_a_unit + sums).all()
    np.testing.assert_array_equal(found, rounded(found))


def test_a_bfloat16_product_rounds_its_factors_and_its_result_only(machine):
    left, right = small.array(3, 300), small.array(300, 5, seed=1)
    found = product(tf.constant(left), tf.cast(right, tf.bfloat16))
    assert found.dtype == tf.float32
    assert_rounded_once(found.numpy(), rounded(left), rounded(right))


def test_bias_and_activation_come_before_the_result_is_rounded(machine):
    left, right, bias = small.array(3, 9), small.array(9, 5, seed=1), small.array(5, seed=2)
    found = product(tf.constant(left), tf.cast(right, tf.bfloat16), tf.constant(bias), tf.nn.relu)
    extended = np.concatenate([rounded(left), np.ones((3, 1), np.float32)], axis=1)
    exact = np.maximum(extended @ np.concatenate([rounded(right), [rounded(bias)]]), 0)
    assert 0 < (exact == 0).sum() < exact.size
    # Half a unit in the last of 8 bits; and the same of the product and the sum before it, which a
    # processor that does not fuse the three rounds as well, and which can be larger than the sum.
    before = np.abs(rounded(left) @ rounded(right))
    allowed = 2.0**-8 * (2 * exact + before) + 1e-6
    assert (np.abs(found.numpy() - exact) <= allowed).all()
    np.testing.assert_array_equal(found, rounded(found.numpy()))


def test_a_bfloat16_convolution_rounds_its_factors_and_its_result_only(machine):
    inputs, kernel = small.array(2, 9, 70), small.array(4, 70, 5, seed=1)
    found = convolution(tf.constant(inputs), kernel, np.zeros(5, np.float32), "bfloat16")
    assert found.shape == (2, 6, 5) and found.dtype == tf.float32
    windows = np.stack([inputs[:, start : start + 4].reshape(2, 280) for start in range(6)], 1)
    assert_rounded_once(
        found.numpy().reshape(12, 5),
        rounded(windows.reshape(12, 280)),
        rounded(kernel).reshape(280, 5),
    )


def test_gradients_in_bfloat16_are_products_of_rounded_factors(machine):
    left, right = tf.constant(small.array(3, 40)), tf.constant(small.array(40, 50, seed=1))
    weights = small.array(3, 50, seed=2)
    with tf.GradientTape() as tape:
        tape.watch([left, right])
        total = tf.reduce_sum(product(left, tf.cast(right, tf.bfloat16)) * weights)
    for_left, for_right = tape.gradient(total, [left, right])
    upstream = rounded(weights)
    assert_rounded_once(for_left.numpy(), upstream, rounded(right.numpy()).T)
    assert_rounded_once(for_right.numpy(), rounded(left.numpy()).T, upstream)


def test_a_machine_that_rounds_partial_sums_is_noticed(monkeypatch):
    multiply = tf.matmul

    def in_float32(left, right, **options):
        wide = multiply(tf.cast(left, tf.float32), tf.cast(right, tf.float32), **options)
        return tf.cast(wide, tf.bfloat16)

    def by_halves(left, right, **options):
        if options:
            return in_float32(left, right, **options)
        half = left.shape[1] // 2
        return in_float32(left[:, :half], right[:half]) + in_float32(left[:, half:], right[half:])

    left, right = small.array(16, 300), small.array(300, 16, seed=1)
    monkeypatch.setattr(
        tf.nn, "convolution", lambda a, b, padding: in_float32(a[:, 0], b[0])[:, None]
    )
    for form, once in ((in_float32, True), (by_halves, False)):
        monkeypatch.setattr(tf, "matmul", form)
        assert precision.rounds_once(left, right) is once


def test_without_the_units_that_tensorflow_sees_products_are_float32_and_nothing_crashes():
    # On a processor with AVX-512 that is restricted like this, tf.matmul in bfloat16 ends the
    # process; of TensorFlow 2.18, a convolution does, too.
    program = """
import tensorflow as tf
from leakgan_tf.models import precision
left, right = tf.fill([3, 4], 1 / 3), tf.fill([4, 5], 3.03125)
found = precision.product(left, tf.cast(right, tf.bfloat16))
wide = precision.convolution(left[None], right[None], tf.zeros([5]), "bfloat16")
print(found[0, 0].numpy(), wide[0, 0, 0].numpy())
"""
    process = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2", "TF_ENABLE_ONEDNN_OPTS": "1"},
        stdout=subprocess.PIPE,
        timeout=300,
        check=True,
    )
    # 1/3 is 171/512 in bfloat16: the sum is 4.0496, and 4.0625 in 8 bits. Of 1/3 it is 4.0417,
    # and 4.03125 in 8 bits.
    assert process.stdout.decode().split() == ["4.0625", "4.0625"]


@pytest.mark.parametrize(
    ("environment", "restricted"),
    [
        ({}, False),
        ({"ONEDNN_MAX_CPU_ISA": "avx2"}, True),
        ({"DNNL_MAX_CPU_ISA": "SSE41"}, True),
        ({"ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "DNNL_MAX_CPU_ISA": "AVX2"}, False),
        ({"ONEDNN_MAX_CPU_ISA": "AVX2_VNNI", "DNNL_MAX_CPU_ISA": "ALL"}, True),
    ],
)
def test_instruction_sets_without_bfloat16(environment, restricted):
    assert precision._without_units(environment) is restricted


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
        LeakGAN(replace(small.config(**changes), precision=kind), task=None)
        for kind in ("float32", "bfloat16")
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
