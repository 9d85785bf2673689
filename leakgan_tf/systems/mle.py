"""MLE: the LSTM language model, trained by maximum likelihood.

The baseline of SeqGAN (Yu et al. 2017, arXiv:1609.05473, table 1) and LeakGAN. Sizes, learning
rate 0.01, 120 epochs and gradient clip 5 are those of SeqGAN's released program.
"""

from collections.abc import Iterator

import keras
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.models.optimizers import adam, clipped_gradients
from leakgan_tf.objectives import losses
from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.seeds import derive_int


class MLE:
    """An LSTM generator trained on the training sentences, nothing else."""

    def __init__(self, config: Config, task: Task):
        self.config = config
        self.task = task
        self.model = LSTMGenerator(
            config.vocab_size,
            config.length,
            config.generator_embedding,
            config.generator_hidden,
            ends=config.ends,
            seed=derive_int(config.seed, "mle", "generator"),
        )
        self.model.build()
        self.optimizer = adam(
            config.mle_learning_rate, config.adam_epsilon, self.model.trainable_variables, "mle"
        )
        self.models = {"generator": self.model}
        self.optimizers = {"generator": self.optimizer}
        self.generator = Generator(
            lambda: LSTMPolicy(self.model), config.length, config.sampling_batch
        )

    def phases(self) -> Iterator[Phase]:
        """Yields the epochs, measured every `evaluate_every` and at the end."""
        config = self.config
        for epoch in range(1, config.mle_epochs + 1):
            evaluate = epoch % config.evaluate_every == 0 or epoch == config.mle_epochs
            yield Phase("mle", self.step, lambda seed: (self.task.train,), evaluate=evaluate)

    def step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One update on sentences (B, T)."""
        with tf.GradientTape() as tape:
            log_prob = losses.token_log_prob(self.model(tokens), tokens)
            loss = losses.likelihood_loss(log_prob, self.loss_mask(tokens))
        return self.update(tape, loss, self.optimizer)

    def loss_mask(self, tokens: tf.Tensor) -> tf.Tensor | None:
        """Returns which tokens (B, T) are not filling behind an end; None if none can be."""
        return valid_token_mask(tokens) if self.config.ends else None

    def update(
        self, tape: tf.GradientTape, loss: tf.Tensor, optimizer: keras.optimizers.Optimizer
    ) -> Scalars:
        """Moves the generator one clipped step down a loss."""
        variables = self.model.trainable_variables
        gradients, norm = clipped_gradients(tape, loss, variables, self.config.gradient_clip)
        optimizer.apply(gradients, variables)
        return {"loss": loss, "gradient_norm": norm}
