"""Base class of the systems' own configurations, and their flags.

Each system's file declares its configuration as a frozen dataclass:

    @unique_class
    @dataclass(frozen=True)
    class RankGANConfig(DiscriminatedConfig):
        presets: ClassVar[Presets] = {"smoke": {"references": 4}}

        gamma: float = setting(16.0, "Steepness γ of the ranking.")

This field is ``config.own.gamma`` in Python, ``rankgan.gamma`` in config.json, and
``--rankgan_gamma`` on the command line. An inherited field keeps the flag of its declaring class.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import get_annotations
from typing import Any, ClassVar, NamedTuple, TypeVar

from leakgan_tf.config.fields import check_setting
from leakgan_tf.config.shared import SharedConfig

# {preset: {field: value}}; the preset "quick-text" overrides "quick" for text.
Presets = Mapping[str, Mapping[str, Any]]
T = TypeVar("T")
C = TypeVar("C", bound="SystemConfig")

_CLASSES: dict[tuple[str, str], Any] = {}
# Suffixes of a preset's name by kind of task, in order of preference.
_FALLBACK = {
    "": ("",), "40": ("-40", ""), "cfg": ("-cfg", ""), "text": ("-text", ""),
    "music": ("-music", "-text", ""),
}  # fmt: skip
_BASES = {"tuned": "quick"}  # preset: preset that replaces it where a system has none


def unique_class(declared: type[T]) -> type[T]:
    """Class decorator that returns the first class declared under this module and name.

    `systems.registry` evaluates the configuration in a system's file before TensorFlow is
    imported. A later import of the file then reuses that class instead of creating a second one.
    """
    return _CLASSES.setdefault((declared.__module__, declared.__qualname__), declared)


class OwnField(NamedTuple):
    """A field of a system's configuration, or of a dataclass nested in it.

    Attributes:
      path: attribute names from the system's configuration to the field.
      field: the dataclass field.
      group: flag prefix of the declaring class; its system's name if the prefix is empty.
    """

    path: tuple[str, ...]
    field: dataclasses.Field[Any]
    group: str


@dataclass(frozen=True)
class SystemConfig:
    """Base class of the systems' own configurations.

    A subclass may set the flag prefix of the fields that it declares, as in ``flags="seqgan"``. The
    default is the name of its file; "" means no prefix.

    Attributes:
      system: name of the system and of its file.
      presets: values that differ from the defaults, by preset. A suffix selects the kind of task:
        "-40" (sequences of 40 tokens), "-cfg", "-text" or "-music". A missing entry falls back to
        the plain preset, for music first to text. Subclasses override their parents.
      kernels: {T: (windows, filters)} of D for the preset "paper" on text, where they differ from
        the preset's.
      rewarded: whether rewards weight policy gradients, so that `SharedConfig.reward` applies.
      sets_frontier: whether `select=frontier` compares other systems with this one.
      fills: whether the generator can also fill gaps in given sentences.

    Raises:
      UserError: a value is out of range.
    """

    system: ClassVar[str] = ""
    presets: ClassVar[Presets] = {}
    kernels: ClassVar[Mapping[int, tuple[tuple[int, ...], tuple[int, ...]]]] = {}
    rewarded: ClassVar[bool] = False
    sets_frontier: ClassVar[bool] = False
    fills: ClassVar[bool] = False
    flag_prefix: ClassVar[str] = ""

    def __init_subclass__(cls, flags: str | None = None) -> None:
        cls.system = cls.__module__.rpartition(".")[2]
        cls.flag_prefix = cls.system if flags is None else flags

    def __post_init__(self) -> None:
        for flag, own in own_fields(type(self)).items():
            if len(own.path) == 1:  # nested dataclasses check their own fields
                check_setting(flag, own.field, getattr(self, own.path[0]))

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if the system's values contradict the shared ones."""

    def check_replicas(self) -> None:
        """Raises ``UserError`` if this configuration cannot be trained on several devices."""

    @property
    def variant(self) -> str:
        """Name of the published variant that this configuration describes; "" if there is one."""
        return ""

    @classmethod
    def preset(cls: type[C], name: str, kind: str = "") -> C:
        """Returns the system's configuration for a preset.

        Args:
          name: name of the preset.
          kind: kind of task: "" (oracle, T = 20), "40" (oracle), "cfg", "text" or "music".
        """
        values: dict[str, Any] = {}
        keys = [each + end for each in (name, _BASES.get(name, name)) for end in _FALLBACK[kind]]
        for base in reversed(cls.__mro__):
            presets = vars(base).get("presets", {})
            key = next((each for each in keys if each in presets), None)
            values |= presets[key] if key else {}
        return cls(**values)


def own_fields(kind: type[SystemConfig]) -> dict[str, OwnField]:
    """Returns the fields of a system's configuration by flag, with those of nested dataclasses."""
    found = {}
    for field in dataclasses.fields(kind):
        bases = [base for base in kind.__mro__ if issubclass(base, SystemConfig)]
        declarer = next(base for base in bases if field.name in get_annotations(base))
        prefix = declarer.flag_prefix
        group = prefix or declarer.system
        inner = [OwnField((field.name,), field, group)]
        if dataclasses.is_dataclass(field.default):
            inner = [
                OwnField((field.name, each.name), each, group)
                for each in dataclasses.fields(field.default)
            ]
        for own in inner:
            found["_".join(filter(None, (prefix, own.path[-1])))] = own
    return found


def own_values(own: SystemConfig) -> dict[str, Any]:
    """Returns the values of a system's configuration by flag."""
    values = {}
    for flag, (path, _, _) in own_fields(type(own)).items():
        value: Any = own
        for name in path:
            value = getattr(value, name)
        values[flag] = value
    return values


def replace_own(own: C, changes: Mapping[str, Any]) -> C:
    """Returns a system's configuration with changed values, given by flag."""
    fields = own_fields(type(own))
    direct: dict[str, Any] = {}
    nested: dict[str, dict[str, Any]] = {}
    for flag, value in changes.items():
        outer, *inner = fields[flag].path
        if inner:
            nested.setdefault(outer, {})[inner[0]] = value
        else:
            direct[outer] = value
    for outer, values in nested.items():
        direct[outer] = dataclasses.replace(getattr(own, outer), **values)
    return dataclasses.replace(own, **direct)
