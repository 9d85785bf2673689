"""The devices and machines that a user requests for a run."""

from dataclasses import dataclass
from typing import TypedDict

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check, parse_json

STRATEGIES = ("none", "mirrored", "multi_worker")
_JOBS = ("chief", "worker")  # jobs of a cluster, in the order of its processes
_LONGEST = 604_800.0  # largest timeout in seconds, a week
_MOST_PORT = 65_535


class _Task(TypedDict):
    type: str
    index: int | str


class _Cluster(TypedDict):
    """The used keys of TF_CONFIG."""

    cluster: dict[str, list[str]]
    task: _Task


@dataclass(frozen=True)
class Placement:
    """The requested devices and processes.

    Results depend on the placement only through rounding and the random numbers of single rows.

    Attributes:
      strategy: one of `STRATEGIES`.
      devices: number of GPUs per machine, or of virtual CPU devices; 0 for all GPUs.
      workers: addresses of the processes, "host:port" each; the first is the chief's.
      names: their names in TF_CONFIG, such as "worker 0".
      worker: the number of this process among them.
      timeout: seconds to wait for another worker.
    """

    strategy: str = "none"
    devices: int = 0
    workers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    worker: int = 0
    timeout: float = 600.0

    @property
    def chief(self) -> bool:
        """Whether this process writes the run folder: the first worker, or the only process."""
        return self.worker == 0


def read_placement(strategy: str, devices: int, timeout: float, tf_config: str | None) -> Placement:
    """Returns the placement of this process.

    Args:
      strategy: one of `STRATEGIES`.
      devices: as in `Placement`.
      timeout: as in `Placement`.
      tf_config: the value of ``TF_CONFIG``, read for multi_worker only; None if it is not set.

    Raises:
      UserError: the values contradict each other, or ``TF_CONFIG`` is missing or wrong.
    """
    if strategy not in STRATEGIES:
        raise UserError(f"--strategy must be one of {', '.join(STRATEGIES)}, not {strategy!r}")
    if devices < 0:
        raise UserError(f"--devices must be 0 or more, not {devices}")
    if not 0 < timeout <= _LONGEST:  # NaN is neither
        raise UserError(
            f"--worker_timeout must be above 0 and at most {_LONGEST:g} seconds, not {timeout}"
        )
    if strategy == "none" and devices > 1:
        raise UserError(f"--devices={devices} needs --strategy=mirrored")
    if strategy != "multi_worker":
        return Placement(strategy, devices, timeout=timeout)
    if not tf_config:
        raise UserError(
            "--strategy=multi_worker needs the environment variable TF_CONFIG, with the machine's "
            "own number in it: see docs/scaling.md"
        )
    addresses, names, worker = _read_cluster(tf_config)
    return Placement(strategy, devices, addresses, names, worker, timeout)


def _read_cluster(tf_config: str) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Returns the workers' addresses and names in order, and this process's number."""
    content = check(parse_json(tf_config, "TF_CONFIG"), _Cluster, "TF_CONFIG")
    addresses, job, number = content["cluster"], content["task"]["type"], content["task"]["index"]
    if isinstance(number, str):  # which TensorFlow accepts, too
        number = int(number) if number.isdecimal() and len(number) < 10 else -1
    for address in (each for job_addresses in addresses.values() for each in job_addresses):
        host, _, port = address.rpartition(":")
        if not host or not (port.isascii() and port.isdecimal() and len(port) < 6):
            raise UserError(f"TF_CONFIG: {address!r} is not HOST:PORT")
        if not 0 < int(port) <= _MOST_PORT:
            raise UserError(f"TF_CONFIG: {address!r} has a port that is not 1 to {_MOST_PORT}")
    others = sorted({*addresses, job} - set(_JOBS))
    if others:
        raise UserError(f"TF_CONFIG has a {others[0]}, but only a chief and workers are supported")
    known = [(name, i) for name in _JOBS for i in range(len(addresses.get(name, ())))]
    if (job, number) not in known:
        index = content["task"]["index"]
        raise UserError(f"TF_CONFIG's task is {job} {index}, but its cluster has no such task")
    flat = tuple(addresses[name][i] for name, i in known)
    names = tuple(f"{name} {i}" for name, i in known)
    return flat, names, known.index((job, number))
