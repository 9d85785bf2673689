"""``prepare`` as a user meets it: folders, accounts, and one line for bad input."""

import gzip
import json
import textwrap

import pytest

from leakgan_tf.cli import entry, prepare
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.text import MAX_LINE_BYTES

LINES = "".join(f"A dog and {i} cats, all red.\n" for i in range(40))


@pytest.fixture(autouse=True)
def no_data_dir(monkeypatch):
    monkeypatch.delenv("LEAKGAN_TF_DATA", raising=False)


def run(*arguments):
    values = prepare.define_flags()
    return entry.run(prepare.run, values, ["prepare", *map(str, arguments)], prepare.ABOUT)


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def count(output, title):
    """Returns the two numbers at the end of the account's line that begins with ``title``."""
    line = next(line for line in output.splitlines() if line.startswith(title))
    return [int(number.replace(",", "")) for number in line.split()[-2:]]


def test_a_text_file_becomes_a_folder_with_an_account(tmp_path, capsys):
    text = write(tmp_path / "text.txt", LINES + "\n\nIt isn't as short as all the others, is it?\n")
    out = tmp_path / "out"
    assert run(f"--input={text}", f"--out={out}", "--max_length=9", "--lowercase") == 0
    loaded = load_dataset(out)
    assert loaded.length == 12  # 9 rounded up to a multiple of 4
    output = capsys.readouterr().out
    assert count(output, "lines read") == [43, 0]
    assert count(output, "blank lines") == [2, 0]
    assert count(output, "more than 12 tokens: dropped") == [1, 0]
    assert count(output, "set aside") == [-4, 4]
    assert count(output, "sentences kept") == [36, 4] == [len(loaded.train), len(loaded.test)]
    assert count(output, "with rare or unknown words: replaced by <unk>") == [0, 4]
    assert f"vocabulary V                          {len(loaded.vocabulary)} with" in output
    assert "unknown test tokens                   11.11%" in output
    assert loaded.decode(loaded.train[0]).startswith("a dog and ")
    assert loaded.decode(loaded.train[0]).endswith(" cats, all red.")


def test_every_setting_reaches_the_folder(tmp_path):
    text = write(tmp_path / "text.txt", "a b c\na b\na b c d e\nb a\n")
    more = write(tmp_path / "more.gz", gzip.compress(b"a b\n"))
    held_out = write(tmp_path / "test.txt", "a b\n")
    out = tmp_path / "out"
    arguments = [f"--input={text}", f"--input={more}", f"--test={held_out}", f"--out={out}"]
    settings = {
        "tokenizer": "char",
        "lowercase": True,
        "max_length": 6,
        "length_multiple": 3,
        "long": "cut",
        "min_count": 2,
        "vocab_size": 9,
        "rare": "drop",
        "deduplicate": True,
    }
    held_out.write_text("b b\n")
    assert run(*arguments, *(f"--{name}={value}" for name, value in settings.items())) == 0
    loaded = load_dataset(out).settings.to_json()
    assert {name: loaded[name] for name in settings} == settings
    assert run(*arguments) == 2
    assert run(*arguments, "--overwrite", "--nolowercase") == 0
    assert load_dataset(out).settings.tokenizer == "word"


def test_the_split_follows_the_seed(tmp_path):
    text = write(tmp_path / "text.txt", LINES)
    tests = []
    for number, seed in enumerate([5, 5, 6]):
        out = tmp_path / f"out{number}"
        assert run(f"--input={text}", f"--out={out}", f"--seed={seed}", "--test_fraction=0.5") == 0
        loaded = load_dataset(out)
        tests.append([loaded.decode(row) for row in loaded.train])
    assert len(tests[0]) == 20
    assert tests[0] == tests[1] != tests[2]


def test_chinese_round_trip(tmp_path):
    poem = "秦 川 雄 帝 宅 ， 函 谷 壮 皇 居 。"
    text = write(tmp_path / "text.txt", f"{poem}\n{poem}\n")
    assert run(f"--input={text}", f"--out={tmp_path / 'out'}", "--tokenizer=char") == 0
    loaded = load_dataset(tmp_path / "out")
    assert loaded.decode(loaded.train[0]) == "秦川雄帝宅，函谷壮皇居。"


