"""``python -m leakgan_tf train``: a system on a prepared data folder."""

import shlex
import sys
from pathlib import Path

from absl import flags

from leakgan_tf.cli.config_flags import define_settings, overrides
from leakgan_tf.cli.device_flags import define_placement, kept_by_the_chief, placement
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.text_config import text_config
from leakgan_tf.systems.registry import describe_systems
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

ABOUT = """Trains a system on a data folder made by prepare; the same command goes on after a stop.

Example: python -m leakgan_tf train --data=save/coco --system=leakgan --preset=quick"""


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("data", None, "The data folder.", **own)
    flags.DEFINE_string("run_dir", None, "The run's folder; default save/SYSTEM-DATA.", **own)
    flags.DEFINE_string("system", "leakgan", f"One of {describe_systems()}.", **own)
    flags.DEFINE_string("preset", "quick", "smoke, quick or paper: see presets.py.", **own)
    flags.DEFINE_string("semantics", None, "original or paper; default: the preset's.", **own)
    flags.DEFINE_integer("seed", 0, "Seed of everything random.", **own)
    define_placement(values)
    define_settings(values)
    return values


def run(values: flags.FlagValues) -> None:
    """Trains what is left of the run, and prints its figures."""
    if not values.data:
        raise UserError("--data is missing: a folder made by prepare")
    changes, placed = overrides(values), placement(values)
    dataset = load_dataset(values.data)
    config = text_config(
        dataset, values.preset, values.semantics, values.system, values.seed, changes
    )
    run_dir = Path(values.run_dir or f"save/{config.system}-{Path(values.data).resolve().name}")
    with kept_by_the_chief(placed, run_dir) as kept:
        RunFolder(kept).refuse_others(config)
        # TensorFlow starts slowly, and talks: not for bad input.
        from leakgan_tf.evaluation.text import train_text
        from leakgan_tf.reporting.text_figures import figures_table
        from leakgan_tf.training.session import prepare_process

        distribution = prepare_process(placed)
        command = shlex.join(["python", "-m", "leakgan_tf", "train", *sys.argv[2:]])
        figures = train_text(config, dataset, values.data, kept, command, distribution)
        print(f"\n{figures_table({run_dir.name: figures})}\n")
        shown = printable(run_dir)
        print(f"Run: {shown}\nNext: python -m leakgan_tf generate --run_dir={shown}")
