"""What every system's steps sample: how many sentences, how sharp, and from which seeds.

The sampling loop and the networks are replaced by stand-ins that keep what they were asked for.
"""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.config.presets import text_preset
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.generation import sampling
from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.objectives import rewards as rewards_module
from leakgan_tf.systems import maligan, policy_gradient, scheduled_sampling
from leakgan_tf.systems.registry import make_system, system_config
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

CAPTIONS = text_preset("paper", 7, 8, system_config("leakgan"))
SEED = tf.constant([5, 6])
TOKENS = small.tokens(4, 6, 7, seed=8)
ROLLOUTS = {"rollouts": 3, "seqgan_rollouts": 3, "rankgan_references": 3}


class Task:
    """Training sentences; positives of ones only."""

    train = small.tokens(11, 6, 7, seed=4)

    def positives(self, count, seed):
        self.asked = (count, seed)
        return np.ones([count, 6], np.int32)


class Samples:
    """A generator whose samples are all twos."""

    def sample(self, count, temperature, seed):
        factors = np.broadcast_to(1 / np.asarray(temperature, np.float64), [6])
        self.asked = (count, factors.tolist(), list(seed))
        return np.full([count, 6], 2, np.int32)


def system(name, semantics=ORIGINAL, **changes):
    config = small.config(semantics, system=name, **{**ROLLOUTS, **changes})
    return make_system(config, Task())


def folded(number, seed=SEED):
    return tf.random.experimental.stateless_fold_in(seed, number).numpy().tolist()


class Loop:
    """Stands in for the sampling loop, for D's probabilities and for the generator's update."""

    def __init__(self, monkeypatch, made):
        self.generated, self.completed, self.updated, self.controlled = [], [], [], []
        monkeypatch.setattr(sampling, "generate", self._generate)
        monkeypatch.setattr(sampling, "complete", self._complete)
        monkeypatch.setattr(Discriminator, "probability_real", lambda _, tokens: _mean(tokens))
        for module in (rewards_module, policy_gradient, maligan):
            monkeypatch.setattr(module, "control", self._control)
        made.adversarial_gradient_step = self._update

    def _generate(self, policy, rows, sharpness, seed):
        self.generated.append((rows, np.asarray(sharpness).tolist(), np.asarray(seed).tolist()))
        return tf.constant(TOKENS)

    def _complete(self, policy, tokens, starts, copies, seed):
        np.testing.assert_array_equal(tokens, TOKENS)
        self.completed.append((tuple(starts), copies, np.asarray(seed).tolist()))
        return tf.constant(_completions(len(starts), copies))

    def _control(self, rewards, kind, usual, seed, spread=True):
        self.controlled.append((kind, usual, np.asarray(seed).tolist(), spread))
        return rewards

    def _update(self, tokens, rewards):
        self.updated.append((np.asarray(tokens), np.asarray(rewards)))
        return {"loss": tf.constant(0.0)}


def _mean(tokens):
    """A probability: a sentence's mean token, of seven."""
    return tf.reduce_mean(tf.cast(tokens, tf.float32), axis=1) / 7


def _completions(prefixes, copies):
    random = np.random.default_rng(3)
    return random.integers(0, 7, [prefixes, copies, 4, 6]).astype(np.int32)


def mean_scores(prefixes):
    """The mean probability of each prefix's three completions, then the sentence's: (B, S)."""
    completed = _completions(prefixes, 3).mean(axis=(1, 3)) / 7  # (P, B)
    return np.concatenate([completed.T, TOKENS.mean(axis=1, keepdims=True) / 7], axis=1)


# --- The generator's adversarial step ---------------------------------------------------------


def test_leakgans_adversarial_step(monkeypatch):
    """One batch of the exploring kind, N completions after c, 2c, … tokens, then the control."""
    made = system(
        "leakgan", goal_horizon=2, reward_rank="none", adversarial_inverse_temperature=0.5
    )
    loop = Loop(monkeypatch, made)
    reported = made.adversarial_step(SEED)
    assert loop.generated == [(4, [1.5, 1.5, 0.5, 0.5, 0.5, 0.5], folded(0))]
    assert loop.completed == [((2, 4), 3, folded(1))]
    assert loop.controlled == [("discriminator", 0.5, folded(2), True)]
    ((tokens, rewards),) = loop.updated
    np.testing.assert_array_equal(tokens, TOKENS)
    scores = mean_scores(2)
    np.testing.assert_allclose(rewards, scores, rtol=1e-5)
    assert set(reported) == {"loss", "reward_mean", "reward_spread", "real_probability"}
    assert float(reported["reward_mean"]) == pytest.approx(scores.mean(), rel=1e-5)
    assert float(reported["reward_spread"]) == pytest.approx(scores.std(), rel=1e-4)
    assert float(reported["real_probability"]) == pytest.approx(scores.mean(), rel=1e-5)


