"""Gradients and optimizers as the original programs use them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.utils import distributed


@keras.saving.register_keras_serializable("leakgan_tf")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, each variable updated by one op instead of a dozen.

    The same formula and the same slots, without the temporary arrays between the ops.

    Gradients must be those of the whole batch, the same on every replica, as `dense_gradients` and
    `clipped_gradients` give them: Keras would sum them again.
    """

    def update_step(self, gradient: tf.Tensor, variable: Any, learning_rate: tf.Tensor) -> None:
        """Updates `variable` (a ``tf.Variable``) and its slots in place."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, variable.dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, variable.dtype), step),
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )

    def named_variables(self, names: Mapping[int, str]) -> Iterator[tuple[str, keras.Variable]]:
        """Yields the optimizer's variables by names that say what each is, not its position.

        Args:
          names: of the variables that it trains, by their ``id``.
        """
        yield "iteration", self.iterations
        yield "learning_rate", self._learning_rate
        for slot, variables in (("momentum", self._momentums), ("velocity", self._velocities)):
            for trained, variable in zip(self._trainable_variables, variables, strict=True):
                yield f"{names[id(trained)]}/{slot}", variable

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> Any:
        return grads_and_vars


@keras.saving.register_keras_serializable("leakgan_tf")
class StoppingAdam(FusedAdam):
    """Adam that keeps the weights at which a held-out loss was least, for early stopping.

    Attributes:
      least: that loss, (); infinite at first.
      waited: comparisons since then, ().
    """

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the slots, the kept weights among them."""
        super().build(variables)
        self.kept = [
            self.add_variable_from_reference(variable, name="kept") for variable in variables
        ]
        self.least = self.add_variable((), keras.initializers.Constant(math.inf), name="least")
        self.waited = self.add_variable((), "zeros", dtype="int32", name="waited")

    def compare(self, loss: tf.Tensor) -> None:
        """Keeps the present weights if a held-out loss is the least so far; counts it if not."""
        better = loss < self.least
        for kept, variable in zip(self.kept, self._trainable_variables, strict=True):
            kept.assign(tf.where(better, variable, kept))
        self.waited.assign(tf.where(better, 0, self.waited + 1))
        self.least.assign(tf.minimum(loss, self.least))

    def restore(self) -> None:
        """Assigns the kept weights, if there was a comparison."""
        compared = tf.math.is_finite(self.least)
        for kept, variable in zip(self.kept, self._trainable_variables, strict=True):
            variable.assign(tf.where(compared, kept, variable))

    def named_variables(self, names: Mapping[int, str]) -> Iterator[tuple[str, keras.Variable]]:
        """Yields Adam's variables, then the kept weights, `least` and `waited`."""
        yield from super().named_variables(names)
        for trained, variable in zip(self._trainable_variables, self.kept, strict=True):
            yield f"{names[id(trained)]}/kept", variable
        yield "least", self.least
        yield "waited", self.waited


def adam(
    learning_rate: float,
    epsilon: float,
    variables: Sequence[keras.Variable],
    name: str,
    weight_decay: float = 0.0,
    kind: type[FusedAdam] = FusedAdam,
) -> FusedAdam:
    """Returns Adam (β 0.9 / 0.999), its slots made, for `variables`.

    Args:
      learning_rate: the rate.
      epsilon: ε.
      variables: what it trains.
      name: the optimizer's.
      weight_decay: share of a weight, times the rate, taken off in each update; biases aside
        (AdamW, Loshchilov and Hutter 2019).
      kind: its class.
    """
    optimizer = kind(learning_rate, epsilon=epsilon, name=name, weight_decay=weight_decay or None)
    if weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(variables)
    return optimizer


def dense_gradients(
    tape: tf.GradientTape, loss: tf.Tensor, variables: Sequence[keras.Variable]
) -> list[tf.Tensor]:
    """Returns d loss / d variable for each variable, embeddings' sparse gradients made dense.

    Where replicas share a batch they are the whole batch's, as the loss is (`utils.distributed`).
    Zero where the loss does not depend on a variable: under sliding goals nothing trains Manager's
    ``goal_init``.
    """
    return _dense(tape.gradient(loss, variables), variables)


def _dense(gradients: Sequence, variables: Sequence[keras.Variable]) -> list[tf.Tensor]:
    dense = [
        tf.zeros(variable.shape) if gradient is None else tf.convert_to_tensor(gradient)
        for variable, gradient in zip(variables, gradients, strict=True)
    ]
    return distributed.all_reduce_gradients(dense)


def clipped_gradients(
    tape: tf.GradientTape,
    loss: tf.Tensor,
    variables: Sequence[keras.Variable],
    clip: float,
    sparse_norm: bool = False,
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Returns the gradients scaled to a global norm of at most `clip`, and their norm before.

    Args:
      tape: that recorded the loss.
      loss: a scalar.
      variables: by which to differentiate.
      clip: the largest norm.
      sparse_norm: whether the norm counts each use of an embedding's row by itself, as the
        programs written for TensorFlow 1 do, not the sum of its uses.
    """
    gradients = tape.gradient(loss, variables)
    dense = _dense(gradients, variables)
    norm = _sparse_norm(gradients, dense) if sparse_norm else tf.linalg.global_norm(dense)
    return tf.clip_by_global_norm(dense, clip, use_norm=norm)


def _sparse_norm(gradients: Sequence, dense: Sequence[tf.Tensor]) -> tf.Tensor:
    """Returns the norm with each row of a sparse gradient counted by itself."""
    squares = 0.0
    for gradient, whole in zip(gradients, dense, strict=True):
        if isinstance(gradient, tf.IndexedSlices):
            # A replica's rows carry R times their share of the whole batch's gradient.
            own = tf.reduce_sum(tf.square(gradient.values / distributed.count()))
            squares += distributed.all_reduce_sum(own)
        else:
            squares += tf.reduce_sum(tf.square(whole))
    return tf.sqrt(squares)
