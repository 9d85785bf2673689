"""``python -m benchmarks.publish``: what is kept of a folder, and pages that are what it says."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.publish import __main__ as publish
from benchmarks.publish import markdown_regions, results_page
from benchmarks.publish.export_result import without_places
from benchmarks.reports import results, tables
from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.cli import entry
from leakgan_tf.config.presets import text_preset
from leakgan_tf.metrics.discriminator_scores import BOUND
from leakgan_tf.reporting.published import ORACLE_NLL
from leakgan_tf.runs.folder import RunFolder, environment
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json, write_json

PNG = b"\x89PNG"
MADE_BY = {"command": "python -m benchmarks.synthetic --run_dir=/data/save/here", **environment()}
FIGURES = {
    f"{name}_{t}": 1.0 for t in ("1.0", "0.667") for name in ("nll_oracle", "nll_test", "distinct")
}  # fmt: skip
PLACE = re.compile(r"(?:^|[\s='\"(,])/[\w.-]+/[\w.-]")  # an absolute path of two parts or more
NUMBER = re.compile(r"(?<![\d.])\d{1,2}\.\d{3}(?!\d)")


def called(root, *words):
    argv = ["publish", *map(str, words)]
    return entry.run(
        lambda values: publish.run(values, root), publish.define_flags(), argv, "", "folder"
    )


@pytest.fixture
def tree(tmp_path):
    """A project with one result and a page that shows it."""
    root = tmp_path / "project"
    (root / "benchmarks" / "results").mkdir(parents=True)
    run = {"folder": "mle-seed0", "config": tiny("mle").to_json(), "figures": FIGURES}
    content = {"benchmark": "synthetic", "made_by": MADE_BY, "references": {}, "runs": [run]}
    write_json(root / "benchmarks" / "results" / "one.json", content)
    (root / "README.md").write_text("a\n<!-- results: one -->\nold\n<!-- end -->\nb\n")
    return root


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a benchmark with one run that is trained and one that was interrupted."""
    folder = tmp_path_factory.mktemp("save") / "both"
    runs.train(tiny("seqgan", seqgan_steps=1), folder / "seqgan-seed0")
    runs.begun(tiny("mle"), folder / "mle-seed0")
    for path in folder.glob("*/config.json"):
        content = read_json(path, "a run")
        write_json(path, {**content, "made_by": {**content["made_by"], **MADE_BY}})
    (folder / "curves.png").write_bytes(PNG)
    (folder / "1-leakgan-goals.png").write_bytes(PNG)
    (folder / "2-mle-curves.png").write_bytes(PNG)
    return folder


