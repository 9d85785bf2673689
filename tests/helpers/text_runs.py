"""A small data folder and untrained runs on it."""

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.data.dataset import load_dataset, prepare
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.reader import TextReader
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.text_config import dataset_digest
from leakgan_tf.utils.files import write_json

LENGTH = 8


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
