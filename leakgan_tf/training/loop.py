"""Runs many updates in one call: a compiled loop over a pipeline of batches."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from leakgan_tf.utils import distributed

Plan = Sequence[tuple[np.ndarray, np.ndarray]]  # row numbers (B,) and seed (2,) per update


class Batches(NamedTuple):
    """The data of several updates.

    The pipeline does not capture the arrays: TensorFlow never frees what a pipeline captures.

    Attributes:
      arrays: tensors with the same number of rows.
      order: an iterator over the row numbers (B,) and seeds (2,) of updates.
    """

    arrays: tuple[tf.Tensor, ...]
    order: Any


class CompiledLoop:
    """A step function, compiled once, for any number of updates.

    It is not traced again for another number of updates, for other data with the same shapes apart
    from the number of rows, or in another phase with the same step.

    With a strategy each replica runs the step on its rows of the batch, in the order of the
    replicas. Each has its own seed, since rows must not share random numbers.

    Args:
      step: ``step(*batch, seed) -> scalars``: one update. The scalars are averaged over replicas.
      strategy: TensorFlow's distribution strategy; None for one device.
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
        """Number of times the step was traced."""
        return self._compiled.experimental_get_tracing_count()

    def run(self, batches: Batches, count: int) -> dict[str, np.ndarray]:
        """Runs `count` updates.

        Args:
          batches: result of `pipeline`, with the rows of this process's replicas.
          count: number of batches to take from it; it must have as many.

        Returns:
          The scalars of each update, (count,) by name.
        """
        values = self._for(batches)(batches, tf.constant(count)).numpy()  # (count, scalars)
        return dict(zip(self._names, values.T, strict=True))

    def _for(self, batches: Batches) -> Callable[..., tf.Tensor]:
        """Returns the compiled function for arrays of these shapes, with any number of rows."""
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
            with tf.device("CPU:0"):  # where the arrays are: only a batch's rows are copied
                batch = [tf.gather(array, rows) for array in batches.arrays]
            values = distributed.run(self._strategy, self._update, *batch, seed)
            return number + 1, reported.write(number, values)

        _, reported = tf.while_loop(
            lambda number, _: number < count,
            update,
            (tf.constant(0), tf.TensorArray(tf.float32, count)),
            parallel_iterations=1,  # an update reads the weights that the previous one wrote
        )
        return reported.stack()

    def _update(self, *batch_and_seed: tf.Tensor) -> tf.Tensor:
        """Runs the step of one replica; returns its scalars, (scalars,)."""
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
        """Returns this replica's rows, from those of all replicas of this process."""
        assert self._strategy is not None  # there are several replicas
        local = len(self._strategy.extended.worker_devices)
        size = rows.shape[0] // local
        with tf.device("CPU:0"):  # so that only these rows are copied to the replica's device
            begin = distributed.index() % local * size
            own = rows[begin : begin + size]
        return tf.ensure_shape(own, [size, *rows.shape[1:]])


def pipeline(arrays: Sequence[np.ndarray | tf.Tensor], plan: Plan) -> Batches:
    """Returns the batches of a plan.

    Args:
      arrays: arrays with the same number of rows; empty for a step without data.
      plan: row numbers and seed of each update.
    """
    with tf.device("CPU:0"):
        tensors = tuple(tf.convert_to_tensor(array) for array in arrays)
    rows = np.stack([rows for rows, _ in plan])
    seeds = np.stack([seed for _, seed in plan])
    order = tf.data.Dataset.from_tensor_slices((rows, seeds))
    # The autotuning thread sleeps for 10, 20, 40, ... ms, which would delay the end of a phase.
    options = tf.data.Options()
    options.autotune.enabled = False
    order = order.with_options(options)
    return Batches(tensors, iter(order))
