"""LeakGAN's Manager, which computes goals from leaked features."""

from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.models import recurrence
from leakgan_tf.models.layers import Configured
from leakgan_tf.models.recurrence import CellState
from leakgan_tf.utils.seeds import derive_int

_STDDEV = 0.1  # of all initial weights, as in LeakGAN's program


@keras.saving.register_keras_serializable("leakgan_tf")
class Manager(Configured):
    """An LSTM over leaked features whose output, at unit length, is the goal (LeakGAN, eqs. 2-3).

    Args:
      feature_size: width of the leaked feature and of the goal, F.
      hidden_size: state width of the LSTM, H.
      initial_rows: rows of ``goal_init``, the goal at the first step: 1, or the batch size.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        feature_size: int,
        hidden_size: int,
        initial_rows: int = 1,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.feature_size = feature_size
        self.hidden_size = hidden_size
        self.initial_rows = initial_rows
        self.seed = seed
        self.cell = recurrence.lstm_cell(hidden_size, _STDDEV, seed, "lstm")
        self.projection = recurrence.linear(feature_size, _STDDEV, seed, "output")

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.cell.build((None, self.feature_size))
        self.projection.build((None, self.hidden_size))
        self.goal_init = self.add_weight(
            shape=(self.initial_rows, self.feature_size),
            initializer=keras.initializers.TruncatedNormal(
                stddev=0.1, seed=derive_int(self.seed, "goal_init")
            ),
            name="goal_init",
        )
        self.built = True

    def start(self, rows: int) -> CellState:
        """Returns the state before the first feature, for `rows` sentences."""
        return recurrence.zero_state(self.cell, rows)

    def initial_goal(self, rows: int) -> tf.Tensor:
        """Returns ``goal_init`` for `rows` sentences, (rows, F).

        `rows` must be a multiple of `initial_rows`; the rows are repeated.
        """
        return tf.tile(self.goal_init, [rows // self.initial_rows, 1])

    def step(self, feature: tf.Tensor, state: CellState) -> tuple[tf.Tensor, CellState]:
        """Reads one leaked feature (B, F); returns the unit sub-goal (B, F) and the new state."""
        hidden, state = recurrence.step(self.cell, feature, state)
        return tf.math.l2_normalize(self.projection(hidden), axis=-1), state

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Returns the unit sub-goals (B, L, F) for features of successive prefixes (B, L, F)."""
        hidden = recurrence.unroll(self.cell, features)  # (B, L, H)
        return tf.math.l2_normalize(self.projection(hidden), axis=-1)
