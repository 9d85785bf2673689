"""Finds pre-trained models of the package, and the data folders of runs."""

from pathlib import Path

from leakgan_tf.config.config import Config
from leakgan_tf.data.dataset import TextDataset, load_dataset
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.text_config import dataset_digest
from leakgan_tf.utils.arguments import PATH, check_type
from leakgan_tf.utils.errors import UserError

PRETRAINED = Path(__file__).parents[1] / "pretrained"
# LeakGAN and MLE, trained on the embedded captions by `make pretrained`.
NAMES = ("captions", "captions-mle")


def find_run(run: str | Path) -> Path:
    """Returns the folder of a run, or of a pre-trained model of the package.

    If a run folder has the name of a pre-trained model, the run folder is returned.
    """
    path = Path(run)
    if str(run) in NAMES and not RunFolder(path).config_file.exists():
        return PRETRAINED / str(run)
    return path


def training_text(folder: RunFolder, config: Config, data: str | Path | None = None) -> list[str]:
    """Returns a run's training sentences in the format of its samples.

    Raises:
      UserError: the run is not a run on text; or as in `run_data`.
    """
    reader = folder.read_reader(config)
    if reader is None:
        raise UserError("training sentences, as for novel, need a run on text")
    return [reader.text(row) for row in run_data(folder.path, config.dataset, data).train]


def run_data(run_dir: Path, digest: str, data: str | Path | None = None) -> TextDataset:
    """Returns the data folder that a run was trained on.

    Args:
      run_dir: the run folder.
      digest: digest of the data folder in the run's configuration.
      data: the data folder; default: where it was when the run was trained. For pre-trained models
        this path is relative to the run folder.

    Raises:
      UserError: the folder is missing, damaged, or not the one that the run was trained on.
    """
    check_type(PATH, optional=True, data=data)
    folder = data or run_dir / RunFolder(run_dir).read().get("made_by", {}).get("data", "")
    dataset = load_dataset(folder)
    if dataset_digest(dataset) != digest:
        raise UserError(f"{folder} is not the data folder that {run_dir} was trained on")
    return dataset
