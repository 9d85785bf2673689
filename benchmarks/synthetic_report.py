"""Figures, tables and pictures of the oracle benchmark."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks import versus_mle
from benchmarks.comparison_cells import against_table, counted
from benchmarks.versus_mle import Measured
from leakgan_tf.config.config import Config
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.metrics.nll import distinct_share, held_out_costs, held_out_nll, oracle_nll
from leakgan_tf.reporting.curves import draw_curves
from leakgan_tf.reporting.document import Block, Heading, Listing, Paragraph, Picture, Table
from leakgan_tf.reporting.frontier_picture import draw_frontier
from leakgan_tf.reporting.published import FALLING_SHORT, FALLING_SHORT_SOURCE, ORACLE_NLL
from leakgan_tf.reporting.report import write_report
from leakgan_tf.reporting.tables import mean_and_spread, plain
from leakgan_tf.runs.folder import RunFolder, environment
from leakgan_tf.runs.record import read_runs
from leakgan_tf.systems.base import System
from leakgan_tf.tasks.oracle import Oracle
from leakgan_tf.tasks.synthetic import TEMPERATURES, SyntheticTask
from leakgan_tf.utils.files import write_json
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

Arrays = dict[str, np.ndarray] | None  # the published oracle's weights

_NOTES = (
    "NLL is in nats per token, lower is better. NLL_oracle: samples under the oracle. NLL_test: "
    "held-out oracle sentences under the model, its logits multiplied by the same temperature.",
    "Temperature multiplies the logits, as in the original programs: 1.5 is sharper than 1.0, and "
    "is what LeakGAN's published figures were sampled at.",
    "Several seeds: mean ± sample standard deviation between seeds.",
    "A low NLL_oracle with a high NLL_test or few distinct sentences is a model that has lost "
    "variety: temperature alone does that to MLE.",
)

_COMPARED = (
    "Δ NLL_oracle: the system's less MLE's of the same seed, at the same factor on the logits. "
    "Below zero is better; it says nothing of variety.",
    "p (sentences): t-test on the NLL_oracle of single samples, as behind the SeqGAN paper's "
    "p-values (Welch's, this project's choice), seed by seed against MLE of the same seed; the "
    'largest p is shown, or "seeds disagree" on the direction. It takes each trained model as '
    "given: it says whether other samples of these models would differ, and nothing of another "
    "seed. Thousands of samples show differences that matter to no one.",
    "p (seeds): paired t-test over the seeds' differences: would other seeds differ? It takes two "
    "seeds at least, and with two or three it sees large differences only.",
    "From the frontier: NLL_oracle less that of MLE's frontier at the same NLL_test, at the "
    "system's own diversity. The frontier is MLE's own sweep over temperatures, of the same seed: "
    "its points that no other point beats in both figures, joined by straight lines. Below zero "
    "is better than temperature alone makes MLE; MLE's own row is zero where its point is on its "
    "frontier. On the left, where MLE hardly varies in NLL_test, the frontier is steep, and small "
    "differences of NLL_test make large distances.",
    "From the envelope: the same distance from the lower edge of MLE's sweep and all evaluations "
    "of its training together, at 1.0 and 1.5, and of the sweeps of --mle_runs: MLE at any "
    "temperature and stopped at any of these times. Where MLE overfits, this is the fair "
    "comparison, and MLE's own last weights lie above it.",
    "Outside the frontier's range there is no distance. ≤: more varied than MLE at any temperature "
    "(lower NLL_test) and lower in NLL_oracle than the most varied point of its sweep, by that "
    "much at least: better in both. ≥: less varied than all of the sweep and higher in NLL_oracle "
    'than its end, by that much at least: worse in both. "more varied", "less varied": outside, '
    "but better in one figure and worse in the other: undecided. Of several seeds: the mean, or "
    "how many lie where.",
    'A p below 0.05 is shown with its direction ("better": lower). The p-values are not corrected '
    "for being many.",
)


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


def write(
    folder: Path, measured: Measured, oracle: Oracle, extra: dict[str, Any], arrays: Arrays = None
) -> None:
    """Writes the page, report.json and pictures; prints the tables and where they lie.

    Args:
      folder: the benchmark's.
      measured: its finished runs, at least one.
      oracle: the ground truth.
      extra: ``command`` and ``overrides``; ``missing``: why runs did not finish, by name;
        ``mle_runs``: sweeps of MLE runs elsewhere, by name.
      arrays: the published oracle's weights, if it is it.
    """
    config, missing = measured[0][0], extra.get("missing") or {}
    further = extra.get("mle_runs") or {}
    references = reference_figures(config, oracle)
    more = [{**row, "run": name} for name, rows in further.items() for row in rows]
    comparison = versus_mle.compare(measured, more)
    title = (
        f"Synthetic oracle, T = {config.length}, V = {config.vocab_size}, preset {config.preset}"
    )
    figures = figures_table(measured, references)
    against = against_table(comparison)
    pictures = _draw(folder, measured, references, comparison, further, title)
    first = [
        *_missing(missing),
        figures,
        Listing([*_NOTES, kept_by(measured)]),
        *_against(against),
        *pictures,
        *control_blocks(measured),
        *_published(config, [each.own.variant for each, _, _ in measured]),
    ]
    write_json(folder / "report.json", _json(measured, references, comparison, extra))
    runs = read_runs([path for _, path, _ in measured])
    page, _ = write_report(
        runs, folder, [None] * len(runs), arrays, extra["command"], title, first
    )  # fmt: skip
    tables = [plain(each.headers, each.rows) for each in (figures, against) if each]
    tqdm.write("\n" + "\n\n".join([title, *tables]) + "\n")
    tqdm.write(f"Report: {page}, {folder / 'report.md'}, {folder / 'report.json'}")


def figures_table(measured: Measured, references: Mapping[str, dict[str, float]]) -> Table:
    """Returns every system's figures over its seeds, beside random tokens and the oracle."""
    headers = ["system"]
    for temperature in TEMPERATURES:
        headers += [f"NLL_oracle @{temperature}", f"NLL_test @{temperature}",
                    f"distinct @{temperature}"]  # fmt: skip
    headers += ["best", "minutes", "published"]
    length = measured[0][0].length
    rows = [_row("random", [references["random"]], length)]
    for system in dict.fromkeys(config.system for config, _, _ in measured):
        own = [each for one, _, each in measured if one.system == system]
        rows.append(_row(system, own, length))
    rows.append(_row("oracle", [references["oracle"]], length))
    return Table(headers, rows)


