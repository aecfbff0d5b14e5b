"""What happens around stays: operations, screening, readmissions, transfers between hospitals."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from labkit.world.diagnosis_codes import DIAGNOSES, place, procedure_place
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, START_DAY, Part
from labkit.world.population import START_OF_YEAR, YEARS, people_of

if TYPE_CHECKING:
    from labkit.world.contacts import Gathered

# Operation at the stay for an acute disease, by code: share. PCI in 77 % of STEMI, 35 % of NSTEMI
# (the myocardial infarction register, 2013); hip fractures from memory.
_NECK = {"NFB12": 0.62, "NFB02": 0.08, "NFJ70": 0.25}
_PCI_STEMI, _PCI = {"FNG05": 0.77}, {"FNG05": 0.35}
_HEART = {"I21.0": _PCI_STEMI, "I21.1": _PCI_STEMI, "I21.4": _PCI, "I21.9": _PCI}
_HIP = {"S72.0": _NECK, "S72.1": {"NFJ51": 0.95}, "S72.2": {"NFJ52": 0.95}}
OPERATIONS: dict[str, dict[str, dict[str, float]]] = {
    "mi": _HEART,
    "mi_again": _HEART,
    "hip_fracture": _HIP,
    "hip_again": _HIP,
}
# Planned operation after a cancer is found: by code the operation, then share, days after, stay.
_COLON = {"C18.0": "JFB31", "C18.2": "JFB31", "C18.7": "JFB47", "C18.9": "JFB30", "C20": "JGB00"}
SURGERY: dict[str, tuple[dict[str, str], float, int, float]] = {
    "colorectal_cancer": (_COLON, 0.82, 30, 6.5),
    "breast_cancer": ({"C50.4": "HAB40", "C50.9": "HAC20"}, 0.88, 28, 1.2),
    "prostate_cancer": ({"C61": "KEC01"}, 0.28, 90, 2.2),
    "lung_cancer": ({"C34.1": "GDC00", "C34.9": "GDC00"}, 0.22, 35, 7.0),
}
# New hip or knee: per person-year with osteoarthritis at 50-85; complications within 90 days as
# Chen et al. (2019) report for hip and knee replacement (2.9 %).
REPLACEMENT = 0.036
COMPLICATIONS = 0.029
JOINTS = {
    "M16.1": {"NFB40": 0.30, "NFB30": 0.35, "NFB20": 0.35},
    "M17.1": {"NGB40": 0.8, "NGB20": 0.2},
}
# Mammography each second year at 50-69: 76 % of each round, 90 % of those who came the last time
# (the evaluation of the national programme), from four people of five who come nearly always.
REGULAR, COMES, SELDOM = 0.80, 0.92, 0.12
# Bowel cancer screening since 2022, at 55-65. Takes part: 77 %, which Chen et al. (2019) report;
# 66 % is remembered of the Norwegian programme's first years, not found in writing.
BOWEL_FROM = 18_993  # 2022-01-01
BOWEL, BOWEL_POSITIVE = 0.77, 0.05
# Readmission beside what comes by itself, of acute stays at 67 and above; fewer of the young.
# Set so that all readmissions within 30 days are near the 15.6 % of 2019 (eleven diagnosis groups).
READMISSION: dict[str, float] = {
    "copd_exacerbation": 0.27,
    "hf_admission": 0.19,
    "hf": 0.20,
    "pneumonia": 0.14,
    "stroke": 0.075,
    "hip_fracture": 0.065,
}
READMISSION_ELSE = 0.125
# Moved on within hours, to the hospital that does what the first does not.
TRANSFER: dict[str, float] = {"mi": 0.55, "mi_again": 0.50, "stroke": 0.06}
TRANSFER_ELSE = 0.03


def operation(cause: str, main: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Choose the operation at an acute stay; places in `PROCEDURES`, -1 for none."""
    result = np.full(len(main), -1, dtype=np.int16)
    for code, some in OPERATIONS.get(cause, {}).items():
        here = main == place(code)
        low = 0.0
        for name, part_of in some.items():
            result[here & (share >= low) & (share < low + part_of)] = procedure_place(name)
            low += part_of
    return result


