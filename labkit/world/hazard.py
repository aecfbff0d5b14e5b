"""Times to an event, by inverting a piecewise-constant hazard.

A person's hazard is `baseline(age, sex) x multiplier x factors of the jumps that lie behind`. With
E drawn from the unit exponential, the event comes on the day the cumulative hazard passes E. The
same E under another hazard gives the counterfactual: a higher hazard never delays the event.

Source:
    Bender, Augustin & Blettner (2005), Statistics in Medicine 24:1713-1723 (inversion);
    Austin (2012), Statistics in Medicine 31:3946-3958 (time-varying covariates).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from labkit.world.columns import NEW_YEARS
from labkit.world.part import NEVER

YEAR = 365.25
LAST_AGE = 115
Jump = tuple[np.ndarray, float | np.ndarray]  # (day from which, factor on the hazard)


@dataclass(frozen=True)
class Baseline:
    """Hazard per person-year by whole year of age, for men (row 0) and women (row 1)."""

    rate: np.ndarray  # (2, LAST_AGE), per person-year
    cumulative: np.ndarray  # (2, LAST_AGE + 1), at the start of each year of age

    @classmethod
    def from_bands(
        cls, ages: Sequence[float], men: Sequence[float], women: Sequence[float], trend: float = 0
    ) -> "Baseline":
        """Build the baseline from age bands.

        Args:
            ages: First age of each band, rising; the hazard is 0 before the first.
            men: Hazard per 1000 person-years in each band.
            women: The same for women.
            trend: Relative change by calendar year. The part that grows with age is taken up
                here; the part that goes with the year of birth is `cohort`.

        Examples:
            >>> flat = Baseline.from_bands([0], [10.0], [20.0])
            >>> flat.cumulative[:, 50].round(9).tolist()
            [0.5, 1.0]
        """
        years = np.arange(LAST_AGE)
        band = np.searchsorted(np.asarray(ages), years, side="right") - 1
        rate = np.array([men, women], dtype=float)[:, np.maximum(band, 0)] / 1000
        rate[:, band < 0] = 0.0
        rate *= (1 + trend) ** (years + 0.5)
        cumulative = np.concatenate([np.zeros((2, 1)), rate.cumsum(axis=1)], axis=1)
        return cls(rate, cumulative)

    def at(self, female: np.ndarray, age_years: np.ndarray) -> np.ndarray:
        """Cumulative hazard from birth to an age in years, clipped to 0-115."""
        age = np.clip(age_years, 0, LAST_AGE)
        whole = np.minimum(age.astype(np.int64), LAST_AGE - 1)
        # Places in the tables laid flat: looked up in a third of the time of (row, column).
        place = female * LAST_AGE + whole
        before = self.cumulative.ravel().take(place + female)
        return before + (age - whole) * self.rate.ravel().take(place)

    def age_at(self, female: np.ndarray, cumulative: np.ndarray) -> np.ndarray:
        """Age in years at which the cumulative hazard reaches a value; inf if it never does."""
        ages = np.arange(LAST_AGE + 1, dtype=float)
        result = np.empty(len(cumulative))
        for row, who in enumerate((np.flatnonzero(~female), np.flatnonzero(female))):
            known = self.cumulative[row]
            result[who] = np.interp(cumulative[who], known, ages, right=np.inf)
        return result


def cohort(birth: np.ndarray, trend: float, reference_year: float = 2017.0) -> np.ndarray:
    """Factor of a calendar trend that goes with the day of birth; see `Baseline.from_bands`."""
    return (1 + trend) ** (1970 + birth / YEAR - reference_year)


def invert(
    baseline: Baseline,
    exponential: np.ndarray,
    *,
    female: np.ndarray,
    birth: np.ndarray,
    multiplier: np.ndarray,
    jumps: Sequence[Jump] = (),
    since: np.ndarray | int | None = None,
) -> np.ndarray:
    """Find the day each person's cumulative hazard passes their draw.

    Args:
        baseline: Hazard by age and sex.
        exponential: Draws from the unit exponential, shape (n,).
        female: Sex, shape (n,).
        birth: Day of birth, shape (n,).
        multiplier: Factor on the hazard through life, shape (n,), above 0.
        jumps: Days from which the hazard is multiplied by a factor on top; NEVER for none.
        since: Day before which nobody is at risk; birth if not given.

    Returns:
        int32 days, NEVER where the event does not come before the age of 115.

    Examples:
        >>> base = Baseline.from_bands([0], [1000.0], [1000.0])
        >>> one = dict(female=np.array([True]), birth=np.array([0]), multiplier=np.ones(1))
        >>> int(invert(base, np.array([2.0]), **one)[0])  # hazard 1 a year: after two years
        731
        >>> late = [(np.array([365.25]), 4.0)]  # four times the hazard from the first birthday
        >>> int(invert(base, np.array([2.0]), jumps=late, **one)[0])
        457
    """
    if since is None:
        reached = np.zeros(len(birth))
    else:
        reached = baseline.at(female, np.maximum(since - birth, 0) / YEAR)
    need = exponential / multiplier
    place = reached + need
    days = [np.broadcast_to(day, birth.shape) for day, _ in jumps]
    changed = np.flatnonzero(np.any([day < NEVER for day in days], axis=0)) if days else days
    if len(changed):  # most people have no jump
        place[changed] = _with_jumps(
            baseline,
            need[changed],
            reached[changed],
            female[changed],
            birth[changed],
            [
                (day[changed], np.broadcast_to(np.asarray(factor, float), birth.shape)[changed])
                for day, (_, factor) in zip(days, jumps, strict=True)
            ],
        )
    day = np.full(len(birth), NEVER, dtype=np.int32)
    some = np.flatnonzero(place <= baseline.cumulative[:, -1].take(female))
    age = baseline.age_at(female[some], place[some])
    day[some] = birth[some] + np.ceil(age * YEAR)
    return day


def _with_jumps(
    baseline: Baseline,
    need: np.ndarray,
    reached: np.ndarray,
    female: np.ndarray,
    birth: np.ndarray,
    jumps: Sequence[Jump],
) -> np.ndarray:
    """Find the baseline's cumulative hazard at the event: a jump makes it come sooner or later."""
    days = np.stack([day for day, _ in jumps]).astype(float)
    factors = np.stack([factor for _, factor in jumps])
    if len(jumps) > 1:
        order = np.argsort(days, axis=0, kind="stable")
        days = np.take_along_axis(days, order, axis=0)
        factors = np.take_along_axis(factors, order, axis=0)
    factor = np.ones(len(birth))
    place = np.full(len(birth), np.nan)
    for day, change in zip(days, factors, strict=True):
        here = np.maximum(baseline.at(female, (day - birth) / YEAR), reached)
        gain = (here - reached) * factor
        now = np.isnan(place) & (need <= gain)
        place[now] = reached[now] + need[now] / factor[now]
        need = need - gain
        reached = here
        factor = factor * change
    rest = np.isnan(place)
    place[rest] = reached[rest] + need[rest] / factor[rest]
    return place


