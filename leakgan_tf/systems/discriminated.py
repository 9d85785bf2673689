"""Base class of SeqGAN, MaliGAN and RankGAN: a discriminator, or ranker, of sentences.

Network, loss, L2 penalty, dropout and rounds are those of SeqGAN's released program. RankGAN's
ranker has a loss of its own. This file is not a system itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.presets import SEQGAN_32
from leakgan_tf.models.discriminator import REAL, Discriminator
from leakgan_tf.models.optimizers import FusedAdam, adam, dense_gradients
from leakgan_tf.objectives import losses
from leakgan_tf.systems.base import Discriminating, Phase, Scalars
from leakgan_tf.systems.policy_gradient import PolicyGradientConfig, PolicyGradientSystem
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.seeds import derive, derive_int

DATA = ("fixed", "fresh")
DATA_ABOUT = (
    "Real sentences of D's rounds: 'fixed', the training sentences; 'fresh', new samples of the "
    "oracle in each round, outside the training set; on text both are training sentences"
)


@unique_class
@dataclass(frozen=True)
class DiscriminatedConfig(PolicyGradientConfig, flags="seqgan"):
    """Settings of SeqGAN's D, from its released program."""

    kernels = {32: SEQGAN_32}
    presets: ClassVar[Presets] = {
        "quick": {"discriminator_learning_rate": 1e-3},
        "smoke": {"discriminator_learning_rate": 1e-3},
        "quick-text": {},
        "smoke-text": {},
        "quick-music": {"discriminator_learning_rate": 1e-3},
    }

    discriminator_learning_rate: float = setting(1e-4, "Learning rate of D.")
    dropout: float = setting(0.25, "Dropout rate of D's features in its training.", zero=True)
    l2: float = setting(0.2, "Weight of D's classifier penalty, Σ w²/2.", zero=True)
    discriminator_data: str = setting("fixed", DATA_ABOUT + " (its program: fixed).", DATA)


class DiscriminatedSystem(PolicyGradientSystem, Discriminating):
    """The generator of `MLE` against D, which is trained on real sentences and fresh samples."""

    classifies = True  # whether D has a classifier of two classes; a ranker has features only

    config: Config[DiscriminatedConfig]

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        super().build_models()
        self.discriminator = sentence_discriminator(
            self.config, self.config.own.dropout, self.classifies
        )
        self.models["discriminator"] = self.discriminator

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        super().build_optimizers()
        config = self.config
        self.optimizers["discriminator"] = adam(
            config.own.discriminator_learning_rate,
            config.adam_epsilon,
            self.discriminator.trainable_variables,
            "discriminator",
        )

    def discriminator_rounds(self, name: str) -> Iterator[Phase]:
        """Yields the phase of a D round: epochs over real and as many generated sentences."""
        epochs = self.config.discriminator_epochs
        yield Phase(name, self.round_step(), self.real_and_generated, epochs=epochs)

    def round_step(self) -> Callable[..., Scalars]:
        """Returns the step function of a D round."""
        return self.discriminator_step

    def real_and_generated(self, seed: int) -> tuple[np.ndarray, ...]:
        """Returns n real and n generated sentences (2n, T), and their classes (2n,)."""
        real = self.real(seed)
        return labelled(real, self.generator.sample(len(real), 1.0, derive(seed, "generated")))

    def real(self, seed: int) -> np.ndarray:
        """Returns the real sentences (n, T) of a D round, n the size of the training set."""
        return round_sentences(self.task, self.config.own.discriminator_data, seed)

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's log-odds (n,) that sentences (n, T) are real, without dropout."""
        return self.discriminator.log_odds(tokens)

    def discriminator_step(self, tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates D once on sentences (B, T) of classes (B,) (SeqGAN, eq. 5)."""
        optimizer, weight = self.optimizers["discriminator"], self.config.own.l2
        return classification_step(self.discriminator, optimizer, tokens, labels, seed, weight)


def sentence_discriminator(
    config: Config[Any], dropout: float, classifies: bool = True
) -> Discriminator:
    """Returns SeqGAN's CNN discriminator with its initial weights.

    Args:
      config: sizes and seed.
      dropout: dropout rate of the features in training.
      classifies: whether it has a classifier of two classes; otherwise features only.
    """
    discriminator = Discriminator(
        config.vocab_size,
        config.length,
        config.discriminator_embedding,
        config.windows,
        config.filters,
        padding_row=False,
        dropout=dropout,
        classifies=classifies,
        seed=derive_int(config.seed, "seqgan", "discriminator"),
    )
    discriminator.build()
    return discriminator


def labelled(real: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns real and generated sentences (n, T) together (2n, T), and their classes (2n,)."""
    labels = np.repeat(np.array([REAL, 1 - REAL], np.int32), len(real))
    return np.concatenate([real, generated]), labels


def round_sentences(task: Task, data: str, seed: int) -> np.ndarray:
    """Returns the real sentences (n, T) of a D round, n the size of the training set.

    Args:
      task: source of the sentences.
      data: one of `DATA`.
      seed: seed of the round.
    """
    if data == "fixed":
        return task.train
    return task.positives(len(task.train), derive_int(seed, "real"))


def classification_step(
    model: Discriminator,
    optimizer: FusedAdam,
    tokens: tf.Tensor,
    labels: tf.Tensor,
    seed: tf.Tensor,
    l2: float,
) -> Scalars:
    """Updates D once on sentences; returns its loss, gradient norm and accuracy.

    Args:
      model: D.
      optimizer: the optimizer of D.
      tokens: ids (B, T).
      labels: `REAL` or 0, (B,).
      seed: stateless seed (2,) of the dropout.
      l2: weight of the classifier's L2 penalty.
    """
    with tf.GradientTape() as tape:
        logits = model(tokens, seed)
        loss = losses.discriminator_loss(logits, labels)
        if l2:
            loss += l2 * losses.l2_penalty(model.classifier.kernel, model.classifier.bias)
    scalars = descend(tape, loss, model, optimizer)
    right = tf.argmax(logits, axis=-1, output_type=tf.int32) == labels
    scalars["accuracy"] = tf.reduce_mean(tf.cast(right, tf.float32))
    return scalars


def descend(
    tape: tf.GradientTape,
    loss: tf.Tensor,
    model: Discriminator,
    optimizer: FusedAdam,
) -> Scalars:
    """Updates a discriminator with the gradient of a loss; returns loss and gradient norm."""
    variables = model.trainable_variables
    gradients = dense_gradients(tape, loss, variables)
    optimizer.apply(gradients, variables)
    return {"loss": loss, "gradient_norm": tf.linalg.global_norm(gradients)}
