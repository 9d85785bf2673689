"""Reads the melody of a MIDI file as one pitch a time step, and writes pitches as MIDI.

SeqGAN's paper gives "88 pitches", "sampled every 0.4 s". The other rules are this project's:

- The melody is one channel of one track: the first track that has notes, in it the lowest channel.
  Percussion (MIDI channel 10) and the accompaniment in other tracks are ignored.
- The first step begins with the first note: silence before it is dropped.
- A step has the pitch that sounds at its begin. A rest has the pitch of the note before it, as the
  88 pitches include no symbol for silence.
- Consecutive notes may overlap by at most `LEGATO` seconds: the first is cut. A file with a longer
  overlap is polyphonic and cannot be used.
- Equal consecutive pitches are written as one held note: steps do not distinguish repeated notes
  from long ones.

Times are fractions, so that rounding cannot change the note of a step.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import mido

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import atomic_output

STEP = 0.4  # seconds: SeqGAN's paper
LOWEST, HIGHEST = 21, 108  # MIDI numbers of a piano's 88 keys
LEGATO = Fraction(1, 20)  # seconds of overlap in monophonic files
_STEPS = (0.01, 8.0)  # seconds: range that a MIDI tempo can represent
_MOST_STEPS = 100_000  # a damaged file can declare years
_MAGIC = b"MThd"
_MOST_BYTES = 2**24  # largest file; a tune of an hour has 1 MB
_PERCUSSION = 9  # mido counts channels from 0
_DEFAULT_TEMPO = 500_000  # microseconds per quarter note, until a file says otherwise
_TICKS = 480  # per quarter note in written files; a step is an eighth note
_VELOCITY = 80


@dataclass(frozen=True)
class Note:
    """A note of a voice.

    Attributes:
      start, end: seconds from the file's beginning; ``start < end``.
      pitch: MIDI number.
    """

    start: Fraction
    end: Fraction
    pitch: int


def read_melody(path: str | Path, step: float = STEP) -> list[int]:
    """Returns the MIDI pitches of a file's melody, one every `step` seconds, first to last note.

    Raises:
      UserError: the file cannot be used; the message gives the reason without the file name.
    """
    return sample_pitches(read_notes(path), step)


def read_notes(path: str | Path) -> list[Note]:
    """Returns the notes of a MIDI file's melody in order; raises errors as `read_melody` does."""
    if not Path(path).is_file():  # reading a pipe could block
        raise UserError("cannot be read: not a regular file")
    try:
        if Path(path).stat().st_size > _MOST_BYTES:
            raise UserError(f"larger than {_MOST_BYTES:,} bytes")
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror or error}") from error
    if not content.startswith(_MAGIC):
        raise UserError("not a MIDI file")
    try:
        midi = mido.MidiFile(file=io.BytesIO(content))
    except EOFError as error:
        raise UserError("damaged MIDI file: it ends too early") from error
    except Exception as error:  # mido raises many types for damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"damaged MIDI file: {reason}") from error
    if midi.type == 2:
        raise UserError("its tracks are not in time with each other (MIDI type 2)")
    if midi.ticks_per_beat <= 0:
        raise UserError("its time unit is film frames, not quarter notes")
    voices = _voices(midi)
    if not voices:
        raise UserError("it has no notes other than percussion")
    return _one_by_one(sorted(voices[min(voices)], key=lambda note: (note.start, note.end)))


def sample_pitches(notes: Sequence[Note], step: float = STEP) -> list[int]:
    """Returns the MIDI pitch at the begin of each step, from the first to the last note.

    Raises:
      UserError: a pitch is outside a piano's range, the melody has more than 100,000 steps, or
        ``step`` is out of range.
    """
    wide = exact_step(step)
    for note in notes:
        if not LOWEST <= note.pitch <= HIGHEST:
            raise UserError(f"pitch {note.pitch} is not among a piano's {LOWEST} to {HIGHEST}")
    if (notes[-1].end - notes[0].start) / wide > _MOST_STEPS:
        raise UserError(f"it lasts more than {_MOST_STEPS:,} steps")
    pitches, current, instant = [], 0, notes[0].start
    while instant < notes[-1].end:
        while current + 1 < len(notes) and notes[current + 1].start <= instant:
            current += 1
        pitches.append(notes[current].pitch)
        instant += wide
    return pitches


