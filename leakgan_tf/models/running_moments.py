"""Running mean and second moment of features, for TextGAN's covariances."""

from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.utils import distributed


@keras.saving.register_keras_serializable("leakgan_tf")
class RunningMoments(keras.Model):
    """E[f fᵀ] and E[f] over past batches, checkpointed and without gradient.

    They are initially the identity and 0, which count as one batch.

    Args:
      width: width of the features, F.
    """

    def __init__(self, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""

        def weight(name: str, shape: tuple[int, ...], initializer: str) -> keras.Variable:
            # All replicas compute the same value.
            return self.add_weight(
                shape, initializer, trainable=False, aggregation="only_first_replica", name=name
            )

        self.second = weight("second", (self.width, self.width), "identity")
        self.first = weight("first", (self.width,), "zeros")
        self.seen = weight("seen", (), "ones")
        self.built = True

    def with_batch(self, features: tf.Tensor, share: float) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns mean (F,) and covariance (F, F) including a batch, without storing them.

        Args:
          features: features (B, F); differentiable.
          share: weight of the batch in [0, 1]; 0 gives all batches equal weights.
        """
        first, second = self._blend(features, share)
        return first, second - first[:, tf.newaxis] * first

    def keep(self, features: tf.Tensor, share: float) -> None:
        """Updates the stored moments with a batch (B, F); `share` as in `with_batch`."""
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
