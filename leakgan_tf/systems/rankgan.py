"""RankGAN: adversarial ranking for language generation.

Lin et al. 2017, arXiv:1705.11001. In the place of D stands a ranker: SeqGAN's CNN without its
classifier. A sentence's relevance to a human reference is the cosine of their features; its rank
score R is that relevance against the relevances of a comparison set, in the mean over references
(`losses.log_rank`). The ranker makes R high for human sentences among generated ones and low for
generated ones among human ones; the generator's reward is the rank of completed prefixes.

Sizes, 16 references, learning rates, rounds, rollouts and dropout are those of the authors'
program (github.com/cookielee77/RankGan-NIPS2017), which otherwise differs from the paper: it takes
the softmax over the batch at hand, with the sum of the cosines with all references in it. Its
γ = 1 on a sum over 16 references is as steep as γ = 16 on one, hence the default; the paper gives
no value. The comparison set are the batch's sentences of the other kind, as many as the batch
has: its size is open in the paper. Ranker rounds are of `discriminator_epochs` (the program: 3 in
pre-training, 1 later).

`rankgan_reward`: the paper rewards log R (eq. 7), its program R, which is the default: log R is
below 0 for every sample, and without a baseline, of which the paper says nothing, each step makes
all samples less likely.

The paper was not at hand: what is said of it rests on memory and its authors' program.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.objectives import losses
from leakgan_tf.systems.base import Scalars
from leakgan_tf.systems.discriminated import DiscriminatedConfig, DiscriminatedSystem, descend
from leakgan_tf.systems.policy_gradient import RewardFunction
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive, numpy_generator


@unique_class
@dataclass(frozen=True)
class RankGANConfig(DiscriminatedConfig):
    """What RankGAN has of its own."""

    presets: ClassVar[Presets] = {"smoke": {"references": 4}}

    gamma: float = setting(16.0, "Steepness γ of the ranking (rankgan.py).")
    references: int = setting(
        16, "Human sentences in a reference set (its program), at most batch_size."
    )
    reward: str = setting(
        "rank", "The reward, R (its program) or log R.", choices=("rank", "log_rank")
    )

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if a batch has too few sentences for the references."""
        if self.references > shared.batch_size:
            raise UserError(
                f"rankgan_references {self.references} must be at most batch_size "
                f"{shared.batch_size}"
            )


PUBLISHED = PublishedFigures(
    paper="1705.11001",
    oracle={
        20: OracleFigure(8.247, "RelGAN, table 1 (second hand)"),
        40: OracleFigure(9.958, "RelGAN, table 1 (second hand)"),
    },
    coco=((0.743, 0.467, 0.264, 0.156), (0.959, 0.882, 0.762, 0.618)),
    news=((0.727, 0.435, 0.209, 0.101), 3.345),
    poems=0.812,
)


class RankGAN(DiscriminatedSystem):
    """The LSTM generator of `MLE` against a ranker."""

    config: Config[RankGANConfig]

    classifies = False
    discriminator_phases = ()  # a ranker has no log-odds: what it knows is not measured

    def real_and_generated(self, seed: int) -> tuple[np.ndarray, ...]:
        """Returns real sentences, as many generated ones, and references, each (n, T)."""
        real = self.real(seed)
        made = self.generator.sample(len(real), 1.0, derive(seed, "generated"))
        order = numpy_generator(seed, "references").permutation(len(real))
        return real, made, real[order]

    def round_step(self) -> Callable[..., Scalars]:
        """Returns the update of a ranker round."""
        return self.ranker_step

    def ranker_step(
        self, real: tf.Tensor, made: tf.Tensor, references: tf.Tensor, seed: tf.Tensor
    ) -> Scalars:
        """One update of the ranker on sentences of three kinds, (B, T) each."""
        features, fold = self.discriminator.features, tf.random.experimental.stateless_fold_in
        config = self.config
        with tf.GradientTape() as tape:
            human, machine = features(real, fold(seed, 0)), features(made, fold(seed, 1))
            reference = features(self._chosen(references), fold(seed, 2))
            others = distributed.gather(machine), distributed.gather(human)  # of the whole batch
            real_rank = losses.log_rank(human, reference, others[0], config.own.gamma)
            made_rank = losses.log_rank(machine, reference, others[1], config.own.gamma)
            loss = losses.ranker_loss(real_rank, made_rank)
        scalars = descend(tape, loss, self.discriminator, self.optimizers["discriminator"])
        scalars["real_rank"] = tf.reduce_mean(tf.exp(real_rank))
        scalars["made_rank"] = tf.reduce_mean(tf.exp(made_rank))
        return scalars

    def _chosen(self, references: tf.Tensor) -> tf.Tensor:
        """Returns the reference set, the same for the whole batch."""
        return distributed.gather(references)[: self.config.own.references]

    def reward_data(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns training sentences for the references and the comparison set, (B, T) each."""
        size, train = self.config.batch_size, self.task.train
        rows = numpy_generator(seed, "judging").permutation(len(train))
        # A small training set fills both with the same sentences.
        return train[rows[:size]], train[rows[-size:]]

    def control_mean(self) -> float:
        """Returns the reward of a sentence that is as good as each of the comparison set."""
        rank = 1.0 / (self.config.batch_size + 1)
        return math.log(rank) if self.config.own.reward == "log_rank" else rank

    def reward_function(self, references: tf.Tensor, comparisons: tf.Tensor) -> RewardFunction:
        """Returns the rank of sentences among human ones, R or its logarithm (eq. 7)."""
        config, features = self.config, self.discriminator.features
        reference = features(self._chosen(references))
        human = distributed.gather(features(comparisons))

        def ranks(sentences: tf.Tensor) -> tf.Tensor:
            log_rank = losses.log_rank(features(sentences), reference, human, config.own.gamma)
            return log_rank if config.own.reward == "log_rank" else tf.exp(log_rank)

        return ranks
