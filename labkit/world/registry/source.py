"""What the registries read of a partition: who a patient is, where people lived, what was coded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from labkit.world.care import patient_ids
from labkit.world.columns import Coded, coded, codes, days, ranges, year_of
from labkit.world.contacts import KINDS
from labkit.world.diagnosis_codes import DIAGNOSES
from labkit.world.part import IDS_PER_PARTITION, START_DAY, Columns, Part, People
from labkit.world.region import region
from labkit.world.registry.pseudonym import extract_order


def people_of(part: Part) -> People:
    """Return the partition's people."""
    assert part.people is not None
    return part.people


def death_days(part: Part) -> np.ndarray:
    """Return the day of death of each person, int32, NEVER if alive."""
    death = people_of(part).death
    assert death is not None
    return death


def numbers(column: Any) -> np.ndarray:
    """Return a column of numbers or times as a numpy array."""
    if isinstance(column, np.ndarray):
        return column
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.to_numpy(zero_copy_only=False)


def find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the place in `keys` (unique) of each wanted key; every one must be there."""
    if len(keys) and np.all(keys[1:] > keys[:-1]):
        if keys[-1] - keys[0] == len(keys) - 1:  # one after another, as identifiers are
            return wanted - keys[0]
        return np.searchsorted(keys, wanted)
    order = np.argsort(keys)
    return order[np.searchsorted(keys, wanted, sorter=order)]


def person_of_patient(part: Part, patient_id: np.ndarray) -> np.ndarray:
    """Return the place in the partition of the person behind each patient number."""
    first = part.index * IDS_PER_PARTITION + 1
    place = np.empty(part.size, dtype=np.int64)
    place[patient_ids(part) - first] = np.arange(part.size)
    return place[patient_id - first]


@dataclass(frozen=True)
class Encounters:
    """Encounters of some kinds, in the order of the extract; arrays of length n.

    `row` is the place in the table `encounter` (and in `part.contacts`, which it is made from),
    `kind` the place in the kinds asked for.
    """

    row: np.ndarray
    person: np.ndarray
    kind: np.ndarray
    start: np.ndarray  # minutes since 1970-01-01, int32
    stop: np.ndarray

    @property
    def day(self) -> np.ndarray:
        """Day of the start, int32."""
        return (self.start // 1440).astype(np.int32)

    @property
    def year(self) -> np.ndarray:
        """Calendar year of the start."""
        return year_of(self.day)


def encounters(
    part: Part,
    kinds: tuple[str, ...],
    *,
    since: int = START_DAY,
    about: Callable[[str], bool] | None = None,
) -> Encounters:
    """Pick encounters by kind, first day and main diagnosis, in the order of the extract."""
    found = part.contacts
    order, kind_in_order = part.once("extract order", lambda: _in_extract_order(part))
    wanted = np.array([kinds.index(k) if k in kinds else -1 for k in KINDS], dtype=np.int8)
    chosen = np.zeros(len(order), dtype=bool)
    for number in np.flatnonzero(wanted >= 0):
        chosen |= kind_in_order == number
    row = order[chosen]
    if about is not None:
        row = row[np.array([about(code) for code in DIAGNOSES]).take(found["main"].take(row))]
    start = found["start"].take(row)
    if since > START_DAY:
        late = np.flatnonzero(start >= since * 1440)
        row, start = row[late], start[late]
    kind = wanted.take(found["kind"].take(row))
    return Encounters(row, found["person"].take(row), kind, start, found["stop"].take(row))


def _in_extract_order(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return the contacts in the order of the extract, and the kind of each."""
    order = extract_order(part, part.contacts["person"])
    return order, part.contacts["kind"].take(order)


