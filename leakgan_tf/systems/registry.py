"""The systems by name, discovered from the files of this package.

A file is a system if it has a class of its own name, ignoring case and underscores (``pg_bleu.py``,
``PGBleu``). Files are parsed, not imported, so that names, configurations and published figures
need no TensorFlow (`declared`). Building a system imports its file.
"""

import ast
import functools
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakgan_tf import systems
from leakgan_tf.config.config import Config
from leakgan_tf.config.own import SystemConfig
from leakgan_tf.config.published import PublishedFigures
from leakgan_tf.systems import declared
from leakgan_tf.utils.errors import UserError

if TYPE_CHECKING:  # naming the systems needs no TensorFlow
    from leakgan_tf.systems.base import System
    from leakgan_tf.tasks.base import Task

ALL = "all"  # means every system in a list of names


def find_systems() -> dict[str, str]:
    """Returns the class of each system by the system's name, in alphabetical order."""
    return {name: found for name, (_, found) in _find().items()}


def _find() -> dict[str, tuple[Path, str]]:
    """Returns the file and the class of each system by name."""
    files = [path for folder in systems.__path__ for path in Path(folder).glob("[!_]*.py")]
    return _classes(tuple(sorted(files, key=lambda each: each.stem)))


@functools.cache
def _classes(files: tuple[Path, ...]) -> dict[str, tuple[Path, str]]:
    found = {}
    for path in files:
        for node in declared.parse(path).body:
            if isinstance(node, ast.ClassDef) and _plain(node.name) == _plain(path.stem):
                found[path.stem] = path, node.name
    return found


def system_config(name: str) -> type[SystemConfig]:
    """Returns the class of a system's configuration, for example ``PGBleuConfig``.

    Raises:
      UserError: there is no system of that name.
    """
    path, found = _find()[check_name(name)]
    return declared.declared(path, f"{found}Config")


def published_figures() -> dict[str, PublishedFigures]:
    """Returns the published figures of the systems that have any, in the order of their papers."""
    found = {}
    for name, (path, _) in _find().items():
        try:
            found[name] = declared.declared(path, "PUBLISHED")
        except KeyError:
            continue
    return dict(sorted(found.items(), key=lambda each: (each[1].paper, each[0])))


def read_config(values: Any) -> Config[SystemConfig]:
    """Returns the configuration of any system from its JSON (`Config.to_json`).

    Raises:
      UserError: a field is unknown or has the wrong type.
    """
    name = values.get("system") if isinstance(values, dict) else None
    if not isinstance(name, str):
        raise UserError("configuration has no 'system', the name of a system")
    return Config.from_json(values, system_config(name))


def make_system(config: Config[Any], task: "Task | None") -> "System":
    """Returns the configured system for a task, ready for training.

    Raises:
      UserError: there is no system of that name.
    """
    return _find_class(config)(config, task)


def make_models(config: Config[Any]) -> "System":
    """Returns the configured system without optimizers and task: to load, sample and score.

    Raises:
      UserError: there is no system of that name.
    """
    return _find_class(config)(config, training=False)


def _find_class(config: Config[Any]) -> type[Any]:
    name = check_name(config.system)
    module = importlib.import_module(f"{systems.__name__}.{name}")
    return getattr(module, find_systems()[name])


def check_name(name: str) -> str:
    """Returns a system's name, or raises ``UserError``."""
    if name not in find_systems():
        raise UserError(f"unknown system {name!r}: one of {describe_systems()}")
    return name


def check_names(names: Sequence[str]) -> list[str]:
    """Returns systems' names with ``all`` expanded; ``UserError`` if unknown, repeated or none."""
    if list(names) == [ALL]:
        return list(find_systems())
    checked = [check_name(name) for name in names]
    if not checked or len(set(checked)) != len(checked):
        raise UserError("--systems takes one or more systems, each once")
    return checked


def describe_systems() -> str:
    """Returns all names in one line, for help texts and messages."""
    return ", ".join(find_systems())


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
