"""Drug treatment: courses and long treatments, prescriptions, and what is collected.

`prescriptions` makes the table `prescription` and leaves in `part.dispensings`, by person and day,
one place for each collection from a pharmacy:
    person  place in the partition, int64     day      int32
    atc     place in `DRUGS`, int16           packs    packages, int16
    prescription_id   int64
    indication  place in `DIAGNOSES`, -1 if none, int16
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np

from labkit.world.care import encounter_ids, patient_ids
from labkit.world.columns import Grouped, coded, ordered, ranges
from labkit.world.contacts import CAUSE, INPATIENT, OUT_OF_HOURS
from labkit.world.diagnosis_codes import DIAGNOSES, code_list, place
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, NEVER, START_DAY, Part
from labkit.world.population import date64, people_of

DRUGS = code_list("atc")
_DRUG = {code: number for number, code in enumerate(DRUGS)}
VITAMIN_D = "A11CC05"
COLLECTS = 0.9  # per year: hazard of collecting vitamin D after discharge, the same for all
NEVER_COLLECTED = 0.04  # of prescriptions
REFILLS = 3  # of a prescription for long treatment, valid for one year
STATINS_BEFORE_2013 = {"C10AA01": 0.62, "C10AA05": 0.30, "C10AA07": 0.08}
STATINS_SINCE = {"C10AA01": 0.14, "C10AA05": 0.66, "C10AA07": 0.20}
# Nobody takes two of these at once: the one begun last takes over, whatever it was begun for. Beta
# blockers, calcium channel blockers, and ACE inhibitors or angiotensin receptor blockers.
ALONE = ("C07", "C08CA", "C09")
NOACS = {"B01AF02": 0.66, "B01AF01": 0.20, "B01AE07": 0.06, "B01AF03": 0.08}
DAY_BITS = 13  # of a day of the window, counted from its start
DAY_2013 = (date(2013, 1, 1) - date(1970, 1, 1)).days


@dataclass(frozen=True)
class Pack:
    """What one package holds and how long it lasts; arrays by place in `DRUGS`."""

    ddd: np.ndarray  # nan where no DDD is published
    days: np.ndarray


@cache
def packs() -> Pack:
    """Read the packages; DDD from strength and `labkit/codes/atc.csv`."""
    ddd = np.full(len(DRUGS), np.nan)
    days = np.full(len(DRUGS), 98.0)
    defined: dict[str, float] = {}
    with (files("labkit.codes") / "atc.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["ddd"]:
                # Strengths stand in mg where the DDD is in grams.
                defined[row["code"]] = float(row["ddd"]) * (1000 if row["ddd_unit"] == "g" else 1)
    with (files("labkit.world.calibration") / "packs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            number = _DRUG[row["atc"]]
            days[number] = float(row["units"]) / float(row["per_day"])
            if row["strength"] and row["atc"] in defined:
                total = float(row["units"]) * float(row["strength"])
                ddd[number] = round(total / defined[row["atc"]], 2)
    return Pack(ddd, days)


@dataclass(frozen=True)
class Choice:
    """One drug of several that may be given for one reason."""

    atc: int
    share: float
    years: float
    stop: float
    since: int
    until: int
    indication: int


@cache
def choices() -> dict[tuple[str, str], tuple[Choice, ...]]:
    """Read what is prescribed for which reason: by (reason, group); at most one of each group."""
    found: dict[tuple[str, str], list[Choice]] = {}
    with (files("labkit.world.calibration") / "prescribing.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["reason"], row["group"]), []).append(
                Choice(
                    atc=_DRUG[row["atc"]],
                    share=float(row["share"]),
                    years=float(row["years"]),
                    stop=float(row["stop"]),
                    since=_day(row["from"], -(10**6)),
                    until=_day(row["to"], int(NEVER)),
                    indication=place(row["indication"]) if row["indication"] else -1,
                )
            )
    return {key: tuple(some) for key, some in found.items()}


def _day(text: str, default: int) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days if text else default


Block = tuple[np.ndarray, ...]  # person, start, stop (days), atc, indication


def treatments(part: Part) -> Iterator[Block]:
    """Yield long treatments of known diseases, and those that are planted."""
    people = people_of(part)
    yield from _planted(part)
    for (reason, group), some in choices().items():
        if reason not in part.found:
            continue
        who = np.flatnonzero(part.found[reason] <= END_DAY)
        begin = part.found[reason][who].astype(np.int64)
        yield from _periods(part, f"{reason}.{group}", some, who, begin)
    assert people.death is not None


def _periods(
    part: Part, name: str, some: tuple[Choice, ...], who: np.ndarray, begin: np.ndarray
) -> Iterator[Block]:
    rng = part.rng(f"drug.{name}")
    draw, wait = rng.random(len(who)), rng.random(len(who))
    lasts = rng.standard_exponential((2, len(who)))
    low = 0.0
    for choice in some:
        mine = np.flatnonzero((draw >= low) & (draw < low + choice.share))
        low += choice.share
        # A drug that came after the disease was found is taken up within three years.
        known = begin[mine]
        start = np.maximum(known, choice.since + wait[mine] * 3 * YEAR * (known < choice.since))
        fits = np.flatnonzero((start < choice.until) & (start <= END_DAY))
        mine, start = mine[fits], start[fits]
        n = len(mine)
        years = np.full(n, 200.0)
        if choice.years < 99:
            years = choice.years * (0.4 + 0.6 * lasts[0][mine])
        if choice.stop:
            years = np.minimum(years, lasts[1][mine] / choice.stop)
        yield (
            who[mine],
            start.astype(np.int64),
            (start + years * YEAR).astype(np.int64),
            np.full(n, choice.atc, dtype=np.int16),
            np.full(n, choice.indication, dtype=np.int16),
        )


def _planted(part: Part) -> Iterator[Block]:
    """Statin before any infarction or stroke, and anticoagulants: they change later hazards."""
    rng = part.rng("drug.planted")
    draw = rng.random((2, part.size))
    start, stop = (part.treatment[k].astype(np.int64) for k in ("statin", "statin_stop"))
    # After infarction or stroke the treatment is another, and goes on.
    later = np.minimum(part.onset["mi"], part.onset["stroke"]).astype(np.int64)
    stop = np.minimum(stop, later)
    who = np.flatnonzero((start <= END_DAY) & (start < stop))
    atc = np.where(
        start.take(who) < DAY_2013,
        _choose(STATINS_BEFORE_2013, draw[0][who]),
        _choose(STATINS_SINCE, draw[0][who]),
    )
    yield (
        who,
        start.take(who),
        stop.take(who),
        atc,
        np.full(len(who), place("E78.5"), dtype=np.int16),
    )
    flutter = np.full(part.size, place("I48.9"), dtype=np.int16)
    start, stop = warfarin(part)
    who = np.flatnonzero(start <= END_DAY)
    yield (
        who,
        start.take(who),
        stop.take(who),
        np.full(len(who), _DRUG["B01AA03"], dtype=np.int16),
        flutter.take(who),
    )
    start = np.where(stop < NEVER, stop, part.treatment["anticoagulant"]).astype(np.int64)
    who = np.flatnonzero(start <= END_DAY)
    yield (
        who,
        start.take(who),
        np.full(len(who), NEVER),
        _choose(NOACS, draw[1][who]),
        flutter.take(who),
    )


def warfarin(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Return the days on which warfarin was begun and left for a newer drug, NEVER for none."""
    start = part.treatment["anticoagulant"].astype(np.int64)
    on = start < DAY_2013
    wait = part.rng("drug.warfarin").random(part.size) * 4 * YEAR
    stop = np.maximum(start + 60, DAY_2013 + wait).astype(np.int64)
    return np.where(on, start, NEVER), np.where(on, stop, NEVER)


