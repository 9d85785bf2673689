"""The Gumbel-softmax GAN: its twins, where its updates move both models, and its likelihood."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.generation import relaxed
from leakgan_tf.models.recurrence import CellState
from leakgan_tf.systems import gumbel_gan
from leakgan_tf.systems.gumbel_gan import GumbelGAN
from leakgan_tf.utils.errors import UserError

SEED = tf.constant([1, 2])
TEXT = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(11, 6, 7, seed=4)
    train[np.cumsum(train == 0, axis=1) > 0] = 0  # nothing after an end


def system(**changes):
    changes = {"gumbel_gan_discriminator_hidden": 3, "gumbel_gan_likelihood_draws": 3, **changes}
    made = GumbelGAN(small.config(system="gumbel_gan", **changes), Task())
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    return made


def real():
    return tf.constant(Task.train[:4])


def scores(made, seed=SEED, temperature=1.0):
    return made.discriminator(real()), made.discriminator(made.soft_samples(temperature, seed))


# --- Twins: one step of each model, V = 4, T = 2 -------------------------------------------------


def soft_sentences(made, temperature, states, noises):
    """Soft tokens (B, T, V) by the formulas: ŷ = softmax((h + g)/τ), ŷ is read next."""
    named, written = twins.weights(made.model), []
    table = named["embedding/embeddings"]
    for hidden, memory, noise in zip(*states, noises, strict=True):
        cell, vector, sentence = twins.LSTM(named), table[twins.START], []
        cell.hidden, cell.memory = hidden.astype(float), memory.astype(float)
        for gumbel in noise:
            logits = cell.step(vector) @ named["output/kernel"] + named["output/bias"]
            sentence.append(np.exp(twins.log_softmax((logits + gumbel) / temperature)))
            vector = sentence[-1] @ table
        written.append(sentence)
    return np.array(written)


def score(named, sentence):
    """D's score of one soft sentence (T, V)."""
    cell = twins.LSTM(named)
    for token in sentence:
        hidden = cell.step(token @ named["embedding/embeddings"])
    return float(hidden @ named["output/kernel"][:, 0] + named["output/bias"][0])


@pytest.fixture
def step(monkeypatch):
    """A system of V = 4, T = 2 with its noise given, and the twin of its soft sentences."""
    made = system(vocab_size=4, length=2, gradient_clip=1e9)
    small.randomise(made.discriminator, 1, 2.0)  # large scores, so that gradients can be told
    states = small.array(4, 4, seed=5), small.array(4, 4, seed=6)
    noises = small.array(4, 2, 4, seed=7)
    given = tf.constant(noises)
    monkeypatch.setattr(gumbel_gan, "noise_state", lambda *_: CellState(*map(tf.constant, states)))
    monkeypatch.setattr(
        relaxed, "gumbel_noise", lambda seed: lambda place, logits: tf.gather(given, place, axis=1)
    )
    return made, lambda temperature: soft_sentences(made, temperature, states, noises)


def test_soft_sentences_and_both_losses_equal_their_twins(step):
    made, soft = step
    expected, named = soft(2.0), twins.weights(made.discriminator)
    np.testing.assert_allclose(made.soft_samples(2.0, SEED), expected, rtol=1e-4, atol=1e-6)
    tokens = small.tokens(4, 2, 4)
    true = [score(named, np.eye(4)[row]) for row in tokens]
    false = [score(named, row) for row in expected]
    likely = [math.log(twins.sigmoid(each)) for each in false]
    found = made.generator_update(tf.constant(2.0), SEED)["loss"]
    np.testing.assert_allclose(found, -np.mean(likely), rtol=1e-4)
    false = [score(named, row) for row in soft(2.0)]  # of the moved generator
    d_loss = -np.mean([math.log(twins.sigmoid(each)) for each in true])
    d_loss -= np.mean([math.log(1.0 - twins.sigmoid(each)) for each in false])
    scalars = made.discriminator_update(tf.constant(tokens), tf.constant(2.0), SEED)
    np.testing.assert_allclose(scalars["discriminator_loss"], d_loss, rtol=1e-4)
    np.testing.assert_allclose(scalars["real_score"], np.mean(true), rtol=1e-3, atol=1e-5)


def test_a_cold_soft_sentence_is_its_argmax(step):
    made, soft = step
    cold = made.soft_samples(1e-3, SEED).numpy()
    np.testing.assert_allclose(cold, np.eye(4)[np.argmax(soft(1e-3), axis=2)], atol=1e-3)
    hot = made.soft_samples(1e4, SEED).numpy()
    np.testing.assert_allclose(hot, 0.25, atol=1e-3)


def test_gs_gradient_agrees_with_finite_differences(step, monkeypatch):
    """Through the soft feedback, too: there is no hard token in the loop."""
    made, _ = step
    gradients = []
    monkeypatch.setattr(
        made.optimizers["adversarial"], "apply", lambda given, variables: gradients.extend(given)
    )

    def loss():
        return float(made.generator_update(tf.constant(2.0), SEED)["loss"])

    loss()
    mine, size, slopes = list(gradients), 3e-2, []
    random = np.random.default_rng(0)
    for variable, gradient in zip(made.model.trainable_variables, mine, strict=True):
        direction = random.normal(size=variable.shape).astype(np.float32)
        direction /= np.linalg.norm(direction)
        at, sides = variable.numpy(), []
        for sign in (1, -1):
            variable.assign(at + sign * size * direction)
            sides.append(loss())
        variable.assign(at)
        slopes.append((sides[0] - sides[1]) / (2 * size))
        np.testing.assert_allclose(
            np.sum(gradient * direction), slopes[-1], rtol=2e-2, atol=2e-5, err_msg=variable.path
        )
    assert max(map(abs, slopes)) > 5e-4


