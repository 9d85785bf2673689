"""Encoder, decoder and attention of MaskGAN's generator and discriminator."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.fan_in import fan_in_normal
from leakgan_tf.models.recurrence import CellState

Cells = tuple[CellState, ...]


class Memory(NamedTuple):
    """Encoder outputs and their attention keys for the decoder, (B, T, H) each."""

    outputs: tf.Tensor
    keys: tf.Tensor


class Encoded(NamedTuple):
    """Encoded sentences: the memory, and the initial states of the decoder."""

    memory: Memory
    cells: Cells


class EncoderDecoder(keras.Model):
    """An LSTM encoder of the masked sentence m(x), and an LSTM decoder of the filled sentence.

    Fedus, Goodfellow and Dai 2018, arXiv:1801.07736; multiplicative attention of Luong et al. 2015,
    arXiv:1508.04025. Id V is the mask token <m>, with an embedding of its own. The output layer of
    the attention is initialized as the identity on the decoder's output, so that the weights of a
    language model can be copied. Other weights are N(0, 1/H).

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      width: width of the embedding and of each LSTM's state, H.
      layers: number of LSTMs in the encoder and in the decoder, L.
      dropout: dropout rate of `dropout_factors`.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        width: int,
        layers: int = 1,
        dropout: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.width = width
        # Keras has a property `layers`.
        self.depth = layers
        self.dropout = dropout
        self.seed = seed
        self.embedding = keras.layers.Embedding(
            vocab_size + 1,
            width,
            embeddings_initializer=fan_in_normal(width, seed, "embedding"),
            name="embedding",
        )
        self.encoder = [self._cell(f"encoder_{number}") for number in range(layers)]
        self.decoder = [self._cell(f"decoder_{number}") for number in range(layers)]
        self.key_layer = keras.layers.Dense(
            width, use_bias=False, kernel_initializer=fan_in_normal(width, seed, "keys"),
            name="keys",
        )  # fmt: skip
        self.output_layer = keras.layers.Dense(
            width, use_bias=False, kernel_initializer="identity", name="attention"
        )

    def _cell(self, name: str) -> keras.layers.LSTMCell:
        return keras.layers.LSTMCell(
            self.width,
            kernel_initializer=fan_in_normal(self.width, self.seed, name, "kernel"),
            recurrent_initializer=fan_in_normal(self.width, self.seed, name, "recurrent"),
            unit_forget_bias=False,
            name=name,
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        for cell in (*self.encoder, *self.decoder):
            cell.build((None, self.width))
        self.key_layer.build((None, self.width))
        self.output_layer.build((None, 2 * self.width))
        self.built = True

    def hide(self, tokens: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        """Returns m(x): ids (B, T) with V, the mask token, where not `present`."""
        return tf.where(present, tokens, self.vocab_size)

    def dropout_factors(self, rows: int, seed: tf.Tensor | None) -> tf.Tensor | None:
        """Returns factors (2, L + 1, B, H) of variational dropout; None without dropout.

        All steps of a sentence share them. Axis 0: encoder, decoder. Axis 1: input and state of
        each of L LSTMs, then the output of the last one.

        Args:
          rows: number of sentences, B.
          seed: stateless seed (2,).
        """
        if seed is None or not self.dropout:
            return None
        ones = tf.ones([2, self.depth + 1, rows, self.width])
        return tf.nn.experimental.stateless_dropout(ones, self.dropout, seed)

    def encode(self, shown: tf.Tensor, factors: tf.Tensor | None = None) -> Encoded:
        """Encodes masked sentences m(x) (B, T), with `dropout_factors` if given."""
        own = None if factors is None else factors[0]
        outputs, cells = self.run(self.encoder, self.embedding(shown), None, own)
        return Encoded(Memory(outputs, self.key_layer(outputs)), cells)

    def decode(
        self, vectors: tf.Tensor, encoded: Encoded, factors: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the decoder's outputs (B, L, H) after attention, for input vectors (B, L, H)."""
        own = None if factors is None else factors[1]
        outputs, _ = self.run(self.decoder, vectors, encoded.cells, own)
        return self.attend(outputs, encoded.memory)

    def attend(self, queries: tf.Tensor, memory: Memory) -> tf.Tensor:
        """Returns the attention output W·[h; Σ a_s h̄_s], a = softmax(h·W_a·h̄), (B, L, H).

        Args:
          queries: decoder outputs h, (B, L, H).
          memory: encoder outputs h̄ and keys W_a·h̄.
        """
        weights = tf.nn.softmax(tf.matmul(queries, memory.keys, transpose_b=True))  # (B, L, T)
        context = tf.matmul(weights, memory.outputs)
        return self.output_layer(tf.concat([queries, context], axis=-1))

    def run(
        self,
        stack: list[keras.layers.LSTMCell],
        vectors: tf.Tensor,
        cells: Cells | None = None,
        factors: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, Cells]:
        """Runs a stack of LSTMs along inputs (B, L, H); returns outputs and last states.

        Args:
          stack: `encoder` or `decoder`.
          vectors: the inputs.
          cells: states before the first input; default: zero.
          factors: this stack's part of `dropout_factors`, (L + 1, B, H).
        """
        last = []
        for number, cell in enumerate(stack):
            before = None if cells is None else cells[number]
            kept = None if factors is None else factors[number]
            read = vectors if kept is None else vectors * kept[:, tf.newaxis]
            vectors, state = recurrence.unroll_to_end(cell, read, before, kept=kept)
            last.append(state)
        return vectors if factors is None else vectors * factors[-1][:, tf.newaxis], tuple(last)

    def copy_language_model(self, source: "EncoderDecoder") -> None:
        """Copies another model's embedding, and its decoder's LSTMs to both stacks."""
        self.embedding.embeddings.assign(source.embedding.embeddings)
        for stack in (self.encoder, self.decoder):
            for cell, other in zip(stack, source.decoder, strict=True):
                for mine, value in zip(cell.weights, other.weights, strict=True):
                    mine.assign(value)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        names = ("vocab_size", "length", "width", "dropout", "seed")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "layers": self.depth}
