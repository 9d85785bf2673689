"""MLE: the LSTM language model, trained by maximum likelihood.

The baseline of SeqGAN (Yu et al. 2017, arXiv:1609.05473, table 1) and LeakGAN. Sizes, learning
rate 0.01, 120 epochs and gradient clip 5 are those of SeqGAN's released program.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import keras
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, SystemConfig, unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.models.optimizers import FusedAdam, adam, clipped_gradients
from leakgan_tf.objectives import losses
from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.seeds import derive_int


@unique_class
@dataclass(frozen=True)
class MLEConfig(SystemConfig):
    """What MLE has of its own; the systems that it pre-trains have it too."""

    sets_frontier: ClassVar[bool] = True
    presets: ClassVar[Presets] = {
        "quick": {"epochs": 40},
        "smoke": {"epochs": 6},
        "quick-text": {"epochs": 10, "learning_rate": 0.005},
        "smoke-text": {"epochs": 1, "learning_rate": 0.005},
        # This project's choice: on the Nottingham melodies held-out NLL is least after 10 to 15
        # epochs. MLE, SeqGAN and LeakGAN together: ten minutes at most.
        "quick-music": {"epochs": 12, "learning_rate": 0.005},
    }

    epochs: int = setting(120, "Epochs of maximum likelihood.", zero=True)
    learning_rate: float = setting(0.01, "Adam's rate for the LSTM generator.")


PUBLISHED = PublishedFigures(
    paper="",
    oracle={
        20: OracleFigure(9.038, "SeqGAN, table 1 (read)"),
        40: OracleFigure(10.411, "RelGAN, table 1 (second hand)"),
    },
    falling_short={1.0: (9.40, 7.61), 1.27: (8.73, 7.78), 1.51: (8.05, 8.04), 1.81: (7.06, 8.50)},
    coco=((0.731, 0.497, 0.305, 0.189), (0.916, 0.769, 0.583, 0.408)),
    news=((0.768, 0.473, 0.240, 0.126), 2.382),
    poems=0.6670,
    speeches=(0.519, 0.416),
    music=(0.9210, 22.38),
)


class MLE:
    """An LSTM generator trained on the training sentences, nothing else.

    Args:
      config: sizes and schedule.
      task: where the training sentences come from; not needed to sample.
      training: whether to make optimizers, too.
    """

    config: Config[MLEConfig]

    def __init__(self, config: Config[MLEConfig], task: Task | None = None, training: bool = True):
        self.config = config
        self._task = task
        self.models: dict[str, keras.Model] = {}
        self.optimizers: dict[str, FusedAdam] = {}
        self.build_models()
        self.generator = Generator(
            lambda: LSTMPolicy(self.model), config.length, config.sampling_batch
        )
        if training:
            self.build_optimizers()

    @property
    def task(self) -> Task:
        """Where real sentences come from; a system built without it cannot be trained."""
        if self._task is None:
            raise ValueError("this system was built without a task: it cannot be trained")
        return self._task

    def build_models(self) -> None:
        """Makes the networks with their initial weights."""
        config = self.config
        self.model = LSTMGenerator(
            config.vocab_size,
            config.length,
            config.generator_embedding,
            config.generator_hidden,
            ends=config.ends,
            seed=derive_int(config.seed, "mle", "generator"),
        )
        self.model.build()
        self.models["generator"] = self.model

    def build_optimizers(self) -> None:
        """Makes the optimizers of `models`."""
        config, variables = self.config, self.model.trainable_variables
        self.optimizers["generator"] = adam(
            config.own.learning_rate, config.adam_epsilon, variables, "mle"
        )

    def phases(self) -> Iterator[Phase]:
        """Yields the epochs, measured every `evaluate_every` and at the end."""
        last = self.config.own.epochs
        for epoch in range(1, last + 1):
            evaluate = epoch % self.config.evaluate_every == 0 or epoch == last
            yield Phase("mle", self.step, lambda seed: (self.task.train,), evaluate=evaluate)

    def step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One update on sentences (B, T)."""
        with tf.GradientTape() as tape:
            log_prob = losses.token_log_prob(self.model(tokens), tokens)
            loss = losses.likelihood_loss(log_prob, self.loss_mask(tokens))
        return self.update(tape, loss, self.optimizers["generator"])

    def loss_mask(self, tokens: tf.Tensor) -> tf.Tensor | None:
        """Returns which tokens (B, T) are not padding; None if none can be."""
        return valid_token_mask(tokens) if self.config.ends else None

    def update(self, tape: tf.GradientTape, loss: tf.Tensor, optimizer: FusedAdam) -> Scalars:
        """Moves the generator one clipped step down a loss."""
        variables = self.model.trainable_variables
        gradients, norm = clipped_gradients(tape, loss, variables, self.config.gradient_clip)
        optimizer.apply(gradients, variables)
        return {"loss": loss, "gradient_norm": norm}