def _choose(weights: dict[str, float], share: np.ndarray) -> np.ndarray:
    codes = np.array([_DRUG[code] for code in weights], dtype=np.int16)
    limits = np.cumsum(list(weights.values()))
    return codes[np.searchsorted(limits / limits[-1], share, side="right")]


def courses(part: Part) -> tuple[list[Block], list[Block]]:
    """Prescriptions written for what a contact was about: (long treatments, single courses).

    A single course is (contact, atc, indication).
    """
    found = part.contacts
    # Codes of ICPC-2 are of primary care alone.
    reasons = dict.fromkeys(reason for reason, _ in choices() if reason not in part.found)
    by_cause = Grouped(found["cause"], [CAUSE[r] for r in reasons if r in CAUSE])
    by_code = Grouped(found["main"], [place(r) for r in reasons if r not in CAUSE])
    rows_of = {
        reason: by_cause.rows(CAUSE[reason]) if reason in CAUSE else by_code.rows(place(reason))
        for reason in reasons
    }
    long: list[Block] = []
    short: list[Block] = []
    for (reason, group), some in choices().items():
        if reason in part.found:
            continue
        rows = rows_of[reason]
        if any(choice.years for choice in some):
            # A long treatment starts once: at the first contact about it.
            new = np.diff(found["person"].take(rows), prepend=-1) > 0  # contacts lie by person
            rows = rows[new]
            begin = found["stop"].take(rows) // 1440
            periods = _periods(part, f"{reason}.{group}", some, found["person"].take(rows), begin)
            long += list(periods)
            continue
        draw = part.rng(f"drug.{reason}.{group}").random(len(rows))
        low = 0.0
        for choice in some:
            chosen = rows[(draw >= low) & (draw < low + choice.share)]
            low += choice.share
            n = len(chosen)
            short.append(
                (
                    chosen,
                    np.full(n, choice.atc, dtype=np.int16),
                    np.full(n, choice.indication, dtype=np.int16),
                )
            )
    return long, short


