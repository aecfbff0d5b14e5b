"""Onset of disease, in an order where earlier diseases and treatments raise or lower later ones.

What is known about a disease stands in `calibration/diseases.toml`; here is what is done with it.
People are known to be alive on their day of entry. A disease that would have killed them before it
never happened; they are at risk of it anew from entry on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from labkit.world import treatment
from labkit.world.calibration import baselines, load
from labkit.world.diagnosis_codes import pick
from labkit.world.hazard import YEAR, Baseline, cohort, in_season, invert
from labkit.world.part import NEVER, Part, People
from labkit.world.population import people_of


@dataclass(frozen=True)
class Disease:
    """One disease as its calibration says."""

    name: str
    icd10: Mapping[str, float]
    icpc2: str
    baseline: Baseline
    trend: float = 0.0
    season: float = 0.0
    smoking: tuple[float, ...] = (1.0, 1.0, 1.0)
    bmi: float = 1.0
    education: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    frailty: float = 0.0
    after: Mapping[str, float] = field(default_factory=dict)
    fatal: Mapping[str, Any] = field(default_factory=dict)
    men_die: float = 1.0
    excess: tuple[float, ...] = ()
    excess_age: float = 1.0


@cache
def diseases() -> dict[str, Disease]:
    """Return all diseases by name, in the order they are made.

    Examples:
        >>> list(diseases())[:3]
        ['asthma', 't1d', 'hypothyroidism']
    """
    found = {}
    for name, entry in load("diseases").items():
        entry = dict(entry)
        published = entry.pop("ages"), entry.pop("men"), entry.pop("women")
        ages, men, women = baselines().get(name, published)
        base = Baseline.from_bands(ages, men, women, trend=entry.get("trend", 0.0))
        found[name] = Disease(name=name, baseline=base, **entry)
    return found


def multiplier(disease: Disease, people: People) -> np.ndarray:
    """Return the factor on the baseline that a person carries through life, shape (n,)."""
    assert people.smoking is not None
    assert people.bmi is not None
    assert people.frailty is not None
    # Nobody under 16 has an education yet: they count as upper secondary.
    level = np.array([disease.education[1], *disease.education])
    factor = level[people.education] * np.array(disease.smoking)[people.smoking]
    if disease.bmi != 1:
        factor = factor * disease.bmi ** ((people.bmi - 25) / 5)
    if disease.frailty:
        factor = factor * people.frailty**disease.frailty
    return factor * cohort(people.birth, disease.trend)


def jumps(disease: Disease, known: Mapping[str, np.ndarray]) -> list[tuple[np.ndarray, float]]:
    """Return the jumps in one disease's hazard, given the days of what may change it."""
    return [(known[name], ratio) for name, ratio in disease.after.items()]


def onset_days(
    part: Part,
    disease: Disease,
    known: Mapping[str, np.ndarray],
    *,
    who: np.ndarray | None = None,
    again: bool = False,
) -> np.ndarray:
    """Compute the onset of one disease; the same draws whatever is known beforehand.

    Args:
        part: The partition.
        disease: Which disease.
        known: Days of earlier diseases and treatments. Changing them gives the counterfactual.
        who: Places of the people to compute; everybody if not given.
        again: From the second draw, at risk from entry on only.

    Returns:
        int32 days, one for each person asked for.
    """
    people = people_of(part)
    draws, factor = part.once(
        f"onset.{disease.name}",
        lambda: (
            part.rng(f"onset.{disease.name}").standard_exponential((2, part.size)),
            multiplier(disease, people),
        ),
    )
    some = slice(None) if who is None else who
    day = invert(
        disease.baseline,
        draws[int(again)][some],
        female=people.female[some],
        birth=people.birth[some],
        multiplier=factor[some],
        jumps=[(days[some], ratio) for days, ratio in jumps(disease, known)],
        since=people.entry[some] if again else None,
    )
    return in_season(day, disease.season) if disease.season else day


