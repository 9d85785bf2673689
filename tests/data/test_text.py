"""Lines of files in, sentences as tokens and back."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgan_tf.data import text
from leakgan_tf.data.text import MAX_LINE_BYTES, get_tokenizer, read_sentences
from leakgan_tf.data.units import read_units
from leakgan_tf.utils.errors import UserError

any_text = settings(derandomize=True, deadline=None, max_examples=200)


def write(folder, content, name="text.txt"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_lines_are_numbered_stripped_and_blank_ones_kept(tmp_path):
    path = write(tmp_path, "  ä b \r\n\n\t\nc".encode())
    assert list(read_sentences(path)) == [(1, "ä b"), (2, ""), (3, ""), (4, "c")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "mac_roman"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", ["\r", ""])
def test_lines_of_an_old_macintosh_end_with_carriage_returns(tmp_path, encoding, pack, end):
    lines = [f"ligne {number} é" for number in range(20_000)]
    path = write(tmp_path, pack(("\r".join(lines) + end).encode(encoding)))
    given = "" if encoding.startswith("utf-8") else encoding
    assert list(read_sentences(path, given)) == list(enumerate(lines, 1))


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"a\rb\r\rc\n", ["a", "b", "", "c"]),  # a line feed was added at the end
        (b"a\rb\r\n\rc", ["a", "b", "", "c"]),
        (b"a\r\nb\r\nc", ["a", "b", "c"]),  # Windows
        (b"a\r\r\nb\r\r\n", ["a", "b"]),  # converted twice
        (b"a\rb\nc\nd\n", ["a\rb", "c", "d"]),  # a stray return within a line
        (b"\r\r", ["", ""]),
    ],
)
def test_the_kind_of_line_end_that_prevails_counts(tmp_path, content, lines):
    assert [line for _, line in read_sentences(write(tmp_path, content))] == lines


def test_lines_ended_by_returns_are_refused_by_number_with_advice(tmp_path):
    long = b"ok\r" * 9 + b"x" * (MAX_LINE_BYTES + 1)
    for content, message in (
        (b"good\rfine\rh\xe9 \r", "line 1: not UTF-8 .*--encoding=cp1252"),
        (b"good\r" * 9000 + b"\xe9 \r", "or after: not utf-8"),
        (b"good\r" * 9000 + b"\0\r", r"line 9001: a NUL character"),
        (long, "line 10: longer than 1,000,000 characters"),
    ):
        with pytest.raises(UserError, match=message):
            list(read_sentences(write(tmp_path, content)))


def test_gzip_is_recognised_by_content(tmp_path):
    path = write(tmp_path, gzip.compress("秦川\nb\n".encode()), "plain-name.txt")
    assert list(read_sentences(path)) == [(1, "秦川"), (2, "b")]


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path):
    path = write(tmp_path, b"\xef\xbb\xbfa\n\xef\xbb\xbfb")
    assert list(read_sentences(path)) == [(1, "a"), (2, "\ufeffb")]


def test_an_empty_file_has_no_lines(tmp_path):
    assert list(read_sentences(write(tmp_path, b""))) == []


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (b"good\nbad \xff\xfe\n", 2, "UTF-8"),
        ("häßlich".encode("latin-1"), 1, "UTF-8"),
        (b"good\nfine\n\x89PNG\0\0", 3, "NUL"),
        (b"ok\n" + b"x" * (MAX_LINE_BYTES + 1), 2, "longer"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_is_not_text_is_refused_by_file_and_line(tmp_path, content, line, word, pack):
    path = write(tmp_path, pack(content))
    with pytest.raises(UserError, match=rf"text\.txt line {line}: .*{word}"):
        list(read_sentences(path))


def test_the_longest_line_allowed_is_read(tmp_path):
    path = write(tmp_path, b"x" * (MAX_LINE_BYTES - 1) + b"\ny")
    assert [len(line) for _, line in read_sentences(path)] == [MAX_LINE_BYTES - 1, 1]


@pytest.mark.parametrize(
    ("encoding", "unit"), [("", "bytes"), ("utf-16", "characters"), ("cp1252", "characters")]
)
def test_the_limit_of_a_line_is_named_in_its_own_unit(tmp_path, encoding, unit):
    most = "é" * (MAX_LINE_BYTES // (2 if unit == "bytes" else 1))
    path = write(tmp_path, most.encode(encoding or "utf-8"))
    assert len(list(read_sentences(path, encoding))) == 1
    path = write(tmp_path, f"{most}é".encode(encoding or "utf-8"))
    with pytest.raises(UserError, match=rf"line 1: longer than 1,000,000 {unit};"):
        list(read_sentences(path, encoding))


def test_reading_streams_good_lines_come_before_the_bad_one(tmp_path):
    lines = read_sentences(write(tmp_path, b"a\nb\n\xff\n"))
    assert [next(lines), next(lines)] == [(1, "a"), (2, "b")]
    with pytest.raises(UserError, match="line 3"):
        next(lines)


def test_truncated_and_corrupt_gzip_files_are_refused(tmp_path):
    packed = gzip.compress(b"".join(b"%d some words\n" % i for i in range(9000)))
    with pytest.raises(UserError, match=r"cut\.gz line \d+: damaged gzip"):
        list(read_sentences(write(tmp_path, packed[:-2000], "cut.gz")))
    spoilt = packed[:-8] + bytes(4) + packed[-4:]  # another checksum
    with pytest.raises(UserError, match=r"bad\.gz line 9001: damaged gzip"):
        list(read_sentences(write(tmp_path, spoilt, "bad.gz")))


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "absent.txt", tmp_path):
        with pytest.raises(UserError, match=path.name):
            list(read_sentences(path))


def test_word_tokens_attach_their_punctuation_again():
    tokenizer = get_tokenizer("word")
    for line, tokens in [
        ("a dog, a cat and a bird.", "a dog , a cat and a bird ."),
        ("it isn't the dog's bed!", "it is n't the dog 's bed !"),
        ('he said "stop" (twice).', "he said `` stop '' ( twice ) ."),
    ]:
        assert tokenizer.tokenize(line) == tokens.split()
        assert tokenizer.detokenize(tokens.split()) == line


def test_chinese_characters_come_out_as_they_went_in():
    tokenizer = get_tokenizer("char")
    spaced = "秦 川 雄 帝 宅 ， 函 谷 壮 □ □ 。"
    tokens = tokenizer.tokenize(spaced)
    assert tokens == list("秦川雄帝宅，函谷壮□□。")
    assert tokenizer.detokenize(tokens) == "秦川雄帝宅，函谷壮□□。"
    assert tokenizer.tokenize("秦川雄帝宅，函谷壮□□。") == tokens


def test_english_characters_keep_their_spaces():
    tokenizer = get_tokenizer("char", lowercase=True)
    assert tokenizer.tokenize("A  red\tdog.") == list("a red dog.")
    assert tokenizer.tokenize("我 love 你") == list("我love你")


@any_text
@given(st.text(), st.booleans())
def test_char_and_whitespace_tokens_survive_the_way_out_and_in(line, lowercase):
    for name in ("char", "whitespace"):
        tokenizer = get_tokenizer(name, lowercase)
        tokens = tokenizer.tokenize(line)
        assert "" not in tokens
        # Lowering twice may change a text again (a sign that only exists as a capital).
        assert get_tokenizer(name).tokenize(tokenizer.detokenize(tokens)) == tokens


@any_text
@given(st.text())
def test_no_tokenizer_loses_or_invents_letters(line):
    wanted = "".join(line.split())
    for name in ("char", "whitespace"):
        assert "".join("".join(get_tokenizer(name).tokenize(line)).split()) == wanted


@any_text
@given(st.text())
def test_word_tokens_are_never_blank_and_only_blank_lines_have_none(line):
    tokens = get_tokenizer("word").tokenize(line)
    assert all(token.strip() for token in tokens)
    assert bool(tokens) == bool(line.strip())


@any_text
@given(st.lists(st.sampled_from(["a", "dog", "dogs", "is", "red", ",", "two"]), min_size=1))
def test_plain_words_survive_the_word_tokenizer(words):
    tokenizer = get_tokenizer("word")
    assert tokenizer.tokenize(tokenizer.detokenize([*words, "."])) == [*words, "."]


def test_names_are_known_or_refused():
    assert text.TOKENIZER_NAMES == ("word", "whitespace", "char", "pitch")
    for name in text.TOKENIZER_NAMES:
        assert get_tokenizer(name, True).name == name
        assert get_tokenizer(name, True).lowercase
    with pytest.raises(UserError, match="word, whitespace, char, pitch"):
        get_tokenizer("bpe")


def test_pitches_are_a_pianos_and_nothing_else():
    tokenizer = get_tokenizer("pitch")
    assert tokenizer.tokenize("21  60 108") == ["21", "60", "108"]
    assert tokenizer.detokenize(["21", "60", "108"]) == "21 60 108"
    for line in ("20", "109", "60 C4", "060", "-60", "60.0", "٦٠"):
        with pytest.raises(UserError, match="is not a pitch: give whole numbers from 21 to 108"):
            tokenizer.tokenize(line)


def test_tables_and_paragraphs_may_end_their_lines_with_returns(tmp_path):
    table = write(tmp_path, b'id,text\r1,a dog\r2,"two\rlines"\r3,a cat\r', "a.csv")
    found = [text for _, text in read_units(table, "text", "", "lines")]
    assert found == ["a dog", "two lines", "a cat"]
    book = write(tmp_path, b"one\rtwo\r\rthree\r", "b.txt")
    assert list(read_units(book, "", "", "paragraphs")) == [(1, "one two"), (2, "three")]
