"""How a command runs: flags parsed, one clear line for bad input, an exit status."""

import sys
from collections.abc import Callable, Sequence

from absl import flags

from leakgan_tf.cli.config_flags import help_groups, preset_values
from leakgan_tf.cli.help_page import format_help
from leakgan_tf.utils import quiet
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.interruption import PROCESS
from leakgan_tf.utils.printable import printable

_LONGEST = 1000  # characters of a message: it may repeat a flag's value
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def new_flags() -> flags.FlagValues:
    """Returns an empty set of flags with ``--help``: every command owns its flags."""
    values = flags.FlagValues()
    flags.DEFINE_bool("help", False, "Show the flags and end.", short_name="h", flag_values=values)
    return values


def run(
    command: Callable[[flags.FlagValues], None],
    values: flags.FlagValues,
    argv: Sequence[str],
    about: str,
    words: str = "",
) -> int:
    """Parses ``argv`` (program name first) into ``values`` and runs ``command(values)``.

    Arguments that are no flags are appended to the list flag that ``words`` names, and refused if
    it names none.

    Returns the exit status: 0; 2 with one line on standard error for bad input; 130 when
    interrupted by Ctrl-C, 143 by SIGTERM.
    """
    quiet.install()
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
        # The reader (head, less) has gone: nothing is wrong, and nothing more can be printed.
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        # A name that is too long, a folder that may not be read, a disk that is gone.
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
        raise UserError(f"unexpected argument {rest[1]!r}; flags are --name=value")
    command(values)
    sys.stdout.flush()


def _refuse_bytes(argv: Sequence[str]) -> None:
    """Refuses arguments that no record could be written with: file names that are no UTF-8."""
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
