"""RankGAN: adversarial ranking for language generation.

Lin et al. 2017, arXiv:1705.11001. A ranker takes D's place: SeqGAN's CNN without its
classifier. A sentence's relevance to a human reference is the cosine of their features; its rank R
is a softmax of that relevance over a comparison set, in the mean over references
(`objectives.ranking`). The ranker makes R high for human sentences and low for generated ones; the
generator's reward is the rank of completed prefixes.

Sizes, 16 references, learning rates, rounds, rollouts and dropout are those of the authors'
program (github.com/cookielee77/RankGan-NIPS2017). The program differs from the paper; each
difference is a field. The defaults are the paper's, except for the reward:

`comparison`: "human", the sentences of the other kind, as many as a batch has (the set's size is
  open in the paper): a generated sentence is ranked among human ones. "batch", the program's: the
  ranker compares a batch of both kinds with each other, and the reward the generated sentences of a
  batch with each other, with no human one, so that it sums to 1 at each position of each rollout.
`relevance`: "mean_of_softmax", or the program's "softmax_of_sum", one softmax of the cosines' sum
  over the references. Its γ = 1 on a sum over 16 is as steep as γ = 16 on one, hence the default,
  but not the same function; the paper gives no value.
`reward`: the paper has log R (eq. 7), its program R, which is the default: log R is below 0 for
  every sample, and without a baseline (the paper mentions none) each step makes all samples less
  likely.
`pairing`: "own", each token with its own reward. The released generator step multiplies losses
  flattened (T, B) with rewards flattened (B, T): of 640 tokens two get their own reward. "released"
  does the same, to reproduce the setting of the published figure.
`baseline`: whether the batch mean is subtracted from the rewards of each position; neither in the
  paper nor in its program, whose R is positive and log R negative for every sample.

The program also has batches of 32 in the adversarial phase, mixes and shuffles real and generated
sentences of the ranker's batches so that their shares vary, draws references with replacement, and
has no L2 penalty. The ranker's rounds have 3 epochs in pre-training and 1 later (here
`discriminator_epochs`).

The paper's body was not at hand: statements on it are from memory and its authors' program.

Scalars: the ranker's `loss`, below 0 where it ranks human sentences higher; `real_rank` and
`made_rank`, mean ranks of real and generated sentences; `reward_mean` and `reward_spread`, of the
rewards of all prefixes; `gradient_norm`. The generator's `loss` has no meaning by itself.
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
from leakgan_tf.objectives import ranking
from leakgan_tf.systems.base import Scalars
from leakgan_tf.systems.discriminated import DiscriminatedConfig, DiscriminatedSystem, descend
from leakgan_tf.systems.policy_gradient import RewardFunction
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive, numpy_generator


@unique_class
@dataclass(frozen=True)
class RankGANConfig(DiscriminatedConfig):
    """Settings of RankGAN."""

    presets: ClassVar[Presets] = {"smoke": {"references": 4}}

    comparison: str = setting(
        "human",
        "Comparison set of a sentence: 'human', sentences of the other kind, human or generated "
        "(the paper); 'batch', all of its batch (its program).",
        choices=("human", "batch"),
    )
    relevance: str = setting(
        "mean_of_softmax",
        "Rank from cosines with the references: 'mean_of_softmax' (the paper) or "
        "'softmax_of_sum' (its program).",
        choices=("mean_of_softmax", "softmax_of_sum"),
    )
    pairing: str = setting(
        "own",
        "Reward of a token: 'own', its own; 'released', another token's, as in the program.",
        choices=("own", "released"),
    )
    baseline: bool = setting(
        False, "Whether the batch mean is subtracted from the rewards (this project's choice)."
    )
    gamma: float = setting(16.0, "Steepness γ of the ranking (docs/systems/rankgan.md).")
    references: int = setting(
        16, "Number of human sentences in a reference set (its program), at most batch_size."
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
    discriminator_phases = ()  # a ranker has no log-odds to evaluate

    def real_and_generated(self, seed: int) -> tuple[np.ndarray, ...]:
        """Returns real sentences, as many generated ones, and references, each (n, T)."""
        real = self.real(seed)
        made = self.generator.sample(len(real), 1.0, derive(seed, "generated"))
        order = numpy_generator(seed, "references").permutation(len(real))
        return real, made, real[order]

    def round_step(self) -> Callable[..., Scalars]:
        """Returns the step function of a ranker round."""
        return self.ranker_step

    def ranker_step(
        self, real: tf.Tensor, made: tf.Tensor, references: tf.Tensor, seed: tf.Tensor
    ) -> Scalars:
        """Updates the ranker once on real, generated and reference sentences, (B, T) each."""
        fold = tf.random.experimental.stateless_fold_in
        with tf.GradientTape() as tape:
            reference = self.discriminator.features(self._chosen(references), fold(seed, 2))
            human, machine = (
                self._relevances(sentences, reference, fold(seed, number))
                for number, sentences in enumerate((real, made))
            )
            real_rank, made_rank = self._ranks(human, machine)
            loss = ranking.ranker_loss(real_rank, made_rank)
        scalars = descend(tape, loss, self.discriminator, self.optimizers["discriminator"])
        scalars["real_rank"] = tf.reduce_mean(tf.exp(real_rank))
        scalars["made_rank"] = tf.reduce_mean(tf.exp(made_rank))
        return scalars

    def _relevances(
        self, sentences: tf.Tensor, reference: tf.Tensor, seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the relevances of sentences (n, T) to features of references (U, F)."""
        own = self.config.own
        features = self.discriminator.features(sentences, seed)
        summed = own.relevance == "softmax_of_sum"
        return ranking.relevances(features, reference, own.gamma, summed)

    def _ranks(self, human: tf.Tensor, machine: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns log R of human and of generated sentences in the ranker's step, (B,) each."""
        if self.config.own.comparison == "human":
            others = distributed.gather(machine), distributed.gather(human)  # of the whole batch
            return ranking.log_rank_among(human, others[0]), ranking.log_rank_among(
                machine, others[1]
            )
        both = tf.concat([human, machine], axis=0)
        ranks = ranking.log_rank_within(both, both.shape[0])
        return ranks[: human.shape[0]], ranks[human.shape[0] :]

    def _chosen(self, references: tf.Tensor) -> tf.Tensor:
        """Returns the first `references` of the candidate sentences, over all replicas."""
        return distributed.gather(references)[: self.config.own.references]

    def reward_data(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns training sentences for the references and the comparison set, (B, T) each."""
        size, train = self.config.batch_size, self.task.train
        rows = numpy_generator(seed, "judging").permutation(len(train))
        # If the training set is small, both contain the same sentences.
        return train[rows[:size]], train[rows[-size:]]

    def control_mean(self) -> float:
        """Returns the reward of a sentence as relevant as every sentence of its comparison set."""
        size = self.config.batch_size
        rank = 1.0 / (size + 1 if self.config.own.comparison == "human" else size)
        return math.log(rank) if self.config.own.reward == "log_rank" else rank

    def rewards(
        self, tokens: tf.Tensor, rollouts: int, seed: tf.Tensor, *context: tf.Tensor
    ) -> tf.Tensor:
        """Returns the rewards (B, T): mean ranks of rollouts after 1, 2, …, T tokens (eq. 7)."""
        own = super().rewards(tokens, rollouts, seed, *context)
        return own if self.config.own.pairing == "own" else ranking.released_pairing(own)

    def adversarial_gradient_step(self, tokens: tf.Tensor, rewards: tf.Tensor) -> Scalars:
        """Updates by policy gradient on sentences (B, T) with rewards (B, T) (eq. 8)."""
        if self.config.own.baseline:
            mean = tf.reduce_mean(rewards, axis=0)  # (T,)
            rewards -= distributed.all_reduce_mean(mean)
        return super().adversarial_gradient_step(tokens, rewards)

    def reward_function(self, references: tf.Tensor, comparisons: tf.Tensor) -> RewardFunction:
        """Returns the function from sentences (n, T) to R or log R, (n,).

        With `comparison` "batch", sentences are ranked in groups of a batch (`prefix_scores`).
        """
        own = self.config.own
        reference = self.discriminator.features(self._chosen(references))
        human = distributed.gather(self._relevances(comparisons, reference))
        rows = distributed.local_batch_size(self.config.batch_size)

        def ranks(sentences: tf.Tensor) -> tf.Tensor:
            found = self._relevances(sentences, reference)
            if own.comparison == "human":
                log_rank = ranking.log_rank_among(found, human)
            else:
                log_rank = ranking.log_rank_within(found, rows)
            return log_rank if own.reward == "log_rank" else tf.exp(log_rank)

        return ranks
