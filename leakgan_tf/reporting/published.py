"""Published figures by data set, for tables that compare measured ones with them.

Each system's figures are in the system's file (`PUBLISHED`); here is what belongs to no system.
"""

from leakgan_tf.config.published import OracleFigure
from leakgan_tf.systems.registry import published_figures

# Where the papers can be read.
PAPERS = {
    "LeakGAN (Guo et al. 2018)": "https://arxiv.org/abs/1709.08624",
    "SeqGAN (Yu et al. 2017)": "https://arxiv.org/abs/1609.05473",
    "RelGAN (Nie et al. 2019)": "https://openreview.net/forum?id=rJedV3R5tm",
    "Texygen (Zhu et al. 2018)": "https://arxiv.org/abs/1802.01886",
    "Language GANs Falling Short (Caccia et al. 2020)": "https://arxiv.org/abs/1811.02549",
}

_SYSTEMS = published_figures()

# By length and system.
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

# (NLL_oracle, NLL_test) by run and factor on the logits, at T = 20 and V = 5,000 with 10,000
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

# BLEU-2..5 and Self-BLEU-2..5 on Image COCO by the Texygen protocol: 9,984 samples against all
# 10,000 test captions, NLTK words, smoothing method 1, mean of sentence BLEU. Read in Texygen
# (Zhu et al. 2018, tables 1 and 2).
COCO_SOURCE = "Texygen (read): all samples, all 10,000 test captions, smoothing method 1"
COCO = {name: each.coco for name, each in _SYSTEMS.items() if each.coco}

# BLEU-2..5 and NLL per token of held-out sentences on EMNLP 2017 WMT news. Read in RelGAN.
NEWS_SOURCE = "RelGAN (read); its data is larger than this corpus"
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

# BLEU-4 and mean squared error on Nottingham melodies: SeqGAN's table 4 (read).
MUSIC_SOURCE = (
    "SeqGAN, table 4 (read), 695 tunes, the whole test set as references; MSE 22.38 (mle) and "
    "20.62 (seqgan), of what is not said"
)
MUSIC = {name: each.music for name, each in _SYSTEMS.items() if each.music}


def text_rows(dataset: str) -> tuple[list[list[str]], str]:
    """Returns published rows (system, BLEU-2..5, Self-BLEU-2..5, NLL) as text, and their source."""
    if dataset == "coco":
        rows = [
            [system, *(f"{value:.3f}" for value in (*bleu, *self_bleu)), ""]
            for system, (bleu, self_bleu) in COCO.items()
        ]
        return rows, COCO_SOURCE
    if dataset == "emnlp_news":
        rows = [
            [system, *(f"{value:.3f}" for value in bleu), *[""] * 4, f"{nll:.3f}"]
            for system, (bleu, nll) in NEWS.items()
        ]
        return rows, NEWS_SOURCE
    if dataset == "chinese_poems":
        return [
            [system, f"{value:.3f}", *[""] * 8] for system, value in POEMS.items()
        ], POEMS_SOURCE
    if dataset == "nottingham":
        rows = [[system, "", "", f"{bleu:.3f}", *[""] * 6] for system, (bleu, _) in MUSIC.items()]
        return rows, MUSIC_SOURCE
    return [], ""
