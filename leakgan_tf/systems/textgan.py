"""TextGAN: a generator that matches features of its discriminator, through soft-argmax samples.

Zhang, Gan and Carin 2016, "Generating text via adversarial training" (NIPS workshop), and Zhang et
al. 2017, "Adversarial feature matching for text generation", arXiv:1706.03850. A latent vector z
enters an LSTM at every step; each word is the argmax, so z is the only noise. In training a word is
softmax(L·logits), the next input of the LSTM and the input of D. D is a CNN whose features f give a
score and a reconstruction of z. G matches the features of its sentences to those of real ones: in
mean, in mean and covariance (2016), or by the maximum mean discrepancy (2017), which D maximizes.
G is pre-trained as the decoder of an auto-encoder, D on sentences against the same with two words
exchanged.

Neither paper was at hand (second hand), and the program, in Theano, was read by others. Sizes,
rates, weights of the losses and defaults are the program's. The paper's choices:
--textgan_reconstruction=square --textgan_mmd_root=False --textgan_smoothing=0
--textgan_rescale=False --textgan_code=False. 2016 also: --textgan_matching=covariance
--textgan_reconstruction_weight=0 --textgan_generator_steps=5.

Open, and this project's choice: the encoder is the part of D that reconstructs z; the schedule in
updates (16 epochs of 10,000 sentences in batches of 64; the program has batches of 256); padding is
never exchanged; z's reconstruction loss is a mean over the batch (the program divides by the batch
size twice); D maximizes no distance but MMD.

The likelihood is that of the softmax over words in an equal mixture of `likelihood_draws` z: an
upper bound of the NLL in expectation, loose where sentences depend strongly on z. Samples are
argmax words (`decoding`), so that temperature has no effect.

Scalars: `loss`, the distance that G minimizes (covariance: minus its minimum);
`discriminator_loss`; `reconstruction`, the loss of z; `real_score` and `generated_score`, mean
scores before the sigmoid; `peak`, the mean largest entry of a soft word, 1 where soft-argmax is
hard; `gradient_norm` and `discriminator_gradient_norm`, before clipping. In the auto-encoder's
epochs `loss` is in nats per token.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config
from leakgan_tf.config.fields import setting
from leakgan_tf.config.own import Presets, unique_class
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.generation import relaxed
from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LatentPolicy, LikeliestPolicy, LSTMPolicy
from leakgan_tf.models.latent_generator import LatentCell, LatentGenerator
from leakgan_tf.models.matching_discriminator import MatchingDiscriminator
from leakgan_tf.models.optimizers import adam, clipped_gradients, dense_gradients
from leakgan_tf.models.running_moments import RunningMoments
from leakgan_tf.objectives import losses
from leakgan_tf.objectives.matching import (
    gaussian_term,
    mean_distance,
    mmd,
    reconstruction_loss,
    smoothed_loss,
)
from leakgan_tf.systems.base import Discriminating, Phase, Scalars
from leakgan_tf.systems.iterations import drawn, iteration_phases
from leakgan_tf.systems.mle import MLE, UNTUNED, MLEConfig
from leakgan_tf.tasks.base import Task
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

_QUICK = {
    "embedding": 32, "hidden": 64, "noise_size": 64, "filters": (32,) * 3, "head": 32,
    "mmd_width": 6.5, "generator_learning_rate": 1e-3, "discriminator_learning_rate": 1e-3,
    "steps": 300, "phase_steps": 10,
}  # fmt: skip
_SMOKE = {
    "embedding": 4, "hidden": 4, "noise_size": 3, "filters": (4,) * 3, "head": 4, "mmd_width": 2.3,
    "epochs": 2, "permutation_epochs": 1, "steps": 4, "phase_steps": 2, "likelihood_draws": 2,
}  # fmt: skip


@unique_class
@dataclass(frozen=True)
class TextGANConfig(MLEConfig):
    """Settings of TextGAN."""

    sets_frontier: ClassVar[bool] = False
    # The small presets are this project's choice; σ scales with √F, F the number of features.
    presets: ClassVar[Presets] = {
        "quick": {**_QUICK, "epochs": 40},
        "smoke": _SMOKE,
        "quick-text": {**_QUICK, "epochs": 10},
        "smoke-text": {**_SMOKE, "epochs": 1, "steps": 2, "phase_steps": 1},
        "quick-cfg": {**_QUICK, "epochs": 20, "phase_steps": 25},
        # Pre-training is an auto-encoder, to which MLE's tuning does not apply: as quick.
        "tuned": {**_QUICK, "epochs": 40, **UNTUNED},
    }

    embedding: int = setting(300, "Width of the token embeddings of G and D (its program).")
    hidden: int = setting(500, "State width of G's LSTM (its program).")
    noise_size: int = setting(900, "Width of z (its program).")
    noise: str = setting(
        "uniform",
        "Prior of z: 'uniform', U(-1, 1) (its program); 'normal', N(0, 1) (its later program).",
        choices=("uniform", "normal"),
    )
    code: bool = setting(True, "Whether z's first component is binary, 0 or 1 (its program).")
    windows: tuple[int, ...] = setting((3, 4, 5), "Window sizes of D (its program), in tokens.")
    filters: tuple[int, ...] = setting((300,) * 3, "Filters of each window size (its program).")
    head: int = setting(200, "Width of D's layer before the score (its program).")
    sharpness: float = setting(1000.0, "Inverse temperature L of soft-argmax (its program).")
    matching: str = setting(
        "mmd",
        "Distance of real and generated features that G minimizes: 'mean'; "
        "'covariance', a symmetrized divergence of Gaussians (2016); 'mmd', the maximum mean "
        "discrepancy (2017).",
        choices=("mean", "covariance", "mmd"),
    )
    mmd_width: float = setting(20.0, "Width σ of MMD's kernel (its program).")
    mmd_root: bool = setting(
        True, "Whether the loss is MMD, not MMD² (its program; the paper: MMD²)."
    )
    ridge: float = setting(0.1, "Value added to the diagonal of covariances (its program).")
    moment_share: float = setting(
        0.0,
        "Weight of the last batch in the running moments of 'covariance'; 0: all batches have "
        "equal weight (its program).",
        zero=True,
        most=1.0,
    )
    matching_weight: float = setting(
        1e-3, "Weight λ_m of -MMD in D's loss: D maximizes MMD (its program).", zero=True
    )
    reconstruction: str = setting(
        "cross_entropy",
        "Reconstruction loss of z: 'square' (the paper) or 'cross_entropy' (its program).",
        choices=("square", "cross_entropy"),
    )
    reconstruction_weight: float = setting(
        1e-3, "Weight λ_r of z's reconstruction loss in D's loss (its program).", zero=True
    )
    smoothing: float = setting(
        0.01, "Label smoothing ε in D's loss (its program).", zero=True, most=0.49
    )
    rescale: bool = setting(
        True, "Whether small gradients are also scaled to gradient_clip (its program)."
    )
    decoding: str = setting(
        "likeliest",
        "Decoding: 'likeliest', the argmax, so that z is the only noise (the paper); 'drawn', "
        "words sampled from the softmax.",
        choices=("likeliest", "drawn"),
    )
    likelihood_draws: int = setting(16, "Number of latent vectors in the likelihood's mean, K.")
    epochs: int = setting(20, "Epochs of pre-training as an auto-encoder (open).", zero=True)
    learning_rate: float = setting(0.005, "Learning rate of the auto-encoder (open).")
    permutation_epochs: int = setting(
        1,
        "Epochs of D's pre-training against sentences with two words exchanged (open).",
        zero=True,
    )
    generator_learning_rate: float = setting(5e-5, "Learning rate of G against D (its program).")
    discriminator_learning_rate: float = setting(1e-4, "Learning rate of D (its program).")
    generator_steps: int = setting(1, "Updates of G before each of D (its program; 2016: 5).")
    steps: int = setting(2500, "Updates of D against G.", zero=True)
    phase_steps: int = setting(20, "Updates of D in a phase of the schedule.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refuse("generator_dropout", "width", "patience")
        if len(self.windows) != len(self.filters) or not self.windows:
            raise UserError(
                "textgan_windows and textgan_filters must have the same length "
                f"(got {len(self.windows)} and {len(self.filters)})"
            )
        if min(*self.windows, *self.filters) < 1 or len(set(self.windows)) != len(self.windows):
            raise UserError("textgan_windows and textgan_filters must be positive, no window twice")
        if self.noise == "normal" and self.reconstruction == "cross_entropy":
            raise UserError(
                "textgan_reconstruction=cross_entropy needs z in [-1, 1]: give "
                "textgan_noise=uniform, or textgan_reconstruction=square"
            )

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if a window is longer than the sequence."""
        if max(self.windows) > shared.length:
            raise UserError(
                f"textgan_windows: window {max(self.windows)} is longer than the sequence "
                f"({shared.length} tokens)"
            )


