"""MLE's sweep, which ``--select=frontier`` compares each evaluation of its seed with."""

from collections.abc import Mapping
from pathlib import Path

from leakgan_tf.config import Config
from leakgan_tf.errors import UserError
from leakgan_tf.files import read_json
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.training.run_folder import RunFolder

# What makes the sentences that both runs learn from and are measured with.
_SHARED = (
    "length", "vocab_size", "oracle_embedding", "oracle_hidden", "oracle_seed", "oracle_params",
    "training_sequences", "evaluation_samples",
)  # fmt: skip


def baseline(path: Path, config: Config) -> Path:
    """Returns the folder of the MLE run that a run is compared with."""
    return path.parent / f"mle-seed{config.seed}"


def check(paths: Mapping[Path, Config]) -> None:
    """Refuses runs whose MLE is neither asked for nor there, before anything is trained.

    Args:
      paths: the configuration of each run asked for, by folder.

    Raises:
      UserError: there is no such run, or it is one on other sentences.
    """
    for path, config in paths.items():
        if config.select == "frontier" and baseline(path, config) not in paths:
            frontier(path, config)


def frontier(path: Path, config: Config) -> Frontier | None:
    """Returns what a run's best weights are chosen by; None if they are chosen otherwise.

    Raises:
      UserError: as `check`.
    """
    if config.select != "frontier":
        return None
    run = RunFolder(baseline(path, config))
    wanted = f"select frontier compares with {run.path}"
    if not run.measured.exists():
        raise UserError(f"{wanted}, which is not finished: add mle to --systems")
    sweep = read_json(run.measured, "a run's figures").get("sweep")
    if not sweep:
        raise UserError(f"{wanted}, which was measured without a sweep: train mle anew")
    old = run.read_config()
    for name in _SHARED:
        if getattr(old, name) != getattr(config, name):
            raise UserError(f"{wanted}, which has {name} {getattr(old, name)}")
    return Frontier.of_sweep(sweep)
