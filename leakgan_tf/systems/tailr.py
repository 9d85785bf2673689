"""TaiLr: weighted maximum likelihood, between likelihood and the total variation distance.

Ji et al. 2023, "Tailoring Language Generation Models under Total Variation Distance". The loss of a
token is -w·log p, w = p / (γ + (1 - γ) p) without a gradient (`total_variation.tailr_loss`):
tokens of very low probability count less. γ = 0 is maximum likelihood, γ = 1 an estimate of the
total variation distance. Everything else is `mle`, also the phase's name.

From memory: neither the paper nor its program was at hand. Open: γ, reportedly between 1e-6 and
0.1. Under an untrained generator p is about 1/V: with a γ far above that, gradients are near 0 at
first. The default is below 1/V of the paper's oracle task; the small presets have a larger γ for
their smaller vocabularies.

Scalars: `loss`, the weighted likelihood in nats per token; `weight`, the mean of w, 1 at γ = 0;
`gradient_norm`, before clipping.
"""

from dataclasses import dataclass
from typing import ClassVar

import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.objectives import losses
from leakgan_tf.objectives.total_variation import tailr_loss, tailr_weights
from leakgan_tf.systems.base import Scalars
from leakgan_tf.systems.mle import MLE, MLEConfig


@unique_class
@dataclass(frozen=True)
class TaiLrConfig(MLEConfig):
    """Settings of TaiLr."""

    sets_frontier: ClassVar[bool] = False
    presets: ClassVar[Presets] = {"quick": {"gamma": 1e-3}, "smoke": {"gamma": 1e-2}}

    gamma: float = setting(1e-4, "Parameter γ of the weights; 0: MLE (open).", zero=True, most=1)


class TaiLr(MLE):
    """The LSTM generator of `MLE` with the same schedule and a weighted loss."""

    config: Config[TaiLrConfig]

    def step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates the generator once with the weighted loss on sentences (B, T)."""
        gamma, mask = self.config.own.gamma, self.loss_mask(tokens)
        with tf.GradientTape() as tape:
            logits = self.logits(tokens, seed, self.config.own.generator_dropout)
            log_prob = losses.token_log_prob(logits, tokens)
            loss = tailr_loss(log_prob, gamma, mask)
        scalars = self.update(tape, loss, self.optimizers["generator"])
        scalars["weight"] = losses.masked_mean(tailr_weights(log_prob, gamma), mask)
        return scalars
