"""A folder of MIDI files as melodies of equal length, and which of them are held out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.midi import STEP, exact_step, read_melody
from leakgan_tf.data.sources import Source, file_sha256, generated_source
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import numpy_generator

SUFFIXES = (".mid", ".midi")
# Length 32 is SeqGAN's paper's. A tenth of the tunes is held out, as of the poems. A test melody
# with a pitch that training never has could not be written by any model: it is dropped, counted.
PIECE = 32  # steps of a piece, SeqGAN's
SETTINGS = PrepareSettings(
    tokenizer="pitch", max_length=PIECE, rare="drop", test_fraction=0.1, seed=0
)


@dataclass(frozen=True)
class MelodyFolder:
    """What a folder of MIDI files gave.

    Attributes:
      name: the folder's path.
      tunes: for each usable file's path in the folder its pitches, one a step, of any length.
      left_out: for each other file the reason why not.
      sha256: checksum of all the files' names and contents.
    """

    name: str
    tunes: Mapping[str, Sequence[int]]
    left_out: Mapping[str, str]
    sha256: str


def read_folder(folder: str | Path, length: int, step: float = STEP) -> MelodyFolder:
    """Reads every MIDI file in a folder and below it.

    Args:
      folder: the folder; other files in it are passed over.
      length: a tune of fewer steps is left out.
      step: seconds between two pitches.

    Raises:
      UserError: there is no such folder, or no usable file in it.
    """
    folder = Path(folder)
    exact_step(step)
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; name one with MIDI files")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    digest = hashlib.sha256()
    tunes, left_out = {}, {}
    for path in paths:
        # A name that is no UTF-8 must not stop records from being written.
        name = path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()
        try:
            digest.update(f"{file_sha256(path)} {name}\n".encode())
            tunes[name] = _long_enough(read_melody(path, step), length)
        except UserError as error:
            left_out[name] = " ".join(str(error).split())
    if not tunes:
        found = f"{len(paths)} MIDI files" if paths else "no MIDI file"
        first = next((f", e.g. {name}: {reason}" for name, reason in left_out.items()), "")
        raise UserError(f"{folder} has no usable melody: {found} in it{first}")
    return MelodyFolder(str(folder), tunes, left_out, digest.hexdigest())


def windows(pitches: Sequence[int], length: int) -> list[Sequence[int]]:
    """Returns a tune's pieces of ``length`` steps, one after the other; the rest is dropped."""
    return [
        pitches[begin : begin + length] for begin in range(0, len(pitches) - length + 1, length)
    ]


def melody_sources(melodies: MelodyFolder, settings: PrepareSettings) -> tuple[Source, Source]:
    """Returns the pieces of the training tunes and of the test tunes, a line of pitches each.

    Whole tunes are held out: no piece of a test tune is learned from. Which ones depends on the
    usable files' names, ``test_fraction`` and ``seed``.

    Raises:
      UserError: there is a single tune, or the length is none that T can have.
    """
    length = window_length(settings)
    names = sorted(melodies.tunes)
    if len(names) < 2:
        raise UserError(
            f"{melodies.name} has one usable melody: training and test need one each at least"
        )
    share = min(max(round(settings.test_fraction * len(names)), 1), len(names) - 1)
    order = numpy_generator(settings.seed, "test tunes").permutation(len(names))
    held_out = {names[place] for place in order[:share]}
    sources = []
    for part, chosen in (("training", set(names) - held_out), ("test", held_out)):
        lines = [
            " ".join(map(str, piece))
            for name in sorted(chosen)
            for piece in windows(melodies.tunes[name], length)
        ]
        notes = _account(melodies) if part == "training" else ()
        name = f"{melodies.name} ({len(chosen)} {part} tunes)"
        sources.append(generated_source(name, lines, notes))
    return sources[0], sources[1]


def window_length(settings: PrepareSettings) -> int:
    """Returns the steps of a piece; ``UserError`` if T could not be exactly that."""
    length = settings.max_length or PIECE
    if length % settings.length_multiple:
        raise UserError(
            f"max_length {length} is not a multiple of length_multiple "
            f"{settings.length_multiple}: every melody has exactly T steps"
        )
    return length


def _long_enough(pitches: list[int], length: int) -> list[int]:
    if len(pitches) < length:
        raise UserError(f"{len(pitches)} steps long, fewer than {length}")
    return pitches


def _account(melodies: MelodyFolder) -> tuple[str, ...]:
    """Returns a line with the counts, and one for every file that was left out."""
    used, left_out = len(melodies.tunes), melodies.left_out
    counts = f"{used + len(left_out):,} MIDI files: {used:,} used, {len(left_out):,} left out"
    return (counts, *(f"left out: {name}: {reason}" for name, reason in left_out.items()))
