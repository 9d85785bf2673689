"""MaliGAN: maximum-likelihood augmented discrete generative adversarial networks.

Che et al. 2017, arXiv:1702.07983, in its mixed form (algorithm 2). The generator does not maximize
D's score but the likelihood of its own samples, each weighted by r = D / (1 - D). With the optimal
D, the weighted samples have the distribution of the data (section 3.2). A step takes real
sentences, keeps their first N tokens, and completes each of them n times. The N tokens are learned
by maximum likelihood, the completions with their weights, normalized among the n, minus a baseline
b. N falls from T to 0.

Open in the paper, and chosen here: D (SeqGAN's), the number of steps (SeqGAN's 200), and n. N falls
in steps of K tokens (`prefix_step`). A reader's note has K = 5 from N = 30 for the Penn Treebank,
so 5 is the nearest to the paper at T = 20 to 32; the default of 1 is this project's choice. Fields
for what can be read in more than one way:

`fall`: "even", N falls to 0 over all steps; "each_step", by K in each step, as the paper (from
  memory) has it: after T/K steps everything is free-running.
`weight_scale`: "mean", weights are scaled to the mean 1, so that at b = 1 the baseline is their
  mean: this project's repair. "sum", the paper's: they sum to 1 among the n, so that finally all
  are below b = 1, and every completion becomes less likely.
`judge_prefixes`: whether adversarial rounds train D on samples that keep the first N tokens of real
  sentences, as the paper (from memory) has it; by default on whole samples.

b rises from 0 to `baseline`, here linearly over the steps.

The paper's body was not at hand: statements on it are from memory or others' notes, and still to be
checked. The published figures on COCO are of Texygen's `maligan_basic`, another algorithm: no
prefixes, no D / (1 - D), no rollouts.

Scalars: the generator's `loss`, in nats per sentence where only the prefix counts; `given`, N in
tokens; `weight_spread`, the standard deviation of the weights of mean 1; `real_probability`, D's
mean over completions. D's scalars are those of `seqgan`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.published import PublishedFigures
from leakgan_tf.generation.forcing import infill
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.discriminator import REAL
from leakgan_tf.objectives import losses
from leakgan_tf.objectives.rewards import control
from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.systems.discriminated import DiscriminatedConfig, DiscriminatedSystem
from leakgan_tf.utils import distributed
from leakgan_tf.utils.seeds import derive, numpy_generator


@unique_class
@dataclass(frozen=True)
class MaliGANConfig(DiscriminatedConfig):
    """Settings of MaliGAN."""

    presets: ClassVar[Presets] = {
        "smoke": {"completions": 2},
        "quick-text": {"completions": 4, "prefix_step": 2},
        "smoke-text": {"completions": 2, "prefix_step": 2},
    }

    completions: int = setting(8, "Completions of each real prefix, n (open in the paper).")
    prefix_step: int = setting(
        1, "Tokens by which the real prefix shrinks, K (5 on the Penn Treebank, second hand)."
    )
    fall: str = setting(
        "even",
        "How the real prefix shrinks to 0: 'even', over all steps; 'each_step', by K a step.",
        choices=("even", "each_step"),
    )
    weight_scale: str = setting(
        "mean",
        "Normalization of the completions' weights: to a 'mean' or a 'sum' (the paper) of 1.",
        choices=("mean", "sum"),
    )
    judge_prefixes: bool = setting(
        False, "Whether D's generated samples begin with the real prefix, as the completions do."
    )
    baseline: float = setting(1.0, "Final value of the baseline b, which rises from 0.", zero=True)


PUBLISHED = PublishedFigures(
    paper="1702.07983",
    coco=((0.673, 0.432, 0.257, 0.159), (0.918, 0.781, 0.606, 0.437)),
)


class MaliGAN(DiscriminatedSystem):
    """The LSTM generator of `MLE`, then trained on samples weighted with D / (1 - D)."""

    config: Config[MaliGANConfig]

    def phases(self) -> Iterator[Phase]:
        """Yields SeqGAN's schedule; with `judge_prefixes`, D's rounds use completed prefixes."""
        step = 0
        for phase in super().phases():
            if phase.name == "adversarial/generator":
                step += 1
            elif phase.name == "adversarial/discriminator" and self.config.own.judge_prefixes:
                phase = replace(phase, data=partial(self.real_and_completed, self.given(step)))
            yield phase

    def given(self, step: int) -> int:
        """Returns N, the number of real tokens that a step keeps; steps count from 1."""
        own, length = self.config.own, self.config.length
        stage = step
        if own.fall == "even":
            stages = -(-length // own.prefix_step)
            stage = 1 + (step - 1) * stages // own.steps
        return max(length - stage * own.prefix_step, 0)

    def real_and_completed(self, given: int, seed: int) -> tuple[np.ndarray, ...]:
        """Returns the real sentences of a D round, and completions of their first `given` tokens.

        Returns:
          Sentences (2n, T), and their classes (2n,).
        """
        real, size = self.real(seed), self.config.sampling_batch
        padded = np.pad(real, [[0, -len(real) % size], [0, 0]], mode="edge")
        parts = [
            self._complete(
                tf.constant(part),
                tf.constant(given),
                tf.constant(derive(seed, "completed", number)),
            ).numpy()
            for number, part in enumerate(np.split(padded, len(padded) // size))
        ]
        made = np.concatenate(parts)[: len(real)]
        labels = np.repeat(np.array([REAL, 1 - REAL], np.int32), len(real))
        return np.concatenate([real, made]), labels

    @cached_property
    def _complete(self) -> Callable[..., tf.Tensor]:
        """Compiled function that completes the first `given` (a scalar) tokens of rows (n, T)."""

        def complete(real: tf.Tensor, given: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            kept = tf.broadcast_to(tf.range(self.config.length) < given, real.shape)
            return infill(LSTMPolicy(self.model), real, kept, seed)

        return tf.function(complete, autograph=False)

    def generator_phase(self, step: int) -> Phase:
        """Returns the phase of one generator update on completed prefixes; steps count from 1."""
        config, given = self.config, self.given(step)
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
          sentences: real sentences (B, T).
          given: N of each sentence, (B,).
          baseline: b of each sentence, (B,).
          seed: stateless seed (2,).
        """
        copies, length = self.config.own.completions, self.config.length
        real = tf.tile(sentences, [copies, 1])  # (n·B, T)
        kept = tf.range(length) < tf.tile(given, [copies])[:, tf.newaxis]  # (n·B, T)
        tokens = infill(LSTMPolicy(self.model), real, kept, seed)
        logits = tf.reshape(self.discriminator(tokens), [copies, -1, 2])
        weights = losses.importance_weights(logits)  # (n, B)
        # The control shuffles weights among the completions of a prefix. Seeds 0 to T-1 are used
        # for tokens.
        own_seed = tf.random.experimental.stateless_fold_in(seed, length)
        weights = control(weights, self.config.reward, self.control_mean(), own_seed, spread=False)
        # With weights of sum 1, w - b = (w' - n·b) / n, where w' has mean 1.
        scale = copies if self.config.own.weight_scale == "sum" else 1
        advantages = tf.reshape(weights - scale * baseline, [-1, 1])  # (n·B, 1)
        samples = real.shape[0] * distributed.count()
        rewards = tf.where(kept, 1.0, advantages) / samples  # (n·B, T)
        scalars = self.adversarial_gradient_step(tokens, rewards)
        scalars["given"] = tf.reduce_mean(tf.cast(given, tf.float32))
        scalars["weight_spread"] = tf.math.reduce_std(distributed.gather(weights))
        scalars["real_probability"] = tf.reduce_mean(tf.nn.softmax(logits)[..., 1])
        return scalars
