"""The residual model: constant energy at first, a frozen generator, and another run's below it."""

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.generation.residual import ResidualGenerator
from leakgan_tf.runs.base import take_base_weights
from leakgan_tf.runs.export import export
from leakgan_tf.runs.load import load
from leakgan_tf.systems.registry import make_system
from leakgan_tf.systems.residual_ebm import ResidualEBM
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive

SIZES = {
    "residual_ebm_rounds": 1, "residual_ebm_candidates": 3, "residual_ebm_partition_samples": 8,
}  # fmt: skip


def config(**changes):
    return tiny("residual_ebm", **{**SIZES, **changes})


@pytest.fixture(scope="module")
def task():
    return SyntheticTask(config(), make_oracle(config()))


@pytest.fixture(scope="module")
def leakgan_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base") / "run"
    runs.begun(tiny("leakgan"), folder)
    return folder


def test_before_it_is_trained_the_model_is_its_generator(task):
    made = make_system(config(), task)
    assert isinstance(made.generator, ResidualGenerator)
    np.testing.assert_array_equal(made.generator.log_odds(task.test), 0.0)
    for path in ("scoring", "sampling"):
        np.testing.assert_array_equal(
            made.generator.log_prob(task.test, 0.7, path), made.below.log_prob(task.test, 0.7, path)
        )


def test_the_energy_learns_from_real_sentences_and_the_generators(task):
    """The rounds read training sentences, or fresh ones, and as many of G; G stays as it is."""
    made = make_system(config(), task)
    (real, generated), labels = np.split(made.sentences(5)[0], 2), made.sentences(5)[1]
    np.testing.assert_array_equal(real, task.train)
    assert labels.tolist() == [1] * len(real) + [0] * len(real)
    own = made.below.sample(len(real), 1.0, derive(5, "generated"))  # at T = 1
    np.testing.assert_array_equal(generated, own)
    fresh = make_system(config(residual_ebm_discriminator_data="fresh"), task).sentences(5)[0]
    assert not np.array_equal(fresh[: len(real)], real)
    np.testing.assert_array_equal(fresh[len(real) :], generated)
    before = [weight.numpy() for weight in made.model.weights]
    made.energy_step(*(part[:8] for part in made.sentences(5)), np.array([1, 2], np.int32))
    assert np.abs(made.generator.log_odds(task.test)).max() > 0
    for old, weight in zip(before, made.model.weights, strict=True):
        np.testing.assert_array_equal(old, weight)


def test_a_trained_run_of_any_system_is_the_generator(task, leakgan_run, tmp_path):
    """Its weights are taken once; the run folder needs no more than its configuration then."""
    own = config(residual_ebm_base=str(leakgan_run))
    made, below = make_system(own, task), load(leakgan_run)
    take_base_weights(made)
    assert isinstance(made, ResidualEBM)
    np.testing.assert_array_equal(made.below.sample(5), below.generator.sample(5))
    assert set(made.models) == {"generator", "base_discriminator", "discriminator"}
    assert {phase.name for phase in made.phases()} == {"residual/discriminator"}
    assert list(made.optimizers) == ["discriminator"]


def test_a_run_of_other_data_is_refused(leakgan_run, tmp_path):
    with pytest.raises(UserError, match="has oracle_seed 0, this run 1"):
        make_system(config(residual_ebm_base=str(leakgan_run), oracle_seed=1), None)
    with pytest.raises(UserError, match="has oracle_hidden .*, this run 7"):
        make_system(config(residual_ebm_base=str(leakgan_run), oracle_hidden=7), None)
    with pytest.raises(UserError, match="has no config.json: give a run"):
        make_system(config(residual_ebm_base=str(tmp_path / "none")), None)
    runs.begun(config(), tmp_path / "residual")
    with pytest.raises(UserError, match="is a residual model itself"):
        make_system(config(residual_ebm_base=str(tmp_path / "residual")), None)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="has no 'system'"):
        make_system(config(residual_ebm_base=str(tmp_path)), None)


def test_any_run_with_a_discriminator_can_be_resampled(leakgan_run, tmp_path):
    trained = load(leakgan_run)
    one, effective = trained.resample(4, 1, seed=3)
    assert one == trained.generate(4, seed=3) and effective == 1.0
    several, effective = trained.resample(4, 6, seed=3)
    assert several != one and 1.0 < effective < 6.0
    assert trained.resample(2, 6, seed=3)[0] == several[:2]
    with pytest.raises(UserError, match="resample must be at least 1"):
        trained.resample(4, 0)
    for name in ("mle", "rankgan"):
        runs.begun(tiny(name), tmp_path / name)
        with pytest.raises(UserError, match=f"{name} has none"):
            load(tmp_path / name).resample(4, 2)


def test_a_residual_run_is_resampled_and_not_exported(tmp_path):
    runs.begun(config(), tmp_path / "run")
    trained = load(tmp_path / "run")
    assert trained.resample(4, 3, seed=3)[0] == trained.generate(4, seed=3)
    with pytest.raises(UserError, match="cannot be exported"):
        export(trained, tmp_path / "out")
    assert not (tmp_path / "out").exists()
