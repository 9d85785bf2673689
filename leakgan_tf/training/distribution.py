"""Distributes a run over replicas: devices of one machine or of several machines.

Every process runs the whole schedule from the same seeds, so only gradients, sums and rows of
samples are exchanged, not data. Only the chief's run folder is kept. The other workers receive its
checkpoint when a run begins or resumes, so the folder need not be shared.
"""

import contextlib
import faulthandler
import json
import os
import re
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from leakgan_tf.config.config import Config, differences
from leakgan_tf.systems.registry import read_config
from leakgan_tf.training.placement import Placement
from leakgan_tf.utils import distributed
from leakgan_tf.utils.errors import TrainingError, UserError

# TensorFlow's errors if another process has ended or does not answer.
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
)
_PAUSE = 0.2  # seconds between two attempts to reach missing workers
_PROBE_SECONDS = 2.0  # time for a worker to accept a connection


class Distribution:
    """The devices that a run uses.

    Attributes:
      placement: the requested devices and processes.
      strategy: TensorFlow's distribution strategy; None for one device.
      replicas: number of devices that share a batch, R.

    Args:
      placement: the requested devices and processes; default: one device.

    Raises:
      UserError: the devices do not exist, or this worker's address cannot be used.
      TrainingError: another worker cannot be reached.
    """

    def __init__(self, placement: Placement | None = None):
        self.placement = placement or Placement()
        self.strategy = _make_strategy(self.placement)
        self.replicas = self.strategy.num_replicas_in_sync if self.strategy else 1
        self._total = tf.function(
            self._add_up, input_signature=[tf.TensorSpec([None], tf.float32)], autograph=False
        )

    @property
    def alone(self) -> bool:
        """Whether this is the only process."""
        return len(self.placement.workers) < 2

    def scope(self) -> contextlib.AbstractContextManager:
        """Returns the context in which models, optimizers and generators must be created."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    def check(self, config: Config) -> None:
        """Raises ``UserError`` if the replicas cannot share a configuration's batches."""
        if self.replicas == 1:
            return
        if config.batch_size % self.replicas:
            raise UserError(
                f"batch_size {config.batch_size} is not divisible by {self.replicas} replicas: "
                "give another --batch_size, or another number of devices"
            )
        config.own.check_replicas()

    def describe(self) -> dict[str, Any]:
        """Returns strategy, devices and numbers of threads (0 for TensorFlow's choice)."""
        threading = tf.config.threading
        return {
            "strategy": self.placement.strategy,
            "devices": [
                f"{device.device_type}:{device.name.rpartition(':')[2]}"
                for device in tf.config.list_logical_devices()
            ],
            "threads": {
                name: get() or int(os.environ.get(f"TF_NUM_{name.upper()}_THREADS") or 0)
                for name, get in (
                    ("intraop", threading.get_intra_op_parallelism_threads),
                    ("interop", threading.get_inter_op_parallelism_threads),
                )
            },
        }

    def own_rows(self, rows: np.ndarray) -> np.ndarray:
        """Returns the rows of a batch (B,) that the replicas of this process compute."""
        workers = max(len(self.placement.workers), 1)
        size = len(rows) // workers
        return rows[self.placement.worker * size :][:size]

    # --- Between processes --------------------------------------------------------------------

    def share(self, content: bytes) -> bytes:
        """Returns the chief's bytes on every worker; all must call it, other content is ignored."""
        if self.alone:
            return content
        # Two bytes per float: every device can add floats, and these are exact.
        halves = np.frombuffer(content + b"\0" * (len(content) % 2), "<u2").astype(np.float32)
        high, low = divmod(len(content), 2**20)
        high, low = self._total(tf.constant([high, low], tf.float32)).numpy().astype(int)
        length = high * 2**20 + low
        if not self.placement.chief:
            halves = np.zeros([-(-length // 2)], np.float32)
        shared = self._total(tf.constant(halves)).numpy() if length else halves
        return shared.astype("<u2").tobytes()[:length]

    def agree(self, number: int) -> int:
        """Returns the chief's number on every worker; all must call it."""
        return int(self.share(str(number).encode()))

    def check_same(self, config: Config) -> None:
        """Raises ``UserError`` on workers with another configuration than the chief's."""
        chief = read_config(json.loads(self.share(json.dumps(config.to_json()).encode())))
        changed = differences(chief, config)
        if changed:
            raise UserError(
                f"{self.placement.names[self.placement.worker]} was started with another "
                f"configuration than the chief ({'; '.join(changed)}): give all the same flags"
            )

    def _add_up(self, values: tf.Tensor) -> tf.Tensor:
        def from_the_chief(values: tf.Tensor) -> tf.Tensor:
            return distributed.all_reduce_sum(tf.where(distributed.index() == 0, values, 0.0))

        return distributed.run(self.strategy, from_the_chief, values)

    @contextlib.contextmanager
    def loss_of_workers_reported(self, checkpoint: Path) -> Iterator[None]:
        """Raises ``TrainingError`` in place of TensorFlow's errors about a lost worker.

        Args:
          checkpoint: the run's checkpoint, named in the message if it exists.

        Raises:
          TrainingError: a worker was lost inside the block.
        """
        try:
            yield
        except tf.errors.OpError as error:
            workers = self.placement.workers
            if not workers or not isinstance(error, _LOST):
                raise
            begin = checkpoint if checkpoint.exists() else "the beginning"
            begin = begin if self.placement.chief else "what the chief has kept"
            lost = _absent(self.placement) or self._named_in(error.message)
            raise TrainingError(
                f"{_told(self.placement, lost)} was lost, or did not answer: start all "
                f"{len(workers)} workers again, or other ones with another TF_CONFIG; the same "
                f"command goes on from {begin}"
            ) from error

    def _named_in(self, message: str) -> list[int]:
        """Returns the other workers that TensorFlow's error names; they may run, but not answer."""
        found = re.findall(r"/job:(\w+)/(?:replica:\d+/)?task:(\d+)", message)
        return [
            number
            for number, name in enumerate(self.placement.names)
            if number != self.placement.worker and tuple(name.split()) in found
        ]


def _make_strategy(placement: Placement) -> tf.distribute.Strategy | None:
    if placement.strategy == "none":
        return None
    gpus = tf.config.list_physical_devices("GPU")
    if placement.devices > len(gpus) > 0:
        raise UserError(f"--devices={placement.devices}: this machine has {len(gpus)} GPUs")
    if gpus and placement.devices:
        tf.config.set_visible_devices(gpus[: placement.devices], "GPU")
    if placement.strategy == "multi_worker":
        if placement.devices > 1 and not gpus:
            raise UserError(
                "--devices: without GPUs every worker has one device; start more workers instead"
            )
        return _make_multi_worker(placement)
    if gpus:
        return tf.distribute.MirroredStrategy()
    if not placement.devices:
        raise UserError(
            "--strategy=mirrored found no GPU; to try it out, --devices=2 makes virtual devices "
            "of the processor, which gain nothing"
        )
    devices = [tf.config.LogicalDeviceConfiguration() for _ in range(placement.devices)]
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, devices)
    return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(placement.devices)])


