"""``python -m leakgan_tf generate``: sentences or melodies of a trained generator."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from absl import flags

from leakgan_tf.cli.config_flags import BEST
from leakgan_tf.cli.entry import new_flags
from leakgan_tf.cli.run_flags import define_run, named_run
from leakgan_tf.data.midi import STEP, exact_step, write_melody
from leakgan_tf.data.reader import ReaderFile
from leakgan_tf.data.text import PitchTokenizer
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.runs.request import (
    BLANK,
    OUTSIDE,
    Request,
    Sentence,
    encode_prompt,
    encode_template,
    make_request,
)
from leakgan_tf.runs.shipped import find_run, training_text
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.files import read_json, refuse_existing, write_text
from leakgan_tf.utils.printable import printable

ABOUT = """Generates sentences with a finished or interrupted run, one a line.

generate --run RUN [--num 20] [--prompt "a man"] [--out FILE]
generate --run RUN --template "a man ___ on the ___"    fills the blanks (runs of maskgan)
generate --run RUN --midi FOLDER    melodies as MIDI files (runs on melodies)

RUN is a run's folder, or a model that comes with the package: captions (LeakGAN), captions-mle.

Example: python -m leakgan_tf generate --run=captions --prompt="a man" --temperature=0.7"""
LAW, FILTERS, OUTPUT, MELODIES = "Sampling", "Filters", "Output", "Melodies"
FORMATS = ("text", "jsonl")
_OPTIONS = [field.name for field in dataclasses.fields(Request) if field.name != "num"]


def define_flags() -> flags.FlagValues:
    """Returns the command's flags."""
    values = new_flags()
    own = {"flag_values": values}
    define_run(values)
    flags.DEFINE_integer("num", 10, "Number of sentences.", lower_bound=0, **own)
    flags.DEFINE_string(
        "prompt", "", "Beginning of every sentence, in words of the training text.", **own
    )
    flags.DEFINE_string(
        "template",
        "",
        f"A sentence with {BLANK} for each missing word, for runs of a system that fills gaps.",
        **own,
    )
    flags.DEFINE_integer("seed", 0, "The same seed gives the same sentences.", **own)
    flags.DEFINE_bool("best", False, BEST, **own)
    _define_law({**own, "module_name": LAW})
    filters = {**own, "module_name": FILTERS}
    flags.DEFINE_bool("unique", False, "Write no sentence twice.", **filters)
    flags.DEFINE_bool("novel", False, "Write no sentence of the training set.", **filters)
    flags.DEFINE_string("data", None, "With --novel: the data folder, if it has moved.", **filters)
    output = {**own, "module_name": OUTPUT}
    flags.DEFINE_enum(
        "format",
        "text",
        FORMATS,
        "text: a sentence a line. jsonl: a JSON object a line, with tokens and log-probabilities: "
        "log_prob_model, under the model at temperature 1, and log_prob_law, under the "
        "distribution that the tokens were sampled from.",
        **output,
    )
    flags.DEFINE_string("out", None, "Output file. Default: standard output.", **output)
    flags.DEFINE_bool("overwrite", False, "Replace --out, or files in --midi.", **output)
    melodies = {**own, "module_name": MELODIES}
    flags.DEFINE_string("midi", None, "Folder for melodies, one MIDI file each.", **melodies)
    flags.DEFINE_float(
        "step", None, f"With --midi: seconds per pitch, as in prepare. Default: {STEP}.", **melodies
    )
    return values


def _define_law(own: dict[str, Any]) -> None:
    outside = "Outside every published protocol."
    flags.DEFINE_float(
        "temperature", 1.0, "Divides the logits: below 1 is sharper; for example 0.7.", **own
    )
    flags.DEFINE_integer(
        "resample",
        None,
        "Choose each sentence among this many candidates with the run's own discriminator; for "
        "example 8.",
        lower_bound=1,
        **own,
    )
    flags.DEFINE_integer(
        "top_k", 0, f"Sample from this many of the likeliest tokens; 0: from all. {outside}", **own
    )
    flags.DEFINE_float(
        "top_p",
        1.0,
        f"Sample from the smallest set of tokens with this total probability. {outside}",
        **own,
    )
    flags.DEFINE_bool("greedy", False, "Take the likeliest token instead of sampling.", **own)


