"""SeqGAN: sequence generative adversarial nets with policy gradient.

Yu et al. 2017, arXiv:1609.05473. Sizes and schedule: `presets.py`. As in the released program, D
has no padding row and rollouts use the generator as it is, which equals the paper's β ← θ.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from leakgan_tf import losses, sampling
from leakgan_tf.config import Config
from leakgan_tf.models.discriminator import REAL, Discriminator
from leakgan_tf.optimization import adam, clipped_gradients, dense_gradients
from leakgan_tf.policies import LSTMPolicy
from leakgan_tf.rollout import prefix_scores
from leakgan_tf.seeds import derive, derive_int
from leakgan_tf.systems.base import Phase, Scalars, no_step
from leakgan_tf.systems.mle import MLE
from leakgan_tf.tasks.base import Task


class SeqGAN(MLE):
    """The LSTM generator of `MLE`, trained on by REINFORCE with D's verdict as the reward."""

    def __init__(self, config: Config, task: Task):
        super().__init__(config, task)
        self.discriminator = Discriminator(
            config.vocab_size,
            config.length,
            config.discriminator_embedding,
            config.windows,
            config.filters,
            padding_row=False,
            dropout=config.seqgan_dropout,
            seed=derive_int(config.seed, "seqgan", "discriminator"),
        )
        self.discriminator.build()
        rate, epsilon = config.seqgan_discriminator_learning_rate, config.adam_epsilon
        self.models["discriminator"] = self.discriminator
        self.optimizers["adversarial"] = adam(
            config.mle_learning_rate, epsilon, self.model.trainable_variables, "adversarial"
        )
        self.optimizers["discriminator"] = adam(
            rate, epsilon, self.discriminator.trainable_variables, "discriminator"
        )

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs, D's pre-training, then the adversarial phase (algorithm 1)."""
        config = self.config
        yield from super().phases()
        for _ in range(config.seqgan_discriminator_rounds):
            yield self._discriminator_round("pretrain/discriminator")
        for step in range(1, config.seqgan_steps + 1):
            yield Phase("adversarial/generator", self.adversarial_step)
            for _ in range(config.adversarial_discriminator_rounds):
                yield self._discriminator_round("adversarial/discriminator")
            if step % config.evaluate_every == 0 or step == config.seqgan_steps:
                yield Phase("adversarial/evaluation", no_step, epochs=0, evaluate=True)

    def _discriminator_round(self, name: str) -> Phase:
        epochs = self.config.discriminator_epochs
        return Phase(name, self.discriminator_step, self.real_and_generated, epochs=epochs)

    def real_and_generated(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the training sentences and as many generated ones, (2n, T), with classes."""
        real = self.task.train
        made = self.generator.sample(len(real), 1.0, derive(seed, "generated"))
        labels = np.repeat(np.array([REAL, 1 - REAL], np.int32), len(real))
        return np.concatenate([real, made]), labels

    def discriminator_step(self, tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One update of D on sentences (B, T) of classes (B,)."""
        model, weight = self.discriminator, self.config.seqgan_l2
        with tf.GradientTape() as tape:
            logits = model(tokens, seed)
            penalty = losses.l2_penalty(model.classifier.kernel, model.classifier.bias)
            loss = losses.discriminator_loss(logits, labels) + weight * penalty
        gradients = dense_gradients(tape, loss, model.trainable_variables)
        self.optimizers["discriminator"].apply(gradients, model.trainable_variables)
        right = tf.argmax(logits, axis=-1, output_type=tf.int32) == labels
        return {
            "loss": loss,
            "accuracy": tf.reduce_mean(tf.cast(right, tf.float32)),
            "gradient_norm": tf.linalg.global_norm(gradients),
        }

    def rewards(self, tokens: tf.Tensor, rollouts: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns D's mean probability of "real" after 1, 2, …, T tokens, (B, T) (eq. 4)."""
        starts = tuple(range(1, self.config.length))
        completions = sampling.complete(LSTMPolicy(self.model), tokens, starts, rollouts, seed)
        return prefix_scores(self.discriminator.probability_real, tokens, completions) / rollouts

    def adversarial_gradient_step(self, tokens: tf.Tensor, rewards: tf.Tensor) -> Scalars:
        """One policy-gradient update on sampled sentences (B, T) with rewards (B, T)."""
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            loss = losses.policy_gradient_loss(self.model(tokens), tokens, rewards)
        gradients, norm = clipped_gradients(tape, loss, variables, self.config.gradient_clip)
        self.optimizers["adversarial"].apply(gradients, variables)
        return {"loss": loss, "gradient_norm": norm}

    def adversarial_step(self, seed: tf.Tensor) -> Scalars:
        """Samples a batch, completes its prefixes, asks D, and updates the generator."""
        config, fold = self.config, tf.random.experimental.stateless_fold_in
        neutral = tf.ones([config.length])
        policy = LSTMPolicy(self.model)
        tokens = sampling.generate(policy, config.batch_size, neutral, fold(seed, 0))
        rewards = self.rewards(tokens, config.seqgan_rollouts, fold(seed, 1))
        scalars = self.adversarial_gradient_step(tokens, rewards)
        scalars["reward_mean"] = tf.reduce_mean(rewards)
        scalars["reward_spread"] = tf.math.reduce_std(rewards)
        return scalars
