"""ScratchGAN: training language GANs from scratch.

de Masson d'Autume et al. 2019 (NeurIPS), arXiv:1905.09922. There is no pre-training and there are
no rollouts. D is recurrent and scores every token, given those before it
(`models.token_discriminator`); a token's reward is r = 2D - 1, its return the discounted sum of the
following rewards (`scratch.discounted_returns`), minus a moving average of earlier batches' returns
(`scratch.moving_average`). Batches are large.

Sizes, rates and the order of updates are those of the authors' program
(github.com/google-deepmind/deepmind-research, scratchgan): an iteration is one update of D, then
one of G, each with samples of its own; Adam has β₁ 0.5, and no gradient is clipped. D's dropout is
active in both updates. G and D have an embedding each.

Differences from the program: all 364 columns of the embeddings are initialized from N(0, 0.3836²),
in the program only 64; its other 300 are GloVe's vectors, also trained, which matters by the
paper's ablation. Real sentences are drawn with replacement. An update uses the baseline before it;
in the program the order is undefined.

The paper's ablation is in the fields `batch` (64 without large batches), `dropout`, `l2` and
`layer_norm` (D's regularization; that the third belongs to it is from memory) and `baseline`.
`generator=lstm`, as in the small presets, is the generator of `mle`.

The paper's text was not at hand, only its program. Open: when to stop; the paper chooses by a
distance of embeddings, here `select` chooses the best weights. On text `padding=masked` is the
program's: sentences end, and padding is neither rewarded nor trained.

D is evaluated (`systems.base.Discriminating`) by its logit f at a sentence's last token (the end
symbol, if any), the only one that has read the whole sentence. D's loss is the cross-entropy of
every prefix, so this logit estimates log p_real(x) / p_generated(x). The scores of earlier tokens,
which are rewards too, are not evaluated.

Scalars: `loss`, -mean (R - b)·log p, which has no meaning by itself; `return_mean`, mean R;
`baseline`, b after the update; `gradient_norm` and `discriminator_gradient_norm`;
`discriminator_loss`, in nats per token with the L2 penalty, log 2 where D is at chance;
`real_probability` and `generated_probability`, means of D over tokens, 1/2 where D is at chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.generation import sampling
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.moving_average import MovingAverage
from leakgan_tf.models.optimizers import FusedAdam, dense_gradients
from leakgan_tf.models.stacked_generator import StackedGenerator
from leakgan_tf.models.token_discriminator import TokenDiscriminator
from leakgan_tf.objectives import losses, scratch
from leakgan_tf.systems.base import Discriminating, Phase, Scalars
from leakgan_tf.systems.iterations import drawn, iteration_phases
from leakgan_tf.systems.mle import MLE, MLEConfig
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive_int

BETA_1 = 0.5  # of Adam, as in the authors' program


@unique_class
@dataclass(frozen=True)
class ScratchGANConfig(MLEConfig):
    """Settings of ScratchGAN."""

    sets_frontier: ClassVar[bool] = False
    # The small presets are this project's choice.
    presets: ClassVar[Presets] = {
        "short": {"generator": "lstm", "embedding": 32, "hidden": 32, "batch": 128, "steps": 5000},
        "quick": {
            "epochs": 0, "learning_rate": 9.59e-5, "generator": "lstm", "embedding": 32,
            "hidden": 32, "batch": 128, "steps": 2000,
        },
        "paper-cfg": {"batch": 600},
        "quick-cfg": {
            "epochs": 0, "learning_rate": 9.59e-5, "generator": "lstm", "embedding": 32,
            "hidden": 32, "batch": 200, "steps": 2000,
        },
        "smoke": {
            "epochs": 0, "learning_rate": 9.59e-5, "generator": "lstm", "embedding": 8,
            "hidden": 8, "batch": 32, "steps": 20, "phase_steps": 5,
        },
        "quick-text": {
            "epochs": 0, "learning_rate": 9.59e-5, "generator": "lstm", "embedding": 64,
            "hidden": 64, "batch": 128, "steps": 2000,
        },
        "smoke-text": {
            "epochs": 0, "learning_rate": 9.59e-5, "generator": "lstm", "embedding": 8,
            "hidden": 8, "batch": 32, "steps": 4, "phase_steps": 2,
        },
        "quick-music": {
            "epochs": 0, "learning_rate": 9.59e-5, "generator": "lstm", "embedding": 32,
            "hidden": 32, "batch": 128, "steps": 2000,
        },
    }  # fmt: skip

    epochs: int = setting(0, "Epochs of maximum likelihood first (its paper: none).", zero=True)
    learning_rate: float = setting(9.59e-5, "Learning rate of the generator (its program).")
    discriminator_learning_rate: float = setting(9.38e-3, "Learning rate of D (its program).")
    generator: str = setting(
        "stacked",
        "The generator: 'stacked', its program's; 'lstm', that of `mle`.",
        choices=("stacked", "lstm"),
    )
    embedding: int = setting(364, "Width of the embeddings of D and of a stacked generator.")
    hidden: int = setting(512, "State width of D's LSTM and of each LSTM of a stacked generator.")
    layers: int = setting(2, "LSTMs of a stacked generator (its program).")
    batch: int = setting(
        512, "Real, and generated, sentences per update (its program); a multiple of batch_size."
    )
    gamma: float = setting(0.23, "Discount γ of the rewards (its program).", zero=True, most=1)
    baseline: bool = setting(True, "Whether a moving average is subtracted from the returns.")
    baseline_decay: float = setting(
        0.08, "Share of the old value in the moving average (its program).", zero=True, most=1
    )
    layer_norm: bool = setting(True, "Whether D's LSTM has layer normalization (its program).")
    dropout: float = setting(
        0.1, "Dropout rate of D's embeddings (its program).", zero=True, most=0.99
    )
    l2: float = setting(1e-6, "Weight of Σ w²/2 over all of D's weights (its program).", zero=True)
    steps: int = setting(200000, "Updates of the generator (its program).")
    phase_steps: int = setting(100, "Updates of the generator in a phase of the schedule.")

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` unless `batch` is a multiple of the batch size."""
        if self.batch % shared.batch_size:
            raise UserError(
                f"scratchgan_batch {self.batch} must be a multiple of batch_size "
                f"{shared.batch_size}"
            )


