"""ScratchGAN: what its updates move, what lies beyond an end, and its ablation's switches."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.metrics.discriminator_scores import donsker_varadhan_bound
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.stacked_generator import StackedGenerator
from leakgan_tf.objectives import losses, scratch
from leakgan_tf.systems.scratchgan import ScratchGAN
from leakgan_tf.utils.errors import UserError

SEED = tf.constant([1, 2])
SIZES = {
    "scratchgan_embedding": 3, "scratchgan_hidden": 4, "scratchgan_batch": 8,
    "scratchgan_dropout": 0.0, "scratchgan_l2": 0.0,
}  # fmt: skip
TEXT = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(11, 6, 7, seed=4)
    train[np.cumsum(train == 0, axis=1) > 0] = 0  # nothing after an end


def system(**changes):
    made = ScratchGAN(small.config(system="scratchgan", **{**SIZES, **changes}), Task())
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    return made


def real():
    return tf.constant(Task.train[:8])


def log_prob(made, tokens):
    return losses.token_log_prob(made.model(tokens), tokens).numpy()


@pytest.mark.parametrize("generator", ["stacked", "lstm"])
def test_tokens_that_d_finds_real_become_likelier_and_the_others_less(generator):
    made = system(scratchgan_generator=generator, scratchgan_learning_rate=1e-3)
    assert type(made.model) is (StackedGenerator if generator == "stacked" else LSTMGenerator)
    samples, judge = tf.constant([[1] * 6, [2] * 6, [3] * 6, [3] * 6]), made.discriminator
    by_token = tf.constant([0.0, 3.0, -3.0, 0.0])
    made.discriminator = lambda tokens, seed: tf.gather(by_token, tokens)
    before, weights = log_prob(made, samples), [v.numpy() for v in judge.weights]
    scalars = made.generator_update(samples)
    gain = (log_prob(made, samples) - before).sum(axis=1)
    assert gain[0] > 0 > gain[1]
    returns = [2 / (1 + np.exp(-3)) - 1]  # of the last token; each before it has γ of the next
    for _ in range(5):
        returns.insert(0, returns[-1] + 0.23 * returns[0])
    expected = np.sum(before[1] * returns) - np.sum(before[0] * returns)
    assert float(scalars["loss"]) == pytest.approx(expected / 24, rel=1e-4)
    assert float(scalars["return_mean"]) == pytest.approx(0.0, abs=1e-6)
    for one, other in zip(weights, judge.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("text", [{}, TEXT], ids=["oracle", "text"])
def test_the_discriminator_tells_real_from_generated(text):
    made = system(scratchgan_discriminator_learning_rate=0.05, **text)
    generated, weights = made.samples(SEED), [v.numpy() for v in made.model.weights]
    history = [made.discriminator_update(real(), generated) for _ in range(4)]
    first, last = ({k: float(v) for k, v in each.items()} for each in (history[0], history[-1]))
    assert last["discriminator_loss"] < first["discriminator_loss"]
    gaps = [each["real_probability"] - each["generated_probability"] for each in (first, last)]
    assert gaps[1] > gaps[0]
    for one, other in zip(weights, made.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_beyond_an_end_is_rewarded_or_trained(monkeypatch):
    made, seen = system(**TEXT), []
    samples = tf.constant([[3, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6]] * 4)
    logits = made.discriminator(samples).numpy()
    assert (logits[0, 2:] == 0).all() and (logits[0, :2] != 0).all() and (logits[1] != 0).all()
    rewards = scratch.token_rewards(tf.constant(logits)).numpy()
    assert (rewards[0, 2:] == 0).all()
    returns = scratch.discounted_returns(tf.constant(rewards), 0.5).numpy()
    assert returns[0, 1] == rewards[0, 1] and (returns[0, 2:] == 0).all()
    # A baseline alone would move what follows the end, were it not certain.
    monkeypatch.setattr(losses, "policy_gradient_loss", lambda *a: seen.append(a) or tf.zeros([]))
    made.baseline.value.assign(0.5)
    made.generator_update(samples)
    ((logits, tokens, weights),) = seen
    np.testing.assert_array_equal(losses.token_log_prob(logits, tokens)[0, 2:], 0.0)
    np.testing.assert_allclose(weights[0, 2:], -0.5 / 48, rtol=1e-6)
    # D's loss there is a constant.
    with tf.GradientTape() as tape:
        scores = made.discriminator(samples[:1])
        loss = scratch.token_discriminator_loss(scores[:, 2:], scores[:, 2:])
    assert float(loss) == pytest.approx(np.log(2))
    gradients = tape.gradient(loss, made.discriminator.trainable_variables)
    assert all(g is None or not np.any(tf.convert_to_tensor(g)) for g in gradients)


def test_the_baseline_read_is_the_one_before_the_update():
    made, other = system(), system(scratchgan_baseline=False)
    samples = made.samples(SEED)
    first = made.generator_update(samples)
    assert float(first["baseline"]) == pytest.approx(0.92 * float(first["return_mean"]), rel=1e-5)
    assert float(made.baseline.value) == float(first["baseline"])
    assert float(other.generator_update(samples)["loss"]) == float(first["loss"])  # from b = 0
    for each in (made, other):
        for variable, value in zip(each.model.weights, system().model.weights, strict=True):
            variable.assign(value)
    log_p, b = log_prob(made, samples).mean(), float(first["baseline"])
    with_b, without = made.generator_update(samples), other.generator_update(samples)
    assert float(with_b["loss"] - without["loss"]) == pytest.approx(b * log_p, rel=1e-3)


def test_the_penalty_is_of_all_of_ds_weights_and_dropout_of_both_updates():
    made, samples = system(), system().samples(SEED)
    squares = sum(np.sum(np.square(v)) / 2 for v in made.discriminator.trainable_variables)
    plain = made.discriminator_update(real(), samples)["discriminator_loss"]
    penalized = system(scratchgan_l2=0.01).discriminator_update(real(), samples)
    difference = float(penalized["discriminator_loss"] - plain)
    assert difference == pytest.approx(0.01 * squares, rel=1e-3)
    dropping = system(scratchgan_dropout=0.5)
    found = {float(dropping.generator_update(samples, s)["return_mean"]) for s in (None, SEED)}
    assert len(found) == 2
    assert dropping.discriminator.dropout == 0.5 and dropping.discriminator.gain is not None
    assert system(scratchgan_layer_norm=False).discriminator.gain is None


def test_an_iteration_is_one_update_of_d_and_one_of_g():
    made = system(scratchgan_steps=5, scratchgan_phase_steps=2, evaluate_every=2)
    phases = list(made.phases())
    assert {phase.name for phase in phases} == {"adversarial/generator"}
    assert [phase.evaluate for phase in phases] == [False, True, True]
    assert [len(phase.data(7)[0]) for phase in phases] == [8, 8, 4]  # batches of 4
    (rows,) = phases[0].data(7)
    assert rows.shape == (8, 2, 6)
    assert {*map(tuple, rows.reshape(-1, 6))} <= {*map(tuple, Task.train)}
    judge = made.discriminator.weights[0].numpy()
    scalars = made.adversarial_step(tf.constant(rows[:4]), SEED)
    assert [int(each.iterations) for each in made.optimizers.values()] == [1, 1]
    assert (made.discriminator.weights[0].numpy() != judge).any()
    assert set(scalars) == {
        "loss", "gradient_norm", "return_mean", "baseline", "discriminator_loss",
        "discriminator_gradient_norm", "real_probability", "generated_probability",
    }  # fmt: skip


def test_an_update_that_fills_no_batches_is_refused():
    with pytest.raises(UserError, match="scratchgan_batch 6 must be a multiple of batch_size 4"):
        small.config(system="scratchgan", scratchgan_batch=6)


# --- What D knows ---------------------------------------------------------------------------------

# Laws of sentences (b, c): p(b)·p(c given b), as shares of 36; real ones and those of a made-up G.
REAL_LAW = np.array([[12, 6], [3, 15]])
OTHER_LAW = np.array([[9, 9], [9, 9]])


def sentences_of(law):
    """All sentences of a law over {1, 2}², each as often as its share of 36."""
    pairs = [[b + 1, c + 1] for b in range(2) for c in range(2)]
    return np.repeat(pairs, law.ravel(), axis=0).astype(np.int32)


def divergence():
    return float(np.sum(REAL_LAW / 36 * np.log(REAL_LAW / OTHER_LAW)))


def test_log_odds_are_the_logit_of_the_last_token():
    tokens = tf.constant([[3, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 0], [0] * 6])
    made = system(**TEXT)
    logits = made.discriminator(tokens).numpy()
    np.testing.assert_array_equal(made.log_odds(tokens), logits[range(4), [1, 5, 5, 0]])
    # Without ends, 0 is a token as others.
    made = system()
    np.testing.assert_array_equal(made.log_odds(tokens), made.discriminator(tokens)[:, -1])


def test_padding_and_dropout_do_not_change_what_d_knows():
    """Whatever follows an end: the sentence is the same, and so is f."""
    made = system(**TEXT, scratchgan_dropout=0.5)
    ended = tf.constant([[3, 1, 0, 0, 0, 0]] * 2)
    other = tf.constant([[3, 1, 0, 5, 4, 3]] * 2)
    np.testing.assert_array_equal(made.log_odds(ended), made.log_odds(other))
    scores = [made.discriminator(ended, SEED + n).numpy()[0, 2] for n in range(2)]
    assert len({*scores, float(made.log_odds(ended)[0])}) == 3


def test_a_d_trained_on_prefixes_knows_the_divergence_of_sentences():
    """Its bound, of two known laws, comes close to KL(real ‖ generated) / T from below."""
    made = ScratchGAN(
        small.config(
            system="scratchgan", length=2, windows=(1,), filters=(2,),
            **{**SIZES, "scratchgan_hidden": 8, "scratchgan_discriminator_learning_rate": 0.02},
        ),
        Task(),
    )  # fmt: skip
    real, other = (tf.constant(sentences_of(law)) for law in (REAL_LAW, OTHER_LAW))
    step = tf.function(lambda: made.discriminator_update(real, other))

    def bound():
        scores = made.log_odds(real).numpy(), made.log_odds(other).numpy()
        return donsker_varadhan_bound(*scores, tokens=2)

    bounds = [bound()]
    for _ in range(120):
        step()
    bounds.append(bound())
    assert bounds[0] < bounds[1] <= divergence() / 2 + 1e-6
    assert bounds[1] == pytest.approx(divergence() / 2, rel=0.02)
