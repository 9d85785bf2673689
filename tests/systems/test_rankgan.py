"""RankGAN: ranks by a loop, what the ranker learns, and which sentences are rewarded."""

import math

import numpy as np
import pytest
import tensorflow as tf

from helpers import small, twins
from leakgan_tf.objectives import losses
from leakgan_tf.systems.rankgan import RankGAN
from leakgan_tf.utils.errors import UserError

SEED = tf.constant([5, 6])


def twin_log_rank(sentences, references, comparisons, gamma):
    """Equations 3 to 5, a sentence and a reference at a time."""
    ranks = []
    for sentence in sentences:
        shares = []
        for reference in references:
            own = math.exp(gamma * twins.cosine(sentence, reference))
            others = sum(math.exp(gamma * twins.cosine(c, reference)) for c in comparisons)
            shares.append(own / (own + others))
        ranks.append(math.log(sum(shares) / len(shares)))
    return ranks


def system(**changes):
    changes = {"rankgan_references": 3, **changes}
    made = RankGAN(small.config(system="rankgan", **changes), task=None)
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    return made


def sets():
    return [tf.constant(small.tokens(4, 6, 7, seed=seed)) for seed in (1, 2, 3)]


def twin_features(made, sentences, named=None):
    named = named or twins.weights(made.discriminator)
    return [
        twins.cnn_features(named, made.config.windows, row, padding_row=False)
        for row in np.asarray(sentences)
    ]


def test_the_rankers_loss_and_gradient_equal_their_twins(monkeypatch):
    made, (real, fake, references) = system(seqgan_dropout=0.0, rankgan_gamma=4.0), sets()
    gradients, gamma = [], 4.0
    optimizer = made.optimizers["discriminator"]
    monkeypatch.setattr(optimizer, "apply", lambda given, variables: gradients.extend(given))

    named = twins.weights(made.discriminator)

    def twin(named):
        human, machine, reference = (
            twin_features(made, each, named) for each in (real, fake, references[:3])
        )
        above = twin_log_rank(human, reference, machine, gamma)
        below = twin_log_rank(machine, reference, human, gamma)
        return np.mean(below) - np.mean(above), np.exp(above).mean(), np.exp(below).mean()

    scalars = made.ranker_step(real, fake, references, SEED)
    found = [float(scalars[name]) for name in ("loss", "real_rank", "made_rank")]
    np.testing.assert_allclose(found, twin(named), rtol=1e-4)
    random, step, slopes = np.random.default_rng(0), 1e-5, []
    for key, gradient in zip(named, gradients, strict=True):
        direction = random.normal(size=named[key].shape)
        above, below = (
            twin({**named, key: named[key] + sign * step * direction})[0] for sign in (1, -1)
        )
        slopes.append((above - below) / (2 * step))
        mine = np.sum(gradient * direction)
        np.testing.assert_allclose(mine, slopes[-1], rtol=2e-3, atol=1e-4, err_msg=key)
    assert max(map(abs, slopes)) > 0.05


def test_the_ranker_has_no_classifier():
    made = system()
    assert not any("classifier" in v.path for v in made.discriminator.trainable_variables)
    assert made.discriminator(sets()[0]).shape == (4, 5)


def test_training_it_ranks_the_real_above_the_generated():
    made, (real, fake, references) = system(seqgan_discriminator_learning_rate=0.02), sets()
    history = [made.ranker_step(real, fake, references, SEED) for _ in range(30)]
    first, last = history[0], history[-1]
    assert float(last["real_rank"]) > float(first["real_rank"])
    assert float(last["made_rank"]) < float(first["made_rank"])


def test_the_reward_is_the_rank_among_human_sentences():
    made, (sentences, human, references) = system(rankgan_gamma=4.0), sets()
    expected = twin_log_rank(
        twin_features(made, sentences),
        twin_features(made, references[:3]),
        twin_features(made, human),
        4.0,
    )
    np.testing.assert_allclose(
        made.reward_function(references, human)(sentences), np.exp(expected), rtol=1e-4
    )
    paper = system(rankgan_gamma=4.0, rankgan_reward="log_rank")
    np.testing.assert_allclose(
        paper.reward_function(references, human)(sentences), expected, rtol=1e-4
    )


def twin_program_ranks(made, sentences, references, gamma):
    """One softmax over sentences of the sum of their cosines with all references."""
    rows = twin_features(made, sentences)
    scores = [gamma * sum(twins.cosine(row, u) for u in references) for row in rows]
    return [score - math.log(sum(map(math.exp, scores))) for score in scores]


