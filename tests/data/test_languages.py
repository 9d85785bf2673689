"""The two formula languages: what is in them, and with which probability."""

import itertools
import math
import re

import numpy as np
import pytest

from leakgan_tf.data.languages import GRAMMARS, LAWS, Language

OPERATORS = Language("operators")


def catalan(k):
    return math.comb(2 * k, k) // (k + 1)


def test_the_language_of_operators_is_a_regular_one():
    """Every string of at most 7 symbols is valid if it is x(∘x)*, and no other is."""
    for length in range(8):
        for symbols in itertools.product("x+-*/ ", repeat=min(length, 5)):
            sentence = "".join(symbols) + "+x" * ((length - 5) // 2 if length > 5 else 0)
            valid = bool(re.fullmatch(r"x([-+*/]x)*", sentence))
            assert math.isfinite(OPERATORS.log_prob(sentence)) == valid, sentence


def test_there_are_1365_sentences_of_at_most_11_symbols():
    ids, law = OPERATORS.sentences
    assert ids.shape == (1365, 12) and len(np.unique(ids, axis=0)) == 1365
    counts = np.bincount((ids != 0).sum(axis=1))
    assert counts[1::2].tolist() == [1, 4, 16, 64, 256, 1024] and counts[::2].sum() == 0
    np.testing.assert_allclose(law.sum(), 1.0)
    for row, probability in zip(ids, law, strict=True):
        sentence = OPERATORS.text(row)
        assert math.isfinite(OPERATORS.log_prob(sentence))
        np.testing.assert_allclose(math.exp(OPERATORS.log_prob(sentence)), probability)


def test_the_laws_over_the_number_of_operators():
    """Uniform; or Catalan(k)·q^(k+1)·(1-q)^k at q = 0.2, cut at 5 and normalized."""
    assert list(OPERATORS.lengths) == [1, 3, 5, 7, 9, 11]
    np.testing.assert_allclose(list(OPERATORS.lengths.values()), 1 / 6)
    masses = np.array([catalan(k) * 0.2 ** (k + 1) * 0.8**k for k in range(6)])
    derived = Language("operators", "derivation")
    np.testing.assert_allclose(list(derived.lengths.values()), masses / masses.sum())
    assert 0.79 < derived.lengths[1] < 0.81
    one = math.exp(derived.log_prob("x+x*x"))
    np.testing.assert_allclose(one, masses[2] / masses.sum() / 16)  # operators are uniform


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", GRAMMARS)
def test_samples_follow_the_law(name, law):
    language = Language(name, law)
    ids = language.sample(3000, 5)
    assert ids.shape == (3000, language.length) and (ids[:, -1] == 0).all()
    sentences = [language.text(row) for row in ids]
    assert all(math.isfinite(language.log_prob(each)) for each in set(sentences))
    shares = {each: 0.0 for each in language.lengths}
    for sentence in sentences:
        shares[len(sentence)] += 1 / 3000
    for length, probability in language.lengths.items():
        deviation = math.sqrt(probability * (1 - probability) / 3000)
        assert abs(shares[length] - probability) <= 4 * deviation + 1e-12
    np.testing.assert_array_equal(language.sample(3000, 5), ids)
    assert not np.array_equal(language.sample(3000, 6), ids)


def balanced(sentence):
    """Texygen's bracket grammar by a counter: brackets around what stands left of an operator."""
    depth, lowest = 0, 0
    for symbol in reversed(sentence):  # from the right: brackets open at ")"
        depth += {")": 1, "(": -1}.get(symbol, 0)
        lowest = min(lowest, depth)
    return depth == 0 and lowest == 0


def test_the_bracket_grammar():
    language = Language("brackets")
    assert (language.length, language.sentences) == (20, None)
    for valid in ("x", "y", "(x)", "((y))", "x+y", "(x+y)*x", "((x)-y)/x", "(x)+y"):
        assert math.isfinite(language.log_prob(valid)), valid
    for wrong in ("", "()", "x+", "(x", "x)", "xy", "x+(y)", "x y", "(x))", "+x"):
        assert language.log_prob(wrong) == -math.inf, wrong
    # Up to 5 symbols against a definition of its own: tokens alternate, brackets balance.
    for length in range(1, 6):
        for symbols in itertools.product("x+()", repeat=length):
            sentence = "".join(symbols)
            expected = bool(re.fullmatch(r"\(*x\)*(\+x\)*)*", sentence)) and balanced(sentence)
            assert math.isfinite(language.log_prob(sentence)) == expected, sentence
    assert math.isfinite(language.log_prob("x" + "+x" * 9))  # 19 symbols, all that T holds


def test_padding_is_cut_off_at_the_end_only():
    row = OPERATORS.encode(["x+x"])[0]
    assert OPERATORS.text(row) == "x+x"
    row[5] = row[0]
    assert OPERATORS.text(row) == "x+x  x"
    assert OPERATORS.log_prob(OPERATORS.text(row)) == -math.inf
