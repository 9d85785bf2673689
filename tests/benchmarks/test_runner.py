"""``--seeds``, ``--jobs`` and ``--only_run``: many runs, several processes, and some that die."""

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks import ablation, synthetic, text
from benchmarks.runner import processes
from benchmarks.runner import runs as runner
from benchmarks.runner.processes import Job, run_jobs, shared_environment
from helpers import runs
from leakgan_tf.cli import entry
from leakgan_tf.cli.config_flags import parse_seeds
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.errors import TrainingError, UserError
from leakgan_tf.utils.files import read_json

ROOT = Path(__file__).parent.parent.parent
SHARED_SIZES = (
    "--preset=smoke", "--vocab_size=12", "--evaluation_samples=16", "--training_sequences=16",
    "--batch_size=8", "--sampling_batch=16", "--discriminator_epochs=1", "--windows=1,20",
    "--filters=2,2", "--checkpoint_seconds=1e-6",
)  # fmt: skip
SIZES = (
    *SHARED_SIZES, "--discriminator_samples=16", "--pretrain_rounds=1", "--rollouts=1",
    "--pretrain_generator_epochs=1", "--adversarial_steps=1", "--mle_epochs=2", "--goal_horizon=10",
)  # fmt: skip

LONG = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); sleep 0.05; done"  # 20 s and more


def shell(name, script, **more):
    return Job(name, ("/bin/sh", "-c", script), **more)


def ended(pid):
    """Whether a process is gone, or has only its parent's look at its status to wait for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# --- Seeds ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "seeds"),
    [("1", [0]), ("3", [0, 1, 2]), ("0,1,2", [0, 1, 2]), ("7,", [7]), ("5,2,", [5, 2]),
     ("0,", [0]), (" 2, 1", [2, 1])],
)  # fmt: skip
def test_a_number_is_that_many_seeds_and_with_a_comma_it_is_a_list(given, seeds):
    assert parse_seeds(given) == seeds


@pytest.mark.parametrize(
    ("given", "said"),
    [("0", "1 or more"), ("-2", "1 or more"), ("", "number of seeds"), (",", "number of seeds"),
     ("1,,2", "number of seeds"), ("two", "number of seeds"), ("1,x", "1,x"), ("1.5", "1.5"),
     ("1,1", "once"), ("0,-1", "0 or more"), ("2026", "--seeds=2026,")],
)  # fmt: skip
def test_other_seeds_are_refused(given, said):
    with pytest.raises(UserError, match=re.escape(said)):
        parse_seeds(given)


# --- Processes --------------------------------------------------------------------------------


def test_one_that_dies_is_told_of_and_the_others_go_on(tmp_path, capsys):
    """Status, traceback and SIGKILL; the logs have everything, and are appended to."""
    logs = tmp_path / "logs"
    crew = [
        shell("bad", "echo going; echo 'error: no room' >&2; echo more; exit 1"),
        shell("good", "echo fine"),
        shell("raises", "echo 'ValueError: seven' >&2; exit 3"),
        shell("dies", "echo here; kill -9 $$"),
        shell("silent", r"printf 'mle 20%%|##  |\r'; exit 5"),
        shell("last", "sleep 0.3; echo fine"),
    ]
    assert run_jobs(crew, 2, logs, os.environ) == {
        "bad": f"no room (log: {logs / 'bad.log'})",
        "raises": f"ValueError: seven (log: {logs / 'raises.log'})",
        "dies": "killed by SIGKILL (too little memory?)",
        "silent": f"status 5 (log: {logs / 'silent.log'})",
    }
    assert (logs / "bad.log").read_text() == "going\nerror: no room\nmore\n"
    lines = capsys.readouterr().out.splitlines()
    assert f"bad did not finish: no room (log: {logs / 'bad.log'})" in lines
    assert f"good started; log: {logs / 'good.log'}" in lines
    assert "last finished" in lines
    assert len(lines) == 2 * len(crew)
    # What an earlier start has said is no reason of this one.
    failed = run_jobs([shell("bad", "exit 6")], 1, logs, os.environ)
    assert failed == {"bad": f"status 6 (log: {logs / 'bad.log'})"}
    assert (logs / "bad.log").read_text() == "going\nerror: no room\nmore\n"


def test_as_many_run_at_a_time_as_asked_for_and_none_before_what_it_needs(tmp_path):
    """By what the jobs themselves have noted."""
    noted = tmp_path / "noted"
    script = f"echo begin $0 >> {noted}; sleep 0.25; echo end $0 >> {noted}"
    crew = [
        Job(name, ("/bin/sh", "-c", script, name), after=after)
        for name, after in [("a", ()), ("b", ("a",)), ("c", ("gone",)), ("d", ()), ("e", ())]
    ]
    assert run_jobs(crew, 2, tmp_path, os.environ) == {}
    running, most, begun = set(), 0, []
    for word, name in map(str.split, noted.read_text().splitlines()):
        if word == "end":
            running.remove(name)
            continue
        begun.append(name)
        running.add(name)
        most = max(most, len(running))
        assert name != "b" or "a" not in running
    assert most == 2


def test_what_needs_a_job_that_died_is_not_started(tmp_path):
    crew = [
        shell("base", "exit 1"),
        shell("other", f"touch {tmp_path / 'made'}", after=("base",)),
        shell("third", "true", after=("other",)),
    ]
    failed = run_jobs(crew, 2, tmp_path, os.environ)
    assert failed["other"] == "not started: it needs base"
    assert failed["third"] == "not started: it needs other"
    assert not (tmp_path / "made").exists()


def stopped(tmp_path, script, count, number):
    """Runs two jobs, sends this process signals once both run; returns the children's ids."""
    crew = [shell(name, f"echo $$ > {tmp_path / name}.pid; {script}") for name in ("one", "two")]
    files = [tmp_path / f"{job.name}.pid" for job in crew]

    def interrupt():
        while not all(file.exists() and file.read_text().endswith("\n") for file in files):
            time.sleep(0.02)
        for _ in range(count):
            os.kill(os.getpid(), number)
            time.sleep(0.5)

    # Whoever started the tests in the background may have had them ignore a signal.
    outer = signal.signal(number, signal.default_int_handler)
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_jobs([*crew, shell("three", f"touch {tmp_path / 'third'}")], 2, tmp_path, os.environ)
    thread.join()
    assert signal.signal(number, outer) is signal.default_int_handler
    assert not (tmp_path / "third").exists()
    return [int(file.read_text()) for file in files]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_children_who_may_tidy_up(tmp_path, capsys, number):
    tidy = f"trap 'sleep 0.2; touch {tmp_path}/tidy.$$; exit 130' TERM; {LONG}"
    children = stopped(tmp_path, tidy, 1, number)
    assert all((tmp_path / f"tidy.{child}").exists() for child in children)
    assert all(ended(child) for child in children)
    out = capsys.readouterr().out
    assert "stopping one, two" in out
    assert "the same command continues 3 of 3 runs" in out


