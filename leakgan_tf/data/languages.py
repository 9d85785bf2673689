"""The languages of the CFG task: two grammars of formulas with a limited number of levels.

"operators": S → x | S+S | S-S | S*S | S/S, from the Gumbel-softmax GAN's paper (Kusner and
Hernández-Lobato 2016, quoted from memory). The language is x(∘x)*, so a level adds two symbols.
With at most 5 operators there are 1,365 sentences of at most 11 symbols.

"brackets": S → S+x | S-x | S*x | S/x | x | (S), x → x | y, from Texygen's CFG task, with up to 9
levels and 19 symbols. Every sentence has one derivation.

The papers do not give the distribution of their sentences. "levels": the number of levels is
uniform, and all rules that add a level are equally likely. "derivation": all rules are equally
likely, up to the largest number of levels; most sentences are then a single operand.

Texygen's own data is not used: it consists of the first 30,000 sentences that NLTK enumerates below
depth 9, which all begin with the same rules.
"""

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np

from leakgan_tf.data.grammar import Grammar
from leakgan_tf.utils.seeds import numpy_generator

PADDING = " "  # id 0: pads a sentence to T
LAWS = ("levels", "derivation")
_OPERATORS = "+-*/"
_ENUMERABLE = 10_000  # largest number of sentences to list

# {name: (largest number of levels, rule of a level, rule of operands)}.
_RULES = {
    "operators": (5, "{below} Op x", "Operand = x"),
    "brackets": (9, "4 {below} Op Operand | 1 ( {below} )", "Operand = x | y"),
}
GRAMMARS = tuple(_RULES)


def _weight(name: str, law: str, level: int, most: int) -> int:
    """Returns the unnormalized probability of a number of levels under a law."""
    if law == "levels":
        return 1
    if name == "operators":  # Catalan(k) derivations, of five rules each
        catalan = math.comb(2 * level, level) // (level + 1)
        return catalan * 4**level * 25 ** (most - level)
    return 5**level * 6 ** (most - level)


class Language:
    """A language of the CFG task: its sentences as rows of ids, and their probabilities.

    Attributes:
      length: T, symbols in a row; at least one is padding.
      symbols: symbols by id; the first is the padding.
      grammar: probabilistic grammar with the distribution of sentences.

    Args:
      name: one of `GRAMMARS`.
      law: one of `LAWS`.
    """

    def __init__(self, name: str, law: str = LAWS[0]):
        most, rule, operands = _RULES[name]
        levels = [f"{_weight(name, law, level, most)} L{level}" for level in range(most + 1)]
        text = [f"Sentence = {' | '.join(levels)}", "L0 = Operand", operands]
        text += [f"L{each} = {rule.format(below=f'L{each - 1}')}" for each in range(1, most + 1)]
        text.append(f"Op = {' | '.join(_OPERATORS)}")
        self.grammar = Grammar("\n".join(text), "Sentence")
        self.length = self.grammar.longest + 1
        self.symbols = (PADDING, *self.grammar.words)
        self._ids = {symbol: number for number, symbol in enumerate(self.symbols)}
        self._weights = [_weight(name, law, level, most) for level in range(most + 1)]
        self.log_prob = lru_cache(maxsize=100_000)(self.grammar.log_prob)

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Samples sentences; returns ids (count, T) int32."""
        generator = numpy_generator(seed, "sentences")
        return self.encode([self.grammar.sample(generator) for _ in range(count)])

    def encode(self, sentences: Sequence[Sequence[str]]) -> np.ndarray:
        """Returns sentences of at most T symbols as ids (n, T) int32, padded."""
        rows = np.zeros([len(sentences), self.length], np.int32)
        for row, sentence in zip(rows, sentences, strict=True):
            row[: len(sentence)] = [self._ids[symbol] for symbol in sentence]
        return rows

    def text(self, row: Sequence[int]) -> str:
        """Returns ids (T,) as text; padding at the end is removed, padding inside stays."""
        return "".join(self.symbols[number] for number in row).rstrip(PADDING)

    @cached_property
    def lengths(self) -> dict[int, float]:
        """{length in symbols: probability}."""
        total = sum(self._weights)
        return {2 * level + 1: weight / total for level, weight in enumerate(self._weights)}

    @cached_property
    def sentences(self) -> tuple[np.ndarray, np.ndarray] | None:
        """All sentences, ids (n, T), and their probabilities (n,); None if n is above 10,000."""
        if self.grammar.derivation_count > _ENUMERABLE:
            return None
        words, probabilities = zip(*self.grammar.derivations(), strict=True)
        return self.encode(words), np.array(probabilities)
