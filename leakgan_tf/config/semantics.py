"""Differences between LeakGAN's paper and its released program: one field for each.

``ORIGINAL`` has the values of the program, ``PAPER`` those of the paper. Any mixture is allowed, so
that an ablation can change one field. `DEVIATIONS.md` lists the differences with their tests.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from leakgan_tf.config.fields import check_choice, setting
from leakgan_tf.utils.errors import UserError


@dataclass(frozen=True)
class Semantics:
    """Settings that differ between LeakGAN's paper and its released program.

    Raises:
      UserError: a value is not among the choices of its field, or is out of range.
    """

    goal_window: str = setting(
        "block",
        "The Worker's goal: 'block', one goal for c tokens, the sum of the previous c sub-goals; "
        "'sliding', at every token the sum of the last c goals (paper, eq. 5).",
        choices=("block", "sliding"),
    )
    goal_alignment: str = setting(
        "split",
        "'split': goals are one step fresher when scoring than when sampling, and a rollout's "
        "Manager consumes the prefix's last feature twice; 'single': one policy on every path.",
        choices=("split", "single"),
    )
    goal_init: str = setting(
        "shared",
        "The goal at the first step: 'shared', one trained row; 'per_row', one for each position "
        "in the batch, so that the weights depend on the batch size.",
        choices=("shared", "per_row"),
    )
    normalise_goal: bool = setting(
        True, "Whether the Worker's goal embedding w is scaled to unit length (the paper does not)."
    )
    cosine: str = setting(
        "batch_mean",
        "'batch_mean': losses use one number, the mean cosine over batch and steps; 'per_step': "
        "each sample and step has its own (paper, eqs. 7-9).",
        choices=("batch_mean", "per_step"),
    )
    reward_rank: str = setting(
        "arrival",
        "Rank used to rescale rewards in a batch: 'arrival', order of appearance of distinct "
        "values; 'value', D's score (paper, eq. 10); 'none', no rescaling.",
        choices=("arrival", "value", "none"),
    )
    reward_delta: float = setting(16.0, "Steepness δ of the rescaling sigmoid.")
    reward_per_rollout: bool = setting(
        True, "Whether the rescaled reward is divided by the number of rollouts."
    )
    opening_inverse_temperature: float = setting(
        1.5, "Inverse temperature of the first two tokens of every sample drawn in training."
    )
    discriminator_inverse_temperature: float = setting(
        1.5, "Inverse temperature of the samples that D is trained on."
    )
    adversarial_inverse_temperature: float = setting(
        1.0, "Inverse temperature of the samples in an adversarial step."
    )
    dropout: float = setting(0.0, "Dropout rate of D's features in its training.")
    l2: float = setting(0.0, "Weight of D's classifier penalty, Σ w²/2 over kernel and bias.")
    mle_every: int = setting(
        0, "Adversarial steps between two MLE epochs; 0: no interleaving (paper: 15)."
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            check_choice(field, getattr(self, field.name))
        for name in (
            "reward_delta", "opening_inverse_temperature", "discriminator_inverse_temperature",
            "adversarial_inverse_temperature",
        ):  # fmt: skip
            if not 0 < getattr(self, name) < math.inf:
                raise UserError(f"{name} must be above 0, not {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise UserError(f"dropout must be in [0, 1), not {self.dropout}")
        if not 0 <= self.l2 < math.inf or self.mle_every < 0:
            raise UserError(
                "l2 and mle_every must be finite and 0 or more "
                f"(got l2 {self.l2}, mle_every {self.mle_every})"
            )


ORIGINAL = Semantics()

PAPER = Semantics(
    goal_window="sliding",
    goal_alignment="single",
    goal_init="shared",
    normalise_goal=False,
    cosine="per_step",
    reward_rank="value",
    reward_delta=12.0,
    reward_per_rollout=False,
    opening_inverse_temperature=1.0,
    discriminator_inverse_temperature=1.0,
    adversarial_inverse_temperature=1.0,
    dropout=0.25,
    l2=0.2,
    mle_every=15,
)

NAMED = {"original": ORIGINAL, "paper": PAPER}
PADDING = {"original": "token", "paper": "masked"}  # value of `SharedConfig.padding`


def named_semantics(name: str) -> Semantics:
    """Returns ``ORIGINAL`` or ``PAPER`` by lower-case name; ``UserError`` for another name."""
    if name not in NAMED:
        raise UserError(f"unknown semantics {name!r}: one of {', '.join(NAMED)}")
    return NAMED[name]


def variant_changes(name: str) -> dict[str, Any]:
    """Returns the settings of ``ORIGINAL`` or ``PAPER`` by flag, with `padding`."""
    return {**vars(named_semantics(name)), "padding": PADDING[name]}


def name_of(semantics: Semantics) -> str:
    """Returns "original" or "paper", whichever is nearer, and the fields that differ from it."""
    found = []
    for name, known in NAMED.items():
        changed = [
            f"{key}={value}" for key, value in vars(semantics).items() if value != vars(known)[key]
        ]
        found.append((len(changed), f"{name} with {', '.join(changed)}" if changed else name))
    return min(found)[1]
