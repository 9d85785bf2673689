"""A benchmark goes on in its own folder, whatever a kill has left there, and in no other."""

import pytest

from benchmarks.runner.runs import check_folder
from helpers.tiny import tiny
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.utils.errors import UserError


def check(folder):
    check_folder(folder, "synthetic")


def test_what_killed_processes_leave_is_removed(tmp_path):
    run = RunFolder(tmp_path / "mle-seed0")
    run.claim(tiny("mle"), {})
    run.release()
    (tmp_path / "seqgan-seed0").mkdir()  # killed before its lock was made
    for name in ("report.md", "report.json", "curves.png", "2-mle-curves.png"):
        (tmp_path / f".{name}.abcdefgh.part").write_text("half")
    check(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mle-seed0", "seqgan-seed0"]


@pytest.mark.parametrize("name", ["thesis.txt", ".thesis.txt.abcdefgh.part", ".report.md.part"])
def test_another_file_is_refused_and_stays(tmp_path, name):
    (tmp_path / name).write_text("years of work")
    (tmp_path / ".report.md.abcdefgh.part").write_text("half")
    with pytest.raises(UserError, match=f"contains {name}"):
        check(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
