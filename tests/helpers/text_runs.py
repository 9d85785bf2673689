"""Small data folders and untrained runs on them."""

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.api import datasets
from leakgan_tf.data.dataset import load_dataset, prepare
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.reader import TextReader
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.text_config import dataset_digest, text_config
from leakgan_tf.utils.files import write_json

LENGTH = 8
SENTENCES = [f"{a} {b} {c}." for a in ("a", "the", "one") for b in ("man", "cat", "giraffe")
             for c in ("sits", "eats")]  # fmt: skip


def prepared(folder, settings=None):
    """Writes a data folder of 300 different sentences; returns the data."""
    lines = [
        f"the {who} {does} {how} in the {where} .\n"
        for who in ("cat", "dog", "fox", "owl", "man")
        for does in ("sits", "eats", "sleeps", "runs", "waits")
        for how in ("still", "alone", "again")
        for where in ("garden", "house", "rain", "dark")
    ]
    text = folder.with_suffix(".txt")
    text.write_text("".join(lines))
    prepare([text], folder, settings or PrepareSettings(max_length=LENGTH))
    return load_dataset(folder)


def begun(system, dataset, folder):
    """Makes the folder of an interrupted run on the data, with random weights."""
    config = tiny(
        system,
        task="text",
        length=dataset.length,
        vocab_size=len(dataset.vocabulary),
        dataset=dataset_digest(dataset),
    )
    system = runs.begun(config, folder)
    reader = TextReader(dataset.vocabulary, dataset.tokenizer)
    write_json(RunFolder(folder).reader, reader.to_json())
    return system


def made_on_text(system, folder, semantics=None):
    """Makes a run with random weights in FOLDER/run, on `SENTENCES` in FOLDER/data; T = 4."""
    (folder / "text.txt").write_text("".join(f"{line}\n" for line in SENTENCES))
    data = datasets.prepare(folder / "text.txt", folder / "data", max_length=4).contents
    sizes = {"batch_size": 4, "sampling_batch": 16, "generator_hidden": 4, "padding": "masked"}
    config = text_config(data, "smoke", semantics, system, 0, sizes)
    runs.begun(config, folder / "run", made_by={"data": str(folder / "data")})
    reader = TextReader(data.vocabulary, data.tokenizer)
    write_json(RunFolder(folder / "run").reader, reader.to_json())
    return folder
