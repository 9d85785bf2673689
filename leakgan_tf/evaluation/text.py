"""Scores of runs on text at several temperatures."""

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
    """Returns a run's scores at each temperature (`score_generator`).

    With `best`, ``weights`` describes which weights were scored.

    Args:
      run_dir: a run on text, finished or not.
      temperatures: divide the logits; below 1 is sharper.
      data: the run's data folder; default: where it was when the run was trained.
      num: limit of samples and of held-out sentences.
      language_model: an MLE run on the same data, which adds `language_model_scores`; at
        temperature 1 also `filling_scores`.
      reverse: whether to add ``reverse_nll``, which trains a language model on the samples.
      best: use the weights of the best evaluation instead of the latest.

    Raises:
      UserError: there is no such run, it is not a run on text, or the data folder is not its own.
    """
    trained = load(run_dir, best)
    weights = {"weights": trained.chosen} if best else {}
    if trained.reader is None:
        grammar = trained.config.task == "cfg"
        task, by = ("a grammar", "cfg") if grammar else ("the oracle task", "synthetic")
        raise UserError(
            f"{run_dir} is a run on {task}, not on text: python -m benchmarks.{by} scores such runs"
        )
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
