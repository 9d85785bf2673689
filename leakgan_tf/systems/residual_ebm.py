"""Residual energy-based model: a generator's distribution, reweighted by a discriminator.

Deng et al. 2020, arXiv:2004.11714 ("Residual energy-based models for text generation"). Only the
abstract was read; the rest is from memory [M], and its program was not at hand. A trained generator
G is frozen. An energy E is trained by noise-contrastive estimation: real sentences against as many
samples of G. With E(x) = -f(x) this is a discriminator's cross-entropy, f its log-odds
log D / (1 - D). The model is

    p(x) = G(x) exp(f(x)) / Z,   Z = E_G[exp f].

It is sampled by importance resampling. Its NLL has bounds, because log Z has
(`generation.residual`). The held-out NLL is G's minus the Donsker-Varadhan bound of D
(`metrics.discriminator_scores`), so it is lower than G's only if that bound is positive.

G comes from another run (`residual_ebm_base`) of any system, or is the LSTM of `mle`, trained
first. The energy is SeqGAN's CNN here, a bidirectional transformer in the paper. Its last layer is
initialized to 0, so that E is constant and p = G before its training. Open: its sizes, rates,
number of rounds and of candidates; the values are this project's choice. With
`discriminator_data=fixed` the energy is trained on the same real sentences as G.

Scalars: `loss`, the cross-entropy, log 2 where E is constant; `accuracy`, on its training
sentences; `gradient_norm`; the evaluation of the energy on held-out sentences. No figure of the
paper is comparable: it has other data and other models.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.residual import LogOdds, ResidualGenerator
from leakgan_tf.models.optimizers import adam
from leakgan_tf.systems import registry
from leakgan_tf.systems.base import Discriminating, Phase, Scalars, System
from leakgan_tf.systems.discriminated import (
    DATA,
    DATA_ABOUT,
    classification_step,
    labelled,
    round_sentences,
    sentence_discriminator,
)
from leakgan_tf.systems.mle import MLE, MLEConfig
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json
from leakgan_tf.utils.seeds import derive

_ROUND = "residual/discriminator"
# Settings that must be equal in the runs of G and of the energy.
_SHARED = (
    "task", "length", "vocab_size", "padding", "dataset", "oracle_embedding", "oracle_hidden",
    "oracle_seed", "oracle_params", "grammar", "law",
)  # fmt: skip


@unique_class
@dataclass(frozen=True)
class ResidualEBMConfig(MLEConfig):
    """Settings of the residual model."""

    sets_frontier: ClassVar[bool] = False
    # The small presets are this project's choice. In the quick oracle task the energy's held-out
    # bound is highest after two rounds on the training sentences; after ten it has overfitted
    # (docs/systems/residual_ebm.md).
    presets: ClassVar[Presets] = {
        "short": {"rounds": 10},
        "quick": {"rounds": 2, "energy_learning_rate": 1e-3},
        "smoke": {
            "rounds": 2, "energy_learning_rate": 1e-3, "candidates": 2, "partition_samples": 64,
        },
        "quick-text": {"rounds": 2, "energy_learning_rate": 1e-3},
        "smoke-text": {
            "rounds": 2, "energy_learning_rate": 1e-3, "candidates": 2, "partition_samples": 64,
        },
        "quick-music": {"rounds": 2, "energy_learning_rate": 1e-3},
    }  # fmt: skip

    base: str = setting("", "Folder of a run that provides G; without it MLE is trained first.")
    rounds: int = setting(50, "Rounds of noise-contrastive estimation (open).", zero=True)
    energy_learning_rate: float = setting(1e-4, "Learning rate of the energy (open).")
    dropout: float = setting(0.25, "Dropout rate of the energy's features (SeqGAN's).", zero=True)
    l2: float = setting(0.0, "Weight of the last layer's penalty, Σ w²/2.", zero=True)
    discriminator_data: str = setting("fixed", DATA_ABOUT + ".", DATA)
    candidates: int = setting(8, "Candidates from G per sampled sentence, M (open).")
    partition_samples: int = setting(4096, "Number of samples of G that estimate log Z.")


class ResidualEBM(MLE, Discriminating):
    """A frozen generator and an energy that reweights it.

    Args:
      config: sizes and schedule.
      task: source of the training sentences; not needed to sample.
      training: whether to build the optimizers too.

    Raises:
      UserError: the base run cannot be read, or was trained on other data.
    """

    config: Config[ResidualEBMConfig]
    discriminator_phases = (_ROUND,)

    def __init__(
        self, config: Config[ResidualEBMConfig], task: Task | None = None, training: bool = True
    ):
        self.base: System | None = None
        super().__init__(config, task, training)
        self.below: Generator = self.base.generator if self.base else self.generator
        own = config.own
        log_odds = LogOdds(self.log_odds, config.length, config.batch_size)
        self.generator = ResidualGenerator(
            self.below, log_odds, own.candidates, own.partition_samples, config.ends
        )

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        own = self.config.own
        if own.base:
            self.base = registry.make_models(read_base(own.base, self.config))
            self.model = self.base.model
            for name, model in self.base.models.items():
                self.models[name if name == "generator" else f"base_{name}"] = model
        else:
            super().build_models()
        self.discriminator = sentence_discriminator(self.config, own.dropout)
        kernel = self.discriminator.classifier.kernel
        kernel.assign(tf.zeros(kernel.shape))  # E is constant
        self.models["discriminator"] = self.discriminator

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        if not self.base:
            super().build_optimizers()
        own, epsilon = self.config.own, self.config.adam_epsilon
        variables = self.discriminator.trainable_variables
        self.optimizers["discriminator"] = adam(
            own.energy_learning_rate, epsilon, variables, "discriminator"
        )

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs unless there is a base run, then training rounds of the energy."""
        config = self.config
        if not self.base:
            epochs = list(super().phases())
            for phase in epochs:  # p = G so far: evaluated once
                yield replace(phase, evaluate=phase is epochs[-1])
        epochs_each, step, data = config.discriminator_epochs, self.energy_step, self.sentences
        for number in range(1, config.own.rounds + 1):
            evaluate = number % config.evaluate_every == 0 or number == config.own.rounds
            yield Phase(_ROUND, step, data, epochs=epochs_each, evaluate=evaluate)

    def sentences(self, seed: int) -> tuple[np.ndarray, ...]:
        """Returns n real sentences and n samples of G (2n, T), and their classes (2n,)."""
        real = round_sentences(self.task, self.config.own.discriminator_data, seed)
        return labelled(real, self.below.sample(len(real), 1.0, derive(seed, "generated")))

    def energy_step(self, tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates the energy once on sentences (B, T) of classes (B,)."""
        optimizer, l2 = self.optimizers["discriminator"], self.config.own.l2
        return classification_step(self.discriminator, optimizer, tokens, labels, seed, l2)

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns f = -E (n,) of sentences (n, T), D's log-odds."""
        return self.discriminator.log_odds(tokens)


def read_base(folder: str, config: Config[Any]) -> Config[Any]:
    """Returns the configuration of the run that provides G.

    Args:
      folder: folder of that run.
      config: configuration of the residual model.

    Raises:
      UserError: there is no such run, it has other data, or is itself a residual model.
    """
    path = Path(folder) / "config.json"
    if not path.exists():
        raise UserError(f"residual_ebm_base: {folder} has no config.json: give a run's folder")
    content = read_json(path, "a run's configuration", dict[str, Any])
    found = registry.read_config(content.get("config"))
    if found.system == config.system:
        raise UserError(f"residual_ebm_base: {folder} is a residual model itself")
    for name in _SHARED:
        theirs, ours = getattr(found, name), getattr(config, name)
        if theirs != ours:
            raise UserError(f"residual_ebm_base: {folder} has {name} {theirs}, this run {ours}")
    return found
