"""Schedules for systems that alternate updates of several models within one step.

CoT, RelGAN, TextGAN, MaskGAN, ScratchGAN and the Gumbel-softmax GAN use them. This file is not a
system itself.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from leakgan_tf.systems.base import Phase, Scalars
from leakgan_tf.utils.seeds import numpy_generator


def iteration_phases(
    name: str,
    step: Callable[..., Scalars],
    data: Callable[[int, int], tuple[np.ndarray]],
    steps: int,
    phase_steps: int,
    evaluate_every: int,
) -> Iterator[Phase]:
    """Yields phases of up to ``phase_steps`` iterations each; the last phase is evaluated.

    Args:
      name: name of the phases.
      step: function of one iteration.
      data: ``data(iterations, seed) -> arrays``, the training data of a phase.
      steps: number of iterations in all.
      phase_steps: number of iterations per phase.
      evaluate_every: number of phases between evaluations.
    """
    count = -(-steps // phase_steps)
    for number in range(1, count + 1):
        own = min(phase_steps, steps - (number - 1) * phase_steps)
        evaluate = number % evaluate_every == 0 or number == count
        yield Phase(name, step, partial(data, own), evaluate=evaluate)


def drawn(sentences: np.ndarray, rows: int, updates: int, seed: int) -> tuple[np.ndarray]:
    """Returns sentences drawn with replacement, (rows, updates, T).

    Args:
      sentences: ids (n, T).
      rows: number of iterations times the batch size.
      updates: number of batches per iteration.
      seed: seed of the draw.
    """
    shape = (rows, updates)
    return (sentences[numpy_generator(seed, "real").integers(0, len(sentences), shape)],)
