"""TensorBoard shows each step of a resumed run once, its settings, and D's features."""

import time

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.plugins import projector
from tensorboard.plugins.hparams import metadata

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.config.config import flatten
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.registry import make_system
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training import board
from leakgan_tf.training.logs import Records
from leakgan_tf.training.session import train_run
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive


def events(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def steps(folder, tag):
    """The steps and values of a scalar as TensorBoard shows them."""
    found = events(folder).Tensors(tag)
    return [(each.step, float(tf.make_ndarray(each.tensor_proto))) for each in found]


def records(folder, position, values):
    """Writes values from a position on, as a run does that begins or goes on there."""
    time.sleep(1 - time.time() % 1 + 0.01)  # event files are read in the order of their seconds
    written = Records(folder / "metrics.jsonl", folder / "tensorboard", position)
    for step, value in enumerate(values, position):
        written.scalars(step, "mle", {"loss": value})
    written.close()
    return folder / "tensorboard"


def test_a_resumed_run_shows_every_step_once(tmp_path):
    records(tmp_path, 0, [0.0, 1.0, 2.0, 3.0])  # the latest checkpoint was after two phases
    folder = records(tmp_path, 2, [20.0, 30.0, 40.0])
    expected = [(0, 0.0), (1, 1.0), (2, 20.0), (3, 30.0), (4, 40.0)]
    assert steps(folder, "mle/loss") == expected
    folder = records(tmp_path, 5, [50.0])  # nothing to drop
    assert steps(folder, "mle/loss") == [*expected, (5, 50.0)]
    folder = records(tmp_path, 1, [7.0])
    assert steps(folder, "mle/loss") == [(0, 0.0), (1, 7.0)]


def test_a_run_that_begins_anew_without_a_checkpoint_shows_the_new_steps_only(tmp_path):
    records(tmp_path, 0, [0.0, 1.0])
    folder = records(tmp_path, 0, [9.0])
    assert steps(folder, "mle/loss") == [(0, 9.0)]


def test_a_new_run_has_no_mark(tmp_path):
    folder = records(tmp_path, 0, [0.0])
    assert len(list(folder.iterdir())) == 1


# --- What a finished run leaves ----------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "seqgan-seed0"
    config = tiny("seqgan", seqgan_steps=1, seqgan_discriminator_rounds=0)
    with runs.as_a_program():
        task = SyntheticTask(config, make_oracle(config))
        figures = train_run(config, lambda: task, folder, {})
    return config, task, figures, RunFolder(folder)


def test_the_settings_and_final_figures_are_a_row_of_the_hyper_parameters_tab(finished):
    config, _, figures, run = finished
    found = events(run.tensorboard / board.FINAL)
    content = found.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    info = metadata.parse_session_start_info_plugin_data(content)
    assert info.group_name == f"{run.path.parent.name}/seqgan-seed0"
    settings = info.hparams
    assert set(settings) == set(flatten(config))
    assert settings["system"].string_value == "seqgan"
    assert settings["batch_size"].number_value == 8
    assert settings["windows"].string_value == "(1, 2, 8)"
    for name in ("nll_oracle_1.0", "nll_test_0.667", "distinct_1.0"):
        ((_, value),) = steps(run.tensorboard / board.FINAL, f"final/{name}")
        assert value == np.float32(figures[name])


def test_the_projector_has_ds_features_of_both_sides_in_order(finished):
    config, task, _, run = finished
    folder = run.tensorboard / board.FINAL
    text = (folder / "projector_config.pbtxt").read_text()
    (shown,) = text_format.Parse(text, projector.ProjectorConfig()).embeddings
    points = np.loadtxt(folder / shown.tensor_path, delimiter="\t")
    header, *labels = (folder / shown.metadata_path).read_text().splitlines()
    assert header == "side\tsentence"
    system = make_system(config, task)
    with runs.as_a_program():
        runs.checkpoint.restore(run.checkpoint, system.models, system.optimizers)
    made = system.generator.sample(16, 1.0, derive(config.seed, "projector"))
    sides = (("real", task.test, slice(0, 16)), ("generated", made, slice(16, 32)))
    for side, tokens, where in sides:
        expected = system.discriminator.features(tokens).numpy()
        np.testing.assert_allclose(points[where], expected, rtol=1e-3, atol=1e-5)
        assert labels[where] == [f"{side}\t{line}" for line in task.show(tokens)]
    assert len(labels) == len(points) == 32


def test_a_system_without_a_discriminator_has_no_points(tmp_path):
    config = tiny("mle")
    task = SyntheticTask(config, make_oracle(config))
    board.finish(tmp_path, config, {"nll_test_1.0": 3.0}, make_system(config, task), task)
    assert [path.name[:6] for path in (tmp_path / board.FINAL).iterdir()] == ["events"]


def test_sentences_with_tabs_or_lines_are_one_short_cell():
    class Task:
        test = np.zeros([2, 8], np.int32)

        def show(self, tokens):
            return ["a\tb\nc " + "x" * 200] * len(tokens)

    labels = board.sentence_labels("real", Task().test, Task())
    assert labels == ["real\ta b c " + "x" * 74] * 2


def test_figures_of_the_tab_are_single_numbers():
    measured = {
        "nll_test": 2.0,
        "bleu": {"2": 0.5, "3": 0.25},
        "protocol": {"tokens": 3},
        "best": {"nll": 1.0},
        "seconds": {"mle": 9.0},
        "sweep": [{"nll": 1.0}],
        "total_updates": 7,
        "note": "text",
    }
    found = board.final_figures(measured)
    assert found == {"nll_test": 2.0, "bleu_2": 0.5, "bleu_3": 0.25}


def test_a_folder_that_cannot_be_written_is_the_users_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    config = tiny("mle")
    task = SyntheticTask(config, make_oracle(config))
    with pytest.raises(UserError, match="cannot write"):
        board.finish(tmp_path / "file", config, {}, make_system(config, task), task)
