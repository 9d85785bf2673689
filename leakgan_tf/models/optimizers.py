"""Gradients, clipping and Adam as in the original programs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from leakgan_tf.utils import distributed


@keras.saving.register_keras_serializable("leakgan_tf")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam with one fused op per variable, without temporary arrays.

    The formula and the slots are those of Keras.

    Gradients must be those of the whole batch on every replica, as from `dense_gradients` and
    `clipped_gradients`. This class does not sum them over replicas, as Keras would.
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
        """Yields (name, variable) of the optimizer; names do not depend on the order of variables.

        Args:
          names: {``id`` of a trained variable: its name}.
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
    """Adam that keeps the weights with the lowest held-out loss, for early stopping.

    Attributes:
      least: the lowest held-out loss, (); initially infinite.
      waited: number of comparisons since then, ().
    """

    def build(self, variables: Sequence[Any]) -> None:
        """Creates the slots and the kept weights."""
        super().build(variables)
        self.kept = [
            self.add_variable_from_reference(variable, name="kept") for variable in variables
        ]
        self.least = self.add_variable((), keras.initializers.Constant(math.inf), name="least")
        self.waited = self.add_variable((), "zeros", dtype="int32", name="waited")

    def compare(self, loss: tf.Tensor) -> None:
        """Keeps the current weights if `loss` () is the lowest so far, else increments `waited`."""
        better = loss < self.least
        for kept, variable in zip(self.kept, self._trainable_variables, strict=True):
            kept.assign(tf.where(better, variable, kept))
        self.waited.assign(tf.where(better, 0, self.waited + 1))
        self.least.assign(tf.minimum(loss, self.least))

    def restore(self) -> None:
        """Restores the kept weights after at least one comparison with a finite loss."""
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
    """Returns Adam (β₁ = 0.9, β₂ = 0.999) for `variables`, already built.

    Args:
      learning_rate: learning rate.
      epsilon: ε of the update.
      variables: the trained variables.
      name: name of the optimizer.
      weight_decay: decoupled weight decay, times the learning rate, except of biases (AdamW,
        Loshchilov and Hutter 2019).
      kind: class of the optimizer.
    """
    optimizer = kind(learning_rate, epsilon=epsilon, name=name, weight_decay=weight_decay or None)
    if weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build(variables)
    return optimizer


def dense_gradients(
    tape: tf.GradientTape, loss: tf.Tensor, variables: Sequence[keras.Variable]
) -> list[tf.Tensor]:
    """Returns the dense gradient of the loss for each variable, of embeddings too.

    With replicas, loss and gradients are those of the whole batch (`utils.distributed`). The
    gradient is 0 where the loss does not depend on a variable, such as the Manager's ``goal_init``
    under sliding goals.
    """
    gradients = tape.gradient(loss, variables)
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
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Returns gradients scaled to a global norm of at most `clip`, and the norm before scaling.

    Args:
      tape: tape that recorded the loss.
      loss: a scalar.
      variables: variables to differentiate by.
      clip: the largest norm.
    """
    return tf.clip_by_global_norm(dense_gradients(tape, loss, variables), clip)
