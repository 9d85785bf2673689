"""Signals are noticed, obeyed where nothing is lost, and never lost themselves."""

import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest

from leakgan_tf.cli import entry
from leakgan_tf.utils.interruption import Interrupted, Interruption

ROOT = Path(__file__).parent.parent.parent
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def send(number):
    os.kill(os.getpid(), number)
    time.sleep(0.01)  # a handler is called between two steps of Python


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_and_handlers_are_put_back(number):
    before = [signal.getsignal(each) for each in SIGNALS]
    interruption = Interruption()
    with pytest.raises(Interrupted) as caught, interruption.signals():
        send(number)
    assert caught.value.exit_status == 128 + number
    assert [signal.getsignal(each) for each in SIGNALS] == before
    assert not interruption.asked


@pytest.mark.parametrize("number", SIGNALS)
def test_a_deferred_signal_waits_to_be_looked_at(number, capfd):
    interruption = Interruption()
    with interruption.signals():
        with interruption.deferred():
            interruption.raise_if_asked()
            send(number)
            assert interruption.asked
        with pytest.raises(Interrupted):
            interruption.raise_if_asked()
    assert "a second signal stops at once" in capfd.readouterr().err


def test_a_signal_in_a_weak_references_callback_is_not_lost():
    class Thing:
        pass

    interruption, thing = Interruption(), Thing()
    with interruption.signals(), interruption.deferred():
        reference = weakref.ref(thing, lambda _: send(signal.SIGTERM))
        del thing
        assert reference() is None
        assert interruption.asked


def test_in_a_thread_nothing_is_installed():
    found, before = [], signal.getsignal(signal.SIGTERM)

    def work():
        interruption = Interruption()
        with interruption.signals(), interruption.deferred():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        interruption = Interruption()
        with interruption.signals():
            send(signal.SIGHUP)
        assert not interruption.asked
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_second_signal_ends_the_process_at_once():
    code = (
        "import sys; from leakgan_tf.utils.interruption import PROCESS\n"
        "with PROCESS.signals(), PROCESS.deferred():\n"
        "    print('ready', flush=True)\n"
        "    while not PROCESS.asked: pass\n"
        "    print('asked', flush=True)\n"
        "    while True: pass\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        watchdog = threading.Timer(60, process.kill)  # its end ends each readline below
        watchdog.start()
        try:
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGTERM)
            assert process.stdout.readline() == "asked\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == -signal.SIGINT
        finally:
            watchdog.cancel()
            process.kill()


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_ends_with_the_status_that_shells_report(number, capsys):
    status = entry.run(lambda values: send(number), entry.new_flags(), ["program"], "")
    assert status == 128 + number
    assert capsys.readouterr().err == "error: interrupted\n"
