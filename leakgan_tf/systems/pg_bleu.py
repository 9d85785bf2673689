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

from dataclasses import dataclass
from functools import cached_property

import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.metrics.bleu_arrays import BleuTable
from leakgan_tf.models.masking import END
from leakgan_tf.systems.policy_gradient import (
    PolicyGradientConfig,
    PolicyGradientSystem,
    RewardFunction,
)
from leakgan_tf.utils.errors import UserError


@unique_class
@dataclass(frozen=True)
class PGBleuConfig(PolicyGradientConfig):
    """What PG-BLEU has of its own."""

    order: int = setting(3, "Longest n-gram of its BLEU (SeqGAN's first program).")

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if no sentence has n-grams of that order."""
        if self.order > shared.length:
            raise UserError(f"pg_bleu_order {self.order} must be at most length {shared.length}")


PUBLISHED = PublishedFigures(
    paper="1609.05473",
    oracle={20: OracleFigure(8.946, "SeqGAN, table 1 (read)")},
)


class PGBleu(PolicyGradientSystem):
    """The LSTM generator of `MLE`, trained on by REINFORCE with BLEU as the reward."""

    config: Config[PGBleuConfig]

    @cached_property
    def references(self) -> BleuTable:
        """The training sentences, counted when they are first asked for."""
        end = END if self.config.ends else None
        return BleuTable(self.task.train, self.config.own.order, end)

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
