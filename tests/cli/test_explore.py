"""``python -m leakgan_tf explore``: what the page has, and how it refuses."""

import json

import pytest

from helpers import runs, text_runs
from helpers.tiny import tiny
from leakgan_tf.__main__ import main
from leakgan_tf.runs.load import load


def explore(*words):
    return main(["leakgan-tf", "explore", *map(str, words)])


def data_of(page):
    text = page.read_text()
    assert page.stat().st_size < 2e6
    assert "src=" not in text and "@import" not in text and "url(" not in text
    return json.loads(text.partition('id="data">')[2].partition("</script>")[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("explore")
    runs.begun(tiny("leakgan"), made / "oracle")
    runs.begun(tiny("mle"), made / "mle")
    return made


def test_a_run_on_text(tmp_path):
    dataset = text_runs.prepared(tmp_path / "data")
    text_runs.begun("leakgan", dataset, tmp_path / "run")
    words = (tmp_path / "run", f"--data={tmp_path / 'data'}", "--sentences=3", "--rollouts=2")
    assert explore(*words, "--out", tmp_path / "page.html") == 0
    data = data_of(tmp_path / "page.html")
    sentences = data["sentences"]
    assert [each["kind"] for each in sentences] == ["generated"] * 3 + ["real"] * 4
    texts = load(tmp_path / "run").generate(3)
    for each, text in zip(sentences[:3], texts, strict=True):
        words = [data["words"][str(index)] for index in each["tokens"]]
        assert dataset.tokenizer.detokenize([word for word in words if word != "<eos>"]) == text
    assert {kind: len(each) for kind, each in data["background"].items()} == {
        "generated": 48, "real": len(dataset.test)
    }  # fmt: skip


def test_a_run_on_the_oracle_task(folder, tmp_path):
    words = (folder / "oracle", "--out", tmp_path / "page.html", "--sentences=1", "--rollouts=2")
    assert explore(*words) == 0
    data = data_of(tmp_path / "page.html")
    assert [each["kind"] for each in data["sentences"]] == ["generated"] + ["real"] * 4
    assert len(data["sentences"][0]["tokens"]) == 8


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "name a run"),
        (("{}/oracle",), "--out is missing"),
        (("{}/mle", "--out={new}"), "is a run of mle: explore shows LeakGAN's"),
        (("{new}", "--out={new}"), "no run there"),
        (("{}", "--out={new}"), "takes one run, not 2"),
        (("{}/oracle", "--out={}/oracle"), "is a folder"),
        (("{}/oracle", "--out={new}", "--data=x"), "--data goes with runs on text"),
        (("{}/oracle", "--out={new}", "--rollouts=1"), "rollouts"),
        (("{}/oracle", "--out={new}", "--temperature=nan"), "--temperature"),
    ],
)
def test_bad_input_is_refused_in_one_line(folder, tmp_path, capsys, words, named):
    new = tmp_path / "page.html"
    assert explore(*(word.format(folder, new=new) for word in words)) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("error: ") and len(printed.err.splitlines()) == 1
    assert named in printed.err
    assert not new.exists()