def test_a_corpus_by_name_from_the_variable_or_the_flag(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "data" / "chinese_poems"
    folder.mkdir(parents=True)
    poems = ["秦 川 雄 帝 宅 ， 函 谷 壮 皇 居 。", "塞 外 悲 风 切 ， 交 河 冰 已 结 。"]
    write(folder / "quatrains.txt", "\n".join(poems * 10))
    run_it = ["--dataset=chinese_poems", "--overwrite", "--test_fraction=0.25"]
    assert run(*run_it, f"--out={tmp_path / 'one'}", f"--data_dir={folder.parent}") == 0
    monkeypatch.setenv("LEAKGAN_TF_DATA", str(folder.parent))
    assert run(*run_it, f"--out={tmp_path / 'two'}") == 0
    one, two = (load_dataset(tmp_path / name) for name in ("one", "two"))
    assert one.train.tolist() == two.train.tolist()
    assert (one.corpus, one.length, len(one.test)) == ("chinese_poems", 20, 5)
    assert one.decode(one.train[0]) in {"秦川雄帝宅函谷壮皇居", "塞外悲风切交河冰已结"}
    assert "quatrains.txt is not the file that this project's results" in capsys.readouterr().out


def test_captions_need_nothing(tmp_path, monkeypatch, capsys):
    from leakgan_tf.data import corpora

    monkeypatch.setattr(corpora.captions_sources, "__defaults__", (300, 100))
    assert run("--dataset=captions", f"--out={tmp_path / 'out'}") == 0
    loaded = load_dataset(tmp_path / "out")
    assert (loaded.corpus, loaded.train.shape) == ("captions", (300, 20))
    assert "note:" not in capsys.readouterr().out


BAD_FILES = [
    ("empty.txt", b"", "has no sentence: the file is empty"),
    ("blank.txt", b"\n \n", "has no sentence: 2 blank lines"),
    ("binary.txt", b"fine\n\x7fELF\x02\0\0\n", "binary.txt line 2: a NUL byte"),
    ("noise.bin", bytes(range(1, 256)) * 40, "this is not a text file"),
    ("paper.pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "paper.pdf is a PDF: give its text"),
    ("letter.docx", b"PK\x03\x04\x14\x00" + bytes(200), "an office document: give its text"),
    ("latin.txt", "fine\nfine\nhäßlich\n".encode("latin-1"), "latin.txt line 3: not UTF-8"),
    ("long.txt", b"fine\n" + b"x " * 5 * MAX_LINE_BYTES, "long.txt line 2: longer than"),
    ("cut.gz", gzip.compress(LINES.encode())[:-9], "damaged gzip"),
]


@pytest.mark.parametrize("flag", ["input", "test"])
@pytest.mark.parametrize(("name", "content", "message"), BAD_FILES, ids=[b[0] for b in BAD_FILES])
def test_bad_files_get_one_line_and_leave_nothing(tmp_path, capsys, flag, name, content, message):
    good = write(tmp_path / "good.txt", LINES)
    bad = write(tmp_path / name, content)
    files = [f"--input={bad}"] if flag == "input" else [f"--input={good}", f"--test={bad}"]
    assert run(*files, f"--out={tmp_path / 'deep' / 'out'}") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert name in captured.err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted({"good.txt", name})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input={text}"], "--out is missing"),
        (["--out={out}"], "either --input"),
        (["--input={text}", "--dataset=captions", "--out={out}"], "either --input"),
        (["--input=", "--out={out}"], "is empty"),
        (["--input={text}", "--test=", "--out={out}"], "is empty"),
        (["--input={text}", "--test={text}", "--out={out}"], "same content"),
        (["--dataset=captions", "--test={text}", "--out={out}"], "--test does not go"),
        (["--dataset=captions", "--test_fraction=0.2", "--out={out}"], "--test_fraction and"),
        (["--input={text}", "--test={text}", "--seed=1", "--out={out}"], "--seed cannot be used"),
        (["--input={text}", "--download", "--out={out}"], "--download goes with"),
        (["--dataset=coco", "--out={out}"], "LEAKGAN_TF_DATA"),
        (["--dataset=coco", "--data_dir={folder}", "--out={out}"], "coco/train.txt is missing"),
        (["--dataset=lyrics", "--out={out}"], "dataset"),
        (["--input={text}", "--tokenizer=unigram", "--out={out}"], "tokenizer"),
        (["--input={text}", "--max_length=0", "--out={out}"], "max_length must be at least 1"),
        (["--input={text}", "--test_fraction=1", "--out={out}"], "test_fraction must be"),
        (["--input={text}", "--tokenizer=pitch", "--out={out}"], "needs rare=drop"),
        (["--input={text}", "--min_count=99", "--out={out}"], "vocabulary is empty"),
        (["--input={text}", "--vocab_size=1", "--out={out}"], "vocabulary is empty"),
        (["--input={text}", "--max_length=2", "--out={out}"], "more than 4 tokens"),
        (["--input={text}", "--out={text}"], "exists"),
        (["--input={text}", "--out={text}", "--overwrite"], "is a file"),
        (["--input={folder}", "--out={out}"], "is a folder: give its files"),
        (["--input={folder}/absent.txt", "--out={out}"], "absent.txt"),
        (["--input={text}", "--column=x", "--out={out}"], "no column 'x': it has A dog and 0 cats"),
        (["--input={same}", "--deduplicate", "--out={out}"], "give a text with other sentences"),
        (["--input={text}", "--encoding=klingon", "--out={out}"], "unknown encoding 'klingon'"),
        (["--input={text}", "--encoding=utf-16", "--out={out}"], "give another --encoding"),
        (["--dataset=captions", "--split=sentences", "--out={out}"], "split does not go with"),
        (["--input={text}", "extra.txt", "--out={out}"], "unexpected argument"),
    ],
)
def test_flags_that_cannot_be_are_refused(tmp_path, capsys, arguments, message):
    text = write(tmp_path / "text.txt", LINES)
    same = write(tmp_path / "same.txt", "word\n" * 20)
    places = {"text": text, "same": same, "out": tmp_path / "out", "folder": tmp_path}
    assert run(*(argument.format(**places) for argument in arguments)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert {path.name for path in tmp_path.iterdir()} == {"text.txt", "same.txt"}
    assert text.read_text() == LINES


PROSE = (
    "It was a dark evening in the old town, and the rain had not yet begun to fall. Mr. Fox went "
    'home along the river without a word to anyone. "Why so late?" asked the neighbor, who had '
    "waited at the gate for an hour. He said nothing at all, and shut the door behind him. "
)
BOOK = "\n\n".join(
    "\n".join(textwrap.wrap(PROSE.replace("evening", word), 60))
    for word in ["evening", "morning", "night", "day", "hour", "week", "month", "year"]
)
CELLS = [("the cat sat down .", i, "a, b") for i in range(30)]
CSV = "text,stars,tags\n" + "".join(f'"{t} {i}",{i},"{x}"\n' for t, i, x in CELLS)
JSONL = "".join(json.dumps({"id": i, "text": f"{t} {i}"}) + "\n" for t, i, _ in CELLS)
JAPANESE = "".join(f"吾輩は猫である{x}。名前はまだ無い。\n" for x in "春夏秋冬朝昼夜前後左右")
CHINESE = "".join(f"春花秋月何时了{x}往事知多少。\n" for x in "春夏秋冬朝夜前后左右")
GERMAN = "".join(f"Das häßliche Mädchen {i} schläft schön.\n" for i in range(30))
EMOJI = "".join(f"so happy 😀 {x} 👩‍👩‍👧 today\n" for x in "🎉🌈🔥🍕⭐🎈🐶🐱🚀🌍")
HEADER = "it has text, stars, tags"
# Content, flags, what the account or the error says; what another flag then makes of the same file.
OWN = {
    "csv": (CSV, [], "--column=NAME", ["--column=text"], "the cat sat down. "),
    "csv header": (CSV, ["--column=x"], HEADER, ["--column=text"], "the cat sat down. "),
    "csv by number": (CSV.partition("\n")[2], ["--column=x"], "or a number", ["--column=1"],
                      "the cat"),
    "tsv": (CSV.replace(",", "\t"), [], "looks like TSV", ["--column=text"], "the cat"),
    "jsonl": (JSONL, [], "looks like JSON lines", ["--column=text"], "the cat sat down. "),
    "jsonl field": (JSONL, ["--column=x"], "it has id, text", ["--column=text"], "the cat"),
    "cp1252": (GERMAN.encode("cp1252"), [], "--encoding=cp1252", ["--encoding=cp1252"], "Das h"),
    "utf-16": (GERMAN.encode("utf-16"), [], "--encoding=utf-16", ["--encoding=utf-16"], "Das h"),
    "no mark": (GERMAN.encode("utf-16-le"), [], "=utf-16-le", ["--encoding=utf-16-le"], "Das h"),
    "shift_jis": (JAPANESE.encode("shift_jis"), [], "--encoding=shift_jis",
                  ["--encoding=shift_jis", "--tokenizer=char"], "吾輩は猫"),
    "gb18030": (CHINESE.encode("gb18030"), [], "--encoding=gb18030",
                ["--encoding=gb18030", "--tokenizer=char"], "春花秋月"),
    "book": (BOOK, [], "--split=sentences", ["--split=sentences", "--max_length=32"], ""),
    "japanese": (JAPANESE, [], "--tokenizer=char", ["--tokenizer=char"], "吾輩は猫"),
    "chinese": (CHINESE, [], "--tokenizer=char", ["--tokenizer=char"], "春花秋月"),
    "emoji": (EMOJI, ["--tokenizer=char"], "written to", ["--tokenizer=word"], "so happy 😀"),
    "a line of 4 MB": (PROSE * 14_000, [], "--split=chunks",
                       ["--split=chunks", "--tokenizer=whitespace"], ""),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_own_text_ends_in_a_folder_or_in_a_line_that_says_what_to_type(tmp_path, capsys, name):
    content, flags, says, remedy, begins = OWN[name]
    text = write(tmp_path / "text.txt", content)
    status = run(f"--input={text}", f"--out={tmp_path / 'first'}", *flags)
    captured = capsys.readouterr()
    assert says in (captured.out if status == 0 else captured.err)
    assert status == 0 or captured.err.count("\n") == 1
    assert run(f"--input={text}", f"--out={tmp_path / 'out'}", *remedy) == 0
    account = capsys.readouterr().out
    loaded = load_dataset(tmp_path / "out")
    assert loaded.decode(loaded.train[0]).startswith(begins)
    assert len(loaded.train) > 5 and len(loaded.vocabulary) > 8
    for wrong in ("looks like", "hard-wrapped", "without spaces"):
        assert wrong not in account


def test_a_quote_without_its_pair_takes_in_no_other_line(tmp_path, capsys):
    """As a field it would be longer than `csv` reads, 131,072 characters."""
    lines = [f"the {animal} number {i}, old and {'very ' * 12}tired, slept" for i in range(1_000)
             for animal in ("cat", "dog")]  # fmt: skip
    text = write(tmp_path / "text.txt", '"a cat, and a dog slept\n' + "\n".join(lines))
    assert run(f"--input={text}", f"--out={tmp_path / 'out'}") == 0
    assert "sentences" in capsys.readouterr().out


TABLES = {
    "an end missing": ('text,stars\na cat,1\n"a dog,2\na cow,3\n', "line 3: not CSV"),
    "text after the end": ('text,stars\n"a cat" sat,1\na cow,3\n', "line 2: not CSV"),
    "up to another quote": ('text,stars\n"a cat,1\na dog,2\n"a cow",3\n', "line 2: not CSV"),
    "one name twice": ("text,text\na cat,1\n", "has 2 columns 'text'"),
    "a JSON array": ('[{"text": "a cat"},\n{"text": "a dog"}]\n', "is a JSON array"),
    "a JSON array on lines": ('[\n{"text": "a cat"}\n]\n', "is a JSON array"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_would_lose_rows_is_refused(tmp_path, capsys, name):
    content, says = TABLES[name]
    path = write(tmp_path / "table.csv", content)
    assert run(f"--input={path}", "--column=text", f"--out={tmp_path / 'out'}") == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_quoted_field_may_span_lines(tmp_path):
    rows = "".join(f'"a cat said ""hm""\nand slept {i}",{i}\n' for i in range(20))
    path = write(tmp_path / "table.csv", "text,stars\n" + rows)
    words = ["--column=text", "--tokenizer=whitespace"]
    assert run(f"--input={path}", *words, f"--out={tmp_path / 'out'}") == 0
    loaded = load_dataset(tmp_path / "out")
    assert len(loaded.train) + len(loaded.test) == 20
    assert loaded.decode(loaded.train[0]).startswith('a cat said "hm" and slept')


def test_half_a_character_in_json_is_refused(tmp_path, capsys):
    path = write(tmp_path / "half.jsonl", '{"text": "a cat"}\n{"text": "a \\ud83d dog"}\n')
    assert run(f"--input={path}", "--column=text", f"--out={tmp_path / 'out'}") == 2
    assert "half.jsonl line 2: a lone surrogate in 'text'" in capsys.readouterr().err


def test_sentences_of_a_book_are_whole(tmp_path):
    text = write(tmp_path / "book.txt", BOOK)
    words = ["--split=sentences", "--max_length=32", "--test_fraction=0.1"]
    assert run(f"--input={text}", f"--out={tmp_path / 'out'}", *words) == 0
    loaded = load_dataset(tmp_path / "out")
    found = {loaded.decode(row) for row in loaded.train}
    assert "Mr. Fox went home along the river without a word to anyone." in found
    assert all(line[-1] in '.?"' and line[0] in '"IMHa' for line in found)


def test_warnings_name_the_remedy(tmp_path, capsys):
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    text = write(tmp_path / "text.txt", "".join(f"a {word}\n" for word in words * 2))
    other = write(tmp_path / "other.txt", "a one\na two\neleven twelve\n")
    arguments = [f"--input={text}", f"--test={other}", "--overwrite", f"--out={tmp_path / 'out'}"]
    assert run(*arguments) == 0
    output = capsys.readouterr().out
    assert "warning: 33% of the test tokens are unknown" in output
    assert "warning: 2 of 3 test sentences also occur in training" in output
    assert run(*arguments, "--deduplicate") == 0
    assert "also occur in training" not in capsys.readouterr().out


def test_good_text_gets_no_warning(tmp_path, capsys):
    text = write(tmp_path / "text.txt", "".join(f"a dog {x}, red and {x}.\n" for x in "ab" * 20))
    held_out = write(tmp_path / "test.txt", "a dog and a.\n")
    assert run(f"--input={text}", f"--test={held_out}", f"--out={tmp_path / 'out'}") == 0
    assert "warning:" not in capsys.readouterr().out


def test_subwords_are_learned_kept_and_joined(tmp_path, capsys):
    pytest.importorskip("tokenizers")
    lines = [f"the {x}ing {y}er {x}s" for x in ("walk", "talk", "sing") for y in ("slow", "fast")]
    text = write(tmp_path / "text.txt", "\n".join(lines * 5))
    arguments = ["--tokenizer=bpe", "--vocab_size=40", f"--out={tmp_path / 'out'}"]
    assert run(f"--input={text}", *arguments) == 0
    loaded = load_dataset(tmp_path / "out")
    assert {loaded.decode(row) for row in loaded.train} <= set(lines)
    assert len(loaded.vocabulary) <= 40
    assert loaded.tokenizer.tokenize("the slows") != ["▁the", "▁slows"]  # a new word of known parts
    again = TextReader.from_json(
        json.loads(json.dumps(TextReader(loaded.vocabulary, loaded.tokenizer).to_json()))
    )
    assert [again.text(row) for row in loaded.test] == [loaded.decode(row) for row in loaded.test]


def test_help_is_grouped(capsys):
    assert run("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    titles = [line[:-1] for line in lines if line[-1:] == ":" and line[0] != " "]
    assert titles == ["Most used", *prepare.GROUPS.values()]


def test_help_names_every_flag(capsys):
    assert run("--help") == 0
    output = capsys.readouterr().out
    for flag in ("--input", "--rare", "--long", "--length_multiple", "--data_dir", "download"):
        assert flag in output
