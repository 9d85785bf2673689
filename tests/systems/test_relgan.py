"""RelGAN: where its updates move both models, its gradient, and the path of β."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.relational_memory import RelationalMemoryGenerator
from leakgan_tf.objectives.adversarial import LOSSES, adversarial_losses, gradient_penalty
from leakgan_tf.systems import relgan
from leakgan_tf.systems.registry import make_system
from leakgan_tf.systems.relgan import RelGAN
from leakgan_tf.training.discriminator import discriminator_measures
from leakgan_tf.utils.errors import UserError

SEED = tf.constant([1, 2])
SIZES = {
    "relgan_slots": 2, "relgan_heads": 2, "relgan_head_size": 2, "relgan_representations": 2,
    "relgan_embedding": 4, "relgan_windows": (1, 2), "relgan_filters": (3, 2), "relgan_hidden": 3,
    "relgan_dropout": 0.0, "relgan_discriminator_steps": 2,
}  # fmt: skip
TEXT = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(11, 6, 7, seed=4)
    train[np.cumsum(train == 0, axis=1) > 0] = 0  # nothing after an end


class Held(Task):
    test, reader = small.tokens(8, 6, 7, seed=5), None


def system(**changes):
    made = RelGAN(small.config(system="relgan", **{**SIZES, **changes}), Task())
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    return made


def real():
    return tf.constant(Task.train[:4])


def scores(made, seed=SEED, beta=1.0):
    fold = tf.random.experimental.stateless_fold_in
    soft = made.soft_samples(beta, fold(seed, 0))
    return made.discriminator(real()), made.discriminator(soft)


@pytest.mark.parametrize("text", [{}, TEXT], ids=["oracle", "text"])
@pytest.mark.parametrize("generator", ["memory", "lstm"])
def test_g_raises_the_scores_of_its_samples(generator, text):
    made = system(relgan_generator=generator, relgan_adversarial_learning_rate=1e-3, **text)
    kind = RelationalMemoryGenerator if generator == "memory" else LSTMGenerator
    assert type(made.model) is kind
    at, before = [v.numpy() for v in made.discriminator.weights], scores(made)[1]
    made.generator_update(real(), tf.constant(1.0), SEED)
    assert float(tf.reduce_mean(scores(made)[1] - before)) > 0
    for one, other in zip(at, made.discriminator.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("loss", LOSSES)
def test_d_is_relativistic_if_a_shift_of_all_scores_leaves_its_loss(loss):
    one, other = tf.constant([0.2, -0.4]), tf.constant([0.1, 0.3])
    at, moved = (adversarial_losses(loss, one + by, other + by)[0] for by in (0.0, 3.0))
    assert system(relgan_loss=loss).relativistic is bool(np.isclose(at, moved, rtol=1e-5))


def test_a_d_of_two_classes_is_not_relativistic():
    assert make_system(small.config(system="seqgan"), None).relativistic is False


@pytest.mark.parametrize("loss", ["rsgan", "standard"])
def test_a_relativistic_d_is_measured_by_differences(loss):
    made, errors = system(relgan_loss=loss), []
    score = made.log_odds
    for by in (0.0, 100.0):
        made.log_odds = lambda tokens, by=by: score(tokens) + by
        (measure,) = discriminator_measures(made.config, made, Held()).values()
        errors.append(measure.after_round()["calibration_error"])
    assert (errors[0] == pytest.approx(errors[1], abs=1e-4)) is (loss == "rsgan")


def test_a_sentences_log_odds_are_the_mean_over_its_representations():
    made = system()
    each = made.discriminator(real()).numpy().reshape(4, 2)
    assert np.abs(each[:, 0] - each[:, 1]).min() > 0
    np.testing.assert_allclose(made.log_odds(real()), each.mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize("loss", ["rsgan", "wgan_gp"])
def test_d_tells_real_from_generated(loss):
    made = system(relgan_loss=loss, relgan_discriminator_learning_rate=1e-3)
    at, (true, false) = [v.numpy() for v in made.model.weights], scores(made)
    scalars = made.discriminator_update(real(), tf.constant(1.0), SEED)
    after = scores(made)
    if loss == "rsgan":
        assert float(tf.reduce_mean(after[0] - after[1] - true + false)) > 0
        np.testing.assert_allclose(
            scalars["discriminator_loss"], adversarial_losses(loss, true, false)[0], rtol=1e-5
        )
    else:  # the penalty is part of the loss
        assert float(scalars["discriminator_loss"]) > float(tf.reduce_mean(false - true))
    for one, other in zip(at, made.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_penalty_has_its_weight(monkeypatch):
    found, seen = [], []

    def watched(*given):
        seen.append(gradient_penalty(*given))
        return seen[-1]

    monkeypatch.setattr(relgan, "gradient_penalty", watched)
    for penalty in (1e-9, 10.0):
        made = system(relgan_loss="wgan_gp", relgan_penalty=penalty)
        scalars = made.discriminator_update(real(), tf.constant(1.0), SEED)
        found.append(float(scalars["discriminator_loss"]))
    assert found[1] > found[0] + 0.1
    assert found[1] - found[0] == pytest.approx(10.0 * float(seen[1]), rel=1e-4)


@pytest.mark.parametrize("generator", ["memory", "lstm"])
def test_gs_gradient_agrees_with_finite_differences(generator, monkeypatch):
    """V = 4, T = 2; the noise is fixed, and no hard token changes."""
    made = system(relgan_generator=generator, vocab_size=4, length=2, gradient_clip=1e9)
    batch, gradients = tf.constant(small.tokens(4, 2, 4)), []
    monkeypatch.setattr(
        made.optimizers["adversarial"], "apply", lambda given, variables: gradients.extend(given)
    )

    def loss():
        return float(made.generator_update(batch, tf.constant(2.0), SEED)["loss"])

    loss()
    mine, step = list(gradients), 3e-2
    random, slopes = np.random.default_rng(0), []
    for variable, gradient in zip(made.model.trainable_variables, mine, strict=True):
        direction = random.normal(size=variable.shape).astype(np.float32)
        direction /= np.linalg.norm(direction)
        at, sides = variable.numpy(), []
        for sign in (1, -1):
            variable.assign(at + sign * step * direction)
            sides.append(loss())
        variable.assign(at)
        slopes.append((sides[0] - sides[1]) / (2 * step))
        np.testing.assert_allclose(
            np.sum(gradient * direction), slopes[-1], rtol=2e-2, atol=1e-5, err_msg=variable.path
        )
    assert max(map(abs, slopes)) > 5e-4


def test_beta_rises_with_the_iterations():
    """The first two have 1; iteration n trains at β_max^((n-1)/N)."""
    made, found = system(relgan_beta_max=16.0, relgan_annealing_steps=4), []
    batch = tf.stack([real()] * 3, axis=1)
    for number in range(4):
        scalars = made.adversarial_step(batch, tf.constant([number, 0]))
        found.append(float(scalars["inverse_temperature"]))
    np.testing.assert_allclose(found, [1.0, 1.0, 2.0, 4.0], rtol=1e-6)
    assert int(made.optimizers["discriminator"].iterations) == 8


def test_beta_of_the_first_iteration_is_one_in_every_schedule():
    made = system(relgan_annealing="constant", relgan_beta_max=16.0)
    iterations = made.optimizers["adversarial"].iterations
    found = []
    for number in range(3):
        iterations.assign(number)
        found.append(float(made.inverse_temperature()))
    assert found == [1.0, 16.0, 16.0]


def test_the_schedule():
    made = system(relgan_steps=3, relgan_phase_steps=2, relgan_epochs=2, evaluate_every=2)
    phases = list(made.phases())
    assert [phase.name for phase in phases] == ["mle"] * 2 + ["adversarial/generator"] * 2
    assert [phase.evaluate for phase in phases] == [False, True, False, True]
    (batch,) = phases[-2].data(7)
    assert batch.shape == (8, 3, 6)
    assert len(phases[-1].data(7)[0]) == 4
    known = {tuple(row) for row in Task.train}
    assert {tuple(row) for row in batch.reshape(-1, 6)} <= known


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"relgan_windows": (2,)}, "same length"),
        ({"relgan_windows": (2, 2)}, "no window twice"),
        ({"relgan_windows": (2, 9)}, "9 is longer than the sequence"),
        ({"relgan_embedding": 5}, "must be a multiple of relgan_representations 2"),
        ({"relgan_loss": "other"}, "relgan_loss must be one of"),
    ],
)
def test_impossible_values_are_refused(changes, words):
    with pytest.raises(UserError, match=words):
        small.config(system="relgan", **{**SIZES, **changes})
