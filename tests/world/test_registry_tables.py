"""The nine registries of one clean partition, against the records and the population."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from labkit import codes, schema
from labkit.world.engine import make_tables
from labkit.world.part import Config
from labkit.world.registry.vaccination import COVERAGE_65, FIRST_SEASON

PSEUDONYM = {
    "npr": "pasient_id",
    "kpr": "pasientlopenr",
    "lmr": "lopenr",
    "dar": "lopenummer",
    "mfr": "mor_lopenr",
    "kreft": "pid",
    "infarkt": "pasientnr",
    "diabetes": "p_id",
    "sysvak": "person_lopenr",
}


@pytest.fixture(scope="module")
def clean() -> dict[str, pd.DataFrame]:
    tables = make_tables(Config(people=5_000, defects="none"), 0)
    return {name: plain(table).to_pandas() for name, table in tables.items() if name != "note"}


def plain(table: pa.Table) -> pa.Table:
    columns = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names)


@pytest.fixture(scope="module")
def person(clean) -> pd.Series:
    """Person id by pseudonym."""
    return clean["identity"].set_index("pseudonym")["person_id"]


@pytest.fixture(scope="module")
def records(clean) -> pd.DataFrame:
    """Encounters with person and main diagnosis."""
    who = clean["patient"].merge(clean["person"][["person_id", "fnr"]], on="fnr")
    main = clean["diagnosis"].query("position == 1")
    return clean["encounter"].merge(who[["patient_id", "person_id"]]).merge(main)


def sex(clean, person, name):
    known = clean["person"].set_index("person_id")["sex"]
    return known[person[clean[name][PSEUDONYM[name]]]].to_numpy()


def decimal(column: pd.Series) -> pd.Series:
    return column.str.replace(",", ".").astype(float)


@pytest.mark.parametrize("name", PSEUDONYM)
def test_keys_are_unique_and_every_pseudonym_is_known(clean, person, name):
    frame = clean[name]
    key = next(iter(schema.table(name).primary_key)).name
    assert len(frame) > 50
    assert frame[key].is_unique
    assert frame[PSEUDONYM[name]].isin(person.index).all()
    # Neither the order of the rows nor of the keys follows the persons.
    people = person[frame[PSEUDONYM[name]].drop_duplicates()].to_numpy()
    assert abs(np.corrcoef(np.arange(len(people)), people)[0, 1]) < 0.15
    assert frame[PSEUDONYM[name]].is_monotonic_increasing


def test_identity_covers_everyone_once(clean, person):
    assert person.index.is_unique
    assert sorted(person) == sorted(clean["person"]["person_id"])


@pytest.mark.parametrize("name", PSEUDONYM)
def test_coded_columns_hold_codes(clean, name):
    for column in schema.table(name).columns:
        system, values = column.info["codes"], clean[name][column.name].dropna()
        if isinstance(system, dict):
            assert set(values.astype(str).str.replace(".0", "")) <= set(system), column.name
        elif system is not None:
            parts = values.astype(str).str.split(";").explode()
            if name == "dar" and system == "icd10":
                parts = parts.map(codes.dotted)
            if name == "mfr":
                parts = parts.str.zfill(4)
            if column.name == "refusjonskode":
                either = codes.valid("icd10", parts) | codes.valid("icpc2", parts)
                assert either.all()
            else:
                assert codes.valid(system, parts).all(), (column.name, parts.unique()[:5])


def test_sex_and_birth_are_coded_each_in_its_own_way_and_agree(clean, person):
    coding = {
        "npr": ("kjonn", {1: "M", 2: "F"}),
        "kpr": ("kjonn", {"M": "M", "K": "F"}),
        "lmr": ("kjonn", {"Mann": "M", "Kvinne": "F"}),
        "dar": ("kjonn", {1: "M", 2: "F"}),
        "kreft": ("kjonn", {"MANN": "M", "KVINNE": "F"}),
        "infarkt": ("kvinne", {0: "M", 1: "F"}),
        "diabetes": ("kjonn", {"M": "M", "F": "F"}),
        "sysvak": ("kjonn", {"M": "M", "K": "F"}),
    }
    born = clean["person"].set_index("person_id")["birth_date"].map(lambda d: d.year)
    for name, (column, meaning) in coding.items():
        frame = clean[name]
        assert (frame[column].map(meaning) == sex(clean, person, name)).all(), name
        if "fodselsaar" in frame:
            year = born[person[frame[PSEUDONYM[name]]]].to_numpy()
            assert (frame["fodselsaar"] == year).all()


def test_npr_holds_every_stay_and_outpatient_contact(clean, person, records):
    stays = records[records["kind"].isin(["inpatient", "day", "outpatient"])]
    npr = clean["npr"].assign(person_id=lambda t: t["pasient_id"].map(person))
    columns = ["person_id", "start", "end", "code", "organisation", "level"]
    expected = stays.assign(
        level=stays["kind"].map({"inpatient": 1, "day": 2, "outpatient": 3})
    ).rename(columns={"start_time": "start", "end_time": "end", "organisation_id": "organisation"})
    found = npr.rename(
        columns={
            "inntid": "start",
            "uttid": "end",
            "hoveddiagnose": "code",
            "institusjon": "organisation",
            "omsorgsniva": "level",
        }
    )
    order = ["person_id", "start", "code"]
    pd.testing.assert_frame_equal(
        found[columns].sort_values(order, ignore_index=True),
        expected[columns].sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    secondary = clean["diagnosis"].query("position > 1 and code_system == 'ICD-10'")
    assert npr["bidiagnoser"].dropna().str.split(";").explode().shape[0] == len(secondary)


def test_municipality_numbers_are_those_of_the_time_or_of_today(clean):
    npr, kpr, dar = clean["npr"], clean["kpr"], clean["dar"]
    for frame, column, day in [
        (npr, "kommune", npr["inntid"]),
        (dar, "kommune", pd.to_datetime(dar["dodsdato"])),
    ]:
        for year, rows in frame.groupby(day.dt.year):
            assert codes.valid("municipality", rows[column], day=f"{year}-07-01").all()
    assert codes.valid("municipality", kpr["kommunenr"], day="2024-12-31").all()
    assert {"0437", "3427", "1640", "5025"} <= set(npr["kommune"])
    assert set(clean["lmr"]["kommune_navn"]) == set(clean["sysvak"]["bosted"])
    assert (clean["mfr"]["mors_kommune"] < 1000).any()  # the zero in front is lost


def test_kpr_starts_in_july_2016(clean, person, records):
    day = pd.to_datetime(clean["kpr"]["dato"], format="%d.%m.%Y")
    assert day.min() >= pd.Timestamp("2016-07-01")
    contacts = records[records["kind"].isin(["gp", "out_of_hours"])]
    later = contacts[contacts["start_time"] >= "2016-07-01"]
    assert len(clean["kpr"]) == len(later) < len(contacts)
    paid = decimal(clean["kpr"]["egenandel"])
    child = day.dt.year - clean["kpr"]["fodselsaar"] < 16
    assert (paid[child] == 0).all()
    # A fee is paid until the ceiling is passed, so nobody pays more than one fee above it.
    total = paid.groupby([clean["kpr"]["pasientlopenr"], day.dt.year]).sum()
    assert total.max() < 3165 + 288
    assert ((paid == 0) & (day.dt.year - clean["kpr"]["fodselsaar"] > 17)).any()


def test_lmr_has_dates_and_doses_as_text(clean):
    lmr = clean["lmr"]
    day = pd.to_datetime(lmr["utlevert"], format="%Y%m%d")
    assert day.between("2010-01-01", "2024-12-31").all()
    dose = lmr["ddd"].dropna()
    assert dose.str.fullmatch(r"\d+,\d\d").all()
    assert (decimal(dose) > 0).all()
    assert (lmr["pakninger"] >= 1).all()


def test_dar_is_the_deaths(clean, person):
    death = clean["death"].set_index("person_id")["death_date"]
    dar = clean["dar"].assign(person_id=lambda t: t["lopenummer"].map(person))
    assert set(dar["person_id"]) == set(death.index)
    assert (dar["dodsdato"].to_numpy() == death[dar["person_id"]].to_numpy()).all()
    assert not dar["underliggende"].str.contains(".", regex=False).any()


@pytest.mark.parametrize("name", ["npr", "kpr", "lmr", "sysvak", "infarkt", "diabetes"])
def test_nothing_happens_after_death(clean, person, name):
    column, form = {
        "npr": ("inntid", None),
        "kpr": ("dato", "%d.%m.%Y"),
        "lmr": ("utlevert", "%Y%m%d"),
        "sysvak": ("vaksinedato", "%Y-%m-%d"),
        "infarkt": ("innlagt", "%d.%m.%Y %H:%M"),
        "diabetes": ("kontrolldato", "%d.%m.%y"),
    }[name]
    death = clean["death"].set_index("person_id")["death_date"]
    who = clean[name][PSEUDONYM[name]].map(person)
    dead = pd.to_datetime(who.map(death))
    day = pd.to_datetime(clean[name][column], format=form).dt.normalize()
    assert (dead.isna() | (day <= dead)).all()


def test_births_agree_with_mothers_children_and_stays(clean, person, records):
    mfr = clean["mfr"]
    family = clean["family"].set_index("child_id")["mother_id"]
    live = mfr[mfr["vitalstatus"] == 0]
    child = live["barn_lopenr"].map(person)
    assert (family[child].to_numpy() == live["mor_lopenr"].map(person).to_numpy()).all()
    known = clean["person"].set_index("person_id")
    assert (known.loc[child, "birth_date"].to_numpy() == live["fodselsdato"].to_numpy()).all()
    assert (known.loc[child, "sex"].map({"M": 1, "F": 2}).to_numpy() == live["barnets_kjonn"]).all()
    assert mfr.loc[mfr["vitalstatus"] == 1, ["barn_lopenr", "apgar1", "apgar5"]].isna().all().all()
    assert mfr["mors_alder"].between(13, 55).all()
    assert (mfr["apgar1"].dropna() <= mfr["apgar5"].dropna()).all()
    # The caesarean sections are those of the records.
    section = clean["procedure"].query("code == 'MCA10'")["encounter_id"]
    stays = records[records["encounter_id"].isin(section)]
    mothers = set(zip(stays["person_id"], stays["start_time"].dt.date, strict=True))
    cut = live[live["forlosning"] == "sectio"]
    said = list(zip(cut["mor_lopenr"].map(person), cut["fodselsdato"], strict=True))
    assert np.mean([pair in mothers for pair in said]) > 0.9


def test_cancers_were_diagnosed_and_their_codes_fit(clean, person):
    kreft = clean["kreft"]
    onset = clean["onset"]
    cancers = onset[onset["disease"].str.endswith("cancer")]
    assert kreft["pid"].map(person).isin(cancers["person_id"]).all()
    sites = codes.load("icdo3").set_index("code")["icd10"].str.split(";").map(set)
    fits = [
        bool(sites[site] & sites[cell]) or cell == "8000/3"
        for site, cell in zip(kreft["topografi"], kreft["morfologi"], strict=True)
    ]
    assert all(fits)
    assert (kreft.loc[kreft["topografi"] == "C61.9", "kjonn"] == "MANN").all()
    month = pd.to_datetime(kreft["diagnosedato"], format="%Y-%m")
    assert (pd.to_datetime(kreft["meldt"]) >= month).all()
    unseen = kreft["morfologi"] == "8000/3"
    assert not (kreft["basis"][unseen] == 7).any()


def test_infarctions_are_main_diagnoses_in_npr_and_most_are_reported(clean):
    npr = clean["npr"]
    stays = npr[npr["hoveddiagnose"].str.startswith("I21") & (npr["omsorgsniva"] == 1)]
    stays = stays[stays["inntid"] >= "2013-01-01"].sort_values(["pasient_id", "inntid"])
    admitted = stays["inntid"].dt.normalize()
    gap = admitted.diff().dt.days
    new = (stays["pasient_id"] != stays["pasient_id"].shift()) | (gap >= 28)
    cases = stays[new]
    infarkt = clean["infarkt"]
    when = pd.to_datetime(infarkt["innlagt"], format="%d.%m.%Y %H:%M")
    reported = set(zip(infarkt["pasientnr"], when, strict=True))
    known = set(zip(cases["pasient_id"], cases["inntid"].dt.floor("min"), strict=True))
    assert reported < known
    assert 0.8 < len(reported) / len(known) < 0.97
    balloon = infarkt["dor_til_ballong_min"].notna()
    assert (balloon == ((infarkt["pci"] == "Ja") & (infarkt["infarkttype"] == "STEMI"))).all()


def test_check_ups_are_yearly_and_report_what_the_records_hold(clean, person):
    diabetes = clean["diabetes"]
    year = pd.to_datetime(diabetes["kontrolldato"], format="%d.%m.%y").dt.year
    assert not diabetes.assign(year=year).duplicated(["p_id", "year"]).any()
    assert (year >= diabetes["diagnoseaar"]).all()
    born = clean["person"].set_index("person_id")
    who = diabetes["p_id"].map(person)
    assert (born.loc[who, "fnr"].to_numpy() == diabetes["fnr_klinikk"].to_numpy()).all()
    labs = clean["lab_result"].query("analyte == 'hba1c'")
    link = clean["patient"].merge(clean["person"][["person_id", "fnr"]], on="fnr")
    labs = labs.merge(link[["patient_id", "person_id"]])
    in_records = set(zip(labs["person_id"], labs["value"].round(1), strict=True))
    value = decimal(diabetes["hba1c"])
    told = value.notna()
    assert told.mean() > 0.5
    assert all(pair in in_records for pair in zip(who[told], value[told].round(1), strict=True))


def test_identity_numbers_are_synthetic(clean):
    month = clean["diabetes"]["fnr_klinikk"].str[2:4].astype(int)
    assert month.between(81, 92).all()


def test_influenza_vaccination_at_65_follows_the_published_coverage(clean):
    born = pd.to_datetime(clean["person"].set_index("person_id")["birth_date"])
    entry = pd.to_datetime(clean["residence"].groupby("person_id")["from_date"].min())
    death = pd.to_datetime(clean["death"].set_index("person_id")["death_date"])
    sysvak = clean["sysvak"].query("vaksine == 'J07BB02'")
    day = pd.to_datetime(sysvak["vaksinedato"])
    for season, target in enumerate(COVERAGE_65, start=FIRST_SEASON):
        autumn = pd.Timestamp(f"{season}-10-01")
        old = born.index[born < autumn - pd.DateOffset(years=65)]
        old = old[(entry[old] < autumn) & ~(death.reindex(old) < pd.Timestamp(f"{season}-12-31"))]
        given = sysvak[day.between(autumn, pd.Timestamp(f"{season}-12-31"))]
        share = given["fodselsaar"].lt(season - 65).sum() / len(old)
        # Four standard errors of a share among about 1,000, and the year of birth for the day.
        assert abs(share - target / 100) < 0.075, (season, share)


def test_doses_against_covid_come_in_order(clean):
    covid = clean["sysvak"].dropna(subset="dosenr").sort_values(["person_lopenr", "vaksinedato"])
    assert covid["vaksinedato"].min() >= "2020-12-27"
    number = covid.groupby("person_lopenr").cumcount() + 1
    assert (covid["dosenr"] == number).all()
    day = pd.to_datetime(covid["vaksinedato"])
    gap = day.groupby(covid["person_lopenr"]).diff().dt.days
    assert gap.min() >= 21
    registered = pd.to_datetime(clean["sysvak"]["registrert"])
    delay = (registered - pd.to_datetime(clean["sysvak"]["vaksinedato"])).dt.days
    assert delay.between(0, 14).all()


def test_a_dataset_of_the_country_uses_known_numbers():
    made = make_tables(Config(people=600, region="norway", defects="none"), 0)
    today = plain(made["kpr"])["kommunenr"].to_pandas()
    assert codes.valid("municipality", today, day="2024-12-31").all()
    assert codes.label("municipality", today).notna().all()
    assert codes.valid("municipality", plain(made["npr"])["kommune"].to_pandas()).all()
    assert today.isin(["0301", "4601"]).any()
