"""Who gives care: organisations and practitioners, the same in every partition."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa

from labkit.world.part import Part
from labkit.world.region import region

KIND = {
    "hospital": "hospital",
    "university_hospital": "hospital",
    "gp_practice": "gp",
    "out_of_hours": "out_of_hours",
    "nursing_home": "nursing_home",
}
SPECIALITIES = (
    ("C", "onkologi"),
    ("D", "onkologi"),
    ("E", "endokrinologi"),
    ("F", "psykiatri"),
    ("G", "nevrologi"),
    ("H", "øyesykdommer"),
    ("I", "kardiologi"),
    ("J", "lungemedisin"),
    ("K", "gastrokirurgi"),
    ("L", "hudsykdommer"),
    ("M", "ortopedi"),
    ("N", "urologi"),
    ("O", "fødselshjelp og kvinnesykdommer"),
    ("S", "ortopedi"),
    ("Z37", "fødselshjelp og kvinnesykdommer"),
    ("Z34", "fødselshjelp og kvinnesykdommer"),
    ("Z09", "ortopedi"),
)
OTHER = "indremedisin"
DOCTORS_PER_SPECIALITY = 3
DOCTORS_PER_PRACTICE = 5
MADE_PRACTICES_FROM = 101  # organisation ids of practices that the file of units does not hold
# Hospital of each municipality of 2024 in the mountain region; elsewhere by county.
LOCAL_HOSPITAL = {"5025": "U04", "5026": "U04"}
COUNTY_HOSPITAL = {"34": "U02", "50": "U04"}
CENTRAL = "U04"  # where what the local hospital does not do is done


@dataclass(frozen=True)
class Units:
    """Organisations and practitioners as arrays, and who serves which municipality."""

    organisations: tuple[tuple[int, str, str, str], ...]  # id, name, kind, municipality
    practitioners: tuple[tuple[int, int, str | None], ...]  # id, organisation id, speciality
    practice: np.ndarray  # organisation id by municipality index
    out_of_hours: np.ndarray
    hospital: np.ndarray
    central: int
    first_doctor: np.ndarray  # first practitioner id by organisation id; the others follow

    def speciality(self, code: str) -> int:
        """Place of the speciality that sees a diagnosis in the list of a hospital's doctors."""
        found = [name for start, name in SPECIALITIES if code.startswith(start)]
        return _NAMES.index(found[-1] if found else OTHER)


_NAMES = sorted({name for _, name in SPECIALITIES} | {OTHER})


@cache
def units(region_name: str) -> Units:
    """Return the units that serve a region.

    Examples:
        >>> found = units("fjell")
        >>> {kind for _, _, kind, _ in found.organisations} == set(KIND.values())
        True
    """
    places = region(region_name)
    rows = []
    with (files("labkit.codes") / "units_of_care.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["type"] in KIND:
                number = int(row["unit_id"].removeprefix("U"))
                rows.append((number, row["name_nb"], KIND[row["type"]], row["municipality"]))
    number_of = {f"U{number:02d}": number for number, *_ in rows}
    practices = {town: number for number, _, kind, town in reversed(rows) if kind == "gp"}
    for place, municipality in enumerate(places.municipalities):
        if municipality.number not in practices:
            number = MADE_PRACTICES_FROM + place
            name = f"Fastlegekontoret Øve-{municipality.name} (syntetisk)"
            rows.append((number, name, "gp", municipality.number))
            practices[municipality.number] = number

    practitioners: list[tuple[int, int, str | None]] = []
    first = np.zeros(max(number for number, *_ in rows) + 1, dtype=np.int32)
    for number, _, kind, _ in rows:
        first[number] = len(practitioners) + 1
        titles: list[str | None] = [None] * DOCTORS_PER_PRACTICE
        if kind == "hospital":
            titles = [name for name in _NAMES for _ in range(DOCTORS_PER_SPECIALITY)]
        elif kind == "gp":
            titles = ["allmennmedisin"] * DOCTORS_PER_PRACTICE
        for title in titles:
            practitioners.append((len(practitioners) + 1, number, title))
    numbers = [m.number for m in places.municipalities]
    near = [
        LOCAL_HOSPITAL.get(
            n, "U01" if region_name == "fjell" else COUNTY_HOSPITAL.get(n[:2], "U03")
        )
        for n in numbers
    ]
    return Units(
        organisations=tuple(rows),
        practitioners=tuple(practitioners),
        practice=np.array([practices[n] for n in numbers]),
        out_of_hours=np.array([number_of["U18" if n.startswith("50") else "U17"] for n in numbers]),
        hospital=np.array([number_of[u] for u in near]),
        central=number_of[CENTRAL],
        first_doctor=first,
    )


def organisation(part: Part) -> None:
    """Make the tables `organisation` and `practitioner`, once for the whole dataset."""
    if part.index:
        return
    found = units(part.config.region)
    number, name, kind, town = zip(*found.organisations, strict=True)
    part.tables["organisation"] = {
        "organisation_id": np.array(number, dtype=np.int32),
        "name": pa.array(name),
        "kind": pa.array(kind),
        "municipality": pa.array(town),
    }
    doctor, place, speciality = zip(*found.practitioners, strict=True)
    part.tables["practitioner"] = {
        "practitioner_id": np.array(doctor, dtype=np.int32),
        "organisation_id": np.array(place, dtype=np.int32),
        "profession": pa.array(["doctor"] * len(doctor)),
        "speciality": pa.array(speciality),
    }
