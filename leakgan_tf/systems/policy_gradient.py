"""Base class of SeqGAN and its relatives: MLE pre-training, then REINFORCE with rollouts.

SeqGAN (Yu et al. 2017, arXiv:1609.05473), algorithm 1 and equations 4 and 8. A subclass defines the
reward function of finished sentences, and its training. This file is not a system itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.generation import sampling
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.optimizers import adam
from leakgan_tf.objectives import losses
from leakgan_tf.objectives.rewards import control
from leakgan_tf.objectives.rollout import prefix_scores
from leakgan_tf.systems.base import Phase, Scalars, no_step
from leakgan_tf.systems.mle import MLE, MLEConfig
from leakgan_tf.utils import distributed

RewardFunction = Callable[
    [tf.Tensor], tf.Tensor
]  # sentences (n, T) to scores (n,), higher is better


@unique_class
@dataclass(frozen=True)
class PolicyGradientConfig(MLEConfig, flags="seqgan"):
    """Settings of SeqGAN's schedule, from its released program, and of systems that share it."""

    rewarded: ClassVar[bool] = True
    sets_frontier: ClassVar[bool] = False
    presets: ClassVar[Presets] = {
        "short": {"discriminator_rounds": 10, "steps": 45},
        "quick": {"discriminator_rounds": 5, "steps": 40, "rollouts": 8},
        "smoke": {"discriminator_rounds": 1, "steps": 2, "rollouts": 2},
        "quick-text": {"discriminator_rounds": 5, "steps": 20, "rollouts": 4},
        "smoke-text": {"discriminator_rounds": 1, "steps": 1, "rollouts": 2},
        "quick-music": {"discriminator_rounds": 5, "steps": 40, "rollouts": 8},
    }

    discriminator_rounds: int = setting(50, "D rounds before the G steps.", zero=True)
    steps: int = setting(200, "G steps of the adversarial phase.", zero=True)
    rollouts: int = setting(16, "Monte-Carlo completions of each prefix, N.")


class PolicyGradientSystem(MLE):
    """The LSTM generator of `MLE`, then trained by REINFORCE with a score as the reward."""

    config: Config[PolicyGradientConfig]

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        super().build_optimizers()
        config = self.config
        self.optimizers["adversarial"] = adam(
            config.own.learning_rate,
            config.adam_epsilon,
            self.model.trainable_variables,
            "adversarial",
        )

    # --- Methods of subclasses ----------------------------------------------------------------

    def reward_function(self, *context: tf.Tensor) -> RewardFunction:
        """Returns the function from finished sentences (n, T) to rewards (n,).

        Args:
          *context: a batch of the arrays of `reward_data`.
        """
        raise NotImplementedError

    def control_mean(self) -> float:
        """Returns the mean reward of the controls (`rewards.control`): here 0.5, of [0, 1]."""
        return 0.5

    def discriminator_rounds(self, name: str) -> Iterator[Phase]:
        """Yields the phases of one D round; none for systems without D."""
        return iter(())

    # ``reward_data(seed) -> arrays`` of B rows: the context of `reward_function` in a G step.
    reward_data: Callable[[int], tuple[np.ndarray, ...]] | None = None

    # --- The schedule (algorithm 1) -----------------------------------------------------------

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs, D's pre-training, then the adversarial phase."""
        config = self.config
        yield from super().phases()
        for _ in range(config.own.discriminator_rounds):
            yield from self.discriminator_rounds("pretrain/discriminator")
        for step in range(1, config.own.steps + 1):
            yield self.generator_phase(step)
            for _ in range(config.adversarial_discriminator_rounds):
                yield from self.discriminator_rounds("adversarial/discriminator")
            if step % config.evaluate_every == 0 or step == config.own.steps:
                yield Phase("adversarial/evaluation", no_step, epochs=0, evaluate=True)

    def generator_phase(self, step: int) -> Phase:
        """Returns the phase of one generator update; steps count from 1."""
        return Phase("adversarial/generator", self.adversarial_step, self.reward_data)

    # --- One update ---------------------------------------------------------------------------

    def adversarial_step(self, *context_and_seed: tf.Tensor) -> Scalars:
        """Samples a batch, scores rollouts of its prefixes, and updates the generator."""
        *context, seed = context_and_seed
        config, fold = self.config, tf.random.experimental.stateless_fold_in
        neutral = tf.ones([config.length])
        policy = LSTMPolicy(self.model)
        rows = distributed.local_batch_size(config.batch_size)
        tokens = sampling.generate(policy, rows, neutral, fold(seed, 0))  # (B, T)
        rewards = self.rewards(tokens, config.own.rollouts, fold(seed, 1), *context)
        rewards = control(rewards, config.reward, self.control_mean(), fold(seed, 2))
        scalars = self.adversarial_gradient_step(tokens, rewards)
        scalars["reward_mean"] = tf.reduce_mean(rewards)
        scalars["reward_spread"] = tf.math.reduce_std(distributed.gather(rewards))
        return scalars

    def rewards(
        self, tokens: tf.Tensor, rollouts: int, seed: tf.Tensor, *context: tf.Tensor
    ) -> tf.Tensor:
        """Returns the rewards (B, T): mean scores of rollouts after 1, 2, …, T tokens (eq. 4)."""
        starts = tuple(range(1, self.config.length))
        completions = sampling.complete(LSTMPolicy(self.model), tokens, starts, rollouts, seed)
        return prefix_scores(self.reward_function(*context), tokens, completions) / rollouts

    def adversarial_gradient_step(self, tokens: tf.Tensor, rewards: tf.Tensor) -> Scalars:
        """Updates by policy gradient on sentences (B, T) with rewards (B, T) (eq. 8)."""
        with tf.GradientTape() as tape:
            loss = losses.policy_gradient_loss(self.model(tokens), tokens, rewards)
        return self.update(tape, loss, self.optimizers["adversarial"])
