"""The pages of single systems name what exists, and README leads to them."""

import re
from pathlib import Path

import pytest

from leakgan_tf.systems.registry import find_systems
from test_architecture_page import SOURCE

ROOT = Path(__file__).parent.parent
INDEX = ROOT / "docs" / "systems" / "README.md"
PAGES = sorted(set(INDEX.parent.glob("*.md")) - {INDEX})
LISTED = [
    path
    for path in PAGES
    if "\nScalars:" in (ROOT / "leakgan_tf" / "systems" / f"{path.stem}.py").read_text("utf-8")
]
HEADINGS = ("Open", "Equations", "Scalars", "Ours beside published")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_names_what_exists(path):
    page = path.read_text("utf-8")
    assert path.stem in find_systems()
    assert f"({path.name})" in INDEX.read_text("utf-8")
    assert "(docs/systems/README.md)" in (ROOT / "README.md").read_text("utf-8")
    titles = re.findall(r"^## (.*)$", page, re.MULTILINE)
    for heading in HEADINGS:
        assert any(heading.lower() in title.lower() for title in titles), heading
    equations = page[page.index("## Equations") : page.index("## Scalars")]
    for name in re.findall(r"`([\w./]+)`", equations):
        if name.endswith((".json", ".jsonl")):  # a file of a run
            continue
        if name.endswith(".py"):
            assert (ROOT / "leakgan_tf" / name).exists(), name
        else:
            last = name.rpartition(".")[2]
            assert re.search(rf"(def|class) {last}\b", SOURCE), name
    for target in re.findall(r"\]\((\.\.[^)\s#]+)", page):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", LISTED, ids=lambda path: path.stem)
def test_a_page_explains_the_scalars_that_the_systems_file_lists(path):
    source = (ROOT / "leakgan_tf" / "systems" / f"{path.stem}.py").read_text("utf-8")
    listed = source[source.index("Scalars:") :].partition('"""')[0].partition("\n\n")[0]
    page = path.read_text("utf-8")
    explained = re.findall(r"`(\w+)`", page[page.index("## Scalars") :])
    names = set(re.findall(r"`(\w+)`", listed)) - set(find_systems())
    assert names and names <= set(explained)
