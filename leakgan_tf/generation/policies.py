"""The generators as the sampling loop and the metrics see them: next-token policies.

A policy binds a model to what it needs besides its weights: for LeakGAN, D's leaked features.
Build it where it is used: it reads D's weights when it is made.
"""

import tensorflow as tf

from leakgan_tf.models.leakgan_generator import LeakGANGenerator, LeakGANState
from leakgan_tf.models.lstm_generator import LSTMGenerator, LSTMState
from leakgan_tf.models.masking import END, force_eos
from leakgan_tf.models.prefix_features import PrefixFeatures


class LSTMPolicy:
    """The LSTM language model; one policy on every path."""

    def __init__(self, model: LSTMGenerator):
        self.model = model
        self.length = model.length

    def start(self, rows: int) -> LSTMState:
        """Returns the state before the first token."""
        return self.model.start(rows)

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
        return self.model(tokens)


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
