"""A SavedModel says what the run says, in a process that has TensorFlow and nothing else."""

import json
import subprocess
import sys

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.__main__ import main
from leakgan_tf.data.languages import Language
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.runs import exported as exporting
from leakgan_tf.runs.export import export
from leakgan_tf.runs.exported_filling import ExportedFilling
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
    "bpe": ["▁", "▁a", "a", "d", "o", "g", "▁d", "og", "s", "▁dog"],
}
MERGES = [("▁", "a"), ("o", "g"), ("▁", "d"), ("▁d", "og")]
KINDS = {
    "maskgan": "word",
    "leakgan": "word",
    "mle": "char",
    "seqgan": "whitespace",
    "pg_bleu": "bpe",
}
# Templates with blanks at the beginning, within, at the end, side by side; and nothing else.
TEMPLATES = ["a ___ is ___ .", "___ dog", "___", "a dog ______", "___ is a ___ dog ."]
LOADER = """
import json, sys
sys.modules["leakgan_tf"] = sys.modules["keras"] = None  # not to be had
import tensorflow as tf
models = {}
for path in sys.argv[2:]:
    signatures = tf.saved_model.load(path).signatures
    models[path] = []
    def ask(name, count, temperature, seed, **first):
        made = signatures[name](count=tf.constant(count),
                                temperature=tf.constant(temperature), seed=tf.constant(seed),
                                top_k=tf.constant(0), top_p=tf.constant(1.0),
                                greedy=tf.constant(False), unique=tf.constant(False),
                                novel=tf.constant(False), **first)
        text = [line.decode() for line in made["text"].numpy().tolist()]
        models[path].append([made["ids"].numpy().tolist(), text])
    asked, templates = json.loads(sys.argv[1])
    for each in asked:
        ask("generate", *each, prompt=tf.constant(""))
    for number, template in enumerate(templates if "fill" in signatures else []):
        ask("fill", *asked[number], template=tf.constant(template))
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
    return get_tokenizer(KINDS[system], merges=MERGES if KINDS[system] == "bpe" else None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs by name: sentences that end, sentences whose filling is a token, and oracle ids."""
    folder = tmp_path_factory.mktemp("runs")
    runs.begun(tiny("mle"), folder / "oracle")
    language = Language("operators")
    sizes = {"vocab_size": len(language.symbols), "length": language.length}
    runs.begun(tiny("mle", task="cfg", grammar="operators", **sizes), folder / "grammar")
    return {
        "maskgan": text_run(folder / "maskgan", "maskgan", padding="masked"),
        "leakgan": text_run(folder / "leakgan", "leakgan", padding="masked"),
        "mle": text_run(folder / "mle", "mle", padding="masked"),
        "seqgan": text_run(folder / "seqgan", "seqgan", padding="token"),
        "pg_bleu": text_run(folder / "pg_bleu", "pg_bleu", padding="masked"),
        "oracle": load(folder / "oracle"),
        "grammar": load(folder / "grammar"),
    }


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """What a fresh process makes of every exported run: ids and text for each of ASKED."""
    folder = tmp_path_factory.mktemp("exported") / "made on the way"
    for name, run in trained.items():
        export(run, folder / name)
    assert sorted(path.name for path in folder.iterdir()) == sorted(trained)  # and nothing else
    result = subprocess.run(
        [sys.executable, "-c", LOADER, json.dumps([ASKED, TEMPLATES]), *map(str, folder.iterdir())],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    models, loaded = json.loads(result.stdout.splitlines()[-1])
    assert loaded == ["leakgan_tf"]  # only its refusal
    return {path.rpartition("/")[2]: made for path, made in models.items()}


RUNS = ("maskgan", "leakgan", "mle", "seqgan", "pg_bleu", "oracle", "grammar")


@pytest.mark.parametrize("name", RUNS)
def test_ids_are_those_of_the_run_for_the_same_seed(trained, exported, name):
    made = exported[name][: len(ASKED)]
    for (count, temperature, seed), (ids, text) in zip(ASKED, made, strict=True):
        assert ids == trained[name].sample(count, temperature, seed).tolist()
        assert len(ids) == len(text) == count
    assert exported[name][0][0] != exported[name][1][0][:5]  # seed and temperature matter


@pytest.mark.parametrize("name", RUNS)
def test_strings_are_the_sentences_of_the_run(trained, exported, name):
    made = exported[name][: len(ASKED)]
    for (count, temperature, seed), (_, text) in zip(ASKED, made, strict=True):
        assert text == trained[name].generate(count, temperature, seed)


def test_sentences_of_a_grammar_are_symbols(trained, exported):
    _, text = exported["grammar"][0]
    assert set("".join(text)) <= set("x+-*/ ") and "".join(text)
    sentence = trained["grammar"].sentences(1)[0]
    assert "".join(sentence.tokens).rstrip() == sentence.text


def test_fillings_are_those_of_generate_with_a_template(trained, exported):
    """In a process that has TensorFlow and nothing else."""
    made = exported["maskgan"][len(ASKED) :]
    assert len(made) == len(TEMPLATES) and len(exported["mle"]) == len(ASKED)
    for template, asked, (ids, text) in zip(TEMPLATES, ASKED, made, strict=True):
        count, temperature, seed = asked
        assert text == trained["maskgan"].generate(count, temperature, seed, template=template)
        assert len(ids) == count
    assert len(set(made[1][1])) > 1  # the blanks are drawn


FILL_OPTIONS = [
    {"num": 20, "template": "a ___ is ___ .", "top_k": 3, "top_p": 0.8, "seed": 2},
    {"num": 3, "template": "a dog ___ ___ a", "greedy": True},
    {"num": 6, "template": "___ dog", "unique": True, "temperature": 0.7},
]


@pytest.mark.parametrize("options", FILL_OPTIONS)
def test_options_give_the_fillings_of_the_run(trained, filling, options):
    given = {"count" if name == "num" else name: value for name, value in options.items()}
    made = filling.fill(**{name: tf.constant(value) for name, value in given.items()})
    wanted = trained["maskgan"].sentences(**options)
    assert [each.decode() for each in made["text"].numpy()] == [each.text for each in wanted]
    for name in ("log_prob_model", "log_prob_law"):
        own = [getattr(each, name) for each in wanted]
        assert made[name].numpy() == pytest.approx(own, abs=1e-4)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("a dog is", "no blank"),
        ("a dogg ___", "the template has a word.*dogg.*nearest.*dog"),
        ("a ___ is a dog is a dog .", "at most 8 tokens"),
        ("", "no blank"),
    ],
)
def test_a_template_that_cannot_be_is_refused_by_the_graph(filling, template, words):
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        filling.fill(tf.constant(template))