def test_a_second_signal_kills(tmp_path):
    deaf = f"trap '' TERM; {LONG}"
    assert all(ended(child) for child in stopped(tmp_path, deaf, 2, signal.SIGINT))


def test_a_command_that_cannot_be_started_leaves_nothing_running(tmp_path):
    pid = tmp_path / "pid"
    noted = f"echo $$ > {pid}.part; mv {pid}.part {pid}"  # whole, or not there
    crew = [shell("long", f"{noted}; exec sleep 60"), Job("none", ("/no/such/program",))]
    with pytest.raises(UserError, match=r"none.*No such file"):
        run_jobs(crew, 2, tmp_path, os.environ)
    assert not pid.exists() or ended(int(pid.read_text()))


def test_children_share_the_cores_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.setattr(processes, "cores", lambda: 8)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", "5")
    threads = [shared_environment(n)["TF_NUM_INTRAOP_THREADS"] for n in (1, 2, 3, 16)]
    assert threads == ["8", "4", "2", "1"]
    assert shared_environment(2)["TF_NUM_INTEROP_THREADS"] == "5"
    assert shared_environment(2)["PATH"] == os.environ["PATH"]


# --- Benchmarks -------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [synthetic, ablation, text])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--jobs=0"], "--jobs must be 1 or more, not 0"),
        (["--jobs=two"], "jobs"),
        (["--jobs=2", "--strategy=mirrored", "--devices=2"], "--strategy=none"),
        (["--seeds=0"], "--seeds=0"),
    ],
)
def test_bad_flags_are_refused(module, words, said, tmp_path, capsys):
    argv = ["benchmark", "--preset=smoke", f"--run_dir={tmp_path / 'run'}", *words]
    assert entry.run(module.run, module.define_flags(), argv, module.ABOUT) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and said in line
    assert not (tmp_path / "run").exists()


