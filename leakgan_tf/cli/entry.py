"""Runs a command: parses flags, reports bad input in one line, returns an exit status."""

import sys
from collections.abc import Callable, Sequence

from absl import flags

from leakgan_tf.cli.config_flags import help_groups, preset_values
from leakgan_tf.cli.help_page import format_help
from leakgan_tf.utils import quiet
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.interruption import PROCESS
from leakgan_tf.utils.printable import printable

_LONGEST = 1000  # characters of an error message, which may repeat a flag's value
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def new_flags() -> flags.FlagValues:
    """Returns a new set of flags with ``--help`` only; each command has its own set."""
    values = flags.FlagValues()
    flags.DEFINE_bool("help", False, "Show this page and exit.", short_name="h", flag_values=values)
    return values


def run(
    command: Callable[[flags.FlagValues], None],
    values: flags.FlagValues,
    argv: Sequence[str],
    about: str,
    words: str = "",
) -> int:
    """Parses ``argv`` (program name first) into ``values`` and runs ``command(values)``.

    Positional arguments are appended to the list flag named ``words``; without ``words`` they are
    refused.

    Returns the exit status: 0 for success; 2 for bad input or the error's own status, with one line
    on standard error; 130 when interrupted by Ctrl-C, 143 by SIGTERM.
    """
    quiet.install()
    quiet.hide_retracing()
    try:
        with PROCESS.signals():
            try:
                _run(command, values, argv, about, words)
            except Exception:
                PROCESS.raise_if_asked()  # an interrupted import may raise anything
                raise
    except UserError as error:
        return _complain(error, error.exit_status)
    except flags.Error as error:
        return _complain(error, UserError.exit_status)
    except BrokenPipeError:
        # The reader (head, less) has closed the pipe: no error, but nothing more can be printed.
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        # For example a name that is too long, an unreadable folder, a removed disk.
        return _complain(f"{error.filename}: {error.strerror}", UserError.exit_status)
    except KeyboardInterrupt as error:
        return _complain("interrupted", getattr(error, "exit_status", INTERRUPTED))
    return 0


def _run(
    command: Callable[[flags.FlagValues], None],
    values: flags.FlagValues,
    argv: Sequence[str],
    about: str,
    words: str,
) -> None:
    _refuse_bytes(argv)
    rest = values(list(argv))
    if values.help:
        print(format_help(about, values, help_groups(), preset_values(values)))
        return
    if len(rest) > 1 and words:
        values[words].value = [*(values[words].value or []), *rest[1:]]
    elif len(rest) > 1:
        raise UserError(f"unexpected argument {rest[1]!r}; flags have the form --name=value")
    command(values)
    sys.stdout.flush()


def _refuse_bytes(argv: Sequence[str]) -> None:
    """Refuses arguments that are not UTF-8: file names that no record could contain."""
    for word in argv:
        try:
            word.encode("utf-8")
        except UnicodeEncodeError as error:
            raise UserError(f"the argument {word} is not UTF-8: rename the file") from error


def _complain(error: object, status: int) -> int:
    line = printable(" ".join(str(error).split()))
    line = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
    print(f"error: {line}", file=sys.stderr)
    return status
