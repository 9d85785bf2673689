"""The structure of the source: order of the packages, no circular import, short functions."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "leakgan_tf").rglob("*.py")) + sorted((ROOT / "benchmarks").rglob("*.py"))
LONGEST = 60  # lines of a function
# Imports point downwards: a package imports itself and those before it.
ORDER = (
    "utils", "config", "data", "models", "objectives", "generation", "metrics", "tasks", "systems",
    "runs", "training", "evaluation", "reporting", "api", "cli",
)  # fmt: skip


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
    assert order.index("leakgan_tf.utils.errors") < order.index("leakgan_tf.systems.leakgan")


def test_imports_point_downwards():
    trees = {module_of(path): ast.parse(path.read_text("utf-8")) for path in SOURCES}
    for module, tree in trees.items():
        if module.count(".") == 0 or not module.startswith("leakgan_tf."):
            continue
        package = module.split(".")[1]
        if package == "__main__":
            continue
        for name in imported(tree, trees):
            if name.startswith("benchmarks"):
                pytest.fail(f"{module} imports {name}")
            if name.startswith("leakgan_tf."):
                other = name.split(".")[1]
                assert ORDER.index(other) <= ORDER.index(package), f"{module} imports {name}"


def test_the_root_of_the_package_holds_no_module_but_its_doors():
    names = {path.name for path in (ROOT / "leakgan_tf").iterdir() if path.is_file()}
    assert names == {"__init__.py", "__main__.py", "py.typed"}


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_no_function_needs_scrolling(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= LONGEST, f"{node.name} has {lines} lines"


def test_flags_are_read_on_the_command_line_only():
    for path in SOURCES:
        if "cli" in path.parts or "benchmarks" in path.parts:
            continue
        assert "absl" not in path.read_text("utf-8"), path


# Where `dict[str, Any]` and `Mapping[str, Any]` may stand, and why. All else has a type.
_UNTYPED = {
    "JSON is read, written or checked": {
        "utils.schema", "config.config", "config.own", "data.dataset", "data.encoding",
        "data.reader", "data.vocabulary", "runs.folder", "runs.shapes", "runs.load",
        "runs.checkpoint", "systems.residual_ebm", "benchmarks.publish.export_result",
        "benchmarks.reports.result_shapes", "benchmarks.reports.results", "benchmarks.speed.report",
        "benchmarks.speed.__main__", "benchmarks.runner.benchmark_run", "benchmarks.runner.runs",
        "benchmarks.reports.text",
    },
    "settings and flags by name": {
        "config.semantics", "api.datasets", "api.training", "cli.config_flags", "cli.generate",
        "cli.prepare", "runs.cfg_config", "runs.oracle_config", "runs.text_config",
        "benchmarks.publish.pretrained",
    },
    "figures and records, whose names have a temperature or a phase in them": {
        "runs.record", "metrics.text_scores", "tasks.base", "tasks.cfg", "tasks.synthetic",
        "tasks.text", "tasks.text_scores", "training.session", "training.monitor",
        "training.board", "training.logs", "evaluation.text", "api.scores", "systems.leakgan",
        "reporting.bound_picture", "reporting.curves", "reporting.figure_tables",
        "reporting.path_picture", "reporting.phase_curves", "reporting.published",
        "reporting.sweep", "reporting.sweeps", "reporting.validity_curves",
        "benchmarks.compare.effects", "benchmarks.compare.prefix_equality",
        "benchmarks.reports.ablation", "benchmarks.reports.tables",
    },
    "arguments of other libraries, names of a module": {
        "reporting.picture", "systems.declared", "cli.study", "reporting.explore_page",
        "reporting.provenance", "training.distribution",
    },
}  # fmt: skip


def test_untyped_dictionaries_stand_only_where_they_must():
    found = {
        module_of(path).removeprefix("leakgan_tf.")
        for path in SOURCES
        if re.search(r"\b(dict|Mapping)\[str, Any\]", path.read_text("utf-8"))
    }
    assert found == set().union(*_UNTYPED.values())
