"""``python -m leakgan_tf export``: a trained generator as a SavedModel."""

from absl import flags

from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.cli.run_flags import define_run, named_run
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shipped import find_run, training_text
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

ABOUT = """Writes a SavedModel that needs TensorFlow only, for Python and TensorFlow Serving.

export --run RUN --out DIR

Signatures: serving_default returns a sentence for each prompt; generate takes the options of the
command generate; for runs of maskgan, fill also takes a template with ___ for each blank.
docs/own-text.md has example requests to a server.

Example: python -m leakgan_tf export --run=captions --out=my_model"""


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    define_run(values)
    flags.DEFINE_string("out", None, "Folder to create for the SavedModel.", **own)
    flags.DEFINE_string(
        "data", None, "The data folder, if it has moved; for the input `novel`.", **own
    )
    flags.DEFINE_bool("best", False, BEST, **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Loads the run and writes the SavedModel."""
    named = named_run(values)
    if not values.out:
        raise UserError("--out is missing: the folder to make")
    folder = RunFolder(find_run(named))
    folder.weights(values.best)
    training = _training(folder, values.data)
    from leakgan_tf.runs.export import export  # TensorFlow starts slowly: not for bad flags
    from leakgan_tf.runs.load import load

    trained = load(folder.path, values.best)
    export(trained, values.out, training)
    chosen = f", {trained.chosen}" if values.best else ""
    print(printable(f"SavedModel in {values.out}{chosen}"))


def _training(folder: RunFolder, data: str | None) -> list[str] | None:
    """Returns the training sentences; None if they are not available and --data is not given."""
    try:
        return training_text(folder, folder.read_config(), data)
    except UserError:
        if data:
            raise
        return None
