"""CoT's mediator: an LSTM language model with weights laid out as in cuDNN's LSTM."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.lstm_generator import START
from leakgan_tf.models.masking import force_eos, valid_token_mask
from leakgan_tf.utils.seeds import derive_int


class _Gates(NamedTuple):
    """Weights of the cell, with its two biases added, for `recurrence.unroll`."""

    units: int
    kernel: tf.Tensor
    recurrent_kernel: tf.Tensor
    bias: tf.Tensor


@keras.saving.register_keras_serializable("leakgan_tf")
class GatewiseOrthogonal(keras.initializers.Initializer):
    """Initializer of a kernel (n, 4H): an orthogonal matrix (n, H) for each gate of an LSTM.

    Args:
      seed: seed of the matrices.
    """

    def __init__(self, seed: int = 0):
        self.seed = seed

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> tf.Tensor:
        """Returns the initial kernel (n, 4H)."""
        rows, columns = shape
        gates = [
            keras.initializers.Orthogonal(seed=derive_int(self.seed, "gate", gate))(
                (rows, columns // 4), dtype=dtype
            )
            for gate in range(4)
        ]
        return tf.concat(gates, axis=1)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"seed": self.seed}


@keras.saving.register_keras_serializable("leakgan_tf")
class Mediator(Configured, keras.Model):
    """Embedding, LSTM with two biases per gate, dropout, softmax over the vocabulary (CoT).

    Gates use the sum of both biases. As both are trained, a step of Adam changes the sum twice as
    much as a single bias. Initial kernels are orthogonal for each gate, biases 0, embedding and
    output N(0, 0.1²). There is no forget-gate offset.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      hidden_size: state width of the LSTM, H.
      dropout: dropout rate of hidden vectors, applied when a dropout seed is given.
      ends: whether token 0 ends a sentence.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        hidden_size: int,
        dropout: float = 0.0,
        ends: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.dropout = dropout
        self.ends = ends
        self.seed = seed
        self.embedding = token_embedding(
            vocab_size, embedding_size, recurrence.normal(0.1, seed, "embedding")
        )
        self.cell = keras.layers.LSTMCell(
            hidden_size,
            kernel_initializer=GatewiseOrthogonal(derive_int(seed, "kernel")),
            recurrent_initializer=GatewiseOrthogonal(derive_int(seed, "recurrent")),
            unit_forget_bias=False,
            name="lstm",
        )
        self.projection = recurrence.linear(vocab_size, 0.1, seed, "output")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.cell.build((None, self.embedding_size))
        self.projection.build((None, self.hidden_size))
        self.recurrent_bias = self.add_weight(
            shape=(4 * self.hidden_size,), initializer="zeros", name="recurrent_bias"
        )
        self.built = True

    def call(self, tokens: tf.Tensor, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T), given those before it.

        Args:
          tokens: ids (B, T).
          dropout_seed: stateless seed (2,) of the dropout; None disables dropout.
        """
        hidden = self.hidden(tokens)
        if dropout_seed is not None and self.dropout > 0.0:
            hidden = tf.nn.experimental.stateless_dropout(hidden, self.dropout, dropout_seed)
        return self.logits(hidden, tokens)

    def hidden(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the hidden vectors (B, T, H) before each token of (B, T)."""
        before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        cell = self.cell
        gates = _Gates(
            self.hidden_size, cell.kernel, cell.recurrent_kernel, cell.bias + self.recurrent_bias
        )
        return recurrence.unroll(gates, self.embedding(before))

    def logits(self, hidden: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of `tokens` (B, T) from hidden vectors (B, T, H)."""
        logits = self.projection(hidden)
        return force_eos(logits, ~valid_token_mask(tokens)) if self.ends else logits
