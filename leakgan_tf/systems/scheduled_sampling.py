"""Scheduled sampling: maximum likelihood with more and more sampled input tokens.

Bengio et al. 2015, arXiv:1506.03099. Each input token of the LSTM is, with probability ε, the true
token, and otherwise one sampled from the model. The loss is the NLL of the true tokens, and no
gradient passes through samples (section 2.4). ε falls during training.
`scheduled_sampling_schedule` has the paper's three decays. SeqGAN's table 1, where this is a
baseline, has the linear one, 0.002 per epoch (arXiv:1609.05473, section 5.1), and its first program
300 epochs. Learning rate and other settings are those of `mle`.

Open in the papers: inputs after a sampled end symbol. Here they are end symbols until the next true
token. Bengio et al. count mini-batches in ε_i, SeqGAN and this file epochs. SeqGAN's wording is
contradictory: its ω "controls the probability of replacing true tokens with generated ones" and
decreases by 0.002 per epoch, which taken literally means more true tokens with time. Here ε, the
probability of the true token, decreases.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.generation.forcing import infill
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.objectives import losses
from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.systems.mle import MLE, MLEConfig
from leakgan_tf.utils.errors import UserError


@unique_class
@dataclass(frozen=True)
class ScheduledSamplingConfig(MLEConfig):
    """Settings of scheduled sampling."""

    sets_frontier: ClassVar[bool] = False
    # Rates with the same final probability of 0.4 as after the program's 300 epochs.
    presets: ClassVar[Presets] = {
        "short": {"epochs": 120, "rate": 0.005},
        "quick": {"epochs": 40, "rate": 0.015},
        "tuned": {"epochs": 40, "rate": 0.015, "patience": 0},
        "smoke": {"epochs": 6, "rate": 0.1},
        "quick-text": {"epochs": 10, "rate": 0.06},
        "smoke-text": {"epochs": 1, "rate": 0.06},
    }

    epochs: int = setting(300, "Epochs (SeqGAN's first program).", zero=True)
    schedule: str = setting(
        "linear",
        "Decay of ε, the probability of a true input token.",
        choices=("linear", "exponential", "inverse_sigmoid"),
    )
    rate: float = setting(0.002, "Decay parameter k, per epoch (SeqGAN: linear, 0.002).", zero=True)
    least: float = setting(0.0, "Lower limit of ε in the linear decay.", zero=True, most=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse("patience")
        name = "scheduled_sampling_rate"
        if self.schedule == "exponential" and self.rate >= 1:
            raise UserError(f"{name} must be below 1 for the exponential decay, not {self.rate}")
        if self.schedule == "inverse_sigmoid" and self.rate < 1:
            raise UserError(f"{name} must be at least 1 for inverse_sigmoid, not {self.rate}")


PUBLISHED = PublishedFigures(
    paper="1506.03099",
    oracle={20: OracleFigure(8.985, "SeqGAN, table 1 (read)")},
)


class ScheduledSampling(MLE):
    """The LSTM generator and loss of `MLE`, with true and sampled input tokens."""

    config: Config[ScheduledSamplingConfig]

    def phases(self) -> Iterator[Phase]:
        """Yields the epochs, evaluated every `evaluate_every` epochs and at the end."""
        last = self.config.own.epochs
        for epoch in range(1, last + 1):
            evaluate = epoch % self.config.evaluate_every == 0 or epoch == last
            data = partial(self.sentences, true_share(self.config, epoch))
            yield Phase("scheduled_sampling", self.mixed_step, data, evaluate=evaluate)

    def sentences(self, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the training sentences (n, T), and ε repeated for each of them, (n,)."""
        return self.task.train, np.full([len(self.task.train)], share, np.float32)

    def mixed_step(self, tokens: tf.Tensor, share: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates once on sentences (B, T), with true input tokens at probability share (B,)."""
        fold = tf.random.experimental.stateless_fold_in
        coins = tf.random.stateless_uniform(tokens.shape, fold(seed, 0))
        true = coins < share[:, tf.newaxis]
        # Samples the inputs first, without a gradient: each depends on the previous inputs.
        read = infill(LSTMPolicy(self.model), tokens, true, fold(seed, 1))
        with tf.GradientTape() as tape:
            hidden = self.model.hidden(
                read, dropout=self.config.own.generator_dropout, seed=fold(seed, 2)
            )
            logits = self.model.projection(hidden)  # (B, T, V)
            log_prob = losses.token_log_prob(logits, tokens)
            loss = losses.likelihood_loss(log_prob, self.loss_mask(tokens))
        scalars = self.update(tape, loss, self.optimizers["generator"])
        scalars["true_share"] = tf.reduce_mean(tf.cast(true, tf.float32))
        return scalars


def true_share(config: Config[ScheduledSamplingConfig], epoch: int) -> float:
    """Returns ε, the probability of a true input token, in an epoch (counted from 1).

    With i = epoch - 1 and the rate k (section 2.4): linear max(least, 1 - k·i); exponential k^i;
    inverse sigmoid k / (k + exp(i / k)).
    """
    i, rate = epoch - 1, config.own.rate
    if config.own.schedule == "exponential":
        return rate**i
    if config.own.schedule == "inverse_sigmoid":
        # Numerator and denominator divided by k: exp(i / k) alone overflows in long runs.
        return 1.0 / (1.0 + math.exp(min(i / rate - math.log(rate), 700.0)))
    return max(config.own.least, 1.0 - rate * i)
