"""Sentences that end: what counts in losses, rewards and likelihoods; and how text is measured."""

import json

import numpy as np
import pytest
import tensorflow as tf
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from helpers import runs
from helpers.cases import left_to_ci
from helpers.small import randomise
from helpers.tiny import tiny
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.data.vocabulary import EOS_ID, UNK_ID, Vocabulary
from leakgan_tf.metrics.nll import held_out_nll
from leakgan_tf.runs.load import load
from leakgan_tf.systems.registry import make_system
from leakgan_tf.tasks import text_scores
from leakgan_tf.tasks.text import TextTask
from leakgan_tf.tasks.text_scores import SWEEP, SWEPT, temperature_sweep
from leakgan_tf.training.session import train_run

SYSTEMS = ("mle", "seqgan", "leakgan")
V, T = 12, 8  # those of tiny()
SEED = np.zeros(2, np.int32)


def sentences(rows, seed, least=1):
    """Ids (rows, T) of sentences of different lengths: the first full, the second one word."""
    random = np.random.default_rng(seed)
    ids = random.integers(least, V, (rows, T)).astype(np.int32)
    ends = random.integers(1, T + 1, rows)
    ends[:2] = T, 1
    ids[np.arange(T) >= ends[:, np.newaxis]] = EOS_ID
    return ids


def counted(ids):
    """Which tokens a writer had to choose: a loop, so not the library's way."""
    mask = np.zeros(ids.shape, bool)
    for row, sentence in enumerate(ids):
        for place, token in enumerate(sentence):
            mask[row, place] = True
            if token == EOS_ID:
                break
    return mask


def with_other_filling(ids):
    """The same sentences, other tokens behind their ends."""
    other = np.random.default_rng(9).integers(1, V, ids.shape).astype(np.int32)
    return np.where(counted(ids), ids, other)


def text_config(system, padding="masked", **changes):
    return tiny(system, task="text", padding=padding, **changes)


def random_system(system, padding="masked", task=None, **changes):
    """A system whose weights depend on nothing but the system."""
    made = make_system(text_config(system, padding, **changes), task)
    for model in made.models.values():
        randomise(model)
    return made


@pytest.fixture(scope="module")
def dataset():
    vocabulary = Vocabulary([f"w{number}" for number in range(2, V)], unknown=True)
    tokenizer = get_tokenizer("whitespace")
    train, test = sentences(40, 0, least=2), sentences(24, 1)
    return TextDataset(vocabulary, train, test, tokenizer, PrepareSettings(), None, {})


@pytest.fixture(scope="module")
def generators():
    """The generator of every system and padding, compiled once."""
    return {
        (name, padding): random_system(name, padding).generator
        for name in ("mle", "leakgan")
        for padding in ("masked", "token")
    }


def log_softmax(logits):
    logits = np.asarray(logits, np.float64)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def chosen(log_prob, ids):
    return np.take_along_axis(log_prob, ids[..., np.newaxis], -1)[..., 0]


# --- Losses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["masked", "token"])
def test_mle_is_the_mean_over_the_tokens_that_count(padding):
    ids = sentences(8, 2)
    plain = random_system("mle", "token").model(ids)
    costs = -chosen(log_softmax(plain), ids)
    expected = costs[counted(ids)].mean() if padding == "masked" else costs.mean()
    loss = random_system("mle", padding).step(tf.constant(ids), SEED)["loss"]
    assert float(loss) == pytest.approx(expected, abs=1e-5)
    assert abs(costs[counted(ids)].mean() - costs.mean()) > 0.01


@pytest.mark.parametrize("padding", ["masked", "token"])
def test_the_worker_learns_from_the_tokens_that_count(padding):
    ids = sentences(8, 2)
    costs = -random_system("leakgan", "token").forward(tf.constant(ids)).log_prob.numpy()
    expected = costs[counted(ids)].mean() if padding == "masked" else costs.mean()
    loss = random_system("leakgan", padding).pretrain_step(tf.constant(ids), SEED)["worker_loss"]
    assert float(loss) == pytest.approx(expected, abs=1e-5)
    assert abs(costs[counted(ids)].mean() - costs.mean()) > 0.01


def pretraining(system, padding, ids):
    made = random_system(system, padding)
    step = made.step if system == "mle" else made.pretrain_step
    scalars = step(tf.constant(ids), SEED)
    worker = made.model if system == "mle" else made.model.worker
    name = "loss" if system == "mle" else "worker_loss"
    return float(scalars[name]), [np.asarray(weight) for weight in worker.trainable_variables]


