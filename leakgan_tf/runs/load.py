"""Trained generators, read back from their run folders."""

from pathlib import Path
from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.data.reader import TextReader
from leakgan_tf.generation import residual
from leakgan_tf.generation.residual import base_generator
from leakgan_tf.metrics.temperatures import check_temperature
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.base import system_log_odds
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.base import System
from leakgan_tf.systems.registry import make_models
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json

# The second half of every seed for samples that users ask for: sampling in an exported model, which
# has no Python to derive seeds with, gives the same sentences.
GENERATE = 0


class TrainedGenerator:
    """The generator of a finished or interrupted run.

    Attributes:
      config: the run's configuration.
      system: its models.
      generator: `sample`, `log_prob` and `complete` on token ids.
      reader: how ids become text; None on the oracle task.
      position: phases of training that it has seen, and `total`, of how many.
      chosen: which weights these are, in words.
      figures: of the finished run's last weights, as measured then; empty before.
      run_dir: the run's folder.
    """

    def __init__(
        self,
        config: Config,
        system: System,
        progress: checkpoint.Progress,
        reader: TextReader | None = None,
        best: bool = False,
        figures: dict[str, Any] | None = None,
        run_dir: str | Path = "",
    ):
        self.figures = figures or {}
        self.run_dir = Path(run_dir)
        self.config = config
        self.system = system
        self.generator = system.generator
        self.reader = reader
        self.position = progress.position
        self.total = progress.total
        self.chosen = f"weights after {self.position} of {self.total} phases"
        if progress.partial.done:
            self.chosen += f" and {progress.partial.done} updates of the next"
        if best:
            rule = progress.best.get("rule", config.score)  # runs from before there was a choice
            self.chosen = f"best {self.chosen}: the evaluation with the least {rule}"
            if rule in progress.best:
                self.chosen += f", {progress.best[rule]:.3f}"

    def __repr__(self) -> str:
        config = self.config
        task = "text" if config.task == "text" else "sentences of an oracle"
        return "\n".join([
            f"TrainedGenerator of {config.system}, trained on {task}",
            f"  run       {self.run_dir}: preset {config.preset}, seed {config.seed}, "
            f"T = {config.length}, V = {config.vocab_size:,}",
            f"  weights   {self.chosen.removeprefix('weights ')}",
            "  methods   .generate(5), .generate(5, temperature=0.7, seed=1), .sample(5), .figures",
        ])  # fmt: skip

    def sample(self, num: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """Returns token ids (num, T) int32; see `generate`."""
        if num < 0:
            raise UserError(f"num must not be negative, but is {num}")
        if not -(2**31) <= seed < 2**31:
            raise UserError(f"seed must fit into 32 bits, but is {seed}")
        check_temperature(temperature, "temperature")
        return self.generator.sample(num, temperature, (seed, GENERATE))

    def generate(self, num: int, temperature: float = 1.0, seed: int = 0) -> list[str]:
        """Returns `num` sentences, one string each.

        Args:
          num: how many; more sentences begin with the same ones.
          temperature: divides the logits; below 1 is sharper.
          seed: the same seed gives the same sentences.
        """
        return self._written(self.sample(num, temperature, seed))

    def resample(
        self, num: int, candidates: int, temperature: float = 1.0, seed: int = 0
    ) -> tuple[list[str], float]:
        """Returns sentences of the residual model of this generator and its own D.

        Each is chosen among `candidates` sentences by D (`generation.residual.resample`).

        Args:
          num: how many; more sentences begin with the same ones.
          candidates: sentences of the generator for each.
          temperature: divides the logits of the generator.
          seed: the same seed gives the same sentences.

        Returns:
          The sentences, and the mean effective sample size among their candidates: 1 if one of them
          always has all the weight, `candidates` if D prefers none.

        Raises:
          UserError: the run has no discriminator, or a value is impossible.
        """
        if candidates < 1:
            raise UserError(f"resample must be at least 1, but is {candidates}")
        self.sample(0, temperature, seed)  # refuses impossible values
        log_odds = system_log_odds(self.system, self.config)
        own = base_generator(self.generator), log_odds, max(num, 0), candidates
        found = residual.resample(*own, temperature, (seed, GENERATE))
        effective = float(found.effective.mean()) if num > 0 else float(candidates)
        return self._written(found.tokens), effective

    def _written(self, tokens: np.ndarray) -> list[str]:
        if self.reader is None:
            return [" ".join(map(str, row)) for row in tokens]
        return [self.reader.text(row) for row in tokens]


def load(run_dir: str | Path, best: bool = False) -> TrainedGenerator:
    """Returns the generator of a run as it is now.

    >>> import leakgan_tf
    >>> cats = leakgan_tf.load("runs/cats")
    >>> cats.position, cats.total
    (2, 2)
    >>> len(cats.generate(5, temperature=0.7))
    5

    Args:
      run_dir: a run's folder.
      best: take the weights of the best evaluation, not the latest.

    Raises:
      UserError: there is no run, it has no checkpoint yet, or a file is damaged.
    """
    folder = RunFolder(run_dir)
    path = folder.weights(best)
    config = folder.read_config()
    system = make_models(config)
    progress = checkpoint.restore(path, system.models, None)
    reader = None
    if config.task == "text":
        reader = TextReader.from_json(read_json(folder.reader, "a run's vocabulary"))
        if len(reader.vocabulary) != config.vocab_size:
            raise UserError(
                f"{folder.reader} has {len(reader.vocabulary)} words and symbols, not the run's "
                f"{config.vocab_size}"
            )
    figures = folder.read_figures(config.task)
    return TrainedGenerator(config, system, progress, reader, best, figures, run_dir)
