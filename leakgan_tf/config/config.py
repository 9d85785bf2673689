"""Everything that makes a run, as one frozen dataclass with a JSON round trip."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_type_hints

from leakgan_tf.config.own import SystemConfig, own_fields, own_values, replace_own
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import check

FORMAT = 2  # of config.json; raised when an old run folder can no longer be read

Own_co = TypeVar("Own_co", bound=SystemConfig, covariant=True)


@dataclass(frozen=True)
class Config(SharedConfig, Generic[Own_co]):
    """The sizes, schedule and semantics of one run.

    ``Config[RankGANConfig]`` is the configuration of a run of RankGAN.

    Attributes:
      own: what belongs to the run's system alone.

    Raises:
      UserError: a value is impossible, or two of them contradict each other.
    """

    own: Own_co = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.own.rewarded and self.reward != "discriminator":
            raise UserError(
                f"reward {self.reward} controls policy gradients: {self.system} has none"
            )
        if self.own.sets_frontier and self.select == "frontier":
            raise UserError(
                f"select frontier compares with {self.system}: {self.system} itself needs "
                "another rule"
            )
        self.own.check(self)

    @property
    def system(self) -> str:
        """The system trained: the name of a file in `leakgan_tf/systems`."""
        return self.own.system

    def to_json(self) -> dict[str, Any]:
        """Returns plain dictionaries, lists and numbers that `from_json` reads back."""
        values = dataclasses.asdict(self)
        own = values.pop("own")
        return {"system": self.system, **values, self.system: own}

    @classmethod
    def from_json(cls, values: Any, own: type[Own_co]) -> "Config[Own_co]":
        """Reads `to_json`'s result; `systems.registry.read_config` finds the system's class.

        Args:
          values: of JSON, of any type.
          own: class of the system's configuration.

        Raises:
          UserError: a field is unknown, or of another type.
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
    """Returns the names that `replace` takes for a system: those of the flags."""
    return {field.name for field in dataclasses.fields(SharedConfig)} | set(own_fields(own))


def applicable(changes: Mapping[str, Any], own: type[SystemConfig]) -> dict[str, Any]:
    """Returns those of several changes by flag that a system has a setting for."""
    known = setting_names(own)
    return {name: value for name, value in changes.items() if name in known}


def flatten(config: Config[Any]) -> dict[str, Any]:
    """Returns the values by the names of the flags, the system's name and own values too."""
    values = dataclasses.asdict(config)
    del values["own"]
    return {"system": config.system, **values, **own_values(config.own)}


def differences(old: Config[Any], new: Config[Any]) -> list[str]:
    """Returns a line "name: old -> new" for each value that differs; common names only."""
    before, after = flatten(old), flatten(new)
    return [
        f"{name}: {before[name]} -> {after[name]}"
        for name in before
        if name in after and before[name] != after[name]
    ]


def replace(config: Config[Own_co], **changes: Any) -> Config[Own_co]:
    """Returns ``config`` with values changed, by the names of the flags.

    Raises:
      UserError: the system has no setting of such a name, or the values do not go together.
    """
    own = own_fields(type(config.own))
    known = setting_names(type(config.own))
    for name in changes:
        if name not in known:
            raise UserError(f"{config.system} has no setting {name!r}")
    inner = {name: value for name, value in changes.items() if name in own}
    outer = {name: value for name, value in changes.items() if name not in own}
    return dataclasses.replace(config, own=replace_own(config.own, inner), **outer)
