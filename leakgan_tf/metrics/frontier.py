"""MLE's quality-diversity frontier, and the distance of other models from it.

A low NLL_oracle may come from a loss of diversity, and MLE reaches one, too, at a lower
temperature. In the plane of held-out NLL (x, diversity) and NLL_oracle (y, quality), both lower is
better, MLE's sweep over temperatures is a curve. A system is better than a change of temperature
if it lies below this curve (Caccia et al., "Language GANs Falling Short").
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypedDict, TypeVar

import numpy as np

# Positions of points without a distance, as shown in tables.
BETTER = "better in both"
WORSE = "worse in both"
MORE_DIVERSE = "more diverse"
LESS_DIVERSE = "less diverse"


class Point(TypedDict):
    """NLLs of a model at one temperature, in nats per token."""

    nll_test: float
    nll_oracle: float


class SweepPoint(Point):
    """A point of a sweep over temperatures."""

    temperature: float


Key = TypeVar("Key", bound=Hashable)


class Frontier(NamedTuple):
    """The Pareto-optimal points of a sweep, joined by straight lines.

    All points of the lines can be reached. Choosing between two temperatures at random for each
    sentence has an NLL_oracle on the line, and a held-out NLL at most as high, since -log is
    convex.

    Attributes:
      nll_test: x of the points in nats per token, increasing, (n,) with n at least 1.
      nll_oracle: their y in nats per token, decreasing, (n,).
    """

    nll_test: tuple[float, ...]
    nll_oracle: tuple[float, ...]

    @classmethod
    def of_sweep(cls, rows: Iterable[Point]) -> "Frontier":
        """Returns the frontier of a sweep, in any order of its rows.

        A point is excluded if another point is no higher in both figures; of equal points one is
        kept.

        Args:
          rows: at least one row with ``nll_test`` and ``nll_oracle``, in nats per token.

        Raises:
          ValueError: there is no row, or a figure is not finite.
        """
        points = sorted({(float(row["nll_test"]), float(row["nll_oracle"])) for row in rows})
        if not points or not np.isfinite(points).all():
            raise ValueError("a frontier needs at least one point, and finite figures")
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
        """Returns a point's NLL_oracle less the frontier's at the same NLL_test, in nats per token.

        Below zero, the model is better than MLE at any temperature with that diversity. None if the
        point is more or less diverse than the whole frontier; see `place`.
        """
        height = self.at(nll_test)
        return None if height is None else nll_oracle - height

    def bound(self, nll_test: float, nll_oracle: float) -> float:
        """Returns the distance from the frontier extended horizontally on both sides.

        Within the range it is `distance`. For a point more diverse than the whole sweep it is an
        upper bound of the distance: a longer sweep would be at least as high there, or not reach
        that diversity. For a less diverse point it is a lower bound. So its sign is certain where
        `place` returns `BETTER` or `WORSE`, and unknown for `MORE_DIVERSE` and `LESS_DIVERSE`.
        """
        return nll_oracle - float(np.interp(nll_test, self.nll_test, self.nll_oracle))

    def place(self, nll_test: float, nll_oracle: float) -> str:
        """Returns the position of a point without a distance; "" if it has a distance.

        `BETTER`: lower in NLL_test than the whole frontier, and no higher in NLL_oracle than its
        most diverse point. `WORSE`: higher in NLL_test than the whole frontier, and no lower in
        NLL_oracle than its lowest point. `MORE_DIVERSE` and `LESS_DIVERSE`: better in one figure
        only; a longer sweep may or may not reach the point.
        """
        if nll_test < self.nll_test[0]:
            return BETTER if nll_oracle <= self.nll_oracle[0] else MORE_DIVERSE
        if nll_test > self.nll_test[-1]:
            return WORSE if nll_oracle >= self.nll_oracle[-1] else LESS_DIVERSE
        return ""


def mean_points(sweeps: Sequence[Mapping[Key, Point]]) -> dict[Key, Point]:
    """Returns the mean point of several sweeps for each key that all of them have.

    Args:
      sweeps: at least one sweep; points by temperature or another key.
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
    return [{"temperature": temperature, **point} for temperature, point in mean.items()]
