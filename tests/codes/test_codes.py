from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit import codes
from labkit.errors import InputError

pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.parametrize("system", codes.SYSTEMS)
def test_every_system_loads_with_labels_in_both_languages(system):
    frame = codes.load(system)
    assert len(frame) > 10
    if system in ("icd10", "icpc2", "atc", "lab", "procedure", "municipality", "icdo3"):
        key = frame.columns[0]
        assert frame[key].is_unique
        for lang in ("nb", "en"):
            assert (codes.label(system, frame[key], lang).str.len() > 0).all()


@pytest.mark.parametrize("system", ["icd10", "icpc2", "icdo3", "atc", "procedure"])
def test_every_code_has_the_form_of_its_system(system):
    frame = codes.load(system)
    assert frame["code"][~codes.wellformed(system, frame["code"])].tolist() == []


def test_load_gives_a_copy():
    codes.load("icd10")["code"] = "spoilt"
    assert codes.valid("icd10", pd.Series(["C61"])).all()


def test_links_between_systems_exist():
    icd10 = codes.load("icd10")["code"]
    for system, column in [
        ("atc", "typical_icd10"),
        ("procedure", "typical_icd10"),
        ("icdo3", "icd10"),
        ("icpc2", "icd10"),
    ]:
        linked = codes.load(system)[column].str.split(";").explode()
        assert set(linked[linked != ""]) <= set(icd10), system
    drugs, levels = codes.load("atc")["code"], codes.load("atc_level")["code"]
    for length in (1, 3, 4, 5):
        assert set(drugs.str[:length]) <= set(levels)


def test_mapping_back_turns_the_direction():
    there = codes.mapping("icpc2", "icd10")
    back = codes.mapping("icd10", "icpc2")
    assert set(zip(there["source"], there["target"], strict=True)) == set(
        zip(back["target"], back["source"], strict=True)
    )
    assert (there["match"] == "broader").sum() == (back["match"] == "narrower").sum() > 0
    with pytest.raises(InputError, match="no map from atc"):
        codes.mapping("atc", "icd10")


# Statistics Norway's changes of municipality structure: 2018 Trøndelag, 2020 the reform.
@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("3424", "0432"),
        ("3426", "0436"),
        ("3427", "0437"),
        ("3428", "0438"),
        ("3429", "0439"),
        ("3430", "0441"),
    ],
)
def test_hedmark_municipalities_changed_number_in_2020(now, before):
    assert codes.municipality_at(now, date(2019, 12, 31)) == before
    assert codes.municipality_at(before, date(2020, 1, 1)) == now


@pytest.mark.parametrize(("now", "before"), [("5025", "1640"), ("5026", "1644")])
def test_trondelag_municipalities_changed_number_in_2018(now, before):
    assert codes.municipality_at(now, "2017-12-31") == before
    assert codes.municipality_at(now, "2018-01-01") == now


def test_numbers_that_changed_three_times():
    years = {2012: "0533", 2019: "0533", 2020: "3054", 2023: "3054", 2024: "3234"}
    assert {y: codes.municipality_at("3234", f"{y}-06-30") for y in years} == years


def test_merged_municipalities_are_ambiguous_backwards():
    assert codes.municipalities_at("5001", "2017-05-17") == ("1601", "1662")
    assert codes.municipality_at("1662", "2018-05-17") == "5030"
    assert codes.municipality_at("1662", "2024-05-17") == "5001"
    with pytest.raises(InputError, match="several municipalities"):
        codes.municipality_at("5001", "2017-05-17")


@given(st.dates(date(2010, 1, 1), date(2026, 1, 1)), st.integers(0, 85))
def test_the_number_of_a_day_is_in_force_that_day(day, place):
    number = codes.load("municipality")["code_2024"][place]
    found = codes.municipalities_at(number, day)
    assert found
    assert set(found) <= set(codes.municipality_numbers(day))
    for one in found:
        assert number in codes.municipalities_at(one, date(2024, 1, 1))


def test_every_number_has_a_name():
    numbers = pd.Series(codes.municipality_numbers())
    assert codes.label("municipality", numbers).notna().all()
    assert codes.valid("municipality", numbers).all()


@pytest.mark.parametrize("day", ["31.12.2019", 2019, None, ""])
def test_a_day_that_is_none_is_refused(day):
    with pytest.raises(InputError, match="is not a day"):
        codes.municipality_at("3427", day)


def test_unknown_things_are_named():
    with pytest.raises(InputError, match="no code system 'snomed'"):
        codes.load("snomed")
    with pytest.raises(InputError, match="'I99' is not in the subset"):
        codes.label("icd10", "I99")
    with pytest.raises(InputError, match="'0000'"):
        codes.municipality_at("0000", "2020-01-01")
    with pytest.raises(InputError, match=r"codes of .* have no fixed form"):
        codes.wellformed("lab", pd.Series(["crp"]))


def test_dots_come_back():
    for code in codes.load("icd10").loc[lambda t: t["scope"] != "hospital", "code"]:
        assert codes.dotted(codes.undotted(code)) == code


def test_an_official_file_replaces_the_subset(tmp_path: Path):
    path = tmp_path / "icd.csv"
    path.write_bytes(
        "Kode;Tekst\nI21.9;Hjerteinfarkt, uspesifisert\nA00;Kolera\n".encode("latin-1")
    )
    frame = codes.load("icd10", path, code="Kode", label="Tekst", encoding="latin-1")
    assert frame["code"].tolist() == ["I21.9", "A00"]
    assert frame["label_nb"][0] == "Hjerteinfarkt, uspesifisert"


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (
            b"Kode;Tekst\nI21.9;x\n",
            {"code": "code"},
            "no column 'code'. The columns are Kode, Tekst",
        ),
        (b"Kode;Tekst\n1;x\n2;y\n", {}, "form of icd10; the first is '1'"),
        ("Kode;Tekst\nI21.9;må\n".encode("latin-1"), {}, "encoding='latin-1'"),
    ],
)
def test_an_official_file_that_does_not_fit_is_explained(tmp_path, content, arguments, message):
    path = tmp_path / "icd.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        codes.load("icd10", path, **({"code": "Kode", "label": "Tekst"} | arguments))


def test_a_missing_official_file_is_explained(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        codes.load("icd10", tmp_path / "none.csv")
