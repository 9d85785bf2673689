"""Scores of finished runs on text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.evaluation.language_model import language_model_scores, load_language_model
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.runs.text_config import dataset_digest
from leakgan_tf.tasks.text_scores import score_generator, scoring_samples
from leakgan_tf.utils.errors import UserError


def sweep_run(
    run_dir: str | Path,
    temperatures: Sequence[float],
    data: str | Path | None,
    num: int,
    language_model: str | Path | None = None,
    reverse: bool = False,
    best: bool = False,
) -> list[dict[str, Any]]:
    """Returns a run's figures at each temperature (`score_generator`).

    Those of its best weights say in ``weights`` which these are.

    Args:
      run_dir: a run on text, finished or not.
      temperatures: divide the logits; below 1 is sharper.
      data: its data folder; where the run says it was, if not given.
      num: the most samples and held-out sentences that are used.
      language_model: an MLE run on the same data, which adds its scores.
      reverse: whether these include the one that trains a language model on the samples.
      best: take the weights of the best evaluation, not the latest.

    Raises:
      UserError: there is no such run, it is not one on text, or the data folder is another.
    """
    trained = load(run_dir, best)
    weights = {"weights": trained.chosen} if best else {}
    if trained.reader is None:
        task, by = (
            ("a grammar", "cfg")
            if trained.config.task == "cfg"
            else ("the oracle task", "synthetic")
        )
        raise UserError(f"{run_dir} is a run on {task}: benchmarks.{by} scores it")
    folder = data or RunFolder(run_dir).read()["made_by"].get("data", "")
    dataset = load_dataset(folder)
    if dataset_digest(dataset) != trained.config.dataset:
        raise UserError(f"{folder} is not the data folder that {run_dir} was trained on")
    scorer = load_language_model(language_model, trained.config.dataset) if language_model else None
    generator, rows = trained.generator, []
    for temperature in temperatures:
        samples = scoring_samples(generator, dataset, temperature, num)
        scored = (generator, trained.config, dataset, trained.reader)
        row = score_generator(*scored, temperature, num, samples)
        if scorer:
            row |= language_model_scores(scorer, dataset, samples, reverse)
        rows.append({**row, **weights})
    return rows
