"""MLE's options: dropout, weight decay, width, and early stopping that a resumed run repeats."""

import numpy as np
import pytest
import tensorflow as tf

from helpers import runs, small
from helpers.tiny import tiny
from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.objectives import losses
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.mle import MLE
from leakgan_tf.systems.mle_tuned import MLETuned
from leakgan_tf.systems.registry import find_systems, make_system, system_config
from leakgan_tf.training.distribution import Distribution
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.interruption import Interrupted, Interruption

SEED = tf.constant([1, 2])
STOPPING = {"mle_patience": 2, "mle_held_out": 0.3, "mle_epochs": 9}


class Task:
    train = small.tokens(30, 6, 7, seed=4)


def system(kind=MLE, **changes):
    made = kind(small.config(system="mle", **changes), Task())
    small.randomise(made.model)
    return made


# --- Regularization -------------------------------------------------------------------------------


def test_an_update_raises_the_likelihood_of_its_sentences():
    made, tokens = system(mle_generator_dropout=0.3, mle_weight_decay=0.1), Task.train[:4]
    before = made.generator.log_prob(tokens).mean()
    made.step(tf.constant(tokens), SEED)
    assert made.generator.log_prob(tokens).mean() > before


def test_dropout_is_for_inputs_and_outputs_of_the_cell_in_updates_only():
    made, tokens = system(mle_generator_dropout=0.5), tf.constant(Task.train[:4])
    plain = losses.likelihood_loss(losses.token_log_prob(made.model(tokens), tokens))
    found = {float(plain)}
    for seed in ([1, 2], [3, 4]):
        log_prob = losses.token_log_prob(made.logits(tokens, tf.constant(seed), 0.5), tokens)
        found.add(float(losses.likelihood_loss(log_prob)))
    assert len(found) == 3
    np.testing.assert_array_equal(made.logits(tokens, SEED), made.model(tokens))
    hidden = made.model.hidden(tokens, dropout=0.5, seed=SEED).numpy()
    assert 0.2 < np.mean(hidden == 0.0) < 0.8
    kept = hidden[hidden != 0.0]
    assert np.abs(kept).max() <= 2.0  # scaled by 1 / (1 - 0.5)


def test_weight_decay_shrinks_kernels_by_the_rate_times_itself():
    """With no gradient, as a dropped-out batch of nothing gives: w - η·λ·w; biases stay."""
    made = system(mle_weight_decay=0.5, mle_learning_rate=0.1)
    variables = made.model.trainable_variables
    before = [v.numpy() for v in variables]
    made.optimizers["generator"].apply([tf.zeros(v.shape) for v in variables], variables)
    for old, variable in zip(before, variables, strict=True):
        share = 1.0 if variable.name == "bias" else 1.0 - 0.1 * 0.5
        np.testing.assert_allclose(variable, share * old, rtol=1e-5)


def test_width_replaces_both_sizes():
    model = system(mle_width=5).model
    assert isinstance(model, LSTMGenerator)
    assert (model.embedding_size, model.hidden_size) == (5, 5)


# --- Early stopping -------------------------------------------------------------------------------


