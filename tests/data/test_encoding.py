"""Which sentences are kept, which words have an id, and the account of it."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgan_tf.data.encoding import DEFAULT_CAP, PrepareSettings, default_length, encode_corpus
from leakgan_tf.data.sources import generated_source
from leakgan_tf.utils.errors import UserError


def encode(train, test, **changes):
    sources = [generated_source("train", train)]
    held_out = None if test is None else [generated_source("test", test)]
    fields = {"tokenizer": "whitespace", "length_multiple": 1, **changes}
    return encode_corpus(sources, held_out, PrepareSettings(**fields))


def sentences(encoded, part):
    return [" ".join(encoded.vocabulary.decode(row)) for row in getattr(encoded, part)]


def test_the_vocabulary_is_counted_on_training_only():
    encoded = encode(["a b", "a c"], ["a x", "b"])
    assert encoded.vocabulary.words == ("a", "b", "c")
    assert sentences(encoded, "test") == ["a <unk>", "b"]
    assert encoded.test_account.with_rare == 1
    assert (encoded.test_account.tokens, encoded.test_account.known_tokens) == (3, 2)
    assert encoded.train.dtype == np.int32


def test_rare_words_are_replaced_and_accounted_for():
    encoded = encode(["a b", "a b", "a c"], ["c"], min_count=2)
    assert sentences(encoded, "train") == ["a b", "a b", "a <unk>"]
    assert encoded.train_account.with_rare == 1
    assert encoded.train_account.coverage == pytest.approx(5 / 6)


def test_sentences_with_rare_words_are_dropped():
    encoded = encode(["a b", "a b", "a c"], ["a", "c"], min_count=2, rare="drop")
    assert sentences(encoded, "train") == ["a b", "a b"]
    assert sentences(encoded, "test") == ["a"]
    assert not encoded.vocabulary.unknown
    assert (encoded.train_account.with_rare, encoded.test_account.with_rare) == (1, 1)


def test_dropping_takes_words_along_that_occur_nowhere_else():
    # "c" is frequent, but only ever beside a rare word.
    encoded = encode(["a", "c x", "c y"], ["c", "a"], min_count=1, vocab_size=3, rare="drop")
    assert encoded.vocabulary.words == ("a",)
    assert sentences(encoded, "test") == ["a"]
    assert encoded.test_account.with_rare == 1


def test_vocab_size_is_the_number_of_ids():
    for rare in ("replace", "drop"):
        encoded = encode(["a a b", "a"], ["a"], vocab_size=3 if rare == "replace" else 2, rare=rare)
        assert encoded.vocabulary.words == ("a",)


def test_a_sentence_may_fill_the_length_exactly():
    encoded = encode(["a b c", "a", "a b c d"], ["a b c"], max_length=3)
    assert encoded.train.tolist() == [[2, 3, 4], [2, 0, 0]]
    assert encoded.train_account.too_long == 1
    assert encoded.test_account.too_long == 0


def test_long_sentences_may_be_cut():
    encoded = encode(["a b c d e f", "a"], ["b c d e"], max_length=2, long="cut")
    assert sentences(encoded, "train") == ["a b", "a"]
    assert encoded.vocabulary.words == ("a", "b")  # what was cut off is not counted
    assert sentences(encoded, "test") == ["b <unk>"]
    assert (encoded.train_account.too_long, encoded.test_account.too_long) == (1, 1)


@pytest.mark.parametrize("long", ["drop", "cut"])
def test_sentences_beyond_the_cap_count_as_too_long_once(long):
    lines = ["a b"] * 400 + [" ".join(["a"] * (DEFAULT_CAP + 9))] * 2
    encoded = encode(lines, ["a b", "a"], long=long)
    assert encoded.length == 2
    assert encoded.train_account.too_long == 2
    assert encoded.train_account.kept == (400 if long == "drop" else 402)


def test_the_length_is_rounded_up_to_a_multiple():
    assert encode(["a b c"], ["a"], max_length=5, length_multiple=4).length == 8
    assert encode(["a b c"], ["a"], length_multiple=4).length == 4
    assert encode(["a b c d"], ["a"], length_multiple=4).length == 4


def test_the_default_length_holds_99_percent_up_to_a_cap():
    assert default_length(Counter({5: 99, 70: 1})) == 5
    assert default_length(Counter({5: 98, 7: 1, 70: 1})) == 7
    assert default_length(Counter({1000: 5})) == DEFAULT_CAP


def test_a_share_is_set_aside_by_seed():
    lines = [f"w{i}" for i in range(50)]
    first, again, other = (encode(lines, None, test_fraction=0.2, seed=seed) for seed in (1, 1, 2))
    assert (len(first.train), len(first.test)) == (40, 10)
    assert (first.train_account.set_aside, first.test_account.set_aside) == (-10, 10)
    assert first.vocabulary == again.vocabulary
    assert first.vocabulary != other.vocabulary
    parted = set(first.vocabulary.words)
    assert len(parted) == 40  # none of the words set aside
    assert sentences(first, "train") == [line for line in lines if line in parted]  # in order


def test_the_sentences_set_aside_keep_their_order():
    lines = [" ".join("a" * count) for count in range(1, 31)]
    test = encode(lines, None, test_fraction=0.5, max_length=30).test
    counts = (test > 0).sum(axis=1).tolist()
    assert len(counts) == 15
    assert counts == sorted(counts)


def test_at_least_one_sentence_goes_to_each_part():
    assert [len(encode(["a", "a"], None, test_fraction=f).test) for f in (0.01, 0.99)] == [1, 1]


def test_overlap_is_counted_and_may_be_dropped():
    train, test = ["a b", "a b", "b a", "c"], ["a b", "a b", "c", "a"]
    encoded = encode(train, test)
    assert encoded.overlap == 3
    unique = encode(train, test, deduplicate=True)
    assert sentences(unique, "train") == ["a b", "b a", "c"]
    assert sentences(unique, "test") == ["a"]
    assert (unique.train_account.repeated, unique.test_account.repeated) == (1, 3)
    assert unique.overlap == 0


def test_unknown_words_do_not_make_sentences_equal():
    encoded = encode(["a x", "a y"], ["a z", "a x"], min_count=2)
    assert encoded.train.tolist() == encoded.test.tolist()
    assert encoded.overlap == 1


@pytest.mark.parametrize(
    ("train", "test", "changes", "message"),
    [
        ([], ["a"], {}, "train has no sentence"),
        (["", "  "], ["a"], {}, "train has no sentence: 2 blank lines"),
        (["a"], [""], {}, "test has no sentence"),
        (["a b"], ["a"], {"max_length": 1}, "training part is empty: .* more than 1"),
        (["a"], ["a b"], {"max_length": 1}, "test part is empty: .* more than 1"),
        (["a b"], ["a"], {"min_count": 2}, "vocabulary is empty"),
        (["a b"], ["a"], {"vocab_size": 2}, "vocabulary is empty"),
        (["a", "a", "b x"], ["b"], {"min_count": 2, "rare": "drop"}, "test part is empty"),
        (["a", "b"], ["b"], {"deduplicate": True}, "test part is empty"),
        (["a"], None, {}, "one sentence cannot be split"),
    ],
)
def test_what_leaves_nothing_is_refused(train, test, changes, message):
    with pytest.raises(UserError, match=message):
        encode(train, test, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_length": 0},
        {"max_length": 10**11},
        {"length_multiple": 0},
        {"length_multiple": 10**8},
        {"seed": 2**63},
        {"seed": 1.5},
        {"seed": None},
        {"max_length": np.int64(12)},
        {"max_length": "12"},
        {"omit": ["the"]},
        {"min_count": 0},
        {"vocab_size": 0},
        {"test_fraction": 0.0},
        {"test_fraction": 1.0},
        {"rare": "keep"},
        {"long": "keep"},
        {"tokenizer": "sentencepiece"},
        {"split": "words"},
    ],
)
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(UserError, match=next(iter(changes))):
        PrepareSettings(**changes)


line = st.lists(st.sampled_from("abcdefgh"), max_size=6).map(" ".join)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(line, min_size=1, max_size=30),
    st.lists(line, min_size=1, max_size=10),
    st.integers(1, 6),
    st.integers(1, 4),
    st.sampled_from(["replace", "drop"]),
    st.sampled_from(["cut", "drop"]),
)
def test_the_outcome_equals_a_direct_computation(train, test, length, min_count, rare, long):
    """The array version against lists of strings, account included."""
    changes = {"max_length": length, "min_count": min_count, "rare": rare, "long": long}
    kept = [
        [x.split()[:length] for x in part if x and (long == "cut" or len(x.split()) <= length)]
        for part in (train, test)
    ]
    counts = Counter(word for sentence in kept[0] for word in sentence)
    known = {word for word, count in counts.items() if count >= min_count}
    if rare == "drop":
        kept = [[s for s in part if set(s) <= known] for part in kept]
        known = {word for sentence in kept[0] for word in sentence}
        kept = [[s for s in part if set(s) <= known] for part in kept]
    wanted = [[" ".join(w if w in known else "<unk>" for w in s) for s in part] for part in kept]
    if not all(wanted) or not known:
        with pytest.raises(UserError):
            encode(train, test, **changes)
        return
    encoded = encode(train, test, **changes)
    assert [sentences(encoded, "train"), sentences(encoded, "test")] == wanted
    assert set(encoded.vocabulary.words) == known
    for account, lines in ((encoded.train_account, train), (encoded.test_account, test)):
        lost = account.blank + (account.too_long if long == "drop" else 0)
        lost += account.with_rare if rare == "drop" else 0
        assert account.lines == len(lines) == account.kept + lost


def test_omitted_tokens_are_in_no_sentence_and_count_nowhere():
    poem, marks = "秦 川 ， 雄 帝 。", "， 。"
    source = generated_source("poems", [poem, "， 。", "雄 ， 帝 宅"] * 4)
    wanted = PrepareSettings(tokenizer="char", omit=marks, max_length=4, length_multiple=1)
    encoded = encode_corpus([source], None, wanted)
    assert not set(marks.split()) & set(encoded.vocabulary.words)
    rows = {"".join(encoded.vocabulary.decode(row)) for row in encoded.train}
    assert rows == {"秦川雄帝", "雄帝宅"}
    account = encoded.train_account
    assert (account.lines, account.blank, account.too_long) == (12, 4, 0)
    kept = encode_corpus([source], None, dataclasses.replace(wanted, omit=""))
    assert kept.train_account.too_long > 0
