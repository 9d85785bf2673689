"""Sentences with gaps: which tokens are masked, and how MaskGAN's generator fills them.

A sentence's first token is never masked in training. Where none is given, it is drawn from the law
of the training sentences' first tokens (`models.first_tokens`), and all others are masked: the
log-probability of a whole sentence is that of its first token plus, for each other one, that given
those before it, the encoder having read the first token and <m>.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from leakgan_tf.generation.continuation import Drawn, continue_prefixes
from leakgan_tf.generation.forcing import PartiallyForcedPolicy, infill
from leakgan_tf.generation.generator import Generator, Temperature, inverse_factors
from leakgan_tf.generation.law import Law
from leakgan_tf.models.fill_generator import FillGenerator, FillState
from leakgan_tf.models.first_tokens import FirstTokens
from leakgan_tf.models.lstm_generator import START
from leakgan_tf.models.masking import END, forbid_eos, force_eos, valid_token_mask
from leakgan_tf.objectives import losses


def contiguous_masks(rows: int, length: int, gap: int, seed: tf.Tensor) -> tf.Tensor:
    """Returns which tokens are present, (rows, T): all but `gap` in a row, their place uniform.

    Args:
      rows: sentences.
      length: tokens in a sentence, T.
      gap: masked tokens, below T; the first token is none of them.
      seed: stateless seed (2,).
    """
    begin = tf.random.stateless_uniform([rows, 1], seed, 1, length - gap + 1, tf.int32)
    places = tf.range(length)
    return (places < begin) | (places >= begin + gap)


def random_masks(rows: int, length: int, rate: float, seed: tf.Tensor) -> tf.Tensor:
    """Returns which tokens are present, (rows, T): each but the first is masked by itself.

    Args:
      rows: sentences.
      length: tokens in a sentence, T.
      rate: probability that a token is masked.
      seed: stateless seed (2,).
    """
    present = tf.random.stateless_uniform([rows, length], seed) >= rate
    return present | (tf.range(length) == 0)


class FillPolicy:
    """MaskGAN's generator as the sampling loop sees it.

    Args:
      model: the network.
      first: the law of first tokens.
      tokens: ids (B, T), read where `present`; without them all is masked.
      present: which tokens are shown to the encoder, (B, T).
      closed: where no sentence may end, (B, T); without it before the last word that is present.
      factors: of the model's dropout, for B rows.
    """

    def __init__(
        self,
        model: FillGenerator,
        first: FirstTokens,
        tokens: tf.Tensor | None = None,
        present: tf.Tensor | None = None,
        closed: tf.Tensor | None = None,
        factors: tf.Tensor | None = None,
    ):
        self.model = model
        self.length = model.length
        self._first = tf.convert_to_tensor(first.logits)
        self._shown = None
        if tokens is not None and present is not None:
            self._shown = model.hide(tokens, present)
            if closed is None and model.ends:
                words = tf.cast(present & (tokens != END), tf.int32)
                closed = tf.cumsum(words, axis=1, exclusive=True, reverse=True) > 0
        self._closed = closed
        self._factors = factors

    def start(self, rows: int) -> FillState:
        """Returns the state before the first token."""
        return self.model.start(rows)

    def logits(self, state: FillState, position: tf.Tensor) -> tuple[tf.Tensor, FillState]:
        """Returns the logits (B, V) of the next token, and the state."""
        output, state = self.model.observe(state, self._factors)
        logits = tf.where(position == 0, self._first, self.model.projection(output))
        if self._closed is not None:
            logits = forbid_eos(logits, self._closed[:, position])
        if self.model.ends:
            logits = force_eos(logits, (state.last == END) & (position > 0))
        return logits, state

    def write(self, state: FillState, tokens: tf.Tensor, position: tf.Tensor) -> FillState:
        """Returns the state after `tokens` (B,); the first of them is encoded with m(x)."""
        return tf.cond(
            tf.equal(position, 0), lambda: self._begin(tokens), lambda: state._replace(last=tokens)
        )

    def _begin(self, tokens: tf.Tensor) -> FillState:
        shown = self.show(tokens[:, tf.newaxis])
        encoded = self.model.encode(shown, self._factors)
        state = self.model.begin(encoded, tf.fill(tf.shape(tokens), START))
        return self.model.observe(state, self._factors)[1]._replace(last=tokens)

    def show(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns m(x) (B, T) of sentences (B, ·), the first token always in it."""
        rest = self._shown
        if rest is None:
            rest = tf.fill([tf.shape(tokens)[0], self.length], self.model.vocab_size)
        return tf.concat([tokens[:, :1], rest[:, 1:]], axis=1)

    def force(self, state: FillState, tokens: tf.Tensor, position: tf.Tensor) -> FillState:
        """Returns the state after a given token."""
        return self.write(self.logits(state, position)[1], tokens, position)

    def resume(self, state: FillState, position: tf.Tensor) -> FillState:
        """Returns the state unchanged: a prefix that is given counts as if it had been written."""
        return state

    def sequence_logits(self, tokens: tf.Tensor, path: str = "scoring") -> tf.Tensor:
        """Returns the logits (B, T, V) along filled sentences; every path is the same."""
        logits = self.model.logits(tokens, self.show(tokens), self._factors)
        first = tf.broadcast_to(self._first, tf.shape(logits[:, :1]))
        logits = tf.concat([first, logits[:, 1:]], axis=1)
        if self._closed is not None:
            logits = forbid_eos(logits, self._closed)
        return force_eos(logits, ~valid_token_mask(tokens)) if self.model.ends else logits