def _replaced(person: np.ndarray, start: np.ndarray, atc: np.ndarray) -> np.ndarray:
    """Give the day on which another drug of the same `ALONE` group takes over, NEVER for none."""
    until = np.full(len(person), NEVER, dtype=np.int64)
    for group in ALONE:
        some = np.flatnonzero(np.array([drug.startswith(group) for drug in DRUGS])[atc])
        some = some[np.lexsort((start[some], person[some]))]
        same = person[some][1:] == person[some][:-1]
        until[some[:-1][same]] = start[some[1:][same]]
    return until


def _renewals(part: Part, periods: list[np.ndarray]) -> Block:
    """Place a prescription at a contact about once a year while a treatment lasts.

    Returns:
        (contact, atc, indication, stop day, day of the next prescription).
    """
    people = people_of(part)
    assert people.death is not None
    found = part.contacts
    person, start, stop, atc, indication = periods
    stop = np.minimum(stop, _replaced(person, start, atc))
    stop = np.minimum(stop, np.minimum(people.death, END_DAY).take(person))
    start = np.maximum(start, people.entry.take(person))
    alive = stop > start
    person, start, stop = person[alive], start[alive], stop[alive]
    atc, indication = atc[alive], indication[alive]
    rng = part.rng("drug.renewal")
    # Those treated since before the window are somewhere in their prescription's year.
    count = 1 + ((stop - start) / (0.97 * YEAR)).astype(np.int64)
    period = np.repeat(np.arange(len(person)), count)
    number = np.arange(len(period)) - (np.cumsum(count) - count)[period]
    planned = start.take(period) + (number * 0.97 * YEAR).astype(np.int64)
    planned = planned + np.where(number > 0, rng.integers(-20, 40, len(period)), 0)

    able = np.flatnonzero(found["kind"] != OUT_OF_HOURS)
    # In 32 bits, which are looked through quicker than 64: days of the window in the lower ones.
    key = ((found["person"] << DAY_BITS) + found["day"] - START_DAY).astype(np.int32)[able]
    wanted = ((person.take(period) << DAY_BITS) + planned - START_DAY).astype(np.int32)
    at = np.searchsorted(key, wanted)
    at = np.minimum(at, len(able) - 1)
    contact = able.take(at)
    day = found["stop"].take(contact) // 1440
    keep = (found["person"].take(contact) == person.take(period)) & (day < stop.take(period))
    period, contact, day = period[keep], contact[keep], day[keep]
    new = np.ones(len(period), dtype=bool)
    new[1:] = (period[1:] != period[:-1]) | (contact[1:] != contact[:-1])
    period, contact, day = period[new], contact[new], day[new]
    upcoming = np.full(len(period), NEVER)
    upcoming[:-1] = np.where(period[1:] == period[:-1], day[1:], NEVER)
    return contact, atc.take(period), indication.take(period), stop.take(period), upcoming


