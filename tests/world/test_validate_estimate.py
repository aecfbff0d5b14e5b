"""Estimates and intervals against published worked examples, closed forms and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from labkit.world.validate.estimate import (
    NOTHING,
    Measured,
    Sums,
    deviation,
    life_expectancy,
    mean,
    peak,
    quotient,
    rate,
    share,
    trend,
)


def sums(x: np.ndarray, t: np.ndarray | None = None, w: np.ndarray | None = None) -> Sums:
    t = np.ones(len(x)) if t is None else t
    w = np.ones(len(x)) if w is None else w
    wx, wt = w * x, w * t
    return Sums(
        len(x), wx.sum(), wt.sum(), (wx**2).sum(), (wx * wt).sum(), (wt**2).sum(), x.sum(), w.max()
    )


@pytest.mark.parametrize(
    ("events", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3 (Wilson)
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_wilson(events: int, n: int, low: float, high: float) -> None:
    found = share(sums(np.repeat([1.0, 0.0], [events, n - events])))
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@settings(deadline=None)
@given(events=st.integers(1, 300))
def test_rate_without_weights_is_garwoods(events: int) -> None:
    rows = 100_000
    x = np.zeros(rows)
    x[:events] = 1
    found = rate(sums(x, np.full(rows, 2.0)))
    low = chi2.ppf(0.025, 2 * events) / 2 / (2 * rows)
    high = chi2.ppf(0.975, 2 * events + 2) / 2 / (2 * rows)
    assert found.low == pytest.approx(low, rel=0.02)
    assert found.high == pytest.approx(high, rel=0.02)


def test_weights_bring_strata_to_the_standard() -> None:
    # 30 of 100 young and 80 of 100 old; the standard has three young for each old
    x = np.repeat([1.0, 0, 1, 0], [30, 70, 80, 20])
    w = np.repeat([3.0, 1.0], 100)
    assert share(sums(x, w=w)).value == pytest.approx((3 * 0.3 + 0.8) / 4)


def test_contacts_of_one_person_hang_together() -> None:
    once = np.repeat([1.0, 0.0], [400, 600])
    clumped = np.repeat([10.0, 0.0], [40, 960])
    wide, narrow = rate(sums(clumped)), rate(sums(once))
    assert wide.value == narrow.value
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_intervals_hold_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(5)
    held = {"share": 0, "rate": 0, "mean": 0}
    for _ in range(400):
        w = rng.choice([0.5, 2.0], 300)
        some = share(sums((rng.random(300) < 0.2).astype(float), w=w))
        years = rng.uniform(0.2, 1, 300)
        counts = rate(sums(rng.poisson(0.3 * years).astype(float), years, w))
        values = mean(sums(rng.normal(50, 10, 300), w=w))
        held["share"] += some.low <= 0.2 <= some.high
        held["rate"] += counts.low <= 0.3 <= counts.high
        held["mean"] += values.low <= 50 <= values.high
    assert all(370 <= n <= 396 for n in held.values()), held


def test_life_expectancy_of_norway_2015_2019() -> None:
    """From the death rates themselves: 80.8 and 84.4 years (Human Mortality Database)."""
    from labkit.world.validate.measure.cancer import _death_rates

    for sex, expected in (("M", 80.82), ("F", 84.36)):
        rates = [rate for s, _, rate in sorted(_death_rates()) if s == sex]
        years = np.full(21, 100_000.0)
        found = life_expectancy(np.array(rates) * years, years)
        assert found.value == pytest.approx(expected, abs=0.25)
        assert 0.1 < found.high - found.low < 1.5


def test_trend_and_peak_are_found() -> None:
    rng = np.random.default_rng(3)
    years = np.arange(2013, 2022)
    yearly = [sums(rng.poisson(0.05 * 0.95**k, 20_000).astype(float)) for k in range(9)]
    found = trend(years, yearly)
    assert found.low < -5 < found.high
    assert found.value == pytest.approx(-5, abs=1.5)
    weeks = rng.poisson(60 * np.exp(-((np.arange(40) - 18) ** 2) / 20))
    top = peak(weeks)
    assert top.value == pytest.approx(18, abs=1)
    assert top.low <= 18 <= top.high
    assert peak(np.zeros(40, dtype=int)) == NOTHING


def test_deviation_and_quotient() -> None:
    values = np.random.default_rng(1).normal(0, 12, 5_000)
    found = deviation(5_000, values.std(), ((values - values.mean()) ** 4).mean())
    assert found.low < 12 < found.high
    assert quotient(NOTHING, Measured(1, 0.5, 2, 9)) == NOTHING


@pytest.mark.parametrize("estimate", [share, rate, mean])
def test_nothing_to_measure_is_not_zero(estimate) -> None:
    assert estimate(Sums(0, 0, 0, 0, 0, 0, 0, 0)) == NOTHING