def _row(name: str, figures: Sequence[Mapping[str, Any]], length: int) -> list[str]:
    row = [counted(name, len(figures))]
    for temperature in TEMPERATURES:
        for metric in ("nll_oracle", "nll_test", "distinct"):
            row.append(mean_and_spread([each[f"{metric}_{temperature}"] for each in figures]))
    trained = [each for each in figures if "seconds" in each]
    best = [each["best"]["nll_oracle_1.0"] for each in trained if each["best"]]
    minutes = [sum(each["seconds"].values()) / 60 for each in trained]
    row.append(mean_and_spread(best) if best else "")
    row.append(mean_and_spread(minutes, 1) if minutes else "")
    known = ORACLE_NLL.get((length, name))
    row.append(f"{known.nll:.3f}" if known else "")
    return row


def kept_by(measured: Measured) -> str:
    """Returns the note on the column "best": by which rule which systems' weights were kept."""
    rules: dict[str, list[str]] = {}
    for config, _, _ in measured:
        names = rules.setdefault(config.score.replace("_1.0", " @1.0"), [])
        names += [config.system] * (config.system not in names)
    told = "; ".join(f"least {rule} ({', '.join(names)})" for rule, names in rules.items())
    return (
        'Figures are of the last weights; "best" is NLL_oracle @1.0 of the evaluation on the way '
        f"whose weights were kept as the best, by: {told}."
    )


def _against(table: Table | None) -> list[Block]:
    heading = Heading("Against MLE, at each system's own diversity")
    if table is None:
        return [
            heading,
            Paragraph(
                "No comparison: there is no run of mle here with a sweep over temperatures (runs "
                "of earlier versions have none). With mle among --systems the same command adds it."
            ),
        ]
    return [heading, table, Listing(_COMPARED)]


