"""Seeded damage to files and values: what a hand, a disk or an enemy does to them."""

import copy
import json
import math
import os
import random
import shutil
from pathlib import Path
from typing import Any

SCALARS = (
    None, True, False, 0, 1, -1, 2, 7, 10**6, 2**31, 2**53, 2**63, -(2**63), 10**400, 0.5, -0.0,
    1e-320, 1e30, 1e308, math.nan, math.inf, -math.inf, "", " ", "x", "0", "1", "nan", "x" * 5000,
    "\x00", "\x1b[31m", "\u202ereversed", "\ud800", "../..", "/", "\n", "<eos>", "word",
)  # fmt: skip
VALUES = (
    "", " ", "0", "-1", "1", "2", "3", "nan", "inf", "-inf", "1e300", "1e-300", "1e39", "0.5",
    "9" * 30, "9" * 5000, "0x10", "1_0", "²", "x", "x" * 300, "a/b", "..", "/", "/dev/null",
    "/dev/zero",
    ",", "1,2", "1,,2", "true", "no", "\x1b[2J", "\u202e", "\udcff", "--help", "-", "mle",
)  # fmt: skip


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def any_value(rng: random.Random) -> Any:
    kinds = (lambda: rng.choice(SCALARS), list, dict, lambda: [rng.choice(SCALARS)],
             lambda: {"x": rng.choice(SCALARS)}, lambda: deep(rng.choice((3, 100))))  # fmt: skip
    return rng.choices(kinds, (10, 1, 1, 2, 2, 1))[0]()


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (list or object, index or key) below a value."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return []
    return [(value, key) for key, _ in items] + [
        place for _, each in items for place in places(each)
    ]


def mutate_json(rng: random.Random, value: Any) -> Any:
    """A copy of JSON with one item replaced, removed, renamed, wrapped, exchanged or added."""
    value = copy.deepcopy(value)
    known = places(value)
    if not known or rng.random() < 0.03:
        return any_value(rng)
    holder, key = rng.choice(known)
    act = rng.choices(
        ("replace", "remove", "rename", "wrap", "exchange", "add"), (8, 3, 2, 2, 2, 1)
    )
    match act[0]:
        case "replace":
            holder[key] = any_value(rng)
        case "remove":
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[rng.choice(("x", "", key + "s", key.upper()))] = holder.pop(key)
        case "wrap":
            holder[key] = [holder[key]]
        case "exchange":
            other, place = rng.choice(known)
            if other is not holder[key] and holder is not other[place]:
                holder[key], other[place] = copy.deepcopy(other[place]), copy.deepcopy(holder[key])
        case _ if isinstance(holder, dict):
            holder[rng.choice(("x", "seed", "group", "weights"))] = any_value(rng)
        case _:
            holder.append(any_value(rng))
    return value


def mutate_bytes(rng: random.Random, content: bytes) -> bytes:
    """Content with a bit flipped, a piece cut, doubled, overwritten or put in; or other content."""
    if not content:
        return rng.randbytes(9)
    begin = rng.randrange(len(content))
    end = min(begin + rng.choice((1, 2, 7, 100, 10_000)), len(content))
    piece = content[begin:end]
    match rng.randrange(9):
        case 0 | 1 | 2:
            flipped = bytearray(content)
            flipped[begin] ^= 1 << rng.randrange(8)
            return bytes(flipped)
        case 3:
            return content[:begin]
        case 4:
            return content[:begin] + content[end:]
        case 5:
            return content[:end] + piece + content[end:]
        case 6:
            return content[:begin] + rng.randbytes(len(piece)) + content[end:]
        case 7:
            inside = rng.choice(
                (b"\xff", b"\x00", b"\n", b"\r", b"\xed\xa0\x80", b"[" * 5000, b'"')
            )
            return content[:begin] + inside + content[begin:]
        case _:
            return rng.choice((b"", b"\n", b"null", b"[]", b"{}", b"[" * 10**5, rng.randbytes(99)))


def mutate_file(rng: random.Random, path: Path, pipes: bool = True) -> None:
    """Damages a file in place, of JSON mostly as JSON; or puts something else in its place."""
    content = path.read_bytes()
    kind = rng.random()
    if kind < 0.06:
        replace_by_another(rng, path, pipes)
    elif path.suffix == ".json" and kind < 0.7:
        path.write_text(json.dumps(mutate_json(rng, json.loads(content))))
    elif path.suffix == ".jsonl" and kind < 0.7:
        lines = content.splitlines(keepends=True)
        place = rng.randrange(len(lines))
        lines[place] = json.dumps(mutate_json(rng, json.loads(lines[place]))).encode() + b"\n"
        path.write_bytes(b"".join(lines))
    else:
        path.write_bytes(mutate_bytes(rng, content))


def replace_by_another(rng: random.Random, path: Path, pipes: bool) -> None:
    """Puts a folder, a pipe, a link to itself, a device, or nothing in a file's place."""
    path.unlink()
    match rng.randrange(5):
        case 0:
            path.mkdir()
        case 1 if pipes:
            os.mkfifo(path)
        case 2:
            path.symlink_to(path.name)
        case 3:
            path.symlink_to("/dev/zero")
        case _:
            pass


def restore(good: Path, folder: Path) -> None:
    """Makes ``folder`` a copy of ``good``."""
    if folder.is_dir():
        shutil.rmtree(folder)
    shutil.copytree(good, folder)
