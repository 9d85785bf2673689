"""Trains one system as a benchmark does, again and again, and kills each but the last.

Usage: kill_driver.py PEACEFUL KILLED SYSTEM PHASE ... It trains in the folder PEACEFUL undisturbed;
in the folder KILLED once for each PHASE, a phase's number, with SIGKILL inside that phase; and
there once more to the end. Each is a process of its own, forked before TensorFlow computes
anything: what it imports takes half of a small run's time. Prints the exit status of each.
"""

import os
import signal
import sys
import traceback

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from helpers.tiny import tiny
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training import session
from leakgan_tf.training.trainer import Trainer

NONE = -1  # the number of no phase


def train(folder: str, system: str, phase: int) -> None:
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


def fork(*work) -> int:
    """Trains in a process of its own; returns its exit status."""
    child = os.fork()
    if not child:
        status = 0
        try:
            train(*work)
        except BaseException:
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(peaceful: str, killed: str, system: str, *phases: str) -> None:
    # A new line: a killed child leaves its bar without an end.
    print("\npeaceful", fork(peaceful, system, NONE), flush=True)
    for phase in map(int, phases):
        print(f"\nkilled in {phase}", fork(killed, system, phase), flush=True)
    print("\nto the end", fork(killed, system, NONE), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
