"""One file from the web: resumed where it was cut, verified, and there whole or not at all."""

import contextlib
import http.client
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

from leakgan_tf.data.sources import file_sha256
from leakgan_tf.utils.errors import UserError

ATTEMPTS = 4
_BLOCK_BYTES = 1 << 16
_TEMPORARY = {408, 425, 429}  # statuses below 500 after which another attempt makes sense
_RANGE_REFUSED = 416


class _CutError(Exception):
    """The connection ended early; what came is kept, and another attempt may go on from there."""


def fetch(
    url: str,
    sha256: str,
    destination: str | Path,
    *,
    pause_seconds: float = 1.0,
    timeout_seconds: float = 30.0,
) -> Path:
    """Downloads ``url`` to ``destination``, unless that file is there already.

    Bytes are collected in ``destination`` + ``.part``. That file stays after a cut connection, for
    the next call to go on from, and goes if its content turns out to be wrong.

    Args:
      url: http or https.
      sha256: hexadecimal checksum of the whole file.
      destination: the file to make; its folder is made too.
      pause_seconds: before the second attempt; twice as long before each further one.
      timeout_seconds: without a byte, after which an attempt counts as cut.

    Raises:
      UserError: refused by the server, still cut after ``ATTEMPTS`` attempts, another checksum, or
        ``destination`` cannot be written.
    """
    destination = Path(destination)
    if not url.startswith(("http://", "https://")):
        raise UserError(f"cannot download {url}: neither http nor https")
    part = destination.with_name(f"{destination.name}.part")
    try:
        if destination.exists():
            _verify(destination, sha256, url)
            return destination
        destination.parent.mkdir(parents=True, exist_ok=True)
        _collect(url, sha256, part, pause_seconds, timeout_seconds)
        part.replace(destination)
    except OSError as error:
        raise UserError(f"cannot write {destination}: {error.strerror or error}") from error
    return destination


def _collect(
    url: str, sha256: str, part: Path, pause_seconds: float, timeout_seconds: float
) -> None:
    """Fills ``part`` until it is the whole, right file."""
    problem = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause_seconds * 2 ** (attempt - 1))
        resumed = _size(part) > 0
        try:
            _receive(url, part, timeout_seconds)
        except _CutError as error:
            problem = str(error)
            continue
        if file_sha256(part) == sha256:
            return
        part.unlink()
        if not resumed:
            raise UserError(f"{url} gave another file than expected: SHA-256 is not {sha256}")
        # The bytes found at the start may have been another file's: once more from nothing.
        problem = "the continued file had another checksum"
    kept = f"; run again to go on from {part}" if part.exists() else ""
    raise UserError(f"cannot download {url}: {problem} ({ATTEMPTS} attempts){kept}")


def _receive(url: str, part: Path, timeout_seconds: float) -> None:
    """Appends to ``part`` what is missing of it; ``_CutError`` if the connection ends early."""
    have = _size(part)
    response = _open(url, have, timeout_seconds)
    if response is None:
        return
    with response:
        continues = response.status == http.HTTPStatus.PARTIAL_CONTENT and (
            response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        )
        # A server that does not know ranges sends the file from its start.
        with open(part, "ab" if continues else "wb") as stream:
            _copy(response, stream)


def _open(url: str, have: int, timeout_seconds: float) -> http.client.HTTPResponse | None:
    """Asks for the bytes from ``have`` on; None if the server says that there are none."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        return urllib.request.urlopen(request, timeout=timeout_seconds)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == _RANGE_REFUSED and have:
            return None  # nothing is missing, or all is wrong: the checksum will say
        if error.code >= 500 or error.code in _TEMPORARY:
            raise _CutError(f"status {error.code} {error.reason}") from error
        raise UserError(f"cannot download {url}: status {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(f"no connection: {getattr(error, 'reason', error)}") from error


def _copy(response: http.client.HTTPResponse, stream: BinaryIO) -> None:
    expected = response.length  # bytes still to come; None if the server does not say
    received = 0
    while True:
        try:
            block = response.read(_BLOCK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _CutError(f"the connection broke: {error}") from error
        if not block:
            break
        stream.write(block)
        received += len(block)
    if expected is not None and received < expected:
        raise _CutError(f"the connection ended {expected - received:,} bytes early")


def _verify(path: Path, sha256: str, url: str) -> None:
    if file_sha256(path) != sha256:
        raise UserError(f"{path} is there, but is not the file of {url}: another SHA-256")


def _size(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
