"""The pseudonym that a project's extracts have in common, and the keys of their rows.

A pseudonym is a keyed permutation of a person's position: unique, of eight digits, and telling
nothing of the position. Rows come in the order of the pseudonyms, and row keys are scattered, so
neither gives the person or a duplicate away.
"""

from typing import Any
from zlib import crc32

import numpy as np

from labkit.world.columns import ordered, ranges, remainder
from labkit.world.part import IDS_PER_PARTITION, Part

FIRST, COUNT = 10_000_000, 90_000_000
SIDE = 9_487  # SIDE * SIDE is just above COUNT
ROUNDS = 6


def pseudonyms(position: np.ndarray, *, seed: int) -> np.ndarray:
    """Return the pseudonym of each position in the population.

    A Feistel network over pairs of digits in base SIDE, walked until it lands inside COUNT.

    Args:
        position: Positions from 0 to 89,999,999, shape (n,).
        seed: The key.

    Returns:
        int64, eight digits, unique, shape (n,).

    Source:
        Black & Rogaway (2002), Ciphers with arbitrary finite domains, CT-RSA.

    Examples:
        >>> made = pseudonyms(np.arange(1000), seed=1)
        >>> len(set(made.tolist())), bool((made >= 10_000_000).all())
        (1000, True)
    """
    keys = np.random.SeedSequence(seed, spawn_key=(crc32(b"pseudonym"),)).generate_state(
        ROUNDS, np.uint64
    )
    value = _permute(np.asarray(position, dtype=np.uint64), keys)
    outside = np.flatnonzero(value >= COUNT)
    while len(outside):
        value[outside] = _permute(value[outside], keys)
        outside = outside[value[outside] >= COUNT]
    return value.astype(np.int64) + FIRST


def _permute(value: Any, keys: np.ndarray) -> Any:
    side = np.uint64(SIDE)
    left, right = value // side, value % side
    for key in keys:
        left, right = right, (left + _mix(right + key) % side) % side
    return left * side + right


def _mix(value: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def part_pseudonyms(part: Part) -> np.ndarray:
    """Return the pseudonyms of a partition's people, int64, read-only."""
    return part.once("pseudonyms", lambda: _read_only(_pseudonyms_of(part)))


def _in_order(part: Part) -> np.ndarray:
    """Return the people in the order of their pseudonyms."""
    return part.once("by pseudonym", lambda: _read_only(np.argsort(part_pseudonyms(part))))


def _pseudonyms_of(part: Part) -> np.ndarray:
    return pseudonyms(part.first + np.arange(part.size), seed=part.config.seed)


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def extract_order(part: Part, person: np.ndarray) -> np.ndarray:
    """Order rows by pseudonym, rows of one person as they come.

    Args:
        part: The partition.
        person: Place of the row's person in the partition, shape (n,).

    Returns:
        Indices that sort, shape (n,).
    """
    in_order = _in_order(part)
    count = np.bincount(person, minlength=part.size)
    begin = np.cumsum(count) - count
    rows = ranges(begin[in_order], count[in_order])
    together = bool((person[1:] >= person[:-1]).all())  # rows by person, as most tables have them
    return rows if together else ordered(person)[0][rows]


def row_keys(part: Part, table: str, position: np.ndarray) -> np.ndarray:
    """Return keys of a table's rows that no other partition uses, scattered over its range."""
    state = np.random.SeedSequence(
        part.config.seed, spawn_key=(crc32(b"row key"), crc32(table.encode()))
    ).generate_state(2)
    step = int(state[0]) % 500_000 * 10 + 4_000_001 + 2 * (int(state[1]) % 2)  # ends in 1 or 3
    start = int(state[1])
    scattered = remainder(np.asarray(position, dtype=np.int64) * step + start, IDS_PER_PARTITION)
    return scattered + part.index * IDS_PER_PARTITION + 1


def identity(part: Part) -> None:
    """Make the table `identity`: who stands behind each pseudonym."""
    assert part.people is not None
    order = extract_order(part, np.arange(part.size))
    part.tables["identity"] = {
        "pseudonym": part_pseudonyms(part).take(order),
        "person_id": part.people.person_id.take(order),
    }
