"""MaskGAN: a generator that fills the gaps of a sentence, and a discriminator of each token.

Fedus, Goodfellow and Dai 2018, "MaskGAN: better text generation via filling in the ______",
arXiv:1801.07736. m(x) is a sentence with some tokens masked. G encodes it, and decodes the sentence
from left to right: present tokens are read from m(x), masked ones are sampled. D has the same
architecture, reads m(x) and the filled sentence, and gives the probability that each token is real.
G is trained by REINFORCE: the reward is log D of each masked token, the baseline a critic on D's
decoder.

Stages: a language model; its LSTMs and embedding initialize encoder and decoder of G and of D;
MaskMLE, maximum likelihood of masked tokens; then updates of D and G in turn. Without the last
stage (--maskgan_steps=0) this is MaskMLE.

The paper's body was not at hand (second hand). Sizes, rates, losses and defaults are those of its
authors' program for the Penn Treebank, which others read. Differences from it: sentences begin at
their first token, and no state is carried over from the previous text; the encoder reads all of
m(x), the program's all but the last token; random masks never mask the first token either; the
language model is G's own decoder, and attention initially has no effect; gradients are clipped at
`gradient_clip` (its program: 10), batches have `batch_size` sentences (128; before the GAN 20), and
MaskMLE's rate does not decay. Where sentences end, a gap before a present word cannot end one.

The likelihood is that of whole sentences with all but the first token masked
(`generation.filling`): exact. The first token's distribution is counted, not learned: the program
takes it from the corpus.

D is evaluated (`systems.base.FillDiscriminating`) on gaps of held-out sentences, real tokens
against G's fillings of the same gaps. f is D's logit at the last masked token: there D has read
m(x) and all fillings. So f estimates log p_real(x | m(x)) / G(x | m(x)) up to a constant. The
bound, in nats per masked token, is a lower bound of the divergence of fillings given m(x), averaged
over m(x). It estimates how much a residual model of fillings would lower `masked_nll`.

Scalars: `loss`, in the first stages nats per (masked) token, then -Σ log G·advantage, which has no
meaning by itself; `discriminator_loss`, nats per masked token, log 2 where D is at chance;
`critic_loss`, the mean of (R - b)²; `real_probability` and `filled_probability`, means of D over
masked tokens; `return_mean`, mean R over them; `baseline`, mean b; `gradient_norm` and
`discriminator_gradient_norm`, before clipping; `copied`, the number of models that received the
language model's weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.generation.filling import (
    FillingGenerator,
    FillPolicy,
    contiguous_masks,
    random_masks,
)
from leakgan_tf.generation.forcing import infill
from leakgan_tf.models.fill_discriminator import FillDiscriminator
from leakgan_tf.models.fill_generator import FillGenerator
from leakgan_tf.models.first_tokens import FirstTokens
from leakgan_tf.models.masking import last_value
from leakgan_tf.models.moving_average import MovingAverage
from leakgan_tf.models.optimizers import adam, clipped_gradients
from leakgan_tf.objectives import losses, maskgan
from leakgan_tf.objectives.scratch import moving_average
from leakgan_tf.systems.base import FillDiscriminating, Phase, Scalars
from leakgan_tf.systems.iterations import drawn, iteration_phases
from leakgan_tf.systems.mle import MLE, MLEConfig
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive_int

_ADVERSARIAL = "adversarial/generator"  # the phases that train D and G
_QUICK = {
    "width": 64, "layers": 1, "dropout": 0.0, "discriminator_dropout": 0.0, "learning_rate": 0.005,
    "fill_learning_rate": 0.002, "generator_learning_rate": 1e-4,
    "discriminator_learning_rate": 1e-3, "critic_learning_rate": 1e-3, "steps": 300,
    "phase_steps": 30,
}  # fmt: skip
_SMOKE = {
    **_QUICK, "width": 8, "epochs": 2, "fill_epochs": 2, "steps": 4, "phase_steps": 2,
    "discriminator_steps": 1,
}  # fmt: skip


@unique_class
@dataclass(frozen=True)
class MaskGANConfig(MLEConfig):
    """Settings of MaskGAN."""

    sets_frontier: ClassVar[bool] = False
    fills: ClassVar[bool] = True
    # The small presets are this project's choice.
    presets: ClassVar[Presets] = {
        "short": {"epochs": 4, "fill_epochs": 4, "steps": 600},
        "quick": {**_QUICK, "epochs": 15, "fill_epochs": 15},
        "smoke": _SMOKE,
        "quick-text": {**_QUICK, "epochs": 2, "fill_epochs": 2},
        "smoke-text": {**_SMOKE, "epochs": 1, "fill_epochs": 1, "steps": 2, "phase_steps": 1},
        "quick-cfg": {**_QUICK, "epochs": 20, "fill_epochs": 20, "phase_steps": 50},
        # Width, dropout and learning rate of the tuned MLE, for the language model and MaskMLE.
        # Without early stopping: 40 epochs are about where tuned MLE is best (docs/systems/mle.md).
        "tuned": {
            **_QUICK,
            "generator_dropout": 0.0,
            "patience": 0,
            "width": 128,
            "dropout": 0.5,
            "epochs": 40,
            "fill_epochs": 40,
        },
    }

    width: int = setting(650, "Width of the embeddings and LSTMs of G and D (its program).")
    layers: int = setting(2, "LSTMs of each encoder and decoder (its program).")
    dropout: float = setting(
        0.66029, "Dropout rate of G, with one mask for all steps (its program).", zero=True,
        most=0.99,
    )  # fmt: skip
    discriminator_dropout: float = setting(
        0.2806, "Dropout rate of D, with one mask for all steps (its program).", zero=True,
        most=0.99,
    )  # fmt: skip
    masks: str = setting(
        "contiguous",
        "Masked tokens: 'contiguous', int(rate·T) - 1 in a row (its program: better); 'random'.",
        choices=("contiguous", "random"),
    )
    mask_rate: float = setting(0.5, "Share of tokens that are masked, 1 - p (its program).", most=1)
    epochs: int = setting(20, "Epochs of the language model (open).", zero=True)
    learning_rate: float = setting(1e-3, "Learning rate of the language model (open).")
    fill_epochs: int = setting(20, "Epochs of MaskMLE (open).", zero=True)
    fill_learning_rate: float = setting(7.4876e-4, "Learning rate of MaskMLE (its program).")
    steps: int = setting(100000, "Updates of G against D (its program); 0: MaskMLE.", zero=True)
    phase_steps: int = setting(100, "Updates of G in a phase of the schedule.")
    discriminator_steps: int = setting(2, "Updates of D before each of G (its program).")
    generator_learning_rate: float = setting(
        3.8877e-5, "Learning rate of G against D (its program)."
    )
    discriminator_learning_rate: float = setting(5e-4, "Learning rate of D (its program).")
    fillings: int = setting(
        1, "Fillings of each masked sentence in an update of G (its program: an option)."
    )
    gamma: float = setting(0.89072, "Discount γ of the rewards (its program).", zero=True, most=1)
    baseline: str = setting(
        "critic",
        "Baseline subtracted from the returns: 'critic', D's critic (its program); 'ewma', their "
        "moving average; 'half', for each half of a batch the mean of the other half (options of "
        "its program); 'none'.",
        choices=("critic", "ewma", "half", "none"),
    )
    critic_learning_rate: float = setting(5.1761e-7, "Learning rate of the critic (its program).")
    baseline_decay: float = setting(
        0.9, "Share of the old value in the moving average (open).", zero=True, most=1
    )
    advantage_clip: float = setting(5.0, "Largest absolute advantage (its program).")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse("generator_dropout", "patience")
        if not (self.fill_epochs or self.steps):
            raise UserError(
                "maskgan_fill_epochs and maskgan_steps are both 0: nothing would be trained"
            )

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if no token would be masked."""
        gap = self.gap(shared.length)
        if self.masks == "contiguous" and gap < 1:
            raise UserError(
                f"maskgan_mask_rate {self.mask_rate:g} masks {gap} of {shared.length} tokens in "
                "a row (int(rate·T) - 1): give another rate, or maskgan_masks random"
            )

    def gap(self, length: int) -> int:
        """Returns the length of a contiguous mask, in tokens: int(rate·T) - 1 (its program)."""
        return max(int(self.mask_rate * length + 1e-9) - 1, 0)


