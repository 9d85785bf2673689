"""What a system's file says of published figures, each with where it was read.

How sure a figure is: "read" in the paper or the authors' files; "second hand", read in another
paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Scores = tuple[float, float, float, float]  # BLEU-2 to BLEU-5, or Self-BLEU


class OracleFigure(NamedTuple):
    """NLL_oracle in nats per token, where it was published, and how it was sampled."""

    nll: float
    source: str


@dataclass(frozen=True)
class PublishedFigures:
    """The published figures of one system; None where there is none.

    Attributes:
      paper: arXiv identifier of the system's paper; tables are in this order. "" comes first.
      oracle: NLL_oracle by length.
      falling_short: (NLL_oracle, NLL_test) by factor on the logits, of "Language GANs Falling
        Short" (`reporting.published`).
      coco: BLEU-2..5 and Self-BLEU-2..5 on Image COCO; Self-BLEU is None if it is not comparable.
      news: BLEU-2..5, and NLL in nats per token, on EMNLP 2017 WMT news.
      poems: BLEU-2 on Chinese poems.
      speeches: BLEU-3 and BLEU-4 on Obama's speeches.
      music: BLEU-4 and mean squared error on Nottingham melodies.
      turing: share of sentences that judges called real, by corpus; from memory, so always shown
        with a mark.
    """

    paper: str
    oracle: Mapping[int, OracleFigure] = field(default_factory=dict)
    falling_short: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    coco: tuple[Scores, Scores | None] | None = None
    news: tuple[Scores, float] | None = None
    poems: float | None = None
    speeches: tuple[float, float] | None = None
    music: tuple[float, float] | None = None
    turing: Mapping[str, float] = field(default_factory=dict)
