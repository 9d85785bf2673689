"""Scores of text generators and of real text: BLEU, diversity, NLL, grammar, melody."""

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
from leakgan_tf.utils.status import stage

MOST = 10_000  # default limit of samples and of held-out sentences in the scores
# Temperatures of the sweep of every trained generator: reciprocals of round factors on the logits.
SWEEP = tuple(1 / factor for factor in (0.7, 0.85, 1.0, 1.2, 1.5))
SWEPT = 2_000  # limit of samples and of held-out sentences at each of them
# The scores in a row of the sweep.
_KEPT = ("temperature", "nll_test", "bleu", "self_bleu", "backward_bleu", "distinct_sentences",
         "copied_from_train")  # fmt: skip
_MEASURE_SEED = 0  # seed of the scored samples


def scoring_samples(
    generator: Generator, dataset: TextDataset, temperature: float, num: int = MOST
) -> np.ndarray:
    """Samples the sentences to score: as many as there are held-out ones, at most `num`."""
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

    BLEU against the training set uses its first `num` sentences, but at least `MOST`. Copies are
    counted in all of it.

    Args:
      generator: the generator to score; its weights do not change.
      config: its configuration.
      dataset: training and held-out sentences.
      reader: converts ids to tokens.
      temperature: divides the logits of the samples and of the held-out likelihood.
      num: limit of samples and of held-out sentences.
      samples: the result of `scoring_samples`; default: computed.
      nll: NLL_test at this temperature in nats per token; default: computed.

    Returns:
      ``temperature``, ``nll_test`` in nats per token, the scores and ``protocol`` of
      `metrics.text_scores.text_scores`, and those of grammatical text and melodies.
    """
    if samples is None:
        samples = scoring_samples(generator, dataset, temperature, num)
    if nll is None:
        (nll,) = held_out(generator, config, dataset, [temperature], num)

    def words(rows: np.ndarray) -> list[list[str]]:
        return [reader.tokens(row) for row in rows]

    notes = _notes(config, dataset, temperature, sum(not reader.tokens(row) for row in samples))
    with stage("computing BLEU"):
        scores = text_scores(
            words(samples),
            [_known(row, reader) for row in dataset.test[:num]],
            words(dataset.train[: max(num, MOST)]),
            tokenizer=reader.tokenizer.name,
            lowercase=reader.tokenizer.lowercase,
            available={"references": len(dataset.test), "train": len(dataset.train)},
            notes=notes,
            every=map(reader.tokens, dataset.train),
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
    """Returns NLL_test at each temperature in nats per token, on at most `num` sentences."""
    unknown = dataset.vocabulary.unknown_id
    return held_out_nlls(
        generator, dataset.test[:num], temperatures, ends=config.ends, unknown=unknown
    )


def temperature_sweep(
    generator: Generator, config: Config, dataset: TextDataset, reader: TextReader
) -> list[dict[str, Any]]:
    """Returns scores of `score_generator` at every temperature of `SWEEP`.

    ``samples`` and ``references`` in a row are the numbers of sentences used, at most `SWEPT`.
    """
    rows = []
    nlls = held_out(generator, config, dataset, SWEEP, SWEPT)
    for temperature, nll in zip(SWEEP, nlls, strict=True):
        scores = score_generator(generator, config, dataset, reader, temperature, SWEPT, nll=nll)
        used = {name: scores["protocol"][name]["used"] for name in ("samples", "references")}
        rows.append({**{name: scores[name] for name in _KEPT}, **used})
    return rows


def real_figures(dataset: TextDataset, num: int = MOST) -> dict[str, Any]:
    """Returns the scores of training sentences, as if a generator had sampled them.

    As many are chosen at random, without replacement, as a generator would sample, or all if there
    are fewer. A model that has learned the distribution perfectly has such scores; papers list them
    as "real data".
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
    """Returns a held-out sentence's tokens, None for unknown words.

    None differs from every token of a sample, so unknown words match nothing.
    """
    unknown = reader.vocabulary.unknown_id
    ids = row.tolist()
    pairs = zip(ids, reader.tokens(ids), strict=False)
    return [None if index == unknown else word for index, word in pairs]


def _notes(config: Config, dataset: TextDataset, temperature: float, empty: int) -> dict[str, Any]:
    """Returns further entries of the protocol."""
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
    """Returns scores of samples under the captions' grammar; empty for other corpora.

    ``grammatical`` is the share of samples that the grammar generates, ``nll_grammar`` their mean
    NLL under it in nats per sentence.
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
    """Returns scores of melodies; empty for other text.

    ``early_ends`` is the share of samples with fewer than T steps; real melodies have T. The errors
    of `metrics.melody` hold the last pitch of such samples, and exclude empty ones.
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
