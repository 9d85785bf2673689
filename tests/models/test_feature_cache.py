"""Features that are reused are those that would have been computed."""

import numpy as np
import pytest

from helpers import runs, small
from helpers.tiny import tiny
from leakgan_tf.models.feature_cache import FeatureStore, feature_mebibytes
from leakgan_tf.models.prefix_features import PrefixFeatures
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.training.trainer import Trainer


@pytest.fixture(scope="module")
def system():
    made = LeakGAN(small.config(), task=None)
    small.randomise(made.discriminator)
    return made


@pytest.mark.parametrize("rows", [1, 4, 10])  # batches of four: less, one, two and a half
def test_features_are_those_of_each_sentence(system, rows):
    store = FeatureStore(system.discriminator, 4)
    tokens = small.tokens(rows, 6, 7)
    direct = PrefixFeatures(system.discriminator).all(tokens)
    np.testing.assert_allclose(store.get(tokens, 0), direct, rtol=1e-5, atol=1e-6)


def test_they_are_kept_until_the_discriminator_changes(system):
    store = FeatureStore(system.discriminator, 4)
    tokens = small.tokens(4, 6, 7)
    first = store.get(tokens, 0).numpy()
    small.randomise(system.discriminator, seed=1)
    np.testing.assert_array_equal(store.get(tokens, 0), first)
    renewed = store.get(tokens, 1)
    assert np.abs(renewed.numpy() - first).max() > 1e-3
    direct = PrefixFeatures(system.discriminator).all(tokens)
    np.testing.assert_allclose(renewed, direct, rtol=1e-5, atol=1e-6)


def test_memory_is_that_of_the_array(system):
    tokens = small.tokens(10, 6, 7)
    features = FeatureStore(system.discriminator, 4).get(tokens, 0)
    assert feature_mebibytes(10, 6, 5) == features.numpy().nbytes / 2**20


def steps(folder, **changes):
    """The compiled steps of a run's pre-training, and its records."""

    class Watched(Trainer):
        def _loop(self, phase):
            used.add(phase.step.__name__)
            return super()._loop(phase)

    used = set()
    with runs.as_a_program():
        system = runs.train(tiny(adversarial_steps=0, **changes), folder, Watched)
    return used, system, runs.records(folder)


@pytest.mark.ci
def test_a_run_with_reuse_learns_what_one_without_does(tmp_path):
    sizes = {"pretrain_rounds": 2, "pretrain_generator_epochs": 2}
    used, with_reuse, told = steps(tmp_path / "with", **sizes)
    assert "pretrain_on_features" in used and "pretrain_step" not in used
    used, without, told_without = steps(tmp_path / "without", **sizes, feature_memory=0)
    assert "pretrain_step" in used and "pretrain_on_features" not in used
    for one, other in zip(with_reuse.model.weights, without.model.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    for one, other in zip(told, told_without, strict=True):
        if "worker_loss" in one:
            np.testing.assert_allclose(one["worker_loss"], other["worker_loss"], rtol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {"feature_memory": 0},
        # nothing to reuse
        pytest.param({"pretrain_generator_epochs": 1}, marks=pytest.mark.ci),
        # most of it would never be read twice
        pytest.param({"likelihood_share": 0.5}, marks=pytest.mark.ci),
    ],
)
def test_features_that_are_not_worth_keeping_are_not_kept(tmp_path, changes):
    used, _, _ = steps(tmp_path, **{"pretrain_generator_epochs": 2, **changes})
    assert "pretrain_step" in used and "pretrain_on_features" not in used
