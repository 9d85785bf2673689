"""``python -m leakgan_tf export``: a trained generator as a SavedModel."""

from absl import flags

from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

ABOUT = """Writes a SavedModel with one signature, generate(count, temperature, seed) -> text, ids.

Loading it needs TensorFlow only: tf.saved_model.load(OUT).signatures["generate"]."""


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    flags.DEFINE_string("run_dir", None, "The run's folder.", flag_values=values)
    flags.DEFINE_string("out", None, "The SavedModel's folder, a new one.", flag_values=values)
    flags.DEFINE_bool("best", False, BEST, flag_values=values)
    return values


def run(values: flags.FlagValues) -> None:
    """Loads and exports."""
    for name in ("run_dir", "out"):
        if not values[name].value:
            raise UserError(f"--{name} is missing")
    from leakgan_tf.runs.export import export  # TensorFlow starts slowly: not for bad flags
    from leakgan_tf.runs.load import load

    trained = load(values.run_dir, values.best)
    export(trained, values.out)
    chosen = f", {trained.chosen}" if values.best else ""
    print(printable(f"SavedModel in {values.out}{chosen}"))
