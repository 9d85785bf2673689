"""Likelihoods, in nats per token: divided by all T·n tokens, as the original programs report."""

import numpy as np

from leakgan_tf.generator import Generator
from leakgan_tf.oracle import Oracle


def oracle_nll(oracle: Oracle, samples: np.ndarray) -> float:
    """Returns the mean NLL of samples (n, T) under the oracle: are they like real ones?

    SeqGAN's NLL_oracle. A model that repeats a few good sentences does well here.
    """
    return float(np.mean(oracle.nll(samples), dtype=np.float64))


def held_out_nll(
    generator: Generator, sentences: np.ndarray, temperature: float, path: str = "scoring"
) -> float:
    """Returns the mean NLL of held-out real sentences (n, T) under the generator.

    Does the model know all of the real distribution? The temperature is that of the samples it is
    reported beside, so that both figures speak of one distribution. ``path``: see `Generator`.
    """
    return float(-np.mean(generator.log_prob(sentences, temperature, path), dtype=np.float64))


def distinct_share(samples: np.ndarray) -> float:
    """Returns the share of sentences (n, T) that are distinct, in (0, 1]."""
    return len(np.unique(samples, axis=0)) / len(samples)
