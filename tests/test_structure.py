"""The shape of the source: no import goes round in a circle, no function needs scrolling."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "leakgan_tf").rglob("*.py")) + sorted((ROOT / "benchmarks").glob("*.py"))
LONGEST = 60  # lines of a function


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(tree, modules):
    """The project's modules that a module imports, in functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in modules else node.module


def test_no_import_goes_round_in_a_circle():
    trees = {module_of(path): ast.parse(path.read_text("utf-8")) for path in SOURCES}
    graph = {
        module: {name for name in imported(tree, trees) if name in trees and name != module}
        # The package's own names are imported when they are asked for.
        for module, tree in trees.items()
        if module != "leakgan_tf"
    }
    order = list(TopologicalSorter(graph).static_order())  # raises on a circle
    assert order.index("leakgan_tf.errors") < order.index("leakgan_tf.systems.leakgan")


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_no_function_needs_scrolling(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= LONGEST, f"{node.name} has {lines} lines"


def test_flags_are_read_on_the_command_line_only():
    for path in SOURCES:
        if "commandline" in path.parts or "benchmarks" in path.parts:
            continue
        assert "absl" not in path.read_text("utf-8"), path
