"""Tests whether differences between systems are significant: t-tests, and Holm's correction.

`between_sentences`: do two trained models differ on other sentences? The models are fixed, so the
result does not extend to other seeds. With ten thousand sentences it detects any difference, even
that between two seeds of one system. The SeqGAN paper's p-values come from such a t-test; Welch's
version and one test per seed are this project's choice.

`between_seeds`: do the systems differ when trained with other seeds? The sample consists of runs,
so two or three seeds detect large differences only.

`between_rows`: `between_seeds` for many systems against one, with a variance between seeds that is
estimated from all of them.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple, TypedDict

import numpy as np
import scipy

from leakgan_tf.utils.schema import Limits

LOWER, HIGHER, MIXED = "lower", "higher", "mixed"


class Scored(TypedDict):
    """Mean and standard deviation of NLL_oracle over sentences, and the number of sentences."""

    nll_oracle: float
    nll_oracle_deviation: float
    sentences: int


class TestFigures(TypedDict):
    """A test as JSON; see `SignificanceTest.to_json`."""

    direction: str
    p: Annotated[float, Limits(0, 1, finite=False)]


class SignificanceTest(NamedTuple):
    """The result of a significance test.

    Attributes:
      direction: sign of the difference, `LOWER` or `HIGHER`; `MIXED` if the seeds disagree.
      p: two-sided p-value; for `between_sentences` the largest over seeds.
    """

    direction: str
    p: float

    def to_json(self) -> TestFigures:
        """Returns the test as a dictionary."""
        return {"direction": self.direction, "p": self.p}


def between_sentences(
    pairs: Sequence[tuple[Scored, Scored]],
) -> SignificanceTest | None:
    """Performs Welch's t-test on the NLL_oracle of single sentences, once per seed.

    Sentences of several seeds are not pooled, as they come from a few models only. Each seed's
    system is tested against the other system of the same seed. The largest p is valid for "there
    is a difference in this direction in every seed". If the directions differ, none is claimed.
    Runs of one seed may sample with the same random numbers; the resulting correlation makes p too
    large, never too small.

    Args:
      pairs: for each seed, a row of `SyntheticTask.sweep` of both systems at one temperature.

    Returns:
      The test; None if there is no pair, or a pair has fewer than two sentences or no variance.
    """
    tests = [_welch(own, other) for own, other in pairs]
    found = [each for each in tests if each is not None]
    if not found or len(found) < len(tests):
        return None
    directions = {each.direction for each in found}
    direction = directions.pop() if len(directions) == 1 else MIXED
    return SignificanceTest(direction, max(each.p for each in found))


def _welch(own: Scored, other: Scored) -> SignificanceTest | None:
    deviations = own["nll_oracle_deviation"], other["nll_oracle_deviation"]
    counts = own["sentences"], other["sentences"]
    if min(counts) < 2 or not any(deviations):
        return None
    p = scipy.stats.ttest_ind_from_stats(
        own["nll_oracle"], deviations[0], counts[0],
        other["nll_oracle"], deviations[1], counts[1],
        equal_var=False,
    ).pvalue  # fmt: skip
    return SignificanceTest(_direction(own["nll_oracle"] - other["nll_oracle"]), float(p))


def between_seeds(differences: Sequence[float]) -> SignificanceTest | None:
    """Performs a paired t-test across seeds: does the mean difference differ from zero?

    Args:
      differences: one system's figure less the other's for each seed.

    Returns:
      The test; None with fewer than two seeds, or if all differences are equal.
    """
    values = np.asarray(differences, np.float64)
    if len(values) < 2 or np.ptp(values) == 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nearly equal numbers; p is still correct
        p = float(scipy.stats.ttest_1samp(values, 0.0).pvalue)
    return SignificanceTest(_direction(float(values.mean())), p)


class Spread(NamedTuple):
    """The residual variance between seeds, common to several rows (systems).

    Attributes:
      variance: variance of a figure after subtracting the means of its row and of its seed.
      freedom: degrees of freedom of this estimate.
      seeds: number of seeds.
    """

    variance: float
    freedom: int
    seeds: int

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval of the difference of two rows' means."""
        return float(scipy.stats.t.ppf(0.975, self.freedom) * self.error)

    @property
    def error(self) -> float:
        """Standard error of the difference of two rows' means."""
        return float(np.sqrt(2 * self.variance / self.seeds))


def shared_spread(figures: Mapping[str, Sequence[float]]) -> Spread | None:
    """Returns the residual variance between seeds, estimated from all rows.

    Two or three seeds are too few to estimate one row's variance. All rows with the same seeds form
    a randomized block design, whose residual has (rows - 1) · (seeds - 1) degrees of freedom. The
    variance is assumed equal in all rows. With two rows, `between_rows` is the paired t-test.

    Args:
      figures: by row, its figures for the same seeds in the same order.

    Returns:
      The variance; None with fewer than two rows or seeds, or if the residual is zero.
    """
    table = np.asarray(list(figures.values()), np.float64)  # (rows, seeds)
    if min(table.shape) < 2:
        return None
    residuals = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    variance = float((residuals**2).sum() / freedom)
    if variance <= 1e-24 * float(np.mean(table**2)):  # rounding
        return None
    return Spread(variance, freedom, table.shape[1])


def between_rows(differences: Sequence[float], spread: Spread | None) -> SignificanceTest | None:
    """Tests the mean difference of two rows with the residual variance of all rows.

    If one row varies far more between seeds than the others, its own p is too small and theirs are
    too large.

    Args:
      differences: one row's figure less the other's, for each seed of `spread`.
      spread: result of `shared_spread`.

    Returns:
      The test; None if `spread` is None.
    """
    if spread is None:
        return None
    mean = float(np.mean(differences))
    return SignificanceTest(
        _direction(mean), float(2 * scipy.stats.t.sf(abs(mean) / spread.error, spread.freedom))
    )


def holm(ps: Sequence[float]) -> list[float]:
    """Returns p-values corrected for multiple tests (Holm 1979), in the same order.

    With a threshold of 0.05, the probability of any false rejection is at most 5 %.
    """
    order = np.argsort(ps, kind="stable")
    factors = len(ps) - np.arange(len(ps))
    stepped = np.maximum.accumulate(np.asarray(ps, np.float64)[order] * factors)
    corrected = np.empty(len(ps))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected.tolist()


def _direction(difference: float) -> str:
    return LOWER if difference < 0 else HIGHER


def format_p_value(p: float) -> str:
    """Returns a p-value formatted for tables: ``<1e-6``, ``2e-4``, ``0.031``, ``0.41``."""
    if p < 1e-6:
        return "<1e-6"
    if p < 0.001:
        mantissa, exponent = f"{p:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
