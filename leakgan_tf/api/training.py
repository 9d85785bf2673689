"""Trains runs from Python. Imports TensorFlow only after the arguments have been checked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leakgan_tf.api.datasets import Dataset
from leakgan_tf.config.config import Config
from leakgan_tf.data.dataset import load_dataset
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.oracle_config import oracle_config
from leakgan_tf.runs.shapes import MadeBy
from leakgan_tf.runs.text_config import text_config
from leakgan_tf.tasks.oracle_weights import read_parameters, with_sizes
from leakgan_tf.training.placement import Placement
from leakgan_tf.utils.arguments import PATH, TEXT, WHOLE, check_type
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.interruption import PROCESS

if TYPE_CHECKING:
    from leakgan_tf.runs.load import TrainedGenerator
    from leakgan_tf.tasks.base import Task

ORACLE_TASK = "synthetic"  # as `Config.task` names it


def train(
    data: Dataset | str | Path | None = None,
    system: str = "leakgan",
    preset: str = "quick",
    run_dir: str | Path | None = None,
    *,
    task: str = "",
    semantics: str | None = None,
    seed: int = 0,
    length: int | None = None,
    oracle_params: str | Path | None = None,
    placement: Placement | None = None,
    command: str = "",
    **fields: Any,
) -> TrainedGenerator:
    """Trains a system and returns its generator; resumes an interrupted run, loads a finished one.

    Examples:
      >>> import leakgan_tf
      >>> leakgan_tf.train("cats", "mle", "smoke", "runs/cats", mle_epochs=2, batch_size=16)
      TrainedGenerator of mle, trained on text
        run       runs/cats: preset smoke, seed 0, T = 4, V = 20
        weights   after 2 of 2 phases
        methods   .generate(5, temperature=0.7), .score([text]), .sample(5), .figures

    Args:
      data: a data folder made by `prepare`; None for the oracle task.
      system: name of the system: "mle", "seqgan", "leakgan" …
      preset: name of the preset: "smoke", "quick", "paper" …
      run_dir: the run folder; default: save/SYSTEM-DATA.
      task: "synthetic" for the oracle task, without ``data``.
      semantics: "original" or "paper"; default: the preset's.
      seed: seed of the run. TensorFlow's operations become deterministic in this process.
      length: tokens in a sentence of the oracle, 20 or 40; default: 20.
      oracle_params: a file of the published oracle's weights.
      placement: devices and machines that share the work; default: one device.
      command: the command to record in the run folder; default: this call.
      **fields: fields of `Config` that replace the preset's: ``batch_size=32``.

    Raises:
      UserError: a value is impossible, or the folder has another configuration.
      TrainingError: a loss is not finite, or another worker was lost.
    """
    _check_types(locals())
    made_by: MadeBy = {"command": command or _describe_call({**locals(), **fields})}
    chosen = (preset, semantics, system, seed, fields)
    if _is_text(data, task) and data is not None:
        _refuse(length=length, oracle_params=oracle_params)
        config, make_task = _text_run(data, *chosen)
        made_by["data"] = str(_path(data).resolve())
    else:
        config, make_task = _oracle_run(*chosen, length, oracle_params)
    RunFolder(folder := Path(run_dir or default_run_dir(system, data))).refuse_others(config)
    _announce(config)
    from leakgan_tf.runs.load import load
    from leakgan_tf.training.session import prepare_process, train_run

    with PROCESS.signals():
        train_run(config, make_task, folder, made_by, prepare_process(placement))
    return load(folder)


def _check_types(arguments: Mapping[str, Any]) -> None:
    """Raises ``UserError`` that names an argument of `train` with another type."""

    def given(*names: str) -> dict[str, Any]:
        return {name: arguments[name] for name in names}

    if not isinstance(arguments["data"], Dataset):
        check_type(PATH, optional=True, **given("data"))
    check_type(TEXT, **given("system", "preset", "task"))
    check_type(TEXT, optional=True, **given("semantics"))
    check_type(PATH, optional=True, **given("run_dir", "oracle_params"))
    check_type(WHOLE, **given("seed"))
    check_type(WHOLE, optional=True, **given("length"))
    if not isinstance(arguments["placement"], Placement | None):
        raise UserError("placement must be a Placement of leakgan_tf.training.placement")


def _announce(config: Config) -> None:
    """Prints what is being done, if loading TensorFlow delays the progress bar by seconds."""
    if "tensorflow" not in sys.modules:
        line = f"{config.system}: loading TensorFlow, then preparing {config.task} data"
        print(line, flush=True)


def default_run_dir(system: str, data: Dataset | str | Path | None) -> Path:
    """Returns the default run folder."""
    name = ORACLE_TASK if data is None else _path(data).resolve().name
    return Path("save") / f"{system}-{name}"


def _is_text(data: Dataset | str | Path | None, task: str) -> bool:
    """Returns whether the task is text; raises ``UserError`` if data and task do not agree."""
    if task not in ("", "text", ORACLE_TASK):
        raise UserError(f"task must be text or {ORACLE_TASK}, not {task!r}")
    if data is None and task != ORACLE_TASK:
        raise UserError(
            f"data is missing: give a folder made by prepare, or the task {ORACLE_TASK}"
        )
    if data is not None and task == ORACLE_TASK:
        raise UserError(f"the task {ORACLE_TASK} takes no data: its oracle generates the sentences")
    return data is not None


def _text_run(
    data: Dataset | str | Path,
    preset: str,
    semantics: str | None,
    system: str,
    seed: int,
    fields: Mapping[str, Any],
) -> tuple[Config, Callable[[], Task]]:
    dataset = data.contents if isinstance(data, Dataset) else load_dataset(data)
    config = text_config(dataset, preset, semantics, system, seed, fields)

    def make_task() -> Task:
        from leakgan_tf.tasks.text import TextTask

        return TextTask(config, dataset)

    return config, make_task


def _oracle_run(
    preset: str,
    semantics: str | None,
    system: str,
    seed: int,
    fields: Mapping[str, Any],
    length: int | None,
    oracle_params: str | Path | None,
) -> tuple[Config, Callable[[], Task]]:
    arrays, digest = read_parameters(oracle_params) if oracle_params else (None, "")
    config = oracle_config(
        preset, 20 if length is None else length, semantics, system, seed, fields, digest
    )
    if arrays:
        config = with_sizes(config, arrays)
    if config.select == "frontier":
        raise UserError(
            "select=frontier needs the sweep of MLE: use python -m benchmarks.synthetic"
        )

    def make_task() -> Task:
        from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle

        return SyntheticTask(config, make_oracle(config, arrays))

    return config, make_task


def _describe_call(given: Mapping[str, Any]) -> str:
    """Returns the call of `train` as Python code, without empty arguments."""
    words = []
    for name, value in given.items():
        if isinstance(value, Dataset | Path):
            value = str(_path(value))
        if value not in (None, "") and name not in ("fields", "placement", "command"):
            words.append(f"{name}={value!r}")
    return f"leakgan_tf.train({', '.join(words)})"


def _path(data: Dataset | str | Path) -> Path:
    return data.path if isinstance(data, Dataset) else Path(data)


def _refuse(**given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise UserError(f"{name} goes with the task {ORACLE_TASK} only")
