"""Mean squared error between melodies, in squared semitones.

SeqGAN's paper reports an MSE of music (22.38 for MLE, 20.62 for SeqGAN), "following" Manaris et al.
2007, but does not say between which melodies. These two definitions are not comparable with its
figures:

- ``mse_nearest``: the mean over melodies of the MSE to the nearest test melody; 0 for copies.
- ``mse_pairs``: the mean over all pairs of a melody and a test melody; about twice the variance of
  pitches for melodies like the test set. A monotonous melody scores better than a real one.
"""

from collections.abc import Sequence

import numpy as np

_BLOCK = 1024  # melodies compared with all references together


def melody_errors(melodies: np.ndarray, references: np.ndarray) -> dict[str, float]:
    """Returns ``mse_nearest`` and ``mse_pairs``, in squared semitones.

    Args:
      melodies: MIDI pitch numbers (n, T).
      references: MIDI pitch numbers (m, T).

    Raises:
      ValueError: there is no melody or no reference, or their lengths T differ.
    """
    if not len(melodies) or not len(references):
        raise ValueError("no melody to compare")
    if melodies.shape[1] != references.shape[1]:
        raise ValueError(
            "melodies and references must have the same length "
            f"(got {melodies.shape[1]} and {references.shape[1]} steps)"
        )
    # (a - b)² = a² + b² - 2ab is exact for integers.
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
    """Returns melodies extended to `length` steps by holding the last pitch, (n, length) int64.

    Empty melodies are excluded. The end of a melody is treated like a rest, which holds the pitch
    before it when melodies are read.
    """
    rows = [[*melody, *[melody[-1]] * (length - len(melody))] for melody in melodies if melody]
    return np.array(rows, np.int64).reshape(len(rows), length)
