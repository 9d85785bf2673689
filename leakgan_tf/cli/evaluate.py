"""``python -m leakgan_tf evaluate``: text files, or trained runs over a range of temperatures."""

import shlex
import sys
from pathlib import Path

from absl import flags

from leakgan_tf.api.scores import check_runs, evaluate
from leakgan_tf.cli import evaluate_files
from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.run_flags import refuse_idle
from leakgan_tf.runs.folder import environment
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing, write_json
from leakgan_tf.utils.printable import printable

ABOUT = evaluate_files.ABOUT.replace(
    "Every file has",
    """evaluate --run_dir RUN[,RUN...] [--temperatures 0.7,1,1.5] [--json OUT] [--picture PNG]

The second form scores trained runs on their own data folder, at every temperature.
Every file has""",
)


def define_flags() -> flags.FlagValues:
    """Returns the command's flags: those for files, and those for runs."""
    values = evaluate_files.define_flags()
    own = {"flag_values": values}
    flags.DEFINE_list("run_dir", None, "Runs to score, in one table and picture.", **own)
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


def run(values: flags.FlagValues) -> None:
    """Scores the files or the runs that are named."""
    if not values.run_dir:
        if not (values.samples or values.references):
            raise UserError("name --samples and --references, or --run_dir")
        names = ("temperatures", "data", "num", "best", "picture", "language_model", "reverse_lm")
        refuse_idle(values, names, "with --run_dir")
        evaluate_files.run(values)
        return
    if values.samples or values.references:
        raise UserError("--run_dir and --samples cannot be used together")
    own = ("train", "tokenizer", "lowercase", "smoothing", "encoding")
    refuse_idle(values, own, "with --samples")
    _run_on_runs(values)


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
