"""``python -m benchmarks.speed``: what it writes, composes and refuses; never a time."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.speed import __main__ as speed
from benchmarks.speed import limits, report, timing
from benchmarks.speed.counts import Cost
from benchmarks.speed.limits import Limits, measure_limits
from benchmarks.speed.phases import measure_phases, phase_figures
from benchmarks.speed.stages import (
    ITERATION,
    Stage,
    compose_iteration,
    figures,
    iteration_parts,
    keys,
)
from benchmarks.speed.start import measure_start
from helpers import runs, small
from helpers.tiny import tiny
from leakgan_tf.cli import entry
from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.hardware import hardware

LEAKGAN = system_config("leakgan")

ROOT = Path(__file__).parent.parent.parent
SMALL = (
    "--preset=smoke", "--vocab_size=12", "--evaluation_samples=16", "--training_sequences=16",
    "--batch_size=8", "--sampling_batch=16", "--discriminator_samples=16", "--windows=1",
    "--filters=2", "--rollouts=2", "--goal_horizon=10", "--samples=20", "--repeats=1",
)  # fmt: skip
LIMITS = Limits({"float32": 2.0, "bfloat16": 4.0}, 1.0)
FIELDS = {"title", "seconds", "flops", "bytes", "floor_seconds", "times_the_floor"}


def benchmark(*words):
    with runs.as_a_program():
        argv = ["speed", *map(str, words)]
        return entry.run(speed.run, speed.define_flags(), argv, speed.ABOUT)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The figures of one stage at the smallest sizes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "measure_limits", lambda: measure_limits((8, 16), 1000))
        path = tmp_path_factory.mktemp("speed") / "speed.json"
        few = ("--stages=d_step", "--updates=", "--nostartup")
        assert benchmark(*SMALL, *few, f"--json={path}") == 0
    return json.loads(path.read_text())


def assert_whole(stage, limits):
    """Asserts that a stage's figures agree with each other."""
    assert set(stage) >= FIELDS
    flops = limits["gflops"]["float32"] * 1e9
    floor = stage["flops"] / flops + stage["bytes"] / (limits["bandwidth"] * 1e9)
    assert stage["floor_seconds"] == pytest.approx(floor)
    assert stage["times_the_floor"] == pytest.approx(stage["seconds"] / floor)
    if "runs" in stage:
        own = stage["runs"]
        assert own["min"] <= own["median"] == stage["seconds"] <= own["max"]


def test_stages_have_their_floor(measured):
    assert measured["benchmark"] == "speed"
    stages = measured["sizes"]["oracle20"]["stages"]
    assert list(stages) == ["d_step"]
    assert_whole(stages["d_step"], measured["limits"])


@pytest.mark.ci
def test_phases_are_those_of_the_trainer():
    phases = measure_phases(tiny(), [2, 3])
    kinds = ["pretrain/discriminator", "pretrain/generator"]
    kinds += ["adversarial/generator", "adversarial/discriminator", "adversarial/likelihood"]
    assert {(phase["name"], phase["updates"]) for phase in phases} == {
        (name, count) for name in kinds for count in (2, 3)
    }
    for phase in phases:
        rest = phase["making_data"] + phase["checkpoints"]
        assert 0 < phase["in_updates"] <= phase["seconds"] - rest


def test_the_share_outside_updates_counts_data_the_ratio_does_not():
    found = phase_figures("d", 10, 10.0, updates=4.0, data=4.5, checkpoints=0.5)
    assert (found["share_outside"], found["times_its_updates"]) == (0.6, 1.25)


@pytest.mark.ci  # compiles every stage
def test_every_stage_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "measure_limits", lambda: measure_limits((8, 16), 1000))
    path = tmp_path / "speed.json"
    assert benchmark(*SMALL, "--updates=2", "--nostartup", f"--json={path}") == 0
    stored = json.loads(path.read_text())
    stages = stored["sizes"]["oracle20"]["stages"]
    assert list(stages) == [*keys(synthetic_preset("smoke", 20, LEAKGAN)), ITERATION]
    for stage in stages.values():
        assert_whole(stage, stored["limits"])
    assert {phase["updates"] for phase in stored["sizes"]["oracle20"]["phases"]} == {2}


def test_the_machine_is_named(measured):
    made_by = measured["made_by"]
    assert made_by["hardware"].items() >= hardware().items()
    assert {"command", "versions", "commit"} <= set(made_by)
    assert set(measured["limits"]["gflops"]) == {"float32", "bfloat16"}


@pytest.mark.ci  # a process of its own
def test_a_fresh_process_is_timed_up_to_each_of_its_first_updates():
    seconds = measure_start(tiny())
    assert list(seconds) == [
        "imports",
        "models",
        "first D update",
        "first G update",
        "first adversarial G update",
    ]
    moments = list(seconds.values())
    assert moments == sorted(moments) and moments[0] > 0


# --- What is composed -----------------------------------------------------------------------------


def made(seconds):
    stage = Stage("", Cost(seconds * 1e9), work=None)  # at 2 GFLOP/s
    return figures(stage, timing_of(seconds), LIMITS, "float32")


def timing_of(seconds):
    return timing.Timing(seconds, seconds, seconds, seconds, 1, None)


