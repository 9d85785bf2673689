"""Adds results and generates pages from them: ``python -m benchmarks.publish``.

Copies the figures of a benchmark's folder to ``benchmarks/results/``, and generates
``benchmarks/README.md`` and the tables of README.md and docs/ from it. Needs no TensorFlow.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from absl import flags

from benchmarks.publish import markdown_regions, results_page
from benchmarks.publish.export_result import export_result
from benchmarks.reports import results
from leakgan_tf.cli import entry
from leakgan_tf.reporting.bound_picture import draw_bounds
from leakgan_tf.reporting.curves import draw_curves
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import atomic_output, refuse_existing, write_text

ABOUT = """Adds benchmark results, and generates the pages made from them.

publish                                    writes benchmarks/README.md and the tables of other pages
publish --check                            exits with status 1 if one of them is stale
publish FOLDER --name=NAME [--overwrite]   first adds the folder of a benchmark or run, finished or
                                           stopped, to benchmarks/results/"""
ROOT = Path(__file__).parent.parent.parent
_INSIDE = ("features.png", "goals.png")  # pictures of LeakGAN's features and goals


class _Stale(UserError):
    """Raised for generated pages that do not match the results. Exit status 1."""

    exit_status = 1


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_list(
        "folder", None, "Folder to add to the results; --folder= may be left out.", **own
    )
    flags.DEFINE_string("name", None, "Name of the new result.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace a result of that name.", **own)
    flags.DEFINE_bool(
        "check", False, "Write nothing; exit with status 1 if a page is stale.", **own
    )
    return values


def run(values: flags.FlagValues, root: Path = ROOT) -> None:
    """Adds a folder if one is given, then writes or checks the pages of a project."""
    kept = root / "benchmarks" / "results"
    if values.folder:
        if values.check or not values.name or len(values.folder) > 1:
            raise UserError("one folder at a time: publish FOLDER --name=NAME")
        for path in take(Path(values.folder[0]), values.name, kept, values.overwrite):
            print(path)
    elif values.name or values.overwrite:
        raise UserError("--name and --overwrite go with a folder to add")
    stale = {path: text for path, text in pages(root).items() if _read(path) != text}
    if values.check and stale:
        names = ", ".join(str(path.relative_to(root)) for path in stale)
        raise _Stale(f"stale: {names}; python -m benchmarks.publish writes them again")
    for path, text in stale.items():
        write_text(path, text)
        print(path)


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Returns {path: current text} of all generated pages and pages with generated regions."""
    found = results.read_results(root / "benchmarks" / "results")
    made = {root / "benchmarks" / "README.md": results_page.results_page(found)}
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        made[path] = markdown_regions.renew(_read(path), found, str(path.relative_to(root)))
    return made


def take(folder: Path, name: str, into: Path, overwrite: bool) -> list[Path]:
    """Copies the figures and pictures of a benchmark, or of a single run; returns the new files.

    With `overwrite`, a result of this name is replaced, with its pictures.

    Raises:
      UserError: the result exists, or the folder cannot be read.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UserError(f"--name={name} must be letters, digits, - and _")
    target = refuse_existing(into / f"{name}.json", overwrite)
    content = export_result(folder)
    results.check(content, str(folder))
    former = results.read_results(into)
    if name in former:
        for path in former[name].pictures:
            path.unlink()
    write_text(target, compact(content) + "\n")
    written = [target]
    for path, ending in _pictures(folder):
        with atomic_output(into / f"{name}-{ending}") as temporary:
            shutil.copyfile(path, temporary)
        written.append(into / f"{name}-{ending}")
    curves = into / f"{name}-curves.png"
    if "stopped" in content and content["benchmark"] == "synthetic" and curves not in written:
        drawn = {run["folder"]: run["records"] for run in content["runs"] if run["records"]}
        draw_curves(curves, drawn, {}, f"{name}: stopped", vectors=False)
        written.append(curves)
    bounds = into / f"{name}-bounds.png"
    known = {run["folder"]: run.get("records", []) for run in content["runs"]}
    if draw_bounds(bounds, known, vectors=False):
        written.append(bounds)
    return written


def compact(value: Any, indent: int = 0) -> str:
    """Returns JSON in which a list or object without nested ones is on one line."""
    inner = value.values() if isinstance(value, Mapping) else value
    nested = isinstance(value, Mapping | list) and any(
        isinstance(each, Mapping | list) and each for each in inner
    )
    if not nested:
        return json.dumps(value, ensure_ascii=False)
    pad, end = " " * (indent + 1), " " * indent
    if isinstance(value, Mapping):
        parts = [
            f"{json.dumps(name, ensure_ascii=False)}: {compact(each, indent + 1)}"
            for name, each in value.items()
        ]
        return "{\n" + ",\n".join(pad + part for part in parts) + f"\n{end}}}"
    return "[\n" + ",\n".join(pad + compact(each, indent + 1) for each in value) + f"\n{end}]"


def _pictures(folder: Path) -> list[tuple[Path, str]]:
    """Returns (path, suffix of its new name) of pictures to keep: not those of every run."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime):
        number, _, rest = path.name.partition("-")
        if not number.isdigit():
            found[path.name] = path
        elif rest.endswith(_INSIDE):
            found[rest] = path  # the newest: an earlier report may have other numbers
    if "curves.png" in found:
        found.pop("together.png", None)  # the same curves
    return [(found[ending], ending) for ending in sorted(found)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT, "folder"))
