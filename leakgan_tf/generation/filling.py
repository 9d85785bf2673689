"""Sentences with gaps: which tokens are masked, and how MaskGAN's generator fills them.

In training the first token of a sentence is never masked. For whole sentences, the first token is
sampled from the distribution of first tokens in the training sentences (`models.first_tokens`), and
all others are masked. The log-probability of a whole sentence is the sum over its tokens, each
given the previous ones. The encoder has read the first token and <m> for all others.
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
    """Returns the mask (rows, T) of present tokens, with one gap at a uniform position.

    Args:
      rows: number of sentences.
      length: tokens in a sentence, T.
      gap: number of masked tokens, less than T; the first token is never masked.
      seed: stateless seed (2,).
    """
    begin = tf.random.stateless_uniform([rows, 1], seed, 1, length - gap + 1, tf.int32)
    places = tf.range(length)
    return (places < begin) | (places >= begin + gap)


def random_masks(rows: int, length: int, rate: float, seed: tf.Tensor) -> tf.Tensor:
    """Returns the mask (rows, T) of present tokens; each but the first is masked independently.

    Args:
      rows: number of sentences.
      length: tokens in a sentence, T.
      rate: probability that a token is masked.
      seed: stateless seed (2,).
    """
    present = tf.random.stateless_uniform([rows, length], seed) >= rate
    return present | (tf.range(length) == 0)


class FillPolicy:
    """MaskGAN's generator as a policy of the sampling loop.

    Args:
      model: the network.
      first: distribution of first tokens.
      tokens: ids (B, T), read where `present`; default: all tokens are masked.
      present: mask (B, T) of the tokens shown to the encoder.
      closed: mask (B, T) of the positions where a sentence may not end; default: those before the
        last present word.
      factors: dropout factors of the model for B rows; default: no dropout.
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
        """Returns the state after `tokens` (B,); after the first token, m(x) has been encoded."""
        return tf.cond(
            tf.equal(position, 0), lambda: self._begin(tokens), lambda: state._replace(last=tokens)
        )

    def _begin(self, tokens: tf.Tensor) -> FillState:
        shown = self.show(tokens[:, tf.newaxis])
        encoded = self.model.encode(shown, self._factors)
        state = self.model.begin(encoded, tf.fill(tf.shape(tokens), START))
        return self.model.observe(state, self._factors)[1]._replace(last=tokens)

    def show(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns m(x) (B, T) of sentences (B, ·); the first token is always present."""
        rest = self._shown
        if rest is None:
            rest = tf.fill([tf.shape(tokens)[0], self.length], self.model.vocab_size)
        return tf.concat([tokens[:, :1], rest[:, 1:]], axis=1)

    def force(self, state: FillState, tokens: tf.Tensor, position: tf.Tensor) -> FillState:
        """Returns the state after a given token."""
        return self.write(self.logits(state, position)[1], tokens, position)

    def resume(self, state: FillState, position: tf.Tensor) -> FillState:
        """Returns the state unchanged: a given prefix is treated like a sampled one."""
        return state

    def sequence_logits(self, tokens: tf.Tensor, path: str = "scoring") -> tf.Tensor:
        """Returns the logits (B, T, V) of filled sentences; `path` has no effect."""
        logits = self.model.logits(tokens, self.show(tokens), self._factors)
        first = tf.broadcast_to(self._first, tf.shape(logits[:, :1]))
        logits = tf.concat([first, logits[:, 1:]], axis=1)
        if self._closed is not None:
            logits = forbid_eos(logits, self._closed)
        return force_eos(logits, ~valid_token_mask(tokens)) if self.model.ends else logits


class FillingGenerator(Generator):
    """A generator that also fills gaps of given sentences.

    Args:
      policy: ``policy(tokens, present, closed) -> FillPolicy``; without arguments it returns the
        policy of whole sentences.
      length: tokens in a sentence, T.
      batch_size: sentences per batch.
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
        """Samples the masked tokens of sentences at temperature 1.

        Args:
          tokens: ids (n, T), read where `present`.
          present: mask (n, T) of the given tokens.
          seed: stateless seed, two integers.

        Returns:
          Ids (n, T).
        """

        def filled(number: int, *batch: tf.Tensor) -> tf.Tensor:
            return self._fill_batch(*batch, tf.constant(seed, tf.int32), tf.constant(number))

        return self.batched(filled, tokens, present)

    def fill_log_prob(self, tokens: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Returns the log-probability of each token of filled sentences given m(x), in nats.

        Args:
          tokens: ids of the filled sentences, (n, T).
          present: mask (n, T) of the tokens that are not masked in m(x).

        Returns:
          Log-probabilities (n, T).
        """
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
        """Yields batches of fillings of one template, without end.

        Args:
          template: at most T ids, None for a blank; the sentence ends after it.
          temperature: divides the logits; one number.
          top_k: sample from this many most likely tokens; 0: from all.
          top_p: sample from the smallest set of most likely tokens with at least this probability.
          greedy: take the most likely token instead of sampling.
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
        """Returns the rows of ``function(number, *batch)``, called on batches of equal size."""
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
        """Returns one batch of fillings of a template.

        Args:
          template: ids (T,), read where `present`.
          present: mask (T,) of the given tokens.
          law: the law that tokens are sampled from.
          seed: stateless seed (2,); `number` is folded in.
          number: number of the batch.
        """
        rows = self._batch_size
        tokens, given = (tf.tile(each[tf.newaxis], [rows, 1]) for each in (template, present))
        policy = PartiallyForcedPolicy(self.fill_policy(tokens, given, ~given), tokens, given)
        none = tf.zeros([rows], tf.int32)
        own = tf.random.experimental.stateless_fold_in(seed, number)
        drawn = continue_prefixes(policy, tokens, none, law, own)
        costs = (tf.where(given, 0.0, part) for part in drawn[1:])
        return Drawn(tf.where(given, tokens, drawn.tokens), *costs)
