"""Sums, means and rows over the replicas that share a batch; with one replica all are identities.

A step on R replicas gives each replica B/R rows of the batch (`training.loop`). Losses are not
linear in the batch: means are multiplied with sums, rewards are ranked. So every replica computes
the loss L of the whole batch from global sums and means. The gradients of these sums are summed
over replicas too. With R equal losses, the gradients of all replicas therefore sum to R·∂L/∂θ, and
their mean (`all_reduce_gradients`) is ∂L/∂θ of the whole batch.

With one replica, and outside a replica context, a tensor has all rows and no op is added.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def count() -> int:
    """Returns R, the number of replicas that share the batch; 1 outside a replica context."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def index() -> tf.Tensor | int:
    """Returns the index of this replica, from 0 to R - 1."""
    return 0 if count() == 1 else tf.distribute.get_replica_context().replica_id_in_sync_group


def local_batch_size(rows: int) -> int:
    """Returns the number of this replica's rows in a batch of ``rows`` rows; R must divide it."""
    return rows // count()


def all_reduce_sum(value: tf.Tensor) -> tf.Tensor:
    """Returns the sum of ``value`` over replicas; differentiable."""
    if count() == 1:
        return value
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def all_reduce_mean(value: tf.Tensor) -> tf.Tensor:
    """Returns the mean of ``value`` over replicas; differentiable."""
    return value if count() == 1 else all_reduce_sum(value) / count()


def gather(rows: tf.Tensor) -> tf.Tensor:
    """Returns all rows of the batch (R·n, ...) from local rows (n, ...); differentiable."""
    if count() == 1:
        return rows
    whole = tf.distribute.get_replica_context().all_gather(rows, axis=0)
    return tf.ensure_shape(whole, [rows.shape[0] * count(), *rows.shape[1:]])


def local_rows(rows: tf.Tensor) -> tf.Tensor:
    """Returns this replica's rows (n, ...) of a whole batch (R·n, ...); inverse of `gather`."""
    if count() == 1:
        return rows
    size = local_batch_size(rows.shape[0])
    return tf.ensure_shape(rows[index() * size :][:size], [size, *rows.shape[1:]])


def all_reduce_gradients(gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Returns the gradients of the whole batch: the mean of the replicas' gradients."""
    if count() == 1:
        return list(gradients)
    context = tf.distribute.get_replica_context()
    return list(context.all_reduce(tf.distribute.ReduceOp.MEAN, list(gradients)))


def strategy_in_scope() -> tf.distribute.Strategy | None:
    """Returns the distribution strategy in scope, or None."""
    return tf.distribute.get_strategy() if tf.distribute.has_strategy() else None


def run(strategy: tf.distribute.Strategy | None, function: Callable[..., Any], *args: Any) -> Any:
    """Runs a function on every replica; returns what the first replica of this process returned.

    Args:
      strategy: defines the replicas; None calls ``function`` directly.
      function: returns the same results on every replica.
      *args: arguments of ``function`` on every replica.
    """
    if strategy is None:
        return function(*args)
    results = strategy.run(function, args)
    return tf.nest.map_structure(
        lambda value: strategy.experimental_local_results(value)[0], results
    )
