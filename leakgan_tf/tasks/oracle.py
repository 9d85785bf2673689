"""The synthetic oracle: an LSTM with random weights (SeqGAN, section 5.1)."""

import numpy as np

from leakgan_tf.generation.generator import Generator
from leakgan_tf.generation.policies import LSTMPolicy
from leakgan_tf.models.lstm_generator import LSTMGenerator
from leakgan_tf.objectives import losses
from leakgan_tf.tasks.oracle_weights import KERAS_GATES

BATCH = 256  # sentences per batch; results do not depend on it


class Oracle:
    """An LSTM with weights from N(0, 1): samples real sentences and scores generated ones.

    Args:
      vocab_size: number of token ids, V.
      length: tokens in a sentence, T.
      embedding_size: width of the token embedding.
      hidden_size: state width.
      seed: seed of the weights.
    """

    def __init__(
        self, vocab_size: int, length: int, embedding_size: int, hidden_size: int, seed: int
    ):
        self.model = LSTMGenerator(
            vocab_size, length, embedding_size, hidden_size, stddev=1.0, seed=seed
        )
        self.model.build()
        self.generator = Generator(lambda: LSTMPolicy(self.model), length, BATCH)

    def sample(self, count: int, seed: np.ndarray) -> np.ndarray:
        """Samples real sentences, ids (count, T) int32; `seed` is a stateless seed (2,)."""
        return self.generator.sample(count, 1.0, seed)

    def nll(self, tokens: np.ndarray) -> np.ndarray:
        """Returns -log p of each token in nats, (n, T), floored as in the original program."""
        return -np.maximum(self.generator.log_prob(tokens), losses.LEAST_LOG_PROBABILITY)

    def set_weights(self, arrays: dict[str, np.ndarray]) -> None:
        """Sets the weights, by the names in `oracle_weights.NAMES`; shapes must match."""
        self.model.embedding.embeddings.assign(arrays["embedding"])
        cell = self.model.cell
        for part, target in (
            ("kernel", cell.kernel),
            ("recurrent", cell.recurrent_kernel),
            ("bias", cell.bias),
        ):
            gates = [arrays[f"lstm/{gate}/{part}"] for gate in KERAS_GATES]
            target.assign(np.concatenate(gates, axis=-1))
        self.model.projection.kernel.assign(arrays["output/kernel"])
        self.model.projection.bias.assign(arrays["output/bias"])


def oracle_from_arrays(arrays: dict[str, np.ndarray], length: int) -> Oracle:
    """Returns the oracle with the given weights, which determine its sizes."""
    vocab_size, embedding_size = arrays["embedding"].shape
    hidden_size = arrays["output/kernel"].shape[0]
    oracle = Oracle(vocab_size, length, embedding_size, hidden_size, seed=0)
    oracle.set_weights(arrays)
    return oracle
