"""Lower limits of the cost of stages: floating-point operations, and memory traffic.

FLOPs are those of the matrix products and convolutions of the algorithm as run; a multiplication
and an addition count as two, element-wise operations are not counted. Bytes are the traffic between
memory and processor that remains with an ideal cache: one read of each weight per call, the passes
of the optimizer, and the input and output arrays. Weights and optimizer state are float32 at any
precision of the products.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from leakgan_tf.config.config import Config

STAGES = (
    "d_step", "d_convolutions", "d_highway", "d_adam", "features", "pretrain", "pretrain_reused",
    "sampling", "reward", "adversarial_step", "oracle_sampling",
)  # fmt: skip
WORD = 4  # bytes of a float32
# Reads the parameter, its gradient and both moments; writes the parameter and both moments.
ADAM_PASSES = 7
CLASSES = 2


@dataclass(frozen=True)
class Cost:
    """Floating-point operations of a stage's products, and its memory traffic in bytes."""

    flops: float
    bytes: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.flops + other.flops, self.bytes + other.bytes)

    def seconds(self, flops_per_second: float, bytes_per_second: float) -> float:
        """Returns the least time: the sum of both, as the optimizer cannot overlap the products."""
        return self.flops / flops_per_second + self.bytes / bytes_per_second


def product(rows: float, inputs: float, outputs: float) -> float:
    """Returns the FLOPs of (rows, inputs) @ (inputs, outputs)."""
    return 2.0 * rows * inputs * outputs


def lstm(inputs: int, hidden: int) -> float:
    """Returns the FLOPs of a step of one row: four gates of the input and the state."""
    return product(1, inputs + hidden, 4 * hidden)


