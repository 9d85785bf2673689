"""Runs the benchmark's training of one system, and kills itself with SIGKILL inside a phase.

Usage: kill_driver.py FOLDER SYSTEM PHASE, a phase's number, or -1 to be left in peace.
"""

import os
import signal
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from helpers.tiny import tiny
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training import session
from leakgan_tf.training.trainer import Trainer


def main(folder: str, system: str, phase: int) -> None:
    train = Trainer._train

    def train_or_die(trainer, index, *rest):
        scalars = train(trainer, index, *rest)
        if index == phase:  # its updates are made, and nothing of them is on disk
            os.kill(os.getpid(), signal.SIGKILL)
        return scalars

    Trainer._train = train_or_die
    config = tiny(system)
    session.prepare_process()
    session.train_run(config, lambda: SyntheticTask(config, make_oracle(config)), folder, {})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
