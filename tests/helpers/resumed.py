"""A run that is interrupted in the middle and resumed, beside one that is not."""

import pytest

from helpers import runs
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.training.trainer import Trainer


class Halved(Trainer):
    """Is interrupted in the middle of the schedule."""

    def _run_phase(self, index):
        if index == len(self._phases) // 2:
            raise KeyboardInterrupt
        super()._run_phase(index)


def check_resumed(config, folder):
    """Both runs end with the same bytes and the same records."""
    with runs.as_a_program():
        runs.train(config, folder / "whole")
        with pytest.raises(KeyboardInterrupt):
            runs.train(config, folder / "halved", Halved)
        runs.train(config, folder / "halved")
    found, expected = (
        runs.arrays(RunFolder(folder / name).checkpoint) for name in ("halved", "whole")
    )
    assert list(found) == list(expected)
    for key, array in expected.items():
        assert found[key].tobytes() == array.tobytes(), key
    records = runs.records(folder / "halved")
    assert records == runs.records(folder / "whole")
    return records
