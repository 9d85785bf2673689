"""MIDI files to pitches and back: sampling times, tempo, voices, and what is no melody."""

from fractions import Fraction

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.tunes import TICKS, save, track, tune
from leakgan_tf.data.midi import (
    LEGATO,
    Note,
    read_melody,
    read_notes,
    sample_pitches,
    write_melody,
)
from leakgan_tf.utils.errors import UserError

# At the default tempo a quarter note, 480 ticks, lasts 0.5 s, so 0.4 s are 384 ticks.
thorough = settings(derandomize=True, deadline=None, max_examples=60)
pitches = st.integers(21, 108)


def test_every_step_has_the_pitch_that_sounds_when_it_begins(tmp_path):
    """Notes of 0.5 s at 0.4 s steps: at 0, .4, .8, 1.2, 1.6 sound the notes 0, 0, 1, 2, 3."""
    spans = [(480 * place, 480 * (place + 1), 60 + place) for place in range(4)]
    assert read_melody(save(tmp_path / "a.mid", track(spans))) == [60, 60, 61, 62, 63]


def test_a_note_that_begins_exactly_on_a_step_has_it(tmp_path):
    """Three notes of 1.2 s; in binary fractions 3 × 0.4 is more than 1.2."""
    spans = [(1152 * place, 1152 * (place + 1), 60 + place) for place in range(3)]
    expected = [60, 60, 60, 61, 61, 61, 62, 62, 62]
    assert read_melody(save(tmp_path / "a.mid", track(spans))) == expected


def test_another_step(tmp_path):
    path = tune(tmp_path / "a.mid", [60, 62], ticks=480)
    assert read_melody(path, 0.125) == [60] * 4 + [62] * 4
    assert read_melody(path, 0.9) == [60, 62]


def test_tempo_changes_count_from_where_they_stand(tmp_path):
    """0.5 s a quarter for a quarter, then 2 s a quarter: notes end at 0.5, 2.5 and 4.5 s."""
    spans = [(480 * place, 480 * (place + 1), 60 + place) for place in range(3)]
    path = save(tmp_path / "a.mid", track(spans, tempos=[(480, 2_000_000)]))
    assert [float(note.end) for note in read_notes(path)] == [0.5, 2.5, 4.5]
    assert read_melody(path, 0.5) == [60, 61, 61, 61, 61, 62, 62, 62, 62]


def test_tempo_in_a_track_of_its_own_counts_for_all(tmp_path):
    path = save(tmp_path / "a.mid", track([], tempos=[(0, 1_000_000)]), track([(0, 480, 60)]))
    assert read_notes(path) == [Note(Fraction(0), Fraction(1), 60)]


def test_silence_before_the_first_note_is_no_step(tmp_path):
    path = save(tmp_path / "a.mid", track([(100, 484, 64), (484, 868, 65)]))
    assert read_melody(path) == [64, 65]


def test_a_rest_holds_the_pitch_before_it(tmp_path):
    path = save(tmp_path / "a.mid", track([(0, 384, 64), (1536, 1920, 65)]))
    assert read_melody(path) == [64, 64, 64, 64, 65]


def test_a_note_struck_again_ends_the_one_before(tmp_path):
    on, off = (mido.Message(kind, note=70) for kind in ("note_on", "note_off"))
    messages = [on, on.copy(time=384), off.copy(time=384)]
    assert len(read_notes(save(tmp_path / "a.mid", mido.MidiTrack(messages)))) == 2


def test_a_note_without_end_lasts_as_long_as_the_file(tmp_path):
    held = mido.Message("note_on", note=70)
    end = mido.MetaMessage("text", text="end", time=1152)
    assert read_melody(save(tmp_path / "a.mid", mido.MidiTrack([held, end]))) == [70] * 3


def test_velocity_zero_ends_a_note(tmp_path):
    on = mido.Message("note_on", note=70)
    messages = [on, on.copy(velocity=0, time=384), mido.Message("note_on", note=71, time=384)]
    messages.append(mido.Message("note_on", note=71, velocity=0, time=384))
    notes = read_notes(save(tmp_path / "a.mid", mido.MidiTrack(messages)))
    assert [(float(note.start), float(note.end)) for note in notes] == [(0, 0.4), (0.8, 1.2)]


def test_the_first_track_with_notes_is_the_melody(tmp_path):
    empty, melody = track([]), track([(0, 384, 72), (384, 768, 74)])
    chords = track([(0, 768, 48), (0, 768, 52), (0, 768, 55)])
    assert read_melody(save(tmp_path / "a.mid", empty, melody, chords)) == [72, 74]


def test_one_channel_of_a_track_is_the_melody(tmp_path):
    both = mido.merge_tracks([track([(0, 768, 72)]), track([(0, 768, 48)], channel=3)])
    assert read_melody(save(tmp_path / "a.mid", both, type=0)) == [72, 72]


def test_percussion_is_no_voice(tmp_path):
    drums, melody = track([(0, 960, 36)], channel=9), track([(0, 768, 72)])
    assert read_melody(save(tmp_path / "a.mid", drums, melody)) == [72, 72]


def test_a_short_overlap_is_legato(tmp_path):
    """48 ticks are 50 ms."""
    ticks = int(LEGATO * 2 * TICKS)
    path = save(tmp_path / "a.mid", track([(0, 384 + ticks, 60), (384, 768, 62)]))
    assert read_melody(path) == [60, 62]
    assert read_notes(path)[0].end == Fraction(2, 5)


