"""Schedules of systems that alternate updates of several models within one step.

CoT, RelGAN, TextGAN, MaskGAN, ScratchGAN and the Gumbel-softmax GAN share them. No system itself.
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
    """Yields the phases of some iterations, several in each; the last one is evaluated.

    Args:
      name: of the phases.
      step: one iteration.
      data: ``data(iterations, seed) -> arrays``, what the iterations of a phase learn from.
      steps: iterations.
      phase_steps: iterations in a phase.
      evaluate_every: phases between evaluations.
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
      rows: of all iterations together.
      updates: how many batches an iteration takes.
      seed: of the draw.
    """
    shape = (rows, updates)
    return (sentences[numpy_generator(seed, "real").integers(0, len(sentences), shape)],)
