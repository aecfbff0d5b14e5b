"""Quantiles of the normal distribution, without the time that scipy takes to load."""

from statistics import NormalDist

import numpy as np


def quantile(share: np.ndarray) -> np.ndarray:
    """Return standard normal quantiles; meant for few distinct shares.

    Args:
        share: Numbers from 0 to 1, shape (n,).

    Returns:
        float64, -inf for 0 and inf for 1.

    Source:
        Wichura (1988), Applied Statistics 37:477-484 (AS241), as Python's `statistics` has it.

    Examples:
        >>> quantile(np.array([0.5, 0.975, 0.0])).round(4).tolist()
        [0.0, 1.96, -inf]
    """
    ends = {0.0: -np.inf, 1.0: np.inf}
    distinct, place = np.unique(share, return_inverse=True)
    found = [ends[p] if p in ends else NormalDist().inv_cdf(p) for p in distinct.tolist()]
    return np.array(found, dtype=float)[place]
