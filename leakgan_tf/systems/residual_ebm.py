"""Residual energy-based model: a generator's law, weighted with a discriminator's score.

Deng et al. 2020, arXiv:2004.11714 ("Residual energy-based models for text generation"). Of the
paper the abstract was read; the rest is from memory [M], its program was not at hand. A trained
generator G stays as it is. An energy E is trained by noise-contrastive estimation: real sentences
against samples of G. With as many of each, and E(x) = -f(x), that is a discriminator's
cross-entropy, f its log-odds log D / (1 - D). The model is

    p(x) = G(x) exp(f(x)) / Z,   Z = E_G[exp f].

It is sampled by importance resampling, and its NLL has bounds, as log Z has
(`generation.residual`). The held-out NLL is G's less the Donsker-Varadhan bound of D
(`metrics.discriminator_scores`): the model gains what D knows, and loses if D knows nothing.

G is another run's (`residual_ebm_base`), of any system, or the LSTM of `mle`, trained first. The
energy is SeqGAN's CNN here, the paper's a bidirectional transformer. Its last layer begins at 0, so
that E is constant and p is G until it is trained. Open: its sizes, rates, number of rounds and of
candidates; the values are this project's. `discriminator_data=fixed` gives the energy the
sentences that G was trained on, and no more.

Scalars: `loss`, the cross-entropy, log 2 where E is constant; `accuracy`, on the sentences that it
is trained on; `gradient_norm`; what the energy knows of held-out sentences. No figure of the paper
compares with ours: other data, other models.
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
# What the runs of G and of the energy must have in common.
_SHARED = ("task", "length", "vocab_size", "padding", "dataset", "oracle_seed", "oracle_params")


@unique_class
@dataclass(frozen=True)
class ResidualEBMConfig(MLEConfig):
    """What the residual model has of its own."""

    sets_frontier: ClassVar[bool] = False
    # The small presets are this project's choice. After two rounds on the training sentences the
    # energy of the quick oracle task knows most of held-out ones; after ten it has learned its own
    # by heart (docs/systems/residual_ebm.md).
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

    base: str = setting("", "Folder of the run whose generator this is; without it MLE is trained.")
    rounds: int = setting(50, "Rounds of noise-contrastive estimation (open).", zero=True)
    energy_learning_rate: float = setting(1e-4, "Adam's rate for the energy (open).")
    dropout: float = setting(0.25, "Share of the energy's features dropped (SeqGAN's).", zero=True)
    l2: float = setting(0.0, "Weight of the last layer's penalty, Σ w²/2.", zero=True)
    discriminator_data: str = setting("fixed", DATA_ABOUT + ".", DATA)
    candidates: int = setting(8, "Sentences of G of which one is kept, M (open).")
    partition_samples: int = setting(4096, "Samples of G by which log Z is estimated.")


class ResidualEBM(MLE, Discriminating):
    """A frozen generator, and the energy that corrects it.

    Args:
      config: sizes and schedule.
      task: where the training sentences come from; not needed to sample.
      training: whether to make optimizers, too.

    Raises:
      UserError: the base run cannot be read, or learned other data.
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
        """Makes the networks with their initial weights."""
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
        """Makes the optimizers of `models`."""
        if not self.base:
            super().build_optimizers()
        own, epsilon = self.config.own, self.config.adam_epsilon
        variables = self.discriminator.trainable_variables
        self.optimizers["discriminator"] = adam(
            own.energy_learning_rate, epsilon, variables, "discriminator"
        )

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs unless there is a base run, then rounds of the energy."""
        config = self.config
        if not self.base:
            epochs = list(super().phases())
            for phase in epochs:  # p is G: once is enough
                yield replace(phase, evaluate=phase is epochs[-1])
        epochs_each, step, data = config.discriminator_epochs, self.energy_step, self.sentences
        for number in range(1, config.own.rounds + 1):
            evaluate = number % config.evaluate_every == 0 or number == config.own.rounds
            yield Phase(_ROUND, step, data, epochs=epochs_each, evaluate=evaluate)

    def sentences(self, seed: int) -> tuple[np.ndarray, ...]:
        """Returns real sentences and as many samples of G, (2n, T), with classes."""
        real = round_sentences(self.task, self.config.own.discriminator_data, seed)
        return labelled(real, self.below.sample(len(real), 1.0, derive(seed, "generated")))

    def energy_step(self, tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One update of the energy on sentences (B, T) of classes (B,)."""
        optimizer, l2 = self.optimizers["discriminator"], self.config.own.l2
        return classification_step(self.discriminator, optimizer, tokens, labels, seed, l2)

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns f = -E of sentences (n, T): (n,)."""
        return self.discriminator.log_odds(tokens)


def read_base(folder: str, config: Config[Any]) -> Config[Any]:
    """Returns the configuration of the run that G is from.

    Args:
      folder: the run's.
      config: of the residual model.

    Raises:
      UserError: there is no such run, it is of other data, or is itself a residual model.
    """
    path = Path(folder) / "config.json"
    if not path.exists():
        raise UserError(f"residual_ebm_base: {folder} has no config.json: no run, or it has moved")
    content = read_json(path, "a run's configuration", dict[str, Any])
    found = registry.read_config(content.get("config"))
    if found.system == config.system:
        raise UserError(f"residual_ebm_base: {folder} is a residual model itself")
    for name in _SHARED:
        theirs, ours = getattr(found, name), getattr(config, name)
        if theirs != ours:
            raise UserError(f"residual_ebm_base: {folder} has {name} {theirs}, this run {ours}")
    return found
