"""``python -m benchmarks.synthetic``: the table, going on, and what it refuses."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks import synthetic
from helpers import runs
from leakgan_tf.cli import entry
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.metrics.temperatures import temperature_key
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.tasks import oracle_weights as oracle_file
from leakgan_tf.training.trainer import Trainer

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
METRICS, KEYS = ("nll_oracle", "nll_test", "distinct"), ("1.0", "0.667")


@pytest.fixture(scope="module", autouse=True)
def program():
    with runs.as_a_program():
        yield


def benchmark(*words):
    argv = ["synthetic", *map(str, words)]
    return entry.run(synthetic.run, synthetic.define_flags(), argv, synthetic.ABOUT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a benchmark of MLE and LeakGAN that has ended."""
    folder = tmp_path_factory.mktemp("save") / "synthetic"
    assert benchmark(*SIZES, f"--run_dir={folder}") == 0
    return folder


def report(folder):
    return json.loads((folder / "report.json").read_text())


def test_the_report_is_a_page_a_file_and_a_picture(folder):
    for name in ("curves.png", "frontier.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG\r\n")
        assert name in (folder / "report.md").read_text()
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    page = (folder / "report.md").read_text()
    header = next(line for line in page.splitlines() if line.startswith("| system"))
    for word in (
        "NLL_oracle, T = 1 ",
        "NLL_test, T = 1/1.5 (logits × 1.5)",
        "minutes",
    ):
        assert word in header
    assert "cannot be compared" in page  # the sizes are not the published ones
    assert "published" not in header


def test_the_table_has_every_row_and_figure(folder):
    page = (folder / "report.md").read_text().split("\n\n")
    table = next(part for part in page if part.startswith("| system"))
    rows = {}
    header = [cell.strip() for cell in table.splitlines()[0].strip("|").split("|")][1:]
    best, minutes = header.index("best"), header.index("minutes")
    for line in table.splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[cells[0]] = cells[1:]
    titles = dict(zip(("random", "mle", "leakgan", "oracle"), rows, strict=True))
    assert list(rows) == ["random tokens", "MLE", "LeakGAN", "the oracle itself"]
    stored = report(folder)
    figures = {**stored["references"]}
    for run in stored["runs"]:
        figures[run["config"]["system"]] = run["figures"]
    for name, title in titles.items():
        cells = rows[title]
        expected = [figures[name][f"{metric}_{t}"] for t in KEYS for metric in METRICS]
        assert cells[:6] == [f"{value:.3f}" for value in expected]
    for name in ("mle", "leakgan"):
        assert rows[titles[name]][best] == f"{figures[name]['best']['nll_oracle_1.0']:.3f}"
        assert rows[titles[name]][minutes] == f"{sum(figures[name]['seconds'].values()) / 60:.1f}"


