"""Losses of D and of a generator with gradients through D, without REINFORCE.

From RelGAN, Nie et al. 2019 (ICLR), and its authors' program. All are minimized. C(s⁺) and C(s⁻)
are scores of real and generated sentences, (n,), before any sigmoid. Functions return (D, G).
"""

from collections.abc import Callable

import tensorflow as tf

from leakgan_tf.utils import distributed

Pair = tuple[tf.Tensor, tf.Tensor]  # losses of D and of G, (n,) each


def _standard_d(real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    return tf.nn.softplus(-real) + tf.nn.softplus(generated)


def standard(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """D: -log σ(C(s⁺)) - log(1 - σ(C(s⁻))); G: -log σ(C(s⁻)), non-saturating."""
    return _standard_d(real, generated), tf.nn.softplus(-generated)


def jensen_shannon(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """D as in `standard`; G: log(1 - σ(C(s⁻))), saturating."""
    return _standard_d(real, generated), -tf.nn.softplus(generated)


def reverse_kl(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """D as in `standard`; G: -C(s⁻)."""
    return _standard_d(real, generated), -generated


def hinge(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """D: max(0, 1 - C(s⁺)) + max(0, 1 + C(s⁻)); G: -C(s⁻)."""
    return tf.nn.relu(1.0 - real) + tf.nn.relu(1.0 + generated), -generated


def total_variation(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """D: tanh C(s⁻) - tanh C(s⁺); G: -tanh C(s⁻)."""
    return tf.tanh(generated) - tf.tanh(real), -tf.tanh(generated)


def least_squares(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """D: (C(s⁺) - 1)² + C(s⁻)²; G: (C(s⁻) - 1)²."""
    return tf.square(real - 1.0) + tf.square(generated), tf.square(generated - 1.0)


def relativistic(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """RSGAN. D: -log σ(C(s⁺) - C(s⁻)); G: -log σ(C(s⁻) - C(s⁺)), paired row by row."""
    return tf.nn.softplus(generated - real), tf.nn.softplus(real - generated)


def wasserstein(real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """D: C(s⁻) - C(s⁺), to which `gradient_penalty` is added; G: -C(s⁻)."""
    return generated - real, -generated


LOSSES: dict[str, Callable[[tf.Tensor, tf.Tensor], Pair]] = {
    "rsgan": relativistic,
    "standard": standard,
    "js": jensen_shannon,
    "kl": reverse_kl,
    "hinge": hinge,
    "tv": total_variation,
    "lsgan": least_squares,
    "wgan_gp": wasserstein,
}


def adversarial_losses(name: str, real: tf.Tensor, generated: tf.Tensor) -> Pair:
    """Returns the losses of D and of G, scalar means over all scores.

    Args:
      name: one of `LOSSES`.
      real: scores of real sentences, (n,).
      generated: scores of generated sentences, (n,); "rsgan" pairs them with the real ones.
    """
    d_loss, g_loss = LOSSES[name](real, generated)
    return (
        distributed.all_reduce_mean(tf.reduce_mean(d_loss)),
        distributed.all_reduce_mean(tf.reduce_mean(g_loss)),
    )


def gradient_penalty(
    score: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, generated: tf.Tensor, share: tf.Tensor
) -> tf.Tensor:
    """Returns the WGAN-GP penalty, the mean over sentences of (‖∇ ΣC(mixed)‖ - 1)².

    The norm is over all entries of a sentence.

    Args:
      score: maps soft sentences (B, T, V) to scores; the scores of a sentence are summed.
      real: one-hot sentences (B, T, V).
      generated: soft sentences (B, T, V).
      share: share of the real sentence in each mixture, (B, 1, 1).
    """
    mixed = share * real + (1.0 - share) * generated
    with tf.GradientTape() as tape:
        tape.watch(mixed)
        total = tf.reduce_sum(score(mixed))
    squares = tf.reduce_sum(tf.square(tape.gradient(total, mixed)), axis=[1, 2])  # (B,)
    return distributed.all_reduce_mean(tf.reduce_mean(tf.square(tf.sqrt(squares) - 1.0)))
