"""How far a model lies from what temperature alone gives to MLE: quality at its own diversity.

A low NLL_oracle alone can come from a loss of diversity; MLE has one, too, at a lower temperature.
In the plane of held-out NLL (x, diversity) and NLL_oracle (y, quality), both lower is better, MLE's
sweep over temperatures is a curve, and a system is better than temperature alone where it lies
below it (Caccia et al., "Language GANs Falling Short").
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypedDict, TypeVar

import numpy as np

# Where a point may lie that has no distance, in the words of tables.
BETTER = "better in both"
WORSE = "worse in both"
MORE_DIVERSE = "more diverse"
LESS_DIVERSE = "less diverse"


class Point(TypedDict):
    """A model at one temperature, in nats per token."""

    nll_test: float
    nll_oracle: float


class SweepPoint(Point):
    """A row of a sweep."""

    temperature: float


Key = TypeVar("Key", bound=Hashable)


class Frontier(NamedTuple):
    """The points of a sweep that no other point of it beats, joined by straight lines.

    The lines promise nothing that is out of reach: to choose one of two temperatures by a coin for
    each sentence has the NLL_oracle that lies on the line, and a held-out NLL at most as high,
    since -log is convex.

    Attributes:
      nll_test: x of the points in nats per token, rising, (n,) with n at least 1.
      nll_oracle: their y, falling.
    """

    nll_test: tuple[float, ...]
    nll_oracle: tuple[float, ...]

    @classmethod
    def of_sweep(cls, rows: Iterable[Point]) -> "Frontier":
        """Returns the frontier of a sweep, whatever the order of its rows.

        A point is left out if another one is as low or lower in both figures; of equal points one
        stays.

        Args:
          rows: at least one, with ``nll_test`` and ``nll_oracle`` at one temperature each.

        Raises:
          ValueError: there is no row, or a figure is not finite.
        """
        points = sorted({(float(row["nll_test"]), float(row["nll_oracle"])) for row in rows})
        if not points or not np.isfinite(points).all():
            raise ValueError("a frontier takes one or more points of finite figures")
        kept: list[tuple[float, float]] = []
        for point in points:  # by x, then y: those before have no higher x
            if not kept or point[1] < kept[-1][1]:
                kept.append(point)
        xs, ys = zip(*kept, strict=True)
        return cls(xs, ys)

    def at(self, nll_test: float) -> float | None:
        """Returns the frontier's NLL_oracle at a held-out NLL; None outside its range."""
        if not self.nll_test[0] <= nll_test <= self.nll_test[-1]:
            return None
        return float(np.interp(nll_test, self.nll_test, self.nll_oracle))

    def distance(self, nll_test: float, nll_oracle: float) -> float | None:
        """Returns a point's NLL_oracle less the frontier's at the same NLL_test.

        Below zero: better than temperature alone gives at that diversity. None where the point is
        more or less diverse than all of the frontier: `place` then says what can be said.
        """
        height = self.at(nll_test)
        return None if height is None else nll_oracle - height

    def bound(self, nll_test: float, nll_oracle: float) -> float:
        """Returns the distance from the frontier continued level on both sides.

        Within the range it is `distance`. More diverse than all of the sweep, it is what the
        distance is at most: a longer sweep would lie as high there, or higher, or reach nothing.
        Less diverse, it is what the distance is at least. So its sign is certain where `place` says
        `BETTER` or `WORSE`, and says nothing where it says `MORE_DIVERSE` or `LESS_DIVERSE`.
        """
        return nll_oracle - float(np.interp(nll_test, self.nll_test, self.nll_oracle))

    def place(self, nll_test: float, nll_oracle: float) -> str:
        """Returns where a point without a distance lies; "" where there is a distance.

        `BETTER`: lower in NLL_test than every point of the sweep, and no higher in NLL_oracle than
        the most diverse of them, so it wins in both. `WORSE`: less diverse than all of them, and no
        better than the best of them in NLL_oracle. `MORE_DIVERSE` and `LESS_DIVERSE`: neither beats
        nor is beaten, and a longer sweep may or may not reach as far.
        """
        if nll_test < self.nll_test[0]:
            return BETTER if nll_oracle <= self.nll_oracle[0] else MORE_DIVERSE
        if nll_test > self.nll_test[-1]:
            return WORSE if nll_oracle >= self.nll_oracle[-1] else LESS_DIVERSE
        return ""


def mean_points(sweeps: Sequence[Mapping[Key, Point]]) -> dict[Key, Point]:
    """Returns the mean of several sweeps, at what all of them have.

    Args:
      sweeps: at least one; points by temperature, or by what else distinguishes them.
    """
    shared = [each for each in sweeps[0] if all(each in sweep for sweep in sweeps)]
    return {
        each: {
            "nll_test": float(np.mean([sweep[each]["nll_test"] for sweep in sweeps])),
            "nll_oracle": float(np.mean([sweep[each]["nll_oracle"] for sweep in sweeps])),
        }
        for each in shared
    }


def mean_sweep(sweeps: Sequence[Sequence[SweepPoint]]) -> list[SweepPoint]:
    """Returns the mean of one or more sweeps, at the temperatures that all of them have."""
    mean = mean_points([{row["temperature"]: row for row in sweep} for sweep in sweeps])
    return [
        {
            "temperature": temperature,
            "nll_test": point["nll_test"],
            "nll_oracle": point["nll_oracle"],
        }
        for temperature, point in mean.items()
    ]
