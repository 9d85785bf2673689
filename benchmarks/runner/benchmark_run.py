"""The finished runs of a benchmark, from which its report is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leakgan_tf.reporting.document import Block, Paragraph
from leakgan_tf.runs.folder import environment
from leakgan_tf.runs.record import RunRecord


@dataclass(frozen=True)
class BenchmarkRun:
    """Finished runs.

    Attributes:
      benchmark: its module below ``benchmarks``.
      folder: the benchmark's; each run has its own folder in it.
      runs: the finished runs, at least one, in the order asked for.
      command: what was called.
      overrides: the settings given on the command line.
      missing: why runs that were asked for did not finish, by name.
    """

    benchmark: str
    folder: Path
    runs: Sequence[RunRecord]
    command: str
    overrides: Mapping[str, str]
    missing: Mapping[str, str]

    def to_json(self, **more: Any) -> dict[str, Any]:
        """Returns the content of report.json, with a benchmark's own entries."""
        made_by = {"command": self.command, "overrides": dict(self.overrides), **environment()}
        return {
            "benchmark": self.benchmark,
            "made_by": made_by,
            "missing": list(self.missing),
            **more,
            "runs": [
                {"folder": run.name, "config": run.config.to_json(), "figures": run.measured}
                for run in self.runs
            ],
        }

    def missing_blocks(self) -> list[Block]:
        """Returns a warning for each run that did not finish."""
        return [
            Paragraph(f"{name} did not finish and is not in this report: {why}", warning=True)
            for name, why in self.missing.items()
        ]
