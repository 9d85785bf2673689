"""The systems by name, found by looking: a file ``name.py`` beside this one that has a class of
its own name (capitals and underscores aside: ``pg_bleu.py``, ``PGBleu``) is a system.

Files are read, not imported: naming the systems needs no TensorFlow. Making one imports its file.
"""

import ast
import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path

from leakgan_tf import systems
from leakgan_tf.config.config import Config
from leakgan_tf.utils.errors import UserError

ALL = "all"  # stands for every system where a list of names is asked for


def find_systems() -> dict[str, str]:
    """Returns the class of each system by the system's name, in alphabetical order."""
    found = {}
    for module in sorted(pkgutil.iter_modules(systems.__path__), key=lambda each: each.name):
        path = Path(module.module_finder.path) / f"{module.name}.py"
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and _plain(node.name) == _plain(module.name):
                found[module.name] = node.name
    return found


def make_system(config: Config, task):
    """Returns the configured system (`systems.base.System`) for a task (`tasks.base.Task`).

    Raises:
      UserError: there is no system of that name.
    """
    name = check_name(config.system)
    module = importlib.import_module(f"{systems.__name__}.{name}")
    return getattr(module, find_systems()[name])(config, task)


def check_name(name: str) -> str:
    """Returns a system's name, or raises ``UserError``."""
    if name not in find_systems():
        raise UserError(f"unknown system {name!r}: one of {describe_systems()}")
    return name


def check_names(names: Sequence[str]) -> list[str]:
    """Returns systems' names, ``all`` spelled out; raises ``UserError`` on unknown or no names."""
    if list(names) == [ALL]:
        return list(find_systems())
    checked = [check_name(name) for name in names]
    if not checked or len(set(checked)) != len(checked):
        raise UserError("--systems takes one or more different systems")
    return checked


def describe_systems() -> str:
    """Returns the names as a help text lists them."""
    return ", ".join(find_systems())


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
