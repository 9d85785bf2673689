"""What the steps of discriminators and generators report, and which gradients they apply."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.objectives import losses
from leakgan_tf.systems.registry import make_system

SEED = tf.constant([5, 6])
TOKENS = tf.constant(small.tokens(4, 6, 7, seed=8))
LABELS = tf.constant([1, 0, 1, 0])
LEAKGAN_NAMES = {
    "manager_loss", "worker_loss", "manager_gradient_norm", "worker_gradient_norm", "goal_cosine",
}  # fmt: skip


def system(name, semantics=ORIGINAL, **changes):
    made = make_system(small.config(semantics, system=name, **changes), task=None)
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    return made


def applied(made, name):
    """The gradients that an optimizer is handed; it applies none."""
    kept = []
    made.optimizers[name].apply = lambda gradients, variables: kept.extend(gradients)
    return kept


def norm(gradients):
    return np.sqrt(sum(np.sum(np.square(each)) for each in gradients))


def numbers(reported):
    return {name: float(value) for name, value in reported.items()}


# Without dropout, so that the logits can be computed again.
@pytest.mark.parametrize(
    ("name", "changes", "weight"),
    [
        ("leakgan", {"l2": 0.3}, 0.3),
        ("leakgan", {"l2": 0.0}, 0.0),
        ("seqgan", {"seqgan_l2": 0.3, "seqgan_dropout": 0.0}, 0.3),
        ("maligan", {"seqgan_l2": 0.0, "seqgan_dropout": 0.0}, 0.0),
    ],
)
def test_a_discriminators_step(name, changes, weight):
    made = system(name, **changes)
    kept = applied(made, "discriminator")
    model, logits = made.discriminator, made.discriminator(TOKENS).numpy()
    classifier = [np.asarray(v) for v in (model.classifier.kernel, model.classifier.bias)]
    found = numbers(made.discriminator_step(TOKENS, LABELS, SEED))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    cost = -np.log(shares[np.arange(4), LABELS.numpy()]).mean()
    penalty = sum(np.sum(np.square(each)) for each in classifier) / 2
    assert set(found) == {"loss", "accuracy", "gradient_norm"}
    assert found["loss"] == pytest.approx(cost + weight * penalty, rel=1e-4)
    assert found["accuracy"] == np.mean(logits.argmax(axis=1) == LABELS.numpy())
    assert found["gradient_norm"] == pytest.approx(norm(kept), rel=1e-4)
    with tf.GradientTape() as tape:
        loss = losses.discriminator_loss(model(TOKENS), LABELS)
        loss += weight * losses.l2_penalty(model.classifier.kernel, model.classifier.bias)
    expected = tape.gradient(loss, model.trainable_variables)
    for mine, each in zip(kept, expected, strict=True):
        np.testing.assert_allclose(mine, tf.convert_to_tensor(each), rtol=1e-4, atol=1e-6)


def test_accuracy_is_that_of_the_right_class():
    """D is made to call everything real, which half of the sentences are."""
    made = system("seqgan")
    made.discriminator.classifier.bias.assign([-100.0, 100.0])
    labels = tf.constant([1, 0, 0, 0])
    assert numbers(made.discriminator_step(TOKENS, labels, SEED))["accuracy"] == 0.25


@pytest.mark.parametrize("clip", [1e-3, 1e3])
@pytest.mark.parametrize("name", ["mle", "seqgan"])
def test_a_likelihood_step(name, clip):
    """Gradients are clipped; the norm that is reported is the one before."""
    made = system(name, gradient_clip=clip)
    kept = applied(made, "generator")
    found = numbers(made.step(TOKENS, SEED))
    log_prob = losses.token_log_prob(made.model(TOKENS), TOKENS).numpy()
    assert set(found) == {"loss", "gradient_norm"}
    assert found["loss"] == pytest.approx(-log_prob.mean(), rel=1e-5)
    assert norm(kept) == pytest.approx(min(found["gradient_norm"], clip), rel=1e-4)
    assert 1e-3 < found["gradient_norm"] < 1e3


def test_an_adversarial_gradient_has_an_optimizer_of_its_own():
    made = system("seqgan", gradient_clip=1e3)
    pretraining, adversarial = applied(made, "generator"), applied(made, "adversarial")
    rewards = small.array(4, 6)
    found = numbers(made.adversarial_gradient_step(TOKENS, tf.constant(rewards)))
    log_prob = losses.token_log_prob(made.model(TOKENS), TOKENS).numpy()
    assert set(found) == {"loss", "gradient_norm"}
    assert found["loss"] == pytest.approx(-np.sum(log_prob * rewards), rel=1e-4)
    assert found["gradient_norm"] == pytest.approx(norm(adversarial), rel=1e-4)
    assert pretraining == [] and len(adversarial) == len(made.model.trainable_variables)


@pytest.mark.parametrize("clip", [1e-6, 1e3])
@pytest.mark.parametrize("kind", ["pretrain", "adversarial"])
@pytest.mark.parametrize("semantics", [ORIGINAL, PAPER], ids=["original", "paper"])
def test_leakgans_updates(semantics, kind, clip):
    """Manager and Worker are clipped each for itself; the norms are those before."""
    made = system("leakgan", semantics, gradient_clip=clip)
    kept = {name: applied(made, name) for name in made.optimizers}
    if kind == "pretrain":
        found = numbers(made.pretrain_step(TOKENS, SEED))
    else:
        found = numbers(made.adversarial_gradient_step(TOKENS, tf.abs(small.array(4, 2))))
    assert set(found) == LEAKGAN_NAMES
    for part in ("manager", "worker"):
        before = found[f"{part}_gradient_norm"]
        assert before > 1e-6
        assert norm(kept[f"{kind}_{part}"]) == pytest.approx(min(before, clip), rel=1e-3)
    assert {name for name, each in kept.items() if each} == {f"{kind}_manager", f"{kind}_worker"}
    cosines = made.forward(TOKENS).cosines
    assert found["goal_cosine"] == pytest.approx(float(tf.reduce_mean(cosines)), rel=1e-4)


def test_known_features_change_nothing():
    """The update on stored features equals the one that computes them."""
    made, other = system("leakgan"), system("leakgan")
    features = made.policy().leak.all(TOKENS)
    found = numbers(made.pretrain_on_features(TOKENS, features, SEED))
    assert found == pytest.approx(numbers(other.pretrain_step(TOKENS, SEED)), rel=1e-4)
    shifted = numbers(system("leakgan").pretrain_on_features(TOKENS, features + 1, SEED))
    assert shifted["worker_loss"] != pytest.approx(found["worker_loss"], rel=1e-5)
