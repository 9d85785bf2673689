"""Controls: rewards that are none, in runs that are otherwise the same."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from helpers import runs, small
from helpers.cases import left_to_ci
from helpers.tiny import tiny
from leakgan_tf.cli.config_flags import for_system
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.runs.folder import RunFolder
from leakgan_tf.systems.registry import make_system
from leakgan_tf.training.trainer import Trainer
from leakgan_tf.utils.errors import UserError

HERE = Path(__file__).parent
KINDS = ["discriminator", "constant", "random", "shuffled"]
SYSTEMS = ["leakgan", "maligan", "pg_bleu", "rankgan", "seqgan"]
SEED = tf.constant([5, 6])
SIZES = {
    "mle_epochs": 1, "pretrain_generator_epochs": 1, "seqgan_discriminator_rounds": 1,
    "seqgan_steps": 1, "seqgan_rollouts": 1, "adversarial_steps": 1,
}  # fmt: skip


class Task:
    train = small.tokens(11, 6, 7, seed=4)


def first_step(name, kind, **changes):
    """The system, the tokens and rewards of its first generator step, and what it reported."""
    changes = {"maligan_completions": 3, "rankgan_references": 3, "seqgan_rollouts": 2, **changes}
    made = make_system(small.config(system=name, reward=kind, **changes), Task())
    for seed, model in enumerate(made.models.values()):
        small.randomise(model, seed)
    phase = next(each for each in made.phases() if each.name == "adversarial/generator")
    arrays = [array[:4] for array in phase.data(1)] if phase.data else []
    seen, update = [], made.adversarial_gradient_step

    def watched(tokens, rewards):
        seen.append((tokens.numpy(), rewards.numpy()))
        return update(tokens, rewards)

    made.adversarial_gradient_step = watched
    reported = phase.step(*arrays, SEED)
    ((tokens, rewards),) = seen
    return made, tokens, rewards, {key: float(value) for key, value in reported.items()}


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_step_is_rewarded_as_the_control_says(name):
    """Same tokens in every case; rewards that are as they should, beside the system's own."""
    made, tokens, own, _ = first_step(name, "discriminator")
    found = {}
    for kind in KINDS[1:]:
        _, again, rewards, reported = first_step(name, kind)
        np.testing.assert_array_equal(again, tokens, err_msg=kind)
        assert all(np.isfinite(list(reported.values())))
        found[kind] = rewards
    if name == "maligan":  # weights (n·B, T) less a baseline, behind the given tokens
        given = made.config.length - 1
        baseline = made.config.own.baseline / made.config.own.steps
        for rewards in (own, *found.values()):
            np.testing.assert_allclose(rewards[:, :given], 1 / 12, rtol=1e-6)
        own, found = (
            own[:, -1].reshape(3, 4) * 12 + baseline,
            {kind: each[:, -1].reshape(3, 4) * 12 + baseline for kind, each in found.items()},
        )
    np.testing.assert_allclose(found["constant"], usual(name), rtol=1e-5)
    shares = found["random"] / usual(name)
    assert shares.min() >= 0 and shares.max() < 2 and len(np.unique(shares)) == shares.size
    np.testing.assert_allclose(np.sort(found["shuffled"], 0), np.sort(own, 0), rtol=1e-5)
    assert (found["shuffled"] != own).any()


def usual(name):
    """A reward's mean at B = 4, by hand."""
    ranks = 1 / (1 + np.exp(-16 * (np.array([0.25, 0.5, 0.75, 1.0]) - 0.5)))
    known = {"leakgan": ranks.mean() / 2, "maligan": 1.0, "rankgan": 1 / 5}
    return known.get(name, 0.5)


def test_the_logarithm_of_a_rank_has_controls_below_zero():
    _, _, constant, _ = first_step("rankgan", "constant", rankgan_reward="log_rank")
    np.testing.assert_allclose(constant, -np.log(5), rtol=1e-6)
    _, _, drawn, _ = first_step("rankgan", "random", rankgan_reward="log_rank")
    assert drawn.max() <= 0 and drawn.min() >= -2 * np.log(5)


def test_random_rewards_differ_between_steps():
    made = first_step("seqgan", "random")[0]
    seen = []
    made.adversarial_gradient_step = lambda tokens, rewards: seen.append(rewards.numpy()) or {}
    for seed in ([1, 2], [3, 4], [1, 2]):
        made.adversarial_step(tf.constant(seed))
    assert (seen[0] != seen[1]).any()
    np.testing.assert_array_equal(seen[0], seen[2])


def test_in_the_originals_semantics_a_manager_cannot_tell_shuffled_rewards():
    """Its loss has the sum of all rewards only; in the paper's each has its own cosine."""
    own, shuffled = (
        first_step("leakgan", kind, semantics=ORIGINAL)[3]["manager_loss"]
        for kind in ("discriminator", "shuffled")
    )
    assert shuffled == pytest.approx(own, rel=1e-5)
    own, shuffled = (
        first_step("leakgan", kind, semantics=PAPER)[3]["manager_loss"]
        for kind in ("discriminator", "shuffled")
    )
    assert shuffled != pytest.approx(own, rel=1e-3)


class UntilRewards(Trainer):
    """Is interrupted before the first reward."""

    def _run_phase(self, index):
        if self._phases[index].name == "adversarial/generator":
            raise KeyboardInterrupt
        super()._run_phase(index)


@pytest.mark.parametrize("name", left_to_ci(SYSTEMS, ("seqgan",)))
def test_nothing_before_the_first_reward_is_changed(tmp_path, name):
    left = []
    # Where a reward comes from differs between these two files' steps; the others share theirs.
    for kind in KINDS if name in ("leakgan", "seqgan") else ("discriminator", "shuffled"):
        with runs.as_a_program(), pytest.raises(KeyboardInterrupt):
            runs.train(tiny(name, reward=kind, **SIZES), tmp_path / kind, UntilRewards)
        stored = runs.arrays(RunFolder(tmp_path / kind).checkpoint)
        arrays = {key: array.tobytes() for key, array in stored.items()}
        left.append((arrays, runs.records(tmp_path / kind)))
    assert all(each == left[0] for each in left)
    assert left[0][1]  # there are records


def test_a_control_is_another_configuration(tmp_path):
    runs.begun(tiny("seqgan"), tmp_path / "run")
    with pytest.raises(UserError, match="reward: discriminator -> random"):
        RunFolder(tmp_path / "run").refuse_others(tiny("seqgan", reward="random"))
    with pytest.raises(UserError, match="reward must be one of discriminator, constant"):
        tiny("seqgan", reward="praise")


@pytest.mark.ci
def test_replicas_share_a_batch_under_controls():
    root = HERE.parent.parent
    done = subprocess.run(
        [sys.executable, str(HERE / "controls_on_devices.py")],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["mle", "scheduled_sampling"])
def test_where_there_is_no_reward_a_control_is_refused_or_meant_for_the_others(name):
    with pytest.raises(UserError, match=f"a control for policy gradients: {name} has none"):
        tiny(name, reward="constant")
    changes = {"reward": "constant", "batch_size": 8}
    assert for_system(changes, name, [name, "seqgan"]) == {"batch_size": 8}
    assert for_system(changes, name, ["mle", "scheduled_sampling"]) == changes
    assert for_system(changes, "seqgan", [name, "seqgan"]) == changes