def in_season(day: np.ndarray, amplitude: float, peak: int = 20) -> np.ndarray:
    """Move days within their year so that a flat rate gets one cosine wave.

    The rate becomes `1 + amplitude cos(2 pi (d - peak) / 365)`, with its mean kept, so that a year
    holds as many events as before. The move keeps the order of days within a year.

    Args:
        day: Days since 1970, NEVER allowed.
        amplitude: 0 to under 1; (1 + a) / (1 - a) is the ratio of the peak to the trough.
        peak: Day of the year with the highest rate; 20 is 20 January.

    Examples:
        >>> in_season(np.array([10_957]), 0.3).tolist()  # 1 January stays
        [10957]
    """
    if amplitude == 0:
        return day
    never = day >= NEVER
    place = _DAY_OF_YEAR[np.where(never, 0, day) - NEW_YEARS[0]]
    return (day + np.where(never, 0, _shifts(amplitude, peak)[place])).astype(np.int32)


_DAY_OF_YEAR = np.concatenate([np.arange(n) for n in np.diff(NEW_YEARS)])


@cache
def _shifts(amplitude: float, peak: int) -> np.ndarray:
    """Return by how many days each day of the year moves."""
    grid = np.arange(366.0)
    turn = 2 * np.pi / 365
    wave = np.sin(turn * (grid - peak)) - np.sin(-turn * peak)
    flat = grid + amplitude / turn * wave
    return np.floor(np.interp(grid, flat, grid)).astype(np.int64) - np.arange(366)
