"""``python -m benchmarks.publish.pretrained``: trains the models that come with the package.

LeakGAN and MLE on the embedded captions, with a few hundred thousand weights in float16: at most
1 MB with the data folder. The same seed, machine and versions give the same files.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from absl import flags

from leakgan_tf.api.datasets import prepare
from leakgan_tf.api.training import train
from leakgan_tf.cli import entry
from leakgan_tf.runs import checkpoint
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.load import load
from leakgan_tf.runs.shipped import PRETRAINED
from leakgan_tf.utils.files import write_json

ABOUT = """Trains the models that come with the package, and writes them into its folder.

python -m benchmarks.publish.pretrained [--out DIR]"""
DATA = "captions-data"
COMMAND = "python -m benchmarks.publish.pretrained"
MODELS: dict[str, dict[str, Any]] = {
    "captions": {
        "system": "leakgan",
        "generator_embedding": 32,
        "generator_hidden": 64,
        "discriminator_embedding": 16,
        "windows": (1, 2, 3, 4, 5, 8, 16),
        "filters": (24, 24, 24, 16, 16, 16, 8),
        "sampling_batch": 64,
        "goal_size": 4,
        "pretrain_rounds": 6,
        "pretrain_generator_epochs": 2,
    },
    "captions-mle": {
        "system": "mle",
        "generator_embedding": 32,
        "generator_hidden": 96,
        "sampling_batch": 64,
        "mle_epochs": 12,
    },
}


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = entry.new_flags()
    flags.DEFINE_string("out", str(PRETRAINED), "Folder to write.", flag_values=values)
    return values


def run(values: flags.FlagValues) -> None:
    """Trains both models, and replaces the content of the folder."""
    out = Path(values.out)
    with tempfile.TemporaryDirectory() as folder:
        data = prepare("captions", Path(folder) / DATA)
        for name, settings in MODELS.items():
            train(data, run_dir=Path(folder) / name, command=COMMAND, **settings)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(data.path, out / DATA)
        for name in MODELS:
            ship(Path(folder) / name, out / name)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{size:,} bytes in {out}")


def ship(run_dir: Path, out: Path) -> None:
    """Copies what is needed to sample from a run; its data folder is beside `out`."""
    trained, source, target = load(run_dir), RunFolder(run_dir), RunFolder(out)
    progress = checkpoint.read_progress(source.checkpoint)
    checkpoint.save_small(target.checkpoint, progress, trained.system.models)
    content = source.read()
    made_by = {name: content["made_by"][name] for name in ("command", "python", "versions")}
    write_json(target.config_file, {**content, "made_by": {**made_by, "data": f"../{DATA}"}})
    for name in (source.reader.name, source.measured.name):
        shutil.copyfile(run_dir / name, out / name)


if __name__ == "__main__":
    sys.exit(entry.run(run, define_flags(), sys.argv, ABOUT))
