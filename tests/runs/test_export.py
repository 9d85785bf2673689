"""A SavedModel says what the run says, in a process that has TensorFlow and nothing else."""

import json
import subprocess
import sys

import pytest
import tensorflow as tf

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.__main__ import main
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.runs import export as exporting
from leakgan_tf.runs.export import export
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import write_json

BATCH = 16  # tiny()'s sampling_batch
# Counts beside and between the multiples of the batch; seeds of either sign.
ASKED = [
    (5, 1.0, 0),
    (BATCH, 1 / 1.5, 3),
    (2 * BATCH + 1, 0.5, -7),
    (1, 2.0, 2**31 - 1),
    (0, 1.0, 0),
]
# Ten words and two symbols: V = 12. Not every word that begins with a full stop is one.
WORDS = {
    "word": ["a", "dog", "is", ".", ",", "n't", "'s", ".5", "'sup", "!"],
    "char": list("春花秋月何時了,往事"),
    "whitespace": [".", "dog", ",", "a", "n't", "?", "b", "c", "d", "e"],
}
KINDS = {"leakgan": "word", "mle": "char", "seqgan": "whitespace"}
LOADER = """
import json, sys
sys.modules["leakgan_tf"] = sys.modules["keras"] = None  # not to be had
import tensorflow as tf
models = {}
for path in sys.argv[2:]:
    generate = tf.saved_model.load(path).signatures["generate"]
    models[path] = []
    for count, temperature, seed in json.loads(sys.argv[1]):
        made = generate(count=tf.constant(count), temperature=tf.constant(temperature),
                        seed=tf.constant(seed))
        text = [line.decode() for line in made["text"].numpy().tolist()]
        models[path].append([made["ids"].numpy().tolist(), text])
loaded = [name for name in sys.modules if name.split(".")[0] in ("leakgan_tf", "nltk")]
print(json.dumps([models, loaded]))
"""


def text_run(folder, system, **changes):
    """The folder of a run on text whose weights are random."""
    runs.begun(tiny(system, task="text", **changes), folder)
    reader = TextReader(Vocabulary(WORDS[KINDS[system]], unknown=True), tokenizer(system))
    write_json(RunFolder(folder).reader, reader.to_json())
    return load(folder)


def tokenizer(system):
    return get_tokenizer(KINDS[system])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs by name: sentences that end, sentences whose filling is a token, and oracle ids."""
    folder = tmp_path_factory.mktemp("runs")
    runs.begun(tiny("mle"), folder / "oracle")
    return {
        "leakgan": text_run(folder / "leakgan", "leakgan", padding="masked"),
        "mle": text_run(folder / "mle", "mle", padding="masked"),
        "seqgan": text_run(folder / "seqgan", "seqgan", padding="token"),
        "oracle": load(folder / "oracle"),
    }


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """What a fresh process makes of every exported run: ids and text for each of ASKED."""
    folder = tmp_path_factory.mktemp("exported") / "made on the way"
    for name, run in trained.items():
        export(run, folder / name)
    assert sorted(path.name for path in folder.iterdir()) == sorted(trained)  # and nothing else
    result = subprocess.run(
        [sys.executable, "-c", LOADER, json.dumps(ASKED), *map(str, folder.iterdir())],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    models, loaded = json.loads(result.stdout.splitlines()[-1])
    assert loaded == ["leakgan_tf"]  # only its refusal
    return {path.rpartition("/")[2]: made for path, made in models.items()}


RUNS = ("leakgan", "mle", "seqgan", "oracle")


@pytest.mark.parametrize("name", RUNS)
def test_ids_are_those_of_the_run_for_the_same_seed(trained, exported, name):
    for (count, temperature, seed), (ids, text) in zip(ASKED, exported[name], strict=True):
        assert ids == trained[name].sample(count, temperature, seed).tolist()
        assert len(ids) == len(text) == count
    assert exported[name][0][0] != exported[name][1][0][:5]  # seed and temperature matter


@pytest.mark.parametrize("name", RUNS)
def test_strings_are_the_sentences_of_the_run(trained, exported, name):
    """Where NLTK's detokenizer knows no more than the export: all but the word tokenizer."""
    for (count, temperature, seed), (ids, text) in zip(ASKED, exported[name], strict=True):
        if name == "leakgan":
            read = [trained[name].reader.tokens(row) for row in ids]
            assert [line.replace(" ", "") for line in text] == ["".join(each) for each in read]
        else:
            assert text == trained[name].generate(count, temperature, seed)


