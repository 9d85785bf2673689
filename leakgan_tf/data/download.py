"""One file from the web: verified, and there whole or not at all."""

from pathlib import Path

from tqdm import tqdm

from leakgan_tf.data.sources import file_sha256
from leakgan_tf.utils.errors import UserError

MOST_BYTES = 2**30  # of one file; the largest corpus has 50 MB


class _Progress(tqdm):
    """A progress bar that refuses files above `MOST_BYTES`."""

    def __init__(self, url: str):
        # pooch sets the total; without one a bar of tqdm has no truth value.
        super().__init__(
            desc=url.rpartition("/")[2], total=1, unit="B", unit_scale=True, leave=False
        )
        self._url = url

    def update(self, n: float = 1) -> bool | None:
        """Counts bytes; raises ``UserError`` above the limit."""
        if self.n + n > MOST_BYTES:
            raise UserError(f"{self._url} has more than {MOST_BYTES:,} bytes: not downloaded")
        return super().update(n)


def fetch(url: str, sha256: str, destination: str | Path, *, timeout_seconds: float = 30.0) -> Path:
    """Downloads ``url`` to ``destination``, unless that file is there already.

    Args:
      url: http or https.
      sha256: hexadecimal checksum of the file.
      destination: the file to make; its folder is made too.
      timeout_seconds: without a byte, after which the download fails.

    Raises:
      UserError: the server refused or the connection was lost, the file is too large or has
        another checksum, or ``destination`` cannot be written.
    """
    destination = Path(destination)
    if not url.startswith(("http://", "https://")):
        raise UserError(f"cannot download {url}: only http and https are supported")
    if destination.exists():
        if file_sha256(destination) != sha256:
            raise UserError(f"{destination} exists, but is not the file of {url}: another SHA-256")
        return destination
    import pooch  # imports slowly, and few commands download
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
    except ValueError as error:  # pooch's, of another checksum
        raise UserError(
            f"{url} returned an unexpected file: its SHA-256 is not {sha256}"
        ) from error
    return destination
