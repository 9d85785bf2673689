"""The rows of the ablation: which semantics and which reward each has."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from leakgan_tf.config.semantics import NAMED, ORIGINAL, PAPER, Semantics
from leakgan_tf.utils.errors import UserError

BASELINE = "original"  # what every row is compared with
CONTROLS = ("constant", "random", "shuffled")


class Row(NamedTuple):
    """What is trained.

    Attributes:
      semantics: of LeakGAN.
      reward: `Config.reward`.
      differs: from the row that it is a variation of, in words.
      parent: that row's name; the row's own if it is none's variation.
    """

    semantics: Semantics
    reward: str
    differs: str
    parent: str


def rows() -> dict[str, Row]:
    """Returns all rows by name, the baseline first."""
    own = "discriminator"
    found = {BASELINE: Row(ORIGINAL, own, "the released program", BASELINE)}
    for field in dataclasses.fields(Semantics):
        old, new = getattr(ORIGINAL, field.name), getattr(PAPER, field.name)
        if old != new:
            semantics = dataclasses.replace(ORIGINAL, **{field.name: new})
            found[field.name] = Row(semantics, own, f"{field.name}: {old} -> {new}", BASELINE)
    found["paper"] = Row(PAPER, own, "all of these", "paper")
    for name, semantics in NAMED.items():
        for control in CONTROLS:
            differs = f"{name}, reward: {own} -> {control}"
            found[f"{name}-{control}"] = Row(semantics, control, differs, name)
    return found


def chosen(names: Sequence[str]) -> dict[str, Row]:
    """Returns rows by name, always the baseline among them; ``all`` is every row.

    Raises:
      UserError: there is no such row, or one was named twice.
    """
    known = rows()
    if list(names) == ["all"]:
        return known
    for name in names:
        if name not in known:
            raise UserError(f"unknown row {name!r}: all, or some of {', '.join(known)}")
    if not names or len(set(names)) != len(names):
        raise UserError("--rows takes one or more rows, each once")
    return {name: row for name, row in known.items() if name in names or name == BASELINE}
