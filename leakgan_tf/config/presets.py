"""Values of the presets that all systems share, with their sources.

Each system's file declares the values of its own settings.

paper  Sizes and schedule of the authors' released programs, which are also the papers'. Values
       without a source are marked as this project's choice in the system's file. Text uses
       LeakGAN's program for Image COCO. For music most values are unpublished (`PAPER_MUSIC`).
short  The oracle task at the paper's sizes, in one to two hours: one D round instead of five, and
       half the evaluation samples. LeakGAN has 16 instead of 80 epochs of pre-training, and 45
       instead of 800 adversarial steps (where the published curve is best).
quick  This project's choice: MLE and LeakGAN together train in ten minutes on two cores (text: in
       twenty). Sizes are smaller, so results are not comparable with published ones. LeakGAN uses
       its paper's semantics.
tuned  quick with tuned settings of MLE (`systems/mle.py`), for the oracle task: as a baseline, or
       as the pre-training of other systems.
smoke  This project's choice, for tests: the same code in seconds, with hardly any training.
"""

import dataclasses
from typing import TypeVar

from leakgan_tf.config.config import Config
from leakgan_tf.config.own import SystemConfig
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.utils.errors import UserError

# Source: LeakGAN's and SeqGAN's released programs.
_WINDOWS_20 = (*range(1, 11), 15, 20)
_FILTERS_20 = (100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160)

# SeqGAN's paper, appendix, table 5: windows and filters for sequences of 32 (1,880 features).
SEQGAN_32 = (
    (*range(1, 11), 16, 24, 32),
    (100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160, 160),
)

Own = TypeVar("Own", bound=SystemConfig)

PAPER_20 = SharedConfig(
    preset="paper",
    length=20,
    vocab_size=5000,
    oracle_embedding=32,
    oracle_hidden=32,
    training_sequences=10000,
    generator_embedding=32,
    generator_hidden=32,
    discriminator_embedding=64,
    windows=_WINDOWS_20,
    filters=_FILTERS_20,
    batch_size=64,
    discriminator_epochs=3,
    adversarial_discriminator_rounds=5,
    evaluate_every=5,
    evaluation_samples=9984,
    sampling_batch=256,
)

# LeakGAN's program lists a window of 40 without a number of filters, and so never uses it.
PAPER_40 = dataclasses.replace(
    PAPER_20,
    length=40,
    oracle_embedding=64,
    oracle_hidden=64,
    generator_embedding=64,
    generator_hidden=64,
    windows=(*_WINDOWS_20, 30),
    filters=(*_FILTERS_20, 160),
)


def _short(paper: SharedConfig) -> SharedConfig:
    return dataclasses.replace(
        paper,
        preset="short",
        adversarial_discriminator_rounds=1,
        evaluation_samples=4992,
    )


QUICK_20 = dataclasses.replace(
    PAPER_20,
    preset="quick",
    vocab_size=200,
    training_sequences=4096,
    discriminator_embedding=32,
    windows=(1, 2, 3, 4, 5, 10, 20),
    filters=(32, 64, 64, 64, 32, 32, 32),
    discriminator_epochs=2,
    adversarial_discriminator_rounds=1,
    evaluation_samples=2048,
    checkpoint_seconds=15.0,
    padding="masked",
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
    discriminator_embedding=8,
    windows=(1, 2, 3, 20),
    filters=(4, 8, 8, 4),
    batch_size=16,
    sampling_batch=64,
    evaluate_every=2,
    evaluation_samples=128,
    checkpoint_seconds=1.0,
)


def _at_40(preset: SharedConfig) -> SharedConfig:
    return dataclasses.replace(preset, length=40)


SYNTHETIC = {
    ("smoke", 20): SMOKE_20,
    ("smoke", 40): _at_40(SMOKE_20),
    ("quick", 20): QUICK_20,
    ("quick", 40): _at_40(QUICK_20),
    ("tuned", 20): dataclasses.replace(QUICK_20, preset="tuned"),
    ("tuned", 40): dataclasses.replace(_at_40(QUICK_20), preset="tuned"),
    ("short", 20): _short(PAPER_20),
    ("short", 40): _short(PAPER_40),
    ("paper", 20): PAPER_20,
    ("paper", 40): PAPER_40,
}


def synthetic_preset(name: str, length: int, own: type[Own]) -> Config[Own]:
    """Returns the configuration of a preset for the oracle task.

    Args:
      name: name of the preset.
      length: sequence length T, 20 or 40 tokens.
      own: class of the system's configuration, from `systems.registry.system_config`.

    Raises:
      UserError: there is no such preset.
    """
    names = sorted({preset for preset, _ in SYNTHETIC})
    if name not in names:
        raise UserError(f"unknown preset {name!r}: one of {', '.join(names)}")
    if (name, length) not in SYNTHETIC:
        raise UserError(f"no preset of length {length}: give 20 or 40")
    values = own.preset(name, "40" if length == 40 else "")
    return Config(**vars(SYNTHETIC[name, length]), own=values)


# From the Gumbel-softmax GAN's paper, quoted from memory: 5,000 sentences, LSTM states of width 32,
# batches of 200. The windows of a CNN discriminator are this project's choice.
PAPER_CFG = dataclasses.replace(
    PAPER_20,
    task="cfg",
    length=12,
    vocab_size=6,
    training_sequences=5000,
    discriminator_embedding=32,
    windows=(1, 2, 3, 4, 12),
    filters=(32, 64, 64, 32, 32),
    batch_size=200,
    evaluate_every=50,
    evaluation_samples=4096,
)

