"""The order and the number of every system's phases, by the papers' and the programs' schedules.

A schedule is written as a word with one letter for each phase. A capital G, M or S is an epoch
after which the generator is evaluated.
"""

import numpy as np
import pytest

from helpers import small
from helpers.changes import of_system
from leakgan_tf.config.config import replace
from leakgan_tf.config.presets import synthetic_preset, text_preset
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.systems.base import no_step
from leakgan_tf.systems.gumbel_gan import GumbelGAN
from leakgan_tf.systems.maskgan import MaskGAN
from leakgan_tf.systems.registry import find_systems, make_system, system_config
from leakgan_tf.systems.relgan import RelGAN
from leakgan_tf.systems.scratchgan import ScratchGAN
from leakgan_tf.systems.textgan import TextGAN

NAMES = {
    "d": "pretrain/discriminator",
    "g": "pretrain/generator",
    "m": "mle",
    "s": "scheduled_sampling",
    "a": "adversarial/generator",
    "b": "adversarial/discriminator",
    "l": "adversarial/likelihood",
    "e": "adversarial/evaluation",
    "c": "cooperative/generator",
    "n": "residual/discriminator",
    "u": "pretrain/autoencoder",
    "p": "pretrain/permutation",
    "w": "pretrain/language_model",
    "k": "pretrain/copied",
    "f": "pretrain/filling",
}
COUNTS = {
    "pretrain_rounds": 2,
    "pretrain_discriminator_rounds": 3,
    "pretrain_generator_epochs": 4,
    "adversarial_steps": 7,
    "adversarial_discriminator_rounds": 2,
    "discriminator_epochs": 6,
    "evaluate_every": 3,
    "feature_memory": 0,
    "mle_epochs": 5,
    "seqgan_discriminator_rounds": 4,
    "seqgan_steps": 7,
    "scheduled_sampling_epochs": 8,
    "rankgan_references": 3,
    "cot_steps": 7,
    "relgan_epochs": 5,
    "cot_phase_steps": 2,
    "relgan_steps": 7,
    "relgan_phase_steps": 2,
    "scratchgan_steps": 7,
    "scratchgan_phase_steps": 2,
    "gumbel_gan_epochs": 5,
    "gumbel_gan_steps": 7,
    "gumbel_gan_phase_steps": 2,
    "textgan_epochs": 5,
    "textgan_permutation_epochs": 2,
    "textgan_steps": 7,
    "textgan_phase_steps": 2,
    "residual_ebm_rounds": 5,
    "maskgan_epochs": 2,
    "maskgan_fill_epochs": 5,
    "maskgan_steps": 7,
    "maskgan_phase_steps": 2,
}
# What the published sizes are shrunk to: their schedules stay.
SIZES = {
    "length": 4, "vocab_size": 5, "generator_embedding": 1, "generator_hidden": 1, "goal_size": 1,
    "discriminator_embedding": 1, "windows": (1,), "filters": (1,), "feature_memory": 0,
}  # fmt: skip


class Task:
    train = small.tokens(11, 6, 7, seed=4)


def system(name, **changes):
    return make_system(small.config(system=name, **{**COUNTS, **changes}), Task())


def word(made):
    """The schedule; checks that only generator epochs and phases of their own are evaluated."""
    letters = {name: letter for letter, name in NAMES.items()}
    # Phases of several iterations, evaluated themselves.
    if isinstance(made, RelGAN | ScratchGAN | GumbelGAN | TextGAN | MaskGAN):
        letters["adversarial/generator"] = "r"
    written = []
    for phase in made.phases():
        letter = letters[phase.name]
        assert phase.evaluate or letter != "e"
        assert not phase.evaluate or letter in "gmsecrnuf"
        written.append(letter.upper() if phase.evaluate and letter != "e" else letter)
    return "".join(written)


