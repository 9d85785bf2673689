"""Downloads one file atomically and verifies its checksum."""

from pathlib import Path

from tqdm import tqdm

from leakgan_tf.data.sources import file_sha256
from leakgan_tf.utils.errors import UserError

MOST_BYTES = 2**30  # largest download; the largest corpus has 50 MB


class _Progress(tqdm):
    """A progress bar that refuses files above `MOST_BYTES`."""

    def __init__(self, url: str):
        # pooch sets the total later, but first tests the bar's truth value, which needs a total.
        super().__init__(
            desc=url.rpartition("/")[2], total=1, unit="B", unit_scale=True, leave=False
        )
        self._url = url

    def update(self, n: float = 1) -> bool | None:
        """Adds ``n`` bytes; raises ``UserError`` above `MOST_BYTES`."""
        if self.n + n > MOST_BYTES:
            raise UserError(f"{self._url} has more than {MOST_BYTES:,} bytes: download stopped")
        return super().update(n)


def fetch(url: str, sha256: str, destination: str | Path, *, timeout_seconds: float = 30.0) -> Path:
    """Downloads ``url`` to ``destination``, unless that file exists with this checksum.

    The download fails after ``timeout_seconds`` without data.

    Returns:
      ``destination``.

    Raises:
      UserError: the server refuses, the connection fails, the file is too large or has another
        checksum, or ``destination`` cannot be written.
    """
    destination = Path(destination)
    if not url.startswith(("http://", "https://")):
        raise UserError(f"cannot download {url}: only http and https are supported")
    if destination.exists():
        if file_sha256(destination) != sha256:
            raise UserError(f"{destination} exists with another SHA-256 than {url}: move it away")
        return destination
    import pooch  # slow import, and few commands download
    import requests

    pooch.get_logger().setLevel("ERROR")
    try:
        with _Progress(url) as progress:
            pooch.retrieve(
                url,
                f"sha256:{sha256}",
                fname=destination.name,
                path=destination.parent,
                downloader=pooch.HTTPDownloader(progressbar=progress, timeout=timeout_seconds),
            )
    except requests.RequestException as error:
        raise UserError(f"cannot download {url}: {error}") from error
    except OSError as error:
        raise UserError(f"cannot write {destination}: {error.strerror or error}") from error
    except ValueError as error:  # pooch raises it for another checksum
        raise UserError(
            f"{url} returned an unexpected file: its SHA-256 is not {sha256}"
        ) from error
    return destination
