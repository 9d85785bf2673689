"""TextGAN's generator: an LSTM that reads a latent vector at every step."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.lstm_generator import START
from leakgan_tf.models.masking import force_eos, valid_token_mask
from leakgan_tf.models.mediator import GatewiseOrthogonal
from leakgan_tf.models.recurrence import CellState
from leakgan_tf.utils.seeds import derive_int

_FORGET = 3.0  # initial bias of the forget gates (TextGAN's program)


class LatentCell(NamedTuple):
    """State of the LSTM, (B, H) each, and the constant latent vector z (B, Z)."""

    hidden: tf.Tensor
    memory: tf.Tensor
    noise: tf.Tensor


class LatentState(NamedTuple):
    """State before a token: the cell's state, and the last token (B,)."""

    cell: LatentCell
    last: tf.Tensor


def uniform(bound: float, seed: int, *path: str) -> keras.initializers.Initializer:
    """Returns the U(-bound, bound) initializer of the weight named by ``path``."""
    return keras.initializers.RandomUniform(-bound, bound, derive_int(seed, *path))


@keras.saving.register_keras_serializable("leakgan_tf")
class LatentGenerator(Configured, keras.Model):
    """LSTM over token embeddings and z; input and output share the embedding (TextGAN, 2017).

    h₀ = tanh(z·C₀ + b₀), c₀ = 0; logits = (h·W)·Eᵀ + b with the embedding E. Initial weights are
    U(±bound), recurrent kernels orthogonal for each gate, forget biases 3, other biases 0.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      hidden_size: state width of the LSTM, H.
      noise_size: width of z, Z.
      bound: bound of the uniform initial weights (TextGAN's program: 0.05).
      ends: whether token 0 ends a sentence.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        hidden_size: int,
        noise_size: int,
        bound: float = 0.05,
        ends: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.noise_size = noise_size
        self.bound = bound
        self.ends = ends
        self.seed = seed
        self.embedding = token_embedding(
            vocab_size, embedding_size, uniform(bound, seed, "embedding")
        )
        self.cell = keras.layers.LSTMCell(
            hidden_size,
            kernel_initializer=uniform(bound, seed, "lstm"),
            recurrent_initializer=GatewiseOrthogonal(derive_int(seed, "lstm", "recurrent")),
            unit_forget_bias=False,
            name="lstm",
        )
        self.first = keras.layers.Dense(
            hidden_size, "tanh", kernel_initializer=uniform(bound, seed, "first"), name="first"
        )
        self.word = keras.layers.Dense(
            embedding_size,
            use_bias=False,
            kernel_initializer=uniform(bound, seed, "word"),
            name="word",
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.cell.build((None, self.embedding_size + self.noise_size))
        gate = tf.range(4 * self.hidden_size) // self.hidden_size  # i, f, c, o
        self.cell.bias.assign(tf.where(gate == 1, _FORGET, 0.0))
        self.first.build((None, self.noise_size))
        self.word.build((None, self.hidden_size))
        self.bias = self.add_weight((self.vocab_size,), "zeros", name="output_bias")
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T), given those before it and z = 0."""
        return self.logits(tokens)

    def begin(self, noise: tf.Tensor) -> LatentCell:
        """Returns the cell's state before the first token, for latent vectors z (B, Z)."""
        hidden = self.first(noise)
        return LatentCell(hidden, tf.zeros_like(hidden), noise)

    def logits(self, tokens: tf.Tensor, state: LatentCell | None = None) -> tf.Tensor:
        """Returns the logits (B, T, V) of tokens (B, T); `state` from `begin`, else z = 0."""
        state = state or self.start(tokens.shape[0]).cell
        before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        noise = tf.repeat(state.noise[:, tf.newaxis], self.length, axis=1)
        vectors = tf.concat([self.embedding(before), noise], axis=-1)
        hidden = recurrence.unroll(self.cell, vectors, CellState(state.hidden, state.memory))
        logits = self.projection(hidden)
        return force_eos(logits, ~valid_token_mask(tokens)) if self.ends else logits

    def projection(self, hidden: tf.Tensor) -> tf.Tensor:
        """Returns the logits (..., V) for hidden vectors (..., H)."""
        table = tf.convert_to_tensor(self.embedding.embeddings)
        return tf.tensordot(self.word(hidden), table, [[-1], [1]]) + self.bias

    def start(self, rows: int) -> LatentState:
        """Returns the state before the first token of `rows` sentences with z = 0."""
        return LatentState(self.begin(tf.zeros([rows, self.noise_size])), tf.fill([rows], START))

    def observe(self, state: LatentState) -> tuple[tf.Tensor, LatentState]:
        """Reads the last token; returns the hidden vector (B, H) and the new state."""
        return self.read(self.embedding(state.last), state)

    def read(self, vector: tf.Tensor, state: LatentState) -> tuple[tf.Tensor, LatentState]:
        """Reads an embedding (B, E); returns the hidden vector (B, H) and the new state."""
        hidden, memory, noise = state.cell
        inputs = tf.concat([vector, noise], axis=-1)
        hidden, cell = recurrence.step(self.cell, inputs, CellState(hidden, memory))
        return hidden, state._replace(cell=LatentCell(*cell, noise))
