"""``python -m leakgan_tf explore``: LeakGAN token by token, as one page."""

from pathlib import Path

from absl import flags

from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.cli.report import read_oracle, run_dataset
from leakgan_tf.metrics.temperatures import check_temperature
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.record import read_runs
from leakgan_tf.runs.shipped import NAMES, find_run
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing, write_text
from leakgan_tf.utils.printable import printable

ABOUT = """Writes one page on which LeakGAN can be followed token by token, in any browser.

explore RUN --out page.html
explore captions --out page.html      the LeakGAN that comes with the package

It shows the Worker's likeliest words with and without the goal, the Manager's goal, the leaked
features, D's score of the prefix, and the intrinsic reward."""
WORDS = "run_dir"


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    about = f"The run's folder, or {NAMES[0]}, a model of the package."
    flags.DEFINE_list("run_dir", None, f"{about} --run_dir= may be left out.", **own)
    flags.DEFINE_string("out", None, "The page to write.", **own)
    flags.DEFINE_integer(
        "sentences",
        8,
        "Number of generated sentences to choose from.",
        lower_bound=1,
        upper_bound=40,
        **own,
    )
    flags.DEFINE_integer(
        "rollouts",
        16,
        "Number of rollouts of each prefix, which D scores.",
        lower_bound=2,
        upper_bound=1000,
        **own,
    )
    flags.DEFINE_float("temperature", 1.0, "Divides the logits: below 1 is sharper.", **own)
    flags.DEFINE_integer("seed", 0, "The same seed gives the same sentences.", **own)
    flags.DEFINE_string("data", None, "The data folder of a run on text, if it has moved.", **own)
    flags.DEFINE_string(
        "oracle_params",
        None,
        "The published oracle, if the run used it: its sentences are shown.",
        **own,
    )
    flags.DEFINE_bool("best", False, BEST, **own)
    flags.DEFINE_bool("overwrite", False, "Replace --out if it exists.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Reads the run and writes the page."""
    if not values.run_dir:
        raise UserError("name a run: explore RUN --out page.html")
    if not values.out:
        raise UserError("--out is missing: the page to write")
    refuse_existing(values.out, values.overwrite)
    check_temperature(values.temperature, "--temperature")
    runs = read_runs([find_run(each) for each in values.run_dir])
    if len(runs) > 1:
        raise UserError(f"explore takes one run, not {len(runs)}")
    (found,) = runs
    if found.config.system != "leakgan":
        raise UserError(
            f"{found.path} is a run of {found.config.system}: explore shows LeakGAN's Manager and "
            "Worker, which only a run of leakgan has"
        )
    RunFolder(found.path).weights(values.best)
    dataset, oracle = run_dataset(found, values.data), read_oracle(values.oracle_params, runs)
    if values.data and not dataset:
        raise UserError("--data goes with runs on text only")
    # These import TensorFlow: not for bad input.
    from leakgan_tf.reporting.explore_page import explore_page
    from leakgan_tf.reporting.written import real_sentences
    from leakgan_tf.runs.load import load

    page = explore_page(
        load(found.path, values.best),
        found.name,
        real_sentences(found, dataset, oracle),
        values.sentences,
        values.rollouts,
        values.temperature,
        values.seed,
    )
    write_text(values.out, page)
    size = Path(values.out).stat().st_size / 1e6
    print(printable(f"{values.out}: {size:.2f} MB"))
