"""Signs of collapse are told when they begin, once, and from recorded figures alone."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from benchmarks.publish import export_result
from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.reporting import report
from leakgan_tf.reporting.phase_curves import phase_spans
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.record import read_run
from leakgan_tf.systems.base import Phase
from leakgan_tf.training import monitor as collapse
from leakgan_tf.training.monitor import CollapseMonitor, describe_warnings
from leakgan_tf.training.trainer import Trainer


def known(bound, group="pretrain/discriminator"):
    return {"group": group, "donsker_varadhan_bound": bound}


def evaluation(**figures):
    return {"group": "evaluation", "nll_oracle_1.0": 5.0, **figures}


def d_round(accuracy, stage="adversarial"):
    return {"group": f"{stage}/discriminator", "accuracy": accuracy, "loss": 1.0}


def seen(records, real_distinct=1.0):
    """The number of each record that something begins with, and what."""
    watch = CollapseMonitor(real_distinct)
    return [
        (number, sign) for number, record in enumerate(records) for sign in watch.update(record)
    ]


def test_lost_variety_is_told_when_it_begins_and_again_after_it_was_gone():
    shares = [1.0, 0.85, 0.79, 0.5, 0.85, 0.7, 0.95, 0.3, 0.2]
    signs = seen([evaluation(**{"distinct_0.667": share}) for share in shares])
    assert [number for number, _ in signs] == [2, 7]  # 0.85 is neither: no flapping
    assert signs[0][1].startswith(
        "collapse: 79.0% of the samples at temperature 0.667 are distinct"
    )


def test_each_temperature_is_watched_on_its_own_and_text_has_one():
    both = [evaluation(**{"distinct_1.0": 1.0, "distinct_0.667": 0.1}),
            evaluation(**{"distinct_1.0": 0.1, "distinct_0.667": 0.1})]  # fmt: skip
    assert ["0.667 are" in sign for _, sign in seen(both)] == [True, False]
    ((_, sign),) = seen([{"group": "evaluation", "distinct": 0.1, "distinct_share_of": 9}][:1])
    assert "temperature 1.0" in sign


@pytest.mark.parametrize(
    ("real", "share", "expected"), [(0.6, 0.5, 0), (0.6, 0.47, 1), (1, 0.5, 1)]
)
def test_variety_is_measured_by_that_of_real_sentences(real, share, expected):
    signs = seen([evaluation(distinct=share)], real)
    assert len(signs) == expected
    if signs:
        assert f"of held-out sentences {real:.1%}" in signs[0][1]


def test_unknown_variety_of_real_sentences_tells_nothing():
    assert seen([evaluation(distinct=0.01)], None) == []


def test_a_winning_discriminator_is_told_after_three_rounds():
    won = [d_round(0.99)] * 4
    assert [number for number, _ in seen(won)] == [2]
    assert "accuracy 99.0% over 3 rounds" in seen(won)[0][1]
    one_high = [d_round(a) for a in (0.9, 1.0, 0.93, 0.9, 1.0, 0.93)]
    assert seen(one_high) == []
    again = [d_round(a) for a in [0.99] * 3 + [0.97] * 5 + [0.99] * 5 + [0.8] * 3 + [0.99] * 3]
    assert [number for number, _ in seen(again)] == [2, 18]


def test_a_blind_discriminator_is_told_after_five_rounds():
    assert [number for number, _ in seen([d_round(0.5)] * 9)] == [4]
    assert seen([d_round(a) for a in (0.5, 0.51, 0.52, 0.53, 0.53) * 3]) == []
    assert "at chance" in seen([d_round(0.5)] * 5)[0][1]


def test_pretraining_and_rankers_are_not_judged():
    assert seen([d_round(1.0, "pretrain")] * 9 + [d_round(0.5, "pretrain")] * 9) == []
    assert seen([{"group": "adversarial/discriminator", "loss": 1.0}] * 9) == []


# D's accuracy and the share of distinct sentences in healthy runs of the quick preset, seed 0.
LEAKGAN = (0.51, 0.51, 0.52, 0.52, 0.53, 0.53, 0.54, 0.54, 0.53, 0.54, 0.54, 0.54, 0.56, 0.58, 0.57,
           0.50, 0.53, 0.53, 0.54, 0.55)  # fmt: skip
MELODIES = (0.55, 0.59, 0.62, 0.65, 0.67, 0.67, 0.70, 0.71, 0.72, 0.72, 0.72, 0.74, 0.75, 0.75)


@pytest.mark.parametrize("accuracies", [LEAKGAN, MELODIES])
def test_healthy_runs_raise_no_alarm(accuracies):
    shares = [{"distinct_1.0": 1.0, "distinct_0.667": share} for share in (0.996, 0.981, 0.985)]
    records = [d_round(each) for each in accuracies] + [evaluation(**each) for each in shares]
    assert seen(records) == []


def test_told_reads_what_was_recorded_and_else_what_older_runs_have():
    old = [{"position": 7, **evaluation(**{"distinct_0.667": 0.3})}]
    old += [{"position": 8 + each, **d_round(0.99)} for each in range(3)]
    lines = describe_warnings(old)
    assert [line.partition(": ")[0] for line in lines] == ["after phase 8", "after phase 11"]
    recorded = [{"position": 3, "group": collapse.GROUP, "text": "as it was told"}]
    assert describe_warnings([*old, *recorded]) == ["after phase 4: as it was told"]
    assert (
        describe_warnings([{"position": 0, "group": "evaluation", "distinct": 0.1}]) == []
    )  # text: unknown
    assert describe_warnings([]) == []


def test_a_warning_is_no_stage_of_training():
    records = [
        {"position": 0, "group": "mle"},
        {"position": 1, "group": "adversarial/generator"},
        {"position": 1, "group": collapse.GROUP, "text": "x"},
        {"position": 2, "group": "adversarial/generator"},
    ]
    assert phase_spans(records) == [("pre-training", 0, 0), ("adversarial", 1, 2)]


# --- In a run ----------------------------------------------------------------------------------


class Falling:
    """A system that trains nothing, and the task whose figures say that it repeats itself."""

    score, reader = "nll", None
    test = np.arange(32).reshape(16, 2)
    shares = (1.0, 0.5, 0.4, 0.3, 0.2)

    def __init__(self):
        self.model = LSTMGenerator(2, 2, 1, 1)
        self.model.build()
        self.count = self.model.embedding.embeddings
        self.count.assign(tf.zeros_like(self.count))
        self.models, self.optimizers, self.generator = {"generator": self.model}, {}, self

    def phases(self):
        return iter([Phase("a", self.step, evaluate=True)] * len(self.shares))

    def step(self, seed):
        self.count.assign_add(tf.ones_like(self.count))
        return {"loss": tf.constant(1.0)}

    def sample(self, count, temperature, seed):
        return np.zeros([count, 2], np.int32)

    def evaluate(self, generator, seed):
        done = int(self.count[0, 0])
        return {"nll": 1.0, "distinct": self.shares[done - 1]}

    def show(self, tokens):
        return ["a line"]


class Repeating(Falling):
    """Real sentences repeat themselves, too: half of them are distinct."""

    test = np.arange(32).reshape(16, 2) % 16
    shares = (0.48, 0.46)

    def evaluate(self, generator, seed):
        return {**super().evaluate(generator, seed), "nll_oracle_1.0": 1.0}


def train(folder, trainer=Trainer, task=Falling):
    config, run, stub = tiny("mle"), RunFolder(folder), task()
    run.claim(config, {})
    try:
        trainer(config, stub, stub, run).run()
    finally:
        run.release()


class StopsAtThree(Trainer):
    """Is interrupted after the warning, which stands before the third phase."""

    def _train(self, index, *rest):
        if index == 3:
            raise KeyboardInterrupt
        return super()._train(index, *rest)


def test_a_run_warns_once_above_its_bar_over_a_resume(tmp_path, capsys):
    with runs.as_a_program():
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, StopsAtThree)
        train(tmp_path)
    warned = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 1
    assert "50.0% of the samples" in warned[0]
    (line,) = [line for line in RunFolder(tmp_path).records() if line["group"] == collapse.GROUP]
    assert (line["position"], f"warning: {line['text']}") == (1, warned[0])
    assert describe_warnings(RunFolder(tmp_path).records()) == [f"after phase 2: {line['text']}"]
    events = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"tensors": 0})
    events.Reload()
    (event,) = events.Tensors(collapse.GROUP)
    assert event.step == 1
    assert line["text"] in tf.make_ndarray(event.tensor_proto).item().decode()


def test_a_report_has_no_warning_that_the_run_had_not(tmp_path, capsys):
    with runs.as_a_program():
        train(tmp_path, task=Repeating)
    assert "warning" not in capsys.readouterr().out
    run = read_run(tmp_path, "quiet")
    assert run.starts and describe_warnings(run.records)  # as if it had been of an earlier version
    assert describe_warnings(run.records, run.starts) == []
    (state,) = report._states([run])
    assert "distinct" not in repr(state)
    assert export_result._curve(run, {})["warnings"] == []


def test_a_warning_of_a_phase_that_is_run_again_is_told_again(tmp_path, capsys):
    """It was told after the latest checkpoint, so its record is dropped with the phase's."""

    class Stops(Trainer):
        def _checkpoint_if_due(self, *args, **kwargs):
            if self._progress.position > 1:
                raise KeyboardInterrupt
            super()._checkpoint_if_due(*args, **kwargs)

    with runs.as_a_program():
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, Stops)
        assert [line["group"] for line in RunFolder(tmp_path).records()][-1] == collapse.GROUP
        train(tmp_path)
    assert capsys.readouterr().out.count("warning: collapse") == 2
    found = [json.dumps(line) for line in RunFolder(tmp_path).records()]
    assert sum(collapse.GROUP in line for line in found) == 1


@pytest.mark.parametrize(("tempered", "why"), [
    (0.05, "D is overconfident: with log-odds times 0.25 it would be 0.0500"),
    (0.001, "its score fits its training sentences"),
])  # fmt: skip
def test_a_bound_below_zero_says_whether_d_is_overconfident(tempered, why):
    ((_, sign),) = seen([{**known(-0.1), "tempered_bound": tempered, "tempering": 0.25}])
    assert why in sign


def test_a_bound_below_zero_is_told_after_any_round():
    """Below 0; again only after it was clearly above. RelGAN's D has no phase of its own."""
    bounds = [0.01, -0.0001, -0.4, 0.0019, -0.1, 0.0021, -0.02]
    for group in ("pretrain/discriminator", "adversarial/generator"):
        signs = seen([known(bound, group) for bound in bounds])
        assert [number for number, _ in signs] == [1, 6]
    assert "D's bound is -0.0001 nats per token" in signs[0][1]
