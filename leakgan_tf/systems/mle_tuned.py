"""Tuned MLE: with dropout, more width and early stopping, the strong baseline of a comparison.

It is `mle` with the settings of the preset `tuned` (`mle.TUNED`), at the published sizes with fewer
units. Both were chosen by the NLL of sentences held out from the training split
(docs/systems/mle.md). It is a separate system so that one benchmark has both rows: the plain MLE of
the papers' tables, which pre-trains the adversarial systems, and the tuned one
(``--systems=mle,mle_tuned,leakgan``).

Scalars: those of `mle`.
"""

from dataclasses import dataclass
from typing import ClassVar

from leakgan_tf.config.config import Config
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.systems.mle import MLE, TUNED, MLEConfig


@unique_class
@dataclass(frozen=True)
class MLETunedConfig(MLEConfig):
    """Settings of MLE with other presets."""

    sets_frontier: ClassVar[bool] = False
    presets: ClassVar[Presets] = {
        "paper": {**TUNED, "width": 64},
        "paper-text": TUNED,
        "short": {**TUNED, "width": 64},
        "quick": TUNED,
        "quick-text": {**TUNED, "epochs": 40},
        "smoke": {
            "epochs": 6,
            "generator_dropout": 0.3,
            "width": 8,
            "patience": 1,
            "held_out": 0.25,
        },
        "smoke-text": {"epochs": 2, "generator_dropout": 0.3, "width": 8, "patience": 1},
    }


class MLETuned(MLE):
    """`MLE` with the settings of `MLETunedConfig`."""

    config: Config[MLETunedConfig]
