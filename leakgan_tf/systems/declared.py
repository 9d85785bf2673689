"""Reads the configuration and published figures of a system's file without TensorFlow.

The file itself imports TensorFlow. So the file is parsed, and only the requested name is evaluated,
with the statements that it depends on. `unique_class` makes a later import of the file reuse the
same classes.
"""

import ast
import functools
import sys
from pathlib import Path
from typing import Any

from leakgan_tf import systems

PACKAGE = systems.__name__


@functools.cache
def parse(path: Path) -> ast.Module:
    """Returns the syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


@functools.cache
def declared(path: Path, name: str) -> Any:
    """Returns the value of a top-level name of a system's file, without importing the file.

    Args:
      path: a file in `leakgan_tf.systems`.
      name: name of a class or constant.

    Raises:
      KeyError: the file binds no such name.
    """
    module = sys.modules.get(f"{PACKAGE}.{path.stem}")
    if module is not None and hasattr(module, name):
        return getattr(module, name)
    bound = {each: node for node in parse(path).body for each in _names_bound(node)}
    if name not in bound:
        raise KeyError(f"{path} defines no {name}")
    namespace: dict[str, Any] = {"__name__": f"{PACKAGE}.{path.stem}"}
    wanted = _dependencies(name, bound)
    for node in parse(path).body:
        names = wanted.intersection(_names_bound(node))
        if not names:
            continue
        source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and source.startswith(f"{PACKAGE}."):
            sibling = _file_of(source)
            for alias in node.names:
                if (alias.asname or alias.name) in names:
                    namespace[alias.asname or alias.name] = declared(sibling, alias.name)
        else:
            code = compile(ast.Module([_only(node, names)], []), str(path), "exec")
            exec(code, namespace)
    return namespace[name]


def _file_of(module: str) -> Path:
    """Returns the file of a module in `leakgan_tf.systems`."""
    name = f"{module.rpartition('.')[2]}.py"
    return next(path for path in (Path(each, name) for each in systems.__path__) if path.exists())


def _names_bound(node: ast.stmt) -> list[str]:
    """Returns the names that a top-level statement defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    return [
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    ]


def _dependencies(name: str, bound: dict[str, ast.stmt]) -> set[str]:
    """Returns ``name`` and all top-level names that its definition depends on."""
    found: set[str] = set()
    queue = [name]
    while queue:
        name = queue.pop()
        if name in bound and name not in found:
            found.add(name)
            queue += [each.id for each in ast.walk(bound[name]) if isinstance(each, ast.Name)]
    return found


def _only(node: ast.stmt, names: set[str]) -> ast.stmt:
    """Returns a statement; an import is reduced to the part that binds ``names``."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return node
    aliases = [
        alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in names
    ]
    kept = (
        ast.ImportFrom(node.module, aliases, node.level)
        if isinstance(node, ast.ImportFrom)
        else ast.Import(aliases)
    )
    return ast.copy_location(kept, node)
