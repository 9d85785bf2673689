"""Mean squared error between melodies, in squared semitones.

SeqGAN's paper reports an MSE of music (22.38 for MLE, 20.62 for SeqGAN), "following" Manaris et al.
2007, and gives no formula: it does not say between what. These are two definitions, named for what
they are, and neither can be set beside it:

- ``mse_nearest``: each melody against the test melody that is nearest to it; 0 is a copy.
- ``mse_pairs``: each melody against every test melody, the mean of all; for melodies like the test
  set's own, twice the variance of its pitches or so. A dull melody scores better than a real one.
"""

from collections.abc import Sequence

import numpy as np

_BLOCK = 1024  # melodies compared with all references together


def melody_errors(melodies: np.ndarray, references: np.ndarray) -> dict[str, float]:
    """Returns ``mse_nearest`` and ``mse_pairs``, in squared semitones.

    Args:
      melodies: MIDI numbers (n, T).
      references: MIDI numbers (m, T).

    Raises:
      ValueError: one of them is empty, or their lengths differ.
    """
    if not len(melodies) or not len(references):
        raise ValueError("no melody to compare")
    if melodies.shape[1] != references.shape[1]:
        raise ValueError(f"{melodies.shape[1]} steps against {references.shape[1]}")
    # Whole numbers: (a - b)² taken apart stays exact.
    test = references.astype(np.int64)
    test_squares = (test**2).sum(axis=1)  # (m,)
    nearest = pairs = 0
    for begin in range(0, len(melodies), _BLOCK):
        own = melodies[begin : begin + _BLOCK].astype(np.int64)  # (b, T)
        sums = (own**2).sum(axis=1)[:, None] + test_squares - 2 * own @ test.T  # (b, m)
        nearest += int(sums.min(axis=1).sum())
        pairs += int(sums.sum())
    steps = melodies.shape[1]
    return {
        "mse_nearest": nearest / (len(melodies) * steps),
        "mse_pairs": pairs / (len(melodies) * len(references) * steps),
    }


def held_to(melodies: Sequence[Sequence[int]], length: int) -> np.ndarray:
    """Returns melodies (n, ``length``), the last pitch of shorter ones held; empty ones left out.

    A rest holds the pitch before it when melodies are read, and the end is one.
    """
    rows = [[*melody, *[melody[-1]] * (length - len(melody))] for melody in melodies if melody]
    return np.array(rows, np.int64).reshape(len(rows), length)