def planned(part: Part, gathered: "Gathered") -> None:
    """Add planned operations and screening."""
    _surgery(part, gathered)
    _joints(part, gathered)
    _mammography(part, gathered)
    _bowel(part, gathered)


def _surgery(part: Part, gathered: "Gathered") -> None:
    for name, (operations, share, wait, days) in SURGERY.items():
        rng = part.rng(f"surgery.{name}")
        draw = rng.random((2, part.size))
        found = part.found[name]
        who = np.flatnonzero((found >= START_DAY) & (found <= END_DAY) & (draw[0] < share))
        code = part.codes[name][who]
        procedure = np.full(len(who), -1, dtype=np.int16)
        for diagnosis, one in operations.items():
            procedure[code == place(diagnosis)] = procedure_place(one)
        day = found[who] + 7 + (draw[1][who] * 2 * wait).astype(np.int64)
        cause = f"control:{name}"
        gathered.add(who, day, 0, code, cause, days=days, procedure=procedure)


def _joints(part: Part, gathered: "Gathered") -> None:
    people, codes = people_of(part), part.codes["osteoarthritis"]
    rng = part.rng("joints")
    start = np.maximum(part.found["osteoarthritis"] + 200, people.birth + round(50 * YEAR))
    start = np.maximum(start, people.entry)
    stop = np.minimum(people.birth + round(85 * YEAR), END_DAY)
    years = np.clip(stop - start, 0, None) / YEAR
    count = rng.poisson(np.where(part.found["osteoarthritis"] <= END_DAY, years, 0) * REPLACEMENT)
    who = np.repeat(np.arange(part.size), np.minimum(count, 3))
    day = start[who] + (rng.random(len(who)) * (stop - start)[who]).astype(np.int64)
    draw = rng.random((4, len(who)))
    procedure = np.full(len(who), -1, dtype=np.int16)
    for diagnosis, some in JOINTS.items():
        here = codes[who] == place(diagnosis)
        low = 0.0
        for name, share in some.items():
            procedure[here & (draw[0] >= low) & (draw[0] < low + share)] = procedure_place(name)
            low += share
    cause = "control:osteoarthritis"
    gathered.add(who, day, 0, codes[who], cause, days=2.8, procedure=procedure)
    bad = draw[1] < COMPLICATIONS
    why = np.where(draw[2] < 0.6, place("T81.4"), place("T84.0"))[bad]
    later = day[bad] + 10 + (draw[3][bad] * 70).astype(np.int64)
    gathered.add(who[bad], later, 0, why, "readmission", acute=True, days=6.0)


def _mammography(part: Part, gathered: "Gathered") -> None:
    people = people_of(part)
    rng = part.rng("mammography")
    comes = np.where(rng.random(part.size) < REGULAR, COMES, SELDOM)
    turn = rng.integers(0, 2, part.size)
    draw = rng.random((2, len(YEARS), part.size))
    age = YEARS[:, None] - (1970 + people.birth / YEAR)
    invited = people.female & (age >= 50) & (age < 70) & ((YEARS[:, None] + turn) % 2 == 0)
    year, who = np.nonzero(invited & (draw[0] < comes))
    day = START_OF_YEAR[year] + (draw[1][year, who] * 360).astype(np.int64)
    gathered.add(who, day, 2, np.full(len(who), place("Z12.3")), "everyday")


def _bowel(part: Part, gathered: "Gathered") -> None:
    people = people_of(part)
    rng = part.rng("bowel_screening")
    age = (BOWEL_FROM - people.birth) / YEAR
    draw = rng.random((3, part.size))
    who = np.flatnonzero((age >= 55) & (age < 66) & (draw[0] < BOWEL))
    day = BOWEL_FROM + (draw[1][who] * 1000).astype(np.int64)
    gathered.add(who, day, 2, np.full(len(who), place("Z12.1")), "everyday")
    bad = draw[2][who] < BOWEL_POSITIVE
    scope = np.full(int(bad.sum()), place("D12.6"))
    colonoscopy = procedure_place("UJF32")
    gathered.add(who[bad], day[bad] + 25, 2, scope, "everyday", procedure=colonoscopy)


