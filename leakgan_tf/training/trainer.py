"""Runs the training schedule of any system."""

import contextlib
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.metrics.nll import distinct_share
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.checkpoint import PartialPhase, Progress
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.base import Phase, System
from leakgan_tf.tasks.base import Task
from leakgan_tf.training.discriminator import KIND, discriminator_measures
from leakgan_tf.training.distribution import Distribution
from leakgan_tf.training.logs import Bar, Records, figures_line
from leakgan_tf.training.loop import CompiledLoop, pipeline
from leakgan_tf.training.monitor import CollapseMonitor
from leakgan_tf.utils.errors import TrainingError
from leakgan_tf.utils.interruption import PROCESS, Interrupted, Interruption
from leakgan_tf.utils.seeds import derive, derive_int, numpy_generator

_MOST = 50  # limit of updates in one compiled call
_PAUSE = 1.0  # target duration of a call in seconds; signals and losses are checked after it
_SHOWN = 8  # samples logged after an evaluation


class Trainer:
    """Trains and evaluates a system phase by phase; it can stop and resume between two updates.

    All random numbers in a phase depend only on the run's seed and the phase's number, so a resumed
    run has the same results as an uninterrupted one. Signals to stop are handled between compiled
    calls, after a checkpoint is written.

    Args:
      config: the run's configuration.
      system: models and phases.
      task: real sentences and evaluation.
      folder: the run folder, claimed by the caller.
      distribution: the devices in whose scope the system was created; default: one device.
      interruption: request to stop; default: the signals sent to this process.
    """

    def __init__(
        self,
        config: Config,
        system: System,
        task: Task,
        folder: RunFolder,
        distribution: Distribution | None = None,
        interruption: Interruption = PROCESS,
    ):
        self._config = config
        self._system = system
        self._task = task
        self._folder = folder
        self._distribution = distribution or Distribution()
        self._interruption = interruption
        self._phases = list(system.phases())
        self._knowing = discriminator_measures(config, system, task)
        self._loops: dict[Any, CompiledLoop] = {}
        self._durations: dict[str, list[float]] = {}
        self._progress = Progress(total=len(self._phases))
        self._saved = time.monotonic()

    def run(self) -> Progress:
        """Runs the remaining phases, from the latest checkpoint if there is one.

        Raises:
          TrainingError: a loss is not finite.
          UserError: a file of the run cannot be read or written.
          Interrupted: a signal asked the process to stop; a checkpoint was written.
        """
        if self._folder.checkpoint.exists():
            self._progress = checkpoint.restore(
                self._folder.checkpoint, self._system.models, self._system.optimizers
            )
        start, done = self._progress.position, self._progress.partial.done
        self._folder.record_start(position=start, done=done, **self._distribution.describe())
        if start >= len(self._phases):
            return self._progress
        self._folder.forget_after(start)
        kinds = [
            (phase.name,) * (phase.epochs > 0)
            + (KIND,) * (phase.name in self._knowing)
            + ("evaluation",) * phase.evaluate
            for phase in self._phases
        ]
        self._records = Records(self._folder.metrics, self._folder.tensorboard, start)
        self._monitor = CollapseMonitor(
            distinct_share(self._task.test[: self._config.evaluation_samples])
        )
        for line in self._folder.records():
            self._monitor.update(line)  # recorded warnings are not repeated
        self._bar = Bar(f"{self._config.system} seed {self._config.seed}", kinds, start)
        self._saved = time.monotonic()
        try:
            if start or done:
                within = f", {done} updates of which are done" if done else ""
                self._bar.line(f"going on from phase {start} of {len(kinds)}{within}")
            with self._interruption.deferred():
                for index in range(start, len(kinds)):
                    self._run_phase(index)
        except KeyboardInterrupt:
            self._bar.line(f"stopped; the same command goes on from {self._last_checkpoint()}")
            raise
        finally:
            self._bar.close(self._progress.position)
            self._records.close()
        return self._progress

    def _run_phase(self, index: int) -> None:
        phase, progress = self._phases[index], self._progress
        if phase.skipped and not progress.partial.done and phase.skipped():
            self._finish_phase(index)
            return
        seed = derive_int(self._config.seed, "phase", index)
        scalars = self._train(index, phase, seed)
        seconds = progress.partial.seconds
        figures: dict[str, float] | None = None
        with self._repeatable():
            if phase.name in self._knowing:
                with self._timed(KIND):
                    scalars |= self._knowing[phase.name].after_round()
            if phase.evaluate:
                with self._timed("evaluation"):
                    figures = self._task.evaluate(
                        self._system.generator, self._evaluation_seed(index)
                    )
        if scalars:
            timed = {**scalars, "seconds": seconds}
            self._record(index, phase.name, timed, updates=progress.updates)
        if phase.epochs:
            self._spend(phase.name, seconds)
        self._finish_phase(index, figures)

    def _finish_phase(self, index: int, figures: dict[str, float] | None = None) -> None:
        """Ends a phase; reports the figures of its evaluation, if there are any."""
        progress = self._progress
        progress.position, progress.partial = index + 1, PartialPhase()
        if figures:
            self._report(index, figures)
        self._checkpoint_if_due(last=progress.position == len(self._phases))
        self._bar.show(progress.position, 0, 0, self._durations)

    @contextlib.contextmanager
    def _repeatable(self) -> Iterator[None]:
        """Lets a signal stop a block that may take minutes and changes nothing."""
        try:
            with self._interruption.immediate():
                yield
        except Interrupted:
            self._checkpoint_if_due()
            raise

    def _train(self, index: int, phase: Phase, seed: int) -> dict[str, float]:
        """Runs the remaining updates of a phase; returns each scalar's mean over all updates."""
        partial = self._progress.partial
        begin = time.monotonic() - partial.seconds
        if phase.epochs and phase.step not in self._loops:
            self._bar.announce(f"preparing {phase.name}")  # its data, then its compilation
        arrays = self._arrays(phase, seed)
        plan = self._plan(phase, seed, len(arrays[0]) if arrays else None)
        if partial.done < len(plan):
            loop, batches = self._loop(phase), pipeline(arrays, plan[partial.done :])
        count = 1
        while partial.done < len(plan):
            begin_call = time.monotonic()
            reported = loop.run(batches, count)
            self._check_finite(index, phase, partial.done, reported)
            partial.add(reported, count)
            self._progress.updates += count
            self._bar.show(index, partial.done, len(plan), self._durations)
            each = (time.monotonic() - begin_call) / count
            partial.seconds = time.monotonic() - begin
            self._checkpoint_if_due()
            count = min(max(int(_PAUSE / each), 1), _MOST, len(plan) - partial.done)
            if partial.done < len(plan):  # all must make the same calls, timed by the chief
                count = self._distribution.agree(count)
        return partial.means()

    def _arrays(self, phase: Phase, seed: int) -> tuple[Any, ...]:
        """Returns the arrays of a phase: new ones, or those stored when the phase began."""
        partial = self._progress.partial
        if partial.data:
            return partial.data
        with self._repeatable():
            arrays = phase.data(seed) if phase.data else ()
        if phase.keeps_data:
            partial.data = tuple(np.asarray(array) for array in arrays)
        return arrays

    def _plan(
        self, phase: Phase, seed: int, rows: int | None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Returns the row numbers and the stateless seed (2,) of each update of a phase.

        The row numbers are (B,), or this process's part of them. Rows that do not fill a batch are
        omitted, different ones in each epoch. A phase without data has one update per epoch.
        """
        size, plan = self._config.batch_size, []
        for epoch in range(phase.epochs):
            batches = np.zeros([1, 0], np.int64)
            if rows is not None:
                order = numpy_generator(seed, "order", epoch).permutation(rows)
                batches = order[: rows // size * size].reshape(-1, size)
            plan += [
                (self._distribution.own_rows(batch), derive(seed, "update", epoch, i))
                for i, batch in enumerate(batches)
            ]
        return plan

    def _loop(self, phase: Phase) -> CompiledLoop:
        if phase.step not in self._loops:
            self._loops[phase.step] = CompiledLoop(phase.step, self._distribution.strategy)
        return self._loops[phase.step]

    def _check_finite(
        self, index: int, phase: Phase, before: int, reported: dict[str, np.ndarray]
    ) -> None:
        """Raises ``TrainingError`` if a loss or another reported scalar is not finite."""
        for name, values in reported.items():
            bad = np.flatnonzero(~np.isfinite(values))
            if len(bad):
                raise TrainingError(
                    f"{name} is {values[bad[0]]} at update {before + bad[0] + 1} of phase {index} "
                    f"({phase.name}); the last good checkpoint is {self._last_checkpoint()}"
                )

    def _last_checkpoint(self) -> str:
        path = self._folder.checkpoint
        return str(path) if path.exists() else "no checkpoint yet, the beginning"

    def _evaluation_seed(self, index: int) -> int:
        """Returns the seed of the evaluation after a phase."""
        return derive_int(self._config.seed, "evaluation", index)

    @contextlib.contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        self._spend(name, time.monotonic() - begin)

    def _spend(self, name: str, seconds: float) -> None:
        self._durations.setdefault(name, []).append(seconds)
        spent = self._progress.seconds
        spent[name] = spent.get(name, 0.0) + seconds

    def _report(self, index: int, figures: dict[str, float]) -> None:
        """Logs the figures of the generator, and saves the weights if they are the best."""
        progress, task, name = self._progress, self._task, self._phases[index].name
        shown = self._system.generator.sample(
            _SHOWN, 1.0, derive(self._evaluation_seed(index), "shown")
        )
        self._records.text(index, "samples", task.show(shown))
        self._records.histograms(index, self._histograms())
        self._bar.line(figures_line(f"{index + 1:5}/{progress.total} {name:24}", figures))
        spent = sum(progress.seconds.values())
        more = {"phase": name, "spent": spent, "updates": progress.updates}
        self._record(index, "evaluation", figures, **more)
        self._keep_if_best(figures)

    def _keep_if_best(self, figures: dict[str, float]) -> None:
        """Saves the weights if the task's score is the lowest so far, and always the first time."""
        progress, rule = self._progress, self._task.score
        best, found = (each.get(rule, math.inf) for each in (progress.best, figures))
        if not progress.best or found < best or (math.isnan(best) and math.isfinite(found)):
            progress.best = {"position": progress.position, "rule": rule, **figures}
            self._folder.check_present()
            checkpoint.save(self._folder.best, progress, self._system.models, {})

    def _record(self, index: int, group: str, values: dict[str, float], **more: Any) -> None:
        """Records figures, and prints and records the warnings that begin with them."""
        self._records.scalars(index, group, values, **more)
        for sign in self._monitor.update({"group": group, **values}):
            self._bar.line(f"warning: {sign}")
            self._records.warning(index, sign)

    def _histograms(self) -> dict[str, np.ndarray]:
        return {
            f"{name}/{variable.path.split('/', 1)[1]}": variable.numpy()
            for name, model in self._system.models.items()
            for variable in model.trainable_variables
        }

    def _checkpoint_if_due(self, last: bool = False) -> None:
        """Writes a checkpoint if due or if the run must stop; raises `Interrupted` in that case."""
        asked = self._interruption.asked
        due = time.monotonic() - self._saved >= self._config.checkpoint_seconds
        if last or asked or due:
            self._folder.check_present()
            checkpoint.save(
                self._folder.checkpoint,
                self._progress,
                self._system.models,
                self._system.optimizers,
            )
            self._saved = time.monotonic()
        if asked:
            self._interruption.raise_if_asked()
