"""Drawing few out of many at the cost of the few."""

import numpy as np

OFTEN = 0.25  # from here on a draw for each is quicker than a draw for each gap
MANY = 1.2  # events a cell: from here on a draw for each cell is quicker than one for each event
SPARE = 8  # standard deviations of what may be missing from the gaps drawn at first


def chosen(rng: np.random.Generator, n: int, chance: float) -> np.ndarray:
    """Choose each of n with one chance; return the places of the chosen, rising.

    As `np.flatnonzero(rng.random(n) < chance)`. Where few are chosen, the gaps between them are
    drawn, which are geometric.

    Examples:
        >>> places = chosen(np.random.default_rng(1), 1_000_000, 0.01)
        >>> bool(9_500 < len(places) < 10_500), bool((np.diff(places) > 0).all())
        (True, True)
    """
    if chance >= OFTEN:
        return np.flatnonzero(rng.random(n) < chance)
    if chance <= 0 or n == 0:
        return np.zeros(0, dtype=np.int64)
    mean = n * chance
    found = np.zeros(0, dtype=np.int64)
    last = -1
    while last < n:
        gaps = rng.geometric(chance, int(mean + SPARE * np.sqrt(mean)) + SPARE)
        gaps = np.minimum(gaps, n + 1)  # beyond the last: how far is all the same
        found = np.concatenate([found, last + np.cumsum(gaps)])
        last = int(found[-1])
    return found[: np.searchsorted(found, n)]


def scattered(rng: np.random.Generator, means: np.ndarray) -> np.ndarray:
    """Draw a Poisson number of events in each cell; return the cell of each event, in order.

    As repeating each cell `rng.poisson(means)` times. Their sum is Poisson too, and given the sum
    the events fall on the line of all means laid end to end, evenly (Kingman 1993, Poisson
    Processes, section 2.4); their places in order are sums of exponentials.

    Args:
        rng: Where the random numbers come from.
        means: Expected number by cell, shape (n,).

    Returns:
        Place of a cell for each event, rising.

    Examples:
        >>> scattered(np.random.default_rng(1), np.array([0.0, 1000.0, 0.0])).min().item()
        1
    """
    ends = np.cumsum(means)
    total = ends[-1] if len(ends) else 0.0
    if total > MANY * len(means):
        return np.arange(len(means)).repeat(rng.poisson(means))
    steps = np.cumsum(rng.standard_exponential(rng.poisson(total) + 1))
    return np.searchsorted(ends, steps[:-1] * (total / steps[-1]), side="right")


def in_runs(rng: np.random.Generator, means: np.ndarray, shape: float) -> np.ndarray:
    """Draw a negative binomial number of events in each cell; return the cell of each, in order.

    As `scattered(rng, means * rng.gamma(shape, 1 / shape, n))`: what comes once comes again. It is
    drawn as runs, whose number in a cell is Poisson with mean `shape * log(1 + mean / shape)`, and
    whose lengths are logarithmic (Quenouille 1949, Biometrics 5:162-164).

    Args:
        rng: Where the random numbers come from.
        means: Expected number by cell, shape (n,).
        shape: Of the gamma factor of mean 1; smaller is fewer and longer runs.

    Returns:
        Place of a cell for each event, rising.

    Examples:
        >>> cell = in_runs(np.random.default_rng(1), np.full(100_000, 0.8), 0.15)
        >>> count = np.bincount(cell, minlength=100_000)
        >>> round(count.mean(), 1), round(count.var())  # 0.8, and 0.8 + 0.8**2 / 0.15 = 5.07
        (np.float64(0.8), 5)
    """
    runs = scattered(rng, shape * np.log1p(means / shape))
    mean = means.take(runs)
    return runs.repeat(rng.logseries(mean / (mean + shape)))
