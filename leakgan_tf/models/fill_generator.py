"""MaskGAN's generator, which fills the masked tokens of a sentence from left to right."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.encoder_decoder import Cells, Encoded, EncoderDecoder, Memory
from leakgan_tf.models.lstm_generator import START
from leakgan_tf.models.recurrence import CellState


class FillState(NamedTuple):
    """State before a token: the LSTMs' states, the attended memory, the last token (B,)."""

    cells: Cells
    memory: Memory
    last: tf.Tensor


@keras.saving.register_keras_serializable("leakgan_tf")
class FillGenerator(EncoderDecoder):
    """An `EncoderDecoder` with next-token logits; input and output share the embedding.

    The decoder reads the previous token, given or generated.

    Args:
      ends: whether token 0 ends a sentence.
      **kwargs: as in `EncoderDecoder`.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        width: int,
        layers: int = 1,
        dropout: float = 0.0,
        ends: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(vocab_size, length, width, layers, dropout, seed, **kwargs)
        self.ends = ends

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        super().build()
        self.bias = self.add_weight((self.vocab_size,), "zeros", name="output_bias")

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T), with all but the first masked."""
        present = tf.broadcast_to(tf.range(self.length) == 0, tf.shape(tokens))
        return self.logits(tokens, self.hide(tokens, present))

    def logits(
        self, tokens: tf.Tensor, shown: tf.Tensor, factors: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token, given those before it and m(x).

        Args:
          tokens: the filled sentences, ids (B, T).
          shown: m(x), (B, T): V where a token is masked.
          factors: dropout factors from `dropout_factors`.
        """
        encoded = self.encode(shown, factors)
        return self.projection(self.decode(self.embedding(before(tokens)), encoded, factors))

    def language_logits(self, tokens: tf.Tensor, factors: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the logits (B, T, V) of the decoder as a language model, without encoder."""
        own = None if factors is None else factors[1]
        outputs, _ = self.run(self.decoder, self.embedding(before(tokens)), None, own)
        return self.projection(outputs)

    def projection(self, outputs: tf.Tensor) -> tf.Tensor:
        """Returns the logits (..., V) of outputs (..., H)."""
        table = tf.convert_to_tensor(self.embedding.embeddings)[: self.vocab_size]
        return tf.tensordot(outputs, table, [[-1], [1]]) + self.bias

    def start(self, rows: int) -> FillState:
        """Returns the state of `rows` sentences before encoding, with an empty memory."""
        cells = tuple(recurrence.zero_state(cell, rows) for cell in self.decoder)
        empty = tf.zeros([rows, self.length, self.width])
        return FillState(cells, Memory(empty, empty), tf.fill([rows], START))

    def begin(self, encoded: Encoded, last: tf.Tensor) -> FillState:
        """Returns the decoder's state after encoding; it reads `last` (B,) next."""
        return FillState(encoded.cells, encoded.memory, last)

    def observe(
        self, state: FillState, factors: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, FillState]:
        """Reads the last token; returns the output (B, H) and the new state."""
        vector, cells = self.embedding(state.last), []
        for number, (cell, given) in enumerate(zip(self.decoder, state.cells, strict=True)):
            if factors is not None:
                kept = factors[1, number]
                vector, given = vector * kept, CellState(given.hidden * kept, given.memory)
            vector, after = recurrence.step(cell, vector, given)
            cells.append(after)
        if factors is not None:
            vector *= factors[1, -1]
        output = self.attend(vector[:, tf.newaxis], state.memory)[:, 0]
        return output, state._replace(cells=tuple(cells))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "ends": self.ends}


def before(tokens: tf.Tensor) -> tf.Tensor:
    """Returns the previous token of each token of (B, T), (B, T); the start symbol first."""
    return tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
