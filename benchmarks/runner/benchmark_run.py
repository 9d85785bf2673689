"""The finished runs of a benchmark, and how its report is saved."""

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
    """The finished runs of a benchmark.

    Attributes:
      benchmark: name of the benchmark's module.
      folder: folder of the benchmark, which has a folder for each run.
      runs: the finished runs, at least one, in the requested order.
      command: command of the benchmark.
      overrides: settings given on the command line.
      missing: {requested run that did not finish: reason}.
    """

    benchmark: str
    folder: Path
    runs: Sequence[RunRecord]
    command: str
    overrides: Mapping[str, str]
    missing: Mapping[str, str]

    def save(self, each: Mapping[str, Mapping[str, Any]], **more: Any) -> Result:
        """Writes report.json with further entries, `each` by run; returns it as a result."""
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
        """Writes the report and its pictures; prints tables and the paths.

        Args:
          title: title of the report.
          blocks: blocks before the runs, after a warning for each run that did not finish.
          tables: printed tables and texts.
          runs: runs with sections of their own. Default: all.
          dataset: dataset of runs on text.
          oracle: weights of the published oracle, if the runs used it.
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
