"""Reads a folder of MIDI files as melodies of equal length, and holds out whole tunes."""

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
# Length 32 is from SeqGAN's paper. As for the poems, a tenth is held out. A model cannot generate a
# test melody with a pitch that training lacks: such melodies are dropped and counted.
PIECE = 32  # steps of a piece
SETTINGS = PrepareSettings(
    tokenizer="pitch", max_length=PIECE, rare="drop", test_fraction=0.1, seed=0
)


@dataclass(frozen=True)
class MelodyFolder:
    """The tunes of a folder of MIDI files.

    Attributes:
      name: path of the folder.
      tunes: {path in the folder: MIDI pitches, one a step}, for usable files.
      left_out: {path in the folder: reason}, for other MIDI files.
      sha256: checksum of the names and contents of all MIDI files.
    """

    name: str
    tunes: Mapping[str, Sequence[int]]
    left_out: Mapping[str, str]
    sha256: str


def read_folder(folder: str | Path, length: int, step: float = STEP) -> MelodyFolder:
    """Reads every MIDI file in a folder and below it, with a pitch every `step` seconds.

    Files of other types are ignored; tunes of fewer steps than `length` are left out.

    Raises:
      UserError: the folder does not exist, or has no usable file.
    """
    folder = Path(folder)
    exact_step(step)
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; name one with MIDI files")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    digest = hashlib.sha256()
    tunes, left_out = {}, {}
    for path in paths:
        # Records are UTF-8, file names may not be.
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
    """Returns consecutive pieces of ``length`` steps of a tune; drops the remainder."""
    return [
        pitches[begin : begin + length] for begin in range(0, len(pitches) - length + 1, length)
    ]


def melody_sources(melodies: MelodyFolder, settings: PrepareSettings) -> tuple[Source, Source]:
    """Returns (training, test) sources of pieces, one line of pitches for each piece.

    Whole tunes are held out, so that no piece of a test tune is trained on. The choice depends on
    the names of the usable files, ``test_fraction`` and ``seed``.

    Raises:
      UserError: there is only one tune, or T cannot have this length (`window_length`).
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
    """Returns the steps of a piece, T; ``UserError`` if ``length_multiple`` does not divide it."""
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
    """Returns a line with the counts, then a line for every file that was left out."""
    used, left_out = len(melodies.tunes), melodies.left_out
    counts = f"{used + len(left_out):,} MIDI files: {used:,} used, {len(left_out):,} left out"
    return (counts, *(f"left out: {name}: {reason}" for name, reason in left_out.items()))
