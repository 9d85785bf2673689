"""Files that are written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import (
    atomic_output,
    leftover_of,
    read_json,
    refuse_existing,
    remove_leftovers,
    write_json,
    write_text,
)

ROOT = Path(__file__).parent.parent.parent


def write_and_be_killed(path):
    """Leaves what a process leaves that is killed while it writes a file."""
    code = (
        "import os, sys; from leakgan_tf.utils.files import atomic_output\n"
        "with atomic_output(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), 9)"
    )
    result = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert result.returncode == -signal.SIGKILL


def test_a_file_appears_whole_and_alone(tmp_path):
    path = tmp_path / "new" / "file.txt"
    with atomic_output(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, problem):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(problem), atomic_output(path) as temporary:
        temporary.write_text("new")
        raise problem
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_leaves_is_removed_by_the_next_output(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    (tmp_path / ".other.txt.abcdefgh.part").write_text("of another file")
    write_and_be_killed(path)
    write_and_be_killed(path)
    assert [leftover_of(each) for each in tmp_path.glob(".file*")] == ["file.txt"]  # one, not two
    assert path.read_text() == "old"
    write_text(path, "new")
    assert path.read_text() == "new"
    assert {each.name for each in tmp_path.iterdir()} == {"file.txt", ".other.txt.abcdefgh.part"}


def test_a_file_that_is_being_written_is_no_leftover(tmp_path):
    path = tmp_path / "file.txt"
    with atomic_output(path) as temporary:
        temporary.write_text("first")
        remove_leftovers(tmp_path, lambda name: True)
        write_text(path, "second")
        assert temporary.exists()
    assert path.read_text() == "first"


@pytest.mark.parametrize(
    "name", ["file.part", ".file.part", ".file.ABCDEFGH.part", ".abcdefgh.part"]
)
def test_files_of_other_names_are_no_leftovers(tmp_path, name):
    (tmp_path / name).write_text("precious")
    remove_leftovers(tmp_path, lambda name: True)
    assert (tmp_path / name).exists()


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path):
    path = tmp_path / "file.txt"
    told = pytest.raises(UserError, match=r"cannot write .*file\.txt: No space left")
    with told, atomic_output(path):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match="cannot write"):
        write_text(tmp_path / "file" / "inner.txt", "text")


def test_existing_files_are_refused_unless_they_may_be_overwritten(tmp_path):
    path = tmp_path / "file.txt"
    assert refuse_existing(path) == path
    path.write_text("old")
    with pytest.raises(UserError, match=r"file\.txt exists"):
        refuse_existing(path)
    assert refuse_existing(path, overwrite=True) == path
    with pytest.raises(UserError, match="is a folder"):
        refuse_existing(tmp_path, overwrite=True)


def test_what_is_no_regular_file_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for overwrite in (False, True):
        with pytest.raises(UserError, match="pipe is not a regular file"):
            refuse_existing(tmp_path / "pipe", overwrite)


def test_json_comes_back(tmp_path):
    value = {"ä": [1, 2.5, None, "x"]}
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json", "a value") == value
    assert "ä" in (tmp_path / "value.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_json_that_cannot_be_read_is_told(tmp_path, content):
    path = tmp_path / "value.json"
    with pytest.raises(UserError, match=r"value\.json is missing: not a run"):
        read_json(path, "a run")
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"value\.json (is not JSON|cannot be read)"):
        read_json(path, "a run")


def test_a_place_that_cannot_be_written_to_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "a.json", tmp_path / "file" / "deep" / "a.json"):
        with pytest.raises(UserError, match="cannot write .*a.json: .*file is not a folder that"):
            refuse_existing(path)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if not os.access(closed, os.W_OK):  # the superuser may write everywhere
        with pytest.raises(UserError, match="closed is not a folder that can be written to"):
            refuse_existing(closed / "new" / "a.json")
    assert refuse_existing(tmp_path / "new" / "deep" / "a.json").name == "a.json"