@pytest.mark.parametrize("system", ["mle", "leakgan"])
def test_masked_filling_teaches_nothing_whatever_it_is(system):
    ids = sentences(8, 2)
    (loss, weights), (again, same) = (
        pretraining(system, "masked", each) for each in (ids, with_other_filling(ids))
    )
    assert again == pytest.approx(loss, abs=1e-6)
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    loss, again = (pretraining(system, "token", each)[0] for each in (ids, with_other_filling(ids)))
    assert abs(again - loss) > 0.01


@pytest.mark.parametrize("padding", ["masked", "token"])
def test_the_workers_reward_is_that_of_the_tokens_that_count(padding):
    """Each token's own reward: semantics.cosine is "per_step"."""
    ids, rewards = sentences(8, 2), np.ones([8, T // 4], np.float32)
    twin = random_system("leakgan", "token", cosine="per_step")
    forward = twin.forward(tf.constant(ids))
    costs = -(twin.intrinsic_reward(forward) * forward.log_prob).numpy()
    expected = costs[counted(ids)].mean() if padding == "masked" else costs.mean()
    made = random_system("leakgan", padding, cosine="per_step")
    loss = made.adversarial_gradient_step(tf.constant(ids), rewards)["worker_loss"]
    assert float(loss) == pytest.approx(expected, abs=1e-5)
    assert abs(costs[counted(ids)].mean() - costs.mean()) > 1e-3


def adversarial_losses(system, padding, ids, rewards, **changes):
    made = random_system(system, padding, **changes)
    scalars = made.adversarial_gradient_step(tf.constant(ids), tf.constant(rewards))
    return float(scalars["loss" if system == "seqgan" else "manager_loss"])


@pytest.mark.parametrize(
    ("system", "changes"),
    [
        ("seqgan", {}),
        ("leakgan", {"cosine": "batch_mean"}),
        ("leakgan", {"cosine": "per_step"}),
        ("leakgan", {"cosine": "batch_mean", "goal_window": "sliding"}),
    ],
)
def test_rewards_behind_the_end_count_only_if_padding_is_a_token(system, changes):
    ids = sentences(8, 2)
    mask = counted(ids) if system == "seqgan" else counted(ids)[:, ::4]  # blocks by their first
    rewards = np.random.default_rng(3).random(mask.shape).astype(np.float32)
    other = np.where(mask, rewards, rewards + 5)
    assert not mask.all()
    first, second = (adversarial_losses(system, "masked", ids, r, **changes)
                     for r in (rewards, other))  # fmt: skip
    assert second == pytest.approx(first, abs=1e-6)
    first, second = (adversarial_losses(system, "token", ids, r, **changes)
                     for r in (rewards, other))  # fmt: skip
    assert abs(second - first) > 1e-3


# --- Sampling and likelihood ----------------------------------------------------------------------


def behind_the_end(ids, values=None):
    """The tokens behind the ends, or their values."""
    return (ids if values is None else values)[~counted(ids)]


@pytest.mark.parametrize("system", ["mle", "leakgan"])
def test_nothing_follows_the_end_of_a_sample(generators, system):
    masked = generators[system, "masked"].sample(100, 2.0)
    assert len(behind_the_end(masked)) > 100
    assert not behind_the_end(masked).any()
    assert len(np.unique(counted(masked).sum(1))) > 4  # of many lengths
    assert behind_the_end(generators[system, "token"].sample(100, 2.0)).any()


@pytest.mark.parametrize("system", ["mle", "leakgan"])
def test_a_finished_sentence_is_not_gone_on_with(generators, system):
    ids = sentences(16, 4)
    for padding, stays in (("masked", True), ("token", False)):
        completed = generators[system, padding].complete(ids, 4, 2, [0, 1])  # (copies, B, T)
        np.testing.assert_array_equal(completed[:, :, :4], np.stack([ids[:, :4]] * 2))
        ended = (ids[:, :4] == EOS_ID).any(1)
        assert ended.sum() > 2
        assert (not completed[:, ended, 4:].any()) == stays
        assert completed[:, ~ended, 4:].any()


@pytest.mark.parametrize("path", ["scoring", "sampling"])
@pytest.mark.parametrize("system", ["mle", "leakgan"])
def test_masked_filling_costs_nothing(generators, system, path):
    ids = sentences(16, 4)
    log_prob = generators[system, "masked"].log_prob(ids, 1 / 1.5, path)
    plain = generators[system, "token"].log_prob(ids, 1 / 1.5, path)
    assert not behind_the_end(ids, log_prob).any()
    np.testing.assert_allclose(log_prob[counted(ids)], plain[counted(ids)], atol=1e-6)
    assert behind_the_end(ids, plain).max() < -0.1


def test_a_masked_generator_is_a_distribution_over_sentences_that_end():
    """The probabilities of all sentences of two tokens add up to one."""
    small = {"length": 4, "goal_horizon": 4, "windows": (1,), "filters": (2,), "vocab_size": 3}
    every = np.stack(np.meshgrid(*[np.arange(3)] * 4, indexing="ij"), -1).reshape(-1, 4)
    generator = random_system("mle", **small).generator
    ended = every[[not behind_the_end(row[np.newaxis]).any() for row in every]].astype(np.int32)
    total = np.exp(generator.log_prob(ended).sum(1, dtype=np.float64)).sum()
    assert total == pytest.approx(1, abs=1e-5)
    assert len(ended) == 1 + 2 * (1 + 2 * (1 + 2 * 3))


# --- The task -------------------------------------------------------------------------------------


class Recorder:
    """A generator that says what it is told to, and writes down what it is asked."""

    def __init__(self, samples):
        self.samples, self.asked, self.scored = samples, [], []

    def sample(self, count, temperature, seed):
        self.asked.append((count, temperature, tuple(seed)))
        return self.samples[:count]

    def log_probs(self, tokens, temperatures, path="scoring"):
        self.scored.append((tokens, temperatures))
        costs = 1.0 + np.arange(tokens.size).reshape(tokens.shape)
        return -np.stack([costs * temperature for temperature in temperatures], axis=1)


def task_of(dataset, padding="masked", **changes):
    return TextTask(text_config("mle", padding, **changes), dataset)


def rows(ids):
    return {tuple(row) for row in ids.tolist()}


@pytest.mark.parametrize("count", [1, 40, 100])
def test_positives_are_training_sentences_as_many_as_asked(dataset, count):
    task = task_of(dataset)
    found = task.positives(count, seed=3)
    assert found.shape == (count, T)
    assert found.dtype == np.int32
    assert rows(found) <= rows(dataset.train)
    np.testing.assert_array_equal(found, task.positives(count, seed=3))
    assert count == 1 or (found != task.positives(count, seed=4)).any()


def test_positives_repeat_no_sentence_before_all_were_taken(dataset):
    found = task_of(dataset).positives(len(dataset.train), seed=0)
    assert sorted(found.tolist()) == sorted(dataset.train.tolist())


@pytest.mark.parametrize("padding", ["masked", "token"])
def test_nll_is_of_known_held_out_tokens(dataset, padding):
    count = 16
    held_out = dataset.test[:count]
    generator = Recorder(dataset.train)
    figures = task_of(dataset, padding, evaluation_samples=count).evaluate(generator, seed=5)
    ((scored, temperatures),) = generator.scored
    np.testing.assert_array_equal(scored, held_out)
    assert temperatures == [1.0]
    costs = 1.0 + np.arange(held_out.size).reshape(held_out.shape)
    counts = held_out != UNK_ID
    assert not counts.all()
    if padding == "masked":
        counts &= counted(held_out)
    assert figures["nll_test_1.0"] == pytest.approx(costs[counts].mean(), rel=1e-12)


def test_the_sweep_scores_held_out_sentences_in_one_pass(dataset):
    generator = Recorder(dataset.train)
    task = task_of(dataset)
    rows = temperature_sweep(generator, task.config, dataset, task.reader)
    ((scored, temperatures),) = generator.scored
    np.testing.assert_array_equal(scored, dataset.test[:SWEPT])
    assert list(temperatures) == [row["temperature"] for row in rows] == list(SWEEP)
    per_temperature = [row["nll_test"] / row["temperature"] for row in rows]
    np.testing.assert_allclose(per_temperature, per_temperature[0], rtol=1e-12)


def test_without_a_known_token_there_is_no_nll():
    ids = np.full([2, T], UNK_ID, np.int32)  # 0.0 would be the best of all
    assert np.isnan(held_out_nll(Recorder(ids), ids, 1.0, unknown=UNK_ID))
    ids[0, 0] = 2
    assert held_out_nll(Recorder(ids), ids, 1.0, unknown=UNK_ID) == 1.0


def test_copies_are_counted_in_training_sentences_beyond_those_of_bleu(dataset, monkeypatch):
    monkeypatch.setattr(text_scores, "MOST", 10)
    samples = dataset.train[[0, 20, 39]]
    assert not rows(samples[1:]) & rows(dataset.train[:10])
    task = task_of(dataset)
    own = (Recorder(samples), task.config, dataset, task.reader, 1.0)
    scores = text_scores.score_generator(*own, num=3)
    assert scores["copied_from_train"] == 1.0
    assert scores["protocol"]["train"] == {"available": 40, "used": 10}


def nltk_bleu(samples, references, order):
    score = [
        sentence_bleu(references, sample, [1 / order] * order, SmoothingFunction().method1)
        for sample in samples
    ]
    return np.mean(score)


def words(ids):
    return [
        [token for token in row[:end]] for row, end in zip(ids.tolist(), ends(ids), strict=True)
    ]


def ends(ids):
    return [list(row).index(EOS_ID) if EOS_ID in row else T for row in ids]


def test_bleu_is_against_the_held_out_part_as_nltk_has_it(dataset):
    count = 12
    samples = sentences(count, 7, least=2)
    generator = Recorder(samples)
    figures = task_of(dataset, evaluation_samples=count).evaluate(generator, seed=5)
    assert [asked[:2] for asked in generator.asked] == [(count, 1.0)]
    found, held_out = words(samples), words(dataset.test[:count])
    for order in (2, 3):
        assert figures[f"bleu_{order}"] == pytest.approx(nltk_bleu(found, held_out, order))
        others = [
            nltk_bleu([sample], found[:i] + found[i + 1 :], order) for i, sample in enumerate(found)
        ]
        assert figures[f"self_bleu_{order}"] == pytest.approx(np.mean(others))
    assert figures["bleu_2"] != pytest.approx(nltk_bleu(found, words(dataset.train), 2))


def test_unknown_held_out_words_match_no_sample(dataset):
    unknown = np.full([2, T], UNK_ID, np.int32)
    blind = TextDataset(**{**vars(dataset), "test": unknown})
    figures = task_of(blind, evaluation_samples=2).evaluate(Recorder(unknown), seed=0)
    assert figures["bleu_2"] == 0.0
    assert figures["self_bleu_2"] > 0.9


def test_one_held_out_sentence_is_enough(dataset):
    few = TextDataset(**{**vars(dataset), "test": dataset.test[:1]})
    figures = task_of(few, evaluation_samples=1).evaluate(Recorder(dataset.train), seed=0)
    assert 0 <= figures["self_bleu_2"] <= 1


def test_empty_samples_are_scored(dataset):
    empty = np.zeros([4, T], np.int32)
    figures = task_of(dataset, evaluation_samples=4).evaluate(Recorder(empty), seed=0)
    assert (figures["bleu_2"], figures["self_bleu_2"], figures["distinct"]) == (0.0, 0.0, 0.25)


def test_samples_are_shown_as_text_up_to_their_end(dataset):
    ids = np.array([[2, 3, 0, 4, 0, 0, 0, 0], [0] * T, [5, 1, 5, 5, 5, 5, 5, 11]], np.int32)
    expected = ["w2 w3", "", "w5 <unk> w5 w5 w5 w5 w5 w11"]
    assert task_of(dataset).show(ids) == expected


@pytest.mark.parametrize("system", SYSTEMS)
def test_evaluating_changes_no_weight_and_no_slot(dataset, system):
    task = TextTask(text_config(system), dataset)
    made = random_system(system, task=task)
    before = runs.state(made)
    first = task.evaluate(made.generator, seed=3)
    assert runs.state(made) == before
    assert task.evaluate(made.generator, seed=3) == first
    assert task.evaluate(made.generator, seed=4) != first


@pytest.mark.parametrize(
    "system",
    left_to_ci(["maligan", "pg_bleu", "rankgan", "scheduled_sampling", "seqgan"], ("seqgan",)),
)
def test_it_trains_on_text_and_is_read_back(dataset, tmp_path, system):
    """The whole way, for the systems that no other test trains on text."""
    config = text_config(
        system, mle_epochs=1, scheduled_sampling_epochs=1,
        seqgan_discriminator_rounds=1, seqgan_steps=1,
    )  # fmt: skip
    figures = train_run(config, lambda: TextTask(config, dataset), tmp_path / "run", {})
    assert figures["temperature"] == 1 and len(figures["sweep"]) == 5
    trained = load(tmp_path / "run")
    assert trained.position == trained.total
    assert not behind_the_end(trained.sample(50)).any()
    assert trained.generate(3) == [
        " ".join(dataset.vocabulary.decode(row)) for row in trained.sample(3)
    ]
    assert json.loads((tmp_path / "run" / "text.json").read_text())["tokenizer"] == "whitespace"
