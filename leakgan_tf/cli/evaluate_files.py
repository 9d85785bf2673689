"""``evaluate`` on text files: scores samples from any source, without a model or TensorFlow."""

import os
from collections.abc import Mapping

from absl import flags

from leakgan_tf.api.scores import score_files
from leakgan_tf.cli import entry
from leakgan_tf.data import text
from leakgan_tf.metrics import bleu
from leakgan_tf.utils import files
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

ABOUT = """Scores generated text against held-out text: BLEU, Self-BLEU, backward BLEU, diversity.

evaluate --samples FILE --references FILE [--train FILE] [--json OUT]

Every file has one sentence a line, plain or gzip, in UTF-8 or as --encoding says."""


def define_flags() -> flags.FlagValues:
    """Returns the flags of the command, none of them set."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("samples", None, "Generated sentences, at least two.", **own)
    flags.DEFINE_string("references", None, "Held-out sentences to compare with.", **own)
    flags.DEFINE_string(
        "train", None, "Training sentences: to count copies of them among the samples.", **own
    )
    flags.DEFINE_enum(
        "tokenizer",
        "word",
        text.TOKENIZER_NAMES,
        "What a token is; the same for every file.",
        **own,
    )
    flags.DEFINE_string(
        "encoding",
        "",
        "Encoding of the files by its name in Python, e.g. cp1252. Default: utf-8.",
        **own,
    )
    flags.DEFINE_bool("lowercase", False, "Lowercase all text before comparison.", **own)
    flags.DEFINE_enum(
        "smoothing", "method1", bleu.SMOOTHINGS, "BLEU where an n-gram order has no match.", **own
    )
    flags.DEFINE_string("json", None, "File for the scores and their protocol, JSON.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace output files that exist.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Reads the files, prints the scores with their protocol and writes them to ``--json``.

    Raises:
        UserError: If a file is missing, empty or not text, there is a single sample, or ``--json``
            exists and ``--overwrite`` is not given.
    """
    paths = _input_paths(values)
    if values.json is not None:
        _check_output(values.json, values.overwrite, paths)
    own = values.tokenizer, values.lowercase, values.smoothing, values.encoding
    scores = score_files(paths, *own)
    # The file first: the reader of the table may close the pipe early.
    if values.json is not None:
        files.write_json(values.json, scores.figures)
    print(printable(scores))


def _input_paths(values: flags.FlagValues) -> dict[str, str]:
    for name in ("samples", "references"):
        if not values[name].value:
            raise UserError(f"--{name} is missing: a file with one sentence a line")
    for name in ("train", "json"):
        if values[name].value == "":
            raise UserError(f"--{name} is empty; name a file or leave it out")
    names = ("samples", "references", "train")
    return {name: values[name].value for name in names if values[name].value is not None}


def _check_output(output: str, overwrite: bool, inputs: Mapping[str, str]) -> None:
    for name, path in inputs.items():
        if os.path.realpath(output) == os.path.realpath(path):  # a loop of links: refused when read
            raise UserError(f"--json={output} would replace the --{name} file")
    files.refuse_existing(output, overwrite)
