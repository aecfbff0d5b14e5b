"""Planted effects found again: the right analysis holds the truth, the naive one does not.

One replicate is a population of its own, made only as far as its questions need, and analysed twice
for each planted effect. Over many replicates the 95 % interval of the right analysis should hold
the truth in about 95 % of them; that of the naive analysis should not.

The truth is what the generator multiplied with, as the table `effect` says it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from labkit.world.calibration import fit
from labkit.world.drugs import DRUGS, VITAMIN_D, after_discharge, prescriptions
from labkit.world.effect import IMMORTAL, rows
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, NEVER, PARTITION_SIZE, START_DAY, Config, Part
from labkit.world.population import people_of
from labkit.world.treatment import PROGRAMME_FROM

if TYPE_CHECKING:
    import pandas as pd

PEOPLE = 20_000
CONFOUNDERS = ["hypertension", "t2d", "ihd", "ckd"]
CELLS = ["age", "period", "female", "statin", *CONFOUNDERS]
PERIODS = tuple(START_DAY + round(years * YEAR) for years in (3, 6, 9, 12))
STATIN, PROGRAMME = "statin_on_mi", "programme_on_fall"
FOLLOWED_DAYS = 730


@dataclass(frozen=True)
class Found:
    """One estimate with its 95 % interval, and the truth."""

    effect: str
    analysis: str  # "right" or "naive"
    value: float
    low: float
    high: float
    truth: float

    @property
    def holds(self) -> bool:
        """Whether the interval holds the truth."""
        return self.low <= self.truth <= self.high


def truth(name: str) -> float:
    """Return the planted ratio of an effect.

    Examples:
        >>> truth("statin_on_mi")
        0.7
    """
    return next(row[4] for row in rows() if row[0] == name)


def replicate(seed: int, *, people: int = PEOPLE) -> list[Found]:
    """Make one population and analyse each planted effect rightly and naively.

    Args:
        seed: Seed of the population.
        people: Its size.
    """
    import pandas as pd

    treated, falls, discharged = [], [], []
    config = Config(people=people, seed=seed)
    for part in fit.simulate(config, -(-people // PARTITION_SIZE)):
        treated.append(statin_time(part))
        falls.append(falls_by_period(part))
        for step in fit.CARE:
            step(part)
        prescriptions(part)
        discharged.append(discharges(part))
    return [
        *statin_on_mi(pd.concat(treated, ignore_index=True)),
        *programme_on_fall(pd.concat(falls, ignore_index=True)),
        *vitamin_d_on_death(pd.concat(discharged, ignore_index=True)),
    ]


def statin_time(part: Part) -> "pd.DataFrame":
    """Sum person-time at 40-84 years before a first infarction, by what is known then.

    Returns:
        A row for each combination in `CELLS`, with years and events.
    """
    import pandas as pd

    who = people_of(part)
    assert who.death is not None
    outcome = part.onset["mi"]
    start = np.maximum(who.entry, who.birth + 40 * 365)
    stop = np.minimum(np.minimum(who.death, END_DAY), who.birth + 85 * 365)
    stop = np.minimum(stop, outcome)
    there = (stop > start) & (outcome >= start)
    cuts = [part.treatment["statin"], part.treatment["statin_stop"]]
    cuts += [part.found[name] for name in CONFOUNDERS]
    cuts += [who.birth + age * 365 for age in range(45, 85, 5)]
    cuts += [np.full(part.size, day) for day in PERIODS]
    edges = np.sort(np.clip(np.stack([*cuts, start, stop]).astype(np.int64), start, stop), axis=0)
    frames = []
    for low, high in pairwise(edges):
        on = there & (high > low)
        middle = ((low + high) / 2)[on]
        given = part.treatment["statin"][on] <= middle
        columns = {
            "age": (middle - who.birth[on]) // (5 * 365),
            "period": np.searchsorted(PERIODS, middle),
            "female": who.female[on],
            "statin": given & (part.treatment["statin_stop"][on] > middle),
            "years": (high - low)[on] / YEAR,
            "events": (outcome > low)[on] & (outcome <= high)[on],
        }
        columns |= {name: part.found[name][on] <= middle for name in CONFOUNDERS}
        frames.append(pd.DataFrame(columns).astype(float))
    return pd.concat(frames).groupby(CELLS, as_index=False).sum()


def statin_on_mi(cells: "pd.DataFrame") -> Iterator[Found]:
    """Right: Poisson regression with age, sex, the four diagnoses and period. Naive: crude.

    Statins spread and infarctions grew fewer through the years, so the period counts too.
    """
    cells = cells.groupby(CELLS, as_index=False).sum()
    yield _poisson(
        cells, STATIN, "right", "statin", ["female", *CONFOUNDERS], groups=["age", "period"]
    )
    yield _poisson(cells, STATIN, "naive", "statin", [])


def falls_by_period(part: Part) -> "pd.DataFrame":
    """Count falls of a cohort before and after the programme began, here and elsewhere.

    The cohort is everybody of 65-79 at the window's start.

    Returns:
        Two rows a person: person, there, after, years, events.
    """
    import pandas as pd

    who = people_of(part)
    assert who.death is not None
    age = (START_DAY - who.birth) / YEAR
    cohort = np.flatnonzero((age >= 65) & (age < 80) & (who.entry <= START_DAY))
    last = np.minimum(who.death, END_DAY)
    place, day = part.episodes["fall"]
    frames = []
    for after, (low, high) in enumerate(((START_DAY, PROGRAMME_FROM), (PROGRAMME_FROM, END_DAY))):
        inside = place[(day >= low) & (day < high)]
        columns = {
            "person": who.person_id[cohort],
            "there": part.treatment["programme"][cohort] < NEVER,
            "after": after,
            "years": np.clip(np.minimum(last, high) - low, 0, None)[cohort] / YEAR,
            "events": np.bincount(inside, minlength=part.size)[cohort],
        }
        frames.append(pd.DataFrame(columns).astype(float))
    frame = pd.concat(frames)
    return frame[frame["years"] > 0]


def programme_on_fall(frame: "pd.DataFrame") -> Iterator[Found]:
    """Right: difference in differences. Naive: before and after in the municipality alone.

    The cohort grows older and more falls are treated from year to year, with or without a
    programme: before and after alone sees little of it. Falls of one person are not independent,
    so the standard errors are clustered.
    """
    both = frame.assign(effect=frame["there"] * frame["after"])
    yield _poisson(both, PROGRAMME, "right", "effect", ["there", "after"], cluster="person")
    here = both[both["there"] == 1]
    yield _poisson(here, PROGRAMME, "naive", "effect", [], cluster="person")


def discharges(part: Part) -> "pd.DataFrame":
    """Follow those prescribed vitamin D at discharge: to death, collection, two years."""
    import pandas as pd

    who = people_of(part)
    assert who.death is not None
    row = after_discharge(part)
    person = part.contacts["person"][row]
    left = part.contacts["stop"][row] // 1440
    collected = np.full(part.size, float(NEVER))
    drug = part.dispensings["atc"] == DRUGS.index(VITAMIN_D)
    np.minimum.at(collected, part.dispensings["person"][drug], part.dispensings["day"][drug])
    end = np.minimum(who.death[person], np.minimum(END_DAY, left + FOLLOWED_DAYS))
    columns = {
        "days": np.maximum(end - left, 0.5),
        "died": who.death[person] <= end,
        "collected": np.maximum(collected[person] - left, 0.25),
        "age": (left - who.birth[person]) / YEAR,
        "female": who.female[person],
    }
    return pd.DataFrame(columns).astype(float)


def vitamin_d_on_death(frame: "pd.DataFrame") -> Iterator[Found]:
    """Right: exposed from the day of collection (Cox). Naive: ever against never collected."""
    import pandas as pd

    columns = ["days", "died", "age", "female"]
    got = frame["collected"] < frame["days"]
    before = frame[columns].assign(ever=0.0, entry=0.0)
    before.loc[got, "days"] = frame.loc[got, "collected"]
    before.loc[got, "died"] = 0.0
    after = frame.loc[got, columns].assign(ever=1.0, entry=frame.loc[got, "collected"])
    yield _cox(pd.concat([before, after], ignore_index=True), "right", entry="entry")
    yield _cox(frame[columns].assign(ever=got.astype(float)), "naive")


def _poisson(
    frame: "pd.DataFrame",
    effect: str,
    analysis: str,
    exposure: str,
    others: list[str],
    *,
    groups: list[str] | None = None,
    cluster: str | None = None,
) -> Found:
    """Estimate a rate ratio by Poisson regression with person-years as offset."""
    import pandas as pd
    import statsmodels.api as sm

    design = frame[[exposure, *others]].astype(float)
    for name in groups or []:
        levels = pd.get_dummies(frame[name], prefix=name, drop_first=True).astype(float)
        design = pd.concat([design, levels], axis=1)
    model = sm.GLM(
        frame["events"],
        sm.add_constant(design),
        family=sm.families.Poisson(),
        offset=np.log(frame["years"]),
    )
    if cluster:
        result = model.fit(cov_type="cluster", cov_kwds={"groups": frame[cluster]})
    else:
        result = model.fit()
    low, high = result.conf_int().loc[exposure]
    value = result.params[exposure]
    bounds = (float(np.exp(x)) for x in (value, low, high))
    return _found(effect, analysis, *bounds)


def _cox(frame: "pd.DataFrame", analysis: str, *, entry: str | None = None) -> Found:
    from lifelines import CoxPHFitter

    row = CoxPHFitter().fit(frame, "days", "died", entry_col=entry).summary.loc["ever"]
    bounds = (row["exp(coef)"], row["exp(coef) lower 95%"], row["exp(coef) upper 95%"])
    return _found(IMMORTAL, analysis, *(float(x) for x in bounds))


def _found(effect: str, analysis: str, value: float, low: float, high: float) -> Found:
    return Found(effect, analysis, value, low, high, truth(effect))
