"""Published figures, to stand beside measured ones.

How sure a figure is: "read" in the paper or the authors' files; "second hand", read in another
paper.
"""

from typing import NamedTuple


class Published(NamedTuple):
    """NLL_oracle in nats per token, where it was published, and how it was sampled."""

    nll: float
    source: str


# Where the papers can be read.
PAPERS = {
    "LeakGAN (Guo et al. 2018)": "https://arxiv.org/abs/1709.08624",
    "SeqGAN (Yu et al. 2017)": "https://arxiv.org/abs/1609.05473",
    "RelGAN (Nie et al. 2019)": "https://openreview.net/forum?id=rJedV3R5tm",
    "Texygen (Zhu et al. 2018)": "https://arxiv.org/abs/1802.01886",
    "Language GANs Falling Short (Caccia et al. 2020)": "https://arxiv.org/abs/1811.02549",
}

# By length and system.
ORACLE_NLL = {
    (20, "random"): Published(10.310, "SeqGAN, table 1 (read)"),
    (20, "mle"): Published(9.038, "SeqGAN, table 1 (read)"),
    (20, "scheduled_sampling"): Published(8.985, "SeqGAN, table 1 (read)"),
    (20, "pg_bleu"): Published(8.946, "SeqGAN, table 1 (read)"),
    (20, "seqgan"): Published(8.736, "SeqGAN, table 1 (read)"),
    (20, "rankgan"): Published(8.247, "RelGAN, table 1 (second hand)"),
    (20, "leakgan"): Published(7.038, "RelGAN, table 1 (second hand); logits × 1.5"),
    (20, "oracle"): Published(5.750, "SeqGAN, table 1 (read)"),
    (40, "mle"): Published(10.411, "RelGAN, table 1 (second hand)"),
    (40, "seqgan"): Published(10.310, "RelGAN, table 1 (second hand)"),
    (40, "rankgan"): Published(9.958, "RelGAN, table 1 (second hand)"),
    (40, "leakgan"): Published(7.191, "RelGAN, table 1 (second hand); logits × 1.5"),
    (40, "oracle"): Published(4.071, "RelGAN, table 1 (second hand)"),
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
    ("mle", 1.0): (9.40, 7.61),
    ("mle", 1.27): (8.73, 7.78),
    ("mle", 1.51): (8.05, 8.04),
    ("mle", 1.81): (7.06, 8.50),
    ("seqgan", 1.0): (9.62, 9.22),
    ("leakgan", 1.0): (10.59, 11.27),
}

# BLEU-2..5 and Self-BLEU-2..5 on Image COCO by the Texygen protocol: 9,984 samples against all
# 10,000 test captions, NLTK words, smoothing method 1, mean of sentence BLEU. Read in Texygen
# (Zhu et al. 2018, tables 1 and 2).
COCO_SOURCE = "Texygen (read): all samples, all 10,000 test captions, smoothing method 1"
COCO = {
    "mle": ((0.731, 0.497, 0.305, 0.189), (0.916, 0.769, 0.583, 0.408)),
    "seqgan": ((0.745, 0.498, 0.294, 0.180), (0.950, 0.840, 0.670, 0.489)),
    "maligan": ((0.673, 0.432, 0.257, 0.159), (0.918, 0.781, 0.606, 0.437)),
    "rankgan": ((0.743, 0.467, 0.264, 0.156), (0.959, 0.882, 0.762, 0.618)),
    "leakgan": ((0.746, 0.528, 0.355, 0.230), (0.966, 0.913, 0.848, 0.780)),
}

# BLEU-2..5 and NLL per token of held-out sentences on EMNLP 2017 WMT news. Read in RelGAN.
NEWS_SOURCE = "RelGAN (read); its data is larger than this corpus"
NEWS = {
    "mle": ((0.768, 0.473, 0.240, 0.126), 2.382),
    "seqgan": ((0.777, 0.491, 0.261, 0.138), 2.773),
    "rankgan": ((0.727, 0.435, 0.209, 0.101), 3.345),
    "leakgan": ((0.826, 0.645, 0.437, 0.272), 2.356),
}

# BLEU-2 on Chinese poems: SeqGAN's table 2 (read) for MLE, SeqGAN and real data, the others second
# hand.
POEMS_SOURCE = (
    "SeqGAN, table 2 (read), the whole test set as references; RankGAN and LeakGAN second hand"
)
POEMS = {"mle": 0.6670, "seqgan": 0.7389, "rankgan": 0.812, "leakgan": 0.881, "real": 0.746}

# BLEU-4 and mean squared error on Nottingham melodies: SeqGAN's table 4 (read).
MUSIC_SOURCE = (
    "SeqGAN, table 4 (read), 695 tunes, the whole test set as references; MSE 22.38 (mle) and "
    "20.62 (seqgan), of what is not said"
)
MUSIC = {"mle": (0.9210, 22.38), "seqgan": (0.9406, 20.62)}


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
