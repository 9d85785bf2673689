"""``python -m leakgan_tf study``: a page for human judges, and the table of their answers."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from absl import flags

from leakgan_tf.cli.config_flags import BEST, RUNS
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.cli.report import run_dataset
from leakgan_tf.cli.run_flags import refuse_idle
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.text import PitchTokenizer
from leakgan_tf.metrics.temperatures import check_temperature
from leakgan_tf.reporting import study, study_results
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.record import RunRecord, read_runs
from leakgan_tf.runs.shipped import find_run, run_data
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing, write_json, write_text
from leakgan_tf.utils.printable import printable

ABOUT = """Is this sentence real? Writes a page for human judges, or the table of their answers.

study RUN... --real DATA --out study.html                    also writes study.key.json: keep it
study --results A.json,B.json --key study.key.json           prints the table

Each judge opens the page in a browser, answers, and sends back the file that the page saves."""
WORDS = "run_dir"
_DRAWN = 4  # sentences sampled for each one shown: repeated and empty ones are left out


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    flags.DEFINE_list("run_dir", None, RUNS, **own)
    flags.DEFINE_string(
        "real",
        None,
        "The runs' data folder, for its held-out sentences. Default: that of the first run.",
        **own,
    )
    flags.DEFINE_string("out", None, "The page to write; the key is written beside it.", **own)
    flags.DEFINE_integer(
        "sentences",
        20,
        "Number of sentences of each run, and of real text.",
        lower_bound=1,
        upper_bound=1000,
        **own,
    )
    flags.DEFINE_integer(
        "checks",
        6,
        "Attention checks: shuffled sentences, and items that say what to answer.",
        lower_bound=0,
        upper_bound=100,
        **own,
    )
    flags.DEFINE_float("temperature", 1.0, "Divides the logits: below 1 is sharper.", **own)
    flags.DEFINE_integer("seed", 0, "The same seed gives the same page.", lower_bound=0, **own)
    flags.DEFINE_bool("best", False, BEST, **own)
    flags.DEFINE_bool("overwrite", False, "Replace --out and its key, or --json.", **own)
    flags.DEFINE_list("results", None, "The judges' files, separated by commas.", **own)
    flags.DEFINE_string("key", None, "With --results: the key of their page.", **own)
    flags.DEFINE_integer(
        "failed_checks",
        study_results.FAILED,
        "With --results: number of attention checks that a judge may fail.",
        lower_bound=0,
        **own,
    )
    flags.DEFINE_string("json", None, "With --results: file for all figures, JSON.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Writes the page and its key, or prints the table."""
    making = ("run_dir", "real", "out", "sentences", "checks", "temperature", "seed", "best")
    if values.results is not None:
        refuse_idle(values, making, "without --results")
        _print_table(values)
        return
    refuse_idle(values, ("key", "failed_checks", "json"), "with --results")
    if not values.run_dir:
        raise UserError("name one or more runs: study RUN... --real DATA --out FILE")
    if not values.out:
        raise UserError("--out is missing: the page to write")
    _write_page(values)


def _print_table(values: flags.FlagValues) -> None:
    if not values.results or not values.key:
        raise UserError("give both: --results FILE,FILE and --key study.key.json")
    if values.json:
        inputs = [("key", values.key), *(("results", each) for each in values.results)]
        refuse_existing(values.json, values.overwrite, inputs)
    key = study_results.read_key(values.key)
    judges = study_results.read_judges(values.results, key)
    found = study_results.judge_study(key, judges, values.failed_checks)
    if values.json:
        sources = [{**asdict(each), "share": each.share} for each in found.sources]
        figures = {"study": key["study"], "judges": found.judges, "excluded": found.excluded,
                   "krippendorff_alpha": found.alpha, "sources": sources}  # fmt: skip
        write_json(values.json, figures)
    print(printable(study_results.format_study(found)))


def _write_page(values: flags.FlagValues) -> None:
    page = Path(values.out)
    if page.suffix != ".html":
        raise UserError(f"--out names a page that ends in .html, not {page.name}")
    key_file = page.with_suffix(".key.json")
    for path in (page, key_file):
        refuse_existing(path, values.overwrite)
    check_temperature(values.temperature, "--temperature")
    runs = read_runs([find_run(each) for each in values.run_dir])
    for each in runs:
        if each.config.task != "text":
            raise UserError(f"{each.path} is not a run on text: a study shows sentences")
    if not values.real and run_dataset(runs[0], None) is None:
        raise UserError(f"--real is missing: the data folder of {runs[0].path} is not where it was")
    dataset = run_data(runs[0].path, runs[0].config.dataset, values.real)
    _check_runs(runs, dataset, values)
    key = _make_key(runs, dataset, values)
    write_text(page, study.study_page(key))
    write_json(key_file, key)
    print(printable(f"{len(key['sentences'])} items in {page}; the key is {key_file}"))


def _check_runs(runs: list[RunRecord], dataset: TextDataset, values: flags.FlagValues) -> None:
    """Refuses melodies, runs on different data, and names that the key uses itself."""
    if dataset.tokenizer.name == PitchTokenizer.name:
        raise UserError(f"{runs[0].path} generates melodies: a study shows sentences")
    for each in runs:
        if each.config.dataset != runs[0].config.dataset:
            raise UserError(f"{each.path} was not trained on the data of {runs[0].path}")
        if each.name in (study.REAL, study.CHECK):
            raise UserError(f"a run cannot be called {each.name!r} here: rename its folder")
        RunFolder(each.path).weights(values.best)


def _make_key(
    runs: list[RunRecord], dataset: TextDataset, values: flags.FlagValues
) -> study.StudyKey:
    from leakgan_tf.runs.load import load  # TensorFlow starts slowly: not for bad input

    count, seed, unknown = values.sentences, values.seed, dataset.vocabulary.unknown

    def texts(rows: np.ndarray) -> list[str]:
        return [printable(dataset.decode(row)) for row in study.known_words(rows, unknown)]

    taken: set[str] = set()
    remedy = f"give fewer than --sentences={count}"
    held_out = dataset.test[study.real_order(len(dataset.test), seed)]
    chosen = {
        study.REAL: study.choose_sentences("real text", texts(held_out), count, taken, remedy)
    }
    for each in runs:
        rows = load(each.path, values.best).sample(_DRAWN * count, values.temperature, seed)
        chosen[each.name] = study.choose_sentences(each.name, texts(rows), count, taken, remedy)
    training = set(texts(dataset.train))
    copies: dict[str, Any] = {
        name: sum(text in training for text in found) for name, found in chosen.items()
    }
    items = [study.Item(name, text) for name, found in chosen.items() for text in found]
    items += study.attention_checks(dataset, values.checks, taken, seed)
    systems = {each.name: each.config.system for each in runs}
    return study.make_key(items, systems, copies, dataset.corpus, values.temperature, seed)
