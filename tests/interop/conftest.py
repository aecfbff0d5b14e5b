"""Small EHR tables: one by hand, and any by hypothesis."""

from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import strategies as st

from labkit.interop.pieces import lab_codes
from labkit.interop.rows import frame
from labkit.interop.systems import VITAL_LOINC
from labkit.schema.ehr import ENCOUNTER_KIND

Tables = dict[str, pd.DataFrame]
UNIT = {
    "systolic": "mmHg",
    "diastolic": "mmHg",
    "pulse": "/min",
    "weight": "kg",
    "height": "cm",
    "temperature": "°C",
}


def by_hand() -> Tables:
    """One woman: an acute stay, two diagnoses, a failed test, a pressure, two drugs."""
    seen = {"patient_id": 7, "encounter_id": 70}
    rows = {
        "patient": [
            {
                "patient_id": 7,
                "fnr": "15850049999",
                "given_name": "Åse",
                "family_name": "Øveli",
                "birth_date": date(1950, 5, 15),
                "sex": "F",
                "municipality": "3427",
                "gp_id": 3,
                "death_date": date(2024, 1, 2),
            }
        ],
        "encounter": [
            {
                **seen,
                "organisation_id": 1,
                "practitioner_id": 11,
                "kind": "inpatient",
                "urgency": "acute",
                "start_time": datetime(2023, 3, 1, 22, 15),
                "end_time": datetime(2023, 3, 6, 10, 0),
            }
        ],
        "diagnosis": [
            {"encounter_id": 70, "position": 1, "code_system": "ICD-10", "code": "I21.4"},
            {"encounter_id": 70, "position": 2, "code_system": "ICD-10", "code": "E11.9"},
        ],
        "lab_result": [
            {
                **seen,
                "lab_result_id": 1,
                "analyte": "hba1c",
                "value": 58.0,
                "unit": "mmol/mol",
                "taken_time": datetime(2023, 3, 2, 7, 0),
            },
            {
                **seen,
                "lab_result_id": 2,
                "analyte": "potassium",
                "value": None,
                "unit": "mmol/L",
                "taken_time": datetime(2023, 3, 2, 7, 0),
            },
        ],
        "vital_sign": [
            {
                **seen,
                "vital_sign_id": n,
                "kind": kind,
                "value": value,
                "unit": UNIT[kind],
                "measured_time": datetime(2023, 3, 1, 22, 30),
            }
            for n, kind, value in [
                (1, "systolic", 151.0),
                (2, "diastolic", 88.0),
                (3, "pulse", 92.0),
            ]
        ],
        "prescription": [
            {
                **seen,
                "prescription_id": 5,
                "atc": "C10AA05",
                "ddd": 100.0,
                "refills": 3,
                "prescribed_date": date(2023, 3, 6),
                "indication": "I21.4",
            },
            {
                **seen,
                "prescription_id": 6,
                "atc": "A10BA02",
                "ddd": None,
                "refills": 0,
                "prescribed_date": date(2023, 3, 6),
                "indication": None,
            },
        ],
    }
    return {name: frame(name, found) for name, found in rows.items()}


_numbers = st.integers(1, 2**31 - 1)
_values = st.floats(-1e6, 1e6, allow_nan=False)
_days = st.dates(date(1910, 1, 1), date(2024, 12, 31))
_times = st.datetimes(datetime(2010, 1, 1), datetime(2024, 12, 31))
_names = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)
_fnr = st.builds(
    lambda day, month, rest: f"{day:02}{month + 80}{rest:07}",
    st.integers(1, 28),
    st.integers(1, 12),
    st.integers(0, 9_999_999),
)


@st.composite
def tables(draw: st.DrawFn) -> Tables:
    """Draw tables whose references hold: up to three patients and four encounters."""
    people = draw(st.lists(_numbers, min_size=1, max_size=3, unique=True))
    stays = {
        key: draw(st.sampled_from(people))
        for key in draw(st.lists(_numbers, min_size=1, max_size=4, unique=True))
    }
    patient = [
        {
            "patient_id": key,
            "fnr": draw(_fnr),
            "given_name": draw(_names),
            "family_name": draw(_names),
            "birth_date": draw(_days),
            "sex": draw(st.sampled_from("FM")),
            "municipality": draw(st.sampled_from(["3427", "5025", "0301"])),
            "gp_id": draw(st.none() | st.integers(1, 999)),
            "death_date": draw(st.none() | _days),
        }
        for key in people
    ]
    encounter = [
        {
            "encounter_id": key,
            "patient_id": who,
            "organisation_id": draw(st.integers(1, 99)),
            "practitioner_id": draw(st.integers(1, 999)),
            "kind": draw(st.sampled_from(list(ENCOUNTER_KIND))),
            "urgency": draw(st.sampled_from(["acute", "planned"])),
            "start_time": draw(_times),
            "end_time": draw(_times),
        }
        for key, who in stays.items()
    ]
    codes = [("ICD-10", "I21.4"), ("ICD-10", "Q99.9"), ("ICPC-2", "T90"), ("ICPC-2", "X99")]
    diagnosis = [
        {"encounter_id": key, "position": n, "code_system": system, "code": code}
        for key in sorted(stays)
        for n, (system, code) in enumerate(
            draw(st.lists(st.sampled_from(codes), max_size=3)), start=draw(st.integers(1, 2))
        )
    ]

    def at_stay() -> dict[str, int]:
        key = draw(st.sampled_from(list(stays)))
        return {"patient_id": stays[key], "encounter_id": key}

    def keys(most: int) -> list[int]:
        return draw(st.lists(_numbers, max_size=most, unique=True))

    lab_result = [
        {
            **at_stay(),
            "lab_result_id": key,
            "analyte": analyte,
            "value": draw(st.none() | _values),
            "unit": lab_codes()[analyte][1],
            "taken_time": draw(_times),
        }
        for key in keys(4)
        for analyte in [draw(st.sampled_from(sorted(lab_codes())))]
    ]
    moments = draw(st.lists(_times, min_size=1, max_size=2))
    vital_sign = [
        {
            **at_stay(),
            "vital_sign_id": key,
            "kind": kind,
            "value": draw(_values),
            "unit": UNIT[kind],
            "measured_time": draw(st.sampled_from(moments)),
        }
        for key in keys(6)
        for kind in [draw(st.sampled_from(list(VITAL_LOINC)))]
    ]
    prescription = [
        {
            **at_stay(),
            "prescription_id": key,
            "atc": draw(st.sampled_from(["C10AA05", "A10BA02", "Z99ZZ99"])),
            "ddd": draw(st.none() | st.floats(0.5, 500)),
            "refills": draw(st.integers(0, 4)),
            "prescribed_date": draw(_days),
            "indication": draw(st.none() | st.just("I21.4")),
        }
        for key in keys(3)
    ]
    made = {
        "patient": patient,
        "encounter": encounter,
        "diagnosis": diagnosis,
        "lab_result": lab_result,
        "vital_sign": vital_sign,
        "prescription": prescription,
    }
    return {name: frame(name, found) for name, found in made.items()}


@pytest.fixture(autouse=True)
def _english(english: None) -> None:
    """Faults are told in English."""


@pytest.fixture
def hand() -> Tables:
    return by_hand()


@pytest.fixture(scope="session")
def any_tables() -> st.SearchStrategy[Tables]:
    return tables()
