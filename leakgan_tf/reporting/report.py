"""Writes a report on runs: its sections, their order, and its files."""

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.reporting import comparison
from leakgan_tf.reporting.bound_picture import bounds_of, draw_bounds
from leakgan_tf.reporting.conclusions import conclusion_blocks
from leakgan_tf.reporting.curves import draw_curves
from leakgan_tf.reporting.document import (
    Block,
    Code,
    Folded,
    Heading,
    Links,
    Listing,
    Paragraph,
    Picture,
    listed,
    to_markdown,
)
from leakgan_tf.reporting.figure_tables import grammar_table
from leakgan_tf.reporting.groups import Group, by_key, grouped, named, run_title
from leakgan_tf.reporting.page import to_html
from leakgan_tf.reporting.phase_curves import draw_phase_curves
from leakgan_tf.reporting.provenance import made_blocks, report_blocks
from leakgan_tf.reporting.published import PAPERS
from leakgan_tf.reporting.sweeps import sweep_blocks
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.training.monitor import describe_warnings
from leakgan_tf.utils.files import atomic_output, write_text

HTML, MARKDOWN = "report.html", "report.md"


def write_report(
    runs: Sequence[RunRecord],
    out: Path,
    datasets: Sequence[TextDataset | None],
    oracle: dict[str, np.ndarray] | None = None,
    command: str = "",
    title: str = "",
    first: Sequence[Block] = (),
) -> tuple[Path, Path]:
    """Writes report.html, report.md and the pictures of report.md.

    Runs that differ only in the seed share their learning curves; samples and LeakGAN's features
    and goals are of the first of them.

    Args:
      runs: runs of the report; may be empty.
      out: output folder.
      datasets: dataset of each run on text, or None if it is not available.
      oracle: weights of the published oracle, if available.
      command: command that writes the report.
      title: title of the page. Default: names of the runs.
      first: blocks before the runs: a benchmark's own tables, pictures and notes. These include the
        pictures of all runs on the oracle task, which are then not drawn again.

    Returns:
      The paths of the page and of the Markdown file.

    Raises:
      UserError: a checkpoint does not fit, or a file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="leakgan_tf-report-") as temporary:
        drawn = Path(temporary)
        blocks = [
            Heading(f"leakgan_tf: {title or named([run.name for run in runs])}", 1),
            *first,
            *(_each_run(runs, drawn, datasets, oracle, bool(first)) if runs else ()),
            *report_blocks(command),
        ]
        page, markdown = to_html(blocks), to_markdown(blocks)
        # All errors of input are raised before this line, so that no incomplete report is left.
        for picture in sorted(drawn.iterdir()):
            with atomic_output(out / picture.name) as path:
                shutil.copyfile(picture, path)
    write_text(out / HTML, page)
    write_text(out / MARKDOWN, markdown)
    return out / HTML, out / MARKDOWN


def _each_run(
    runs: Sequence[RunRecord],
    out: Path,
    datasets: Sequence[TextDataset | None],
    oracle: dict[str, np.ndarray] | None,
    benchmark: bool,
) -> list[Block]:
    """Returns the sections on runs: state, figures, sweep, curves, samples, how they were made.

    If all runs are on text, and it is no benchmark's report, samples come before figures.
    """
    groups = grouped(runs)
    of_runs = dict(zip((run.path for run in runs), datasets, strict=True))
    samples, inside = _written(groups, out, of_runs, oracle)
    own = not benchmark and all(run.config.task == "text" for run in runs)
    return [
        *([Heading("The runs")] if benchmark else ()),
        *_states(runs),
        *(samples if own else ()),
        *tables_of_runs(runs, datasets),
        *comparison.control_blocks(runs),
        *(() if benchmark else conclusion_blocks(groups)),
        *sweep_blocks(groups, out, drawn=benchmark),
        *_curves(groups, out, together=not benchmark),
        *(() if own else samples),
        *inside,
        *made_blocks(groups),
    ]


def _states(runs: Sequence[RunRecord]) -> list[Block]:
    """Returns the progress of the runs, and their warnings."""
    finished = by_key((run.state(), run.name) for run in runs if run.finished)
    cut = [run for run in runs if not run.finished]
    signs = [
        f"{run_title(run.name)}, {sign}"
        for run in runs
        for sign in describe_warnings(run.records, run.starts)
    ]
    warned = Paragraph("Signs that training went wrong:", warning=True)
    return [
        *(Paragraph(f"{run_title(run.name)}: {run.state()}", warning=True) for run in cut),
        *listed([f"{named(names)}: {state}" for state, names in finished.items()]),
        *([warned, Listing(signs)] if signs else ()),
    ]


def tables_of_runs(
    runs: Sequence[RunRecord], datasets: Sequence[TextDataset | None]
) -> list[Block]:
    """Returns the tables of the oracle task, of the CFG task, and of each corpus."""
    blocks: list[Block] = [Heading("Figures of each run, beside published ones")]
    synthetic = [run for run in runs if run.config.task == "synthetic"]
    if synthetic:
        blocks += comparison.compare_oracle(synthetic)
    grammar = [run for run in runs if run.config.task == "cfg"]
    if grammar:
        blocks += [grammar_table(grammar, single=True), Listing(comparison.GRAMMAR_NOTES)]
    corpora: dict[str, str] = {}
    for run, dataset in zip(runs, datasets, strict=True):
        if run.config.task == "text":
            known = corpora.get(run.config.dataset)  # the data folder of another run may be missing
            corpora[run.config.dataset] = known or (dataset and dataset.corpus) or ""
    for digest, corpus in corpora.items():
        blocks += comparison.compare_text(
            [run for run in runs if run.config.dataset == digest and run not in synthetic], corpus
        )
    differences = comparison.differences_blocks(runs)
    blocks.append(Folded("What differs from the published runs", differences))
    for protocol, names in comparison.protocols(runs).items():
        blocks.append(Folded(f"How the scores of {named(names)} were measured", [Code(protocol)]))
    papers = Links(list(PAPERS.items()))
    return [*blocks, Folded("Papers with the published figures", [papers])]


def _curves(groups: Sequence[Group], out: Path, together: bool) -> list[Block]:
    """Returns the curves of each group, after those of all groups if `together`."""
    blocks: list[Block] = [Heading("Learning curves")]
    drawn = {
        run.name: run.records
        for group in groups
        for run in group.runs
        if run.config.task == "synthetic" and run.evaluations
    }
    if together and len(drawn) > 1:
        path = out / "together.png"
        draw_curves(path, drawn, {}, "Evaluations during training")
        blocks.append(Picture(path, "All runs on the oracle task; thick: adversarial phase."))
    knowing = {run.name: run.records for group in groups for run in group.runs}
    if sum(bool(bounds_of(records)) for records in knowing.values()) > 1:
        draw_bounds(path := out / "bounds.png", knowing)
        caption = "What the runs' discriminators know of held-out sentences, after each round."
        blocks.append(Picture(path, caption))
    for number, group in enumerate(groups, 1):
        path = out / f"{_stem(out, number, group).name}-curves.png"
        if draw_phase_curves(path, [run.records for run in group.runs]):
            lines = ", a line for each seed" if len(group.runs) > 1 else ""
            blocks.append(Picture(path, f"{group.title}{lines}: all recorded curves, by phase."))
        else:
            blocks.append(Paragraph(f"{group.title}: nothing was recorded."))
    return blocks


def _written(
    groups: Sequence[Group],
    out: Path,
    datasets: dict[Path, TextDataset | None],
    oracle: dict[str, np.ndarray] | None,
) -> tuple[list[Block], list[Block]]:
    """Returns samples of each group, and features and goals of LeakGAN along samples."""
    from leakgan_tf.reporting.written import written_blocks  # imports TensorFlow

    samples: list[Block] = []
    inside: list[Block] = []
    for number, group in enumerate(groups, 1):
        run = next((each for each in group.runs if each.progress), group.runs[0])
        found = written_blocks(run, _stem(out, number, group), datasets[run.path], oracle)
        samples += [Heading(f"Samples of {run_title(run.name)}"), *found.samples]
        inside += [Heading(f"Inside {run_title(run.name)}"), *found.inside] if found.inside else []
    return samples, inside


def _stem(out: Path, number: int, group: Group) -> Path:
    """Returns the common prefix of a group's picture files, different for each group."""
    return out / f"{number}-{re.sub(r'[^a-zA-Z0-9-]+', '-', group.name).strip('-')}"
