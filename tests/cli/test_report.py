"""``python -m leakgan_tf report``: what the page says, and how it refuses."""

import json
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.__main__ import main
from leakgan_tf.cli.report import run_dataset
from leakgan_tf.reporting.report import tables_of_runs
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.runs.record import read_runs
from leakgan_tf.runs.shapes import read_starts
from leakgan_tf.runs.shipped import find_run
from leakgan_tf.utils.files import write_json

ROOT = Path(__file__).parent.parent.parent
_REFUSAL = """
import sys
from leakgan_tf.__main__ import main
print(main(["leakgan-tf", "report", *sys.argv[1:]]), "tensorflow" in sys.modules)
"""


def report(*words):
    return main(["leakgan-tf", "report", *map(str, words)])


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A trained run and one that was interrupted, and the report on both."""
    folder = tmp_path_factory.mktemp("runs")
    runs.train(tiny("leakgan"), folder / "whole")
    runs.begun(tiny("mle"), folder / "cut")
    both = f"--run_dir={folder / 'whole'},{folder / 'cut'}"
    assert report(both, f"--out={folder / 'out'}") == 0
    return folder, *((folder / "out" / name).read_text() for name in ("report.html", "report.md"))


def test_the_figures_are_those_of_the_records(pages):
    folder, html, markdown = pages
    last = [line for line in RunFolder(folder / "whole").records() if line["group"] == "evaluation"]
    names = [f"{name}_{temperature}" for temperature in ("1.0", "0.667")
             for name in ("nll_oracle", "nll_test", "distinct")]  # fmt: skip
    cells = [f"{last[-1][name]:.3f}" for name in names]
    which = f"evaluation after {last[-1]['position'] + 1} phases"
    assert "".join(f"<td>{cell}</td>" for cell in ["whole", which, *cells]) in html
    row = next(line for line in markdown.splitlines() if line.startswith("| whole"))
    assert [cell.strip() for cell in row.split("|")[3:9]] == cells


def test_wall_time_is_the_checkpoints(pages):
    folder, html, _ = pages
    for name, seconds in runs.progress(RunFolder(folder / "whole").checkpoint)["seconds"].items():
        count = sum(line["group"] == name for line in RunFolder(folder / "whole").records())
        assert f"<td>{name}</td><td>{count}</td><td>{seconds:.1f}</td>" in html


def test_every_start_of_a_run_is_told(pages, tmp_path):
    folder, html, _ = pages
    (start,) = read_starts(folder / "whole" / "starts.jsonl")
    time = start["time"].partition("+")[0]
    assert f"<td>whole</td><td>{time}</td><td>0</td><td>0</td>" in html
    shutil.copytree(folder / "whole", tmp_path / "whole")
    again = {**start, "position": 4, "done": 2, "command": "another --command"}
    with (tmp_path / "whole" / "starts.jsonl").open("a") as stream:
        stream.write(json.dumps({**again, "versions": {"keras": "9.9"}}) + "\n")
    assert report(f"--run_dir={tmp_path / 'whole'}", f"--out={tmp_path / 'out'}") == 0
    html = (tmp_path / "out" / "report.html").read_text()
    assert f"<td>{time}</td><td>4</td><td>2</td>" in html
    assert "<td>keras 9.9</td>" in html
    assert "another --command" in html


def test_an_interrupted_run_is_said_to_be_one(pages):
    _, html, markdown = pages
    told = "cut: Interrupted run (or still running): 3 of 9 phases (33 %)"
    assert f'<p class="warning">{told}' in html
    assert f"**{told}" in markdown


def test_samples_are_the_generators_at_both_temperatures(pages):
    folder, html, markdown = pages
    for name in ("whole", "cut"):
        for temperature in (1.0, 1 / 1.5):
            lines = "\n".join(load(folder / name).generate(8, temperature))
            assert f"<pre>{lines}</pre>" in html
            assert f"```\n{lines}\n```" in markdown


def test_the_page_needs_nothing_beside_it(pages):
    folder, html, markdown = pages
    assert "<script" not in html
    sources = re.findall(r'src="([^"]{21})', html)
    assert len(sources) >= 3  # curves, features, goals
    assert all(source.startswith("data:image/png;base64") for source in sources)
    links = re.findall(r'href="([^"#]+)"', html)
    assert links
    assert all(re.match(r"https://(arxiv|openreview)\.", link) for link in links)
    for name in re.findall(r"\]\(([^)]*png)\)", markdown):
        assert (folder / "out" / name).is_file()


def test_settings_that_differ_from_the_preset_are_told(pages):
    _, html, _ = pages
    assert "<li>vocab_size: 30 -&gt; 12</li>" in html
    assert "Semantics: paper with mle_every=1." in html


def test_what_a_text_run_writes_is_escaped(tmp_path):
    words = ["<script>alert(1)</script>", "&", "```", "|"]
    config = tiny("mle", task="text", vocab_size=5, dataset="0" * 64)
    runs.begun(config, tmp_path / "run")
    vocabulary = {"eos": "<eos>", "unk": None, "words": words}
    reader = {"vocabulary": vocabulary, "tokenizer": "whitespace", "lowercase": False}
    write_json(RunFolder(tmp_path / "run").reader, reader)
    assert report(f"--run_dir={tmp_path / 'run'}") == 0
    html = (tmp_path / "run" / "report" / "report.html").read_text()
    markdown = (tmp_path / "run" / "report" / "report.md").read_text()
    lines = "\n".join(load(tmp_path / "run").generate(20))
    assert "<script>" in lines
    assert "```" in lines
    assert "<script" not in html
    assert f"<pre>{escape(lines)}</pre>" in html
    assert f"````\n{lines}\n````" in markdown
    assert "There are no published figures here" in html
    assert html.index(">Samples of run<") < html.index(">Figures of each run")


def refuses(capsys, *words, names=()):
    assert report(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert len(printed.err.splitlines()) == 1
    for name in names:
        assert str(name) in printed.err


def test_without_a_run_it_is_refused(capsys, tmp_path, pages):
    (tmp_path / "empty").mkdir()
    refuses(capsys, names=["--run_dir"])
    refuses(capsys, f"--run_dir={tmp_path / 'missing'}", names=[tmp_path / "missing"])
    refuses(capsys, f"--run_dir={tmp_path / 'empty'}", names=["not a run folder"])
    refuses(capsys, tmp_path / "empty", names=["not a run folder"])
    both = f"--run_dir={pages[0] / 'cut'},{tmp_path / 'missing'}"
    refuses(capsys, both, f"--out={tmp_path / 'out'}", names=["missing"])
    assert not (tmp_path / "out").exists()


def test_runs_are_named_with_or_without_a_flag(pages, tmp_path):
    words = [pages[0] / "cut", pages[0] / "whole"]
    assert report(*words, f"--out={tmp_path / 'bare'}") == 0
    assert report(f"--run_dir={words[0]}", words[1], f"--out={tmp_path / 'mixed'}") == 0
    found = [(tmp_path / name / "report.md").read_text() for name in ("bare", "mixed")]
    assert found[0].partition("How this report")[0] == found[1].partition("How this report")[0]
    assert found[0].startswith("# leakgan_tf: cut, whole\n")


def test_a_benchmarks_folder_is_all_runs_in_it_with_those_that_have_only_begun(tmp_path, capsys):
    folder = tmp_path / "benchmark"
    for seed in (0, 1):
        runs.begun(tiny("mle", seed=seed), folder / f"mle-seed{seed}")
    started = RunFolder(folder / "seqgan-seed0")
    started.claim(tiny("seqgan"), {})
    started.release()
    (folder / "data").mkdir()
    assert report(folder) == 0
    page = (folder / "report" / "report.md").read_text()
    assert page.startswith("# leakgan_tf: MLE (seeds 0, 1), SeqGAN (seed 0)\n")
    assert "**SeqGAN, seed 0: Interrupted run (or still running): no checkpoint" in page
    assert page.count("\n## Samples of ") == 2  # of seeds the first only writes
    samples = "\n".join(load(folder / "mle-seed0").generate(8))
    assert samples in page
    capsys.readouterr()
    shutil.rmtree(folder / "mle-seed0")
    shutil.rmtree(folder / "mle-seed1")
    refuses(capsys, folder, f"--out={tmp_path / 'out'}", names=["nothing to report", folder])
    assert not (tmp_path / "out").exists()


def test_signs_of_collapse_are_told(tmp_path):
    runs.begun(tiny("seqgan"), tmp_path / "run", position=5)
    lines = [{"position": place, "group": "adversarial/discriminator", "accuracy": accuracy}
             for place, accuracy in enumerate((0.9, 0.99, 0.99, 0.99))]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    RunFolder(tmp_path / "run").metrics.write_text(text)
    assert report(tmp_path / "run") == 0
    html = (tmp_path / "run" / "report" / "report.html").read_text()
    assert "Signs that training went wrong" in html
    assert "<li>run, after phase 4: D is saturated" in html


def test_damaged_runs_are_refused(capsys, tmp_path):
    runs.begun(tiny("mle"), tmp_path)
    folder = RunFolder(tmp_path)
    folder.metrics.write_text('{"position": 0, "group": "mle"}\nhalf\n{"position": 1}\n')
    refuses(capsys, f"--run_dir={tmp_path}", names=[folder.metrics, "line 2"])
    folder.metrics.unlink()
    folder.measured.write_text("{")
    refuses(capsys, f"--run_dir={tmp_path}", names=[folder.measured])
    folder.measured.unlink()
    folder.checkpoint.write_bytes(folder.checkpoint.read_bytes()[:-9])
    refuses(capsys, f"--run_dir={tmp_path}", names=[folder.checkpoint])
    folder.checkpoint.unlink()
    refuses(capsys, f"--run_dir={tmp_path}", names=["nothing to report"])


def test_an_earlier_report_is_kept(capsys, pages):
    out = pages[0] / "out"
    before = runs.files(out)
    both = (f"--run_dir={pages[0] / 'cut'}", f"--out={out}")
    refuses(capsys, *both, names=["report.html", "--overwrite"])
    assert runs.files(out) == before


def test_flags_that_change_nothing_are_refused(capsys, pages, tmp_path):
    run = f"--run_dir={pages[0] / 'cut'}"
    refuses(capsys, run, f"--data={tmp_path}", f"--out={tmp_path}", names=["--data"])
    refuses(capsys, run, f"--oracle_params={tmp_path / 'x.npz'}", f"--out={tmp_path}",
            names=["x.npz"])  # fmt: skip


def test_a_refusal_needs_no_tensorflow(tmp_path):
    runs.begun(tiny("mle"), tmp_path)
    checkpoint = RunFolder(tmp_path).checkpoint
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    result = subprocess.run(
        [sys.executable, "-c", _REFUSAL, f"--run_dir={tmp_path}"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.stdout == "2 False\n"


def test_a_report_that_is_refused_at_its_end_leaves_nothing(capsys, tmp_path):
    """The figures and curves of both are drawn before the weights of the second are loaded."""
    runs.train(tiny("mle"), tmp_path / "good")
    runs.begun(tiny("mle"), tmp_path / "other")
    runs.begun(tiny("mle", generator_hidden=5), tmp_path / "larger")
    shutil.copy(tmp_path / "larger" / "checkpoint.npz", tmp_path / "other" / "checkpoint.npz")
    capsys.readouterr()
    words = (tmp_path / "good", tmp_path / "other", f"--out={tmp_path / 'out'}")
    refuses(capsys, *words, names=["checkpoint of other sizes"])
    assert not (tmp_path / "out").exists()


def test_hidden_characters_are_shown(tmp_path):
    name = "run\x1b[31m\u202e"
    runs.begun(tiny("mle"), tmp_path / name)
    assert report(tmp_path / name, f"--out={tmp_path / 'out'}") == 0
    for page in ("report.html", "report.md"):
        text = (tmp_path / "out" / page).read_text("utf-8")
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "x1b" in text


def test_models_of_the_package_are_named_as_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = []
    monkeypatch.setattr(
        "leakgan_tf.reporting.report.write_report",
        lambda runs, out, datasets, *others: given.append((runs, out, datasets)) or (),
    )
    assert report("captions", "captions-mle") == 0
    ((records, out, datasets),) = given
    assert [each.name for each in records] == ["captions", "captions-mle"]
    assert [each.corpus for each in datasets] == ["captions", "captions"]
    assert out == Path("captions-report")  # not in the package
    runs.begun(tiny("mle"), tmp_path / "captions" / "mle-seed0")  # a benchmark's folder
    assert report("captions") == 0
    assert [each.name for each in given[1][0]] == ["mle-seed0"]


def test_published_figures_stay_where_one_data_folder_has_moved(monkeypatch):
    records = read_runs([find_run("captions"), find_run("captions-mle")])
    corpora = []
    monkeypatch.setattr(
        "leakgan_tf.reporting.comparison.compare_text",
        lambda runs, corpus: corpora.append(corpus) or [],
    )
    tables_of_runs(records, [run_dataset(records[0], None), None])
    assert corpora == ["captions"]
