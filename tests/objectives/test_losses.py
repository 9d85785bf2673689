"""Losses and their gradients against NumPy twins, and what each must do by its meaning."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from helpers.rounding import assert_equal_but_rounding
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.models.leakgan_generator import Goals
from leakgan_tf.objectives import losses
from leakgan_tf.systems.leakgan import LeakGAN

SEMANTICS = {
    "original": ORIGINAL,
    "paper": PAPER,
    "original, cosine per step": dataclasses.replace(ORIGINAL, cosine="per_step"),
    "paper, batch mean": dataclasses.replace(PAPER, cosine="batch_mean"),
}
LOSSES = ("pretrain_manager", "pretrain_worker", "adversarial_manager", "adversarial_worker")


class Case:
    """A tiny system, and its four losses by the library and by the twins."""

    def __init__(self, semantics):
        self.config = small.config(semantics, batch_size=3, sampling_batch=3)
        self.system = LeakGAN(self.config, task=None)
        for seed, model in enumerate(self.system.models.values()):
            small.randomise(model, seed)
        self.tokens = small.tokens(3, self.config.length, self.config.vocab_size)
        self.reward = np.random.default_rng(1).random((3, 2)).astype(np.float32)
        named = twins.weights(self.system.discriminator)
        self.features = [
            twins.prefix_features(named, self.config.windows, row) for row in self.tokens
        ]
        self.parts = {
            "manager": self.system.model.manager, "worker": self.system.model.worker
        }  # fmt: skip
        self.weights = {name: twins.weights(part) for name, part in self.parts.items()}

    def sizes(self):
        return self.config.own.semantics, self.config.length, self.config.own.goal_horizon

    def losses(self):
        forward = self.system.forward(self.tokens)
        rewards = self.system.intrinsic_reward(forward)
        return {
            "pretrain_manager": losses.manager_pretrain_loss(forward.cosines, *self.sizes()),
            "pretrain_worker": -tf.reduce_mean(forward.log_prob),
            "adversarial_manager": losses.manager_adversarial_loss(
                forward.cosines, tf.constant(self.reward), *self.sizes()
            ),
            "adversarial_worker": losses.worker_adversarial_loss(
                forward.log_prob, rewards, self.config.own.semantics
            ),
        }

    def twin_losses(self, manager, worker, intrinsic=None):
        """`intrinsic`: the Worker's rewards if they are held fixed."""
        along = twins.Sentences(self.config, manager, worker, self.features, self.tokens)
        rewards = along.intrinsic if intrinsic is None else intrinsic
        return {
            "pretrain_manager": twins.manager_pretrain_loss(along.cosines, *self.sizes()),
            "pretrain_worker": -np.mean(along.log_prob),
            "adversarial_manager": twins.manager_adversarial_loss(
                along.cosines, self.reward, *self.sizes()
            ),
            "adversarial_worker": twins.worker_adversarial_loss(
                along.log_prob, rewards, self.config.own.semantics
            ),
        }


@pytest.fixture(scope="module", params=SEMANTICS)
def case(request):
    return Case(SEMANTICS[request.param])


def test_losses_equal_their_twins(case):
    mine, twin = case.losses(), case.twin_losses(**case.weights)
    for name in LOSSES:
        np.testing.assert_allclose(mine[name], twin[name], rtol=1e-4, atol=1e-6, err_msg=name)


