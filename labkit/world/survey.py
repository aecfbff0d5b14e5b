"""The health survey: who is invited, who comes, what they answer and what is measured.

One wave, August 2017 to February 2019, in which a field station travels from municipality to
municipality and every resident adult is invited. Who comes is not left to chance: women, the
middle-aged and the well educated come more, smokers and the sick come less. So the participants
are healthier than those they stand for, and the true probability of each is kept in `selection`.

Sources:
    Participation: 50,807 of 93,210 invited in the third round of HUNT and about as large a share
    in the fourth; non-participants had lower socioeconomic status, more cardiovascular disease,
    diabetes and psychiatric disorder, and higher mortality (Langhammer et al. 2012, BMC Med Res
    Methodol 12:143). The odds ratios below follow those directions; their sizes are ours.
    Tobacco, alcohol: Statistics Norway 2019. Activity: KAN3, Norwegian Directorate of Health
    2020-22. Blood pressure, lipids: `calibration` targets 2015-2019. Reported weight is too low
    and reported height too high: Connor Gorber et al. 2007, Obes Rev 8:307-326.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa

from labkit.world.columns import coded, codes, days, whole_years
from labkit.world.part import Part, People

WAVE_START = (date(2017, 8, 28) - date(1970, 1, 1)).days
STATION_DAYS = 55  # between the first invitations of one municipality and of the next
STATIONS = 9
ADULT_YEARS = 20
YEAR = 365.25

# Log odds of taking part. The intercept makes the share about 54.5 % of those invited.
INTERCEPT = 0.08
AGE_KNOTS = ((20, -1.05), (30, -0.55), (45, 0.25), (62, 0.8), (72, 0.6), (80, 0.1), (95, -1.3))
AGE_REFERENCE = 62
FEMALE = 0.32
EDUCATION_LEVELS = ("compulsory", "upper secondary", "short tertiary")
EDUCATION = (0.0, -0.25, 0.05, 0.35, 0.45)  # by level, 0 if not known
SMOKING = (0.0, 0.05, -0.45)  # never, former, daily
FRAILTY = -0.15  # per unit above the mean of 1
ILLNESS = {
    "mi": -0.15,
    "stroke": -0.45,
    "hf": -0.40,
    "t1d": -0.15,
    "t2d": -0.20,
    "copd": -0.30,
    "depression": -0.30,
    "anxiety": -0.20,
    "dementia": -1.60,
    "lung_cancer": -0.50,
}

# Shares and means by age: knots for linear interpolation, men then women.
SNUS = (
    ((20, 0.27), (30, 0.32), (40, 0.28), (50, 0.18), (60, 0.10), (70, 0.04), (80, 0.01)),
    ((20, 0.15), (30, 0.13), (40, 0.08), (50, 0.04), (60, 0.015), (70, 0.005), (80, 0.002)),
)
SYSTOLIC = (
    ((25, 125), (35, 127), (45, 130), (55, 134), (65, 138), (75, 141), (85, 143)),
    ((25, 115), (35, 118), (45, 123), (55, 129), (65, 136), (75, 141), (85, 146)),
)
LDL = (
    ((25, 2.9), (30, 3.1), (50, 3.6), (70, 3.2), (85, 2.8)),
    ((25, 2.7), (30, 2.8), (50, 3.3), (70, 3.4), (85, 3.1)),
)
ACTIVITY = ((5.640, 0.851), (5.500, 0.800))  # of ln minutes: 77 / 73 % reach 150, 47 / 40 % 300
ALCOHOL = ("never", "rarely", "monthly", "weekly")
TOBACCO = ("never", "former", "sometimes", "daily")


Knots = tuple[tuple[float, float], ...]  # (age in years, value)


def between(knots: Knots, age: np.ndarray) -> np.ndarray:
    """Interpolate a value between knots of age.

    Examples:
        >>> between(((20, 1.0), (40, 3.0)), np.array([30.0])).tolist()
        [2.0]
    """
    return np.interp(age, [k[0] for k in knots], [k[1] for k in knots])


def by_age(knots: tuple[Knots, Knots], age: np.ndarray, female: np.ndarray) -> np.ndarray:
    """Interpolate a value between knots of age, men's or women's."""
    return np.where(female, between(knots[1], age), between(knots[0], age))


def has(part: Part, disease: str, day: np.ndarray) -> np.ndarray:
    """Say who had a disease before a day; nobody, if the world does not hold it."""
    onset = part.onset.get(disease)
    return np.zeros(len(day), dtype=bool) if onset is None else onset < day


def home_at(part: Part, day: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Find where each person of the partition lives on a day of their own.

    Returns:
        Places in a list of municipality numbers, -1 for those who live nowhere in the region, and
        that list.
    """
    people = part.people
    assert people is not None
    residence = part.tables["residence"]
    person = np.asarray(residence["person_id"]) - people.person_id[0]
    number, numbers = codes(residence["municipality"])
    lives = (days(residence["from_date"]) <= day[person]) & (
        days(residence["to_date"]) >= day[person]
    )
    home = np.full(len(day), -1, dtype=np.int32)
    home[person[lives]] = number[lives]
    return home, numbers


