"""Formats ``--help``: flags by group, with their default values."""

import textwrap
from collections.abc import Mapping, Sequence

from absl import flags

_WIDTH = 100
_PROGRAM = "(its program"
# Explains the descriptions of settings; for commands whose settings name such a source.
SOURCES = """\
D is the discriminator, G the generator. Settings are shown as the preset has them. Parentheses name
the source of the value in preset paper: (its program) released by the authors; (from memory) not
checked against the paper; (open) not published, so this project's choice."""


def format_help(
    about: str, values: flags.FlagValues, groups: Sequence[str], defaults: Mapping[str, str]
) -> str:
    """Returns the help of a command.

    Args:
      about: what the command does, with an example.
      values: its flags. A flag whose ``module_name`` is the title of a group, or is capitalized, is
        listed below that title, in order of definition. All other flags come first.
      groups: titles, in order.
      defaults: default values by flag, where they differ from those in ``values``.
    """
    sections: dict[str, list[str]] = {"": [], **{group: [] for group in groups}}
    for module, own in values.flags_by_module_dict().items():
        section = sections.setdefault(module if module[:1].isupper() else "", [])
        section += [_format_flag(flag, defaults) for flag in own]
    lines = [about]
    if any(_PROGRAM in (values[name].help or "") for name in values):
        lines += ["", SOURCES]
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
    # absl appends a note to the help of repeatable flags.
    about = (flag.help or "").partition(";\n")[0]
    text = textwrap.fill(about, _WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return f"{head}\n{text}"


def _default(flag: flags.Flag) -> str:
    if flag.default is None:
        return ""
    if isinstance(flag.default, list):
        return ",".join(map(str, flag.default))
    return str(flag.default)
