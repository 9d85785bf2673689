"""MLE: the LSTM language model, trained by maximum likelihood.

The baseline of SeqGAN (Yu et al. 2017, arXiv:1609.05473, table 1) and LeakGAN. Sizes, learning
rate 0.01, 120 epochs and gradient clip 5 are those of SeqGAN's released program.

Options of a stronger baseline: dropout, weight decay, width, and early stopping on validation
sentences, held out from the *training* split. Neither test sentences nor the oracle select weights.
The systems that MLE pre-trains have the same options; `mle_tuned` is MLE with them.

Early stopping: after each epoch, the NLL of the validation sentences is measured, without dropout.
After `patience` epochs without a lower one, the remaining epochs are skipped, and the weights with
the lowest NLL are restored. Checkpoints include them, so that a resumed run has the same result.

Scalars: `loss`, nats per token, with dropout; `gradient_norm`, before clipping; with early stopping
also `held_out_nll`, nats per token, and `waited`, the number of epochs since its lowest value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, SystemConfig, unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.models.optimizers import FusedAdam, StoppingAdam, adam, clipped_gradients
from leakgan_tf.objectives import losses
from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive_int, numpy_generator

# This project's choice, for the quick sizes: see docs/systems/mle.md.
TUNED = {
    "epochs": 120,
    "learning_rate": 0.005,
    "generator_dropout": 0.5,
    "width": 128,
    "patience": 5,
}
# For the preset `tuned` of systems that do not take those.
UNTUNED = {"generator_dropout": 0.0, "width": 0, "patience": 0}


@unique_class
@dataclass(frozen=True)
class MLEConfig(SystemConfig):
    """Settings of MLE, inherited by the systems that it pre-trains."""

    sets_frontier: ClassVar[bool] = True
    presets: ClassVar[Presets] = {
        "quick": {"epochs": 40},
        "smoke": {"epochs": 6},
        "quick-text": {"epochs": 10, "learning_rate": 0.005},
        "smoke-text": {"epochs": 1, "learning_rate": 0.005},
        # This project's choice: on the Nottingham melodies held-out NLL is least after 10 to 15
        # epochs. MLE, SeqGAN and LeakGAN together: ten minutes at most.
        "quick-music": {"epochs": 12, "learning_rate": 0.005},
        # As many updates as the Gumbel-softmax GAN has: 25 an epoch.
        "paper-cfg": {"epochs": 800, "learning_rate": 1e-3},
        "quick-cfg": {"epochs": 80, "learning_rate": 1e-3},
        "tuned": TUNED,
    }

    epochs: int = setting(120, "Epochs of maximum likelihood; a maximum with patience.", zero=True)
    learning_rate: float = setting(0.01, "Learning rate of the LSTM generator.")
    generator_dropout: float = setting(
        0.0, "Dropout rate of the LSTM's inputs and outputs in training.", zero=True, most=0.99
    )
    weight_decay: float = setting(
        0.0, "Decoupled weight decay (AdamW), multiplied by the learning rate.", zero=True
    )
    width: int = setting(
        0,
        "Width of both embedding and LSTM; 0: generator_embedding and generator_hidden.",
        zero=True,
    )
    patience: int = setting(
        0,
        "Early stopping after this many epochs without a lower held-out NLL; 0: none.",
        zero=True,
    )
    held_out: float = setting(
        0.1, "With patience: share of the training sentences held out, in whole batches.", most=0.5
    )

    def refuse(self, *names: str) -> None:
        """Raises ``UserError`` if one of the fields ``names`` is set: this system ignores it."""
        for name in names:
            if getattr(self, name):
                raise UserError(f"{self.system} does not take mle_{name}: leave it out")

    def check_replicas(self) -> None:
        """Raises ``UserError`` with early stopping, which works on one device only."""
        if self.patience:
            raise UserError("mle_patience works on one device only: give --strategy=none")


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
    """An LSTM generator trained by maximum likelihood on the training sentences.

    Args:
      config: sizes and schedule.
      task: source of the training sentences; not needed to sample.
      training: whether to build the optimizers too.
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
        """Source of the real sentences; without it the system cannot be trained."""
        if self._task is None:
            raise ValueError("this system was built without a task: it cannot be trained")
        return self._task

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        config, width = self.config, self.config.own.width
        self.model = LSTMGenerator(
            config.vocab_size,
            config.length,
            width or config.generator_embedding,
            width or config.generator_hidden,
            ends=config.ends,
            seed=derive_int(config.seed, "mle", "generator"),
        )
        self.model.build()
        self.models["generator"] = self.model

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        config, own, variables = self.config, self.config.own, self.model.trainable_variables
        kind = StoppingAdam if own.patience else FusedAdam
        self.optimizers["generator"] = adam(
            own.learning_rate, config.adam_epsilon, variables, "mle", own.weight_decay, kind
        )

    # --- The schedule -------------------------------------------------------------------------

    def phases(self) -> Iterator[Phase]:
        """Yields the epochs, evaluated every `evaluate_every` epochs and at the end.

        With patience, a phase after each epoch measures the NLL of the validation sentences, epochs
        after early stopping are skipped, and the last phase restores the best weights.
        """
        own, every = self.config.own, self.config.evaluate_every
        for epoch in range(1, own.epochs + 1):
            evaluate = epoch % every == 0 or (epoch == own.epochs and not own.patience)
            skipped = self.stopped if own.patience else None
            yield Phase("mle", self.step, self.learned, evaluate=evaluate, skipped=skipped)
            if own.patience:
                yield Phase("mle/held_out", self.held_out_step, skipped=skipped)
        if own.patience and own.epochs:
            yield Phase("mle/restored", self.restore_step, evaluate=True)

    def learned(self, seed: int) -> tuple[np.ndarray]:
        """Returns the training sentences of an epoch (n, T), without the validation sentences."""
        return (self.split()[0],)

    def split(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the sentences to train on (m, T), and those for early stopping (n·B, T).

        Raises:
          UserError: fewer than a batch of training sentences remain.
        """
        train, size = self.task.train, self.config.batch_size
        if not self.config.own.patience:
            return train, train[:0]
        kept = size * max(1, round(self.config.own.held_out * len(train) / size))
        if len(train) - kept < size:
            raise UserError(
                f"mle_patience holds out {kept} of {len(train)} training sentences, and fewer than "
                f"batch_size {size} remain: lower batch_size or mle_held_out"
            )
        order = numpy_generator(self.config.seed, "mle", "held out").permutation(len(train))
        return train[order[kept:]], train[order[:kept]]

    def stopped(self) -> bool:
        """Returns whether `patience` epochs have passed without a lower validation NLL."""
        return int(self._stopping.waited.numpy()) >= self.config.own.patience

    @property
    def _stopping(self) -> StoppingAdam:
        optimizer = self.optimizers["generator"]
        assert isinstance(optimizer, StoppingAdam)  # patience is above 0
        return optimizer

    # --- One update ---------------------------------------------------------------------------

    def step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates the generator once by maximum likelihood on sentences (B, T)."""
        with tf.GradientTape() as tape:
            log_prob = losses.token_log_prob(
                self.logits(tokens, seed, self.config.own.generator_dropout), tokens
            )
            loss = losses.likelihood_loss(log_prob, self.loss_mask(tokens))
        return self.update(tape, loss, self.optimizers["generator"])

    def logits(self, tokens: tf.Tensor, seed: tf.Tensor, dropout: float = 0.0) -> tf.Tensor:
        """Returns the logits (B, T, V) along sentences (B, T) in an update.

        Args:
          tokens: ids.
          seed: stateless seed (2,).
          dropout: dropout rate of the cell's inputs and outputs.
        """
        if not dropout:
            return self.model(tokens)
        return self.model.logits(tokens, dropout=dropout, seed=seed)

    def held_out_step(self, seed: tf.Tensor) -> Scalars:
        """Measures the NLL of the validation sentences, and stores the weights if it is lowest."""
        shape = [-1, self.config.batch_size, self.config.length]
        kept = tf.constant(self.split()[1].reshape(shape))

        def summed(tokens: tf.Tensor) -> tf.Tensor:
            mask = self.loss_mask(tokens)
            costs = losses.cross_entropy(self.logits(tokens, seed), tokens)
            weights = tf.ones_like(costs) if mask is None else tf.cast(mask, tf.float32)
            return tf.stack([tf.reduce_sum(weights * costs), tf.reduce_sum(weights)])

        sums = tf.map_fn(summed, kept, fn_output_signature=tf.float32, parallel_iterations=1)
        cost, count = tf.unstack(tf.reduce_sum(sums, axis=0))
        self._stopping.compare(cost / count)
        waited = tf.cast(self._stopping.waited.value, tf.float32)
        return {"held_out_nll": cost / count, "waited": waited}

    def restore_step(self, seed: tf.Tensor) -> Scalars:
        """Restores the weights with the lowest validation NLL."""
        self._stopping.restore()
        return {"held_out_nll": tf.identity(self._stopping.least.value)}

    def loss_mask(self, tokens: tf.Tensor) -> tf.Tensor | None:
        """Returns a mask (B, T), True for tokens that are not padding; None without padding."""
        return valid_token_mask(tokens) if self.config.ends else None

    def update(self, tape: tf.GradientTape, loss: tf.Tensor, optimizer: FusedAdam) -> Scalars:
        """Updates the generator with the clipped gradient of a loss."""
        variables = self.model.trainable_variables
        gradients, norm = clipped_gradients(tape, loss, variables, self.config.gradient_clip)
        optimizer.apply(gradients, variables)
        return {"loss": loss, "gradient_norm": norm}
