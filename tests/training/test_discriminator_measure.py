"""Measuring a discriminator: recorded after its rounds, in the figures, and without any effect."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import runs, small
from helpers.tiny import tiny
from leakgan_tf.metrics.discriminator_scores import BOUND, TEMPER, TEMPERED
from leakgan_tf.metrics.nll import held_out_nll
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems import registry
from leakgan_tf.systems.maskgan import MaskGAN
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training import discriminator, session
from leakgan_tf.training.discriminator import (
    DiscriminatorMeasure,
    discriminator_figures,
    discriminator_measures,
)

SIZES = {"mle_epochs": 1, "residual_ebm_rounds": 1, "residual_ebm_candidates": 2}
SCORES = {"held_out_accuracy", "calibration_error", BOUND, TEMPERED, TEMPER,
          "effective_sample_share"}  # fmt: skip


@pytest.fixture(scope="module")
def task():
    return SyntheticTask(tiny(), make_oracle(tiny()))


@pytest.mark.ci
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
    found = discriminator_figures(config, made, task)
    monkeypatch.setattr(
        "leakgan_tf.generation.residual.PARTITION_SEED",
        discriminator.derive(config.seed, discriminator.KIND),
    )
    nll = held_out_nll(made.generator, task.test, 1.0)
    assert abs(found[BOUND]) > 1e-3
    assert found["nll_generator"] == pytest.approx(held_out_nll(made.below, task.test, 1.0))
    assert nll == pytest.approx(found["nll_generator"] - found[BOUND], abs=1e-9)


# --- Fillings of gaps -----------------------------------------------------------------------------


class Task:
    """Sentences that end early, late and not at all."""

    test = np.repeat([[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 0, 0], [5, 0, 0, 0, 0, 0]], 4, axis=0)
    test = train = test.astype(np.int32)
    reader = None


def filling(**changes):
    sizes = {"maskgan_width": 4, "maskgan_layers": 1, "evaluation_samples": 12}
    config = small.config(
        system="maskgan", task="text", padding="masked", **{**sizes, **changes}
    )  # fmt: skip
    made = MaskGAN(config, Task())
    for seed, name in enumerate(("generator", "discriminator")):
        small.randomise(made.models[name], seed, 1.0)
    return made


def test_fillings_that_d_prices_exactly_have_the_divergence_of_two_laws(monkeypatch):
    """One gap of one token: with f = log p/q the bound is KL(p ‖ q), per masked token."""
    made, p, q = filling(), np.array([8, 3, 1]), np.array([4, 4, 4])
    # The third token is the gap; 1, 2, 3 by the shares of 12 of p, fillings by those of q.
    real = np.repeat([[4, 5, 0, 6, 0, 0]], 12, axis=0).astype(np.int32)
    filled = real.copy()
    real[:, 2], filled[:, 2] = (np.repeat([1, 2, 3], law) for law in (p, q))
    ratio = tf.constant(np.log([1.0, *p / q, 1.0, 1.0, 1.0]), tf.float32)
    present = np.arange(6) != 2
    monkeypatch.setattr(Task, "test", real)
    monkeypatch.setattr(made.generator, "fill", lambda *_: filled)
    made.draw_masks = lambda rows, seed: tf.constant(np.tile(present, (rows, 1)))
    made.token_logits = lambda tokens, shown: tf.gather(ratio, tokens)
    found = discriminator_figures(made.config, made, Task())
    divergence = float(np.sum(p / 12 * np.log(p / q)))
    assert found[BOUND] == pytest.approx(divergence, rel=1e-5)
    gain = found["nll_generator"] - found["nll_residual_lower"]
    assert gain == pytest.approx(found[BOUND], abs=1e-12)
    masked = -made.generator.fill_log_prob(real, np.tile(present, (12, 1)))[:, 2]
    assert found["nll_generator"] == pytest.approx(masked.mean())


def test_f_of_a_filling_is_the_logit_of_the_last_masked_token_and_no_padding():
    made, tokens = filling(), Task.test[::4]
    present = np.isin(np.arange(6), [2, 3, 4], invert=True)[np.newaxis].repeat(3, axis=0)
    logits = made.token_log_odds(tokens, present)
    found = made.fill_log_odds(tf.constant(tokens), tf.constant(present)).numpy()
    # The second sentence ends at place 4; the third before its gap.
    np.testing.assert_allclose(found, [logits[0, 4], logits[1, 4], 0.0], rtol=1e-5)
    later = tokens.copy()
    later[2, 3] = 5  # padding
    np.testing.assert_array_equal(
        made.fill_log_odds(tf.constant(later), tf.constant(present)), found
    )


@pytest.mark.parametrize("place", range(6))
def test_the_last_masked_tokens_logit_reads_context_and_all_fillings(place):
    """Also what is present after the gap: through m(x)."""
    made, tokens = filling(), Task.test[:1]
    present = tf.constant(np.isin(np.arange(6), [2, 3, 4], invert=True)[np.newaxis])
    other = tokens.copy()
    other[0, place] = 1 + tokens[0, place] % 6
    one, two = (made.fill_log_odds(tf.constant(each), present).numpy() for each in (tokens, other))
    assert abs(one - two) > 1e-6


def test_the_measure_of_fillings_is_made_after_the_phases_that_train_d():
    made = filling()
    measures = discriminator_measures(made.config, made, Task())
    assert list(measures) == ["adversarial/generator"]
    first = measures["adversarial/generator"].after_round()
    assert set(first) == SCORES
    assert first == measures["adversarial/generator"].after_round()  # the same draws
    without = filling(maskgan_steps=0)  # MaskMLE: its D is never trained
    assert discriminator_figures(without.config, without, Task()) == {}
