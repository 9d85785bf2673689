"""LeakGAN and its relatives for TensorFlow 2 / Keras 3.

``load`` reads a trained generator from its run folder. It is imported when first used, so that
commands without a model start without TensorFlow.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leakgan_tf.runs.load import TrainedGenerator, load

__version__ = "0.1.0"
__all__ = ["TrainedGenerator", "__version__", "load"]


def __getattr__(name: str):
    if name in ("load", "TrainedGenerator"):
        from leakgan_tf.runs import load as loading

        return getattr(loading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
