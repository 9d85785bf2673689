"""Scheduled sampling: maximum likelihood, reading more and more of one's own tokens.

Bengio et al. 2015, arXiv:1506.03099. In front of every token a coin decides whether the LSTM reads
the true token before it, with probability ε, or one that it samples itself; the loss is the true
tokens' likelihood, and no gradient passes through what was sampled (section 2.4). ε falls with
training. `scheduled_sampling_schedule` has the paper's three decays; SeqGAN's table 1, where this
is a baseline, has the linear one, 0.002 an epoch (arXiv:1609.05473, section 5.1), and its first
program 300 epochs. Learning rate and the rest are those of `mle`.

Open in the papers: what happens behind a sampled end symbol. Here the model goes on to read end
symbols until the coin gives it a true token again. Bengio et al. count mini-batches in ε_i, SeqGAN
and this file epochs. SeqGAN's wording is contradictory: its ω "controls the probability of
replacing true tokens with generated ones" and decreases by 0.002 an epoch, which taken literally
reads more truth with time; here ε, the probability of the true token, decreases.
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
    """What scheduled sampling has of its own."""

    sets_frontier: ClassVar[bool] = False
    # Rates that bring the probability to the same 0.4 as in the 300 epochs of the program.
    presets: ClassVar[Presets] = {
        "short": {"epochs": 120, "rate": 0.005},
        "quick": {"epochs": 40, "rate": 0.015},
        "smoke": {"epochs": 6, "rate": 0.1},
        "quick-text": {"epochs": 10, "rate": 0.06},
        "smoke-text": {"epochs": 1, "rate": 0.06},
    }

    epochs: int = setting(300, "Epochs (SeqGAN's first program).", zero=True)
    schedule: str = setting(
        "linear",
        "Decay of the probability of reading the true token.",
        choices=("linear", "exponential", "inverse_sigmoid"),
    )
    rate: float = setting(
        0.002, "The decay's k, for each epoch (SeqGAN: linear, 0.002).", zero=True
    )
    least: float = setting(
        0.0, "Least probability of the true token in the linear decay.", zero=True, most=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse("patience")
        name = "scheduled_sampling_rate"
        if self.schedule == "exponential" and self.rate >= 1:
            raise UserError(f"{name} must be below 1 if exponential, not {self.rate}")
        if self.schedule == "inverse_sigmoid" and self.rate < 1:
            raise UserError(f"{name} must be at least 1 if inverse_sigmoid, not {self.rate}")


PUBLISHED = PublishedFigures(
    paper="1506.03099",
    oracle={20: OracleFigure(8.985, "SeqGAN, table 1 (read)")},
)


class ScheduledSampling(MLE):
    """The LSTM generator of `MLE` with the same loss, on mixed inputs."""

    config: Config[ScheduledSamplingConfig]

    def phases(self) -> Iterator[Phase]:
        """Yields the epochs, measured every `evaluate_every` and at the end."""
        last = self.config.own.epochs
        for epoch in range(1, last + 1):
            evaluate = epoch % self.config.evaluate_every == 0 or epoch == last
            data = partial(self.sentences, true_share(self.config, epoch))
            yield Phase("scheduled_sampling", self.mixed_step, data, evaluate=evaluate)

    def sentences(self, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the training sentences (n, T), and the same ε for each, (n,)."""
        return self.task.train, np.full([len(self.task.train)], share, np.float32)

    def mixed_step(self, tokens: tf.Tensor, share: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One update on sentences (B, T), of which a token is read with probability share (B,)."""
        fold = tf.random.experimental.stateless_fold_in
        coins = tf.random.stateless_uniform(tokens.shape, fold(seed, 0))
        true = coins < share[:, tf.newaxis]
        # The model's own tokens first, without a gradient: each reads those before it.
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
    """Returns ε, the probability of reading the true token, in an epoch counted from 1.

    With i = epoch - 1 and the rate k (section 2.4): linear max(least, 1 - k·i); exponential k^i;
    inverse sigmoid k / (k + exp(i / k)).
    """
    i, rate = epoch - 1, config.own.rate
    if config.own.schedule == "exponential":
        return rate**i
    if config.own.schedule == "inverse_sigmoid":
        # Divided through by k: exp(i / k) alone overflows in long runs.
        return 1.0 / (1.0 + math.exp(min(i / rate - math.log(rate), 700.0)))
    return max(config.own.least, 1.0 - rate * i)