def run(values: flags.FlagValues) -> None:
    """Loads the run, samples sentences and writes them."""
    run_folder = RunFolder(find_run(named_run(values)))
    options = {name: values[name].value for name in _OPTIONS}
    request = make_request(values.num, **options)
    if values.data and not values.novel:
        raise UserError("--data goes with --novel only")
    if values.resample and not (request.plain and values.format == "text"):
        raise UserError("--resample goes with --num, --temperature and --seed only")
    if values.out:
        refuse_existing(values.out, values.overwrite)
    run_folder.weights(values.best)
    _check_melody_flags(values, run_folder)
    _check_text(request, run_folder, values.data)
    from leakgan_tf.runs.load import load  # TensorFlow starts slowly: not for bad input

    trained = load(run_folder.path, values.best)
    if values.best:
        print(trained.chosen, file=sys.stderr)
    if values.resample:
        lines, effective = trained.resample(
            values.num, values.resample, values.temperature, values.seed
        )
        print(f"effective sample size {effective:.2f} of {values.resample}", file=sys.stderr)
    elif request.plain and values.format == "text":
        lines = trained.generate(values.num, values.temperature, values.seed)
    else:
        sentences = trained.sentences(values.num, data=values.data, **options)
        lines = [_line(each, values.format, request) for each in sentences]
    if request.truncated:
        print(f"note: {OUTSIDE}", file=sys.stderr)
    if values.midi:
        _write_midi(values, lines)
        return
    text = "".join(line + "\n" for line in lines)
    if not values.out:
        sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
        return
    write_text(values.out, text)
    print(printable(f"{len(lines)} sentences in {values.out}"), file=sys.stderr)


def _line(sentence: Sentence, form: str, request: Request) -> str:
    """Returns a sentence as a line of text, or of JSON with its sampling distribution."""
    if form == "text":
        return sentence.text
    content = {
        "text": sentence.text,
        "tokens": sentence.tokens,
        "prompt_tokens": sentence.prompt_tokens,
        "log_prob_model": sentence.log_prob_model,
        "log_prob_law": sentence.log_prob_law,
        "law": request.law,
    }
    return json.dumps(content, ensure_ascii=False)


def _check_text(request: Request, run_folder: RunFolder, data: str | None) -> None:
    """Refuses a prompt, a template or a data folder that does not fit the run."""
    if not (request.prompt or request.template or request.novel):
        return
    config = run_folder.read_config()
    reader = run_folder.read_reader(config)
    encode_prompt(request.prompt, reader, config.length)
    if request.template:
        encode_template(request.template, reader, config)
    if request.novel:
        training_text(run_folder, config, data)


def _check_melody_flags(values: flags.FlagValues, run_folder: RunFolder) -> None:
    if values.midi is None:
        if values.step is not None:
            raise UserError("--step goes with --midi only")
        return
    if not values.midi:
        raise UserError("--midi is empty: name a folder")
    if values.out or values.format != "text":
        raise UserError("--midi cannot be used with --out or --format=jsonl")
    exact_step(STEP if values.step is None else values.step)
    reader, known = run_folder.reader, "a run's vocabulary"
    melodies = reader.exists() and read_json(reader, known, ReaderFile)["tokenizer"]
    if melodies != PitchTokenizer.name:
        raise UserError(
            f"{run_folder.path} generates no melodies: its data is not from prepare --midi"
        )
    if Path(values.midi).exists() and not Path(values.midi).is_dir():
        raise UserError(f"{values.midi} is a file; --midi names a folder")
    for path in _midi_paths(values):
        refuse_existing(path, values.overwrite)


def _midi_paths(values: flags.FlagValues) -> list[Path]:
    width = max(len(str(values.num)), 3)
    return [Path(values.midi) / f"{number:0{width}}.mid" for number in range(1, values.num + 1)]


def _write_midi(values: flags.FlagValues, sentences: list[str]) -> None:
    """Writes each sentence's pitches as a file of its own."""
    for path, sentence in zip(_midi_paths(values), sentences, strict=True):
        write_melody(path, [int(pitch) for pitch in sentence.split()], values.step or STEP)
    print(printable(f"{len(sentences)} melodies in {values.midi}"), file=sys.stderr)
