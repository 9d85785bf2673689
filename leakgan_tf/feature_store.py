"""Leaked features of known sentences, computed once for as long as D stays as it is."""

import numpy as np
import tensorflow as tf

from leakgan_tf.models.discriminator import Discriminator
from leakgan_tf.models.prefix_features import PrefixFeatures


class FeatureStore:
    """Keeps the features of one set of sentences in memory, as float32.

    Args:
      discriminator: whose features.
      batch_size: sentences that are computed together.
    """

    def __init__(self, discriminator: Discriminator, batch_size: int):
        self._batch_size = batch_size
        self._key: tuple[int, int] | None = None
        self._features = np.zeros([0], np.float32)
        self._compute = tf.function(
            lambda tokens: PrefixFeatures(discriminator).all(tokens),
            input_signature=[tf.TensorSpec([batch_size, discriminator.length], tf.int32)],
            autograph=False,
        )

    def get(self, tokens: np.ndarray, version: int) -> np.ndarray:
        """Returns the features (n, T+1, F) of the prefixes of sentences (n, T).

        Args:
          tokens: ids; the same array as long as the version is the same.
          version: a number that changes when D does, its updates say.
        """
        if self._key != (id(tokens), version):
            self._fill(tokens)
            self._key = (id(tokens), version)
        return self._features

    def _fill(self, tokens: np.ndarray) -> None:
        rows, size = len(tokens), self._batch_size
        for begin in range(0, rows, size):
            batch = tokens[begin : begin + size]
            padded = np.pad(batch, [[0, size - len(batch)], [0, 0]], mode="edge")
            made = self._compute(tf.constant(padded, tf.int32)).numpy()[: len(batch)]
            if len(self._features) != rows:
                self._features = np.empty([rows, *made.shape[1:]], np.float32)
            self._features[begin : begin + len(batch)] = made


def feature_mebibytes(rows: int, length: int, feature_size: int) -> float:
    """Returns the memory in MiB that the features of `rows` sentences of T tokens take."""
    return rows * (length + 1) * feature_size * 4 / 2**20
