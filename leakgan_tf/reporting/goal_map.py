"""Plots heat maps of how well the Manager's goals were met, token by token."""

from pathlib import Path

import numpy as np

from leakgan_tf.reporting.picture import new_figure, save_picture


def draw_goal_map(path: Path, cosines: np.ndarray) -> None:
    """Draws a strip for each sentence, with tokens along x and tokens ahead along y (downwards).

    The cosines (n, c, T) are those of `leaked.goal_cosines`, NaN after the end.
    """
    count, horizon, length = cosines.shape
    figure = new_figure(11, 1.0 + count * (0.5 + 0.2 * horizon))
    panels = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    extent = (0.5, length + 0.5, horizon + 0.5, 0.5)
    for number, (axes, strip) in enumerate(zip(panels, cosines, strict=True), 1):
        image = axes.imshow(
            strip, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto", extent=extent,
            interpolation="nearest",
        )  # fmt: skip
        axes.set_facecolor("0.85")  # shown where there is no value
        axes.set_yticks(range(1, horizon + 1))
        axes.set_xticks(range(1, length + 1))
        axes.tick_params(labelsize=7)
        axes.set_title(f"sample {number}", fontsize=9, loc="left")
    figure.supxlabel("token sampled with the goal, t", fontsize=9)
    figure.supylabel("tokens ahead, k", fontsize=9)
    figure.colorbar(image, ax=list(panels), label="cosine of the goal and the change of features")
    save_picture(figure, path, 120)