@pytest.fixture(scope="module")
def module(trained):
    """LeakGAN's module, with every third of its first sentences taken for training sentences."""
    return exporting.Exported(trained["leakgan"], trained["leakgan"].generate(48)[::3])


@pytest.fixture(scope="module")
def filling(trained):
    """MaskGAN's module."""
    return ExportedFilling(trained["maskgan"])


OPTIONS = [
    {"num": 20, "prompt": "a dog is", "temperature": 0.7, "seed": 3},
    {"num": 20, "prompt": "a dog", "top_k": 3, "top_p": 0.8},
    {"num": 3, "prompt": "a", "greedy": True},
    {"num": 20, "prompt": "a dog is n't .5 , a", "unique": False, "seed": 5},
    {"num": 10, "prompt": "a dog is", "unique": True, "top_k": 6},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_give_the_sentences_of_the_run(trained, module, options):
    defaults = {name: tf.constant(value) for name, value in exporting.DEFAULTS.items()}
    given = {"count" if name == "num" else name: value for name, value in options.items()}
    made = module.generate(**{**defaults, **{k: tf.constant(v) for k, v in given.items()}})
    wanted = trained["leakgan"].sentences(**options)
    assert [each.decode() for each in made["text"].numpy()] == [each.text for each in wanted]
    for name in ("log_prob_model", "log_prob_law"):
        own = [getattr(each, name) for each in wanted]
        assert made[name].numpy() == pytest.approx(own, abs=1e-4)


def test_novel_leaves_out_training_sentences(trained, module):
    made = module.generate(tf.constant(""), count=tf.constant(32), novel=tf.constant(True))
    every = trained["leakgan"].generate(100)
    known = set(every[:48:3])
    wanted = [each for each in every if each not in known][:32]
    assert [each.decode() for each in made["text"].numpy()] == wanted


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prompt": "a dogg"}, "dogg.*nearest.*dog"),
        ({"prompt": "a dog is a dog is a dog"}, "at most 7 tokens"),
        ({"count": -1}, r"count must be 0 or more, not\] \[-1\]"),
        ({"temperature": 0.0}, "temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"greedy": True, "unique": True}, "1 in 50 sentences are unique"),
    ],
)
def test_what_cannot_be_is_refused_by_the_graph(module, options, words):
    given = {name: tf.constant(value) for name, value in {"prompt": "a", **options}.items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        module.generate(**given)


@pytest.mark.parametrize("prompt", ["12", "-1", "3 x"])
def test_ids_out_of_range_are_refused_by_the_graph(trained, prompt):
    module = exporting.Exported(trained["oracle"])
    for function in (module.generate, lambda given: module.serving_default(given[tf.newaxis])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="token that is not one of the 12"):
            function(tf.constant(prompt))
    assert module.generate(tf.constant("3 11"))["text"].numpy()[0].startswith(b"3 11 ")


def test_subword_prompts_are_continued_as_the_run_does(trained):
    made = exporting.Exported(trained["pg_bleu"]).serving_default(tf.constant(["a dogs", "og"]))
    wanted = [trained["pg_bleu"].generate(each + 1, prompt=prompt)[each]
              for each, prompt in enumerate(["a dogs", "og"])]  # fmt: skip
    assert [each.decode() for each in made["text"].numpy()] == wanted


def test_a_server_gets_a_sentence_for_each_prompt(trained, module):
    """Rows as TensorFlow Serving makes tensors of ``{"instances": [...]}``, more than a batch."""
    prompts = ["a dog", "", "a", "a dog is n't"] * 5
    made = module.serving_default(tf.constant(prompts))
    assert {len(part) for part in made.values()} == {len(prompts)}
    for prompt, text in zip(prompts, made["text"].numpy(), strict=True):
        assert text.decode().startswith(prompt.replace(" n't", "n't"))
    assert made["text"][1].numpy().decode() == trained["leakgan"].generate(2)[1]


def test_the_signatures_name_what_they_take_and_give(trained, tmp_path):
    export(trained["mle"], tmp_path / "model")
    signatures = tf.saved_model.load(str(tmp_path / "model")).signatures
    taken = signatures["serving_default"].structured_input_signature[1]
    assert {name: (each.dtype, each.shape.rank) for name, each in taken.items()} == {
        "prompt": (tf.string, 1)
    }
    for signature in signatures.values():
        given = {name: spec.dtype for name, spec in signature.structured_outputs.items()}
        assert given == {"ids": tf.int32, "text": tf.string, "log_prob_model": tf.float32,
                         "log_prob_law": tf.float32}  # fmt: skip
    stored = saved_model_pb2.SavedModel.FromString(
        (tmp_path / "model" / "saved_model.pb").read_bytes()
    )
    stored = stored.meta_graphs[0].signature_def["generate"]
    defaults = {name: tf.make_ndarray(each).item() for name, each in stored.defaults.items()}
    assert defaults == exporting.DEFAULTS
    assert set(stored.inputs) == {"prompt", *defaults}


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
        (["--out={here}/new"], ["--run"]),
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
