"""National identity numbers that cannot belong to anybody: the month has 80 added.

A number is DDMMYY, three individual digits and two check digits. The individual digits tell the
century, and the last of them the sex (even for women). Numbers are drawn without replacement:
people of one birth date and sex have ranks 0, 1, 2, ... and each rank has a number of its own.

The check digits are those of the number with 80 taken off the month, so that any validator of
ordinary numbers can check ours. (The tax administration's own test persons have check digits over
the number as it stands.) Never take the 80 off and keep the result: it may be somebody's.

Source:
    The tax administration's documentation of the population register.
"""

from functools import cache
from zlib import crc32

import numpy as np

from labkit.errors import InputError
from labkit.messages import say

WEIGHTS_1 = np.array([3, 7, 6, 1, 8, 9, 4, 5, 2])
WEIGHTS_2 = np.array([5, 4, 3, 2, 7, 6, 5, 4, 3, 2])
STRIDE = 257  # a prime above the count of numbers of any date and sex, so ranks never collide


def national_numbers(
    birth: np.ndarray, female: np.ndarray, rank: np.ndarray, *, seed: int
) -> np.ndarray:
    """Make synthetic national identity numbers.

    Args:
        birth: Days since 1970-01-01, shape (n,), from 1900 to 2039.
        female: Shape (n,).
        rank: Place among people of the same birth date and sex, from 0, shape (n,).
        seed: Decides which number each rank gets.

    Returns:
        Numbers of 11 digits, S11, shape (n,).

    Raises:
        InputError: If a date has more people than it has numbers.

    Examples:
        >>> born = np.array([3652, 3652, 3652])  # 1980-01-01
        >>> numbers = national_numbers(born, np.array([True, True, False]), np.array([0, 1, 0]),
        ...                            seed=1)
        >>> [n[:6].decode() for n in numbers], len(set(numbers))
        (['018180', '018180', '018180'], 3)
    """
    digits = np.empty((len(birth), 11), dtype=np.int64)
    year = _date_digits(birth, digits)
    series = np.select([year >= 2000, year >= 1940], [2, 1], default=0)
    base_1 = digits[:, :6] @ WEIGHTS_1[:6] % 11
    base_2 = digits[:, :6] @ WEIGHTS_2[:6] % 11
    lists, counts = _valid_numbers()
    which = (series, female.astype(np.int64), base_1, base_2)
    count = counts[which]
    if (rank >= count).any():
        raise InputError(say("world.too_many_births"))
    start = _scatter(birth, female, seed)
    individual = lists[(*which, (start + STRIDE * rank) % count)]
    for place, power in ((6, 100), (7, 10), (8, 1)):
        digits[:, place] = individual // power % 10
    digits[:, 9] = (11 - digits[:, :9] @ WEIGHTS_1 % 11) % 11
    digits[:, 10] = (11 - digits[:, :10] @ WEIGHTS_2 % 11) % 11
    digits[:, 2] += 8  # month + 80, last of all
    return (digits + ord("0")).astype(np.uint8).view("S11").ravel()


def _date_digits(birth: np.ndarray, digits: np.ndarray) -> np.ndarray:
    date = birth.astype("datetime64[D]")
    year = date.astype("datetime64[Y]").astype(np.int64) + 1970
    month = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (date - date.astype("datetime64[M]")).astype(np.int64) + 1
    for place, part in ((0, day), (2, month), (4, year % 100)):
        digits[:, place], digits[:, place + 1] = part // 10, part % 10
    return year


def _scatter(birth: np.ndarray, female: np.ndarray, seed: int) -> np.ndarray:
    """Where the ranks of a date begin in its list: looks random, follows from seed and date."""
    key = crc32(seed.to_bytes(16, "little", signed=True))
    mixed = (birth.astype(np.int64) * 2 + female + key) * 0x5851F42D
    return (mixed & 0x7FFFFFFF) >> 7


@cache
def _valid_numbers() -> tuple[np.ndarray, np.ndarray]:
    """Individual numbers whose check digits exist, by series, sex and the date's two remainders."""
    old, young = np.arange(0, 500), np.arange(500, 1000)
    series = (old, np.concatenate([old, np.arange(900, 1000)]), young)
    lists = np.zeros((3, 2, 11, 11, 300), dtype=np.int16)
    counts = np.zeros((3, 2, 11, 11), dtype=np.int64)
    for s, numbers in enumerate(series):
        parts = np.stack([numbers // 100, numbers // 10 % 10, numbers % 10], axis=1)
        for base_1 in range(11):
            check_1 = (11 - (base_1 + parts @ WEIGHTS_1[6:]) % 11) % 11
            for base_2 in range(11):
                rest = base_2 + parts @ WEIGHTS_2[6:9] + 2 * check_1
                good = (check_1 != 10) & ((11 - rest % 11) % 11 != 10)
                for female in (0, 1):
                    chosen = numbers[good & (numbers % 2 == 1 - female)]
                    lists[s, female, base_1, base_2, : len(chosen)] = chosen
                    counts[s, female, base_1, base_2] = len(chosen)
    return lists, counts
