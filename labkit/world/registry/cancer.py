"""The cancer registry: one row per tumour of the kit's four cancers found in the window.

Source:
    Completeness 98.8 %: Larsen et al. (2009), European Journal of Cancer 45:1218-1231. Shares of
    stage by site, of cell type and of the basis of diagnosis: from memory of the registry's
    yearly reports. Those who would die of the cancer within five years had it spread more often,
    in such a way that the shares by site come out.
"""

from dataclasses import dataclass

import numpy as np

from labkit.codes import rows
from labkit.world.columns import codes, take
from labkit.world.disease import diseases
from labkit.world.normal import quantile
from labkit.world.part import END_DAY, START_DAY, Part
from labkit.world.population import date64
from labkit.world.registry.format import date_text, words
from labkit.world.registry.pseudonym import extract_order, part_pseudonyms, row_keys
from labkit.world.registry.source import (
    death_days,
    find,
    homes,
    numbers,
    people_of,
)

COMPLETENESS = 0.988
STAGES = np.array([1, 2, 3, 9])
BASIS = np.array([7, 5, 2, 1])
BASIS_SHARE = np.array([0.94, 0.02, 0.02, 0.02])
CERTIFICATE_ALONE = 0.15  # of those who die within a month
FIVE_YEARS = 1826
MEDIAN_DELAY_DAYS = 40
EXTRACT_DAY = END_DAY + 31  # the registry drew the extract a month after the window's end


@dataclass(frozen=True)
class Cancer:
    """One cancer: cell types with shares, stages (local, regional, distant, unknown) in %."""

    morphology: dict[str, float]
    stage: tuple[float, float, float, float]
    dead: float  # share that the cancer would kill within five years
    distant_survivors: float  # share with distant spread among the others


CANCERS = {
    "breast_cancer": Cancer(
        {"8500/3": 0.83, "8520/3": 0.13, "8000/3": 0.04}, (56, 33, 5, 6), 0.09, 0.012
    ),
    "prostate_cancer": Cancer({"8140/3": 0.97, "8000/3": 0.03}, (62, 19, 8, 11), 0.06, 0.04),
    "colorectal_cancer": Cancer(
        {"8140/3": 0.87, "8480/3": 0.09, "8000/3": 0.04}, (22, 50, 22, 6), 0.33, 0.05
    ),
    "lung_cancer": Cancer(
        {"8140/3": 0.50, "8070/3": 0.24, "8041/3": 0.14, "8000/3": 0.12}, (24, 24, 45, 7), 0.70, 0.1
    ),
}


def kreft(part: Part) -> None:
    """Make the table `kreft`."""
    rng = part.rng("kreft")
    people, home, death = people_of(part), homes(part), death_days(part)
    first_codes = _first_codes(part)
    found = []
    for name, cancer in CANCERS.items():
        onset = part.found.get(name, part.onset[name])
        shares = np.array(list(cancer.morphology.values()))
        draws = rng.random((7, part.size))
        last = np.minimum(death, END_DAY)
        inside = (onset >= np.maximum(START_DAY, people.entry)) & (onset <= last)
        person = np.flatnonzero(inside & (draws[0] < COMPLETENESS))
        kills = part.fatal[name][person] < onset[person] + FIVE_YEARS
        code = _site(name, first_codes, person, draws[1, person])
        cells = list(cancer.morphology)
        kind = np.searchsorted(np.cumsum(shares), draws[2, person] * shares.sum())
        found.append(
            (
                person,
                onset[person],
                code,
                np.array(cells)[kind],
                _stage(cancer, kills, draws[3, person]),
                BASIS[np.searchsorted(np.cumsum(BASIS_SHARE), draws[4, person])],
                draws[5, person],
                draws[6, person],
            )
        )
    person, day, site, cell, stage, basis, delay, certificate = (
        np.concatenate(c) for c in zip(*found, strict=True)
    )
    by_day = np.argsort(day, kind="stable")
    order = by_day[extract_order(part, person[by_day])]
    person, day, stage, basis = person[order], day[order], stage[order], basis[order]
    # A case known from the death certificate alone is dated at death.
    on_certificate = (certificate[order] < CERTIFICATE_ALONE) & (death[person] <= day + 30)
    on_certificate &= death[person] <= END_DAY
    basis = np.where(on_certificate, 0, basis)
    day = np.where(on_certificate, death[person], day)
    basis = np.where((basis == 7) & (cell[order] == "8000/3"), 2, basis)  # no tissue was seen
    sites, site_places = np.unique(site[order], return_inverse=True)
    kinds, cell_places = np.unique(cell[order], return_inverse=True)
    wait = np.ceil(MEDIAN_DELAY_DAYS * np.exp(0.5 * _normal(delay[order]))).astype(np.int64)
    known = day + wait <= EXTRACT_DAY  # the latest cases are not all in yet
    columns = {
        "tilfelle_id": row_keys(part, "kreft", np.cumsum(known) - 1),
        "pid": part_pseudonyms(part)[person],
        "kjonn": words(people.female[person], ["MANN", "KVINNE"]),
        "fodt": month_text(people.birth[person]),
        "diagnosedato": date_text(day, "%Y-%m"),
        "kommnr": words(home.find(person, day), home.now),
        "topografi": words(site_places, sites.tolist()),
        "morfologi": words(cell_places, kinds.tolist()),
        "stadium": np.where(basis == 0, 9, stage).astype(np.int16),
        "basis": basis.astype(np.int16),
        "meldt": date64(day + wait),
    }
    part.tables["kreft"] = take(columns, np.flatnonzero(known))


