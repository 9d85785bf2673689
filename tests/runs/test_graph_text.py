"""Tokens and text in a graph are those of the Python tokenizers, on random text of nasty parts."""

import random

import pytest
import tensorflow as tf

from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.runs import graph_text

PARTS = [
    "a",
    "dog",
    "can",
    "not",
    "Can",
    "cannot",
    "wan",
    "na",
    "wanna",
    "gim",
    "me",
    "got",
    "ta",
    "d",
    "'ye",
    "d'ye",
    "more",
    "'n",
    "more'n",
    "'t",
    "is",
    "was",
    "'tis",
    "n't",
    "'s",
    "'S",
    "'",
    "''",
    "``",
    '"',
    ".",
    "..",
    "...",
    ",",
    ";",
    ":",
    "?",
    "!",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "$",
    "#",
    "%",
    "&",
    "*",
    "@",
    "--",
    "—",
    "'ll",
    "'re",
    "don",
    "I",
    "é",
    "école",
    "écan",
    "ñ",
    "3",
    ".5",
    "3.5",
    "1,000",
    ":30",
    "½",
    "٣",
    "秦",
    "«",
    "»",
    "”",
    "’",
    "“",
    "_",
    "x_",
    "'d",
    "'ve",
    "'m",
    "'T",
    "'N",
    "wan'",
    "\\",
]
COUNT = 1500


def detokenized(tokens, tokenizer):
    width = max(map(len, tokens))
    padded = tf.constant([each + [""] * (width - len(each)) for each in tokens])
    graph = tf.function(lambda x: graph_text.detokenize(x, tokenizer), autograph=False)
    return [each.decode() for each in graph(padded).numpy()]


@pytest.mark.parametrize("name", ["word", "char", "whitespace"])
def test_detokenized_text_is_the_same(name):
    rng, tokenizer = random.Random(0), get_tokenizer(name)
    tokens = [rng.choices(PARTS, k=rng.randrange(12)) for _ in range(COUNT)]
    assert detokenized(tokens, tokenizer) == [tokenizer.detokenize(each) for each in tokens]


@pytest.mark.parametrize(
    "tokenizer",
    [get_tokenizer("word"), get_tokenizer("char", lowercase=True)],
    ids=["word", "char"],
)
def test_tokens_are_the_same(tokenizer):
    rng = random.Random(1)
    text = [
        "".join(rng.choice(["", " ", "　 "]) + rng.choice(PARTS) for _ in range(rng.randrange(9)))
        for _ in range(COUNT)
    ]
    graph = tf.function(lambda x: graph_text.tokenize(x, tokenizer), autograph=False)
    found = [[each.decode() for each in row] for row in graph(tf.constant(text)).to_list()]
    assert found == [tokenizer.tokenize(" ".join(each.split())) for each in text]


def test_subwords_are_the_same():
    merges = [("a", "a"), ("▁", "d"), ("o", "g"), ("▁d", "og"), ("aa", "a"), ("é", "c"), ("n", "'")]
    rng, tokenizer = random.Random(2), get_tokenizer("bpe", merges=merges)
    text = [" ".join(rng.choices([*PARTS, "aaaaa", "dogs", "aadog"], k=rng.randrange(5)))
            for _ in range(200)]  # fmt: skip
    ranks = graph_text.merge_ranks(tokenizer)
    graph = tf.function(lambda x: graph_text.tokenize(x, tokenizer, ranks), autograph=False)
    found = [[each.decode() for each in row] for row in graph(tf.constant(text)).to_list()]
    wanted = [tokenizer.tokenize(each) for each in text]
    assert found == wanted
    assert any("▁dog" in each for each in wanted) and any("aaa" in each for each in wanted)
    full = [each for each in wanted if each]
    assert detokenized(full, tokenizer) == [tokenizer.detokenize(each) for each in full]
