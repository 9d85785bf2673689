"""MaliGAN: maximum-likelihood augmented discrete generative adversarial networks.

Che et al. 2017, arXiv:1702.07983, in its mixed form (algorithm 2). The generator does not maximise
D's score but the likelihood of its own samples, each weighted by r = D / (1 - D), which for the
best D makes them real sentences (section 3.2). A step takes real sentences, keeps their first N
tokens, and completes each of them n times: the N tokens are learned by maximum likelihood, the
completions by their weights, normalised among the n, less a baseline b. N falls from T to 0.

Open in the paper, and chosen here: D (SeqGAN's), the number of steps (SeqGAN's 200), and n. By how
many tokens N falls is the paper's K (5 on PTB from N = 30, second hand), `maligan_prefix_step`
here; N falls evenly over the steps, where the paper's (from memory) is 0 after T/K steps. b rises
from 0 to 1, here linearly over the steps. Weights that sum to 1 would all lie below b in the end,
so they are scaled to the mean 1: at b = 1 the baseline is their mean.

The paper was not at hand: what is said of it rests on memory, and is to be checked.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.published import PublishedFigures
from leakgan_tf.generation.forcing import infill
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.objectives import losses
from leakgan_tf.objectives.rewards import control
from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.systems.discriminated import DiscriminatedConfig, DiscriminatedSystem
from leakgan_tf.utils import distributed
from leakgan_tf.utils.seeds import numpy_generator


@unique_class
@dataclass(frozen=True)
class MaliGANConfig(DiscriminatedConfig):
    """What MaliGAN has of its own."""

    presets: ClassVar[Presets] = {
        "smoke": {"completions": 2},
        "quick-text": {"completions": 4, "prefix_step": 2},
        "smoke-text": {"completions": 2, "prefix_step": 2},
    }

    completions: int = setting(8, "Completions of each real prefix, n (open in the paper).")
    prefix_step: int = setting(
        1, "Tokens by which the real prefix shrinks in each stage (open in the paper)."
    )
    baseline: float = setting(1.0, "Final value of the baseline b, which rises from 0.", zero=True)


PUBLISHED = PublishedFigures(
    paper="1702.07983",
    coco=((0.673, 0.432, 0.257, 0.159), (0.918, 0.781, 0.606, 0.437)),
)


class MaliGAN(DiscriminatedSystem):
    """The LSTM generator of `MLE`, trained on by samples weighted with D / (1 - D)."""

    config: Config[MaliGANConfig]

    def generator_phase(self, step: int) -> Phase:
        """Returns one update of the generator on completed prefixes; steps count from 1."""
        config = self.config
        stages = -(-config.length // config.own.prefix_step)
        stage = 1 + (step - 1) * stages // config.own.steps
        given = max(config.length - stage * config.own.prefix_step, 0)
        baseline = config.own.baseline * step / config.own.steps

        def data(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            rows = config.batch_size
            chosen = numpy_generator(seed, "prefixes").choice(len(self.task.train), rows, False)
            return (
                self.task.train[chosen],
                np.full([rows], given, np.int32),
                np.full([rows], baseline, np.float32),
            )

        return Phase("adversarial/generator", self.adversarial_step, data)

    def control_mean(self) -> float:
        """Returns the mean of the weights among the completions of a prefix."""
        return 1.0

    def adversarial_step(
        self, sentences: tf.Tensor, given: tf.Tensor, baseline: tf.Tensor, seed: tf.Tensor
    ) -> Scalars:
        """Completes the first `given` (B,) tokens of sentences (B, T), and updates the generator.

        Args:
          sentences: real ones, (B, T).
          given: N for each, (B,).
          baseline: b for each, (B,).
          seed: stateless seed (2,).
        """
        copies, length = self.config.own.completions, self.config.length
        real = tf.tile(sentences, [copies, 1])  # (n·B, T)
        kept = tf.range(length) < tf.tile(given, [copies])[:, tf.newaxis]  # (n·B, T)
        tokens = infill(LSTMPolicy(self.model), real, kept, seed)
        logits = tf.reshape(self.discriminator(tokens), [copies, -1, 2])
        weights = losses.importance_weights(logits)  # (n, B)
        # The completions of a prefix stand below each other: weights are shuffled among them. The
        # seeds 0 to T-1 are the tokens'.
        own_seed = tf.random.experimental.stateless_fold_in(seed, length)
        weights = control(weights, self.config.reward, self.control_mean(), own_seed, spread=False)
        advantages = tf.reshape(weights - baseline, [-1, 1])  # (n·B, 1)
        samples = real.shape[0] * distributed.count()
        rewards = tf.where(kept, 1.0, advantages) / samples  # (n·B, T)
        scalars = self.adversarial_gradient_step(tokens, rewards)
        scalars["given"] = tf.reduce_mean(tf.cast(given, tf.float32))
        scalars["weight_spread"] = tf.math.reduce_std(distributed.gather(weights))
        scalars["real_probability"] = tf.reduce_mean(tf.nn.softmax(logits)[..., 1])
        return scalars
