"""The generators as the sampling loop and the metrics see them: next-token policies.

A policy binds a model to what it needs besides its weights: for LeakGAN, D's leaked features.
Build it where it is used: it reads D's weights when it is made.
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
    """The LSTM language model; one policy on every path.

    Args:
      model: the network.
      cell: its cell's state before the first token, of all rows; zero without it.
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
        """Returns the logits (B, V) after the hidden vector (B, H); an ended sentence stays so."""
        return _close(self.model.ends, self.model.projection(hidden), state.last, position)

    def write(self, state: LSTMState, tokens: tf.Tensor, position: tf.Tensor) -> LSTMState:
        """Returns the state after `tokens` (B,)."""
        return state._replace(last=tokens)

    def force(self, state: LSTMState, tokens: tf.Tensor, position: tf.Tensor) -> LSTMState:
        """Returns the state after a given token."""
        return self.write(self.model.observe(state)[1], tokens, position)

    def resume(self, state: LSTMState, position: tf.Tensor) -> LSTMState:
        """Returns the state unchanged: sampling goes on as if the prefix had been sampled."""
        return state

    def sequence_logits(self, tokens: tf.Tensor, path: str = "scoring") -> tf.Tensor:
        """Returns the logits (B, T, V) along known sentences; every path is the same."""
        if self._cell is None:
            return self.model(tokens)
        return self.model.logits(tokens, self._cell)


class LikeliestPolicy(LSTMPolicy):
    """Takes the likeliest token each time: its cell's first state says the whole sentence.

    A temperature changes nothing, and a token that was taken has the probability 1. Known sentences
    have that of the softmax.
    """

    def logits(self, state: LSTMState, position: tf.Tensor) -> tuple[tf.Tensor, LSTMState]:
        """Returns logits (B, V) of the next token, 0 of the likeliest, else -inf; and the state."""
        logits, state = super().logits(state, position)
        best = tf.argmax(logits, axis=-1, output_type=tf.int32)
        return tf.one_hot(best, logits.shape[-1], on_value=0.0, off_value=float("-inf")), state


class LatentPolicy:
    """An LSTM language model whose cell begins in noise, h₀ and c₀ from N(0, 1) by default.

    It has no state to start from: sampling draws one for each sentence (`drawn`). The likelihood of
    a sentence is that of an equal mixture of `draws` fixed states, (1/K) Σ_k p(x | z_k): an
    estimate of p(x), the NLL of which is too high in expectation.

    Args:
      model: the network.
      draws: K.
      seed: stateless seed (2,) of the K states.
      noise: ``noise(rows, seed)``: draws such states; `noise_state` without it.
      kind: the policy that goes on from one.
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
        """Raises ``ValueError``: a prefix does not say which noise it was written with."""
        raise ValueError("a generator that begins in noise cannot complete given prefixes")

    def drawn(self, rows: int, seed: tf.Tensor) -> LSTMPolicy:
        """Returns the policy whose cell begins in noise, another one in each of `rows` rows."""
        return self._kind(self.model, self._noise(rows, seed))

    def states(self) -> CellState:
        """Returns the K states of the likelihood, (K, H) each."""
        return self._noise(self.draws, self._seed)

    def component(self, state: CellState, rows: int) -> LSTMPolicy:
        """Returns the policy that begins in one of `states`, (H,) each, in every row."""
        whole = tf.nest.map_structure(lambda part: tf.tile(part[None], [rows, 1]), state)
        return self._kind(self.model, whole)


def noise_state(rows: int, size: int, seed: tf.Tensor) -> CellState:
    """Returns an LSTM's state from N(0, 1), (rows, size) each, of a stateless seed (2,)."""
    noise = tf.random.stateless_normal([2, rows, size], seed)
    return CellState(noise[0], noise[1])


class LeakGANPolicy:
    """LeakGAN's generator with the features that D leaks at present."""

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

        Under the split alignment teacher forcing has consumed the prefix's last token and its
        features already, and sampling consumes them a second time.
        """
        if self.model.goal_alignment == "single":
            return state
        return self.model.observe(self.leak, state, position, "scoring")[1]

    def sequence_logits(self, tokens: tf.Tensor, path: str = "scoring") -> tf.Tensor:
        """Returns the logits (B, T, V) along known sentences.

        Args:
          tokens: ids (B, T).
          path: "scoring", the goals of the losses; or "sampling", those of a sampled sentence.
        """
        goals = self.model.goals(self.leak.all(tokens), path)
        return self.model(tokens, goals.worker)


def _close(ends: bool, logits: tf.Tensor, last: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """Lets nothing follow the end symbol. In front of the first token the last is the start."""
    return force_eos(logits, (last == END) & (position > 0)) if ends else logits
