"""PG-BLEU: SeqGAN with BLEU against the training sentences instead of a discriminator.

A baseline of SeqGAN (Yu et al. 2017, arXiv:1609.05473, section 5.1): "BLEU … to score the finished
samples from Monte Carlo search", with the training data as references. Only the generator is
trained; schedule, rollouts and update are SeqGAN's.

Open in the paper: the order of BLEU, its smoothing, and how many references. Order 3 is that of
SeqGAN's first program (github.com/LantaoYu/SeqGAN, `pg_bleu` in its history), which has no
smoothing, one rollout of each prefix, and a random 40 % of the training sentences as references.
Here all training sentences are references, at the same cost, the number of rollouts is SeqGAN's,
and smoothing is method 1 as in Texygen's PG-BLEU: without it most samples have reward 0 at first.
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
    """Settings of PG-BLEU."""

    order: int = setting(3, "Order of BLEU: longest n-gram (SeqGAN's first program).")

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if the order exceeds the sequence length."""
        if self.order > shared.length:
            raise UserError(f"pg_bleu_order {self.order} must be at most length {shared.length}")


PUBLISHED = PublishedFigures(
    paper="1609.05473",
    oracle={20: OracleFigure(8.946, "SeqGAN, table 1 (read)")},
)


class PGBleu(PolicyGradientSystem):
    """The LSTM generator of `MLE`, then trained by REINFORCE with BLEU as the reward."""

    config: Config[PGBleuConfig]

    @cached_property
    def references(self) -> BleuTable:
        """N-gram counts of the training sentences, computed on first access."""
        end = END if self.config.ends else None
        return BleuTable(self.task.train, self.config.own.order, end)

    def reward_function(self) -> RewardFunction:
        """Returns a function from sentences (n, T) to BLEU (n,), computed in NumPy."""

        def scores(sentences: tf.Tensor) -> tf.Tensor:
            values = tf.numpy_function(
                lambda tokens: self.references.scores(tokens).astype("float32"),
                [sentences],
                tf.float32,
                stateful=False,
            )
            return tf.ensure_shape(values, sentences.shape[:1])

        return scores
