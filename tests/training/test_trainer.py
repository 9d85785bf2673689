"""The trainer runs every phase on all its data, stops and goes on, and tells what happens."""

import json
import os
import re
import shutil
import signal

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.cli import entry
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shapes import read_starts
from leakgan_tf.systems.base import Phase
from leakgan_tf.training import logs
from leakgan_tf.training.logs import time_left
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.errors import TrainingError, UserError
from leakgan_tf.utils.interruption import Interrupted, Interruption

# Two models, three optimizers and two kinds of phases; no adversarial steps: slow to trace.
CONFIG = {"seqgan_steps": 0, "seqgan_discriminator_rounds": 2, "discriminator_epochs": 2}
OFTEN, NEVER = 1e-6, 1e6  # seconds between checkpoints


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program():
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    runs.train(tiny("seqgan", **CONFIG), folder)
    return RunFolder(folder)


def interrupted_at(phase, update):
    """A trainer that is interrupted after an update in the middle of a phase."""

    class Interrupted(Trainer):
        def _train(self, index, *rest):
            self._index, self._count = index, 0
            return super()._train(index, *rest)

        def _loop(self, described):
            return Counted(self, super()._loop(described))

    class Counted:
        def __init__(self, trainer, loop):
            self._trainer, self._loop = trainer, loop

        def run(self, batches, count):
            done = self._trainer._count
            self._trainer._count += count
            if self._trainer._index == phase and done < update <= done + count:
                self._loop.run(batches, update - done)
                raise KeyboardInterrupt
            return self._loop.run(batches, count)

    return Interrupted


@pytest.mark.parametrize(
    ("phase", "update", "checkpoint_seconds"), [(1, 2, OFTEN), (3, 7, OFTEN), (3, 7, NEVER)]
)
def test_an_interrupted_run_ends_like_an_undisturbed_one(
    tmp_path, capsys, finished, phase, update, checkpoint_seconds
):
    config = tiny("seqgan", **CONFIG, checkpoint_seconds=checkpoint_seconds)
    with pytest.raises(KeyboardInterrupt):
        runs.train(config, tmp_path, interrupted_at(phase, update))
    run = RunFolder(tmp_path)
    if checkpoint_seconds == OFTEN:
        assert runs.progress(run.checkpoint)["position"] == phase
        assert 0 < runs.progress(run.checkpoint)["partial"]["done"] < update
        assert f"goes on from {run.checkpoint}" in capsys.readouterr().out
    else:
        assert not run.checkpoint.exists()
    runs.train(config, tmp_path)
    for file, other in ((run.checkpoint, finished.checkpoint), (run.best, finished.best)):
        found, expected = runs.arrays(file), runs.arrays(other)
        assert list(found) == list(expected)
        for name, array in expected.items():
            assert found[name].tobytes() == array.tobytes(), name
    assert runs.records(tmp_path) == runs.records(finished.path)
    starts = [(start["position"], start["devices"]) for start in read_starts(run.starts)]
    assert starts == [(0, ["CPU:0"]), (phase * (checkpoint_seconds == OFTEN), ["CPU:0"])]
    found, expected = runs.progress(run.checkpoint), runs.progress(finished.checkpoint)
    for field in ("position", "total", "updates", "best"):
        assert found[field] == expected[field]


def test_a_finished_run_is_not_trained_again(finished):
    before = runs.files(finished.path)
    system = runs.train(tiny("seqgan", **CONFIG), finished.path, interrupted_at(0, 1))
    after = runs.files(finished.path)
    for files in (before, after):
        del files["starts.jsonl"]
    assert after == before
    final = runs.arrays(finished.checkpoint)
    kernel = system.models["generator"].projection.kernel.numpy()
    np.testing.assert_array_equal(kernel, final["models/generator/output/kernel"])


