"""Causes of death: the underlying one from what killed, contributing ones from what else was there.

`causes` leaves in `part.causes`, for those dead by the reference date:
    person        place in the partition, int32
    underlying    place in `diagnosis_codes.DIAGNOSES` (ICD-10 comes first there), int16
    contributing  the same for up to three further causes, shape (n, 3), -1 for none, int16
"""

from functools import cache

import numpy as np

from labkit.world.complaints import COMPLAINT_AGES, group_of
from labkit.world.diagnosis_codes import pick, place
from labkit.world.disease import diseases
from labkit.world.episode import kinds
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, Part
from labkit.world.population import people_of

# What people die of beside the kit's own diseases: weights by age group 0, 6, 16, 30, 50, 67, 80
# (men; women where they differ). Shaped to the deaths by cause of 2016-2022 (Norwegian Institute of
# Public Health) less what the kit's diseases take; the split by age is from memory.
OTHER_CAUSES: dict[str, tuple[float, ...]] = {
    "P07.0": (30, 0, 0, 0, 0, 0, 0),
    "Q21.1": (14, 4, 0.5, 0.2, 0, 0, 0),
    "R96.0": (8, 6, 6, 6, 5, 3, 2),
    "R99": (8, 8, 22, 16, 6, 4, 5),
    "C71.9": (6.8, 30.6, 6.8, 8.5, 6.63, 3.98, 0.66),
    "C92.0": (3.4, 13.6, 5.1, 3.4, 2.65, 2.65, 1.33),
    "G40.9": (3, 8, 4, 3, 1, 0.5, 0.3),
    "W19.9": (2, 4, 2, 2, 2, 4, 9),
    "W10.0": (0, 1, 2, 3, 3, 2, 2),
    "W18.1": (0, 0, 0, 0, 0.2, 1, 5),
    "F10.2": (0, 0, 3, 6, 6, 2, 0.3),
    "C43.9": (0, 0, 1.7, 5.1, 5.3, 3.98, 1.99),
    "C25.9": (0, 0, 0, 5.1, 14.59, 15.91, 6.63),
    "C16.9": (0, 0, 0, 2.55, 5.3, 5.3, 3.31),
    "C64": (0, 0, 0, 1.7, 3.98, 3.98, 1.99),
    "C67.9": (0, 0, 0, 0.51, 3.31, 5.97, 5.3),
    "C83.3": (0, 1.7, 1.7, 1.7, 3.31, 5.3, 2.65),
    "C90.0": (0, 0, 0, 0.51, 2.65, 5.3, 1.99),
    "I71.4": (0, 0, 0, 0.2, 1, 2, 1.5),
    "I26.9": (0, 0, 1, 1.5, 2, 2, 1.5),
    "I35.0": (0, 0, 0, 0.1, 0.5, 1.5, 3.5),
    "I10": (0, 0, 0, 0.25, 1, 1.5, 3),
    "I70.2": (0, 0, 0, 0.1, 0.5, 1, 1),
    "I25.1": (0, 0, 0.5, 2, 2.5, 2, 2),
    "I61.9": (0, 0.5, 0.5, 1, 1, 1, 1),
    "A41.9": (3.6, 2.4, 1.2, 1.2, 2.4, 3.6, 4.8),
    "K92.2": (0, 0, 0, 1.2, 2.4, 2.4, 2.4),
    "K85.9": (0, 0, 0.5, 1, 1, 1, 0.5),
    "K57.2": (0, 0, 0, 0.2, 0.6, 1, 1.5),
    "N17.9": (0, 0, 0, 0.36, 1.2, 2.4, 3.6),
    "G20": (0, 0, 0, 0, 0.96, 4.8, 6),
    "G35": (0, 0, 0.2, 1, 1, 0.8, 0.2),
    "J96.0": (3.6, 2.4, 1.2, 0.6, 1.8, 3.6, 3.6),
}
WOMEN_ONLY: dict[str, tuple[float, ...]] = {
    "C56": (0, 0, 0.85, 5.1, 10.61, 9.28, 3.31),
    "C54.1": (0, 0, 0, 0.85, 3.31, 3.98, 1.99),
    "C53.9": (0, 0, 0.85, 5.1, 2.65, 1.99, 0.93),
}
# How an acute episode is written on the certificate: the disease that led to it is underlying.
EPISODE_AS: dict[str, str] = {"copd_exacerbation": "copd", "hf_admission": "hf"}
EPISODE_AS |= {"mi_again": "mi", "stroke_again": "stroke", "hip_again": "hip_fracture"}
EXTERNAL = {"hip_fracture": "W18.1", "fall": "W19.9"}  # the event, not the injury, is underlying
# What the certificate names instead when the last illness followed from something before it: share
# that keeps its own code, and what the rest gets ("" for what people of that age die of otherwise).
TRACED: dict[str, tuple[float, dict[str, float]]] = {
    "hf": (0.30, {"I10": 1, "I35.0": 1, "": 7}),
    "hip_fracture": (0.30, {"": 1}),
    "af": (0.70, {"": 1}),
    "ckd": (0.50, {"": 1}),
    "t2d": (0.72, {"": 1}),
    "uti": (0.50, {"": 1}),
    "pneumonia": (0.60, {"": 1}),
    "stroke": (0.80, {"": 1}),
    "dementia": (0.55, {"": 1}),
}


