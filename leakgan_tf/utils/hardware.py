"""Describes the machine without TensorFlow, and without host name or paths."""

import os
from pathlib import Path
from typing import Annotated, TypedDict

from leakgan_tf.utils.schema import Limits

_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # of matrix products
_GPUS = Path("/proc/driver/nvidia/gpus")  # where NVIDIA's driver lists its devices


class Hardware(TypedDict, total=False):
    """Description of a machine; records of older runs lack some keys."""

    processor: str
    cores: int | None
    memory_gb: Annotated[float, Limits(0, 1e12)] | None
    instructions: list[str]
    gpus: list[str] | None


def cores() -> int | None:
    """Returns the number of cores that this process may use; None if unknown."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def hardware() -> Hardware:
    """Returns the processor's model, cores, memory and instruction sets, and the GPUs.

    ``cores`` counts the cores that this process may use. ``memory_gb`` is in 10⁹ bytes, None if
    unknown. ``gpus`` lists the model of each NVIDIA GPU; other GPUs are not found.
    """
    model, flags = "unknown", []
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                model = value.strip()
            elif name.strip() == "flags":
                flags = value.split()
    except OSError:  # not Linux
        pass
    return {
        "processor": model,
        "cores": cores(),
        "memory_gb": _memory_gb(),
        "instructions": [name for name in _INSTRUCTIONS if name in flags],
        "gpus": _gpus(_GPUS),
    }


def describe_hardware(found: Hardware) -> str:
    """Returns the description of a machine as one line; "not recorded" if it is empty."""
    if not found:
        return "not recorded"
    parts = [str(found.get("processor", "unknown")), f"{found.get('cores', '?')} cores"]
    if memory := found.get("memory_gb"):
        parts.append(f"{memory:g} GB")
    parts += found.get("instructions", [])
    gpus = found.get("gpus")
    if gpus is not None:
        parts += [f"{gpus.count(name)} × {name}" for name in dict.fromkeys(gpus)] or ["no GPU"]
    return ", ".join(parts)


def _gpus(folder: Path) -> list[str]:
    models = []
    for path in sorted(folder.glob("*/information")):
        try:
            lines = [line.partition(":") for line in path.read_text().splitlines()]
        except OSError:  # no permission
            continue
        models += [value.strip() for name, _, value in lines if name.strip() == "Model"]
    return models


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None
