"""``python -m leakgan_tf prepare``: text, MIDI files or a corpus by name, to a data folder."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

from absl import flags
from tabulate import tabulate

from leakgan_tf.cli import entry
from leakgan_tf.data import corpora, dataset
from leakgan_tf.data.encoding import DEFAULT_CAP, DEFAULT_SHARE, Encoded, PrepareSettings
from leakgan_tf.data.melodies import SETTINGS as MELODY_SETTINGS
from leakgan_tf.data.melodies import melody_sources, read_folder, window_length
from leakgan_tf.data.midi import STEP
from leakgan_tf.data.sources import Source
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

ABOUT = """Makes a data folder from UTF-8 text, one sentence a line, plain or gzip; or from tunes.

prepare --input FILE [--input FILE] --out DIR [--test FILE]
prepare --dataset captions --out DIR
prepare --midi FOLDER --out DIR

It prints what was kept and what was not."""

DATA_DIR_VARIABLE = "LEAKGAN_TF_DATA"


def define_flags() -> flags.FlagValues:
    """Returns the flags of the command, none of them set."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_multi_string("input", [], "Text to learn from; may be given again.", **own)
    flags.DEFINE_multi_string("test", [], "Held-out text; may be given again.", **own)
    about = "; ".join(f"{name}: {corpus.about}" for name, corpus in corpora.CORPORA.items())
    names = list(corpora.CORPORA)
    flags.DEFINE_enum("dataset", None, names, f"A corpus by name. {about}.", **own)
    flags.DEFINE_string("midi", None, "A folder of MIDI files with one melody each.", **own)
    flags.DEFINE_float(
        "step", None, f"--midi: seconds between two pitches. Default: {STEP}.", **own
    )
    flags.DEFINE_string(
        "data_dir", None, f"Folder of named corpora. Default: ${DATA_DIR_VARIABLE}.", **own
    )
    flags.DEFINE_bool("download", False, "Fetch what the corpus lacks into --data_dir.", **own)
    flags.DEFINE_string("out", None, "The folder to make.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace --out if it is a data folder.", **own)
    for field in dataclasses.fields(PrepareSettings):
        _define_setting(field, own)
    return values


def run(values: flags.FlagValues) -> None:
    """Prepares the folder and prints the account.

    Raises:
      UserError: flags that are missing or contradict each other, or text that cannot be used.
    """
    _check_flags(values)
    if values.dataset:
        corpus = corpora.get_corpus(values.dataset)
        settings = dataclasses.replace(corpus.settings, **_given_settings(values))
        data_dir = data_folder(values)
        train, test = corpora.corpus_sources(corpus, data_dir, values.download, settings)
        notes = source_notes(corpus, [*train, *(test or ())])
    elif values.midi:
        settings = dataclasses.replace(MELODY_SETTINGS, **_given_settings(values))
        train, test = midi_sources(values, settings)
        notes = source_notes(None, train)
    else:
        settings = PrepareSettings(**_given_settings(values))
        train, test, notes = values.input, values.test or None, []
    encoded = dataset.prepare(
        train,
        values.out,
        settings,
        test=test,
        corpus=values.dataset,
        overwrite=values.overwrite,
    )
    lines = [report(encoded, settings), *notes, f"written to {values.out}"]
    print(printable("\n".join(lines)))


def midi_sources(
    values: flags.FlagValues, settings: PrepareSettings
) -> tuple[list[Source], list[Source]]:
    """Returns the melodies of --midi, (to learn from, held out)."""
    step = STEP if values.step is None else values.step
    melodies = read_folder(values.midi, window_length(settings), step)
    train, test = melody_sources(melodies, settings)
    return [train], [test]


def data_folder(values: flags.FlagValues) -> str | None:
    """Returns the folder of named corpora: the flag's, or the environment's."""
    return values.data_dir or os.environ.get(DATA_DIR_VARIABLE)


