"""Which devices and machines share the work of a run, as the user says it."""

from dataclasses import dataclass
from typing import TypedDict

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check, parse_json

STRATEGIES = ("none", "mirrored", "multi_worker")
_JOBS = ("chief", "worker")  # of a cluster, in the order of their numbers
_LONGEST = 604_800.0  # seconds that a worker is waited for: a week
_MOST_PORT = 65_535


class _Task(TypedDict):
    type: str
    index: int | str


class _Cluster(TypedDict):
    """TF_CONFIG; TensorFlow's documentation has further keys."""

    cluster: dict[str, list[str]]
    task: _Task


@dataclass(frozen=True)
class Placement:
    """What was asked for. It changes no number of a run but where rows draw random ones.

    Attributes:
      strategy: one of `STRATEGIES`.
      devices: GPUs of each machine that are used, or virtual CPU devices; 0 for all GPUs.
      workers: addresses of the processes, "host:port" each; the first is the chief's.
      names: what TF_CONFIG calls them, "worker 0" say.
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
        """Whether this process keeps the run's folder: the first worker, or the only process."""
        return self.worker == 0


def read_placement(strategy: str, devices: int, timeout: float, tf_config: str | None) -> Placement:
    """Returns the placement of this process.

    Args:
      strategy: one of `STRATEGIES`.
      devices: as in `Placement`.
      timeout: as in `Placement`.
      tf_config: the value of ``TF_CONFIG``, read for multi_worker only; None if it is not set.

    Raises:
      UserError: the values do not go together, or ``TF_CONFIG`` is missing or wrong.
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
            "--strategy=multi_worker needs TF_CONFIG, another one on each machine: see "
            "docs/scaling.md"
        )
    addresses, names, worker = _read_cluster(tf_config)
    return Placement(strategy, devices, addresses, names, worker, timeout)


def _read_cluster(tf_config: str) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Returns the workers' addresses and names in order, and this process's number."""
    content = check(parse_json(tf_config, "TF_CONFIG"), _Cluster, "TF_CONFIG")
    addresses, job, number = content["cluster"], content["task"]["type"], content["task"]["index"]
    if isinstance(number, str):  # TensorFlow takes it, too
        number = int(number) if number.isdecimal() and len(number) < 10 else -1
    for address in (each for job_addresses in addresses.values() for each in job_addresses):
        host, _, port = address.rpartition(":")
        if not host or not (port.isascii() and port.isdecimal() and len(port) < 6):
            raise UserError(f"TF_CONFIG: {address!r} is not HOST:PORT")
        if not 0 < int(port) <= _MOST_PORT:
            raise UserError(f"TF_CONFIG: {address!r} has a port that is not 1 to {_MOST_PORT}")
    others = sorted({*addresses, job} - set(_JOBS))
    if others:
        raise UserError(f"TF_CONFIG has a {others[0]}: there are only a chief and workers")
    known = [(name, i) for name in _JOBS for i in range(len(addresses.get(name, ())))]
    if (job, number) not in known:
        index = content["task"]["index"]
        raise UserError(f"TF_CONFIG's task is {job} {index}, and its cluster has no such task")
    flat = tuple(addresses[name][i] for name, i in known)
    names = tuple(f"{name} {i}" for name, i in known)
    return flat, names, known.index((job, number))
