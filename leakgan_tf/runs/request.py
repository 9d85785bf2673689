"""Requests to a trained generator: number of sentences, prompt or template, sampling options.

Does not import TensorFlow, so that a wrong request is refused before TensorFlow is loaded.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.text import normalize
from leakgan_tf.metrics.temperatures import check_temperature
from leakgan_tf.systems.registry import find_systems, system_config
from leakgan_tf.utils.arguments import NUMBER, SWITCH, TEXT, WHOLE, check_type
from leakgan_tf.utils.errors import UserError

OUTSIDE = (
    "top-k and top-p are outside every published protocol: scores of such sentences compare with "
    "no published figure"
)
BLANK = "___"  # a token to fill, in a template
TRIES = 50  # limit of samples per requested sentence with --unique or --novel


@dataclass(frozen=True)
class Request:
    """Sentences to generate.

    Attributes:
      num: number of sentences.
      temperature: divides the logits; below 1 is sharper.
      seed: the same seed gives the same sentences.
      prompt: the beginning of every sentence.
      template: a sentence with a `BLANK` for each token to fill, for systems that fill gaps.
      top_k: sample from this many most likely tokens; 0: from all.
      top_p: sample from the smallest set of most likely tokens with at least this probability.
      greedy: take the most likely token instead of sampling.
      unique: omit repeated sentences.
      novel: omit sentences of the training set.

    Raises:
      UserError: a value is impossible, or two of them contradict each other.
    """

    num: int
    temperature: float = 1.0
    seed: int = 0
    prompt: str = ""
    template: str = ""
    top_k: int = 0
    top_p: float = 1.0
    greedy: bool = False
    unique: bool = False
    novel: bool = False

    def __post_init__(self) -> None:
        check_type(WHOLE, num=self.num, seed=self.seed, top_k=self.top_k)
        check_type(NUMBER, temperature=self.temperature, top_p=self.top_p)
        check_type(TEXT, prompt=self.prompt, template=self.template)
        check_type(SWITCH, greedy=self.greedy, unique=self.unique, novel=self.novel)
        if self.num < 0:
            raise UserError(f"num must be 0 or more, not {self.num}")
        if not -(2**31) <= self.seed < 2**31:
            raise UserError(f"seed must fit into 32 bits, not {self.seed}")
        check_temperature(self.temperature, "temperature")
        if not 0 <= self.top_k < 2**31:
            raise UserError(f"top_k must be 0 (all tokens) or more, not {self.top_k}")
        if not 0 < self.top_p <= 1:  # NaN neither
            raise UserError(f"top_p must be above 0 and at most 1, not {self.top_p:g}")
        if self.greedy and (self.temperature != 1 or self.truncated):
            raise UserError(
                "greedy takes the most likely token: leave out temperature, top_k and top_p"
            )
        if self.prompt and self.template:
            raise UserError(
                "give a prompt or a template, not both: a template has its own beginning"
            )
        if self.greedy and self.unique and self.num > 1:
            raise UserError("greedy gives one sentence only: leave out unique, or set num to 1")

    @property
    def truncated(self) -> bool:
        """Whether top-k or top-p excludes tokens."""
        return self.top_k > 0 or self.top_p < 1

    @property
    def plain(self) -> bool:
        """Whether only num, temperature and seed are set."""
        given = self.prompt or self.template
        return not (given or self.truncated or self.greedy or self.unique or self.novel)

    @property
    def law(self) -> str:
        """Description of the law that tokens are sampled from."""
        if self.greedy:
            return "greedy: the likeliest token"
        words = [f"temperature {self.temperature:g}"]
        words += [f"top-k {self.top_k}"] * (self.top_k > 0)
        words += [f"top-p {self.top_p:g}"] * (self.top_p < 1)
        return ", ".join(words)


@dataclass(frozen=True)
class Sentence:
    """A generated sentence.

    Attributes:
      text: the sentence as returned by `generate`.
      tokens: its tokens, given ones included.
      prompt_tokens: number of tokens given by the prompt or template.
      log_prob_model: log-probability of the other tokens and the end of the sentence under the
        model at temperature 1, in nats.
      log_prob_law: the same under the law they were sampled from, in nats. `unique` and `novel` are
        not taken into account.
    """

    text: str
    tokens: tuple[str, ...]
    prompt_tokens: int
    log_prob_model: float
    log_prob_law: float


def make_request(num: int, temperature: float = 1.0, seed: int = 0, **options: Any) -> Request:
    """Returns a request; raises ``UserError`` if an option is unknown or impossible."""
    known = [field.name for field in fields(Request)]
    for name in options:
        if name not in known:
            raise UserError(f"generate has no option {name!r}: one of {', '.join(known)}")
    return Request(num, temperature, seed, **options)


def describe_filter(request: Request) -> str:
    """Returns the requested filters in words: "unique", "novel" or "unique and novel"."""
    words = ["unique"] * request.unique + ["novel"] * request.novel
    return " and ".join(words)


def encode_prompt(prompt: str, reader: TextReader | None, length: int) -> list[int]:
    """Returns a prompt's ids, split into tokens as the training text was; [] for "".

    Raises:
      UserError: a word is unknown (the message names the nearest known ones), the prompt has T
        tokens or more, or the task is not text.
    """
    if not prompt:
        return []
    if reader is None:
        raise UserError("a prompt needs a run on text: the tokens of this run are not words")
    (tokens,) = tokenize([prompt], reader)
    _refuse_unknown(tokens, reader, "prompt")
    if len(tokens) >= length:
        raise UserError(
            f"the prompt has {len(tokens)} tokens, but sentences of this model at most {length}: "
            f"give {length - 1} or fewer"
        )
    return [int(each) for each in reader.vocabulary.encode(tokens, length)[: len(tokens)]]


def encode_template(
    template: str, reader: TextReader | None, config: Config[Any]
) -> list[int | None]:
    """Returns a template's ids, None for each blank, split into tokens as the training text was.

    Raises:
      UserError: the system does not fill gaps, the task is not text, a word is unknown (the message
        names the nearest known ones), there is no blank, or the template has more than T tokens.
    """
    if not config.own.fills:
        able = ", ".join(name for name in find_systems() if system_config(name).fills)
        raise UserError(f"a template needs a run of {able}: {config.system} fills no blanks")
    if reader is None:
        raise UserError("a template needs a run on text: the tokens of this run are not words")
    parts = tokenize(template.split(BLANK), reader)
    if len(parts) < 2:
        raise UserError(f"the template has no blank: write {BLANK} for each word to fill")
    _refuse_unknown([token for part in parts for token in part], reader, "template")
    ids: list[int | None] = []
    for part in parts:
        ids += [int(each) for each in reader.vocabulary.encode(part, len(part))]
        ids.append(None)
    ids.pop()  # one blank fewer than parts
    if len(ids) > config.length:
        raise UserError(
            f"the template has {len(ids)} tokens, but sentences of this model have at most "
            f"{config.length}: shorten it"
        )
    return ids


def tokenize(parts: Sequence[str], reader: TextReader) -> list[list[str]]:
    """Returns the tokens of each part, in Unicode's form NFC as `prepare` reads text.

    The vocabulary of a run on a data folder from before that may have words in other forms. If NFC
    has an unknown word, a form without one is taken: that of the parts, or NFD.
    """
    first: list[list[str]] = []
    for form in (normalize, str, lambda part: unicodedata.normalize("NFD", part)):
        found = [reader.tokenizer.tokenize(form(part)) for part in parts]
        if all(reader.vocabulary.knows(token) for tokens in found for token in tokens):
            return found
        first = first or found
    return first


def _refuse_unknown(tokens: Sequence[str], reader: TextReader, what: str) -> None:
    unknown = [token for token in dict.fromkeys(tokens) if not reader.vocabulary.knows(token)]
    if not unknown:
        return
    token = unknown[0]
    near = reader.vocabulary.nearest(token)
    advice = f"nearest known: {', '.join(near)}" if near else "no known word is near it"
    more = f" (and {len(unknown) - 1} more)" if unknown[1:] else ""
    raise UserError(
        f"the {what} has a word that is not in the training text: {token!r}{more}; {advice}"
    )


def count_drawn(tokens: np.ndarray, drawn: np.ndarray, end: int) -> np.ndarray:
    """Returns the mask (n, T) of the tokens that were `drawn` (T,), up to the first `end`."""
    unended = np.cumprod(tokens != end, axis=1, dtype=bool)
    before = np.pad(unended[:, :-1], [[0, 0], [1, 0]], constant_values=True)
    return before & drawn