def test_punctuation_is_attached_and_words_that_begin_like_it_are_not(trained):
    module = exporting.Exported(trained["leakgan"])
    vocabulary = trained["leakgan"].reader.vocabulary
    for sentence, expected in [
        (["a", "dog", "is", "n't", ".5", ",", "a", "."], "a dog isn't .5, a."),
        (["a", "dog", "'s", "!"], "a dog's!"),
        (["a", "'sup", "dog", ".", "!"], "a 'sup dog.!"),
        ([".", "a"], ". a"),
        ([], ""),
    ]:
        ids = tf.constant(vocabulary.encode(sentence, 8)[None])
        assert module._write(ids).numpy()[0].decode() == expected


def test_the_signature_names_what_it_takes_and_gives(trained, tmp_path):
    export(trained["mle"], tmp_path / "model")
    generate = tf.saved_model.load(str(tmp_path / "model")).signatures["generate"]
    taken = {name: spec.dtype for name, spec in generate.structured_input_signature[1].items()}
    assert taken == {"count": tf.int32, "temperature": tf.float32, "seed": tf.int32}
    given = {name: spec.dtype for name, spec in generate.structured_outputs.items()}
    assert given == {"ids": tf.int32, "text": tf.string}


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_existing_out_is_refused_and_left(trained, tmp_path, kind):
    out = tmp_path / "model"
    if kind == "file":
        out.write_text("precious")
    else:
        out.mkdir()
        (out / "precious").write_text("precious")
    before = runs.files(tmp_path)
    with pytest.raises(UserError, match="exists"):
        export(trained["mle"], out)
    assert runs.files(tmp_path) == before


FULL = (OSError("disk full"), tf.errors.ResourceExhaustedError(None, None, "disk full"))


@pytest.mark.parametrize("error", FULL)
def test_a_failure_is_told_and_leaves_nothing(trained, tmp_path, monkeypatch, error):
    def save(module, path, signatures):
        (tmp_path / path / "half").write_text("half a model")
        raise error

    monkeypatch.setattr(tf.saved_model, "save", save)
    with pytest.raises(UserError, match="model.*disk full"):
        export(trained["mle"], tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_leaves_nothing(trained, tmp_path, monkeypatch):
    def save(module, path, signatures):
        raise KeyboardInterrupt

    monkeypatch.setattr(tf.saved_model, "save", save)
    with pytest.raises(KeyboardInterrupt):
        export(trained["mle"], tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--run_dir={run}"], ["--out"]),
        (["--out={here}/new"], ["--run_dir"]),
        (["--run_dir={here}/none", "--out={here}/new"], ["none"]),
        (["--run_dir={run}", "--out={here}/file"], ["file", "exists"]),
        (["--run_dir={run}", "--out={here}/file/below"], ["file/below"]),
        (["--run_dir={run}", "--out={here}/new", "--best"], ["best.npz"]),
        (["--run_dir={run}", "--out={here}/new", "--seed=1"], ["seed"]),
    ],
)
def test_the_command_refuses_in_one_line(capsys, tmp_path, words, names):
    run = tmp_path / "run"
    runs.begun(tiny("mle"), run)
    (tmp_path / "file").write_text("precious")
    before = runs.files(tmp_path)
    given = [word.format(run=run, here=tmp_path) for word in words]
    assert main(["leakgan-tf", "export", *given]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("error: ")
    for name in names:
        assert name in printed.err
    assert runs.files(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"run", "file"}
