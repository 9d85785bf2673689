"""LeakGAN: long text generation via adversarial training with leaked information.

Guo et al. 2018, arXiv:1709.08624. Both the paper's and the released program's semantics
(`Semantics`). Sizes and schedule: `presets.py`. What is not reproduced: the released program's
batch-sized ``goal_init`` unless asked for, its unused variable, and its unused learning-rate decay.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.generation import sampling
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LeakGANPolicy
from leakgan_tf.models.discriminator import REAL, Discriminator
from leakgan_tf.models.feature_cache import FeatureStore, feature_mebibytes
from leakgan_tf.models.leakgan_generator import Goals, LeakGANGenerator
from leakgan_tf.models.masking import valid_token_mask
from leakgan_tf.models.optimizers import adam, clipped_gradients, dense_gradients
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.objectives import losses, rewards
from leakgan_tf.objectives.rollout import prefix_scores
from leakgan_tf.systems.base import Phase, Scalars, no_step
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils import distributed
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

OPENING = 2  # tokens at the beginning that the original always sharpens


class Forward(NamedTuple):
    """What the generator's losses are made of, along known sentences.

    Attributes:
      log_prob: of each token, floored, (B, T).
      features: leaked, of every prefix, (B, T+1, F).
      goals: of Manager and Worker.
      cosines: how well the Manager's goals were met, (B, S).
      mask: which tokens were to be chosen, (B, T); None if all were.
      pair_mask: which cosines count, (B, S); None if all do.
    """

    log_prob: tf.Tensor
    features: tf.Tensor
    goals: Goals
    cosines: tf.Tensor
    mask: tf.Tensor | None
    pair_mask: tf.Tensor | None


class LeakGAN:
    """Manager, Worker and the discriminator that leaks its features."""

    def __init__(self, config: Config, task: Task):
        self.config = config
        self.semantics = config.semantics
        self.task = task
        self.discriminator = build_discriminator(config)
        self.model = build_generator(config)
        manager = self.model.manager.trainable_variables
        worker = self.model.worker.trainable_variables
        rate, epsilon = config.generator_learning_rate, config.adam_epsilon
        later_rate = config.adversarial_learning_rate
        self.models = {"generator": self.model, "discriminator": self.discriminator}
        self.optimizers = {
            "pretrain_manager": adam(rate, epsilon, manager, "pretrain_manager"),
            "pretrain_worker": adam(rate, epsilon, worker, "pretrain_worker"),
            "adversarial_manager": adam(later_rate, epsilon, manager, "adversarial_manager"),
            "adversarial_worker": adam(later_rate, epsilon, worker, "adversarial_worker"),
            "discriminator": adam(
                config.discriminator_learning_rate,
                epsilon,
                self.discriminator.trainable_variables,
                "discriminator",
            ),
        }
        self.generator = Generator(self.policy, config.length, config.sampling_batch)
        self._store = FeatureStore(self.discriminator, config.batch_size)

    def policy(self) -> LeakGANPolicy:
        """Returns the generator bound to the features that D leaks now."""
        return LeakGANPolicy(self.model, PrefixFeatures(self.discriminator))

    # --- The schedule -----------------------------------------------------------------------

    def phases(self) -> Iterator[Phase]:
        """Yields interleaved pre-training, then the adversarial phase (algorithm 1)."""
        yield from self._pretraining()
        yield from self._adversarial_training()

    def _pretraining(self) -> Iterator[Phase]:
        config, epoch = self.config, 0
        last = config.pretrain_rounds * config.pretrain_generator_epochs
        for _ in range(config.pretrain_rounds):
            for _ in range(config.pretrain_discriminator_rounds):
                yield self._discriminator_round("pretrain/discriminator")
            for _ in range(config.pretrain_generator_epochs):
                epoch += 1
                evaluate = epoch % config.evaluate_every == 0 or epoch == last
                if self._reuses_features():
                    step, data = self.pretrain_on_features, self.real_sentences_with_features
                else:
                    step, data = self.pretrain_step, self.real_sentences
                yield Phase("pretrain/generator", step, data, evaluate=evaluate)

    def _adversarial_training(self) -> Iterator[Phase]:
        config = self.config
        for step in range(1, config.adversarial_steps + 1):
            yield Phase("adversarial/generator", self.adversarial_step)
            for _ in range(config.adversarial_discriminator_rounds):
                yield self._discriminator_round("adversarial/discriminator")
            if self.semantics.mle_every and step % self.semantics.mle_every == 0:
                yield Phase("adversarial/likelihood", self.pretrain_step, self.real_sentences)
            if step % config.evaluate_every == 0 or step == config.adversarial_steps:
                yield Phase("adversarial/evaluation", no_step, epochs=0, evaluate=True)

    def _reuses_features(self) -> bool:
        """Whether D's features of the training sentences are computed once for several epochs."""
        config = self.config
        rows = len(self.task.train) if self.task else config.training_sequences
        need = feature_mebibytes(rows, config.length, config.feature_size)
        epochs = config.pretrain_generator_epochs * config.likelihood_share  # that D stays frozen
        return epochs >= 2 and need <= config.feature_memory

    def _discriminator_round(self, name: str) -> Phase:
        epochs = self.config.discriminator_epochs
        return Phase(name, self.discriminator_step, self.real_and_generated, epochs=epochs)

    def real_sentences(self, seed: int) -> tuple[np.ndarray]:
        """Returns the training sentences of a G epoch: `likelihood_share` of them."""
        return (self.task.train[self._share(seed)],)

    def real_sentences_with_features(self, seed: int) -> tuple[np.ndarray, tf.Tensor]:
        """Returns the sentences of a G epoch (n, T), and their leaked features (n, T+1, F)."""
        version = int(self.optimizers["discriminator"].iterations.numpy())
        features = self._store.get(self.task.train, version)
        share = self._share(seed)
        if isinstance(share, slice):
            return self.task.train, features
        with tf.device("CPU:0"):
            return self.task.train[share], tf.gather(features, share)

    def _share(self, seed: int) -> slice | np.ndarray:
        """Returns which training sentences a G epoch learns from."""
        rows = len(self.task.train)
        count = max(round(rows * self.config.likelihood_share), self.config.batch_size)
        if count >= rows:
            return slice(None)
        return numpy_generator(seed, "share").choice(rows, count, replace=False)

    def real_and_generated(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns fresh sentences of both sides (2n, T), and their classes (2n,)."""
        count = self.config.discriminator_samples
        inverse_temperature = self.inverse_temperatures(
            self.semantics.discriminator_inverse_temperature
        )
        real = self.task.positives(count, derive_int(seed, "real"))
        made = self.generator.sample(count, inverse_temperature, derive(seed, "generated"))
        labels = np.repeat(np.array([REAL, 1 - REAL], np.int32), count)
        return np.concatenate([real, made]), labels

    def inverse_temperatures(self, usual: float) -> np.ndarray:
        """Returns the factors on the logits at each position (T,) when training samples."""
        factors = np.full([self.config.length], usual, np.float32)
        factors[:OPENING] = self.semantics.opening_inverse_temperature
        return factors

    # --- One update each ----------------------------------------------------------------------

    def discriminator_step(self, tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One update of D on sentences (B, T) of classes (B,)."""
        model = self.discriminator
        with tf.GradientTape() as tape:
            logits = model(tokens, seed)
            loss = losses.discriminator_loss(logits, labels)
            if self.semantics.l2:
                classifier = model.classifier
                loss += self.semantics.l2 * losses.l2_penalty(classifier.kernel, classifier.bias)
        gradients = dense_gradients(tape, loss, model.trainable_variables)
        self.optimizers["discriminator"].apply(gradients, model.trainable_variables)
        right = tf.argmax(logits, axis=-1, output_type=tf.int32) == labels
        return {
            "loss": loss,
            "accuracy": tf.reduce_mean(tf.cast(right, tf.float32)),
            "gradient_norm": tf.linalg.global_norm(gradients),
        }

    def forward(self, tokens: tf.Tensor, features: tf.Tensor | None = None) -> Forward:
        """Runs Manager and Worker along sentences (B, T), teacher-forced.

        Args:
          tokens: ids (B, T).
          features: what D leaks of their prefixes, (B, T+1, F), if it is known.
        """
        if features is None:
            features = PrefixFeatures(self.discriminator).all(tokens)  # (B, T+1, F)
        goals = self.model.goals(features)
        log_prob = losses.token_log_prob(self.model(tokens, goals.worker), tokens)
        horizon, window = self.config.goal_horizon, self.semantics.goal_window
        cosines = losses.cosine(losses.manager_pairs(features, goals, horizon, window))
        mask = valid_token_mask(tokens) if self.config.ends else None
        pair_mask = losses.pair_mask(mask, horizon, window)
        return Forward(log_prob, features, goals, cosines, mask, pair_mask)

    def intrinsic_reward(self, forward: Forward) -> tf.Tensor:
        """Returns the Worker's reward for each token, (B, T)."""
        return losses.intrinsic_reward(
            forward.features, forward.goals, self.config.goal_horizon, self.semantics.goal_window
        )

    def pretrain_step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One supervised update of Manager and Worker on real sentences (B, T)."""
        return self._pretrain(tokens, None)

    def pretrain_on_features(
        self, tokens: tf.Tensor, features: tf.Tensor, seed: tf.Tensor
    ) -> Scalars:
        """The same update on sentences whose leaked features (B, T+1, F) are known."""
        return self._pretrain(tokens, features)

    def _pretrain(self, tokens: tf.Tensor, features: tf.Tensor | None) -> Scalars:
        config = self.config
        with tf.GradientTape(persistent=True) as tape:
            forward = self.forward(tokens, features)
            manager_loss = losses.manager_pretrain_loss(
                forward.cosines,
                self.semantics,
                config.length,
                config.goal_horizon,
                forward.pair_mask,
            )
            worker_loss = losses.likelihood_loss(forward.log_prob, forward.mask)
        return self._update("pretrain", tape, manager_loss, worker_loss, forward)

    def adversarial_gradient_step(self, tokens: tf.Tensor, reward: tf.Tensor) -> Scalars:
        """One policy-gradient update on sampled sentences (B, T) with rewards (B, T/c)."""
        config = self.config
        with tf.GradientTape(persistent=True) as tape:
            forward = self.forward(tokens)
            manager_loss = losses.manager_adversarial_loss(
                forward.cosines,
                reward,
                self.semantics,
                config.length,
                config.goal_horizon,
                forward.pair_mask,
            )
            worker_loss = losses.worker_adversarial_loss(
                forward.log_prob, self.intrinsic_reward(forward), self.semantics, forward.mask
            )
        return self._update("adversarial", tape, manager_loss, worker_loss, forward)

    def adversarial_step(self, seed: tf.Tensor) -> Scalars:
        """Samples a batch, completes its prefixes, asks D, and updates Manager and Worker."""
        config, policy = self.config, self.policy()
        fold = tf.random.experimental.stateless_fold_in
        inverse_temperature = tf.constant(
            self.inverse_temperatures(self.semantics.adversarial_inverse_temperature)
        )
        rows = distributed.local_batch_size(config.batch_size)
        tokens = sampling.generate(policy, rows, inverse_temperature, fold(seed, 0))  # (B, T)
        scores = self.score_prefixes(policy, tokens, fold(seed, 1))  # (B, T/c)
        reward = rewards.rescale(scores, self.semantics, config.rollouts)
        usual = rewards.control_mean(self.semantics, config.batch_size, config.rollouts)
        reward = rewards.control(reward, config.reward, usual, fold(seed, 2))
        scalars = self.adversarial_gradient_step(tokens, reward)
        scalars["reward_mean"] = tf.reduce_mean(reward)
        scalars["reward_spread"] = tf.math.reduce_std(distributed.gather(reward))
        scalars["real_probability"] = tf.reduce_mean(scores) / config.rollouts
        return scalars

    def score_prefixes(
        self, policy: LeakGANPolicy, tokens: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns D's opinion after c, 2c, …, T tokens of (B, T), summed over N: (B, T/c)."""
        horizon = self.config.goal_horizon
        starts = tuple(range(horizon, self.config.length, horizon))
        completions = sampling.complete(policy, tokens, starts, self.config.rollouts, seed)
        return prefix_scores(self.discriminator.probability_real, tokens, completions)

    def _update(
        self,
        kind: str,
        tape: tf.GradientTape,
        manager_loss: tf.Tensor,
        worker_loss: tf.Tensor,
        forward: Forward,
    ) -> Scalars:
        manager = self.model.manager.trainable_variables
        worker = self.model.worker.trainable_variables
        clip = self.config.gradient_clip
        # Both gradients before either update: the Worker's loss reads the Manager's weights.
        manager_gradients, manager_norm = clipped_gradients(tape, manager_loss, manager, clip)
        worker_gradients, worker_norm = clipped_gradients(tape, worker_loss, worker, clip)
        with tf.control_dependencies([*manager_gradients, *worker_gradients]):
            self.optimizers[f"{kind}_manager"].apply(manager_gradients, manager)
            self.optimizers[f"{kind}_worker"].apply(worker_gradients, worker)
        return {
            "manager_loss": manager_loss,
            "worker_loss": worker_loss,
            "manager_gradient_norm": manager_norm,
            "worker_gradient_norm": worker_norm,
            "goal_cosine": losses.masked_mean(forward.cosines, forward.pair_mask),
        }


def build_discriminator(config: Config) -> Discriminator:
    """Returns D with its weights."""
    discriminator = Discriminator(
        config.vocab_size,
        config.length,
        config.discriminator_embedding,
        config.windows,
        config.filters,
        dropout=config.semantics.dropout,
        precision=config.precision,
        seed=derive_int(config.seed, "leakgan", "discriminator"),
    )
    discriminator.build()
    return discriminator


def build_generator(config: Config) -> LeakGANGenerator:
    """Returns the hierarchical generator with its weights."""
    semantics = config.semantics
    generator = LeakGANGenerator(
        vocab_size=config.vocab_size,
        length=config.length,
        feature_size=config.feature_size,
        embedding_size=config.generator_embedding,
        hidden_size=config.generator_hidden,
        goal_size=config.goal_size,
        goal_horizon=config.goal_horizon,
        goal_window=semantics.goal_window,
        goal_alignment=semantics.goal_alignment,
        goal_init_rows=config.batch_size if semantics.goal_init == "per_row" else 1,
        normalise_goal=semantics.normalise_goal,
        ends=config.ends,
        precision=config.precision,
        seed=derive_int(config.seed, "leakgan", "generator"),
    )
    generator.build()
    return generator
