"""Contacts with the health service: why, when, where and with whom.

`contacts` gathers them from disease, acute illness, births and everyday complaints, and leaves in
`part.contacts`, sorted by person and start, one place for each encounter to be:
    person     place in the partition, int64       kind      place in `KINDS`, int8
    start, stop   minutes since 1970, int32         acute     bool
    day           of the start, days since 1970, int32
    main       place in `DIAGNOSES`, int16          procedure place in `PROCEDURES` or -1, int16
    organisation, practitioner   ids, int32         cause     place in `CAUSES`, int16
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from labkit.world import hospital
from labkit.world.calibration import Bands, baselines, load
from labkit.world.columns import ordered, remainder
from labkit.world.complaints import complaints, group_of
from labkit.world.diagnosis_codes import DIAGNOSES, pick, place, procedure_place
from labkit.world.disease import diseases
from labkit.world.draws import in_runs, scattered
from labkit.world.episode import kinds as episode_kinds
from labkit.world.hazard import LAST_AGE, YEAR, Baseline
from labkit.world.hospital import operation
from labkit.world.part import END_DAY, START_DAY, Part
from labkit.world.population import START_OF_YEAR, YEARS, people_of
from labkit.world.units import DOCTORS_PER_PRACTICE, DOCTORS_PER_SPECIALITY, units

KINDS = ("inpatient", "day", "outpatient", "gp", "out_of_hours")
INPATIENT, DAY, OUTPATIENT, GP, OUT_OF_HOURS = range(5)
MINUTES = 1440
MINUTE_BITS = 25  # hold the minutes of the window
DRAWN_AGAIN = 4
OWN_COMPLAINTS = 3
LASTING = {"outpatient": 0.75, "day": 0.5}  # share of visits for one of a person's own complaints
# Hospital care comes in runs: one year many visits for a thing, then none. Shape of a gamma factor
# of mean 1 by person and year; smaller is fewer people with more visits each. An outpatient has
# about three visits a year, one admitted about one and a half stays (from memory).
RUNS = {"outpatient": 0.15, "day": 0.15, "inpatient": 0.4}
EVERYDAY, BIRTH, READMISSION = "everyday", "birth", "readmission"
_FIRST = tuple(load("diseases")) + tuple(load("episodes"))
CAUSES = (EVERYDAY, BIRTH, READMISSION, *_FIRST, *(f"control:{name}" for name in load("diseases")))
CAUSE = {name: number for number, name in enumerate(CAUSES)}

# Contacts per 1000 person-years of all people, by first age (men, women); the part that no disease
# of the kit explains is fitted (baseline.csv, "everyday.KIND"). Consultations with GP 2019-2023 and
# out-of-hours: Statistics Norway; stays by age in 2004, brought down to the 149 per 1000 of 2019;
# 70 and above, day and outpatient by age: from memory, shaped to the totals of 2019 (64 and 1189).
RATES: dict[str, Bands] = {
    "gp": (
        [0, 6, 16, 20, 30, 50, 67, 80, 90],
        [1900, 1350, 1700, 1650, 2150, 2850, 3550, 4600, 3400],
        [1800, 1400, 3000, 3500, 4200, 4050, 4150, 4900, 3500],
    ),
    "out_of_hours": (
        [0, 6, 16, 20, 30, 50, 67, 80, 90],
        [470, 200, 235, 220, 185, 180, 225, 345, 390],
        [430, 200, 285, 300, 215, 180, 215, 335, 375],
    ),
    "outpatient": (
        [0, 6, 16, 30, 50, 67, 80],
        [700, 700, 650, 800, 1250, 2150, 1900],
        [600, 600, 900, 1350, 1500, 1950, 1500],
    ),
    "day": (
        [0, 6, 16, 30, 50, 67, 80],
        [25, 20, 25, 35, 75, 190, 170],
        [18, 16, 35, 55, 80, 180, 150],
    ),
    "inpatient": (
        [0, 1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85],
        [378, 109, 53, 42, 56, 60, 59, 66, 78, 88, 107, 131, 170, 227, 287, 345, 430, 515, 575],
        [321, 80, 42, 38, 69, 124, 186, 193, 141, 104, 108, 127, 157, 192, 230, 315, 390, 450, 490],
    ),
}


@dataclass
class Gathered:
    """Contacts on their way, in blocks of equal arrays."""

    blocks: list[tuple[np.ndarray, ...]] = field(default_factory=list)

    def add(
        self,
        person: np.ndarray,
        day: np.ndarray,
        kind: int | np.ndarray,
        main: np.ndarray,
        cause: str,
        *,
        acute: bool | np.ndarray = False,
        days: float | np.ndarray = 0.0,
        procedure: int | np.ndarray = -1,
    ) -> None:
        """Add one block; single values are spread over it. `days` is the mean length of stay."""
        n = len(person)
        if not n:
            return

        def spread(value: float | np.ndarray, kind: type) -> np.ndarray:
            if isinstance(value, np.ndarray):
                return value.astype(kind, copy=False)
            return np.full(n, value, kind)

        self.blocks.append(
            (
                person.astype(np.int64, copy=False),
                day.astype(np.int32, copy=False),
                spread(kind, np.int8),
                spread(main, np.int16),
                spread(CAUSE[cause], np.int16),
                spread(acute, np.bool_),
                spread(days, np.float32),
                spread(procedure, np.int16),
            )
        )

    def arrays(self) -> list[np.ndarray]:
        """Join the blocks, field by field."""
        return [np.concatenate(parts) for parts in zip(*self.blocks, strict=True)]


def everyday(part: Part, gathered: Gathered) -> None:
    """Contacts for what the kit follows no disease of; frail people come more often."""
    people = people_of(part)
    assert people.frailty is not None
    middle = (YEARS[:, None] + 0.5 - 1970) * YEAR - people.birth
    age = np.clip(middle / YEAR, 0, LAST_AGE - 1).astype(np.int32)
    sex_and_age = people.female * LAST_AGE + age
    for kind, bands in RATES.items():
        rng = part.rng(f"everyday.{kind}")
        base = Baseline.from_bands(*baselines().get(f"everyday.{kind}", bands))
        # Some people go to the doctor more than others, whatever they have.
        habit = rng.gamma(1.6, 1 / 1.6, part.size) * people.frailty**0.5
        rate = base.rate.ravel().take(sex_and_age) * habit
        means = np.where(middle > -YEAR, rate, 0.0).ravel()
        drawn = in_runs(rng, means, RUNS[kind]) if kind in RUNS else scattered(rng, means)
        drawn = drawn.astype(np.int32)
        year = drawn // part.size
        who = (drawn - year * part.size).astype(np.int64)  # numpy looks up by int64 fastest
        day = START_OF_YEAR.take(year) + rng.integers(0, 365, len(who))
        years_old = (day - people.birth.take(who)) / YEAR
        known = complaints()[kind]
        group = group_of(people.female.take(who), years_old)
        share = rng.random(len(who))
        if kind in LASTING:
            # The same person comes again with the same: a few draws of their own.
            own = rng.random((OWN_COMPLAINTS, part.size))[
                rng.integers(0, OWN_COMPLAINTS, len(who)), who
            ]
            share = np.where(rng.random(len(who)) < LASTING[kind], own, share)
        row = known.draw(group, share)
        odd = np.flatnonzero(
            (years_old < known.youngest.take(row)) | (years_old > known.oldest.take(row))
        )
        for _ in range(DRAWN_AGAIN):  # a group of ages is wider than some codes allow
            again = row[odd] = known.draw(group[odd], rng.random(len(odd)))
            age = years_old[odd]
            odd = odd[(age < known.youngest[again]) | (age > known.oldest[again])]
        procedure = np.full(len(who), -1, dtype=np.int16)
        maybe = np.flatnonzero(known.share.take(row) > 0)
        done = maybe[rng.random(len(maybe)) < known.share.take(row.take(maybe))]
        procedure[done] = known.procedure.take(row.take(done))
        gathered.add(
            who,
            day,
            KINDS.index(kind),
            known.main.take(row),
            EVERYDAY,
            acute=rng.random(len(who)) < known.acute.take(row),
            days=known.days.take(row),
            procedure=procedure,
        )


# Of those who do not die suddenly: with a stay in the last 30 days of life, so that about four
# of ten of all who die are in hospital in their last month (from memory; three of ten die there).
LAST_STAY = 0.7
NEWBORN_JAUNDICE = 0.04  # admitted for phototherapy, from memory


def from_disease(part: Part, gathered: Gathered) -> None:
    """The contact at which a disease is found, and the controls that follow."""
    people = people_of(part)
    assert people.death is not None
    last = np.minimum(people.death, END_DAY)
    codes = part.codes
    for name, found in part.found.items():
        care = load("follow_up")[name]
        rng = part.rng(f"follow_up.{name}")
        icpc = place(diseases()[name].icpc2)
        new = np.flatnonzero((found >= people.entry) & (found <= last))
        first = KINDS.index(care.get("first", "gp"))
        if first == INPATIENT and "outside" in diseases()[name].fatal:
            # Those who die the same day outside hospital are never admitted.
            new = new[part.fatal[name][new] != found[new]]
        main = codes[name][new] if first <= OUTPATIENT else np.full(len(new), icpc)
        gathered.add(
            new,
            found[new],
            first,
            main,
            name,
            acute=first == INPATIENT,
            days=care.get("days", 0.0),
            procedure=operation(name, main, rng.random(len(new))),
        )

        ever = np.flatnonzero(found <= last)
        start = np.maximum(found, people.entry)[ever]
        for kind in ("gp", "outpatient"):
            rate = care.get(kind, 0.0)
            if not rate:
                continue
            early = np.clip(np.minimum(found[ever] + 2 * YEAR, last[ever]) - start, 0, None)
            late = np.clip(last[ever] - np.maximum(found[ever] + 2 * YEAR, start), 0, None)
            late_rate = rate * care.get("later", 1.0)
            for length, per_year, begin in (
                (early, rate, start),
                (late, late_rate, np.maximum(found[ever] + 2 * YEAR, start)),
            ):
                count = rng.poisson(length / YEAR * per_year)
                who = np.repeat(np.arange(len(ever)), count)
                day = begin.take(who) + 7 + rng.random(len(who)) * length.take(who)
                main = (
                    codes[name][ever.take(who)] if kind == "outpatient" else np.full(len(who), icpc)
                )
                gathered.add(ever.take(who), day, KINDS.index(kind), main, f"control:{name}")


EPISODE_DAYS = {
    "pneumonia": 5.0,
    "influenza": 3.5,
    "covid": 6.0,
    "copd_exacerbation": 4.8,
    "hf_admission": 5.5,
    "mi_again": 4.0,
    "stroke_again": 8.0,
    "hip_again": 6.5,
    "fall": 3.0,
    "uti": 4.0,
}


def from_episodes(part: Part, gathered: Gathered) -> None:
    """Acute illness: admitted, or seen by the GP or the out-of-hours service."""
    for name, (who, day) in part.episodes.items():
        kind = episode_kinds()[name]
        rng = part.rng(f"contact.{name}")
        share = rng.random((2, len(who)))
        inside = part.admitted[name]
        main = pick(kind.icd10, share[0][inside])
        gathered.add(
            who[inside],
            day[inside],
            INPATIENT,
            main,
            name,
            acute=True,
            days=EPISODE_DAYS[name],
            procedure=operation(name, main, share[1][inside]),
        )
        outside = ~inside
        gathered.add(
            who[outside],
            day[outside],
            np.where(share[1][outside] < 0.75, GP, OUT_OF_HOURS),
            pick(kind.icpc2, share[0][outside]),
            name,
            acute=True,
        )


def births(part: Part, gathered: Gathered) -> None:
    """Deliveries, by the children born in the window whose mother is in the partition."""
    people = people_of(part)
    child = np.flatnonzero((people.mother >= 0) & (people.birth >= START_DAY))
    child = child[np.lexsort((people.birth[child], people.mother[child]))]
    mother, day = people.mother[child], people.birth[child]
    twin = np.r_[False, (mother[1:] == mother[:-1]) & (day[1:] == day[:-1])][: len(child)]
    twins = np.r_[twin[1:], False] & ~twin if len(twin) else twin
    rng = part.rng("births")
    caesarean = rng.random(len(child)) < np.where(twins, 0.42, 0.157)
    vacuum = rng.random(len(child)) < 0.10
    procedure = np.where(caesarean, procedure_place("MCA10"), -1)
    procedure = np.where(~caesarean & vacuum, procedure_place("MAE00"), procedure)
    main = np.where(twins, place("Z37.2"), place("Z37.0"))
    first = ~twin
    gathered.add(
        mother[first],
        day[first],
        INPATIENT,
        main[first],
        BIRTH,
        acute=~caesarean[first] | (rng.random(int(first.sum())) < 0.6),
        days=np.where(caesarean, 3.6, 2.6)[first],
        procedure=procedure[first],
    )
    visits = rng.integers(3, 8, int(first.sum()))
    who = np.repeat(mother[first], visits)
    before = 20 + (rng.random(len(who)) * 210).astype(np.int64)
    when = np.repeat(day[first], visits) - before
    gathered.add(who, when, GP, np.full(len(who), place("W78")), BIRTH)
    # Healthy newborns stay with the mother and are no patients of their own; some are treated.
    jaundice = child[rng.random(len(child)) < NEWBORN_JAUNDICE]
    code = np.full(len(jaundice), place("P59.9"))
    gathered.add(jaundice, people.birth[jaundice] + 2, INPATIENT, code, BIRTH, acute=True, days=2.0)


def last_illness(part: Part, gathered: Gathered) -> None:
    """The stay before death of those who die of what the kit follows no disease of."""
    people, causes = people_of(part), part.causes
    assert people.death is not None
    assert part.cause is not None
    rng = part.rng("last_illness")
    who, code = causes["person"], causes["underlying"]
    draw = rng.random((2, len(who)))
    mine = (part.cause.take(who) == 0) & ~_SUDDEN[code] & (draw[0] < LAST_STAY)
    who, main = who[mine], code[mine]
    day = people.death.take(who) - np.floor(30 * draw[1][mine] ** 2).astype(np.int64)
    gathered.add(who, day, INPATIENT, main, EVERYDAY, acute=True, days=7.0)


_SUDDEN = np.array([code.startswith(("R9", "V", "W", "X", "F10")) for code in DIAGNOSES])


def contacts(part: Part) -> None:
    """Gather all contacts, give them time and place, and drop what cannot be."""
    gathered = Gathered()
    from_disease(part, gathered)
    from_episodes(part, gathered)
    last_illness(part, gathered)
    births(part, gathered)
    hospital.planned(part, gathered)
    everyday(part, gathered)
    fields = gathered.arrays()
    fields += _times(part, "contact.time", fields)
    fields = _with_readmissions(part, fields)
    person, day, kind, main, cause, acute, _, procedure, start, stop = fields
    people = people_of(part)
    assert people.death is not None
    last = np.minimum(people.death, END_DAY).take(person)
    planned = _is_planned(kind, acute, cause)
    keep = (day >= people.entry.take(person)) & (day <= last)
    keep &= ~(planned & (day == people.death.take(person)))
    stop = np.minimum(stop, (last + 1) * MINUTES - 1)

    kept = np.flatnonzero(keep)
    by_time, when = ordered(((person << MINUTE_BITS) + start - START_DAY * MINUTES)[kept])
    order = kept.take(by_time)
    # Nobody is elsewhere while in a ward: the latest end of an earlier stay, person by person.
    stays = np.flatnonzero(kind.take(order) == INPATIENT)
    busy = np.zeros(len(order) + 1, dtype=np.int64)
    out = stop[order[stays]] - START_DAY * MINUTES
    busy[stays + 1] = (person[order[stays]] << MINUTE_BITS) + out
    free = when >= np.maximum.accumulate(busy)[:-1]
    order, when = order[free], when[free]

    person, kind, main = when >> MINUTE_BITS, kind.take(order), main.take(order)
    rng = part.rng("contact.place")
    where = _place(part, person, kind, rng)
    moved = hospital.transfers(
        part,
        {
            "person": person,
            "kind": kind,
            "start": ((when & ((1 << MINUTE_BITS) - 1)) + START_DAY * MINUTES).astype(np.int32),
            "stop": stop.take(order),
            "acute": acute.take(order),
            "main": main,
            "procedure": procedure.take(order),
            "cause": cause.take(order),
            "organisation": where,
        },
        CAUSES,
        units(part.config.region).central,
    )
    central = units(part.config.region).central
    moved["organisation"] = np.where(moved.pop("moved"), central, moved["organisation"])
    moved["practitioner"] = _doctor(part, moved, rng)
    moved["day"] = moved["start"] // MINUTES
    moved["stop"] = _until_death(part, moved)
    part.contacts = moved


def _is_planned(kind: np.ndarray, acute: np.ndarray, cause: np.ndarray) -> np.ndarray:
    return ~acute & (kind != OUT_OF_HOURS) & (cause != CAUSE[BIRTH])


def _times(part: Part, stream: str, fields: list[np.ndarray]) -> list[np.ndarray]:
    """Give contacts start and stop; what is planned is moved to a weekday, in place."""
    _, day, kind, _, cause, acute, days, _ = fields
    rng = part.rng(stream)
    weekday = remainder(day + 3, 7)  # day 0, 1 January 1970, was a Thursday
    office = _is_planned(kind, acute, cause) | (kind == GP)
    moved = np.flatnonzero(office & (weekday > 4))
    day[moved] += 7 - weekday[moved]
    start = day * np.int32(MINUTES) + _minute(kind, acute, day, rng)
    stop = start + _length(kind, days, rng)
    stays = np.flatnonzero(kind == INPATIENT)
    stop[stays] = _by_day(start[stays], stop[stays])
    return [start, stop]


def _with_readmissions(part: Part, fields: list[np.ndarray]) -> list[np.ndarray]:
    """Add acute readmissions within 30 days."""
    person, _, kind, main, cause, acute, days, _, start, stop = fields
    stays = np.flatnonzero((kind == INPATIENT) & acute)
    some = {"person": person, "start": start, "stop": stop, "main": main, "cause": cause}
    again, day, code = hospital.readmitted(
        part, {name: values[stays] for name, values in some.items()}, CAUSES, _READMITTED_WITH
    )
    n = len(again)
    more = [
        person[stays][again],
        day.astype(np.int32),
        np.full(n, INPATIENT, dtype=np.int8),
        code.astype(np.int16),
        np.full(n, CAUSE[READMISSION], dtype=np.int16),
        np.ones(n, dtype=bool),
        np.maximum(days[stays][again], 2.0),
        np.full(n, -1, dtype=np.int16),
    ]
    more += _times(part, "readmission.time", more)
    return [np.concatenate(pair) for pair in zip(fields, more, strict=True)]


_READMITTED_WITH = np.array(
    [place(code) for code in ("J18.9", "A41.9", "N39.0", "E86", "R55", "R07.4", "R10.4", "E87.1")],
    dtype=np.int16,
)


def _minute(
    kind: np.ndarray, acute: np.ndarray, day: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw the minute of the day: office hours, evenings, or round the clock."""
    share = rng.random(len(kind))
    minute = 8 * 60 + np.floor(share * 84) * 5  # in office hours, 08:00 to 14:55
    late = np.flatnonzero(kind == OUT_OF_HOURS)
    weekend = (day[late] + 3) % 7 > 4
    evening = share[late]
    minute[late] = np.where(weekend, 9 * 60 + evening * 14 * 60, 16 * 60 + evening * 7.5 * 60)
    early = np.flatnonzero(kind <= DAY)
    minute[early] = 7 * 60 + np.floor(share[early] * 12) * 10
    # Acute stays begin most often around midday and in the evening.
    bell = np.flatnonzero((kind == INPATIENT) & acute)
    minute[bell] = (14 + 5.5 * rng.standard_normal(len(bell))) % 24 * 60
    return minute.astype(np.int32)


