"""Runs on a small text."""

from helpers import runs
from leakgan_tf.api.datasets import prepare
from leakgan_tf.data.reader import TextReader
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.text_config import text_config
from leakgan_tf.utils.files import write_json

SENTENCES = [f"{a} {b} {c}." for a in ("a", "the", "one") for b in ("man", "cat", "giraffe")
             for c in ("sits", "eats")]  # fmt: skip


def made_on_text(system, folder, semantics=None):
    """Makes a run on text with random weights in FOLDER/run, of data in FOLDER/data."""
    (folder / "text.txt").write_text("".join(f"{line}\n" for line in SENTENCES))
    data = prepare(folder / "text.txt", folder / "data", max_length=4).contents
    sizes = {"batch_size": 4, "sampling_batch": 16, "generator_hidden": 4, "padding": "masked"}
    config = text_config(data, "smoke", semantics, system, 0, sizes)
    runs.begun(config, folder / "run", made_by={"data": str(folder / "data")})
    write_json(
        RunFolder(folder / "run").reader, TextReader(data.vocabulary, data.tokenizer).to_json()
    )
    return folder
