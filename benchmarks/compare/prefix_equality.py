"""Checks that runs with a control are equal to those with D's reward before the first reward."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from benchmarks.compare.ablation_rows import CONTROLS, Row
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.runs.shapes import Count

_FIRST_REWARD = "adversarial/generator"
_CLOCK = {"seconds", "spent"}  # times, which are not compared


class Beginning(TypedDict):
    """Comparison of a control with the run with D's reward, up to the first reward.

    ``against``: folder of the other run; ``records``: number of the control's records before its
    first reward; ``same``: whether the other run has exactly these records.
    """

    against: str
    records: Count
    same: bool


def before_the_first_reward(run: RunRecord) -> list[dict[str, Any]]:
    """Returns a run's records before its first reward, without times."""
    found = []
    for line in run.records:
        if line["group"] == _FIRST_REWARD:
            break
        found.append({name: value for name, value in line.items() if name not in _CLOCK})
    return found


def compare(runs: Sequence[RunRecord], known: Mapping[str, Row]) -> dict[str, Beginning]:
    """Returns {control's folder: comparison with the run with D's reward}.

    The runs are in folders named ROW-seedN; `known` has all rows by name.
    """
    named = {run.name: run for run in runs}
    found: dict[str, Beginning] = {}
    for name, run in named.items():
        row, _, seed = name.rpartition("-seed")
        other = named.get(f"{known[row].parent}-seed{seed}")
        if other and known[row].reward in CONTROLS:
            own = before_the_first_reward(run)
            found[name] = {
                "against": other.name,
                "records": len(own),
                "same": bool(own) and own == before_the_first_reward(other),
            }
    return found


def describe(found: Mapping[str, Beginning]) -> str:
    """Returns the result of `compare` as a sentence; "" if it is empty."""
    if not found:
        return ""
    others = [name for name, each in found.items() if not each["same"]]
    if others:
        return (
            f"Different from the run with D's reward before the first reward: {', '.join(others)}. "
            "Later differences may come from this (another number of threads, another version)."
        )
    records = sum(each["records"] for each in found.values())
    return (
        f"Before the first reward, all {len(found)} runs with a control have exactly the records "
        f"of the run with D's reward ({records:,} records): later differences come from the "
        "rewards."
    )
