"""The logs of a run: TensorBoard, JSON lines, and a progress bar."""

import json
import re
import sys
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from leakgan_tf.training.board import begin_again, tensorboard_errors
from leakgan_tf.training.monitor import GROUP
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

WIDTH = 100  # columns of a terminal
_ORDER = re.compile(r"_[2-5]$")  # the order in the name of a BLEU score
_PAUSE = 0.5  # seconds between two updates of the bar on a terminal
_PAUSE_IN_FILES = 30.0  # the same for output to a file, where each update is a line


class Records:
    """Writes scalars as JSON lines and to TensorBoard, texts and histograms to TensorBoard.

    Every method raises ``UserError`` if it cannot write, for example if the disk is full.

    Args:
      metrics: the file of JSON lines, appended to.
      tensorboard: the TensorBoard folder.
      position: the next phase. Earlier records of this and later phases in TensorBoard, from before
        the run was interrupted, are discarded.
    """

    def __init__(self, metrics: Path, tensorboard: Path, position: int = 0):
        self._metrics = metrics
        self._tensorboard = tensorboard
        with tensorboard_errors(tensorboard):
            if any(tensorboard.glob("events*")):
                begin_again(tensorboard, position)
            self._writer = tf.summary.create_file_writer(str(tensorboard))

    def scalars(self, position: int, group: str, values: dict[str, float], **more: Any) -> None:
        """Writes values of the phase at `position`, tagged ``group/name``."""
        self._line({"position": position, "group": group, **more, **values})
        with tensorboard_errors(self._tensorboard), self._writer.as_default(step=position):
            for name, value in {**more, **values}.items():
                if not isinstance(value, str):
                    tf.summary.scalar(f"{group}/{name}", value)

    def warning(self, position: int, text: str) -> None:
        """Writes a warning, one line of text."""
        self._line({"position": position, "group": GROUP, "text": text})
        self.text(position, GROUP, [text])

    def _line(self, values: dict[str, Any]) -> None:
        try:
            with self._metrics.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(values) + "\n")
        except OSError as error:
            raise UserError(f"cannot write {self._metrics}: {error.strerror}") from error

    def text(self, position: int, name: str, lines: list[str]) -> None:
        """Writes lines of text to TensorBoard."""
        with tensorboard_errors(self._tensorboard), self._writer.as_default(step=position):
            tf.summary.text(name, "\n".join("    " + line for line in lines))

    def histograms(self, position: int, values: dict[str, np.ndarray]) -> None:
        """Writes histograms of arrays, by name, to TensorBoard; values not finite are left out.

        ``tf.summary.histogram`` would expand each array to one-hot rows of float64: 1.5 GB for the
        highway layer of LeakGAN's D at the published sizes, where this needs 0.4 GB.
        """
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        with tensorboard_errors(self._tensorboard), self._writer.as_default(step=position):
            for name, array in values.items():
                summary = histogram_pb(name, array[np.isfinite(array)])
                tf.summary.experimental.write_raw_pb(summary.SerializeToString())

    def close(self) -> None:
        """Writes pending events and closes the file."""
        with tensorboard_errors(self._tensorboard):
            self._writer.close()


class Bar:
    """A progress bar over phases, with the estimated time left.

    Args:
      title: text before the bar.
      kinds: the kinds of work in each phase, in order; the first is the phase's name.
      position: number of finished phases.
    """

    def __init__(self, title: str, kinds: list[tuple[str, ...]], position: int):
        self._kinds = kinds
        self._bar = tqdm(
            total=len(kinds),
            initial=position,
            desc=title,
            unit="phase",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {postfix}",
        )
        self._pause = _PAUSE if sys.stderr.isatty() else _PAUSE_IN_FILES
        self._shown = float("-inf")
        self._first = (-1, 0, 0.0)  # phase, update and time of the first call in a phase

    def show(self, position: int, update: int, updates: int, seconds: dict[str, list]) -> None:
        """Shows the current phase's update, and the time left.

        Args:
          position: number of finished phases.
          update: updates done in the current phase.
          updates: all updates in the current phase.
          seconds: durations of finished work, by its kind.
        """
        now = time.monotonic()
        if update and position != self._first[0]:
            self._first = (position, update, now)  # after its first updates, which compile
        if now - self._shown < self._pause:
            return
        self._shown = now
        name = self._kinds[position][0] if position < len(self._kinds) else "done"
        since = update - self._first[1]
        if update and since and not seconds.get(name):
            seconds = {**seconds, name: [(now - self._first[2]) * updates / since]}
        kinds = [kind for phase in self._kinds[position:] for kind in phase]
        left = time_left(kinds, seconds, update / updates if updates else 0.0)
        self._bar.n = position
        of = f" {update}/{updates}" if updates else ""
        self._bar.set_postfix_str(f"{name}{of}, {left} left", refresh=False)
        self._bar.refresh()

    def announce(self, work: str) -> None:
        """Shows immediately the name of work that may take a while."""
        self._bar.set_postfix_str(work, refresh=False)
        self._bar.refresh()

    def line(self, text: str) -> None:
        """Prints a line above the bar."""
        tqdm.write(printable(text))

    def close(self, position: int) -> None:
        """Ends the bar."""
        self._bar.n = position
        self._bar.set_postfix_str("")
        self._bar.close()


def figures_line(head: str, figures: Mapping[str, float]) -> str:
    """Returns a head and figures by name, orders of one score together: "bleu_2..5 0.9 0.8".

    The text is wrapped at `WIDTH` columns.
    """
    orders: dict[str, list[str]] = {}  # names of figures by their name without the order
    for name in figures:
        orders.setdefault(_ORDER.sub("", name), []).append(name)
    parts = []
    for names in orders.values():
        more = f"..{names[-1][-1]}" if len(names) > 1 else ""
        values = "\u00a0".join(f"{figures[name]:.3f}" for name in names)
        parts.append(f"{names[0]}{more}\u00a0{values}")
    indent = " " * (len(head) + 1)
    lines = textwrap.wrap(f"{head} {'  '.join(parts)}", WIDTH, subsequent_indent=indent)
    return "\n".join(lines).replace("\u00a0", " ")


def time_left(kinds: list[str], seconds: dict[str, list], done: float = 0.0) -> str:
    """Returns the estimated time left, such as "1:02:03", or "?" before any work is finished.

    Args:
      kinds: kinds of the remaining work. The estimate of each is the median of its durations; that
        of kinds without durations is the mean of these medians.
      seconds: durations of finished work, by its kind.
      done: share of the first remaining work that is done.
    """
    medians = {kind: float(np.median(values)) for kind, values in seconds.items() if values}
    if not medians:
        return "?"
    unknown = float(np.mean(list(medians.values())))
    each = [medians.get(kind, unknown) for kind in kinds]
    return tqdm.format_interval(sum(each) - done * sum(each[:1]))