PROGRAM = {
    "rankgan_comparison": "batch", "rankgan_relevance": "softmax_of_sum", "rankgan_gamma": 1.0,
}  # fmt: skip


def test_the_programs_reward_compares_the_sentences_of_a_batch():
    """In each group of B, one rollout of a position; no human sentence counts."""
    made, (sentences, human, references) = system(**PROGRAM), sets()
    more = tf.concat([sentences, human], axis=0)  # two groups
    chosen = twin_features(made, references[:3])
    expected = [
        rank for group in (sentences, human)
        for rank in twin_program_ranks(made, group, chosen, 1.0)
    ]  # fmt: skip
    found = made.reward_function(references, human)(more).numpy()
    np.testing.assert_allclose(found, np.exp(expected), rtol=1e-4)
    np.testing.assert_allclose(found.reshape(2, 4).sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(made.reward_function(references, sentences)(more), found)
    rewards = made.rewards(sentences, 2, SEED, references, human).numpy()
    assert rewards.shape == (4, 6)
    np.testing.assert_allclose(rewards.sum(axis=0), 1.0, rtol=1e-5)  # at each position
    assert made.control_mean() == pytest.approx(rewards.mean(), rel=1e-5)
    released = system(**PROGRAM, rankgan_pairing="released")
    paired = released.rewards(sentences, 2, SEED, references, human).numpy()
    np.testing.assert_array_equal(paired.T.ravel(), rewards.ravel())


@pytest.mark.parametrize("baseline", [False, True])
def test_a_baseline_lets_the_better_half_of_a_batch_gain_only(baseline):
    """Rewards are all positive: without it every sentence becomes likelier."""
    made = system(rankgan_baseline=baseline, mle_learning_rate=1e-3)
    tokens = tf.constant([[1] * 6, [2] * 6])
    before = losses.token_log_prob(made.model(tokens), tokens).numpy().sum(axis=1)
    rewards = tf.repeat(tf.constant([[0.3], [0.2]]), 6, axis=1)
    loss = made.adversarial_gradient_step(tokens, rewards)["loss"]
    gain = losses.token_log_prob(made.model(tokens), tokens).numpy().sum(axis=1) - before
    assert gain[0] > 0 and (gain[1] < 0) == baseline
    expected = [0.05, -0.05] if baseline else [0.3, 0.2]
    assert float(loss) == pytest.approx(-np.dot(before, expected), rel=1e-4)


def test_the_programs_ranker_compares_a_batch_of_both_kinds():
    made, (real, fake, references) = system(seqgan_dropout=0.0, **PROGRAM), sets()
    chosen = twin_features(made, references[:3])
    ranks = twin_program_ranks(made, tf.concat([real, fake], axis=0), chosen, 1.0)
    scalars = made.ranker_step(real, fake, references, SEED)
    found = [float(scalars[name]) for name in ("loss", "real_rank", "made_rank")]
    loss = np.mean(ranks[4:]) - np.mean(ranks[:4])
    expected = [loss, np.exp(ranks[:4]).mean(), np.exp(ranks[4:]).mean()]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_a_references_own_sentence_is_rewarded_most():
    made, (sentences, human, references) = system(rankgan_references=1), sets()
    both = tf.concat([sentences, references[:1]], axis=0)
    rewards = made.reward_function(references, human)(both).numpy()
    assert rewards[-1] > rewards[:-1].max()


class Task:
    train = small.tokens(11, 6, 7, seed=4)


def test_what_ranker_and_judge_are_given():
    made = RankGAN(small.config(system="rankgan", rankgan_references=3), Task())
    real, fake, references = made.real_and_generated(7)
    np.testing.assert_array_equal(real, Task.train)
    assert fake.shape == real.shape and (fake != real).any()
    rows = sorted(map(tuple, references))
    assert rows == sorted(map(tuple, real)) and (references != real).any()
    references, human = made.reward_data(7)
    known = {tuple(row) for row in Task.train}
    assert references.shape == human.shape == (4, 6)
    assert {*map(tuple, references), *map(tuple, human)} <= known
    assert not {*map(tuple, references)} & {*map(tuple, human)}  # there are enough of them
    assert (made.reward_data(8)[0] != references).any()


def test_a_reference_set_larger_than_the_batch_is_refused():
    with pytest.raises(UserError, match="rankgan_references 5 must be at most batch_size 4"):
        small.config(system="rankgan", rankgan_references=5)
