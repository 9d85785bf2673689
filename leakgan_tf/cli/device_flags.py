"""The flags that say which devices and machines share the work of a run."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from absl import flags

from leakgan_tf.training.placement import STRATEGIES, Placement, read_placement

DEVICES = "Devices"  # the group in --help


def define_placement(values: flags.FlagValues) -> None:
    """Adds the flags."""
    own = {"flag_values": values, "module_name": DEVICES}
    flags.DEFINE_string(
        "strategy",
        "none",
        f"Devices that share each batch, {', '.join(STRATEGIES)}: one, those of this machine, or "
        "those of all machines in TF_CONFIG. See docs/scaling.md.",
        **own,
    )
    flags.DEFINE_integer(
        "devices",
        0,
        "GPUs used on each machine, 0 for all; without any, virtual devices of the processor.",
        **own,
    )
    flags.DEFINE_float(
        "worker_timeout", 600.0, "multi_worker: seconds to wait for another worker.", **own
    )


def placement(values: flags.FlagValues) -> Placement:
    """Returns what was asked for; raises ``UserError`` if it cannot be. Needs no TensorFlow."""
    return read_placement(
        values.strategy, values.devices, values.worker_timeout, os.environ.get("TF_CONFIG")
    )


@contextlib.contextmanager
def kept_by_the_chief(placed: Placement, folder: Path) -> Iterator[Path]:
    """Yields the folder on the chief; on other workers a temporary one, gone at the end.

    What they print is the chief's to print; their bar and their errors can be seen.
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
