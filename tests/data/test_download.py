"""Downloads: resumed, verified, whole or not at all. Only this machine is spoken to."""

import hashlib

import pytest

from leakgan_tf.data import download
from leakgan_tf.utils.errors import UserError


@pytest.fixture
def fetch(file_server, tmp_path):
    """Fetches the server's file, by default with its right checksum."""

    def run(sha256=None):
        sha256 = sha256 or hashlib.sha256(file_server.content).hexdigest()
        target = tmp_path / "data" / "file.txt"
        return download.fetch(file_server.url, sha256, target, pause_seconds=0, timeout_seconds=5)

    return run


def listing(tmp_path):
    return sorted(path.name for path in (tmp_path / "data").iterdir())


def test_a_file_is_fetched_once(fetch, file_server, tmp_path):
    assert fetch().read_bytes() == file_server.content
    assert listing(tmp_path) == ["file.txt"]
    fetch()
    assert file_server.ranges == [None]


def test_a_cut_connection_is_gone_on_from(fetch, file_server, tmp_path):
    file_server.script = ["cut", "cut", "serve"]
    assert fetch().read_bytes() == file_server.content
    half = len(file_server.content) // 2
    assert file_server.ranges[:2] == [None, f"bytes={half}-"]
    assert len(file_server.ranges) == 3
    assert listing(tmp_path) == ["file.txt"]


def test_a_later_call_goes_on_from_what_an_earlier_one_left(fetch, file_server, tmp_path):
    file_server.script = ["cut", "503"]
    with pytest.raises(UserError, match=r"status 503 .*run again to go on"):
        fetch()
    assert len(file_server.ranges) == download.ATTEMPTS
    assert listing(tmp_path) == ["file.txt.part"]
    file_server.script = ["serve"]
    assert fetch().read_bytes() == file_server.content
    assert file_server.ranges[-1] == f"bytes={len(file_server.content) // 2}-"


def test_a_server_that_ignores_ranges_sends_all_again(fetch, file_server):
    file_server.script = ["cut", "ignore range"]
    assert fetch().read_bytes() == file_server.content
    half = len(file_server.content) // 2
    assert file_server.ranges == [None, f"bytes={half}-"]


def test_a_part_that_is_already_whole_needs_no_more_bytes(fetch, file_server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file.txt.part").write_bytes(file_server.content)
    assert fetch().read_bytes() == file_server.content


def test_a_part_of_another_file_is_thrown_away(fetch, file_server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file.txt.part").write_bytes(b"of another file")
    assert fetch().read_bytes() == file_server.content
    assert file_server.ranges == ["bytes=15-", None]


def test_a_wrong_checksum_leaves_nothing(fetch, file_server, tmp_path):
    with pytest.raises(UserError, match="another file than expected"):
        fetch(sha256="0" * 64)
    assert listing(tmp_path) == []
    assert len(file_server.ranges) == 1


def test_a_missing_file_is_asked_for_once_and_leaves_nothing(fetch, file_server, tmp_path):
    file_server.script = ["404"]
    with pytest.raises(UserError, match=r"file\.txt: status 404"):
        fetch()
    assert listing(tmp_path) == []
    assert len(file_server.ranges) == 1


def test_a_dumb_server_is_given_up_on(fetch, file_server, tmp_path):
    file_server.script = ["drop"]
    with pytest.raises(UserError, match="no connection"):
        fetch()
    assert len(file_server.ranges) == download.ATTEMPTS
    assert listing(tmp_path) == []


def test_an_existing_other_file_is_not_replaced(fetch, file_server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file.txt").write_bytes(b"mine")
    with pytest.raises(UserError, match="another SHA-256"):
        fetch()
    assert (tmp_path / "data" / "file.txt").read_bytes() == b"mine"
    assert file_server.ranges == []


def test_other_schemes_and_unwritable_places_are_refused(file_server, tmp_path):
    with pytest.raises(UserError, match="neither http nor https"):
        download.fetch("file:///etc/hostname", "0" * 64, tmp_path / "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        download.fetch(file_server.url, "0" * 64, tmp_path / "file" / "x")
    assert file_server.ranges == []
