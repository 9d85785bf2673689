"""Figures as files: PNG for pages, SVG and PDF beside it for papers."""

from pathlib import Path
from typing import Any

from leakgan_tf.utils.files import atomic_output

SUFFIXES = (".png", ".svg", ".pdf")  # of the files that a picture may be
# Nothing that changes from one writing to the next.
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"Date": None, "Creator": "leakgan_tf"},
    ".pdf": {"CreationDate": None, "Creator": "leakgan_tf"},
}


def save_picture(figure: Any, path: Path, dpi: int, vectors: bool = True) -> None:
    """Writes a figure of matplotlib.

    Args:
      figure: the figure.
      path: the picture's file, PNG.
      dpi: dots per inch of the PNG.
      vectors: whether to write SVG and PDF of the same name beside it. Not for a file that the user
        names: others of that name may be there.

    Raises:
      UserError: a file cannot be written.
    """
    for suffix in SUFFIXES if vectors else SUFFIXES[:1]:
        with atomic_output(path if suffix == ".png" else path.with_suffix(suffix)) as temporary:
            figure.savefig(temporary, format=suffix[1:], dpi=dpi, metadata=_METADATA[suffix])
        figure.set_layout_engine(None)  # done: the other formats keep it, in half the time


def line_color(number: int, count: int) -> str:
    """Returns the color of one of `count` lines: up to twenty differ, the first ten most."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    colors: Any = colormaps["tab10" if count <= 10 else "tab20"]
    return to_hex(colors.colors[number % colors.N])
