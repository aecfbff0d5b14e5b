"""The people of a partition: birth, sex, entry, home, education, national identity number.

A dataset holds everyone who lived in the region at the window's start, was born there in it or
moved there in it. Nobody moves away; people leave by death alone, which comes later.
"""

from collections.abc import Iterator

import numpy as np

from labkit.world.identity import national_numbers
from labkit.world.part import END_DAY, PARTITION_SIZE, START_DAY, Config, Part, People
from labkit.world.region import region

# Norway on 1 January 2010 by ages 0-4, 5-9, ..., 95+: Human Mortality Database.
MEN = (
    "155882 152416 161955 165748 155602 155740 162005 183832 188180 171934 "
    "162279 149665 146836 104467 73833 58738 43773 25006 7505 1364"
)
WOMEN = (
    "148046 146057 153369 156284 149912 151363 156153 175471 177839 162742 "
    "156320 145550 144346 107594 83901 74118 65490 50203 21222 5499"
)
# The Fjellregion's shares over Norway's at ages 0-17, 18-29, 30-44, 45-54, 55-66, 67-79, 80+ in
# 2021 (Statistics Norway table 07459; Norway between 2015 and 2024), taken to hold for 2010 too.
FJELL_TILT = {
    False: (0.893, 0.879, 0.737, 1.006, 1.207, 1.472, 1.411),
    True: (0.902, 0.856, 0.759, 1.011, 1.253, 1.308, 1.311),
}
TILT_OF_GROUP = (0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6)

# Of everyone in a dataset: born in the window, moved in during it; the others lived there at its
# start. Set so that the number alive stays level (fjell) or grows as it did (Norway).
BORN = {"fjell": 0.115, "norway": 0.134}
MOVED_IN = {"fjell": 0.030, "norway": 0.075}
FIRST_BIRTH = 2**15  # days before 1970; nobody is born earlier
GIRLS = 0.486
TWIN_PAIRS = 0.016  # of births, from memory
# Live births in Norway 2010-2024: Statistics Norway, as in Human Mortality Database (2024: about).
BIRTHS = "61442 60220 60255 58995 59084 59058 58890 56633 55120 54495 52979 56060 51480 51980 53991"
# Ages of those who move in, and their shares; from memory of the usual migration profile.
MIGRANT_AGES = ((0, 18, 0.20), (18, 30, 0.36), (30, 45, 0.31), (45, 67, 0.11), (67, 85, 0.02))

# Shares in per cent of levels 1-4 by age in 2011: the 2011 census education table in
# Statistics Norway's StatBank. Ages 25-29, 30-34, 35-39, 40-49, 50-59, 60-66, 67 and above.
EDUCATION_AGES = (0, 30, 35, 40, 50, 60, 67)  # in 2011; the first group serves the younger too
EDUCATION = {
    False: (
        (21.1, 41.5, 23.7, 13.7),
        (21.1, 41.5, 23.7, 13.7),
        (16.0, 46.8, 24.4, 12.8),
        (21.0, 47.4, 21.2, 10.4),
        (21.5, 49.9, 19.2, 9.5),
        (20.6, 51.4, 18.0, 10.0),
        (31.6, 47.3, 13.1, 8.0),
    ),
    True: (
        (16.3, 29.0, 39.6, 15.1),
        (16.3, 29.0, 39.6, 15.1),
        (14.4, 34.5, 38.8, 12.3),
        (19.9, 39.0, 32.5, 8.6),
        (24.2, 43.2, 27.1, 5.5),
        (23.4, 52.7, 20.5, 3.4),
        (42.8, 44.0, 11.7, 1.5),
    ),
}
FJELL_TERTIARY = 0.75  # the region's share with higher education over the country's
FINISHED = np.array([0, 16, 19, 23, 26])  # youngest age at which each level is reached
SPREAD = np.array([0, 0, 3, 6, 7])  # years over which it is reached