def _length(kind: np.ndarray, days: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw how long contacts last, in minutes; stays are lognormal about their mean."""
    spread = rng.standard_normal(len(kind))
    length = np.array([0.0, 330.0, 30.0, 18.0, 25.0]).take(kind) * np.exp(0.25 * spread)
    length = np.maximum(length, 5)
    inside = np.flatnonzero(kind == INPATIENT)
    mean, factor = np.maximum(days[inside], 0.3), np.exp(0.75 * spread[inside] - 0.28)
    length[inside] = np.maximum(1.25 * mean * factor * MINUTES, SHORTEST_STAY)
    return length.astype(np.int32)


# When people leave a ward, by the share who have left it: most around midday (from memory).
LEFT = (0.0, 0.04, 0.25, 0.5, 0.75, 0.95, 1.0)
LEFT_BY_HOUR = (7.5, 10.0, 11.5, 12.75, 14.5, 18.0, 22.0)
SHORTEST_STAY = 180


def _by_day(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Move the end of stays to an hour of the same day when people leave.

    The minute within the day, which is even where stays last days, says how early.
    """
    minute = remainder(stop, MINUTES)
    moved = np.interp(minute / MINUTES, LEFT, 60 * np.array(LEFT_BY_HOUR)).astype(np.int32)
    moved += stop - minute
    return np.where(moved >= start + SHORTEST_STAY, moved, stop)


def _until_death(part: Part, contacts: dict[str, np.ndarray]) -> np.ndarray:
    """Return the ends of contacts, those of people who die in a ward at an hour of their own.

    Until here their stay lasts to the end of the day, so that nobody comes to anything after it.
    """
    people = people_of(part)
    assert people.death is not None
    stays = np.flatnonzero(contacts["kind"] == INPATIENT)
    person = contacts["person"].take(stays)
    death = np.minimum(people.death, END_DAY + 1).take(person)
    start, stop = contacts["start"].take(stays), contacts["stop"].take(stays)
    dies = np.flatnonzero(stop == (death + 1) * MINUTES - 1)
    low = np.maximum(start, death * MINUTES).take(dies)
    share = part.rng("hour of death").random(part.size).take(person.take(dies))
    ends = contacts["stop"].copy()
    ends[stays.take(dies)] = low + (share * (stop.take(dies) - low)).astype(np.int32)
    return ends


def _place(
    part: Part, person: np.ndarray, kind: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Choose the organisation: the practice and hospital of the home, now and then the central."""
    found = units(part.config.region)
    home = people_of(part).municipality
    where = found.practice[home].astype(np.int32).take(person)
    ward = np.flatnonzero(kind <= OUTPATIENT)
    near = found.hospital[home].take(person.take(ward))
    where[ward] = np.where(rng.random(len(ward)) < 0.10, found.central, near)
    late = np.flatnonzero(kind == OUT_OF_HOURS)
    where[late] = found.out_of_hours[home][person[late]]
    return where


def _doctor(part: Part, contacts: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Choose the practitioner: own GP mostly, the speciality of the diagnosis in hospital."""
    found = units(part.config.region)
    person, kind = contacts["person"], contacts["kind"]
    draw = rng.integers(0, 60, len(person)).astype(np.int32)
    doctor = doctor_of(part).astype(np.int32).take(person)
    other = np.flatnonzero(draw >= 48)
    doctor[other] = draw[other] % DOCTORS_PER_PRACTICE
    special = np.flatnonzero(kind <= OUTPATIENT)
    speciality = _specialities(part.config.region)[contacts["main"][special]]
    doctor[special] = speciality * DOCTORS_PER_SPECIALITY + draw[special] % DOCTORS_PER_SPECIALITY
    late = np.flatnonzero(kind == OUT_OF_HOURS)
    doctor[late] = draw[late] % 5
    return (found.first_doctor.take(contacts["organisation"]) + doctor).astype(np.int32)


def doctor_of(part: Part) -> np.ndarray:
    """Place of each person's regular GP among the doctors of the practice."""
    return part.rng("regular_gp").integers(0, DOCTORS_PER_PRACTICE, part.size)


@cache
def _specialities(region: str) -> np.ndarray:
    """Place of the speciality that sees each of `DIAGNOSES`."""
    return np.array([units(region).speciality(code) for code in DIAGNOSES])
