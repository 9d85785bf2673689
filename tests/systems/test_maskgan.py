"""MaskGAN: its networks' twins, what each update moves, and what the stages hand over."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.metrics.diversity import known_ngrams
from leakgan_tf.objectives import losses, maskgan
from leakgan_tf.systems.maskgan import MaskGAN
from leakgan_tf.systems.mle import MLE
from leakgan_tf.training.filling import filling_figures
from leakgan_tf.utils.errors import UserError

SEED = tf.constant([1, 2])
SIZES = {
    "maskgan_width": 4, "maskgan_layers": 1, "maskgan_dropout": 0.0, "maskgan_gamma": 0.5,
    "maskgan_discriminator_dropout": 0.0, "maskgan_generator_learning_rate": 1e-2,
    "maskgan_critic_learning_rate": 1e-2, "maskgan_discriminator_learning_rate": 1e-2,
}  # fmt: skip
TEXT = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(11, 6, 7, seed=4)
    train[np.cumsum(train == 0, axis=1) > 0] = 0  # nothing after an end
    test, reader = train, None


def system(**changes):
    made = MaskGAN(small.config(system="maskgan", **{**SIZES, **changes}), Task())
    for seed, name in enumerate(("generator", "discriminator")):
        small.randomise(made.models[name], seed, 1.0)
    return made


def real():
    return tf.constant(Task.train[:4])


def gap(*places):
    """Which tokens are present, (4, 6)."""
    return tf.constant(np.isin(np.arange(6), places, invert=True)[None].repeat(4, axis=0))


def weights(model):
    return [variable.numpy() for variable in model.weights]


def moved(before, model):
    return any(map(lambda a, b: not np.array_equal(a, b), before, weights(model)))


# --- Twins ----------------------------------------------------------------------------------------


def cell(named, name):
    parts = {part: named[f"{name}/{part}"] for part in ("kernel", "recurrent_kernel", "bias")}
    return twins.LSTM({f"lstm/{part}": value for part, value in parts.items()})


def outputs(named, shown, read):
    """The decoder's outputs after attention, of one sentence: what is shown, what is read."""
    table, encoder, decoder = named["embedding/embeddings"], *(
        cell(named, name) for name in ("encoder_0", "decoder_0")
    )  # fmt: skip
    memory = np.array([encoder.step(table[token]) for token in shown])
    decoder.hidden, decoder.memory = encoder.hidden, encoder.memory
    found = []
    for token in read:
        hidden = decoder.step(table[token])
        scores = np.array([hidden @ (each @ named["keys/kernel"]) for each in memory])
        weights = np.exp(twins.log_softmax(scores))
        both = np.concatenate([hidden, weights @ memory])
        found.append(both @ named["attention/kernel"])
    return np.array(found)