def write_melody(path: str | Path, pitches: Sequence[int], step: float = STEP) -> None:
    """Writes pitches, one every `step` seconds, as a MIDI file for `read_melody`, atomically.

    An empty sequence gives a silent file.

    Raises:
      UserError: ``step`` is out of range, or the file cannot be written.
    """
    microseconds = int(exact_step(step) * 1_000_000)
    track = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=2 * microseconds),
            mido.Message("program_change", program=0),  # a piano
        ]
    )
    for pitch, steps in _held(pitches):
        track.append(mido.Message("note_on", note=pitch, velocity=_VELOCITY))
        track.append(mido.Message("note_off", note=pitch, time=steps * _TICKS // 2))
    midi = mido.MidiFile(type=0, ticks_per_beat=_TICKS, tracks=[track])
    with atomic_output(path) as temporary, open(temporary, "wb") as stream:
        midi.save(file=stream)


def exact_step(step: float) -> Fraction:
    """Returns ``step`` (seconds) rounded to microseconds; ``UserError`` if out of range."""
    shortest, longest = _STEPS
    if not shortest <= step <= longest:
        raise UserError(f"a step must last {shortest} to {longest:g} seconds, not {step}")
    return Fraction(round(step * 1_000_000), 1_000_000)


def _held(pitches: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yields (pitch, steps) of each run of equal pitches."""
    begin = 0
    for place in range(1, len(pitches) + 1):
        if place == len(pitches) or pitches[place] != pitches[begin]:
            yield int(pitches[begin]), place - begin
            begin = place


def _timed(midi: mido.MidiFile) -> Iterator[tuple[Fraction, int, mido.Message]]:
    """Yields (seconds, track, message) in order of time; tempo changes apply to all tracks."""
    events = []
    for number, track in enumerate(midi.tracks):
        tick = 0
        for message in track:
            tick += message.time
            events.append((tick, number, message))
    events.sort(key=lambda event: event[0])  # stable: keeps the order within a track
    seconds, last, tempo = Fraction(0), 0, _DEFAULT_TEMPO
    for tick, number, message in events:
        if tick > last:
            seconds += Fraction((tick - last) * tempo, 1_000_000 * midi.ticks_per_beat)
            last = tick
        if message.type == "set_tempo":
            tempo = message.tempo
        yield seconds, number, message


def _voices(midi: mido.MidiFile) -> dict[tuple[int, int], list[Note]]:
    """Returns {(track, channel): notes in order of their ends}.

    A note ends when the same pitch begins again. A note without an end lasts until the end of the
    file.
    """
    voices: dict[tuple[int, int], list[Note]] = {}
    sounding: dict[tuple[int, int, int], Fraction] = {}
    now = Fraction(0)

    def finish(key: tuple[int, int, int]) -> None:
        start = sounding.pop(key, now)
        if start < now:
            voices.setdefault(key[:2], []).append(Note(start, now, key[2]))

    for now, track, message in _timed(midi):
        if message.type not in ("note_on", "note_off") or message.channel == _PERCUSSION:
            continue
        key = (track, message.channel, message.note)
        finish(key)
        if message.type == "note_on" and message.velocity:
            sounding[key] = now
    for key in list(sounding):
        finish(key)
    return voices


def _one_by_one(notes: Sequence[Note]) -> list[Note]:
    """Removes overlaps from notes in order of start; ``UserError`` if they are polyphonic."""
    alone: list[Note] = []
    for note in notes:
        if alone and alone[-1].end > note.start:
            last = alone[-1]
            if last.end - note.start > LEGATO:
                raise UserError(f"polyphonic: two notes at {float(note.start):.2f} seconds")
            alone[-1:] = [replace(last, end=note.start)] if last.start < note.start else []
        alone.append(note)
    return alone
