"""Byte-pair encoding: the merges applied here are those of Hugging Face's tokenizers."""

import random

import pytest

from leakgan_tf.data.bpe import BPETokenizer, learn_merges, words
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.utils.errors import UserError


def test_merges_apply_in_the_order_of_their_ranks():
    merges = [("a", "b"), ("b", "c"), ("▁", "ab"), ("c", "c")]
    tokenizer = BPETokenizer(merges=merges)
    assert tokenizer.tokenize("abc  bcc") == ["▁ab", "c", "▁", "bc", "c"]
    assert tokenizer.detokenize(["▁ab", "c", "▁", "bc", "c"]) == "abc bcc"
    assert BPETokenizer(True, merges).tokenize("ABC") == ["▁ab", "c"]
    assert tokenizer.tokenize(" ▁ ") == []


def test_without_merges_there_is_no_tokenizer():
    with pytest.raises(UserError, match="bpe"):
        get_tokenizer("bpe")


def test_pieces_are_those_of_the_library():
    tokenizers = pytest.importorskip("tokenizers")
    rng = random.Random(0)
    lines = [" ".join(rng.choices(["walking", "walks", "été", "犬", "talked", "aaa"], k=5))
             for _ in range(200)]  # fmt: skip
    merges = learn_merges(lines, 40, lowercase=False)
    pieces = sorted({*"".join(" ".join(words(line, False)) for line in lines),
                     *(a + b for a, b in merges)})  # fmt: skip
    model = tokenizers.models.BPE({piece: i for i, piece in enumerate(pieces)}, merges)
    theirs, ours = tokenizers.Tokenizer(model), BPETokenizer(merges=merges)
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    for line in [*lines, "walked aaaaaaa ététalks 犬犬 king"]:
        assert ours.tokenize(line) == theirs.encode(" ".join(words(line, False))).tokens
        assert ours.detokenize(ours.tokenize(line)) == line
