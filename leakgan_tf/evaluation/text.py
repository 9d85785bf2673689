"""Scores of finished runs on text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leakgan_tf.evaluation.language_model import (
    filling_scores,
    language_model_scores,
    load_language_model,
)
from leakgan_tf.runs.load import load
from leakgan_tf.runs.shipped import run_data
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
        grammar = trained.config.task == "cfg"
        task, by = ("a grammar", "cfg") if grammar else ("the oracle task", "synthetic")
        raise UserError(f"{run_dir} is a run on {task}: benchmarks.{by} scores it")
    dataset = run_data(trained.run_dir, trained.config.dataset, data)
    scorer = load_language_model(language_model, trained.config.dataset) if language_model else None
    generator, rows = trained.generator, []
    for temperature in temperatures:
        samples = scoring_samples(generator, dataset, temperature, num)
        scored = (generator, trained.config, dataset, trained.reader)
        row = score_generator(*scored, temperature, num, samples)
        if scorer:
            row |= language_model_scores(scorer, dataset, samples, reverse)
            if temperature == 1:
                row |= filling_scores(scorer, dataset, trained, num)
        rows.append({**row, **weights})
    return rows
