"""Presets have the values in ``reference/presets.json``.

Those of ``paper`` are the published sizes, rates and schedules; docs/systems has their sources.
Figures of the others stand on the pages. Whoever changes a value on purpose changes it there and
records it: ``PYTHONPATH=.:tests python tests/config/test_stored_presets.py``.
"""

import json
from pathlib import Path

import pytest

from leakgan_tf.config.presets import cfg_preset, synthetic_preset, text_preset
from leakgan_tf.systems.registry import find_systems, system_config

STORED = Path(__file__).parents[1] / "reference" / "presets.json"
TASKS = {
    "synthetic, T = 20": lambda name, own: synthetic_preset(name, 20, own),
    "synthetic, T = 40": lambda name, own: synthetic_preset(name, 40, own),
    "text": lambda name, own: text_preset(name, 4682, 32, own),
    "music": lambda name, own: text_preset(name, 128, 52, own, melodies=True),
    "cfg": lambda name, own: cfg_preset(name, 6, 12, own),
}
PRESETS = [
    f"{preset}, {task}"
    for task in TASKS
    for preset in ("paper", "short", "tuned", "quick", "smoke")
    if task.startswith("synthetic") or preset not in ("short", "tuned")
]


def values_of(preset):
    """Returns {system: its own values}; shared values are MLE's, or a system's if they differ."""
    name, _, task = preset.partition(", ")
    stored = {each: TASKS[task](name, system_config(each)).to_json() for each in find_systems()}
    shared = {each: value for each, value in stored["mle"].items() if each not in ("mle", "system")}
    found = {"shared": shared}
    for system, values in stored.items():
        other = {each: values[each] for each in shared if values[each] != shared[each]}
        found[system] = {**other, **values[system]}
    return json.loads(json.dumps(found))


def without(values, paper):
    """Returns the values that the same task's ``paper`` has otherwise."""
    return {
        group: {name: value for name, value in each.items() if paper[group].get(name) != value}
        for group, each in values.items()
    }


def to_store(preset):
    """Returns all values of a task's ``paper``, and of its other presets those that differ."""
    found, paper = values_of(preset), f"paper, {preset.partition(', ')[2]}"
    return found if preset == paper else without(found, values_of(paper))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_has_the_stored_values(preset):
    assert to_store(preset) == json.loads(STORED.read_text("utf-8"))[preset]


if __name__ == "__main__":
    parts = []
    for preset in PRESETS:
        rows = (f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in to_store(preset).items())
        parts.append(f"{json.dumps(preset)}: {{\n" + ",\n".join(rows) + "\n}")
    STORED.write_text("{\n" + ",\n".join(parts) + "\n}\n")
