"""TextGAN: its twins, what each update moves, exchanged words, and its likelihood."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.systems.textgan import TextGAN, exchanged
from leakgan_tf.utils.errors import UserError

SEED = tf.constant([1, 2])
SIZES = {
    "textgan_embedding": 3, "textgan_hidden": 4, "textgan_noise_size": 3, "textgan_head": 3,
    "textgan_windows": (1, 2), "textgan_filters": (2, 3), "textgan_mmd_width": 1.0,
    "textgan_likelihood_draws": 3, "textgan_sharpness": 2.0, "textgan_rescale": False,
}  # fmt: skip
TEXT = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(11, 6, 7, seed=4)
    train[np.cumsum(train == 0, axis=1) > 0] = 0  # nothing after an end


def system(**changes):
    made = TextGAN(small.config(system="textgan", **{**SIZES, **changes}), Task())
    for seed, name in enumerate(("generator", "discriminator")):
        small.randomise(made.models[name], seed, 1.0)
    return made


def real():
    return tf.constant(Task.train[:4])


def weights(model):
    return [variable.numpy() for variable in model.weights]


def moved(before, model):
    return any(map(lambda a, b: not np.array_equal(a, b), before, weights(model)))


# --- Twins ----------------------------------------------------------------------------------------


def soft_sentence(named, noise, length, sharpness):
    """The soft words (T, V) of one z, by the formulas."""
    table, written = named["embedding/embeddings"], []
    bias = next(value for name, value in named.items() if name.endswith("output_bias"))
    cell, vector = twins.LSTM(named), table[twins.START]
    cell.hidden = np.tanh(noise @ named["first/kernel"] + named["first/bias"])
    for _ in range(length):
        hidden = cell.step(np.concatenate([vector, noise]))
        logits = hidden @ named["word/kernel"] @ table.T + bias
        written.append(np.exp(twins.log_softmax(sharpness * logits)))
        vector = written[-1] @ table
    return np.array(written)


def features(named, sentence, windows=(1, 2)):
    """D's features (F,) of one soft sentence (T, V)."""
    vectors, found = sentence @ named["embedding/embeddings"], []
    for window in windows:
        kernel, bias = named[f"conv_{window}/kernel"], named[f"conv_{window}/bias"]
        places = range(len(vectors) - window + 1)
        maps = [np.einsum("we,wef->f", vectors[at : at + window], kernel) + bias for at in places]
        found.append(np.max(np.tanh(maps), axis=0))
    return np.concatenate(found)


def dense(named, vector, *names):
    for name in names:
        vector = vector @ named[f"{name}/kernel"] + named[f"{name}/bias"]
        if name in ("head", "back"):
            vector = twins.sigmoid(vector)
    return vector


def test_soft_sentences_features_and_both_heads_equal_their_twins():
    made = system()
    noise, named = made.prior(2, SEED), twins.weights(made.discriminator)
    soft = made.soft_samples(noise)
    expected = [
        soft_sentence(twins.weights(made.model), each.astype(float), 6, 2.0)
        for each in noise.numpy()
    ]
    np.testing.assert_allclose(soft, expected, rtol=1e-4, atol=1e-6)
    found = made.discriminator.features(soft)
    each = [features(named, sentence) for sentence in expected]
    np.testing.assert_allclose(found, each, rtol=1e-4, atol=1e-5)
    scores = [dense(named, vector, "head", "score")[0] for vector in each]
    np.testing.assert_allclose(made.discriminator.scores(found), scores, rtol=1e-3, atol=1e-5)
    back = [dense(named, vector, "back", "noise") for vector in each]
    np.testing.assert_allclose(made.discriminator.noise(found), back, rtol=1e-3, atol=1e-5)


def test_d_reads_one_hot_words_as_ids():
    made = system()
    one_hot = tf.one_hot(real(), 7)
    np.testing.assert_allclose(made.discriminator(one_hot), made.log_odds(real()), rtol=1e-5)


def test_a_sharp_soft_sentence_is_what_is_sampled():
    """At L = 1e6 the soft words are those that the generator writes, whatever the temperature."""
    made = system(textgan_sharpness=1e6)
    own = tf.random.experimental.stateless_fold_in(SEED, 0)  # as `sample` draws it
    noise = made.prior(4, tf.random.experimental.stateless_fold_in(own, 6))
    soft = made.soft_samples(noise).numpy()
    np.testing.assert_allclose(soft.max(axis=2), 1.0, atol=1e-4)
    for temperature in (1.0, 5.0):
        sampled = made.generator.sample(4, temperature, SEED.numpy())
        np.testing.assert_array_equal(sampled, soft.argmax(axis=2))


def test_drawn_words_have_noise_of_their_own():
    likeliest, words = system(), system(textgan_decoding="drawn")
    assert (likeliest.generator.sample(9) != words.generator.sample(9)).any()
    assert (words.generator.sample(9, 1e-6) == likeliest.generator.sample(9)).all()


def test_both_embeddings_begin_the_same():
    made = TextGAN(small.config(system="textgan", **SIZES), Task())
    tables = made.model.embedding.embeddings, made.discriminator.embedding.embeddings
    np.testing.assert_array_equal(*tables)


