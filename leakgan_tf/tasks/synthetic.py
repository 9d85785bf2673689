"""The oracle task: learn the language of a random LSTM (SeqGAN, section 5.1)."""

import numpy as np

from leakgan_tf.config import Config
from leakgan_tf.errors import UserError
from leakgan_tf.generator import Generator
from leakgan_tf.metrics.nll import distinct_share, held_out_nll, oracle_nll
from leakgan_tf.oracle import Oracle, oracle_from_arrays
from leakgan_tf.seeds import derive, derive_int

TEMPERATURES = (1.0, 1.5)  # the model's own distribution, and the original's evaluation


class SyntheticTask:
    """Sentences of an oracle, and generators measured by it.

    Args:
      config: `length`, `vocab_size`, the oracle's fields, and the numbers of sentences.
      oracle: the ground truth.
    """

    score = "nll_oracle_1.0"
    reader = None

    def __init__(self, config: Config, oracle: Oracle):
        self.config = config
        self.oracle = oracle
        self.train = oracle.sample(config.training_sequences, derive(config.seed, "train"))
        self.test = oracle.sample(config.evaluation_samples, derive(config.seed, "test"))

    def positives(self, count: int, seed: int) -> np.ndarray:
        """Returns fresh oracle sentences, (count, T)."""
        return self.oracle.sample(count, derive(seed, "positives"))

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Returns NLL_oracle, held-out NLL and distinct share at each temperature."""
        figures = {}
        for temperature in TEMPERATURES:
            samples = generator.sample(
                self.config.evaluation_samples, temperature, derive(seed, "evaluate")
            )
            figures[f"nll_oracle_{temperature}"] = oracle_nll(self.oracle, samples)
            figures[f"nll_test_{temperature}"] = held_out_nll(generator, self.test, temperature)
            figures[f"distinct_{temperature}"] = distinct_share(samples)
        return figures

    def show(self, tokens: np.ndarray) -> list[str]:
        """Returns sentences (n, T) as token ids separated by spaces."""
        return [" ".join(str(token) for token in row) for row in tokens]


def make_oracle(config: Config, arrays: dict[str, np.ndarray] | None = None) -> Oracle:
    """Returns the oracle of a configuration: random, or with the published weights.

    Args:
      config: sizes and seed.
      arrays: published weights by name (`oracle.read_parameters`).

    Raises:
      UserError: the weights are of other sizes than the configuration, or are missing.
    """
    if arrays is None:
        if config.oracle_params:
            raise UserError("this run used a published oracle: give its file with --oracle_params")
        return Oracle(
            config.vocab_size,
            config.length,
            config.oracle_embedding,
            config.oracle_hidden,
            derive_int(config.oracle_seed, "oracle"),
        )
    vocab_size = len(arrays["embedding"])
    if vocab_size != config.vocab_size:
        raise UserError(
            f"the oracle file has {vocab_size} tokens, the configuration {config.vocab_size}: "
            f"give --vocab_size={vocab_size}"
        )
    return oracle_from_arrays(arrays, config.length)
