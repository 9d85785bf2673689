"""Groups of runs that differ only in the seed."""

import json
import operator
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from leakgan_tf.reporting.published import system_title
from leakgan_tf.runs.record import RunRecord

# Fields that define training data and evaluation: runs that differ in them cannot be compared.
_SOURCE = (
    "task", "length", "vocab_size", "dataset", "grammar", "law", "oracle_embedding",
    "oracle_hidden", "oracle_seed", "oracle_params",
)  # fmt: skip
_SEED = re.compile(r"-seed(-?\d+)$")

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True)
class Group:
    """Runs of one configuration.

    Attributes:
      name: name of the group.
      runs: one or more runs, whose configurations differ at most in the seed.
    """

    name: str
    runs: Sequence[RunRecord]

    @property
    def title(self) -> str:
        """Title of the group, with the number of seeds if there are several."""
        return counted(run_title(self.name), len(self.runs))


def counted(name: str, seeds: int) -> str:
    """Returns a name, with the number of seeds if there are several."""
    return name if seeds == 1 else f"{name} ({seeds} seeds)"


def without_seed(name: str) -> str:
    """Returns a run's name without the suffix of benchmarks, "-seed0"."""
    return _SEED.sub("", name)


def run_title(name: str) -> str:
    """Returns a run's title: "MLE, seed 0" for "mle-seed0"; other names are unchanged."""
    match = _SEED.search(name)
    title = system_title(without_seed(name))
    return f"{title}, seed {match[1]}" if match else title


def by_key(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """Returns {key: values with it}, both in order of occurrence."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def grouped(runs: Sequence[RunRecord]) -> list[Group]:
    """Returns runs grouped by configuration, in order of first occurrence."""

    def settings(run: RunRecord) -> str:
        content = {**run.config.to_json(), "seed": None}
        return json.dumps([without_seed(run.name), content], sort_keys=True)

    return [
        Group(without_seed(own[0].name) if len(own) > 1 else own[0].name, own)
        for own in by_key((settings(run), run) for run in runs).values()
    ]


def by_source(groups: Sequence[Group]) -> list[list[Group]]:
    """Returns lists of groups with the same training data, which can be compared."""
    source = operator.attrgetter(*_SOURCE)
    return list(by_key((source(group.runs[0].config), group) for group in groups).values())


def is_comparable(groups: Sequence[Group]) -> bool:
    """Returns whether each system has one configuration; several would look like its seeds."""
    systems = [group.runs[0].config.system for group in groups]
    return len(set(systems)) == len(systems)


def named(names: Sequence[str]) -> str:
    """Returns titles of runs, with the seeds of a system together: "MLE (seeds 0, 1), mine"."""
    seeds: dict[str, list[str]] = {}
    for name in names:
        match = _SEED.search(name)
        seeds.setdefault(without_seed(name), []).append(match[1] if match else "")
    return ", ".join(
        system_title(name) + (f" (seed{'s' * (len(own) > 1)} {', '.join(own)})" if any(own) else "")
        for name, own in seeds.items()
    )
