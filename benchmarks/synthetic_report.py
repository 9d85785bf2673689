"""Figures, table and picture of the oracle benchmark."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from leakgan_tf.config import Config
from leakgan_tf.files import write_json, write_text
from leakgan_tf.metrics.nll import distinct_share, held_out_costs, held_out_nll, oracle_nll
from leakgan_tf.oracle import Oracle
from leakgan_tf.reporting.curves import draw_curves
from leakgan_tf.reporting.published import ORACLE_NLL
from leakgan_tf.reporting.tables import markdown, mean_and_spread, plain
from leakgan_tf.seeds import derive, derive_int, numpy_generator
from leakgan_tf.semantics import name_of
from leakgan_tf.systems.base import System
from leakgan_tf.tasks.synthetic import TEMPERATURES, SyntheticTask
from leakgan_tf.training.run_folder import RunFolder, environment

Measured = Sequence[tuple[Config, Path, dict[str, Any]]]

_NOTES = """\
- NLL is in nats per token, lower is better. NLL_oracle: samples under the oracle. NLL_test:
  held-out oracle sentences under the model, its logits multiplied by the same temperature.
- Temperature multiplies the logits, as in the original programs: 1.5 is sharper than 1.0, and
  is what LeakGAN's published figures were sampled at.
- Figures are of the last weights; "best" is the best NLL_oracle of an evaluation at 1.0 on the way.
- A low NLL_oracle with a high NLL_test or few distinct sentences is a model that has lost variety.
"""


def measure(system: System, task: SyntheticTask) -> dict[str, Any]:
    """Returns the figures of a trained system at each temperature, and its whole sweep."""
    seed = derive_int(task.config.seed, "measure")
    figures: dict[str, Any] = {"sweep": task.sweep(system.generator, seed)}
    for row in figures["sweep"]:
        if row["temperature"] in TEMPERATURES:
            for name in ("nll_oracle", "nll_test", "distinct"):
                figures[f"{name}_{row['temperature']}"] = row[name]
    # Under the split alignment the probabilities that samples are drawn from are others.
    costs = held_out_costs(system.generator, task.test, TEMPERATURES, "sampling").mean(axis=0)
    for temperature, cost in zip(TEMPERATURES, costs, strict=True):
        figures[f"nll_test_sampling_path_{temperature}"] = float(cost)
    return figures


def reference_figures(config: Config, oracle: Oracle) -> dict[str, dict[str, float]]:
    """Returns the figures of uniformly random tokens, and of the oracle itself."""
    count = config.evaluation_samples
    test = oracle.sample(count, derive(config.seed, "test"))
    uniform = numpy_generator(config.seed, "uniform").integers(
        config.vocab_size, size=(count, config.length), dtype=np.int32
    )
    random, truth = {}, {}
    for temperature in TEMPERATURES:
        random[f"nll_oracle_{temperature}"] = oracle_nll(oracle, uniform)
        random[f"nll_test_{temperature}"] = float(np.log(config.vocab_size))
        random[f"distinct_{temperature}"] = distinct_share(uniform)
        samples = oracle.generator.sample(count, temperature, derive(config.seed, "own"))
        truth[f"nll_oracle_{temperature}"] = oracle_nll(oracle, samples)
        truth[f"nll_test_{temperature}"] = held_out_nll(oracle.generator, test, temperature)
        truth[f"distinct_{temperature}"] = distinct_share(samples)
    return {"random": random, "oracle": truth}


def write(folder: Path, measured: Measured, oracle: Oracle, extra: dict[str, Any]) -> None:
    """Writes report.md, report.json and curves.png, prints the table and where they lie."""
    config = measured[0][0]
    references = reference_figures(config, oracle)
    headers, rows = _table(measured, references)
    title = (
        f"Synthetic oracle, T = {config.length}, V = {config.vocab_size}, preset {config.preset}"
    )
    runs = {path.name: RunFolder(path).records() for _, path, _ in measured}
    draw_curves(folder / "curves.png", runs, references["oracle"], title)
    write_json(folder / "report.json", _json(measured, references, extra))
    write_text(folder / "report.md", _page(title, headers, rows, config, extra))
    tqdm.write(f"\n{title}\n\n{plain(headers, rows)}\n")
    tqdm.write(f"Report: {folder / 'report.md'}\nPicture: {folder / 'curves.png'}")


def _table(measured: Measured, references: dict) -> tuple[list[str], list[list[str]]]:
    headers = ["system"]
    for temperature in TEMPERATURES:
        headers += [f"NLL_oracle @{temperature}", f"NLL_test @{temperature}",
                    f"distinct @{temperature}"]  # fmt: skip
    headers += ["best", "minutes", "published"]
    config = measured[0][0]
    rows = [_row("random", [references["random"]], config)]
    for system in dict.fromkeys(config.system for config, _, _ in measured):
        own = [each for one, _, each in measured if one.system == system]
        rows.append(_row(system, own, config))
    rows.append(_row("oracle", [references["oracle"]], config))
    return headers, rows


def _row(name: str, figures: list[dict[str, Any]], config: Config) -> list[str]:
    row = [name if len(figures) == 1 else f"{name} ({len(figures)} seeds)"]
    for temperature in TEMPERATURES:
        for metric in ("nll_oracle", "nll_test", "distinct"):
            row.append(mean_and_spread([each[f"{metric}_{temperature}"] for each in figures]))
    trained = [each for each in figures if "seconds" in each]
    best = [each["best"]["nll_oracle_1.0"] for each in trained if each["best"]]
    minutes = [sum(each["seconds"].values()) / 60 for each in trained]
    row.append(mean_and_spread(best) if best else "")
    row.append(mean_and_spread(minutes, 1) if minutes else "")
    known = ORACLE_NLL.get((config.length, name))
    row.append(f"{known.nll:.3f}" if known else "")
    return row


def _page(title: str, headers, rows, config: Config, extra: dict[str, Any]) -> str:
    comparable = (
        "The sizes are the published ones."
        if config.preset == "paper" and config.oracle_params
        else "Published figures are of full-size runs on the published oracle: they stand beside "
        "these for orientation and cannot be compared with them."
    )
    sources = "\n".join(
        f"- {system}: {known.nll:.3f}, {known.source}"
        for (length, system), known in ORACLE_NLL.items()
        if length == config.length
    )
    return (
        f"# {title}\n\n```\n{extra['command']}\n```\n\n{markdown(headers, rows)}\n\n{_NOTES}\n"
        "![Learning curves](curves.png)\n\n"
        f"## Published NLL_oracle\n\n{comparable}\n\n{sources}\n\n"
        f"## Made by\n\n- semantics: {name_of(config.semantics)}; {made_by(config)}"
    )


def made_by(config: Config) -> str:
    """Returns the end of a page: the oracle, the commit and the packages."""
    made = environment()
    return (
        f"oracle: {config.oracle_params or f'random LSTM, seed {config.oracle_seed}'}\n"
        f"- commit {made['commit'] or 'unknown'}, Python {made['python']}, "
        + ", ".join(f"{name} {version}" for name, version in made["versions"].items())
        + "\n"
    )


def _json(measured: Measured, references: dict, extra: dict[str, Any]) -> dict[str, Any]:
    return {
        "benchmark": "synthetic",
        "made_by": {**extra, **environment()},
        "published": {
            f"{system} T={length}": known._asdict()
            for (length, system), known in ORACLE_NLL.items()
        },
        "references": references,
        "runs": [
            {"folder": path.name, "config": config.to_json(), "figures": figures}
            for config, path, figures in measured
        ],
    }
