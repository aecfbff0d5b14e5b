"""Inverting hazards: closed forms, jumps, seasons."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from labkit.world.hazard import YEAR, Baseline, cohort, in_season, invert
from labkit.world.part import NEVER

N = 40_000
RNG = np.random.default_rng(20)
DRAWS = RNG.standard_exponential(N)
FLAT = Baseline.from_bands([0], [20.0], [40.0])


def days(baseline: Baseline = FLAT, **options: object) -> np.ndarray:
    settings: dict = {
        "female": np.arange(N) % 2 == 0,
        "birth": np.zeros(N, dtype=np.int32),
        "multiplier": np.ones(N),
    } | options
    return invert(baseline, DRAWS, **settings)


def test_a_constant_hazard_gives_the_exponential() -> None:
    found = days(female=np.zeros(N, dtype=bool))
    years = np.minimum(found, 60 * YEAR) / YEAR
    curve = KaplanMeierFitter().fit(years, found <= 60 * YEAR)
    for year in (5, 20, 50):
        assert abs(float(curve.predict(year)) - np.exp(-0.02 * year)) < 0.01


def test_bands_follow_the_piecewise_survival() -> None:
    base = Baseline.from_bands([0, 40, 60], [1.0, 10.0, 50.0], [1.0, 10.0, 50.0])
    found = days(base)
    alive_at_70 = (found > 70 * YEAR).mean()
    assert abs(alive_at_70 - np.exp(-(0.04 + 0.2 + 0.5))) < 0.01
    assert (found[found < NEVER] > 0).all()


def test_a_jump_changes_the_hazard_from_its_day_on() -> None:
    jump = np.full(N, round(30 * YEAR))
    found = days(female=np.zeros(N, dtype=bool), jumps=[(jump, 3.0)])
    before = (found <= 30 * YEAR).mean()
    assert abs(before - (1 - np.exp(-0.6))) < 0.01
    late = found[found > 30 * YEAR]
    assert abs((late > 40 * YEAR).mean() - np.exp(-0.6)) < 0.015  # 10 years at 0.06


def test_a_jump_and_its_inverse_leave_nothing() -> None:
    jump = np.full(N, 9_000)
    there_and_back = days(jumps=[(jump, 5.0), (jump, 0.2)])
    assert np.abs(there_and_back.astype(int) - days().astype(int)).max() <= 1


@given(st.floats(1.0, 8.0), st.integers(0, 30_000))
def test_a_higher_hazard_never_delays(ratio: float, day: int) -> None:
    jump = np.full(N, day)
    assert (days(jumps=[(jump, ratio)]) <= days()).all()
    assert (days(multiplier=np.full(N, ratio)) <= days()).all()


def test_at_risk_from_a_day_on() -> None:
    start = np.full(N, 12_000)
    found = days(female=np.zeros(N, dtype=bool), since=start)
    assert (found >= 12_000).all()
    # Without memory: the wait has the same distribution as from birth.
    wait = (found - 12_000) / YEAR
    assert abs((wait > 20).mean() - np.exp(-0.4)) < 0.01


def test_a_trend_is_the_same_rate_change_in_every_cohort() -> None:
    birth = np.where(np.arange(N) % 2 == 0, -14_000, -2_000).astype(np.int32)
    base = Baseline.from_bands([0], [10.0], [10.0], trend=-0.03)
    found = days(base, birth=birth, multiplier=cohort(birth, -0.03), since=14_610)  # from 2010
    # About 2017 the rate is what the band says, whatever the year of birth; in 2011 it was higher.
    for born in (-14_000, -2_000):
        some = found[birth == born]
        for start, stop, rate in ((16_254, 18_080, 0.010), (14_610, 15_706, 0.010 * 0.97**-5.5)):
            events = ((some > start) & (some <= stop)).sum()
            years = (np.clip(some, start, stop) - start).sum() / YEAR
            assert abs(events / years / rate - 1) < 0.15


def test_the_season_moves_events_and_loses_none() -> None:
    flat = RNG.integers(10_957, 10_957 + 365 * 4, N)  # 2000-2003
    moved = in_season(flat, 0.3)
    as_date = moved.astype("datetime64[D]")
    years = moved.astype("datetime64[D]").astype("datetime64[Y]")
    assert (years == flat.astype("datetime64[D]").astype("datetime64[Y]")).all()
    month = as_date.astype("datetime64[M]").astype(int) % 12
    counts = np.bincount(month, minlength=12)
    assert counts[0] / counts[6] > 1.6  # (1 + 0.3) / (1 - 0.3) = 1.86 between the extremes
    order = np.argsort(flat, kind="stable")
    assert (np.diff(moved[order]) >= 0).all()
    assert in_season(np.array([int(NEVER)]), 0.3).tolist() == [int(NEVER)]
