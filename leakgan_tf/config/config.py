"""The configuration of a run: a frozen dataclass that JSON can store."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_type_hints

from leakgan_tf.config.own import SystemConfig, own_fields, own_values, replace_own
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check

FORMAT = 2  # version of config.json; increased when older run folders become unreadable

Own_co = TypeVar("Own_co", bound=SystemConfig, covariant=True)


@dataclass(frozen=True)
class Config(SharedConfig, Generic[Own_co]):
    """Sizes, schedule and semantics of one run.

    ``Config[RankGANConfig]`` is the configuration of a run of RankGAN.

    Attributes:
      own: the settings of the run's system.

    Raises:
      UserError: a value is out of range, or two values contradict each other.
    """

    own: Own_co = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.own.rewarded and self.reward != "discriminator":
            raise UserError(
                f"reward={self.reward} is a control for policy gradients: {self.system} has none"
            )
        if self.own.sets_frontier and self.select == "frontier":
            raise UserError(
                f"select=frontier compares with {self.system} itself: give {self.system} another "
                "select"
            )
        self.own.check(self)

    @property
    def system(self) -> str:
        """Name of the trained system: its file in `leakgan_tf/systems`."""
        return self.own.system

    def to_json(self) -> dict[str, Any]:
        """Returns the configuration as plain dictionaries, lists and numbers for JSON."""
        values = dataclasses.asdict(self)
        own = values.pop("own")
        return {"system": self.system, **values, self.system: own}

    @classmethod
    def from_json(cls, values: Any, own: type[Own_co]) -> "Config[Own_co]":
        """Returns the configuration that `to_json` stored.

        `systems.registry.read_config` finds the class of the system's configuration itself.

        Args:
          values: a JSON value, still unchecked.
          own: class of the system's configuration.

        Raises:
          UserError: a field is unknown or has the wrong type.
        """
        where = "configuration"
        given: dict[str, Any] = dict(check(values, dict[str, Any], where))
        if given.pop("system", own.system) != own.system:
            raise UserError(f"{where}.system must be {own.system}")
        owned = check(given.pop(own.system, {}), own, f"{where}.{own.system}")
        hints = get_type_hints(SharedConfig)
        for name in given:
            if name not in hints:
                raise UserError(f"{where}: unknown field {name!r}")
        shared = {
            name: check(value, hints[name], f"{where}.{name}") for name, value in given.items()
        }
        return Config(own=owned, **shared)


def setting_names(own: type[SystemConfig]) -> set[str]:
    """Returns the names of all settings of a system: shared ones and its own, as flags."""
    return {field.name for field in dataclasses.fields(SharedConfig)} | set(own_fields(own))


def applicable(changes: Mapping[str, Any], own: type[SystemConfig]) -> dict[str, Any]:
    """Returns the changes (values by flag) that apply to settings of a system."""
    known = setting_names(own)
    return {name: value for name, value in changes.items() if name in known}


def flatten(config: Config[Any]) -> dict[str, Any]:
    """Returns all values by flag, with the system's name and its own settings."""
    values = dataclasses.asdict(config)
    del values["own"]
    return {"system": config.system, **values, **own_values(config.own)}


def differences(old: Config[Any], new: Config[Any]) -> list[str]:
    """Returns a line "name: old -> new" for each setting of both that has another value."""
    before, after = flatten(old), flatten(new)
    return [
        f"{name}: {before[name]} -> {after[name]}"
        for name in before
        if name in after and before[name] != after[name]
    ]


def replace(config: Config[Own_co], **changes: Any) -> Config[Own_co]:
    """Returns ``config`` with changed values, given by flag.

    Raises:
      UserError: the system has no such setting, or the values contradict each other.
    """
    own = own_fields(type(config.own))
    known = setting_names(type(config.own))
    for name in changes:
        if name not in known:
            raise UserError(f"{config.system} has no setting {name!r}")
    inner = {name: value for name, value in changes.items() if name in own}
    outer = {name: value for name, value in changes.items() if name not in own}
    return dataclasses.replace(config, own=replace_own(config.own, inner), **outer)