def test_a_run_that_was_not_asked_for_is_refused(tmp_path, capsys):
    argv = ["synthetic", *SIZES, f"--run_dir={tmp_path / 'run'}", "--only_run=mle-seed1"]
    assert entry.run(synthetic.run, synthetic.define_flags(), argv, synthetic.ABOUT) == 2
    assert (
        "mle-seed1 is not one of the requested runs: mle-seed0, leakgan" in capsys.readouterr().err
    )
    assert not (tmp_path / "run").exists()


def test_a_childs_record_has_the_command_of_the_whole(monkeypatch):
    whole = ["synthetic", "--seeds=2", "--jobs", "2"]
    for more in (["--only_run=mle-seed0"], ["--only_run", "mle-seed0"], ["-only_run=mle-seed0"]):
        monkeypatch.setattr(sys, "argv", [*whole[:2], *more, *whole[2:]])
        assert runner.command("synthetic") == "python -m benchmarks.synthetic --seeds=2 --jobs 2"


def several_runs(tmp_path, *words):
    values = synthetic.define_flags()
    values(["synthetic", *SHARED_SIZES, *words])
    configs = synthetic.make_configs(values, "")
    paths = {tmp_path / name: config for name, config in configs.items()}
    return runner.Runs("synthetic", paths, values, tmp_path)


def test_mle_goes_first_and_those_compared_with_its_frontier_wait_for_it(tmp_path, monkeypatch):
    words = ["--systems=seqgan,mle", "--seeds=2", "--jobs=4", "--select=frontier"]
    made = several_runs(tmp_path, *words)
    asked = []
    monkeypatch.setattr(runner, "run_jobs", lambda crew, *rest: asked.extend(crew) or {})
    with pytest.raises(TrainingError, match="4 of 4 runs did not finish"):
        made.in_processes()
    assert [job.name for job in asked] == ["mle-seed0", "mle-seed1", "seqgan-seed0", "seqgan-seed1"]
    needed = [job.after for job in asked]
    assert needed == [(), (), ("mle-seed0",), ("mle-seed1",)]
    assert asked[2].command[-1] == "--only_run=seqgan-seed0"


def test_in_one_process_too_the_others_go_on(tmp_path, capsys):
    made, trained = several_runs(tmp_path, "--systems=seqgan,mle", "--seeds=2"), []

    def train(path, config):
        trained.append(path.name)
        if path.name == "mle-seed1":
            raise TrainingError("loss is nan")
        return {"name": path.name}

    done = made.one_by_one(train, go_on=True)
    assert trained == ["mle-seed0", "mle-seed1", "seqgan-seed0", "seqgan-seed1"]
    names = ["seqgan-seed0", "seqgan-seed1", "mle-seed0"]  # as asked for
    assert [path.name for path in done] == names
    assert "mle-seed1 did not finish: loss is nan" in capsys.readouterr().out
    with pytest.raises(TrainingError, match="1 of 4 runs did not finish: mle-seed1; the same"):
        made.raise_if_any_failed()
    with pytest.raises(TrainingError, match="loss is nan"):
        several_runs(tmp_path, "--systems=seqgan,mle", "--seeds=2").one_by_one(train, go_on=False)


def test_the_corpus_is_prepared_before_the_children_start(tmp_path, monkeypatch, capsys):
    folder, found = tmp_path / "run", []

    def look(crew, at_once, logs, environment):
        found.append((folder / "data" / "meta.json").exists() or list(folder.glob("data/*")))
        return {job.name: "no time" for job in crew}

    monkeypatch.setattr(runner, "run_jobs", look)
    argv = ["text", "--preset=smoke", f"--run_dir={folder}", "--jobs=2"]
    assert entry.run(text.run, text.define_flags(), argv, text.ABOUT) == 1
    assert found and found[0]
    assert "2 of 2 runs did not finish: mle-seed0, leakgan-seed0" in capsys.readouterr().err


# --- A real one -------------------------------------------------------------------------------


