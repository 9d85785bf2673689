"""The computation as the original program writes it down, as a baseline for `leakgan_tf`'s forms.

The same numbers (`tests/benchmarks/test_speed_direct.py`), compiled and batched over the sentences,
without the reformulations: two-dimensional convolutions over (B, T, D, 1), a whole CNN pass for
every prefix, the (B, V, K) tensor O for every token, one rollout after another. What was not
reformulated is shared: Manager, LSTM cells, losses, optimizer, the sampling loop.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from leakgan_tf.generation import sampling
from leakgan_tf.generation.policies import LeakGANPolicy
from leakgan_tf.models.discriminator import PADDING, REAL, Discriminator
from leakgan_tf.models.leakgan_generator import START, LeakGANState
from leakgan_tf.models.masking import END, force_eos, valid_token_mask
from leakgan_tf.models.optimizers import adam, clipped_gradients, dense_gradients
from leakgan_tf.models.worker import Worker
from leakgan_tf.objectives import losses
from leakgan_tf.systems.base import Scalars
from leakgan_tf.systems.leakgan import LeakGAN

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
    convolve: Convolve,
    dropout_seed: tf.Tensor | None = None,
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
        return tf.stop_gradient(cnn_features(self._discriminator, state, self._convolve))

    def all(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the features (B, T+1, F) of the prefixes of 0, 1, …, T tokens of (B, T) ids."""
        places = tf.range(self._length)
        each = [
            self.read(tf.where(places < given, tokens, PADDING), given)
            for given in range(self._length + 1)
        ]
        return tf.stack(each, axis=1)


class DirectOutput:
    """The Worker's last layer through O, its weights in the original's layout (H, V·K), (V·K,).

    Args:
      worker: whose weights are copied, and whose Ψ is shared.
    """

    def __init__(self, worker: Worker):
        self._worker = worker
        hidden, size = worker.hidden_size, worker.goal_size
        matrix = tf.reshape(worker.output_kernel.kernel, [hidden, size, -1])  # (H, K, V)
        matrix = tf.reshape(tf.transpose(matrix, [0, 2, 1]), [hidden, -1])  # (H, V·K)
        bias = tf.reshape(tf.transpose(worker.output_bias.kernel), [-1])  # (V·K,)
        self.kernel = keras.Variable(matrix, name="direct_output_kernel")
        self.bias = keras.Variable(bias, name="direct_output_bias")

    def logits(self, hidden: tf.Tensor, goals: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, V) of one token, of hidden vectors (B, H) under goals (B, F)."""
        worker = self._worker
        words = tf.matmul(hidden, self.kernel) + self.bias
        words = tf.reshape(words, [-1, worker.vocab_size, worker.goal_size])  # O (B, V, K)
        direction = worker.goal_projection(goals)  # w (B, K)
        if worker.normalise_goal:
            direction = tf.math.l2_normalize(direction, axis=-1)
        return tf.linalg.matvec(words, direction)

    def folded(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the weights in the Worker's own layout: (H·K, V) and (K, V)."""
        hidden, size = self._worker.hidden_size, self._worker.goal_size
        matrix = tf.reshape(self.kernel, [hidden, -1, size])  # (H, V, K)
        matrix = tf.reshape(tf.transpose(matrix, [0, 2, 1]), [hidden * size, -1])
        return matrix, tf.transpose(tf.reshape(self.bias, [-1, size]))


class DirectPolicy(LeakGANPolicy):
    """LeakGAN's policy whose features and logits take the direct way."""

    def __init__(self, model: keras.Model, leak: DirectPrefixFeatures, output: DirectOutput):
        super().__init__(model, leak)
        self.output = output

    def logits(self, state: LeakGANState, position: tf.Tensor) -> tuple[tf.Tensor, LeakGANState]:
        """Returns the logits (B, V) of the next token, and the state with its goal."""
        hidden, state = self.model.observe(self.leak, state, position, "sampling")
        logits = self.output.logits(hidden, state.goal)
        if self.model.ends:
            logits = force_eos(logits, (state.last == END) & (position > 0))
        return logits, state


