"""Returns what LeakGAN computes at each token of given sentences, for `explore_page`."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from leakgan_tf.generation.forcing import infill
from leakgan_tf.reporting.leaked import Leaked, leaked, whole_batches
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.utils.seeds import derive
from leakgan_tf.utils.status import steps


class Tokens(NamedTuple):
    """LeakGAN's computation along n sentences of T tokens.

    Attributes:
      leaked: features, goals, and the mask of sampled tokens.
      with_goal: log-probabilities of all words at each token, (n, T, V).
      without_goal: the log-probabilities with `mean_goal` instead of each goal, (n, T, V).
      scores: D's mean probability of "real" over completions of 0..T tokens, (n, T+1).
      errors: standard error of each mean, (n, T+1); 0 for the finished sentence.
      intrinsic: the Worker's reward for each token (eq. 8), (n, T).
    """

    leaked: Leaked
    with_goal: np.ndarray
    without_goal: np.ndarray
    scores: np.ndarray
    errors: np.ndarray
    intrinsic: np.ndarray


def mean_goal(found: Leaked) -> np.ndarray:
    """Returns the mean goal of the sampled tokens, (F,)."""
    return found.goals[found.written].mean(axis=0)


def read_tokens(
    system: LeakGAN,
    tokens: np.ndarray,
    neutral: np.ndarray,
    temperature: float,
    rollouts: int,
    seed: int,
) -> Tokens:
    """Returns what the system computes along sentences under its current weights.

    Args:
      system: a trained system.
      tokens: ids (n, T).
      neutral: goal for "without goal", (F,). A goal of zeros would give all words the same
        probability (eq. 6).
      temperature: divides the Worker's logits.
      rollouts: number of rollouts of each prefix, N.
      seed: seed of the rollouts.
    """
    found = leaked(system, tokens)
    ids = tf.constant(tokens, tf.int32)
    scores, errors = prefix_scores(system, tokens, rollouts, seed)
    forward = system.forward(whole_batches(system, tokens))
    return Tokens(
        found,
        _log_probs(system, ids, found.goals, temperature),
        _log_probs(system, ids, np.broadcast_to(neutral, found.goals.shape), temperature),
        scores,
        errors,
        system.intrinsic_reward(forward).numpy()[: len(tokens)],
    )


def _log_probs(
    system: LeakGAN, tokens: tf.Tensor, goals: np.ndarray, temperature: float
) -> np.ndarray:
    logits = system.model(tokens, tf.constant(goals, tf.float32))  # (n, T, V)
    return tf.nn.log_softmax(logits / temperature).numpy()


def prefix_scores(
    system: LeakGAN, tokens: np.ndarray, rollouts: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns D's score of every prefix of (n, T) tokens, and its standard error (SeqGAN, eq. 4).

    As in training, the system reads a prefix as if it had sampled it.

    Returns:
    Means over the rollouts, at least 2, and standard errors, (n, T+1) each, for the prefixes of
    0..T tokens. The last is D's score of the complete sentence, without rollouts.
    """
    length = tokens.shape[1]
    lengths = np.repeat(np.arange(length), rollouts)  # (T·N,)
    lengths = np.pad(lengths, [0, -len(lengths) % system.model.goal_init_rows])
    given = tf.constant(np.arange(length) < lengths[:, np.newaxis])  # (T·N, T)

    @tf.function(autograph=False)
    def score(sentence: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
        rows = tf.tile(sentence[tf.newaxis], [len(lengths), 1])
        completed = infill(system.policy(), rows, given, own)
        return system.discriminator.probability_real(completed)[: length * rollouts]

    each = np.stack([
        score(
            tf.constant(tokens[number], tf.int32), tf.constant(derive(seed, "explore", number))
        ).numpy()
        for number in steps(range(len(tokens)), "completing prefixes")
    ]).reshape(len(tokens), length, rollouts)  # fmt: skip
    finished = system.discriminator.probability_real(tf.constant(tokens, tf.int32)).numpy()
    means = np.concatenate([each.mean(axis=2), finished[:, np.newaxis]], axis=1)
    errors = np.pad(each.std(axis=2, ddof=1) / np.sqrt(rollouts), [[0, 0], [0, 1]])
    return means, errors