def benchmark(*words):
    """Runs the benchmark as a program; returns status, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        runs.as_a_program(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.chdir(ROOT)
        patch.setattr(sys, "argv", ["synthetic", *map(str, words)])
        status = entry.run(synthetic.run, synthetic.define_flags(), sys.argv, synthetic.ABOUT)
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def single_threaded():
    """The same number of threads in every process: only then are results equal to the last bit."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("INTRAOP", "INTEROP"):
            patch.setenv(f"TF_NUM_{kind}_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def words(tmp_path_factory, single_threaded):
    folder = tmp_path_factory.mktemp("save") / "jobs"
    return [
        *SHARED_SIZES, "--systems=mle", "--mle_epochs=6", "--evaluate_every=2", "--seeds=2",
        "--jobs=2", f"--run_dir={folder}",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(words):
    return Path(words[-1].partition("=")[2])


@pytest.fixture(scope="module")
def killed(words, folder):
    """What was told when one of two runs was killed as soon as it had a checkpoint."""
    run = RunFolder(folder / "mle-seed1")

    class Popen(subprocess.Popen):
        def __init__(self, command, **options):
            super().__init__(command, **options)
            if command[-1].endswith(run.path.name):
                threading.Thread(target=self.kill_once_begun).start()

        def kill_once_begun(self):
            while self.poll() is None and not run.checkpoint.exists():
                time.sleep(0.005)
            self.kill()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes.subprocess, "Popen", Popen)
        return *benchmark(*words), report(folder), run.measured.exists()


@pytest.fixture(scope="module")
def ended_well(words, killed):
    """What the same command told then."""
    return benchmark(*words)


def report(folder):
    stored = read_json(folder / "report.json", "a report")
    return [run["folder"] for run in stored["runs"]], (folder / "report.md").read_text()


@pytest.mark.ci
def test_a_killed_run_is_reported_and_the_others_results_are_there(killed, folder):
    status, out, err, (names, page), measured = killed
    assert status == 1 and not measured
    assert "mle-seed1 did not finish: killed by SIGKILL" in out
    last = err.splitlines()[-1]
    assert last.startswith(
        "error: 1 of 2 runs did not finish: mle-seed1; the same command continues"
    )
    assert names == ["mle-seed0"]
    assert "mle-seed1 did not finish" in page


@pytest.mark.ci
def test_the_same_command_trains_what_is_missing_from_its_checkpoint(ended_well, folder):
    status, out, _ = ended_well
    assert status == 0
    assert "1 of 2 runs were finished before" in out and "mle-seed0 started" not in out
    assert "going on from phase" in (folder / "logs" / "mle-seed1.log").read_text()
    names, page = report(folder)
    assert names == ["mle-seed0", "mle-seed1"]
    assert "did not finish" not in page


@pytest.mark.ci
def test_the_numbers_are_those_of_one_process(ended_well, words, folder, tmp_path):
    command = [sys.executable, "-m", "benchmarks.synthetic", *words[:-2], f"--run_dir={tmp_path}"]
    one = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert one.returncode == 0, one.stderr
    for name in ("mle-seed0", "mle-seed1"):
        found, expected = RunFolder(folder / name), RunFolder(tmp_path / name)
        figures, own = (read_json(run.measured, "figures") for run in (found, expected))
        assert figures | {"seconds": 0} == own | {"seconds": 0}
        assert runs.records(found.path) == runs.records(expected.path)
        arrays, same = runs.arrays(found.checkpoint), runs.arrays(expected.checkpoint)
        assert list(arrays) == list(same)
        for key, value in same.items():
            np.testing.assert_array_equal(arrays[key], value, err_msg=key)
        assert found.read()["made_by"]["command"].endswith(shlex.join(words))


@pytest.mark.ci
def test_a_loss_that_is_not_finite_ends_its_run_only_and_seeds_can_be_added(
    ended_well, words, folder, monkeypatch
):
    """In one process, too; and the report is of exactly the seeds asked for."""

    def run(trainer):
        assert trainer._config.seed == 2, "it trains again"
        raise TrainingError("loss is nan at update 3")

    monkeypatch.setattr(Trainer, "run", run)
    before = runs.files(folder / "mle-seed0")
    status, out, err = benchmark(*words, "--seeds=3", "--jobs=1")
    assert status == 1
    assert "mle-seed2 did not finish: loss is nan at update 3" in out
    assert err.splitlines()[-1].startswith("error: 1 of 3 runs did not finish: mle-seed2")
    names, page = report(folder)
    assert names == ["mle-seed0", "mle-seed1"]
    assert "mle-seed2 did not finish" in page
    status, _, _ = benchmark(*words, "--seeds=1,")
    assert (status, report(folder)[0]) == (0, ["mle-seed1"])
    assert runs.files(folder / "mle-seed0") == before
