"""LSTM cells of the generators: initialization, single steps, and runs over sequences."""

from typing import NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models.precision import product
from leakgan_tf.utils.seeds import derive_int

_EPSILON = 1e-5  # ε of the layer norm


class CellState(NamedTuple):
    """An LSTM's state: ``hidden`` and ``memory``, each (B, H)."""

    hidden: tf.Tensor
    memory: tf.Tensor


def normal(stddev: float, seed: int, *path: str) -> keras.initializers.Initializer:
    """Returns the N(0, stddev²) initializer of the weight named by ``path``."""
    return keras.initializers.RandomNormal(stddev=stddev, seed=derive_int(seed, *path))


def lstm_cell(units: int, stddev: float, seed: int, name: str) -> keras.layers.LSTMCell:
    """Returns an LSTM cell without forget bias, all weights N(0, stddev²)."""
    return keras.layers.LSTMCell(
        units,
        kernel_initializer=normal(stddev, seed, name, "kernel"),
        recurrent_initializer=normal(stddev, seed, name, "recurrent"),
        bias_initializer=normal(stddev, seed, name, "bias"),
        unit_forget_bias=False,
        name=name,
    )


def linear(units: int, stddev: float, seed: int, name: str) -> keras.layers.Dense:
    """Returns a linear layer whose kernel and bias are N(0, stddev²)."""
    return keras.layers.Dense(
        units,
        kernel_initializer=normal(stddev, seed, name, "kernel"),
        bias_initializer=normal(stddev, seed, name, "bias"),
        name=name,
    )


def zero_state(cell: keras.layers.LSTMCell, rows: int) -> CellState:
    """Returns the state before any input for `rows` sequences."""
    return CellState(tf.zeros([rows, cell.units]), tf.zeros([rows, cell.units]))


def step(
    cell: keras.layers.LSTMCell, inputs: tf.Tensor, state: CellState
) -> tuple[tf.Tensor, CellState]:
    """Returns the hidden vector (B, H) and the new state after one input (B, ·)."""
    # The formula of the Keras cell, which is slow to trace.
    read = tf.matmul(inputs, tf.convert_to_tensor(cell.kernel))
    kept = tf.matmul(state.hidden, tf.convert_to_tensor(cell.recurrent_kernel))
    state = _gates(read + kept + tf.convert_to_tensor(cell.bias), state.memory)
    return state.hidden, state


def unroll(
    cell: keras.layers.LSTMCell,
    inputs: tf.Tensor,
    state: CellState | None = None,
    gain: keras.Variable | None = None,
) -> tf.Tensor:
    """Returns the hidden vectors (B, L, H) of a sequence (B, L, ·); see `unroll_to_end`."""
    return unroll_to_end(cell, inputs, state, gain)[0]


def unroll_to_end(
    cell: keras.layers.LSTMCell,
    inputs: tf.Tensor,
    state: CellState | None = None,
    gain: keras.Variable | None = None,
    kept: tf.Tensor | None = None,
) -> tuple[tf.Tensor, CellState]:
    """Returns the hidden vectors (B, L, H) of a sequence (B, L, ·), and the last state.

    One product gives the inputs' part of the gates for all L steps.

    Args:
      cell: the LSTM's weights.
      inputs: input vectors, (B, L, ·).
      state: state before the first step; default: zero.
      gain: gain (4H,) of a layer norm over all gates before their bias; None for no layer norm.
      kept: dropout factors (B, H) on the hidden vector that each step reads; default: 1.
    """
    if state is None:
        state = zero_state(cell, tf.shape(inputs)[0])
    kernel = tf.convert_to_tensor(cell.kernel)
    products = product(inputs, kernel)
    given = tf.unstack(products + cell.bias if gain is None else products, axis=1)  # L × (B, 4H)
    recurrent = tf.convert_to_tensor(cell.recurrent_kernel)
    hidden = []
    for present in given:
        before = state.hidden if kept is None else state.hidden * kept
        activations = present + before @ recurrent
        if gain is not None:
            mean, variance = tf.nn.moments(activations, axes=[-1], keepdims=True)
            activations = tf.nn.batch_normalization(
                activations, mean, variance, tf.convert_to_tensor(cell.bias), gain, _EPSILON
            )
        state = _gates(activations, state.memory)
        hidden.append(state.hidden)
    return tf.stack(hidden, axis=1), state


def _gates(activations: tf.Tensor, memory: tf.Tensor) -> CellState:
    """Returns the state after the gates' activations (B, 4H), in Keras's order i, f, c, o."""
    into, keep, candidate, out = tf.split(activations, 4, axis=-1)  # (B, H) each
    memory = tf.sigmoid(keep) * memory + tf.sigmoid(into) * tf.tanh(candidate)
    return CellState(tf.sigmoid(out) * tf.tanh(memory), memory)
