"""Times the start of a run: a new process, up to its first updates."""

import json
import subprocess
import sys
import time
from typing import Any

from leakgan_tf.config.config import Config
from leakgan_tf.systems.registry import read_config


def measure_start(config: Config) -> dict[str, float]:
    """Returns the seconds from the start of a process to the end of each of its first steps.

    Args:
      config: configuration of a LeakGAN run.

    Returns:
      {step: seconds since the start}, in order.

    Raises:
      RuntimeError: the process failed.
    """
    words = [sys.executable, "-m", "benchmarks.speed.start", json.dumps(config.to_json())]
    begin = time.time()
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"the new process failed: {result.stderr.strip()[-500:]}")
    done = json.loads(result.stdout.splitlines()[-1])
    return {name: moment - begin for name, moment in done.items()}


def _begin(config: Config) -> dict[str, float]:
    """Runs the first steps of a run; returns {step: time at its end}."""
    import numpy as np
    import tensorflow as tf

    from leakgan_tf.models.discriminator import REAL
    from leakgan_tf.systems.leakgan import LeakGAN
    from leakgan_tf.training.loop import CompiledLoop, pipeline

    done = {"imports": time.time()}
    tf.config.experimental.enable_op_determinism()
    system = LeakGAN(config, task=None)
    done["models"] = time.time()
    shape = (config.batch_size, config.length)
    tokens = np.random.default_rng(0).integers(config.vocab_size, size=shape, dtype=np.int32)
    labels = np.full([config.batch_size], REAL, np.int32)
    rows, seed = np.arange(config.batch_size), np.array([0, 0], np.int32)

    def update(name: str, step: Any, *arrays: np.ndarray) -> None:
        plan = [(rows if arrays else rows[:0], seed)]
        CompiledLoop(step).run(pipeline(arrays, plan), 1)
        done[name] = time.time()

    update("first D update", system.discriminator_step, tokens, labels)
    update("first G update", system.pretrain_step, tokens)
    update("first adversarial G update", system.adversarial_step)
    return done


if __name__ == "__main__":
    print(json.dumps(_begin(read_config(json.loads(sys.argv[1])))))
