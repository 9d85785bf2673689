"""The text of ``--help``: flags by group, with what they are set to."""

import textwrap
from collections.abc import Mapping, Sequence

from absl import flags

_WIDTH = 100


def format_help(
    about: str, values: flags.FlagValues, groups: Sequence[str], defaults: Mapping[str, str]
) -> str:
    """Returns the help of a command.

    Args:
      about: what the command does, with an example.
      values: its flags. Those that were defined with the ``module_name`` of a group are listed
        below its title, and so are those with another capitalized ``module_name``, in the order of
        their definition; all others come first.
      groups: titles, in order.
      defaults: values that hold for flags that are not given, by flag.
    """
    sections: dict[str, list[str]] = {"": [], **{group: [] for group in groups}}
    for module, own in values.flags_by_module_dict().items():
        section = sections.setdefault(module if module[:1].isupper() else "", [])
        section += [_format_flag(flag, defaults) for flag in own]
    lines = [about]
    for title, entries in sections.items():
        if entries:
            lines += ["", f"{title or 'Most used'}:", *entries]
    return "\n".join(lines)


def _format_flag(flag: flags.Flag, defaults: Mapping[str, str]) -> str:
    default = defaults.get(flag.name, _default(flag))
    name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
    head = f"  {name}={default}" if default and not flag.boolean else f"  {name}"
    if flag.boolean:
        head += f" (default: {'on' if flag.default else 'off'})"
    about = (flag.help or "").partition(";\n")[0]  # what absl adds to flags that repeat
    text = textwrap.fill(about, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return f"{head}\n{text}"


def _default(flag: flags.Flag) -> str:
    if flag.default is None:
        return ""
    if isinstance(flag.default, list):
        return ",".join(map(str, flag.default))
    return str(flag.default)
