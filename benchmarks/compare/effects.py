"""Effects of the rows of the ablation on the metrics, and their significance."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, TypedDict

import numpy as np

from benchmarks.compare.ablation_rows import BASELINE
from leakgan_tf.metrics import significance
from leakgan_tf.metrics.frontier import Frontier
from leakgan_tf.metrics.significance import SignificanceTest, Spread, TestFigures
from leakgan_tf.metrics.temperatures import PROGRAM_TEMPERATURE, temperature_key
from leakgan_tf.reporting.figure_tables import ORACLE_METRICS
from leakgan_tf.runs.shapes import Number
from leakgan_tf.utils.schema import Limits

LEVEL = 0.05  # significance level
# Temperatures of the last two metrics of `metrics`.
_SHARPEST, _COMPARED = map(temperature_key, (1 / 2.5, PROGRAM_TEMPERATURE))

ByRow = Mapping[str, Mapping[int, Mapping[str, Any]]]  # {row: {seed: figures}}


class EffectFigures(TypedDict):
    """An effect in JSON: `Effect.to_json`."""

    values: Annotated[dict[str, Number], Limits(least=1)]
    differences: Annotated[dict[str, Number], Limits(least=1)]  # by seed
    share: Number | None
    own: TestFigures | None
    shared: TestFigures | None
    conclusion: str


class ControlFigures(EffectFigures):
    """The effect of a control, and the row that it is compared with."""

    against: str


class Effect(NamedTuple):
    """The difference between two rows in one metric.

    Attributes:
      values: {seed: figure of the row}.
      differences: {seed: figure of the row minus that of the other row}.
      share: the mean difference divided by the standard deviation between the baseline's seeds;
        None if these are equal, or fewer than two.
      own: paired t-test on the row's own differences; None if it is not possible.
      shared: test with the spread shared by all rows, with p corrected by Holm's method over the
        rows of the metric; None if it is not possible.
    """

    values: dict[int, float]
    differences: dict[int, float]
    share: float | None
    own: SignificanceTest | None
    shared: SignificanceTest | None

    @property
    def mean(self) -> float:
        """The mean difference over seeds."""
        return float(np.mean(list(self.differences.values())))

    @property
    def moves(self) -> bool | None:
        """Whether p is below `LEVEL` and all differences have one sign; None without a test."""
        if self.shared is None:
            return None if len(self.differences) < 2 or any(self.differences.values()) else False
        one_way = len({np.sign(value) for value in self.differences.values()}) == 1
        return bool(self.shared.p < LEVEL and one_way)

    def conclusion(self) -> str:
        """Returns `moves` as text."""
        if len(self.differences) < 2:
            return "one seed: open"
        if self.moves is None:
            return "no common test: open"
        return "moves" if self.moves else f"not seen with {len(self.differences)} seeds"

    def to_json(self) -> EffectFigures:
        """Returns plain dictionaries and numbers, with the conclusion."""
        return {
            "values": {str(seed): value for seed, value in self.values.items()},
            "differences": {str(seed): value for seed, value in self.differences.items()},
            "share": self.share,
            "own": self.own.to_json() if self.own else None,
            "shared": self.shared.to_json() if self.shared else None,
            "conclusion": self.conclusion(),
        }


def metrics(figures: ByRow) -> dict[str, dict[str, dict[int, float]]]:
    """Returns {metric: {row: {seed: figure}}}; metrics of sweeps only if all runs have a sweep.

    The last metric, "from the frontier", is the distance (`Frontier.bound`) of a row at T = 1/1.5
    from the baseline's sweep with the same seed. Below zero is better than the baseline at another
    temperature.
    """
    found = {
        f"{title}, T = 1": {
            row: {seed: float(own[f"{metric}_1.0"]) for seed, own in seeds.items()}
            for row, seeds in figures.items()
        }
        for metric, title in ORACLE_METRICS.items()
    }
    sweeps = {
        name: {
            seed: {temperature_key(row["temperature"]): row for row in each.get("sweep", ())}
            for seed, each in seeds.items()
        }
        for name, seeds in figures.items()
    }
    runs = [rows for seeds in sweeps.values() for rows in seeds.values()]
    if not all({_SHARPEST, _COMPARED} <= set(rows) for rows in runs):
        return found
    frontiers = {seed: Frontier.of_sweep(rows.values()) for seed, rows in sweeps[BASELINE].items()}
    found["distinct, T = 1/2.5"] = _of_each(sweeps, lambda _, rows: rows[_SHARPEST]["distinct"])
    found["from the frontier, T = 1/1.5"] = _of_each(
        {
            name: {seed: rows for seed, rows in seeds.items() if seed in frontiers}
            for name, seeds in sweeps.items()
        },
        lambda seed, rows: frontiers[seed].bound(
            rows[_COMPARED]["nll_test"], rows[_COMPARED]["nll_oracle"]
        ),
    )
    return found


def _of_each(
    runs: Mapping[str, Mapping[int, Any]], figure: Callable[[int, Any], float]
) -> dict[str, dict[int, float]]:
    return {
        name: {seed: float(figure(seed, each)) for seed, each in seeds.items()}
        for name, seeds in runs.items()
    }


def differences(own: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    """Returns {seed: figure minus that of another row}, for the seeds that both have."""
    return {seed: own[seed] - other[seed] for seed in own if seed in other}


def effects(values: Mapping[str, Mapping[int, float]]) -> dict[str, Effect]:
    """Returns {row: effect compared with the baseline} in one metric, the largest first.

    Rows that lack a seed of the baseline are left out of the shared test.
    """
    pairs = [(name, BASELINE) for name in values if name != BASELINE]
    found = [(name, effect) for (name, _), effect in compare(values, pairs).items()]
    return dict(sorted(found, key=lambda item: -abs(item[1].mean)))


def compare(
    values: Mapping[str, Mapping[int, float]], pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Effect]:
    """Returns {(row, other row): effect} for pairs with a common seed."""
    base, whole = values[BASELINE], _whole(values)
    spread = shared_spread(values)
    deviation = float(np.std(list(base.values()), ddof=1)) if len(base) > 1 else 0.0
    found, tests = {}, {}
    for name, other in pairs:
        gaps = differences(values[name], values[other])
        if not gaps:
            continue
        mean = float(np.mean(list(gaps.values())))
        own = significance.between_seeds(list(gaps.values()))
        found[name, other] = Effect(
            dict(values[name]), gaps, mean / deviation if deviation else None, own, None
        )
        if name in whole and other in whole:
            test = significance.between_rows([gaps[seed] for seed in base], spread)
            if test:
                tests[name, other] = test
    corrected = significance.holm([test.p for test in tests.values()])
    for (pair, test), p in zip(tests.items(), corrected, strict=True):
        found[pair] = found[pair]._replace(shared=SignificanceTest(test.direction, p))
    return found


def shared_spread(values: Mapping[str, Mapping[int, float]]) -> Spread | None:
    """Returns the spread between seeds of the rows that have all seeds of the baseline."""
    return significance.shared_spread(_whole(values))


def _whole(values: Mapping[str, Mapping[int, float]]) -> dict[str, list[float]]:
    base = values[BASELINE]
    return {
        name: [own[seed] for seed in base] for name, own in values.items() if set(own) >= set(base)
    }
