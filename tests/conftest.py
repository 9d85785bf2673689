"""Options and fixtures of the test suite."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import signal
import sys
import threading
from pathlib import Path

import hypothesis
import pytest

HERE = Path(__file__).parent
LONG = ("training", "fuzz", "benchmarks")  # folders of long tests
KINDS = ("leakgan", "seqgan", "oracle", "cot", "relgan", "rankgan")


def pytest_addoption(parser):
    parser.addoption(
        "--reference-dir",
        default=str(HERE / "reference"),
        help="folder of recorded values: KIND_*.npz for " + ", ".join(KINDS),
    )
    parser.addoption("--ci", action="store_true", help="also run the tests marked ci")
    parser.addoption("--fuzz-cases", type=int, help="cases of tests/fuzz; default 100, 500 in CI")
    parser.addoption("--kills", type=int, default=2, help="kills of each command in test_kills.py")
    parser.addoption("--kills-seed", type=int, default=0, help="another seed: other moments")
    parser.addoption("--fuzz-seed", type=int, default=0, help="another seed gives other cases")


def pytest_configure(config):
    # A slow machine fails no test, and no run has cases of its own.
    hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("repeatable")
    if config.option.fuzz_cases is None:
        config.option.fuzz_cases = 500 if config.option.ci else 100


def pytest_collection_modifyitems(config, items):
    """Leaves out what takes long and is marked ``ci``, unless CI asks for it.

    Folders whose tests start programs come first: with ``--dist=loadfile
    --no-loadscope-reorder`` no process ends long after the others.
    """
    items.sort(key=lambda item: item.path.parent.name not in LONG)
    if config.option.ci or config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("ci")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("ci")]


def pytest_generate_tests(metafunc):
    """Runs a test for every reference file that its fixture's kind names."""
    folder = Path(metafunc.config.getoption("--reference-dir"))
    for kind in KINDS:
        if f"{kind}_file" in metafunc.fixturenames:
            files = sorted(folder.glob(f"{kind}_*.npz"))
            metafunc.parametrize(f"{kind}_file", files, ids=[file.stem for file in files])


@pytest.fixture(scope="session", autouse=True)
def graphs_as_they_are_traced():
    """Turns off TensorFlow's graph rewriting, which takes 3 to 15 % of the tests' time.

    It pays where a graph runs often; here most run once. Programs that tests start, and the smoke
    run, have it.
    """
    rewrite_graphs(False)


@pytest.fixture(scope="module")
def rewritten_graphs():
    """Turns graph rewriting on: fused operations round as in programs, to the last bit."""
    rewrite_graphs(True)
    yield
    rewrite_graphs(False)


def rewrite_graphs(on):
    if "tensorflow" in sys.modules:
        options = {"disable_meta_optimizer": not on}
        sys.modules["tensorflow"].config.optimizer.set_experimental_options(options)


@pytest.fixture(scope="session", autouse=True)
def default_signal_handlers():
    """Gives the tests and their children the default handlers of a foreground program.

    A shell may start the tests in the background with signals ignored, and children inherit that.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    defaults = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in defaults.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
