"""Plots melodies: pitch over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from leakgan_tf.reporting.picture import new_figure, save_picture

_C = range(24, 109, 12)  # MIDI numbers of every C on a piano: C1 is 24


def draw_piano_roll(
    path: Path, melodies: Mapping[str, Sequence[Sequence[int]]], step: float
) -> None:
    """Draws melodies, a row of panels for each name; no melody is empty.

    A melody has a MIDI number for each step, which is `step` seconds long.
    """
    columns = max(len(each) for each in melodies.values())
    size = (3.6 * columns, 1.5 * len(melodies) + 0.6)
    figure = new_figure(*size)
    panels = figure.subplots(len(melodies), columns, sharex=True, sharey=True, squeeze=False)
    for number, (row, (name, own)) in enumerate(zip(panels, melodies.items(), strict=True)):
        row[0].set_ylabel(name, fontsize=9)
        for axes in row[len(own) :]:
            axes.set_axis_off()
        for axes, melody in zip(row, own, strict=False):
            begins = [place * step for place in range(len(melody))]
            axes.barh(melody, step, height=0.9, left=begins, color=f"C{number}")
            axes.set_yticks(_C, [f"C{octave}" for octave in range(1, len(_C) + 1)])
            axes.grid(axis="y", alpha=0.25)
    every = [pitch for own in melodies.values() for melody in own for pitch in melody]
    panels[0][0].set_ylim(min(every) - 1, max(every) + 1)
    figure.supxlabel("seconds", fontsize=9)
    save_picture(figure, path, 110)
