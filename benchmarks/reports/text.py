"""The report of the benchmark on real text, which that on music shares."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.reports.results import Result
from benchmarks.reports.tables import view
from benchmarks.runner.benchmark_run import BenchmarkRun
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.reporting.document import Block, Listing, Paragraph
from leakgan_tf.reporting.figure_tables import signatures
from leakgan_tf.reporting.published import text_figures
from leakgan_tf.reporting.report import write_report
from leakgan_tf.reporting.tables import plain
from leakgan_tf.runs.load import load
from leakgan_tf.tasks.text_scores import real_figures
from leakgan_tf.utils.files import write_json

SHOWN = 20  # samples of each run in the JSON
_NOTES = (
    "BLEU: samples against held-out text, higher is better; backward BLEU: held-out text against "
    "samples. Self-BLEU: every sample against all others, lower is more diverse. NLL_test: nats "
    "per token of held-out text under the model at the samples' temperature, lower is better.",
    '"copied": the share of samples that the training set contains word for word.',
    '"real (training)": training sentences chosen at random, as many as samples, scored as '
    "samples are: the scores of a perfect model. The papers' rows of real data may be measured "
    "otherwise.",
    "Figures are of the last weights. Where one system has more quality and less diversity than "
    "another, only the sweep over temperatures shows which is better.",
)


def write(
    done: BenchmarkRun,
    dataset: TextDataset,
    dataset_name: str,
    first: Sequence[Block] = (),
    samples: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Writes the report and report.json; prints the table and the report's path.

    Args:
      done: the finished runs.
      dataset: the sentences.
      dataset_name: of the corpus or the folder.
      first: blocks after the table.
      samples: `shown_samples`, if there are any already.
    """
    samples = samples or shown_samples(done)
    content = done.to_json(
        dataset=dataset_name, prepared=_without_folders(dataset.record), real=real_figures(dataset)
    )
    for run in content["runs"]:
        run["samples"] = list(samples[run["folder"]])
    write_json(done.folder / "report.json", content)
    table = view(Result(done.benchmark, content))
    sizes = f"T = {dataset.length}, V = {len(dataset.vocabulary)}"
    title = f"{dataset_name}, {sizes}, preset {done.runs[0].config.preset}"
    source = text_figures(dataset.corpus or "")[1]
    published = [Paragraph(f"Published: {source}. Full-size runs under their own protocols.")]
    blocks = [
        *done.missing_blocks(),
        Paragraph(f"{len(dataset.train):,} training and {len(dataset.test):,} held-out sentences."),
        table,
        *(published if source else ()),
        Listing(_NOTES),
        *first,
    ]
    page, _ = write_report(
        done.runs,
        done.folder,
        [dataset] * len(done.runs),
        command=done.command,
        title=title,
        first=blocks,
    )
    shown = [plain(table.headers, table.rows), *signatures(run.measured for run in done.runs)]
    tqdm.write("\n".join(["", title, "", *shown, ""]))
    tqdm.write(f"Report, with curves, the sweep, samples and the whole protocol: {page}")


def shown_samples(done: BenchmarkRun) -> dict[str, list[str]]:
    """Returns the first samples of each run, at temperature 1."""
    return {run.name: load(run.path).generate(SHOWN) for run in done.runs}


def _without_folders(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a data folder's record with its inputs' names, not their folders."""
    named = {
        part: [{**each, "name": Path(each["name"]).name} for each in record[part]]
        for part in ("inputs", "test_inputs")
    }
    return {**record, **named}
