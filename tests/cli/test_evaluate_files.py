"""``evaluate`` on files, through the same door as the command line."""

import gzip
import json
import subprocess
import sys

import pytest

from leakgan_tf.cli import entry
from leakgan_tf.cli import evaluate as evaluate_command
from leakgan_tf.metrics import bleu

SAMPLES = "A red bus.\n\nA red bus.\nA dog on a bed.\n"
REFERENCES = "a dog sleeps on the bed.\ntwo red buses.\n   \n\n"
TRAIN = "a red bus.\n"
WORDS = [["a", "red", "bus", "."]] * 2 + [["a", "dog", "on", "a", "bed", "."]]
REFERENCE_WORDS = [["a", "dog", "sleeps", "on", "the", "bed", "."], ["two", "red", "buses", "."]]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "samples.txt").write_text(SAMPLES)
    (tmp_path / "references.txt").write_text(REFERENCES)
    (tmp_path / "train.txt").write_text(TRAIN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evaluate(*arguments, samples="samples.txt", references="references.txt"):
    argv = ["evaluate", f"--samples={samples}", f"--references={references}", *arguments]
    values = evaluate_command.define_flags()
    return entry.run(evaluate_command.run, values, argv, evaluate_command.ABOUT)


def refusal(capsys, *arguments, **files):
    """Runs the command, which must refuse, and returns its one line."""
    assert evaluate(*arguments, **files) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    return output.err


def by_name(scores):
    return {str(order): score for order, score in scores.items()}


def test_json_holds_scores_and_protocol(folder):
    assert evaluate("--train=train.txt", "--lowercase", "--json=scores.json") == 0
    scores = json.loads((folder / "scores.json").read_text())
    assert list(scores) == [
        "bleu",
        "self_bleu",
        "backward_bleu",
        "bleu_train",
        "distinct",
        "distinct_sentences",
        "copied_from_train",
        "protocol",
    ]
    assert scores["bleu"] == by_name(bleu.bleu(WORDS, REFERENCE_WORDS))
    assert scores["self_bleu"] == by_name(bleu.self_bleu(WORDS))
    assert scores["distinct_sentences"] == scores["copied_from_train"] == 2 / 3
    protocol = scores["protocol"]
    assert protocol["tokenizer"] == "word"
    assert protocol["lowercase"] is True
    assert protocol["samples"] == {"available": 3, "used": 3}
    assert protocol["files"] == {
        "samples": "samples.txt",
        "references": "references.txt",
        "train": "train.txt",
    }
    assert protocol["blank_lines_ignored"] == {"samples": 1, "references": 2, "train": 0}


def test_flags_reach_the_scores(folder):
    assert evaluate("--smoothing=none", "--tokenizer=whitespace", "--json=scores.json") == 0
    scores = json.loads((folder / "scores.json").read_text())
    samples = [line.split() for line in SAMPLES.splitlines() if line]
    references = [line.split() for line in REFERENCES.splitlines() if line.strip()]
    assert scores["bleu"] == by_name(bleu.bleu(samples, references, smoothing="none"))
    assert scores["protocol"]["tokenizer"] == "whitespace"
    assert scores["protocol"]["lowercase"] is False
    assert scores["protocol"]["smoothing"].startswith("none")
    assert "copied_from_train" not in scores


def test_prints_a_table_with_the_protocol_under_it(folder, capsys):
    assert evaluate("--lowercase") == 0
    table, protocol = capsys.readouterr().out.split("\nProtocol\n")
    expected = bleu.bleu(WORDS, REFERENCE_WORDS)
    row = next(line for line in table.splitlines() if line.startswith("BLEU "))
    assert row.split() == ["BLEU", "-", *(f"{expected[order]:.4f}" for order in (2, 3, 4, 5))]
    share = next(line for line in table.splitlines() if line.startswith("distinct sentences"))
    assert share.split()[-1] == "0.6667"
    said = dict(line.strip().split(":", 1) for line in protocol.splitlines())
    said = {name: value.strip() for name, value in said.items()}
    assert said["tokenizer"] == "word"
    assert said["lowercase"] == "yes"
    assert said["samples"] == "available 3, used 3"
    assert said["train"] == "not given"
    assert said["aggregation"] == "mean of sentence BLEU"
    assert said["blank lines ignored"] == "samples 1, references 2"


def test_a_compressed_file_scores_the_same(folder):
    (folder / "packed.gz").write_bytes(gzip.compress(SAMPLES.encode()))
    assert evaluate("--json=plain.json") == 0
    assert evaluate("--json=packed.json", samples="packed.gz") == 0
    plain, packed = (
        json.loads((folder / name).read_text()) for name in ("plain.json", "packed.json")
    )
    assert plain.pop("protocol") != packed.pop("protocol")  # the file's name
    assert plain == packed


def test_files_may_have_another_encoding(folder, capsys):
    """What the refusal advises works."""
    german = "Das häßliche Mädchen schläft schön.\n" * 3
    for name in ("samples.txt", "references.txt"):
        (folder / name).write_bytes(german.encode("cp1252"))
    assert "give --encoding=cp1252" in refusal(capsys)
    assert evaluate("--encoding=cp1252", "--json=scores.json") == 0
    assert json.loads((folder / "scores.json").read_text())["bleu"]["4"] == pytest.approx(1.0)


def test_an_existing_file_is_kept_unless_overwrite(folder, capsys):
    (folder / "scores.json").write_text("precious")
    assert "scores.json exists" in refusal(capsys, "--json=scores.json")
    assert (folder / "scores.json").read_text() == "precious"
    assert evaluate("--json=scores.json", "--overwrite") == 0
    assert "bleu" in json.loads((folder / "scores.json").read_text())


def test_never_writes_over_its_input(folder, capsys):
    line = refusal(capsys, f"--json={folder}/samples.txt", "--overwrite")
    assert "would replace the --samples file" in line
    assert (folder / "samples.txt").read_text() == SAMPLES


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no sentence"),
        (b"\n \n", "has no sentence"),
        (b"one sentence\n\n", "has only one sentence: self-BLEU needs at least two"),
        (b"fine\nbro\xffken\n", "line 2"),
    ],
)
def test_bad_samples_are_refused_by_name(folder, capsys, content, words):
    (folder / "bad.txt").write_bytes(content)
    line = refusal(capsys, "--json=scores.json", samples="bad.txt")
    assert "bad.txt" in line
    assert words in line
    assert not (folder / "scores.json").exists()


