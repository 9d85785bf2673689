"""Published figures by data set, for comparison with measured ones.

The figures of a system are in its file (`PUBLISHED`); figures of no system are here.
"""

from collections.abc import Sequence
from typing import Any

from leakgan_tf.config.config import Config
from leakgan_tf.config.presets import text_preset
from leakgan_tf.config.published import OracleFigure
from leakgan_tf.systems.registry import find_systems, published_figures

# Names in papers, where they differ from the class names.
_TITLES = {
    "mle_tuned": "MLE, tuned", "scheduled_sampling": "scheduled sampling", "pg_bleu": "PG-BLEU",
    "gumbel_gan": "Gumbel-softmax GAN", "residual_ebm": "Residual EBM",
    "random": "random tokens", "oracle": "the oracle itself", "real": "real text",
    "grammar": "the grammar itself",
}  # fmt: skip


def system_title(name: str) -> str:
    """Returns the title of a system or reference: "MLE, tuned" for "mle_tuned"."""
    return _TITLES.get(name) or find_systems().get(name, name)


# {paper: URL}
PAPERS = {
    "LeakGAN (Guo et al. 2018)": "https://arxiv.org/abs/1709.08624",
    "SeqGAN (Yu et al. 2017)": "https://arxiv.org/abs/1609.05473",
    "RelGAN (Nie et al. 2019)": "https://openreview.net/forum?id=rJedV3R5tm",
    "ScratchGAN (de Masson d'Autume et al. 2019)": "https://arxiv.org/abs/1905.09922",
    "Texygen (Zhu et al. 2018)": "https://arxiv.org/abs/1802.01886",
    "Language GANs Falling Short (Caccia et al. 2020)": "https://arxiv.org/abs/1811.02549",
}

_SYSTEMS = published_figures()

# {(length, system): published figure}
ORACLE_NLL = {
    (20, "random"): OracleFigure(10.310, "SeqGAN, table 1 (read)"),
    **{
        (length, name): figures.oracle[length]
        for length in (20, 40)
        for name, figures in _SYSTEMS.items()
        if length in figures.oracle
    },
    (20, "oracle"): OracleFigure(5.750, "SeqGAN, table 1 (read)"),
    (40, "oracle"): OracleFigure(4.071, "RelGAN, table 1 (second hand)"),
}

# {(system, inverse temperature): (NLL_oracle, NLL_test)}, at T = 20 and V = 5,000 with 10,000
# training sentences: read in the CSV files beside the program of "Language GANs Falling Short".
# Its MLE is another generator, with dropout; SeqGAN and LeakGAN are its reruns of their authors'
# programs. Whether its oracle's weights are SeqGAN's was not checked.
FALLING_SHORT_SOURCE = (
    "Language GANs Falling Short (Caccia et al. 2020), its CSV files (read): another MLE "
    "generator, with dropout, and its authors' reruns of SeqGAN and LeakGAN"
)
FALLING_SHORT = {
    (name, factor): figures
    for name, each in _SYSTEMS.items()
    for factor, figures in each.falling_short.items()
}


# SHA-256 of the weights of SeqGAN's oracle, T = 20 (`oracle_weights.read_parameters`).
SEQGAN_ORACLE = "1095de918aba7a2668fd85b4c9e5fbcc39747ce5b70207ce4a8ec814355151a5"


def has_published_oracle(config: Config) -> bool:
    """Returns whether published NLL_oracle at this length is under such an oracle.

    At T = 20 it is SeqGAN's, whose weights are known. At T = 40 each program drew random weights
    for an LSTM of these sizes.
    """
    if config.vocab_size != 5000:
        return False
    if config.length == 20:
        return config.oracle_params == SEQGAN_ORACLE
    sizes = config.oracle_embedding, config.oracle_hidden
    return config.length == 40 and not config.oracle_params and sizes == (64, 64)


def oracle_figure(name: str, config: Config) -> OracleFigure | None:
    """Returns a system's published NLL_oracle if it is comparable with this run, else None."""
    figure = ORACLE_NLL.get((config.length, name)) if has_published_oracle(config) else None
    if figure and not config.oracle_params:
        return figure._replace(source=f"{figure.source}; another random oracle")
    return figure


def published_points(config: Config) -> dict[str, list[tuple[float, float]]]:
    """Returns {source: [(NLL_test, NLL_oracle)]}; {} for other sizes or another oracle."""
    if not (has_published_oracle(config) and config.length == 20):
        return {}
    points: dict[str, list[tuple[float, float]]] = {}
    for (system, _), (nll_oracle, nll_test) in FALLING_SHORT.items():
        points.setdefault(f"{system_title(system)}, Caccia et al.", []).append(
            (nll_test, nll_oracle)
        )
    return points


# BLEU-2..5 and Self-BLEU-2..5 on Image COCO by the Texygen protocol: 9,984 samples against all
# 10,000 test captions, NLTK words, smoothing method 1, mean of sentence BLEU. Read in Texygen
# (Zhu et al. 2018, tables 1 and 2).
COCO_SOURCE = (
    "Texygen (read): all samples, all 10,000 test captions, smoothing method 1; RelGAN's own row "
    "(read, β_max 100, six seeds): the first 100 samples"
)
COCO = {name: each.coco for name, each in _SYSTEMS.items() if each.coco}