class TextGAN(MLE, Discriminating):
    """A generator of sentences from z, trained to match features of its discriminator."""

    config: Config[TextGANConfig]
    discriminator_phases = ("pretrain/permutation", "adversarial/generator")

    def log_odds(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's log-odds (n,) that sentences (n, T) are real."""
        return self.discriminator(tokens)

    def __init__(
        self, config: Config[TextGANConfig], task: Task | None = None, training: bool = True
    ):
        super().__init__(config, task, training)
        own = config.own
        seed = tf.constant(derive(config.seed, "textgan", "likelihood"), tf.int32)
        kind = LikeliestPolicy if own.decoding == "likeliest" else LSTMPolicy
        self.generator = Generator(
            lambda: LatentPolicy(self.model, own.likelihood_draws, seed, self.begin, kind),
            config.length,
            config.sampling_batch,
        )

    def build_models(self) -> None:
        """Builds the networks with their initial weights, the same for both embeddings."""
        config, own = self.config, self.config.own
        seed = derive_int(config.seed, "textgan")
        shapes = config.vocab_size, config.length, own.embedding
        self.model = LatentGenerator(
            *shapes, own.hidden, own.noise_size, ends=config.ends, seed=seed
        )
        self.discriminator = MatchingDiscriminator(
            *shapes, own.windows, own.filters, own.head, own.noise_size, seed=seed
        )
        self.models |= {"generator": self.model, "discriminator": self.discriminator}
        if own.matching == "covariance":
            self.moments = [RunningMoments(self.discriminator.feature_size) for _ in range(2)]
            self.models |= {"real_moments": self.moments[0], "moments": self.moments[1]}
        for model in self.models.values():
            model.build()

    def build_optimizers(self) -> None:
        """Builds the optimizers of `models`."""
        own, generator = self.config.own, self.model.trainable_variables
        coder = [*generator, *self.discriminator.encoder_variables]
        for name, variables, rate in (
            ("autoencoder", coder, own.learning_rate),
            ("adversarial", generator, own.generator_learning_rate),
            (
                "discriminator",
                self.discriminator.trainable_variables,
                own.discriminator_learning_rate,
            ),
        ):
            self.optimizers[name] = adam(rate, self.config.adam_epsilon, variables, name)

    # --- The schedule -----------------------------------------------------------------------------

    def phases(self) -> Iterator[Phase]:
        """Yields epochs of the auto-encoder, D's pre-training, then adversarial phases."""
        own, every = self.config.own, self.config.evaluate_every
        for epoch in range(1, own.epochs + 1):
            evaluate = epoch % every == 0 or epoch == own.epochs
            yield Phase("pretrain/autoencoder", self.step, self.learned, evaluate=evaluate)
        for _ in range(own.permutation_epochs):
            yield Phase("pretrain/permutation", self.permutation_step, self.permuted)
        yield from iteration_phases(
            "adversarial/generator", self.adversarial_step, self.real, own.steps, own.phase_steps,
            every,
        )  # fmt: skip

    def permuted(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns training sentences, and the same with two words exchanged, (n, T) each.

        Raises:
          UserError: fewer than a batch of sentences have two different words.
        """
        padding = 0 if self.config.task == "text" else None
        pair = exchanged(self.task.train, padding, numpy_generator(seed, "exchanged"))
        if len(pair[0]) < self.config.batch_size:
            raise UserError(
                f"textgan_permutation_epochs: {len(pair[0])} training sentences have two different "
                f"words, fewer than batch_size {self.config.batch_size}: give "
                "textgan_permutation_epochs=0"
            )
        return pair

    def real(self, steps: int, seed: int) -> tuple[np.ndarray]:
        """Returns the real sentences of ``steps`` iterations, (steps·B, generator_steps, T)."""
        rows = steps * self.config.batch_size
        return drawn(self.task.train, rows, self.config.own.generator_steps, seed)

    # --- Noise and samples ------------------------------------------------------------------------

    def prior(self, rows: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns latent vectors z (rows, Z), drawn with a stateless seed (2,)."""
        own, fold = self.config.own, tf.random.experimental.stateless_fold_in
        shape = [rows, own.noise_size]
        if own.noise == "normal":
            z = tf.random.stateless_normal(shape, fold(seed, 0))
        else:
            z = tf.random.stateless_uniform(shape, fold(seed, 0), -1.0, 1.0)
        if not own.code:
            return z
        code = tf.random.stateless_uniform([rows, 1], fold(seed, 1), 0, 2, tf.int32)
        return tf.concat([tf.cast(code, tf.float32), z[:, 1:]], axis=1)

    def begin(self, rows: int, seed: tf.Tensor) -> LatentCell:
        """Returns initial states of the cell, each with a latent vector drawn from the prior."""
        return self.model.begin(self.prior(rows, seed))

    def soft_samples(
        self, noise: tf.Tensor, keep: Callable[[tf.Tensor], tf.Tensor] = tf.identity
    ) -> tf.Tensor:
        """Returns ``keep(soft words)`` of sentences from latent vectors (B, Z): (B, T, ·)."""
        policy = relaxed.SoftPolicy(self.model, self.model.begin(noise))
        relax = relaxed.gumbel_softmax(self.config.own.sharpness)
        return relaxed.sample(policy, noise.shape[0], relax, relaxed.no_noise, "soft", keep).soft

    # --- Updates ----------------------------------------------------------------------------------

    def logits(self, tokens: tf.Tensor, seed: tf.Tensor, dropout: float = 0.0) -> tf.Tensor:
        """Returns the auto-encoder's logits (B, T, V) of sentences (B, T)."""
        code = self.discriminator.noise(self.discriminator.features(tokens))
        return self.model.logits(tokens, self.model.begin(self._bounded(code)))

    def step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates the auto-encoder (D's encoder and G) once on sentences (B, T)."""
        with tf.GradientTape() as tape:
            log_prob = losses.token_log_prob(self.logits(tokens, seed), tokens)
            loss = losses.likelihood_loss(log_prob, self.loss_mask(tokens))
        variables = [*self.model.trainable_variables, *self.discriminator.encoder_variables]
        return {"loss": loss, "gradient_norm": self.apply("autoencoder", tape, loss, variables)}

    def permutation_step(self, real: tf.Tensor, false: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Updates D once on real sentences against false ones, (B, T) each."""
        with tf.GradientTape() as tape:
            scores = self.discriminator(real), self.discriminator(false)
            loss = self._judged(*scores)
        return self._discriminator_scalars(tape, loss, scores)

    def adversarial_step(self, real: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """Runs one iteration on real ones (B, updates, T): G's updates, then D's on the last z."""
        fold = tf.random.experimental.stateless_fold_in
        rows = distributed.local_batch_size(self.config.batch_size)
        for number in range(self.config.own.generator_steps):
            noise = self.prior(rows, fold(seed, number))
            scalars = self.generator_update(real[:, number], noise)
        return scalars | self.discriminator_update(real[:, -1], noise)

    def generator_update(self, real: tf.Tensor, noise: tf.Tensor) -> Scalars:
        """Updates G to match the features of real sentences (B, T), from latent vectors (B, Z)."""
        model, own = self.discriminator, self.config.own
        features = model.features(real)
        with tf.GradientTape() as tape:
            # Embeds in the sampling loop: all soft tokens (B, T, V) would take much memory.
            mine = model.pool(self.soft_samples(noise, keep=model.embed))
            loss = self.distance(features, mine)
        norm = self.apply("adversarial", tape, loss, self.model.trainable_variables)
        if own.matching == "covariance":
            for moments, each in zip(self.moments, (features, mine), strict=True):
                moments.keep(each, own.moment_share)
        return {"loss": loss, "gradient_norm": norm}

    def distance(self, real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
        """Returns the distance (), which G minimizes, of real and generated features (B, F)."""
        own = self.config.own
        if own.matching == "covariance":
            ridge = own.ridge * tf.eye(self.discriminator.feature_size)
            terms: list[tf.Tensor] = []
            for moments, each in zip(self.moments, (real, generated), strict=True):
                mean, covariance = moments.with_batch(each, own.moment_share)
                terms += [mean, covariance + ridge]
            return gaussian_term(*terms) - 2.0 * self.discriminator.feature_size
        real, generated = distributed.gather(real), distributed.gather(generated)
        if own.matching == "mean":
            return mean_distance(real, generated)
        return mmd(real, generated, own.mmd_width, own.mmd_root)

    def discriminator_update(self, real: tf.Tensor, noise: tf.Tensor) -> Scalars:
        """Updates D on real sentences (B, T) and soft samples from latent vectors (B, Z)."""
        model, own = self.discriminator, self.config.own
        soft = self.soft_samples(noise)  # (B, T, V)
        with tf.GradientTape() as tape:
            features = model.features(real), model.features(soft)
            scores = model.scores(features[0]), model.scores(features[1])
            found = reconstruction_loss(
                own.reconstruction, noise, model.noise(features[1]), own.noise != "normal"
            )
            told = distributed.all_reduce_mean(tf.reduce_mean(found))
            loss = self._judged(*scores) + own.reconstruction_weight * told
            if own.matching == "mmd":
                loss -= own.matching_weight * self.distance(*features)
        scalars = self._discriminator_scalars(tape, loss, scores)
        peak = tf.reduce_mean(tf.reduce_max(soft, axis=-1))
        return scalars | {"reconstruction": told, "peak": peak}

    def apply(
        self, name: str, tape: tf.GradientTape, loss: tf.Tensor, variables: Sequence[keras.Variable]
    ) -> tf.Tensor:
        """Updates variables with a named optimizer; returns the gradient's norm before clipping."""
        clip = self.config.gradient_clip
        if self.config.own.rescale:
            gradients = dense_gradients(tape, loss, variables)
            norm = tf.linalg.global_norm(gradients)
            factor = tf.math.divide_no_nan(clip, norm)
            gradients = [factor * gradient for gradient in gradients]
        else:
            gradients, norm = clipped_gradients(tape, loss, variables, clip)
        self.optimizers[name].apply(gradients, variables)
        return norm

    def _bounded(self, code: tf.Tensor) -> tf.Tensor:
        return code if self.config.own.noise == "normal" else tf.tanh(code)

    def _judged(self, real: tf.Tensor, false: tf.Tensor) -> tf.Tensor:
        loss = smoothed_loss(real, false, self.config.own.smoothing)
        return distributed.all_reduce_mean(tf.reduce_mean(loss))

    def _discriminator_scalars(
        self, tape: tf.GradientTape, loss: tf.Tensor, scores: tuple[tf.Tensor, tf.Tensor]
    ) -> Scalars:
        """Updates D with the gradient of its loss; returns its scalars."""
        variables = self.discriminator.trainable_variables
        return {
            "discriminator_loss": loss,
            "discriminator_gradient_norm": self.apply("discriminator", tape, loss, variables),
            "real_score": tf.reduce_mean(scores[0]),
            "generated_score": tf.reduce_mean(scores[1]),
        }


def exchanged(
    sentences: np.ndarray, padding: int | None, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns sentences (n, T), and the same with a uniformly drawn pair of words exchanged.

    The two words differ. Sentences without two different words are left out of both arrays.

    Args:
      sentences: ids (N, T).
      padding: the padding id, which is never exchanged; None without padding.
      random: random generator of the pairs.
    """
    words = np.ones(sentences.shape, bool) if padding is None else sentences != padding
    differs = (sentences[:, :, None] != sentences[:, None]) & words[:, :, None] & words[:, None]
    kept = differs.any(axis=(1, 2))
    sentences, differs = sentences[kept], differs[kept]

    def pick(weights: np.ndarray) -> np.ndarray:
        """Returns a random column of each row (n,), by integer weights (n, T)."""
        below = weights.cumsum(axis=1)
        at = random.integers(0, below[:, -1])
        return (below <= at[:, None]).sum(axis=1)

    rows = np.arange(len(sentences))
    first = pick(differs.sum(axis=2))
    second = pick(differs[rows, first])
    swapped = sentences.copy()
    swapped[rows, first], swapped[rows, second] = sentences[rows, second], sentences[rows, first]
    return sentences, swapped
