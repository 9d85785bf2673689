"""The requests to TensorFlow Serving in docs/own-text.md give the sentences of `generate`.

The server itself is no package of any registry that CI has: the model runs in a process of its own,
with TensorFlow alone, and `helpers/serving.py` reads requests as Serving does.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import runs, serving
from helpers.tiny import tiny
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.runs.export import export
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.utils.files import write_json

ROOT = Path(__file__).parent.parent.parent
SERVER = """
import importlib.util, json, sys
sys.modules["leakgan_tf"] = sys.modules["keras"] = None  # not to be had
import tensorflow as tf
spec = importlib.util.spec_from_file_location("serving", sys.argv[1])
serving = importlib.util.module_from_spec(spec)
spec.loader.exec_module(serving)
model, answers = tf.saved_model.load(sys.argv[2]), []
for body in json.load(sys.stdin):
    try:
        answers.append(serving.predict(model, body))
    except (serving.RequestError, tf.errors.InvalidArgumentError) as error:
        answers.append(str(error))
print(json.dumps(answers))
"""
WRONG = {
    '{"signature_name": "generate", "inputs": {"prompt": "a man"}}': "Missing named input",
    '{"signature_name": "generate", "instances": ["a man"]}': "several inputs",
    '{"instances": ["a mann"]}': "mann",
    '{"instances": [1]}': "expected type: string",
}


@pytest.fixture(scope="module")
def documented():
    """The bodies of the page's requests: rows, and columns."""
    page = (ROOT / "docs" / "own-text.md").read_text("utf-8")
    return re.findall(r"^curl -d '([^']*)'", page, re.MULTILINE)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A LeakGAN with random weights that knows the words of the page's prompts."""
    folder = tmp_path_factory.mktemp("runs") / "leakgan"
    runs.begun(tiny("leakgan", task="text", padding="masked"), folder)
    words = ["a", "man", "two", "dogs", ".", ",", "n't", "is", "on", "grass"]
    reader = TextReader(Vocabulary(words, unknown=True), get_tokenizer("word"))
    write_json(RunFolder(folder).reader, reader.to_json())
    return load(folder)


@pytest.fixture(scope="module")
def answers(documented, run, tmp_path_factory):
    """What a process with TensorFlow alone answers to the documented and to wrong requests."""
    folder = tmp_path_factory.mktemp("models") / "captions" / "1"
    export(run, folder)
    result = subprocess.run(
        [sys.executable, "-c", SERVER, serving.__file__, str(folder)],
        input=json.dumps([*documented, *WRONG]), cwd=folder, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.ci
def test_the_documented_requests_give_the_sentences_of_the_run(documented, run, answers):
    rows, columns = map(json.loads, answers[: len(documented)])
    prompts = json.loads(documented[0])["instances"]
    wanted = [run.sentences(place + 1, prompt=each)[place] for place, each in enumerate(prompts)]
    assert [row["text"] for row in rows["predictions"]] == [each.text for each in wanted]
    for name in ("log_prob_model", "log_prob_law"):
        shown = [row[name] for row in rows["predictions"]]
        assert shown == pytest.approx([getattr(each, name) for each in wanted], abs=1e-3)
    asked = json.loads(documented[1])["inputs"]
    asked["num"] = asked.pop("count")
    assert columns["outputs"]["text"] == run.generate(**asked)


@pytest.mark.ci
def test_requests_that_serving_refuses(documented, answers):
    for said, words in zip(answers[len(documented) :], WRONG.values(), strict=True):
        assert words in said