def report(encoded: Encoded, settings: PrepareSettings) -> str:
    """Returns the account of what was kept as a table, with the sizes that came out under it."""
    parts = (encoded.train_account, encoded.test_account)
    fate = {"drop": "dropped", "cut": "cut"}[settings.long]
    rare = {"drop": "sentence dropped", "replace": "replaced by <unk>"}[settings.rare]
    titles = {
        "lines": "lines read",
        "blank": "blank lines",
        "too_long": f"more than {encoded.length} tokens: {fate}",
        "set_aside": "set aside for testing",
        "repeated": "repeated: dropped",
        "with_rare": f"with rare or unknown words: {rare}",
        "kept": "sentences kept",
        "tokens": "tokens, before rare words went",
    }
    rows = [
        [title, *(f"{getattr(part, key):,}" for part in parts)] for key, title in titles.items()
    ]
    rows.append(["tokens in the vocabulary", *(f"{part.coverage:.2%}" for part in parts)])
    table = tabulate(
        rows, ["", "training", "test"], disable_numparse=True, colalign=("left", "right", "right")
    )
    return f"{table}\n\n{_sizes(encoded, settings)}"


def _sizes(encoded: Encoded, settings: PrepareSettings) -> str:
    vocabulary = encoded.vocabulary
    symbols = "<eos> and <unk>" if vocabulary.unknown else "<eos>"
    omitted = f", without {settings.omit}" if settings.omit else ""
    reason = f"max_length {settings.max_length}"
    if settings.max_length is None:
        reason = f"holds {DEFAULT_SHARE:.0%} of the sentences, at most {DEFAULT_CAP}"
    return tabulate(
        [
            ["tokenizer", settings.tokenizer + ", lowercase" * settings.lowercase + omitted],
            ["length T", f"{encoded.length} ({reason}; a multiple of {settings.length_multiple})"],
            ["vocabulary V", f"{len(vocabulary):,} with {symbols}"],
            ["unknown test tokens", f"{1 - encoded.test_account.coverage:.2%}"],
            ["test sentences that training has too", f"{encoded.overlap:,}"],
        ],
        tablefmt="plain",
        disable_numparse=True,
    )


def _define_setting(field: dataclasses.Field, own: dict[str, Any]) -> None:
    """Adds a flag for one field; unset, so that a corpus's own settings can be told from given."""
    about, choices = field.metadata["about"], field.metadata["choices"]
    if field.default is not None:
        default = "none" if field.default == "" else field.default
        about = f"{about} Default: {default}, or the corpus's own."
    if choices:
        flags.DEFINE_enum(field.name, None, list(choices), about, **own)
    elif isinstance(field.default, str):
        flags.DEFINE_string(field.name, None, about, **own)
    elif isinstance(field.default, bool):
        flags.DEFINE_bool(field.name, None, about, **own)
    elif isinstance(field.default, float):
        flags.DEFINE_float(field.name, None, about, **own)
    else:
        flags.DEFINE_integer(field.name, None, about, **own)


def _given_settings(values: flags.FlagValues) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(PrepareSettings)]
    return {name: values[name].value for name in names if values[name].value is not None}


def _check_flags(values: flags.FlagValues) -> None:
    if not values.out:
        raise UserError("--out is missing: the folder to make")
    if sum(map(bool, (values.input, values.dataset, values.midi))) != 1:
        raise UserError(
            "give either --input, one or more text files, or --dataset, a name, or --midi, a folder"
        )
    if "" in [*values.input, *values.test]:
        raise UserError("--input or --test is empty; name a file")
    if values.test and values.dataset:
        raise UserError(f"--test does not go with --dataset: {values.dataset} has its own")
    _check_melody_flags(values)
    if values.test_fraction is not None or values.seed is not None:
        corpus = corpora.CORPORA.get(values.dataset)
        if values.test or (corpus and not corpus.is_split_here):
            raise UserError("--test_fraction and --seed do not go with a test part of its own")
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


def source_notes(corpus: corpora.Corpus | None, sources: Sequence[Source]) -> list[str]:
    """Returns what is to be said of sources, a line each; of strange ones of a corpus, too."""
    strange = [
        f"note: {name} is not the file that this project's results were made with"
        for name in (corpora.unfamiliar_files(corpus, sources) if corpus else ())
    ]
    return [*(note for source in sources for note in source.notes), *strange]
