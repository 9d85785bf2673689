"""``python -m leakgan_tf evaluate``: text files, or trained runs over a range of temperatures.

Text files are scored without a model or TensorFlow, samples from any source.
"""

import shlex
import sys
from pathlib import Path

from absl import flags

from leakgan_tf.api.scores import check_runs, evaluate, score_files
from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.cli.run_flags import refuse_idle
from leakgan_tf.data.text import TOKENIZER_NAMES
from leakgan_tf.metrics.bleu import SMOOTHINGS
from leakgan_tf.runs.folder import environment
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing, write_json
from leakgan_tf.utils.printable import printable

ABOUT = """Scores generated text against held-out text: BLEU, Self-BLEU, backward BLEU, diversity.

evaluate --samples FILE --references FILE [--train FILE] [--json OUT]

evaluate --run RUN[,RUN...] [--temperatures 0.7,1,1.5] [--json OUT] [--picture PNG]

The second form scores trained runs on their own data folder, at every temperature.
Every file has one sentence a line, plain or gzip, in UTF-8 or as --encoding says."""


def define_flags() -> flags.FlagValues:
    """Returns the command's flags: those for files, and those for runs."""
    values = new_flags()
    own = {"flag_values": values}
    _define_file_flags(own)
    flags.DEFINE_list("run_dir", None, "Runs to score, in one table and picture.", **own)
    flags.DEFINE_alias("run", "run_dir", **own)
    flags.DEFINE_list(
        "temperatures", ["1.0"], "Temperatures, which divide the logits: below 1 is sharper.", **own
    )
    flags.DEFINE_string("data", None, "The runs' data folder, if it has moved.", **own)
    flags.DEFINE_integer("num", 2000, "Maximum number of samples and of references.", **own)
    flags.DEFINE_string(
        "language_model",
        None,
        "An MLE run on the same data: adds the NLL of samples under it.",
        **own,
    )
    flags.DEFINE_bool(
        "reverse_lm",
        False,
        "With --language_model: also train one on the samples (reverse NLL).",
        **own,
    )
    flags.DEFINE_bool("best", False, BEST, **own)
    flags.DEFINE_string(
        "picture", None, "File for a plot of quality against diversity, PNG.", **own
    )
    return values


def _define_file_flags(own: dict[str, flags.FlagValues]) -> None:
    flags.DEFINE_string("samples", None, "Generated sentences, at least two.", **own)
    flags.DEFINE_string("references", None, "Held-out sentences to compare with.", **own)
    about = "Training sentences: to count copies of them among the samples."
    flags.DEFINE_string("train", None, about, **own)
    about = "What a token is; the same for every file."
    flags.DEFINE_enum("tokenizer", "word", TOKENIZER_NAMES, about, **own)
    about = "Encoding of the files by its name in Python, e.g. cp1252. Default: utf-8."
    flags.DEFINE_string("encoding", "", about, **own)
    flags.DEFINE_bool("lowercase", False, "Lowercase all text before comparison.", **own)
    about = "BLEU where an n-gram order has no match."
    flags.DEFINE_enum("smoothing", "method1", SMOOTHINGS, about, **own)
    flags.DEFINE_string("json", None, "File for the scores and their protocol, JSON.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace output files that exist.", **own)


def run(values: flags.FlagValues) -> None:
    """Scores the files or the runs that are named."""
    if not values.run_dir:
        if not (values.samples or values.references):
            raise UserError("name --samples and --references, or --run_dir")
        names = ("temperatures", "data", "num", "best", "picture", "language_model", "reverse_lm")
        refuse_idle(values, names, "with --run_dir")
        _run_on_files(values)
        return
    if values.samples or values.references:
        raise UserError("--run_dir and --samples cannot be used together")
    own = ("train", "tokenizer", "lowercase", "smoothing", "encoding")
    refuse_idle(values, own, "with --samples")
    _run_on_runs(values)


def _run_on_files(values: flags.FlagValues) -> None:
    paths = _input_paths(values)
    if values.json is not None:
        refuse_existing(values.json, values.overwrite, paths.items())
    own = values.tokenizer, values.lowercase, values.smoothing, values.encoding
    scores = score_files(paths, *own)
    # The file first: the reader of the table may close the pipe early.
    if values.json is not None:
        write_json(values.json, scores.figures)
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


def _run_on_runs(values: flags.FlagValues) -> None:
    temperatures = _temperatures(values.temperatures)
    own = (values.run_dir, temperatures, values.num, values.best)
    check_runs(*own, values.language_model, values.reverse_lm)
    if values.json and values.picture and Path(values.json) == Path(values.picture):
        raise UserError("--json and --picture are the same file: give two names")
    for path in (values.json, values.picture):
        if path:
            refuse_existing(path, values.overwrite)
    scores = evaluate(
        values.run_dir,
        temperatures=temperatures,
        data=values.data,
        num=values.num,
        best=values.best,
        language_model=values.language_model,
        reverse_lm=values.reverse_lm,
    )
    if values.json:
        command = shlex.join(["python", "-m", "leakgan_tf", "evaluate", *sys.argv[2:]])
        made_by = {"command": command, **environment()}
        write_json(values.json, {"benchmark": "sweep", "made_by": made_by, "runs": scores.rows})
    if values.picture:
        from leakgan_tf.reporting.sweep import draw_sweep

        draw_sweep(Path(values.picture), scores.rows, vectors=False)
    print(printable(scores))
    if values.best:
        lines = (f"{name}: {rows[0]['weights']}" for name, rows in scores.rows.items())
        print(printable("\n" + "\n".join(lines)))


def _temperatures(words: list[str]) -> list[float]:
    if not words:
        raise UserError("--temperatures is empty: name one or more, separated by commas")
    try:
        return [float(word) for word in words]
    except ValueError as error:
        raise UserError(f"--temperatures takes numbers, not {','.join(words)!r}") from error
