"""Published figures, to stand beside measured ones.

How sure a figure is: "read" in the paper or the authors' files; "second hand", read in another
paper.
"""

from typing import NamedTuple


class Published(NamedTuple):
    """NLL_oracle in nats per token, where it was published, and how it was sampled."""

    nll: float
    source: str


# By length and system.
ORACLE_NLL = {
    (20, "random"): Published(10.310, "SeqGAN, table 1 (read)"),
    (20, "mle"): Published(9.038, "SeqGAN, table 1 (read)"),
    (20, "seqgan"): Published(8.736, "SeqGAN, table 1 (read)"),
    (20, "leakgan"): Published(7.038, "RelGAN, table 1 (second hand); logits × 1.5"),
    (20, "oracle"): Published(5.750, "SeqGAN, table 1 (read)"),
    (40, "mle"): Published(10.411, "RelGAN, table 1 (second hand)"),
    (40, "seqgan"): Published(10.310, "RelGAN, table 1 (second hand)"),
    (40, "leakgan"): Published(7.191, "RelGAN, table 1 (second hand); logits × 1.5"),
    (40, "oracle"): Published(4.071, "RelGAN, table 1 (second hand)"),
}
