"""``python -m leakgan_tf COMMAND --flag=value …``.

`program` is imported in a few milliseconds; what takes longer comes after it looks out for Ctrl-C.
"""

import importlib
import sys

from leakgan_tf import __version__
from leakgan_tf.utils import interruption
from leakgan_tf.utils.errors import UserError

COMMANDS = {
    "prepare": "text files, or a named corpus, to a data folder",
    "train": "a system on a data folder",
    "generate": "sentences of a trained run",
    "score": "log-probabilities of given sentences under a trained run",
    "evaluate": "scores of text files, or of runs over temperatures",
    "export": "a trained generator as a SavedModel",
    "report": "runs on one page, beside what was published",
    "explore": "LeakGAN token by token, as one interactive page",
    "study": "a page for judges, is this sentence real?, and the table of their answers",
}


def program() -> int:
    """Runs the command of this process; returns its exit status."""
    interruption.end_quietly()
    return main()


def main(argv: list[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    words = list(sys.argv if argv is None else argv)
    if words[1:] == ["--version"]:
        print(f"leakgan_tf {__version__}")
        return 0
    if len(words) < 2 or words[1] in ("-h", "--help", "help"):
        print("usage: python -m leakgan_tf COMMAND --flag=value ...   (COMMAND --help: flags)\n")
        for name, about in COMMANDS.items():
            print(f"  {name:10} {about}")
        return 0
    if words[1] not in COMMANDS:
        print(f"error: unknown command {words[1]!r}: one of {', '.join(COMMANDS)}", file=sys.stderr)
        return UserError.exit_status
    from leakgan_tf.cli import entry  # takes a quarter of a second

    command = importlib.import_module(f"leakgan_tf.cli.{words[1]}")
    bare = getattr(command, "WORDS", "")  # the flag that takes arguments without a name
    return entry.run(command.run, command.define_flags(), words[1:], command.ABOUT, bare)


if __name__ == "__main__":
    sys.exit(program())
