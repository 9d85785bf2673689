"""Log-probabilities of given sentences under a trained generator."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.vocabulary import EOS_ID
from leakgan_tf.generation.generator import Generator
from leakgan_tf.runs.request import count_drawn, tokenize


@dataclass(frozen=True)
class ScoredSentence:
    """A given sentence and its log-probability.

    Attributes:
      text: the sentence as given.
      tokens: its tokens.
      unknown: number of tokens outside the vocabulary; the model is given ``<unk>`` for each.
      counted: number of tokens in `log_prob`: with the end of the sentence, which a sentence of T
        tokens does not have.
      log_prob: log-probability in nats; -inf if the model cannot generate the sentence, which has
        more than T tokens, or an unknown one while the vocabulary has no ``<unk>``.
    """

    text: str
    tokens: tuple[str, ...]
    unknown: int
    counted: int
    log_prob: float


def score_sentences(
    generator: Generator, reader: TextReader, sentences: Sequence[str], temperature: float
) -> list[ScoredSentence]:
    """Returns sentences with their log-probabilities, those that `generator` samples with.

    Args:
      generator: the generator.
      reader: its vocabulary and tokenizer.
      sentences: one string each, split into tokens as the training text was.
      temperature: divides the logits.
    """
    length, vocabulary = generator.length, reader.vocabulary
    tokens = [tokenize([each], reader)[0] for each in sentences]
    possible = [len(each) <= length and None not in map(vocabulary.id_of, each) for each in tokens]
    rows = [vocabulary.encode(each if fits else [], length)
            for each, fits in zip(tokens, possible, strict=True)]  # fmt: skip
    ids = np.array(rows, np.int32).reshape([-1, length])
    counted = count_drawn(ids, np.ones(length, bool), EOS_ID)
    found = np.where(counted, generator.log_prob(ids, temperature, "sampling"), 0)  # (n, T)
    log_probs = np.where(possible, found.sum(axis=1, dtype=np.float64), -math.inf)
    return [
        ScoredSentence(
            text,
            tuple(own),
            sum(not vocabulary.knows(token) for token in own),
            min(len(own) + 1, length),
            float(log_prob),
        )
        for text, own, log_prob in zip(sentences, tokens, log_probs, strict=True)
    ]
