"""Writes the report of the benchmarks on text and on music."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.reports.notes import notes
from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.reporting import conclusions
from leakgan_tf.reporting.document import Block, Listing, Paragraph, Table, listed
from leakgan_tf.reporting.figure_tables import signatures
from leakgan_tf.reporting.published import published_note
from leakgan_tf.runs.load import load
from leakgan_tf.tasks.text_scores import real_figures

SHOWN = 20  # number of samples of each run in the JSON


def write(
    done: BenchmarkRun,
    dataset: TextDataset,
    dataset_name: str,
    first: Sequence[Block] = (),
    samples: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Writes the report and report.json; prints the table and the paths.

    Args:
      done: the finished runs.
      dataset: the sentences.
      dataset_name: name of the corpus or the folder.
      first: further blocks after the table.
      samples: result of `shown_samples`, if available.
    """
    samples = samples or shown_samples(done)
    result = done.save(
        {name: {"samples": list(lines)} for name, lines in samples.items()},
        dataset=dataset_name,
        prepared=_without_folders(dataset.record),
        real=real_figures(dataset),
    )
    table = view(result)
    published = published_note([run.config for run in done.runs], dataset.corpus or "")
    sizes = f"T = {dataset.length}, V = {len(dataset.vocabulary)}"
    title = f"{dataset_name}, {sizes}, preset {done.runs[0].config.preset}"
    blocks = [
        Paragraph(f"{len(dataset.train):,} training and {len(dataset.test):,} held-out sentences."),
        *listed(conclusions.in_two_figures(done.runs, conclusions.TEXT)),
        table,
        *([Paragraph(published)] if published else ()),
        Listing(notes("text")),
        *first,
    ]
    printed: list[Table | str] = [table, *signatures(run.measured for run in done.runs)]
    done.report(title, blocks, printed, dataset=dataset)


def shown_samples(done: BenchmarkRun) -> dict[str, list[str]]:
    """Returns the first samples of each run, at temperature 1."""
    return {run.name: load(run.path).generate(SHOWN) for run in done.runs}


def _without_folders(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a data folder's record, with file names instead of paths of its inputs."""
    named = {
        part: [{**each, "name": Path(each["name"]).name} for each in record[part]]
        for part in ("inputs", "test_inputs")
    }
    return {**record, **named}
