"""FLOPs and bytes of the stages, against sums done by hand and the models' own sizes."""

import numpy as np
import pytest

from benchmarks.speed import counts
from benchmarks.speed.counts import WORD, Cost
from benchmarks.speed.stages import Workbench
from helpers import small
from leakgan_tf.config.config import replace
from leakgan_tf.config.presets import synthetic_preset
from leakgan_tf.systems.registry import system_config

# B 4, T 6, V 7, E 3, H 4, K 2, c 3, N 2; D's embedding 3, windows 1 and 2, filters 2 and 3: F 5.
CONFIG = small.config()

# One sentence: 6 places × 3 numbers × 2 filters, 5 places × 6 numbers × 3 filters.
CONVOLUTIONS = 2 * (6 * 3 * 2 + 5 * 6 * 3)
HIGHWAY = 2 * (2 * 5 * 5)
VERDICT = CONVOLUTIONS + HIGHWAY + 2 * (5 * 2)
MANAGER_LSTM_INPUT = 2 * (5 * 16)
MANAGER = MANAGER_LSTM_INPUT + 2 * (4 * 16) + 2 * (4 * 5)
WORKER_STATE = 2 * (3 * 16) + 2 * (4 * 16)
PSI = 2 * (5 * 2)
LOGITS = PSI + 2 * (4 * 2 * 7) + 2 * (2 * 7)
TOKEN = CONVOLUTIONS / 6 + HIGHWAY + MANAGER + WORKER_STATE + LOGITS
# What the models train, goal_init shared by all rows aside.
SIZES = {
    "discriminator": 8 * 3 + (3 * 2 + 2) + (2 * 3 * 3 + 3) + 2 * (5 * 5 + 5) + (5 * 2 + 2),
    "manager": 16 * (5 + 4 + 1) + (4 * 5 + 5) + 5,
    "worker": 7 * 3 + 16 * (3 + 4 + 1) + 5 * 2 + (4 + 1) * 2 * 7,
    "oracle": 90,
}


def floors(config=CONFIG):
    return counts.Floors(config, SIZES)


@pytest.mark.parametrize(("goals", "more"), [("shared", 0), ("per_row", 3 * 5)])
def test_parameters_are_those_that_the_models_train(goals, more):
    found = Workbench(small.config(goal_init=goals), samples=1).floors.parameters
    expected = {**SIZES, "manager": SIZES["manager"] + more}
    del expected["oracle"]
    assert found == expected


def test_a_step_of_the_discriminator():
    cost = floors().discriminator_step()
    assert cost.flops == 3 * 4 * VERDICT
    assert cost.bytes == 4 * 7 * SIZES["discriminator"]


def test_a_step_of_the_discriminator_is_its_parts_and_the_classifier():
    made = floors()
    parts = made.trained(made.convolutions()) + made.trained(made.highway())
    classifier = Cost(3 * 4 * 2 * (5 * 2))
    assert parts + made.discriminator_adam() + classifier == made.discriminator_step()


def test_the_stage_of_adam_changes_no_weight():
    bench = Workbench(CONFIG, samples=1)
    model, optimizer = bench.system.discriminator, bench.system.optimizers["discriminator"]
    before = model.get_weights()
    assert bench.d_adam().work() == 1 == int(optimizer.iterations)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_a_step_of_the_paper_is_the_known_floor():
    config = synthetic_preset("paper", 20, system_config("leakgan"))
    cost = Workbench(config, samples=1).floors.discriminator_step()
    assert cost.flops == pytest.approx(5.2e9, rel=0.01)
    assert cost.bytes / 2**20 == pytest.approx(190, rel=0.02)


def test_features_of_a_batch():
    cost = floors().features()
    assert cost.flops == 4 * CONVOLUTIONS + 4 * 7 * HIGHWAY
    classifier = 5 * 2 + 2
    written = 4 * 7 * 5
    assert cost.bytes == 4 * (SIZES["discriminator"] - classifier + written)


def test_updates_of_the_generator():
    manager = 3 * MANAGER - MANAGER_LSTM_INPUT  # no gradient to the features
    worker = 3 * (WORKER_STATE + LOGITS) - PSI  # none to the goals
    update = floors().generator_update()
    assert update.flops == 4 * 7 * manager + 4 * 6 * worker
    parameters = SIZES["manager"] + SIZES["worker"]
    assert update.bytes == WORD * (7 * parameters + 4 * 7 * 5)
    assert floors().pretrain_step() == floors().features() + update


def test_samples_read_the_weights_once_a_batch():
    cost = floors().sampling(count=10, batch=4)
    assert cost.flops == pytest.approx(10 * 6 * TOKEN)
    assert cost.bytes == pytest.approx(3 * floors().sampling(count=4, batch=4).bytes)


@pytest.mark.parametrize(("alignment", "resumed"), [("split", 4), ("single", 0)])
def test_the_reward_of_a_batch(alignment, resumed):
    config = small.config(goal_alignment=alignment)
    forced = 4 * 3  # one prefix of three tokens
    sampled = 4 * (1 + 2 * 2)  # the rest: one first token for both copies, then each its own
    sentences = 4 * 2 + 4  # completions, and the finished
    expected = (forced + resumed) * (TOKEN - LOGITS) + sampled * TOKEN + sentences * VERDICT
    assert floors(config).reward().flops == pytest.approx(expected)


def test_the_oracle():
    config = replace(CONFIG, oracle_embedding=3, oracle_hidden=2)
    token = 2 * (3 * 8) + 2 * (2 * 8) + 2 * (2 * 7)
    cost = floors(config).oracle_sampling(count=5, batch=4)
    assert cost.flops == 5 * 6 * token
    assert cost.bytes == 2 * WORD * SIZES["oracle"]


def test_an_adversarial_step_is_the_sum_of_its_parts():
    explored = floors().sampling(4, 4)
    parts = explored + floors().reward() + floors().pretrain_step()
    assert floors().adversarial_step() == parts


def test_the_floor_adds_products_and_traffic():
    assert Cost(6e9, 4e9).seconds(3e9, 2e9) == 4.0
    assert Cost(1, 2) + Cost(3, 4) == Cost(4, 6)
