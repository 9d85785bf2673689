"""RelGAN: relational generative adversarial networks for text generation.

Nie et al. 2019 (ICLR). The generator is a relational memory, or an LSTM. After maximum likelihood
it is trained through the discriminator: D reads soft tokens softmax(β(o + g)), g Gumbel noise,
while the generator reads its hard tokens (`relaxed.sample`). β rises from 1 to its maximum
(`annealing.annealed`). D scores S embedded representations of a sentence. The loss is relativistic
(`adversarial.relativistic`); `relgan_loss` selects another loss of its program.

Sizes, rates and schedule are those of the authors' program (github.com/weilinie/RelGAN): an
iteration is one update of G, then five of D, each with real sentences and samples of its own. The
program differs from the paper: β is annealed over N = 5,000 iterations, of which 3,000 (oracle) or
2,000 (text) run; the first two iterations have β = 1; the query is scaled by 1/√(3·head_size);
convolutions have windows of 2 to 5 tokens; D's dropout is active in G's updates, too. The weight of
`wgan_gp`'s penalty is this project's choice: the program never sets one. D's windows are
`relgan_windows`, not `windows`.

Open: β_max of a data set. The paper has 1 at T = 20, 2 at T = 40, and 100 and 1,000 for text.

Scalars: `loss`, G's adversarial loss, and `discriminator_loss`, both log 2 where RSGAN's D is at
chance; `real_score` and `generated_score`, mean scores in D's last update; `inverse_temperature`,
β; `gradient_norm` and `discriminator_gradient_norm`, before clipping. Pre-training: those of `mle`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.published import OracleFigure, PublishedFigures
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.generation import relaxed
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.optimizers import adam, clipped_gradients
from leakgan_tf.models.relational_discriminator import RelationalDiscriminator
from leakgan_tf.models.relational_memory import RelationalMemoryGenerator
from leakgan_tf.objectives.adversarial import adversarial_losses, gradient_penalty
from leakgan_tf.objectives.annealing import annealed
from leakgan_tf.systems.base import Discriminating, Phase, Scalars
from leakgan_tf.systems.iterations import drawn, iteration_phases
from leakgan_tf.systems.mle import MLE, UNTUNED, MLEConfig
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive_int

_QUICK = {
    "head_size": 32, "representations": 8, "embedding": 8, "filters": (32,) * 4, "hidden": 32,
    "steps": 300, "epochs": 40, "phase_steps": 10,
}  # fmt: skip
_SHORT = {"epochs": 6, "steps": 400}


@unique_class
@dataclass(frozen=True)
class RelGANConfig(MLEConfig):
    """Settings of RelGAN."""

    sets_frontier: ClassVar[bool] = False
    # The small presets are this project's choice.
    presets: ClassVar[Presets] = {
        "paper-40": {"beta_max": 2.0},
        "paper-text": {"beta_max": 100.0, "steps": 2000},
        "short": _SHORT,
        "short-40": {**_SHORT, "beta_max": 2.0},
        "quick": _QUICK,
        "tuned": {**_QUICK, **UNTUNED},
        "smoke": {
            "head_size": 4, "representations": 2, "embedding": 4, "filters": (4,) * 4,
            "hidden": 4, "steps": 4, "epochs": 2, "phase_steps": 2, "discriminator_steps": 2,
        },
        "quick-text": {**_QUICK, "epochs": 10, "beta_max": 100.0},
        "smoke-text": {
            "head_size": 4, "representations": 2, "embedding": 4, "filters": (4,) * 4,
            "hidden": 4, "steps": 2, "epochs": 1, "phase_steps": 1, "discriminator_steps": 2,
            "beta_max": 100.0,
        },
    }  # fmt: skip

    generator: str = setting(
        "memory",
        "The generator: 'memory', a relational memory; 'lstm', that of `mle`.",
        choices=("memory", "lstm"),
    )
    slots: int = setting(1, "Number of memory slots (its program).")
    heads: int = setting(2, "Attention heads of the memory (its program).")
    head_size: int = setting(256, "Width of a head (its program).")
    representations: int = setting(64, "Embedded representations that D scores, S (its program).")
    embedding: int = setting(64, "Total width of D's S representations (its program).")
    windows: tuple[int, ...] = setting((2, 3, 4, 5), "Window sizes of D (its program), in tokens.")
    filters: tuple[int, ...] = setting((300,) * 4, "Filters of each window size (its program).")
    hidden: int = setting(100, "Width of D's layer before the score (its program).")
    dropout: float = setting(0.25, "Dropout rate of D's features.", zero=True, most=0.99)
    loss: str = setting(
        "rsgan",
        "Adversarial loss of G and D ('rsgan': the paper; all: its program).",
        choices=("rsgan", "standard", "js", "kl", "hinge", "tv", "lsgan", "wgan_gp"),
    )
    penalty: float = setting(10.0, "Weight of wgan_gp's gradient penalty.", zero=True)
    beta_max: float = setting(1.0, "Inverse temperature after annealing_steps iterations.")
    annealing: str = setting(
        "exponential",
        "Schedule of the inverse temperature, from 1 to beta_max.",
        choices=(
            "exponential", "constant", "linear", "logarithmic", "sigmoid", "quadratic",
            "square_root",
        ),
    )  # fmt: skip
    annealing_steps: int = setting(5000, "Iterations until beta_max, N (its program).")
    epochs: int = setting(150, "Epochs of maximum likelihood first (its program).", zero=True)
    adversarial_learning_rate: float = setting(1e-4, "Learning rate of G against D (its program).")
    discriminator_learning_rate: float = setting(1e-4, "Learning rate of D (its program).")
    discriminator_steps: int = setting(5, "Updates of D after each of G (its program).")
    steps: int = setting(3000, "Updates of G against D (its program).", zero=True)
    phase_steps: int = setting(20, "Updates of G in a phase of the schedule.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.generator == "memory":
            self.refuse("generator_dropout", "width")
        if len(self.windows) != len(self.filters) or not self.windows:
            raise UserError(
                "relgan_windows and relgan_filters must have the same length "
                f"(got {len(self.windows)} and {len(self.filters)})"
            )
        if min(*self.windows, *self.filters) < 1 or len(set(self.windows)) != len(self.windows):
            raise UserError("relgan_windows and relgan_filters must be positive, no window twice")
        if self.embedding % self.representations:
            raise UserError(
                f"relgan_embedding {self.embedding} must be a multiple of relgan_representations "
                f"{self.representations}"
            )
        if self.annealing_steps < 2:
            raise UserError("relgan_annealing_steps must be at least 2")

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if a window is longer than the sequence."""
        if max(self.windows) > shared.length:
            raise UserError(
                f"relgan_windows: window {max(self.windows)} is longer than the sequence "
                f"({shared.length} tokens)"
            )


