"""A folder is one run's, of one configuration, and of one process at a time."""

import json
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.config.config import replace
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shapes import read_starts
from leakgan_tf.utils.errors import UserError


@pytest.fixture
def run(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.claim(tiny(), {"command": "a command"})
    run.release()
    return run


def refuses(folder, config, *words):
    """The folder is not given, and nothing in it or beside it is touched."""
    before = runs.files(folder.parent)
    with pytest.raises(UserError) as caught:
        RunFolder(folder).claim(config, {})
    for word in words:
        assert word in str(caught.value)
    assert runs.files(folder.parent) == before


def test_config_json_says_what_made_the_run(run):
    content = json.loads(run.config_file.read_text())
    assert run.read_config() == tiny()
    made_by = content["made_by"]
    assert made_by["command"] == "a command"
    assert {"tensorflow", "keras", "numpy"} <= set(made_by["versions"])
    assert {"commit", "python", "machine"} <= set(made_by)


def test_the_same_configuration_goes_on(run):
    before = runs.files(run.path)
    again = RunFolder(run.path)
    again.claim(tiny(), {"command": "another command"})
    again.release()
    assert runs.files(run.path) == before


def test_a_changed_configuration_is_refused_with_the_difference(run):
    changed, delta = tiny(batch_size=4, reward_delta=3.5), tiny().own.semantics.reward_delta
    words = ["batch_size: 8 -> 4", f"reward_delta: {delta} -> 3.5"]
    refuses(run.path, changed, str(run.path), *words)


def test_a_changed_tuple_is_shown(run):
    refuses(run.path, tiny(windows=(1, 2, 7)), "windows", "(1, 2, 8) -> (1, 2, 7)")


def test_checkpoint_seconds_may_change(run):
    again = RunFolder(run.path)
    again.claim(replace(tiny(), checkpoint_seconds=99.0), {})
    again.release()
    refuses(run.path, replace(tiny(), checkpoint_seconds=99.0, seed=5), "seed: 0 -> 5")


def test_a_folder_of_something_else_is_refused(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    refuses(folder, tiny(), str(folder), "not a run folder")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"kind": "leakgan_tf run"}', '{"name": "somebody else\'s"}']
)
def test_a_foreign_config_json_is_refused(tmp_path, content):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text(content)
    refuses(folder, tiny(), str(folder))


@pytest.mark.parametrize(
    "damage", [{"config": None}, {"config": {"windows": 3}}, {"config": {"semantics": [1]}}]
)
def test_a_damaged_configuration_is_refused(run, damage):
    content = json.loads(run.config_file.read_text())
    run.config_file.write_text(json.dumps({**content, **damage}))
    refuses(run.path, tiny(), str(run.path))


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "run").write_text("a file")
    refuses(tmp_path / "run", tiny(), "not a run folder")
    refuses(tmp_path / "run" / "below", tiny(), "cannot write", "Not a directory")


def test_an_empty_folder_is_taken(tmp_path):
    folder = RunFolder(tmp_path)
    folder.claim(tiny(), {})
    folder.release()
    assert folder.read_config() == tiny()


def test_what_a_killed_start_leaves_is_no_foreign_file(tmp_path):
    (tmp_path / "lock").touch()
    (tmp_path / ".config.json.a_1b2c3d.part").write_text('{"kind": "leak')
    folder = RunFolder(tmp_path)
    folder.claim(tiny(), {})
    (tmp_path / ".measured.json.a_1b2c3d.part").write_text("{")
    folder.release()
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".part") == [
        "config.json", "lock"
    ]  # fmt: skip
    folder.claim(tiny(), {})
    folder.release()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "lock"]


def test_half_of_another_programs_file_is_a_foreign_file(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".thesis.txt.abcdefgh.part").write_text("years of work")
    refuses(folder, tiny(), "not a run folder")


def test_a_run_in_use_is_refused_until_it_is_released(run):
    first, second = RunFolder(run.path), RunFolder(run.path)
    first.claim(tiny(), {})
    with pytest.raises(UserError, match="in use by another process") as caught:
        second.claim(tiny(), {})
    assert str(run.path) in str(caught.value)
    first.release()
    second.claim(tiny(), {})
    second.release()


def test_another_process_is_refused_and_a_dead_one_is_not(run):
    """The lock ends with the process that holds it, however it ends."""
    code = f"""
from leakgan_tf.runs.folder import RunFolder
from helpers.tiny import tiny
run = RunFolder({str(run.path)!r})
run.claim(tiny(), {{}})
print("claimed", flush=True)
input()
"""
    path = [path for path in sys.path if path]
    with subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "claimed\n"
        with pytest.raises(UserError, match="in use by another process"):
            RunFolder(run.path).claim(tiny(), {})
        process.kill()
    run.claim(tiny(), {})
    run.release()


def test_two_that_begin_at_once_do_not_both_get_the_folder(tmp_path, monkeypatch):
    """The second comes while the first has found nothing there and has written nothing yet."""
    begin, second = RunFolder._begin, RunFolder(tmp_path / "run")

    def begin_late(folder, config, extra):
        with pytest.raises(UserError, match="in use"):
            second.claim(tiny(seed=7), {})
        begin(folder, config, extra)

    monkeypatch.setattr(RunFolder, "_begin", begin_late)
    first = RunFolder(tmp_path / "run")
    first.claim(tiny(), {})
    first.release()
    assert first.read_config() == tiny()


def test_records_of_phases_that_run_again_are_dropped(run):
    lines = [json.dumps({"position": position, "group": "mle"}) for position in (0, 1, 1, 2, 3)]
    run.metrics.write_text("\n".join([*lines, '{"position": 1, "gro']))
    run.forget_after(2)
    assert [line["position"] for line in run.records()] == [0, 1, 1]
    assert run.metrics.read_text().endswith("\n")


def test_a_run_without_records_has_none(run):
    run.forget_after(0)
    assert run.records() == []


# --- What began and resumed a run --------------------------------------------------------------

FACTS = {
    "position": 3,
    "done": 2,
    "strategy": "none",
    "devices": ["CPU:0"],
    "threads": {"intraop": 2},
}


def test_every_start_has_a_line(run):
    for command in ("a command", "another command"):
        run.claim(tiny(), {"command": command})
        run.record_start(**FACTS)
        run.release()
    starts = read_starts(run.starts)
    assert [start["command"] for start in starts] == ["a command", "another command"]
    for start in starts:
        assert {name: start[name] for name in FACTS} == FACTS
        assert {"tensorflow", "keras"} <= set(start["versions"])
        assert {"commit", "hardware"} <= set(start)
        assert datetime.fromisoformat(start["time"]).utcoffset() == timedelta(0)


def test_half_a_line_of_a_killed_start_costs_no_other(run):
    run.claim(tiny(), {"command": "a command"})
    run.record_start(**FACTS)
    run.starts.write_bytes(run.starts.read_bytes() + b'{"time": "20\xff')
    run.record_start(**FACTS)
    run.starts.write_bytes(run.starts.read_bytes() + b'[1]\n{"time": 5}\n' + b"[" * 10_000)
    run.release()
    assert len(read_starts(run.starts)) == 2
