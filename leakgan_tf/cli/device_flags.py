"""Flags for the devices and machines that share the work of a run."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from absl import flags

from leakgan_tf.training.placement import STRATEGIES, Placement, read_placement

DEVICES = "Devices"  # the group in --help


def define_placement(values: flags.FlagValues) -> None:
    """Defines ``--strategy``, ``--devices`` and ``--worker_timeout``."""
    own = {"flag_values": values, "module_name": DEVICES}
    flags.DEFINE_string(
        "strategy",
        "none",
        f"{', '.join(STRATEGIES[:-1])} or {STRATEGIES[-1]}: one device computes each batch, or the "
        "devices of this machine share it, or those of all machines in TF_CONFIG. See "
        "docs/scaling.md.",
        **own,
    )
    flags.DEFINE_integer(
        "devices",
        0,
        "GPUs used on each machine, 0: all. Without a GPU: number of virtual CPU devices.",
        **own,
    )
    flags.DEFINE_float(
        "worker_timeout", 600.0, "multi_worker: seconds to wait for another worker.", **own
    )


def placement(values: flags.FlagValues) -> Placement:
    """Returns the placement that the flags select; raises ``UserError`` if it is impossible.

    Needs no TensorFlow.
    """
    return read_placement(
        values.strategy, values.devices, values.worker_timeout, os.environ.get("TF_CONFIG")
    )


@contextlib.contextmanager
def kept_by_the_chief(placed: Placement, folder: Path) -> Iterator[Path]:
    """Yields the folder on the chief, and on other workers a folder that is deleted at the end.

    The standard output of other workers is dropped; their progress bar and errors are shown.
    """
    if placed.chief:
        yield folder
        return
    with (
        tempfile.TemporaryDirectory(prefix="leakgan_tf-worker-") as temporary,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        yield Path(temporary) / folder.name
