"""What an installation gets: bounds, version, types."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import leakgan_tf

ROOT = Path(__file__).parent.parent


def bounds(text):
    """The requirement lines of a file."""
    return {line for line in text.splitlines() if re.match(r"[a-z]", line)}


def test_the_package_needs_what_requirements_txt_lists_except_pytest():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)[1]
    needed = set(re.findall(r'"([^"]+)"', listed))
    required = bounds((ROOT / "requirements.txt").read_text("utf-8"))
    assert {line for line in required if line.startswith("pytest")} == required - needed
    assert needed < required


@pytest.mark.parametrize("name", ["dev", "docs"])
def test_an_extra_is_its_requirements_file(name):
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    extra = re.search(rf"^{name} = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)[1]
    listed = bounds((ROOT / f"requirements-{name}.txt").read_text("utf-8"))
    assert set(re.findall(r'"([^"]+)"', extra)) - {"pytest>=8"} == listed


def test_the_package_has_its_templates():
    project, package = (ROOT / "pyproject.toml").read_text("utf-8"), ROOT / "leakgan_tf"
    listed = re.search(r"^leakgan_tf = \[(.*)\]", project, re.MULTILINE)[1]
    matched = {path for each in re.findall('"([^"]+)"', listed) for path in package.glob(each)}
    files = {path for path in package.rglob("*") if path.is_file()}
    assert matched == {path for path in files if path.suffix not in (".py", ".pyc")}


def test_every_requirement_has_a_pinned_version():
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in bounds((ROOT / "constraints.txt").read_text("utf-8").lower())
    }
    names = {re.split("[>=<]", line)[0] for line in bounds((ROOT / "requirements.txt").read_text())}
    assert names - {"pytest"} <= pinned


def test_version():
    shown = subprocess.run(
        [sys.executable, "-m", "leakgan_tf", "--version"], capture_output=True, text=True, cwd=ROOT
    )
    assert shown.stdout == f"leakgan_tf {leakgan_tf.__version__}\n"
    assert shown.returncode == 0
