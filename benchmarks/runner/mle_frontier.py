"""MLE's sweep, which ``--select=frontier`` compares each evaluation of its seed with.

And sweeps of MLE runs elsewhere, ``--mle_runs``, that are stopped earlier, say.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from leakgan_tf.config.config import Config
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shapes import OracleRow
from leakgan_tf.utils.errors import UserError

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
    run = baseline(path, config)
    wanted = f"select frontier compares with {run}"
    return Frontier.of_sweep(_sweep(run, config, wanted, "add mle to --systems"))


def further(folders: Sequence[str], config: Config) -> dict[str, list[OracleRow]]:
    """Returns the sweeps of finished MLE runs by their folders' names.

    Args:
      folders: the runs.
      config: of a run that they are compared with: oracle and numbers of sentences must be its.

    Raises:
      UserError: one is no such run, or is not finished.
    """
    found = {}
    for folder in folders:
        wanted = f"--mle_runs names {folder}"
        system = RunFolder(folder).read_config().system
        if system != "mle":
            raise UserError(f"{wanted}, which is a run of {system}")
        path = Path(folder)
        name = f"{path.parent.name}/{path.name}" if path.parent.name else path.name
        found[name] = _sweep(path, config, wanted, "finish it first")
    return found


def _sweep(path: Path, config: Config, wanted: str, advice: str) -> list[OracleRow]:
    """Returns the sweep of a finished run on the same sentences; else raises ``UserError``."""
    run = RunFolder(path)
    if not run.measured.exists():
        raise UserError(f"{wanted}, which is not finished: {advice}")
    sweep = run.read_figures("synthetic").get("sweep")
    if not sweep:
        raise UserError(f"{wanted}, which was measured without a sweep: train mle again")
    old = run.read_config()
    for name in _SHARED:
        if getattr(old, name) != getattr(config, name):
            raise UserError(f"{wanted}, which has {name} {getattr(old, name)}")
    return sweep
