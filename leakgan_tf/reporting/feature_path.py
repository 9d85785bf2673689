"""Plots the path of D's leaked features while sentences are generated."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from leakgan_tf.reporting.picture import new_figure, save_picture

_SHOWN = 6  # number of sentences of each kind whose own paths are drawn


class Axes(NamedTuple):
    """The two directions in which points vary most.

    Attributes:
      centre: mean of the points, (F,).
      directions: unit vectors, (2, F).
      shares: share of the variance in each direction.
    """

    centre: np.ndarray
    directions: np.ndarray
    shares: tuple[float, ...]

    def project(self, points: np.ndarray) -> np.ndarray:
        """Returns the coordinates (..., 2) of points (..., F)."""
        return (points - self.centre) @ self.directions.T


def principal_axes(points: np.ndarray) -> Axes:
    """Returns the first two principal components of points (m, F), F at least 2, by SVD."""
    centre = points.mean(axis=0)
    _, values, directions = np.linalg.svd(points - centre, full_matrices=False)
    variances = values**2
    total = variances.sum()
    shares = variances[:2] / total if total > 0 else np.zeros(2)
    return Axes(centre, directions[:2], tuple(float(share) for share in shares))


def draw_feature_path(path: Path, features: Mapping[str, np.ndarray]) -> None:
    """Draws the features of prefixes in the first two principal components of all of them.

    Left: the mean over sentences for each prefix length, from a ring (empty prefix) to a square
    (T tokens). Right: single sentences. `features`, by kind of sentences, are (n, T+1, F).
    """
    width = next(iter(features.values())).shape[-1]
    axes_found = principal_axes(
        np.concatenate([each.reshape(-1, width) for each in features.values()])
    )
    figure = new_figure(12, 5)
    left, right = figure.subplots(1, 2)
    for number, (name, each) in enumerate(features.items()):
        points, colour = axes_found.project(each), f"C{number}"  # (n, T+1, 2)
        mean = points.mean(axis=0)  # (T+1, 2)
        left.plot(*mean.T, color=colour, marker=".", label=f"{name}, mean of {len(each)}")
        left.plot(*mean[0], color=colour, marker="o", markersize=10, fillstyle="none")
        left.plot(*mean[-1], color=colour, marker="s", markersize=7)
        for place in range(5, len(mean), 5):
            left.annotate(str(place), mean[place], fontsize=7, xytext=(4, 4),
                          textcoords="offset points")  # fmt: skip
        for row, sentence in enumerate(points[:_SHOWN]):
            right.plot(*sentence.T, color=colour, linewidth=0.8, alpha=0.7,
                       label=name if row == 0 else None)  # fmt: skip
            right.plot(*sentence[-1], color=colour, marker="s", markersize=4)
    left.set_title("mean path; numbers: tokens in the prefix", fontsize=10)
    right.set_title(f"{_SHOWN} sentences of each kind; squares: last prefix", fontsize=10)
    for axes in (left, right):
        axes.set_xlabel(f"first component ({axes_found.shares[0]:.0%} of the variance)")
        axes.set_ylabel(f"second component ({axes_found.shares[1]:.0%})")
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
    save_picture(figure, path, 110)
