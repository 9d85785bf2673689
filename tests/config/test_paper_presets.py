"""Preset ``paper`` has the values in ``reference/paper_presets.json``.

They are the published sizes, rates and schedules; docs/systems has their sources. Whoever changes
one on purpose changes it there and in the file.
"""

import json
from pathlib import Path

import pytest

from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.systems.registry import find_systems, system_config

STORED = Path(__file__).parents[1] / "reference" / "paper_presets.json"
PRESETS = {
    "synthetic, T = 20": lambda own: synthetic_preset("paper", 20, own),
    "synthetic, T = 40": lambda own: synthetic_preset("paper", 40, own),
    "text": lambda own: text_preset("paper", 4682, 32, own),
    "music": lambda own: text_preset("paper", 128, 52, own, melodies=True),
}


def paper_preset(task):
    """Returns {system: its own values, and shared ones where they are not MLE's}."""
    stored = {name: PRESETS[task](system_config(name)).to_json() for name in find_systems()}
    shared = {name: value for name, value in stored["mle"].items() if name != "mle"}
    found = {"shared": shared}
    for name, values in stored.items():
        other = {each: values[each] for each in shared if values[each] != shared[each]}
        found[name] = {**{each: other[each] for each in other if each != "system"}, **values[name]}
    return json.loads(json.dumps(found))


@pytest.mark.parametrize("task", PRESETS)
def test_preset_paper_has_the_stored_values(task):
    assert paper_preset(task) == json.loads(STORED.read_text("utf-8"))[task]
