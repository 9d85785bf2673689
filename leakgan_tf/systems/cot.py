"""CoT: cooperative training for generative modeling of discrete data.

Lu et al. 2019, arXiv:1804.03782. A mediator M learns the mixture ½(p + G) of real and generated
sentences by maximum likelihood (`cooperative.mediator_loss`). The generator minimizes the exact
divergence KL(G(·|s) ‖ M(·|s)) over the vocabulary after each prefix s of its own samples
(`cooperative.generator_loss`). Where M is the mixture, this lowers the Jensen-Shannon divergence
between p and G. There is no pre-training, no reward and no rollout.

Sizes, rates and the order of updates are those of the authors' program (github.com/desire2020/CoT):
an iteration is one update of G, then one of M, each with samples of its own; Adam has β₂ 0.95, and
no gradient is clipped. M has dropout 0.5 in its own updates only. The program draws fresh real
sentences from a fixed file; so are they here, with replacement. What it prints as JSD takes the
oracle's probabilities token by token, not the mediator's.

The paper's text was not at hand, only its program. Open: when to stop. The paper preset has the
program's 200,000 iterations as the limit; `select` chooses the best weights. Padding after the end
of a sentence counts in neither model's loss.

Figures at T = 20 on the oracle task, in nats per token: the log in its program's README has
NLL_oracle 11.430, 10.476 and 10.387, NLL_test 8.525, 7.938 and 7.869, at iterations 0, 100 and 200.
The paper's table has 8.19 and 8.03 from memory: not verified, hence in no table here.

Scalars: `loss`, the divergence in nats per token, 0 where G = M; `mediator_loss` in nats per token,
with dropout; `gradient_norm` and `mediator_gradient_norm`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.generation import sampling
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.mediator import Mediator
from leakgan_tf.models.optimizers import FusedAdam, dense_gradients
from leakgan_tf.objectives import cooperative, losses
from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.systems.iterations import drawn, iteration_phases
from leakgan_tf.systems.mle import MLE, UNTUNED, MLEConfig
from leakgan_tf.utils import distributed
from leakgan_tf.utils.seeds import derive_int

BETA_2 = 0.95  # of Adam, as in the authors' program


@unique_class
@dataclass(frozen=True)
class CoTConfig(MLEConfig):
    """Settings of CoT."""

    sets_frontier: ClassVar[bool] = False
    # The small presets are this project's choice.
    presets: ClassVar[Presets] = {
        "short": {"steps": 5000},
        "quick": {"epochs": 0, "learning_rate": 1e-3, "steps": 2000},
        "tuned": {"epochs": 0, "learning_rate": 1e-3, "steps": 2000, **UNTUNED},
        "smoke": {
            "epochs": 0, "learning_rate": 1e-3, "steps": 20, "phase_steps": 5, "samples": 16,
            "mediator_embedding": 8, "mediator_hidden": 8,
        },
        "quick-text": {"epochs": 0, "learning_rate": 1e-3, "steps": 2000},
        "smoke-text": {
            "epochs": 0, "learning_rate": 1e-3, "steps": 4, "phase_steps": 2, "samples": 16,
            "mediator_embedding": 8, "mediator_hidden": 8,
        },
        "quick-music": {"epochs": 0, "learning_rate": 1e-3, "steps": 2000},
    }  # fmt: skip

    epochs: int = setting(0, "Epochs of maximum likelihood first (its program: none).", zero=True)
    learning_rate: float = setting(1e-3, "Learning rate of the generator (its program).")
    mediator_learning_rate: float = setting(3e-3, "Learning rate of the mediator (its program).")
    mediator_embedding: int = setting(64, "Token embedding width of the mediator (its program).")
    mediator_hidden: int = setting(64, "State width of the mediator's LSTM (its program).")
    mediator_dropout: float = setting(
        0.5, "Dropout rate of the mediator's hidden state in its updates.", zero=True, most=0.99
    )
    mediator_steps: int = setting(1, "Updates of the mediator after each of the generator.")
    samples: int = setting(64, "Generated sentences in an update (its program).")
    steps: int = setting(200000, "Updates of the generator (its program: at most).")
    phase_steps: int = setting(100, "Updates of the generator in a phase of the schedule.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse("patience", "weight_decay")  # its optimizer is its program's


class CoT(MLE):
    """The LSTM generator of `MLE`, trained with a mediator."""

    config: Config[CoTConfig]

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        super().build_models()
        config, own = self.config, self.config.own
        self.mediator = Mediator(
            config.vocab_size,
            config.length,
            own.mediator_embedding,
            own.mediator_hidden,
            dropout=own.mediator_dropout,
            ends=config.ends,
            seed=derive_int(config.seed, "cot", "mediator"),
        )
        self.mediator.build()
        self.models["mediator"] = self.mediator

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        own, epsilon = self.config.own, self.config.adam_epsilon
        rates = {"generator": own.learning_rate, "mediator": own.mediator_learning_rate}
        for name, rate in rates.items():
            optimizer = FusedAdam(rate, beta_2=BETA_2, epsilon=epsilon, name=name)
            optimizer.build(self.models[name].trainable_variables)
            self.optimizers[name] = optimizer

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs, if any, then phases of several iterations each."""
        yield from super().phases()
        own, every = self.config.own, self.config.evaluate_every
        yield from iteration_phases(
            "cooperative/generator", self.cooperative_step, self.real, own.steps, own.phase_steps,
            every,
        )  # fmt: skip

    def real(self, steps: int, seed: int) -> tuple[np.ndarray]:
        """Returns the real sentences of ``steps`` iterations, (steps·B, mediator_steps, T)."""
        rows = steps * self.config.batch_size
        return drawn(self.task.train, rows, self.config.own.mediator_steps, seed)

    def cooperative_step(self, real: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Runs one iteration: an update of G, then those of M on real ones (B, updates, T)."""
        fold = tf.random.experimental.stateless_fold_in
        scalars = self.generator_update(self.samples(fold(seed, 0)))
        for number in range(self.config.own.mediator_steps):
            own = fold(seed, 1 + number)
            generated = self.samples(fold(own, 0))
            scalars |= self.mediator_update(real[:, number], generated, fold(own, 1))
        return scalars

    def samples(self, seed: tf.Tensor) -> tf.Tensor:
        """Returns generated sentences for one update, (samples, T)."""
        rows = distributed.local_batch_size(self.config.own.samples)
        neutral = tf.ones([self.config.length])
        return sampling.generate(LSTMPolicy(self.model), rows, neutral, seed)

    def generator_update(self, samples: tf.Tensor) -> Scalars:
        """Updates G: lowers its divergence from M after each prefix of G's samples (n, T)."""
        target = self.mediator(samples)
        with tf.GradientTape() as tape:
            loss = cooperative.generator_loss(self.model(samples), target)
        norm = self._apply(tape, loss, "generator")
        return {"loss": loss, "gradient_norm": norm}

    def mediator_update(
        self, real: tf.Tensor, generated: tf.Tensor, dropout_seed: tf.Tensor | None = None
    ) -> Scalars:
        """Updates M by maximum likelihood on real (B, T) and generated sentences (n, T).

        Args:
          real: real sentences.
          generated: fresh samples of G.
          dropout_seed: stateless seed (2,) of the dropout; None for no dropout.
        """
        seeds: list[tf.Tensor | None] = [None, None]
        if dropout_seed is not None:
            fold = tf.random.experimental.stateless_fold_in
            seeds = [fold(dropout_seed, 0), fold(dropout_seed, 1)]
        with tf.GradientTape() as tape:
            log_probs = [
                -losses.cross_entropy(self.mediator(tokens, seed), tokens)
                for tokens, seed in zip((real, generated), seeds, strict=True)
            ]
            loss = cooperative.mediator_loss(*log_probs)
        norm = self._apply(tape, loss, "mediator")
        return {"mediator_loss": loss, "mediator_gradient_norm": norm}

    def _apply(self, tape: tf.GradientTape, loss: tf.Tensor, name: str) -> tf.Tensor:
        """Updates a model with the unclipped gradient of a loss; returns the gradient's norm."""
        variables = self.models[name].trainable_variables
        gradients = dense_gradients(tape, loss, variables)
        self.optimizers[name].apply(gradients, variables)
        return tf.linalg.global_norm(gradients)
