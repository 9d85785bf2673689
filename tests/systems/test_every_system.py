"""What every system owes: a schedule that can be interrupted anywhere, and steps that compile."""

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.metrics.discriminator_scores import BOUND
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems import registry
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.interruption import Interrupted, Interruption

SIZES = {
    "mle_epochs": 1, "scheduled_sampling_epochs": 3, "scheduled_sampling_rate": 0.3,
    "seqgan_discriminator_rounds": 1, "seqgan_steps": 2, "seqgan_rollouts": 1,
    "scratchgan_steps": 4, "scratchgan_phase_steps": 2,
    # D's features steer LeakGAN's generator: its rounds have to change what that samples.
    "discriminator_learning_rate": 0.5,
}  # fmt: skip
NEVER = 1e6  # seconds between checkpoints


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program():
        yield


class Stopping(Trainer):
    """Is asked to stop after the first update of a phase that has more."""

    stops = ()

    def _checkpoint_if_due(self, last=False):
        progress = self._progress
        if (progress.position, progress.partial.done) in self.stops:
            self._interruption.ask()
        super()._checkpoint_if_due(last)


class Restarted:
    """One system that is trained several times, each time from other weights, traced once."""

    def __init__(self, name, changes):
        self.config = tiny(name, **SIZES, checkpoint_seconds=NEVER, **changes)
        self.task = SyntheticTask(self.config, make_oracle(self.config))
        self.system = registry.make_system(self.config, self.task)
        weights = [model.weights for model in self.system.models.values()]
        state = [optimizer.variables for optimizer in self.system.optimizers.values()]
        self._variables = [variable for part in weights + state for variable in part]
        self._begin = [np.asarray(variable).copy() for variable in self._variables]
        self._loops = {}

    def start(self, folder, stops=()):
        """Goes on from a folder's checkpoint, or begins."""
        run = RunFolder(folder)
        resumed = run.checkpoint.exists()
        for variable, value in zip(self._variables, self._begin, strict=True):
            variable.assign(np.full_like(value, 7) if resumed else value)
        run.claim(self.config, {})
        trainer = Stopping(self.config, self.system, self.task, run, interruption=Interruption())
        trainer.stops, trainer._loops = stops, self._loops
        try:
            trainer.run()
        finally:
            run.release()


ALWAYS = ("mle", "cot", "gumbel_gan", "pg_bleu")  # quick to trace, by likelihood and by rewards
# Every system, the other real sentences for D, and TextGAN's running moments.
CASES = [
    *(
        pytest.param(name, {}, id=name, marks=pytest.mark.ci if name not in ALWAYS else ())
        for name in registry.find_systems()
    ),
    *(
        pytest.param(name, {flag: data}, id=f"{name}-{data}", marks=pytest.mark.ci)
        for name, flag, data in (
            ("leakgan", "discriminator_data", "fixed"),
            ("seqgan", "seqgan_discriminator_data", "fresh"),
            ("textgan", "textgan_matching", "covariance"),
        )
    ),
]


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_a_run_stopped_within_each_kind_of_phase_ends_like_an_undisturbed_one(
    tmp_path, name, changes
):
    whole, stopped = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "stopped")
    restarted = Restarted(name, changes)
    restarted.start(whole.path)
    lines = whole.records()
    trained = [line for line in lines if line["group"] not in ("evaluation", "warning")]
    updates = [0, *(line["updates"] for line in trained)]
    last = {  # of each kind with several updates, by its name
        line["group"]: line["position"]
        for line, before in zip(trained, updates, strict=False)
        if line["updates"] - before > 1
    }
    assert last
    # What D knows is recorded after each of its rounds, and after nothing else.
    knowing = getattr(restarted.system, "discriminator_phases", ())
    assert all((BOUND in line) == (line["group"] in knowing) for line in trained)
    for position in sorted(last.values()):
        with pytest.raises(Interrupted):
            restarted.start(stopped.path, {(position, 1)})
        found = runs.progress(stopped.checkpoint)
        assert (found["position"], found["partial"]["done"]) == (position, 1)
    restarted.start(stopped.path)
    for file in ("checkpoint.npz", "best.npz"):
        found, expected = (runs.arrays(each.path / file) for each in (stopped, whole))
        assert list(found) == list(expected)
        for key, array in expected.items():
            assert found[key].tobytes() == array.tobytes(), key
    assert runs.records(stopped.path) == runs.records(whole.path)


@pytest.fixture(scope="module")
def task():
    return SyntheticTask(tiny(), make_oracle(tiny()))


@pytest.mark.parametrize("name", registry.find_systems())
def test_the_schedule_is_the_same_every_time(task, name):
    """Phases of two systems of one configuration have the same names, flags and data."""
    one, two = (registry.make_system(tiny(name, **SIZES), task) for _ in range(2))
    phases = list(zip(one.phases(), two.phases(), strict=True))
    for first, second in phases:
        assert (first.name, first.epochs, first.evaluate) == (
            second.name, second.epochs, second.evaluate
        )  # fmt: skip
        assert (first.data is None) == (second.data is None)
        if first.data:
            arrays = first.data(5)
            assert len({len(array) for array in arrays}) == 1
            for array, other in zip(arrays, second.data(5), strict=True):
                np.testing.assert_array_equal(array, other)
    assert phases[-1][0].evaluate  # the last weights are measured
    # A step is compiled once, not once a phase: no phase makes one of its own.
    assert {phase.step for phase in one.phases()} == {first.step for first, _ in phases}
