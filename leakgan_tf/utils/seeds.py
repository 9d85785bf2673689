"""Randomness that is handed down: every use has a seed of its own, derived from the run's.

A seed is a pair of int32, as TensorFlow's stateless ops take it. Seeds are derived from the run's
seed, a name and counters, never drawn from a generator with a state: so a resumed run has the
same numbers as one that was never stopped, and nothing about randomness need be saved.
"""

import hashlib

import numpy as np


def derive(seed: int, *path: str | int) -> np.ndarray:
    """Returns a stateless seed (2,) int32 for the use named by ``path``, e.g. ("sample", 3)."""
    digest = hashlib.blake2b(repr((int(seed), *path)).encode(), digest_size=8).digest()
    return np.frombuffer(digest, dtype="<i4").copy()


def derive_int(seed: int, *path: str | int) -> int:
    """Returns a non-negative int for what takes one, such as a Keras initializer."""
    return int(derive(seed, *path)[0]) & 0x7FFFFFFF


def numpy_generator(seed: int, *path: str | int) -> np.random.Generator:
    """Returns a NumPy generator for the use named by ``path``."""
    return np.random.default_rng([derive_int(seed, *path), derive_int(seed, *path, "second")])
