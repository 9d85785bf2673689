"""Runs the oracle benchmark, and ends itself without a word inside a phase.

Usage: strategy_driver.py PHASE SIGNAL FLAG ..., with a phase's number, or -1 to be left in peace.
"""

import os
import sys

from benchmarks import synthetic
from leakgan_tf.cli import entry
from leakgan_tf.training.trainer import Trainer


def main(phase: int, number: int) -> int:
    train = Trainer._train

    def train_or_die(trainer, index, *rest):
        if index == phase:
            os.kill(os.getpid(), number)
        return train(trainer, index, *rest)

    Trainer._train = train_or_die
    return entry.run(synthetic.run, synthetic.define_flags(), sys.argv, synthetic.ABOUT)


if __name__ == "__main__":
    phase, number = map(int, sys.argv[1:3])
    del sys.argv[1:3]
    sys.exit(main(phase, number))
