"""``python -m leakgan_tf generate``: what it writes, and how it refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import runs
from helpers.text_runs import SENTENCES, made_on_text
from helpers.tiny import tiny
from leakgan_tf.__main__ import main
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """An interrupted run of MLE."""
    folder = tmp_path_factory.mktemp("runs") / "mle"
    runs.begun(tiny("mle"), folder)
    return folder


def generate(*words):
    return main(["leakgan-tf", "generate", *map(str, words)])


def test_a_fresh_process_writes_the_same_sentences(run_dir, tmp_path):
    """Of LeakGAN, by the command itself."""
    runs.begun(tiny("leakgan"), tmp_path / "run")
    result = subprocess.run(
        [sys.executable, "-m", "leakgan_tf", "generate", f"--run_dir={tmp_path / 'run'}",
         "--num=5", "--temperature=1.5", "--seed=7"],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == load(tmp_path / "run").generate(5, 1.5, seed=7)


def test_standard_output_has_the_sentences_and_nothing_else(run_dir, capsys):
    assert generate(f"--run_dir={run_dir}", "--num=3", "--seed=2") == 0
    assert capsys.readouterr().out.splitlines() == load(run_dir).generate(3, seed=2)


def test_ten_sentences_without_flags(run_dir, capsys):
    assert generate("--run_dir", run_dir) == 0
    assert capsys.readouterr().out.splitlines() == load(run_dir).generate(10, 1.0, seed=0)


def test_temperature_and_seed_reach_the_generator(run_dir, capsys):
    assert generate(f"--run_dir={run_dir}", "--temperature=3", "--seed=5") == 0
    assert capsys.readouterr().out.splitlines() == load(run_dir).generate(10, 3.0, seed=5)


def test_out_is_a_file_and_standard_output_stays_empty(run_dir, tmp_path, capsys):
    out = tmp_path / "new folder" / "samples.txt"
    assert generate(f"--run_dir={run_dir}", "--num=3", f"--out={out}") == 0
    assert out.read_text().splitlines() == load(run_dir).generate(3)
    assert capsys.readouterr().out == ""


def test_overwrite_replaces_the_file(run_dir, tmp_path):
    out = tmp_path / "samples.txt"
    out.write_text("precious")
    assert generate(f"--run_dir={run_dir}", "--num=0", f"--out={out}", "--overwrite") == 0
    assert out.read_text() == ""


def refuses(capsys, folder, *words, names=()):
    """Exit status 2 and one line on standard error; nothing below the folder changes."""
    before = runs.files(folder)
    assert main(["leakgan-tf", *map(str, words)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.endswith("\n")
    assert len(printed.err.splitlines()) == 1
    for name in names:
        assert str(name) in printed.err
    assert runs.files(folder) == before


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--num=-1"], ["num", "-1"]),
        (["--num=many"], ["num", "many"]),
        (["--temperature=0"], ["temperature"]),
        (["--temperature=-2"], ["temperature"]),
        (["--temperature=nan"], ["temperature"]),
        (["--temperature=inf"], ["temperature"]),
        (["--temperature=1e39"], ["temperature must be 0.001 to 1000"]),
        (["--temperature=1e-46"], ["temperature must be 0.001 to 1000"]),
        (["--seed=x"], ["seed"]),
        (["--nun=3"], ["nun"]),
        (["extra"], ["extra"]),
        (["--best"], ["best.npz"]),
        (["--run_dir="], ["--run"]),
        (["--run=x"], ["--run_dir", "one"]),
        (["--top_k=-1"], ["top_k"]),
        (["--top_p=0"], ["top_p"]),
        (["--top_p=nan"], ["top_p"]),
        (["--greedy", "--top_k=3"], ["greedy", "top_k"]),
        (["--greedy", "--unique"], ["greedy", "unique"]),
        (["--data=x"], ["--data", "--novel"]),
        (["--prompt=a man"], ["prompt", "run on text"]),
        (["--novel"], ["novel", "run on text"]),
        (["--format=xml"], ["format"]),
    ],
)
def test_bad_flags_are_refused(capsys, run_dir, tmp_path, words, names):
    out = tmp_path / "samples.txt"
    arguments = [f"--run_dir={run_dir}", f"--out={out}", *words]
    refuses(capsys, run_dir.parent, "generate", *arguments, names=names)
    assert not out.exists()


def test_an_unknown_command_is_refused(capsys, tmp_path):
    refuses(capsys, tmp_path, "generat", names=["generat", "generate"])


def test_without_a_run_it_is_refused(capsys, run_dir, tmp_path):
    out = f"--out={tmp_path / 'samples.txt'}"
    missing, empty = tmp_path / "missing", tmp_path / "empty"
    empty.mkdir()
    refuses(capsys, tmp_path, "generate", out, names=["--run"])
    for folder in (missing, empty):
        refuses(capsys, tmp_path, "generate", out, f"--run_dir={folder}", names=[folder])
    refuses(capsys, tmp_path, "generate", out, f"--run_dir={run_dir.parent}", names=["mle"])


def test_a_missing_or_damaged_checkpoint_is_refused(capsys, tmp_path):
    runs.begun(tiny("mle"), tmp_path)
    checkpoint = RunFolder(tmp_path).checkpoint
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    refuses(capsys, tmp_path, "generate", f"--run_dir={tmp_path}", names=[checkpoint])
    checkpoint.unlink()
    refuses(capsys, tmp_path, "generate", f"--run_dir={tmp_path}", names=["no checkpoint"])


def test_an_output_that_cannot_be_written_is_refused(capsys, run_dir, tmp_path):
    taken, folder = tmp_path / "taken.txt", tmp_path / "folder"
    taken.write_text("precious")
    folder.mkdir()
    for out in (taken, folder, taken / "below.txt"):
        words = ["generate", f"--run_dir={run_dir}", f"--out={out}"]
        refuses(capsys, tmp_path, *words, names=[out])
    refuses(capsys, tmp_path, *words, "--overwrite", names=[out])


def test_help_is_no_error(capsys):
    assert generate("--help") == 0
    assert "--temperature" in capsys.readouterr().out


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    """A run of MLE on text with random weights, and its data folder."""
    return made_on_text("mle", tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def filling_run(tmp_path_factory):
    """A run of MaskGAN on text with random weights."""
    return made_on_text("maskgan", tmp_path_factory.mktemp("filling"))


def lines(capsys, folder, *words):
    assert generate(f"--run={folder / 'run'}", *words) == 0
    return capsys.readouterr().out.splitlines()


def test_every_sentence_begins_with_the_prompt(text_run, capsys):
    found = lines(capsys, text_run, "--prompt=the giraffe", "--num=20", "--seed=3")
    assert len(found) == 20 and all(line.startswith("the giraffe") for line in found)
    assert found == load(text_run / "run").generate(20, seed=3, prompt="the giraffe")
    assert len(set(found)) > 1


def test_unique_and_novel_leave_out_what_they_say(text_run, capsys):
    words = ["--num=30", "--temperature=0.5", "--prompt=the man"]
    plain, unique = lines(capsys, text_run, *words), lines(capsys, text_run, *words, "--unique")
    assert len(set(plain)) < len(plain) and len(set(unique)) == 30
    assert unique[:9] == list(dict.fromkeys(plain))[:9]  # the same draws, repetitions left out
    beginning = ["--prompt=a man", "--temperature=0.5", "--num=12"]
    known = set(SENTENCES)
    trained = load(text_run / "run")
    assert set(trained.training_sentences()) < known
    some = set(lines(capsys, text_run, *beginning)) - {"a man"}
    trained.training_sentences = lambda data=None: sorted(some)
    assert some.isdisjoint(trained.generate(12, 0.5, prompt="a man", novel=True))
    assert set(lines(capsys, text_run, *beginning, "--novel")).isdisjoint(
        load(text_run / "run").training_sentences()
    )


def test_too_few_unique_sentences_are_told(text_run, capsys):
    words = ["--unique", "--num=9", "--top_k=1", "--prompt=a"]
    refuses(capsys, text_run, "generate", f"--run={text_run / 'run'}", *words, names=["only 1 of"])


def test_jsonl_names_both_laws_and_adds_up(text_run, capsys):
    words = ["--format=jsonl", "--temperature=2", "--num=5", "--prompt=a"]
    found = [json.loads(line) for line in lines(capsys, text_run, *words)]
    trained = load(text_run / "run")
    for each in found:
        ids = trained.reader.vocabulary.encode(each["tokens"], 4)[None]
        for key, temperature in (("log_prob_model", 1.0), ("log_prob_law", 2.0)):
            wanted = trained.generator.log_prob(ids, temperature)[0, 1:].sum()
            assert each[key] == pytest.approx(wanted, abs=1e-4)
        assert (each["law"], each["prompt_tokens"]) == ("temperature 2", 1)
        assert trained.reader.tokenizer.detokenize(each["tokens"]) == each["text"]


def test_an_unknown_word_is_refused_with_its_nearest(text_run, capsys):
    words = ["generate", f"--run={text_run / 'run'}"]
    refuses(capsys, text_run, *words, "--prompt=the Girafe", names=["'Girafe'", "giraffe"])
    refuses(capsys, text_run, *words, "--prompt=the xyzzy", names=["no known word is near"])
    refuses(capsys, text_run, *words, "--prompt=a man sits.", names=["4 tokens", "3 or fewer"])


def test_blanks_are_filled_and_the_rest_stays(filling_run, capsys):
    trained = load(filling_run / "run")
    found = trained.sentences(20, seed=3, template="the ___ sits ___")
    tokens = [each.tokens for each in found]
    assert all(len(each) == 4 and each[::2] == ("the", "sits") for each in tokens)
    assert len({each[1] for each in tokens}) > 1
    written = lines(capsys, filling_run, "--template=the ___ sits ___", "--num=20", "--seed=3")
    assert written == [each.text for each in found]
    (line,) = lines(capsys, filling_run, "--template=a ___ sits", "--num=1", "--format=jsonl")
    each = json.loads(line)
    assert (each["tokens"][::2], each["prompt_tokens"]) == (["a", "sits"], 2)
    ids = trained.reader.vocabulary.encode(each["tokens"], 4)[None]
    wanted = trained.generator.fill_log_prob(ids, ids != ids[0, 1])
    assert each["log_prob_model"] == pytest.approx(wanted[0, 1], abs=1e-4)


def test_templates_that_cannot_be_filled_are_refused(text_run, filling_run, capsys):
    words = ["generate", f"--run={filling_run / 'run'}"]
    refuses(capsys, filling_run, *words, "--template=the Girafe ___", names=["'Girafe'", "giraffe"])
    refuses(capsys, filling_run, *words, "--template=a man", names=["no blank", "___"])
    refuses(capsys, filling_run, *words, "--template=a ___ ___ ___ .", names=["5 tokens", "4"])
    refuses(capsys, filling_run, *words, "--template=a ___", "--prompt=a", names=["or a template"])
    words = ["generate", f"--run={text_run / 'run'}", "--template=the ___"]
    refuses(capsys, text_run, *words, names=["maskgan", "mle fills no blanks"])


def test_truncation_says_that_it_is_outside_of_protocols(text_run, capsys):
    assert generate(f"--run={text_run / 'run'}", "--top_p=0.5", "--num=1") == 0
    assert "outside every published protocol" in capsys.readouterr().err


def test_another_data_folder_is_refused(text_run, capsys):
    words = ["generate", f"--run={text_run / 'run'}", "--novel", f"--data={text_run / 'none'}"]
    refuses(capsys, text_run, *words, names=["none"])
