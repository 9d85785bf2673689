"""Every preset's values, each with its source.

paper  The sizes and schedule of the authors' released programs (LeakGAN; SeqGAN for MLE and the
       systems on its schedule; RankGAN's has the same values), which also are the papers'.
       What no paper or program says, each system's file names as this project's choice.
       For text, LeakGAN's program for Image COCO. For music all is open: see PAPER_MUSIC.
       In the original's semantics.
short  The oracle task at the paper's sizes for an hour or two: a D round where the programs have
       five, 16 epochs of pre-training for 80, 45 adversarial steps for 800 (the published curve has
       its best value there), half as many sentences in an evaluation. Its curve stands beside
       the published one with this said.
quick  Scaled down to end within ten minutes on two cores, MLE and LeakGAN together (text: twenty):
       this project's choice. Sizes are smaller, so its figures stand beside no published one.
       In the paper's semantics, where D's opinion reaches the generator as its reward (README,
       "What to expect", has both).
smoke  The same code path in seconds, for tests: this project's choice. It learns next to nothing.
"""

import dataclasses

from leakgan_tf.config.config import Config
from leakgan_tf.config.semantics import ORIGINAL, PAPER
from leakgan_tf.utils.errors import UserError

# LeakGAN's and SeqGAN's released programs, windows of 1 to 10, 15 and 20 tokens.
_WINDOWS_20 = (*range(1, 11), 15, 20)
_FILTERS_20 = (100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160)

PAPER_20 = Config(
    preset="paper",
    length=20,
    vocab_size=5000,
    oracle_embedding=32,
    oracle_hidden=32,
    training_sequences=10000,
    generator_embedding=32,
    generator_hidden=32,
    goal_size=16,
    goal_horizon=4,
    discriminator_embedding=64,
    windows=_WINDOWS_20,
    filters=_FILTERS_20,
    batch_size=64,
    generator_learning_rate=0.0015,
    adversarial_learning_rate=0.0015,
    discriminator_learning_rate=5e-5,
    pretrain_rounds=10,
    pretrain_discriminator_rounds=5,
    pretrain_generator_epochs=8,
    discriminator_samples=9984,
    discriminator_epochs=3,
    adversarial_steps=800,
    adversarial_discriminator_rounds=5,
    rollouts=4,
    evaluate_every=5,
    evaluation_samples=9984,
    sampling_batch=256,
    # SeqGAN's program, which is also the MLE baseline
    mle_epochs=120,
    mle_learning_rate=0.01,
    seqgan_discriminator_learning_rate=1e-4,
    seqgan_dropout=0.25,
    seqgan_l2=0.2,
    seqgan_discriminator_rounds=50,
    seqgan_steps=200,
    seqgan_rollouts=16,
    # Scheduled sampling: SeqGAN, section 5.1, and its first program, which has the epochs
    scheduled_sampling_epochs=300,
    scheduled_sampling_schedule="linear",
    scheduled_sampling_rate=0.002,
    # RankGAN's program; γ and the reward: see rankgan.py
    rankgan_references=16,
    rankgan_gamma=16.0,
    rankgan_reward="rank",
    # SeqGAN's first program
    pg_bleu_order=3,
)

# LeakGAN's program lists a window of 40 without a count of filters, and drops it.
PAPER_40 = dataclasses.replace(
    PAPER_20,
    length=40,
    oracle_embedding=64,
    oracle_hidden=64,
    generator_embedding=64,
    generator_hidden=64,
    generator_learning_rate=0.0005,
    adversarial_learning_rate=0.0005,
    windows=(*_WINDOWS_20, 30),
    filters=(*_FILTERS_20, 160),
)


def _short(paper: Config) -> Config:
    return dataclasses.replace(
        paper,
        preset="short",
        pretrain_rounds=2,
        pretrain_discriminator_rounds=1,
        adversarial_steps=45,
        adversarial_discriminator_rounds=1,
        evaluation_samples=4992,
        seqgan_discriminator_rounds=10,
        seqgan_steps=45,
        scheduled_sampling_epochs=120,
        scheduled_sampling_rate=0.005,  # to the same 0.4
    )


