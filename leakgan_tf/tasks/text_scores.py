"""Scores of generators of text and of real text: BLEU, diversity, NLL, grammar, melody."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from leakgan_tf.config.config import Config
from leakgan_tf.data import captions
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.reader import TextReader
from leakgan_tf.data.text import PitchTokenizer
from leakgan_tf.generation.generator import Generator
from leakgan_tf.metrics.melody import held_to, melody_errors
from leakgan_tf.metrics.nll import held_out_nlls
from leakgan_tf.metrics.text_scores import text_scores
from leakgan_tf.utils.seeds import derive, numpy_generator

MOST = 10_000  # sentences of each side in the scores, unless asked for otherwise
# Temperatures of the sweep of every finished run: reciprocals of round factors on the logits.
SWEEP = tuple(1 / factor for factor in (0.7, 0.85, 1.0, 1.2, 1.5))
SWEPT = 2_000  # sentences of each side at each of them
# What the sweep keeps of the scores.
_KEPT = ("temperature", "nll_test", "bleu", "self_bleu", "backward_bleu", "distinct_sentences",
         "copied_from_train")  # fmt: skip
_MEASURE_SEED = 0  # of the samples that a finished run is scored on


def scoring_samples(
    generator: Generator, dataset: TextDataset, temperature: float, num: int = MOST
) -> np.ndarray:
    """Returns the samples that a generator is scored on: as many as are held out, at most `num`."""
    seed = derive(_MEASURE_SEED, "score")
    return generator.sample(min(num, max(len(dataset.test), 2)), temperature, seed)


def score_generator(
    generator: Generator,
    config: Config,
    dataset: TextDataset,
    reader: TextReader,
    temperature: float,
    num: int = MOST,
    samples: np.ndarray | None = None,
    nll: float | None = None,
) -> dict[str, Any]:
    """Returns text scores with their protocol, and the held-out NLL at the same temperature.

    Args:
      generator: what is scored; no weight changes.
      config: its configuration.
      dataset: training and held-out sentences.
      reader: how ids become tokens.
      temperature: divides the logits of the samples and of the held-out likelihood.
      num: the most samples and held-out sentences that are used.
      samples: what `scoring_samples` returns, if it is known already.
      nll: NLL_test at that temperature, if it is known already.
    """
    if samples is None:
        samples = scoring_samples(generator, dataset, temperature, num)
    if nll is None:
        (nll,) = held_out(generator, config, dataset, [temperature], num)

    def words(rows: np.ndarray) -> list[list[str]]:
        return [reader.tokens(row) for row in rows]

    scores = text_scores(
        words(samples),
        [_known(row, reader) for row in dataset.test[:num]],
        words(dataset.train[: max(num, MOST)]),
        tokenizer=reader.tokenizer.name,
        lowercase=reader.tokenizer.lowercase,
        available={"references": len(dataset.test), "train": len(dataset.train)},
        notes=_notes(config, dataset, temperature, sum(not reader.tokens(row) for row in samples)),
    )
    return {
        "temperature": temperature,
        "nll_test": nll,
        **scores,
        **_grammar_scores(dataset, words(samples)),
        **melody_scores(dataset, words(samples)),
    }


def held_out(
    generator: Generator,
    config: Config,
    dataset: TextDataset,
    temperatures: Sequence[float],
    num: int = MOST,
) -> list[float]:
    """Returns NLL_test at each temperature, on at most `num` held-out sentences."""
    unknown = dataset.vocabulary.unknown_id
    return held_out_nlls(
        generator, dataset.test[:num], temperatures, ends=config.ends, unknown=unknown
    )


def temperature_sweep(
    generator: Generator, config: Config, dataset: TextDataset, reader: TextReader
) -> list[dict[str, Any]]:
    """Returns scores at every temperature of `SWEEP`, on at most `SWEPT` sentences of each side.

    ``samples`` and ``references`` in a row say how many were used; all else is as in
    `score_generator`.
    """
    rows = []
    nlls = held_out(generator, config, dataset, SWEEP, SWEPT)
    for temperature, nll in zip(SWEEP, nlls, strict=True):
        scores = score_generator(generator, config, dataset, reader, temperature, SWEPT, nll=nll)
        used = {name: scores["protocol"][name]["used"] for name in ("samples", "references")}
        rows.append({**{name: scores[name] for name in _KEPT}, **used})
    return rows


def real_figures(dataset: TextDataset, num: int = MOST) -> dict[str, Any]:
    """Returns the scores of real text: training sentences, scored as a generator's samples are.

    As many are chosen at random, none twice, as a generator writes, or all there are. It is what a
    model reaches that has learned all there is to learn; papers have such a row, "real data".
    """
    count = min(num, max(len(dataset.test), 2), len(dataset.train))
    random = numpy_generator(_MEASURE_SEED, "real")
    rows = random.choice(len(dataset.train), count, replace=False)
    reader = TextReader(dataset.vocabulary, dataset.tokenizer)
    samples = [reader.tokens(dataset.train[row]) for row in rows]
    scores = text_scores(
        samples,
        [_known(row, reader) for row in dataset.test[:num]],
        tokenizer=reader.tokenizer.name,
        lowercase=reader.tokenizer.lowercase,
        available={"samples": len(dataset.train), "references": len(dataset.test)},
    )
    return {**scores, **_grammar_scores(dataset, samples), **melody_scores(dataset, samples)}


def _known(row: np.ndarray, reader: TextReader) -> list[str | None]:
    """Returns a held-out sentence's tokens, None for a word without an id.

    None equals no sample's token: no sample can have hit such a word.
    """
    unknown = reader.vocabulary.unknown_id
    ids = row.tolist()
    pairs = zip(ids, reader.tokens(ids), strict=False)
    return [None if index == unknown else word for index, word in pairs]


def _notes(config: Config, dataset: TextDataset, temperature: float, empty: int) -> dict[str, Any]:
    """Returns what the protocol says beside the sizes and the BLEU."""
    omitted = f"; without {dataset.settings.omit}" if dataset.settings.omit else ""
    return {
        "temperature": f"logits divided by {temperature:.3g}",
        "tokens": "as prepared: sentences that the data folder dropped are not among them"
        + omitted,
        "nll_test": "nats per held-out token at the same temperature; "
        + ("the end symbol counts, the filling not" if config.ends else "the filling counts"),
        "unknown_words": "held-out words without an id match no sample, and do not count in "
        "NLL_test",
        "empty_samples": empty,
    }


def _grammar_scores(dataset: TextDataset, sentences: list[list[str]]) -> dict[str, float]:
    """Returns what the embedded grammar, an oracle for text, says of samples; else nothing.

    ``grammatical``: the share of samples that the grammar can write; ``nll_grammar``: their mean
    NLL under it, in nats per sentence.
    """
    if dataset.corpus != "captions":
        return {}
    log_prob = np.array([captions.log_prob(sentence) for sentence in sentences])
    derivable = log_prob[np.isfinite(log_prob)]
    scores = {"grammatical": len(derivable) / len(log_prob)}
    if len(derivable):
        scores["nll_grammar"] = float(-derivable.mean())
    return scores


def melody_scores(dataset: TextDataset, sentences: list[list[str]]) -> dict[str, float]:
    """Returns what is said of melodies (`metrics.melody`); nothing of other text.

    ``early_ends``: the share of samples with fewer than T steps, which no real melody has; the
    errors hold their last pitch to the end, and leave out samples without any.
    """
    if dataset.tokenizer.name != PitchTokenizer.name:
        return {}
    reader = TextReader(dataset.vocabulary, dataset.tokenizer)
    melodies, references = (
        held_to([[int(pitch) for pitch in each] for each in part], dataset.length)
        for part in (sentences, [reader.tokens(row) for row in dataset.test])
    )
    short = sum(len(each) < dataset.length for each in sentences)
    errors = melody_errors(melodies, references) if len(melodies) else {}
    return {**errors, "early_ends": short / len(sentences)}
