"""What each stage must do at least: multiplications, and traffic with the memory.

FLOPs are those of the matrix products and convolutions of the algorithm that is run, a
multiplication and its addition counting as two; what is done element by element is left out.
Bytes are what has to cross between memory and processor even if everything else stayed in the
cache: each weight read once a call, the optimizer's passes, the arrays handed in and out. Both are
floors, so that the time a machine's limits allow (`Cost.seconds`) flatters no measurement. All of
it in float32's four bytes: weights and optimizer stay so under every precision of the products.
"""

from dataclasses import dataclass

from leakgan_tf.config.config import Config

WORD = 4  # bytes of a float32
# Reads the parameter, its gradient and both moments; writes the parameter and both moments.
ADAM_PASSES = 7
CLASSES = 2


@dataclass(frozen=True)
class Cost:
    """Work and traffic of a stage.

    Attributes:
      flops: floating-point operations of its products.
      bytes: traffic with the memory.
    """

    flops: float
    bytes: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.flops + other.flops, self.bytes + other.bytes)

    def __mul__(self, times: float) -> "Cost":
        return Cost(self.flops * times, self.bytes * times)

    def seconds(self, flops_per_second: float, bytes_per_second: float) -> float:
        """Returns the roofline: the sum of both, as an optimizer cannot overlap the products."""
        return self.flops / flops_per_second + self.bytes / bytes_per_second


def product(rows: float, inputs: float, outputs: float) -> float:
    """Returns the FLOPs of (rows, inputs) @ (inputs, outputs)."""
    return 2.0 * rows * inputs * outputs


def lstm(inputs: int, hidden: int) -> float:
    """Returns the FLOPs of one step of one row: four gates see the input and the state."""
    return product(1, inputs, 4 * hidden) + product(1, hidden, 4 * hidden)


# --- Parameters ---------------------------------------------------------------------------------


def discriminator_parameters(config: Config) -> int:
    """Returns how many numbers D trains."""
    width, size = config.feature_size, config.discriminator_embedding
    windows = zip(config.windows, config.filters, strict=True)
    return (
        (config.vocab_size + 1) * size  # embedding, and its padding row
        + sum(window * size * count + count for window, count in windows)  # convolutions, biases
        + 2 * (width * width + width)  # highway: transform and gate
        + width * CLASSES + CLASSES  # classifier
    )  # fmt: skip


def manager_parameters(config: Config) -> int:
    """Returns how many numbers the Manager trains."""
    width, hidden = config.feature_size, config.generator_hidden
    rows = config.batch_size if config.own.semantics.goal_init == "per_row" else 1
    return (
        4 * hidden * (width + hidden + 1)  # LSTM over features
        + hidden * width + width  # from its state to a goal
        + rows * width  # goal_init
    )  # fmt: skip


def worker_parameters(config: Config) -> int:
    """Returns how many numbers the Worker trains."""
    hidden, size = config.generator_hidden, config.generator_embedding
    return (
        config.vocab_size * size  # embedding
        + 4 * hidden * (size + hidden + 1)  # LSTM over tokens
        + config.feature_size * config.own.goal_size  # Ψ
        + (hidden + 1) * config.own.goal_size * config.vocab_size  # W' and b'
    )


def oracle_parameters(config: Config) -> int:
    """Returns how many numbers the oracle has."""
    hidden, size = config.oracle_hidden, config.oracle_embedding
    return (
        config.vocab_size * size  # embedding
        + 4 * hidden * (size + hidden + 1)  # LSTM
        + (hidden + 1) * config.vocab_size  # logits
    )


def _all_weights(config: Config) -> float:
    """Returns the bytes of D's and G's weights, read once."""
    return WORD * (
        discriminator_parameters(config) + manager_parameters(config) + worker_parameters(config)
    )


# --- The discriminator ------------------------------------------------------------------------


def convolutions(config: Config, rows: float) -> float:
    """Returns the FLOPs of all windows at all their places in sentences.

    The factored form over prefixes has the same: every window's place meets each of its tokens.
    """
    return sum(
        product(rows * (config.length - window + 1), window * config.discriminator_embedding, count)
        for window, count in zip(config.windows, config.filters, strict=True)
    )


def highway(config: Config, rows: float) -> float:
    """Returns the FLOPs of the highway layer: transform and gate."""
    return 2 * product(rows, config.feature_size, config.feature_size)


def discriminator_forward(config: Config, rows: float) -> float:
    """Returns the FLOPs of D's scores of sentences."""
    return (
        convolutions(config, rows)
        + highway(config, rows)
        + product(rows, config.feature_size, CLASSES)  # classifier
    )


def discriminator_step(config: Config) -> Cost:
    """Returns the cost of one update of D on a batch.

    Three products for each of the forward pass: the output, the gradient of the input (the
    embedding is trained too, so the first layer's counts) and that of the weights.
    """
    flops = 3 * discriminator_forward(config, config.batch_size)
    return Cost(flops, WORD * ADAM_PASSES * discriminator_parameters(config))


