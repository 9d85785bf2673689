"""Figures of runs on text as tables."""

from collections.abc import Mapping
from typing import Any

from leakgan_tf.reporting.tables import plain

# Figures that only some runs have, and their columns.
_MORE = {
    "grammatical": "grammatical",
    "mse_nearest": "MSE, nearest",
    "mse_pairs": "MSE, all pairs",
    "frechet": "Fréchet",
    "frechet_train": "(training)",
    "nll_language_model": "NLL under LM",
    "reverse_nll": "reverse NLL",
}


def figures_table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns a table for the terminal, a row for each name's figures."""
    headers, rows = figures_rows(figures)
    return plain(headers, rows)


def figures_rows(figures: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Returns headers and rows of text figures: what is read first in a paper's table."""
    headers = ["run", "logits ×"]
    headers += [f"BLEU-{order}" for order in (2, 3, 4, 5)]
    headers += [f"Self-BLEU-{order}" for order in (2, 3, 4, 5)]
    headers += ["backward BLEU-4", "NLL_test", "distinct", "copied"]
    more = [key for key in _MORE if any(key in each for each in figures.values())]
    headers += [_MORE[key] for key in more]
    rows = []
    for name, each in figures.items():
        # Real text has no temperature, no likelihood under a model, and is no copy of itself.
        row = [name, f"{each['temperature']:g}" if "temperature" in each else ""]
        row += [f"{each['bleu'][order]:.3f}" for order in "2345"]
        row += [f"{each['self_bleu'][order]:.3f}" for order in "2345"]
        row += [
            f"{each['backward_bleu']['4']:.3f}",
            f"{each['nll_test']:.3f}" if "nll_test" in each else "",
            f"{each['distinct_sentences']:.3f}",
            f"{each['copied_from_train']:.3f}" if "copied_from_train" in each else "",
        ]
        row += [f"{each[key]:.3f}" if key in each else "" for key in more]
        rows.append(row)
    return headers, rows


def protocol_lines(figures: Mapping[str, Any]) -> str:
    """Returns how figures were measured, a line each."""
    return "\n".join(f"{name}: {value}" for name, value in figures["protocol"].items())
