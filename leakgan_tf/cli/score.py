"""``python -m leakgan_tf score``: log-probabilities of given sentences under a trained run."""

import json
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.cli.run_flags import define_run, named_run
from leakgan_tf.data.text import read_sentences
from leakgan_tf.metrics.temperatures import check_temperature
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.shipped import find_run
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import refuse_existing, write_text
from leakgan_tf.utils.printable import printable

if TYPE_CHECKING:
    from leakgan_tf.runs.scoring import ScoredSentence

ABOUT = """Writes the log-probability of each sentence of a text file under a trained run, as JSON.

score --run RUN --input FILE [--temperature 0.7] [--out FILE]

Each line has text, tokens, unknown (number of words outside the vocabulary, each scored as <unk>),
counted (number of tokens, with the end of the sentence) and log_prob, in nats: null if the model
cannot generate the sentence. Empty lines are left out.

Example: python -m leakgan_tf score --run=captions --input=my.txt"""


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    define_run(values)
    flags.DEFINE_string("input", None, "Text file, plain or gzip, one sentence a line.", **own)
    flags.DEFINE_string("encoding", "", "Encoding of --input. Default: UTF-8.", **own)
    flags.DEFINE_float("temperature", 1.0, "Divides the logits: below 1 is sharper.", **own)
    flags.DEFINE_bool("best", False, BEST, **own)
    flags.DEFINE_string("out", None, "Output file. Default: standard output.", **own)
    flags.DEFINE_bool("overwrite", False, "Replace --out.", **own)
    return values


def run(values: flags.FlagValues) -> None:
    """Reads the sentences, loads the run and writes a line of JSON for each sentence."""
    folder = RunFolder(find_run(named_run(values)))
    if not values.input:
        raise UserError("--input is missing: a text file with one sentence a line")
    check_temperature(values.temperature, "--temperature")
    if values.out:
        refuse_existing(values.out, values.overwrite, [("input", values.input)])
    folder.weights(values.best)
    sentences = [line for _, line in read_sentences(values.input, values.encoding) if line]
    if not sentences:
        raise UserError(f"{values.input} has no sentence")
    from leakgan_tf.runs.load import load  # TensorFlow starts slowly: not for bad input

    scored = load(folder.path, values.best).score(sentences, values.temperature)
    text = "".join(_line(each) + "\n" for each in scored)
    if values.out:
        write_text(values.out, text)
    else:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
    print(_summary(scored), file=sys.stderr)


def _line(sentence: "ScoredSentence") -> str:
    content = {
        "text": sentence.text,
        "tokens": sentence.tokens,
        "unknown": sentence.unknown,
        "counted": sentence.counted,
        "log_prob": sentence.log_prob if math.isfinite(sentence.log_prob) else None,
    }
    return json.dumps(content, ensure_ascii=False)


def _summary(scored: Sequence["ScoredSentence"]) -> str:
    """Returns the mean of the sentences that have a probability, and the number of the others."""
    possible = [each for each in scored if math.isfinite(each.log_prob)]
    text = f"{len(scored)} sentences"
    if possible:
        counted = sum(each.counted for each in possible)
        nll = -sum(each.log_prob for each in possible) / counted
        text += f": {nll:.3f} nats per token, perplexity {math.exp(min(nll, 700)):.4g}"
    if lost := len(scored) - len(possible):
        text += f"; {lost} cannot be generated: too long, or with an unknown word"
    return text
