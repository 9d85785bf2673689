"""Whether runs with a control instead of a reward are the same runs up to their first reward."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from benchmarks.compare.ablation_rows import Row
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.runs.shapes import Count

_FIRST_REWARD = "adversarial/generator"
_CLOCK = {"seconds", "spent"}  # what a clock says is no result


class Beginning(TypedDict):
    """Whether a control begins as the run that it is compared with.

    ``against``, the other run's folder; ``records``, how many the control has before its first
    reward; ``same``, whether the other has the same ones, to the last bit of every number.
    """

    against: str
    records: Count
    same: bool


def before_the_first_reward(run: RunRecord) -> list[dict[str, Any]]:
    """Returns a run's records up to its first reward, without times."""
    found = []
    for line in run.records:
        if line["group"] == _FIRST_REWARD:
            break
        found.append({name: value for name, value in line.items() if name not in _CLOCK})
    return found


def compare(runs: Sequence[RunRecord], known: Mapping[str, Row]) -> dict[str, Beginning]:
    """Returns by the control's folder how its records compare with those of the real reward.

    Args:
      runs: of the ablation; the folder of each is named ROW-seedN.
      known: what the rows are.
    """
    named = {run.name: run for run in runs}
    found: dict[str, Beginning] = {}
    for name, run in named.items():
        row, _, seed = name.rpartition("-seed")
        parent = known[row].parent
        other = named.get(f"{parent}-seed{seed}")
        if other and known[row].reward != known[parent].reward:
            own = before_the_first_reward(run)
            found[name] = {
                "against": other.name,
                "records": len(own),
                "same": bool(own) and own == before_the_first_reward(other),
            }
    return found


def describe(found: Mapping[str, Beginning]) -> str:
    """Returns `compare`'s result as a sentence; "" if there was nothing to compare."""
    if not found:
        return ""
    others = [name for name, each in found.items() if not each["same"]]
    if others:
        return (
            f"Not the same run before the first reward as with D's reward: {', '.join(others)}. "
            "Differences may come from there (another number of threads, another version)."
        )
    records = sum(each["records"] for each in found.values())
    return (
        f"Up to the first reward all {len(found)} runs with a control have recorded the very "
        f"numbers that the run with D's reward has ({records:,} records): what differs afterwards "
        "comes from the rewards."
    )
