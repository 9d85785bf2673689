"""The oracle task: learn the distribution of a random LSTM (SeqGAN, section 5.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.data.reader import TextReader
from leakgan_tf.generation.generator import Generator
from leakgan_tf.metrics.diversity import REPEATS
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.metrics.nll import (
    distinct_share,
    held_out_costs,
    held_out_nll,
    oracle_costs,
    oracle_nll,
)
from leakgan_tf.metrics.temperatures import TEMPERATURES, temperature_key
from leakgan_tf.tasks.oracle import Oracle, oracle_from_arrays
from leakgan_tf.tasks.oracle_weights import check_vocab_size
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

# Temperatures of a trained model's quality-diversity curve: `TEMPERATURES` and others, each the
# reciprocal of a round factor on the logits.
SWEEP = tuple(1 / factor for factor in (0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5))


class SyntheticTask:
    """Sentences of an oracle, and the evaluation of generators by it.

    Args:
      config: the run's configuration.
      oracle: the real distribution.
      frontier: MLE's quality-diversity frontier for the same seed; needed if the configuration
        selects the best weights by it.

    Raises:
      UserError: the configuration selects by the frontier, and none is given.
    """

    reader: TextReader | None = None  # ids are not words

    def __init__(self, config: Config, oracle: Oracle, frontier: Frontier | None = None):
        if config.score == "frontier" and frontier is None:
            raise UserError(
                "select=frontier needs the sweep of a finished mle run with the same seed"
            )
        self.config = config
        self.oracle = oracle
        self.frontier = frontier
        self.score = config.score
        self.train = oracle.sample(config.training_sequences, derive(config.seed, "train"))
        self.test = oracle.sample(config.evaluation_samples, derive(config.seed, "test"))

    def positives(self, count: int, seed: int) -> np.ndarray:
        """Returns fresh oracle sentences, (count, T)."""
        return self.oracle.sample(count, derive(seed, "positives"))

    def evaluate(self, generator: Generator, seed: int) -> dict[str, float]:
        """Returns NLL_oracle, NLL_test and the share of distinct samples at `TEMPERATURES`.

        With a frontier also `frontier_distances`.
        """
        figures: dict[str, float] = {}
        rows = self.sweep(generator, seed, TEMPERATURES)
        for row in rows:
            figures |= _named(row)
        if self.frontier is not None:
            figures |= frontier_distances(self.frontier, rows)
        return figures

    def measure(self, generator: Generator) -> dict[str, Any]:
        """Returns a trained generator's figures at `TEMPERATURES`, and its sweep over `SWEEP`."""
        figures: dict[str, Any] = {
            "sweep": self.sweep(generator, derive_int(self.config.seed, "measure"))
        }
        for row in figures["sweep"]:
            if row["temperature"] in TEMPERATURES:
                figures |= _named(row)
        # Under the split alignment, sampling and scoring use different probabilities.
        costs = held_out_costs(generator, self.test, TEMPERATURES, "sampling").mean(axis=0)
        for temperature, cost in zip(TEMPERATURES, costs, strict=True):
            figures[f"nll_test_sampling_path_{temperature_key(temperature)}"] = float(cost)
        return figures

    def sweep(
        self, generator: Generator, seed: int, temperatures: Sequence[float] = SWEEP
    ) -> list[dict[str, float]]:
        """Returns a row of figures for each temperature, with the same seed.

        A row has ``temperature``; ``nll_oracle`` and ``nll_test``, in nats per token; their sample
        standard deviations over sentences, ``nll_oracle_deviation`` and ``nll_test_deviation``;
        ``distinct``, the share of distinct samples; and ``sentences``, the number of samples and of
        held-out sentences.
        """
        count, own = self.config.evaluation_samples, derive(seed, "evaluate")
        held_out = held_out_costs(generator, self.test, temperatures)  # (n, K)
        rows = []
        for temperature, test in zip(temperatures, held_out.T, strict=True):
            samples = generator.sample(count, temperature, own)
            costs = oracle_costs(self.oracle, samples)
            rows.append({
                "temperature": temperature,
                "nll_oracle": float(np.mean(costs)),
                "nll_oracle_deviation": float(np.std(costs, ddof=1)),
                "nll_test": float(np.mean(test)),
                "nll_test_deviation": float(np.std(test, ddof=1)),
                "distinct": distinct_share(samples),
                "sentences": count,
            })  # fmt: skip
        return rows

    def show(self, tokens: np.ndarray) -> list[str]:
        """Returns sentences (n, T) as token ids separated by spaces."""
        return [" ".join(str(token) for token in row) for row in tokens]


def _named(row: Mapping[str, float]) -> dict[str, float]:
    """Returns the figures of a sweep's row, with the temperature in their names."""
    key = temperature_key(row["temperature"])
    return {f"{name}_{key}": row[name] for name in ("nll_oracle", "nll_test", "distinct")}


def frontier_distances(frontier: Frontier, rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Returns the distances of a model from a frontier in nats per token, lower is better.

    Rows are excluded if they are less diverse than the whole frontier, where the distance of a
    collapsed model has no limit, or if too few samples are distinct, which the held-out NLL may not
    show. For rows more diverse than the whole frontier the value is an upper bound
    (`Frontier.bound`).

    Args:
      frontier: MLE's frontier.
      rows: the model's `SyntheticTask.sweep`.

    Returns:
      ``frontier_TEMPERATURE`` for each row, and ``frontier``, the least of them; empty if all rows
      are excluded.
    """
    figures = {
        f"frontier_{temperature_key(row['temperature'])}": frontier.bound(
            row["nll_test"], row["nll_oracle"]
        )
        for row in rows
        if row["nll_test"] <= frontier.nll_test[-1] and row["distinct"] >= REPEATS
    }
    return {**figures, "frontier": min(figures.values())} if figures else {}


def references(config: Config, oracle: Oracle) -> dict[str, dict[str, float]]:
    """Returns the figures of uniformly random tokens (``random``), and of the ``oracle`` itself."""
    count = config.evaluation_samples
    test = oracle.sample(count, derive(config.seed, "test"))
    uniform = numpy_generator(config.seed, "uniform").integers(
        config.vocab_size, size=(count, config.length), dtype=np.int32
    )
    random, truth = {}, {}
    for temperature in TEMPERATURES:
        key = temperature_key(temperature)
        random[f"nll_oracle_{key}"] = oracle_nll(oracle, uniform)
        random[f"nll_test_{key}"] = float(np.log(config.vocab_size))
        random[f"distinct_{key}"] = distinct_share(uniform)
        samples = oracle.generator.sample(count, temperature, derive(config.seed, "own"))
        truth[f"nll_oracle_{key}"] = oracle_nll(oracle, samples)
        truth[f"nll_test_{key}"] = held_out_nll(oracle.generator, test, temperature)
        truth[f"distinct_{key}"] = distinct_share(samples)
    return {"random": random, "oracle": truth}


def make_oracle(config: Config, arrays: dict[str, np.ndarray] | None = None) -> Oracle:
    """Returns the oracle of a configuration: random, or with the published weights.

    Args:
      config: the run's configuration.
      arrays: published weights by name (`oracle_weights.read_parameters`).

    Raises:
      UserError: the vocabulary has another size than in the configuration, or the configuration
        names published weights and none are given.
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
    check_vocab_size(arrays, config.vocab_size)
    return oracle_from_arrays(arrays, config.length)
