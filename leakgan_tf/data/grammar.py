"""Probabilistic context-free grammars without recursion: sampling and exact probabilities."""

import math
from bisect import bisect
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np

Rule = tuple[float, tuple[str, ...]]


class Grammar:
    """A probabilistic context-free grammar of finitely many sentences.

    Each line defines one symbol; ``|`` continues the line above, ``#`` begins a comment::

        Sentence = 3 Noun sleeps | 1 Noun sees a Noun
        Noun = dog | cat

    Symbols begin with a capital, words do not. The number before an alternative is its weight
    (default 1). The probability of an alternative is its weight divided by the sum of weights.

    Args:
      text: the rules, without empty alternatives and without recursion.
      start: the start symbol.

    Raises:
      ValueError: a rule is malformed, recursive or missing.
    """

    def __init__(self, text: str, start: str):
        self.start = start
        self._rules = _parse(text)
        self._order = _dependency_order(self._rules, start)
        self._sum_weights = {
            symbol: list(accumulate(weight for weight, _ in self._rules[symbol]))
            for symbol in self._order
        }
        self._by_first = self._index_by_first_word()

    def sample(self, generator: np.random.Generator) -> list[str]:
        """Samples a sentence and returns its tokens."""
        return self.sample_derivation(generator)[0]

    def sample_derivation(self, generator: np.random.Generator) -> tuple[list[str], float]:
        """Samples a derivation; returns the sentence and the derivation's log-probability in nats.

        For a sentence with one derivation this is the sentence's log-probability.
        """
        tokens: list[str] = []
        log_prob = 0.0
        pending = [self.start]
        while pending:
            item = pending.pop()
            if item not in self._rules:
                tokens.append(item)
                continue
            sums = self._sum_weights[item]
            weight, items = self._rules[item][bisect(sums, generator.random() * sums[-1])]
            log_prob += math.log(weight / sums[-1])
            pending.extend(reversed(items))
        return tokens, log_prob

    def log_prob(self, tokens: Sequence[str]) -> float:
        """Returns log p of a sentence in nats, summed over all its derivations.

        It is -inf for a sentence outside the grammar. The inside algorithm runs from left to
        right: for a symbol and its begin, it finds the probability of every possible end.
        """
        found = self._inside(self.start, 0, tuple(tokens), {}).get(len(tokens), 0.0)
        return math.log(found) if found > 0.0 else -math.inf

    def derivations(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yields (tokens, probability) of every derivation; feasible for small grammars only."""
        yield from self._expand((self.start,), 1.0)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words, sorted."""
        items = {item for symbol in self._order for _, rule in self._rules[symbol] for item in rule}
        return tuple(sorted(items - set(self._rules)))

    @cached_property
    def derivation_count(self) -> int:
        """Number of derivations: the number of sentences if each has one derivation."""
        counts: dict[str, int] = {}
        for symbol in self._order:
            rules = self._rules[symbol]
            counts[symbol] = sum(math.prod(counts.get(i, 1) for i in items) for _, items in rules)
        return counts[self.start]

    @cached_property
    def longest(self) -> int:
        """Length of the longest sentence, in tokens."""
        lengths: dict[str, int] = {}
        for symbol in self._order:
            rules = self._rules[symbol]
            lengths[symbol] = max(sum(lengths.get(i, 1) for i in items) for _, items in rules)
        return lengths[self.start]

    @cached_property
    def mean_length(self) -> float:
        """Expected length of a sentence, in tokens."""
        lengths: dict[str, float] = {}
        for symbol in self._order:
            lengths[symbol] = sum(
                prob * sum(lengths.get(item, 1.0) for item in items)
                for prob, items in self._probabilities(symbol)
            )
        return lengths[self.start]

    @cached_property
    def derivation_entropy(self) -> float:
        """Entropy of derivations in nats: that of sentences if each has one derivation."""
        entropies: dict[str, float] = {}
        for symbol in self._order:
            entropies[symbol] = sum(
                prob * (sum(entropies.get(item, 0.0) for item in items) - math.log(prob))
                for prob, items in self._probabilities(symbol)
            )
        return entropies[self.start]

    def _probabilities(self, symbol: str) -> list[Rule]:
        total = self._sum_weights[symbol][-1]
        return [(weight / total, items) for weight, items in self._rules[symbol]]

    def _index_by_first_word(self) -> dict[str, dict[str, list[Rule]]]:
        """Returns {symbol: {word: alternatives of the symbol that can begin with the word}}."""
        index: dict[str, dict[str, list[Rule]]] = {}
        for symbol in self._order:
            own: dict[str, list[Rule]] = {}
            for rule in self._probabilities(symbol):
                first = rule[1][0]
                for word in index.get(first, (first,)):
                    own.setdefault(word, []).append(rule)
            index[symbol] = own
        return index

    def _inside(
        self,
        symbol: str,
        begin: int,
        tokens: tuple[str, ...],
        known: dict[tuple[str, int], dict[int, float]],
    ) -> dict[int, float]:
        """Returns {end: probability that ``symbol`` generates tokens[begin:end]} without zeros."""
        if (symbol, begin) in known:
            return known[symbol, begin]
        ends: dict[int, float] = {}
        word = tokens[begin] if begin < len(tokens) else None
        for prob, items in self._by_first[symbol].get(word, ()) if word is not None else ():
            reached = {begin: prob}
            for item in items:
                reached = self._advance(item, reached, tokens, known)
            for end, value in reached.items():
                ends[end] = ends.get(end, 0.0) + value
        known[symbol, begin] = ends
        return ends

    def _advance(
        self,
        item: str,
        reached: dict[int, float],
        tokens: tuple[str, ...],
        known: dict[tuple[str, int], dict[int, float]],
    ) -> dict[int, float]:
        """Returns {end: probability} after one more item, from {end: probability} before it."""
        if item not in self._rules:
            return {
                place + 1: value
                for place, value in reached.items()
                if place < len(tokens) and tokens[place] == item
            }
        further: dict[int, float] = {}
        for place, value in reached.items():
            for end, factor in self._inside(item, place, tokens, known).items():
                further[end] = further.get(end, 0.0) + value * factor
        return further

    def _expand(
        self, items: tuple[str, ...], prob: float
    ) -> Iterator[tuple[tuple[str, ...], float]]:
        for place, item in enumerate(items):
            if item in self._rules:
                for factor, rule in self._probabilities(item):
                    yield from self._expand(
                        items[:place] + rule + items[place + 1 :], prob * factor
                    )
                return
        yield items, prob


def _parse(text: str) -> dict[str, list[Rule]]:
    rules: dict[str, list[Rule]] = {}
    symbol = ""
    for line in text.splitlines():
        body = line.partition("#")[0].strip()
        if not body:
            continue
        if not body.startswith("|"):
            symbol, equals, body = (part.strip() for part in body.partition("="))
            if not equals or not symbol[:1].isupper() or symbol in rules:
                raise ValueError(f"not a rule, or a second rule for a symbol: {line!r}")
            rules[symbol] = []
        elif not symbol:
            raise ValueError(f"empty alternative: {line!r}")
        rules[symbol] += [_alternative(part, line) for part in body.removeprefix("|").split("|")]
    return rules


def _alternative(text: str, line: str) -> Rule:
    items = text.split()
    weight = float(items.pop(0)) if items and items[0].isdecimal() else 1.0
    if not items or not weight:
        raise ValueError(f"empty alternative, or weight 0: {line!r}")
    return weight, tuple(items)


def _dependency_order(rules: dict[str, list[Rule]], start: str) -> list[str]:
    """Returns the symbols reachable from ``start`` in topological order, ``start`` last."""
    order: dict[str, None] = {}

    def visit(symbol: str, above: tuple[str, ...]) -> None:
        if symbol in above:
            raise ValueError(f"{symbol} refers to itself")
        if symbol not in rules:
            raise ValueError(f"no rule for {symbol}")
        if symbol in order:
            return
        for _, items in rules[symbol]:
            for item in items:
                if item[0].isupper():
                    visit(item, (*above, symbol))
        order[symbol] = None

    visit(start, ())
    return list(order)
