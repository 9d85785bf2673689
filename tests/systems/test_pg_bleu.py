"""PG-BLEU: the reward of a prefix is its completions' BLEU, by NLTK."""

import numpy as np
import pytest
import tensorflow as tf
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from helpers import small
from leakgan_tf.generation import sampling
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.systems.pg_bleu import PGBleu

SEED = tf.constant([5, 6])
ENDS = {"task": "text", "padding": "masked"}


class Task:
    train = small.tokens(9, 6, 7, seed=1)


Task.train[:3, 4:] = 0


def system(**changes):
    made = PGBleu(small.config(system="pg_bleu", **changes), Task())
    small.randomise(made.model)
    return made


def words(ids, ends):
    rows = np.asarray(ids).tolist()
    return [row[: row.index(0)] if ends and 0 in row else row for row in rows]


def nltk_bleu(sentences, order, ends):
    references = words(Task.train, ends)
    smoothing = SmoothingFunction().method1
    weights = [1 / order] * order
    return [
        sentence_bleu(references, each, weights, smoothing) if each else 0.0
        for each in words(sentences, ends)
    ]


@pytest.mark.parametrize(("order", "changes"), [(3, {}), (2, ENDS)], ids=["ids", "ends"])
def test_rewards_are_the_mean_bleu_of_each_prefixs_completions(order, changes):
    made = system(pg_bleu_order=order, **changes)
    tokens = made.generator.sample(4, 1.0, (1, 2))
    compiled = tf.function(lambda x, seed: made.rewards(x, 2, seed), autograph=False)
    found = compiled(tf.constant(tokens), SEED).numpy()
    completions = sampling.complete(
        LSTMPolicy(made.model), tf.constant(tokens), range(1, 6), 2, SEED
    )
    for prefix in range(5):
        both = [nltk_bleu(completions[prefix, n], order, bool(changes)) for n in range(2)]
        np.testing.assert_allclose(found[:, prefix], np.mean(both, axis=0), rtol=1e-5)
    np.testing.assert_allclose(found[:, -1], nltk_bleu(tokens, order, bool(changes)), rtol=1e-5)
    assert found.std() > 0.01


def test_training_sentences_get_the_highest_reward():
    rewards = system().reward_function()(tf.constant(Task.train))
    np.testing.assert_allclose(rewards, np.ones(9), rtol=1e-6)


def test_only_the_generator_learns():
    made = system(mle_epochs=1, seqgan_steps=2, seqgan_rollouts=2)
    assert set(made.models) == {"generator"}
    names = [phase.name for phase in made.phases()]
    assert {name for name in names} == {"mle", "adversarial/generator", "adversarial/evaluation"}
    before = made.model.get_weights()
    first = made.adversarial_step(SEED)
    assert 0 < float(first["reward_mean"]) < 1
    assert any((a != b).any() for a, b in zip(before, made.model.get_weights(), strict=True))


def test_it_learns_to_write_what_the_training_sentences_hold():
    """The whole loop, signs included: the reward rises."""

    class Narrow:
        train = np.tile(np.array([[3, 4, 3, 4, 3, 4]], np.int32), [4, 1])

    config = small.config(
        system="pg_bleu", batch_size=32, seqgan_rollouts=2, mle_learning_rate=0.03
    )
    made = PGBleu(config, Narrow())
    step = tf.function(made.adversarial_step, autograph=False)
    rewards = [float(step(tf.constant([i, 0]))["reward_mean"]) for i in range(40)]
    assert np.mean(rewards[-5:]) > 2 * np.mean(rewards[:5])
