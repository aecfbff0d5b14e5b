"""From sums over rows to an estimate with its 95 % interval.

Nearly every figure is a ratio of weighted sums: of events to person-years, of people with a disease
to people, of values to how many there are. The weights bring the dataset to the age and sex of the
country; where there are none they are 1.
"""

from dataclasses import dataclass
from math import exp, inf, isfinite, log, sqrt

import numpy as np

Z = 1.959964


@dataclass(frozen=True)
class Measured:
    """A figure of the dataset, in the unit of its target."""

    value: float
    low: float
    high: float
    n: float  # events for a rate, rows for a share or mean
    seconds: float = 0.0

    def times(self, factor: float) -> "Measured":
        """Return it in another unit."""
        return Measured(self.value * factor, self.low * factor, self.high * factor, self.n)


NOTHING = Measured(float("nan"), -inf, inf, 0)


@dataclass(frozen=True)
class Sums:
    """Sums over rows with value x, amount t (1, or person-years) and weight w."""

    n: int
    x: float  # of w x
    t: float  # of w t
    xx: float  # of (w x)^2
    xt: float  # of w^2 x t
    tt: float  # of (w t)^2
    events: float  # of x, without weights
    largest: float  # weight

    @property
    def ratio(self) -> float:
        """Weighted x to weighted t."""
        return self.x / self.t

    @property
    def variance(self) -> float:
        """Of the ratio, linearised: rows are independent, what lies within a row is not."""
        r = self.ratio
        return max(self.xx - 2 * r * self.xt + r * r * self.tt, 0.0) / self.t**2


def share(sums: Sums) -> Measured:
    """Estimate a share of rows with Wilson's interval, for the number they are worth.

    Source:
        Wilson (1927), Journal of the American Statistical Association 22:209-212; weights by the
        effective number of rows (Korn & Graubard 1998, Survey Methodology 24:193-201).

    Examples:
        >>> ten = Sums(n=100, x=10, t=100, xx=10, xt=10, tt=100, events=10, largest=1)
        >>> [round(x, 4) for x in (share(ten).low, share(ten).high)]  # 10 of 100
        [0.0552, 0.1744]
    """
    if not sums.n or not sums.t:
        return NOTHING
    p = sums.ratio
    worth = sums.t**2 / sums.tt
    if 0 < p < 1 and sums.variance > 0:
        worth = p * (1 - p) / sums.variance
    centre = (p + Z * Z / (2 * worth)) / (1 + Z * Z / worth)
    half = Z / (1 + Z * Z / worth) * sqrt(p * (1 - p) / worth + Z * Z / (4 * worth**2))
    return Measured(p, max(centre - half, 0.0), min(centre + half, 1.0), sums.n)


def rate(sums: Sums) -> Measured:
    """Estimate a rate with a gamma interval; without weights it is Garwood's exact one.

    Source:
        Fay & Feuer (1997), Statistics in Medicine 16:791-801; Garwood (1936), Biometrika
        28:437-442.

    Examples:
        >>> twelve = Sums(n=9, x=12, t=3400, xx=12, xt=0, tt=0, events=12, largest=1)
        >>> [round(1000 * x, 2) for x in (rate(twelve).low, rate(twelve).high)]
        [1.82, 6.17]
    """
    from scipy.stats import chi2

    if not sums.n or not sums.t:
        return NOTHING
    r, v, most = sums.ratio, sums.variance, sums.largest / sums.t
    low = v / (2 * r) * chi2.ppf(0.025, 2 * r * r / v) if r > 0 else 0.0
    up, spread = r + most, v + most**2
    high = spread / (2 * up) * chi2.ppf(0.975, 2 * up * up / spread)
    return Measured(r, float(low), float(high), sums.events)


def mean(sums: Sums) -> Measured:
    """Estimate a mean, or another ratio of sums, with a normal interval."""
    if sums.n < 2 or not sums.t:
        return NOTHING
    half = Z * sqrt(sums.variance)
    return Measured(sums.ratio, sums.ratio - half, sums.ratio + half, sums.n)