def features(config: Config) -> Cost:
    """Returns the cost of a batch's features of all T+1 prefixes."""
    prefixes = config.batch_size * (config.length + 1)
    weights = discriminator_parameters(config) - (config.feature_size + 1) * CLASSES
    return Cost(
        convolutions(config, config.batch_size)  # each token meets each window once
        + highway(config, prefixes),  # each prefix is mixed by itself
        WORD * weights + WORD * prefixes * config.feature_size,  # read; the features written
    )


# --- The generator ------------------------------------------------------------------------------


def manager_forward(config: Config) -> float:
    """Returns the FLOPs of one step of one row: LSTM, and the projection to a goal."""
    width, hidden = config.feature_size, config.generator_hidden
    return lstm(width, hidden) + product(1, hidden, width)


def worker_state(config: Config) -> float:
    """Returns the FLOPs of the Worker's reading one token."""
    return lstm(config.generator_embedding, config.generator_hidden)


def worker_logits(config: Config) -> float:
    """Returns the FLOPs of one token's logits from state and goal."""
    return (
        product(1, config.feature_size, config.own.goal_size)  # Ψ
        + product(1, config.generator_hidden * config.own.goal_size, config.vocab_size)  # W'
        + product(1, config.own.goal_size, config.vocab_size)  # b'
    )


def manager_training(config: Config) -> float:
    """Returns the FLOPs of one step of one row, forward and backward.

    Three products for each, but two at the LSTM's input: no gradient goes to the features.
    """
    width, hidden = config.feature_size, config.generator_hidden
    return 3 * manager_forward(config) - product(1, width, 4 * hidden)


def worker_training(config: Config) -> float:
    """Returns the FLOPs of one token, forward and backward.

    Three products for each, but two at Ψ: the Worker's loss sends no gradient to the goals.
    """
    forward = worker_state(config) + worker_logits(config)
    return 3 * forward - product(1, config.feature_size, config.own.goal_size)


def generator_update(config: Config) -> Cost:
    """Returns the cost of one update of Manager and Worker whose features are known."""
    parameters = manager_parameters(config) + worker_parameters(config)
    prefixes = config.batch_size * (config.length + 1)
    return Cost(
        prefixes * manager_training(config)
        + config.batch_size * config.length * worker_training(config),
        WORD * ADAM_PASSES * parameters + WORD * prefixes * config.feature_size,  # features read
    )


def pretrain_step(config: Config) -> Cost:
    """Returns the cost of one supervised update; the adversarial one has the same products."""
    return features(config) + generator_update(config)


def sampled_token(config: Config) -> float:
    """Returns the FLOPs of one more token of one sentence."""
    return (
        convolutions(config, 1) / config.length  # the token meets each window once
        + highway(config, 1)  # the leaked feature of the prefix
        + manager_forward(config)
        + worker_state(config)
        + worker_logits(config)
    )


def sampling(config: Config, count: int, batch: int) -> Cost:
    """Returns the cost of sampling `count` sentences, `batch` of them a call."""
    calls = -(-count // batch)
    return Cost(count * config.length * sampled_token(config), calls * _all_weights(config))


def reward(config: Config) -> Cost:
    """Returns the cost of the reward of one batch: rollouts, and D's scores of their ends."""
    horizon, length = config.own.goal_horizon, config.length
    starts = range(horizon, length, horizon)
    rows, copies = config.batch_size, config.own.rollouts
    forced = rows * (length - horizon)  # the prefix is read once, for all its copies
    resumed = rows * len(starts) * (config.own.semantics.goal_alignment == "split")
    # The first logits after a prefix are the same for all its copies.
    sampled = rows * sum(1 + copies * (length - start - 1) for start in starts)
    sentences = rows * (copies * len(starts) + 1)  # completions, and the finished sentence
    return Cost(
        (forced + resumed) * (sampled_token(config) - worker_logits(config))
        + sampled * sampled_token(config)
        + discriminator_forward(config, sentences),
        _all_weights(config),
    )


def adversarial_step(config: Config) -> Cost:
    """Returns the cost of a whole adversarial update: samples, their reward, the gradient."""
    explored = sampling(config, config.batch_size, config.batch_size)
    return explored + reward(config) + pretrain_step(config)


# --- The oracle, and what is composed -----------------------------------------------------------


def oracle_token(config: Config) -> float:
    """Returns the FLOPs of one token of the oracle, sampled or scored."""
    hidden = config.oracle_hidden
    return lstm(config.oracle_embedding, hidden) + product(1, hidden, config.vocab_size)


def oracle_sampling(config: Config, count: int, batch: int) -> Cost:
    """Returns the cost of `count` sentences sampled, or scored, by the oracle."""
    calls = -(-count // batch)
    return Cost(
        count * config.length * oracle_token(config), calls * WORD * oracle_parameters(config)
    )
