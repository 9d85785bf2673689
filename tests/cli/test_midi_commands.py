"""A folder of MIDI files in, MIDI files out: ``prepare --midi``, ``train``, ``generate --midi``."""

import mido
import pytest

from helpers import runs
from helpers.tiny import tiny
from helpers.tunes import folder_of_tunes, save, track, tune
from leakgan_tf.__main__ import main
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.data.midi import read_melody
from leakgan_tf.runs.load import load

TINY = (
    "--preset=smoke", "--mle_epochs=1", "--batch_size=8", "--sampling_batch=16",
    "--evaluation_samples=4",
)  # fmt: skip


def command(*words):
    return main(["leakgan-tf", *map(str, words)])


@pytest.fixture(scope="module")
def midi(tmp_path_factory):
    """A folder of tunes, and two files that are none."""
    folder = folder_of_tunes(tmp_path_factory.mktemp("tunes"))
    save(folder / "chord.mid", track([(0, 9600, 60), (0, 9600, 64)]))
    (folder / "no.mid").write_bytes(b"text")
    return folder


@pytest.fixture(scope="module")
def data(midi, tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "music"
    assert command("prepare", "--midi", midi, "--out", out) == 0
    return out


@pytest.fixture(scope="module")
def run_dir(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "mle"
    with runs.as_a_program():
        assert command("train", f"--data={data}", "--system=mle", f"--run_dir={folder}", *TINY) == 0
    return folder


def test_prepare_tells_what_it_left_out(midi, tmp_path, capsys):
    assert command("prepare", f"--midi={midi}", f"--out={tmp_path / 'out'}") == 0
    printed = capsys.readouterr().out
    assert "14 MIDI files: 12 used, 2 left out" in printed
    assert "left out: chord.mid: polyphonic: two notes at 0.00 seconds" in printed
    assert "left out: no.mid: not a MIDI file" in printed


def test_flags_reach_the_melodies(midi, tmp_path):
    """Half as wide steps are twice as many: 140, so eight pieces of 16."""
    out = tmp_path / "out"
    words = ["--step=0.2", "--max_length=16", "--test_fraction=0.25", "--seed=3"]
    assert command("prepare", f"--midi={midi}", f"--out={out}", *words) == 0
    dataset = load_dataset(out)
    assert (dataset.length, len(dataset.train), len(dataset.test)) == (16, 9 * 8, 3 * 8)
    assert (dataset.train[:, ::2] == dataset.train[:, 1::2]).all()


def test_midi_files_come_out_and_play_what_was_generated(run_dir, tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    words = [f"--run_dir={run_dir}", "--num=12", "--seed=4", "--temperature=1.5"]
    assert command("generate", *words, f"--midi={out}", "--step=0.25") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "12 melodies" in printed.err
    melodies = load(run_dir).generate(12, 1.5, seed=4)
    assert sorted(path.name for path in out.iterdir()) == [f"{n:03}.mid" for n in range(1, 13)]
    for number, line in enumerate(melodies, 1):
        expected = [int(pitch) for pitch in line.split()]
        path = out / f"{number:03}.mid"
        assert mido.MidiFile(path).length == pytest.approx(0.25 * len(expected))
        if expected:
            assert read_melody(path, 0.25) == expected
    assert any(melodies)


def test_without_a_step_it_is_the_papers(run_dir, tmp_path):
    assert command("generate", f"--run_dir={run_dir}", "--num=1", f"--midi={tmp_path}") == 0
    steps = len(load(run_dir).generate(1)[0].split())
    assert mido.MidiFile(tmp_path / "001.mid").length == pytest.approx(0.4 * steps)


def refuses(capsys, parent, *words, names=()):
    """Exit status 2, one line, and nothing is made or changed below the folder."""
    before = runs.files(parent)
    capsys.readouterr()
    assert command(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert len(printed.err.splitlines()) == 1
    for name in names:
        assert str(name) in printed.err
    assert runs.files(parent) == before


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--step=0"], ["step", "0.01 to 8"]),
        (["--step=nan"], ["step"]),
        (["--max_length=30"], ["max_length 30", "multiple"]),
        (["--tokenizer=word"], ["--tokenizer", "melodies"]),
        (["--lowercase"], ["--lowercase", "melodies"]),
        (["--long=cut"], ["--long", "melodies"]),
        (["--test=a.txt"], ["--test", "--midi"]),
        (["--input=a.txt"], ["either", "--midi"]),
        (["--dataset=nottingham"], ["either", "--midi"]),
        (["--max_length=4000"], ["no usable melody", "e.g. chord.mid: polyphonic"]),
    ],
)
def test_prepare_refuses(capsys, midi, tmp_path, words, names):
    out = tmp_path / "out"
    refuses(capsys, tmp_path, "prepare", f"--midi={midi}", f"--out={out}", *words, names=names)


def test_prepare_refuses_folders_without_melodies(capsys, tmp_path):
    out = f"--out={tmp_path / 'out'}"
    absent = tmp_path / "absent"
    refuses(capsys, tmp_path, "prepare", out, f"--midi={absent}", names=[absent])
    refuses(capsys, tmp_path, "prepare", out, f"--midi={tmp_path}", names=["no MIDI file"])
    tune(tmp_path / "midi" / "one.mid", range(40, 80))
    midi = f"--midi={tmp_path / 'midi'}"
    refuses(capsys, tmp_path, "prepare", out, midi, names=["one usable melody"])
    refuses(capsys, tmp_path, "prepare", out, "--step=1", "--input=x", names=["--midi only"])


def test_generate_refuses(capsys, run_dir, tmp_path):
    words = ["generate", f"--run_dir={run_dir}", "--num=2"]
    out = f"--midi={tmp_path}"
    refuses(capsys, tmp_path, *words, "--step=1", names=["--step", "--midi"])
    refuses(capsys, tmp_path, *words, "--midi=", names=["--midi"])
    refuses(capsys, tmp_path, *words, out, "--step=9", names=["step", "9"])
    refuses(capsys, tmp_path, *words, out, "--step=0", names=["step"])
    refuses(capsys, tmp_path, *words, out, "--out=a.txt", names=["--out", "--midi"])
    taken = tmp_path / "002.mid"
    taken.write_bytes(b"precious")
    refuses(capsys, tmp_path, *words, out, names=[taken])
    refuses(capsys, tmp_path, *words, f"--midi={taken}", names=[taken, "file"])
    assert command(*words, out, "--overwrite") == 0
    assert taken.read_bytes() != b"precious"


def test_a_run_on_anything_else_writes_no_melodies(capsys, tmp_path):
    runs.begun(tiny("mle"), tmp_path / "run")
    words = ["generate", f"--run_dir={tmp_path / 'run'}", f"--midi={tmp_path / 'out'}"]
    refuses(capsys, tmp_path, *words, names=["no melodies", "prepare --midi"])
