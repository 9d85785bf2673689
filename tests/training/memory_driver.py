"""Trains LeakGAN some times in this process; prints the resident MiB after each run.

Usage: memory_driver.py FOLDER RUNS.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from helpers.tiny import tiny
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training import session


def resident() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def main(folder: str, runs: int) -> None:
    session.prepare_process()
    for seed in range(runs):
        config = tiny("leakgan", seed=seed)
        path = f"{folder}/{seed}"
        session.train_run(config, lambda c=config: SyntheticTask(c, make_oracle(c)), path, {})
        print(f"resident {resident()}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
