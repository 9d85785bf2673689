"""Errors caused by input or by a failed run, reported in one line.

The command line prints a ``UserError`` without a traceback and exits with its status. Any other
exception is a defect of the program and keeps its traceback.
"""


class UserError(Exception):
    """Raised for input that cannot be used: a flag, a file, a folder. Exit status 2."""

    exit_status = 2


class TrainingError(UserError):
    """Raised when a run must stop, for example for a non-finite loss. Exit status 1."""

    exit_status = 1
