"""Laboratory results: what a contact brings, and values that follow disease and treatment."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np

from labkit.world.calibration import load
from labkit.world.care import encounter_ids, moment, patient_ids
from labkit.world.columns import Grouped, coded, ordered, ranges
from labkit.world.contacts import CAUSE, INPATIENT, KINDS, MINUTES
from labkit.world.diagnosis_codes import DIAGNOSES
from labkit.world.draws import chosen
from labkit.world.drugs import warfarin
from labkit.world.hazard import YEAR
from labkit.world.part import Part
from labkit.world.population import people_of

FAILED = 0.006  # samples that could not be analysed: haemolysed, clotted, too little
NEAR_PATIENT = ("inr",)  # from a finger, on the spot: measured again until there is a figure
STATIN_ON_LDL = 0.66  # 34 % lower on a moderate dose; on a high dose after infarction 50 %
STATIN_AFTER_EVENT = 0.52
LIPIDS = ("chol_ldl", "chol_hdl", "triglyc", "chol_total")
REPEATED = ("crp", "haemoglobin", "creatinine", "potassium", "sodium")
# Mean eGFR by age in a general population (from memory), and how much people differ.
EGFR_AGES = (1, 20, 30, 50, 65, 75, 85, 95)
EGFR = (110, 112, 106, 95, 85, 75, 64, 55)
EGFR_SD = 12.0


@dataclass(frozen=True)
class Analyte:
    """How one analyte varies; see `calibration/analytes.toml`."""

    mean: tuple[float, float]
    sd: float
    decimals: int
    low: float
    high: float
    within: float = 0.3
    log: bool = False
    age: float = 0.0
    age_log: float = 0.0
    disease: dict[str, float] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)
    spread_log: dict[str, float] = field(default_factory=dict)
    acute: dict[str, tuple[float, float]] = field(default_factory=dict)


@cache
def analytes() -> dict[str, Analyte]:
    """Return all analytes by name."""
    return {name: Analyte(**entry) for name, entry in load("analytes").items()}


@cache
def panels() -> tuple[tuple[int, int, dict[str, float]], ...]:
    """Read which analyses a contact brings: (cause, kind, analyte -> chance)."""
    found = []
    with (files("labkit.world.calibration") / "panels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            pairs = (pair.split(":") for pair in row["analytes"].split())
            chances = {name: float(chance) for name, chance in pairs}
            found.append((CAUSE[row["reason"]], KINDS.index(row["kind"]), chances))
    return tuple(found)


@cache
def units() -> dict[str, str]:
    """Return the unit in which each analyte is reported."""
    with (files("labkit.codes") / "labs.csv").open(encoding="utf-8") as file:
        return {row["analyte"]: row["unit"] for row in csv.DictReader(file)}


def ckd_epi_2021(
    creatinine_umol_l: np.ndarray, age_years: np.ndarray, female: np.ndarray
) -> np.ndarray:
    """Estimate the glomerular filtration rate in mL/min/1.73 m2 from creatinine.

    Source:
        Inker et al. (2021), New England Journal of Medicine 385:1737-1749: CKD-EPI without race.

    Examples:
        >>> value = ckd_epi_2021(np.array([88.42]), np.array([50.0]), np.array([False]))
        >>> int(value.round()[0])  # 1.0 mg/dL, man of 50
        92
    """
    kappa, alpha = np.where(female, 0.7, 0.9), np.where(female, -0.241, -0.302)
    ratio = creatinine_umol_l / 88.42 / kappa
    scale = 142 * 0.9938**age_years * np.where(female, 1.012, 1.0)
    return scale * np.minimum(ratio, 1) ** alpha * np.maximum(ratio, 1) ** -1.200


def creatinine_of(egfr: np.ndarray, age_years: np.ndarray, female: np.ndarray) -> np.ndarray:
    """Invert `ckd_epi_2021`: creatinine in µmol/L.

    Examples:
        >>> age, female = np.array([70.0, 30.0]), np.array([True, False])
        >>> back = ckd_epi_2021(creatinine_of(np.array([45.0, 120.0]), age, female), age, female)
        >>> back.round(6).tolist()
        [45.0, 120.0]
    """
    kappa, alpha = np.where(female, 0.7, 0.9), np.where(female, -0.241, -0.302)
    relative = egfr / (142 * 0.9938**age_years * np.where(female, 1.012, 1.0))
    ratio = np.where(relative > 1, relative ** (1 / alpha), relative ** (-1 / 1.200))
    return ratio * kappa * 88.42


def lab_results(part: Part) -> None:
    """Make the table `lab_result`."""
    found = part.contacts
    rng, failed = part.rng("lab.order"), part.rng("lab.failed")
    rows: dict[str, list[np.ndarray]] = {name: [] for name in analytes()}
    key = found["cause"] * np.int16(len(KINDS)) + found["kind"]
    contacts = Grouped(key, [cause * len(KINDS) + kind for cause, kind, _ in panels()])
    for cause, kind, chances in panels():
        here = contacts.rows(cause * len(KINDS) + kind)
        for name, chance in chances.items():
            rows[name].append(here.take(chosen(rng, len(here), chance)))
    names = list(rows)
    contact, which, value, minute = [], [], [], []
    rows["psa"] = [some[~people_of(part).female[found["person"][some]]] for some in rows["psa"]]
    joined = {name: np.concatenate(some) for name, some in rows.items()}
    fats = _lipids(part, {name: joined[name] for name in LIPIDS})
    taken = found["start"] + np.where(found["kind"] == INPATIENT, 25, 8)
    taken = np.minimum(taken, found["stop"])
    for number, name in enumerate(names):
        at = joined[name]
        at, when = _repeated(part, name, at, taken.take(at))
        contact.append(at)
        minute.append(when)
        which.append(np.full(len(at), number, dtype=np.int8))
        value.append(fats[name] if name in fats else _values(part, name, at, when))
        if name not in NEAR_PATIENT:
            value[-1][chosen(failed, len(at), FAILED)] = np.nan
        if name == "creatinine":
            people, who = people_of(part), found["person"].take(at)
            age = (found["day"].take(at) - people.birth.take(who)) / YEAR
            adult = age >= 18
            egfr = ckd_epi_2021(value[-1][adult], age[adult], people.female[who][adult])
            last = at[adult], when[adult], np.round(np.minimum(egfr, 150))
    contact.append(last[0])
    minute.append(last[1])
    which.append(np.full(len(last[0]), len(names), dtype=np.int8))
    value.append(last[2])
    # Of a contact, the analytes come in their order as they are.
    order, at = ordered(np.concatenate(contact))
    taken, analyte = np.concatenate(minute).take(order), np.concatenate(which).take(order)
    amount = np.concatenate(value).take(order)
    words = (*names, "egfr")
    unit = tuple(dict.fromkeys(units()[name] for name in words))
    unit_of = np.array([unit.index(units()[name]) for name in words], dtype=np.int8)
    part.tables["lab_result"] = {
        "lab_result_id": part.ids(len(at)),
        "patient_id": patient_ids(part).take(found["person"].take(at)),
        "encounter_id": encounter_ids(part).take(at),
        "analyte": coded(analyte, words),
        "value": amount,
        "unit": coded(unit_of.take(analyte), unit),
        "taken_time": moment(taken),
    }


def _lipids(part: Part, rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Draw the fats of a sample together, so that total = LDL + HDL + triglycerides / 2.2.

    Source:
        Friedewald, Levy & Fredrickson (1972), Clinical Chemistry 18:499-502 (in mmol/L).
    """
    any_of = np.zeros(len(part.contacts["start"]), dtype=bool)
    any_of[np.concatenate(list(rows.values()))] = True
    at = np.flatnonzero(any_of)
    place = np.empty(len(any_of), dtype=np.int64)
    place[at] = np.arange(len(at))
    when = part.contacts["start"].take(at)
    parts = {name: _values(part, name, at, when) for name in LIPIDS[:3]}
    total = parts["chol_ldl"] + parts["chol_hdl"] + parts["triglyc"] / 2.2
    parts["chol_total"] = np.round(total, 1)
    return {name: parts[name][place[some]] for name, some in rows.items()}


