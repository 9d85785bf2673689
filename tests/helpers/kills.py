"""Kills commands at random moments, and compares what they end with to an undisturbed run.

Program: ``PYTHONPATH=.:tests python -m helpers.kills --kills=25 --seed=0 FOLDER`` kills every case
so often, and prints a line of JSON for each kill. Called again, it goes on with the cases that are
not done.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from leakgan_tf.config.config import applicable
from leakgan_tf.systems.registry import find_systems, system_config

ROOT = Path(__file__).parent.parent.parent

CASES = (*find_systems(), "text-mle", "text-leakgan")
MOMENTS = ("anywhere", "start", "checkpoint", "report")
TIMES = {"seconds", "spent"}  # what a clock says is no result
SIZES = (
    "--preset=smoke", "--vocab_size=12", "--evaluation_samples=16", "--training_sequences=64",
    "--batch_size=8", "--sampling_batch=16", "--discriminator_samples=32",
    "--discriminator_epochs=2", "--windows=1,20", "--filters=2,2", "--pretrain_rounds=1",
    "--pretrain_generator_epochs=2", "--adversarial_steps=2", "--rollouts=1", "--mle_epochs=40",
    "--goal_horizon=10", "--seqgan_steps=2", "--seqgan_discriminator_rounds=2",
    "--scheduled_sampling_epochs=40", "--evaluate_every=10", "--checkpoint_seconds=0.05",
    "--seqgan_rollouts=1", "--rankgan_references=2", "--scheduled_sampling_rate=0.02",
    "--scratchgan_steps=200", "--scratchgan_phase_steps=10", "--scratchgan_batch=8",
    "--scratchgan_embedding=4", "--scratchgan_hidden=4",
    "--cot_steps=200", "--cot_phase_steps=10", "--relgan_epochs=20", "--relgan_steps=100",
    "--relgan_phase_steps=10", "--gumbel_gan_steps=200", "--gumbel_gan_phase_steps=10",
    "--textgan_epochs=20", "--textgan_steps=100", "--textgan_phase_steps=10",
    "--maskgan_epochs=10", "--maskgan_fill_epochs=10", "--maskgan_steps=60",
    "--maskgan_phase_steps=10", "--maskgan_width=4",
)  # fmt: skip
TEXT_SIZES = (
    "--preset=smoke", "--batch_size=8", "--sampling_batch=16", "--discriminator_samples=32",
    "--windows=1,2", "--filters=2,2", "--mle_epochs=40", "--rollouts=1", "--adversarial_steps=2",
    "--padding=token", "--evaluation_samples=16", "--evaluate_every=10",
    "--checkpoint_seconds=0.05",
)  # fmt: skip
# What TensorFlow prints; a bar that is not ended may be before it.
TENSORFLOWS = re.compile(
    r"(?:^|\W)([EIW]\d{4} \d\d:.*|\d{4}-\d\d-\d\d [\d:.]+: [EIW] .*|WARNING:tensorflow:.*)", re.M
)
_DEADLINE = 600.0  # seconds that a command may take


@dataclass
class Case:
    """A command whose folder is its last word.

    Attributes:
      words: the command without its folder.
      run: the run's folder below that folder.
      seconds: that the undisturbed command took.
      expected: what it left.
    """

    words: list[str]
    run: str
    seconds: float = 0.0
    expected: dict = field(default_factory=dict)


def make_case(name: str, folder: Path) -> Case:
    """Returns a case; makes its data in a folder first."""
    if not name.startswith("text-"):
        words = [*own_flags(SIZES, name), f"--systems={name}", "--run_dir"]
        return Case(["benchmarks.synthetic", *words], f"{name}-seed0")
    data = folder / "data"
    if not data.exists():
        pick = random.Random(0).choice
        words = (("a", "the"), ("fox", "baker", "uncle"), ("sells", "paints"), ("bread", "letters"))
        lines = [" ".join(map(pick, words)) + f" {pick('123456789')} ." for _ in range(300)]
        (folder / "raw.txt").write_text("\n".join(lines), encoding="utf-8")
        words = ["prepare", f"--input={folder / 'raw.txt'}", f"--out={data}", "--nodeduplicate"]
        subprocess.run([sys.executable, "-m", "leakgan_tf", *words], cwd=ROOT, check=True)
    system = name.removeprefix("text-")
    words = [*own_flags(TEXT_SIZES, system), f"--data={data}", f"--system={system}", "--run_dir"]
    return Case(["leakgan_tf", "train", *words], ".")


def own_flags(words: Sequence[str], system: str) -> list[str]:
    """Returns the flags without settings that only other systems have."""
    names = {word.removeprefix("--").partition("=")[0]: word for word in words}
    known = {"preset", *applicable(names, system_config(system))}
    return [word for name, word in names.items() if name in known]


def start(case: Case, folder: Path) -> subprocess.Popen:
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *case.words, str(folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
        )


def results(case: Case, folder: Path) -> dict:
    """Everything that a finished command leaves but times, and no half-written file."""
    run = folder / case.run
    found = {"leftovers": sorted(str(path) for path in folder.rglob("*.part"))}
    for name in ("checkpoint", "best"):
        with np.load(run / f"{name}.npz") as stored:
            found |= {f"{name}/{key}": stored[key].tobytes() for key in stored.files}
        meta = json.loads(found.pop(f"{name}/meta"))
        found[f"{name}/progress"] = {**meta["progress"], "seconds": None}
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    found["records"] = [without_times(json.loads(line)) for line in lines]
    found["measured"] = without_times(json.loads((run / "measured.json").read_text("utf-8")))
    if (folder / "report.json").exists():
        found["report"] = sorted(path.name for path in folder.iterdir())
    return found


def without_times(values: dict) -> dict:
    return {key: value for key, value in values.items() if key not in TIMES}


def differences(found: dict, expected: dict) -> list[str]:
    return [key for key in {*found, *expected} if found.get(key) != expected.get(key)]


def undisturbed(case: Case, folder: Path) -> None:
    """Runs a case to its end, once, and notes how long it takes and what it leaves."""
    kept = folder.parent / f"{folder.name}.seconds"
    if not kept.exists():
        begin = time.monotonic()
        process = start(case, folder)
        if process.wait(_DEADLINE) != 0:
            raise AssertionError(f"{case.words} failed: {folder}.log")
        kept.write_text(str(time.monotonic() - begin))
    case.seconds, case.expected = float(kept.read_text()), results(case, folder)


def _wait(process: subprocess.Popen, seconds: float) -> bool:
    """Returns whether the process is still running after some seconds."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _moment(case: Case, process: subprocess.Popen, folder: Path, moment: str, random_) -> bool:
    """Waits for the moment of a kill; returns whether the process still runs."""
    run, begin = folder / case.run, time.monotonic()
    if moment == "start":
        return _wait(process, random_.uniform(0.3, 1.0) * min(case.seconds, 8.0))
    if moment == "anywhere":
        return _wait(process, random_.uniform(0, 1.1) * case.seconds)
    # Some files appear: those that a checkpoint or the end of a run writes.
    pattern = ".checkpoint.npz.*" if moment == "checkpoint" else "*"
    place = run if moment == "checkpoint" or case.run == "." else folder
    while process.poll() is None and time.monotonic() - begin < _DEADLINE:
        ready = moment == "checkpoint" or (run / "measured.json").exists()
        if ready and any(path.suffix == ".part" for path in place.glob(pattern)):
            return _wait(process, random_.choice([0.0, random_.uniform(0, 0.02)]))
        time.sleep(0.0005)
    return process.poll() is None


