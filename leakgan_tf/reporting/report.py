"""A report on runs: what it says, in which order, and where it is written."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.files import write_text
from leakgan_tf.reporting import comparison
from leakgan_tf.reporting.curves import draw_curves
from leakgan_tf.reporting.document import (
    Block,
    Code,
    Heading,
    Listing,
    Paragraph,
    Picture,
    Table,
    to_markdown,
)
from leakgan_tf.reporting.page import to_html
from leakgan_tf.reporting.phase_curves import draw_phase_curves
from leakgan_tf.reporting.run_record import RunRecord
from leakgan_tf.training.run_folder import environment

HTML, MARKDOWN = "report.html", "report.md"


def write_report(
    runs: Sequence[RunRecord],
    out: Path,
    datasets: Sequence[TextDataset | None],
    oracle: dict[str, np.ndarray] | None = None,
    command: str = "",
) -> tuple[Path, Path]:
    """Writes report.html, report.md and the pictures of the latter.

    Args:
      runs: at least one.
      out: the folder.
      datasets: what each run was trained on, if it is a run on text and its data is there.
      oracle: published weights of the oracle, if they are there.
      command: what was called to write it.

    Returns:
      The page's path, and the Markdown's.

    Raises:
      UserError: a checkpoint does not fit, or a file cannot be written.
    """
    blocks = [
        Heading(f"Report: {', '.join(run.name for run in runs)}", 1),
        *(Paragraph(f"{run.name}: {run.state()}", warning=not run.finished) for run in runs),
        *_figures(runs, datasets),
        *_curves(runs, out),
        *_written(runs, out, datasets, oracle),
        Heading("How the runs were made"),
        *(block for run in runs for block in _made(run)),
        *_this_report(command),
    ]
    write_text(out / HTML, to_html(blocks))
    write_text(out / MARKDOWN, to_markdown(blocks))
    return out / HTML, out / MARKDOWN


def _figures(runs: Sequence[RunRecord], datasets: Sequence[TextDataset | None]) -> list[Block]:
    """Returns the tables: the oracle task's, then one for each corpus."""
    blocks: list[Block] = [Heading("Figures beside the published ones")]
    synthetic = [run for run in runs if run.config.task == "synthetic"]
    if synthetic:
        blocks += comparison.compare_oracle(synthetic)
    corpora = {
        run.config.dataset: (dataset.corpus or "") if dataset else ""
        for run, dataset in zip(runs, datasets, strict=True)
        if run.config.task == "text"
    }
    for digest, corpus in corpora.items():
        blocks += comparison.compare_text(
            [run for run in runs if run.config.dataset == digest and run not in synthetic], corpus
        )
    blocks.append(Heading("What differs from the published runs", 3))
    for run in runs:
        blocks += [Paragraph(f"{run.name}:"), comparison.differences_listing(run)]
        if "protocol" in run.measured:
            protocol = run.measured["protocol"].items()
            blocks.append(Code("\n".join(f"{name}: {value}" for name, value in protocol)))
    return [*blocks, Paragraph("Papers that figures are from:"), comparison.paper_links()]


def _curves(runs: Sequence[RunRecord], out: Path) -> list[Block]:
    blocks: list[Block] = [Heading("Learning curves")]
    together = {
        run.name: run.records for run in runs if run.config.task == "synthetic" and run.evaluations
    }
    if len(together) > 1:
        path = out / "together.png"
        draw_curves(path, together, {}, "Evaluations during training")
        blocks.append(Picture(path, "The runs on the oracle task together; thick: adversarial."))
    for number, run in enumerate(runs, 1):
        path = out / f"{_stem(out, number, run).name}-curves.png"
        if draw_phase_curves(path, run.records):
            blocks.append(Picture(path, f"{run.name}: everything recorded, by phase."))
        else:
            blocks.append(Paragraph(f"{run.name}: nothing was recorded."))
    return blocks


def _written(
    runs: Sequence[RunRecord],
    out: Path,
    datasets: Sequence[TextDataset | None],
    oracle: dict[str, np.ndarray] | None,
) -> list[Block]:
    from leakgan_tf.reporting.written import written_blocks  # imports TensorFlow

    blocks: list[Block] = []
    for number, (run, dataset) in enumerate(zip(runs, datasets, strict=True), 1):
        blocks.append(Heading(f"What {run.name} writes"))
        blocks += written_blocks(run, _stem(out, number, run), dataset, oracle)
    return blocks


def _made(run: RunRecord) -> list[Block]:
    """Returns command, settings, machine and wall time of a run."""
    made = run.made_by
    versions = made.get("versions", {})
    facts = [
        ["system", run.config.system],
        ["seed", str(run.config.seed)],
        ["preset", run.config.preset],
        ["semantics", comparison.semantics_told(run)],
        ["machine", made.get("machine", "not recorded")],
        ["Python", made.get("python", "not recorded")],
        *([name, str(version)] for name, version in versions.items()),
        ["commit", made.get("commit") or "not recorded"],
    ]
    changed = comparison.preset_differences(run, run.config.preset)
    settings = Listing(changed) if changed else Paragraph("The settings are all the preset's own.")
    return [
        Heading(run.name, 3),
        Code(made.get("command", "The command was not recorded.")),
        Table(["what", "value"], facts),
        Paragraph("Settings that differ from its preset's, semantics aside:"),
        settings,
        Paragraph("Wall time by kind of phase:"),
        _wall_time(run),
    ]


def _wall_time(run: RunRecord) -> Table:
    total = sum(run.seconds.values())
    counts = {name: sum(line["group"] == name for line in run.records) for name in run.seconds}
    rows = [
        [name, str(counts[name]), f"{seconds:.1f}", f"{seconds / max(total, 1e-9):.1%}"]
        for name, seconds in run.seconds.items()
    ]
    everything = ["together", str(sum(counts.values())), f"{total:.1f}", ""]
    return Table(["kind", "phases", "seconds", "share"], [*rows, everything])


def _this_report(command: str) -> list[Block]:
    made = environment()
    told = [f"Python {made['python']} on {made['machine']}"]
    told += [f"{name} {version}" for name, version in made["versions"].items()]
    told.append(f"commit {made['commit'] or 'unknown'}")
    code = [Code(command)] if command else []
    return [Heading("How this report was made"), *code, Listing(told)]


def _stem(out: Path, number: int, run: RunRecord) -> Path:
    """Returns how the names of a run's pictures begin: no two runs' are the same."""
    return out / f"{number}-{re.sub(r'[^a-zA-Z0-9-]+', '-', run.name).strip('-')}"