def test_intrinsic_rewards_equal_their_twins(case):
    forward = case.system.forward(case.tokens)
    along = twins.Sentences(
        case.config, case.weights["manager"], case.weights["worker"], case.features, case.tokens
    )
    rewards = case.system.intrinsic_reward(forward)
    np.testing.assert_allclose(rewards, along.intrinsic, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(forward.cosines, along.cosines, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(forward.log_prob, along.log_prob, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_agree_with_finite_differences(case, name):
    """The slope of the float64 twin along a random direction of each variable."""
    part = name.split("_")[1]
    layer, named = case.parts[part], case.weights[part]
    with tf.GradientTape() as tape:
        loss = case.losses()[name]
    gradients = tape.gradient(loss, layer.trainable_variables)
    fixed = [np.array(row) for row in case.system.intrinsic_reward(
        case.system.forward(case.tokens)).numpy()]  # fmt: skip
    random, step, slopes = np.random.default_rng(2), 1e-5, []
    for key, gradient in zip(named, gradients, strict=True):
        direction = random.normal(size=named[key].shape)
        values = []
        for sign in (1, -1):
            moved = {**named, key: named[key] + sign * step * direction}
            values.append(case.twin_losses(**{**case.weights, part: moved}, intrinsic=fixed)[name])
        slope = (values[0] - values[1]) / (2 * step)
        # A goal_init that no loss reads has no gradient at all.
        mine = 0.0 if gradient is None else np.sum(tf.convert_to_tensor(gradient) * direction)
        np.testing.assert_allclose(mine, slope, rtol=2e-3, atol=1e-5, err_msg=key)
        slopes.append(abs(slope))
    assert max(slopes) > 1e-3


def test_the_workers_losses_train_neither_manager_nor_discriminator(case):
    others = case.parts["manager"].trainable_variables
    others = others + case.system.discriminator.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        values = case.losses()
    for name in ("pretrain_worker", "adversarial_worker"):
        assert tape.gradient(values[name], others) == [None] * len(others)


def test_the_managers_losses_train_neither_worker_nor_discriminator(case):
    others = case.parts["worker"].trainable_variables
    others = others + case.system.discriminator.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        values = case.losses()
    for name in ("pretrain_manager", "adversarial_manager"):
        assert tape.gradient(values[name], others) == [None] * len(others)


# --- Signs and units --------------------------------------------------------------------------


def along(window, sign):
    """Features that move by a constant step, and goals along (1) or against it (-1)."""
    change = small.array(1, 1, 5)
    features = tf.constant(change * np.arange(7)[np.newaxis, :, np.newaxis], tf.float32)
    goal = sign * tf.constant(change)
    targets = tf.repeat(goal, 2 if window == "block" else 4, axis=1)
    return features, Goals(tf.repeat(goal, 7, axis=1), tf.repeat(goal, 6, axis=1), targets)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("window", ["block", "sliding"])
def test_a_goal_equal_to_the_change_has_cosine_one(window, sign):
    features, goals = along(window, sign)
    cosines = losses.cosine(losses.manager_pairs(features, goals, 3, window))
    assert cosines.shape == ((1, 2) if window == "block" else (1, 4))
    np.testing.assert_allclose(cosines, np.full(cosines.shape, sign), rtol=1e-5)
    rewards = losses.intrinsic_reward(features, goals, 3, window)
    np.testing.assert_allclose(rewards, np.full((1, 6), sign), rtol=1e-5)


def test_no_change_has_cosine_zero():
    pairs = losses.Pairs(tf.zeros([1, 2, 3]), tf.ones([1, 2, 3]))
    np.testing.assert_array_equal(losses.cosine(pairs), np.zeros((1, 2)))


@pytest.mark.parametrize("window", ["block", "sliding"])
def test_a_change_in_the_last_place_is_none_and_a_small_one_is(window):
    """Libraries compute equal rows of a product differently, as the processor has it."""
    features, goals = along(window, 1)
    rest = np.broadcast_to(features[:, 1:2], features.shape).copy()
    rest[:, ::2] = np.nextafter(rest[:, ::2], np.float32(9))
    assert len(np.unique(rest)) == 10  # five features, two values of each
    for cosines in (
        losses.cosine(losses.manager_pairs(tf.constant(rest), goals, 3, window)),
        losses.intrinsic_reward(tf.constant(rest), goals, 3, window),
    ):
        np.testing.assert_array_equal(cosines, np.zeros(cosines.shape))
    small_steps = tf.constant(rest + 1e-4 * features.numpy())
    rewards = losses.intrinsic_reward(small_steps, goals, 3, window)
    np.testing.assert_allclose(rewards, np.ones((1, 6)), rtol=1e-4)


@pytest.mark.parametrize("semantics", SEMANTICS.values(), ids=SEMANTICS)
def test_the_managers_losses_fall_as_goals_are_met(semantics):
    def both(value):
        cosines = tf.fill([2, 2] if semantics.goal_window == "block" else [2, 4], value)
        reward = tf.ones([2, 2])
        return (
            float(losses.manager_pretrain_loss(cosines, semantics, 6, 3)),
            float(losses.manager_adversarial_loss(cosines, reward, semantics, 6, 3)),
        )

    for better, worse in zip(both(0.5), both(-0.5), strict=True):
        assert better < 0 < worse


def stepped(loss_of_logits, tokens):
    """The change of each token's log-probability after one small step down the loss."""
    logits = tf.Variable(small.array(2, 3, 5))
    before = losses.token_log_prob(logits, tokens)
    with tf.GradientTape() as tape:
        loss = loss_of_logits(logits)
    logits.assign_sub(1e-2 * tape.gradient(loss, logits))
    return (losses.token_log_prob(logits, tokens) - before).numpy()


def test_a_positive_reward_makes_its_token_likelier_in_seqgan():
    tokens = small.tokens(2, 3, 5)
    rewards = tf.constant([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])
    change = stepped(lambda x: losses.policy_gradient_loss(x, tokens, rewards), tokens)
    np.testing.assert_array_equal(np.sign(np.round(change, 6)), np.sign(rewards))


@pytest.mark.parametrize("cosine", ["per_step", "batch_mean"])
def test_a_positive_reward_makes_its_token_likelier_for_the_worker(cosine):
    tokens = small.tokens(2, 3, 5)
    rewards = tf.constant([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])  # their mean is above 0
    semantics = SimpleNamespace(cosine=cosine)

    def loss(logits):
        return losses.worker_adversarial_loss(
            losses.token_log_prob(logits, tokens), rewards, semantics
        )

    expected = np.sign(rewards) if cosine == "per_step" else np.ones((2, 3))
    np.testing.assert_array_equal(np.sign(np.round(stepped(loss, tokens), 7)), expected)


@pytest.mark.parametrize("window", ["block", "sliding"])
def test_a_feature_that_changes_by_rounding_only_has_not_changed(window):
    """Each difference is measured by its own features: two are tiny, beside large ones."""
    unit = 2.0**-23
    path = [
        [1e-4, 1e-4],
        [2e-4, 2e-4],
        [2e-4, 1e3],
        [2e-4, 1e3 * (1 + 4 * unit)],
        [2e-4, 1e3 + 0.01],
    ]
    other = [[0, 0], [0, 0], [1, 1], [1, 1 + 2 * unit], [1, 1 + 2.0**-18]]
    features = np.array([path, other], np.float32)
    goals = Goals(*[tf.zeros([2, 4, 2])] * len(Goals._fields))
    found = losses.manager_pairs(tf.constant(features), goals, 1, window).changes
    expected = features[:, 1:] - features[:, :-1]
    expected[:, 2] = 0
    np.testing.assert_array_equal(found, expected)
    moved = [[True, True, False, True], [False, True, False, True]]
    assert (expected != 0).any(axis=2).tolist() == moved


def test_sequence_losses_equal_their_twins():
    logits, tokens = small.array(2, 3, 5), small.tokens(2, 3, 5)
    rewards = small.array(2, 3, seed=4)
    expected = np.stack([twins.token_log_prob(*pair) for pair in zip(logits, tokens, strict=True)])
    np.testing.assert_allclose(losses.token_log_prob(logits, tokens), expected, rtol=1e-5)
    np.testing.assert_allclose(
        losses.likelihood_loss(losses.token_log_prob(logits, tokens)), -expected.mean(), rtol=1e-5
    )
    np.testing.assert_allclose(
        losses.policy_gradient_loss(logits, tokens, rewards), -(expected * rewards).sum(), rtol=1e-5
    )


def test_an_all_but_impossible_token_costs_46_nats_and_has_no_gradient():
    logits = tf.Variable([[[0.0, 200.0]]])
    with tf.GradientTape() as tape:
        loss = losses.likelihood_loss(losses.token_log_prob(logits, tf.constant([[0]])))
    assert float(loss) == pytest.approx(20 * math.log(10))
    np.testing.assert_array_equal(tf.convert_to_tensor(tape.gradient(loss, logits)), [[[0, 0]]])


@pytest.mark.parametrize("semantics", SEMANTICS.values(), ids=SEMANTICS)
def test_what_is_masked_counts_in_no_loss(semantics):
    """Sentences of 3 and 6 tokens: all losses of the second alone, whatever fills the first."""
    mask = tf.sequence_mask([3, 6], 6)
    window = semantics.goal_window
    pairs = losses.pair_mask(mask, 3, window)
    steps = 2 if window == "block" else 4
    np.testing.assert_array_equal(
        pairs, [[True, False], [True] * 2] if steps == 2 else [[True] * 3 + [False], [True] * 4]
    )
    log_prob, rewards = small.array(2, 6), small.array(2, 6, seed=1)
    cosines, judged = small.array(2, steps, seed=2), np.ones((2, 2), np.float32)
    sizes, found = (semantics, 6, 3), []
    for filling in (0.0, 5.0):
        log_prob[0, 3:], rewards[0, 3:], cosines[0, -1] = filling, filling, filling
        found.append(
            [
                float(losses.likelihood_loss(log_prob, mask)),
                float(losses.worker_adversarial_loss(log_prob, rewards, semantics, mask)),
                float(losses.manager_pretrain_loss(cosines, *sizes, pairs)),
                float(losses.manager_adversarial_loss(cosines, judged, *sizes, pairs)),
            ]
        )
    assert_equal_but_rounding(*found, terms=12)  # tokens of a batch
    counted = np.concatenate([log_prob[0, :3], log_prob[1]])
    np.testing.assert_allclose(found[0][0], -counted.mean(), rtol=1e-5)


def test_discriminator_loss_is_the_mean_cross_entropy_with_class_1_real():
    loss = losses.discriminator_loss(tf.constant([[0.0, 3.0], [0.0, 3.0]]), tf.constant([1, 0]))
    assert float(loss) == pytest.approx((math.log1p(math.exp(-3)) + math.log1p(math.exp(3))) / 2)


def test_l2_penalty_is_half_the_sum_of_squares():
    assert float(losses.l2_penalty(tf.constant([[1.0, 2.0]]), tf.constant([4.0]))) == 10.5