class DirectLeakGAN:
    """LeakGAN's updates, samples and rewards the direct way, from a copy of a system's weights.

    Args:
      system: whose configuration and weights are copied; it stays as it is.
      convolve: how windows are computed.
    """

    def __init__(self, system: LeakGAN, convolve: Convolve = convolve_2d):
        config = self.config = system.config
        self._convolve = convolve
        copy = LeakGAN(config, task=None)
        for name, model in system.models.items():
            copy.models[name].set_weights(model.get_weights())
        self.discriminator, self.model = copy.discriminator, copy.model
        worker = self.model.worker
        self.output = DirectOutput(worker)
        folded = {*map(id, worker.output_kernel.variables), *map(id, worker.output_bias.variables)}
        kept = [each for each in worker.trainable_variables if id(each) not in folded]
        self._worker_variables = [*kept, self.output.kernel, self.output.bias]
        manager, epsilon = self.model.manager.trainable_variables, config.adam_epsilon
        self._optimizers = {"discriminator": copy.optimizers["discriminator"]}
        for kind, rate in (
            ("pretrain", config.own.generator_learning_rate),
            ("adversarial", config.own.adversarial_learning_rate),
        ):
            self._optimizers[kind, "manager"] = adam(rate, epsilon, manager, f"direct_{kind}_m")
            self._optimizers[kind, "worker"] = adam(
                rate, epsilon, self._worker_variables, f"direct_{kind}_w"
            )

    def policy(self) -> DirectPolicy:
        """Returns the generator bound to the features that D leaks now."""
        leak = DirectPrefixFeatures(self.discriminator, self._convolve)
        return DirectPolicy(self.model, leak, self.output)

    # --- Updates ----------------------------------------------------------------------------

    def discriminator_step(self, tokens: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One update of D on sentences (B, T) of classes (B,)."""
        model, semantics = self.discriminator, self.config.own.semantics
        with tf.GradientTape() as tape:
            logits = model.classifier(cnn_features(model, tokens, self._convolve, seed))
            loss = losses.discriminator_loss(logits, labels)
            if semantics.l2:
                classifier = model.classifier
                loss += semantics.l2 * losses.l2_penalty(classifier.kernel, classifier.bias)
        gradients = dense_gradients(tape, loss, model.trainable_variables)
        self._optimizers["discriminator"].apply(gradients, model.trainable_variables)
        return {"loss": loss}

    def pretrain_step(self, tokens: tf.Tensor, seed: tf.Tensor) -> Scalars:
        """One supervised update of Manager and Worker on real sentences (B, T)."""
        return self._update("pretrain", tokens, None)

    def adversarial_gradient_step(self, tokens: tf.Tensor, reward: tf.Tensor) -> Scalars:
        """One policy-gradient update on sampled sentences (B, T) with rewards (B, T/c)."""
        return self._update("adversarial", tokens, reward)

    def sequence_logits(self, tokens: tf.Tensor, worker_goals: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) along known sentences under goals (B, T, F)."""
        before = tf.pad(tokens[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        return self.logits_of(self.model.worker.read(before), worker_goals, tokens)

    def logits_of(self, hidden: tf.Tensor, goals: tf.Tensor, tokens: tf.Tensor) -> tf.Tensor:
        """Returns the logits (B, T, V) of hidden vectors (B, T, H) under goals (B, T, F)."""
        goals = tf.stop_gradient(goals)
        each = [
            self.output.logits(hidden[:, position], goals[:, position])
            for position in range(self.config.length)
        ]
        logits = tf.stack(each, axis=1)
        return force_eos(logits, ~valid_token_mask(tokens)) if self.model.ends else logits

    def _losses(self, tokens: tf.Tensor, reward: tf.Tensor | None) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the Manager's and the Worker's loss; supervised ones without a reward."""
        config, semantics = self.config, self.config.own.semantics
        length, horizon, window = config.length, config.own.goal_horizon, semantics.goal_window
        features = self.policy().leak.all(tokens)  # (B, T+1, F)
        goals = self.model.goals(features)
        log_prob = losses.token_log_prob(self.sequence_logits(tokens, goals.worker), tokens)
        cosines = losses.cosine(losses.manager_pairs(features, goals, horizon, window))
        mask = valid_token_mask(tokens) if config.ends else None
        pair_mask = losses.pair_mask(mask, horizon, window)
        if reward is None:
            manager = losses.manager_pretrain_loss(cosines, semantics, length, horizon, pair_mask)
            return manager, losses.likelihood_loss(log_prob, mask)
        manager = losses.manager_adversarial_loss(
            cosines, reward, semantics, length, horizon, pair_mask
        )
        intrinsic = losses.intrinsic_reward(features, goals, horizon, window)
        return manager, losses.worker_adversarial_loss(log_prob, intrinsic, semantics, mask)

    def _update(self, kind: str, tokens: tf.Tensor, reward: tf.Tensor | None) -> Scalars:
        manager, worker = self.model.manager.trainable_variables, self._worker_variables
        with tf.GradientTape(persistent=True) as tape:
            manager_loss, worker_loss = self._losses(tokens, reward)
        clip = self.config.gradient_clip
        manager_gradients, _ = clipped_gradients(tape, manager_loss, manager, clip)
        worker_gradients, _ = clipped_gradients(tape, worker_loss, worker, clip)
        with tf.control_dependencies([*manager_gradients, *worker_gradients]):
            self._optimizers[kind, "manager"].apply(manager_gradients, manager)
            self._optimizers[kind, "worker"].apply(worker_gradients, worker)
        return {"manager_loss": manager_loss, "worker_loss": worker_loss}

    # --- Samples and rewards ------------------------------------------------------------------

    def sample(self, rows: int, inverse_temperature: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Samples `rows` sentences: ids (rows, T)."""
        return sampling.generate(self.policy(), rows, inverse_temperature, seed)

    def rollout(self, tokens: tf.Tensor, start: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns D's opinion (B,) of one completion of the first `start` tokens of (B, T)."""
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
        return self.probability_real(tf.concat([tokens[:, :start], rest], axis=1))

    def probability_real(self, tokens: tf.Tensor) -> tf.Tensor:
        """Returns D's probability (B,) that sentences (B, T) are real."""
        features = cnn_features(self.discriminator, tokens, self._convolve)
        return tf.nn.softmax(self.discriminator.classifier(features))[:, REAL]


class DirectReward:
    """D's opinion of prefixes, one compiled rollout after another.

    Args:
      direct: the system.
    """

    def __init__(self, direct: DirectLeakGAN):
        config = direct.config
        self._rollout = tf.function(direct.rollout, autograph=False)
        self._finished = tf.function(direct.probability_real, autograph=False)
        self._starts = range(config.own.goal_horizon, config.length, config.own.goal_horizon)

    def scores(self, tokens: tf.Tensor, copies: int, seed: tf.Tensor) -> tf.Tensor:
        """Returns D's opinion after c, 2c, …, T tokens of (B, T), summed over copies: (B, T/c)."""
        columns = []
        for start in self._starts:
            total = 0.0
            for copy in range(copies):
                own = tf.random.experimental.stateless_fold_in(seed, start * copies + copy)
                total += self._rollout(tokens, start, own)
            columns.append(total)
        return tf.stack([*columns, copies * self._finished(tokens)], axis=1)
