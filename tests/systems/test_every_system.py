"""What every system owes: a schedule that can be interrupted anywhere, and steps that compile."""

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems import registry
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training.trainer import Trainer

# LeakGAN, MLE and SeqGAN are killed and resumed in tests/training.
RESUMED = ["maligan", "pg_bleu", "rankgan", "scheduled_sampling"]
SIZES = {
    "mle_epochs": 1, "scheduled_sampling_epochs": 3, "scheduled_sampling_rate": 0.3,
    "seqgan_discriminator_rounds": 1, "seqgan_steps": 3, "seqgan_rollouts": 1,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program():
        yield


class Halved(Trainer):
    """Is interrupted in the middle of the schedule."""

    def _run_phase(self, index):
        if index == len(self._phases) // 2:
            raise KeyboardInterrupt
        super()._run_phase(index)


@pytest.mark.parametrize("name", RESUMED)
def test_an_interrupted_run_ends_like_an_undisturbed_one(tmp_path, name):
    config = tiny(name, **SIZES)
    runs.train(config, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        runs.train(config, tmp_path / "halved", Halved)
    runs.train(config, tmp_path / "halved")
    whole, halved = (RunFolder(tmp_path / each).checkpoint for each in ("whole", "halved"))
    found, expected = runs.arrays(halved), runs.arrays(whole)
    assert list(found) == list(expected)
    for key, array in expected.items():
        assert found[key].tobytes() == array.tobytes(), key
    assert runs.records(tmp_path / "halved") == runs.records(tmp_path / "whole")


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
