"""Measuring a discriminator: recorded after its rounds, in the figures, and without any effect."""

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.metrics.discriminator_scores import BOUND
from leakgan_tf.metrics.nll import held_out_nll
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems import registry
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training import discriminator, session
from leakgan_tf.training.discriminator import DiscriminatorMeasure

SIZES = {"mle_epochs": 1, "residual_ebm_rounds": 1, "residual_ebm_candidates": 2}
SCORES = {"held_out_accuracy", "calibration_error", BOUND, "effective_sample_share"}


@pytest.fixture(scope="module")
def task():
    return SyntheticTask(tiny(), make_oracle(tiny()))


def test_a_finished_run_has_figures_and_no_draw_of_its_training_changes(
    task, tmp_path, monkeypatch
):
    """A run of the same seed that measures nothing after its rounds ends with the same weights."""
    config = tiny("residual_ebm", **SIZES)
    monkeypatch.setattr(session.board, "finish", lambda *_: None)
    figures = session.train_run(config, lambda: task, tmp_path / "measured", {})
    known, run = figures["discriminator"], RunFolder(tmp_path / "measured")
    assert set(known) > SCORES
    gain = known["nll_generator"] - known["nll_residual_lower"]
    assert gain == pytest.approx(known[BOUND], abs=1e-12)
    assert known["nll_residual_upper"] >= known["nll_residual_lower"]
    assert run.read_figures("synthetic")["discriminator"] == known
    rounds = [line for line in run.records() if line["group"] == "residual/discriminator"]
    assert all(set(line) > SCORES and 0 <= line["held_out_accuracy"] <= 1 for line in rounds)

    monkeypatch.setattr(DiscriminatorMeasure, "after_round", lambda _: {})
    runs.train(config, tmp_path / "not")
    found, expected = (
        runs.arrays(tmp_path / each / "checkpoint.npz") for each in ("measured", "not")
    )
    for name, array in expected.items():
        assert found[name].tobytes() == array.tobytes(), name


def test_a_residual_model_takes_the_bound_off_its_generators_nll(task, monkeypatch):
    """Measured through the model itself, with the samples of the measure for Z."""
    config = tiny("residual_ebm", residual_ebm_partition_samples=16)
    made = registry.make_system(config, task)
    made.discriminator.classifier.kernel.assign(np.random.default_rng(0).normal(0, 3, (7, 2)))
    found = DiscriminatorMeasure(config, made, made.generator, task).at_end()
    monkeypatch.setattr(
        "leakgan_tf.generation.residual.PARTITION_SEED",
        discriminator.derive(config.seed, discriminator.KIND),
    )
    nll = held_out_nll(made.generator, task.test, 1.0)
    assert abs(found[BOUND]) > 1e-3
    assert found["nll_generator"] == pytest.approx(held_out_nll(made.below, task.test, 1.0))
    assert nll == pytest.approx(found["nll_generator"] - found[BOUND], abs=1e-9)
