"""The rows of the ablation, with their semantics and rewards."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from leakgan_tf.config.semantics import NAMED, ORIGINAL, PAPER, Semantics
from leakgan_tf.utils.errors import UserError

BASELINE = "original"  # the row that all others are compared with
CONTROLS = ("constant", "random", "shuffled")


class Row(NamedTuple):
    """A row of the ablation.

    Attributes:
      semantics: semantics of LeakGAN.
      reward: value of `Config.reward`.
      differs: description of the difference from the parent.
      parent: name of the row that this row is a variation of; its own name if there is none.
    """

    semantics: Semantics
    reward: str
    differs: str
    parent: str


def rows() -> dict[str, Row]:
    """Returns {name: row} for all rows, the baseline first."""
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
    """Returns {name: row} for the named rows and the baseline; ``all`` names every row.

    Raises:
      UserError: a row does not exist, or is named twice.
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
