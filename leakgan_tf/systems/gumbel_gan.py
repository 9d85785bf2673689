"""Gumbel-softmax GAN: a GAN over discrete sequences, trained through relaxed samples.

Kusner and Hernández-Lobato 2016, "GANs for sequences of discrete elements with the Gumbel-softmax
distribution", arXiv:1611.04051. The generator is an LSTM whose initial states h₀ and c₀ are the
noise of the GAN. A token is drawn as argmax(h + g), h the logits, g Gumbel noise. In training it is
relaxed to softmax((h + g)/τ), the next input of the generator and the input of D
(`relaxed.sample`, soft feedback). τ falls linearly. D is an LSTM with one score per sentence
(`SequenceDiscriminator`). There is no pre-training, no reward and no rollout.

The paper's body was not at hand. From memory, not verified: LSTMs of 32 units, Adam 1e-3, batches
of 200, 20,000 iterations, τ from 5 to 1. Open, and this project's choice: h₀ and c₀ from N(0, 1);
one update of D, then one of G, each on samples of its own; the non-saturating loss
(`gumbel_gan_loss`); logits a linear map of the hidden vector; all weights N(0, 0.1²); gradients
clipped to 5; tokens embedded, where the paper may read one-hot vectors (a product of two matrices
for one). Texygen's `gsgan` (its program was read by others) adds the noise to the hidden state, not
to the logits, and keeps τ; neither is done here.

The likelihood of a latent generator is an integral over its noise. `log_prob` is that of an equal
mixture of `likelihood_draws` fixed states: NLL_test is too high in expectation, less so with more
of them. A given prefix cannot be completed, because its noise is unknown.

Published figures: none. The paper shows learning curves and samples on a context-free language
(`python -m benchmarks.cfg`).

Scalars: `loss`, G's adversarial loss, log 2 where D gives ½; `discriminator_loss`, 2·log 2 there;
`real_score` and `generated_score`, mean scores before the sigmoid; `temperature`, τ;
`gradient_norm` and `discriminator_gradient_norm`, before clipping. In pre-training as in `mle`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.generation import relaxed
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LatentPolicy, noise_state
from leakgan_tf.models.optimizers import adam, clipped_gradients
from leakgan_tf.models.sequence_discriminator import SequenceDiscriminator
from leakgan_tf.objectives.adversarial import adversarial_losses
from leakgan_tf.systems.base import Discriminating, Phase, Scalars
from leakgan_tf.systems.iterations import drawn, iteration_phases
from leakgan_tf.systems.mle import MLE, MLEConfig
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils import distributed
from leakgan_tf.utils.seeds import derive, derive_int

# D's learning rate is Texygen's (its program, read by others). With 1e-3, D is saturated within a
# few hundred iterations, and G does not learn (docs/systems/gumbel_gan.md).
_QUICK = {"epochs": 0, "steps": 2000, "discriminator_learning_rate": 1e-4}


@unique_class
@dataclass(frozen=True)
class GumbelGANConfig(MLEConfig):
    """Settings of the Gumbel-softmax GAN."""

    sets_frontier: ClassVar[bool] = False
    # The small presets are this project's choice.
    presets: ClassVar[Presets] = {
        "short": {"steps": 5000},
        "quick": {**_QUICK, "phase_steps": 50},
        "smoke": {
            "epochs": 0, "steps": 4, "phase_steps": 2, "likelihood_draws": 2,
            "discriminator_hidden": 4,
        },
        "quick-text": {**_QUICK, "phase_steps": 50},
        "paper-cfg": {"epochs": 0, "phase_steps": 25},
        "quick-cfg": {**_QUICK, "phase_steps": 25},
        "smoke-text": {
            "epochs": 0, "steps": 2, "phase_steps": 1, "likelihood_draws": 2,
            "discriminator_hidden": 4,
        },
    }  # fmt: skip

    temperature_start: float = setting(5.0, "τ of the first iteration (from memory).")
    temperature_end: float = setting(1.0, "τ of the last iteration (from memory).")
    steps: int = setting(20000, "Updates of G (from memory).", zero=True)
    discriminator_steps: int = setting(1, "Updates of D before each of G (open).")
    adversarial_learning_rate: float = setting(1e-3, "Learning rate of G (from memory).")
    discriminator_learning_rate: float = setting(1e-3, "Learning rate of D (from memory).")
    discriminator_hidden: int = setting(32, "State width of D's LSTM (from memory).")
    loss: str = setting(
        "standard",
        "G's loss: 'standard', -log D(s⁻), non-saturating; 'js', log(1 - D(s⁻)) (open).",
        choices=("standard", "js"),
    )
    likelihood_draws: int = setting(16, "Number of noise states in the likelihood's mean, K.")
    epochs: int = setting(0, "Epochs of maximum likelihood first (from memory: none).", zero=True)
    phase_steps: int = setting(100, "Updates of G in a phase of the schedule.")


class GumbelGAN(MLE, Discriminating):
    """An LSTM generator with a noise state, trained through D on soft samples."""

    config: Config[GumbelGANConfig]
    discriminator_phases = ("adversarial/generator",)

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's log-odds (n,) that sentences (n, T) are real."""
        return self.discriminator(tokens)

    def __init__(
        self, config: Config[GumbelGANConfig], task: Task | None = None, training: bool = True
    ):
        super().__init__(config, task, training)
        seed = tf.constant(derive(config.seed, "gumbel_gan", "likelihood"), tf.int32)
        draws = config.own.likelihood_draws
        self.generator = Generator(
            lambda: LatentPolicy(self.model, draws, seed), config.length, config.sampling_batch
        )

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        super().build_models()
        config = self.config
        self.discriminator = SequenceDiscriminator(
            config.vocab_size,
            config.length,
            config.discriminator_embedding,
            config.own.discriminator_hidden,
            seed=derive_int(config.seed, "gumbel_gan", "discriminator"),
        )
        self.discriminator.build()
        self.models["discriminator"] = self.discriminator

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        super().build_optimizers()
        own, epsilon = self.config.own, self.config.adam_epsilon
        for name, model, rate in (
            ("adversarial", self.model, own.adversarial_learning_rate),
            ("discriminator", self.discriminator, own.discriminator_learning_rate),
        ):
            self.optimizers[name] = adam(rate, epsilon, model.trainable_variables, name)

    def logits(self, tokens: tf.Tensor, seed: tf.Tensor, dropout: float = 0.0) -> tf.Tensor:
        """Returns the logits (B, T, V) along sentences (B, T), given noise drawn with the seed.

        The expected log-likelihood under these logits is a lower bound of the model's.
        """
        fold = tf.random.experimental.stateless_fold_in
        state = noise_state(tokens.shape[0], self.model.hidden_size, fold(seed, 0))
        return self.model.logits(tokens, state, dropout, fold(seed, 1))

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs, if any, then phases of several adversarial iterations each."""
        yield from super().phases()
        own, every = self.config.own, self.config.evaluate_every
        yield from iteration_phases(
            "adversarial/generator", self.adversarial_step, self.real, own.steps, own.phase_steps,
            every,
        )  # fmt: skip

    def real(self, steps: int, seed: int) -> tuple[np.ndarray]:
        """Returns the real sentences of ``steps`` iterations, (steps·B, discriminator_steps, T)."""
        rows = steps * self.config.batch_size
        return drawn(self.task.train, rows, self.config.own.discriminator_steps, seed)

    def temperature(self) -> tf.Tensor:
        """Returns τ of the current iteration: linear from temperature_start to temperature_end."""
        own = self.config.own
        done = tf.cast(self.optimizers["adversarial"].iterations, tf.float32)
        share = tf.minimum(done / max(own.steps - 1, 1), 1.0)
        return own.temperature_start + (own.temperature_end - own.temperature_start) * share

    def adversarial_step(self, real: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Runs one iteration: updates of D on real sentences (B, updates, T), then one of G."""
        fold = tf.random.experimental.stateless_fold_in
        temperature = self.temperature()
        scalars: Scalars = {}
        for number in range(self.config.own.discriminator_steps):
            scalars |= self.discriminator_update(
                real[:, number], temperature, fold(seed, 1 + number)
            )
        scalars |= self.generator_update(temperature, fold(seed, 0))
        return {**scalars, "temperature": temperature}

    def soft_samples(
        self,
        temperature: tf.Tensor | float,
        seed: tf.Tensor,
        keep: Callable[[tf.Tensor], tf.Tensor] = tf.identity,
    ) -> tf.Tensor:
        """Returns ``keep(soft tokens)`` of B sampled sentences, (B, T, ·), each with own noise."""
        fold = tf.random.experimental.stateless_fold_in
        rows = distributed.local_batch_size(self.config.batch_size)
        policy = relaxed.SoftPolicy(
            self.model, noise_state(rows, self.model.hidden_size, fold(seed, 0))
        )
        relax, noise = (
            relaxed.gumbel_softmax(1.0 / temperature),
            relaxed.gumbel_noise(fold(seed, 1)),
        )
        return relaxed.sample(policy, rows, relax, noise, "soft", keep).soft

    def generator_update(self, temperature: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates G by the gradient of D's scores of its soft samples."""
        with tf.GradientTape() as tape:
            # Embeds in the sampling loop: all soft tokens (B, T, V) would take much memory.
            soft = self.soft_samples(temperature, seed, keep=self.discriminator.embed)
            scores = self.discriminator.scores(soft)
            loss = adversarial_losses(self.config.own.loss, scores, scores)[1]
        return self.update(tape, loss, self.optimizers["adversarial"])

    def discriminator_update(
        self, real: tf.Tensor, temperature: tf.Tensor, seed: tf.Tensor
    ) -> Scalars:
        """Updates D on real sentences (B, T) and as many fresh soft samples."""
        model, own = self.discriminator, self.config.own
        soft = self.soft_samples(temperature, seed)  # (B, T, V)
        with tf.GradientTape() as tape:
            scores = model(real), model(soft)
            loss = adversarial_losses(own.loss, *scores)[0]
        variables = model.trainable_variables
        gradients, norm = clipped_gradients(tape, loss, variables, self.config.gradient_clip)
        self.optimizers["discriminator"].apply(gradients, variables)
        return {
            "discriminator_loss": loss,
            "discriminator_gradient_norm": norm,
            "real_score": tf.reduce_mean(scores[0]),
            "generated_score": tf.reduce_mean(scores[1]),
        }
