"""Reads MLE's sweeps: for ``--select=frontier``, and from further runs, ``--mle_runs``.

``--select=frontier`` compares each evaluation with the sweep of the MLE run with the same seed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from leakgan_tf.config.config import Config
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shapes import OracleRow
from leakgan_tf.utils.errors import UserError

# Fields that define the sentences for training and evaluation.
_SHARED = (
    "length", "vocab_size", "oracle_embedding", "oracle_hidden", "oracle_seed", "oracle_params",
    "training_sequences", "evaluation_samples",
)  # fmt: skip


def baseline(path: Path, config: Config) -> Path:
    """Returns the folder of the MLE run that a run is compared with."""
    return path.parent / f"mle-seed{config.seed}"


def check(paths: Mapping[Path, Config]) -> None:
    """Refuses runs without the MLE run that they are compared with, before training.

    Raises:
      UserError: the MLE run is neither requested nor finished, or has other sentences.
    """
    for path, config in paths.items():
        if config.select == "frontier" and baseline(path, config) not in paths:
            frontier(path, config)


def frontier(path: Path, config: Config) -> Frontier | None:
    """Returns the frontier by which a run's best weights are selected; None for other rules.

    Raises:
      UserError: as in `check`.
    """
    if config.select != "frontier":
        return None
    run = baseline(path, config)
    wanted = f"select frontier compares with {run}"
    return Frontier.of_sweep(_sweep(run, config, wanted, "add mle to --systems"))


def further(folders: Sequence[str], config: Config) -> dict[str, list[OracleRow]]:
    """Returns {name of the folder: sweep} of finished MLE runs.

    `config` is of a run of the benchmark, with the same oracle and numbers of sentences.

    Raises:
      UserError: a folder is not such a run, or the run is not finished.
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