# BLEU-2..5 and RelGAN's NLL_gen on EMNLP 2017 WMT news. Read in RelGAN.
NEWS_SOURCE = (
    "RelGAN (read); its data is larger than this corpus, BLEU of the first 100 samples, NLL of its "
    "training file with padding counted; its own row with β_max 100, six seeds"
)
NEWS = {name: each.news for name, each in _SYSTEMS.items() if each.news}

# BLEU-2 on Chinese poems: SeqGAN's table 2 (read) for MLE, SeqGAN and real data, the others second
# hand.
POEMS_SOURCE = (
    "SeqGAN, table 2 (read), the whole test set as references; RankGAN and LeakGAN second hand"
)
POEMS = {
    **{name: each.poems for name, each in _SYSTEMS.items() if each.poems},
    "real": 0.746,
}

# BLEU-3 and BLEU-4 on speeches: SeqGAN's table 3 (read).
SPEECHES_SOURCE = (
    "SeqGAN, table 3 (read), the whole test set as references: 11,092 paragraphs of another "
    "collection of the same speaker, of unknown length, vocabulary and split; here the first 32 "
    "tokens of a paragraph, split by speech"
)
SPEECHES = {name: each.speeches for name, each in _SYSTEMS.items() if each.speeches}

# BLEU-4 and mean squared error on Nottingham melodies: SeqGAN's table 4 (read).
MUSIC_SOURCE = (
    "SeqGAN, table 4 (read), 695 tunes, the whole test set as references; MSE 22.38 (mle) and "
    "20.62 (seqgan), whose definition is not given"
)
MUSIC = {name: each.music for name, each in _SYSTEMS.items() if each.music}

# {corpus: share of real sentences that judges called real}: LeakGAN, section 4.4.
TURING_SOURCE = "LeakGAN, section 4.4, from memory: not checked against the paper; other judges"
_TURING_REAL = {"coco": 0.675, "emnlp_news": 0.651}


def turing_shares(corpus: str | None) -> dict[str, float]:
    """Returns {system, or "real" for real text: published share of answers "real"}."""
    if corpus is None or corpus not in _TURING_REAL:
        return {}
    shares = {name: each.turing for name, each in _SYSTEMS.items()}
    return {
        "real": _TURING_REAL[corpus],
        **{name: each[corpus] for name, each in shares.items() if corpus in each},
    }


# The fields of the configuration that are a model's size.
_SIZES = (
    "generator_embedding", "generator_hidden", "discriminator_embedding", "windows", "filters",
)  # fmt: skip
OTHER_SIZES = (
    "Published figures of this corpus are of models of other sizes, and are not shown; reports on "
    "runs with --preset=paper have them."
)


def text_figures(dataset: str) -> tuple[dict[str, dict[str, Any]], str]:
    """Returns {system: published figures, named as measured ones}, and their source."""
    match dataset:
        case "coco":
            return {
                system: {"bleu": _by_order(bleu)}
                | ({"self_bleu": _by_order(self_bleu)} if self_bleu else {})
                for system, (bleu, self_bleu) in COCO.items()
            }, COCO_SOURCE
        case "emnlp_news":
            return {
                system: {"bleu": _by_order(bleu), "nll_test": nll}
                for system, (bleu, nll) in NEWS.items()
            }, NEWS_SOURCE
        case "chinese_poems":
            return {system: {"bleu": {"2": bleu}} for system, bleu in POEMS.items()}, POEMS_SOURCE
        case "speeches":
            return {
                system: {"bleu": {"3": three, "4": four}}
                for system, (three, four) in SPEECHES.items()
            }, SPEECHES_SOURCE
        case "nottingham":
            return {
                system: {"bleu": {"4": bleu}, "mse": mse} for system, (bleu, mse) in MUSIC.items()
            }, MUSIC_SOURCE
    return {}, ""


def has_published_sizes(config: Config, corpus: str) -> bool:
    """Returns whether the models of a run on text have the sizes of the published programs."""
    paper = text_preset(
        "paper", config.vocab_size, config.length, type(config.own), melodies=corpus == "nottingham"
    )
    return all(getattr(config, size) == getattr(paper, size) for size in _SIZES)


def text_figures_beside(
    configs: Sequence[Config], corpus: str
) -> tuple[dict[str, dict[str, Any]], str]:
    """Returns `text_figures` of the runs that have the published sizes; ({}, "") if none has."""
    figures, source = text_figures(corpus)
    sized = {config.system for config in configs if has_published_sizes(config, corpus)}
    kept = {system: row for system, row in figures.items() if system in sized}
    if kept and "real" in figures:
        kept["real"] = figures["real"]
    return kept, source if kept else ""


def published_note(configs: Sequence[Config], corpus: str) -> str:
    """Returns the source of the published figures beside runs, or why there are none.

    `corpus` is "" for text that is no named corpus.
    """
    if source := text_figures_beside(configs, corpus)[1]:
        return f"Published: {source}. Full-size runs with protocols of their own."
    return OTHER_SIZES if text_figures(corpus)[0] else ""


def _by_order(scores: Sequence[float]) -> dict[str, float]:
    return {str(order): score for order, score in enumerate(scores, 2)}
