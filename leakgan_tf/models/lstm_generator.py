"""The LSTM language model: the generator of MLE and SeqGAN, and the synthetic oracle."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.masking import force_eos, valid_token_mask
from leakgan_tf.models.recurrence import CellState

START = 0  # start symbol, the input before the first token


class LSTMState(NamedTuple):
    """State before a token: the cell's state, and the last token (B,)."""

    cell: CellState
    last: tf.Tensor


@keras.saving.register_keras_serializable("leakgan_tf")
class LSTMGenerator(Configured, keras.Model):
    """Embedding, LSTM, softmax over the vocabulary (SeqGAN, section 3.3).

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      hidden_size: state width of the LSTM, H.
      stddev: standard deviation of all initial weights; 0.1 for generators, 1 for the oracle.
      ends: whether token 0 ends a sentence; see `masking`.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        hidden_size: int,
        stddev: float = 0.1,
        ends: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.stddev = stddev
        self.ends = ends
        self.seed = seed
        self.embedding = token_embedding(
            vocab_size, embedding_size, recurrence.normal(stddev, seed, "embedding")
        )
        self.cell = recurrence.lstm_cell(hidden_size, stddev, seed, "lstm")
        self.projection = recurrence.linear(vocab_size, stddev, seed, "output")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.cell.build((None, self.embedding_size))
        self.projection.build((None, self.hidden_size))
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T), given those before it."""
        return self.logits(tokens)

    def logits(
        self,
        tokens: tf.Tensor,
        state: CellState | None = None,
        dropout: float = 0.0,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T); arguments as in `hidden`."""
        logits = self.projection(self.hidden(tokens, state, dropout, seed))
        return force_eos(logits, ~valid_token_mask(tokens)) if self.ends else logits

    def hidden(
        self,
        tokens: tf.Tensor,
        state: CellState | None = None,
        dropout: float = 0.0,
        seed: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Returns the hidden vectors (B, T, H) before each token of (B, T).

        Args:
          tokens: ids (B, T).
          state: state of the cell before the first token; default: zero.
          dropout: dropout rate of the cell's inputs and outputs, not of its state.
          seed: stateless seed (2,) of the dropout; None disables dropout.
        """
        before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        vectors = self.embedding(before)
        if seed is None or not dropout:
            return recurrence.unroll(self.cell, vectors, state)
        fold, drop = tf.random.experimental.stateless_fold_in, tf.nn.experimental.stateless_dropout
        vectors = drop(vectors, dropout, fold(seed, 0))
        return drop(recurrence.unroll(self.cell, vectors, state), dropout, fold(seed, 1))

    def start(self, rows: int) -> LSTMState:
        """Returns the state before the first token of `rows` sentences."""
        return LSTMState(recurrence.zero_state(self.cell, rows), tf.fill([rows], START))

    def observe(self, state: LSTMState) -> tuple[tf.Tensor, LSTMState]:
        """Reads the last token; returns the hidden vector (B, H) and the new state."""
        return self.read(self.embedding(state.last), state)

    def read(self, vector: tf.Tensor, state: LSTMState) -> tuple[tf.Tensor, LSTMState]:
        """Reads an embedding (B, E); returns the hidden vector (B, H) and the new state."""
        hidden, cell = recurrence.step(self.cell, vector, state.cell)
        return hidden, state._replace(cell=cell)
