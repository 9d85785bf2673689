"""LeakGAN and its relatives for TensorFlow 2 / Keras 3.

`prepare` makes a data folder, `train` trains a system on it, `load` reads a trained generator from
its run folder, `evaluate` scores runs or text files. Each is imported when it is first used, so
that what needs no model starts without TensorFlow.
"""

import importlib
from typing import TYPE_CHECKING, Any

from leakgan_tf.utils import quiet

if TYPE_CHECKING:
    from leakgan_tf.api.datasets import Dataset, prepare
    from leakgan_tf.api.scores import Scores, evaluate
    from leakgan_tf.api.training import train
    from leakgan_tf.runs.load import TrainedGenerator, load

__version__ = "0.1.0"
__all__ = [
    "Dataset",
    "Scores",
    "TrainedGenerator",
    "__version__",
    "evaluate",
    "load",
    "prepare",
    "train",
]

_MODULES = {
    "Dataset": "leakgan_tf.api.datasets",
    "Scores": "leakgan_tf.api.scores",
    "TrainedGenerator": "leakgan_tf.runs.load",
    "evaluate": "leakgan_tf.api.scores",
    "load": "leakgan_tf.runs.load",
    "prepare": "leakgan_tf.api.datasets",
    "train": "leakgan_tf.api.training",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        quiet.install()  # TensorFlow may be imported now; it prints lines that report no problem
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
