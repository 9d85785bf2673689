"""Writes and loads data folders: prepared text with checksums.

A data folder contains ``vocabulary.json``, ``train.npz`` and ``test.npz`` (``ids``: (n, T) int32),
and ``dataset.json`` with the settings, the counts of kept and dropped sentences, and checksums.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypedDict

import numpy as np

from leakgan_tf.data.encoding import Encoded, PrepareSettings, encode_corpus
from leakgan_tf.data.sources import Source, file_sha256, file_source
from leakgan_tf.data.text import Tokenizer, get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.utils import files, folders
from leakgan_tf.utils.arrays import read_arrays
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.schema import Limits, check

FORMAT = "leakgan_tf text dataset"
VERSION = 1
RECORD = "dataset.json"
_WHAT = "a data folder made by prepare"
_PARTS = ("vocabulary.json", "train.npz", "test.npz")


class _RecordRequired(TypedDict):
    format: str
    version: int
    settings: dict[str, Any]
    length: Annotated[int, Limits(1, 1e6)]
    sha256: dict[str, str]


class _Record(_RecordRequired, total=False):
    """The keys of dataset.json that `load_dataset` uses."""

    corpus: str | None
    merges: list[tuple[str, str]]


@dataclass(frozen=True)
class TextDataset:
    """A prepared data set: sentences as ids, with vocabulary and tokenizer.

    Attributes:
      vocabulary: V words and symbols.
      train, test: ids (n, T) int32; 0 ends a sentence and pads it.
      tokenizer: the tokenizer of the text.
      settings: preparation settings.
      corpus: name of the named corpus; None for other text.
      record: content of ``dataset.json``.
    """

    vocabulary: Vocabulary
    train: np.ndarray
    test: np.ndarray
    tokenizer: Tokenizer
    settings: PrepareSettings
    corpus: str | None
    record: dict[str, Any]

    @property
    def length(self) -> int:
        """Sequence length T, in tokens."""
        return self.train.shape[1]

    def decode(self, ids: Sequence[int]) -> str:
        """Returns the sentence of ids (T,) as text."""
        return self.tokenizer.detokenize(self.vocabulary.decode(ids))


def prepare(
    inputs: Sequence[str | Path | Source],
    out: str | Path,
    settings: PrepareSettings | None = None,
    *,
    test: Sequence[str | Path | Source] | None = None,
    corpus: str | None = None,
    overwrite: bool = False,
) -> Encoded:
    """Creates a data folder from raw text, atomically; without `test` a share of it is held out.

    Returns:
      The encoded corpus, with the counts of kept and dropped sentences.

    Raises:
      UserError: ``out`` cannot be created, or the text cannot be used (``encode_corpus``).
    """
    settings = settings or PrepareSettings()
    out = Path(out).resolve()
    folders.recover_folder(out)
    _check_out(out, overwrite)
    if not inputs:
        raise UserError("no text to prepare: name at least one file")
    sources = [make_source(each, settings) for each in inputs]
    test_sources = [make_source(each, settings) for each in test] if test else None
    _refuse_shared(sources, test_sources or [])
    encoded = encode_corpus(sources, test_sources, settings)
    with folders.atomic_folder(out) as folder:
        files.write_json(folder / "vocabulary.json", encoded.vocabulary.to_json())
        for name, ids in (("train", encoded.train), ("test", encoded.test)):
            with files.atomic_output(folder / f"{name}.npz") as path, open(path, "wb") as stream:
                np.savez_compressed(stream, ids=ids)
        record = {
            "format": FORMAT,
            "version": VERSION,
            "corpus": corpus,
            "settings": settings.to_json(),
            "length": encoded.length,
            "vocabulary_size": len(encoded.vocabulary),
            "train": encoded.train_account.to_json(),
            "test": encoded.test_account.to_json(),
            "test_sentences_also_in_train": encoded.overlap,
            "inputs": [_provenance(source) for source in sources],
            "test_inputs": [_provenance(source) for source in test_sources or []],
            **({"merges": encoded.merges} if encoded.merges is not None else {}),
            "sha256": {name: file_sha256(folder / name) for name in _PARTS},
        }
        files.write_json(folder / RECORD, record)
    return encoded


def load_dataset(folder: str | Path) -> TextDataset:
    """Loads and checks a data folder.

    Raises:
      UserError: the folder is not a data folder, has another version, or lacks a file; or a file
        is damaged.
    """
    folder = Path(folder)
    if not folder.exists():
        folders.recover_folder(folder.absolute())
    record = _read_record(folder)
    for name in _PARTS:
        if file_sha256(folder / name) != record["sha256"].get(name):
            raise UserError(f"{folder / name} is damaged: its checksum differs from {RECORD}")
    settings = PrepareSettings.from_json(record["settings"])
    vocabulary = Vocabulary.from_json(files.read_json(folder / "vocabulary.json", "a vocabulary"))
    length = record["length"]
    return TextDataset(
        vocabulary,
        _read_ids(folder / "train.npz", length, vocabulary),
        _read_ids(folder / "test.npz", length, vocabulary),
        get_tokenizer(settings.tokenizer, settings.lowercase, record.get("merges")),
        settings,
        record["corpus"],
        record,
    )


def make_source(given: str | Path | Source, settings: PrepareSettings) -> Source:
    """Returns a file as a source with the settings' column, encoding and split; or the source."""
    if isinstance(given, Source):
        return given
    return file_source(given, settings.column, settings.encoding, settings.split)