def participation(part: Part, day: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Give the true probability of taking part, for everybody in the partition.

    Args:
        part: The partition, its people with smoking and frailty, its diseases.
        day: Day of invitation, shape (n,).
        age: Age in years on that day, shape (n,).

    Returns:
        Probabilities, float64, shape (n,).
    """
    people = part.people
    assert people is not None
    odds = INTERCEPT + between(AGE_KNOTS, age)
    odds += FEMALE * people.female + np.array(EDUCATION)[people.education]
    if people.smoking is not None:
        odds += np.array(SMOKING)[people.smoking]
    if people.frailty is not None:
        odds += FRAILTY * np.clip(people.frailty - 1, -1, 4)
    for disease, weight in ILLNESS.items():
        odds += weight * has(part, disease, day)
    return 1 / (1 + np.exp(-odds))


def selection_odds() -> Iterator[tuple[str, str, float, str]]:
    """Yield what decides who takes part: name, exposure, odds ratio, what it is held against.

    Examples:
        >>> {name: round(ratio, 2) for name, _, ratio, _ in selection_odds()}["dementia"]
        0.2
    """
    middle = between(AGE_KNOTS, np.array([AGE_REFERENCE]))[0]
    for age, value in AGE_KNOTS:
        if age != AGE_REFERENCE:
            note = f"Against {AGE_REFERENCE} years; the log odds are linear from knot to knot."
            yield f"age_{age}", f"age {age} years", float(np.exp(value - middle)), note
    yield "female", "sex female", float(np.exp(FEMALE)), "Against men."
    for word, value in zip(EDUCATION_LEVELS, EDUCATION[1:4], strict=True):
        ratio = float(np.exp(value - EDUCATION[4]))
        name = f"education_{word.split()[0]}"
        yield name, f"education {word}", ratio, "Against long tertiary education."
    for word, value in zip(("former", "daily"), SMOKING[1:], strict=True):
        note = "Against those who never smoked."
        yield f"smoking_{word}", f"smoking {word}", float(np.exp(value)), note
    note = "For one unit more, up to 5; nobody measures frailty."
    yield "frailty", "frailty", float(np.exp(FRAILTY)), note
    for disease, value in ILLNESS.items():
        note = "When it began before the invitation, found or not."
        yield disease, disease, float(np.exp(value)), note


def health_survey(part: Part) -> None:
    """Fill `health_survey` (all invited) and the truth's `selection`."""
    people = part.people
    assert people is not None
    rng = part.rng("health_survey")
    n = part.size
    station = people.municipality.astype(np.int64) % STATIONS
    day = (WAVE_START + station * STATION_DAYS + rng.integers(0, STATION_DAYS, n)).astype(np.int32)
    age = whole_years(people.birth, day)
    home, numbers = home_at(part, day)
    alive = np.ones(n, dtype=bool) if people.death is None else people.death > day + 60
    invited = (age >= ADULT_YEARS) & (home >= 0) & alive & (people.entry <= day)
    probability = participation(part, day, age)
    came = invited & (rng.random(n) < probability)
    attended = day + rng.integers(14, 60, n)
    answers = _answers(part, rng, attended, age)

    rows = np.flatnonzero(invited)
    absent = ~came[rows]
    table: dict[str, np.ndarray | pa.Array] = {
        "survey_id": part.ids(len(rows)),
        "person_id": people.person_id[rows],
        "invited_date": day[rows].astype("datetime64[D]"),
        "age_years": age[rows].astype(np.int16),
        "sex": coded(people.female[rows], ["M", "F"]),
        "municipality": coded(home[rows], numbers),
        "participated": came[rows].astype(np.int16),
        "attended_date": np.where(
            absent, np.datetime64("NaT"), attended[rows].astype("datetime64[D]")
        ),
    }
    for name, (values, labels) in answers.items():
        table[name] = _column(values[rows], labels, absent)
    part.tables["health_survey"] = table
    part.tables["selection"] = {
        "person_id": people.person_id[rows],
        "probability": probability[rows],
    }


Answer = tuple[np.ndarray, tuple[str, ...]]  # values or places, and labels of the places if any


def _column(values: np.ndarray, labels: tuple[str, ...], absent: np.ndarray) -> pa.Array:
    """Make a column that is empty for those who did not come or did not answer (nan, < 0)."""
    empty = absent | (np.isnan(values) if values.dtype.kind == "f" else values < 0)
    if labels:
        return coded(np.where(empty, -1, values), labels)
    if values.dtype.kind == "f":
        return pa.array(values.astype(np.float64), mask=empty)
    return pa.array(values.astype(np.int16), mask=empty)


def _answers(
    part: Part, rng: np.random.Generator, day: np.ndarray, age: np.ndarray
) -> dict[str, Answer]:
    """Draw what everybody would answer, so that no answer depends on who else came."""
    people = part.people
    assert people is not None
    n = part.size
    found: dict[str, Answer] = {"linkage_consent": ((rng.random(n) < 0.97).astype(np.int16), ())}
    habits, body = _habits(people, rng, age), _body(part, people, rng, day, age)
    blood, mind = _blood(part, people, rng, day, age), _mind(part, people, rng, day, age)
    found["self_rated_health"] = mind.pop("self_rated_health")
    found |= habits | body | blood | mind
    for column, sick, sensitivity in (
        ("reported_diabetes", has(part, "t2d", day) | has(part, "t1d", day), 0.93),
        ("reported_mi", has(part, "mi", day), 0.88),
    ):
        says = np.where(sick, rng.random(n) < sensitivity, rng.random(n) < 0.004)
        found[column] = (says.astype(np.int16), ())
    return found


def _habits(people: People, rng: np.random.Generator, age: np.ndarray) -> dict[str, Answer]:
    n, female = len(age), people.female
    smoking = np.zeros(n, np.int8) if people.smoking is None else people.smoking
    smokes = np.array([0, 1, 3], dtype=np.int8)[smoking]
    smokes[(smokes < 2) & (rng.random(n) < 0.095)] = 2  # 8-9 % smoke now and then
    daily = by_age(SNUS, age, female)
    u = rng.random(n)
    snus = np.select([u < daily, u < daily * 1.35, u < daily * 2.0], [3, 2, 1], 0)
    school = np.array([0.0, -0.35, -0.1, 0.2, 0.35])[people.education]
    weekly = -1.32 + 0.5 * ~female + 0.017 * (np.clip(age, 20, 72) - 45) + school
    drinks = rng.logistic(size=n) + weekly + 0.38
    minutes = np.where(
        female,
        rng.lognormal(*ACTIVITY[1], n),
        rng.lognormal(*ACTIVITY[0], n),
    ) * np.interp(age, [60, 75, 90], [1.0, 0.85, 0.45])
    return {
        "smoking": (smokes, TOBACCO),
        "snus": (snus, TOBACCO),
        "alcohol": (np.digitize(drinks, [-2.6, -1.3, 0.0]), ALCOHOL),
        "activity_minutes": (np.minimum(5 * np.round(minutes / 5), 2400).astype(np.int16), ()),
    }


def _body(
    part: Part, people: People, rng: np.random.Generator, day: np.ndarray, age: np.ndarray
) -> dict[str, Answer]:
    n, female = len(age), people.female
    height = np.where(female, 166.8, 180.2) + rng.normal(0, 1, n) * np.where(female, 6.1, 6.6)
    height -= 0.08 * np.clip(age - 45, 0, None)
    bmi = np.full(n, 27.2) if people.bmi is None else people.bmi.astype(float)
    weight = bmi * (height / 100) ** 2
    slip = rng.normal(0, 1, (2, n))
    tall = height + 0.7 + 0.03 * np.clip(age - 60, 0, None) + 1.1 * slip[0]
    heavy = weight - 0.3 - 0.12 * np.clip(bmi - 23, 0, None) - 0.5 * female + 1.6 * slip[1]
    high = has(part, "hypertension", day)
    systolic = by_age(SYSTOLIC, age, female) + 0.5 * (np.clip(bmi, 16, 45) - 27)
    systolic += 9 * high - 9 * np.interp(age, [20, 35, 50, 65, 80], [0, 0.06, 0.22, 0.45, 0.6])
    systolic += rng.normal(0, 15.5, n)
    middle = np.interp(age, [20, 55, 90], [70.0, 78.0, 70.0]) + 3.0 * ~female
    diastolic = middle + 0.33 * (systolic - 130) + rng.normal(0, 7.0, n)
    return {
        "height_reported_cm": (np.round(tall).astype(np.int16), ()),
        "weight_reported_kg": (np.round(heavy).astype(np.int16), ()),
        "height_cm": (np.round(height, 1), ()),
        "weight_kg": (np.round(weight, 1), ()),
        "systolic_mmhg": (np.clip(systolic, 82, 230).round().astype(np.int16), ()),
        "diastolic_mmhg": (np.clip(diastolic, 42, 130).round().astype(np.int16), ()),
    }


def _blood(
    part: Part, people: People, rng: np.random.Generator, day: np.ndarray, age: np.ndarray
) -> dict[str, Answer]:
    n, female = len(age), people.female
    sugar = rng.normal(36.0 + 0.05 * (age - 50), 3.6, n)
    type2, type1 = has(part, "t2d", day), has(part, "t1d", day)
    sugar[type2] = 39 + rng.gamma(1.35, 10.8, int(type2.sum()))
    sugar[type1] = rng.normal(63, 13, int(type1.sum()))
    hdl = rng.normal(np.where(female, 1.65, 1.35), np.where(female, 0.42, 0.35), n)
    triglyc = np.exp(rng.normal(np.log(np.where(female, 1.3, 1.65)), 0.45, n))
    triglyc *= np.where(type2, 1.3, 1.0)
    ldl = rng.normal(by_age(LDL, age, female), 0.92, n)
    hdl, ldl = np.clip(hdl, 0.5, 3.8), np.clip(ldl, 0.8, 8.0)
    total = ldl + hdl + 0.45 * np.clip(triglyc, 0.3, 4.5) * 0.9
    lost = rng.random(n) < 0.015  # no blood could be drawn
    blood = {
        "hba1c_mmol_mol": np.clip(sugar, 22, 140).round(),
        "chol_total_mmol_l": total.round(1),
        "chol_hdl_mmol_l": hdl.round(1),
        "triglyc_mmol_l": np.clip(triglyc, 0.3, 15).round(1),
    }
    found: dict[str, Answer] = {k: (np.where(lost, np.nan, v), ()) for k, v in blood.items()}
    found["hba1c_mmol_mol"] = (np.where(lost, -1, blood["hba1c_mmol_mol"]).astype(np.int16), ())
    return found


def _mind(
    part: Part, people: People, rng: np.random.Generator, day: np.ndarray, age: np.ndarray
) -> dict[str, Answer]:
    n, female = len(age), people.female
    sad, worried = has(part, "depression", day), has(part, "anxiety", day)
    burden = rng.gamma(4.0, 0.25, n)  # shared by the two scores: they go together
    low = burden * (2.9 + 0.018 * (age - 50) + 2.4 * sad + 1.0 * worried)
    tense = burden * (3.6 + 0.6 * female - 0.014 * (age - 50) + 1.6 * sad + 2.8 * worried)
    depression = np.minimum(rng.poisson(rng.gamma(2.4, np.clip(low, 0.5, None) / 2.4)), 21)
    anxiety = np.minimum(rng.poisson(rng.gamma(2.6, np.clip(tense, 0.5, None) / 2.6)), 21)
    skipped = rng.random(n) < np.interp(age, [20, 60, 85], [0.04, 0.07, 0.25])
    alone = rng.logistic(size=n) + 0.22 * depression - 2.9 + 0.02 * np.clip(age - 70, 0, None)
    sleep = rng.logistic(size=n) + 0.16 * anxiety + 0.3 * female + 0.012 * (age - 50) - 0.75
    well = 3.1 - 0.02 * (age - 40) - 0.14 * depression - 0.05 * anxiety + rng.logistic(size=n)
    for disease in ("mi", "hf", "stroke", "copd", "t2d", "depression"):
        well -= 0.8 * has(part, disease, day)
    if people.frailty is not None:
        well -= 0.4 * np.clip(people.frailty - 1, -1, 4)
    return {
        "self_rated_health": (1 + np.digitize(well, [-2.4, 0.15, 3.2]), ()),
        "depression_score": (np.where(skipped, -1, depression), ()),
        "anxiety_score": (np.where(skipped, -1, anxiety), ()),
        "sleep_problem": (1 + np.digitize(sleep, [0.0, 2.0]), ()),
        "loneliness": (1 + np.digitize(alone, [0.0, 1.5, 2.8]), ()),
    }
