"""Removes uninformative lines from what TensorFlow prints during its import and device search.

TensorFlow writes some lines before its logging is set up, and reports a missing GPU as an error; no
setting turns these lines off. `install` sends standard error through a filter process during the
import. A separate process prints the remaining lines even if TensorFlow aborts. With
TF_CPP_MIN_LOG_LEVEL=0 or 1 nothing is removed.
"""

import contextlib
import functools
import importlib.abc
import importlib.util
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_GPU_DEVICES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/proc/driver/nvidia")
_NOISE = re.compile(
    r"WARNING: All log messages before \w+::InitializeLog"
    r"|I\d{4} "  # information
    r"|\d{4}-\d\d-\d\d [\d:.]+: I "
    r"|To enable the following instructions: .* rebuild TensorFlow"
    r"|.* Unable to register cu\w+ factory: "  # any CUDA build, with and without a GPU
    r"|W\d{4} .*computation_placer\.cc"
    r"|E\d{4} .* oneDNN supports \w+ only on platforms with"  # some types; a fallback exists
)
_NO_GPU = re.compile(r"E\d{4} .*failed call to cuInit|\d{4}-.* failed call to cuInit")


def is_noise(line: str, has_gpu: bool) -> bool:
    """Returns whether a line that TensorFlow printed reports no problem."""
    return bool(_NOISE.match(line) or (not has_gpu and _NO_GPU.match(line)))


def install() -> None:
    """Makes the first import of TensorFlow quiet; call it before that import."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors only; TensorFlow reads it on import
    if _all_is_seen() or "tensorflow" in sys.modules:
        return
    sys.meta_path.insert(0, _Finder())


@functools.cache
def run_first_graph() -> None:
    """Runs a graph of integers once, as the first graph makes oneDNN print its missing kernels.

    Call it after all settings of devices and threads, which the first graph fixes.
    """
    if _all_is_seen():
        return
    import tensorflow as tf

    with _filtered_errors():
        tf.function(tf.transpose, autograph=False)(tf.constant([[1, 2]]))


def _all_is_seen() -> bool:
    return os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") in ("0", "1")


def hide_retracing() -> None:
    """Hides TensorFlow's retracing warnings, for programs that trace many models once each."""
    if not _all_is_seen():
        logging.getLogger("tensorflow").addFilter(_is_no_retracing)


def _is_no_retracing(line: logging.LogRecord) -> bool:
    return "retracing" not in line.getMessage()


class _Finder(importlib.abc.MetaPathFinder):
    """Import finder that filters the output of the first import of TensorFlow."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            loader.exec_module = _filtered(loader.exec_module)
        return spec


def _filtered(execute: Callable[[Any], None]) -> Callable[[Any], None]:
    from leakgan_tf.utils.status import stage  # not in the filter process, which runs this file

    def exec_module(module: Any) -> None:
        with stage("starting TensorFlow"), _filtered_errors():
            execute(module)
            module.config.list_physical_devices()  # looks for GPUs

    return exec_module


@contextlib.contextmanager
def _filtered_errors() -> Iterator[None]:
    """Sends standard error through a process that removes noise (`is_noise`)."""
    sys.stderr.flush()
    seen = os.dup(2)
    command = [sys.executable, "-I", "-S", __file__]
    # A session of its own, so that Ctrl-C reaches only the program.
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as out:
        assert out.stdin is not None
        try:
            os.dup2(out.stdin.fileno(), 2)
            yield
        finally:
            sys.stderr.flush()
            os.dup2(seen, 2)
            os.close(seen)
            out.stdin.close()


def _filter() -> None:
    has_gpu = any(Path(device).exists() for device in _GPU_DEVICES)
    for line in sys.stdin.buffer:
        if not is_noise(line.decode("utf-8", "replace"), has_gpu):
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()


if __name__ == "__main__":
    _filter()