QUICK_20 = dataclasses.replace(
    PAPER_20,
    preset="quick",
    vocab_size=200,
    training_sequences=4096,
    discriminator_embedding=32,
    windows=(1, 2, 3, 4, 5, 10, 20),
    filters=(32, 64, 64, 64, 32, 32, 32),
    discriminator_learning_rate=2e-4,
    generator_learning_rate=0.0015,
    adversarial_learning_rate=2e-4,
    pretrain_rounds=4,
    pretrain_discriminator_rounds=1,
    pretrain_generator_epochs=8,
    discriminator_samples=1024,
    discriminator_epochs=2,
    adversarial_steps=20,
    adversarial_discriminator_rounds=1,
    mle_epochs=40,
    evaluation_samples=2048,
    seqgan_discriminator_rounds=5,
    seqgan_steps=40,
    seqgan_discriminator_learning_rate=1e-3,
    seqgan_rollouts=8,
    scheduled_sampling_epochs=40,
    scheduled_sampling_rate=0.015,  # to the same 0.4 as in the 300 epochs of the program
    checkpoint_seconds=15.0,
    semantics=PAPER,
)

SMOKE_20 = dataclasses.replace(
    QUICK_20,
    preset="smoke",
    vocab_size=30,
    oracle_embedding=8,
    oracle_hidden=8,
    training_sequences=64,
    generator_embedding=8,
    generator_hidden=8,
    goal_size=4,
    discriminator_embedding=8,
    windows=(1, 2, 3, 20),
    filters=(4, 8, 8, 4),
    batch_size=16,
    sampling_batch=64,
    pretrain_rounds=2,
    pretrain_generator_epochs=3,
    discriminator_samples=64,
    adversarial_steps=4,
    mle_epochs=6,
    evaluate_every=2,
    evaluation_samples=128,
    seqgan_discriminator_rounds=1,
    seqgan_steps=2,
    seqgan_rollouts=2,
    scheduled_sampling_epochs=6,
    scheduled_sampling_rate=0.1,
    rankgan_references=4,
    maligan_completions=2,
    checkpoint_seconds=1.0,
)


def _at_40(preset: Config) -> Config:
    return dataclasses.replace(preset, length=40)


SYNTHETIC = {
    ("smoke", 20): SMOKE_20,
    ("smoke", 40): _at_40(SMOKE_20),
    ("quick", 20): QUICK_20,
    ("quick", 40): _at_40(QUICK_20),
    ("short", 20): _short(PAPER_20),
    ("short", 40): _short(PAPER_40),
    ("paper", 20): PAPER_20,
    ("paper", 40): PAPER_40,
}


def synthetic_preset(name: str, length: int) -> Config:
    """Returns the configuration of the oracle task by its preset's name and length."""
    names = sorted({preset for preset, _ in SYNTHETIC})
    if name not in names:
        raise UserError(f"unknown preset {name!r}: one of {', '.join(names)}")
    if (name, length) not in SYNTHETIC:
        raise UserError(f"no preset of length {length}: 20 or 40")
    return SYNTHETIC[name, length]


# LeakGAN's released program for Image COCO, T = 32, V = 4839. Its G epochs are a twentieth of the
# data, which it calls an epoch; it sharpens by 0.8 what the adversarial step learns from.
PAPER_TEXT = dataclasses.replace(
    PAPER_20,
    task="text",
    length=32,
    vocab_size=4839,
    generator_embedding=128,
    generator_hidden=128,
    discriminator_embedding=256,
    generator_learning_rate=0.001,
    adversarial_learning_rate=0.001,
    windows=(*_WINDOWS_20, 32),
    filters=(*_FILTERS_20, 160),
    pretrain_rounds=16,
    pretrain_generator_epochs=12,
    likelihood_share=0.05,
    semantics=dataclasses.replace(ORIGINAL, adversarial_inverse_temperature=0.8, mle_every=15),
)

