"""Trained generators, read back from their run folders."""

from pathlib import Path

import numpy as np

from leakgan_tf.config import Config
from leakgan_tf.errors import UserError
from leakgan_tf.generator import Generator
from leakgan_tf.seeds import derive
from leakgan_tf.systems.registry import make_system
from leakgan_tf.training import checkpoint
from leakgan_tf.training.run_folder import RunFolder


class TrainedGenerator:
    """The generator of a finished or interrupted run.

    Attributes:
      config: the run's configuration.
      generator: `sample`, `log_prob` and `complete` on token ids.
      position: phases of training that it has seen, and `total`, of how many.
    """

    def __init__(self, config: Config, generator: Generator, progress: checkpoint.Progress):
        self.config = config
        self.generator = generator
        self.position = progress.position
        self.total = progress.total

    def sample(self, num: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """Returns token ids (num, T) int32; see `generate`."""
        if num < 0:
            raise UserError(f"num must not be negative, but is {num}")
        if not 0 < temperature < float("inf"):
            raise UserError(f"temperature must be above 0, not {temperature}")
        return self.generator.sample(num, temperature, derive(seed, "generate"))

    def generate(self, num: int, temperature: float = 1.0, seed: int = 0) -> list[str]:
        """Returns `num` sentences, one string each.

        Args:
          num: how many; more sentences begin with the same ones.
          temperature: the factor on the logits, as in the original program: 1.5 is sharper.
          seed: the same seed gives the same sentences.
        """
        return [" ".join(map(str, row)) for row in self.sample(num, temperature, seed)]


def load(run_dir: str | Path, best: bool = False) -> TrainedGenerator:
    """Returns the generator of a run as it is now.

    Args:
      run_dir: a run's folder.
      best: take the weights of the best evaluation, not the latest.

    Raises:
      UserError: there is no run, it has no checkpoint yet, or a file is damaged.
    """
    folder = RunFolder(run_dir)
    if not folder.config_file.exists() and folder.path.is_dir():
        runs = sorted(path.parent.name for path in folder.path.glob("*/config.json"))
        if runs:
            raise UserError(f"{run_dir} holds several runs: name one of {', '.join(runs)}")
    config = folder.read_config()
    path = folder.best if best else folder.checkpoint
    if not path.exists():
        raise UserError(f"{run_dir} has no checkpoint yet: {path.name} is missing")
    system = make_system(config, task=None)
    progress = checkpoint.restore(path, system.models, {} if best else system.optimizers)
    return TrainedGenerator(config, system.generator, progress)
