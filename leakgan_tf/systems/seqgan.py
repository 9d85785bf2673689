"""SeqGAN: sequence generative adversarial nets with policy gradient.

Yu et al. 2017, arXiv:1609.05473. The reward of a prefix is D's mean probability that its
completions are real (eq. 4); schedule and updates are those of `policy_gradient` and
`discriminated`. Sizes: `presets.py`. As in the released program, D has no padding row and rollouts
use the generator as it is, which equals the paper's β ← θ.
"""

from leakgan_tf.systems.discriminated import DiscriminatedSystem
from leakgan_tf.systems.policy_gradient import RewardFunction


class SeqGAN(DiscriminatedSystem):
    """The LSTM generator of `MLE`, trained on by REINFORCE with D's verdict as the reward."""

    def reward_function(self) -> RewardFunction:
        """Returns D's probability of "real"."""
        return self.discriminator.probability_real
