"""Writes LeakGAN's computation token by token as one interactive page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from leakgan_tf.reporting.feature_path import Axes, principal_axes
from leakgan_tf.reporting.leaked import Leaked, goal_cosines, leaked
from leakgan_tf.reporting.template import fill_template
from leakgan_tf.reporting.token_by_token import Tokens, mean_goal, read_tokens
from leakgan_tf.runs.load import TrainedGenerator
from leakgan_tf.utils.printable import printable

LIKELIEST = 10  # number of words shown of each distribution
BACKGROUND = 48  # number of sentences of each kind in the background of a path
REAL_SHOWN = 4  # number of real sentences that can be stepped through


def explore_page(
    trained: TrainedGenerator,
    name: str,
    real: np.ndarray | None,
    sentences: int,
    rollouts: int,
    temperature: float,
    seed: int,
) -> str:
    """Returns the page.

    Args:
      trained: a LeakGAN.
      name: name of the run on the page.
      real: real sentences (n, T), if available.
      sentences: number of generated sentences that can be stepped through.
      rollouts: number of rollouts of each prefix, N.
      temperature: divides the logits where sentences are sampled.
      seed: seed of samples and rollouts.
    """
    made = trained.sample(max(BACKGROUND, sentences), temperature, seed)
    groups = {"generated": made}
    shown, kinds = made[:sentences], ["generated"] * sentences
    if real is not None and len(real):
        groups["real"] = real[:BACKGROUND]
        shown = np.concatenate([shown, real[:REAL_SHOWN]])
        kinds += ["real"] * len(real[:REAL_SHOWN])
    system: Any = trained.system
    paths = {kind: leaked(system, rows) for kind, rows in groups.items()}
    found = read_tokens(system, shown, mean_goal(paths["generated"]), temperature, rollouts, seed)
    config = trained.config
    data = {
        "run": printable(name),
        "weights": trained.chosen,
        "length": config.length,
        "vocabulary": config.vocab_size,
        "horizon": config.own.goal_horizon,
        "window": config.own.semantics.goal_window,
        "rollouts": rollouts,
        "temperature": temperature,
        **page_data(shown, kinds, found, paths, config.own.goal_horizon, _symbol(trained)),
    }
    return fill_template("explore", f"LeakGAN token by token: {printable(name)}", data)


def _symbol(trained: TrainedGenerator) -> Callable[[int], str]:
    reader = trained.reader
    return str if reader is None else lambda index: printable(reader.vocabulary.symbol(index))


def page_data(
    tokens: np.ndarray,
    kinds: Sequence[str],
    found: Tokens,
    paths: Mapping[str, Leaked],
    horizon: int,
    symbol: Callable[[int], str],
) -> dict[str, Any]:
    """Returns the data that the page's script draws, as JSON.

    Args:
      tokens: ids of the sentences that can be stepped through, (n, T).
      kinds: "generated" or "real", for each sentence.
      found: LeakGAN's computation along these sentences.
      paths: {kind: features and goals of the background sentences}.
      horizon: goal horizon c.
      symbol: returns the text of an id.
    """
    every = [found.leaked, *paths.values()]
    width = found.leaked.features.shape[-1]
    plane = principal_axes(np.concatenate([each.features.reshape(-1, width) for each in every]))
    cosines = goal_cosines(found.leaked, horizon)
    rows = [
        {"kind": kind, **_sentence(tokens[row], row, found, plane, cosines[row])}
        for row, kind in enumerate(kinds)
    ]
    used = sorted({index for row in rows for index in _used(row)})
    return {
        "words": {str(index): symbol(index) for index in used},
        "shares": _rounded(np.array(plane.shares)),
        "background": {
            kind: _rounded(plane.project(each.features)) for kind, each in paths.items()
        },
        "sentences": rows,
    }


def _used(row: Mapping[str, Any]) -> set[int]:
    """Returns all ids in a sentence's data."""
    lists = [*row["with"], *row["without"]]
    return {*row["tokens"], *(index for each in lists for index, _ in each)}


def _sentence(
    ids: np.ndarray, row: int, found: Tokens, plane: Axes, cosines: np.ndarray
) -> dict[str, Any]:
    """Returns the data of one sentence up to and including its end symbol: L tokens."""
    size = int(found.leaked.written[row].sum())
    own, neutral = found.with_goal[row, :size], found.without_goal[row, :size]  # (L, V)
    goals = found.leaked.goals[row, :size]  # (L, F)
    units = goals / np.maximum(np.linalg.norm(goals, axis=1, keepdims=True), 1e-12)
    chosen = np.arange(size), ids[:size]
    ends = np.append(found.scores[row, :size], found.scores[row, -1])
    errors = np.append(found.errors[row, :size], 0.0)
    return {
        "tokens": ids[:size].tolist(),
        "with": likeliest(own),
        "without": likeliest(neutral),
        "chosen": _rounded(np.exp(np.stack([own[chosen], neutral[chosen]], axis=1))),
        "divergence": _rounded((np.exp(own) * (own - neutral)).sum(axis=1)),
        "path": _rounded(plane.project(found.leaked.features[row, : size + 1])),
        "goal": _rounded(units @ plane.directions.T),
        "met": _rounded(cosines[:, :size].T),
        "score": _rounded(np.stack([ends, errors], axis=1)),
        "intrinsic": _rounded(found.intrinsic[row, :size]),
    }


def likeliest(log_probs: np.ndarray) -> list[list[tuple[int, float]]]:
    """Returns (id, probability) of the likeliest words of each distribution (L, V), in order."""
    order = np.argsort(-log_probs, axis=1, kind="stable")[:, :LIKELIEST]
    probabilities = np.exp(np.take_along_axis(log_probs, order, axis=1))
    return [
        [(int(index), float(f"{p:.3g}")) for index, p in zip(*each, strict=True)]
        for each in zip(order, probabilities, strict=True)
    ]


def _rounded(values: np.ndarray) -> Any:
    """Returns an array as nested lists of numbers with four digits, None for NaN."""
    if values.ndim:
        return [_rounded(each) for each in values]
    return None if np.isnan(values) else round(float(values), 4)
