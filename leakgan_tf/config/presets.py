"""The presets' values that every system has, with their sources; each system's own: in its file.

paper  The sizes and schedule of the authors' released programs, which also are the papers'. What no
       paper or program says, each system's file names as this project's choice. For text, LeakGAN's
       program for Image COCO. For music most is open: see PAPER_MUSIC.
short  The oracle task at the paper's sizes for an hour or two: a D round where the programs have
       five, half as many sentences in an evaluation. LeakGAN has 16 epochs of pre-training for 80,
       and 45 adversarial steps for 800 (the published curve has its best value there).
quick  Scaled down to end within ten minutes on two cores, MLE and LeakGAN together (text: twenty):
       this project's choice. Sizes are smaller, so its figures compare with no published one.
       LeakGAN in its paper's semantics.
tuned  quick with MLE's part tuned (`systems/mle.py`), for the oracle task: as a baseline by itself,
       or as the pre-training of the others.
smoke  The same code path in seconds, for tests: this project's choice. It learns next to nothing.
"""

import dataclasses
from typing import TypeVar

from leakgan_tf.config.config import Config
from leakgan_tf.config.own import SystemConfig
from leakgan_tf.config.shared import SharedConfig
from leakgan_tf.utils.errors import UserError

# LeakGAN's and SeqGAN's released programs, windows of 1 to 10, 15 and 20 tokens.
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

# LeakGAN's program lists a window of 40 without a count of filters, and drops it.
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
    """Returns a preset of the oracle task.

    Args:
      name: of the preset.
      length: of sequences: 20 or 40.
      own: class of the system's configuration, of `systems.registry.system_config`.

    Raises:
      UserError: there is no such preset.
    """
    names = sorted({preset for preset, _ in SYNTHETIC})
    if name not in names:
        raise UserError(f"unknown preset {name!r}: one of {', '.join(names)}")
    if (name, length) not in SYNTHETIC:
        raise UserError(f"no preset of length {length}: 20 or 40")
    values = own.preset(name, "40" if length == 40 else "")
    return Config(**vars(SYNTHETIC[name, length]), own=values)


# The grammar of the Gumbel-softmax GAN's paper, whose sizes are from memory: 5,000 sentences, LSTMs
# of 32, batches of 200. D's windows, for the systems that have a CNN, are this project's choice.
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
    """Returns a preset of the CFG task for a grammar's sizes.

    Args:
      name: of the preset.
      vocab_size: number of symbols, V.
      length: of sequences, T.
      own: class of the system's configuration, of `systems.registry.system_config`.

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

# Melodies, T = 32. D's kernels are those of SeqGAN's appendix for this length. Its paper gives no
# width, rate or epoch for music, and its released program has no music: these are open, and taken
# from its program, and LeakGAN's, for the oracle task.
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
    """Returns a preset for text of a data folder's sizes.

    Windows longer than T are left out; the paper's own window of the whole sentence becomes T. The
    paper preset of a system has its own kernels for some T (`SystemConfig.kernels`).

    Args:
      name: of the preset.
      vocab_size: number of token ids, V.
      length: of sequences, T.
      own: class of the system's configuration, of `systems.registry.system_config`.
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
    "smoke": "seconds, learns next to nothing",
    "quick": "minutes, at small sizes",
    "tuned": "quick, with a tuned MLE",
    "short": "the paper's sizes for an hour or two",
    "paper": "the published sizes and schedule",
}
ORACLE_ONLY = ("tuned", "short")


def describe_presets(oracle: bool) -> str:
    """Returns the presets in words, for ``--help``: those of the oracle task, or of all tasks."""
    names = [name for name in _ABOUT if oracle or name not in ORACLE_ONLY]
    return "; ".join(f"{name}: {_ABOUT[name]}" for name in names)
