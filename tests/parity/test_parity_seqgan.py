"""SeqGAN against values recorded from the original program, for every reference file."""

import numpy as np
import pytest
import tensorflow as tf
from test_parity_leakgan import GRADIENT, Recorder, check

from helpers import references
from leakgan_tf.generation import sampling
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.objectives import losses
from leakgan_tf.systems.seqgan import SeqGAN


class Case:
    """A reference file, and the project's SeqGAN with its weights."""

    def __init__(self, path):
        self.values = references.load(path)
        self.config = references.seqgan_config(references.sizes(self.values))
        self.system = SeqGAN(self.config, task=None)
        self.tokens = tf.constant(self.values["in/tokens"], tf.int32)
        for variables, ordered in self.parts(references.below(self.values, "vars")):
            references.assign(variables, ordered)

    def parts(self, arrays):
        generator, discriminator = self.system.model, self.system.discriminator
        found = []
        if "generator/embedding" in arrays:
            ordered = references.lstm_generator_arrays(arrays, generator)
            found.append((generator.trainable_variables, ordered))
        if "disc/embedding" in arrays:
            ordered = references.discriminator_arrays(arrays, discriminator)
            found.append((discriminator.trainable_variables, ordered))
        return found

    def peaked(self):
        return self.values["generate/prob"].min() > 1 - 1e-6


@pytest.fixture
def case(seqgan_file):
    return Case(seqgan_file)


def test_values(case):
    values, logits = case.values, case.system.model(case.tokens)
    check(tf.nn.softmax(logits), values["predictions"])
    log_prob = losses.token_log_prob(logits, case.tokens)
    check(losses.likelihood_loss(log_prob), values["pretrain_loss"])
    rewards = tf.constant(values["in/rewards"])
    check(losses.policy_gradient_loss(logits, case.tokens, rewards), values["g_loss"])
    check(
        tf.exp(case.system.generator.log_prob(values["generate/tokens"])), values["generate/prob"]
    )


@pytest.mark.parametrize("kind", ["pretrain", "adversarial"])
def test_clipped_gradients_and_one_step(case, kind, monkeypatch):
    seen, system = {}, case.system
    if kind == "pretrain":
        optimizer = system.optimizers["generator"]
        monkeypatch.setitem(system.optimizers, "generator", Recorder(optimizer, kind, seen))
        system.step(case.tokens, tf.constant([0, 0]))
    else:
        recorder = Recorder(system.optimizers[kind], kind, seen)
        monkeypatch.setitem(system.optimizers, kind, recorder)
        system.adversarial_gradient_step(case.tokens, tf.constant(case.values["in/rewards"]))
    compare(case, f"grads_clipped/{kind}", seen[kind], f"after_one_step/{kind}")


def test_discriminator(case, monkeypatch):
    """Loss with its L2 penalty, probabilities, gradients and one step; nothing is dropped."""
    seen, system, values = {}, case.system, case.values
    check(tf.nn.softmax(system.discriminator(case.tokens)), values["disc/prob"])
    recorder = Recorder(system.optimizers["discriminator"], "d", seen)
    monkeypatch.setitem(system.optimizers, "discriminator", recorder)
    monkeypatch.setattr(system.discriminator, "dropout", 0.0)
    labels = tf.constant(values["in/labels"].argmax(-1), tf.int32)
    scalars = system.discriminator_step(case.tokens, labels, tf.constant([0, 0]))
    check(scalars["loss"], values["disc/loss"])
    compare(case, "grads/disc", seen["d"], "after_one_step/disc")


def compare(case, gradients_key, gradients, weights_key):
    [(variables, expected)] = case.parts(references.below(case.values, gradients_key))
    for variable, mine, theirs in zip(variables, gradients, expected, strict=True):
        check(mine, theirs, GRADIENT, variable.path)
    [(variables, expected)] = case.parts(references.below(case.values, weights_key))
    for variable, theirs in zip(variables, expected, strict=True):
        check(variable, theirs, GRADIENT, variable.path)


def test_rollouts_and_reward(case):
    recorded = references.below(case.values, "rollout")
    starts = sorted(int(name.split("/")[0].removeprefix("given")) for name in recorded)
    policy = LSTMPolicy(case.system.model)
    together = sampling.complete(policy, case.tokens, starts, 1, tf.constant([3, 4]))
    for index, given in enumerate(starts):
        tokens = together[index, 0].numpy()
        np.testing.assert_array_equal(tokens[:, :given], case.tokens[:, :given])
        if case.peaked():
            np.testing.assert_array_equal(tokens, recorded[f"given{given}/tokens"])
    if case.peaked():
        sample = case.system.generator.sample(case.config.batch_size, 1.0, (1, 2))
        np.testing.assert_array_equal(sample, case.values["generate/tokens"])
    for name in [name for name in case.values if name.startswith("reward_")]:
        rollouts = int(name.split("_")[1])
        rewards = case.system.rewards(case.tokens, rollouts, tf.constant([5, 6]))
        check(rewards, case.values[name])