# --- Updates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("matching", ["mean", "covariance", "mmd"])
def test_g_comes_nearer_and_neither_update_touches_the_other(matching):
    made = system(textgan_matching=matching, textgan_generator_learning_rate=1e-3, **TEXT)
    noise = made.prior(4, SEED)

    def distance():
        mine = made.discriminator.features(made.soft_samples(noise))
        return float(made.distance(made.discriminator.features(real()), mine))

    before, first, second = distance(), weights(made.model), weights(made.discriminator)
    assert before > 0
    scalars = made.generator_update(real(), noise)
    np.testing.assert_allclose(scalars["loss"], before, rtol=1e-4)
    assert moved(first, made.model) and not moved(second, made.discriminator)
    if matching != "covariance":  # there the batch is among the moments now
        assert distance() < before
    else:
        assert float(made.moments[0].seen) == float(made.moments[1].seen) == 2.0
    first = weights(made.model)
    scalars = made.discriminator_update(real(), noise)
    assert moved(second, made.discriminator) and not moved(first, made.model)
    assert np.isfinite([float(value) for value in scalars.values()]).all()


@pytest.mark.parametrize("matching", ["mean", "covariance", "mmd"])
def test_features_have_no_distance_from_themselves(matching):
    made = system(textgan_matching=matching, **TEXT)
    features = made.discriminator.features(real())
    distance = float(made.distance(features, features))
    # The MMD is a root: it enlarges the rounding of its square.
    np.testing.assert_allclose(distance, 0.0, atol=1e-2 if matching == "mmd" else 1e-4)


def test_moments_of_earlier_batches_and_a_ridge_are_in_the_distance():
    made = system(textgan_matching="covariance", textgan_ridge=0.5, textgan_moment_share=0.2)
    width = made.discriminator.feature_size
    both = small.array(5, width, seed=1), small.array(5, width, seed=2)
    means, covariances = [], []
    for features in both:  # the moments begin with those of the standard normal distribution
        means.append(0.2 * features.mean(axis=0))
        second = 0.8 * np.eye(width) + 0.2 * features.T @ features / 5
        covariances.append(second - np.outer(means[-1], means[-1]) + 0.5 * np.eye(width))
    apart, inverses = means[1] - means[0], list(map(np.linalg.inv, covariances))
    expected = apart @ sum(inverses) @ apart - 2 * width
    expected += np.trace(inverses[1] @ covariances[0] + inverses[0] @ covariances[1])
    found = made.distance(*map(tf.constant, both))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_ds_loss_is_the_sum_of_its_three_parts():
    made = system(textgan_matching_weight=0.5, textgan_reconstruction_weight=0.25,
                  textgan_mmd_root=False, textgan_reconstruction="square",
                  textgan_smoothing=0.0)  # fmt: skip
    noise, model = made.prior(4, SEED), made.discriminator
    true, false = model.features(real()), model.features(made.soft_samples(noise))
    square = np.sum((noise - np.tanh(model.noise(false))) ** 2, axis=1).mean()
    apart = float(made.distance(true, false))
    scores = twins.sigmoid(model.scores(true).numpy()), twins.sigmoid(model.scores(false).numpy())
    judged = -np.mean(np.log(scores[0]) + np.log(1 - scores[1]))
    scalars = made.discriminator_update(real(), noise)
    np.testing.assert_allclose(scalars["reconstruction"], square, rtol=1e-4)
    expected = judged + 0.25 * square - 0.5 * apart
    np.testing.assert_allclose(scalars["discriminator_loss"], expected, rtol=1e-4)


def test_an_iteration_makes_several_updates_of_g_and_one_of_d():
    made = system(textgan_generator_steps=3)
    scalars = made.adversarial_step(tf.stack([real()] * 3, axis=1), SEED)
    assert int(made.optimizers["adversarial"].iterations) == 3
    assert int(made.optimizers["discriminator"].iterations) == 1
    assert set(scalars) == {
        "loss", "gradient_norm", "discriminator_loss", "discriminator_gradient_norm", "real_score",
        "generated_score", "reconstruction", "peak",
    }  # fmt: skip


def test_small_gradients_are_scaled_up_if_told(monkeypatch):
    made, norms = system(textgan_rescale=True), []
    for optimizer in made.optimizers.values():
        monkeypatch.setattr(
            optimizer, "apply", lambda given, _: norms.append(tf.linalg.global_norm(given))
        )
    made.adversarial_step(real()[:, None], SEED)
    np.testing.assert_allclose(norms, made.config.gradient_clip, rtol=1e-4)


def test_the_auto_encoder_learns_with_ds_encoder_and_leaves_its_score():
    made = system(textgan_learning_rate=0.02, **TEXT)
    head, encoder = weights(made.discriminator.head[0]), weights(made.discriminator.back[0])
    found = [float(made.step(real(), SEED)["loss"]) for _ in range(25)]
    assert found[-1] < 0.8 * found[0]
    assert not moved(head, made.discriminator.head[0])
    assert moved(encoder, made.discriminator.back[0])
    # The code matters: another sentence's makes the sentence less likely.
    code = tf.tanh(made.discriminator.noise(made.discriminator.features(real())))

    def likelihood(noise):
        logits = made.model.logits(real(), made.model.begin(noise))
        return float(tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits), real(), batch_dims=2)))

    assert likelihood(code) > likelihood(code[::-1])


