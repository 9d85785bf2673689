"""The oracle's likelihoods against recorded values, for every reference file."""

import os
from pathlib import Path

import numpy as np
import pytest

from helpers import references
from leakgan_tf.reporting.published import SEQGAN_ORACLE
from leakgan_tf.tasks.oracle import oracle_from_arrays
from leakgan_tf.tasks.oracle_weights import NAMES, read_parameters

PUBLISHED = "oracle/seqgan_target_params.npz"


def find_parameters(values, folder: Path):
    """The weights behind a file: its own, or the published ones."""
    for prefix in ("vars/oracle", "vars/generator", "vars"):
        own = references.below(values, prefix)
        if set(NAMES) <= set(own):
            return own
    return published_parameters(folder)[0]


def published_parameters(folder: Path):
    """The published weights, which no project may ship, and their digest."""
    places = [folder / Path(PUBLISHED).name, folder.parent / "data" / PUBLISHED]
    if os.environ.get("LEAKGAN_TF_DATA"):
        places.append(Path(os.environ["LEAKGAN_TF_DATA"]) / PUBLISHED)
    for place in places:
        if place.is_file():
            return read_parameters(place)
    pytest.skip(f"needs the published oracle: put it at $LEAKGAN_TF_DATA/{PUBLISHED}")


def test_recorded_likelihoods(oracle_file):
    values = references.load(oracle_file)
    arrays = find_parameters(values, oracle_file.parent)
    groups = sorted(name.split("/")[0] for name in values if name.endswith("/tokens"))
    assert groups
    for group in groups:
        tokens = values[f"{group}/tokens"]
        nll = oracle_from_arrays(arrays, tokens.shape[1]).nll(tokens)
        np.testing.assert_allclose(
            nll.sum(-1), values[f"{group}/nll_per_sequence"], rtol=1e-5, err_msg=group
        )
        np.testing.assert_allclose(nll.mean(), values[f"{group}/nll_per_token"], rtol=1e-5)


def test_published_oracle_has_the_published_entropy(pytestconfig):
    """5.75 nats per token (SeqGAN, table 1), within what 2,048 sentences can tell."""
    folder = Path(pytestconfig.getoption("--reference-dir"))
    arrays, digest = published_parameters(folder)
    assert digest == SEQGAN_ORACLE
    oracle = oracle_from_arrays(arrays, 20)
    nll = oracle.nll(oracle.sample(2048, (7, 8))).mean()
    assert abs(nll - 5.75) <= 0.05