def _normal(uniform: np.ndarray) -> np.ndarray:
    return quantile(np.clip(uniform, 1e-6, 1 - 1e-6))


def month_text(day: np.ndarray) -> np.ndarray:
    """Write days of any year as YYYY-MM, shape (n,).

    Examples:
        >>> month_text(np.array([-1, 0])).tolist()
        ['1969-12', '1970-01']
    """
    return np.datetime_as_string(day.astype("datetime64[D]").astype("datetime64[M]"), unit="M")


def _stage(cancer: Cancer, kills: np.ndarray, draw: np.ndarray) -> np.ndarray:
    """Draw the stage so that its shares hold and spread goes with a short life.

    Examples:
        >>> spread = _stage(CANCERS["lung_cancer"], np.array([True, False]), np.array([0.5, 0.5]))
        >>> spread.tolist()
        [3, 2]
    """
    _, regional, distant, unknown = np.array(cancer.stage) / 100
    among_dead = (distant - (1 - cancer.dead) * cancer.distant_survivors) / cancer.dead
    far = np.where(kills, min(among_dead, 1.0), cancer.distant_survivors)
    rest = (1 - far) / (1 - distant)
    limits = np.stack([far, far + rest * unknown, far + rest * (unknown + regional)])
    return np.array([3, 9, 2, 1])[(draw >= limits).sum(axis=0)]


def _first_codes(part: Part) -> dict[str, np.ndarray]:
    """The first ICD-10 code of each cancer in the records, by person; '' if none."""
    child = part.tables["diagnosis"]
    place, distinct = codes(child["code"])
    owner = {code: name for name, d in diseases().items() for code in d.icd10 if name in CANCERS}
    wanted = np.array([code in owner for code in distinct])
    row = np.flatnonzero(wanted[place])
    ids = numbers(part.tables["encounter"]["encounter_id"])
    at = find(ids, numbers(child["encounter_id"])[row])
    person = part.contacts["person"][at]
    order = np.argsort(part.contacts["start"][at], kind="stable")[::-1]
    found = {name: np.full(part.size, "", dtype="U5") for name in CANCERS}
    for name in CANCERS:
        mine = np.array([owner.get(code) == name for code in distinct])[place[row[order]]]
        chosen = order[mine]  # latest first, so the first one is written last
        found[name][person[chosen]] = np.array(distinct)[place[row[chosen]]]
    return found


def _site(
    name: str, first_codes: dict[str, np.ndarray], person: np.ndarray, draw: np.ndarray
) -> np.ndarray:
    """ICD-O-3 topography of each case: as in the records, else drawn."""
    weights = diseases()[name].icd10
    share = np.cumsum(list(weights.values())) / sum(weights.values())
    drawn = np.array(list(weights))[np.searchsorted(share, draw)]
    code = np.where(first_codes[name][person] != "", first_codes[name][person], drawn)
    distinct, place = np.unique(code, return_inverse=True)
    return np.array([topography(c) for c in distinct.tolist()], dtype="U5")[place]


def topography(icd10: str) -> str:
    """Translate an ICD-10 code of a cancer into its ICD-O-3 topography.

    Examples:
        >>> topography("C61"), topography("C18.7"), topography("C43.9")
        ('C61.9', 'C18.7', 'C44.9')
    """
    return next(
        row["code"]
        for row in rows("icdo3")
        if row["axis"] == "topography" and icd10 in row["icd10"].split(";")
    )
