"""MIDI files for tests, made with the library that the project reads them with."""

import mido
import numpy as np

TICKS = 480  # per quarter note


def track(notes, channel=0, tempos=()):
    """A track of (first tick, last tick, pitch) and of tempo changes (tick, microseconds)."""
    events = [(tick, 1, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in tempos]
    for begin, end, pitch in notes:
        events.append((begin, 2, mido.Message("note_on", note=pitch, channel=channel)))
        events.append((end, 0, mido.Message("note_off", note=pitch, channel=channel)))
    events.sort(key=lambda event: event[:2])
    ticks = [0, *(tick for tick, _, _ in events)]
    return mido.MidiTrack(
        message.copy(time=after - before)
        for before, after, (_, _, message) in zip(ticks, ticks[1:], events, strict=False)
    )


def save(path, *tracks, **header):
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"type": 1, "ticks_per_beat": TICKS, **header}
    mido.MidiFile(tracks=list(tracks), **header).save(path)
    return path


def tune(path, pitches, ticks=384):
    """A melody of equally long notes; 384 ticks last 0.4 seconds at the default tempo."""
    spans = [(place * ticks, (place + 1) * ticks, pitch) for place, pitch in enumerate(pitches)]
    return save(path, track(spans))


def folder_of_tunes(folder, count=12, steps=70, seed=0):
    """A folder of melodies that walk up and down a scale."""
    random = np.random.default_rng(seed)
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    for number in range(count):
        places = np.abs(np.cumsum(random.integers(-1, 2, steps))) % len(scale)
        tune(folder / f"tune{number:02}.mid", [scale[place] for place in places])
    return folder
