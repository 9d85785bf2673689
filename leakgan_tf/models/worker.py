"""LeakGAN's Worker, which predicts tokens given goals."""

from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.precision import product
from leakgan_tf.models.recurrence import CellState

_STDDEV = 0.1  # of all initial weights, as in LeakGAN's program


@keras.saving.register_keras_serializable("leakgan_tf")
class Worker(Configured):
    """An LSTM whose output matrix is multiplied with the goal embedding (LeakGAN, eqs. 4-6).

    The paper's ``O·w``, with ``O = reshape(hW + b, [V, K])`` and ``w = Ψ·goal``, is computed as
    ``vec(h ⊗ w)·W' + w·b'``, W' of shape (H·K, V) and b' of shape (K, V). The result is equal, in
    one matrix product with K times less memory. With a 1 appended to h, both terms are one product
    with `fused_output_kernel`.

    Args:
      vocab_size: number of token ids, V.
      feature_size: width of the goals, F.
      embedding_size: width of the token embedding, E.
      hidden_size: state width of the LSTM, H.
      goal_size: width of the goal embedding, K.
      normalise_goal: whether the goal embedding is scaled to unit length.
      precision: type of the output product, one of `precision.PRECISIONS`.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        feature_size: int,
        embedding_size: int,
        hidden_size: int,
        goal_size: int,
        normalise_goal: bool = True,
        precision: str = "float32",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.feature_size = feature_size
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.goal_size = goal_size
        self.normalise_goal = normalise_goal
        self.precision = precision
        self.seed = seed
        self.embedding = token_embedding(
            vocab_size, embedding_size, recurrence.normal(_STDDEV, seed, "embedding")
        )
        self.cell = recurrence.lstm_cell(hidden_size, _STDDEV, seed, "lstm")
        self.goal_projection = self._linear(goal_size, "goal_projection")  # Ψ
        self.output_kernel = self._linear(vocab_size, "output_kernel")  # W'
        self.output_bias = self._linear(vocab_size, "output_bias")  # b'

    def _linear(self, width: int, name: str) -> keras.layers.Dense:
        initializer = recurrence.normal(_STDDEV, self.seed, name)
        return keras.layers.Dense(width, use_bias=False, kernel_initializer=initializer, name=name)

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.cell.build((None, self.embedding_size))
        self.goal_projection.build((None, self.feature_size))
        self.output_kernel.build((None, self.hidden_size * self.goal_size))
        self.output_bias.build((None, self.goal_size))
        self.built = True

    def start(self, rows: int) -> CellState:
        """Returns the state before the first token, for `rows` sentences."""
        return recurrence.zero_state(self.cell, rows)

    def step(self, tokens: tf.Tensor, state: CellState) -> tuple[tf.Tensor, CellState]:
        """Reads one token (B,) of each sentence; returns the hidden vector (B, H) and new state."""
        return recurrence.step(self.cell, self.embedding(tokens), state)

    def read(self, tokens: tf.Tensor) -> tf.Tensor:
        """Reads token ids (B, L) from the start; returns hidden vectors (B, L, H)."""
        return recurrence.unroll(self.cell, self.embedding(tokens))

    def fused_output_kernel(self) -> tf.Tensor:
        """Returns W' stacked on b' (and zero rows for bfloat16) in the precision, ((H+p)·K, V).

        Call it outside loops over positions.
        """
        both = [self.output_kernel.kernel, self.output_bias.kernel]
        room = [[0, (self._bias_padding() - 1) * self.goal_size], [0, 0]]
        words = tf.pad(tf.concat([tf.convert_to_tensor(part) for part in both], axis=0), room)
        return tf.cast(words, self.precision)

    def _bias_padding(self) -> int:
        """Returns p, the number of entries appended to h: 1 for the bias, and zeros for bfloat16.

        bfloat16 products take half the time if their inner size is a multiple of 32.
        """
        if self.precision == "float32":
            return 1
        return next(p for p in range(1, 33) if (self.hidden_size + p) * self.goal_size % 32 == 0)

    def call(
        self, hidden: tf.Tensor, goals: tf.Tensor, words: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the logits (..., V) of hidden vectors (..., H) under goals (..., F).

        Args:
          hidden: hidden vectors of the LSTM, (..., H).
          goals: goals, (..., F).
          words: result of `fused_output_kernel`; default: calls it.
        """
        direction = self.goal_projection(goals)  # w (..., K)
        if self.normalise_goal:
            direction = tf.math.l2_normalize(direction, axis=-1)
        behind = tf.one_hot(tf.zeros(tf.shape(hidden)[:-1], tf.int32), self._bias_padding())
        extended = tf.concat([hidden, behind], axis=-1)  # (..., H+p): h, 1, zeros
        products = extended[..., :, tf.newaxis] * direction[..., tf.newaxis, :]  # (..., H+p, K)
        lead, width = (
            tf.shape(hidden)[:-1],
            (self.hidden_size + self._bias_padding()) * self.goal_size,
        )
        flat = tf.reshape(products, tf.concat([lead, [width]], 0))
        flat = tf.ensure_shape(flat, [*hidden.shape[:-1], width])
        return product(flat, self.fused_output_kernel() if words is None else words)  # (..., V)
