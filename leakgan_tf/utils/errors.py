"""Errors that are not the program's fault, reported in one line.

The command line prints a ``UserError`` without a traceback and ends with its exit status;
everything else is a defect and keeps its traceback.
"""


class UserError(Exception):
    """Input that cannot be used: a flag, a file, a folder. Exit status 2."""

    exit_status = 2


class TrainingError(UserError):
    """A run that had to stop: a loss that is not finite. Exit status 1."""

    exit_status = 1
