"""Benchmarks that reproduce the tables of the papers."""

import sys

from leakgan_tf.utils import interruption

if sys.argv[:1] == ["-m"]:  # `python -m benchmarks.NAME` imports this file before all others
    interruption.end_quietly()
