"""Controls of rewards on two devices that share a batch; says what it found by its exit status.

Usage: controls_on_devices.py
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from leakgan_tf.objectives import rewards
from leakgan_tf.training.distribution import Distribution
from leakgan_tf.training.placement import read_placement
from leakgan_tf.utils import distributed

ROWS = 16
OWN = np.arange(ROWS * 3, dtype=np.float32).reshape(ROWS, 3)


def whole_batch(strategy, kind, spread):
    """The rewards of both replicas, (16, 3)."""

    def step():
        mine = distributed.local_rows(tf.constant(OWN))
        seed = tf.random.experimental.stateless_fold_in([5, 6], distributed.index())
        return rewards.control(mine, kind, 0.5, seed, spread)

    found = tf.function(lambda: strategy.run(step), autograph=False)()
    return np.concatenate([each.numpy() for each in strategy.experimental_local_results(found)])


def main() -> None:
    strategy = Distribution(read_placement("mirrored", 2, 60.0, None)).strategy
    np.testing.assert_array_equal(whole_batch(strategy, "discriminator", True), OWN)
    np.testing.assert_array_equal(whole_batch(strategy, "constant", True), np.full_like(OWN, 0.5))

    drawn = whole_batch(strategy, "random", True)
    assert len(np.unique(drawn)) > ROWS * 3 - 2, "replicas drew the same"

    shuffled = whole_batch(strategy, "shuffled", True)
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), OWN)  # the whole batch's, once each
    assert (np.sort(shuffled[: ROWS // 2], axis=0) != OWN[: ROWS // 2]).any(), (
        "replicas kept theirs"
    )

    halves = whole_batch(strategy, "shuffled", False)
    for half in (slice(0, ROWS // 2), slice(ROWS // 2, ROWS)):
        np.testing.assert_array_equal(np.sort(halves[half], axis=0), OWN[half])
    assert (halves != OWN).any()


if __name__ == "__main__":
    main()
