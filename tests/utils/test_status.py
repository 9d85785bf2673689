"""On a terminal commands show what they are doing; elsewhere they write nothing of it."""

import io
import re
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.tiny import tiny
from leakgan_tf.systems.registry import make_models
from leakgan_tf.utils import quiet, status
from leakgan_tf.utils.status import bar, stage, steps

CLEAR = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def take(self):
        """What was written since the last call."""
        written = self.getvalue()
        self.seek(0)
        self.truncate()
        return written


@pytest.fixture
def terminal(monkeypatch):
    """Standard error of `status` is a terminal; returns a function that takes its content."""
    screen = Terminal()
    monkeypatch.setattr(status, "sys", SimpleNamespace(stderr=screen))
    return screen.take


def left_on_screen(written):
    """The last line of a terminal after control sequences."""
    return re.split(r"\r(?:\x1b\[K)?", written)[-1].strip()


def test_a_stage_is_shown_and_cleared_after_errors_too(terminal):
    with pytest.raises(ValueError), stage("drawing"):  # noqa: PT011
        assert terminal() == f"{CLEAR}drawing …"
        raise ValueError
    assert terminal() == CLEAR


def test_steps_yield_every_item_and_leave_no_bar(terminal):
    assert list(steps([3, 1, 2], "sampling")) == [3, 1, 2]
    written = terminal()
    assert "sampling:   0%" in written and left_on_screen(written) == ""


def test_a_bar_shows_how_far_it_is(terminal):
    with bar(4, "sampling") as shown:
        shown.update(3)
        shown.refresh()
        assert " 3/4 " in terminal()
    assert left_on_screen(terminal()) == ""


def test_sampling_and_scoring_are_shown(terminal):
    generator = make_models(tiny("mle")).generator
    samples = generator.sample(20)
    assert "sampling" in terminal()
    generator.log_prob(samples)
    written = terminal()
    assert "scoring" in written and left_on_screen(written) == ""


def test_the_import_of_tensorflow_is_shown(terminal):
    class Module:
        class config:  # noqa: N801
            list_physical_devices = staticmethod(list)

    quiet._filtered(lambda _: None)(Module)
    written = terminal()
    assert written.startswith(f"{CLEAR}starting TensorFlow …") and left_on_screen(written) == ""


def test_a_file_gets_nothing(capsys):
    with stage("drawing"), bar(3, "sampling") as shown:
        shown.update(2)
    assert list(steps(np.arange(3), "sampling")) == [0, 1, 2]
    assert capsys.readouterr().err == ""
