"""Is a difference more than chance? Two t-tests that answer two questions, and several at once.

`between_sentences`: would these two trained models differ on other sentences? It takes the models
as given, so it says nothing of another seed: with ten thousand sentences it finds any difference,
among them the one between two seeds of a single system. The SeqGAN paper's p-values are of such a
t-test; Welch's, and one seed at a time, are this project's choice. `between_seeds`: would systems
trained with other seeds differ? Its numbers are runs, so it needs several, and two or three of them
show large differences only. `between_rows`: the same for many rows against one, with the spread
between seeds that all of them share.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple, TypedDict

import numpy as np
from scipy import stats

from leakgan_tf.utils.schema import Limits

LOWER, HIGHER, MIXED = "lower", "higher", "mixed"


class Scored(TypedDict):
    """The mean and deviation of single sentences' NLL_oracle, and how many they are."""

    nll_oracle: float
    nll_oracle_deviation: float
    sentences: int


class TestFigures(TypedDict):
    """A test in JSON: `SignificanceTest.to_json`."""

    direction: str
    p: Annotated[float, Limits(0, 1, finite=False)]


class SignificanceTest(NamedTuple):
    """What a test found.

    Attributes:
      direction: of the tested against what it is tested against: `LOWER`, `HIGHER`, or, where
        seeds disagree, `MIXED`.
      p: two-sided; of `between_sentences` the largest of the seeds'.
    """

    direction: str
    p: float

    def to_json(self) -> TestFigures:
        """Returns the test as a dictionary."""
        return {"direction": self.direction, "p": self.p}


def between_sentences(
    pairs: Sequence[tuple[Scored, Scored]],
) -> SignificanceTest | None:
    """Welch's t-test on the NLL_oracle of single sentences, seed by seed.

    Sentences of several seeds are not thrown together: their number would hide that they come from
    a few models. Each seed's system is tested against the other system of the same seed; the
    largest p of them is a valid p for "in every seed there is a difference in this direction".
    Where the seeds' directions differ, none is claimed. Runs of one seed may draw with the same
    random numbers; what sentences then have in common makes p too large, never too small.

    Args:
      pairs: for each seed a row of `SyntheticTask.sweep` of either system, at one temperature.

    Returns:
      None if there is no pair, or nothing varies.
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
    p = stats.ttest_ind_from_stats(
        own["nll_oracle"], deviations[0], counts[0],
        other["nll_oracle"], deviations[1], counts[1],
        equal_var=False,
    ).pvalue  # fmt: skip
    return SignificanceTest(_direction(own["nll_oracle"] - other["nll_oracle"]), float(p))


def between_seeds(differences: Sequence[float]) -> SignificanceTest | None:
    """Paired t-test across seeds: is the mean of the differences other than zero?

    Args:
      differences: a system's figure less the other's of the same seed, one for each seed.

    Returns:
      None with fewer than two seeds, or if all differences are the same number.
    """
    values = np.asarray(differences, np.float64)
    if len(values) < 2 or np.ptp(values) == 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nearly equal numbers: p is still right
        p = float(stats.ttest_1samp(values, 0.0).pvalue)
    return SignificanceTest(_direction(float(values.mean())), p)


class Spread(NamedTuple):
    """The spread between seeds that several rows share.

    Attributes:
      variance: of a row's figure in one seed, after its row's and its seed's mean are taken away.
      freedom: degrees of freedom of that estimate.
      seeds: how many.
    """

    variance: float
    freedom: int
    seeds: int

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval of the difference of two rows' means."""
        return float(stats.t.ppf(0.975, self.freedom) * self.error)

    @property
    def error(self) -> float:
        """Standard error of the difference of two rows' means."""
        return float(np.sqrt(2 * self.variance / self.seeds))


def shared_spread(figures: Mapping[str, Sequence[float]]) -> Spread | None:
    """Returns the spread between seeds that all rows share, from all of them.

    Two or three seeds say little about a row's own spread. All rows together say more: in the same
    seeds they are a randomized block design, whose residual has (rows - 1) · (seeds - 1) degrees
    of freedom. It is assumed to be alike in all rows. With two rows it is the paired t-test's.

    Args:
      figures: by row, those of the same seeds in the same order.

    Returns:
      None with fewer than two rows or seeds, or where nothing varies.
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
    """Tests the mean difference of two rows with the spread that all rows share.

    A row with a far larger spread than the others makes their p too large and its own too small:
    look at its seeds, too.

    Args:
      differences: of the seeds that the spread is of.
      spread: of `shared_spread`; without it there is no test.
    """
    if spread is None:
        return None
    mean = float(np.mean(differences))
    return SignificanceTest(
        _direction(mean), float(2 * stats.t.sf(abs(mean) / spread.error, spread.freedom))
    )


def holm(ps: Sequence[float]) -> list[float]:
    """Returns p-values corrected for being many (Holm 1979), in the same order.

    Whatever stays below 0.05 does so with at most 5 % chance that any of them is a false alarm.
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
    """Returns a p-value as a table has it: ``<1e-6``, ``2e-4``, ``0.031``, ``0.41``."""
    if p < 1e-6:
        return "<1e-6"
    if p < 0.001:
        mantissa, exponent = f"{p:.0e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"