def _repeated(
    part: Part, name: str, at: np.ndarray, when: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Take some analyses again each second day of a stay."""
    if name not in REPEATED:
        return at, when
    stays = np.flatnonzero(part.contacts["kind"].take(at) == INPATIENT)
    stop = part.contacts["stop"][at[stays]]
    count = np.ones(len(at), dtype=np.int64)
    count[stays] += np.minimum((stop - when[stays]) // MINUTES // 2, 4)
    taken, first = when.repeat(count), (np.cumsum(count) - count)[stays]
    # The places of a stay's later samples, and which each is.
    later = ranges(first + 1, count[stays] - 1)
    turn = later - first.repeat(count[stays] - 1)
    morning = (taken[later] // MINUTES + 2 * turn) * MINUTES + 7 * 60
    taken[later] = np.minimum(morning, stop.repeat(count[stays] - 1))
    return at.repeat(count), taken


@cache
def _number_of(stems: tuple[str, ...]) -> np.ndarray:
    """Number three-character categories from 1 on: of each of `DIAGNOSES`, 0 for others."""
    return np.array([1 + stems.index(c[:3]) if c[:3] in stems else 0 for c in DIAGNOSES], np.int8)


def _ill_with(main: np.ndarray, stems: Iterable[str]) -> list[np.ndarray]:
    """Find the diagnoses, as places in `DIAGNOSES`, of each category."""
    stems = tuple(stems)
    number = _number_of(stems).take(main)
    some = np.flatnonzero(number)
    number = number[some]
    return [some[number == 1 + i] for i in range(len(stems))]


def _values(part: Part, name: str, at: np.ndarray, when: np.ndarray) -> np.ndarray:
    """Draw values: the person's own level, day-to-day variation, disease, drugs, acute illness."""
    people, found = people_of(part), part.contacts
    how = analytes()[name]
    rng = part.rng(f"lab.{name}")
    own = rng.standard_normal(part.size)
    who = found["person"].take(at)
    day = when // MINUTES
    age = (day - people.birth.take(who)) / YEAR
    female = people.female.take(who)
    daily = rng.standard_normal(len(at))
    share = np.sqrt(1 - how.within) * own.take(who) + np.sqrt(how.within) * daily
    if name == "creatinine":
        (injured,) = _ill_with(found["main"].take(at), ["N17"])
        return _creatinine(part, who, day, age, female, own.take(who), daily, injured)
    if how.log:
        mean = np.log(np.where(female, how.mean[1], how.mean[0])) + how.age_log * (age - 50)
    else:
        mean = np.where(female, how.mean[1], how.mean[0]) + how.age * (age - 50)
    spread = np.full(len(at), how.sd)
    for disease, change in how.disease.items():
        ill = part.onset[disease][who] <= day
        mean = mean + np.where(ill, np.log(change) if how.log else change, 0.0)
    for disease, other in (how.spread | how.spread_log).items():
        spread = np.where(part.onset[disease][who] <= day, other, spread)
    value = mean + spread * share
    if how.log:
        value = np.exp(value)
    value = _treated(part, name, value, who, day, daily, age)
    if name == "hba1c":
        value = _diabetic(part, value, who, day, share)
    acutely = _ill_with(found["main"].take(at), how.acute) if how.acute else []
    for ill, (median, log_sd) in zip(acutely, how.acute.values(), strict=True):
        acute = median * np.exp(log_sd * daily[ill])
        # It comes down by the day while treated.
        days = np.maximum(day[ill] - found["day"][at[ill]], 0)
        fading = 0.78**days
        value[ill] = acute * fading + value[ill] * (1 - fading)
    return np.round(np.clip(value, how.low, how.high), how.decimals)


def _treated(
    part: Part,
    name: str,
    value: np.ndarray,
    who: np.ndarray,
    day: np.ndarray,
    daily: np.ndarray,
    age: np.ndarray,
) -> np.ndarray:
    """Change values by age curve and treatment."""
    if name == "chol_ldl":
        value = value * np.interp(
            age, [5, 20, 35, 55, 70, 90], [0.70, 0.78, 0.94, 1.06, 1.04, 0.92]
        )
        on = (part.treatment["statin"].take(who) <= day) & (
            part.treatment["statin_stop"].take(who) > day
        )
        value = np.where(on, value * STATIN_ON_LDL, value)
        after = np.minimum(part.onset["mi"], part.onset["stroke"]).take(who) + 30 < day
        return np.where(after & ~on, value * STATIN_AFTER_EVENT, value)
    if name == "inr":
        start, stop = warfarin(part)
        return np.where((start.take(who) <= day) & (stop.take(who) > day), 2.5 + 0.5 * daily, value)
    return value


def _diabetic(
    part: Part, value: np.ndarray, who: np.ndarray, day: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """HbA1c with diabetes: skewed to the right.

    Type 2: median 50, mean 53.5 mmol/mol, 63 % at or under 53 (general practice in Norway, 2014);
    type 1: mean 62 (from memory of the adult register).
    """
    second = 38 + np.exp(2.45 + 0.75 * share)
    first = 48 + np.exp(2.45 + 0.60 * share)
    value = np.where(part.onset["t2d"].take(who) <= day, second, value)
    return np.where(part.onset["t1d"].take(who) <= day, first, value)


def _creatinine(
    part: Part,
    who: np.ndarray,
    day: np.ndarray,
    age: np.ndarray,
    female: np.ndarray,
    own: np.ndarray,
    daily: np.ndarray,
    injured: np.ndarray,
) -> np.ndarray:
    """Creatinine from a filtration rate that falls with age, kidney disease and acute injury."""
    level = np.interp(age, EGFR_AGES, EGFR) + EGFR_SD * own
    onset = part.onset["ckd"].take(who)
    ill = onset <= day
    years = (day - onset) / YEAR
    low = np.clip(52 - 1.6 * years + 5 * own, 8, 59)
    # Without the disease a single low value may turn up, but the level stays above 60.
    level = np.where(ill, low, np.maximum(level, 63)) * np.exp(0.05 * daily)
    level[injured] *= 0.35
    child = age < 18
    value = creatinine_of(np.maximum(level, 5), np.maximum(age, 18), female)
    value = np.where(child, np.interp(age, [0, 2, 12, 18], [28, 26, 48, 72]) + 5 * daily, value)
    how = analytes()["creatinine"]
    return np.round(np.clip(value, how.low, how.high))
