"""The finished runs of a benchmark, from which its report is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.reports.results import Result
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.reporting.document import Block, Paragraph, Table
from leakgan_tf.reporting.tables import plain
from leakgan_tf.runs.folder import environment
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.utils.files import write_json


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

    def save(self, each: Mapping[str, Mapping[str, Any]], **more: Any) -> Result:
        """Writes report.json, and returns it as a result.

        Args:
          each: further entries of runs by name.
          more: a benchmark's own entries.
        """
        content = {
            "benchmark": self.benchmark,
            "made_by": {
                "command": self.command,
                "overrides": dict(self.overrides),
                **environment(),
            },
            "missing": list(self.missing),
            **more,
            "runs": [
                {
                    "folder": run.name,
                    "config": run.config.to_json(),
                    "figures": run.measured,
                    **each.get(run.name, {}),
                }
                for run in self.runs
            ],
        }
        write_json(self.folder / "report.json", content)
        return Result(self.benchmark, content)

    def report(
        self,
        title: str,
        blocks: Sequence[Block],
        tables: Sequence[Table | str],
        runs: Sequence[RunRecord] | None = None,
        dataset: TextDataset | None = None,
        oracle: dict[str, np.ndarray] | None = None,
    ) -> None:
        """Writes the page and its pictures; prints tables and the page's path.

        Args:
          title: the page's.
          blocks: before the runs; after a warning for each run that did not finish.
          tables: what is printed.
          runs: shown run by run; default: all.
          dataset: what runs on text were trained on.
          oracle: the published oracle's weights, if runs used them.
        """
        from leakgan_tf.reporting.report import write_report  # imports matplotlib

        missing = [
            Paragraph(f"{name} did not finish and is not in this report: {why}", warning=True)
            for name, why in self.missing.items()
        ]
        shown = self.runs if runs is None else runs
        page, markdown = write_report(
            shown, self.folder, [dataset] * len(shown), oracle, self.command, title,
            [*missing, *blocks],
        )  # fmt: skip
        texts = [
            each if isinstance(each, str) else plain(each.headers, each.rows) for each in tables
        ]
        tqdm.write("\n" + "\n\n".join([title, *texts]) + "\n")
        tqdm.write(f"Report: {page}, {markdown}, {self.folder / 'report.json'}")
