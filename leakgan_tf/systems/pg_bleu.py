"""PG-BLEU: SeqGAN with BLEU against the training sentences in the place of a discriminator.

A baseline of SeqGAN (Yu et al. 2017, arXiv:1609.05473, section 5.1): "BLEU … to score the finished
samples from Monte Carlo search", with the training data as references. Nothing learns but the
generator; schedule, rollouts and update are SeqGAN's.

Open in the paper: the order of BLEU, its smoothing, and how many references. Order 3 is that of
SeqGAN's first program (github.com/LantaoYu/SeqGAN, `pg_bleu` in its history), which has no
smoothing, one rollout of each prefix, and a random 40 % of the training sentences as references.
Here they all are references, which costs no more, rollouts are SeqGAN's, and smoothing is method 1
as in Texygen's PG-BLEU: without it hardly any sample would have a reward at first.
"""

from functools import cached_property

import tensorflow as tf

from leakgan_tf.metrics.bleu_arrays import BleuTable
from leakgan_tf.models.masking import END
from leakgan_tf.systems.policy_gradient import PolicyGradientSystem, RewardFunction


class PGBleu(PolicyGradientSystem):
    """The LSTM generator of `MLE`, trained on by REINFORCE with BLEU as the reward."""

    @cached_property
    def references(self) -> BleuTable:
        """The training sentences, counted when they are first asked for."""
        end = END if self.config.ends else None
        return BleuTable(self.task.train, self.config.pg_bleu_order, end)

    def reward_function(self) -> RewardFunction:
        """Returns the BLEU of sentences, computed outside of TensorFlow."""

        def scores(sentences: tf.Tensor) -> tf.Tensor:
            values = tf.numpy_function(
                lambda tokens: self.references.scores(tokens).astype("float32"),
                [sentences],
                tf.float32,
                stateful=False,
            )
            return tf.ensure_shape(values, sentences.shape[:1])

        return scores