def _by_cause(causes: tuple[str, ...], special: Mapping[str, float], other: float) -> np.ndarray:
    return np.array([special.get(name, other) for name in causes])


def readmitted(
    part: Part,
    stays: Mapping[str, np.ndarray],
    causes: tuple[str, ...],
    complaints: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw readmissions within 30 days of acute stays.

    Args:
        part: The partition.
        stays: person, start and stop (minutes), main, cause of acute stays.
        causes: Names of the causes, by place.
        complaints: Codes that some come back with instead.

    Returns:
        (place in `stays`, day, main).
    """
    people = people_of(part)
    rng = part.rng("readmission")
    n = len(stays["person"])
    draw = rng.random((4, n))
    age = (stays["start"] // 1440 - people.birth[stays["person"]]) / YEAR
    chance = _by_cause(causes, READMISSION, READMISSION_ELSE)[stays["cause"]]
    chance = np.where(age >= 67, chance, np.where(age >= 18, 0.65 * chance, 0.3 * chance))
    chance[stays["cause"] == causes.index("birth")] = 0.01
    again = np.flatnonzero(draw[0] < chance)
    day = stays["stop"][again] // 1440 + 1 + (draw[1][again] ** 1.5 * 28).astype(np.int64)
    other = complaints[(draw[3][again] * len(complaints)).astype(np.int64)]
    # An infarction or fracture is not repeated: they come back for something else.
    stem = np.char.startswith(_CODES, "S72") | np.char.startswith(_CODES, "I21")
    stem |= np.char.startswith(_CODES, "Z")
    same = (draw[2][again] < 0.55) & ~stem[stays["main"][again]]
    return again, day, np.where(same, stays["main"][again], other)


_CODES = np.array(DIAGNOSES)


def transfers(
    part: Part, contacts: Mapping[str, np.ndarray], causes: tuple[str, ...], central: int
) -> dict[str, np.ndarray]:
    """Split some acute stays in two that follow each other within 8 hours.

    Returns:
        The contacts with the second stays added, in order of person and start.
    """
    rng = part.rng("transfer")
    stays = np.flatnonzero((contacts["kind"] == 0) & contacts["acute"])
    draw = rng.random((4, len(stays)))
    chance = _by_cause(causes, TRANSFER, TRANSFER_ELSE)[contacts["cause"][stays]]
    chance = np.where(contacts["organisation"][stays] == central, 0.2 * chance, chance)
    length = contacts["stop"][stays] - contacts["start"][stays]
    chosen = (draw[0] < chance) & (length > 18 * 60)
    stays, draw, length = stays[chosen], draw[:, chosen], length[chosen]
    cut = contacts["start"][stays] + (length * (0.08 + 0.3 * draw[1])).astype(np.int64)
    gap = 20 + (draw[2] ** 1.5 * 440).astype(np.int64)
    gap = np.minimum(gap, contacts["stop"][stays] - cut - 60)
    n = len(contacts["person"])
    # Each second stay stands behind the contacts that begin by then; one begun at the same minute
    # comes first.
    key = (contacts["person"] << 32) + contacts["start"]
    second = (contacts["person"][stays] << 32) + cut + gap
    by_time = np.argsort(second, kind="stable")
    behind = np.searchsorted(key, second[by_time], side="right")
    made = behind + np.arange(len(stays))
    source = np.insert(np.arange(n), behind, stays[by_time])
    split = {name: values.take(source) for name, values in contacts.items()}
    where = stays + np.searchsorted(behind, stays, side="right")
    split["stop"][where] = cut
    split["procedure"][where] = -1
    split["start"][made] = (cut + gap)[by_time]
    split["moved"] = np.zeros(len(source), dtype=bool)
    split["moved"][made] = (draw[3] < 0.75)[by_time]
    return split
