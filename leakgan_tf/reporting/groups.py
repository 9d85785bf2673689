"""Runs that differ in nothing but their seed, together."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from leakgan_tf.reporting.published import system_title
from leakgan_tf.runs.record import RunRecord

# What runs learn from and are measured with: figures of runs that differ in it cannot be compared.
_SOURCE = (
    "task", "length", "vocab_size", "dataset", "grammar", "law", "oracle_embedding",
    "oracle_hidden", "oracle_seed", "oracle_params",
)  # fmt: skip
_SEED = re.compile(r"-seed(-?\d+)$")


@dataclass(frozen=True)
class Group:
    """Runs of one configuration.

    Attributes:
      name: what they are called together.
      runs: one or more, whose configurations differ in their seed at most.
    """

    name: str
    runs: Sequence[RunRecord]

    @property
    def title(self) -> str:
        """The name in words, with the number of seeds if there are several."""
        return counted(run_title(self.name), len(self.runs))


def counted(name: str, seeds: int) -> str:
    """Returns a name, with the number of seeds if there are several."""
    return name if seeds == 1 else f"{name} ({seeds} seeds)"


def without_seed(name: str) -> str:
    """Returns a run's name without the "-seed0" that benchmarks end it with."""
    return _SEED.sub("", name)


def run_title(name: str) -> str:
    """Returns a run's name in words: "MLE, seed 0" of "mle-seed0"; others stay as they are."""
    match = _SEED.search(name)
    title = system_title(without_seed(name))
    return f"{title}, seed {match[1]}" if match else title


def grouped(runs: Sequence[RunRecord]) -> list[Group]:
    """Returns runs by configuration, in the order in which each first occurs."""
    found: dict[str, list[RunRecord]] = {}
    for run in runs:
        settings = {**run.config.to_json(), "seed": None}
        key = json.dumps([without_seed(run.name), settings], sort_keys=True)
        found.setdefault(key, []).append(run)
    return [
        Group(without_seed(own[0].name) if len(own) > 1 else own[0].name, own)
        for own in found.values()
    ]


def by_source(groups: Sequence[Group]) -> list[list[Group]]:
    """Returns groups that learned from one source together: others cannot be compared."""
    found: dict[tuple, list[Group]] = {}
    for group in groups:
        config = group.runs[0].config
        found.setdefault(tuple(getattr(config, name) for name in _SOURCE), []).append(group)
    return list(found.values())


def is_comparable(groups: Sequence[Group]) -> bool:
    """Returns whether each system has one configuration: several would be taken for its seeds."""
    systems = [group.runs[0].config.system for group in groups]
    return len(set(systems)) == len(systems)


def named(names: Sequence[str]) -> str:
    """Returns names in words, seeds of one system together: "MLE (seeds 0, 1), mine"."""
    seeds: dict[str, list[str]] = {}
    for name in names:
        match = _SEED.search(name)
        seeds.setdefault(without_seed(name), []).append(match[1] if match else "")
    return ", ".join(
        system_title(name) + (f" (seed{'s' * (len(own) > 1)} {', '.join(own)})" if any(own) else "")
        for name, own in seeds.items()
    )