def test_the_kept_sentences_are_of_the_training_split_and_not_learned():
    made = system(**STOPPING)
    learned, kept = made.split()
    assert len(kept) == 8 and len(learned) == 22  # whole batches of 4
    both = np.concatenate([learned, kept])
    np.testing.assert_array_equal(np.sort(both, axis=0), np.sort(Task.train, axis=0))
    for one, other in zip(made.split(), system(**STOPPING).split(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.array_equal(made.learned(3)[0], learned)


@pytest.mark.parametrize("text", [{}, {"task": "text", "padding": "masked"}])
def test_what_is_measured_is_the_nll_of_the_kept_sentences(text):
    made = system(**STOPPING, mle_generator_dropout=0.5, **text)
    kept = made.split()[1]
    mask = np.ones(kept.shape, bool)
    if text:
        mask = np.cumsum(kept == 0, axis=1) - (kept == 0) == 0
    expected = -made.generator.log_prob(kept)[mask].mean()
    np.testing.assert_allclose(made.held_out_step(SEED)["held_out_nll"], expected, rtol=1e-5)


def test_the_best_weights_are_kept_and_put_back():
    made = system(**STOPPING)
    best = [v.numpy() for v in made.model.weights]
    first = float(made.held_out_step(SEED)["held_out_nll"])
    assert not made.stopped()
    for waited in (1, 2):
        small.randomise(made.model, seed=waited, scale=5.0)  # far worse
        assert float(made.held_out_step(SEED)["waited"]) == waited
    assert made.stopped()
    np.testing.assert_allclose(made.restore_step(SEED)["held_out_nll"], first)
    for one, other in zip(best, made.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_better_epoch_ends_the_waiting():
    made = system(**STOPPING)
    optimizer = made.optimizers["generator"]
    for loss, waited in ((3.0, 0), (4.0, 1), (2.0, 0), (2.0, 1)):
        optimizer.compare(tf.constant(loss))
        assert int(optimizer.waited) == waited
    assert float(optimizer.least) == 2.0


def test_without_an_epoch_nothing_is_put_back():
    made = system(**STOPPING)
    before = [v.numpy() for v in made.model.weights]
    made.restore_step(SEED)
    for one, other in zip(before, made.model.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A finished run that overfits 16 sentences, so that it stops before its epochs are over."""
    folder = tmp_path_factory.mktemp("stopped")
    config = tiny(
        "mle", mle_epochs=60, mle_patience=2, mle_learning_rate=0.03, evaluate_every=100,
        checkpoint_seconds=1e6,
    )  # fmt: skip
    with runs.as_a_program():
        return config, folder, runs.train(config, folder)


def test_training_stops_early_and_ends_with_the_best_weights(stopped):
    config, folder, made = stopped
    lines = [line for line in runs.records(folder) if line["group"].startswith("mle")]
    held_out = [line["held_out_nll"] for line in lines if line["group"] == "mle/held_out"]
    assert 3 < len(held_out) < 60
    assert held_out[-1] > min(held_out) and int(np.argmin(held_out)) == len(held_out) - 3
    assert lines[-1]["group"] == "mle/restored"
    np.testing.assert_allclose(
        -made.generator.log_prob(made.split()[1]).mean(), min(held_out), rtol=1e-5
    )
    progress = runs.progress(RunFolder(folder).checkpoint)
    assert progress["position"] == progress["total"] == 2 * 60 + 1


class Interrupting(Trainer):
    """Is asked to stop after the update of the phase at `place`, before the phase is over."""

    place = -1

    def __init__(self, *args):
        super().__init__(*args, interruption=Interruption())

    def _checkpoint_if_due(self, last=False):
        progress = self._progress
        if (progress.position, progress.partial.done) == (self.place, 1):
            self._interruption.ask()
        super()._checkpoint_if_due(last)


def test_a_run_interrupted_where_the_patience_ends_goes_on_to_the_same_end(stopped, tmp_path):
    """The last look at the kept sentences is in the checkpoint, but not yet in the records."""
    config, folder, _ = stopped
    lines = runs.records(folder)
    last = max(line["position"] for line in lines if line["group"] == "mle/held_out")
    kind = type("At", (Interrupting,), {"place": last})
    with runs.as_a_program():
        with pytest.raises(Interrupted):
            runs.train(config, tmp_path, kind)
        assert runs.progress(RunFolder(tmp_path).checkpoint)["partial"]["done"] == 1
        runs.train(config, tmp_path)
    assert runs.records(tmp_path) == lines
    found, expected = (runs.arrays(RunFolder(each).checkpoint) for each in (tmp_path, folder))
    assert {key: value.tobytes() for key, value in found.items()} == {
        key: value.tobytes() for key, value in expected.items()
    }


def test_plain_mle_has_no_phase_and_no_slot_more():
    made = system(mle_epochs=3)
    assert [phase.name for phase in made.phases()] == ["mle"] * 3
    assert not any("kept" in v.path for v in made.optimizers["generator"].variables)


# --- The tuned baseline ---------------------------------------------------------------------------


def test_the_tuned_system_is_mle_with_preset_tuned():
    tuned = synthetic_preset("quick", 20, system_config("mle_tuned")).own
    assert vars(tuned) == vars(synthetic_preset("tuned", 20, system_config("mle")).own)
    assert type(make_system(tiny("mle_tuned"), None)) is MLETuned
    assert tuned.patience and tuned.generator_dropout
    for preset in ("short", "paper"):
        large = synthetic_preset(preset, 20, system_config("mle_tuned")).own
        assert vars(large) == vars(tuned) | {"width": 64}
    on_text = text_preset("paper", 32, 5000, system_config("mle_tuned")).own
    assert vars(on_text) == vars(tuned)


@pytest.mark.parametrize("name", sorted(set(find_systems()) - {"leakgan", "mle", "mle_tuned"}))
def test_preset_tuned_is_quick_with_a_tuned_pretraining(name):
    """For systems that refuse a part of it the preset says so."""
    own = system_config(name)
    try:
        tuned = synthetic_preset("tuned", 20, own).own
    except UserError as error:
        assert "does not take mle_" in str(error)
        return
    quick = vars(synthetic_preset("quick", 20, own).own)
    changed = {key for key, value in vars(tuned).items() if value != quick[key]}
    own = {"maskgan": {"dropout", "fill_epochs"}}.get(name, set())
    assert changed <= {"generator_dropout", "width", "patience", "epochs", "learning_rate"} | own


def test_preset_tuned_is_taken_by_systems_whose_pretraining_is_their_own():
    """MaskGAN's language model has the tuned width and dropout; TextGAN has nothing to tune."""
    masked = synthetic_preset("tuned", 20, system_config("maskgan")).own
    assert (masked.width, masked.dropout, masked.learning_rate) == (128, 0.5, 0.005)
    assert masked.fill_epochs == masked.epochs
    own = system_config("textgan")
    tuned, quick = (synthetic_preset(name, 20, own).own for name in ("tuned", "quick"))
    assert vars(tuned) == vars(quick)


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("mle", {"mle_held_out": 0.9}, "mle_held_out must be at most 0.5"),
        ("mle", {"mle_generator_dropout": 1.0}, "at most 0.99"),
        ("cot", {"mle_patience": 1}, "cot does not take mle_patience"),
        ("scheduled_sampling", {"mle_patience": 1}, "does not take mle_patience"),
        ("relgan", {"mle_width": 8}, "relgan does not take mle_width"),
    ],
)
def test_what_does_not_go_together_is_refused(name, changes, words):
    with pytest.raises(UserError, match=words):
        small.config(system=name, **changes)


def test_too_few_sentences_are_refused():
    made = system(mle_patience=1, mle_held_out=0.5, batch_size=16)
    with pytest.raises(UserError, match="16 of 30 training sentences, and fewer than"):
        made.split()
    rest, kept = system(mle_patience=1, mle_held_out=0.5, batch_size=15).split()
    assert (len(rest), len(kept)) == (15, 15)  # one batch remains


def test_early_stopping_is_for_one_device():
    with pytest.raises(UserError, match="one device only"):
        small.config(system="mle", mle_patience=1).own.check_replicas()
    Distribution().check(small.config(system="mle", mle_patience=1))