# --- Updates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [{}, TEXT], ids=["oracle", "text"])
def test_g_raises_the_scores_of_its_samples(text):
    made = system(**text)
    at, before = [v.numpy() for v in made.discriminator.weights], scores(made)[1]
    made.generator_update(tf.constant(1.0), SEED)
    assert float(tf.reduce_mean(scores(made)[1] - before)) > 0
    for one, other in zip(at, made.discriminator.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_d_tells_real_from_generated():
    made = system()
    at, (true, false) = [v.numpy() for v in made.model.weights], scores(made)
    made.discriminator_update(real(), tf.constant(1.0), SEED)
    after = scores(made)
    assert float(tf.reduce_mean(after[0] - after[1] - true + false)) > 0
    for one, other in zip(at, made.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("likely", [0, 3])
def test_an_update_raises_the_token_that_d_prefers(likely):
    """D is made to score by one token: its share among the first tokens grows."""
    made = system(gumbel_gan_adversarial_learning_rate=0.05, vocab_size=4)
    table = np.zeros([4, 3], np.float32)
    table[likely, 0] = 1.0
    made.discriminator.embedding.embeddings.assign(table)
    cell = made.discriminator.cell
    kernel = np.zeros(cell.kernel.shape, np.float32)
    kernel[0, 6] = 1.0  # into the cell's first unit
    cell.kernel.assign(kernel)
    cell.recurrent_kernel.assign(np.zeros(cell.recurrent_kernel.shape))
    cell.bias.assign(np.repeat([2.0, 0.0, 0.0, 2.0], 3))
    made.discriminator.projection.kernel.assign([[3.0], [0.0], [0.0]])

    def shares():
        soft = made.soft_samples(1.0, tf.constant([8, 9]))
        return tf.reduce_mean(soft, axis=[0, 1]).numpy()

    before = shares()
    for number in range(3):
        made.generator_update(tf.constant(1.0), tf.constant([number, 0]))
    gained = shares() - before
    assert gained.argmax() == likely and gained[likely] > 0


def test_the_temperature_falls_on_a_line():
    made, found = system(gumbel_gan_steps=5, gumbel_gan_discriminator_steps=2), []
    batch = tf.stack([real()] * 2, axis=1)
    for number in range(5):
        scalars = made.adversarial_step(batch, tf.constant([number, 0]))
        found.append(float(scalars["temperature"]))
    np.testing.assert_allclose(found, [5.0, 4.0, 3.0, 2.0, 1.0], rtol=1e-6)
    assert int(made.optimizers["discriminator"].iterations) == 10
    assert set(scalars) == {
        "loss", "gradient_norm", "discriminator_loss", "discriminator_gradient_norm", "real_score",
        "generated_score", "temperature",
    }  # fmt: skip


# --- Noise ----------------------------------------------------------------------------------------


def test_the_likelihood_is_that_of_a_mixture_of_states():
    """All sentences together have the probability 1, and each token its share."""
    made = system(vocab_size=3, length=3)
    sentences = np.array(list(itertools.product(range(3), repeat=3)), np.int32)
    log_probs = made.generator.log_prob(sentences)
    np.testing.assert_allclose(np.exp(log_probs.sum(axis=1)).sum(), 1.0, rtol=1e-5)
    policy = made.generator.policy()
    states, each = policy.states(), []
    for draw in range(3):
        state = type(states)(*(part[draw] for part in states))
        logits = policy.component(state, 27).sequence_logits(tf.constant(sentences))
        log = tf.nn.log_softmax(logits)
        each.append(np.take_along_axis(log.numpy(), sentences[..., None], 2)[..., 0].sum(axis=1))
    assert np.ptp(each, axis=0).max() > 0.05  # noise matters
    expected = np.log(np.mean(np.exp(each), axis=0))
    np.testing.assert_allclose(log_probs.sum(axis=1), expected, rtol=1e-4)


def test_an_untrained_generator_is_near_uniform():
    made = GumbelGAN(small.config(system="gumbel_gan"), Task())
    np.testing.assert_allclose(-made.generator.log_prob(Task.train).mean(), math.log(7), atol=0.1)


def test_samples_begin_in_noise_of_their_own():
    """Where tokens have no other randomness they differ, and a seed gives the same ones."""
    made = system()
    made.model.cell.recurrent_kernel.assign(10 * made.model.cell.recurrent_kernel)
    cold = made.generator.sample(8, 1e-4, (1, 2))
    assert len(np.unique(cold, axis=0)) > 1
    np.testing.assert_array_equal(made.generator.sample(8, 1e-4, (1, 2)), cold)


def test_prefixes_cannot_be_completed():
    made = system()
    with pytest.raises(ValueError, match="random initial state"):
        made.generator.complete(Task.train[:4], 2, 1, (1, 2))


def test_likelihood_training_draws_noise_too():
    made, tokens = system(mle_generator_dropout=0.3), real()
    before = made.generator.log_prob(Task.train[:4]).mean()
    losses = {float(made.step(tokens, tf.constant([number, 0]))["loss"]) for number in range(5)}
    assert len(losses) == 5
    assert made.generator.log_prob(Task.train[:4]).mean() > before


def test_impossible_values_are_refused():
    with pytest.raises(UserError, match="gumbel_gan_loss must be one of"):
        small.config(system="gumbel_gan", gumbel_gan_loss="other")