def _make_multi_worker(placement: Placement) -> tf.distribute.Strategy:
    _meet(placement)
    options = tf.distribute.experimental.CommunicationOptions(timeout_seconds=placement.timeout)
    # If a worker has ended meanwhile, TensorFlow waits for an hour in a call that blocks Python;
    # this ends the process from another thread.
    faulthandler.dump_traceback_later(placement.timeout, exit=True)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(communication_options=options)
    except tf.errors.OpError as error:
        raise TrainingError(
            f"{placement.names[placement.worker]} could not join the others: "
            f"{error.message.splitlines()[0]}"
        ) from error
    finally:
        faulthandler.cancel_dump_traceback_later()


def _meet(placement: Placement) -> None:
    """Waits until all workers accept connections.

    Raises:
      UserError: this worker's own address cannot be used.
      TrainingError: a worker cannot be reached within the timeout.
    """
    host, port = _split(placement.workers[placement.worker])
    deadline = placement.timeout + time.monotonic()
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot listen on {host} port {port}, of TF_CONFIG: {reason}") from error
    with listener:
        while absent := _absent(placement):
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"no connection to {_told(placement, absent)} within {placement.timeout:g} s: "
                    "start it, and compare the TF_CONFIG of all workers"
                )
            time.sleep(_PAUSE)


def _absent(placement: Placement) -> list[int]:
    """Returns the other workers that do not accept connections."""
    return [
        number
        for number, address in enumerate(placement.workers)
        if number != placement.worker and not _answers(address)
    ]


def _told(placement: Placement, numbers: Sequence[int]) -> str:
    named = [f"{placement.names[number]} ({placement.workers[number]})" for number in numbers]
    return " and ".join(named) or "another worker"


def _answers(address: str) -> bool:
    """Returns whether a worker accepts connections."""
    try:
        socket.create_connection(_split(address), _PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