LEAKGAN = "dddggGg" + "dddgGgG" + "abb" + "abbl" + "abbe" + "abbl" + "abb" + "abble" + "abbe"
# Their MLE epochs, and their adversarial steps.
EPOCHS, STEPS = "mmMmM", "abb" + "abb" + "abbe" + "abb" + "abb" + "abbe" + "abbe"
SCHEDULES = {
    "cot": "ccCC",
    "gumbel_gan": EPOCHS + "rrRR",
    "leakgan": LEAKGAN,
    "maligan": EPOCHS + "dddd" + STEPS,
    "maskgan": "ww" + "k" + "ffFfF" + "rrRR",
    "mle": EPOCHS,
    "mle_tuned": EPOCHS,
    "pg_bleu": EPOCHS + STEPS.replace("b", ""),
    "rankgan": EPOCHS + "dddd" + STEPS,
    "relgan": EPOCHS + "rrRR",
    "residual_ebm": "mmmmM" + "nnNnN",
    "scheduled_sampling": "ssSssSsS",
    "scratchgan": "rrRR",
    "seqgan": EPOCHS + "dddd" + STEPS,
    "tailr": EPOCHS,
    "textgan": "uuUuU" + "pp" + "rrRR",
}


@pytest.mark.parametrize("name", find_systems())
def test_every_system_keeps_its_schedule(name):
    assert word(system(name, mle_every=2)) == SCHEDULES[name]


def test_without_interleaving_no_likelihood_follows_an_adversarial_step():
    assert word(system("leakgan", mle_every=0)) == LEAKGAN.replace("l", "")


@pytest.mark.parametrize("count", ["adversarial_steps", "pretrain_rounds"])
def test_a_part_of_leakgans_schedule_can_be_left_out(count):
    begin = LEAKGAN.index("a")
    expected = LEAKGAN[:begin] if count == "adversarial_steps" else LEAKGAN[begin:]
    assert word(system("leakgan", mle_every=2, **{count: 0})) == expected


def steps_and_data(made):
    """The step, the data and the epochs of each letter, the same in all phases of the letter."""
    found = {}
    for phase in made.phases():
        letter = next(letter for letter, name in NAMES.items() if name == phase.name)
        each = (phase.step, phase.data, phase.epochs)
        assert found.setdefault(letter, each) == each
    return found


def test_what_leakgans_phases_train_and_on_what():
    made = system("leakgan", mle_every=2)
    assert steps_and_data(made) == {
        "d": (made.discriminator_step, made.real_and_generated, 6),
        "g": (made.pretrain_step, made.real_sentences, 1),
        "a": (made.adversarial_step, None, 1),
        "b": (made.discriminator_step, made.real_and_generated, 6),
        "l": (made.pretrain_step, made.real_sentences, 1),
        "e": (no_step, None, 0),
    }


@pytest.mark.parametrize("name", ["seqgan", "rankgan"])
def test_what_the_phases_on_seqgans_schedule_train_and_on_what(name):
    made = system(name, mle_epochs=0)
    data = made.reward_data if name == "rankgan" else None
    d_step = made.ranker_step if name == "rankgan" else made.discriminator_step
    assert steps_and_data(made) == {
        "d": (d_step, made.real_and_generated, 6),
        "a": (made.adversarial_step, data, 1),
        "b": (d_step, made.real_and_generated, 6),
        "e": (no_step, None, 0),
    }


@pytest.mark.parametrize("name", ["mle", "seqgan", "pg_bleu"])
def test_an_mle_epoch_is_one_pass_over_all_training_sentences(name):
    made = system(name, seqgan_steps=0, seqgan_discriminator_rounds=0)
    for phase in made.phases():
        (tokens,) = phase.data(3)
        assert tokens is Task.train
        assert (phase.step, phase.epochs) == (made.step, 1)


def test_a_measurement_alone_updates_nothing():
    assert no_step(None) == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pretrain_generator_epochs": 2}, True),
        ({"pretrain_generator_epochs": 1}, False),
        ({"pretrain_generator_epochs": 4, "likelihood_share": 0.5}, True),
        ({"pretrain_generator_epochs": 4, "likelihood_share": 0.4}, False),
        ({"pretrain_generator_epochs": 2, "feature_memory": 0}, False),
    ],
)
def test_features_are_reused_if_d_stays_as_it_is_for_two_passes(changes, expected):
    made = system("leakgan", **{"feature_memory": 1, **changes})
    step, data, epochs = steps_and_data(made)["g"]
    assert epochs == 1
    if expected:
        assert (step, data) == (made.pretrain_on_features, made.real_sentences_with_features)
    else:
        assert (step, data) == (made.pretrain_step, made.real_sentences)


