"""Files that are written whole or not at all."""

import stat

import pytest

from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import atomic_output, read_json, refuse_existing, write_json, write_text


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
