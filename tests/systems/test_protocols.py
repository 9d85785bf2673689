"""Systems and tasks conform to their protocols, and a system can be built without training."""

import numpy as np
import pytest

from helpers import runs
from helpers.tiny import tiny
from leakgan_tf.data.dataset import TextDataset
from leakgan_tf.data.encoding import PrepareSettings
from leakgan_tf.data.text import get_tokenizer
from leakgan_tf.data.vocabulary import Vocabulary
from leakgan_tf.runs.cfg_config import cfg_config
from leakgan_tf.runs.load import load
from leakgan_tf.systems import registry
from leakgan_tf.systems.base import System
from leakgan_tf.tasks.base import Task
from leakgan_tf.tasks.cfg import CFGTask
from leakgan_tf.tasks.synthetic import SyntheticTask, make_oracle
from leakgan_tf.tasks.text import TextTask


@pytest.mark.parametrize("name", registry.find_systems())
def test_a_system_conforms_with_and_without_training(name):
    config = tiny(name)
    trainable, bare = registry.make_system(config, None), registry.make_models(config)
    assert isinstance(trainable, System) and isinstance(bare, System)
    assert trainable.optimizers and not bare.optimizers
    assert set(bare.models) == set(trainable.models)
    assert bare.model is bare.models["generator"]
    np.testing.assert_array_equal(bare.generator.sample(3), trainable.generator.sample(3))


def test_tasks_conform():
    words = Vocabulary(["a", "b"], unknown=True)
    ids = np.ones([4, 8], np.int32)
    dataset = TextDataset(words, ids, ids, get_tokenizer("word"), PrepareSettings(), None, {})
    grammar = CFGTask(cfg_config("smoke", "operators", "levels", "mle", 0, {}))
    for task in (SyntheticTask(tiny(), make_oracle(tiny())), TextTask(tiny(), dataset), grammar):
        assert isinstance(task, Task)


@pytest.mark.parametrize("name", ["mle", "leakgan"])
def test_a_loaded_run_has_no_optimizer(name, tmp_path):
    system = runs.begun(tiny(name), tmp_path)
    loaded = load(tmp_path).system
    assert system.optimizers and not loaded.optimizers