def after_discharge(part: Part) -> np.ndarray:
    """Return the contacts at which vitamin D is prescribed: a first acute stay at 65 or above.

    Everyone who leaves alive gets it; who collects it, and when, is chance alone (`COLLECTS`). So
    it has no effect, and looks as if it had to whoever asks only if it was ever collected.
    """
    people, found = people_of(part), part.contacts
    assert people.death is not None
    who = found["person"]
    stays = np.flatnonzero((found["kind"] == INPATIENT) & found["acute"])
    old = found["day"][stays] - people.birth[who[stays]] >= 65 * YEAR
    first = np.unique(who[stays][old], return_index=True)[1]
    rows = stays[old][first]
    return rows[found["stop"].take(rows) // 1440 < people.death[who.take(rows)]]


def prescriptions(part: Part) -> None:
    """Make the table `prescription` and `part.dispensings`."""
    found = part.contacts
    long, short = courses(part)
    long = [*treatments(part), *long]
    contact, atc, indication, stop, upcoming = _renewals(
        part, [np.concatenate(column) for column in zip(*long, strict=True)]
    )
    single = [np.concatenate(column) for column in zip(*short, strict=True)]
    planted = after_discharge(part)
    extra = np.full(len(planted), _DRUG[VITAMIN_D], dtype=np.int16)
    single = [
        np.r_[some, other]
        for some, other in zip(
            single, (planted, extra, np.full(len(planted), -1, dtype=np.int16)), strict=True
        )
    ]
    n = len(single[0])
    refills = np.r_[np.full(len(contact), REFILLS), np.zeros(n, dtype=np.int64)]
    never = np.full(n, NEVER, dtype=np.int64)
    contact = np.r_[contact, single[0]]
    atc, indication = np.r_[atc, single[1]], np.r_[indication, single[2]]
    stop, upcoming = np.r_[stop, never], np.r_[upcoming, never]

    order, contact = ordered(contact)  # contacts lie by person and time
    atc, indication = atc.take(order), indication.take(order)
    stop, upcoming, refills = stop.take(order), upcoming.take(order), refills.take(order)
    person = found["person"].take(contact)
    day = found["stop"].take(contact) // 1440
    number = part.ids(len(contact))
    part.tables["prescription"] = {
        "prescription_id": number,
        "patient_id": patient_ids(part).take(person),
        "encounter_id": encounter_ids(part).take(contact),
        "atc": coded(atc, DRUGS),
        "ddd": packs().ddd.take(atc),
        "refills": refills.astype(np.int16),
        "prescribed_date": date64(day),
        "indication": coded(indication, DIAGNOSES),
    }
    inside = found["kind"].take(contact) == INPATIENT
    assert not (day[inside] < found["day"][contact][inside]).any()
    _collect(part, person, day, atc, indication, number, refills, np.minimum(stop, upcoming))


def _collect(
    part: Part,
    person: np.ndarray,
    day: np.ndarray,
    atc: np.ndarray,
    indication: np.ndarray,
    number: np.ndarray,
    refills: np.ndarray,
    limit: np.ndarray,
) -> None:
    """Collect the first package soon, the next ones as they run out, with gaps."""
    people = people_of(part)
    assert people.death is not None
    rng = part.rng("dispensing")
    n = len(person)
    collected = rng.random(n) >= NEVER_COLLECTED
    lag = np.where(rng.random(n) < 0.6, 0, rng.exponential(4.0, n))
    planted = atc == _DRUG[VITAMIN_D]
    collected |= planted
    lag[planted] = rng.exponential(YEAR / COLLECTS, int(planted.sum()))
    lag = lag.astype(np.int32)
    # Each person keeps their own pace: some a little early, many late.
    pace = np.exp(rng.normal(0.06, 0.12, part.size))[person] * packs().days.take(atc)
    times = np.where(collected, 1 + refills, 0)
    row = np.repeat(np.arange(n), times)
    turn = ranges(np.zeros(n, dtype=np.int64), times)
    shift = turn * pace.repeat(times) * (1 + 0.08 * rng.standard_normal(len(row)))
    day = day.astype(np.int32)
    when = (day + lag).repeat(times) + np.maximum(shift, 0).astype(np.int32)
    last = np.minimum(np.minimum(people.death, END_DAY).take(person), day + 364)
    next_one = np.minimum(limit, NEVER).astype(np.int32).repeat(times)
    kept = np.flatnonzero((when <= last.repeat(times)) & ((turn == 0) | (when < next_one)))
    row, when = row.take(kept), when.take(kept)
    order, by_day = ordered((person.take(row) << DAY_BITS) + (when - START_DAY))
    row = row.take(order)
    part.dispensings = {
        "person": by_day >> DAY_BITS,
        "day": ((by_day & ((1 << DAY_BITS) - 1)) + START_DAY).astype(np.int32),
        "atc": atc.take(row),
        "packs": np.ones(len(row), dtype=np.int16),
        "prescription_id": number.take(row),
        "indication": indication.take(row),
    }
