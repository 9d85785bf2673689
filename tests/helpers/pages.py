"""Benchmarks on few, small sentences, and their reports read back."""

import json
import re

SIZES = (
    "--preset=smoke", "--batch_size=8", "--sampling_batch=16", "--discriminator_samples=8",
    "--windows=1,2", "--filters=2,2", "--rollouts=1", "--adversarial_steps=1",
    "--evaluation_samples=16", "--checkpoint_seconds=1e-6",
)  # fmt: skip


def report(folder):
    return json.loads((folder / "report.json").read_text())


def table(page, first):
    """Rows of the first table whose header begins with ``first``, by their first cell."""
    parts = [re.sub(" +", " ", part) for part in page.split("\n\n")]
    part = next(part for part in parts if part.startswith(f"| {first}"))
    lines = [line.strip("|").split("|") for line in part.splitlines()]
    cells = [[cell.strip() for cell in line] for line in lines]
    return {row[0]: dict(zip(cells[0], row, strict=True)) for row in cells[2:]}