PUBLISHED = PublishedFigures(
    paper="openreview.net/forum?id=rJedV3R5tm",
    oracle={
        20: OracleFigure(6.680, "RelGAN, table 1 (read); six seeds"),
        40: OracleFigure(6.765, "RelGAN, table 1 (read); six seeds"),
    },
    # With β_max 100.
    coco=((0.849, 0.687, 0.502, 0.331), None),
    news=((0.881, 0.705, 0.501, 0.319), 2.482),
)


class RelGAN(MLE, Discriminating):
    """A generator trained through a relativistic discriminator on soft samples."""

    config: Config[RelGANConfig]
    discriminator_phases = ("adversarial/generator",)

    @property
    def relativistic(self) -> bool:
        """Whether the loss depends only on differences of D's scores."""
        return self.config.own.loss in ("rsgan", "wgan_gp")

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's mean score (n,) of the representations of sentences (n, T)."""
        scores = self.discriminator(tokens)
        return tf.reduce_mean(tf.reshape(scores, [-1, self.config.own.representations]), axis=1)

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        config, own = self.config, self.config.own
        if own.generator == "lstm":
            super().build_models()
        else:
            self.model = RelationalMemoryGenerator(
                config.vocab_size,
                config.length,
                config.generator_embedding,
                own.slots,
                own.heads,
                own.head_size,
                ends=config.ends,
                seed=derive_int(config.seed, "relgan", "generator"),
            )
            self.model.build()
            self.models["generator"] = self.model
        self.discriminator = RelationalDiscriminator(
            config.vocab_size,
            config.length,
            own.embedding,
            own.representations,
            own.windows,
            own.filters,
            own.hidden,
            dropout=own.dropout,
            seed=derive_int(config.seed, "relgan", "discriminator"),
        )
        self.discriminator.build()
        self.models["discriminator"] = self.discriminator

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        super().build_optimizers()
        own, epsilon = self.config.own, self.config.adam_epsilon
        for name, model, rate in (
            ("adversarial", self.model, own.adversarial_learning_rate),
            ("discriminator", self.discriminator, own.discriminator_learning_rate),
        ):
            self.optimizers[name] = adam(rate, epsilon, model.trainable_variables, name)

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs, then phases of several adversarial iterations each."""
        yield from super().phases()
        own, every = self.config.own, self.config.evaluate_every
        yield from iteration_phases(
            "adversarial/generator", self.adversarial_step, self.real, own.steps, own.phase_steps,
            every,
        )  # fmt: skip

    def real(self, steps: int, seed: int) -> tuple[np.ndarray]:
        """Returns real sentences of ``steps`` iterations, (steps·B, 1 + discriminator_steps, T)."""
        rows = steps * self.config.batch_size
        return drawn(self.task.train, rows, 1 + self.config.own.discriminator_steps, seed)

    def inverse_temperature(self) -> tf.Tensor:
        """Returns β of the current iteration i (from 0): 1 at 0, then `annealed` at i - 1."""
        own = self.config.own
        done = tf.cast(self.optimizers["adversarial"].iterations, tf.float32)
        before = tf.maximum(done - 1.0, 0.0)
        beta = annealed(own.annealing, before, own.beta_max, own.annealing_steps)
        return tf.where(done > 0.0, beta, 1.0)

    def adversarial_step(self, real: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Runs one iteration: an update of G, then those of D, on real ones (B, updates, T)."""
        fold = tf.random.experimental.stateless_fold_in
        beta = self.inverse_temperature()
        scalars = self.generator_update(real[:, 0], beta, fold(seed, 0))
        for number in range(1, 1 + self.config.own.discriminator_steps):
            scalars |= self.discriminator_update(real[:, number], beta, fold(seed, number))
        scalars["inverse_temperature"] = beta
        return scalars

    def generator_update(self, real: tf.Tensor, beta: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates G by the gradient of D's scores of soft samples and real sentences (B, T)."""
        model, fold = self.discriminator, tf.random.experimental.stateless_fold_in
        embedded = model.embed(real)
        with tf.GradientTape() as tape:
            # Embeds in the sampling loop: all soft tokens (B, T, V) would take much memory.
            soft = self.soft_samples(beta, fold(seed, 0), keep=model.embed)
            scores = model.scores(embedded, fold(seed, 1)), model.scores(soft, fold(seed, 2))
            loss = adversarial_losses(self.config.own.loss, *scores)[1]
        return self.update(tape, loss, self.optimizers["adversarial"])

    def soft_samples(
        self,
        beta: tf.Tensor,
        seed: tf.Tensor,
        keep: Callable[[tf.Tensor], tf.Tensor] = tf.identity,
    ) -> tf.Tensor:
        """Returns ``keep(soft tokens)`` of B sampled sentences, (B, T, ·)."""
        rows = distributed.local_batch_size(self.config.batch_size)
        noise = relaxed.gumbel_noise(seed)
        relax = relaxed.gumbel_softmax(beta)
        return relaxed.sample(LSTMPolicy(self.model), rows, relax, noise, keep=keep).soft

    def discriminator_update(self, real: tf.Tensor, beta: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates D on real sentences (B, T) and as many fresh soft samples."""
        model, own = self.discriminator, self.config.own
        fold = tf.random.experimental.stateless_fold_in
        soft = self.soft_samples(beta, fold(seed, 0))  # (B, T, V)
        with tf.GradientTape() as tape:
            scores = model(real, fold(seed, 1)), model(soft, fold(seed, 2))
            loss = adversarial_losses(own.loss, *scores)[0]
            if own.loss == "wgan_gp":
                one_hot = tf.one_hot(real, self.config.vocab_size)
                share = tf.random.stateless_uniform([real.shape[0], 1, 1], fold(seed, 3))
                loss += own.penalty * gradient_penalty(model, one_hot, soft, share)
        variables = model.trainable_variables
        gradients, norm = clipped_gradients(tape, loss, variables, self.config.gradient_clip)
        self.optimizers["discriminator"].apply(gradients, variables)
        return {
            "discriminator_loss": loss,
            "discriminator_gradient_norm": norm,
            "real_score": tf.reduce_mean(scores[0]),
            "generated_score": tf.reduce_mean(scores[1]),
        }
