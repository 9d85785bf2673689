"""``python -m leakgan_tf score`` and `TrainedGenerator.score`: probabilities of given sentences."""

import json
import math

import numpy as np
import pytest

from helpers import runs
from helpers.text_runs import SENTENCES, made_on_text
from helpers.tiny import tiny
from leakgan_tf.__main__ import main
from leakgan_tf.data.vocabulary import UNK_ID
from leakgan_tf.runs.load import load
from leakgan_tf.utils.errors import UserError

TOO_LONG = "a man sits in."  # 5 tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of LeakGAN whose sampling and teacher forcing differ."""
    return made_on_text("leakgan", tmp_path_factory.mktemp("text"), "original")


@pytest.fixture(scope="module")
def trained(folder):
    return load(folder / "run")


def score(*words):
    return main(["leakgan-tf", "score", *map(str, words)])


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_generated_sentences_have_the_probabilities_that_they_were_drawn_with(trained, temperature):
    drawn = trained.sentences(8, temperature, seed=3)
    scored = trained.score([each.text for each in drawn], temperature)
    for each, wanted in zip(scored, drawn, strict=True):
        if each.tokens == wanted.tokens:  # text that is split otherwise is another sentence
            assert each.log_prob == pytest.approx(wanted.log_prob_law, abs=1e-4)
    assert sum(each.tokens == wanted.tokens for each, wanted in zip(scored, drawn, strict=True)) > 3


def test_the_probabilities_of_all_sentences_add_up_to_one(trained):
    """Of all sentences of up to two words, and of what begins with two words."""
    words = [*trained.reader.vocabulary.words, "zebra"]  # that is <unk>
    pairs = [f"{a} {b}" for a in words for b in words]
    short = sum(math.exp(each.log_prob) for each in trained.score(["", *words]))
    ids = np.array([trained.reader.vocabulary.encode(pair.split(), 4) for pair in pairs])
    first = trained.generator.log_prob(ids, path="sampling")[:, :2].sum(axis=1)
    assert short + np.exp(first).sum() == pytest.approx(1, abs=1e-4)


def test_counts_unknown_words_and_what_cannot_be_generated(trained):
    short, whole, unknown, long = trained.score(["a man", "a man sits.", "a zebra sits.", TOO_LONG])
    assert (short.tokens, short.counted, short.unknown) == (("a", "man"), 3, 0)
    assert (whole.counted, len(whole.tokens)) == (4, 4)  # T tokens have no end
    assert math.isfinite(short.log_prob) and math.isfinite(whole.log_prob)
    assert (unknown.tokens, unknown.unknown) == (("a", "zebra", "sits", "."), 1)
    ids = np.array([trained.reader.vocabulary.encode(unknown.tokens, 4)])
    assert ids[0, 1] == UNK_ID
    as_unknown = trained.generator.log_prob(ids, path="sampling").sum()
    assert unknown.log_prob == pytest.approx(as_unknown, abs=1e-4)
    assert (len(long.tokens), long.log_prob) == (5, -math.inf)
    assert trained.score([]) == []


def test_a_line_of_json_for_each_sentence(folder, trained, tmp_path, capsys):
    (tmp_path / "in.txt").write_text("\n".join([*SENTENCES, "", TOO_LONG]) + "\n\n")
    words = [f"--run={folder / 'run'}", f"--input={tmp_path / 'in.txt'}", "--temperature=0.5"]
    assert score(*words) == 0
    printed = capsys.readouterr()
    found = [json.loads(line) for line in printed.out.splitlines()]
    wanted = trained.score([*SENTENCES, TOO_LONG], 0.5)
    assert [each["text"] for each in found] == [each.text for each in wanted]
    assert [each["log_prob"] for each in found[:-1]] == [each.log_prob for each in wanted[:-1]]
    assert found[-1]["log_prob"] is None and len(found[-1]["tokens"]) == 5
    possible = wanted[:-1]
    nll = -sum(each.log_prob for each in possible) / sum(each.counted for each in possible)
    assert f"{nll:.3f} nats per token, perplexity {math.exp(nll):.4g}; 1 " in printed.err
    out = tmp_path / "out.jsonl"
    assert score(*words, f"--out={out}") == 0
    assert out.read_text() == printed.out and capsys.readouterr().out == ""
    assert score(*words, f"--out={out}") == 2 and out.read_text() == printed.out


def test_without_a_symbol_of_unknown_words_such_a_sentence_is_impossible():
    known, unknown = load("captions-mle").score(["a man riding a horse.", "a zyx riding a horse."])
    assert math.isfinite(known.log_prob) and known.unknown == 0
    assert (unknown.log_prob, unknown.unknown) == (-math.inf, 1)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--input={text}",), "--run is missing"),
        (("--run={run}",), "--input is missing"),
        (("--run={run}", "--input={new}"), "new"),
        (("--run={run}", "--input={empty}"), "has no sentence"),
        (("--run={run}", "--input={text}", "--temperature=0"), "--temperature"),
        (("--run={run}", "--input={text}", "--encoding=x"), "encoding"),
        (("--run={run}", "--input={text}", "--best"), "best.npz"),
        (("--run={oracle}", "--input={text}"), "run on text"),
    ],
)
def test_bad_input_is_refused_in_one_line(folder, tmp_path, capsys, words, named):
    runs.begun(tiny("mle"), tmp_path / "oracle")
    (tmp_path / "empty.txt").write_text("\n\n")
    places = {
        "run": folder / "run", "text": folder / "text.txt", "new": tmp_path / "new",
        "empty": tmp_path / "empty.txt", "oracle": tmp_path / "oracle",
    }  # fmt: skip
    out = tmp_path / "out"
    assert score(*(word.format(**places) for word in words), f"--out={out}") == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ") and len(printed.err.splitlines()) == 1
    assert named in printed.err and not out.exists()


def test_the_input_is_never_replaced(folder, capsys):
    text = (folder / "text.txt").read_bytes()
    same = folder / ".." / folder.name / "text.txt"
    words = (f"--run={folder / 'run'}", f"--input={folder / 'text.txt'}", f"--out={same}")
    assert score(*words, "--overwrite") == 2
    assert "would replace the --input file" in capsys.readouterr().err
    assert (folder / "text.txt").read_bytes() == text


def test_what_is_no_list_of_text_is_refused_by_name(trained):
    for wrong in ("a man", None, [1], b"a man"):
        with pytest.raises(UserError, match="sentences"):
            trained.score(wrong)
    with pytest.raises(UserError, match="temperature"):
        trained.score(["a man"], 0.0)


def test_a_residual_model_is_refused(tmp_path):
    residual = made_on_text("residual_ebm", tmp_path)
    with pytest.raises(UserError, match="normalizing constant"):
        load(residual / "run").score(["a man"])
