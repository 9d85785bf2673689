"""ScratchGAN's generator: stacked LSTMs with a shared input and output embedding."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.fan_in import fan_in_normal
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.lstm_generator import START
from leakgan_tf.models.masking import force_eos, valid_token_mask
from leakgan_tf.models.recurrence import CellState
from leakgan_tf.models.token_discriminator import EMBEDDING_STDDEV
from leakgan_tf.utils.seeds import derive_int


class StackedState(NamedTuple):
    """State before a token: the state of each LSTM, and the last token (B,)."""

    cells: tuple[CellState, ...]
    last: tf.Tensor


@keras.saving.register_keras_serializable("leakgan_tf")
class StackedGenerator(Configured, keras.Model):
    """Embedding, linear layer, stacked LSTMs with skip connections, linear layer, embedding.

    Every LSTM except the first reads the first one's input and the output of the LSTM below. A
    linear layer maps the concatenated outputs to width E. Logits are its products with the token
    embeddings plus a bias. Initial forget biases are 1.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      hidden_size: width of each LSTM's state, H.
      layers: number of LSTMs.
      ends: whether token 0 ends a sentence.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        hidden_size: int,
        layers: int = 2,
        ends: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        # Keras has a property `layers`.
        self.depth = layers
        self.ends = ends
        self.seed = seed
        self.embedding = token_embedding(
            vocab_size, embedding_size, recurrence.normal(EMBEDDING_STDDEV, seed, "embedding")
        )
        self.input_layer = self._linear(hidden_size, "input")
        self.cells = [self._cell(number) for number in range(layers)]
        self.output_layer = self._linear(embedding_size, "output")

    def _linear(self, units: int, name: str) -> keras.layers.Dense:
        kernel = keras.initializers.GlorotUniform(derive_int(self.seed, name))
        return keras.layers.Dense(units, use_bias=False, kernel_initializer=kernel, name=name)

    def _cell(self, number: int) -> keras.layers.LSTMCell:
        fan_in, name = self._inputs(number) + self.hidden_size, f"lstm_{number}"
        return keras.layers.LSTMCell(
            self.hidden_size,
            kernel_initializer=fan_in_normal(fan_in, self.seed, name, "kernel"),
            recurrent_initializer=fan_in_normal(fan_in, self.seed, name, "recurrent"),
            name=name,
        )

    def _inputs(self, number: int) -> int:
        """Returns the input width of an LSTM, without its state."""
        return self.hidden_size * (1 if number == 0 else 2)

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.input_layer.build((None, self.embedding_size))
        for number, cell in enumerate(self.cells):
            cell.build((None, self._inputs(number)))
        self.output_layer.build((None, self.depth * self.hidden_size))
        self.output_bias = self.add_weight(
            shape=(1, self.vocab_size),
            initializer=keras.initializers.GlorotUniform(derive_int(self.seed, "bias")),
            name="output_bias",
        )
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T), given those before it."""
        before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        inputs = self.input_layer(self.embedding(before))  # (B, T, H)
        outputs: list[tf.Tensor] = []
        for cell in self.cells:
            read = tf.concat([inputs, *outputs[-1:]], axis=-1)
            outputs.append(recurrence.unroll(cell, read))
        logits = self.projection(tf.concat(outputs, axis=-1))
        return force_eos(logits, ~valid_token_mask(tokens)) if self.ends else logits

    def projection(self, outputs: tf.Tensor) -> tf.Tensor:
        """Returns the logits (..., V) of all LSTMs' outputs (..., layers·H)."""
        table = tf.convert_to_tensor(self.embedding.embeddings)
        return tf.tensordot(self.output_layer(outputs), table, [[-1], [1]]) + self.output_bias[0]

    def start(self, rows: int) -> StackedState:
        """Returns the state before the first token of `rows` sentences."""
        cells = tuple(recurrence.zero_state(cell, rows) for cell in self.cells)
        return StackedState(cells, tf.fill([rows], START))

    def observe(self, state: StackedState) -> tuple[tf.Tensor, StackedState]:
        """Reads the last token; returns all LSTMs' outputs (B, layers·H) and the new state."""
        return self.read(self.embedding(state.last), state)

    def read(self, vector: tf.Tensor, state: StackedState) -> tuple[tf.Tensor, StackedState]:
        """Reads an embedding (B, E); returns all LSTMs' outputs and the new state."""
        inputs = self.input_layer(vector)
        outputs: list[tf.Tensor] = []
        cells: list[CellState] = []
        for cell, before in zip(self.cells, state.cells, strict=True):
            output, after = recurrence.step(
                cell, tf.concat([inputs, *outputs[-1:]], axis=-1), before
            )
            outputs.append(output)
            cells.append(after)
        return tf.concat(outputs, axis=-1), state._replace(cells=tuple(cells))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "layers": self.depth}