class Floors:
    """The least cost of each stage of LeakGAN at one size.

    Methods that return a number, not a `Cost`, return the FLOPs of one row.

    Args:
      config: the sizes.
      parameters: {model: number of trainable parameters}, for discriminator, manager and worker;
        oracle for `oracle_sampling`.
    """

    def __init__(self, config: Config, parameters: Mapping[str, int]):
        self.config, self.parameters = config, parameters
        self._weights = WORD * sum(parameters[name] for name in parameters if name != "oracle")
        self._prefixes = config.batch_size * (config.length + 1)
        self._features = WORD * self._prefixes * config.feature_size

    # --- The discriminator ----------------------------------------------------------------------

    def convolutions(self) -> float:
        """Returns the FLOPs of all windows at all positions; the form over prefixes has as many."""
        width, length = self.config.discriminator_embedding, self.config.length
        return sum(
            product(length - window + 1, window * width, count)
            for window, count in zip(self.config.windows, self.config.filters, strict=True)
        )

    def highway(self) -> float:
        """Returns the FLOPs of the highway layer: transform and gate."""
        return 2 * product(1, self.config.feature_size, self.config.feature_size)

    def score(self) -> float:
        """Returns the FLOPs of D's score of a sentence."""
        classifier = product(1, self.config.feature_size, CLASSES)
        return self.convolutions() + self.highway() + classifier

    def discriminator_step(self) -> Cost:
        """Returns the cost of one update of D on a batch.

        Each product of the forward pass has three: the output, the gradient of the input (also in
        the first layer, as the embedding is trained) and the gradient of the weights.
        """
        return self.trained(self.score()) + self.discriminator_adam()

    def trained(self, forward: float) -> Cost:
        """Returns the cost of a layer in D's step, from its FLOPs of one row forward."""
        return Cost(3 * self.config.batch_size * forward)

    def discriminator_adam(self) -> Cost:
        """Returns the cost of D's optimizer in one update."""
        return Cost(0.0, WORD * ADAM_PASSES * self.parameters["discriminator"])

    def features(self) -> Cost:
        """Returns the cost of a batch's features of all T+1 prefixes."""
        read = self.parameters["discriminator"] - (self.config.feature_size + 1) * CLASSES
        return Cost(
            self.config.batch_size * self.convolutions()  # each token is in each window once
            + self._prefixes * self.highway(),  # one call for each prefix
            WORD * read + self._features,
        )

    # --- The generator --------------------------------------------------------------------------

    def manager(self) -> float:
        """Returns the FLOPs of a step of the Manager: LSTM and projection to a goal."""
        width, hidden = self.config.feature_size, self.config.generator_hidden
        return lstm(width, hidden) + product(1, hidden, width)

    def worker_state(self) -> float:
        """Returns the FLOPs of the Worker's LSTM for one token."""
        return lstm(self.config.generator_embedding, self.config.generator_hidden)

    def worker_logits(self) -> float:
        """Returns the FLOPs of the logits of one token from state and goal."""
        size, hidden = self.config.own.goal_size, self.config.generator_hidden
        psi = product(1, self.config.feature_size, size)
        return psi + product(1, (hidden + 1) * size, self.config.vocab_size)  # W' and b'

    def generator_update(self) -> Cost:
        """Returns the cost of one update of Manager and Worker with given features.

        Each product of the forward pass has three, but two at the Manager's LSTM input (features
        have no gradient) and at Ψ (the Worker's loss has no gradient for goals).
        """
        width, tokens = self.config.feature_size, self.config.batch_size * self.config.length
        manager = 3 * self.manager() - product(1, width, 4 * self.config.generator_hidden)
        worker = 3 * (self.worker_state() + self.worker_logits())
        worker -= product(1, width, self.config.own.goal_size)
        trained = self.parameters["manager"] + self.parameters["worker"]
        return Cost(
            self._prefixes * manager + tokens * worker,
            WORD * ADAM_PASSES * trained + self._features,
        )

    def pretrain_step(self) -> Cost:
        """Returns the cost of one supervised update; the adversarial one has the same products."""
        return self.features() + self.generator_update()

    def read_token(self) -> float:
        """Returns the FLOPs of one token of a given prefix: all but the Worker's logits."""
        mixed = self.convolutions() / self.config.length + self.highway()
        return mixed + self.manager() + self.worker_state()

    def sampling(self, count: int, batch: int) -> Cost:
        """Returns the cost of sampling `count` sentences, `batch` per call."""
        token = self.read_token() + self.worker_logits()
        return Cost(count * self.config.length * token, -(-count // batch) * self._weights)

    def reward(self) -> Cost:
        """Returns the cost of the reward of one batch: rollouts, and D's scores of them."""
        horizon, length = self.config.own.goal_horizon, self.config.length
        starts, copies = range(horizon, length, horizon), self.config.own.rollouts
        # The longest prefix is read once, for all its copies; a split goal is read again.
        resumed = len(starts) * (self.config.own.semantics.goal_alignment == "split")
        read = length - horizon + resumed
        # The first logits after a prefix are the same for all its copies.
        sampled = sum(1 + copies * (length - start - 1) for start in starts)
        scores = copies * len(starts) + 1  # completions, and the complete sentence
        row = (read + sampled) * self.read_token() + sampled * self.worker_logits()
        return Cost(self.config.batch_size * (row + scores * self.score()), self._weights)

    def adversarial_step(self) -> Cost:
        """Returns the cost of an adversarial update: samples, their reward, the gradient."""
        explored = self.sampling(self.config.batch_size, self.config.batch_size)
        return explored + self.reward() + self.pretrain_step()

    def oracle_sampling(self, count: int, batch: int) -> Cost:
        """Returns the cost of sampling `count` sentences from the oracle, `batch` per call."""
        hidden = self.config.oracle_hidden
        token = lstm(self.config.oracle_embedding, hidden)
        token += product(1, hidden, self.config.vocab_size)
        read = -(-count // batch) * WORD * self.parameters["oracle"]
        return Cost(count * self.config.length * token, read)