def test_leakgans_real_probability_is_ds_whatever_the_rewards(monkeypatch):
    made = system("leakgan", PAPER, goal_horizon=2)
    loop = Loop(monkeypatch, made)
    reported = made.adversarial_step(SEED)
    assert float(reported["real_probability"]) == pytest.approx(mean_scores(2).mean(), rel=1e-5)
    ((_, rewards),) = loop.updated
    ranks = [[1 + (column > one).sum() for column, one in zip(mean_scores(2).T, row, strict=True)]
             for row in mean_scores(2)]  # fmt: skip
    expected = 1 / (1 + np.exp(-12 * (0.5 - np.array(ranks) / 4)))
    np.testing.assert_allclose(rewards, expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["seqgan", "rankgan", "pg_bleu"])
def test_the_adversarial_step_of_the_systems_on_seqgans_schedule(name, monkeypatch):
    """One batch at temperature 1, N completions after every token, then the control."""
    made = system(name)
    loop, contexts = Loop(monkeypatch, made), []
    monkeypatch.setattr(made, "reward_function", lambda *context: contexts.append(context) or _mean)
    context = [tf.constant(Task.train[:4]), tf.constant(Task.train[4:8])][: 2 * (name == "rankgan")]
    reported = made.adversarial_step(*context, SEED)
    assert [list(map(id, each)) for each in contexts] == [list(map(id, context))]
    assert loop.generated == [(4, [1.0] * 6, folded(0))]
    assert loop.completed == [((1, 2, 3, 4, 5), 3, folded(1))]
    usual = {"rankgan": 1 / 5}.get(name, 0.5)
    assert loop.controlled == [("discriminator", usual, folded(2), True)]
    ((tokens, rewards),) = loop.updated
    np.testing.assert_array_equal(tokens, TOKENS)
    scores = mean_scores(5)
    np.testing.assert_allclose(rewards, scores, rtol=1e-5)
    assert set(reported) == {"loss", "reward_mean", "reward_spread"}
    assert float(reported["reward_mean"]) == pytest.approx(scores.mean(), rel=1e-5)
    assert float(reported["reward_spread"]) == pytest.approx(scores.std(), rel=1e-4)


