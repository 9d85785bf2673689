"""Systems without rewards on text: trained, read back, exported, and nothing after an end."""

import numpy as np
import pytest
import tensorflow as tf
import test_text_task
from test_text_task import text_config

from helpers.cases import left_to_ci
from leakgan_tf.runs.export import export
from leakgan_tf.runs.load import load
from leakgan_tf.tasks.text import TextTask
from leakgan_tf.training.session import train_run

dataset = test_text_task.dataset
SIZES = {
    "tailr": {"mle_epochs": 1},
    "mle_tuned": {"mle_epochs": 2},
    "gumbel_gan": {"gumbel_gan_steps": 2},
    "cot": {"cot_steps": 2},
    "relgan": {"relgan_epochs": 1, "relgan_steps": 2},
    "scratchgan": {"scratchgan_generator": "stacked", "scratchgan_steps": 2},
    "maskgan": {"maskgan_steps": 2},
    "textgan": {"textgan_steps": 2, "textgan_decoding": "drawn"},
}


@pytest.mark.parametrize("system", left_to_ci(SIZES, ("tailr", "gumbel_gan")))
def test_it_trains_on_text_and_is_read_back(dataset, tmp_path, system):
    config = text_config(system, **SIZES[system])
    train_run(config, lambda: TextTask(config, dataset), tmp_path / "run", {})
    trained = load(tmp_path / "run")
    assert trained.position == trained.total
    sample = trained.sample(50)
    ended = np.cumsum(sample == 0, axis=1) - (sample == 0) > 0
    assert ended.any() and not sample[ended].any()
    export(trained, tmp_path / "exported")
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    found = loaded.generate("", count=5)
    np.testing.assert_array_equal(found["ids"], trained.sample(5))


def test_a_residual_model_trains_on_text_and_nothing_follows_an_end(dataset, tmp_path):
    """Its held-out NLL is over the tokens up to the end: the generator's less the bound."""
    sizes = {"mle_epochs": 1, "residual_ebm_rounds": 1, "residual_ebm_partition_samples": 64}
    config = text_config("residual_ebm", **sizes)
    figures = train_run(config, lambda: TextTask(config, dataset), tmp_path / "run", {})
    known, trained = figures["discriminator"], load(tmp_path / "run")
    gain = known["nll_generator"] - known["nll_residual_lower"]
    assert gain == pytest.approx(known["donsker_varadhan_bound"], abs=1e-12)
    sample = trained.sample(50)
    ended = np.cumsum(sample == 0, axis=1) - (sample == 0) > 0
    assert ended.any() and not sample[ended].any()
