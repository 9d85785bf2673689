"""Grammars: exact probabilities against enumeration, samples against probabilities."""

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgan_tf.data.grammar import Grammar

# "a b" and "a b a b" have several derivations each.
AMBIGUOUS = """
Start = 3 Pair | Pair Pair | 2 a Tail   # a comment
    | 1 a b a b
Pair = a b | 3 Left b
Left = 5 a | b
Tail = b | 2 c c
"""


def by_sentence(grammar):
    """Sums the probabilities of all derivations of each sentence."""
    table = defaultdict(float)
    for tokens, prob in grammar.derivations():
        table[tokens] += prob
    return table


def test_probabilities_equal_enumeration_for_every_string():
    grammar = Grammar(AMBIGUOUS, "Start")
    table = by_sentence(grammar)
    assert sum(table.values()) == pytest.approx(1, abs=1e-12)
    assert grammar.derivation_count > len(table)
    for length in range(6):
        for tokens in itertools.product("abcx", repeat=length):
            wanted = math.log(table[tokens]) if tokens in table else -math.inf
            assert grammar.log_prob(tokens) == pytest.approx(wanted, abs=1e-12)


def test_weights_are_normalized():
    grammar = Grammar("S = 3 a | b", "S")
    assert grammar.log_prob(["a"]) == pytest.approx(math.log(0.75))
    assert grammar.log_prob(["b"]) == pytest.approx(math.log(0.25))


def test_sample_frequencies_agree_with_probabilities():
    grammar = Grammar(AMBIGUOUS, "Start")
    generator = np.random.default_rng(0)
    draws = 20_000
    counts = Counter(tuple(grammar.sample(generator)) for _ in range(draws))
    table = by_sentence(grammar)
    assert set(counts) <= set(table)
    for tokens, prob in table.items():
        deviation = math.sqrt(draws * prob * (1 - prob))
        assert abs(counts[tokens] - draws * prob) < 5 * deviation


def test_sizes_equal_enumeration():
    grammar = Grammar(AMBIGUOUS, "Start")
    derivations = list(grammar.derivations())
    assert grammar.derivation_count == len(derivations)
    assert grammar.longest == max(len(tokens) for tokens, _ in derivations)
    assert grammar.mean_length == pytest.approx(sum(len(t) * p for t, p in derivations))
    assert grammar.derivation_entropy == pytest.approx(
        -sum(p * math.log(p) for _, p in derivations)
    )
    assert grammar.words == ("a", "b", "c")


def test_the_derivation_of_a_sample_is_at_most_as_probable_as_the_sentence():
    grammar = Grammar(AMBIGUOUS, "Start")
    generator = np.random.default_rng(1)
    gaps = []
    for _ in range(200):
        tokens, log_prob = grammar.sample_derivation(generator)
        gaps.append(grammar.log_prob(tokens) - log_prob)
    assert min(gaps) > -1e-12
    assert max(gaps) > 0.1  # "a b" by way of Tail


@st.composite
def grammars(draw):
    """Grammars of four levels, each using lower ones and the words a and b; often ambiguous."""
    lines = []
    below = ["a", "b"]
    for name in ("D", "C", "B", "A"):
        items = st.lists(st.sampled_from(below), min_size=1, max_size=3).map(" ".join)
        alternatives = draw(st.lists(items, min_size=1, max_size=3))
        weights = [draw(st.integers(1, 5)) for _ in alternatives]
        rule = " | ".join(f"{w} {items}" for w, items in zip(weights, alternatives, strict=True))
        lines.append(f"{name} = {rule}")
        if len(below) < 5:
            below = [*below, name] if name != "A" else below
    return "\n".join(lines)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(grammars())
def test_any_grammar_sums_to_one_and_equals_enumeration(text):
    grammar = Grammar(text, "A")
    if grammar.derivation_count > 3000:
        grammar = Grammar(text, "B")
    if grammar.derivation_count > 3000:
        return
    table = by_sentence(grammar)
    total = sum(math.exp(grammar.log_prob(tokens)) for tokens in table)
    assert total == pytest.approx(1, abs=1e-9)
    for tokens, prob in itertools.islice(table.items(), 50):
        assert math.exp(grammar.log_prob(tokens)) == pytest.approx(prob, rel=1e-9)
        if (*tokens, "a") not in table:
            assert grammar.log_prob((*tokens, "a")) == -math.inf


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("S = a S | a", "refers to itself"),
        ("S = T\nT = a S", "refers to itself"),
        ("S = a Missing", "no rule for Missing"),
        ("S = a\nS = b", "not a rule"),
        ("s = a", "not a rule"),
        ("S a", "not a rule"),
        ("| a", "empty alternative"),
        ("S = a | ", "empty"),
        ("S = 3 | a", "empty"),
        ("S = 0 a", "weight 0"),
        ("T = a", "no rule for S"),
    ],
)
def test_texts_that_are_no_grammar_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Grammar(text, "S")