def test_seqgans_reward_is_ds_probability():
    made = system("seqgan")
    small.randomise(made.discriminator)
    found = made.reward_function()(tf.constant(TOKENS))
    expected = tf.nn.softmax(made.discriminator(tf.constant(TOKENS)))[:, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_maligans_adversarial_step(monkeypatch):
    """The completions' seed is the step's own; the control's is that of position T."""
    made, filled = system("maligan", maligan_completions=3), []
    loop = Loop(monkeypatch, made)

    def fill_in(policy, tokens, given, seed):
        filled.append((np.asarray(tokens), np.asarray(given), np.asarray(seed).tolist()))
        return tokens

    monkeypatch.setattr(maligan, "infill", fill_in)
    given = np.array([0, 2, 5, 6], np.int32)
    reported = made.adversarial_step(
        tf.constant(TOKENS), tf.constant(given), tf.constant([0.25] * 4), SEED
    )
    ((tokens, kept, seed),) = filled
    np.testing.assert_array_equal(tokens, np.tile(TOKENS, [3, 1]))
    np.testing.assert_array_equal(kept, np.tile(np.arange(6) < given[:, np.newaxis], [3, 1]))
    assert seed == SEED.numpy().tolist()
    assert loop.controlled == [("discriminator", 1.0, folded(6), False)]
    ((_, rewards),) = loop.updated
    # All completions of a prefix are equal here, so that each has the weight 1.
    np.testing.assert_allclose(rewards, np.where(kept, 1.0, 0.75) / 12, rtol=1e-5)
    assert set(reported) == {"loss", "given", "weight_spread", "real_probability"}
    assert float(reported["given"]) == pytest.approx(13 / 4)
    assert float(reported["weight_spread"]) == pytest.approx(0, abs=1e-6)
    logits = made.discriminator(tf.constant(TOKENS))
    expected = tf.nn.softmax(logits)[:, 1].numpy().mean()
    assert float(reported["real_probability"]) == pytest.approx(expected, rel=1e-5)


def test_scheduled_samplings_coins_and_tokens_have_seeds_of_their_own(monkeypatch):
    made, filled = system("scheduled_sampling"), []

    def fill_in(policy, tokens, given, seed):
        filled.append((np.asarray(given), np.asarray(seed).tolist()))
        return tokens

    monkeypatch.setattr(scheduled_sampling, "infill", fill_in)
    reported = made.mixed_step(tf.constant(TOKENS), tf.fill([4], 0.5), SEED)
    ((given, seed),) = filled
    coins = tf.random.stateless_uniform([4, 6], folded(0)).numpy()
    np.testing.assert_array_equal(given, coins < 0.5)
    assert seed == folded(1)
    assert set(reported) == {"loss", "gradient_norm", "true_share"}
    assert float(reported["true_share"]) == pytest.approx(given.mean())


# --- What discriminators learn from -----------------------------------------------------------


def leakgan_round(made, seed=11):
    made.generator = Samples()
    tokens, labels = made.real_and_generated(seed)
    count = made.config.own.discriminator_samples
    np.testing.assert_array_equal(tokens, np.repeat([[1] * 6, [2] * 6], count, axis=0))
    np.testing.assert_array_equal(labels, np.repeat([1, 0], count))  # 1 is real
    assert labels.dtype == np.int32
    return made.task.asked, made.generator.asked


def test_a_round_of_leakgans_discriminator():
    """As many fresh sentences of each side; the generated ones of the evaluated kind."""
    made = system(
        "leakgan",
        discriminator_samples=9,
        opening_inverse_temperature=3.0,
        discriminator_inverse_temperature=2.0,
    )
    positives, samples = leakgan_round(made)
    assert positives == (9, derive_int(11, "real"))
    assert samples == (9, [3.0, 3.0, 2.0, 2.0, 2.0, 2.0], derive(11, "generated").tolist())


@pytest.mark.parametrize(
    ("semantics", "shown_to_d", "explored"),
    [
        (ORIGINAL, [1.5] * 6, [1.5, 1.5, 1.0, 1.0, 1.0, 1.0]),
        (PAPER, [1.0] * 6, [1.0] * 6),
        (CAPTIONS.own.semantics, [1.5] * 6, [1.5, 1.5, 0.8, 0.8, 0.8, 0.8]),
    ],
    ids=["program", "paper", "program for captions"],
)
def test_how_sharp_leakgan_samples_in_training(semantics, shown_to_d, explored, monkeypatch):
    made = system("leakgan", semantics, discriminator_samples=4)
    _, (_, found, _) = leakgan_round(made)
    np.testing.assert_allclose(found, shown_to_d)
    loop = Loop(monkeypatch, made)
    made.adversarial_step(SEED)
    np.testing.assert_allclose(loop.generated[0][1], explored)


def test_leakgans_discriminator_can_be_given_training_sentences_only():
    """As many as of the other side: some twice only if there are too few."""
    made = system("leakgan", discriminator_samples=9, discriminator_data="fixed")
    made.generator = Samples()
    real = made.real_and_generated(11)[0][:9]
    known = {tuple(row) for row in Task.train}
    assert {tuple(row) for row in real} <= known and len({tuple(row) for row in real}) == 9
    assert not np.array_equal(made.real_and_generated(12)[0][:9], real)
    many = system("leakgan", discriminator_samples=30, discriminator_data="fixed")
    many.generator = Samples()
    assert {tuple(row) for row in many.real_and_generated(11)[0][:30]} <= known


@pytest.mark.parametrize("name", ["seqgan", "maligan", "rankgan"])
def test_a_round_on_seqgans_schedule_with_fresh_sentences(name):
    made = system(name, seqgan_discriminator_data="fresh")
    made.generator = Samples()
    real, *_ = made.real_and_generated(11)
    assert made.task.asked == (11, derive_int(11, "real"))
    np.testing.assert_array_equal(real[:11], np.ones([11, 6]))


@pytest.mark.parametrize("name", ["seqgan", "maligan", "rankgan"])
def test_a_round_on_seqgans_schedule(name):
    """The training sentences and as many generated ones at temperature 1."""
    made = system(name)
    made.generator = Samples()
    arrays = made.real_and_generated(11)
    assert made.generator.asked == (11, [1.0] * 6, derive(11, "generated").tolist())
    if name == "rankgan":
        real, generated, references = arrays
        order = numpy_generator(11, "references").permutation(11)
        np.testing.assert_array_equal(references, Task.train[order])
        np.testing.assert_array_equal(real, Task.train)
        np.testing.assert_array_equal(generated, np.full([11, 6], 2))
    else:
        tokens, labels = arrays
        np.testing.assert_array_equal(tokens, [*Task.train, *np.full([11, 6], 2)])
        np.testing.assert_array_equal(labels, np.repeat([1, 0], 11))


@pytest.mark.parametrize("name", ["leakgan", "seqgan", "rankgan"])
def test_each_discriminator_step_drops_features_by_its_seed(name, monkeypatch):
    made, seeds, features = system(name), [], Discriminator.features

    def recorded(self, tokens, dropout_seed=None):
        seeds.append(dropout_seed.numpy().tolist())
        return features(self, tokens, dropout_seed)

    monkeypatch.setattr(Discriminator, "features", recorded)
    sentences = [tf.constant(Task.train[i : i + 4]) for i in range(3)]
    arrays = sentences if name == "rankgan" else [sentences[0], tf.constant([1, 0, 1, 0])]
    step = made.ranker_step if name == "rankgan" else made.discriminator_step
    step(*arrays, SEED)
    own = [SEED.numpy().tolist()]
    assert seeds == ([folded(0), folded(1), folded(2)] if name == "rankgan" else own)


# --- What generators learn from ---------------------------------------------------------------


@pytest.mark.parametrize(("share", "count"), [(1.0, 11), (0.6, 7), (0.5, 6), (0.01, 4)])
def test_a_short_epoch_of_leakgan_is_a_share_of_the_sentences(share, count):
    """No fewer than a batch; drawn without replacement by the phase's seed."""
    made = system("leakgan", likelihood_share=share)
    (found,) = made.real_sentences(11)
    if share < 1:
        rows = numpy_generator(11, "share").choice(11, count, replace=False)
        np.testing.assert_array_equal(found, Task.train[rows])
    else:
        assert found is not None and len(found) == count
        np.testing.assert_array_equal(found, Task.train)


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_leakgans_stored_features_are_those_of_the_sentences(share):
    made = system("leakgan", likelihood_share=share)
    sentences, features = made.real_sentences_with_features(11)
    np.testing.assert_array_equal(sentences, *made.real_sentences(11))
    expected = made.policy().leak.all(tf.constant(sentences))
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)