def test_g_and_d_equal_their_twins():
    made, present = system(), gap(2, 3)
    named, tokens = twins.weights(made.model), real().numpy()
    bias = next(value for name, value in named.items() if name.endswith("output_bias"))
    shown, table = np.where(present, tokens, 7), named["embedding/embeddings"]
    expected = [
        outputs(named, hidden, [twins.START, *row[:-1]]) @ table[:7].T + bias
        for hidden, row in zip(shown, tokens, strict=True)
    ]
    found = made.model.logits(real(), made.model.hide(real(), present))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    after_the_first = made.model.hide(real(), tf.constant([[True] + [False] * 5]))
    found = made.model.logits(real(), after_the_first)
    np.testing.assert_array_equal(made.model(real()), found)
    named = twins.weights(made.discriminator)
    expected = [
        outputs(named, hidden, row) @ named["logit/kernel"][:, 0] + named["logit/bias"]
        for hidden, row in zip(shown, tokens, strict=True)
    ]
    found = made.token_log_odds(tokens, present.numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    critic, table = cell(named, "decoder_0"), named["embedding/embeddings"]
    hidden = [critic.step(each) for each in (np.zeros(4), *table[tokens[0, :-1]])]
    expected = np.array(hidden) @ named["critic/kernel"][:, 0] + named["critic/bias"]
    np.testing.assert_allclose(made.discriminator.values(real())[0], expected, rtol=1e-4, atol=1e-4)


# --- Stages ---------------------------------------------------------------------------------------


def test_the_language_model_becomes_every_stack_and_keeps_its_predictions():
    made = MaskGAN(small.config(system="maskgan", **SIZES), Task())  # attention is the identity
    small.randomise(made.model.decoder[0])
    before = made.model.language_logits(real()).numpy()
    made.copy_step(SEED)
    for model in (made.model, made.discriminator):
        for stack in (model.encoder, model.decoder):
            for mine, other in zip(stack[0].weights, made.model.decoder[0].weights, strict=True):
                np.testing.assert_array_equal(mine, other)
    np.testing.assert_array_equal(
        made.discriminator.embedding.embeddings, made.model.embedding.embeddings
    )
    np.testing.assert_array_equal(made.model.language_logits(real()), before)
    # Encoder and attention without effect: an encoder in its zero state.
    made.model.encode = lambda shown, factors=None: made.model.__class__.encode(
        made.model, shown, factors
    )._replace(cells=made.model.start(4).cells)
    np.testing.assert_allclose(
        made.model.logits(real(), real()), before, rtol=1e-5, atol=1e-6
    )  # fmt: skip


def test_the_first_stages_lower_their_losses():
    made = system(maskgan_learning_rate=0.05, maskgan_fill_learning_rate=0.05, **TEXT)
    for step in (made.step, made.fill_step):
        found = [float(step(real(), SEED)["loss"]) for _ in range(6)]
        assert found[-1] < 0.95 * found[0]


def test_first_tokens_are_counted():
    shares = np.exp(system().first.logits.numpy())
    counts = np.bincount(Task.train[:, 0], minlength=7) + 0.01
    np.testing.assert_allclose(shares, counts / counts.sum(), rtol=1e-5)


# --- Updates against D ----------------------------------------------------------------------------


def test_nothing_masked_costs_nothing_and_moves_nothing():
    made, present = system(), gap()
    before = weights(made.model), weights(made.discriminator)
    with tf.GradientTape() as tape:
        policy = made.policy(real(), present)
        log_prob = losses.token_log_prob(policy.sequence_logits(real()), real())
        loss = maskgan.fill_loss(log_prob, made.masked(real(), present))
    assert float(loss) == 0
    gradients = tape.gradient(loss, made.model.trainable_variables)
    assert all(not np.any(tf.convert_to_tensor(each)) for each in gradients if each is not None)
    for update in (made.generator_update, made.discriminator_update):
        scalars = update(real(), present, SEED)
        assert float(scalars.get("loss", scalars.get("discriminator_loss"))) == 0
    assert not moved(before[0], made.model) and not moved(before[1], made.discriminator)


@pytest.mark.parametrize("baseline", ["critic", "ewma", "none"])
def test_fillings_that_d_finds_real_become_likelier(baseline, monkeypatch):
    """D likes the token 1 and no other; only masked tokens change by its score."""
    made, present = system(maskgan_baseline=baseline), gap(2)
    made.baseline.value.assign(-1.0 if baseline == "ewma" else 0.0)
    judge, liked = made.discriminator, tf.constant([-6.0, 6.0, *[-6.0] * 5])
    values, before = judge.values, weights(judge)

    class Judge:
        dropout_factors = staticmethod(lambda rows, seed: None)
        values = staticmethod(lambda tokens: tf.fill(tokens.shape, -2.0))

        def __call__(self, tokens, shown, factors):
            np.testing.assert_array_equal(shown[:, 2], 7)
            return tf.gather(liked, tokens)

    made.discriminator, seen = Judge(), []
    monkeypatch.setattr(
        losses, "policy_gradient_loss", lambda *given: seen.append(given) or real_loss(*given)
    )

    def share():
        policy = made.policy(real(), present)
        return float(tf.reduce_mean(tf.nn.softmax(policy.sequence_logits(real()))[:, 2, 1]))

    first = share()
    for number in range(3):
        scalars = made.generator_update(real(), present, SEED + number)
    assert share() > first
    _, filled, given = seen[-1]
    np.testing.assert_array_equal(np.delete(given, 2, axis=1), 0)
    b = {"critic": -2.0, "ewma": None, "none": 0.0}[baseline]
    rewards = np.log(twins.sigmoid(liked.numpy()[filled[:, 2]]) + 1e-7)
    if b is not None:
        np.testing.assert_allclose(given[:, 2], np.clip(rewards - b, -5, 5), rtol=1e-4)
        assert float(scalars["baseline"]) == pytest.approx(b)
        assert float(made.baseline.value) == 0
    else:
        assert float(made.baseline.value) != -1.0
    np.testing.assert_array_equal(np.delete(filled, 2, axis=1), np.delete(real(), 2, axis=1))
    made.discriminator = judge
    assert not moved(before, judge) and values(real()).shape == (4, 6)


real_loss = losses.policy_gradient_loss


def test_several_fillings_of_a_sentence_count_as_their_mean(monkeypatch):
    """Each has draws of its own; with an even D all k weights of a token are 1/k of one's."""
    seen = []
    monkeypatch.setattr(
        losses, "policy_gradient_loss", lambda *given: seen.append(given) or real_loss(*given)
    )
    for k in (1, 3):
        made = system(maskgan_fillings=k, maskgan_baseline="none")
        made.discriminator.logit_layer.kernel.assign(np.zeros([4, 1]))
        made.generator_update(real(), gap(2, 3), SEED)
    (_, one, weight), (_, three, third) = seen
    assert one.shape == (4, 6) and three.shape == (12, 6)
    fillings = three.numpy().reshape(4, 3, 6)
    np.testing.assert_array_equal(fillings[:, :, :2], real().numpy()[:, None, :2].repeat(3, 1))
    assert len({tuple(each) for each in fillings[0, :, 2:4]}) > 1
    np.testing.assert_allclose(3 * third[:4], weight, rtol=1e-5)
    assert float(tf.reduce_sum(third)) == pytest.approx(float(tf.reduce_sum(weight)), rel=1e-5)


def test_the_other_halfs_returns_are_a_baseline():
    made = system(maskgan_baseline="half")
    scalars = made.generator_update(real(), gap(2, 3), SEED)
    assert float(scalars["baseline"]) == pytest.approx(float(scalars["return_mean"]), rel=1e-4)
    assert float(made.baseline.value) == 0


def test_d_learns_to_tell_and_the_critic_moves_its_layer_alone():
    made, present = system(**TEXT), gap(1, 2, 3)
    generator = weights(made.model)
    history = []
    for _ in range(4):
        before = weights(made.discriminator.critic_layer)
        history.append({
            name: float(value)
            for name, value in made.discriminator_update(real(), present, SEED).items()
        })  # fmt: skip
        assert moved(before, made.discriminator.critic_layer)
    assert history[-1]["discriminator_loss"] < history[0]["discriminator_loss"]
    gaps = [each["real_probability"] - each["filled_probability"] for each in history]
    assert gaps[-1] > gaps[0]
    assert not moved(generator, made.model)
    judged = made.discriminator.judging_variables
    assert len(judged) == len(made.discriminator.trainable_variables) - 2


def test_the_language_model_is_trained_with_dropout():
    made, sentences = system(maskgan_dropout=0.5), tf.constant(Task.train[:3])
    before = [variable.numpy() for variable in made.model.trainable_variables]
    found = []
    for seed in ([1, 2], [1, 2], [3, 4]):
        for variable, value in zip(made.model.trainable_variables, before, strict=True):
            variable.assign(value)
        found.append(float(made.step(sentences, tf.constant(seed))["loss"]))
    assert found[0] == found[1] != found[2]


def test_dropout_is_the_same_along_a_sentence_and_in_both_of_gs_passes(monkeypatch):
    made, seen = system(maskgan_dropout=0.5), []
    policy = made.policy

    def spy(*given, factors):
        seen.append(factors)
        return policy(*given, factors=factors)

    monkeypatch.setattr(made, "policy", spy)
    made.generator_update(real(), gap(2, 3), SEED)
    first, second = seen
    np.testing.assert_array_equal(first, second)
    assert first.shape == (2, 2, 4, 4) and set(np.unique(first)) == {0.0, 2.0}


# --- Figures --------------------------------------------------------------------------------------


def test_figures_of_gaps_and_of_whole_samples():
    made = system(evaluation_samples=11)
    found = filling_figures(made.config, made, Task())
    assert found["masked_perplexity"] == pytest.approx(np.exp(found["masked_nll"]))
    assert 0 <= found["discriminator_accuracy"] <= 1
    made.token_log_odds = lambda tokens, present: np.where((tokens == Task.test), 1.0, -1.0)
    wanted = filling_figures(made.config, made, Task())["discriminator_accuracy"]
    assert 0.5 < wanted < 1  # right but where a filling is the real token
    other = MLE(small.config(system="mle"), Task())
    assert filling_figures(other.config, other, Task()) == {}
    known = known_ngrams([[1, 2, 3], [1, 2, 4]], [[5, 1, 2], [2, 3]], (1, 2, 3))
    assert known == pytest.approx({1: 3 / 4, 2: 2 / 3, 3: 0.0})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"maskgan_mask_rate": 0.2}, "masks 0 of 6"),
        ({"maskgan_steps": 0, "maskgan_fill_epochs": 0}, "are both 0"),
        ({"mle_patience": 1}, "does not take mle_patience"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, words):
    with pytest.raises(UserError, match=words):
        small.config(system="maskgan", **{**SIZES, **changes})


@pytest.mark.parametrize(
    ("left_out", "phase"),
    [("maskgan_steps", "adversarial/generator"), ("maskgan_fill_epochs", "pretrain/filling")],
)
def test_one_of_the_last_two_stages_can_be_left_out(left_out, phase):
    config = small.config(system="maskgan", **{**SIZES, left_out: 0})
    assert phase in {each.name for each in system().phases()}
    assert phase not in {each.name for each in MaskGAN(config, Task()).phases()}
