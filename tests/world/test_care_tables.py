"""Encounters and what hangs on them: keys, order in time, codes, plausible amounts."""

import csv
from importlib.resources import files

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from labkit.world.engine import make_tables
from labkit.world.labs import ckd_epi_2021
from labkit.world.part import Config, Part
from labkit.world.tables import finish

EHR = ["patient", "encounter", "diagnosis", "procedure", "lab_result", "vital_sign", "prescription"]


@pytest.fixture(scope="module")
def tables(part: Part) -> dict[str, pd.DataFrame]:
    made = finish(part)
    names = [*EHR, "person", "death", "exposure"]
    return {name: made[name].to_pandas() for name in names}


def codes(name: str) -> pd.DataFrame:
    with (files("labkit.codes") / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.DataFrame(list(csv.DictReader(file))).set_index("code")


def test_keys_hold(tables: dict[str, pd.DataFrame]) -> None:
    encounter = tables["encounter"]
    assert encounter["encounter_id"].is_unique
    assert encounter["patient_id"].isin(tables["patient"]["patient_id"]).all()
    assert tables["patient"]["patient_id"].is_unique
    for name in ("diagnosis", "procedure", "lab_result", "vital_sign", "prescription"):
        assert tables[name]["encounter_id"].isin(encounter["encounter_id"]).all(), name
    assert not tables["diagnosis"].duplicated(["encounter_id", "position"]).any()
    assert set(tables["diagnosis"].groupby("encounter_id")["position"].min()) == {1}
    of = encounter.set_index("encounter_id")["patient_id"]
    for name in ("lab_result", "vital_sign", "prescription"):
        table = tables[name]
        assert (of.loc[table["encounter_id"]].to_numpy() == table["patient_id"]).all(), name


def test_time_runs_forward(tables: dict[str, pd.DataFrame]) -> None:
    patient = tables["patient"].set_index("patient_id")
    encounter = tables["encounter"]
    assert (encounter["start_time"] <= encounter["end_time"]).all()
    birth = pd.to_datetime(patient.loc[encounter["patient_id"], "birth_date"]).to_numpy()
    death = pd.to_datetime(patient.loc[encounter["patient_id"], "death_date"]).to_numpy()
    assert (encounter["start_time"].dt.normalize().to_numpy() >= birth).all()
    dead = ~np.isnat(death)
    assert (encounter["end_time"].dt.normalize().to_numpy()[dead] <= death[dead]).all()
    start = encounter.set_index("encounter_id")
    taken = tables["lab_result"]
    assert (start.loc[taken["encounter_id"], "start_time"].to_numpy() <= taken["taken_time"]).all()
    assert encounter["start_time"].min() >= pd.Timestamp("2010-01-01")
    assert encounter["start_time"].max() < pd.Timestamp("2025-01-01")


def test_stays_do_not_overlap(tables: dict[str, pd.DataFrame]) -> None:
    stays = (
        tables["encounter"].query("kind == 'inpatient'").sort_values(["patient_id", "start_time"])
    )
    before = stays.groupby("patient_id")["end_time"].shift()
    gap = (stays["start_time"] - before).dt.total_seconds() / 3600
    assert (gap.dropna() >= 0).all()
    near = gap.between(0, 8, inclusive="left").mean()
    assert 0.01 < near < 0.06  # stays that count as one


def test_codes_are_known_and_fit_the_patient(tables: dict[str, pd.DataFrame]) -> None:
    diagnosis = tables["diagnosis"].merge(tables["encounter"], on="encounter_id")
    diagnosis = diagnosis.merge(tables["patient"], on="patient_id")
    hospital = diagnosis["kind"].isin(["inpatient", "day", "outpatient"])
    assert (diagnosis["code_system"].eq("ICD-10") == hospital).all()
    icd, icpc = codes("icd10"), codes("icpc2")
    assert diagnosis.loc[hospital, "code"].isin(icd.index).all()
    assert diagnosis.loc[~hospital, "code"].isin(icpc.index).all()
    coded = diagnosis[hospital]
    limits = icd.loc[coded["code"]].reset_index(drop=True)
    assert ((limits["sex"] == "any") | (limits["sex"] == coded["sex"].to_numpy())).all()
    start = coded["start_time"].dt.normalize()
    age = ((start - pd.to_datetime(coded["birth_date"])).dt.days / 365.25).to_numpy()
    low = limits["age_from"].astype(float).to_numpy()
    outside = (age < low - 0.1) | (age > limits["age_to"].astype(float).to_numpy() + 1.1)
    assert outside.mean() < 0.005
    assert tables["procedure"]["code"].isin(codes("procedures").index).all()
    assert tables["prescription"]["atc"].isin(codes("atc").index).all()
    assert tables["prescription"]["indication"].dropna().isin(icd.index).all()


def test_what_is_planned_happens_on_weekdays(tables: dict[str, pd.DataFrame]) -> None:
    encounter = tables["encounter"]
    office = encounter["kind"].isin(["gp", "outpatient", "day"])
    planned = encounter[office & (encounter["urgency"] == "planned")]
    assert (planned["start_time"].dt.dayofweek < 5).all()
    assert planned["start_time"].dt.hour.between(7, 15).all()
    night = encounter.query("kind == 'out_of_hours'")["start_time"]
    assert ((night.dt.hour >= 16) | (night.dt.dayofweek > 4)).all()


def test_people_leave_a_ward_by_day_and_die_at_any_hour(tables: dict[str, pd.DataFrame]) -> None:
    stays = tables["encounter"].query("kind == 'inpatient'").merge(tables["patient"])
    ends = stays["end_time"]
    died = ends.dt.normalize() == pd.to_datetime(stays["death_date"])
    by_day = ends[~died].dt.hour.between(8, 19).mean()
    assert by_day > 0.9
    nights = ends[died].dt.hour.between(0, 5).mean()
    assert 0.1 < nights < 0.4  # a quarter of the hours
    last_minute = (ends.dt.hour == 23) & (ends.dt.minute == 59)
    assert last_minute[ends < "2024-12-31"].mean() < 0.005


def test_amounts_of_care(part: Part, tables: dict[str, pd.DataFrame]) -> None:
    """Contacts per person-year: Statistics Norway 2019-2023, with room for an older region."""
    people = part.people
    assert people is not None
    assert people.death is not None
    years = (np.minimum(people.death, 20_088) - people.entry).sum() / 365.25
    per_year = tables["encounter"]["kind"].value_counts() / years
    wanted = {"gp": 3.0, "out_of_hours": 0.23, "outpatient": 1.19, "day": 0.064, "inpatient": 0.149}
    for kind, rate in wanted.items():
        assert 0.9 * rate < per_year[kind] < 1.3 * rate, kind


def test_values_follow_disease(part: Part, tables: dict[str, pd.DataFrame]) -> None:
    labs = tables["lab_result"].merge(tables["patient"], on="patient_id")
    assert 0.003 < labs["value"].isna().mean() < 0.01
    people = part.people
    assert people is not None
    place = pd.Series(np.arange(part.size), index=people.fnr.astype("U11"))
    labs["place"] = place.loc[labs["fnr"]].to_numpy()
    day = (labs["taken_time"] - pd.Timestamp("1970-01-01")).dt.days

    def ill(name: str) -> np.ndarray:
        return part.onset[name][labs["place"]] <= day

    def middle(analyte: str, who: np.ndarray) -> float:
        return float(labs.loc[(labs["analyte"] == analyte) & who, "value"].median())

    diabetic, healthy = ill("t2d"), ~(ill("t2d") | ill("t1d"))
    assert 47 <= middle("hba1c", diabetic) <= 54
    assert 34 <= middle("hba1c", healthy) <= 38
    assert middle("egfr", ill("ckd")) < 60 < middle("egfr", ~ill("ckd"))
    assert middle("ntprobnp", ill("hf")) > 8 * middle("ntprobnp", ~ill("hf"))


def test_egfr_is_that_of_the_creatinine_beside_it(tables: dict[str, pd.DataFrame]) -> None:
    labs = tables["lab_result"].merge(tables["patient"], on="patient_id")
    keys = ["encounter_id", "taken_time"]
    both = labs[labs["analyte"] == "egfr"].merge(
        labs.loc[labs["analyte"] == "creatinine", [*keys, "value"]], on=keys, suffixes=("", "_crea")
    )
    both = both.dropna(subset=["value", "value_crea"]).drop_duplicates(keys)
    day = both["taken_time"].dt.normalize() - pd.to_datetime(both["birth_date"])
    age = (day.dt.days / 365.25).to_numpy()
    again = ckd_epi_2021(both["value_crea"].to_numpy(), age, (both["sex"] == "F").to_numpy())
    assert len(both) > 1000
    assert np.abs(np.minimum(again, 150) - both["value"]).max() < 1.1


def test_cholesterol_adds_up(tables: dict[str, pd.DataFrame]) -> None:
    labs = tables["lab_result"].dropna(subset=["value"])
    wide = labs.pivot_table(index="encounter_id", columns="analyte", values="value", observed=True)
    wide = wide[["chol_total", "chol_ldl", "chol_hdl", "triglyc"]].dropna()
    total = wide["chol_ldl"] + wide["chol_hdl"] + wide["triglyc"] / 2.2
    assert (total - wide["chol_total"]).abs().max() < 0.06


def test_patient_numbers_tell_nothing_of_the_person(part: Part) -> None:
    patient = part.tables["patient"]["patient_id"]
    people = part.people
    assert people is not None
    number = pd.Series(patient, index=finish(part)["patient"]["fnr"].to_pylist())
    person = pd.Series(people.person_id, index=people.fnr.astype("U11")).loc[number.index]
    assert abs(np.corrcoef(number, person)[0, 1]) < 0.06


def test_dispensings_come_after_their_prescription(part: Part) -> None:
    collected = part.dispensings
    table = finish(part)["prescription"].to_pandas().set_index("prescription_id")
    row = table.loc[collected["prescription_id"]]
    written = (pd.to_datetime(row["prescribed_date"]) - pd.Timestamp("1970-01-01")).dt.days
    wait = collected["day"] - written.to_numpy()
    assert wait.min() >= 0
    assert wait.max() < 365
    times = pd.Series(collected["prescription_id"]).value_counts()
    assert (times <= 1 + table.loc[times.index, "refills"]).all()
    people = part.people
    assert people is not None
    assert people.death is not None
    assert (collected["day"] <= people.death[collected["person"]]).all()
    # Never collected: 4 % of single courses, as the kit sets it.
    single = table[(table["refills"] == 0) & (table["atc"] != "A11CC05")]
    assert abs(1 - single.index.isin(times.index).mean() - 0.04) < 0.015


def test_causes_of_death_are_icd10_codes_that_fit(part: Part) -> None:
    icd = codes("icd10").reset_index()
    people = part.people
    assert people is not None
    assert people.death is not None
    found = part.causes
    assert len(found["person"]) == (people.death <= 20_088).sum()
    assert (found["underlying"] < len(icd)).all()
    sex = icd["sex"].to_numpy()[found["underlying"]]
    female = people.female[found["person"]]
    assert ((sex == "any") | ((sex == "F") == female)).all()
    listed = found["contributing"]
    assert ((listed != found["underlying"][:, None]) | (listed < 0)).all()


def test_one_seed_gives_one_content() -> None:
    config = Config(people=400, seed=8)
    first, second = make_tables(config, 0), make_tables(config, 0)
    for name in EHR:
        assert first[name].equals(second[name]), name
    other = make_tables(Config(people=400, seed=9), 0)
    assert not first["encounter"].equals(other["encounter"])
    assert isinstance(first["encounter"], pa.Table)


def test_hospital_care_comes_to_few_and_more_than_once(tables: dict[str, pd.DataFrame]) -> None:
    """About three outpatient visits a year for each patient; most see no hospital in a year."""
    of_year = tables["encounter"][tables["encounter"]["start_time"].dt.year == 2019]
    person, death = tables["person"], tables["death"]
    alive = len(person) - (pd.to_datetime(death["death_date"]) < "2019-01-01").sum()
    visits = of_year[of_year["kind"] == "outpatient"]
    assert 2.2 < len(visits) / visits["patient_id"].nunique() < 4
    hospital = of_year[of_year["kind"].isin(["inpatient", "day", "outpatient"])]
    assert hospital["patient_id"].nunique() < 0.48 * alive


def test_four_of_ten_dead_were_in_hospital_in_their_last_month(
    tables: dict[str, pd.DataFrame],
) -> None:
    dead = tables["patient"].dropna(subset="death_date")
    stays = tables["encounter"][tables["encounter"]["kind"] == "inpatient"]
    last = stays.groupby("patient_id")["end_time"].max().reindex(dead["patient_id"])
    days = pd.to_datetime(dead["death_date"]).to_numpy() - last.to_numpy()
    share = (days <= np.timedelta64(30, "D")).mean()
    assert 0.3 < share < 0.6
