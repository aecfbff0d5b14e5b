"""Acute illness that comes again: infections, flare-ups, falls, new infarctions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from labkit.world.calibration import baselines, load
from labkit.world.draws import scattered
from labkit.world.hazard import YEAR, Baseline, cohort, in_season
from labkit.world.part import END_DAY, Part
from labkit.world.population import START_OF_YEAR, YEARS, people_of
from labkit.world.seasons import CALENDARS


@dataclass(frozen=True)
class Episode:
    """One kind of acute illness as its calibration says."""

    name: str
    icd10: Mapping[str, float]
    icpc2: Mapping[str, float]
    baseline: Baseline
    of: str = ""
    trend: float = 0.0
    season: float = 0.0
    calendar: str = ""
    frailty: float = 0.0
    smoking: tuple[float, ...] = (1.0, 1.0, 1.0)
    after: Mapping[str, float] = field(default_factory=dict)
    admitted: Mapping[str, Any] = field(default_factory=dict)
    fatal: Mapping[str, Any] = field(default_factory=dict)
    fatal_outside: Mapping[str, Any] = field(default_factory=dict)


@cache
def kinds() -> dict[str, Episode]:
    """Return all kinds of episode by name.

    Examples:
        >>> kinds()["copd_exacerbation"].of
        'copd'
    """
    found = {}
    for name, entry in load("episodes").items():
        entry = dict(entry)
        published = entry.pop("ages"), entry.pop("men"), entry.pop("women")
        ages, men, women = baselines().get(name, published)
        base = Baseline.from_bands(ages, men, women, trend=entry.get("trend", 0.0))
        found[name] = Episode(name=name, baseline=base, **entry)
    return found


def episodes(part: Part) -> None:
    """Fill `part.episodes` from entry to the reference date, as if nobody died.

    Each kind is a Poisson process. It is drawn at the highest rate that a person may reach and
    thinned to the rate of the day (Lewis & Shedler 1979), so that a disease or programme changes
    the rate from its own day on.
    """
    for name, kind in kinds().items():
        part.episodes[name] = _draw(part, kind)


def _draw(part: Part, kind: Episode) -> tuple[np.ndarray, np.ndarray]:
    people = people_of(part)
    assert people.frailty is not None
    assert people.smoking is not None
    rng = part.rng(f"episode.{kind.name}")
    known = {**part.onset, **part.treatment}
    begin = people.entry if not kind.of else np.maximum(people.entry, known[kind.of] + 7)
    at_risk = np.flatnonzero(begin <= END_DAY)
    top = np.array(kind.smoking)[people.smoking[at_risk]] * cohort(
        people.birth[at_risk], kind.trend
    )
    if kind.frailty:
        top = top * people.frailty[at_risk] ** kind.frailty
    for name, ratio in kind.after.items():
        if ratio > 1:
            top = top * np.where(known[name][at_risk] <= END_DAY, ratio, 1.0)
    middle = (YEARS[:, None] + 0.5 - 1970) * YEAR - people.birth[at_risk]
    age = np.clip(middle / YEAR, 0, 114).astype(np.int64)
    rate = kind.baseline.rate[people.female[at_risk].astype(np.int64), age] * top
    if kind.calendar:
        rate = rate * CALENDARS[kind.calendar].size[:, None]
    year, place = np.divmod(
        scattered(rng, np.where(middle > -YEAR, rate, 0.0).ravel()), len(at_risk)
    )
    who = at_risk[place]
    share = rng.random(len(who))
    day = START_OF_YEAR[year] + np.floor(share * 365).astype(np.int64)
    if kind.calendar:
        day = CALENDARS[kind.calendar].days(year, share)
    elif kind.season:
        day = in_season(day, kind.season)
    accept = np.ones(len(who))
    for name, ratio in kind.after.items():
        behind = known[name][who] <= day
        if ratio > 1:
            ever = known[name][who] <= END_DAY
            accept = np.where(ever & ~behind, accept / ratio, accept)
        else:
            accept = np.where(behind, accept * ratio, accept)
    keep = (rng.random(len(who)) < accept) & (day >= begin[who]) & (day <= END_DAY)
    return who[keep].astype(np.int32), day[keep].astype(np.int32)
