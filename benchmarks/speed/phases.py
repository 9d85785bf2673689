"""Times phases in the trainer, and the share of their time outside updates."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.reports.result_shapes import PhaseFigures
from leakgan_tf.config.config import Config
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.base import Phase
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.training.loop import CompiledLoop
from leakgan_tf.training.trainer import Trainer


def phase_figures(
    name: str, count: int, whole: float, updates: float, data: float, checkpoints: float
) -> PhaseFigures:
    """Returns the figures of a phase of `count` updates from its times in seconds."""
    return {
        "name": name, "updates": count, "seconds": whole, "in_updates": updates,
        "making_data": data, "checkpoints": checkpoints,
        "times_its_updates": (whole - data - checkpoints) / updates,
        "share_outside": 1.0 - updates / whole,
    }  # fmt: skip


def measure_phases(config: Config, updates: Sequence[int]) -> list[PhaseFigures]:
    """Trains each kind of phase in the schedule for these numbers of updates.

    Args:
      config: configuration of LeakGAN on the oracle task.
      updates: numbers of updates; a phase of one update comes first, which compiles the step.
    """
    task = SyntheticTask(config, make_oracle(config))
    system = _Chosen(config, task, 1 + len(updates))
    with tempfile.TemporaryDirectory() as path:
        folder = RunFolder(path)
        folder.claim(config, {"command": "benchmarks.speed"})
        try:
            trainer = _TimedTrainer(config, system, task, folder, updates)
            trainer.run()
        finally:
            folder.release()
    return trainer.times


class _Chosen(LeakGAN):
    """LeakGAN with the first phase of each kind as its schedule, repeated."""

    def __init__(self, config: Config, task: SyntheticTask, repeats: int):
        super().__init__(config, task)
        self._repeats = repeats

    def phases(self) -> Iterator[Phase]:
        kinds: dict[str, Phase] = {}
        for phase in super().phases():
            if phase.epochs:
                kinds.setdefault(phase.name, replace(phase, evaluate=False))
        for phase in kinds.values():
            yield from [phase] * self._repeats


class _TimedTrainer(Trainer):
    """Trainer that times its phases, their data and their compiled calls."""

    def __init__(
        self,
        config: Config,
        system: LeakGAN,
        task: SyntheticTask,
        folder: RunFolder,
        updates: Sequence[int],
    ):
        super().__init__(config, system, task, folder)
        self._counts = [1, *updates]
        self._count = self._counts[0]
        self._spent: dict[str, float] = {}
        self.times: list[PhaseFigures] = []

    def _clocked(self, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that adds its time to `_spent`."""

        def clocked(*args: Any) -> Any:
            begin = time.perf_counter()
            result = function(*args)
            self._spent[what] += time.perf_counter() - begin
            return result

        return clocked

    def _train(self, index: int, phase: Phase, seed: int) -> dict[str, float]:
        self._count = self._counts[index % len(self._counts)]
        self._spent = {"whole": 0.0, "updates": 0.0, "data": 0.0, "checkpoints": 0.0}
        scalars = self._clocked("whole", super()._train)(index, phase, seed)
        if index % len(self._counts):
            self.times.append(phase_figures(phase.name, self._count, **self._spent))
        return scalars

    def _arrays(self, phase: Phase, seed: int) -> tuple[Any, ...]:
        return self._clocked("data", super()._arrays)(phase, seed)

    def _checkpoint_if_due(self, last: bool = False) -> None:
        self._clocked("checkpoints", super()._checkpoint_if_due)(last)

    def _plan(self, phase: Phase, seed: int, rows: int | None) -> list:
        plan = super()._plan(phase, seed, rows)
        return (plan * -(-self._count // len(plan)))[: self._count]

    def _loop(self, phase: Phase) -> CompiledLoop:
        new = phase.step not in self._loops
        loop = super()._loop(phase)
        if new:
            loop.run = self._clocked("updates", loop.run)  # type: ignore[method-assign]
        return loop
