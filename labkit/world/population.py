"""The tables of the population layer."""

import numpy as np
import pyarrow as pa

from labkit.world.columns import coded, new_year
from labkit.world.part import END_DAY, NEVER, START_DAY, Part, People
from labkit.world.people import level_at
from labkit.world.region import ERA_STARTS, region

YEARS = np.arange(2010, 2025)
START_OF_YEAR = new_year(YEARS)
# Births per 1,000 women and year by ages 15-19, 20-24, ..., 45-49 in 2010, 2016 and 2022: Human
# Fertility Database. Before 2010 the rates of 2010 at ages lowered by a year each ten years.
FERTILITY_YEARS = (2010, 2016, 2022)
FERTILITY = (
    (8.342, 59.472, 123.746, 128.214, 58.136, 10.69, 0.57),
    (3.826, 39.27, 107.198, 119.332, 58.91, 11.934, 0.72),
    (1.402, 21.424, 84.812, 107.292, 54.44, 11.674, 0.878),
)
YOUNGER_PER_YEAR = 0.10  # mothers were younger in earlier years, back to 1960
BETWEEN_BIRTHS = 300  # days at least between children of one mother who are not twins
# Of mothers alive at the window's start, those who live in the region; from memory.
MOTHERS_HERE = 0.85
GOMPERTZ = (89.84, 0.11)  # modal age and slope of women's mortality (life expectancy 84.6, 2023)
WITH_MOTHER = 18  # younger than this at the reference date: home and moves are the mother's

MOVES_PER_YEAR = ((0, 0.025), (18, 0.07), (30, 0.03), (45, 0.012), (67, 0.008))  # from memory

# Income after tax, NOK of 2022, by education level 0-4 at ages 17-24, 25-34, 35-49, 50-66, 67+.
# From memory of Statistics Norway's income statistics for persons; shares of a plausible profile.
MEDIAN_INCOME = np.array(
    [
        [110_000, 200_000, 230_000, 240_000, 220_000],
        [140_000, 270_000, 300_000, 300_000, 235_000],
        [175_000, 330_000, 385_000, 380_000, 275_000],
        [190_000, 370_000, 455_000, 460_000, 350_000],
        [200_000, 410_000, 540_000, 570_000, 430_000],
    ]
)
INCOME_AGES = np.array([25, 35, 50, 67])
WOMEN_EARN = 0.82
GROWTH = 0.030  # per year
INCOME_SPREAD = (0.38, 0.16)  # standard deviations of log income: of the person, of the year


def people_of(part: Part) -> People:
    """Return the people of a partition; they are the first thing that is made."""
    assert part.people is not None
    return part.people


def last_day(people: People) -> np.ndarray:
    """Return each person's last day under observation: death or the reference date."""
    if people.death is None:
        return np.full(len(people.birth), END_DAY, dtype=np.int32)
    return np.minimum(people.death, END_DAY).astype(np.int32)


def date64(day: np.ndarray) -> np.ndarray:
    """Return days as datetime64[D]."""
    return day.astype("datetime64[D]")


def person(part: Part) -> None:
    """Make the table `person`."""
    people = people_of(part)
    part.tables["person"] = {
        "person_id": people.person_id,
        "fnr": text(people.fnr),
        "birth_date": date64(people.birth),
        "sex": coded(people.female, ["M", "F"]),
    }


def text(values: np.ndarray) -> pa.Array:
    """Return fixed-width ASCII bytes (S) as a string array, without a loop."""
    width = values.dtype.itemsize
    offsets = np.arange(len(values) + 1, dtype=np.int32) * width
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), data)


def family(part: Part) -> None:
    """Find mothers: women of the partition, alive, of an age that fits the year of birth."""
    people = people_of(part)
    rng = part.rng("family")
    women = np.flatnonzero(people.female)
    women = women[np.argsort(people.birth[women], kind="stable")]
    mother = np.full(part.size, -1, dtype=np.int32)
    native = people.entry <= np.maximum(people.birth, START_DAY)
    native &= rng.random(part.size) < _mother_is_here(people.birth)
    children = np.flatnonzero(native)
    children = children[np.argsort(people.birth[children], kind="stable")]
    open_ = children
    for _ in range(25):
        if len(open_) == 0 or len(women) == 0:
            break
        mother[open_] = _candidates(people, women, open_, rng)
        open_ = _misfits(people, mother, children, open_)
    mother[open_] = -1
    _join_twins(people, mother)
    people.mother = mother
    minor = _minors(people)
    people.municipality[minor] = people.municipality[mother[minor]]
    known = np.flatnonzero(mother >= 0)
    part.tables["family"] = {
        "child_id": people.person_id[known],
        "mother_id": people.person_id[mother[known]],
    }


