"""Many updates in one call: a compiled loop over a pipeline of batches."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from leakgan_tf.utils import distributed

Plan = Sequence[tuple[np.ndarray, np.ndarray]]  # of each update: row numbers (B,), seed (2,)


class Batches(NamedTuple):
    """What updates are made of.

    The arrays are not captured by the pipeline: TensorFlow keeps for ever what a pipeline captures.

    Attributes:
      arrays: tensors of equally many rows.
      order: an iterator over the row numbers (B,) and seeds (2,) of updates.
    """

    arrays: tuple[tf.Tensor, ...]
    order: Any


class CompiledLoop:
    """A step function, compiled once, run for any number of updates.

    Nothing is traced again: neither for another number of updates, nor for other data of the same
    shapes, nor in another phase that uses the same step.

    With a strategy each replica makes the step on its rows of the batch, which follow each other in
    the order of the replicas, and with a seed of its own: rows that draw random numbers must not
    draw the same ones.

    Args:
      step: ``step(*batch, seed) -> scalars``: one update. What it reports is averaged over
        replicas.
      strategy: says which replicas there are; None for a single one.
    """

    def __init__(
        self,
        step: Callable[..., dict[str, tf.Tensor]],
        strategy: tf.distribute.Strategy | None = None,
    ):
        self._step = step
        self._strategy = strategy
        self._names: list[str] = []
        self._compiled = tf.function(self._updates, autograph=False)
        self._traced: dict[Any, Callable[..., tf.Tensor]] = {}

    @property
    def traces(self) -> int:
        """How often the step was traced."""
        return self._compiled.experimental_get_tracing_count()

    def run(self, batches: Batches, count: int) -> dict[str, np.ndarray]:
        """Makes `count` updates.

        Args:
          batches: of `pipeline`; its order gives the rows of this process's replicas.
          count: how many batches are taken from it; there must be as many.

        Returns:
          What each update reported, (count,) by name.
        """
        values = self._for(batches)(batches, tf.constant(count)).numpy()  # (count, reported)
        return dict(zip(self._names, values.T, strict=True))

    def _for(self, batches: Batches) -> Callable[..., tf.Tensor]:
        """Returns the function for batches of these shapes, with any number of rows to choose."""
        arrays = tuple(
            tf.TensorSpec([None, *array.shape[1:]], array.dtype) for array in batches.arrays
        )
        key = (arrays, batches.order.element_spec)
        if key not in self._traced:
            specs = Batches(arrays, tf.data.IteratorSpec(batches.order.element_spec))
            count = tf.TensorSpec([], tf.int32)
            self._traced[key] = self._compiled.get_concrete_function(specs, count)
        return self._traced[key]

    def _updates(self, batches: Batches, count: tf.Tensor) -> tf.Tensor:
        def update(number: tf.Tensor, reported: Any) -> Any:
            rows, seed = next(batches.order)
            with tf.device("CPU:0"):  # where the arrays are: only a batch's rows travel
                batch = [tf.gather(array, rows) for array in batches.arrays]
            values = distributed.run(self._strategy, self._update, *batch, seed)
            return number + 1, reported.write(number, values)

        _, reported = tf.while_loop(
            lambda number, _: number < count,
            update,
            (tf.constant(0), tf.TensorArray(tf.float32, count)),
            parallel_iterations=1,  # an update reads what the one before wrote
        )
        return reported.stack()

    def _update(self, *batch_and_seed: tf.Tensor) -> tf.Tensor:
        """Makes the step of one replica; returns what is reported, (reported,)."""
        *batch, seed = batch_and_seed
        if distributed.count() > 1:
            batch = [self._own(rows) for rows in batch]
            seed = tf.random.experimental.stateless_fold_in(seed, distributed.index())
        scalars = self._step(*batch, seed)
        self._names = list(scalars)
        if not scalars:
            return tf.zeros([0])
        return distributed.all_reduce_mean(tf.stack(list(scalars.values())))

    def _own(self, rows: tf.Tensor) -> tf.Tensor:
        """Returns the replica's rows of those of all replicas of this process."""
        assert self._strategy is not None  # there are several replicas
        local = len(self._strategy.extended.worker_devices)
        size = rows.shape[0] // local
        with tf.device("CPU:0"):  # so that only these rows travel to the replica's device
            begin = distributed.index() % local * size
            own = rows[begin : begin + size]
        return tf.ensure_shape(own, [size, *rows.shape[1:]])


def pipeline(arrays: Sequence[np.ndarray | tf.Tensor], plan: Plan) -> Batches:
    """Returns the batches of a plan: the arrays, and in which order their rows are taken.

    Args:
      arrays: equally long; may be none, for a step without data.
      plan: of each update.
    """
    with tf.device("CPU:0"):
        tensors = tuple(tf.convert_to_tensor(array) for array in arrays)
    rows = np.stack([rows for rows, _ in plan])
    seeds = np.stack([seed for _, seed in plan])
    order = tf.data.Dataset.from_tensor_slices((rows, seeds))
    # The autotuning thread sleeps 10, 20, 40, ... ms, and the end of a phase would wait for it.
    options = tf.data.Options()
    options.autotune.enabled = False
    order = order.with_options(options)
    return Batches(tensors, iter(order))
