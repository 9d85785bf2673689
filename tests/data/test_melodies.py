"""Folders of MIDI files: what is used, what is left out, and which tunes are held out."""

import dataclasses
import os

import pytest

from helpers.tunes import folder_of_tunes, save, track, tune
from leakgan_tf.data.corpora import corpus_sources, get_corpus
from leakgan_tf.data.dataset import load_dataset, prepare
from leakgan_tf.data.melodies import SETTINGS, melody_sources, read_folder, windows
from leakgan_tf.utils.errors import UserError

DATA = os.environ.get("LEAKGAN_TF_DATA")
SMALL = dataclasses.replace(SETTINGS, max_length=8, test_fraction=0.25)


def lines(source):
    return [line for _, line in source.read()]


def test_every_file_is_used_or_named_with_its_reason(tmp_path):
    tune(tmp_path / "good.mid", range(60, 70))
    tune(tmp_path / "below" / "GOOD.MIDI", range(50, 60))
    tune(tmp_path / "short.mid", range(60, 67))
    save(tmp_path / "chord.mid", track([(0, 9600, 60), (0, 9600, 64)]))
    save(tmp_path / "empty.mid", track([]))
    (tmp_path / "bytes.mid").write_bytes(b"no MIDI")
    (tmp_path / "cut.mid").write_bytes((tmp_path / "good.mid").read_bytes()[:-20])
    (tmp_path / "folder.mid").mkdir()
    (tmp_path / "read me.txt").write_text("not looked at")
    melodies = read_folder(tmp_path, 8)
    assert melodies.tunes == {
        "good.mid": list(range(60, 70)),
        "below/GOOD.MIDI": list(range(50, 60)),
    }
    reasons = {
        "short.mid": "7 steps long, fewer than 8",
        "chord.mid": "polyphonic",
        "empty.mid": "no notes",
        "bytes.mid": "not a MIDI file",
        "cut.mid": "it ends too early",
        "folder.mid": "cannot be read",
    }
    assert set(melodies.left_out) == set(reasons)
    for name, reason in reasons.items():
        assert reason in melodies.left_out[name]
    notes = melody_sources(melodies, SMALL)[0].notes
    assert notes[0] == "8 MIDI files: 2 used, 6 left out"
    assert sorted(note.split(": ")[1] for note in notes[1:]) == sorted(reasons)


def test_a_folder_without_a_melody_is_refused(tmp_path):
    with pytest.raises(UserError, match="absent is not a folder"):
        read_folder(tmp_path / "absent", 8)
    with pytest.raises(UserError, match="no usable melody: no MIDI file"):
        read_folder(tmp_path, 8)
    save(tmp_path / "empty.mid", track([]))
    with pytest.raises(
        UserError, match="no usable melody: 1 MIDI file.*empty.mid: it has no notes"
    ):
        read_folder(tmp_path, 8)
    tune(tmp_path / "one.mid", range(60, 70))
    with pytest.raises(UserError, match="one usable melody"):
        melody_sources(read_folder(tmp_path, 8), SMALL)


def test_a_length_that_t_cannot_be_is_refused(tmp_path):
    melodies = read_folder(folder_of_tunes(tmp_path, 2), 30)
    with pytest.raises(UserError, match="30 is not a multiple of length_multiple 4"):
        melody_sources(melodies, dataclasses.replace(SETTINGS, max_length=30))


def test_pieces_follow_each_other_and_the_rest_is_dropped():
    assert windows(list(range(10)), 4) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert windows(list(range(8)), 4) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert windows(list(range(3)), 4) == []


def test_whole_tunes_are_held_out(tmp_path):
    """Each tune has one pitch of its own: none may be in both parts, none may be lost."""
    for number in range(12):
        tune(tmp_path / f"{number}.mid", [40 + number] * 17)
    train, test = melody_sources(read_folder(tmp_path, 8), SMALL)
    parts = [{int(line.split()[0]) for line in lines(part)} for part in (train, test)]
    assert [len(part) for part in parts] == [9, 3]
    assert parts[0] | parts[1] == set(range(40, 52))
    for part in (train, test):
        assert all(len(line.split()) == 8 for line in lines(part))
    assert (len(lines(train)), len(lines(test))) == (18, 6)


def test_the_split_depends_on_names_and_seed_alone(tmp_path):
    folder_of_tunes(tmp_path / "a")
    folder_of_tunes(tmp_path / "elsewhere")
    one, other = (read_folder(tmp_path / name, 8) for name in ("a", "elsewhere"))
    assert one.sha256 == other.sha256
    assert lines(melody_sources(one, SMALL)[1]) == lines(melody_sources(other, SMALL)[1])
    seed = dataclasses.replace(SMALL, seed=1)
    assert lines(melody_sources(one, SMALL)[1]) != lines(melody_sources(one, seed)[1])
    tune(tmp_path / "a" / "tune00.mid", [60] * 20)
    assert read_folder(tmp_path / "a", 8).sha256 != one.sha256


def test_a_data_folder_of_melodies_has_full_rows_and_says_what_was_left_out(tmp_path):
    folder_of_tunes(tmp_path / "midi")
    save(tmp_path / "midi" / "empty.mid", track([]))
    train, test = melody_sources(read_folder(tmp_path / "midi", 8), SMALL)
    prepare([train], tmp_path / "data", SMALL, test=[test])
    dataset = load_dataset(tmp_path / "data")
    assert dataset.length == 8
    assert dataset.train.min() > 0  # no end, no unknown pitch
    assert not dataset.vocabulary.unknown
    assert [dataset.decode(row) for row in dataset.train] == lines(train)
    assert dataset.record["inputs"][0]["notes"][1].startswith(
        "left out: empty.mid: it has no notes"
    )


def test_the_corpus_is_missing_known_or_strange(tmp_path):
    corpus = get_corpus("nottingham")
    with pytest.raises(UserError, match=r"nottingham is missing: get 1,034 MIDI files"):
        corpus_sources(corpus, tmp_path)
    folder_of_tunes(tmp_path / "nottingham")
    (train,), (test,) = corpus_sources(corpus, tmp_path)
    assert train.notes[-1].startswith(f"note: {tmp_path / 'nottingham'} is not the folder")
    known = read_folder(tmp_path / "nottingham", 32).sha256
    corpus = dataclasses.replace(corpus, train=dataclasses.replace(corpus.train, sha256=known))
    (train,), _ = corpus_sources(corpus, tmp_path)
    assert "note:" not in "".join(train.notes)
    (longer,), _ = corpus_sources(
        corpus, tmp_path, settings=dataclasses.replace(corpus.settings, max_length=64)
    )
    assert {len(line.split()) for line in lines(longer)} == {64}


@pytest.mark.skipif(not DATA, reason="LEAKGAN_TF_DATA names no folder with nottingham/")
def test_the_nottingham_melodies():
    corpus = get_corpus("nottingham")
    (train,), (test,) = corpus_sources(corpus, DATA)
    print(f"{train.notes[0]}; {len(lines(train))} and {len(lines(test))} melodies")
    assert "note:" not in "".join(train.notes)  # the folder that the results were made with
    assert train.notes[0] == "1,034 MIDI files: 1,013 used, 21 left out"
    assert (len(lines(train)), len(lines(test))) == (4319, 490)
    assert sum("polyphonic" in note for note in train.notes) == 20
    # Every pitch, as the results were made with.
    assert (train.sha256[:8], test.sha256[:8]) == ("867ceb4a", "e3252348")
