"""The flags that name a run, and flags that do not go together."""

from collections.abc import Sequence

from absl import flags

from leakgan_tf.runs.shipped import NAMES
from leakgan_tf.utils.errors import UserError


def define_run(values: flags.FlagValues) -> None:
    """Adds ``--run``, and ``--run_dir``, its older name."""
    about = f"The run's folder, or a model of the package: {', '.join(NAMES)}."
    flags.DEFINE_string("run", None, about, flag_values=values)
    flags.DEFINE_string("run_dir", None, "The same as --run.", flag_values=values)


def named_run(values: flags.FlagValues) -> str:
    """Returns the named run; raises ``UserError`` if none or two are named."""
    if values.run and values.run_dir:
        raise UserError("--run and --run_dir are the same: give one")
    named = values.run or values.run_dir
    if not named:
        raise UserError(f"--run is missing: the folder of a run, or one of {', '.join(NAMES)}")
    return named


def refuse_idle(values: flags.FlagValues, names: Sequence[str], when: str) -> None:
    """Refuses flags, or arguments without a name, that have no effect in this form of a command."""
    for name in names:
        if values[name].present or values[name].value != values[name].default:
            raise UserError(f"--{name} goes {when} only")
