"""Models that come with the package, and the data folder behind any run."""

from pathlib import Path

from leakgan_tf.config.config import Config
from leakgan_tf.data.dataset import TextDataset, load_dataset
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.text_config import dataset_digest
from leakgan_tf.utils.errors import UserError

PRETRAINED = Path(__file__).parents[1] / "pretrained"
# LeakGAN and MLE, trained on the embedded captions by `make pretrained`.
NAMES = ("captions", "captions-mle")


def find_run(run: str | Path) -> Path:
    """Returns a run's folder: the one that is named, or that of a model of the package.

    A run in a folder of that name comes first.
    """
    path = Path(run)
    if str(run) in NAMES and not RunFolder(path).config_file.exists():
        return PRETRAINED / str(run)
    return path


def training_text(folder: RunFolder, config: Config, data: str | Path | None = None) -> list[str]:
    """Returns a run's training sentences as it would write them.

    Raises:
      UserError: it is not a run on text, or as `run_data`.
    """
    reader = folder.read_reader(config)
    if reader is None:
        raise UserError("novel needs a run on text: an oracle's sentences are not text")
    return [reader.text(row) for row in run_data(folder.path, config.dataset, data).train]


def run_data(run_dir: Path, digest: str, data: str | Path | None = None) -> TextDataset:
    """Returns the data folder that a run was trained on.

    Args:
      run_dir: the run's folder.
      digest: of the data, as the run's configuration has it.
      data: the data folder; where the run says it was, if not given. In a model of the package that
        is relative to the run's folder.

    Raises:
      UserError: the folder is missing, damaged, or not the one that the run was trained on.
    """
    folder = data or run_dir / RunFolder(run_dir).read().get("made_by", {}).get("data", "")
    dataset = load_dataset(folder)
    if dataset_digest(dataset) != digest:
        raise UserError(f"{folder} is not the data folder that {run_dir} was trained on")
    return dataset
