"""``python -m leakgan_tf generate``: sentences of a trained generator."""

import math
import sys

from absl import flags

from leakgan_tf.commandline.entry import new_flags
from leakgan_tf.errors import UserError
from leakgan_tf.files import refuse_existing, write_text
from leakgan_tf.training.run_folder import RunFolder

ABOUT = "Writes sentences of a finished or interrupted run, one a line."


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("run_dir", None, "The run's folder.", **own)
    flags.DEFINE_integer("num", 10, "How many sentences.", lower_bound=0, **own)
    flags.DEFINE_float(
        "temperature", 1.0, "Factor on the logits, so above 1 is sharper: 1.5, say.", **own
    )
    flags.register_validator(
        "temperature", lambda value: 0 < value < math.inf, "must be a number above 0", **own
    )
    flags.DEFINE_integer("seed", 0, "The same seed gives the same sentences.", **own)
    flags.DEFINE_string("out", None, "File to write; standard output without it.", **own)
    flags.DEFINE_bool("best", False, "Take the best evaluation's weights, not the last.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace --out if it exists.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Loads, samples, writes."""
    if not values.run_dir:
        raise UserError("--run_dir is missing: the folder of a run")
    if values.out:
        refuse_existing(values.out, values.overwrite)
    RunFolder(values.run_dir).weights(values.best)
    from leakgan_tf.loading import load  # TensorFlow starts slowly: not for bad input

    trained = load(values.run_dir, values.best)
    sentences = trained.generate(values.num, values.temperature, values.seed)
    text = "".join(sentence + "\n" for sentence in sentences)
    if not values.out:
        sys.stdout.write(text)
        return
    write_text(values.out, text)
    print(f"{len(sentences)} sentences in {values.out}", file=sys.stderr)