def outcome_days(
    part: Part, name: str, known: Mapping[str, np.ndarray], *, who: np.ndarray
) -> np.ndarray:
    """Compute when a disease would have begun under other treatments, from the same draws.

    Death is left out: the day is that of a person who lives on. Places in `who`, shape (n,).
    """
    disease = diseases()[name]
    day = onset_days(part, disease, known, who=who)
    second = np.flatnonzero(part.second[name][who])
    day[second] = onset_days(part, disease, known, who=who[second], again=True)
    return day


def found_days(part: Part, name: str, onset: np.ndarray) -> np.ndarray:
    """Compute the day the health service knows of a disease, NEVER if it does not."""
    care = load("follow_up")[name]
    if "found" not in care:
        return onset
    rng = part.rng(f"found.{name}")
    known = rng.random(part.size) < care["found"]
    delay = rng.exponential(care["delay"] * YEAR, part.size).astype(np.int64)
    return np.where(known & (onset < NEVER), onset + delay, NEVER).astype(np.int32)


def fatal_days(part: Part, disease: Disease, onset: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Compute the day the disease alone would kill: acute fatality, then excess hazard.

    The excess is a hazard of its own beside everybody's (additive), by time since onset and age at
    onset, so that the first of all these days is the day of death and tells its cause.

    Args:
        part: The partition.
        disease: Which disease.
        onset: Its first day, NEVER for none, shape (n,).
        who: Places of the people asked for, shape (n,).
    """
    people = people_of(part)
    rng = part.rng(f"fatal.{disease.name}")
    draws = rng.random(part.size), rng.standard_exponential(part.size), rng.random(part.size)
    acute, late, delay = (draw.take(who) for draw in draws)
    age = (onset - people.birth.take(who)) / YEAR
    by_sex = np.where(people.female.take(who), 1.0, disease.men_die)
    result = np.full(len(who), NEVER, dtype=np.int64)
    if disease.excess:
        first, early, later = disease.excess
        scaled = late / by_sex / disease.excess_age ** (np.minimum(age, 110) - 70)
        known = np.array([0.0, first, first + 4 * early, first + 4 * early + 100 * later])
        years = np.interp(scaled, known, [0.0, 1.0, 5.0, 105.0])
        result = np.where(onset < NEVER, onset + 1 + np.ceil(years * YEAR).astype(np.int64), NEVER)
    if disease.fatal:
        share = np.interp(age, disease.fatal["ages"], disease.fatal["share"]) / 100
        share = share * by_sex
        outside = disease.fatal.get("outside", 0.0)
        # Death soon after onset: half of the 30-day deaths fall in the first week.
        days = np.floor(30 * delay**2).astype(np.int64)
        total = outside + (1 - outside) * share
        days = np.where(acute < outside, 0, days)
        result = np.where((onset < NEVER) & (acute < total), onset + days, result)
    return np.minimum(result, NEVER)


TreatmentStep = Callable[[Part, Mapping[str, np.ndarray]], dict[str, np.ndarray]]
BEFORE: dict[str, tuple[TreatmentStep, ...]] = {
    "stroke": (treatment.statin, treatment.anticoagulant),
    "hip_fracture": (treatment.programme,),
}


def onsets(part: Part) -> None:
    """Fill `part.onset`, `found`, `codes` and the treatments that stand between diseases."""
    people = people_of(part)
    known: dict[str, np.ndarray] = dict(part.treatment)
    deadly = {}
    for name, disease in diseases().items():
        for step in BEFORE.get(name, ()):
            known |= step(part, known)
        day = onset_days(part, disease, known)
        ill = np.flatnonzero(day < NEVER)
        kill = np.full(part.size, NEVER, dtype=np.int64)
        kill[ill] = fatal_days(part, disease, day[ill], ill)
        dead = part.second[name] = kill < people.entry
        again = np.flatnonzero(dead)
        if len(again):
            day[again] = onset_days(part, disease, known, who=again, again=True)
            kill[again] = fatal_days(part, disease, day[again], again)
            kill[kill < people.entry] = NEVER
        known[name] = part.onset[name] = day.astype(np.int32)
        part.found[name] = found_days(part, name, part.onset[name])
        part.codes[name] = pick(disease.icd10, part.rng(f"code.{name}").random(part.size))
        deadly[name] = kill
    part.treatment = {name: day for name, day in known.items() if name not in part.onset}
    part.fatal = deadly
