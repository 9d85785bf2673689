"""Report blocks on samples of a run, and on LeakGAN's features and goals along them."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_title
from leakgan_tf.reporting.document import Block, Code, Heading, Paragraph, Picture
from leakgan_tf.reporting.feature_path import draw_feature_path
from leakgan_tf.reporting.goal_map import draw_goal_map
from leakgan_tf.reporting.leaked import goal_cosines, leaked
from leakgan_tf.runs.load import TrainedGenerator, load
from leakgan_tf.runs.record import RunRecord
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.tasks.synthetic import make_oracle
from leakgan_tf.utils.seeds import derive


class Written(NamedTuple):
    """Blocks on samples of a run, and for LeakGAN on features and goals along them."""

    samples: list[Block]
    inside: list[Block]


_SAMPLES = 8  # samples shown at each temperature, for a run on the oracle task
_SENTENCES = 20  # samples shown for a run on text
_PATHS = 64  # most sentences of each kind in the path of the features
_MAPS = 4  # sentences in the map of the goals


def written_blocks(
    run: RunRecord,
    stem: Path,
    dataset: TextDataset | None,
    oracle: dict[str, np.ndarray] | None,
) -> Written:
    """Returns samples of a run's latest checkpoint; for LeakGAN features and goals along them.

    `stem` is the prefix of its picture files.

    Raises:
      UserError: the checkpoint does not fit the configuration.
    """
    if not run.progress:
        return Written([Paragraph("No samples: the run has no checkpoint.")], [])
    trained = load(run.path)
    blocks: list[Block] = []
    temperatures, shown = (
        (TEMPERATURES, _SAMPLES) if trained.reader is None else ((1.0,), _SENTENCES)
    )
    for temperature in temperatures:
        lines = trained.generate(shown, temperature)
        blocks.append(
            Paragraph(f"{temperature_title(temperature)}, seed 0, the first {shown}, not selected:")
        )
        blocks.append(Code("\n".join(lines)))
    if not isinstance(trained.system, LeakGAN):
        return Written(blocks, [])
    return Written(blocks, _inside(trained, stem, real_sentences(run, dataset, oracle)))


def real_sentences(
    run: RunRecord, dataset: TextDataset | None, oracle: dict[str, np.ndarray] | None
) -> np.ndarray | None:
    """Returns real sentences (n, T); None if their source is not available."""
    if run.config.task == "text":
        return dataset.test[:_PATHS] if dataset else None
    if run.config.task != "synthetic":
        return None
    if not run.config.oracle_params:
        oracle = None  # given for other runs
    elif oracle is None:
        return None
    return make_oracle(run.config, oracle).sample(_PATHS, derive(run.config.seed, "report"))


def _inside(trained: TrainedGenerator, stem: Path, real: np.ndarray | None) -> list[Block]:
    """Returns the pictures of D's leaked features and of the Manager's goals."""
    system: Any = trained.system
    tokens = trained.sample(_PATHS)
    found = leaked(system, tokens)
    features = {"generated": found.features}
    missing = ""
    if real is not None and len(real):
        features = {"real": leaked(system, real).features, **features}
    else:
        missing = " Real sentences are missing: give --data or --oracle_params."
    paths, goals = _beside(stem, "features.png"), _beside(stem, "goals.png")
    draw_feature_path(paths, features)
    horizon = trained.config.own.goal_horizon
    cosines = goal_cosines(found, horizon)
    draw_goal_map(goals, cosines[:_MAPS])
    shown = "\n".join(f"{number}: {line}" for number, line in enumerate(trained.generate(_MAPS), 1))
    return [
        Heading("Leaked features while a sentence is generated", 3),
        Picture(
            paths,
            "D's features of the prefixes of 0 to T tokens, in the first two principal components "
            f"of all these features; at most {_PATHS} sentences of each kind.{missing}",
        ),
        Heading("The Manager's goals, and how well they were met", 3),
        Picture(
            goals,
            "Cosine of the goal with which token t was sampled and the change of features over the "
            f"k tokens from t on, for k up to the goal horizon {horizon}. Gray: after the end. "
            f"Mean over {len(tokens)} samples: {np.nanmean(cosines):.3f}.",
        ),
        Code(shown),
    ]


def _beside(stem: Path, ending: str) -> Path:
    return stem.with_name(f"{stem.name}-{ending}")
