"""``evaluate`` on text files: scores samples from any source, without a model or TensorFlow."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from absl import flags
from tabulate import tabulate

from leakgan_tf.cli import entry
from leakgan_tf.data import text
from leakgan_tf.metrics import bleu
from leakgan_tf.metrics.text_scores import text_scores
from leakgan_tf.utils import files
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable

ABOUT = """Scores generated text against held-out text: BLEU, Self-BLEU, backward BLEU, diversity.

evaluate --samples FILE --references FILE [--train FILE] [--json OUT]

Every file holds one sentence a line, as plain or gzip-compressed UTF-8 text."""

BY_ORDER = {
    "bleu": "BLEU",
    "self_bleu": "Self-BLEU (lower: more varied)",
    "backward_bleu": "backward BLEU",
    "bleu_train": "BLEU against the training set",
    "distinct": "distinct n-grams",
}
SHARES = {
    "distinct_sentences": "distinct sentences",
    "copied_from_train": "copied from the training set",
}


def define_flags() -> flags.FlagValues:
    """Returns the flags of the command, none of them set."""
    values = entry.new_flags()
    own = {"flag_values": values}
    flags.DEFINE_string("samples", None, "Generated sentences, at least two.", **own)
    flags.DEFINE_string("references", None, "Held-out sentences to compare with.", **own)
    flags.DEFINE_string("train", None, "Training sentences: finds copies of them.", **own)
    flags.DEFINE_enum(
        "tokenizer",
        "word",
        text.TOKENIZER_NAMES,
        "What a token is; the same for every file.",
        **own,
    )
    flags.DEFINE_bool("lowercase", False, "Lower all text before it is compared.", **own)
    flags.DEFINE_enum(
        "smoothing", "method1", bleu.SMOOTHINGS, "BLEU of an n-gram order without match.", **own
    )
    flags.DEFINE_string("json", None, "Also write the scores and their protocol here.", **own)
    flags.DEFINE_bool("overwrite", False, "Allow --json to replace a file.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Reads the files, prints the scores with their protocol and writes them to ``--json``.

    Raises:
        UserError: If a file is missing, empty or not text, there is a single sample, or ``--json``
            exists and ``--overwrite`` is not given.
    """
    paths = _input_paths(values)
    if values.json is not None:
        _check_output(values.json, values.overwrite, paths)
    tokenizer = text.get_tokenizer(values.tokenizer, lowercase=values.lowercase)
    sentences, blank = {}, {}
    for name, path in paths.items():
        sentences[name], blank[name] = _read(path, tokenizer)
    if len(sentences["samples"]) < 2:
        raise UserError(f"{paths['samples']} holds one sentence; self-BLEU needs at least two")
    scores = text_scores(
        sentences["samples"],
        sentences["references"],
        sentences.get("train"),
        tokenizer=values.tokenizer,
        lowercase=values.lowercase,
        smoothing=values.smoothing,
        notes={"files": paths, "blank_lines_ignored": blank},
    )
    # First the file: whoever reads the table may close the pipe early.
    if values.json is not None:
        files.write_json(values.json, scores)
    print(printable(report(scores)))


def report(scores: Mapping[str, Any]) -> str:
    """Returns the result of ``text_scores`` as a table for reading, the protocol under it."""
    present = {name: title for name, title in BY_ORDER.items() if name in scores}
    orders = sorted({int(order) for name in present for order in scores[name]})
    rows = [
        [title, *(scores[name].get(str(order)) for order in orders)]
        for name, title in present.items()
    ]
    headers = ["n-gram order", *map(str, orders)]
    by_order = tabulate(rows, headers, floatfmt=".4f", missingval="-")
    shares = tabulate(
        [[title, scores[name]] for name, title in SHARES.items() if name in scores],
        ["share of samples", ""],
        floatfmt=".4f",
    )
    protocol = tabulate(
        _protocol_lines(scores["protocol"]), tablefmt="plain", disable_numparse=True
    )
    return f"{by_order}\n\n{shares}\n\nProtocol\n{protocol}"


def _input_paths(values: flags.FlagValues) -> dict[str, str]:
    for name in ("samples", "references"):
        if not values[name].value:
            raise UserError(f"--{name} is missing: a file with one sentence a line")
    for name in ("train", "json"):
        if values[name].value == "":
            raise UserError(f"--{name} is empty; name a file or leave it out")
    names = ("samples", "references", "train")
    return {name: values[name].value for name in names if values[name].value is not None}


def _check_output(output: str, overwrite: bool, inputs: Mapping[str, str]) -> None:
    for name, path in inputs.items():
        if Path(output).resolve() == Path(path).resolve():
            raise UserError(f"--json={output} would replace the --{name} file")
    files.refuse_existing(output, overwrite)


def _read(path: str, tokenizer: text.Tokenizer) -> tuple[list[list[str]], int]:
    """Returns the tokens of each line that is not blank, and the number of blank lines."""
    tokenised, blank = [], 0
    for _, line in text.read_sentences(path):
        if line:
            tokenised.append(tokenizer.tokenize(line))
        else:
            blank += 1
    if not tokenised:
        raise UserError(f"{path} holds no sentence")
    return tokenised, blank


def _protocol_lines(protocol: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, entry_ in protocol.items():
        if isinstance(entry_, Mapping):
            stated = ", ".join(f"{key} {value}" for key, value in entry_.items())
        elif isinstance(entry_, list):
            stated = ", ".join(map(str, entry_))
        else:
            stated = {True: "yes", False: "no", None: "not given"}.get(entry_, str(entry_))
        yield f"{name.replace('_', ' ')}:", stated
