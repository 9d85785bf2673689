"""The CFG task: its figures of a known generator, and its configuration."""

import numpy as np
import pytest

from leakgan_tf.data.languages import Language
from leakgan_tf.runs.cfg_config import cfg_config
from leakgan_tf.tasks.cfg import CFGTask
from leakgan_tf.utils.errors import UserError

LANGUAGE = Language("operators")


class Law:
    """The law itself as a generator; a share of its samples is spoilt."""

    def __init__(self, spoilt=0.0):
        self.ids, self.law = LANGUAGE.sentences
        self.spoilt = spoilt

    def sample(self, count, temperature, seed):
        samples = LANGUAGE.sample(count, int(seed[0]) & 0xFFFF)
        samples[: int(self.spoilt * count), 0] = 0  # padding first
        return samples

    def log_probs(self, tokens, temperatures, path="scoring"):
        assert list(temperatures) == [1.0]
        return self.log_prob(tokens)[:, np.newaxis]

    def log_prob(self, tokens):
        known = {row.tobytes(): p for row, p in zip(self.ids, self.law, strict=True)}
        total = np.log([known[row.tobytes()] * (1.0 - self.spoilt) for row in tokens])
        return np.repeat(total[:, None] / tokens.shape[1], tokens.shape[1], axis=1)


@pytest.fixture(scope="module")
def task():
    return CFGTask(cfg_config("quick", "operators", "levels", "mle", 0, {}))


def test_the_law_itself_is_valid_and_at_no_distance(task):
    found, reference = task.evaluate(Law(), 3), task.reference()
    assert found["valid"] == reference["valid"] == 1.0
    np.testing.assert_allclose(found["total_variation"], 0.0, atol=1e-9)
    assert found["length_distance"] < 0.05 and reference["length_distance"] < 0.05
    for name in ("valid_new", "valid_distinct", "law_nll", "nll_test_1.0"):
        np.testing.assert_allclose(found[name], reference[name], rtol=0.15, err_msg=name)
    assert 0.0 < found["valid_new"] < 0.2  # most of the language was seen
    assert task.evaluate(Law(), 3) == found


def test_padding_inside_a_sentence_spoils_it(task):
    found = task.evaluate(Law(0.25), 3)
    np.testing.assert_allclose([found["valid"], found["total_variation"]], [0.75, 0.25], atol=1e-3)


def test_train_and_test_are_of_the_law_and_differ(task):
    assert task.train.shape == (5000, 12) and task.test.shape == (2048, 12)
    assert not np.array_equal(task.train[:2048], task.test)
    assert set(task.show(task.train)) <= set(map(LANGUAGE.text, LANGUAGE.sentences[0]))
    assert task.positives(7, 3).shape == (7, 12)


def test_a_language_too_large_to_enumerate_has_no_total_variation():
    task = CFGTask(cfg_config("smoke", "brackets", "levels", "mle", 0, {}))
    reference = task.reference()
    assert "total_variation" not in reference
    assert reference["valid"] == 1.0 and 0.8 < reference["valid_new"] <= 1.0
    assert reference["nll_test_1.0"] > 0


def test_the_grammars_sizes_are_not_to_be_changed():
    with pytest.raises(UserError, match="length is the grammar's"):
        cfg_config("quick", "operators", "levels", "mle", 0, {"length": 13})
    with pytest.raises(UserError, match="unknown preset 'short'"):
        cfg_config("short", "operators", "levels", "mle", 0, {})
    config = cfg_config("smoke", "brackets", "derivation", "seqgan", 0, {})
    assert (config.length, config.vocab_size, config.own.steps) == (20, 9, 2)
