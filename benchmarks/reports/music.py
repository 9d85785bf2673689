"""The report of the music benchmark: scores, a piano roll and MIDI files."""

from tqdm import tqdm

from benchmarks.reports import text
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.midi import write_melody
from leakgan_tf.reporting.document import Listing, Picture
from leakgan_tf.reporting.piano_roll import draw_piano_roll

PLAYED = 10  # samples of each run, and test melodies, that become MIDI files
DRAWN = 3  # of each in the picture

_RULES = (
    "A step lasts {step:g} seconds. A melody is one voice of a MIDI file (of the first track with "
    "notes, the lowest channel, no percussion), from its first note on, cut into pieces of "
    "{length} steps, one after the other; what is left at the end is dropped. A step has the pitch "
    "that sounds when it begins; a rest has the pitch before it. Whole tunes are held out, chosen "
    "by seed; all pieces of all of them are BLEU's references. Tunes that are polyphonic, shorter "
    "than a piece, or broken are left out, by name, in data/dataset.json.",
    'Every melody has exactly {length} steps, so no end is ever learned; "ends early" is the '
    "share of samples that end all the same.",
    "In the MIDI files equal pitches in a row are one long note.",
    "Samples can score above real melodies: BLEU rewards what is common. The paper does not give "
    "its BLEU-4's smoothing, split, pieces of a tune and number of samples.",
    'MSE is in squared semitones, by two definitions of this project: "nearest", each sample '
    'against the test melody nearest to it, and "all pairs", each against every test melody. '
    "SeqGAN's paper does not define its MSE, so it cannot be compared with either, nor with the "
    "row of real melodies. Low is not good in itself: a copy has 0 by the first, a monotonous "
    "melody a low value by the second.",
)


def write(done: BenchmarkRun, dataset: TextDataset, dataset_name: str, step: float) -> None:
    """Writes the report with its picture and MIDI files; prints the table and their paths.

    Args:
      done: the finished runs.
      dataset: the melodies.
      dataset_name: of the corpus or the folder.
      step: seconds that a pitch lasts.
    """
    samples, test = text.shown_samples(done), dataset.test
    spread = test[:: max(len(test) // PLAYED, 1)][:PLAYED]  # a tune's pieces follow each other
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
        f"The first {DRAWN} melodies of each, not selected; the first {PLAYED} are MIDI files in "
        f"{midi.name}/. Held-out ones are spread evenly over the test set."
    )
    rules = Listing([rule.format(step=step, length=dataset.length) for rule in _RULES])
    text.write(done, dataset, dataset_name, [rules, Picture(picture, caption)], samples)
    tqdm.write(f"Melodies: {midi}\nPicture: {picture}")
