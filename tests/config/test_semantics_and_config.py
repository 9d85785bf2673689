"""Configurations: what is refused, what comes back from JSON, and that every mixture trains."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
import tensorflow as tf

from helpers import small
from leakgan_tf.config.config import differences, flatten, replace
from leakgan_tf.config.presets import CFG, SYNTHETIC, TEXT, synthetic_preset, text_preset
from leakgan_tf.config.semantics import ORIGINAL, PAPER, named_semantics, variant_changes
from leakgan_tf.data.languages import GRAMMARS, LAWS
from leakgan_tf.runs.cfg_config import cfg_config
from leakgan_tf.systems.leakgan import LeakGAN
from leakgan_tf.systems.registry import find_systems, read_config, system_config
from leakgan_tf.utils.errors import UserError

# Every field that changes the computation of a step, at a value that one of the two has not.
CHANGES = [
    {"goal_window": "block"}, {"goal_window": "sliding"},
    {"goal_alignment": "split"}, {"goal_alignment": "single"},
    {"goal_init": "per_row"},
    {"normalise_goal": True}, {"normalise_goal": False},
    {"cosine": "batch_mean"}, {"cosine": "per_step"},
    {"reward_rank": "arrival"}, {"reward_rank": "value"}, {"reward_rank": "none"},
    {"goal_horizon": 1}, {"length": 10, "goal_horizon": 5},
    {"task": "text", "padding": "masked"}, {"task": "text", "padding": "token"},
    {},
]  # fmt: skip


def mixtures():
    for name, base in (("original", ORIGINAL), ("paper", PAPER)):
        for change in CHANGES:
            config = small.config(base, **change, rollouts=1)
            if not change or config != small.config(base, rollouts=1):
                yield pytest.param(config, id=f"{name} {change}")


@pytest.mark.parametrize("system", find_systems())
def test_every_preset_of_every_task_fits_every_system(system):
    """Where values of a preset contradicted each other, the configuration would be refused."""
    own = system_config(system)
    for name, length in SYNTHETIC:
        assert synthetic_preset(name, length, own).preset == name
    for name, grammar, law in itertools.product(CFG, GRAMMARS, LAWS):
        assert cfg_config(name, grammar, law, system, 0, {}).grammar == grammar
    for name, length, melodies in itertools.product(TEXT, (8, 20, 32, 52), (False, True)):
        assert text_preset(name, 500, length, own, melodies).length == length


@pytest.mark.parametrize("config", list(mixtures()))
def test_every_mixture_trains(config):
    system = LeakGAN(config, task=None)
    tokens = tf.constant(small.tokens(config.batch_size, config.length, config.vocab_size))
    before = [weights.copy() for weights in system.model.get_weights()]
    for scalars in (
        system.pretrain_step(tokens, tf.constant([1, 2])),
        system.adversarial_step(tf.constant([1, 2])),
    ):
        values = {name: float(value) for name, value in scalars.items()}
        assert all(np.isfinite(list(values.values()))), values
        assert values["manager_gradient_norm"] > 0
        assert values["worker_gradient_norm"] > 0
    moved = [np.abs(a - b).max() for a, b in zip(before, system.model.get_weights(), strict=True)]
    assert sum(step > 0 for step in moved) >= len(moved) - 1  # a sliding goal_init may stay
    assert np.isfinite(moved).all()


def test_one_goal_for_the_whole_sentence_trains():
    """Where c = T there is no prefix to complete."""
    system = LeakGAN(small.config(ORIGINAL, goal_horizon=6), task=None)
    scalars = system.adversarial_step(tf.constant([1, 2]))
    assert all(np.isfinite(float(value)) for value in scalars.values())


@pytest.mark.parametrize("base", [ORIGINAL, PAPER], ids=["original", "paper"])
def test_dropout_and_penalty_train_the_discriminator(base):
    system = LeakGAN(small.config(base, dropout=0.5, l2=0.2), task=None)
    tokens, labels = tf.constant(small.tokens(4, 6, 7)), tf.constant([1, 1, 0, 0])
    first, again, other = (
        float(system.discriminator_step(tokens, labels, tf.constant([seed, 0]))["loss"])
        for seed in (1, 1, 2)
    )
    assert np.isfinite([first, again, other]).all()
    assert first != again  # the step in between


def test_inverse_temperatures_of_training_samples():
    original = LeakGAN(small.config(ORIGINAL), task=None)
    np.testing.assert_array_equal(original.inverse_temperatures(1.0), [1.5, 1.5, 1, 1, 1, 1])
    paper = LeakGAN(small.config(PAPER), task=None)
    np.testing.assert_array_equal(paper.inverse_temperatures(1.0), np.ones(6))


@pytest.mark.parametrize("system", find_systems())
def test_only_mle_is_not_selected_by_its_distance_from_its_own_frontier(system):
    if system == "mle":
        with pytest.raises(UserError, match="compares with mle itself"):
            small.config(system=system, select="frontier")
    else:
        assert small.config(system=system, select="frontier").select == "frontier"


@pytest.mark.parametrize("base", [ORIGINAL, PAPER], ids=["original", "paper"])
@pytest.mark.parametrize("system", find_systems())
def test_json_brings_the_same_configuration_back(system, base):
    config = small.config(base, system, seed=3)
    stored = json.loads(json.dumps(config.to_json()))
    assert read_config(stored) == config


def test_a_systems_own_values_are_nested_under_its_name():
    stored = small.config(system="rankgan", rankgan_gamma=3.0, seqgan_steps=7).to_json()
    assert stored["system"] == "rankgan"
    assert stored["rankgan"].items() >= {"gamma": 3.0, "steps": 7, "learning_rate": 0.01}.items()
    assert "leakgan" not in stored
    assert small.config(PAPER).to_json()["leakgan"]["semantics"] == dataclasses.asdict(PAPER)


def test_unknown_fields_are_refused():
    stored = small.config().to_json()
    with pytest.raises(UserError, match="^configuration: unknown field 'colour'"):
        read_config({**stored, "colour": "red"})
    with pytest.raises(
        UserError, match=r"^configuration\.leakgan\.semantics: unknown field 'colour'"
    ):
        read_config({**stored, "leakgan": {"semantics": {"colour": "red"}}})
    with pytest.raises(UserError, match=r"^configuration\.leakgan: unknown field 'colour'"):
        read_config({**stored, "leakgan": {"colour": "red"}})
    with pytest.raises(UserError, match="unknown field 'rankgan'"):
        read_config({**stored, "rankgan": {}})
    for name in ("gan", 3, None):
        with pytest.raises(UserError, match="system"):
            read_config({**stored, "system": name})
    with pytest.raises(UserError, match="has no 'system'"):
        read_config([])
    with pytest.raises(UserError, match="leakgan has no setting 'rankgan_gamma'"):
        replace(small.config(), rankgan_gamma=1.0)
    with pytest.raises(UserError, match="'colour'"):
        replace(small.config(), colour="red")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": "8"}, r"configuration\.length must be a whole number, not '8'"),
        ({"windows": 3}, r"configuration\.windows must be a list"),
        ({"windows": [1, "2"]}, r"configuration\.windows\[1\] must be a whole number"),
        ({"leakgan": 3}, r"configuration\.leakgan must be an object"),
        ({"leakgan": {"goal_size": 2.5}}, r"configuration\.leakgan\.goal_size must be a whole"),
        (
            {"leakgan": {"semantics": {"dropout": True}}},
            r"configuration\.leakgan\.semantics\.dropout must be a number",
        ),
        ({"seed": 2**63 * 1.0}, r"configuration\.seed must be a whole number"),
    ],
)
def test_fields_of_another_type_are_refused_by_name(changes, message):
    stored = small.config().to_json()
    with pytest.raises(UserError, match=f"^{message}"):
        read_config({**stored, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"goal_horizon": 4}, "length 6 is not divisible by goal_horizon 4"),
        ({"windows": (1, 7)}, "window 7 is longer than the sequence"),
        ({"windows": (1, 2, 3)}, "3 windows, 2 filters"),
        ({"windows": (2, 2)}, "differ"),
        ({"windows": (0, 2)}, "above 0"),
        ({"windows": (), "filters": ()}, "above 0"),
        ({"filters": (0, 2)}, "above 0"),
        ({"length": 0}, "length must be above 0"),
        ({"goal_horizon": 0}, "goal_horizon must be above 0"),
        ({"rollouts": 0}, "rollouts must be above 0"),
        ({"batch_size": 0}, "batch_size must be above 0"),
        ({"generator_learning_rate": float("nan")}, "generator_learning_rate must be above 0"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"vocab_size": 1}, "vocab_size must be at least 2"),
        ({"evaluation_samples": 1}, "evaluation_samples must be at least 2"),
        ({"training_sequences": 3}, "training_sequences must be at least batch_size"),
        ({"goal_window": "round"}, "goal_window must be one of block, sliding"),
        (
            {"system": "rankgan", "rankgan_reward": "score"},
            "rankgan_reward must be one of rank, log_rank",
        ),
        ({"system": "pg_bleu", "pg_bleu_order": 0}, "pg_bleu_order must be above 0"),
        ({"system": "pg_bleu", "pg_bleu_order": 7}, "pg_bleu_order 7 must be at most length 6"),
        ({"system": "maligan", "maligan_completions": 0}, "maligan_completions must be above 0"),
        ({"system": "maligan", "maligan_prefix_step": 0}, "maligan_prefix_step must be above 0"),
        (
            {"system": "scheduled_sampling", "scheduled_sampling_least": 1.5},
            "scheduled_sampling_least must be at most 1",
        ),
        (
            {"system": "scheduled_sampling", "scheduled_sampling_schedule": "cosine"},
            "must be one of linear, exponential",
        ),
        (
            {
                "system": "scheduled_sampling",
                "scheduled_sampling_schedule": "exponential",
                "scheduled_sampling_rate": 1.0,
            },
            "below 1",
        ),
        (
            {"system": "scheduled_sampling", "scheduled_sampling_schedule": "inverse_sigmoid"},
            "at least 1 for inverse_sigmoid",
        ),
        ({"goal_alignment": "x"}, "goal_alignment must be one of"),
        ({"goal_init": "x"}, "goal_init must be one of"),
        ({"cosine": "x"}, "cosine must be one of"),
        ({"reward_rank": "x"}, "reward_rank must be one of"),
        ({"reward_delta": 0.0}, "reward_delta"),
        ({"discriminator_inverse_temperature": 0.0}, "inverse_temperature"),
        ({"dropout": 1.0}, "dropout"),
        ({"l2": -0.1}, "l2"),
        ({"mle_every": -1}, "mle_every"),
    ],
    ids=str,
)
def test_impossible_values_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        small.config(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"goal_horizon": 6},
        {"windows": (1, 6)},
        {"vocab_size": 2},
        {"evaluation_samples": 2},
        {"training_sequences": 4},
        {"discriminator_samples": 4},
        {"seed": 0},
        {"dropout": 0.0, "l2": 0.0, "mle_every": 0},
        {"system": "pg_bleu", "pg_bleu_order": 6},
        {"system": "scheduled_sampling", "scheduled_sampling_least": 1.0},
        {
            "system": "scheduled_sampling",
            "scheduled_sampling_schedule": "inverse_sigmoid",
            "scheduled_sampling_rate": 1.0,
        },
        {"system": "textgan", "textgan_windows": (1, 6), "textgan_filters": (2, 2)},
        {"system": "relgan", "relgan_windows": (6,), "relgan_filters": (64,)},
        {"system": "relgan", "relgan_annealing_steps": 2},
        {"system": "maskgan", "maskgan_mask_rate": 0.34},  # one of six tokens
    ],
    ids=str,
)
def test_the_last_possible_values_are_accepted(changes):
    config = small.config(**changes)
    wanted = {name: value for name, value in changes.items() if name != "system"}
    assert {name: flatten(config)[name] for name in wanted} == wanted


def test_per_row_goals_refuse_a_sampling_batch_that_they_do_not_divide():
    small.config(goal_init="per_row", sampling_batch=8)
    with pytest.raises(UserError, match="sampling_batch"):
        small.config(goal_init="per_row", sampling_batch=6)


def test_fields_are_changed_and_compared_by_name():
    config = small.config()
    changed = replace(config, seed=5, cosine="per_step")
    assert changed.own.semantics == dataclasses.replace(ORIGINAL, cosine="per_step")
    assert differences(config, changed) == ["seed: 0 -> 5", "cosine: batch_mean -> per_step"]
    assert differences(config, config) == []
    assert flatten(config)["cosine"] == "batch_mean"
    assert flatten(config).keys().isdisjoint({"own", "semantics", "rankgan_gamma"})


def test_semantics_have_names():
    assert named_semantics("original") is ORIGINAL
    assert named_semantics("paper") is PAPER
    with pytest.raises(UserError, match="original, paper"):
        named_semantics("Paper")


def test_the_paper_and_the_original_differ_where_they_are_known_to():
    assert dataclasses.asdict(PAPER) == {
        "goal_window": "sliding", "goal_alignment": "single", "goal_init": "shared",
        "normalise_goal": False, "cosine": "per_step", "reward_rank": "value",
        "reward_delta": 12.0, "reward_per_rollout": False, "opening_inverse_temperature": 1.0,
        "discriminator_inverse_temperature": 1.0,
        "adversarial_inverse_temperature": 1.0, "dropout": 0.25, "l2": 0.2,
        "mle_every": 15,
    }  # fmt: skip
    assert dataclasses.asdict(ORIGINAL) == {
        "goal_window": "block", "goal_alignment": "split", "goal_init": "shared",
        "normalise_goal": True, "cosine": "batch_mean", "reward_rank": "arrival",
        "reward_delta": 16.0, "reward_per_rollout": True, "opening_inverse_temperature": 1.5,
        "discriminator_inverse_temperature": 1.5,
        "adversarial_inverse_temperature": 1.0, "dropout": 0.0, "l2": 0.0,
        "mle_every": 0,
    }  # fmt: skip
    assert variant_changes("paper") == {**dataclasses.asdict(PAPER), "padding": "masked"}
    assert variant_changes("original") == {**dataclasses.asdict(ORIGINAL), "padding": "token"}


def test_seqgans_kernels_for_sequences_of_32():
    """Table 5 of SeqGAN's appendix; LeakGAN's text keeps its own program's."""
    windows, filters = (*range(1, 11), 16, 24, 32), (100, *[200] * 4, *[100] * 5, *[160] * 3)
    for name in ("seqgan", "rankgan", "maligan"):
        found = text_preset("paper", 5000, 32, system_config(name))
        assert (found.windows, found.filters, found.feature_size) == (windows, filters, 1880)
        assert text_preset("quick", 5000, 32, system_config(name)).windows == (1, 2, 3, 4, 5, 8, 16)
        assert text_preset("paper", 5000, 20, system_config(name)).windows[-2:] == (15, 20)
    leakgan = text_preset("paper", 5000, 32, system_config("leakgan"))
    assert leakgan.windows[-3:] == (15, 20, 32)
    for name in ("seqgan", "leakgan"):
        music = text_preset("paper", 89, 32, system_config(name), melodies=True)
        assert (music.windows, music.filters) == (windows, filters)
