"""The folder of a run: configuration, checkpoints and records."""

import fcntl
import json
import platform
import subprocess
import sys
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from leakgan_tf.config.config import FORMAT, Config, differences
from leakgan_tf.data.reader import TextReader
from leakgan_tf.runs.shapes import MadeBy, RunFile, check_figures, read_records
from leakgan_tf.systems.registry import read_config
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import leftover_of, read_json, remove_leftovers, write_json, write_text
from leakgan_tf.utils.hardware import hardware
from leakgan_tf.utils.schema import check

KIND = "leakgan_tf run"
# Fields that do not affect the results of a run.
_FREE = frozenset({"checkpoint_seconds"})
_PACKAGES = ("leakgan-tf", "tensorflow", "keras", "numpy", "scipy", "nltk")


class RunFolder:
    """The files of one run; one process at a time may train in it."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.config_file = self.path / "config.json"
        self.lock_file = self.path / "lock"
        self.checkpoint = self.path / "checkpoint.npz"
        self.best = self.path / "best.npz"
        self.metrics = self.path / "metrics.jsonl"
        self.measured = self.path / "measured.json"
        self.starts = self.path / "starts.jsonl"
        self.reader = self.path / "text.json"  # converts ids to text, on the text task
        self.tensorboard = self.path / "tensorboard"

    def claim(self, config: Config, extra: MadeBy) -> None:
        """Locks the folder for this process; creates it if it does not exist.

        `extra`, the run's origin (command, overrides, files), is stored in config.json.

        Raises:
          UserError: the folder is not a run folder, has another configuration, or is in use.
        """
        self._command = extra.get("command", "")
        self.refuse_others(config)  # before the folder is changed
        self._lock = self._exclusive()
        try:
            self.refuse_others(config)  # another process may have created it meanwhile
            remove_leftovers(self.path, lambda name: True)
            if not self.config_file.exists():
                self._begin(config, extra)
        except BaseException:
            self.release()
            raise

    def refuse_others(self, config: Config) -> None:
        """Raises ``UserError`` if it is not a run folder, or has another configuration."""
        if self.config_file.exists():
            changed = [
                line
                for line in differences(self.read_config(), config)
                if line.split(":")[0] not in _FREE
            ]
            if changed:
                raise UserError(
                    f"{self.path} is a run of another configuration ({'; '.join(changed)}): "
                    "give another --run_dir, or the old values"
                )
        elif self.path.exists() and (not self.path.is_dir() or self._is_foreign()):
            raise UserError(f"{self.path} exists and is not a run folder: give another --run_dir")

    def _is_foreign(self) -> bool:
        """Returns whether there are files that a run killed at its beginning does not leave."""
        return any(
            path != self.lock_file and leftover_of(path) != self.config_file.name
            for path in self.path.iterdir()
        )

    def _begin(self, config: Config, extra: MadeBy) -> None:
        made_by: MadeBy = {**extra, **environment()}
        content = {
            "kind": KIND, "format": FORMAT, "config": config.to_json(), "made_by": made_by
        }  # fmt: skip
        write_json(self.config_file, content)

    def _exclusive(self) -> IO[bytes]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = self.lock_file.open("ab")  # this file is never replaced
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            if isinstance(error, BlockingIOError):
                raise UserError(
                    f"{self.path} is in use by another process: wait for its end, or give another "
                    "--run_dir"
                ) from error
            raise UserError(f"cannot lock {self.lock_file}: {error.strerror}") from error
        return lock

    def check_present(self) -> None:
        """Raises ``UserError`` if the folder was removed, so that no part of it is recreated."""
        if not self.config_file.exists():
            raise UserError(f"cannot write {self.path}: it was moved or removed during the run")

    def release(self) -> None:
        """Unlocks the folder for other processes."""
        self._lock.close()

    def read(self) -> dict[str, Any]:
        """Returns the content of config.json; raises ``UserError`` if this is not a run folder."""
        if not self.path.is_dir():
            raise UserError(f"{self.path} is not a folder: no run there")
        content = read_json(self.config_file, "a run folder")
        if not isinstance(content, dict) or content.get("kind") != KIND:
            raise UserError(f"{self.path} is not a run folder: its config.json is something else")
        if content.get("format") != FORMAT:
            raise UserError(
                f"{self.path} was made by another version of the program (format "
                f"{content.get('format')!r}, not {FORMAT}): train it again in another --run_dir"
            )
        return check(content, RunFile, str(self.config_file))

    def read_config(self) -> Config:
        """Returns the run's configuration; raises ``UserError`` if this is not a run folder."""
        try:
            return read_config(self.read()["config"])
        except UserError as error:
            if str(self.path) in str(error):
                raise
            raise UserError(f"{self.config_file}: {error}") from error

    def read_reader(self, config: Config) -> TextReader | None:
        """Returns the reader that converts the run's ids to text; None if the task is not text.

        Raises:
          UserError: text.json is missing or damaged, or its vocabulary has another size than in the
            configuration.
        """
        if config.task != "text":
            return None
        reader = TextReader.from_json(read_json(self.reader, "a run's vocabulary"))
        if len(reader.vocabulary) != config.vocab_size:
            raise UserError(
                f"{self.reader} has {len(reader.vocabulary)} words and symbols, the run's "
                f"configuration {config.vocab_size}"
            )
        return reader

    def read_figures(self, task: str) -> dict[str, Any]:
        """Returns the figures of a finished run; empty if it is not finished.

        Raises:
          UserError: measured.json is damaged.
        """
        if not self.measured.exists():
            return {}
        value = read_json(self.measured, "a run's figures")
        figures = check_figures(value, task, str(self.measured))
        if "total_updates" not in figures:
            raise UserError(f"{self.measured} has no 'total_updates': not a run's figures")
        return figures

    def weights(self, best: bool = False) -> Path:
        """Returns the file of the latest weights, or of those of the best evaluation.

        Raises:
          UserError: this is not a run folder, or there is no such file yet.
        """
        if not self.config_file.exists() and self.path.is_dir():
            runs = sorted(path.parent.name for path in self.path.glob("*/config.json"))
            if runs:
                raise UserError(f"{self.path} contains several runs: name one of {', '.join(runs)}")
        self.read()
        path = self.best if best else self.checkpoint
        if not path.exists():
            raise UserError(f"{self.path} has no checkpoint yet: {path.name} is missing")
        return path

    def forget_after(self, position: int) -> None:
        """Removes the records of phases from `position` on, which will be run again."""
        if self.metrics.exists():
            lines = [
                line.removesuffix(b"\n").decode() + "\n"
                for line, record in read_records(self.metrics)
                if record["position"] < position
            ]
            write_text(self.metrics, "".join(lines))

    def record_start(self, **facts: Any) -> None:
        """Appends a line to starts.jsonl with time, command, versions, machine, and further facts.

        Raises:
          UserError: the file cannot be written.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        line = json.dumps({"time": now, "command": self._command, **facts, **environment()})
        try:
            with self.starts.open("ab+") as stream:
                stream.seek(max(stream.tell() - 1, 0))
                # Otherwise a killed process left half a line.
                whole = stream.read(1) in (b"", b"\n")
                stream.write(("" if whole else "\n").encode() + line.encode() + b"\n")
        except OSError as error:
            raise UserError(f"cannot write {self.starts}: {error.strerror}") from error

    def records(self) -> list[dict[str, Any]]:
        """Returns the records in metrics.jsonl; raises ``UserError`` if one is damaged."""
        return [record for _, record in read_records(self.metrics)]


def environment() -> MadeBy:
    """Returns the versions, machine and commit on which a result may depend."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "python": sys.version.split()[0],
        "machine": f"{platform.system()} {platform.machine()}",
        "hardware": hardware(),
        "versions": versions,
        "commit": _commit(),
    }


def _commit() -> str:
    """Returns the git commit of the source, marked if files have changed; "" outside git."""
    source = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        result = subprocess.run(
            ["git", "-C", str(source), *words], capture_output=True, text=True, check=False
        )
        return result.stdout.strip() if result.returncode == 0 else ""

    try:
        commit = git("rev-parse", "HEAD")
        return commit + (" and changes" if commit and git("status", "--porcelain") else "")
    except OSError:  # no git on this machine
        return ""
