"""What a trained run writes, as blocks of a report: samples, and for LeakGAN what led to them."""

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
    """What a run writes: samples, and for LeakGAN features and goals along them."""

    samples: list[Block]
    inside: list[Block]


_SAMPLES = 8  # shown of a run on the oracle task at each temperature
_SENTENCES = 20  # shown of a run on text
_PATHS = 64  # sentences of each side in the path of the features
_MAPS = 4  # sentences in the map of the goals


def written_blocks(
    run: RunRecord,
    stem: Path,
    dataset: TextDataset | None,
    oracle: dict[str, np.ndarray] | None,
) -> Written:
    """Returns samples of a run's latest checkpoint; for LeakGAN features and goals along them.

    Args:
      run: the run.
      stem: how the names of its pictures begin.
      dataset: what a run on text was trained on, if it is there.
      oracle: published weights of the oracle, if they are there.

    Raises:
      UserError: the checkpoint does not fit the configuration.
    """
    if not run.progress:
        return Written([Paragraph("Without a checkpoint there are no weights to sample from.")], [])
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
    """Returns real sentences (n, T); None if their source is not there."""
    if run.config.task == "text":
        return dataset.test[:_PATHS] if dataset else None
    if run.config.task != "synthetic":
        return None
    if not run.config.oracle_params:
        oracle = None  # it is other runs'
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
        missing = " Real sentences are missing: their source is not at hand (see the flags)."
    paths, goals = _beside(stem, "features.png"), _beside(stem, "goals.png")
    draw_feature_path(paths, features)
    horizon = trained.config.own.goal_horizon
    cosines = goal_cosines(found, horizon)
    draw_goal_map(goals, cosines[:_MAPS])
    shown = "\n".join(f"{number}: {line}" for number, line in enumerate(trained.generate(_MAPS), 1))
    return [
        Heading("What D leaks while a sentence is written", 3),
        Picture(
            paths,
            "D's features of the prefixes of 0 to T tokens, in the two principal components of all "
            f"that are shown; {_PATHS} sentences of each kind at most.{missing}",
        ),
        Heading("What the Manager wanted, and what came of it", 3),
        Picture(
            goals,
            "Cosine of the goal that token t saw when it was sampled, and the change of the "
            f"features by the k tokens from t on, k up to the goal horizon {horizon}. Grey: after "
            f"the end. Mean over {len(tokens)} samples: {np.nanmean(cosines):.3f}.",
        ),
        Code(shown),
    ]


def _beside(stem: Path, ending: str) -> Path:
    return stem.with_name(f"{stem.name}-{ending}")