@pytest.mark.parametrize("name", ["samples", "references"])
def test_a_missing_file_is_refused_by_name(folder, capsys, name):
    assert "absent.txt" in refusal(capsys, **{name: "absent.txt"})


def test_an_empty_training_file_is_refused(folder, capsys):
    (folder / "empty.txt").touch()
    assert "empty.txt has no sentence" in refusal(capsys, "--train=empty.txt")


def test_one_reference_is_enough(folder):
    (folder / "one.txt").write_text("a dog.\n")
    assert evaluate(references="one.txt") == 0


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("--tokenizer=syllable", "syllable"),
        ("--smoothing=method2", "method2"),
        ("--sample=x", "sample"),
        ("extra", "unexpected argument 'extra'"),
        ("--train=", "--train is empty"),
        ("--json=", "--json is empty"),
        ("--samples=", "--samples is missing"),
    ],
)
def test_bad_flags_are_refused(folder, capsys, argument, words):
    assert words in refusal(capsys, argument)


def test_a_required_flag_is_asked_for(folder, capsys):
    values = evaluate_command.define_flags()
    argv = ["evaluate", "--samples=samples.txt"]
    assert entry.run(evaluate_command.run, values, argv, evaluate_command.ABOUT) == 2
    assert "--references is missing" in capsys.readouterr().err


def test_help_needs_no_flag(capsys):
    values = evaluate_command.define_flags()
    assert (
        entry.run(evaluate_command.run, values, ["evaluate", "--help"], evaluate_command.ABOUT) == 0
    )
    assert "--references" in capsys.readouterr().out


def test_works_without_tensorflow(folder):
    program = """
import sys
from leakgan_tf.cli import entry, evaluate
argv = ["evaluate", "--samples=samples.txt", "--references=references.txt"]
status = entry.run(evaluate.run, evaluate.define_flags(), argv, "")
loaded = {"tensorflow", "keras"} & sys.modules.keys()
sys.exit(f"imported {loaded}" if loaded else status)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert (done.returncode, done.stderr) == (0, "")