def births(config: Config, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw birth, sex and entry of one partition; cheap, so that ranks can be counted.

    Returns:
        (birth, female, entry): int32 days, bool, int32 days, all of the partition's length.
    """
    part = partition(config, index)
    rng = part.rng("birth")
    n = part.size
    born = round(n * BORN[config.region])
    moved = round(n * MOVED_IN[config.region])
    first = n - born - moved
    birth = np.empty(n, dtype=np.int32)
    entry = np.empty(n, dtype=np.int32)
    female = np.empty(n, dtype=bool)

    share = _age_structure(config.region)
    group = rng.choice(40, first, p=share)
    age = _age_in_group(group % 20, rng)
    birth[:first] = START_DAY - np.floor(age * 365.25).astype(np.int32) - 1
    entry[:first] = START_DAY
    female[:first] = group >= 20

    low, high, weight = np.array(MIGRANT_AGES).T
    band = rng.choice(len(weight), moved, p=weight)
    age = low[band] + (high - low)[band] * rng.random(moved)
    entry[first : first + moved] = rng.integers(START_DAY + 1, END_DAY, moved)
    days = np.floor(age * 365.25).astype(np.int32) + 1
    birth[first : first + moved] = entry[first : first + moved] - days
    female[first : first + moved] = rng.random(moved) < 0.46

    birth[first + moved :] = _births_in_window(born, rng)
    entry[first + moved :] = birth[first + moved :]
    female[first + moved :] = rng.random(born) < GIRLS
    return birth, female, entry


def partition(config: Config, index: int) -> Part:
    """Open an empty partition."""
    first = index * PARTITION_SIZE
    return Part(config, index, first, min(PARTITION_SIZE, config.people - first))


def partitions(config: Config) -> int:
    """Return the number of partitions of a dataset."""
    return -(-config.people // PARTITION_SIZE)


def ranks(config: Config, partitions: int) -> Iterator[np.ndarray]:
    """Count, for each person, those before of the same birth date and sex in the whole dataset.

    Yields:
        int32 counts of each partition, in order.
    """
    seen = np.zeros(2 * (FIRST_BIRTH + END_DAY + 1), dtype=np.int32)
    for index in range(partitions):
        birth, female, _ = births(config, index)
        key = (birth + FIRST_BIRTH) * 2 + female
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        new = np.r_[True, ordered[1:] != ordered[:-1]]
        starts = np.flatnonzero(new)
        within = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)]))
        rank = np.empty(len(key), dtype=np.int32)
        rank[order] = seen[ordered] + within
        yield rank
        seen += np.bincount(key, minlength=len(seen)).astype(np.int32)


def people(part: Part) -> None:
    """Fill `part.people`; the mothers come later, when it is known who lived when."""
    birth, female, entry = births(part.config, part.index)
    rank = part.ranks
    if rank is None:
        *_, rank = ranks(part.config, part.index + 1)
    home = part.rng("home").choice(
        len(region(part.config.region).municipalities),
        part.size,
        p=region(part.config.region).weights,
    )
    part.people = People(
        person_id=part.first + 1 + np.arange(part.size, dtype=np.int64),
        fnr=national_numbers(birth, female, rank, seed=part.config.seed),
        birth=birth,
        entry=entry,
        female=female,
        municipality=home.astype(np.int16),
        education=_education(part, birth, female),
        mother=np.full(part.size, -1, dtype=np.int32),
    )


def _age_structure(name: str) -> np.ndarray:
    """Shares of men then women in 20 age groups, shape (40,)."""
    share = np.array([MEN.split(), WOMEN.split()], dtype=float)
    if name == "fjell":
        tilt = np.array([FJELL_TILT[False], FJELL_TILT[True]])[:, TILT_OF_GROUP]
        share = share * tilt
    return (share / share.sum()).ravel()


def _age_in_group(group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ages in years within five-year groups; those of 95 and above reach 105."""
    within = 5 * rng.random(len(group))
    oldest = np.minimum(rng.exponential(2.0, len(group)), 9.9)
    return 5 * group + np.where(group == 19, oldest, within)


def _births_in_window(n: int, rng: np.random.Generator) -> np.ndarray:
    """Days of birth; the second twin of a pair follows the first."""
    share = np.array(BIRTHS.split(), dtype=float)
    year = rng.choice(len(share), n, p=share / share.sum())
    starts = (np.arange(2010, 2026) - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    starts = starts.astype(np.int64)
    day = starts[year] + rng.integers(0, np.diff(starts)[year])
    twin = rng.random(n) < TWIN_PAIRS
    twin[:1] = False
    twin[1:] &= ~twin[:-1]
    day[twin] = day[np.flatnonzero(twin) - 1]
    return day.astype(np.int32)


def _education(part: Part, birth: np.ndarray, female: np.ndarray) -> np.ndarray:
    """Highest level reached by the reference date or death, int8."""
    shares = np.array([EDUCATION[False], EDUCATION[True]])
    if part.config.region == "fjell":
        tertiary = shares[:, :, 2:] * FJELL_TERTIARY
        lost = shares[:, :, 2:].sum(axis=2) - tertiary.sum(axis=2)
        shares[:, :, 2:] = tertiary
        shares[:, :, 1] += lost
    limits = np.cumsum(shares / shares.sum(axis=2, keepdims=True), axis=2)
    age_2011 = (part_day(2011) - birth) / 365.25
    group = np.searchsorted(np.array(EDUCATION_AGES), age_2011, side="right") - 1
    limit = limits[female.astype(int), np.maximum(group, 0)]
    final = 1 + (part.rng("education").random(part.size)[:, None] > limit[:, :3]).sum(axis=1)
    return level_at(final, birth, END_DAY).astype(np.int8)


def level_at(final: np.ndarray, birth: np.ndarray, day: np.ndarray | int) -> np.ndarray:
    """Education reached by a day, given the final level; 0 before compulsory school is done.

    The age at which a level is reached follows from the birth date, so no draw is needed.
    """
    age = (np.asarray(day) - birth) / 365.25
    reached = np.zeros(np.broadcast(final, age).shape, dtype=np.int8)
    delay = birth % 97 / 97
    for level in (1, 2, 3, 4):
        reached[(final >= level) & (age >= FINISHED[level] + SPREAD[level] * delay)] = level
    return reached


def part_day(year: int) -> int:
    """Return the day of 1 January of a year."""
    return int(np.datetime64(f"{year}-01-01").astype(int))