def quotient(above: Measured, below: Measured) -> Measured:
    """Divide two independent rates or shares, with the interval on the scale of logarithms.

    Examples:
        >>> double = quotient(Measured(0.2, 0.15, 0.2667, 90), Measured(0.1, 0.09, 0.1111, 500))
        >>> round(double.value, 2), round(double.low, 2), round(double.high, 2)
        (2.0, 1.47, 2.72)
    """
    if not (above.value > 0 and below.value > 0 and above.low > 0 and below.low > 0):
        return NOTHING
    spread = sqrt(sum((log(m.high / m.low) / 2) ** 2 for m in (above, below)))
    ratio = above.value / below.value
    return Measured(ratio, ratio * exp(-spread), ratio * exp(spread), min(above.n, below.n))


def deviation(n: int, sd: float, fourth: float) -> Measured:
    """Estimate a standard deviation from the second and fourth central moments.

    Args:
        n: Values.
        sd: Their standard deviation.
        fourth: Their fourth central moment.
    """
    if n < 10 or not sd > 0:
        return NOTHING
    half = Z * sqrt(max(fourth - sd**4, 0.0) / n) / (2 * sd)
    return Measured(sd, sd - half, sd + half, n)


def life_expectancy(deaths: np.ndarray, years: np.ndarray) -> Measured:
    """Estimate life expectancy at birth from an abridged life table.

    Args:
        deaths: Deaths at ages 0, 1-4, 5-9, ..., 95 and above, shape (21,).
        years: Person-years, the same.

    Returns:
        Years at birth, with Chiang's interval.

    Source:
        Chiang (1984), The Life Table and Its Applications, chapters 7-8.

    Examples:
        >>> flat = life_expectancy(np.full(21, 125.0), np.full(21, 10_000.0))
        >>> round(flat.value)  # hazard 1/80 at all ages
        80
    """
    width = np.array([1.0, 4.0, *[5.0] * 18])
    part = np.array([0.1, 0.4, *[0.5] * 18])  # of the interval lived by those who die in it
    if (years <= 0).any() or deaths[-1] == 0:
        return NOTHING
    m = deaths / years
    q = np.minimum(width * m[:-1] / (1 + (1 - part) * width * m[:-1]), 1.0)
    alive = np.r_[1.0, np.cumprod(1 - q)]
    lived = np.r_[width * (alive[1:] + part * (alive[:-1] - alive[1:])), alive[-1] / m[-1]]
    left = np.cumsum(lived[::-1])[::-1] / alive
    of_q = np.where(deaths[:-1] > 0, q**2 * (1 - q) / np.maximum(deaths[:-1], 1), 0.0)
    spread = (alive[:-1] ** 2 * (left[1:] + (1 - part) * width) ** 2 * of_q).sum()
    half = Z * sqrt(spread + (alive[-1] / m[-1]) ** 2 / deaths[-1])
    value = float(left[0])
    return Measured(value, value - half, value + half, float(deaths.sum()))


def trend(years: np.ndarray, sums: list[Sums]) -> Measured:
    """Estimate the yearly change of a rate in per cent, from the rates of several years.

    Weighted least squares on the logarithm, each year by its own precision.
    """
    if len(sums) < 3 or any(s.x <= 0 or s.variance <= 0 for s in sums):
        return NOTHING
    weight = np.array([s.ratio**2 / s.variance for s in sums])
    height = np.log([s.ratio for s in sums])
    centre = np.average(years, weights=weight)
    spread = (weight * (years - centre) ** 2).sum()
    slope = (weight * (years - centre) * height).sum() / spread
    bounds = (slope, slope - Z / sqrt(spread), slope + Z / sqrt(spread))
    events = sum(s.events for s in sums)
    value, low, high = (100 * (exp(float(b)) - 1) for b in bounds)
    return Measured(value, low, high, events)


def peak(counts: np.ndarray, *, seed: int = 1, rounds: int = 400) -> Measured:
    """Find the place of the highest three-place moving sum, with a bootstrap interval.

    Args:
        counts: Events by week, in order, shape (weeks,).
        seed: Of the bootstrap.
        rounds: Of the bootstrap.
    """
    total = int(counts.sum())
    if total < 20:
        return NOTHING
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, rounds)
    low, high = np.quantile(_highest(drawn), [0.025, 0.975])
    return Measured(float(_highest(counts[None, :])[0]), float(low), float(high), total)


def _highest(counts: np.ndarray) -> np.ndarray:
    padded = np.pad(counts, ((0, 0), (1, 1)))
    return (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]).argmax(axis=1)


def is_known(measured: Measured) -> bool:
    """Tell whether there was anything to measure."""
    return isfinite(measured.value)
