"""Epidemics: influenza seasons and the waves of covid-19."""

from dataclasses import dataclass

import numpy as np

from labkit.world.part import END_DAY, START_DAY

# Influenza: ISO week of the peak in the season that ends in each year 2010-2024, and its size
# beside an average season. Peaks 2021-22, 2022-23 and 2023-24: the surveillance reports of the
# Norwegian Institute of Public Health; others, and sizes beside 2016-17 (4,973 admitted) and
# 2008-09 (579), from memory. The pandemic of 2009 was over by January 2010; nothing circulated in
# 2020-21.
INFLUENZA_PEAK = (3, 4, 9, 3, 9, 8, 5, 0, 7, 7, 9, 5, 15, 0, 0)  # 0: week 52 of the year before
INFLUENZA_SIZE = (0.2, 0.9, 0.8, 1.2, 0.7, 1.1, 1.1, 1.5, 1.6, 1.2, 0.9, 0.0, 0.6, 1.3, 1.2)
INFLUENZA_WEEKS = 3.0  # standard deviation of the wave

# Covid-19: new admissions by month, March 2020 to December 2022 (first five months counted by the
# Institute of Public Health, later ones from memory), then falling seasons (from memory).
COVID_FROM = (2020, 3)
COVID = np.array(
    """593 334 52 32 25 45 95 170 430 360
    370 290 890 650 350 130 60 190 400 300 680 1000
    750 1600 2300 750 250 500 900 450 300 500 600 1000
    500 350 300 150 80 70 150 200 250 300 400 500
    350 150 100 70 80 150 200 180 170 160 150 150""".split(),
    dtype=float,
)


@dataclass(frozen=True)
class Calendar:
    """How the cases of an epidemic are spread over the days of the window."""

    weight: np.ndarray  # per day from START_DAY on

    @property
    def size(self) -> np.ndarray:
        """Size of each year beside the mean year, shape (15,)."""
        per_year = np.add.reduceat(self.weight, _YEAR_STARTS)
        return per_year / per_year.mean()

    def days(self, year: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Turn uniform draws into days of given years (0 is 2010) by inverting the weights."""
        sums = np.concatenate([[0.0], np.cumsum(self.weight)])
        low = sums[_YEAR_STARTS][year]
        high = sums[np.append(_YEAR_STARTS[1:], len(self.weight))][year]
        place = np.searchsorted(sums, low + share * (high - low), side="right") - 1
        return START_DAY + np.clip(place, 0, len(self.weight) - 1)


_DAYS = np.arange(START_DAY, END_DAY + 1)
_YEAR = _DAYS.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
_YEAR_STARTS = np.flatnonzero(np.r_[True, np.diff(_YEAR) > 0])


def _influenza() -> Calendar:
    weight = np.zeros(len(_DAYS))
    for season, (week, size) in enumerate(zip(INFLUENZA_PEAK, INFLUENZA_SIZE, strict=True)):
        middle = _YEAR_STARTS[season] + 7 * week - 3
        wave = np.exp(-0.5 * ((np.arange(len(_DAYS)) - middle) / (7 * INFLUENZA_WEEKS)) ** 2)
        weight += size * wave
    return Calendar(weight)


def _covid() -> Calendar:
    months = _DAYS.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first = (COVID_FROM[0] - 1970) * 12 + COVID_FROM[1] - 1
    place = months - first
    inside = (place >= 0) & (place < len(COVID))
    per_month = np.bincount(place[inside], minlength=len(COVID))
    weight = np.zeros(len(_DAYS))
    weight[inside] = (COVID / per_month)[place[inside]]
    return Calendar(weight)


CALENDARS = {"influenza": _influenza(), "covid": _covid()}