def test_a_systems_phases_are_all_in_the_records(finished):
    lines = finished.records()
    found = [(line["position"], line["group"], line["updates"]) for line in lines]
    # 24 sentences in batches of 8; D has 48, twice.
    assert found == [
        (0, "mle", 3), (0, "evaluation", 3), (1, "mle", 6), (1, "evaluation", 6),
        (2, "pretrain/discriminator", 18), (3, "pretrain/discriminator", 30),
    ]  # fmt: skip
    assert {"loss", "gradient_norm", "seconds"} <= set(lines[0])
    assert {"nll_oracle_1.0", "nll_test_0.667", "distinct_1.0", "phase", "spent"} <= set(lines[1])
    assert {"loss", "accuracy"} <= set(lines[-1])


@pytest.fixture(scope="module")
def events(finished):
    accumulator = EventAccumulator(str(finished.tensorboard), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def of_kind(events, plugin):
    tags = events.Tags()["tensors"]
    return {tag for tag in tags if events.SummaryMetadata(tag).plugin_data.plugin_name == plugin}


def test_tensorboard_has_the_numbers_of_the_json_lines(finished, events):
    expected = {}
    for line in finished.records():
        position, group = line.pop("position"), line.pop("group")
        for name, value in line.items():
            if not isinstance(value, str):
                expected.setdefault(f"{group}/{name}", []).append((position, np.float32(value)))
    found = {
        tag: [(each.step, tf.make_ndarray(each.tensor_proto)) for each in events.Tensors(tag)]
        for tag in of_kind(events, "scalars")
    }
    assert found == expected
    assert {
        "mle/loss", "mle/gradient_norm", "mle/seconds", "evaluation/nll_oracle_1.0",
        "evaluation/nll_test_0.667", "pretrain/discriminator/accuracy",
    } <= set(found)  # fmt: skip


def test_tensorboard_has_samples_and_every_weights_histogram(finished, events):
    (tag,) = of_kind(events, "text")
    texts = [tf.make_ndarray(each.tensor_proto).item().decode() for each in events.Tensors(tag)]
    assert len(texts) == 2  # evaluations
    assert texts[0] != texts[1]
    for text in texts:
        rows = [line.split() for line in text.splitlines()]
        assert np.array(rows, int).shape == (8, 8)
    weights = {
        name.removeprefix("models/").split("/", 1)[1]
        for name in runs.arrays(finished.checkpoint)
        if name.startswith("models/generator")
    }
    histograms = of_kind(events, "histograms")
    assert {f"generator/{name}" for name in weights} <= histograms
    assert any(tag.startswith("discriminator/") for tag in histograms)


def test_a_histogram_counts_finite_values_between_its_edges(tmp_path):
    records = logs.Records(tmp_path / "metrics.jsonl", tmp_path / "board")
    values = np.random.default_rng(0).normal(size=(20, 50)).astype(np.float32)
    records.histograms(3, {"one": np.append(values, [np.nan, np.inf]), "none": np.full(2, np.nan)})
    records.close()
    events = EventAccumulator(str(tmp_path / "board")).Reload()
    (one,) = (tf.make_ndarray(each.tensor_proto) for each in events.Tensors("one"))
    assert events.Tensors("one")[0].step == 3
    left, right, count = one.T
    assert (left[0], right[-1], count.sum()) == (values.min(), values.max(), 1000)
    for low, high, number in one[:-1]:
        assert number == np.sum((values >= low) & (values < high))
    (none,) = (tf.make_ndarray(each.tensor_proto) for each in events.Tensors("none"))
    assert not none.any()


# --- A stand-in that trains nothing, for what is the trainer's alone -------------------------


class Stub:
    """A system with one weight: its number of updates. Keeps the batches that it was given."""

    generator = None

    def __init__(self, phases, bad=None, bad_value=np.nan):
        self.model = LSTMGenerator(2, 2, 1, 1)
        self.model.build()
        self.count = self.model.embedding.embeddings
        self.count.assign(tf.zeros_like(self.count))
        self.models, self.optimizers = {"generator": self.model}, {}
        self.generator = self
        self.seen, self._phases = [], phases
        self._bad, self._bad_value = bad, bad_value

    def phases(self):
        return iter([Phase(step=self.step, **phase) for phase in self._phases])

    def step(self, *batch):
        self.count.assign_add(tf.ones_like(self.count))
        tf.numpy_function(lambda *arrays: self.seen.append(arrays), batch, [])
        loss = tf.cast(self.count[0, 0], tf.float32)
        if self._bad is not None:
            loss = tf.where(loss == self._bad, self._bad_value, loss)
        return {"fine": tf.constant(1.0), "loss": loss}

    def sample(self, count, temperature, seed):
        return np.zeros([count, 2], np.int32)


class Scores:
    """A task that scores a stub by its number of updates."""

    score, reader = "nll", None
    test = np.zeros([1, 2], np.int32)

    def __init__(self, by_updates=()):
        self._by_updates = by_updates

    def evaluate(self, stub, seed):
        return {"nll": float(self._by_updates[int(stub.count[0, 0])])}

    def show(self, tokens):
        return ["a line"]


def run_stub(folder, phases, *, scores=(), trainer=Trainer, system=None, task=None, **changes):
    system, task = system or Stub(phases), task or Scores(scores)
    config = tiny(**changes)
    run = RunFolder(folder)
    run.claim(config, {})
    try:
        progress = trainer(config, system, task, run).run()
    finally:
        run.release()
    return system, progress


class Silent(Stub):
    """A system that reports nothing."""

    def step(self, *batch):
        super().step(*batch)
        return {}


def test_a_step_that_reports_nothing_makes_its_updates(tmp_path):
    phases = [{"name": "train", "epochs": 3}, {"name": "train", "epochs": 2}]
    system, progress = run_stub(tmp_path, phases, system=Silent(phases))
    assert int(system.count[0, 0]) == progress.updates == 5
    assert progress.position == 2
    assert RunFolder(tmp_path).records() == []


def numbered(rows):
    """Data whose two arrays tell the row's number."""
    return lambda seed: (np.arange(rows), np.arange(rows) * 10)


def test_every_epoch_uses_every_row_once(tmp_path):
    phases = [{"name": "stub", "data": numbered(24), "epochs": 3}] * 2
    system, progress = run_stub(tmp_path, phases)
    assert progress.updates == len(system.seen) == 2 * 3 * 3
    epochs = np.array([batch[0] for batch in system.seen]).reshape(6, 24)
    for epoch in epochs:
        assert sorted(epoch) == list(range(24))


def test_epochs_and_phases_differ_in_order(tmp_path):
    phases = [{"name": "stub", "data": numbered(24), "epochs": 3}] * 2
    system, _ = run_stub(tmp_path, phases)
    epochs = np.array([batch[0] for batch in system.seen]).reshape(6, 24)
    assert len({tuple(epoch) for epoch in epochs}) == 6
    assert len({frozenset(batch[0]) for batch in system.seen}) > 6  # not the same batches shuffled


def test_another_seed_gives_another_order(tmp_path):
    phases = [{"name": "stub", "data": numbered(24)}]
    orders = {
        tuple(np.concatenate([batch[0] for batch in system.seen]))
        for system, _ in (run_stub(tmp_path / str(seed), phases, seed=seed) for seed in (0, 1))
    }
    assert len(orders) == 2


def test_rows_beyond_the_last_whole_batch_have_their_turn_in_other_epochs(tmp_path):
    phases = [{"name": "stub", "data": numbered(13), "epochs": 8}]
    system, _ = run_stub(tmp_path, phases)
    assert len(system.seen) == 8
    rows = [row for batch in system.seen for row in batch[0]]
    assert set(rows) == set(range(13))
    assert all(len(set(batch[0])) == 8 for batch in system.seen)


def test_arrays_of_a_batch_stay_together_and_every_update_has_its_seed(tmp_path):
    phases = [{"name": "stub", "data": numbered(24), "epochs": 2}, {"name": "other", "epochs": 5}]
    system, _ = run_stub(tmp_path, phases)
    for rows, tens, _ in system.seen[:6]:
        np.testing.assert_array_equal(tens, rows * 10)
    seeds = {tuple(batch[-1]) for batch in system.seen}
    assert len(seeds) == len(system.seen) == 6 + 5


def test_a_phase_reports_the_mean_over_all_its_updates(tmp_path):
    phases = [{"name": "stub", "data": numbered(8 * 120)}]
    run_stub(tmp_path, phases)
    (line,) = RunFolder(tmp_path).records()
    assert line["loss"] == pytest.approx(np.mean(np.arange(1, 121)))


class Signalled(Trainer):
    """Is sent a SIGTERM while the second phase makes its updates."""

    def _check_finite(self, index, *rest):
        super()._check_finite(index, *rest)
        if index == 1:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_within_a_phase_loses_no_update(tmp_path, capsys):
    phases = [{"name": "a", "data": numbered(24)}, {"name": "b", "data": numbered(800)}]
    whole, _ = run_stub(tmp_path / "whole", phases)
    stopped = Stub(phases)

    def command(values):
        options = {"trainer": Signalled, "checkpoint_seconds": NEVER}
        run_stub(tmp_path / "stopped", phases, system=stopped, **options)

    assert entry.run(command, entry.new_flags(), ["program"], "") == 128 + signal.SIGTERM
    run = RunFolder(tmp_path / "stopped")
    assert f"the same command goes on from {run.checkpoint}" in capsys.readouterr().out
    found = runs.progress(run.checkpoint)
    assert (found["position"], found["partial"]["done"]) == (1, 1)  # the first call makes one
    resumed, progress = run_stub(tmp_path / "stopped", phases)
    assert "going on from phase 1 of 2, 1 updates of which are done" in capsys.readouterr().out
    assert progress.updates == 3 + 100
    seen = [*stopped.seen, *resumed.seen]
    assert len(seen) == len(whole.seen)
    for batch, other in zip(seen, whole.seen, strict=True):
        for one, two in zip(batch, other, strict=True):
            np.testing.assert_array_equal(one, two)
    assert runs.records(run.path) == runs.records(tmp_path / "whole")


def test_a_signal_while_a_phase_makes_its_data_stops_at_once(tmp_path, capsys):
    made, once = [], [signal.SIGTERM]

    def data(seed):
        if once:
            os.kill(os.getpid(), once.pop())
        made.append(seed)
        return numbered(24)(seed)

    phases = [{"name": "a", "data": numbered(24)}, {"name": "b", "data": data}]
    whole, _ = run_stub(tmp_path / "whole", [phases[0], {**phases[1], "data": numbered(24)}])
    stopped = Stub(phases)

    def command(values):
        run_stub(tmp_path / "stopped", phases, system=stopped, checkpoint_seconds=NEVER)

    assert entry.run(command, entry.new_flags(), ["program"], "") == 128 + signal.SIGTERM
    assert not made and len(stopped.seen) == 3
    run_stub(tmp_path / "stopped", phases)
    assert "going on from phase 1 of 2" in capsys.readouterr().out
    assert runs.records(tmp_path / "stopped") == runs.records(tmp_path / "whole")


def test_a_signal_within_an_evaluation_leaves_it_to_the_next_start(tmp_path, capsys):
    finished, once = [], [signal.SIGTERM]

    class Slow(Scores):
        def evaluate(self, stub, seed):
            if once and int(stub.count[0, 0]) == 6:
                os.kill(os.getpid(), once.pop())
            finished.append(int(stub.count[0, 0]))
            return super().evaluate(stub, seed)

    scores = range(10)
    phases = [{"name": name, "data": numbered(24), "evaluate": True} for name in "abc"]
    run_stub(tmp_path / "whole", phases, scores=scores)

    def command(values):
        run_stub(tmp_path / "stopped", phases, task=Slow(scores), checkpoint_seconds=NEVER)

    assert entry.run(command, entry.new_flags(), ["program"], "") == 128 + signal.SIGTERM
    assert finished == [3]
    resumed, _ = run_stub(tmp_path / "stopped", phases, task=Slow(scores))
    assert "going on from phase 1 of 3, 3 updates of which are done" in capsys.readouterr().out
    assert finished == [3, 6, 9] and len(resumed.seen) == 3
    assert runs.records(tmp_path / "stopped") == runs.records(tmp_path / "whole")


def test_a_checkpoint_within_a_phase_holds_data_that_could_not_be_made_again(tmp_path):
    system = Stub([])

    def data(seed):  # of the weights that the phase changes
        return (np.arange(800) + 1000 * int(system.count[0, 0]),)

    phases = [{"name": "a", "data": data, "keeps_data": True}]
    system._phases = phases
    with pytest.raises(KeyboardInterrupt):
        run_stub(tmp_path, phases, system=system, trainer=interrupted_at(0, 60))
    done = runs.progress(RunFolder(tmp_path).checkpoint)["partial"]["done"]
    assert 0 < done < 60
    seen = [row for batch in system.seen[:done] for row in batch[0]]
    system.seen.clear()
    run_stub(tmp_path, phases, system=system)
    seen += [row for batch in system.seen for row in batch[0]]
    assert sorted(seen) == list(range(800))
    assert not any(
        name.startswith("phase/") for name in runs.arrays(RunFolder(tmp_path).checkpoint)
    )


def test_a_run_whose_folder_is_moved_goes_on(tmp_path):
    phases = [{"name": "a", "data": numbered(24)}] * 3
    with pytest.raises(KeyboardInterrupt):
        run_stub(tmp_path / "one", phases, trainer=interrupted_at(1, 2))
    (tmp_path / "one").rename(tmp_path / "other")
    _, progress = run_stub(tmp_path / "other", phases)
    assert (progress.position, progress.updates) == (3, 9)
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize("checkpoint_seconds", [OFTEN, NEVER])
def test_a_folder_that_is_removed_during_the_run_is_not_made_again(tmp_path, checkpoint_seconds):
    class Removed(Trainer):
        def _check_finite(self, *parts):
            shutil.rmtree(tmp_path / "run", ignore_errors=True)

    phases = [{"name": "a", "data": numbered(24)}]
    with pytest.raises(UserError, match=f"cannot write {tmp_path / 'run'}"):
        run_stub(tmp_path / "run", phases, trainer=Removed, checkpoint_seconds=checkpoint_seconds)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("update", [1, 120])
def test_a_run_stopped_after_the_last_update_of_a_phase_makes_none_twice(tmp_path, update):
    interruption, phases = Interruption(), [{"name": "a", "epochs": update, "evaluate": True}] * 2

    class Asked(Trainer):
        def _checkpoint_if_due(self, last=False):
            if self._progress.partial.done == update and not self._progress.position:
                interruption.ask()
            super()._checkpoint_if_due(last)

    def trainer(*parts):
        return Asked(*parts, interruption=interruption)

    system = Stub(phases)
    scores = range(300)
    with pytest.raises(Interrupted):
        run_stub(tmp_path, phases, scores=scores, system=system, trainer=trainer)
    assert len(system.seen) == update
    assert RunFolder(tmp_path).records() == []
    system, progress = run_stub(tmp_path, phases, scores=scores)
    assert len(system.seen) == update
    assert progress.updates == 2 * update
    groups = [(line["position"], line["group"]) for line in RunFolder(tmp_path).records()]
    assert groups == [(0, "a"), (0, "evaluation"), (1, "a"), (1, "evaluation")]


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("update", [3, 53])  # before and after a look in the middle of a phase
def test_a_loss_that_is_not_finite_stops_the_run(tmp_path, update, value):
    phases = [{"name": "a", "epochs": 2}, {"name": "b", "epochs": 120}]
    run = RunFolder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_stub(tmp_path, phases, trainer=interrupted_at(1, 1))
    before = run.checkpoint.read_bytes()
    bad = Stub(phases, bad=2 + update, bad_value=np.float32(value))
    with pytest.raises(TrainingError) as caught:
        run_stub(tmp_path, phases, system=bad, checkpoint_seconds=NEVER)
    assert f"loss is {value} at update {update} of phase 1 (b)" in str(caught.value)
    assert f"last good checkpoint is {run.checkpoint}" in str(caught.value)
    assert run.checkpoint.read_bytes() == before
    assert len(bad.seen) < 120  # it stopped at its next look
    with np.load(run.checkpoint) as stored:
        assert (stored["models/generator/embedding/embeddings"] == 2).all()


def test_without_a_checkpoint_the_message_says_so(tmp_path, capsys):
    phases = [{"name": "a", "epochs": 2}]
    command = lambda values: run_stub(tmp_path, phases, system=Stub(phases, bad=1))  # noqa: E731
    assert entry.run(command, entry.new_flags(), ["program"], "") == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert line.startswith("error: loss is nan at update 1 of phase 0 (a)")
    assert "no checkpoint yet" in line
    assert not RunFolder(tmp_path).checkpoint.exists()


@pytest.mark.parametrize("stop_at", [None, 1, 2, 3, 4])
def test_the_best_weights_are_kept_over_a_resume(tmp_path, stop_at):
    phases = [{"name": "a", "evaluate": True}] * 5
    scores = [9.0, 3.0, 1.0, 2.0, 1.0, 4.0]  # the best after two updates; four are no better
    if stop_at is not None:
        with pytest.raises(KeyboardInterrupt):
            run_stub(tmp_path, phases, scores=scores, trainer=interrupted_at(stop_at, 1))
    _, progress = run_stub(tmp_path, phases, scores=scores)
    assert progress.best == {"position": 2, "rule": "nll", "nll": 1.0}
    best = runs.arrays(RunFolder(tmp_path).best)
    assert (best["models/generator/embedding/embeddings"] == 2).all()
    assert runs.progress(RunFolder(tmp_path).best)["position"] == 2


def test_a_resumed_run_has_each_record_once(tmp_path):
    phases = [{"name": "a", "evaluate": True}] * 4
    for stop_at in (1, 2, 2, 3):
        with pytest.raises(KeyboardInterrupt):
            run_stub(tmp_path, phases, scores=range(9), trainer=interrupted_at(stop_at, 1))
        with RunFolder(tmp_path).metrics.open("a") as stream:  # written, but not in a checkpoint
            stream.write(json.dumps({"position": stop_at, "group": "a"}) + '\n{"posi')
    run_stub(tmp_path, phases, scores=range(9))
    found = [(line["position"], line["group"]) for line in RunFolder(tmp_path).records()]
    assert found == [(position, group) for position in range(4) for group in ("a", "evaluation")]


def test_checkpoints_are_no_more_frequent_than_asked_for(tmp_path):
    phases = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    with pytest.raises(KeyboardInterrupt):
        run_stub(tmp_path, phases, trainer=interrupted_at(2, 1), checkpoint_seconds=NEVER)
    assert not RunFolder(tmp_path).checkpoint.exists()
    run_stub(tmp_path, phases, checkpoint_seconds=NEVER)  # the end is always kept
    assert runs.progress(RunFolder(tmp_path).checkpoint)["position"] == 3


def test_time_left_is_by_the_median_of_each_kind():
    seconds = {"g": [100.0, 1.0, 2.0], "d": [10.0], "none": []}
    assert time_left(["g", "g", "d"], seconds) == "00:14"
    assert time_left(["g"] * 1800, seconds) == "1:00:00"
    assert time_left([], seconds) == "00:00"


def test_time_left_takes_the_mean_for_work_never_met():
    assert time_left(["new"], {"g": [2.0], "d": [10.0]}) == "00:06"
    assert time_left(["new"], {}) == time_left(["new"], {"g": []}) == "?"


def test_time_left_is_without_what_is_done_of_the_present_work():
    assert time_left(["g", "g"], {"g": [20.0]}, done=0.75) == "00:25"
    assert time_left([], {"g": [20.0]}, done=0.0) == "00:00"


def test_the_first_phase_shows_the_time_left_by_its_own_updates(monkeypatch, capfd):
    clock = iter([0.0, 100.0, 140.0])
    monkeypatch.setattr(logs.time, "monotonic", lambda: next(clock))
    bar = logs.Bar("run", [("a",), ("a", "b")], 0)
    bar.show(0, 0, 0, {})  # as after a phase before it
    bar.show(0, 1, 10, {})  # after 100 s of compilation, which are no measure
    bar.show(0, 2, 10, {})
    monkeypatch.undo()
    bar.close(1)
    shown = re.findall(r"a (\d+)/10, (\S+) left", capfd.readouterr().err)
    # An update took 40 s: left are 0.8 of the first phase, the second, and "b", which was not met.
    assert shown == [("1", "?"), ("2", "18:40")]
