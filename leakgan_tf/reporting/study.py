"""Writes the page of the papers' human study: is this sentence real? (LeakGAN 4.4, SeqGAN 5.2)

Sentences of systems, real sentences and attention checks are in one list. The page has their
numbers and texts only; the key has their sources.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple, TypedDict

import numpy as np

from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.vocabulary import EOS_ID, UNK_ID
from leakgan_tf.reporting.template import fill_template
from leakgan_tf.utils.errors import UserError
from leakgan_tf.utils.printable import printable
from leakgan_tf.utils.schema import Limits
from leakgan_tf.utils.seeds import numpy_generator

REAL, CHECK = "real text", "attention check"  # sources in the key other than runs
KEY_FORMAT, RESULTS_FORMAT = "leakgan_tf study key", "leakgan_tf study results"
_LEAST_SHUFFLED = 6  # tokens: shorter sentences may still look real when shuffled
_INSTRUCTIONS = {
    True: "This item tests attention. Please answer: real.",
    False: "This item tests attention. Please answer: machine.",
}


class KeyEntry(TypedDict):
    """A sentence of the page: number, source, text, and the expected answer to a check."""

    id: Annotated[str, Limits(1, 20)]
    source: str
    expected: bool | None
    text: str


class StudyKey(TypedDict):
    """Content of study.key.json.

    ``systems``: {run: system}; ``copies``: {source: number of its sentences in the training set}.
    """

    format: Literal["leakgan_tf study key"]
    version: Literal[1]
    study: str
    corpus: str | None
    temperature: float
    seed: int
    systems: dict[str, str]
    copies: dict[str, int]
    sentences: list[KeyEntry]


class Item(NamedTuple):
    """A sentence of the page before numbers are assigned."""

    source: str
    text: str
    expected: bool | None = None


def choose_sentences(
    name: str, texts: Iterable[str], count: int, taken: set[str], remedy: str
) -> list[str]:
    """Returns the first `count` different texts that are not in `taken`, and adds them to it.

    Raises:
      UserError: there are fewer such texts.
    """
    found: list[str] = []
    for text in texts:
        if len(found) == count:
            break
        if text.strip() and text not in taken:
            taken.add(text)
            found.append(text)
    if len(found) < count:
        raise UserError(
            f"{name} has {len(found)} different sentences that can be shown, not {count}: {remedy}"
        )
    return found


def real_order(count: int, seed: int) -> np.ndarray:
    """Returns the random order in which held-out sentences are chosen, (count,)."""
    return numpy_generator(seed, "real").permutation(count)


def known_words(rows: np.ndarray, unknown: bool) -> np.ndarray:
    """Returns the sentences of (n, T) without unknown words, by which judges could tell them."""
    return rows[(rows != UNK_ID).all(axis=1)] if unknown else rows


def attention_checks(dataset: TextDataset, count: int, taken: set[str], seed: int) -> list[Item]:
    """Returns items with a known answer: real sentences with shuffled words, and instructions.

    Half of the items are instructions, or more if too few held-out sentences can be shuffled. The
    texts already shown, `taken`, are not used again.
    """
    random = numpy_generator(seed, "attention")
    rows = known_words(dataset.test, dataset.vocabulary.unknown)
    rows = rows[(rows != EOS_ID).sum(axis=1) >= _LEAST_SHUFFLED]
    rows = rows[random.permutation(len(rows))[: count // 2]]
    shuffled = []
    for row in rows:
        words = row[row != EOS_ID]
        text = printable(dataset.decode(words[_derangement(len(words), random)]))
        # Where words repeat, the shuffled sentence can be the real one.
        known = text in taken or text == printable(dataset.decode(words))
        shuffled += [] if known else [Item(CHECK, text, False)]
    rest = count - len(shuffled)
    told = [Item(CHECK, _INSTRUCTIONS[number % 2 == 0], number % 2 == 0) for number in range(rest)]
    return shuffled + told


def _derangement(size: int, random: np.random.Generator) -> np.ndarray:
    """Returns a random permutation without fixed points."""
    while True:
        order = random.permutation(size)
        if (order != np.arange(size)).all():
            return order


def make_key(
    items: Sequence[Item],
    systems: Mapping[str, str],
    copies: Mapping[str, int],
    corpus: str | None,
    temperature: float,
    seed: int,
) -> StudyKey:
    """Returns the key: items in random order, each with a number."""
    order = numpy_generator(seed, "study").permutation(len(items))
    width = len(str(len(items)))
    sentences: list[KeyEntry] = [
        {
            "id": f"{number:0{width}}",
            "source": items[place].source,
            "expected": items[place].expected,
            "text": items[place].text,
        }
        for number, place in enumerate(order, 1)
    ]
    digest = hashlib.sha256(json.dumps(sentences).encode()).hexdigest()
    return {
        "format": "leakgan_tf study key",
        "version": 1,
        "study": digest[:12],
        "corpus": corpus,
        "temperature": temperature,
        "seed": seed,
        "systems": dict(systems),
        "copies": dict(copies),
        "sentences": sentences,
    }


def study_page(key: StudyKey) -> str:
    """Returns the judges' page, which contains only the ids and texts of the key."""
    shown = [{"id": each["id"], "text": each["text"]} for each in key["sentences"]]
    return fill_template(
        "study",
        "Is this sentence real?",
        {"format": RESULTS_FORMAT, "version": 1, "study": key["study"], "sentences": shown},
    )
