"""Sentences in little memory, got back in blocks."""

import numpy as np

from leakgan_tf.data import token_store
from leakgan_tf.data.sources import generated_source
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.data.token_store import PADDING, TokenStore


def stored(lines, limit=10, cut=False):
    store = TokenStore(limit, cut)
    reading = store.read(generated_source("lines", lines), get_tokenizer("whitespace"))
    store.freeze()
    return store, reading


def test_blocks_give_every_sentence_whatever_their_size(monkeypatch):
    generator = np.random.default_rng(0)
    lines = [" ".join(f"w{i}" for i in generator.integers(0, 9, n)) for n in range(1, 8)] * 3
    store, _ = stored(lines)
    rows = np.array([20, 3, 3, 0, 6, 11])
    for size in (1, 4, 100):
        monkeypatch.setattr(token_store, "_BLOCK_ROWS", size)
        blocks = [block for _, block in store.blocks(rows, 5)]
        assert max(map(len, blocks)) <= size
        ids = np.concatenate(blocks)
        words = [" ".join(store.words[i] for i in row if i != PADDING) for row in ids]
        assert words == [" ".join(lines[row].split()[:5]) for row in rows]


def test_over_the_limit_is_discarded_or_kept_one_token_too_long():
    lines = ["a b c d e", "a", "", "a b"]
    store, reading = stored(lines, limit=2)
    assert (reading.lines, reading.blank, reading.discarded) == (4, 1, 1)
    assert store.lengths.tolist() == [1, 2]
    assert store.words == ["a", "b"]
    store, reading = stored(lines, limit=2, cut=True)
    assert reading.discarded == 0
    assert store.lengths.tolist() == [3, 1, 2]
    assert dict(store.histogram) == {5: 1, 1: 1, 2: 1}


def test_keys_are_equal_for_equal_sentences_only():
    long = " ".join("abcdefgh")
    lines = ["a b", "b a", "a b", "a b c", long, long + " i", "a", long]
    store, _ = stored(lines)
    keys = list(store.keys(np.arange(len(lines)), 10))
    assert [keys.index(key) for key in keys] == [0, 1, 0, 3, 4, 5, 6, 4]
    # Cut at two tokens, all but two of them begin alike.
    keys = list(store.keys(np.arange(len(lines)), 2))
    assert [keys.index(key) for key in keys] == [0, 1, 0, 0, 0, 0, 6, 0]


def test_keys_of_long_sentences_do_not_collide():
    lines = [f"a b c d e f {number}" for number in range(20_000)]
    store, _ = stored(lines)
    assert len(set(store.keys(np.arange(len(lines)), 10))) == len(lines)


def test_a_token_takes_four_bytes():
    store, _ = stored(["a b c"] * 1000)
    assert store._ids.nbytes == 4 * 3000