def test_features_that_just_fit_into_memory_are_reused():
    """A MiB holds 7489 sentences of 7 prefixes with 5 float32 features each."""

    class Many:
        def __init__(self, rows):
            self.train = np.zeros([rows, 6], np.int32)

    config = small.config(**{**COUNTS, "feature_memory": 1})
    for rows, reused in ((7489, True), (7490, False)):
        made = make_system(config, Many(rows))
        assert (steps_and_data(made)["g"][0] == made.pretrain_on_features) is reused


def published(preset, **changes):
    """The schedule of a published size."""
    config = replace(preset, **of_system(preset.system, {**SIZES, **changes}))
    return word(make_system(config, task=None)), config


@pytest.mark.parametrize("length", [20, 40])
def test_leakgans_schedule_on_the_oracle_task_is_its_programs(length):
    """10 times 5 D rounds and 8 G epochs; 800 G steps with 5 D rounds each; no MLE epoch."""
    found, config = published(synthetic_preset("paper", length, system_config("leakgan")))
    pretraining = [*("ddddd" + "ggggGggg"), *("ddddd" + "gGggggGg"), *("ddddd" + "gggGgggg"),
                   *("ddddd" + "GggggGgg"), *("ddddd" + "ggGggggG")]  # fmt: skip
    assert found == "".join(pretraining) * 2 + ("abbbbb" * 5 + "e") * 160
    assert (config.discriminator_epochs, config.own.discriminator_samples) == (3, 9984)
    assert (config.training_sequences, config.evaluation_samples) == (10000, 9984)
    assert (config.batch_size, config.own.rollouts) == (64, 4)


def test_leakgans_schedule_on_captions_is_its_programs():
    """16 times 5 D rounds and 12 short epochs; one more short epoch every 15 G steps."""
    preset = text_preset("paper", 5, 4, system_config("leakgan"))
    found, config = published(preset, pretrain_rounds=16)
    assert found.lower().startswith(("ddddd" + "g" * 12) * 16 + "abbbbb")
    steps = "abbbbb" * 5
    assert found[found.index("a") :].startswith((steps + "e" + steps + "e" + steps + "le") * 53)
    assert (found.count("a"), found.count("b"), found.count("l")) == (800, 4000, 53)
    assert config.own.likelihood_share == 0.05  # of the batches, in a short epoch


def test_the_paper_interleaves_an_mle_epoch_with_15_adversarial_steps():
    preset = synthetic_preset("paper", 20, system_config("leakgan"))
    found, _ = published(preset, **vars(PAPER))
    steps = "abbbbb" * 5
    assert found[found.index("a") :].startswith((steps + "e" + steps + "e" + steps + "le") * 53)
    assert (ORIGINAL.mle_every, PAPER.mle_every) == (0, 15)


def test_seqgans_schedule_is_its_programs():
    """120 MLE epochs, 50 D rounds, 200 G steps with 5 D rounds each; every D round 3 epochs."""
    found, config = published(synthetic_preset("paper", 20, system_config("seqgan")))
    assert found == "mmmmM" * 24 + "d" * 50 + ("abbbbb" * 5 + "e") * 40
    assert (config.discriminator_epochs, config.batch_size) == (3, 64)
    assert config.own.rollouts == 16


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mle", "mmmmM" * 24),
        ("pg_bleu", "mmmmM" * 24 + "aaaaae" * 40),
        ("scheduled_sampling", "ssssS" * 60),
    ],
)
def test_the_baselines_of_seqgans_table_keep_its_programs_schedule(name, expected):
    assert published(synthetic_preset("paper", 20, system_config(name)))[0] == expected
