"""Derives a seed for every use of randomness from the seed of the run.

A seed is a pair of int32, for TensorFlow's stateless ops. It depends on the run's seed, a name and
counters only, not on the state of a generator. A resumed run therefore draws the same numbers as an
uninterrupted one, and checkpoints contain no random state.
"""

import hashlib

import numpy as np


def derive(seed: int, *path: str | int) -> np.ndarray:
    """Returns a stateless seed (2,) int32 for the use named by ``path``, e.g. ("sample", 3)."""
    digest = hashlib.blake2b(repr((int(seed), *path)).encode(), digest_size=8).digest()
    return np.frombuffer(digest, dtype="<i4").copy()


def derive_int(seed: int, *path: str | int) -> int:
    """Returns a seed as a non-negative int below 2³¹, for example for a Keras initializer."""
    return int(derive(seed, *path)[0]) & 0x7FFFFFFF


def numpy_generator(seed: int, *path: str | int) -> np.random.Generator:
    """Returns a NumPy generator for the use named by ``path``."""
    return np.random.default_rng([derive_int(seed, *path), derive_int(seed, *path, "second")])
