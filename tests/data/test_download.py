"""Downloads: verified, whole or not at all. Only this machine is asked."""

import hashlib

import pytest

from leakgan_tf.data import download
from leakgan_tf.utils.errors import UserError


@pytest.fixture
def fetch(file_server, tmp_path):
    """Fetches the server's file, by default with its right checksum."""

    def run(sha256=None):
        sha256 = sha256 or hashlib.sha256(file_server.content).hexdigest()
        return download.fetch(
            file_server.url, sha256, tmp_path / "data" / "file.txt", timeout_seconds=5
        )

    return run


def listing(tmp_path):
    return sorted(path.name for path in tmp_path.glob("data/*"))


def test_a_file_is_fetched_once(fetch, file_server, tmp_path):
    assert fetch().read_bytes() == file_server.content
    assert listing(tmp_path) == ["file.txt"]
    fetch()
    assert file_server.requests == 1


@pytest.mark.parametrize(
    ("behavior", "said"),
    [("404", "404"), ("cut", "cannot download"), ("drop", "cannot download"),
     ("ftp", "cannot download")],
)  # fmt: skip
def test_a_failed_download_leaves_nothing(behavior, said, fetch, file_server, tmp_path):
    file_server.behavior = behavior
    with pytest.raises(UserError, match=said):
        fetch()
    assert listing(tmp_path) == []
    file_server.behavior = "serve"
    assert fetch().read_bytes() == file_server.content


def test_a_wrong_checksum_leaves_nothing(fetch, tmp_path):
    with pytest.raises(UserError, match="an unexpected file"):
        fetch(sha256="0" * 64)
    assert listing(tmp_path) == []


def test_a_file_above_the_limit_leaves_nothing(fetch, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match=r"file\.txt has more than 1,000 bytes"):
        fetch()
    assert listing(tmp_path) == []


def test_an_existing_other_file_is_not_replaced(fetch, file_server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "file.txt").write_bytes(b"mine")
    with pytest.raises(UserError, match="another SHA-256"):
        fetch()
    assert (tmp_path / "data" / "file.txt").read_bytes() == b"mine"
    assert file_server.requests == 0


def test_other_schemes_and_unwritable_places_are_refused(file_server, tmp_path):
    with pytest.raises(UserError, match="only http and https are supported"):
        download.fetch("file:///etc/hostname", "0" * 64, tmp_path / "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        download.fetch(file_server.url, "0" * 64, tmp_path / "file" / "x")
    assert file_server.requests == 0
