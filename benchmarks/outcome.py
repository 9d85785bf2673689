"""What a benchmark on a prepared corpus hands to its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leakgan_tf.config.config import Config
from leakgan_tf.data.dataset import TextDataset


@dataclass(frozen=True)
class Outcome:
    """Finished runs and what they ran on.

    Attributes:
      folder: the benchmark's; each run has a folder of its own in it.
      dataset_name: what it ran on.
      configs: the runs' configurations.
      measured: each run's figures by its folder's name, in the same order.
      real: the figures of real text (`text_scores.real_figures`).
      dataset: the sentences.
      command: what was called.
      missing: why runs that were asked for did not finish, by name.
    """

    folder: Path
    dataset_name: str
    configs: Sequence[Config]
    measured: Mapping[str, Mapping[str, Any]]
    real: Mapping[str, Any]
    dataset: TextDataset
    command: str
    missing: Mapping[str, str]
