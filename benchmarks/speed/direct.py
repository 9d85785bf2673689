"""The computation as the original program writes it down, a baseline for `leakgan_tf`'s forms.

The same numbers (`tests/benchmarks/test_speed_direct.py`), compiled and batched over the sentences,
without the reformulations: two-dimensional convolutions over (B, T, D, 1), a whole CNN pass for
every prefix, the (B, V, K) tensor O for every token, one rollout after another. What was not
reformulated is shared: Manager, LSTM cells, losses, optimizer, the sampling loop.
"""

import functools
from collections.abc import Callable

import keras
import tensorflow as tf

from leakgan_tf.generation import sampling
from leakgan_tf.generation.policies import LeakGANPolicy
from leakgan_tf.models.discriminator import PADDING, Discriminator
from leakgan_tf.models.worker import Worker
from leakgan_tf.systems.leakgan import Forward, LeakGAN

Convolve = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def convolve_2d(embedded: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Returns (B, J, F_h) of (B, T, D) and a kernel (h, D, F_h), as the original: one channel."""
    image, filters = embedded[..., tf.newaxis], kernel[:, :, tf.newaxis]
    responses = tf.nn.conv2d(image, filters, 1, "VALID")  # (B, J, 1, F_h)
    return tf.squeeze(responses, 2)


def convolve_1d(embedded: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Returns (B, J, F_h) of (B, T, D) and a kernel (h, D, F_h): the embedding as channels."""
    return tf.nn.conv1d(embedded, kernel, 1, "VALID")


def cnn_features(
    discriminator: Discriminator,
    tokens: tf.Tensor,
    dropout_seed: tf.Tensor | None = None,
    *,
    convolve: Convolve,
) -> tf.Tensor:
    """Returns D's features (B, F) of sentences (B, T), padding -1."""
    embedded = discriminator.embed(tokens)  # (B, T, D)
    pooled = []
    for layer in discriminator.convolutions:
        responses = tf.nn.relu(convolve(embedded, tf.convert_to_tensor(layer.kernel)) + layer.bias)
        pooled.append(tf.reduce_max(responses, axis=1))  # (B, F_h)
    mixed = discriminator.highway(tf.concat(pooled, axis=-1))
    if dropout_seed is not None and discriminator.dropout > 0.0:
        mixed = tf.nn.experimental.stateless_dropout(mixed, discriminator.dropout, dropout_seed)
    return mixed


class DirectPrefixFeatures:
    """`PrefixFeatures` by a whole CNN pass over the padded prefix each time.

    Its state is the prefix itself: ids (B, T), padding where no token has come yet.

    Args:
      discriminator: a built discriminator with a padding row.
      convolve: how windows are computed.
    """

    def __init__(self, discriminator: Discriminator, convolve: Convolve):
        self._discriminator = discriminator
        self._convolve = convolve
        self._length = discriminator.length

    def start(self, rows: int) -> tf.Tensor:
        """Returns the state of `rows` empty prefixes."""
        return tf.fill([rows, self._length], PADDING)

    def advance(self, state: tf.Tensor, tokens: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
        """Adds one token (B,) to each prefix of `position` tokens."""
        return tf.where(tf.range(self._length) == position, tokens[:, tf.newaxis], state)

    def read(self, state: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
        """Returns the leaked features (B, F)."""
        return tf.stop_gradient(cnn_features(self._discriminator, state, convolve=self._convolve))

    def all(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the features (B, T+1, F) of the prefixes of 0, 1, …, T tokens of (B, T) ids."""
        places = tf.range(self._length)
        each = [
            self.read(tf.where(places < given, tokens, PADDING), given)
            for given in range(self._length + 1)
        ]
        return tf.stack(each, axis=1)


class DirectWorker:
    """A Worker whose last layer goes through O, in the original's layout (H, V·K), (V·K,).

    Args:
      worker: its last layer's weights are copied, the others are shared.
    """

    def __init__(self, worker: Worker):
        self.original = worker
        hidden, size = worker.hidden_size, worker.goal_size
        matrix = tf.reshape(worker.output_kernel.kernel, [hidden, size, -1])  # (H, K, V)
        matrix = tf.reshape(tf.transpose(matrix, [0, 2, 1]), [hidden, -1])  # (H, V·K)
        bias = tf.reshape(tf.transpose(worker.output_bias.kernel), [-1])  # (V·K,)
        self.kernel = keras.Variable(matrix, name="direct_output_kernel")
        self.bias = keras.Variable(bias, name="direct_output_bias")
        self.start, self.step, self.read = worker.start, worker.step, worker.read
        last = {id(worker.output_kernel.kernel), id(worker.output_bias.kernel)}
        kept = [each for each in worker.trainable_variables if id(each) not in last]
        self.trainable_variables = [*kept, self.kernel, self.bias]

    def fused_output_kernel(self) -> None:
        """Returns nothing: no weights are fused."""

    def __call__(self, hidden: tf.Tensor, goals: tf.Tensor, words: None = None) -> tf.Tensor:
        """Returns the logits (..., V) of hidden vectors (..., H) under goals (..., F)."""
        if len(hidden.shape) == 3:  # one token after the other
            pairs = zip(tf.unstack(hidden, axis=1), tf.unstack(goals, axis=1), strict=True)
            return tf.stack([self(*pair) for pair in pairs], axis=1)
        worker = self.original
        words = tf.matmul(hidden, self.kernel) + self.bias
        words = tf.reshape(words, [-1, worker.vocab_size, worker.goal_size])  # O (B, V, K)
        direction = worker.goal_projection(goals)  # w (B, K)
        if worker.normalise_goal:
            direction = tf.math.l2_normalize(direction, axis=-1)
        return tf.linalg.matvec(words, direction)

    def folded(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the weights in the Worker's own layout: (H·K, V) and (K, V)."""
        hidden, size = self.original.hidden_size, self.original.goal_size
        matrix = tf.reshape(self.kernel, [hidden, -1, size])  # (H, V, K)
        matrix = tf.reshape(tf.transpose(matrix, [0, 2, 1]), [hidden * size, -1])
        return matrix, tf.transpose(tf.reshape(self.bias, [-1, size]))


class DirectLeakGAN(LeakGAN):
    """LeakGAN's updates, samples and rewards the direct way, from a copy of a system's weights.

    Args:
      system: its configuration and weights are copied; it stays as it is.
      convolve: how windows are computed.
    """

    def __init__(self, system: LeakGAN, convolve: Convolve = convolve_2d):
        super().__init__(system.config, training=False)
        for name, model in system.models.items():
            self.models[name].set_weights(model.get_weights())
        self._leak = DirectPrefixFeatures(self.discriminator, convolve)
        direct = functools.partial(cnn_features, self.discriminator, convolve=convolve)
        self.discriminator.features = direct  # type: ignore[method-assign]
        self.worker = DirectWorker(self.model.worker)
        self.model.worker = self.worker  # type: ignore[assignment]
        self.optimizers = self._optimizers()

    def policy(self) -> LeakGANPolicy:
        """Returns the generator bound to the features that D leaks now."""
        return LeakGANPolicy(self.model, self._leak)  # type: ignore[arg-type]

    def forward(self, tokens: tf.Tensor, features: tf.Tensor | None = None) -> Forward:
        """Runs Manager and Worker along sentences (B, T), teacher-forced."""
        return super().forward(tokens, self._leak.all(tokens))

    # --- Samples and rewards ------------------------------------------------------------------

    def sample(self, rows: int, inverse_temperature: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Samples `rows` sentences: ids (rows, T)."""
        return sampling.generate(self.policy(), rows, inverse_temperature, seed)

    def rollout(self, tokens: tf.Tensor, start: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns D's scores (B,) of one completion of the first `start` tokens of (B, T)."""
        policy = self.policy()
        rows, length = tokens.shape
        _, state = tf.while_loop(
            lambda position, _: position < start,
            lambda position, state: (
                position + 1,
                policy.force(state, tokens[:, position], position),
            ),
            (tf.constant(0), policy.start(rows)),
        )
        rest, _ = sampling.write_tokens(
            policy, policy.resume(state, start), start, length, tf.ones([length]), seed
        )
        return self.discriminator.probability_real(tf.concat([tokens[:, :start], rest], axis=1))


class DirectReward:
    """D's scores of prefixes, one compiled rollout after another.

    Args:
      direct: the system.
    """

    def __init__(self, direct: DirectLeakGAN):
        config = direct.config
        self._rollout = tf.function(direct.rollout, autograph=False)
        self._finished = tf.function(direct.discriminator.probability_real, autograph=False)
        self._starts = range(config.own.goal_horizon, config.length, config.own.goal_horizon)

    def scores(self, tokens: tf.Tensor, copies: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns D's scores after c, 2c, …, T tokens of (B, T), summed over copies: (B, T/c)."""
        columns = []
        for start in self._starts:
            total = 0.0
            for copy in range(copies):
                own = tf.random.experimental.stateless_fold_in(seed, start * copies + copy)
                total += self._rollout(tokens, start, own)
            columns.append(total)
        return tf.stack([*columns, copies * self._finished(tokens)], axis=1)
