"""Next-token policies: the generators' interface for the sampling loop and the metrics.

A policy binds a model to what it needs besides its weights: for LeakGAN, D's leaked features.
Create a policy where it is used: its constructor reads D's weights.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from leakgan_tf.models.leakgan_generator import LeakGANGenerator, LeakGANState
from leakgan_tf.models.lstm_generator import LSTMGenerator, LSTMState
from leakgan_tf.models.masking import END, force_eos
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.models.recurrence import CellState


class LSTMPolicy:
    """The LSTM language model; the scoring and sampling paths are the same.

    Args:
      model: the network.
      cell: initial state of the LSTM cell, of all rows; default: zero.
    """

    def __init__(self, model: LSTMGenerator, cell: CellState | None = None):
        self.model = model
        self.length = model.length
        self._cell = cell

    def start(self, rows: int) -> LSTMState:
        """Returns the state before the first token."""
        state = self.model.start(rows)
        return state if self._cell is None else state._replace(cell=self._cell)

    def logits(self, state: LSTMState, position: tf.Tensor) -> tuple[tf.Tensor, LSTMState]:
        """Returns the logits (B, V) of the next token, and the state."""
        hidden, state = self.model.observe(state)
        return self.next_logits(hidden, state, position), state

    def next_logits(self, hidden: tf.Tensor, state: LSTMState, position: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, V) after the hidden vector (B, H); ended sentences stay ended."""
        return _close(self.model.ends, self.model.projection(hidden), state.last, position)

    def write(self, state: LSTMState, tokens: tf.Tensor, position: tf.Tensor) -> LSTMState:
        """Returns the state after `tokens` (B,)."""
        return state._replace(last=tokens)

    def force(self, state: LSTMState, tokens: tf.Tensor, position: tf.Tensor) -> LSTMState:
        """Returns the state after a given token."""
        return self.write(self.model.observe(state)[1], tokens, position)

    def resume(self, state: LSTMState, position: tf.Tensor) -> LSTMState:
        """Returns the state unchanged: a given prefix is treated like a sampled one."""
        return state

    def sequence_logits(self, tokens: tf.Tensor, path: str = "scoring") -> tf.Tensor:
        """Returns the logits (B, T, V) of given sentences; `path` has no effect."""
        if self._cell is None:
            return self.model(tokens)
        return self.model.logits(tokens, self._cell)


class LikeliestPolicy(LSTMPolicy):
    """Greedy decoding: the initial cell state determines the whole sentence.

    Temperature has no effect, and the chosen token has probability 1. Given sentences are scored
    by the softmax.
    """

    def logits(self, state: LSTMState, position: tf.Tensor) -> tuple[tf.Tensor, LSTMState]:
        """Returns logits (B, V), 0 for the most likely token and -inf for others, and the state."""
        logits, state = super().logits(state, position)
        best = tf.argmax(logits, axis=-1, output_type=tf.int32)
        return tf.one_hot(best, logits.shape[-1], on_value=0.0, off_value=float("-inf")), state


class LatentPolicy:
    """An LSTM language model with a random initial state, by default h₀ and c₀ from N(0, 1).

    Sampling draws an initial state for each sentence (`drawn`). The likelihood of a sentence is
    estimated by an equal mixture over K fixed states, (1/K) Σ_k p(x | z_k). The NLL of this
    estimate is too high in expectation.

    Args:
      model: the network.
      draws: number of states in the mixture, K.
      seed: stateless seed (2,) of these states.
      noise: ``noise(rows, seed)`` draws initial states; default: `noise_state`.
      kind: class of the policy that starts from a given state.
    """

    def __init__(
        self,
        model: LSTMGenerator,
        draws: int,
        seed: tf.Tensor,
        noise: Callable[[int, tf.Tensor], Any] | None = None,
        kind: type[LSTMPolicy] = LSTMPolicy,
    ):
        self.model = model
        self.length = model.length
        self.draws = draws
        self._seed = seed
        self._noise = noise or (lambda rows, own: noise_state(rows, model.hidden_size, own))
        self._kind = kind

    def start(self, rows: int) -> LSTMState:
        """Raises ``ValueError``: the initial state of a given prefix is not known."""
        raise ValueError(
            "a generator with a random initial state cannot complete given prefixes: the state "
            "they were sampled from is not known"
        )

    def drawn(self, rows: int, seed: tf.Tensor) -> LSTMPolicy:
        """Returns a policy with initial states drawn for each of `rows` rows."""
        return self._kind(self.model, self._noise(rows, seed))

    def states(self) -> CellState:
        """Returns the K initial states of the likelihood estimate, (K, H) each."""
        return self._noise(self.draws, self._seed)

    def component(self, state: CellState, rows: int) -> LSTMPolicy:
        """Returns the policy that starts every row from one of `states`, (H,) each."""
        whole = tf.nest.map_structure(lambda part: tf.tile(part[None], [rows, 1]), state)
        return self._kind(self.model, whole)


def noise_state(rows: int, size: int, seed: tf.Tensor) -> CellState:
    """Returns an LSTM state drawn from N(0, 1), (rows, size) each, with a stateless seed (2,)."""
    noise = tf.random.stateless_normal([2, rows, size], seed)
    return CellState(noise[0], noise[1])


class LeakGANPolicy:
    """LeakGAN's generator with the features leaked by D under its current weights."""

    def __init__(self, model: LeakGANGenerator, leak: PrefixFeatures):
        self.model = model
        self.leak = leak
        self.length = model.length
        self._words = model.worker.fused_output_kernel()

    def start(self, rows: int) -> LeakGANState:
        """Returns the state before the first token."""
        return self.model.start(self.leak, rows)

    def logits(self, state: LeakGANState, position: tf.Tensor) -> tuple[tf.Tensor, LeakGANState]:
        """Returns the logits (B, V) of the next token, and the state with its goal."""
        hidden, state = self.model.observe(self.leak, state, position, "sampling")
        logits = self.model.worker(hidden, state.goal, self._words)
        return _close(self.model.ends, logits, state.last, position), state

    def write(self, state: LeakGANState, tokens: tf.Tensor, position: tf.Tensor) -> LeakGANState:
        """Returns the state after `tokens` (B,)."""
        return self.model.write(self.leak, state, tokens, position)

    def force(self, state: LeakGANState, tokens: tf.Tensor, position: tf.Tensor) -> LeakGANState:
        """Returns the state after a given token, its goals as in teacher forcing."""
        _, state = self.model.observe(self.leak, state, position, "scoring")
        return self.write(state, tokens, position)

    def resume(self, state: LeakGANState, position: tf.Tensor) -> LeakGANState:
        """Returns the state from which a rollout continues after a given prefix.

        Under the split alignment teacher forcing has already consumed the prefix's last token and
        its features; sampling consumes them a second time.
        """
        if self.model.goal_alignment == "single":
            return state
        return self.model.observe(self.leak, state, position, "scoring")[1]

    def sequence_logits(self, tokens: tf.Tensor, path: str = "scoring") -> tf.Tensor:
        """Returns the logits (B, T, V) of given sentences.

        Args:
          tokens: ids (B, T).
          path: "scoring" for the goals of the losses, "sampling" for those of sampled sentences.
        """
        goals = self.model.goals(self.leak.all(tokens), path)
        return self.model(tokens, goals.worker)


def _close(ends: bool, logits: tf.Tensor, last: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """Returns logits with which only the end symbol follows the end symbol.

    At position 0, `last` is the start symbol, not the end symbol.
    """
    return force_eos(logits, (last == END) & (position > 0)) if ends else logits
