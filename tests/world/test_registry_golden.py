"""Three invented people, written out by hand, and what four registries say of them."""

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from labkit.world.diagnosis_codes import DIAGNOSES, PROCEDURES, place
from labkit.world.drugs import DRUGS
from labkit.world.part import NEVER, Config, Part, People
from labkit.world.registry.death import dar
from labkit.world.registry.dispensed import lmr
from labkit.world.registry.hospital import npr
from labkit.world.registry.primary import kpr
from labkit.world.registry.pseudonym import identity
from labkit.world.tables import finish

ROROS, TYNSET = 6, 2  # places in the region


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def minute(text: str) -> int:
    return int((datetime.fromisoformat(text) - datetime(1970, 1, 1)).total_seconds() // 60)


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict]]:
    part = Part(Config(people=3, defects="none"), 0, 0, 3)
    part.people = People(
        person_id=np.array([1, 2, 3]),
        fnr=np.array([b"01835000000"] * 3),
        birth=np.array([day("1950-03-01"), day("2005-06-15"), day("1980-01-01")], dtype=np.int32),
        entry=np.full(3, day("2010-01-01"), dtype=np.int32),
        female=np.array([True, False, False]),
        municipality=np.array([ROROS, TYNSET, TYNSET], dtype=np.int16),
        education=np.array([2, 0, 3], dtype=np.int8),
        mother=np.array([-1, 0, -1], dtype=np.int32),
        death=np.array([day("2021-02-03"), NEVER, NEVER], dtype=np.int32),
    )
    homes = [
        (1, "2010-01-01", "1640"),
        (1, "2018-01-01", "5025"),
        (2, "2010-01-01", "0437"),
        (2, "2020-01-01", "3427"),
        (3, "2010-01-01", "0437"),
        (3, "2020-01-01", "3427"),
    ]
    part.tables["residence"] = {
        "person_id": np.array([h[0] for h in homes]),
        "from_date": np.array([h[1] for h in homes], dtype="datetime64[D]"),
        "to_date": np.array(["NaT"] * len(homes), dtype="datetime64[D]"),
        "municipality": pa.array([h[2] for h in homes]),
    }
    # person, kind (0 inpatient, 2 outpatient, 3 GP, 4 out of hours), start, stop, acute, codes
    stays = [
        (0, 0, "2017-12-31 22:00", "2018-01-04 11:00", True, ["I21.4", "I10", "E11.9"]),
        (0, 0, "2018-01-04 13:30", "2018-01-06 09:00", True, ["I21.4"]),
        (0, 3, "2016-06-30 09:00", "2016-06-30 09:20", False, ["K86"]),
        (0, 3, "2016-07-01 09:00", "2016-07-01 09:20", False, ["K86"]),
        (1, 4, "2019-12-31 23:30", "2019-12-31 23:55", True, ["R74"]),
        (1, 4, "2021-06-15 18:00", "2021-06-15 18:20", True, ["R74"]),
        (1, 2, "2020-05-05 10:00", "2020-05-05 10:30", False, ["J45.0"]),
    ]
    stays.sort(key=lambda s: (s[0], s[2]))
    n = len(stays)
    pci = [s[2] == "2018-01-04 13:30" for s in stays]
    part.contacts = {
        "person": np.array([s[0] for s in stays], dtype=np.int32),
        "kind": np.array([s[1] for s in stays], dtype=np.int8),
        "day": np.array([minute(s[2]) // 1440 for s in stays]),
        "start": np.array([minute(s[2]) for s in stays]),
        "stop": np.array([minute(s[3]) for s in stays]),
        "acute": np.array([s[4] for s in stays]),
        "main": np.array([place(s[5][0]) for s in stays], dtype=np.int16),
        "organisation": np.array([4] * n, dtype=np.int32),
    }
    part.tables["encounter"] = {"encounter_id": part.ids(n)}
    part.tables["diagnosis"] = {
        "encounter_id": np.repeat(part.ids(n), [len(s[5]) for s in stays]),
        "position": np.concatenate([np.arange(1, len(s[5]) + 1) for s in stays]),
        "code": pa.array([code for s in stays for code in s[5]]),
    }
    part.tables["procedure"] = {
        "encounter_id": part.ids(n)[pci],
        "position": np.ones(1, dtype=np.int16),
        "code": pa.array(["FNG05"]),
    }
    part.dispensings = {
        "person": np.array([0, 2], dtype=np.int32),
        "day": np.array([day("2018-01-10"), day("2022-11-30")], dtype=np.int32),
        "atc": np.array([DRUGS.index("C10AA05"), DRUGS.index("C09DX04")], dtype=np.int16),
        "packs": np.array([1, 2], dtype=np.int16),
        "indication": np.array([place("I25.1"), -1], dtype=np.int16),
    }
    part.causes = {
        "person": np.array([0], dtype=np.int32),
        "underlying": np.array([place("I21.4")], dtype=np.int16),
        "contributing": np.array([[place("I10"), place("E11.9"), -1]], dtype=np.int16),
    }
    assert PROCEDURES
    assert DIAGNOSES
    for step in (identity, npr, kpr, lmr, dar):
        step(part)
    wanted = {n: part.tables[n] for n in ("identity", "npr", "kpr", "lmr", "dar")}
    part.tables = wanted
    made = {name: table.to_pylist() for name, table in finish(part).items()}
    who = {row["pseudonym"]: row["person_id"] for row in made["identity"]}
    for name, column in [
        ("npr", "pasient_id"),
        ("kpr", "pasientlopenr"),
        ("lmr", "lopenr"),
        ("dar", "lopenummer"),
    ]:
        for row in made[name]:
            row["who"] = who[row.pop(column)]
        made[name].sort(key=lambda row: row["who"])
    return made


def without(rows: list[dict], *columns: str) -> list[dict]:
    return [{k: v for k, v in row.items() if k not in columns} for row in rows]


def test_npr(tables):
    shared = {"who": 1, "fodselsaar": 1950, "kjonn": 2, "institusjon": 4, "hastegrad": 1}
    assert without(tables["npr"], "opphold_id") == [
        {
            **shared,
            "kommune": "1640",  # admitted on the last day of the old number
            "omsorgsniva": 1,
            "inntid": datetime(2017, 12, 31, 22),
            "uttid": datetime(2018, 1, 4, 11),
            "hoveddiagnose": "I21.4",
            "bidiagnoser": "I10;E11.9",
            "prosedyrer": None,
        },
        {
            **shared,
            "kommune": "5025",
            "omsorgsniva": 1,
            "inntid": datetime(2018, 1, 4, 13, 30),
            "uttid": datetime(2018, 1, 6, 9),
            "hoveddiagnose": "I21.4",
            "bidiagnoser": None,
            "prosedyrer": "FNG05",
        },
        {
            "who": 2,
            "fodselsaar": 2005,
            "kjonn": 1,
            "kommune": "3427",
            "institusjon": 4,
            "omsorgsniva": 3,
            "hastegrad": 4,
            "inntid": datetime(2020, 5, 5, 10),
            "uttid": datetime(2020, 5, 5, 10, 30),
            "hoveddiagnose": "J45.0",
            "bidiagnoser": None,
            "prosedyrer": None,
        },
    ]


def test_kpr_begins_in_july_2016_and_uses_the_numbers_of_2024(tables):
    assert without(tables["kpr"], "kontakt_id", "fodselsaar") == [
        {
            "who": 1,
            "kjonn": "K",
            "kommunenr": "5025",
            "dato": "01.07.2016",
            "tjeneste": "fastlege",
            "diagnose": "K86",
            "egenandel": "152,00",
        },
        {
            "who": 2,
            "kjonn": "M",
            "kommunenr": "3427",
            "dato": "31.12.2019",
            "tjeneste": "legevakt",
            "diagnose": "R74",
            "egenandel": "0,00",  # 14 years old
        },
        {
            "who": 2,
            "kjonn": "M",
            "kommunenr": "3427",
            "dato": "15.06.2021",
            "tjeneste": "legevakt",
            "diagnose": "R74",
            "egenandel": "280,00",  # 16 years old that day
        },
    ]


def test_lmr(tables):
    assert without(tables["lmr"], "utlevering_id") == [
        {
            "who": 1,
            "fodselsaar": 1950,
            "kjonn": "Kvinne",
            "kommune_navn": "Røros",
            "utlevert": "20180110",
            "atc": "C10AA05",
            "pakninger": 1,
            "ddd": "200,00",
            "refusjonskode": "I25.1",
        },
        {
            "who": 3,
            "fodselsaar": 1980,
            "kjonn": "Mann",
            "kommune_navn": "Tynset",
            "utlevert": "20221130",
            "atc": "C09DX04",
            "pakninger": 2,
            "ddd": None,
            "refusjonskode": None,
        },
    ]


def test_dar(tables):
    assert tables["dar"] == [
        {
            "who": 1,
            "fodselsaar": 1950,
            "kjonn": 2,
            "kommune": "5025",
            "dodsdato": date(2021, 2, 3),
            "underliggende": "I214",
            "medvirkende": "I10;E119",
        }
    ]
