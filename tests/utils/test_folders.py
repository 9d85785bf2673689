"""A folder that is made or replaced is there, whole, whenever the process is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.folders import atomic_folder, recover_folder

ROOT = Path(__file__).parent.parent.parent
# Ends itself with SIGKILL at a call of os.rename, os.mkdir, os.rmdir or os.unlink.
KILLED = """
import os, sys
from pathlib import Path
from leakgan_tf.utils.folders import atomic_folder
left = int(sys.argv[2])
def counted(function):
    def call(*args, **kwargs):
        global left
        if left == 0:
            os.kill(os.getpid(), 9)
        left -= 1
        return function(*args, **kwargs)
    return call
for name in ("rename", "mkdir", "rmdir", "unlink"):
    setattr(os, name, counted(getattr(os, name)))
with atomic_folder(Path(sys.argv[1])) as folder:
    (folder / "file").write_text("new")
print(left)
"""


def drive(path, call):
    command = [sys.executable, "-c", KILLED, str(path), str(call)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def make(path, text):
    with atomic_folder(path) as folder:
        (folder / "file").write_text(text)


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_killed_at_each_step_of_a_replacement(tmp_path):
    path = tmp_path / "folder"
    undisturbed = drive(path, 1000)
    assert undisturbed.returncode == 0, undisturbed.stderr
    make(path, "old")
    whole = 1000 - int(drive(path, 1000).stdout)
    assert whole >= 4  # mkdir, two renames, the old folder's removal
    found = []
    for call in range(whole):
        make(path, "old")
        assert drive(path, call).returncode == -signal.SIGKILL
        recover_folder(path)
        found.append((path / "file").read_text())
        assert listing(tmp_path) == ["folder"]
    assert found[:3] == ["old"] * 3
    assert set(found[3:]) == {"new"}


def test_a_folder_that_is_being_made_is_left_alone(tmp_path):
    path = tmp_path / "folder"
    with atomic_folder(path) as folder:
        (folder / "file").write_text("first")
        recover_folder(path)
        assert folder.exists()
    assert (path / "file").read_text() == "first"


def test_a_failure_leaves_the_old_folder_and_no_new_parents(tmp_path):
    make(tmp_path / "folder", "old")
    for path in (tmp_path / "folder", tmp_path / "new" / "folder"):
        with pytest.raises(UserError, match=f"cannot create {path}: No space"), atomic_folder(path):
            raise OSError(28, "No space left on device")
    assert listing(tmp_path) == ["folder"]
    assert (tmp_path / "folder" / "file").read_text() == "old"


def test_folders_of_other_names_stay(tmp_path):
    for name in (
        ".folder.old",
        ".folder.0123456.old",
        ".other.01234567.old",
        "folder.01234567.old",
    ):
        (tmp_path / name).mkdir()
    before = listing(tmp_path)
    recover_folder(tmp_path / "folder")
    assert listing(tmp_path) == before