def _draw(
    folder: Path,
    measured: Measured,
    references: Mapping,
    comparison: Mapping,
    further: Mapping,
    title: str,
) -> list[Block]:
    """Draws curves.png and, if there are sweeps, frontier.png; returns both as blocks."""
    runs = {path.name: RunFolder(path).records() for _, path, _ in measured}
    draw_curves(folder / "curves.png", runs, references["oracle"], title)
    curves = Picture(folder / "curves.png", "Evaluations during training; thick: adversarial.")
    sweeps = {
        system: {seed: list(rows.values()) for seed, rows in seeds.items()}
        for system, seeds in versus_mle.sweeps(measured).items()
    }
    if not sweeps:
        return [curves]
    sweeps |= {name: {0: rows} for name, rows in further.items()}
    oracle = references["oracle"]
    draw_frontier(
        folder / "frontier.png",
        sweeps,
        references={"the oracle itself": (oracle["nll_test_1.0"], oracle["nll_oracle_1.0"])},
        published=_published_points(measured[0][0]),
        title=title,
        envelope=Frontier(**comparison["envelopes"]["mean"]) if comparison else None,
    )
    caption = (
        "Every system's sweep over the factor on the logits (numbers beside MLE's points); thin: "
        "seeds, their mean with points. Further left and further down is better. On the right, "
        "points beyond the frontier that are better or worse in both figures are drawn at what "
        "their distance is at least; those of which nothing is certain are left out."
    )
    return [Picture(folder / "frontier.png", caption), curves]


def _published_points(config: Config) -> dict[str, list[tuple[float, float]]]:
    """Returns published points (NLL_test, NLL_oracle); none where sizes or oracle are others."""
    if not (config.oracle_params and (config.length, config.vocab_size) == (20, 5000)):
        return {}
    points: dict[str, list[tuple[float, float]]] = {}
    for (system, _), (nll_oracle, nll_test) in FALLING_SHORT.items():
        points.setdefault(f"{system}, Falling Short", []).append((nll_test, nll_oracle))
    return points


def _missing(missing: Mapping[str, str]) -> list[Block]:
    return [
        Paragraph(f"{name} did not finish and is in none of the figures: {why}", warning=True)
        for name, why in missing.items()
    ]


def control_blocks(measured: Measured) -> list[Block]:
    """Returns what is to be said if policy gradients were given a control instead of a reward."""
    controls = dict.fromkeys(
        config.reward for config, _, _ in measured if config.reward != "discriminator"
    )
    if not controls:
        return []
    return [
        Heading("A control experiment"),
        Paragraph(
            f"Policy gradients were weighted with --reward={', '.join(controls)}: rewards that "
            "know nothing of the sentence they are given to. What these systems gain over MLE "
            "here is not learned from a verdict on samples, but comes from the rest of their "
            "training (for LeakGAN also the leaked features, which no control touches). "
            "python -m benchmarks.ablation sets controls beside the real reward.",
            warning=True,
        ),
    ]


def _published(config: Config, variants: Sequence[str]) -> list[Block]:
    semantics = ", ".join(dict.fromkeys(filter(None, variants))) or "one only"
    full = config.oracle_params and (config.length, config.vocab_size) in ((20, 5000), (40, 5000))
    comparable = (
        "Oracle and sizes are the published ones; schedules may differ: see below."
        if full
        else "Published figures are of full-size runs on the published oracle: they stand beside "
        "these for orientation and cannot be compared with them."
    )
    sources = [
        f"{system}: {known.nll:.3f}, {known.source}"
        for (length, system), known in ORACLE_NLL.items()
        if length == config.length
    ]
    if _published_points(config):
        sources.append(f"Black marks in the picture of the frontier: {FALLING_SHORT_SOURCE}")
    oracle = config.oracle_params or f"random LSTM, seed {config.oracle_seed}"
    return [
        Heading("Published NLL_oracle"),
        Paragraph(comparable),
        Listing(sources),
        Paragraph(f"Oracle: {oracle}. Semantics: {semantics}."),
    ]


def _json(
    measured: Measured, references: dict, comparison: dict[str, Any], extra: dict[str, Any]
) -> dict[str, Any]:
    made_by = {name: value for name, value in extra.items() if name not in ("missing", "mle_runs")}
    return {
        "benchmark": "synthetic",
        "made_by": {**made_by, **environment()},
        "published": {
            f"{system} T={length}": known._asdict()
            for (length, system), known in ORACLE_NLL.items()
        },
        "references": references,
        "comparison": comparison,
        "missing": list(extra.get("missing") or {}),
        **({"mle_runs": extra["mle_runs"]} if extra.get("mle_runs") else {}),
        "runs": [
            {"folder": path.name, "config": config.to_json(), "figures": figures}
            for config, path, figures in measured
        ],
    }
