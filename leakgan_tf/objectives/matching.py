"""TextGAN's losses: distances between features of real and generated sentences, and others.

From Zhang et al. 2016 (NIPS workshop) and 2017, arXiv:1706.03850, and the program of the latter,
all read second hand. All are minimized. Features are those of a whole batch, (n, F).
"""

import tensorflow as tf

_LEAST = 1e-12  # under the square root, where the slope would be infinite


def mean_distance(real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Returns ‖μ_s - μ_r‖²: ½(`gaussian_term` - 2·F) with identities as covariances."""
    difference = tf.reduce_mean(generated, axis=0) - tf.reduce_mean(real, axis=0)
    return tf.reduce_sum(tf.square(difference))


def gaussian_term(
    real_mean: tf.Tensor, real_covariance: tf.Tensor, mean: tf.Tensor, covariance: tf.Tensor
) -> tf.Tensor:
    """Returns tr(Σ_s⁻¹Σ_r + Σ_r⁻¹Σ_s) + (μ_s - μ_r)ᵀ(Σ_s⁻¹ + Σ_r⁻¹)(μ_s - μ_r), at least 2·F.

    Args:
      real_mean: μ_r, (F,).
      real_covariance: Σ_r, (F, F), positive definite.
      mean: μ_s, (F,), of generated sentences.
      covariance: Σ_s, (F, F), positive definite.
    """
    difference = (mean - real_mean)[:, tf.newaxis]
    term = 0.0
    for one, other in ((covariance, real_covariance), (real_covariance, covariance)):
        right = tf.concat([other, difference], axis=1)
        solved = tf.linalg.cholesky_solve(tf.linalg.cholesky(one), right)  # Σ⁻¹ of both
        term += tf.linalg.trace(solved[:, :-1]) + tf.reduce_sum(difference * solved[:, -1:])
    return term


def squared_mmd(real: tf.Tensor, generated: tf.Tensor, width: float) -> tf.Tensor:
    """Returns MMD² = mean k(r, r′) + mean k(s, s′) - 2 mean k(r, s), biased, at least 0.

    k is exp(-d²/(2σ²)). The code averages k - 1, whose constant cancels, to avoid loss of precision
    for nearly equal features.

    Args:
      real: features of real sentences, (n, F).
      generated: features of generated sentences, (m, F).
      width: σ, the width of the kernel.
    """
    centre = tf.stop_gradient(tf.reduce_mean(real, axis=0))
    real, generated = real - centre, generated - centre

    def mean_kernel(one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        norms = tf.reduce_sum(one**2, 1)[:, tf.newaxis] + tf.reduce_sum(other**2, 1)
        squares = tf.maximum(norms - 2.0 * tf.matmul(one, other, transpose_b=True), 0.0)
        return tf.reduce_mean(tf.math.expm1(squares / (-2.0 * width**2)))

    mixed = mean_kernel(real, generated)
    return tf.maximum(mean_kernel(real, real) + mean_kernel(generated, generated) - 2 * mixed, 0.0)


def mmd(real: tf.Tensor, generated: tf.Tensor, width: float, root: bool) -> tf.Tensor:
    """Returns MMD² (the paper), or its square root (the program); arguments as `squared_mmd`."""
    square = squared_mmd(real, generated, width)
    return tf.sqrt(tf.maximum(square, _LEAST)) if root else square


def smoothed_loss(real: tf.Tensor, generated: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Returns -log p(s⁺) - log(1 - p(s⁻)), (n,), with p = (1 - 2ε)·σ(C) + ε.

    Args:
      real: scores C of real sentences, (n,).
      generated: scores of generated sentences, (n,).
      smoothing: ε; 0.01 in the program, 0 in the paper.
    """
    if not smoothing:
        return tf.nn.softplus(-real) + tf.nn.softplus(generated)
    share = 1.0 - 2.0 * smoothing
    return -tf.math.log(share * tf.sigmoid(real) + smoothing) - tf.math.log(
        share * tf.sigmoid(-generated) + smoothing
    )


def reconstruction_loss(kind: str, noise: tf.Tensor, found: tf.Tensor, bounded: bool) -> tf.Tensor:
    """Returns the loss of reconstructing z from the features of each sentence, (n,).

    Args:
      kind: "square", ‖z - ẑ‖² (the paper); "cross_entropy", of (z + 1)/2 and (ẑ + 1)/2, summed
        over z's components (the program): z must be in [-1, 1].
      noise: z, (n, Z).
      found: D's output u from the features, (n, Z).
      bounded: whether ẑ is tanh u instead of u, for "square".
    """
    if kind == "cross_entropy":
        # (tanh u + 1)/2 = σ(2u)
        costs = tf.nn.sigmoid_cross_entropy_with_logits((noise + 1.0) / 2.0, 2.0 * found)
    else:
        costs = tf.square(noise - (tf.tanh(found) if bounded else found))
    return tf.reduce_sum(costs, axis=1)