def refused(path, *words, step=0.4):
    with pytest.raises(UserError) as caught:
        read_melody(path, step)
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_polyphony_is_refused_with_its_time(tmp_path):
    overlap = track([(480, 960 + 49, 60), (960, 1440, 62)])
    refused(save(tmp_path / "a.mid", overlap), "polyphonic", "1.00 seconds")
    chord = track([(0, 480, 60), (0, 480, 64)])
    refused(save(tmp_path / "b.mid", chord), "polyphonic", "0.00 seconds")
    # Under a long note: the one right before has ended.
    covered = track([(0, 1440, 60), (96, 130, 62), (700, 1200, 64)])
    refused(save(tmp_path / "c.mid", covered), "polyphonic")


def test_files_without_notes_are_refused(tmp_path):
    refused(save(tmp_path / "a.mid", track([])), "no notes")
    refused(save(tmp_path / "b.mid"), "no notes")
    refused(
        save(tmp_path / "c.mid", track([(0, 480, 36)], channel=9)), "no notes other than percussion"
    )


def test_pitches_beyond_the_piano_are_refused(tmp_path):
    for pitch in (20, 109):
        refused(save(tmp_path / "a.mid", track([(0, 480, pitch)])), str(pitch), "21 to 108")
    assert read_melody(save(tmp_path / "a.mid", track([(0, 384, 21), (384, 768, 108)])))


def test_times_that_cannot_be_told_are_refused(tmp_path):
    spans = track([(0, 480, 60)])
    refused(save(tmp_path / "a.mid", spans, type=2), "type 2")
    path = save(tmp_path / "b.mid", spans)
    content = bytearray(path.read_bytes())
    content[12:14] = b"\xe7\x28"  # 25 frames a second, 40 ticks a frame
    path.write_bytes(content)
    refused(path, "film frames")


def test_what_is_no_midi_file_is_refused(tmp_path):
    path = tmp_path / "a.mid"
    for content in (b"", b"MTh", b"not MIDI at all", bytes(range(256))):
        path.write_bytes(content)
        refused(path, "not a MIDI file")
    path.write_bytes(b"MThd")
    refused(path, "damaged MIDI file: it ends too early")
    refused(tmp_path / "absent.mid", "cannot be read")
    refused(tmp_path, "cannot be read")


def test_every_cut_and_most_damage_is_refused_or_read(tmp_path):
    """No damage gets further than a ``UserError``."""
    whole = tune(tmp_path / "a.mid", [60, 62, 64, 65]).read_bytes()
    path = tmp_path / "b.mid"
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        refused(path)
    for place in range(len(whole)):
        for value in (0x00, 0x7F, 0xF0, 0xFF):
            path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            try:
                assert all(21 <= pitch <= 108 for pitch in read_melody(path))
            except UserError as error:
                assert "\n" not in str(error)


def test_a_file_that_claims_to_last_for_years_is_refused(tmp_path):
    refused(save(tmp_path / "a.mid", track([(0, 200_000_000, 60)])), "100,000 steps")


@pytest.mark.parametrize("step", [0, -1, 0.001, 9, float("nan"), float("inf")])
def test_steps_out_of_range_are_refused(tmp_path, step):
    refused(tune(tmp_path / "a.mid", [60]), "step", step=step)
    with pytest.raises(UserError, match="step"):
        write_melody(tmp_path / "b.mid", [60], step)
    assert not (tmp_path / "b.mid").exists()


@thorough
@given(st.lists(pitches, min_size=1, max_size=40), st.integers(10_000, 8_000_000))
def test_pitches_survive_the_way_to_a_file_and_back(tmp_path_factory, melody, microseconds):
    path = tmp_path_factory.mktemp("midi") / "melody.mid"
    write_melody(path, melody, microseconds / 1_000_000)
    assert read_melody(path, microseconds / 1_000_000) == melody


@thorough
@given(st.lists(pitches, max_size=40))
def test_equal_pitches_in_a_row_are_one_note_and_the_file_lasts_as_long(tmp_path_factory, melody):
    path = tmp_path_factory.mktemp("midi") / "melody.mid"
    write_melody(path, melody)
    midi = mido.MidiFile(path)
    assert midi.length == pytest.approx(0.4 * len(melody))
    changes = sum(one != other for one, other in zip(melody, melody[1:], strict=False))
    struck = [message for message in midi.tracks[0] if message.type == "note_on"]
    assert len(struck) == bool(melody) + changes
    assert all(message.velocity > 0 for message in struck)


def test_sampling_needs_no_note_to_begin_on_a_step():
    """Against looking for each step's note one by one."""
    starts = [Fraction(1, 3), Fraction(7, 10), Fraction(9, 5), Fraction(2)]
    ends = [Fraction(7, 10), Fraction(3, 2), Fraction(2), Fraction(31, 10)]
    notes = [Note(*span, 60 + place) for place, span in enumerate(zip(starts, ends, strict=True))]
    expected, place = [], 0
    while (instant := starts[0] + place * Fraction(1, 4)) < ends[-1]:
        expected.append(max(note.pitch for note in notes if note.start <= instant))
        place += 1
    assert sample_pitches(notes, 0.25) == expected