class MaskGAN(MLE, FillDiscriminating):
    """A generator that fills gaps, trained by REINFORCE with D's score of every filled token."""

    config: Config[MaskGANConfig]

    def __init__(
        self, config: Config[MaskGANConfig], task: Task | None = None, training: bool = True
    ):
        super().__init__(config, task, training)
        self.generator: FillingGenerator = FillingGenerator(
            self.policy, config.length, config.sampling_batch
        )
        if task is not None:
            self.first.count(task.train)

    def policy(
        self,
        tokens: tf.Tensor | None = None,
        present: tf.Tensor | None = None,
        closed: tf.Tensor | None = None,
        factors: tf.Tensor | None = None,
    ) -> FillPolicy:
        """Returns the policy that fills tokens not `present`; without `tokens`, all tokens."""
        return FillPolicy(self.model, self.first, tokens, present, closed, factors)

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        config, own = self.config, self.config.own
        shapes = config.vocab_size, config.length, own.width, own.layers
        seeds = [derive_int(config.seed, "maskgan", name) for name in ("generator", "D")]
        self.model = FillGenerator(*shapes, own.dropout, ends=config.ends, seed=seeds[0])
        self.discriminator = FillDiscriminator(*shapes, own.discriminator_dropout, seed=seeds[1])
        self.first = FirstTokens(config.vocab_size)
        self.baseline = MovingAverage(name="baseline")
        self.models |= {
            "generator": self.model, "discriminator": self.discriminator, "first": self.first,
            "baseline": self.baseline,
        }  # fmt: skip
        for model in self.models.values():
            model.build()

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        own, judge = self.config.own, self.discriminator
        generator = self.model.trainable_variables
        for name, variables, rate in (
            ("language_model", generator, own.learning_rate),
            ("filling", generator, own.fill_learning_rate),
            ("adversarial", generator, own.generator_learning_rate),
            ("discriminator", judge.judging_variables, own.discriminator_learning_rate),
            ("critic", judge.critic_layer.trainable_variables, own.critic_learning_rate),
        ):
            self.optimizers[name] = adam(rate, self.config.adam_epsilon, variables, name)

    # --- The schedule -----------------------------------------------------------------------------

    def phases(self) -> Iterator[Phase]:
        """Yields epochs of the language model, the copy of its weights, MaskMLE, and the GAN."""
        own, every = self.config.own, self.config.evaluate_every
        for _ in range(own.epochs):
            yield Phase("pretrain/language_model", self.step, self.learned)
        yield Phase("pretrain/copied", self.copy_step)
        for epoch in range(1, own.fill_epochs + 1):
            evaluate = epoch % every == 0 or epoch == own.fill_epochs
            yield Phase("pretrain/filling", self.fill_step, self.learned, evaluate=evaluate)
        yield from iteration_phases(
            _ADVERSARIAL, self.adversarial_step, self.real, own.steps, own.phase_steps,
            every,
        )  # fmt: skip

    def real(self, steps: int, seed: int) -> tuple[np.ndarray]:
        """Returns real sentences of ``steps`` iterations, (steps·B, discriminator_steps + 1, T)."""
        rows, updates = steps * self.config.batch_size, self.config.own.discriminator_steps + 1
        return drawn(self.task.train, rows, updates, seed)

    # --- Masks ------------------------------------------------------------------------------------

    def draw_masks(self, rows: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns random masks (rows, T), True for present tokens; ``seed`` is stateless (2,)."""
        own, length = self.config.own, self.config.length
        if own.masks == "random":
            return random_masks(rows, length, own.mask_rate, seed)
        return contiguous_masks(rows, length, own.gap(length), seed)

    def masked(self, tokens: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Returns a mask (B, T), True for tokens that are masked and not padding."""
        valid = self.loss_mask(tokens)
        return ~present if valid is None else valid & ~present

    def token_log_odds(self, tokens: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Returns D's log-odds (n, T) that each token of filled sentences (n, T) is real."""
        return self.generator.batched(lambda _, *batch: self.token_logits(*batch), tokens, present)

    def token_logits(self, tokens: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Returns D's logits (B, T) of filled sentences (B, T), without dropout."""
        return self.discriminator(tokens, self.discriminator.hide(tokens, present))

    def fill_log_odds(self, tokens: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Returns D's logit (n,) at the last masked token, where D has read all fillings."""
        return last_value(self.token_logits(tokens, present), self.masked(tokens, present))

    @property
    def discriminator_phases(self) -> tuple[str, ...]:
        """Names of the phases that train D; MaskMLE has none."""
        return (_ADVERSARIAL,) if self.config.own.steps else ()

    # --- Updates ----------------------------------------------------------------------------------

    def step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates G's decoder once as a language model, on sentences (B, T)."""
        with tf.GradientTape() as tape:
            factors = self.model.dropout_factors(tokens.shape[0], seed)
            log_prob = losses.token_log_prob(self.model.language_logits(tokens, factors), tokens)
            loss = losses.likelihood_loss(log_prob, self.loss_mask(tokens))
        return self.update(tape, loss, self.optimizers["language_model"])

    def copy_step(self, seed: tf.Tensor) -> Scalars:
        """Copies the language model's weights to encoder and decoder of G and of D."""
        models = self.model, self.discriminator
        for model in models:
            model.copy_language_model(self.model)
        return {"copied": tf.constant(float(len(models)))}

    def fill_step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates G once by MaskMLE on sentences (B, T)."""
        fold, rows = tf.random.experimental.stateless_fold_in, tokens.shape[0]
        present = self.draw_masks(rows, fold(seed, 0))
        with tf.GradientTape() as tape:
            factors = self.model.dropout_factors(rows, fold(seed, 1))
            policy = self.policy(tokens, present, factors=factors)
            log_prob = losses.token_log_prob(policy.sequence_logits(tokens), tokens)
            loss = maskgan.fill_loss(log_prob, self.masked(tokens, present))
        return self.update(tape, loss, self.optimizers["filling"])

    def adversarial_step(self, real: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Runs one iteration: n updates of D, then one of G, on real sentences (B, n + 1, T)."""
        fold, last = tf.random.experimental.stateless_fold_in, real.shape[1] - 1
        scalars: Scalars = {}
        # Unrolled: replicas cannot all-reduce within a tf.while_loop.
        for number in range(last + 1):
            step = self.discriminator_update if number < last else self.generator_update
            own, tokens = fold(seed, number), real[:, number]
            present = self.draw_masks(tokens.shape[0], fold(own, 0))
            scalars |= step(tokens, present, own)
        return scalars

    def discriminator_update(self, real: tf.Tensor, present: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates D and the critic on real sentences (B, T), and on these with filled gaps."""
        fold, model, rows = (
            tf.random.experimental.stateless_fold_in,
            self.discriminator,
            real.shape[0],
        )
        factors = self.model.dropout_factors(rows, fold(seed, 1))
        policy = self.policy(real, present, factors=factors)
        filled, shown = infill(policy, real, present, fold(seed, 2)), policy.show(real)
        masked = self.masked(real, present), self.masked(filled, present)
        with tf.GradientTape() as tape, tf.GradientTape() as critic_tape:
            both = model.dropout_factors(2 * rows, fold(seed, 3))
            logits = tf.split(
                model(tf.concat([real, filled], 0), tf.concat([shown, shown], 0), both), 2
            )
            loss = maskgan.fill_discriminator_loss(logits[0], logits[1], *masked)
            returns = maskgan.fill_returns(logits[1], masked[1], self.config.own.gamma)
            critic_loss = maskgan.critic_loss(model.values(filled), returns, masked[1])
        norm = self._descend("discriminator", tape, loss, model.judging_variables)
        critic = model.critic_layer.trainable_variables
        self._descend("critic", critic_tape, critic_loss, critic)
        probabilities = [
            losses.masked_mean(tf.sigmoid(each), own)
            for each, own in zip(logits, masked, strict=True)
        ]
        return {
            "discriminator_loss": loss,
            "critic_loss": critic_loss,
            "discriminator_gradient_norm": norm,
            "real_probability": probabilities[0],
            "filled_probability": probabilities[1],
        }

    def generator_update(self, real: tf.Tensor, present: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates G by REINFORCE on its fillings of the gaps of real sentences (B, T)."""
        own, fold = self.config.own, tf.random.experimental.stateless_fold_in
        # Consecutive rows fill the same sentence, so that all are in the same half of the batch.
        real, present = (tf.repeat(each, own.fillings, axis=0) for each in (real, present))
        rows, judge = real.shape[0], self.discriminator
        factors = self.model.dropout_factors(rows, fold(seed, 1))
        policy = self.policy(real, present, factors=factors)
        filled = infill(policy, real, present, fold(seed, 2))
        masked = self.masked(filled, present)
        logits = judge(filled, policy.show(real), judge.dropout_factors(rows, fold(seed, 3)))
        returns = maskgan.fill_returns(logits, masked, own.gamma)
        values = self.baseline_values(filled, returns, masked)
        weights = maskgan.advantages(returns, values, masked, own.advantage_clip)
        weights /= own.fillings  # the mean over a sentence's fillings
        with tf.GradientTape() as tape:
            # The same dropout masks as in sampling.
            policy = self.policy(real, present, factors=factors)
            loss = losses.policy_gradient_loss(policy.sequence_logits(filled), filled, weights)
        scalars = self.update(tape, loss, self.optimizers["adversarial"])
        mean = losses.masked_mean(returns, masked)
        if own.baseline == "ewma":
            before = tf.convert_to_tensor(self.baseline.value)
            self.baseline.value.assign(moving_average(before, mean, own.baseline_decay))
        used = losses.masked_mean(tf.broadcast_to(values, tf.shape(returns)), masked)
        return {**scalars, "return_mean": mean, "baseline": used}

    def baseline_values(
        self, filled: tf.Tensor, returns: tf.Tensor, masked: tf.Tensor
    ) -> tf.Tensor:
        """Returns the baseline b, (B, T) or (), of filled sentences with returns R, (B, T) each."""
        if self.config.own.baseline == "critic":
            return self.discriminator.values(filled)
        if self.config.own.baseline == "half":
            return maskgan.half_batch_baseline(returns, masked)
        # Without a baseline the average stays 0.
        return tf.convert_to_tensor(self.baseline.value)

    def _descend(
        self, name: str, tape: tf.GradientTape, loss: tf.Tensor, variables: Sequence[keras.Variable]
    ) -> tf.Tensor:
        """Updates variables with the clipped gradient of a loss; returns its norm before that."""
        gradients, norm = clipped_gradients(tape, loss, variables, self.config.gradient_clip)
        self.optimizers[name].apply(gradients, variables)
        return norm
