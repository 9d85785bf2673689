"""Words and ids."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgan_tf.data.text import TOKENIZER_NAMES, get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.utils.errors import UserError

TEXT = [name for name in TOKENIZER_NAMES if name != "pitch"]  # takes no other text


def test_words_are_ordered_by_count_then_alphabet():
    counts = {"b": 2, "c": 5, "a": 2, "d": 1}
    assert Vocabulary.from_counts(counts).words == ("c", "a", "b", "d")
    assert Vocabulary.from_counts(counts, min_count=2).words == ("c", "a", "b")


def test_size_includes_the_symbols():
    counts = {"a": 3, "b": 2, "c": 1}
    without, with_unknown = (
        Vocabulary.from_counts(counts, size=3, unknown=unknown) for unknown in (False, True)
    )
    assert (without.words, len(without)) == (("a", "b"), 3)
    assert (with_unknown.words, len(with_unknown)) == (("a",), 3)
    assert Vocabulary.from_counts(counts, size=1).words == ()


def test_encode_pads_with_zero_and_needs_no_end_in_a_full_sentence():
    vocabulary = Vocabulary(["a", "b"])
    ids = vocabulary.encode(["b", "a"], 4)
    assert ids.tolist() == [2, 1, 0, 0]
    assert ids.dtype == np.int32
    assert vocabulary.encode(["b", "a"], 2).tolist() == [2, 1]
    assert vocabulary.decode([2, 1]) == ["b", "a"]
    assert vocabulary.decode(np.array([2, 0, 1], np.int32)) == ["b"]


def test_unknown_words_have_an_id_or_are_refused():
    assert Vocabulary(["a"], unknown=True).encode(["x", "a"], 2).tolist() == [1, 2]
    assert Vocabulary(["a"], unknown=True).decode([1, 2]) == ["<unk>", "a"]
    with pytest.raises(UserError, match="'x'"):
        Vocabulary(["a"]).encode(["x"], 2)
    with pytest.raises(UserError, match="more than 1"):
        Vocabulary(["a"]).encode(["a", "a"], 1)


@pytest.mark.parametrize("unknown", [False, True])
def test_text_that_contains_the_symbols_is_ordinary_text(unknown):
    tokens = ["<eos>", "a", "<unk>", "<eos>"]
    vocabulary = Vocabulary.from_counts({"<eos>": 2, "a": 1, "<unk>": 1}, unknown=unknown)
    ids = vocabulary.encode(tokens, 6)
    assert (ids[:4] >= vocabulary.first_id).all()
    assert vocabulary.decode(ids) == tokens
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert again == vocabulary
    assert again.encode(tokens, 6).tolist() == ids.tolist()


def test_ids_outside_are_refused():
    for ids in ([3], [-1]):
        with pytest.raises(ValueError, match="not in"):
            Vocabulary(["a", "b"]).decode(ids)


@pytest.mark.parametrize("words", [["a", "a"], ["a", ""]])
def test_words_that_are_not_a_vocabulary_are_refused(words):
    with pytest.raises(UserError):
        Vocabulary(words)


@pytest.mark.parametrize("value", [None, [], {"words": "abc"}, {"words": [1]}, {}])
def test_json_that_is_no_vocabulary_is_refused(value):
    with pytest.raises(UserError, match="^a vocabulary"):
        Vocabulary.from_json(value)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(), st.sampled_from(TEXT), st.booleans(), st.integers(0, 3))
def test_every_text_survives_encoding(line, name, unknown, spare):
    tokens = get_tokenizer(name).tokenize(line)
    vocabulary = Vocabulary.from_counts({word: 1 for word in tokens}, unknown=unknown)
    ids = vocabulary.encode(tokens, len(tokens) + spare)
    assert vocabulary.decode(ids) == tokens
    assert len(vocabulary) == len(set(tokens)) + 1 + unknown
