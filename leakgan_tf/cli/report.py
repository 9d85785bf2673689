"""``python -m leakgan_tf report``: runs on one page, beside published figures."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from absl import flags

from leakgan_tf.cli.config_flags import RUNS
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.data.dataset import RECORD, TextDataset, load_dataset
from leakgan_tf.runs.record import RunRecord, read_runs, runs_inside
from leakgan_tf.runs.shipped import PRETRAINED, find_run
from leakgan_tf.runs.text_config import dataset_digest
from leakgan_tf.tasks.oracle_weights import read_parameters
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing
from leakgan_tf.utils.printable import printable

ABOUT = """Writes report.html, one self-contained page, and report.md.

report RUN... [--out DIR]

RUN is the folder of a run, finished or not, or of a benchmark with all its runs. "captions" and
"captions-mle" are the models of the package."""
WORDS = "run_dir"


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    flags.DEFINE_list("run_dir", None, RUNS, **own)
    flags.DEFINE_string(
        "out", None, "The report's folder; default: report/ in the run, or beside the runs.", **own
    )
    flags.DEFINE_string("data", None, "The data folder of runs on text, if it has moved.", **own)
    flags.DEFINE_string(
        "oracle_params",
        None,
        "The published oracle, if runs used it: its sentences are shown.",
        **own,
    )
    flags.DEFINE_bool("overwrite", False, "Replace an earlier report.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Reads the runs and writes the report."""
    if not values.run_dir:
        raise UserError("name one or more runs: report RUN... (or --run_dir=RUN,RUN)")
    runs = read_runs(
        [name if runs_inside(Path(name)) else find_run(name) for name in values.run_dir]
    )
    out = Path(values.out or _default_folder(runs))
    from leakgan_tf.reporting.report import HTML, MARKDOWN, write_report

    for name in (HTML, MARKDOWN):
        refuse_existing(out / name, values.overwrite)
    datasets = [run_dataset(each, values.data) for each in runs]
    if values.data and not any(datasets):
        raise UserError("--data goes with runs on text only")
    oracle = read_oracle(values.oracle_params, runs)
    command = shlex.join(["python", "-m", "leakgan_tf", "report", *sys.argv[2:]])
    for path in write_report(runs, out, datasets, oracle, command):
        print(printable(path))


def _default_folder(runs: list[RunRecord]) -> Path:
    """Returns the default folder of a report, which is never inside the package."""
    if runs[0].path.parent == PRETRAINED:
        return Path(f"{runs[0].path.name}-report")
    return (runs[0].path if len(runs) == 1 else runs[0].path.parent) / "report"


def read_oracle(given: str | None, runs: Sequence[RunRecord]) -> dict[str, np.ndarray] | None:
    """Returns the weights in the oracle file, if one is given; refuses an oracle of other runs."""
    if not given:
        return None
    oracle, digest = read_parameters(given)
    if {each.config.oracle_params for each in runs} - {""} != {digest}:
        raise UserError(f"{given} is not the oracle that these runs used")
    return oracle


def run_dataset(run: RunRecord, given: str | None) -> TextDataset | None:
    """Returns a text run's dataset, from the given folder or the recorded one; None without one."""
    if run.config.task != "text":
        return None
    folder = given or run.path / run.made_by.get("data", "")
    if not given and not Path(folder, RECORD).is_file():
        return None
    dataset = load_dataset(folder)
    if dataset_digest(dataset) == run.config.dataset:
        return dataset
    if given:
        raise UserError(f"{given} is not the data folder that {run.path} was trained on")
    return None
