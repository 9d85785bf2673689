"""``python -m leakgan_tf study``: the page, its key, the table, and how it refuses."""

import json

import pytest

from helpers import text_runs
from leakgan_tf.__main__ import main
from leakgan_tf.reporting.study import CHECK, REAL


def study(*words):
    return main(["leakgan-tf", "study", *map(str, words)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder, an untrained run on it, and a study of both."""
    made = tmp_path_factory.mktemp("study")
    text_runs.begun("mle", text_runs.prepared(made / "data"), made / "mle")
    words = (made / "mle", "--real", made / "data", "--sentences=5", "--checks=4", "--seed=3")
    assert study(*words, "--out", made / "study.html") == 0
    assert study(*words, "--out", made / "again.html") == 0
    return made


def test_page_and_key_have_sentences_of_every_source(folder):
    key = json.loads((folder / "study.key.json").read_text())
    by_source = {}
    for each in key["sentences"]:
        by_source.setdefault(each["source"], []).append(each)
    assert {name: len(found) for name, found in by_source.items()} == {"mle": 5, REAL: 5, CHECK: 4}
    assert len({each["text"] for each in key["sentences"] if each["source"] != CHECK}) == 10
    lines = set((folder / "data.txt").read_text().replace(" .", ".").split("\n"))
    assert all(each["text"] in lines for each in by_source[REAL])
    shuffled = [each for each in by_source[CHECK] if "attention" not in each["text"]]
    assert len(shuffled) == 2
    for each in shuffled:
        assert each["expected"] is False
        assert each["text"] not in lines
    assert key["copies"][REAL] == 0
    assert key["systems"] == {"mle": "mle"}
    page = (folder / "study.html").read_text()
    assert all(each["text"] in page for each in key["sentences"])


def test_the_same_seed_writes_the_same_page(folder):
    for name in ("study.html", "study.key.json"):
        again = folder / name.replace("study", "again")
        assert (folder / name).read_bytes() == again.read_bytes()


def answers(folder, judge, calls_real):
    key = json.loads((folder / "study.key.json").read_text())
    said = [
        {"id": each["id"], "seconds": 2.0, "real": each["expected"]
         if each["source"] == CHECK else calls_real(each["source"])}
        for each in key["sentences"]
    ]  # fmt: skip
    content = {"format": "leakgan_tf study results", "version": 1, "study": key["study"],
               "judge": judge, "answers": said}  # fmt: skip
    path = folder / f"{judge}.json"
    path.write_text(json.dumps(content))
    return path


def test_results_become_a_table(folder, capsys, tmp_path):
    first = answers(folder, "Ann", lambda source: source == REAL)
    second = answers(folder, "Bob", lambda source: True)
    words = (f"--results={first},{second}", "--key", folder / "study.key.json")
    assert study(*words, f"--json={tmp_path / 'figures.json'}") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:4] == ["real", "text", "10", "1.000"]
    assert lines[3].split()[:3] == ["mle", "10", "0.500"]
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["judges"] == ["Ann", "Bob"]
    assert [each["share"] for each in figures["sources"]] == [1.0, 0.5]
    assert figures["krippendorff_alpha"] == pytest.approx(1 - 0.5 / (2 * 15 * 5 / 20 / 19))
    for read in (first, second, folder / "study.key.json"):  # what judges said is never replaced
        before = read.read_bytes()
        assert study(*words, f"--json={read}", "--overwrite") == 2
        assert f"{read} would replace the --" in capsys.readouterr().err
        assert read.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "name one or more runs"),
        (("{mle}", "--out={new}/a.html"), "--real is missing: the data"),
        (("{mle}", "--real={data}"), "--out is missing"),
        (("{mle}", "--real={data}", "--out={new}/a.txt"), "ends in .html, not a.txt"),
        (("{mle}", "--real={data}", "--out={study}"), "study.html exists"),
        (("{mle}", "--real={other}", "--out={new}/a.html"), "was trained on"),
        (("{data}", "--real={data}", "--out={new}/a.html"), "not a run folder"),
        (("{mle}", "--real={data}", "--out={new}/a.html", "--sentences=500"), "give fewer than"),
        (("{mle}", "--real={data}", "--out={new}/a.html", "--temperature=0"), "--temperature"),
        (("{mle}", "--real={data}", "--out={new}/a.html", "--key=k"), "--key goes with --results"),
        (("{mle}", "--results=a", "--key=k"), "--run_dir goes without --results"),
        (("--results=a",), "give both"),
        (("--results=a", "--key={new}/k"), "k is missing"),
        (("--results={new}/a", "--key={key}"), "a is missing"),
        (("--results={key}", "--key={key}"), "key.json has no 'answers'"),
    ],
)
def test_bad_input_is_refused_in_one_line(folder, tmp_path, capsys, words, named):
    if any("{other}" in word for word in words):
        text_runs.prepared(tmp_path / "other", text_runs.PrepareSettings(max_length=9))
    places = {"mle": folder / "mle", "data": folder / "data", "new": tmp_path,
              "study": folder / "study.html", "key": folder / "study.key.json",
              "other": tmp_path / "other"}  # fmt: skip
    before = sorted(tmp_path.iterdir())
    assert study(*(word.format(**places) for word in words)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ") and len(printed.err.splitlines()) == 1
    assert named in printed.err
    assert sorted(tmp_path.iterdir()) == before
