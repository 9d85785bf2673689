"""``python -m benchmarks.speed``: what it writes, composes, draws and refuses; never a time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.speed import command as speed
from benchmarks.speed import limits, timing
from benchmarks.speed.counts import Cost
from benchmarks.speed.limits import Limits, measure_limits
from benchmarks.speed.measure import Measured, Result, compose_iteration, needed, result_of
from benchmarks.speed.stages import Form, Stage, Workbench, keys
from benchmarks.speed.timing import Timing
from helpers import runs, small
from leakgan_tf.cli import entry
from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.systems.registry import system_config
from leakgan_tf.utils.hardware import hardware

pytestmark = pytest.mark.ci  # trains several runs

LEAKGAN = system_config("leakgan")

ROOT = Path(__file__).parent.parent.parent
SMALL = (
    "--preset=smoke", "--vocab_size=12", "--evaluation_samples=16", "--training_sequences=16",
    "--batch_size=8", "--sampling_batch=16", "--discriminator_samples=16", "--windows=1,20",
    "--filters=2,2", "--rollouts=2", "--goal_horizon=10", "--samples=20", "--repeats=2",
)  # fmt: skip
LIMITS = Limits({"float32": 2.0, "bfloat16": 4.0}, 1.0, {}, {})
FIELDS = {"title", "seconds", "flops", "bytes", "floor_seconds", "times_the_floor"}


@pytest.fixture(autouse=True)
def small_limits(monkeypatch):
    monkeypatch.setattr(limits, "measure_limits", lambda: measure_limits((8, 16), 1000))


def benchmark(*words):
    with runs.as_a_program():
        argv = ["speed", *map(str, words)]
        return entry.run(speed.run, speed.define_flags(), argv, speed.ABOUT)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The figures of all stages at the smallest sizes, of the project's forms only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "measure_limits", lambda: measure_limits((8, 16), 1000))
        path = tmp_path_factory.mktemp("speed") / "speed.json"
        assert benchmark(*SMALL, "--nodirect", f"--json={path}") == 0
    return json.loads(path.read_text())


def test_every_stage_is_there_with_its_floor(stored):
    assert stored["benchmark"] == "speed"
    stages = stored["sizes"]["oracle20"]["stages"]
    assert list(stages) == [*keys(synthetic_preset("smoke", 20, LEAKGAN)), "iteration"]
    limits = stored["limits"]
    for stage in stages.values():
        assert set(stage) >= FIELDS
        flops = limits["gflops"]["float32"] * 1e9
        floor = stage["flops"] / flops + stage["bytes"] / (limits["bandwidth"] * 1e9)
        assert stage["floor_seconds"] == pytest.approx(floor)
        assert stage["times_the_floor"] == pytest.approx(stage["seconds"] / floor)
        if "runs" in stage:
            own = stage["runs"]
            assert own["min"] <= own["median"] == stage["seconds"] <= own["max"]


def test_direct_forms_are_measured_beside_the_projects(tmp_path):
    path = tmp_path / "speed.json"
    assert benchmark(*SMALL, "--stages=d_step", "--nostartup", f"--json={path}") == 0
    (stage,) = json.loads(path.read_text())["sizes"]["oracle20"]["stages"].values()
    (direct,) = stage["direct"]
    assert direct["times"] == 1 and direct["runs"]["median"] == stage["direct_seconds"]
    assert stage["gain"] == pytest.approx(stage["direct_seconds"] / stage["seconds"])


def test_direct_forms_are_scaled_to_the_whole_stage():
    config = small.config(batch_size=8, sampling_batch=16, rollouts=2)
    bench = Workbench(config, samples=20)
    assert {(form.piece, form.times) for form in bench.stage("sampling").direct} == {
        ("a batch of 8", 20 / 8),
        ("a batch of 16", 20 / 16),
    }
    (reward,) = bench.stage("reward").direct
    assert reward.times == 2
    for key in ("d_step", "features", "worker_logits", "pretrain", "adversarial_gradient"):
        assert all(form.times == 1 for form in bench.stage(key).direct)


def test_the_machine_is_named(stored):
    made_by = stored["made_by"]
    assert made_by["hardware"].items() >= hardware().items()
    assert {"command", "versions", "commit"} <= set(made_by)
    assert set(stored["limits"]["gflops"]) == {"float32", "bfloat16"}


def test_a_fresh_process_is_timed_up_to_each_of_its_first_updates(stored):
    seconds = stored["startup_seconds"]
    assert list(seconds) == [
        "imports",
        "models",
        "first D update",
        "first G update",
        "first adversarial G update",
    ]
    moments = list(seconds.values())
    assert moments == sorted(moments) and moments[0] > 0


def test_text_has_no_oracle_and_says_that_bleu_is_not_in_it(tmp_path, capsys):
    config = text_preset("smoke", 4660, 32, LEAKGAN)
    assert "oracle_sampling" not in keys(config)
    path = tmp_path / "speed.json"
    words = (
        "--preset=smoke", "--sizes=coco", "--vocab_size=12", "--evaluation_samples=8", "--nodirect",
        "--nostartup", "--stages=evaluation,d_step", "--repeats=1", f"--json={path}",
    )  # fmt: skip
    assert benchmark(*words) == 0
    size = json.loads(path.read_text())["sizes"]["coco"]
    assert set(size["stages"]) == {"evaluation", "d_step"}
    assert size["config"]["length"] == 32
    assert all("direct" not in stage for stage in size["stages"].values())
    assert "evaluation without BLEU" in capsys.readouterr().out


def test_limits_are_the_best_of_two_measurements():
    first = Limits({"float32": 5.0}, 7.0, {"float32": {"8": 5.0, "16": 1.0}}, {"read": 7.0})
    second = Limits({"float32": 4.0}, 9.0, {"float32": {"8": 2.0, "16": 4.0}}, {"read": 9.0})
    best = Limits({"float32": 5.0}, 9.0, {"float32": {"8": 5.0, "16": 4.0}}, {"read": 9.0})
    assert first.best_of(second) == second.best_of(first) == best


# --- What is composed -----------------------------------------------------------------------------


def made(seconds, direct=None, cost=None):
    return Result("", cost or Cost(seconds), seconds, direct_seconds=direct)


def test_an_iteration_is_a_generator_step_and_the_rounds_of_the_schedule():
    config = small.config(
        discriminator_samples=20, discriminator_epochs=3, adversarial_discriminator_rounds=5
    )
    results = {
        "adversarial_step": made(1000.0),
        "sampling": made(10.0, 100.0),
        "d_step": made(1.0, 7.0),
        "oracle_sampling": made(3.0),
        "reward": made(40.0, 2000.0),
        "adversarial_gradient": made(5.0, 50.0),
    }
    iteration = compose_iteration(results, config, samples=10)
    steps = 3 * (2 * 20 // 4)  # epochs × batches of both sides
    expected = 1000 + 5 * (2 * 10 + 2 * 3 + steps * 1)
    assert iteration.seconds == iteration.cost.flops == expected
    generator_step = 100 * 4 / 10 + 2000 + 50
    assert iteration.direct_seconds == generator_step + 5 * (2 * 100 + 2 * 3 + steps * 7)
    del results["oracle_sampling"]  # text: real sentences are there already
    assert compose_iteration(results, config, samples=10).seconds == expected - 5 * 2 * 3


def test_an_iteration_asks_for_its_parts():
    synthetic, text = synthetic_preset("smoke", 20, LEAKGAN), text_preset("smoke", 12, 20, LEAKGAN)
    assert needed(["features"], synthetic) == ["features"]
    assert {"reward", "d_step", "oracle_sampling"} <= set(needed(["iteration"], synthetic))
    assert "oracle_sampling" not in needed(["iteration"], text)


def test_a_direct_form_is_the_originals_at_its_faster_batch():
    def form(name, seconds):
        return Measured(name, Timing(seconds, seconds, seconds, 0, 1, None))

    stage = Stage("s", Cost(1), Form("project", lambda: None))
    forms = [form("original", 9), form("original", 5), form("other", 2)]
    result = result_of(stage, form("project", 1), forms)
    assert (result.seconds, result.direct_seconds) == (1, 5)
    assert result_of(stage, form("project", 1), []).direct_seconds is None
    # 1 GFLOP at 2 or 4 GFLOP/s
    for precision, floor in (("float32", 0.5), ("bfloat16", 0.25)):
        given = Result("s", Cost(1e9), 1.0)
        assert given.floor_seconds(LIMITS, precision) == floor


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


def test_a_piece_is_scaled_but_not_its_first_call():
    found = Timing(2.0, 1.0, 3.0, 7.0, 5, 100).scaled(4)
    assert found == Timing(8.0, 4.0, 12.0, 7.0, 5, 100)


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
        ("--sizes=coco,coco", "different"),
        ("--stages=d_stop", "unknown stage 'd_stop'"),
        ("--repeats=0", "--repeats must be above 0"),
        ("--samples=-1", "--samples must be above 0"),
        ("--budget=0", "--budget must be above 0"),
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


def test_bad_input_does_not_wait_for_tensorflow():
    code = (
        "import sys; from benchmarks.speed import command as speed\n"
        "from leakgan_tf.cli import entry\n"
        "status = entry.run(speed.run, speed.define_flags(), ['speed', '--sizes=x'], speed.ABOUT);"
        "sys.exit(status if 'tensorflow' not in sys.modules else 9)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2, result.stderr
