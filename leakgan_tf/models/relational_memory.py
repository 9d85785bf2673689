"""RelGAN's generator: a relational memory core (Santoro et al. 2018, arXiv:1806.01822)."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models.fan_in import fan_in_dense, fan_in_normal
from leakgan_tf.models.layers import Configured, token_embedding
from leakgan_tf.models.lstm_generator import START
from leakgan_tf.models.masking import force_eos, valid_token_mask

_EPSILON = 1e-12  # ε of the layer norms, as in RelGAN's program


class MemoryState(NamedTuple):
    """State before a token: the memory (B, slots, width), and the last token (B,)."""

    memory: tf.Tensor
    last: tf.Tensor


@keras.saving.register_keras_serializable("leakgan_tf")
class JointLayerNorm(Configured):
    """Layer norm over rows and features of each sample jointly.

    Args:
      width: number of features; each has a gain and a bias.
    """

    def __init__(self, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.gain = self.add_weight(shape=(self.width,), initializer="ones", name="gain")
        self.bias = self.add_weight(shape=(self.width,), initializer="zeros", name="bias")
        self.built = True

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns normalized inputs (B, rows, width)."""
        mean, variance = tf.nn.moments(inputs, axes=[1, 2], keepdims=True)
        return tf.nn.batch_normalization(
            inputs, mean, variance, tf.convert_to_tensor(self.bias), self.gain, _EPSILON
        )


@keras.saving.register_keras_serializable("leakgan_tf")
class RelationalMemoryGenerator(Configured, keras.Model):
    """Embedding, relational memory, softmax over the vocabulary (RelGAN, section 2.1).

    One linear layer gives query, key and value, grouped by head. As in RelGAN's program, the query
    is scaled by 1/√(3·head_size); the paper has 1/√head_size.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding, E.
      slots: number of memory slots.
      heads: attention heads; the memory's width is heads × head_size.
      head_size: width of a head.
      ends: whether token 0 ends a sentence.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        embedding_size: int,
        slots: int,
        heads: int,
        head_size: int,
        ends: bool = False,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.length = length
        self.embedding_size = embedding_size
        self.slots = slots
        self.heads = heads
        self.head_size = head_size
        self.ends = ends
        self.seed = seed
        self.width = width = heads * head_size
        self.embedding = token_embedding(
            vocab_size, embedding_size, fan_in_normal(vocab_size, seed, "embedding")
        )
        self.input_layer = fan_in_dense(embedding_size, width, seed, "input")
        self.qkv = fan_in_dense(width, 3 * width, seed, "qkv", bias=False)
        self.mlp = [fan_in_dense(width, width, seed, f"mlp_{layer}") for layer in range(2)]
        self.gate_input = fan_in_dense(width, 2 * width, seed, "gate_input", bias=False)
        self.gate_memory = fan_in_dense(width, 2 * width, seed, "gate_memory", bias=False)
        self.norm_qkv = JointLayerNorm(3 * width, name="norm_qkv")
        self.norm_attention = JointLayerNorm(width, name="norm_attention")
        self.norm_mlp = JointLayerNorm(width, name="norm_mlp")
        self.projection = fan_in_dense(slots * width, vocab_size, seed, "output")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.embedding.build((None,))
        self.input_layer.build((None, self.embedding_size))
        for layer in (self.qkv, *self.mlp, self.gate_input, self.gate_memory):
            layer.build((None, self.width))
        for norm in (self.norm_qkv, self.norm_attention, self.norm_mlp):
            norm.build()
        self.projection.build((None, self.slots * self.width))
        self.built = True

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T), given those before it."""
        before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        inputs = tf.transpose(self.input_layer(self.embedding(before)), [1, 0, 2])  # (T, B, width)

        def body(position: tf.Tensor, memory: tf.Tensor, hidden: tf.TensorArray) -> tuple[Any, ...]:
            memory = self.update_memory(memory, inputs[position])
            return position + 1, memory, hidden.write(position, self._flat(memory))

        _, _, hidden = tf.while_loop(
            lambda position, *_: position < self.length,
            body,
            (tf.constant(0), self._initial(tf.shape(tokens)[0]),
             tf.TensorArray(tf.float32, self.length)),
        )  # fmt: skip
        logits = self.projection(tf.transpose(hidden.stack(), [1, 0, 2]))
        return force_eos(logits, ~valid_token_mask(tokens)) if self.ends else logits

    def start(self, rows: int) -> MemoryState:
        """Returns the state before the first token of `rows` sentences."""
        memory = tf.ensure_shape(self._initial(rows), [rows, self.slots, self.width])
        return MemoryState(memory, tf.fill([rows], START))

    def observe(self, state: MemoryState) -> tuple[tf.Tensor, MemoryState]:
        """Reads the last token; returns the flattened memory (B, slots·width), the new state."""
        return self.read(self.embedding(state.last), state)

    def read(self, vector: tf.Tensor, state: MemoryState) -> tuple[tf.Tensor, MemoryState]:
        """Reads an embedding (B, E); returns the flattened memory and the new state."""
        memory = self.update_memory(state.memory, self.input_layer(vector))
        return self._flat(memory), state._replace(memory=memory)

    def update_memory(self, memory: tf.Tensor, inputs: tf.Tensor) -> tf.Tensor:
        """Returns the memory (B, slots, width) after an input (B, width).

        X = [M; x']; X₁ = LN(X + attention(X)); X₂ = LN(X₁ + MLP(X₁)); M̃ is X₂ without the row of
        the input. (a_i, a_f) = W_x x' + W_m tanh(M); M' = σ(a_i) tanh(M̃) + σ(a_f + 1) M.
        """
        row = inputs[:, tf.newaxis]  # (B, 1, width)
        rows = tf.concat([memory, row], axis=1)  # (B, slots+1, width)
        rows = self.norm_attention(rows + self._attention(rows))
        rows = self.norm_mlp(rows + self.mlp[1](tf.nn.relu(self.mlp[0](rows))))
        proposed = tf.tanh(rows[:, :-1])
        gates = self.gate_input(row) + self.gate_memory(tf.tanh(memory))
        admit, keep = tf.split(gates, 2, axis=-1)  # (B, slots, width) each
        return tf.sigmoid(admit) * proposed + tf.sigmoid(keep + 1.0) * memory

    def _attention(self, rows: tf.Tensor) -> tf.Tensor:
        """Returns the self-attention of rows (B, slots+1, width), in the same shape."""
        qkv = self.norm_qkv(self.qkv(rows))
        count, size = self.slots + 1, self.head_size
        qkv = tf.transpose(tf.reshape(qkv, [-1, count, self.heads, 3 * size]), [0, 2, 1, 3])
        query, key, value = tf.split(qkv, 3, axis=-1)  # (B, heads, slots+1, head_size) each
        scores = tf.matmul(query * (3 * size) ** -0.5, key, transpose_b=True)
        seen = tf.matmul(tf.nn.softmax(scores), value)
        return tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, count, self.width])

    def _initial(self, rows: tf.Tensor | int) -> tf.Tensor:
        """Returns M₀ (rows, slots, width): for each sentence the identity, padded with zeros."""
        return tf.tile(tf.eye(self.slots, self.width)[tf.newaxis], [rows, 1, 1])

    def _flat(self, memory: tf.Tensor) -> tf.Tensor:
        return tf.reshape(memory, [-1, self.slots * self.width])