def _candidates(
    people: People, women: np.ndarray, children: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw a woman for each child by the fertility of the year; -1 where age or life forbid it."""
    birth = people.birth[children]
    age = _age_of_mothers(birth, rng)
    place = np.searchsorted(people.birth[women], birth - age * 365.25)
    near = place + rng.integers(-8, 9, len(children))
    found = women[np.clip(near, 0, len(women) - 1)]
    age_then = (birth - people.birth[found]) / 365.25
    fits = (age_then >= 15) & (age_then < 50)
    fits &= (people.entry[found] <= birth) | (birth < START_DAY)
    if people.death is not None:
        fits &= people.death[found] > birth
    return np.where(fits, found, -1)


def _mother_is_here(birth: np.ndarray) -> np.ndarray:
    """Chance that a mother lives in the region at the window's start, or at a birth in it."""
    mode, slope = GOMPERTZ
    age = 27 + (START_DAY - birth) / 365.25
    alive = np.exp(np.exp(-slope * mode) - np.exp(slope * (age - mode)))
    return np.where(birth >= START_DAY, 1.0, MOTHERS_HERE * alive)


def _minors(people: People) -> np.ndarray:
    """Places of those who live with their mother."""
    young = (END_DAY - people.birth) / 365.25 < WITH_MOTHER
    return np.flatnonzero(young & (people.mother >= 0))


def _age_of_mothers(birth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    year = 1970 + birth / 365.25
    row = np.clip(np.round((year - 2010) / 6), 0, 2).astype(int)
    limits = np.cumsum(np.array(FERTILITY), axis=1)
    limits /= limits[:, -1:]
    group = (rng.random(len(birth))[:, None] > limits[row]).sum(axis=1)
    earlier = np.clip(2010 - year, 0, 50) * YOUNGER_PER_YEAR
    return np.maximum(15 + 5 * group + 5 * rng.random(len(birth)) - earlier, 15.1)


def _misfits(
    people: People, mother: np.ndarray, children: np.ndarray, tried: np.ndarray
) -> np.ndarray:
    """Children to try again: in-window births without a mother, siblings born too soon after."""
    order = children[np.lexsort((people.birth[children], mother[children]))]
    of, born = mother[order], people.birth[order]
    close = np.r_[False, (of[1:] == of[:-1]) & (np.diff(born) < BETWEEN_BIRTHS) & (of[1:] >= 0)]
    bad = np.zeros(len(people.birth), dtype=bool)
    bad[order[close]] = True
    missing = tried[(mother[tried] < 0) & (people.birth[tried] >= START_DAY)]
    bad[missing] = True
    return children[bad[children]]


def _join_twins(people: People, mother: np.ndarray) -> None:
    """Give the second of two neighbours born on one day in the window the first one's mother."""
    born_here = (people.entry == people.birth) & (people.birth >= START_DAY)
    same = np.r_[False, (np.diff(people.birth) == 0) & born_here[:-1]]
    second = np.flatnonzero(same & born_here)
    mother[second] = mother[second - 1]


def residence(part: Part) -> None:
    """Make the table `residence`: homes from entry on, cut where a number was changed."""
    people = people_of(part)
    rng = part.rng("residence")
    end = last_day(people)
    weights = region(part.config.region).weights
    # Up to two moves in the window, backwards from the last home.
    day = np.sort(rng.integers(people.entry, END_DAY + 1, (2, part.size)), axis=0)
    age = (day - people.birth) / 365.25
    ages, rates = np.array(MOVES_PER_YEAR).T
    rate = rates[np.maximum(np.searchsorted(ages, age, side="right") - 1, 0)]
    chance = rate * (END_DAY - people.entry) / 365.25 / 2
    moved = rng.random((2, part.size)) < chance
    earlier = rng.choice(len(weights), (2, part.size), p=weights)
    minor = _minors(people)
    for draws in (day, moved, earlier):
        draws[:, minor] = draws[:, people.mother[minor]]
    moved &= (day > people.entry + 30) & (day < end - 30)
    moved[0] &= ~moved[1] | (day[1] - day[0] > 30)

    who = np.arange(part.size)
    homes = np.empty((3, part.size), dtype=np.int64)
    homes[2] = people.municipality
    homes[1] = np.where(moved[1], earlier[1], homes[2])
    homes[0] = np.where(moved[0], earlier[0], homes[1])
    cuts = np.vstack([people.entry, np.where(moved, day, NEVER)])
    eras = np.broadcast_to(ERA_STARTS[1:, None], (len(ERA_STARTS) - 1, part.size))
    starts = np.sort(np.vstack([cuts, np.where(eras > people.entry, eras, NEVER)]), axis=0)
    person_index, start = np.broadcast_to(who, starts.shape).T.ravel(), starts.T.ravel()
    keep = start <= end[person_index]
    person_index, start = person_index[keep], start[keep]
    place = (start >= cuts[1, person_index]).astype(int)
    place[start >= cuts[2, person_index]] = 2
    number = region(part.config.region).number_at(
        homes[place, person_index], start, people.person_id[person_index]
    )
    same = (person_index[1:] == person_index[:-1]) & (number[1:] == number[:-1])
    keep = np.r_[True, ~same]
    person_index, start, number = person_index[keep], start[keep], number[keep]

    last = np.r_[person_index[1:] != person_index[:-1], True]
    stop = np.r_[start[1:] - 1, 0].astype(np.int32)
    stop[last] = end[person_index[last]]
    living = last & (stop == END_DAY)
    if people.death is not None:
        living &= people.death[person_index] > END_DAY
    to_date = date64(stop)
    to_date[living] = np.datetime64("NaT")
    part.tables["residence"] = {
        "person_id": people.person_id[person_index],
        "from_date": date64(start),
        "to_date": pa.array(to_date),
        "municipality": text(number.astype("S4")),
    }


def education(part: Part) -> None:
    """Make the table `education`: a row for each year a person of 16 or above lives there."""
    people = people_of(part)
    who, year = _person_years(people, youngest=16)
    level = level_at(people.education[who], people.birth[who], new_year(year + 1))
    part.tables["education"] = {
        "person_id": people.person_id[who],
        "year": year.astype(np.int16),
        "level": coded(np.maximum(level, 1) - 1, ["1", "2", "3", "4"]),
    }


def income(part: Part) -> None:
    """Make the table `income`: after tax, by education, age, sex and year, with its own noise."""
    people = people_of(part)
    rng = part.rng("income")
    who, year = _person_years(people, youngest=17)
    level = level_at(people.education[who], people.birth[who], new_year(year))
    age = (new_year(year) - people.birth[who]) / 365.25
    median = MEDIAN_INCOME[level, np.searchsorted(INCOME_AGES, age, side="right")]
    log = rng.normal(0, INCOME_SPREAD[0], part.size)[who]
    log = log + rng.normal(0, INCOME_SPREAD[1], len(who)) + GROWTH * (year - 2022)
    amount = median * np.where(people.female[who], WOMEN_EARN, 1.0) * np.exp(log)
    part.tables["income"] = {
        "person_id": people.person_id[who],
        "year": year.astype(np.int16),
        "income_nok": (np.round(amount / 100) * 100).astype(np.int32),
    }


def death(part: Part) -> None:
    """Make the table `death`."""
    people = people_of(part)
    if people.death is None:
        return
    dead = np.flatnonzero(people.death <= END_DAY)
    day = people.death[dead]
    number = region(part.config.region).number_at(
        people.municipality[dead], day, people.person_id[dead]
    )
    part.tables["death"] = {
        "person_id": people.person_id[dead],
        "death_date": date64(day),
        "municipality": text(number.astype("S4")),
    }


def _person_years(people: People, *, youngest: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and years of those in the region on 31 December, of an age, or dead in the year."""
    start, stop = START_OF_YEAR, new_year(YEARS + 1)
    old = (stop[:, None] - people.birth) / 365.25 >= youngest
    here = (people.entry < stop[:, None]) & (last_day(people) >= start[:, None])
    who, year = np.nonzero((old & here).T)
    return who, YEARS[year]
