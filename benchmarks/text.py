"""The benchmark on real text: ``python -m benchmarks.text --dataset coco``.

Prepares a corpus, trains every system on it, and tabulates BLEU, Self-BLEU, backward BLEU, held-out
NLL and diversity beside what was published, with samples and the whole protocol.
"""

import os
import shlex
import sys
from pathlib import Path

from absl import flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported

from benchmarks import folders
from leakgan_tf.commandline import entry
from leakgan_tf.commandline.prepare import DATA_DIR_VARIABLE, data_folder, report
from leakgan_tf.commandline.settings import define_settings, overrides, parse_integers
from leakgan_tf.config import Config
from leakgan_tf.data import corpora
from leakgan_tf.data.dataset import TextDataset, load_dataset, prepare
from leakgan_tf.errors import UserError
from leakgan_tf.presets import text_preset
from leakgan_tf.semantics import named_semantics
from leakgan_tf.systems.registry import check_name
from leakgan_tf.text_config import text_config

ABOUT = "Trains systems on a corpus, and tabulates them beside what was published."


def define_flags() -> flags.FlagValues:
    """Returns the benchmark's flags."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_enum("dataset", "captions", list(corpora.CORPORA), "The corpus.", **own)
    flags.DEFINE_string(
        "data_dir", None, f"Folder of named corpora. Default: ${DATA_DIR_VARIABLE}.", **own
    )
    flags.DEFINE_bool("download", False, "Fetch what the corpus lacks into --data_dir.", **own)
    flags.DEFINE_string("preset", "quick", "smoke, quick or paper: see presets.py.", **own)
    flags.DEFINE_list("systems", ["mle", "leakgan"], "Which: mle, seqgan, leakgan.", **own)
    flags.DEFINE_string("semantics", None, "original or paper; default: the preset's.", **own)
    flags.DEFINE_list("seeds", ["0"], "A run of each system for every seed.", **own)
    flags.DEFINE_string("run_dir", None, "Where the runs go; default below save/.", **own)
    define_settings(values)
    return values


def prepared(values: flags.FlagValues, folder: Path) -> TextDataset:
    """Returns the corpus, prepared in `folder` if it was not before."""
    if not folder.exists():
        corpus = corpora.get_corpus(values.dataset)
        train, test = corpora.corpus_sources(corpus, data_folder(values), values.download)
        encoded = prepare(train, folder, corpus.settings, test=test, corpus=corpus.name)
        print(f"{report(encoded, corpus.settings)}\n", flush=True)
    dataset = load_dataset(folder)
    if dataset.corpus != values.dataset:
        raise UserError(f"{folder} holds {dataset.corpus or 'other text'}, not {values.dataset}")
    return dataset


def run(values: flags.FlagValues) -> None:
    """Prepares, trains, scores, reports."""
    changes, seeds = overrides(values), parse_integers(values.seeds, "seeds")
    systems = list(dict.fromkeys(check_name(name) for name in values.systems))
    if not systems:
        raise UserError("--systems takes one or more systems")
    if values.semantics:
        named_semantics(values.semantics)
    text_preset(values.preset, vocab_size=2, length=4)  # refuse it before the corpus is prepared
    suffix = f"-{values.semantics}" if values.semantics else ""
    folder = Path(values.run_dir or f"save/text-{values.dataset}-{values.preset}{suffix}")
    folders.check(folder, "text", {})
    dataset = prepared(values, folder / "data")
    configs = [
        text_config(dataset, values.preset, values.semantics, system, seed, changes)
        for system in systems
        for seed in seeds
    ]
    paths = {folder / f"{config.system}-seed{config.seed}": config for config in configs}
    folders.check(folder, "text", paths)
    _train(paths, folder, dataset, values.dataset)


def _train(
    paths: dict[Path, Config], folder: Path, dataset: TextDataset, dataset_name: str
) -> None:
    """Trains and reports what was found to be good input."""
    # TensorFlow starts slowly, and talks: not for bad input.
    from benchmarks import text_report
    from leakgan_tf import text_runs
    from leakgan_tf.training.session import prepare_process

    prepare_process()
    command = shlex.join(["python", "-m", "benchmarks.text", *sys.argv[1:]])
    measured = {
        path.name: text_runs.train_text(config, dataset, folder / "data", path, command)
        for path, config in paths.items()
    }
    text_report.write(folder, dataset_name, list(paths.values()), measured, dataset, command)


def main() -> int:
    """Returns the exit status."""
    return entry.run(run, define_flags(), sys.argv, ABOUT)


if __name__ == "__main__":
    sys.exit(main())
