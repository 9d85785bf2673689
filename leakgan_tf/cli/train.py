"""``python -m leakgan_tf train``: a system on a data folder or on the oracle task."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from leakgan_tf.api.scores import oracle_table
from leakgan_tf.api.training import ORACLE_TASK, default_run_dir, train
from leakgan_tf.cli.config_flags import ORACLE_PARAMS, SEMANTICS, define_settings, overrides
from leakgan_tf.cli.device_flags import define_placement, kept_by_the_chief, placement
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.config.presets import ORACLE_ONLY, describe_presets
from leakgan_tf.reporting.figure_tables import figures_table
from leakgan_tf.systems.registry import describe_systems
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

if TYPE_CHECKING:
    from leakgan_tf.runs.load import TrainedGenerator

ABOUT = """Trains a system; the same command resumes a stopped run.

train --data FOLDER [--system leakgan]          on text, in a folder made by prepare
train --task synthetic [--oracle_params FILE]   on sentences of an oracle

Example: python -m leakgan_tf train --data=save/coco --system=leakgan --preset=quick"""


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("data", None, "The data folder.", **own)
    flags.DEFINE_enum(
        "task", None, ["text", ORACLE_TASK], "The task to learn; text if --data is given.", **own
    )
    flags.DEFINE_integer("length", None, "Oracle task: tokens in a sentence, T, 20 or 40.", **own)
    flags.DEFINE_string("oracle_params", None, ORACLE_PARAMS, **own)
    flags.DEFINE_string("run_dir", None, "The run's folder; default save/SYSTEM-DATA.", **own)
    flags.DEFINE_string("system", "leakgan", f"One of {describe_systems()}.", **own)
    oracle_only = f"{' and '.join(ORACLE_ONLY)} on the oracle task only"
    flags.DEFINE_string("preset", "quick", f"{describe_presets(True)} ({oracle_only}).", **own)
    flags.DEFINE_string("semantics", None, SEMANTICS, **own)
    flags.DEFINE_integer("seed", 0, "Seed of all random numbers.", **own)
    define_placement(values)
    define_settings(values)
    return values


def run(values: flags.FlagValues) -> None:
    """Trains the run to its end and prints its figures."""
    if not values.data and values.task != ORACLE_TASK:
        raise UserError(f"--data is missing: a folder made by prepare; or --task={ORACLE_TASK}")
    placed = placement(values)
    run_dir = Path(values.run_dir or default_run_dir(values.system, values.data or None))
    with kept_by_the_chief(placed, run_dir) as kept:
        trained = train(
            values.data or None,
            values.system,
            values.preset,
            kept,
            task=values.task or "",
            semantics=values.semantics,
            seed=values.seed,
            length=values.length,
            oracle_params=values.oracle_params,
            placement=placed,
            command=shlex.join(["python", "-m", "leakgan_tf", "train", *sys.argv[2:]]),
            **overrides(values),
        )
        print(f"\n{_table(run_dir.name, trained)}\n")
        shown = printable(run_dir)
        print(f"Run: {shown}\nNext: python -m leakgan_tf generate --run={shown}")


def _table(name: str, trained: "TrainedGenerator") -> str:
    if trained.config.task == "text":
        return figures_table({name: trained.figures})
    return oracle_table({name: trained.figures["sweep"]})
