"""Table, samples and protocol of the benchmark on real text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.published import text_rows
from leakgan_tf.config import Config
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.files import write_json, write_text
from leakgan_tf.loading import load
from leakgan_tf.reporting.tables import markdown, plain
from leakgan_tf.text_runs import figures_rows, protocol_lines
from leakgan_tf.training.run_folder import environment

SHOWN = 20  # samples of each run in the report
_PUBLISHED = (
    "system",
    *(f"BLEU-{order}" for order in (2, 3, 4, 5)),
    *(f"Self-BLEU-{order}" for order in (2, 3, 4, 5)),
    "NLL_test",
)
_NOTES = """\
- BLEU: samples against held-out text, higher is better; backward BLEU: held-out text against
  samples. Self-BLEU: every sample against all others, lower is more varied. NLL_test: nats per
  token of held-out text under the model, its logits multiplied as for the samples.
- "copied": the share of samples that the training set holds word for word.
- Figures are of the last weights. Where one system has more quality and less variety than another,
  only a sweep over temperatures tells which is better: `leakgan_tf evaluate --temperatures=...`.
"""


def write(
    folder: Path,
    dataset_name: str,
    configs: Sequence[Config],
    measured: Mapping[str, Mapping[str, Any]],
    dataset: TextDataset,
    command: str,
) -> None:
    """Writes report.md, report.json and the samples; prints the table and where they lie."""
    headers, rows = figures_rows(measured)
    headers.append("minutes")
    for row, figures in zip(rows, measured.values(), strict=True):
        row.append(f"{sum(figures['seconds'].values()) / 60:.1f}")
    samples = {name: load(folder / name).generate(SHOWN) for name in measured}
    sizes = f"T = {dataset.length}, V = {len(dataset.vocabulary)}"
    title = f"{dataset_name}, {sizes}, preset {configs[0].preset}"
    published, source = text_rows(dataset_name)
    page = [
        f"# {title}",
        f"```\n{command}\n```",
        f"{len(dataset.train):,} training and {len(dataset.test):,} held-out sentences.",
        markdown(headers, rows),
        _NOTES,
    ]
    if published:
        page += [
            "## Published",
            f"{source}. Full-size runs under their own protocols.",
            markdown(_PUBLISHED, published),
        ]
    page += ["## Protocol", f"```\n{protocol_lines(next(iter(measured.values())))}\n```"]
    for name, lines in samples.items():
        page += [f"## Samples: {name}, logits × 1, the first {SHOWN}, unchosen"]
        page += ["```\n" + "\n".join(lines) + "\n```"]
    write_text(folder / "report.md", "\n\n".join(page) + "\n")
    write_json(
        folder / "report.json",
        {
            "benchmark": "text",
            "dataset": dataset_name,
            "made_by": {"command": command, **environment()},
            "prepared": _without_folders(dataset.record),
            "runs": [
                {"folder": name, "config": config.to_json(), "figures": figures,
                 "samples": samples[name]}
                for config, (name, figures) in zip(configs, measured.items(), strict=True)
            ],
        },
    )  # fmt: skip
    tqdm.write(f"\n{title}\n\n{plain(headers, rows)}\n")
    if published:
        tqdm.write(f"Published ({source}):\n\n{plain(_PUBLISHED, published)}\n")
    tqdm.write(f"Report, protocol and samples: {folder / 'report.md'}")


def _without_folders(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a data folder's record with its inputs' names, not where they lay."""
    named = {
        part: [{**each, "name": Path(each["name"]).name} for each in record[part]]
        for part in ("inputs", "test_inputs")
    }
    return {**record, **named}
