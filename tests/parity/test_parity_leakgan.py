"""LeakGAN against values recorded from the original program, for every reference file."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import references
from leakgan_tf.generation import sampling
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.objectives import losses
from leakgan_tf.systems.leakgan import LeakGAN

VALUE, GRADIENT = 1e-5, 1e-4


class Case:
    """A reference file, and the project's LeakGAN with its weights."""

    def __init__(self, path):
        self.values = references.load(path)
        self.config = references.leakgan_config(references.sizes(self.values))
        self.system = LeakGAN(self.config, task=None)
        self.tokens = tf.constant(self.values["in/tokens"], tf.int32)
        for variables, ordered in self.parts(references.below(self.values, "vars")).values():
            references.assign(variables, ordered)

    def parts(self, arrays):
        """Variables and recorded arrays of those of Manager, Worker and D that are recorded."""
        model, discriminator = self.system.model, self.system.discriminator
        found = {}
        if "manager/goal_init" in arrays:
            found["manager"] = (
                model.manager.trainable_variables,
                references.manager_arrays(arrays, model.manager),
            )
        if "worker/embedding" in arrays:
            found["worker"] = (
                model.worker.trainable_variables,
                references.worker_arrays(arrays, model.worker),
            )
        if "disc/embedding" in arrays:
            found["discriminator"] = (
                discriminator.trainable_variables,
                references.discriminator_arrays(arrays, discriminator),
            )
        return found

    def peaked(self):
        """Whether every recorded choice was certain, so that sampling must match."""
        return self.values["generate/train1/prob"].min() > 1 - 1e-6

    def labels(self):
        return tf.constant(self.values["in/labels"].argmax(-1), tf.int32)


@pytest.fixture
def case(leakgan_file):
    return Case(leakgan_file)


def check(actual, expected, tolerance=VALUE, name=""):
    np.testing.assert_allclose(
        np.asarray(actual), expected, rtol=tolerance, atol=tolerance, err_msg=name
    )


def test_features_and_goals(case):
    forward = case.system.forward(case.tokens)
    check(forward.features, case.values["teacher_forced/features"])
    horizon = case.config.own.goal_horizon
    pairs = losses.manager_pairs(forward.features, forward.goals, horizon, "block")
    check(pairs.changes, case.values["teacher_forced/sub_feature"])
    check(pairs.goals, case.values["teacher_forced/real_goals"])
    check(forward.goals.worker, case.values["teacher_forced/all_sub_goals"])


def test_worker_feature_changes(case):
    """The changes behind the intrinsic reward, by its cosine with the recorded pairs."""
    forward = case.system.forward(case.tokens)
    recorded = losses.Pairs(
        tf.constant(case.values["teacher_forced/all_sub_features"]),
        tf.constant(case.values["teacher_forced/all_sub_goals"]),
    )
    check(case.system.intrinsic_reward(forward), losses.cosine(recorded).numpy())


def test_teacher_forced_probabilities(case):
    logits = case.system.policy().sequence_logits(case.tokens)
    check(tf.nn.softmax(logits), case.values["teacher_forced/predictions"])


def test_losses(case):
    values, system, config = case.values, case.system, case.config
    forward = system.forward(case.tokens)
    reward = tf.constant(values["in/reward"])
    sizes = (system.semantics, config.length, config.own.goal_horizon)
    intrinsic = system.intrinsic_reward(forward)
    check(tf.reduce_mean(intrinsic), values["teacher_forced/worker_reward"])
    check(
        losses.manager_pretrain_loss(forward.cosines, *sizes),
        values["teacher_forced/pretrain_manager_loss"],
    )
    check(-tf.reduce_mean(forward.log_prob), values["teacher_forced/pretrain_worker_loss"])
    check(
        losses.manager_adversarial_loss(forward.cosines, reward, *sizes),
        values["teacher_forced/adv_manager_loss"],
    )
    check(
        losses.worker_adversarial_loss(forward.log_prob, intrinsic, system.semantics),
        values["teacher_forced/adv_worker_loss"],
    )


@pytest.mark.parametrize("kind", ["pretrain", "adversarial"])
def test_clipped_gradients_and_one_step(case, kind, monkeypatch):
    """The gradients handed to the four optimizers, and the weights after one step of each."""
    seen = {}
    for part in ("manager", "worker"):
        name = f"{kind}_{part}"
        recorder = Recorder(case.system.optimizers[name], part, seen)
        monkeypatch.setitem(case.system.optimizers, name, recorder)
    if kind == "pretrain":
        case.system.pretrain_step(case.tokens, tf.constant([0, 0]))
    else:
        case.system.adversarial_gradient_step(case.tokens, tf.constant(case.values["in/reward"]))

    short = {"pretrain": "pretrain", "adversarial": "adv"}[kind]
    for part in ("manager", "worker"):
        recorded = references.below(case.values, f"grads_clipped/{short}_{part}")
        variables, expected = case.parts(recorded)[part]
        for variable, mine, theirs in zip(variables, seen[part], expected, strict=True):
            check(mine, theirs, GRADIENT, variable.path)
    stepped = references.below(case.values, f"after_one_step/{kind}")
    for part, (variables, expected) in case.parts(stepped).items():
        for variable, theirs in zip(variables, expected, strict=True):
            check(variable, theirs, GRADIENT, f"{part} {variable.path}")


