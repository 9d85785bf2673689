"""Prepares data folders from Python. Does not import TensorFlow."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from leakgan_tf.data import corpora, dataset
from leakgan_tf.data.dataset import TextDataset, load_dataset
from leakgan_tf.data.diagnosis import diagnose
from leakgan_tf.data.encoding import DEFAULT_CAP, DEFAULT_SHARE, Encoded, PrepareSettings
from leakgan_tf.data.melodies import SETTINGS as MELODY_SETTINGS
from leakgan_tf.data.melodies import melody_sources, read_folder, window_length
from leakgan_tf.data.midi import STEP
from leakgan_tf.data.sources import Source
from leakgan_tf.utils.arguments import NUMBER, PATH, SWITCH, as_list, check_type
from leakgan_tf.utils.errors import UserError

DATA_DIR_VARIABLE = "LEAKGAN_TF_DATA"
_SHOWN = 3  # sentences shown by `repr`
_WIDTH = 76  # characters shown of each


class Dataset:
    """A data folder: training and held-out sentences, ready for training.

    Attributes:
      path: the folder.
      contents: the sentences as ids, the vocabulary and the tokenizer.
      account: a table of the numbers of sentences that `prepare` kept and dropped; "" if an
        existing folder was opened.

    Args:
      path: a folder made by `prepare`.
      account: see above.

    Raises:
      UserError: the folder is missing, damaged, or not a data folder.
    """

    def __init__(self, path: str | Path, account: str = ""):
        check_type(PATH, path=path)
        self.path = Path(path)
        self.contents: TextDataset = load_dataset(path)
        self.account = account

    @property
    def train(self) -> list[str]:
        """The training sentences."""
        return [self.contents.decode(row) for row in self.contents.train]

    @property
    def test(self) -> list[str]:
        """The held-out sentences."""
        return [self.contents.decode(row) for row in self.contents.test]

    def __repr__(self) -> str:
        own = self.contents
        shown = [own.decode(row) for row in own.train[:_SHOWN]]
        lines = [
            f"Dataset in {self.path}: {own.corpus or 'text'}, tokenizer {own.tokenizer.name}",
            f"  {len(own.train):,} training and {len(own.test):,} held-out sentences",
            f"  T = {own.length} tokens at most, V = {len(own.vocabulary):,}",
            *(f"  | {line[:_WIDTH]}{'…' if len(line) > _WIDTH else ''}" for line in shown),
        ]
        return "\n".join(lines)


def prepare(
    source: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    test: str | Path | Sequence[str | Path] | None = None,
    overwrite: bool = False,
    step: float | None = None,
    data_dir: str | Path | None = None,
    download: bool = False,
    **settings: Any,
) -> Dataset:
    """Makes a data folder from text, MIDI files or a named corpus.

    Examples:
      >>> import leakgan_tf
      >>> leakgan_tf.prepare("cats.txt", "cats", test_fraction=0.25)
      Dataset in cats: text, tokenizer word
        54 training and 18 held-out sentences
        T = 4 tokens at most, V = 20
        | a dog sits.
        | a dog sleeps.
        | a dog waits.

    Args:
      source: one or more text files with one sentence per line; or a folder of MIDI files with
        one melody each; or the name of a corpus, such as "captions".
      out: the data folder to make.
      test: one or more files of held-out text; default: a share of the sentences is held out.
      overwrite: replace ``out`` if it is a data folder.
      step: seconds between two pitches of MIDI files.
      data_dir: the folder of named corpora; default: the environment variable
        ``LEAKGAN_TF_DATA``.
      download: whether to download missing files of a named corpus into ``data_dir``.
      **settings: fields of `PrepareSettings`: ``tokenizer="char"``, ``max_length=20``.

    Returns:
      The data folder, with its ``account``.

    Raises:
      UserError: an argument or the text cannot be used, or ``out`` cannot be made.
    """
    inputs = as_list(PATH, "source", source)
    held_out = [] if test is None else as_list(PATH, "test", test)
    check_type(PATH, out=out)
    check_type(PATH, optional=True, data_dir=data_dir)
    check_type(SWITCH, overwrite=overwrite, download=download)
    check_type(NUMBER, optional=True, step=step)
    known = [field.name for field in dataclasses.fields(PrepareSettings)]
    for name in settings:
        if name not in known:
            raise UserError(f"prepare has no setting {name!r}: one of {', '.join(known)}")
    if isinstance(source, str) and source in corpora.CORPORA and not Path(source).exists():
        _refuse(f"the corpus {source}", test=test, step=step)
        return prepare_corpus(source, out, data_dir, download, overwrite, settings)
    _refuse("anything but a named corpus", data_dir=data_dir, download=download or None)
    if isinstance(source, str | Path) and Path(source).is_dir():
        _refuse("MIDI files", test=test)
        return prepare_midi(source, out, step, overwrite, settings)
    _refuse("text", step=step)
    return prepare_text(inputs, out, held_out, overwrite, settings)


def prepare_text(
    inputs: Sequence[str | Path],
    out: str | Path,
    test: Sequence[str | Path] = (),
    overwrite: bool = False,
    settings: dict[str, Any] | None = None,
) -> Dataset:
    """Makes a data folder from text files; see `prepare`."""
    chosen = PrepareSettings(**(settings or {}))
    encoded = dataset.prepare(inputs, out, chosen, test=test or None, overwrite=overwrite)
    sources = [dataset.make_source(each, chosen) for each in inputs]
    warnings = diagnose(sources, encoded, chosen)
    return Dataset(out, "\n".join([report(encoded, chosen), *warnings]))


def prepare_midi(
    folder: str | Path,
    out: str | Path,
    step: float | None = None,
    overwrite: bool = False,
    settings: dict[str, Any] | None = None,
) -> Dataset:
    """Makes a data folder from a folder of MIDI files; see `prepare`."""
    _refuse_files("MIDI files", settings)
    chosen = dataclasses.replace(MELODY_SETTINGS, **(settings or {}))
    train, test = midi_sources(folder, step, chosen)
    encoded = dataset.prepare(train, out, chosen, test=test, overwrite=overwrite)
    return Dataset(out, "\n".join([report(encoded, chosen), *source_notes(None, train)]))


def prepare_corpus(
    name: str,
    out: str | Path,
    data_dir: str | Path | None = None,
    download: bool = False,
    overwrite: bool = False,
    settings: dict[str, Any] | None = None,
    base: PrepareSettings | None = None,
) -> Dataset:
    """Makes a data folder from a named corpus; see `prepare`.

    Args:
      name: name of the corpus.
      out: the data folder to make.
      data_dir: the folder of named corpora.
      download: whether to download missing files.
      overwrite: replace ``out`` if it is a data folder.
      settings: fields of `PrepareSettings` that replace those of `base`.
      base: the settings to start from; default: the corpus's own.
    """
    _refuse_files(f"the corpus {name}", settings)
    corpus = corpora.get_corpus(name)
    chosen = dataclasses.replace(base or corpus.settings, **(settings or {}))
    folder = data_dir or os.environ.get(DATA_DIR_VARIABLE)
    train, test = corpora.corpus_sources(corpus, folder, download, chosen)
    encoded = dataset.prepare(train, out, chosen, test=test, corpus=name, overwrite=overwrite)
    notes = source_notes(corpus, [*train, *(test or ())])
    return Dataset(out, "\n".join([report(encoded, chosen), *notes]))


def midi_sources(
    folder: str | Path, step: float | None, settings: PrepareSettings
) -> tuple[list[Source], list[Source]]:
    """Returns the (training, held-out) melodies of a folder of MIDI files."""
    melodies = read_folder(folder, window_length(settings), STEP if step is None else step)
    train, test = melody_sources(melodies, settings)
    return [train], [test]


def _refuse_files(kind: str, settings: dict[str, Any] | None) -> None:
    """Raises ``UserError`` for settings that apply to the user's own text files only."""
    for name in ("column", "encoding", "split"):
        if name in (settings or {}):
            raise UserError(f"{name} does not go with {kind}")


def _refuse(kind: str, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise UserError(f"{name} does not go with {kind}")


def report(encoded: Encoded, settings: PrepareSettings) -> str:
    """Returns a table of the sentences kept and dropped, with the resulting sizes below it."""
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


def source_notes(corpus: corpora.Corpus | None, sources: Sequence[Source]) -> list[str]:
    """Returns notes on sources, one line each; also on files of a corpus that are not known."""
    strange = [
        f"note: {name} is not the file that this project's results were made with"
        for name in (corpora.unfamiliar_files(corpus, sources) if corpus else ())
    ]
    return [*(note for source in sources for note in source.notes), *strange]
