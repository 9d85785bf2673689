"""Table, piano roll and MIDI files of the music benchmark."""

from tqdm import tqdm

from benchmarks import text_report
from benchmarks.outcome import Outcome
from leakgan_tf.data.midi import write_melody
from leakgan_tf.reporting.document import Heading, Listing, Paragraph, Picture, Table
from leakgan_tf.reporting.piano_roll import draw_piano_roll
from leakgan_tf.reporting.published import MUSIC, MUSIC_SOURCE
from leakgan_tf.reporting.tables import plain

NOTTINGHAM = "nottingham"  # the published figures' corpus
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
    "Samples can score above real melodies: BLEU rewards what is common. Of its BLEU-4 the paper "
    "leaves smoothing, the split, the pieces of a tune and the number of samples open.",
    'MSE is in squared semitones, by two definitions of this project: "nearest", each sample '
    'against the test melody nearest to it, and "all pairs", each against every test melody. '
    "SeqGAN's paper does not say what its MSE is of, so its column cannot be compared with either, "
    "nor with the row of real melodies. Low is no merit in itself: a copy has 0 by the first, a "
    "dull melody little by the second.",
)


def write(outcome: Outcome, step: float) -> None:
    """Writes the report with its picture and MIDI files; prints the tables and where they lie.

    Args:
      outcome: what is reported.
      step: seconds that a pitch lasts.
    """
    samples = text_report.shown_samples(outcome)
    test = outcome.dataset.test
    spread = test[:: max(len(test) // PLAYED, 1)][:PLAYED]  # a tune's pieces follow each other
    held_out = [outcome.dataset.decode(row) for row in spread]
    melodies = {
        name: [[int(pitch) for pitch in line.split()] for line in lines[:PLAYED]]
        for name, lines in {"held out": held_out, **samples}.items()
    }
    midi, picture = outcome.folder / "midi", outcome.folder / "piano_roll.png"
    for name, own in melodies.items():
        for number, melody in enumerate(own, 1):
            write_melody(midi / f"{name.replace(' ', '-')}-{number:02}.mid", melody, step)
    drawn = {name: [each for each in own if each][:DRAWN] for name, own in melodies.items()}
    draw_piano_roll(picture, {name: own for name, own in drawn.items() if own}, step)
    headers, rows = table(outcome)
    known = outcome.dataset.corpus == NOTTINGHAM
    first = [
        Table(headers, rows),
        *([Paragraph(f"Published: {MUSIC_SOURCE}.")] if known else []),
        Listing([rule.format(step=step, length=outcome.dataset.length) for rule in _RULES]),
        Picture(
            picture,
            f"The first {DRAWN} melodies of each, unchosen; the first {PLAYED} are MIDI files in "
            f"{midi.name}/. Held-out ones are spread evenly over the test set.",
        ),
        Heading("All scores"),
    ]
    text_report.write(outcome, "music", first, samples)
    tqdm.write(f"\n{plain(headers, rows)}\n")
    tqdm.write(f"Melodies: {midi}\nPicture: {picture}")


def table(outcome: Outcome) -> tuple[list[str], list[list[str]]]:
    """Returns headers and rows: what SeqGAN's table has, published figures beside measured ones."""
    systems = {
        name: config.system for name, config in zip(outcome.measured, outcome.configs, strict=True)
    }
    headers = ["run", "BLEU-4", "MSE, nearest", "MSE, all pairs", "NLL_test", "distinct",
               "copied", "ends early", "minutes"]  # fmt: skip
    rows = []
    for name, figures in [*outcome.measured.items(), (text_report.REAL, outcome.real)]:
        row = [name, f"{figures['bleu']['4']:.3f}"]
        keys = ("mse_nearest", "mse_pairs", "nll_test", "distinct_sentences", "copied_from_train",
                "early_ends")  # fmt: skip
        row += [f"{figures[key]:.3f}" if key in figures else "" for key in keys]
        rows.append([*row, text_report.minutes(figures)])
    if outcome.dataset.corpus != NOTTINGHAM:
        return headers, rows
    for row in rows:
        known = MUSIC.get(systems.get(row[0], ""))
        row += [f"{known[0]:.3f}", f"{known[1]:.2f}"] if known else ["", ""]
    return [*headers, "BLEU-4, published", "MSE, published"], rows