class Recorder:
    """An optimizer that also keeps the gradients it was given."""

    def __init__(self, optimizer, name, seen):
        self.optimizer, self.name, self.seen = optimizer, name, seen

    def apply(self, gradients, variables):
        self.seen[self.name] = [gradient.numpy() for gradient in gradients]
        self.optimizer.apply(gradients, variables)


@pytest.mark.parametrize("training", [0, 1])
def test_sampling_path(case, training):
    """Goals and probabilities along the recorded samples, token by token and all at once."""
    recorded = references.below(case.values, f"generate/train{training}")
    tokens = tf.constant(recorded["tokens"], tf.int32)
    policy = case.system.policy()
    state = policy.start(case.config.batch_size)
    goals, probabilities = [], []
    for position in range(case.config.length):
        logits, state = policy.logits(state, tf.constant(position))
        written = tokens[:, position]
        goals.append(state.goal)
        probabilities.append(tf.gather(tf.nn.softmax(logits), written, axis=1, batch_dims=1))
        state = policy.write(state, written, tf.constant(position))
    check(tf.stack(goals, 1), recorded["goals"])
    check(tf.stack(probabilities, 1), recorded["prob"])
    at_once = tf.exp(case.system.generator.log_prob(tokens.numpy(), path="sampling"))
    check(at_once, recorded["prob"])


@pytest.mark.parametrize("training", [0, 1])
def test_samples(case, training):
    """Certain choices give the recorded tokens; others give tokens of the vocabulary."""
    semantics = case.system.semantics
    usual = (
        semantics.adversarial_inverse_temperature
        if training
        else semantics.discriminator_inverse_temperature
    )
    temperature = 1 / case.system.inverse_temperatures(usual).astype(np.float64)
    tokens = case.system.generator.sample(case.config.batch_size, temperature, (1, 2))
    if case.peaked():
        np.testing.assert_array_equal(tokens, case.values[f"generate/train{training}/tokens"])
    assert tokens.min() >= 0
    assert tokens.max() < case.config.vocab_size


def test_rollouts(case):
    """Every prefix is kept, and completed as the original does it where choices are certain."""
    recorded = references.below(case.values, "rollout")
    starts = sorted(int(name.split("/")[0].removeprefix("given")) for name in recorded)
    copies = 2
    together = sampling.complete(
        case.system.policy(), case.tokens, starts, copies, tf.constant([3, 4])
    )
    for index, given in enumerate(starts):
        for copy in range(copies):
            tokens = together[index, copy].numpy()
            np.testing.assert_array_equal(tokens[:, :given], case.tokens[:, :given])
            if case.peaked():
                np.testing.assert_array_equal(tokens, recorded[f"given{given}/tokens"])


def test_discriminator(case):
    values, discriminator = case.values, case.system.discriminator
    logits = discriminator(case.tokens)
    check(tf.nn.softmax(logits), values["disc/prob"])
    check(logits, values["disc/scores"])
    check(losses.discriminator_loss(logits, case.labels()), values["disc/loss"])


def test_discriminator_gradients_and_one_step(case, monkeypatch):
    seen = {}
    optimizers = case.system.optimizers
    recorder = Recorder(optimizers["discriminator"], "discriminator", seen)
    monkeypatch.setitem(optimizers, "discriminator", recorder)
    case.system.discriminator_step(case.tokens, case.labels(), tf.constant([0, 0]))
    recorded = references.below(case.values, "grads/disc")
    variables, expected = case.parts(recorded)["discriminator"]
    for variable, mine, theirs in zip(variables, seen["discriminator"], expected, strict=True):
        check(mine, theirs, GRADIENT, variable.path)
    stepped = references.below(case.values, "after_one_step/disc")
    variables, expected = case.parts(stepped)["discriminator"]
    for variable, theirs in zip(variables, expected, strict=True):
        check(variable, theirs, GRADIENT, variable.path)


def test_prefix_features_equal_the_direct_form(case):
    """Both fast forms against the CNN on padded prefixes."""
    discriminator, length = case.system.discriminator, case.config.length
    leak = PrefixFeatures(discriminator)
    everything = leak.all(case.tokens)
    state = leak.start(case.config.batch_size)
    for position in range(length + 1):
        reached = np.arange(length) < position
        direct = discriminator.features(tf.where(reached, case.tokens, -1))
        check(everything[:, position], direct.numpy())
        check(leak.read(state, tf.constant(position)), direct.numpy())
        if position < length:
            state = leak.advance(state, case.tokens[:, position], tf.constant(position))