@cache
def _other() -> tuple[np.ndarray, np.ndarray]:
    """Codes, and limits per group of sex and age for `searchsorted`."""
    both = []
    codes = [*OTHER_CAUSES, *WOMEN_ONLY]
    for women in (0.0, 1.0):
        weights = np.array(
            [*OTHER_CAUSES.values(), *(np.array(w) * women for w in WOMEN_ONLY.values())]
        )
        sums = np.cumsum(weights, axis=0)
        both.append((sums / sums[-1]).T)
    shares = np.concatenate(both)
    limits = (shares + np.arange(2 * len(COMPLAINT_AGES))[:, None]).ravel()
    return np.array([place(code) for code in codes], dtype=np.int16), limits


def causes(part: Part) -> None:
    """Fill `part.causes`."""
    people = people_of(part)
    assert people.death is not None
    assert part.cause is not None
    dead = np.flatnonzero(people.death <= END_DAY)
    day = people.death[dead]
    rng = part.rng("cause")
    share = rng.random(len(dead))
    killer = part.cause[dead]
    codes = part.codes
    names = [*diseases(), *kinds()]

    known, limits = _other()
    group = group_of(people.female[dead], (day - people.birth[dead]) / YEAR)
    underlying = known[np.searchsorted(limits, group + share, side="right") % len(known)]
    other = underlying.copy()
    contributing = np.full((len(dead), 3), -1, dtype=np.int16)
    filled = np.zeros(len(dead), dtype=np.int64)
    for number, name in enumerate(names, start=1):
        mine = np.flatnonzero(killer == number)
        as_disease = EPISODE_AS.get(name, name)
        if as_disease in codes:
            code = codes[as_disease][dead[mine]]
        else:
            code = pick(kinds()[name].icd10, share[mine])
        if as_disease in EXTERNAL:
            underlying[mine] = place(EXTERNAL[as_disease])
            contributing[mine, 0] = code
            filled[mine] = 1
        else:
            underlying[mine] = code
        if as_disease in TRACED:
            keep, instead = TRACED[as_disease]
            draw = rng.random((2, len(mine)))
            _trace(underlying, contributing, filled, mine[draw[0] >= keep], instead, other, draw[1])
        if name == "copd_exacerbation":
            contributing[mine, 0] = place("J44.1")
            filled[mine] = 1
    for name in CONTRIBUTES:
        has = np.flatnonzero((part.found[name][dead] <= day) & (rng.random(len(dead)) < 0.45))
        code = codes[name][dead[has]]
        new = (filled[has] < 3) & (code != underlying[has]) & (code != contributing[has, 0])
        has, code = has[new], code[new]
        contributing[has, filled[has]] = code
        filled[has] += 1
    part.causes = {
        "person": dead.astype(np.int32),
        "underlying": underlying,
        "contributing": contributing,
    }


def _trace(
    underlying: np.ndarray,
    contributing: np.ndarray,
    filled: np.ndarray,
    who: np.ndarray,
    instead: dict[str, float],
    other: np.ndarray,
    draw: np.ndarray,
) -> None:
    """Move the code of the last illness to the contributing causes, and name what led to it."""
    own = underlying[who].copy()
    places = np.array([place(code) if code else -1 for code in instead], dtype=np.int16)
    limits = np.cumsum(list(instead.values()))
    chosen = places[np.searchsorted(limits / limits[-1], draw[: len(who)], side="right")]
    underlying[who] = np.where(chosen >= 0, chosen, other[who])
    free = (filled[who] < 3) & (own != underlying[who])
    contributing[who[free], filled[who[free]]] = own[free]
    filled[who[free]] += 1


CONTRIBUTES = ("dementia", "hf", "af", "copd", "t2d", "ckd", "ihd", "hypertension")
