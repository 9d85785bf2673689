"""Ctrl-C before a command has its handlers, and after: one line, whatever is being imported."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Python imports it before any program. The signal goes to all processes of the session, as that of
# a terminal does.
HOOK = """
import atexit, os, signal, sys

def stop():
    os.killpg(0, getattr(signal, os.environ["STOP_WITH"]))

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["STOP_AT"]:
            stop()

sys.meta_path.insert(0, Finder())
if os.environ["STOP_AT"] == "exit":
    atexit.register(stop)  # the first is called last
"""
INSTALLED = "import sys; from leakgan_tf.__main__ import program; sys.exit(program())"


def stopped(folder, words, at, number=signal.SIGINT):
    """Runs Python with a signal at an import; returns its status, output and errors."""
    (folder / "sitecustomize.py").write_text(HOOK)
    environment = {**os.environ, "STOP_AT": at, "STOP_WITH": number.name}
    environment["PYTHONPATH"] = str(folder)
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "at"),
    [
        (("-m", "leakgan_tf", "train", "--data=x"), "absl"),
        (("-m", "leakgan_tf", "train", "--data=x"), "leakgan_tf.cli.train"),
        (("-c", INSTALLED, "generate", "--run_dir=x"), "absl"),
        (("-m", "benchmarks.synthetic"), "absl"),
        (("-m", "benchmarks.publish", "--check"), "numpy"),
        (("-m", "benchmarks.speed", "--preset=smoke"), "tensorflow.python"),
        (("-m", "leakgan_tf", "--version"), "exit"),
    ],
)
def test_ctrl_c_is_one_line(tmp_path, words, at):
    status, out, error = stopped(tmp_path, words, at)
    assert (status, error) == (130, "error: interrupted\n")
    assert out.count("\n") == (at == "exit")


def test_sigterm_ends_it_as_it_does_any_program(tmp_path):
    words = ("-m", "benchmarks.synthetic")
    assert stopped(tmp_path, words, "absl", signal.SIGTERM) == (-signal.SIGTERM, "", "")


def test_a_module_that_hides_the_interruption_of_its_import_is_seen_through(capsys):
    from leakgan_tf.cli import entry

    def command(values):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as error:
            raise ImportError("half of it is missing") from error

    assert entry.run(command, entry.new_flags(), ["program"], "") == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_a_library_leaves_ctrl_c_alone():
    code = (
        "import signal, leakgan_tf, leakgan_tf.__main__, benchmarks.synthetic\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
