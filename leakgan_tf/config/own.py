"""A system's own configuration: a frozen dataclass in the system's file, beside its class.

    @unique_class
    @dataclass(frozen=True)
    class RankGANConfig(DiscriminatedConfig):
        presets: ClassVar[Presets] = {"smoke": {"references": 4}}

        gamma: float = setting(16.0, "Steepness γ of the ranking.")

Python calls this field ``config.own.gamma``, config.json ``rankgan.gamma``, the command line
``--rankgan_gamma``. An inherited field keeps the flag of the class that declares it.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import get_annotations
from typing import Any, ClassVar, NamedTuple, TypeVar

from leakgan_tf.config.fields import check_setting
from leakgan_tf.config.shared import SharedConfig

# Values by field, by preset: "quick", or "quick-text" where text has others.
Presets = Mapping[str, Mapping[str, Any]]
T = TypeVar("T")
C = TypeVar("C", bound="SystemConfig")

_CLASSES: dict[tuple[str, str], Any] = {}
# Where a preset's values for a kind of task are looked for, in this order.
_FALLBACK = {
    "": ("",), "40": ("-40", ""), "cfg": ("-cfg", ""), "text": ("-text", ""),
    "music": ("-music", "-text", ""),
}  # fmt: skip
_BASES = {"tuned": "quick"}  # presets whose values are another's where a system has none


def unique_class(declared: type[T]) -> type[T]:
    """Returns the first class that was declared under this module and name.

    `systems.registry` evaluates the configuration in a system's file before TensorFlow is
    imported. Importing the file later gives the same class again, never a second one.
    """
    return _CLASSES.setdefault((declared.__module__, declared.__qualname__), declared)


class OwnField(NamedTuple):
    """A field of a system's configuration, or of a dataclass in it.

    Attributes:
      path: names that lead to the field from the system's configuration.
      field: the dataclass field.
      group: the system or shared part that declares it: the prefix of the flag, if it has one.
    """

    path: tuple[str, ...]
    field: dataclasses.Field[Any]
    group: str


@dataclass(frozen=True)
class SystemConfig:
    """What the configurations of all systems have in common.

    Subclasses may give ``flags="seqgan"``: the prefix of the flags of the fields that they declare.
    Without it that is the file's name; "" is no prefix.

    Attributes:
      system: the system's name, that of its file.
      presets: values that differ from the defaults, by preset. "-40", "-cfg", "-text" or "-music"
        after a preset's name means sequences of 40, a grammar, text or melodies; without such an
        entry the preset's own values hold, those of text for melodies. Parents' values come first.
      kernels: D's windows and their filters by T, of the preset "paper" on text, where they are not
        those that the preset has for all systems.
      rewarded: whether policy gradients are weighted with rewards, which `reward` can replace.
      sets_frontier: whether this is the system that `select=frontier` compares others with.
      fills: whether its generator fills gaps of given sentences, too.

    Raises:
      UserError: a value is impossible.
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
            if len(own.path) == 1:  # the others are checked by their own dataclass
                check_setting(flag, own.field, getattr(self, own.path[0]))

    def check(self, shared: SharedConfig) -> None:
        """Raises ``UserError`` if values do not go together with those that all systems have."""

    def check_replicas(self) -> None:
        """Raises ``UserError`` if the system cannot be trained on several devices."""

    @property
    def variant(self) -> str:
        """Which published variant of the system this is, by name; "" if there is but one."""
        return ""

    @classmethod
    def preset(cls: type[C], name: str, kind: str = "") -> C:
        """Returns the values of a preset.

        Args:
          name: the preset.
          kind: of task: "", "40", "cfg", "text" or "music".
        """
        values: dict[str, Any] = {}
        keys = [each + end for each in (name, _BASES.get(name, name)) for end in _FALLBACK[kind]]
        for base in reversed(cls.__mro__):
            presets = vars(base).get("presets", {})
            key = next((each for each in keys if each in presets), None)
            values |= presets[key] if key else {}
        return cls(**values)


def own_fields(kind: type[SystemConfig]) -> dict[str, OwnField]:
    """Returns the fields of a system's configuration by flag, those of nested dataclasses too."""
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
    """Returns a system's configuration with values changed, by flag."""
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