QUICK_TEXT = dataclasses.replace(
    PAPER_TEXT,
    preset="quick",
    generator_embedding=64,
    generator_hidden=64,
    goal_size=8,
    discriminator_embedding=32,
    windows=(1, 2, 3, 4, 5, 8, 16),
    filters=(64, 64, 64, 64, 32, 32, 32),
    generator_learning_rate=0.002,
    adversarial_learning_rate=2e-4,
    discriminator_learning_rate=2e-4,
    mle_learning_rate=0.005,
    mle_epochs=10,
    pretrain_rounds=5,
    pretrain_discriminator_rounds=1,
    # Five epochs in all: held-out NLL on COCO is 4.07 then, 4.92 after ten (at the rate 0.005: 4.33
    # and 5.61).
    pretrain_generator_epochs=1,
    likelihood_share=1.0,
    discriminator_samples=2048,
    discriminator_epochs=1,
    adversarial_steps=10,
    adversarial_discriminator_rounds=1,
    evaluate_every=5,
    evaluation_samples=1024,
    seqgan_discriminator_rounds=5,
    seqgan_steps=20,
    seqgan_rollouts=4,
    scheduled_sampling_epochs=10,
    scheduled_sampling_rate=0.06,  # to the same 0.4
    maligan_completions=4,
    maligan_prefix_step=2,
    checkpoint_seconds=30.0,
    semantics=PAPER,
)

SMOKE_TEXT = dataclasses.replace(
    QUICK_TEXT,
    preset="smoke",
    generator_embedding=8,
    generator_hidden=8,
    goal_size=4,
    discriminator_embedding=8,
    windows=(1, 2, 3),
    filters=(4, 8, 8),
    batch_size=16,
    sampling_batch=64,
    mle_epochs=1,
    pretrain_rounds=1,
    pretrain_generator_epochs=1,
    likelihood_share=0.02,
    discriminator_samples=64,
    adversarial_steps=2,
    evaluate_every=1,
    evaluation_samples=64,
    seqgan_discriminator_rounds=1,
    seqgan_steps=1,
    seqgan_rollouts=2,
    scheduled_sampling_epochs=1,
    rankgan_references=4,
    maligan_completions=2,
    checkpoint_seconds=1.0,
)

TEXT = {"smoke": SMOKE_TEXT, "quick": QUICK_TEXT, "paper": PAPER_TEXT}

# Melodies, T = 32. SeqGAN's paper gives no size, rate or epoch for music, and its released program
# has no music: all values are open. These are its program's, and LeakGAN's, for the oracle task.
PAPER_MUSIC = dataclasses.replace(PAPER_20, task="text", length=32, vocab_size=89)

# This project's choice: on the Nottingham melodies held-out NLL of MLE is least after 10 to 15
# epochs. MLE, SeqGAN and LeakGAN together: ten minutes at most.
QUICK_MUSIC = dataclasses.replace(
    QUICK_TEXT,
    generator_learning_rate=0.005,
    pretrain_generator_epochs=2,
    mle_epochs=12,
    seqgan_steps=40,
    seqgan_discriminator_learning_rate=1e-3,
    seqgan_rollouts=8,
    adversarial_steps=20,
)

MUSIC = {"smoke": SMOKE_TEXT, "quick": QUICK_MUSIC, "paper": PAPER_MUSIC}


def text_preset(name: str, vocab_size: int, length: int, melodies: bool = False) -> Config:
    """Returns the configuration for text of a data folder's sizes by its preset's name.

    Windows longer than T are left out; the paper's own window of the whole sentence becomes T.
    With `melodies` it is the one for music.
    """
    presets = MUSIC if melodies else TEXT
    if name not in presets:
        raise UserError(f"unknown preset {name!r}: one of {', '.join(sorted(presets))}")
    preset = presets[name]
    kept = {
        min(window, length): count
        for window, count in zip(preset.windows, preset.filters, strict=True)
    }
    return dataclasses.replace(
        preset,
        vocab_size=vocab_size,
        length=length,
        windows=tuple(kept),
        filters=tuple(kept.values()),
    )
