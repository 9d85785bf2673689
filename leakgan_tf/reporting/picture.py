"""Saves figures: as PNG for pages, and as SVG and PDF for papers."""

from pathlib import Path
from typing import Any

from leakgan_tf.utils.files import atomic_output
from leakgan_tf.utils.status import stage

SUFFIXES = (".png", ".svg", ".pdf")  # suffixes of picture files
# Metadata without dates, so that equal figures give equal files.
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"Date": None, "Creator": "leakgan_tf"},
    ".pdf": {"CreationDate": None, "Creator": "leakgan_tf"},
}


def new_figure(width: float, height: float) -> Any:
    """Returns an empty Matplotlib figure, made without pyplot: no global state, no display."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save_picture(figure: Any, path: Path, dpi: int, vectors: bool = True) -> None:
    """Saves a Matplotlib figure as PNG, and with `vectors` as SVG and PDF of the same name, too.

    `vectors` is False for a path given by the user, where such files may exist already.

    Raises:
      UserError: a file cannot be written.
    """
    with stage(f"drawing {path.name}"):
        for suffix in SUFFIXES if vectors else SUFFIXES[:1]:
            with atomic_output(path if suffix == ".png" else path.with_suffix(suffix)) as temporary:
                figure.savefig(temporary, format=suffix[1:], dpi=dpi, metadata=_METADATA[suffix])
            figure.set_layout_engine(None)  # keep the layout for the other formats: half the time


def line_color(number: int, count: int) -> str:
    """Returns the color of one of `count` lines; up to twenty lines have different colors."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    colors: Any = colormaps["tab10" if count <= 10 else "tab20"]
    return to_hex(colors.colors[number % colors.N])
