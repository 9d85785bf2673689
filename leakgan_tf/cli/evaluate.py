"""``python -m leakgan_tf evaluate``: text files, or trained runs over a range of temperatures."""

import shlex
import sys
from collections import Counter
from pathlib import Path

from absl import flags

from leakgan_tf.cli import evaluate_files
from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.metrics.temperatures import check_temperature
from leakgan_tf.runs.folder import RunFolder, environment
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing, write_json
from leakgan_tf.utils.printable import printable

ABOUT = evaluate_files.ABOUT.replace(
    "Every file holds",
    """evaluate --run_dir RUN[,RUN...] [--temperatures 0.7,1,1.5] [--json OUT] [--picture PNG]

The second form scores trained runs on their own data folder, at every temperature.
Every file holds""",
)


def define_flags() -> flags.FlagValues:
    """Returns the command's flags: those for files, and those for runs."""
    values = evaluate_files.define_flags()
    own = {"flag_values": values}
    flags.DEFINE_list("run_dir", None, "Runs to score, in one table and picture.", **own)
    flags.DEFINE_list("temperatures", ["1.0"], "Factors on the logits; above 1 is sharper.", **own)
    flags.DEFINE_string("data", None, "The runs' data folder, if it has moved.", **own)
    flags.DEFINE_integer("num", 2000, "The most samples and references that are used.", **own)
    flags.DEFINE_string(
        "language_model", None, "An MLE run on the same data: adds scores by it.", **own
    )
    flags.DEFINE_bool(
        "reverse_lm", False, "With --language_model: train one on the samples, too.", **own
    )
    flags.DEFINE_bool("best", False, BEST, **own)
    flags.DEFINE_string("picture", None, "Quality against diversity as a PNG.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Scores files or runs, whichever is named."""
    if not values.run_dir:
        if not (values.samples or values.references):
            raise UserError("name --samples and --references, or --run_dir")
        _refuse_idle(values, ("temperatures", "data", "num", "best", "picture"), "--run_dir")
        evaluate_files.run(values)
        return
    if values.samples or values.references:
        raise UserError("--run_dir and --samples exclude each other")
    _refuse_idle(values, ("train", "tokenizer", "lowercase", "smoothing"), "--samples")
    _run_on_runs(values)


def _refuse_idle(values: flags.FlagValues, names: tuple[str, ...], other: str) -> None:
    """Refuses flags of the other form: they would change nothing."""
    for name in names:
        if values[name].present:
            raise UserError(f"--{name} goes with {other} only")


def _run_on_runs(values: flags.FlagValues) -> None:
    temperatures = _temperatures(values.temperatures)
    if values.reverse_lm and not values.language_model:
        raise UserError("--reverse_lm goes with --language_model: an MLE run on the same data")
    if values.num < 2:
        raise UserError(f"--num must be at least 2, not {values.num}")
    for path in (values.json, values.picture):
        if path:
            refuse_existing(path, values.overwrite)
    for run_dir in values.run_dir:
        RunFolder(run_dir).weights(values.best)
    if values.language_model:
        RunFolder(values.language_model).weights()
    from leakgan_tf.evaluation import (
        text as text_runs,  # TensorFlow starts slowly: not for bad flags
    )
    from leakgan_tf.reporting import text_figures
    from leakgan_tf.reporting.sweep import draw_sweep

    sweeps = {
        name: text_runs.sweep(
            run_dir,
            temperatures,
            values.data,
            values.num,
            values.language_model,
            values.reverse_lm,
            values.best,
        )
        for name, run_dir in _names(values.run_dir).items()
    }
    rows = {
        f"{name}{' ' * index}": figures
        for name, sweep in sweeps.items()
        for index, figures in enumerate(sweep)
    }
    if values.json:
        command = shlex.join(["python", "-m", "leakgan_tf", "evaluate", *sys.argv[2:]])
        made_by = {"command": command, **environment()}
        write_json(values.json, {"benchmark": "sweep", "made_by": made_by, "runs": sweeps})
    if values.picture:
        draw_sweep(Path(values.picture), sweeps)
    print(text_figures.figures_table(rows))
    if values.best:
        lines = [f"{name}: {sweep[0]['weights']}" for name, sweep in sweeps.items()]
        print(printable("\n" + "\n".join(lines)))
    print(printable(f"\n{text_figures.protocol_lines(next(iter(rows.values())))}"))


def _names(run_dirs: list[str]) -> dict[str, str]:
    """Returns each run once, by its folder's name, or by its path where two have one name."""
    names = {run_dir: Path(run_dir).resolve().name for run_dir in run_dirs}
    alone = Counter(names.values())
    return {name if alone[name] == 1 else path: path for path, name in names.items()}


def _temperatures(words: list[str]) -> list[float]:
    try:
        temperatures = [float(word) for word in words]
    except ValueError as error:
        raise UserError(f"--temperatures takes numbers, not {','.join(words)!r}") from error
    if not temperatures:
        raise UserError("--temperatures is empty: name one or more, separated by commas")
    return [check_temperature(each, "--temperatures") for each in temperatures]