def codes_by_encounter(part: Part, table: str, row: np.ndarray) -> tuple[Coded, np.ndarray]:
    """Gather the codes of a child table (diagnosis, procedure) for some encounters.

    Args:
        part: The partition.
        table: The child table: encounter_id, position, code.
        row: Places in `encounter`, shape (n,).

    Returns:
        All codes in the order of the encounters and positions, and how many each has, shape (n,).
    """
    child = part.tables[table]
    begins, counts = part.once(f"codes in {table}", lambda: _by_encounter(part, child))
    place, distinct = codes(child["code"])
    count = counts.take(row)
    return Coded(place.take(ranges(begins.take(row), count)), distinct), count


def _by_encounter(part: Part, child: Columns) -> tuple[np.ndarray, np.ndarray]:
    """Return where the rows of each encounter begin in a child table, and how many it has."""
    keys = numbers(part.tables["encounter"]["encounter_id"])
    owner = find(keys, numbers(child["encounter_id"]))
    order = owner * 2**15 + numbers(child["position"])
    if np.any(order[1:] <= order[:-1]):
        raise ValueError("registry: codes are not in the order of encounter and position")
    counts = np.bincount(owner, minlength=len(keys))
    return np.cumsum(counts) - counts, counts


def main_diagnoses(part: Part, row: np.ndarray) -> Coded:
    """Return the main diagnosis of each of some encounters, which is position 1."""
    return coded(part.contacts["main"].take(row), DIAGNOSES)


def diagnoses(part: Part, row: np.ndarray) -> tuple[Coded, Coded, np.ndarray]:
    """Gather the diagnoses of some encounters, each of which has a main one.

    Returns:
        Main diagnoses, shape (n,); all secondary ones in order; how many each has, shape (n,).
    """
    every, count = codes_by_encounter(part, "diagnosis", row)
    if (count == 0).any():
        raise ValueError(f"registry: {(count == 0).sum()} encounters have no diagnosis")
    first = np.cumsum(count) - count
    others = np.ones(len(every), dtype=bool)
    others[first] = False
    return every.take(first), every.take(np.flatnonzero(others)), count - 1


def homes_at_encounters(part: Part, seen: Encounters) -> np.ndarray:
    """Return the place in `Homes.then` of the patient's home at each of some encounters."""
    found = part.contacts
    at_all = part.once(
        "homes at encounters",
        lambda: homes(part).find(found["person"], found["day"]),
    )
    return at_all.take(seen.row)


@dataclass(frozen=True)
class Homes:
    """Where people lived: municipality numbers of the time, of 2024, and names."""

    find: Callable[[np.ndarray, np.ndarray], np.ndarray]  # (person, day) -> place in `then`
    then: list[str]
    now: list[str]
    name: list[str]


def homes(part: Part) -> Homes:
    """Return where people lived."""
    return part.once("homes", lambda: _read_homes(part))


def _read_homes(part: Part) -> Homes:
    table = part.tables["residence"]
    person = (numbers(table["person_id"]) - people_of(part).person_id[0]).astype(np.int64)
    key = (person << 20) + days(table["from_date"]) + 2**18
    place, then = codes(table["municipality"])
    known = {
        number: m
        for m in region(part.config.region).municipalities
        for era in m.numbers
        for number in era
    }

    first = np.searchsorted(person, np.arange(part.size))
    key[first] = np.arange(part.size) << 20  # nobody is anywhere before
    following = np.append(key[1:], np.iinfo(np.int64).max)

    def find_home(who: np.ndarray, day: np.ndarray) -> np.ndarray:
        wanted = (who.astype(np.int64) << 20) + day + 2**18
        if np.all(wanted[1:] >= wanted[:-1]):  # by person and day: each home has a run of rows
            return place.repeat(np.diff(np.searchsorted(wanted, following), prepend=0))
        home = first.take(who)
        rest = np.flatnonzero(following[home] <= wanted)
        while len(rest):  # most people move seldom
            home[rest] += 1
            rest = rest[following[home[rest]] <= wanted[rest]]
        return place[home]

    return Homes(find_home, then, [known[n].number for n in then], [known[n].name for n in then])
