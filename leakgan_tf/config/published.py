"""Types of the published figures in a system's file, and their sources.

A source is "read" (in the paper or the authors' files) or "second hand" (quoted in another paper).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Scores = tuple[float, float, float, float]  # BLEU-2 to BLEU-5, or Self-BLEU


class OracleFigure(NamedTuple):
    """NLL_oracle in nats per token (lower is better), and its source."""

    nll: float
    source: str


@dataclass(frozen=True)
class PublishedFigures:
    """Published figures of one system; None for unpublished ones.

    Attributes:
      paper: arXiv identifier of the system's paper, "" for none; the sort key of tables.
      oracle: NLL_oracle by T, in nats per token.
      falling_short: (NLL_oracle, NLL_test) in nats per token by inverse temperature, from "Language
        GANs Falling Short" (`reporting.published`).
      coco: BLEU-2..5 and Self-BLEU-2..5 on Image COCO; Self-BLEU is None if not comparable.
      news: BLEU-2..5, and NLL in nats per token, on EMNLP 2017 WMT news.
      poems: BLEU-2 on Chinese poems.
      speeches: BLEU-3 and BLEU-4 on Obama's speeches.
      music: BLEU-4 and mean squared error on Nottingham melodies.
      turing: share of generated sentences that raters called real, by corpus; quoted from memory,
        so reports mark them.
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