def leaves(value):
    """Every string and number in JSON, names apart."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield value


# What is committed.


def test_no_committed_page_is_stale():
    """If this fails: python -m benchmarks.publish."""
    for path, text in publish.pages().items():
        assert path.read_text("utf-8") == text, path


RESULTS = results.read_results()


@pytest.mark.parametrize("name", list(RESULTS))
def test_every_result_says_what_made_it_and_names_no_place(name):
    result = RESULTS[name]
    assert result.made_by["command"].startswith("python -m ")
    assert set(result.made_by) >= {"versions", "commit", "machine"}
    written = {"samples"}  # what models wrote
    content = {**result.content, "runs": [
        {key: value for key, value in run.items() if key not in written}
        if isinstance(run, dict) else run
        for run in result.content.get("runs", [])
    ]}  # fmt: skip
    for leaf in leaves(content):
        assert not (isinstance(leaf, str) and PLACE.search(leaf)), leaf
        for here in (Path.home(), Path(tempfile.gettempdir()), publish.ROOT):
            assert not (isinstance(leaf, str) and re.search(f"{here}\\b", leaf)), leaf


@pytest.mark.parametrize("page", ["README.md", "docs/evidence.md"])
def test_tables_of_figures_are_generated(page):
    for line in markdown_regions.outside((publish.ROOT / page).read_text("utf-8")).split("\n"):
        assert not re.search(r"\| *\d+\.\d+[ ±.\d]*\|", line), line


@pytest.fixture(scope="module")
def known():
    """The figures of committed results and of their tables, with three digits behind the point."""
    known = {f"{figure.nll:.3f}" for figure in ORACLE_NLL.values()}  # each with its source
    for result in RESULTS.values():
        known |= {f"{leaf:.3f}" for leaf in leaves(result.content) if isinstance(leaf, float)}
        for name in tables.VIEWS:
            try:
                table = tables.view(result, name)
            except UserError:  # it has no such table
                continue
            known |= {
                number for row in table.rows for cell in row for number in NUMBER.findall(cell)
            }
    return known


_LINES = r"((?:(?! *```).*\n)*)"  # of a block of code
_PROGRAM = re.compile(
    rf"^( *)```python\n{_LINES}\1```\n\n\1prints\n\n\1```text\n{_LINES}\1```$", re.MULTILINE
)


@pytest.mark.parametrize("page", ["docs/evidence.md", "docs/results.md"])
def test_a_program_on_a_page_prints_what_stands_below_it(page):
    ((_, code, printed),) = _PROGRAM.findall((publish.ROOT / page).read_text("utf-8"))
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=publish.ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout == textwrap.dedent(printed)


@pytest.mark.parametrize(
    "page", ["README.md", "docs/evidence.md", "docs/speed.md", "docs/scaling.md"]
)
def test_figures_in_the_text_are_in_a_committed_result(page, known):
    """Of code and generated tables none is looked at."""
    text = markdown_regions.outside((publish.ROOT / page).read_text("utf-8"))
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert set(NUMBER.findall(text)) <= known


@pytest.mark.parametrize(
    "page", ["README.md", "benchmarks/README.md", "docs/evidence.md", "docs/speed.md"]
)
def test_links_between_pages_lead_somewhere(page):
    path = publish.ROOT / page
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        linked = path.parent / file if file else path
        assert linked.exists(), target
        if anchor and linked.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
            assert anchor in [heading.replace(" ", "-") for heading in plain], target


# The command.


def test_a_stale_page_is_told_and_written_anew(tree, capsys):
    before = runs.files(tree)
    assert called(tree, "--check") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: stale: benchmarks/README.md, README.md")
    assert len(error.splitlines()) == 1
    assert runs.files(tree) == before
    assert called(tree) == 0
    assert called(tree, "--check") == 0
    page = (tree / "README.md").read_text()
    assert page.startswith("a\n<!-- results: one -->\n| system")
    assert page.endswith("\n<!-- end -->\nb\n")
    assert "old" not in page
    assert "| MLE" in page
    stored = tree / "benchmarks" / "results" / "one.json"
    stored.write_text(stored.read_text().replace('"nll_test_1.0": 1.0', '"nll_test_1.0": 1.25'))
    assert called(tree, "--check") == 1
    assert called(tree) == 0
    assert "1.250" in (tree / "README.md").read_text()
    assert "1.250" in (tree / "benchmarks" / "README.md").read_text()


def test_a_stopped_run_on_text_is_not_said_to_learn_an_oracle():
    config = text_preset("smoke", 30, 12, system_config("mle"))
    run = {"folder": "mle-seed0", "config": config.to_json(), "figures": {}, "records": []}
    made_by = {"command": "python -m benchmarks.text", **environment()}
    content = {"benchmark": "text", "stopped": "Stopped.", "made_by": made_by, "runs": [run]}
    page = results_page.results_page({"cut": results.Result("cut", content)})
    assert "A text, T = 12, V = 30, preset smoke" in page and "oracle (seed" not in page


def test_a_stopped_benchmark_is_kept_with_its_curve_and_says_that_it_stopped(tree, folder, capsys):
    assert called(tree, folder, "--name=cut") == 0
    kept = tree / "benchmarks" / "results"
    content = read_json(kept / "cut.json", "a result")
    assert content["stopped"].startswith("Stopped before its report was written: 0 of 2 runs")
    assert "3 of 9 phases" in content["stopped"]
    begun, trained = content["runs"]
    lines = RunFolder(folder / "seqgan-seed0").records()
    expected = [line for line in lines if line["group"] == "evaluation" or BOUND in line]
    assert trained["records"] == expected and any(BOUND in line for line in expected)
    assert trained["figures"] == begun["figures"] == {}
    assert begun["progress"]["position"] == 3
    names = {path.name for path in kept.glob("cut-*.png")}
    assert names == {"cut-bounds.png", "cut-curves.png", "cut-leakgan-goals.png"}
    page = (tree / "benchmarks" / "README.md").read_text()
    assert f"**{content['stopped'][:40]}" in page
    assert "](results/cut-curves.png)" in page
    assert f"{lines[-1]['nll_oracle_1.0']:.3f}" in page
    capsys.readouterr()
    before = runs.files(tree)
    assert called(tree, folder, "--name=cut") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert runs.files(tree) == before
    assert called(tree, folder, "--name=cut", "--overwrite") == 0


def test_of_a_finished_benchmark_its_report_is_kept_with_the_curves(tree, folder, tmp_path):
    own = tmp_path / "save" / "done"
    shutil.copytree(folder, own)
    shutil.rmtree(own / "mle-seed0")
    config = tiny("seqgan", seqgan_steps=1)
    run = {"folder": "seqgan-seed0", "config": config.to_json(), "figures": FIGURES}
    command = f"python -m benchmarks.synthetic --oracle_params=/x/y/o.npz --run_dir={own}"
    made_by = {"command": command, **environment(), "python": "3.99"}
    content = {"benchmark": "synthetic", "made_by": made_by, "references": {}, "runs": [run]}
    write_json(own / "report.json", content)
    assert called(tree, own, "--name=done") == 0
    stored = read_json(tree / "benchmarks" / "results" / "done.json", "a result")
    assert stored["made_by"]["command"].endswith("--oracle_params=o.npz --run_dir=save/done")
    assert "stopped" not in stored
    assert stored["runs"][0]["figures"] == FIGURES
    assert stored["runs"][0]["records"]
    # It was trained by another Python than the report says.
    assert stored["runs"][0]["made_by"]["python"] == environment()["python"]


def test_what_cannot_be_taken_is_refused(tree, folder, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for words, name in (
        ([tmp_path / "empty", "--name=a"], "no run"),
        ([tmp_path / "missing", "--name=a"], "missing"),
        ([folder], "--name"),
        ([folder, "--name=../a"], "letters"),
        ([folder, folder, "--name=a"], "one folder"),
        (["--name=a"], "folder"),
    ):
        before = runs.files(tree)
        assert called(tree, *words) == 2
        printed = capsys.readouterr()
        assert name in printed.err
        assert len(printed.err.splitlines()) == 1
        assert runs.files(tree) == before


def test_results_of_unknown_kinds_and_pictures_of_none_are_refused(tree):
    kept = tree / "benchmarks" / "results"
    picture = kept / "on.png"
    picture.write_bytes(PNG)
    with pytest.raises(UserError, match="belongs to no result"):
        results.read_results(kept)
    picture.rename(kept / "one-curves.png")
    assert results.read_results(kept)["one"].pictures == (kept / "one-curves.png",)
    stored = read_json(kept / "one.json", "a result")
    write_json(kept / "one.json", {**stored, "benchmark": "novels"})
    with pytest.raises(UserError, match="novels"):
        results.read_results(kept)
    write_json(kept / "one.json", {**stored, "made_by": {"command": "x"}})
    with pytest.raises(UserError, match="does not say what made it: python"):
        results.read_results(kept)


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("<!-- results: two -->\n<!-- end -->", "two"),
        ("<!-- results: one -->\n", "<!-- end -->"),
        ("<!-- results: one -->\n<!-- results: one -->", "<!-- end -->"),
        ("<!-- results: one scores -->\n<!-- end -->", "scores"),
        ("<!-- results: one nothing -->\n<!-- end -->", "nothing"),
        ("<!-- results: one columns: system; hours -->\n<!-- end -->", "hours"),
        ("<!-- results: one rows: GPT -->\n<!-- end -->", "no row"),
        ("<!-- results: -->\n<!-- end -->", "cannot be read"),
    ],
)
def test_regions_that_name_nothing_are_refused(tree, region, told):
    found = results.read_results(tree / "benchmarks" / "results")
    with pytest.raises(UserError, match=re.escape(told)):
        markdown_regions.renew(region, found, "page.md")


def test_several_results_share_a_table_and_a_column_that_one_lacks_is_empty_there():
    names = ["speed-oracle20-avx2", "speed-oracle20-avx512"]
    columns = "result; stage; gain over the direct form"
    region = f"<!-- results: {','.join(names)} columns: {columns} -->\n<!-- end -->"
    _, header, _, *rows, _ = markdown_regions.renew(region, RESULTS, "page.md").split("\n")
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in (header, *rows)]
    assert cells[0] == columns.split("; ")
    gains = {name: [gain for found, _, gain in cells[1:] if found == name] for name in names}
    assert float(gains[names[0]][0]) > 1 and set(gains[names[0]][1:]) == {""}
    assert len(gains[names[1]]) == 12 and set(gains[names[1]]) == {""}


def test_equal_rows_of_several_results_are_shown_once():
    names = "text-coco-quick-seeds,text-coco-quick-gans"
    region = f"<!-- results: {names} columns: COLUMNS; BLEU-4 -->\n<!-- end -->"
    once, apart = (
        markdown_regions.renew(region.replace("COLUMNS", columns), RESULTS, "page.md")
        for columns in ("system", "result; system")
    )
    assert once.count("real (training)") == 1 and apart.count("real (training)") == 2
    assert once.count("| LeakGAN") == apart.count("| LeakGAN") == 1


def test_a_region_has_the_columns_rows_and_results_asked_for(tree):
    kept = tree / "benchmarks" / "results"
    shutil.copyfile(kept / "one.json", kept / "two.json")
    text = (
        "<!-- results: one,two figures columns: NLL_test, T = 1; result rows: MLE -->\n<!-- end -->"
    )
    lines = markdown_regions.renew(text, results.read_results(kept), "page.md").split("\n")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:-1]]
    assert cells[0] == ["NLL_test, T = 1", "result"]
    assert cells[2:] == [["1.000", "one"], ["1.000", "two"]]


@pytest.mark.ci
def test_it_needs_no_tensorflow():
    code = (
        "import sys\nfrom benchmarks.publish import __main__ as publish\npublish.pages()\n"
        "print('tensorflow' in sys.modules, 'matplotlib' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=publish.ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert result.stdout == "False False\n"


# JSON.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a --run_dir=/b/full/save/quick --x=/a/o.npz", "a --run_dir=save/quick --x=o.npz"),
        ("/a/b/c.json", "c.json"),
        ("/a/save/b/save", "save/b/save"),
        ("https://arxiv.org/abs/1609.05473", "https://arxiv.org/abs/1609.05473"),
        ("samples / all and/or more", "samples / all and/or more"),
        ("/physical_device:CPU:0", "/physical_device:CPU:0"),
    ],
)
def test_files_are_named_without_the_place(text, expected):
    assert without_places({"a": [text]}) == {"a": [expected]}
    assert without_places({"samples": [text]}) == {"samples": [text]}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_compact_json_reads_back(value):
    assert json.loads(publish.compact(value)) == value
