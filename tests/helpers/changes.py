"""Changes of a configuration that several systems share."""

from collections.abc import Mapping
from typing import Any

from leakgan_tf.config.config import setting_names
from leakgan_tf.systems.registry import find_systems, system_config


def of_system(system: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out what other systems have and this one has not; unknown names stay."""
    own = setting_names(system_config(system))
    every = set().union(*(setting_names(system_config(name)) for name in find_systems()))
    return {name: value for name, value in changes.items() if name in own or name not in every}
