"""Cache of the leaked features of given sentences until D's weights change."""

import numpy as np
import tensorflow as tf

from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.prefix_features import PrefixFeatures


class FeatureStore:
    """Caches the features of one array of sentences in memory, as float32.

    Args:
      discriminator: the discriminator that leaks features.
      batch_size: sentences in a batch of the computation.
    """

    def __init__(self, discriminator: Discriminator, batch_size: int):
        self._batch_size = batch_size
        self._key: tuple[int, int] | None = None
        self._features = tf.zeros([0])
        self._compute = tf.function(
            lambda tokens: PrefixFeatures(discriminator).all(tokens),
            input_signature=[tf.TensorSpec([batch_size, discriminator.length], tf.int32)],
            autograph=False,
        )

    def get(self, tokens: np.ndarray, version: int) -> tf.Tensor:
        """Returns the features (n, T+1, F) of the prefixes of sentences (n, T), on the host.

        Args:
          tokens: ids; another array object is computed again.
          version: a number that changes with D's weights, such as its number of updates.
        """
        if self._key != (id(tokens), version):
            self._features = tf.zeros([0])  # frees the memory of the old features first
            self._features = self._made(tokens)
            self._key = (id(tokens), version)
        return self._features

    def _made(self, tokens: np.ndarray) -> tf.Tensor:
        rows, size = len(tokens), self._batch_size
        features = np.zeros([0], np.float32)
        for begin in range(0, rows, size):
            batch = tokens[begin : begin + size]
            padded = np.pad(batch, [[0, size - len(batch)], [0, 0]], mode="edge")
            made = self._compute(tf.constant(padded, tf.int32)).numpy()[: len(batch)]
            if len(features) != rows:
                features = np.empty([rows, *made.shape[1:]], np.float32)
            features[begin : begin + len(batch)] = made
        with tf.device("CPU:0"):
            return tf.convert_to_tensor(features)


def feature_mebibytes(rows: int, length: int, feature_size: int) -> float:
    """Returns the memory in MiB of the features of `rows` sentences of `length` tokens."""
    return rows * (length + 1) * feature_size * 4 / 2**20
