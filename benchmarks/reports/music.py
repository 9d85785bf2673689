"""Writes the report of the music benchmark: scores, a piano roll and MIDI files."""

from tqdm import tqdm

from benchmarks.reports import text
from benchmarks.reports.notes import notes
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.midi import write_melody
from leakgan_tf.reporting.document import Listing, Picture
from leakgan_tf.reporting.piano_roll import draw_piano_roll

PLAYED = 10  # number of samples of each run, and of test melodies, saved as MIDI files
DRAWN = 3  # number of each in the picture


def write(done: BenchmarkRun, dataset: TextDataset, dataset_name: str, step: float) -> None:
    """Writes the report with its picture and MIDI files; prints the table and the paths.

    Args:
      done: the finished runs.
      dataset: the melodies.
      dataset_name: name of the corpus or the folder.
      step: duration of a step in seconds.
    """
    samples, test = text.shown_samples(done), dataset.test
    spread = test[:: max(len(test) // PLAYED, 1)][:PLAYED]  # pieces of one tune are consecutive
    held_out = [dataset.decode(row) for row in spread]
    melodies = {
        name: [[int(pitch) for pitch in line.split()] for line in lines[:PLAYED]]
        for name, lines in {"held out": held_out, **samples}.items()
    }
    midi, picture = done.folder / "midi", done.folder / "piano_roll.png"
    for name, own in melodies.items():
        for number, melody in enumerate(own, 1):
            write_melody(midi / f"{name.replace(' ', '-')}-{number:02}.mid", melody, step)
    drawn = {name: [each for each in own if each][:DRAWN] for name, own in melodies.items()}
    draw_piano_roll(picture, {name: own for name, own in drawn.items() if own}, step)
    caption = (
        f"The first {DRAWN} melodies of each run, not selected; {PLAYED} of each are MIDI files in "
        f"{midi.name}/. Held-out melodies are at equal intervals in the test set."
    )
    rules = Listing(notes("music", step=step, length=dataset.length))
    text.write(done, dataset, dataset_name, [rules, Picture(picture, caption)], samples)
    tqdm.write(f"Melodies: {midi}\nPicture: {picture}")