QUICK_CFG = dataclasses.replace(
    PAPER_CFG, preset="quick", evaluate_every=5, evaluation_samples=2048, checkpoint_seconds=15.0
)

SMOKE_CFG = dataclasses.replace(
    QUICK_CFG,
    preset="smoke",
    training_sequences=64,
    generator_embedding=8,
    generator_hidden=8,
    discriminator_embedding=8,
    windows=(1, 2),
    filters=(4, 8),
    batch_size=16,
    sampling_batch=64,
    evaluate_every=2,
    evaluation_samples=128,
    checkpoint_seconds=1.0,
)

CFG = {"smoke": SMOKE_CFG, "quick": QUICK_CFG, "paper": PAPER_CFG}


def cfg_preset(name: str, vocab_size: int, length: int, own: type[Own]) -> Config[Own]:
    """Returns the configuration of a preset for the CFG task, with a grammar's V and T.

    Args:
      name: name of the preset.
      vocab_size: number of symbols, V.
      length: sequence length T, in tokens.
      own: class of the system's configuration, from `systems.registry.system_config`.

    Raises:
      UserError: there is no such preset.
    """
    if name not in CFG:
        raise UserError(f"unknown preset {name!r}: one of {', '.join(sorted(CFG))}")
    sizes = {"vocab_size": vocab_size, "length": length}
    return Config(**{**vars(CFG[name]), **sizes}, own=own.preset(name, "cfg"))


# LeakGAN's released program for Image COCO, T = 32, V = 4839.
PAPER_TEXT = dataclasses.replace(
    PAPER_20,
    task="text",
    length=32,
    vocab_size=4839,
    generator_embedding=128,
    generator_hidden=128,
    discriminator_embedding=256,
    windows=(*_WINDOWS_20, 32),
    filters=(*_FILTERS_20, 160),
)

QUICK_TEXT = dataclasses.replace(
    PAPER_TEXT,
    preset="quick",
    generator_embedding=64,
    generator_hidden=64,
    discriminator_embedding=32,
    windows=(1, 2, 3, 4, 5, 8, 16),
    filters=(64, 64, 64, 64, 32, 32, 32),
    discriminator_epochs=1,
    adversarial_discriminator_rounds=1,
    evaluate_every=5,
    evaluation_samples=1024,
    checkpoint_seconds=30.0,
    padding="masked",
)

SMOKE_TEXT = dataclasses.replace(
    QUICK_TEXT,
    preset="smoke",
    generator_embedding=8,
    generator_hidden=8,
    discriminator_embedding=8,
    windows=(1, 2, 3),
    filters=(4, 8, 8),
    batch_size=16,
    sampling_batch=64,
    evaluate_every=1,
    evaluation_samples=64,
    checkpoint_seconds=1.0,
)

TEXT = {"smoke": SMOKE_TEXT, "quick": QUICK_TEXT, "paper": PAPER_TEXT}

# Melodies, T = 32. D's kernels are from SeqGAN's appendix for this length. The paper gives no
# widths, rates or epochs for music, and the released program has no music task. These values are
# taken from SeqGAN's and LeakGAN's programs for the oracle task.
PAPER_MUSIC = dataclasses.replace(
    PAPER_20,
    task="text",
    length=32,
    vocab_size=89,
    windows=SEQGAN_32[0],
    filters=SEQGAN_32[1],
)

MUSIC = {"smoke": SMOKE_TEXT, "quick": QUICK_TEXT, "paper": PAPER_MUSIC}


def text_preset(
    name: str, vocab_size: int, length: int, own: type[Own], melodies: bool = False
) -> Config[Own]:
    """Returns the configuration of a preset for text, with a data folder's V and T.

    Windows longer than T become one window of T tokens. With the preset "paper", a system may have
    its own windows and filters for some T (`SystemConfig.kernels`).

    Args:
      name: name of the preset.
      vocab_size: number of token ids, V.
      length: sequence length T, in tokens.
      own: class of the system's configuration, from `systems.registry.system_config`.
      melodies: whether the text is music.

    Raises:
      UserError: there is no such preset.
    """
    presets = MUSIC if melodies else TEXT
    if name not in presets:
        raise UserError(f"unknown preset {name!r}: one of {', '.join(sorted(presets))}")
    preset = presets[name]
    kernels = preset.windows, preset.filters
    if name == "paper":
        kernels = own.kernels.get(length, kernels)
    kept = {min(window, length): count for window, count in zip(*kernels, strict=True)}
    sizes = {
        "vocab_size": vocab_size,
        "length": length,
        "windows": tuple(kept),
        "filters": tuple(kept.values()),
    }
    values = own.preset(name, "music" if melodies else "text")
    return Config(**{**vars(preset), **sizes}, own=values)


_ABOUT = {
    "smoke": "seconds, for tests only",
    "quick": "minutes, at small sizes",
    "tuned": "quick, with a tuned MLE",
    "short": "the published sizes, a shorter schedule",
    "paper": "the published sizes and schedule",
}
ORACLE_ONLY = ("tuned", "short")


def describe_presets(oracle: bool) -> str:
    """Returns the text of ``--help`` on presets; ``oracle`` adds those of the oracle task only."""
    names = [name for name in _ABOUT if oracle or name not in ORACLE_ONLY]
    return "; ".join(f"{name}: {_ABOUT[name]}" for name in names)
