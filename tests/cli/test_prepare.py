"""``prepare`` as a user meets it: folders, accounts, and one line for bad input."""

import gzip

import pytest

from leakgan_tf.cli import entry, prepare
from leakgan_tf.data.dataset import load_dataset
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
    ("empty.txt", b"", "has no sentence"),
    ("blank.txt", b"\n \n", "has no sentence: 2 lines"),
    ("binary.txt", b"fine\n\x7fELF\x02\0\0\n", "binary.txt line 2: a NUL byte"),
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
        (["--input={text}", "--test={text}", "--seed=1", "--out={out}"], "--seed do not go"),
        (["--input={text}", "--download", "--out={out}"], "--download goes with"),
        (["--dataset=coco", "--out={out}"], "LEAKGAN_TF_DATA"),
        (["--dataset=coco", "--data_dir={folder}", "--out={out}"], "coco/train.txt is missing"),
        (["--dataset=lyrics", "--out={out}"], "dataset"),
        (["--input={text}", "--tokenizer=bpe", "--out={out}"], "tokenizer"),
        (["--input={text}", "--max_length=0", "--out={out}"], "max_length must be at least 1"),
        (["--input={text}", "--test_fraction=1", "--out={out}"], "test_fraction must be"),
        (["--input={text}", "--min_count=99", "--out={out}"], "vocabulary ends empty"),
        (["--input={text}", "--vocab_size=1", "--out={out}"], "vocabulary ends empty"),
        (["--input={text}", "--max_length=2", "--out={out}"], "more than 4 tokens"),
        (["--input={text}", "--out={text}"], "exists"),
        (["--input={text}", "--out={text}", "--overwrite"], "is a file"),
        (["--input={folder}", "--out={out}"], "not a regular file"),
        (["--input={folder}/absent.txt", "--out={out}"], "absent.txt"),
        (["--input={text}", "extra.txt", "--out={out}"], "unexpected argument"),
    ],
)
def test_flags_that_cannot_be_are_refused(tmp_path, capsys, arguments, message):
    text = write(tmp_path / "text.txt", LINES)
    places = {"text": text, "out": tmp_path / "out", "folder": tmp_path}
    assert run(*(argument.format(**places) for argument in arguments)) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]
    assert text.read_text() == LINES


def test_help_names_every_flag(capsys):
    assert run("--help") == 0
    output = capsys.readouterr().out
    for flag in ("--input", "--rare", "--long", "--length_multiple", "--data_dir", "download"):
        assert flag in output
