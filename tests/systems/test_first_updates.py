"""The first two updates of every kind of phase of every system have the recorded scalars.

So a seed, an initial weight, a rate or an order of draws cannot change unseen: a run of a seed
would be another run in the next version. Whoever changes one on purpose records the values again:
``PYTHONPATH=.:tests python tests/systems/test_first_updates.py``.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from helpers.tiny import tiny
from leakgan_tf.config.semantics import PAPER
from leakgan_tf.systems.registry import find_systems, make_system
from leakgan_tf.tasks.base import drawn_sentences

STORED = Path(__file__).parents[1] / "reference" / "first_updates.json"
KINDS = {
    "synthetic": {},
    "text": {"task": "text", "padding": "masked"},
    "paper's semantics": vars(PAPER),  # LeakGAN's other branches
}
DROPOUT = {"maskgan_dropout": 0.3, "maskgan_discriminator_dropout": 0.2}  # the preset has none
CASES = [(name, kind) for name in find_systems() for kind in list(KINDS)[:2]]
CASES.append(("leakgan", "paper's semantics"))


class Task:
    """Sentences; on text some end early."""

    def __init__(self, config):
        self.train = small.tokens(24, config.length, config.vocab_size, seed=4)
        if config.ends:
            self.train[np.cumsum(self.train == 0, axis=1) > 0] = 0
        self.test = self.train[:16]

    def positives(self, count, seed):
        return drawn_sentences(self.train, count, seed, "real")


def first_updates(name, kind):
    """Returns {phase: the scalars of two updates}; the phases follow each other as in a run."""
    config = tiny(name, mle_epochs=1, seed=3, **DROPOUT, **KINDS[kind])
    made, found = make_system(config, Task(config)), {}
    for number, phase in enumerate(made.phases()):
        if phase.name in found:
            continue
        arrays = phase.data(1000 + number) if phase.data else ()
        batch = [tf.constant(array[: config.batch_size]) for array in arrays]
        found[phase.name] = []
        for update in range(2):
            scalars = phase.step(*batch, tf.constant([number, update]))
            rounded = {each: float(f"{float(scalars[each]):.5g}") for each in sorted(scalars)}
            found[phase.name].append(rounded)  # processors differ in later digits
    return found


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_first_updates_are_those_recorded(name, kind):
    expected = json.loads(STORED.read_text("utf-8"))[f"{name}, {kind}"]
    found = first_updates(name, kind)
    assert list(found) == list(expected)
    for phase, updates in expected.items():
        for own, recorded in zip(found[phase], updates, strict=True):
            assert own == pytest.approx(recorded, rel=1e-3, abs=1e-6), phase


if __name__ == "__main__":
    rows = {f"{name}, {kind}": first_updates(name, kind) for name, kind in CASES}
    lines = [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
