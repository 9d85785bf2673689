"""Means and second moments of features over training: what TextGAN's covariances are made of."""

from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.utils import distributed


@keras.saving.register_keras_serializable("leakgan_tf")
class RunningMoments(keras.Model):
    """E[f fᵀ] and E[f] over the batches seen; no gradient moves them, and a checkpoint has them.

    They begin as the identity and 0, counted as one batch.

    Args:
      width: of the features, F.
    """

    def __init__(self, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""

        def weight(name: str, shape: tuple[int, ...], initializer: str) -> keras.Variable:
            # Replicas that share a batch agree on it.
            return self.add_weight(
                shape, initializer, trainable=False, aggregation="only_first_replica", name=name
            )

        self.second = weight("second", (self.width, self.width), "identity")
        self.first = weight("first", (self.width,), "zeros")
        self.seen = weight("seen", (), "ones")
        self.built = True

    def with_batch(self, features: tf.Tensor, share: float) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns mean (F,) and covariance (F, F) with a batch (B, F) in them; it is not kept yet.

        Args:
          features: through which a gradient passes.
          share: the batch's weight; 0: that of one among all seen.
        """
        first, second = self._blend(features, share)
        return first, second - first[:, tf.newaxis] * first

    def keep(self, features: tf.Tensor, share: float) -> None:
        """Keeps a batch (B, F) for good."""
        first, second = self._blend(features, share)
        self.first.assign(first)
        self.second.assign(second)
        self.seen.assign_add(1.0)

    def _blend(self, features: tf.Tensor, share: float) -> tuple[tf.Tensor, tf.Tensor]:
        whole = distributed.gather(features)
        rows = tf.cast(tf.shape(whole)[0], tf.float32)
        part = share or 1.0 / (self.seen + 1.0)
        first = (1.0 - part) * self.first + part * tf.reduce_mean(whole, axis=0)
        product = tf.matmul(whole, whole, transpose_a=True) / rows
        return first, (1.0 - part) * self.second + part * product