def test_the_page_sets_every_system_against_mle(folder):
    stored = report(folder)
    page = (folder / "report.md").read_text().split("\n\n")
    (table,) = [part for part in page if part.startswith("| against MLE")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert [row[:2] for row in rows[2:]] == [
        [name, key] for name in ("MLE", "LeakGAN") for key in KEYS
    ]
    sweeps = {run["config"]["system"]: run["figures"]["sweep"] for run in stored["runs"]}
    line = Frontier.of_sweep(sweeps["mle"])
    assert stored["comparison"]["frontiers"]["0"]["nll_test"] == list(line.nll_test)
    for system, by_temperature in stored["comparison"]["systems"].items():
        for temperature, found in by_temperature.items():
            (row,) = [r for r in sweeps[system] if temperature_key(r["temperature"]) == temperature]
            (entry,) = found["frontier"]
            assert entry["distance"] == line.distance(row["nll_test"], row["nll_oracle"])
            if system == "leakgan":
                base = next(
                    r for r in sweeps["mle"] if temperature_key(r["temperature"]) == temperature
                )
                gap = row["nll_oracle"] - base["nll_oracle"]
                assert found["nll_oracle_differences"] == [pytest.approx(gap)]
                assert 0 <= found["sentences"]["p"] <= 1 and found["across_seeds"] is None


def test_the_json_has_what_made_the_figures(folder):
    stored = report(folder)
    assert [run["folder"] for run in stored["runs"]] == ["mle-seed0", "leakgan-seed0"]
    for run in stored["runs"]:
        assert run["config"]["vocab_size"] == 12
        assert run["config"]["preset"] == "smoke"
        assert run["figures"] == json.loads(RunFolder(folder / run["folder"]).measured.read_text())
        for metric in METRICS:
            assert {f"{metric}_{key}" for key in KEYS} <= set(run["figures"])
    assert stored["made_by"]["overrides"]["vocab_size"] == "12"
    assert {"commit", "versions", "command"} <= set(stored["made_by"])


def test_the_references_are_what_they_say(folder):
    references = report(folder)["references"]
    random, truth = references["random"], references["oracle"]
    assert random["nll_test_1.0"] == random["nll_test_0.667"] == pytest.approx(np.log(12))
    assert random["nll_oracle_1.0"] == random["nll_oracle_0.667"]
    assert truth["nll_oracle_0.667"] < truth["nll_oracle_1.0"] < random["nll_oracle_1.0"]
    # Its own sentences and held-out ones are of one distribution at 1.0, and only there.
    assert truth["nll_test_1.0"] == pytest.approx(truth["nll_oracle_1.0"], abs=0.2)
    assert truth["nll_test_0.667"] > truth["nll_test_1.0"]


@pytest.mark.ci
def test_the_same_command_again_trains_nothing(folder, monkeypatch):
    def run(trainer):
        raise AssertionError("it trains")

    before, stored = runs.files(folder), report(folder)
    monkeypatch.setattr(Trainer, "run", run)
    assert benchmark(*SIZES, f"--run_dir={folder}") == 0
    again = report(folder)
    assert (again["runs"], again["references"]) == (stored["runs"], stored["references"])
    for name, content in runs.files(folder).items():
        if "/" in name:
            assert content == before[name], name


def refuses(capsys, parent, *words, names=()):
    """Exit status 2, one line, and nothing is made or changed below the folder."""
    before = runs.files(parent)
    folders = {path for path in parent.rglob("*") if path.is_dir()}
    assert benchmark(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert len(printed.err.splitlines()) == 1
    for name in names:
        assert str(name) in printed.err
    assert runs.files(parent) == before
    assert {path for path in parent.rglob("*") if path.is_dir()} == folders


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--preset=huge"], ["huge", "paper", "quick", "smoke"]),
        (["--length=30"], ["30"]),
        (["--length=x"], ["length"]),
        (["--batch_sizes=3"], ["batch_sizes"]),
        (["--goal_horizon=3"], ["length 20", "goal_horizon 3"]),
        (["--windows=1,21", "--filters=2,2"], ["window 21", "20"]),
        (["--windows=1,2,3", "--filters=2,2"], ["3 windows", "2 filters"]),
        (["--windows=1,b", "--filters=2,2"], ["windows", "1,b"]),
        (["--windows=", "--filters="], ["windows"]),
        (["--batch_size=0"], ["batch_size", "0"]),
        (["--batch_size=2.5"], ["batch_size", "2.5"]),
        (["--mle_learning_rate=nan"], ["mle_learning_rate", "nan"]),
        (["--goal_window=tumbling"], ["goal_window", "tumbling"]),
        (["--normalise_goal=perhaps"], ["normalise_goal", "perhaps"]),
        (["--systems=mle,magic"], ["magic", "leakgan"]),
        (["--systems=mle,mle"], ["systems"]),
        (["--systems="], ["system"]),
        (["--seeds=1,x"], ["seeds", "1,x"]),
        (["--seeds="], ["seeds"]),
        (["--seeds=1,1"], ["seeds"]),
        (["--seeds=-1"], ["seed", "-1"]),
        (["--semantics=modern"], ["modern", "original", "paper"]),
        (["stray"], ["stray"]),
    ],
)
def test_bad_flags_are_refused(capsys, tmp_path, words, names):
    words = ["--preset=smoke", f"--run_dir={tmp_path / 'run'}", *words]
    refuses(capsys, tmp_path, *words, names=names)


def published_weights(vocab_size=12, embedding=3, hidden=2):
    random = np.random.default_rng(0)
    shapes = {"embedding": (vocab_size, embedding), "output/kernel": (hidden, vocab_size),
              "output/bias": (vocab_size,)}  # fmt: skip
    for gate in oracle_file.GATES:
        shapes[f"lstm/{gate}/kernel"] = (embedding, hidden)
        shapes[f"lstm/{gate}/recurrent"] = (hidden, hidden)
        shapes[f"lstm/{gate}/bias"] = (hidden,)
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def test_bad_oracle_files_are_refused(capsys, tmp_path):
    file, good = tmp_path / "oracle.npz", published_weights()
    words = [*SIZES, f"--run_dir={tmp_path / 'run'}", f"--oracle_params={file}"]
    refuses(capsys, tmp_path, *words, names=[file, "does not exist"])
    wrong = [
        ({**good, "output/bias": np.zeros(11, np.float32)}, ["output/bias", "(11,)", "(12,)"]),
        ({**good, "embedding": np.zeros([12, 4], np.float32)}, ["lstm/input/kernel"]),
        ({**good, "lstm/cell/bias": np.full(2, np.nan, np.float32)}, ["lstm/cell/bias"]),
        ({name: good[name] for name in good if name != "embedding"}, ["lacks", "embedding"]),
    ]
    for arrays, names in wrong:
        np.savez(file, **arrays)
        refuses(capsys, tmp_path, *words, names=[file, *names])
    np.savez(file, **published_weights(vocab_size=13))
    refuses(capsys, tmp_path, *words, names=["13", "12"])
    file.write_bytes(b"not an archive")
    refuses(capsys, tmp_path, *words, names=[file])