def _provenance(source: Source) -> dict[str, Any]:
    notes = {"notes": list(source.notes)} if source.notes else {}
    return {"name": source.name, "sha256": source.sha256, **notes}


def _refuse_shared(sources: Sequence[Source], test_sources: Sequence[Source]) -> None:
    names = {source.sha256: source.name for source in sources}
    for source in test_sources:
        if source.sha256 in names:
            other = names[source.sha256]
            raise UserError(f"the test file {source.name} has the same content as {other}")


def _read_record(folder: Path) -> dict[str, Any]:
    record = files.read_json(folder / RECORD, _WHAT)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UserError(f"{folder} is not {_WHAT}")
    if record.get("version") != VERSION:
        raise UserError(
            f"{folder} has version {record.get('version')}; this program reads version {VERSION}"
        )
    return {"corpus": None, **check(record, _Record, str(folder / RECORD))}


def _read_ids(path: Path, length: int, vocabulary: Vocabulary) -> np.ndarray:
    ids = read_arrays(path, "token ids", ["ids"])["ids"]
    fits = ids.dtype == np.int32 and ids.ndim == 2 and ids.shape[1] == length and ids.size
    if not fits or ids.min() < 0 or ids.max() >= len(vocabulary):
        raise UserError(f"{path} does not fit {RECORD} and vocabulary.json")
    return ids


def _check_out(out: Path, overwrite: bool) -> None:
    """Raises ``UserError``, before any text is read, if ``out`` cannot be created."""
    if out.exists():
        if not overwrite:
            raise UserError(
                f"{out} exists; give another name, or --overwrite (in Python overwrite=True)"
            )
        _check_replaceable(out)
    ancestor = next(parent for parent in out.parents if parent.exists())
    if not ancestor.is_dir() or not os.access(ancestor, os.W_OK):
        raise UserError(f"cannot create {out}: {ancestor} is not a folder that can be written to")


def _check_replaceable(out: Path) -> None:
    """Raises ``UserError`` if ``out`` is not a data folder, or contains other files."""
    if not out.is_dir():
        raise UserError(f"{out} is a file; give the name of a folder")
    try:
        _read_record(out)
    except UserError as error:
        raise UserError(f"{out} is not {_WHAT}: --overwrite does not touch it") from error
    foreign = sorted({path.name for path in out.iterdir()} - {RECORD, *_PARTS})
    if foreign:
        raise UserError(f"{out} also contains {foreign[0]}: --overwrite does not touch it")