def test_an_iteration_is_a_generator_step_and_the_rounds_of_the_schedule():
    config = small.config(
        discriminator_samples=20, discriminator_epochs=3, adversarial_discriminator_rounds=5
    )
    seconds = {"adversarial_step": 1000, "sampling": 10, "d_step": 1, "oracle_sampling": 3}
    found = {key: made(each) for key, each in seconds.items()}
    iteration = compose_iteration(found, config, samples=10)
    steps = 3 * (2 * 20 // 4)  # epochs × batches of both sides
    expected = 1000 + 5 * (2 * 10 + 2 * 3 + steps * 1)
    assert iteration["seconds"] == iteration["flops"] / 1e9 == expected
    assert iteration["floor_seconds"] == expected / 2 and iteration["times_the_floor"] == 2
    text = replace(config, task="text")  # real sentences are there already
    del found["oracle_sampling"]
    assert compose_iteration(found, text, samples=10)["seconds"] == expected - 5 * 2 * 3


def test_an_iteration_is_composed_of_stages_of_its_task():
    synthetic, text = synthetic_preset("smoke", 20, LEAKGAN), text_preset("smoke", 12, 20, LEAKGAN)
    for config, more in ((synthetic, {"oracle_sampling"}), (text, set())):
        parts = {"adversarial_step", "sampling", "d_step"} | more
        assert iteration_parts(config, 10).keys() == parts
        assert parts <= set(keys(config))
    assert "oracle_sampling" not in keys(text)


@pytest.mark.parametrize(("precision", "floor"), [("float32", 0.5), ("bfloat16", 0.25)])
def test_the_floor_is_that_of_the_precision(precision, floor):
    given = Stage("s", Cost(1e9), work=None)  # 1 GFLOP at 2 or 4 GFLOP/s
    assert figures(given, timing_of(1.0), LIMITS, precision)["floor_seconds"] == floor


# --- The clock ------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """A clock that only work moves."""
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def work(*seconds):
        waiting = list(seconds)

        def step():
            now[0] += waiting.pop(0) if len(waiting) > 1 else waiting[0]

        return step

    return work


def test_the_first_calls_are_no_runs(clock):
    found = timing.measure(clock(50.0, 9.0, 1.0, 2.0, 6.0), repeats=3, budget=100.0)
    assert (found.first, found.min, found.median, found.max) == (50.0, 1.0, 2.0, 6.0)
    assert found.runs == 3


def test_no_run_begins_after_the_budget_but_one_there_is(clock):
    assert timing.measure(clock(2.0), repeats=9, budget=5.0).runs == 3
    assert timing.measure(clock(20.0), repeats=9, budget=5.0).runs == 1


def test_a_warm_up_stands_in_for_the_first_calls(clock):
    found = timing.measure(clock(8.0), 1, 5.0, warm_up=clock(1.0))
    assert (found.first, found.median, found.runs) == (1.0, 8.0, 1)


def test_memory_is_that_of_the_work_where_the_system_tells():
    if timing.peak_bytes() is None:
        pytest.skip("no /proc")
    size = 300 * 2**20
    high = timing.measure(lambda: bytes(bytearray(b"1") * size), 1, 1.0).peak_bytes
    low = timing.measure(lambda: None, 1, 1.0).peak_bytes
    assert high - low > size / 2


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("--sizes=oracle30", "unknown size 'oracle30'"),
        ("--sizes=coco,coco", "once"),
        ("--stages=d_stop", "unknown stage 'd_stop'"),
        ("--repeats=0", "--repeats must be above 0"),
        ("--samples=-1", "--samples must be above 0"),
        ("--budget=0", "--budget must be above 0"),
        ("--updates=10,0", "--updates takes whole numbers above 0"),
        ("--vocab_size=x", "--vocab_size takes"),
        ("--preset=none", "unknown preset"),
    ],
)
def test_bad_input_is_one_line(word, told, capsys):
    assert benchmark("--preset=smoke", word) == 2
    error = capsys.readouterr().err.strip()
    assert told in error
    assert "\n" not in error


def test_files_are_not_overwritten_unasked(tmp_path, capsys):
    path = tmp_path / "there"
    path.write_text("mine")
    assert benchmark("--preset=smoke", f"--json={path}") == 2
    assert "exists" in capsys.readouterr().err
    assert path.read_text() == "mine"


@pytest.mark.parametrize("sizes", ["coco", "oracle20,coco"])
def test_a_size_without_any_of_the_stages_is_refused(sizes, capsys):
    words = ("--preset=smoke", f"--sizes={sizes}", "--stages=oracle_sampling")
    assert benchmark(*words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "coco has no oracle" in line


def test_figures_that_cannot_be_written_are_refused_before_anything_is_measured(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(limits, "measure_limits", lambda: pytest.fail("measured"))
    (tmp_path / "file").write_text("")
    assert benchmark("--preset=smoke", f"--json={tmp_path}/file/speed.json") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"cannot write {tmp_path}/file/speed.json" in line


def test_figures_are_written_before_the_table_is_printed(tmp_path, monkeypatch):
    def closed(content):
        raise UserError("the table cannot be printed")

    monkeypatch.setattr(limits, "measure_limits", lambda: measure_limits((8, 16), 1000))
    monkeypatch.setattr(report, "print_report", closed)
    path = tmp_path / "speed.json"
    words = ("--stages=features", "--updates=", "--nostartup", f"--json={path}")
    assert benchmark(*SMALL, *words) == 2
    assert list(json.loads(path.read_text())["sizes"]["oracle20"]["stages"]) == ["features"]


def test_bad_input_does_not_wait_for_tensorflow():
    code = (
        "import sys; from benchmarks.speed import __main__ as speed\n"
        "from leakgan_tf.cli import entry\n"
        "status = entry.run(speed.run, speed.define_flags(), ['speed', '--sizes=x'], speed.ABOUT);"
        "sys.exit(status if 'tensorflow' not in sys.modules else 9)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2, result.stderr
