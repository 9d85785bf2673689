"""LeakGAN's hierarchical generator: Manager and Worker."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from leakgan_tf.models.layers import Configured
from leakgan_tf.models.manager import Manager
from leakgan_tf.models.masking import force_eos, valid_token_mask
from leakgan_tf.models.prefix_features import PrefixFeatures, PrefixState
from leakgan_tf.models.recurrence import CellState
from leakgan_tf.models.worker import Worker
from leakgan_tf.utils.seeds import derive_int

START = 0  # start symbol, the input before the first token


class LeakGANState(NamedTuple):
    """State before token t; all B rows are at the same position.

    Attributes:
      prefix: state of D's features of the prefix.
      manager: the Manager's state after the features before f_t.
      worker: the Worker's state after the tokens before the last.
      last: the last token (B,), the next input of the Worker.
      recent: the last c sub-goals, oldest first, (B, c, F).
      goal: the goal of the last token, (B, F).
    """

    prefix: PrefixState
    manager: CellState
    worker: CellState
    last: tf.Tensor
    recent: tf.Tensor
    goal: tf.Tensor


class Goals(NamedTuple):
    """Goals along given sentences.

    Attributes:
      sub_goals: the Manager's output s_i for the prefixes of 0..T tokens, (B, T+1, F).
      worker: the goal of each token, (B, T, F).
      targets: goals in the Manager's loss, compared with the change of features over c tokens: one
        for each block, (B, T/c, F), or for sliding goals s_0, …, s_{T-c}, (B, T-c+1, F).
    """

    sub_goals: tf.Tensor
    worker: tf.Tensor
    targets: tf.Tensor


@keras.saving.register_keras_serializable("leakgan_tf")
class LeakGANGenerator(Configured, keras.Model):
    """The Manager computes goals from leaked features; the Worker predicts tokens under goals.

    `PrefixFeatures` provides the features, so this model contains no weights of D.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T; divisible by `goal_horizon`.
      feature_size: width of the leaked features, F.
      embedding_size: width of the token embedding, E.
      hidden_size: state width of both LSTMs, H.
      goal_size: width of the goal embedding, K.
      goal_horizon: number of tokens between a goal and its target, c.
      goal_window: "block" or "sliding"; see `Semantics`.
      goal_alignment: "split" or "single"; see `Semantics`.
      goal_init_rows: rows of ``goal_init``: 1, or the batch size (`Semantics.goal_init`).
      normalise_goal: whether the goal embedding is scaled to unit length.
      ends: whether token 0 ends a sentence; see `masking`.
      precision: type of the Worker's output product, one of `precision.PRECISIONS`.
      seed: seed of the initial weights.
    """

    def __init__(
        self,
        vocab_size: int,
        length: int,
        feature_size: int,
        embedding_size: int,
        hidden_size: int,
        goal_size: int,
        goal_horizon: int,
        goal_window: str = "block",
        goal_alignment: str = "split",
        goal_init_rows: int = 1,
        normalise_goal: bool = True,
        ends: bool = False,
        precision: str = "float32",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if length % goal_horizon:
            raise ValueError(f"length {length} is not divisible by goal_horizon {goal_horizon}")
        self.vocab_size = vocab_size
        self.length = length
        self.feature_size = feature_size
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.goal_size = goal_size
        self.goal_horizon = goal_horizon
        self.goal_window = goal_window
        self.goal_alignment = goal_alignment
        self.goal_init_rows = goal_init_rows
        self.normalise_goal = normalise_goal
        self.ends = ends
        self.precision = precision
        self.seed = seed
        self.manager = Manager(
            feature_size, hidden_size, goal_init_rows, derive_int(seed, "manager"), name="manager"
        )
        self.worker = Worker(
            vocab_size,
            feature_size,
            embedding_size,
            hidden_size,
            goal_size,
            normalise_goal,
            precision,
            derive_int(seed, "worker"),
            name="worker",
        )

    def build(self, input_shape: Any = None) -> None:
        """Creates the weights; no data needed."""
        self.manager.build()
        self.worker.build()
        self.built = True

    # --- Along given sentences, all tokens at once ------------------------------------------

    def goals(self, features: tf.Tensor, path: str = "scoring") -> Goals:
        """Returns the goals along sentences with leaked features (B, T+1, F).

        Args:
          features: the features of the prefixes of 0..T tokens.
          path: "scoring" (teacher forcing) or "sampling"; selects the sub-goals in a token's goal.
            The two differ for the split alignment only.
        """
        rows, width = tf.shape(features)[0], self.feature_size
        sub_goals = self.manager(features)  # (B, T+1, F)
        # Scoring with the split alignment skips s_0, and uses sub-goals one step later.
        fresh = self.goal_alignment == "split" and path == "scoring"
        stream = sub_goals[:, 1:] if fresh else sub_goals[:, :-1]  # (B, T, F)
        if self.goal_window == "block":
            blocks = self._block_goals(stream)  # (B, T/c, F)
            return Goals(sub_goals, tf.repeat(blocks, self.goal_horizon, axis=1), blocks)
        # c equal parts of goal_init replace the missing goals before the first.
        padded = tf.concat([self._missing_goals(rows), stream], axis=1)  # (B, c + T, F)
        goal = tf.add_n(
            [padded[:, i : i + self.length] for i in range(self.goal_horizon)]
        )  # (B, T, F): Σ of the c sub-goals before each token (eq. 5)
        targets = sub_goals[:, : self.length - self.goal_horizon + 1]
        return Goals(sub_goals, tf.ensure_shape(goal, [None, self.length, width]), targets)

    def _block_goals(self, stream: tf.Tensor) -> tf.Tensor:
        """Returns the goal of each block (B, T/c, F): goal_init, then Σ of the previous block."""
        rows, horizon = tf.shape(stream)[0], self.goal_horizon
        initial = self.manager.initial_goal(rows)[:, tf.newaxis]  # (B, 1, F)
        shape = [rows, self.length // horizon, horizon, self.feature_size]
        sums = tf.reduce_sum(tf.reshape(stream, shape), axis=2)  # (B, T/c, F)
        return tf.concat([initial, sums[:, :-1]], axis=1)

    def call(self, tokens: tf.Tensor, worker_goals: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of each token of (B, T), given those before it.

        No gradient passes through the goals (B, T, F), so the Worker's loss does not train the
        Manager.
        """
        before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        logits = self.worker(self.worker.read(before), tf.stop_gradient(worker_goals))
        return force_eos(logits, ~valid_token_mask(tokens)) if self.ends else logits

    def _missing_goals(self, rows: tf.Tensor) -> tf.Tensor:
        initial = self.manager.initial_goal(rows) / self.goal_horizon  # (B, F)
        return tf.repeat(initial[:, tf.newaxis], self.goal_horizon, axis=1)  # (B, c, F)

    # --- Token by token ---------------------------------------------------------------------

    def start(self, leak: PrefixFeatures, rows: int) -> LeakGANState:
        """Returns the state before the first token of `rows` sentences."""
        return LeakGANState(
            prefix=leak.start(rows),
            manager=self.manager.start(rows),
            worker=self.worker.start(rows),
            last=tf.fill([rows], START),
            recent=self._missing_goals(rows),
            goal=self.manager.initial_goal(rows),
        )

    def observe(
        self, leak: PrefixFeatures, state: LeakGANState, position: tf.Tensor, path: str
    ) -> tuple[tf.Tensor, LeakGANState]:
        """Reads the last token and the prefix's features; computes the goal of the next token.

        Args:
          leak: computes D's features.
          state: state before token `position`.
          position: number of tokens in the prefix, t.
          path: "scoring" or "sampling", as in `goals`.

        Returns:
          The Worker's hidden vector (B, H), and the state with its new goal.
        """
        feature = leak.read(state.prefix, position)  # f_t (B, F)
        sub_goal, manager = self.manager.step(feature, state.manager)
        hidden, worker = self.worker.step(state.last, state.worker)
        pushed = tf.concat([state.recent[:, 1:], sub_goal[:, tf.newaxis]], axis=1)
        if self.goal_alignment == "split" and path == "scoring":
            pushed = tf.where(position > 0, pushed, state.recent)  # s_0 is left out
            goal = tf.reduce_sum(pushed, axis=1)  # (B, F): eq. 5, one sub-goal fresher
        else:
            goal = tf.reduce_sum(state.recent, axis=1)  # (B, F): eq. 5
        if self.goal_window == "block":
            goal = tf.where(position % self.goal_horizon == 0, goal, state.goal)
        return hidden, state._replace(manager=manager, worker=worker, recent=pushed, goal=goal)

    def write(
        self, leak: PrefixFeatures, state: LeakGANState, tokens: tf.Tensor, position: tf.Tensor
    ) -> LeakGANState:
        """Returns the state after `tokens` (B,) were written at `position`."""
        return state._replace(prefix=leak.advance(state.prefix, tokens, position), last=tokens)
