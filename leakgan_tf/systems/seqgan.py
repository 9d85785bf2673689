"""SeqGAN: sequence generative adversarial nets with policy gradient.

Yu et al. 2017, arXiv:1609.05473. The reward of a prefix is D's mean probability that its
completions are real (eq. 4); schedule and updates are those of `policy_gradient` and
`discriminated`. Sizes: `presets.py`. As in the released program, D has no padding row, and rollouts
use the current generator, which equals the paper's β ← θ.
"""

from dataclasses import dataclass

from leakgan_tf.config.own import unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.systems.discriminated import DiscriminatedConfig, DiscriminatedSystem
from leakgan_tf.systems.policy_gradient import RewardFunction


@unique_class
@dataclass(frozen=True)
class SeqGANConfig(DiscriminatedConfig):
    """Settings of SeqGAN: those that it shares with MaliGAN and RankGAN."""


PUBLISHED = PublishedFigures(
    paper="1609.05473",
    oracle={
        20: OracleFigure(8.736, "SeqGAN, table 1 (read)"),
        40: OracleFigure(10.310, "RelGAN, table 1 (second hand)"),
    },
    falling_short={1.0: (9.62, 9.22)},
    coco=((0.745, 0.498, 0.294, 0.180), (0.950, 0.840, 0.670, 0.489)),
    news=((0.777, 0.491, 0.261, 0.138), 2.773),
    poems=0.7389,
    speeches=(0.556, 0.427),
    music=(0.9406, 20.62),
    turing={"coco": 0.405, "emnlp_news": 0.236},
)


class SeqGAN(DiscriminatedSystem):
    """The LSTM generator of `MLE`, then trained by REINFORCE with D's score as the reward."""

    def reward_function(self) -> RewardFunction:
        """Returns the function from sentences (n, T) to D's probability of "real", (n,)."""
        return self.discriminator.probability_real
