"""docs/architecture.md names packages, files and functions that exist."""

import re
from pathlib import Path

from test_structure import ORDER

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
SOURCE = "\n".join(path.read_text("utf-8") for path in (ROOT / "leakgan_tf").rglob("*.py"))


def test_every_file_exists():
    named = re.findall(r"`([\w/]+\.py)(?:::\w+)?`", PAGE)
    assert named
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "leakgan_tf" / name).exists(), name


def test_every_function_is_in_the_source():
    code = re.findall(r"`([\w.]+(?:::\w+)?)`", PAGE)
    names = {each.rpartition(".")[2] for each in code if not each.endswith(".py")}
    assert len(names) > 25
    for name in names - {"prepare", "__call__"}:
        assert re.search(rf"(def|class) {name}\b|^ +{name}: ", SOURCE, re.MULTILINE), name


def test_the_picture_has_the_packages_in_their_order():
    drawn = re.findall(r"--> (\w+)", PAGE)
    assert drawn[-len(ORDER) :] == list(reversed(ORDER))
