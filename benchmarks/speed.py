"""How long each piece of training takes: ``python -m benchmarks.speed --preset paper``.

Whole-step times of LeakGAN in one process, the median of several runs after a warm-up. Machines
differ and are noisy: compare rows of one table, not tables.
"""

import os
import sys
import time
from collections.abc import Callable

import numpy as np
from absl import flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported

import tensorflow as tf

from leakgan_tf.commandline import entry
from leakgan_tf.commandline.settings import define_settings, overrides
from leakgan_tf.config import Config, replace
from leakgan_tf.files import refuse_existing, write_json
from leakgan_tf.models.discriminator import REAL
from leakgan_tf.presets import synthetic_preset
from leakgan_tf.reporting.tables import plain
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.training.run_folder import environment

ABOUT = "Measures the pieces of LeakGAN's training."


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("preset", "paper", "smoke, quick or paper.", **own)
    flags.DEFINE_integer("length", 20, "Tokens in a sentence: 20 or 40.", **own)
    flags.DEFINE_integer("repeats", 7, "Runs of each piece; the median is told.", **own)
    flags.DEFINE_bool("deterministic", True, "Measure as the benchmarks train.", **own)
    flags.DEFINE_string("json", None, "File for the figures.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace --json if it exists.", **own)
    define_settings(values)
    return values


def pieces(config: Config) -> dict[str, Callable[[], object]]:
    """Returns each piece of work as a function without arguments."""
    system = LeakGAN(config, task=None)
    generator = np.random.default_rng(0)
    tokens = tf.constant(
        generator.integers(config.vocab_size, size=(config.batch_size, config.length)), tf.int32
    )
    labels = tf.constant(np.arange(config.batch_size) % 2 * REAL, tf.int32)
    seed = tf.constant([0, 0])
    discriminate = tf.function(system.discriminator_step, autograph=False)
    pretrain = tf.function(system.pretrain_step, autograph=False)
    adversarial = tf.function(system.adversarial_step, autograph=False)
    score = tf.function(
        lambda: system.score_prefixes(system.policy(), tokens, seed), autograph=False
    )
    batch = config.sampling_batch
    return {
        "D step": lambda: discriminate(tokens, labels, seed)["loss"].numpy(),
        "G pre-training step": lambda: pretrain(tokens, seed)["worker_loss"].numpy(),
        f"sampling {batch} sentences": lambda: system.generator.sample(batch, 1.0),
        "scores of one batch (rollouts, D)": lambda: score().numpy(),
        "adversarial G step, all of it": lambda: adversarial(seed)["worker_loss"].numpy(),
    }


def run(values: flags.FlagValues) -> None:
    """Measures and prints."""
    if values.json:
        refuse_existing(values.json, values.overwrite)
    config = replace(synthetic_preset(values.preset, values.length), **overrides(values))
    if values.deterministic:
        tf.config.experimental.enable_op_determinism()
    rows, figures = [], {}
    for name, work in pieces(config).items():
        begin = time.perf_counter()
        work()
        first = time.perf_counter() - begin
        seconds = []
        for _ in range(values.repeats):
            begin = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - begin)
        median = float(np.median(seconds))
        figures[name] = {"median": median, "min": min(seconds), "max": max(seconds)}
        rows.append([name, *(f"{each * 1e3:.0f}" for each in (median, min(seconds), max(seconds))),
                     f"{first:.1f}"])  # fmt: skip
    print(plain(["piece", "median ms", "min", "max", "first call s"], rows))
    if values.json:
        write_json(
            values.json,
            {"seconds": figures, "config": config.to_json(), "made_by": environment()},
        )


def main() -> int:
    """Returns the exit status."""
    return entry.run(run, define_flags(), sys.argv, ABOUT)


if __name__ == "__main__":
    sys.exit(main())
