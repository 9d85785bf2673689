"""``python -m benchmarks.music``: from MIDI files to a table, a picture and MIDI files."""

import json

import mido
import pytest

from benchmarks import music
from helpers import runs
from helpers.pages import SHARED_SIZES, report, table
from helpers.tunes import folder_of_tunes, save, track
from leakgan_tf.cli import entry
from leakgan_tf.config.presets import text_preset
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.data.midi import read_melody
from leakgan_tf.metrics.melody import held_to, melody_errors
from leakgan_tf.reporting import published
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.systems.registry import system_config
from leakgan_tf.tasks.text_scores import melody_scores, real_figures
from leakgan_tf.training.trainer import Trainer

pytestmark = pytest.mark.ci  # trains several runs

LEAKGAN = system_config("leakgan")

WORDS = (*SHARED_SIZES, "--systems=mle,seqgan", "--seqgan_rollouts=1")
NAMES = ["mle-seed0", "seqgan-seed0"]


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program(), pytest.MonkeyPatch.context() as patch:
        patch.delenv("LEAKGAN_TF_DATA", raising=False)
        yield


def benchmark(*words):
    argv = ["music", *map(str, words)]
    return entry.run(music.run, music.define_flags(), argv, music.ABOUT)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder of corpora with made-up tunes in place of the Nottingham ones."""
    folder = tmp_path_factory.mktemp("data")
    folder_of_tunes(folder / "nottingham", count=20)
    save(folder / "nottingham" / "chord.mid", track([(0, 9600, 60), (0, 9600, 64)]))
    return folder


@pytest.fixture(scope="module")
def folder(data_dir, tmp_path_factory):
    """The folder of a finished benchmark of MLE and SeqGAN."""
    folder = tmp_path_factory.mktemp("save") / "music"
    assert benchmark(f"--data_dir={data_dir}", *WORDS, f"--run_dir={folder}") == 0
    return folder


def page(folder):
    return (folder / "report.md").read_text()


def test_the_table_has_the_figures_of_every_run(folder):
    rows = table(page(folder), "system | T")
    systems = ["MLE", "SeqGAN"]
    assert list(rows) == [*systems, "real (training)"]
    for system, name in zip(systems, NAMES, strict=True):
        figures = json.loads(RunFolder(folder / name).measured.read_text())
        assert rows[system]["BLEU-4"] == f"{figures['bleu']['4']:.3f}"
        assert rows[system]["MSE, nearest"] == f"{figures['mse_nearest']:.3f}"
        assert rows[system]["MSE, all pairs"] == f"{figures['mse_pairs']:.3f}"
        assert rows[system]["ends early"] == f"{figures['early_ends']:.3f}"
    assert published.OTHER_SIZES in page(folder)
    assert "does not define its MSE" in " ".join(page(folder).split())


def test_references_are_the_whole_test_set(folder):
    dataset = load_dataset(folder / "data")
    assert dataset.length == 32
    for run in report(folder)["runs"]:
        protocol = run["figures"]["protocol"]
        count = len(dataset.test)
        assert protocol["references"] == {"available": count, "used": count}
        assert protocol["tokenizer"] == "pitch"
    assert report(folder)["benchmark"] == "music"


def test_files_left_out_are_in_the_json(folder):
    notes = report(folder)["prepared"]["inputs"][0]["notes"]
    assert notes[0] == "21 MIDI files: 20 used, 1 left out"
    assert notes[1].startswith("left out: chord.mid: polyphonic")


def test_samples_are_midi_files_that_read_as_they_were_written(folder):
    for name in NAMES:
        for number, line in enumerate(load(folder / name).generate(10), 1):
            path = folder / "midi" / f"{name}-{number:02}.mid"
            expected = [int(pitch) for pitch in line.split()]
            assert mido.MidiFile(path).length == pytest.approx(0.4 * len(expected))
            assert not expected or read_melody(path) == expected
    dataset = load_dataset(folder / "data")
    held_out = read_melody(folder / "midi" / "held-out-01.mid")
    assert held_out == [int(pitch) for pitch in dataset.decode(dataset.test[0]).split()]


def test_the_picture_is_there(folder):
    assert (folder / "piano_roll.png").read_bytes().startswith(b"\x89PNG")
    assert "](piano_roll.png)" in page(folder)


def test_real_melodies_are_scored_as_samples_are(folder):
    dataset = load_dataset(folder / "data")
    real = report(folder)["real"]
    assert real == json.loads(json.dumps(real_figures(dataset)))
    assert real["protocol"]["samples"]["used"] == len(dataset.test)
    assert real["early_ends"] == 0
    assert not {"nll_test", "copied_from_train", "temperature"} & set(real)


def test_melody_scores_hold_the_last_pitch(folder):
    dataset = load_dataset(folder / "data")
    test = [[int(pitch) for pitch in dataset.decode(row).split()] for row in dataset.test]
    scores = melody_scores(dataset, [["60", "62"], [], ["64"] * 32])
    melodies = held_to([[60, 62], [64] * 32], 32)
    assert melodies.tolist()[0] == [60] + [62] * 31
    expected = melody_errors(melodies, held_to(test, 32))
    assert scores == {**expected, "early_ends": pytest.approx(2 / 3)}
    assert melody_scores(dataset, [[]]) == {"early_ends": 1}


def test_the_same_command_again_trains_nothing(folder, data_dir, monkeypatch):
    def refuse(*arguments, **named):
        raise AssertionError("it trains")

    stored = report(folder)
    monkeypatch.setattr(Trainer, "run", refuse)
    assert benchmark(f"--data_dir={data_dir}", *WORDS, f"--run_dir={folder}") == 0
    assert report(folder)["runs"] == stored["runs"]


def test_presets_are_musics():
    own = system_config("mle")
    for name, epochs in {"smoke": 1, "quick": 12, "paper": 120}.items():
        config = text_preset(name, 34, 32, own, melodies=True)
        assert (config.task, config.preset, config.vocab_size) == ("text", name, 34)
        assert config.own.epochs == epochs
    assert text_preset("quick", 34, 32, own, melodies=True) != text_preset("quick", 34, 32, own)


def refuses(capsys, parent, *words, names=()):
    """Exit status 2, one line, and nothing is made or changed below the folder."""
    before = runs.files(parent)
    capsys.readouterr()
    assert benchmark(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    for name in names:
        assert str(name) in printed.err
    assert runs.files(parent) == before


def test_own_tunes_and_what_does_not_fit_them(data_dir, folder, tmp_path, capsys):
    # Of the corpus's name, but not the corpus: nothing was published about these tunes.
    tunes, own = folder_of_tunes(tmp_path / "nottingham", seed=5), tmp_path / "own"
    words = [*SHARED_SIZES, "--systems=mle", f"--run_dir={own}"]
    assert benchmark(f"--midi={tunes}", "--step=0.2", *words) == 0
    assert published.OTHER_SIZES not in page(own)
    assert report(own)["dataset"] == "nottingham"
    assert len(load_dataset(own / "data").test) == 4  # one tune of 140 steps
    other = folder_of_tunes(tmp_path / "others", seed=6)
    refuses(capsys, own, f"--midi={other}", *words, names=["other melodies", own / "data"])
    refuses(capsys, own, f"--data_dir={data_dir}", *words, names=["other text"])
    refuses(capsys, folder, f"--midi={tunes}", *WORDS, f"--run_dir={folder}", names=["other"])


def test_bad_input_is_refused_before_anything_is_made(tmp_path, capsys):
    words = [*WORDS, f"--run_dir={tmp_path / 'run'}"]
    refuses(capsys, tmp_path, *words, names=["--data_dir", "LEAKGAN_TF_DATA"])
    missing = tmp_path / "nottingham"
    refuses(capsys, tmp_path, *words, f"--data_dir={tmp_path}", names=[missing, "1,034"])
    refuses(capsys, tmp_path, *words, "--step=1", names=["--step", "--midi"])
    refuses(capsys, tmp_path, *words, f"--midi={tmp_path}", names=["no usable melody"])
    refuses(capsys, tmp_path, *words, "--systems=gan", names=["gan"])