@pytest.mark.parametrize("noise", ["normal", "uniform"])
def test_the_auto_encoder_reads_codes_in_the_range_of_z(noise, monkeypatch):
    changes = {"textgan_reconstruction": "square", "textgan_code": False}
    made, code = system(textgan_noise=noise, **changes), tf.constant(3 * small.array(4, 3))
    monkeypatch.setattr(made.discriminator, "noise", lambda features: code)
    bounded = code if noise == "normal" else tf.tanh(code)
    expected = made.model.logits(real(), made.model.begin(bounded))
    np.testing.assert_allclose(made.logits(real(), SEED), expected, rtol=1e-6)


def test_d_learns_the_order_of_words():
    made = system(textgan_discriminator_learning_rate=0.02)
    true, false = (tf.constant(each[:4]) for each in made.permuted(3))
    found = [float(made.permutation_step(true, false, SEED)["discriminator_loss"])
             for _ in range(30)]  # fmt: skip
    assert found[-1] < 0.9 * found[0]


# --- Exchanged words ------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", [None, 0])
def test_exactly_two_different_words_are_exchanged(padding):
    given = np.array([[1, 2, 0, 0], [3, 3, 3, 0], [2, 2, 2, 2], [4, 5, 4, 0]])
    seen = [set(), set(), set()]
    for seed in range(40):
        sentences, swapped = exchanged(given, padding, np.random.default_rng(seed))
        for row, (before, after) in enumerate(zip(sentences, swapped, strict=True)):
            places = np.flatnonzero(before != after)
            assert len(places) == 2 and before[places[0]] != before[places[1]]
            np.testing.assert_array_equal(after[places], before[places[::-1]])
            if padding is not None:
                assert before[places].all()
            seen[row].add(tuple(places))
    kept = given[[0, 3]] if padding == 0 else given[[0, 1, 3]]
    np.testing.assert_array_equal(sentences, kept)
    # Every pair comes up.
    assert [len(each) for each in seen] == ([1, 2, 0] if padding == 0 else [5, 3, 5])


def test_on_text_padding_is_not_exchanged():
    (on_text, _), (on_the_oracle, _) = (system(**each).permuted(0) for each in (TEXT, {}))
    two = [len(set(row) - {0}) > 1 for row in Task.train]
    np.testing.assert_array_equal(on_text, Task.train[two])
    assert len(on_text) < len(on_the_oracle)


def test_sentences_without_two_words_are_refused(monkeypatch):
    monkeypatch.setattr(Task, "train", np.ones([11, 6], np.int32))
    with pytest.raises(UserError, match="two different words"):
        system().permuted(0)


# --- Noise and likelihood -------------------------------------------------------------------------


def test_the_laws_of_z():
    z = system().prior(4000, SEED).numpy()
    assert set(z[:, 0]) == {0.0, 1.0} and abs(z[:, 0].mean() - 0.5) < 0.05
    assert -1 <= z[:, 1:].min() < -0.99 and 0.99 < z[:, 1:].max() < 1
    normal = {"textgan_noise": "normal", "textgan_reconstruction": "square", "textgan_code": False}
    z = system(**normal).prior(4000, SEED).numpy()
    np.testing.assert_allclose([z.mean(), z.std()], [0, 1], atol=0.05)


def test_the_likelihood_is_that_of_a_mixture_of_latent_vectors():
    """All sentences together have the probability 1; the mean over z is the bound."""
    made = system(vocab_size=3, length=3)
    sentences = np.array(list(itertools.product(range(3), repeat=3)), np.int32)
    log_probs = made.generator.log_prob(sentences).sum(axis=1)
    np.testing.assert_allclose(np.exp(log_probs).sum(), 1.0, rtol=1e-5)
    each = []
    for noise in made.generator.policy().states().noise:
        state = made.model.begin(tf.repeat(noise[None], 27, axis=0))
        log = tf.nn.log_softmax(made.model.logits(tf.constant(sentences), state))
        each.append(tf.gather(log, sentences, batch_dims=2).numpy().sum(axis=1))
    assert np.ptp(each, axis=0).max() > 0.05  # z matters
    np.testing.assert_allclose(log_probs, np.log(np.mean(np.exp(each), axis=0)), rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"textgan_noise": "normal"}, "needs z in"),
        ({"textgan_windows": (9,), "textgan_filters": (1,)}, "longer than the sequence"),
        ({"textgan_windows": (1,)}, "same length"),
        ({"textgan_windows": (2, 2)}, "no window twice"),
        ({"textgan_filters": (2, 0)}, "must be positive"),
        ({"mle_patience": 1}, "does not take mle_patience"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, words):
    with pytest.raises(UserError, match=words):
        small.config(system="textgan", **{**SIZES, **changes})