class ScratchGAN(MLE, Discriminating):
    """A generator trained by REINFORCE with D's score of every token, without pre-training."""

    config: Config[ScratchGANConfig]
    discriminator_phases = ("adversarial/generator",)

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's logit (n,) at the last token of sentences (n, T), before padding."""
        return self.discriminator.log_odds(tokens)

    def build_models(self) -> None:
        """Builds the networks with their initial weights."""
        config, own = self.config, self.config.own
        if own.generator == "lstm":
            super().build_models()
        else:
            self.model = StackedGenerator(
                config.vocab_size,
                config.length,
                own.embedding,
                own.hidden,
                own.layers,
                ends=config.ends,
                seed=derive_int(config.seed, "scratchgan", "generator"),
            )
            self.model.build()
            self.models["generator"] = self.model
        self.discriminator = TokenDiscriminator(
            config.vocab_size,
            config.length,
            own.embedding,
            own.hidden,
            layer_norm=own.layer_norm,
            dropout=own.dropout,
            ends=config.ends,
            seed=derive_int(config.seed, "scratchgan", "discriminator"),
        )
        self.baseline = MovingAverage(name="baseline")
        for name, model in (("discriminator", self.discriminator), ("baseline", self.baseline)):
            model.build()
            self.models[name] = model

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        own, epsilon = self.config.own, self.config.adam_epsilon
        rates = {
            "generator": own.learning_rate, "discriminator": own.discriminator_learning_rate
        }  # fmt: skip
        for name, rate in rates.items():
            optimizer = FusedAdam(rate, beta_1=BETA_1, epsilon=epsilon, name=name)
            optimizer.build(self.models[name].trainable_variables)
            self.optimizers[name] = optimizer

    def phases(self) -> Iterator[Phase]:
        """Yields MLE epochs, if any, then phases of several iterations each."""
        yield from super().phases()
        own, every = self.config.own, self.config.evaluate_every
        yield from iteration_phases(
            "adversarial/generator", self.adversarial_step, self.real, own.steps, own.phase_steps,
            every,
        )  # fmt: skip

    def real(self, steps: int, seed: int) -> tuple[np.ndarray]:
        """Returns real sentences of ``steps`` updates, (steps·batch_size, batch/batch_size, T)."""
        size = self.config.batch_size
        return drawn(self.task.train, steps * size, self.config.own.batch // size, seed)

    def adversarial_step(self, real: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Runs one iteration: an update of D on n·m real sentences (n, m, T), then one of G."""
        fold = tf.random.experimental.stateless_fold_in
        real = tf.reshape(real, [-1, self.config.length])  # (B, T)
        seeds = [fold(seed, number) for number in range(4)]
        scalars = self.discriminator_update(real, self.samples(seeds[0]), seeds[1])
        return scalars | self.generator_update(self.samples(seeds[2]), seeds[3])

    def samples(self, seed: tf.Tensor) -> tf.Tensor:
        """Returns generated sentences for one update, (B, T)."""
        rows = distributed.local_batch_size(self.config.own.batch)
        neutral = tf.ones([self.config.length])
        return sampling.generate(LSTMPolicy(self.model), rows, neutral, seed)

    def discriminator_update(
        self, real: tf.Tensor, generated: tf.Tensor, dropout_seed: tf.Tensor | None = None
    ) -> Scalars:
        """Updates D on real and generated sentences, (B, T) each.

        Args:
          real: real sentences.
          generated: fresh samples of G.
          dropout_seed: stateless seed (2,) of the dropout; None for no dropout.
        """
        model, variables = self.discriminator, self.discriminator.trainable_variables
        seeds: list[tf.Tensor | None] = [None, None]
        if dropout_seed is not None:
            fold = tf.random.experimental.stateless_fold_in
            seeds = [fold(dropout_seed, 0), fold(dropout_seed, 1)]
        with tf.GradientTape() as tape:
            # One forward pass of D for both, with separate dropout masks.
            embedded = [model.embed(real, seeds[0]), model.embed(generated, seeds[1])]
            both = model.scores(tf.concat([real, generated], 0), tf.concat(embedded, 0))
            logits = both[: real.shape[0]], both[real.shape[0] :]
            loss = scratch.token_discriminator_loss(*logits)
            if self.config.own.l2:
                loss += self.config.own.l2 * tf.add_n([tf.nn.l2_loss(each) for each in variables])
        gradients = dense_gradients(tape, loss, variables)
        self.optimizers["discriminator"].apply(gradients, variables)
        scores = [
            losses.masked_mean(tf.sigmoid(each), self.loss_mask(tokens))
            for each, tokens in zip(logits, (real, generated), strict=True)
        ]
        return {
            "discriminator_loss": loss,
            "discriminator_gradient_norm": tf.linalg.global_norm(gradients),
            "real_probability": scores[0],
            "generated_probability": scores[1],
        }

    def generator_update(
        self, samples: tf.Tensor, dropout_seed: tf.Tensor | None = None
    ) -> Scalars:
        """Updates G by REINFORCE on its samples (B, T), each token weighted with its return.

        Args:
          samples: fresh samples of G.
          dropout_seed: stateless seed (2,) of D's dropout; None for no dropout.
        """
        own = self.config.own
        rewards = scratch.token_rewards(self.discriminator(samples, dropout_seed))
        returns = scratch.discounted_returns(rewards, own.gamma)  # (B, T)
        before = tf.convert_to_tensor(self.baseline.value)
        after = scratch.moving_average(before, returns, own.baseline_decay)
        advantages = returns - before if own.baseline else returns
        rows = samples.shape[0] * distributed.count()
        with tf.GradientTape() as tape:
            logits = self.model(samples)
            weights = advantages / (rows * self.config.length)
            loss = losses.policy_gradient_loss(logits, samples, weights)
        variables = self.model.trainable_variables
        gradients = dense_gradients(tape, loss, variables)
        self.optimizers["generator"].apply(gradients, variables)
        self.baseline.value.assign(after)
        return {
            "loss": loss,
            "gradient_norm": tf.linalg.global_norm(gradients),
            "return_mean": tf.reduce_mean(returns),
            "baseline": after,
        }