def test_rankgans_references_and_comparisons_are_two_ends_of_one_permutation():
    rows = numpy_generator(11, "judging").permutation(11)
    references, comparisons = system("rankgan").reward_data(11)
    np.testing.assert_array_equal(references, Task.train[rows[:4]])
    np.testing.assert_array_equal(comparisons, Task.train[rows[7:]])


def test_maligans_prefixes_are_drawn_without_replacement():
    made = system("maligan", mle_epochs=0, seqgan_discriminator_rounds=0, seqgan_steps=1)
    phase = next(iter(made.phases()))
    rows = numpy_generator(11, "prefixes").choice(11, 4, replace=False)
    np.testing.assert_array_equal(phase.data(11)[0], Task.train[rows])


# --- How models and optimizers are made -------------------------------------------------------

RATES = {
    "generator_learning_rate": 0.1,
    "adversarial_learning_rate": 0.2,
    "discriminator_learning_rate": 0.3,
    "mle_learning_rate": 0.4,
    "seqgan_discriminator_learning_rate": 0.5,
}
LEAKGAN = {"pretrain_manager": 0.1, "pretrain_worker": 0.1, "adversarial_manager": 0.2,
           "adversarial_worker": 0.2, "discriminator": 0.3}  # fmt: skip
SEQGAN = {"generator": 0.4, "adversarial": 0.4, "discriminator": 0.5}


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("leakgan", LEAKGAN),
        ("seqgan", SEQGAN),
        ("rankgan", SEQGAN),
        ("maligan", SEQGAN),
        ("pg_bleu", {"generator": 0.4, "adversarial": 0.4}),
        ("mle", {"generator": 0.4}),
        ("scheduled_sampling", {"generator": 0.4}),
    ],
)
def test_every_optimizer_has_its_rate(name, rates):
    made = system(name, adam_epsilon=1e-3, **RATES)
    found = {key: float(each.learning_rate.numpy()) for key, each in made.optimizers.items()}
    assert found == pytest.approx(rates)
    for each in made.optimizers.values():
        assert (each.epsilon, each.beta_1, each.beta_2) == (1e-3, 0.9, 0.999)
    assert set(made.models) == {"generator"} | ({"discriminator"} & set(rates))


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("leakgan", {"generator": ("leakgan", "generator"),
                     "discriminator": ("leakgan", "discriminator")}),
        ("mle", {"generator": ("mle", "generator")}),
        ("seqgan", {"generator": ("mle", "generator"),
                    "discriminator": ("seqgan", "discriminator")}),
    ],
)  # fmt: skip
def test_initial_weights_come_from_the_runs_seed_and_the_models_name(name, paths):
    """The LSTM generator's are the same in every system, so that all continue one MLE run."""
    models = system(name, seed=3).models
    assert {key: each.seed for key, each in models.items()} == {
        key: derive_int(3, *path) for key, path in paths.items()
    }


@pytest.mark.parametrize(("kind", "rows"), [("shared", 1), ("per_row", 4)])
def test_leakgans_first_goal_has_one_row_or_one_for_each_of_the_batch(kind, rows):
    made = system("leakgan", goal_init=kind)
    assert made.model.manager.goal_init.shape == (rows, made.config.feature_size)
