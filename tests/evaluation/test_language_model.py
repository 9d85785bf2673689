"""Scores by the project's own language model: Fréchet distance, likelihoods, the reverse score."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from helpers import runs
from leakgan_tf.config.config import replace
from leakgan_tf.data.dataset import load_dataset, prepare
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.reader import TextReader
from leakgan_tf.evaluation import language_model as lm_scores
from leakgan_tf.evaluation.text import sweep_run
from leakgan_tf.reporting import figure_tables
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.runs.text_config import dataset_digest, text_config
from leakgan_tf.tasks.text import TextTask
from leakgan_tf.training.session import train_run
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import write_json

WORDS = [f"{who} {does} {what}" for who in "abcd" for does in "efg" for what in "hijkl"]
SIZES = {
    "batch_size": 8,
    "sampling_batch": 16,
    "mle_epochs": 6,
    "mle_learning_rate": 0.05,
    "windows": (1, 2),
    "filters": (2, 2),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A data folder, its contents, and the folder of an MLE run on it."""
    folder = tmp_path_factory.mktemp("lm")
    (folder / "text.txt").write_text("\n".join(WORDS) + "\n")
    settings = PrepareSettings(tokenizer="whitespace", max_length=4, test_fraction=0.25)
    prepare([folder / "text.txt"], folder / "data", settings)
    dataset = load_dataset(folder / "data")
    config = text_config(dataset, "smoke", "paper", "mle", 0, SIZES)
    with runs.as_a_program():
        made_by = {"data": str(folder / "data")}
        train_run(config, lambda: TextTask(config, dataset), folder / "mle", made_by)
    return folder, dataset, folder / "mle"


def test_real_sentences_score_better_than_scrambled_ones(judged):
    _, dataset, run = judged
    judge = lm_scores.load_language_model(run, dataset_digest(dataset))
    scrambled = dataset.train[:, [2, 0, 1, 3]]
    real = lm_scores.language_model_scores(judge, dataset, dataset.train, reverse=True)
    wrong = lm_scores.language_model_scores(judge, dataset, scrambled, reverse=True)
    assert real["frechet"] == pytest.approx(real["frechet_train"])
    for name in ("frechet", "nll_language_model", "reverse_nll"):
        assert real[name] < wrong[name], name


def test_scoring_leaves_the_judge_as_it_was(judged):
    _, dataset, run = judged
    judge = load(run)
    before = [variable.numpy().copy() for variable in judge.system.model.weights]
    lm_scores.language_model_scores(judge, dataset, dataset.train, reverse=True)
    for variable, array in zip(judge.system.model.weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), array)


def test_the_sweep_has_the_scores_in_its_table(judged):
    _, dataset, run = judged
    [figures] = sweep_run(run, [1.0], None, 16, language_model=run)
    assert np.isfinite([figures["frechet"], figures["nll_language_model"]]).all()
    assert "reverse_nll" not in figures
    assert "Fréchet" in figure_tables.figures_table({"mle": figures})


def test_fillings_are_scored_at_masked_tokens(judged, tmp_path):
    folder, dataset, run = judged
    config = text_config(dataset, "smoke", "paper", "maskgan", 0, {
        "batch_size": 8, "sampling_batch": 16, "maskgan_steps": 0, "windows": (1, 2),
        "filters": (2, 2),
    })  # fmt: skip
    runs.begun(config, tmp_path, made_by={"data": str(folder / "data")})
    write_json(
        RunFolder(tmp_path).reader, TextReader(dataset.vocabulary, dataset.tokenizer).to_json()
    )
    judge, trained = lm_scores.load_language_model(run, dataset_digest(dataset)), load(tmp_path)
    trained.system.draw_masks = lambda rows, seed: tf.constant([[True, False, True, True]] * rows)
    found = lm_scores.filling_scores(judge, dataset, trained, 9)
    wanted = -judge.generator.log_prob(dataset.test[:9])[:, 1].mean()
    assert found["nll_masked_language_model"] == pytest.approx(wanted, rel=1e-5)
    trained.generator.fill = lambda tokens, present, seed: np.where(present, tokens, 2)
    filled = np.where([True, False, True, True], dataset.test[:9], 2)
    wanted = -judge.generator.log_prob(filled)[:, 1].mean()
    found = lm_scores.filling_scores(judge, dataset, trained, 9)
    assert found["nll_filled_language_model"] == pytest.approx(wanted, rel=1e-5)
    assert lm_scores.filling_scores(judge, dataset, judge, 9) == {}


def test_another_data_folder_is_refused(judged):
    with pytest.raises(UserError, match="another data folder"):
        lm_scores.load_language_model(judged[2], "0" * 64)


def test_another_system_is_refused(judged, tmp_path):
    _, dataset, run = judged
    config = text_config(dataset, "smoke", "paper", "seqgan", 0, SIZES)
    runs.begun(config, tmp_path / "seqgan")
    shutil.copy(run / "text.json", tmp_path / "seqgan")
    with pytest.raises(UserError, match="give a run of mle"):
        lm_scores.load_language_model(tmp_path / "seqgan", dataset_digest(dataset))


def test_too_few_samples_for_the_reverse_score_are_refused(judged):
    _, dataset, run = judged
    with pytest.raises(UserError, match="at least 8 samples"):
        lm_scores.language_model_scores(load(run), dataset, dataset.train[:4], reverse=True)


@pytest.mark.parametrize("held_out", [0.1, 0.5])
def test_early_stopping_of_the_language_model_needs_a_second_batch(judged, held_out):
    _, dataset, run = judged
    judge = load(run)
    stopped = {"mle_patience": 1, "mle_held_out": held_out, "mle_epochs": 1}
    judge.config = replace(judge.config, **stopped)
    with pytest.raises(UserError, match=r"at least 16 samples, two batches .*\(got 15\)"):
        lm_scores.language_model_scores(judge, dataset, dataset.train[:15], reverse=True)
    scores = lm_scores.language_model_scores(judge, dataset, dataset.train[:16], reverse=True)
    assert np.isfinite(scores["reverse_nll"])