def kill(case: Case, folder: Path, random_: random.Random, moment: str) -> dict:
    """Starts a case and kills it; returns what happened.

    Returns:
      The moment, the signal, the exit status, and in ``wrong`` what should not be.
    """
    log = folder.parent / f"{folder.name}.log"
    size = log.stat().st_size if log.exists() else 0
    process = start(case, folder)
    number = random_.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    again = random_.random() < 0.25
    ended = not _moment(case, process, folder, moment, random_)
    process.send_signal(number)
    if again:
        time.sleep(random_.uniform(0, 0.5))
        process.send_signal(number)
    status = process.wait(_DEADLINE)
    told = log.read_bytes()[size:].decode("utf-8", "replace")
    allowed = {0} if ended else {0, -number, 128 + number}
    wrong = [] if status in allowed else [f"status {status}"]
    # In its first milliseconds Python itself is interrupted, before it imports any of ours.
    if "Traceback" in told and re.search(r'File ".*/(leakgan_tf|benchmarks)/(?!__)', told):
        wrong.append("traceback")
    wrong += TENSORFLOWS.findall(told)
    return {
        "moment": moment, "signal": signal.Signals(number).name, "twice": again,
        "status": status, "wrong": wrong,
    }  # fmt: skip


def torment(case: Case, folder: Path, kills: int, random_: random.Random) -> list[dict]:
    """Kills a case some times, then lets it end; the last entry says what differs."""
    done = []
    for _ in range(kills):
        # A finished run writes no checkpoint that could be waited for.
        finished = (folder / case.run / "measured.json").exists()
        moments = [each for each in MOMENTS if not (finished and each == "checkpoint")]
        done.append(kill(case, folder, random_, random_.choice(moments)))
    process = start(case, folder)
    status = process.wait(_DEADLINE)
    wrong = [f"status {status}"] if status else differences(results(case, folder), case.expected)
    done.append({"moment": "end", "wrong": wrong, "status": status})
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=25, help="of each case")
    parser.add_argument("--at_once", type=int, default=8, help="kills of one folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", nargs="*", default=CASES)
    given = parser.parse_args()
    # A shell lets what it starts in the background ignore Ctrl-C, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bad = 0
    for name in given.cases:
        place = given.folder / name
        place.mkdir(parents=True, exist_ok=True)
        case = make_case(name, place)
        undisturbed(case, place / "undisturbed")
        for part, begin in enumerate(range(0, given.kills, given.at_once)):
            kept = place / f"seed{given.seed}-{part}.json"
            if kept.exists():
                continue
            folder = place / f"seed{given.seed}-{part}"
            if folder.exists():
                shutil.rmtree(folder)
            random_ = random.Random(f"{given.seed} {name} {part}")
            count = min(given.at_once, given.kills - begin)
            done = torment(case, folder, count, random_)
            for line in done:
                print(json.dumps({"case": name, "part": part, **line}), flush=True)
            kept.write_text(json.dumps(done))
            bad += sum(bool(line["wrong"]) for line in done)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
