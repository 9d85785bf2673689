"""``python -m leakgan_tf prepare``: a data folder from text, MIDI files or a named corpus."""

import dataclasses
from typing import Any

from absl import flags

from leakgan_tf.api.datasets import DATA_DIR_VARIABLE, prepare_corpus, prepare_midi, prepare_text
from leakgan_tf.cli import entry
from leakgan_tf.data import corpora
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.midi import STEP
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable
from leakgan_tf.utils.status import stage

ABOUT = """Creates a data folder from text (plain or gzip), from MIDI files, or from a named corpus.

prepare --input FILE [--input FILE] --out DIR [--test FILE]    one sentence a line, UTF-8
prepare --input FILE.csv --column text --out DIR               a column of CSV, TSV, JSON lines
prepare --input BOOK --split sentences --out DIR               running text
prepare --dataset captions --out DIR
prepare --midi FOLDER --out DIR

Prints what was kept and left out, and warns, with a remedy, where the text looks wrong.

Example: python -m leakgan_tf prepare --input=my.txt --out=my_data"""
# Descriptions of flags that the benchmarks have too.
DATA_DIR = f"Folder of named corpora. Default: ${DATA_DIR_VARIABLE}."
DOWNLOAD = "Download missing files of the corpus to --data_dir."
STEP_ABOUT = f"With --midi: seconds between two pitches. Default: {STEP}."
# {group of flags: title in --help}; flags without a group come first.
GROUPS = {
    "reading": "How files are read", "tokens": "Tokens and vocabulary", "split": "Test set",
    "named": "Named corpora", "melodies": "Melodies",
}  # fmt: skip
_OF_SETTINGS = {
    "column": "reading", "encoding": "reading", "split": "reading", "test_fraction": "split",
    "seed": "split", "deduplicate": "split",
}  # fmt: skip


def define_flags() -> flags.FlagValues:
    """Returns the flags of the command, none of them set."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_multi_string(
        "input", [], "Training text; repeat the flag for several files.", **own
    )
    flags.DEFINE_string("out", None, "The data folder to create.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace --out if it is a data folder.", **own)
    fields = {field.name: field for field in dataclasses.fields(PrepareSettings)}
    order = [*(name for name, group in _OF_SETTINGS.items() if group == "reading"), *fields]
    settings = [fields[name] for name in dict.fromkeys(order)]
    for field in settings:
        if field.name not in _OF_SETTINGS or _OF_SETTINGS[field.name] == "reading":
            _define_setting(field, own)
    test = {**own, "module_name": GROUPS["split"]}
    flags.DEFINE_multi_string(
        "test", [], "Held-out text; repeat the flag for several files.", **test
    )
    for field in settings:
        if _OF_SETTINGS.get(field.name) == "split":
            _define_setting(field, own)
    named = {**own, "module_name": GROUPS["named"]}
    about = "; ".join(f"{name}: {corpus.about}" for name, corpus in corpora.CORPORA.items())
    names = list(corpora.CORPORA)
    flags.DEFINE_enum("dataset", None, names, f"A corpus by name. {about}.", **named)
    flags.DEFINE_string("data_dir", None, DATA_DIR, **named)
    flags.DEFINE_bool("download", False, DOWNLOAD, **named)
    melodies = {**own, "module_name": GROUPS["melodies"]}
    flags.DEFINE_string("midi", None, "A folder of MIDI files with one melody each.", **melodies)
    flags.DEFINE_float("step", None, STEP_ABOUT, **melodies)
    return values


def run(values: flags.FlagValues) -> None:
    """Prepares the folder and prints a summary.

    Raises:
      UserError: flags that are missing or contradict each other, or text that cannot be used.
    """
    _check_flags(values)
    given, overwrite = _given_settings(values), values.overwrite
    with stage("reading and encoding"):
        if values.dataset:
            source = values.data_dir, values.download
            made = prepare_corpus(values.dataset, values.out, *source, overwrite, given)
        elif values.midi:
            made = prepare_midi(values.midi, values.out, values.step, overwrite, given)
        else:
            made = prepare_text(values.input, values.out, values.test, overwrite, given)
    print(printable(f"{made.account}\nwritten to {values.out}"))


def _define_setting(field: dataclasses.Field, own: dict[str, Any]) -> None:
    """Adds a flag for one field; unset by default, so that a corpus's own settings apply."""
    about, choices = field.metadata["about"], field.metadata["choices"]
    own = {**own, "module_name": GROUPS[_OF_SETTINGS.get(field.name, "tokens")]}
    if field.default not in (None, "") or field.name == "omit":
        default = "none" if field.default == "" else field.default
        about = f"{about} Default: {default}, or the corpus's own."
    if choices:
        flags.DEFINE_enum(field.name, None, list(choices), about, **own)
        return
    kinds = {str: flags.DEFINE_string, bool: flags.DEFINE_bool, float: flags.DEFINE_float}
    kinds.get(type(field.default), flags.DEFINE_integer)(field.name, None, about, **own)


def _given_settings(values: flags.FlagValues) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(PrepareSettings)]
    return {name: values[name].value for name in names if values[name].value is not None}


def _check_flags(values: flags.FlagValues) -> None:
    if not values.out:
        raise UserError("--out is missing: the data folder to create")
    if sum(map(bool, (values.input, values.dataset, values.midi))) != 1:
        raise UserError(
            "give either --input, one or more text files, or --dataset, a name, or --midi, a folder"
        )
    if "" in [*values.input, *values.test]:
        raise UserError("--input or --test is empty: name a file")
    if values.test and values.dataset:
        raise UserError(f"--test does not go with --dataset: {values.dataset} has its own")
    _check_melody_flags(values)
    if values.test_fraction is not None or values.seed is not None:
        corpus = corpora.CORPORA.get(values.dataset)
        if values.test or (corpus and not corpus.is_split_here):
            raise UserError("--test_fraction and --seed cannot be used with a separate test part")
    if values.download and not values.dataset:
        raise UserError("--download goes with --dataset only")


def _check_melody_flags(values: flags.FlagValues) -> None:
    if values.step is not None and not values.midi:
        raise UserError("--step goes with --midi only")
    corpus = corpora.CORPORA.get(values.dataset)
    if not (values.midi or (corpus and corpus.midi)):
        return
    if values.test:
        raise UserError("--test does not go with --midi: a share of the tunes is held out")
    for name in ("tokenizer", "lowercase", "long"):
        if values[name].value is not None:
            raise UserError(f"--{name} does not go with melodies: a step is a token")
