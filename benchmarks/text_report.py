"""Table, page and JSON of the benchmark on real text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.outcome import Outcome
from leakgan_tf.reporting.document import Block, Listing, Paragraph, Table
from leakgan_tf.reporting.published import text_rows
from leakgan_tf.reporting.report import write_report
from leakgan_tf.reporting.tables import plain
from leakgan_tf.reporting.text_figures import figures_rows
from leakgan_tf.runs.folder import environment
from leakgan_tf.runs.load import load
from leakgan_tf.runs.record import read_runs
from leakgan_tf.utils.files import write_json

SHOWN = 20  # samples of each run in the JSON
REAL = "real (training)"  # the row of real text
_PUBLISHED = (
    "system",
    *(f"BLEU-{order}" for order in (2, 3, 4, 5)),
    *(f"Self-BLEU-{order}" for order in (2, 3, 4, 5)),
    "NLL_test",
)
_NOTES = (
    "BLEU: samples against held-out text, higher is better; backward BLEU: held-out text against "
    "samples. Self-BLEU: every sample against all others, lower is more varied. NLL_test: nats per "
    "token of held-out text under the model, its logits multiplied as for the samples.",
    '"copied": the share of samples that the training set holds word for word.',
    '"real (training)": training sentences chosen at random, as many as samples, scored in the '
    "samples' place: what a model that writes like the corpus would reach. The papers' rows of "
    "real data may be measured otherwise.",
    "Figures are of the last weights. Where one system has more quality and less variety than "
    "another, only the sweep over temperatures tells which is better.",
)


def write(
    outcome: Outcome,
    benchmark: str = "text",
    first: Sequence[Block] = (),
    samples: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Writes the report and report.json; prints the table and where they lie.

    Args:
      outcome: what is reported.
      benchmark: the module's name, in the JSON.
      first: what stands before the table.
      samples: `shown_samples`, if there are any already.
    """
    headers, rows = _table(outcome)
    samples = samples or shown_samples(outcome)
    sizes = f"T = {outcome.dataset.length}, V = {len(outcome.dataset.vocabulary)}"
    title = f"{outcome.dataset_name}, {sizes}, preset {outcome.configs[0].preset}"
    train, test = outcome.dataset.train, outcome.dataset.test
    blocks = [
        *(
            Paragraph(f"{name} did not finish, and is not in this report: {why}", warning=True)
            for name, why in outcome.missing.items()
        ),
        Paragraph(f"{len(train):,} training and {len(test):,} held-out sentences."),
        *first,
        Table(headers, rows),
        Listing(_NOTES),
    ]
    runs = read_runs([outcome.folder / name for name in outcome.measured])
    write_json(outcome.folder / "report.json", _json(outcome, benchmark, samples))
    page, _ = write_report(
        runs,
        outcome.folder,
        [outcome.dataset] * len(runs),
        command=outcome.command,
        title=title,
        first=blocks,
    )
    tqdm.write(f"\n{title}\n\n{plain(headers, rows)}\n")
    published, source = text_rows(outcome.dataset.corpus or "")
    if published:
        tqdm.write(f"Published ({source}):\n\n{plain(_PUBLISHED, published)}\n")
    tqdm.write(f"Report, with curves, the sweep, samples and the whole protocol: {page}")


def _table(outcome: Outcome) -> tuple[list[str], list[list[str]]]:
    headers, rows = figures_rows({**outcome.measured, REAL: outcome.real})
    for row, figures in zip(rows, [*outcome.measured.values(), outcome.real], strict=True):
        row.append(minutes(figures))
    return [*headers, "minutes"], rows


def _json(outcome: Outcome, benchmark: str, samples: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    runs = zip(outcome.configs, outcome.measured.items(), strict=True)
    return {
        "benchmark": benchmark,
        "dataset": outcome.dataset_name,
        "made_by": {"command": outcome.command, **environment()},
        "prepared": _without_folders(outcome.dataset.record),
        "real": outcome.real,
        "missing": list(outcome.missing),
        "runs": [
            {"folder": name, "config": config.to_json(), "figures": figures,
             "samples": samples[name]}
            for config, (name, figures) in runs
        ],
    }  # fmt: skip


def shown_samples(outcome: Outcome) -> dict[str, list[str]]:
    """Returns the first samples of each run, at temperature 1."""
    return {name: load(outcome.folder / name).generate(SHOWN) for name in outcome.measured}


def minutes(figures: Mapping[str, Any]) -> str:
    """Returns how long a run trained; nothing for what is no run."""
    return f"{sum(figures['seconds'].values()) / 60:.1f}" if "seconds" in figures else ""


def _without_folders(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a data folder's record with its inputs' names, not where they lay."""
    named = {
        part: [{**each, "name": Path(each["name"]).name} for each in record[part]]
        for part in ("inputs", "test_inputs")
    }
    return {**record, **named}
