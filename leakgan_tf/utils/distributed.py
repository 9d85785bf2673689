"""Sums, means and rows over the replicas that share a batch; with one replica all are identities.

A step that runs on R replicas sees B/R rows of the batch on each (`training.loop`). Losses are not
linear in the batch: means are multiplied with sums, rewards are ranked. So every replica computes
the loss L of the whole batch, from global sums and means made here. Their gradients are sums too:
what comes back to a replica's own rows is R·∂L/∂θ, as there are R losses. The mean over replicas of
these gradients (`all_reduce_gradients`) therefore is ∂L/∂θ of the whole batch.

Nothing is added to a graph where there is one replica, nor outside of a replica: there a tensor
has all rows.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def count() -> int:
    """Returns how many replicas share the batch, R; 1 outside of a replica."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def index() -> tf.Tensor | int:
    """Returns which of them this is, from 0."""
    return 0 if count() == 1 else tf.distribute.get_replica_context().replica_id_in_sync_group


def local_batch_size(rows: int) -> int:
    """Returns how many of `rows` rows of the batch are this replica's; R must divide them."""
    return rows // count()


def all_reduce_sum(value: tf.Tensor) -> tf.Tensor:
    """Returns the sum of the replicas' values; passes gradients."""
    if count() == 1:
        return value
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def all_reduce_mean(value: tf.Tensor) -> tf.Tensor:
    """Returns the mean of the replicas' values; passes gradients."""
    return value if count() == 1 else all_reduce_sum(value) / count()


def gather(rows: tf.Tensor) -> tf.Tensor:
    """Returns the rows of the whole batch, (R·n, ...) of (n, ...); passes gradients."""
    if count() == 1:
        return rows
    whole = tf.distribute.get_replica_context().all_gather(rows, axis=0)
    return tf.ensure_shape(whole, [rows.shape[0] * count(), *rows.shape[1:]])


def local_rows(rows: tf.Tensor) -> tf.Tensor:
    """Returns this replica's rows of the whole batch, (n, ...) of (R·n, ...): undoes `gather`."""
    if count() == 1:
        return rows
    size = local_batch_size(rows.shape[0])
    return tf.ensure_shape(rows[index() * size :][:size], [size, *rows.shape[1:]])


def all_reduce_gradients(gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Returns the gradients of the whole batch from those of the replicas, as explained above."""
    if count() == 1:
        return list(gradients)
    context = tf.distribute.get_replica_context()
    return list(context.all_reduce(tf.distribute.ReduceOp.MEAN, list(gradients)))


def strategy_in_scope() -> tf.distribute.Strategy | None:
    """Returns the strategy in whose scope the caller is; None outside of any."""
    return tf.distribute.get_strategy() if tf.distribute.has_strategy() else None


def run(strategy: tf.distribute.Strategy | None, function: Callable[..., Any], *args: Any) -> Any:
    """Runs a function on every replica; returns what the first replica of this process returned.

    Args:
      strategy: says which replicas there are; None runs the function as it is.
      function: its results should be the same on every replica.
      *args: given to each.
    """
    if strategy is None:
        return function(*args)
    results = strategy.run(function, args)
    return tf.nest.map_structure(
        lambda value: strategy.experimental_local_results(value)[0], results
    )