class FillingGenerator(Generator):
    """A generator that also fills gaps of given sentences.

    Args:
      policy: ``policy(tokens, present, closed) -> FillPolicy``; without arguments that of whole
        sentences.
      length: tokens in a sentence, T.
      batch_size: sentences that are handled together.
    """

    def __init__(self, policy: Callable[..., FillPolicy], length: int, batch_size: int):
        super().__init__(policy, length, batch_size)
        self.fill_policy = policy
        self._fill_batch = tf.function(self._fill_rows, autograph=False)
        self._score_fillings = tf.function(self._score_rows, autograph=False)
        self._fill_template = tf.function(self.fill_copies, autograph=False)

    def fill(
        self, tokens: np.ndarray, present: np.ndarray, seed: Sequence[int] | np.ndarray
    ) -> np.ndarray:
        """Returns sentences (n, T) with what is not `present` (n, T) filled; temperature 1."""

        def filled(number: int, *batch: tf.Tensor) -> tf.Tensor:
            return self._fill_batch(*batch, tf.constant(seed, tf.int32), tf.constant(number))

        return self.batched(filled, tokens, present)

    def fill_log_prob(self, tokens: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Returns log p (n, T) of each token of filled sentences (n, T), given m(x)."""
        return self.batched(lambda _, *batch: self._score_fillings(*batch), tokens, present)

    def fillings(
        self,
        template: Sequence[int | None],
        temperature: Temperature = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        greedy: bool = False,
        seed: Sequence[int] | np.ndarray = (0, 0),
    ) -> Iterator[Drawn]:
        """Yields batch after batch of fillings of one sentence, without an end.

        Args:
          template: at most T ids, None for a blank; the sentence ends after it.
          temperature: divides the logits; one number.
          top_k: draw from so many of the likeliest tokens; 0: from all.
          top_p: draw from the fewest likeliest tokens with this probability together.
          greedy: take the likeliest token each time.
          seed: stateless seed, two integers.
        """
        blank = np.array([each is None for each in template] + [False] * self.length)[: self.length]
        ids = np.array([each or END for each in template] + [END] * self.length)[: self.length]
        law = Law(inverse_factors(temperature, self.length), top_k, top_p, greedy)
        law = Law(*(tf.constant(part) for part in law))
        given = tf.constant(ids, tf.int32), tf.constant(~blank)
        number = 0
        while True:
            own = tf.constant(seed, tf.int32), tf.constant(number)
            yield Drawn(*(part.numpy() for part in self._fill_template(*given, law, *own)))
            number += 1

    def batched(self, function: Callable[..., tf.Tensor], *arrays: np.ndarray) -> np.ndarray:
        """Returns the rows of ``function(number, *batch)`` over batches of one size."""
        rows, size = len(arrays[0]), self._batch_size
        padded = [np.pad(each, [[0, -rows % size], [0, 0]], mode="edge") for each in arrays]
        found = []
        for number in range(-(-rows // size)):
            batch = [tf.constant(each[number * size :][:size]) for each in padded]
            found.append(function(number, *batch).numpy())
        return np.concatenate(found)[:rows]

    def _fill_rows(
        self, tokens: tf.Tensor, present: tf.Tensor, seed: tf.Tensor, number: tf.Tensor
    ) -> tf.Tensor:
        own = tf.random.experimental.stateless_fold_in(seed, number)
        return infill(self.fill_policy(tokens, present), tokens, present, own)

    def _score_rows(self, tokens: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
        logits = self.fill_policy(tokens, present).sequence_logits(tokens)
        return -losses.cross_entropy(logits, tokens)

    def fill_copies(
        self, template: tf.Tensor, present: tf.Tensor, law: Law, seed: tf.Tensor, number: tf.Tensor
    ) -> Drawn:
        """Returns fillings of a template, as many as a batch has.

        Args:
          template: ids (T,), read where `present`.
          present: which of them are given, (T,).
          law: how tokens are drawn.
          seed: stateless seed (2,); `number` is folded in.
          number: of the batch.
        """
        rows = self._batch_size
        tokens, given = (tf.tile(each[tf.newaxis], [rows, 1]) for each in (template, present))
        policy = PartiallyForcedPolicy(self.fill_policy(tokens, given, ~given), tokens, given)
        none = tf.zeros([rows], tf.int32)
        own = tf.random.experimental.stateless_fold_in(seed, number)
        drawn = continue_prefixes(policy, tokens, none, law, own)
        costs = (tf.where(given, 0.0, part) for part in drawn[1:])
        return Drawn(tf.where(given, tokens, drawn.tokens), *costs)