def test_a_run_dir_that_is_a_file_is_refused(capsys, tmp_path):
    (tmp_path / "run").write_text("precious")
    refuses(capsys, tmp_path, *SIZES, f"--run_dir={tmp_path / 'run'}", names=[tmp_path / "run"])


def test_a_run_dir_with_a_foreign_run_is_refused(capsys, tmp_path):
    (tmp_path / "mle-seed0").mkdir()
    (tmp_path / "mle-seed0" / "thesis.txt").write_text("precious")
    refuses(capsys, tmp_path, *SIZES, f"--run_dir={tmp_path}", names=["contains mle-seed0"])
    assert (tmp_path / "mle-seed0" / "thesis.txt").read_text() == "precious"


def test_a_folder_of_other_files_is_refused(capsys, tmp_path):
    (tmp_path / "report.md").write_text("mine")
    (tmp_path / "thesis.txt").write_text("precious")
    refuses(capsys, tmp_path, *SIZES, f"--run_dir={tmp_path}", names=["contains thesis.txt"])
    assert (tmp_path / "report.md").read_text() == "mine"


def test_another_benchmarks_report_is_not_overwritten(capsys, tmp_path):
    (tmp_path / "report.json").write_text('{"benchmark": "text"}')
    refuses(
        capsys, tmp_path, *SIZES, f"--run_dir={tmp_path}", names=["report of another benchmark"]
    )
    assert (tmp_path / "report.json").read_text() == '{"benchmark": "text"}'


def test_a_changed_configuration_is_refused_with_the_difference(capsys, folder):
    words = [*SIZES, "--mle_epochs=3", "--batch_size=4", f"--run_dir={folder}"]
    names = ["mle-seed0", "mle_epochs: 2 -> 3", "batch_size: 8 -> 4"]
    refuses(capsys, folder.parent, *words, names=names)


def test_another_oracle_is_another_configuration(capsys, folder, tmp_path):
    np.savez(tmp_path / "oracle.npz", **published_weights())
    words = [*SIZES, f"--oracle_params={tmp_path / 'oracle.npz'}", f"--run_dir={folder}"]
    refuses(capsys, folder.parent, *words, names=["oracle_params"])


def start(command):
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def reached(run, position):
    return run.checkpoint.exists() and runs.progress(run.checkpoint)["position"] >= position


def wait_until(process, condition):
    deadline = time.monotonic() + 120
    while not condition() and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def stop(process):
    """Ends a benchmark as a scheduler would; returns what it said."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert [line for line in err.splitlines() if line.startswith("error")] == ["error: interrupted"]
    assert "Traceback" not in out + err
    return out


@pytest.mark.ci
def test_sigterm_ends_a_run_cleanly_and_the_same_command_goes_on(tmp_path):
    run = RunFolder(tmp_path / "mle-seed0")
    command = [
        sys.executable, "-m", "benchmarks.synthetic", *SHARED_SIZES, "--systems=mle",
        "--mle_epochs=50000", "--evaluate_every=50000", f"--run_dir={tmp_path}",
    ]  # fmt: skip  # far more epochs than any machine does before the signal
    with start(command) as process:
        wait_until(process, lambda: reached(run, 1))
        out = stop(process)
    assert f"the same command goes on from {run.checkpoint}" in out
    assert not (tmp_path / "report.md").exists()
    stopped_at = runs.progress(run.checkpoint)["position"]
    assert 0 < stopped_at < 50000

    with start(command) as process:
        wait_until(process, lambda: reached(run, stopped_at + 1))
        out = stop(process)
    assert f"going on from phase {stopped_at} of 50000" in out
    progress = runs.progress(run.checkpoint)
    begun = progress["partial"]["done"]  # updates of the phase it stopped in
    assert progress["updates"] == 2 * progress["position"] + begun  # none lost, none twice
