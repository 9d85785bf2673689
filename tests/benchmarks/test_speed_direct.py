"""The direct forms compute what the project's own forms compute: else they were no baseline."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.speed.direct import (
    DirectLeakGAN,
    DirectPrefixFeatures,
    DirectReward,
    convolve_1d,
    convolve_2d,
)
from helpers import small
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.generation import sampling
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN

CLOSE = {"rtol": 1e-5, "atol": 1e-5}
SEED = (3, 4)
KINDS = pytest.mark.parametrize("semantics", [ORIGINAL, PAPER], ids=["original", "paper"])
FORMS = pytest.mark.parametrize("convolve", [convolve_1d, convolve_2d])


def case(semantics=ORIGINAL, convolve=convolve_2d, sharp=1.0, **changes):
    """A system with random weights, its direct form, and sentences."""
    # Adam with a large ε moves weights by their gradients, not by the gradients' signs.
    rates = dict.fromkeys(
        ("generator_learning_rate", "adversarial_learning_rate", "discriminator_learning_rate"), 1.0
    )
    config = small.config(semantics, adam_epsilon=1.0, gradient_clip=0.1, **rates, **changes)
    system = LeakGAN(config, task=None)
    for number, model in enumerate(system.models.values()):
        small.randomise(model, number)
    kernel = system.model.worker.output_kernel.kernel
    kernel.assign(kernel * sharp)
    tokens = small.tokens(config.batch_size, config.length, config.vocab_size)
    return system, DirectLeakGAN(system, convolve), tf.constant(tokens)


def assert_same_weights(direct, system):
    output, worker = direct.output, direct.model.worker
    for folded, variable in zip(
        output.folded(), (worker.output_kernel.kernel, worker.output_bias.kernel), strict=True
    ):
        variable.assign(folded)
    for name in ("discriminator", "model"):
        for mine, theirs in zip(
            getattr(direct, name).weights, getattr(system, name).weights, strict=True
        ):
            np.testing.assert_allclose(mine, theirs, **CLOSE, err_msg=theirs.path)


@FORMS
def test_features_of_prefixes(convolve):
    system, direct, tokens = case(convolve=convolve)
    fast = PrefixFeatures(system.discriminator).all(tokens)
    slow = DirectPrefixFeatures(direct.discriminator, convolve).all(tokens)
    np.testing.assert_allclose(slow, fast, **CLOSE)


@KINDS
@FORMS
def test_a_step_of_the_discriminator(semantics, convolve):
    system, direct, tokens = case(semantics, convolve)
    labels, seed = tf.constant([1, 0, 1, 0]), tf.constant(SEED)
    for _ in range(2):
        fast = system.discriminator_step(tokens, labels, seed)["loss"]
        slow = direct.discriminator_step(tokens, labels, seed)["loss"]
        np.testing.assert_allclose(slow, fast, rtol=1e-5)
    assert_same_weights(direct, system)


@KINDS
@pytest.mark.parametrize("task", ["synthetic", "text"])
def test_updates_of_the_generator(semantics, task):
    system, direct, tokens = case(semantics, task=task)
    reward = tf.constant(np.abs(small.array(4, 2)))
    for step, batch in (("pretrain_step", SEED), ("adversarial_gradient_step", reward)):
        fast = getattr(system, step)(tokens, tf.constant(batch))
        slow = getattr(direct, step)(tokens, tf.constant(batch))
        for name in ("manager_loss", "worker_loss"):
            np.testing.assert_allclose(slow[name], fast[name], **CLOSE)
        assert_same_weights(direct, system)


@KINDS
def test_samples_are_the_same_tokens(semantics):
    system, direct, _ = case(semantics, task="text")
    inverse_temperature, seed = tf.constant([1.5, 1.5, 1.0, 1.0, 0.5, 0.5]), tf.constant(SEED)
    fast = sampling.generate(system.policy(), 4, inverse_temperature, seed).numpy()
    np.testing.assert_array_equal(direct.sample(4, inverse_temperature, seed), fast)
    assert len(np.unique(fast)) > 2


@KINDS
def test_rewards_of_a_policy_that_has_no_choice(semantics):
    """One-hot policies complete a prefix in one way, so every copy's random numbers agree."""
    system, direct, tokens = case(semantics, sharp=1e4)
    seed = tf.constant(SEED)
    fast = system.score_prefixes(system.policy(), tokens, seed).numpy()
    slow = DirectReward(direct).scores(tokens, direct.config.own.rollouts, seed)
    np.testing.assert_allclose(slow, fast, rtol=1e-5)
    assert fast.std(axis=0).min() > 1e-3


def test_the_copy_leaves_the_system_alone():
    system, direct, tokens = case()
    before = [weight.numpy() for model in system.models.values() for weight in model.weights]
    direct.pretrain_step(tokens, tf.constant(SEED))
    direct.discriminator_step(tokens, tf.constant([1, 0, 1, 0]), tf.constant(SEED))
    after = [weight.numpy() for model in system.models.values() for weight in model.weights]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)
