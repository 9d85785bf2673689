"""Trains MLE, and from a phase on no file may grow beyond a few kilobytes.

Usage: full_disk_driver.py FOLDER PHASE. Ends as a command does.
"""

import os
import resource
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from helpers.tiny import tiny
from leakgan_tf.cli import entry
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training import session
from leakgan_tf.training.trainer import Trainer

LIMIT = 4000  # bytes: more than the records of a phase, less than a checkpoint


def main(folder: str, phase: int) -> int:
    train = Trainer._train

    def train_on_a_full_disk(trainer, index, *rest):
        if index == phase:
            resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
        return train(trainer, index, *rest)

    def command(values) -> None:
        session.prepare_process()
        session.train_run(config, lambda: SyntheticTask(config, make_oracle(config)), folder, {})

    Trainer._train = train_on_a_full_disk
    config = tiny("mle", mle_epochs=4, evaluate_every=4)
    return entry.run(command, entry.new_flags(), ["driver"], "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
