"""A whole dataset held against targets and invariants, and datasets in which something is wrong."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stdnum.no import fodselsnummer as oracle

from labkit.errors import DataError, InputError
from labkit.messages import LANGUAGES, set_language
from labkit.world.generate import generate
from labkit.world.part import Config
from labkit.world.validate import Report, validate
from labkit.world.validate.dataset import open_dataset
from labkit.world.validate.invariant import valid_numbers
from labkit.world.validate.measure import measure, metrics
from labkit.world.validate.report import as_page, interval, wanted, write_report
from labkit.world.validate.show import validate_shown
from labkit.world.validate.target import targets

SOME = ("death_rate", "gp_consultations", "staff_survey", "life_expectancy_at_birth", "bmi_mean")


@pytest.fixture(scope="module")
def clean(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("validate") / "clean"
    generate(Config(people=5_200, seed=5, defects="none"), folder)
    return folder


@pytest.fixture(scope="module")
def report(small: Path, clean: Path) -> Report:
    return validate(small, clean=clean, only=SOME)


def copy(small: Path, to: Path) -> Path:
    """Copy the files that validation reads; large ones are linked."""
    shutil.copytree(small, to, copy_function=lambda a, b: Path(b).symlink_to(a))
    return to


def change(path: Path, table: pa.Table) -> None:
    path.unlink()
    pq.write_table(table, path)


def test_figures_are_written_as_the_language_writes_them(report: Report) -> None:
    ages = next(v for v in report.verdicts if v.target.metric == "life_expectancy_at_birth")
    for text in (wanted(ages, "en"), interval(ages, "en")):
        assert "." in text
        assert "," not in text
    assert wanted(ages, "nb") == wanted(ages, "en").replace(".", ",")
    assert interval(ages, "nb") == interval(ages, "en").replace(".", ",")


def test_everything_that_must_hold_holds(report: Report) -> None:
    assert [one.name for one in report.broken] == []
    names = {one.name for one in report.invariants}
    assert {"fnr.digits", "key.encounter.patient_id", "date.encounter", "defect.key"} <= names
    assert {"code.diagnosis.code", "clean.npr", "clean.encounter"} <= names
    assert {"code.onset.disease", "code.effect.outcome", "code.defect.kind"} <= names
    assert sum(one.rows for one in report.invariants) > 1_000_000


def test_identity_numbers_against_python_stdnum(small: Path) -> None:
    people = pq.read_table(small / "population" / "person.parquet").to_pylist()
    for person in people[::7]:
        number = person["fnr"]
        plain = f"{number[:2]}{int(number[2:4]) - 80:02}{number[4:]}"
        assert oracle.is_valid(plain)
        assert oracle.get_birth_date(plain) == person["birth_date"]
        assert oracle.get_gender(plain) == person["sex"]


@pytest.mark.parametrize(
    ("digit", "becomes", "broken"),
    [(2, "1", "synthetic"), (10, None, "digits"), (0, "3", "date"), (8, None, "sex")],
)
def test_a_wrong_number_is_seen(small: Path, digit: int, becomes: str | None, broken: str) -> None:
    person = pq.read_table(small / "population" / "person.parquet").slice(0, 50)
    numbers = np.array(person["fnr"].to_pylist(), dtype="U11")
    birth = person["birth_date"].to_numpy().astype("M8[D]")
    female = np.array(person["sex"].to_pylist()) == "F"
    assert not any(valid_numbers(numbers, birth, female).values())
    old = numbers[3][digit]
    new = becomes if becomes and becomes != old else str((int(old) + 1) % 10)
    numbers[3] = numbers[3][:digit] + new + numbers[3][digit + 1 :]
    assert valid_numbers(numbers, birth, female)[broken] == 1


def test_small_datasets_say_that_they_are_small(report: Report) -> None:
    words = {v.word for v in report.verdicts if v.target.metric == "death_rate"}
    assert "too few" in words
    assert {v.word for v in report.verdicts if v.target.metric == "staff_survey"} == {"pass"}


def test_every_metric_can_be_measured(small: Path) -> None:
    connection = open_dataset(small)
    one_each = {t.metric: t for t in targets()}
    for name in metrics():
        if name in one_each:
            found = measure(connection, one_each[name])
            assert not found.value < 0 or name in ("mi_incidence_trend", "influenza_peak_week")
            assert not found.high < found.low


def test_standardised_people_are_as_many_as_in_the_country(small: Path) -> None:
    connection = open_dataset(small)
    rows = connection.execute(
        "SELECT sum(w * years) / any_value(people) FROM py JOIN "
        "(SELECT sum(people) AS people FROM standard WHERE year = 2015) AS country ON true "
        "WHERE py.year = 2016"
    ).fetchall()
    assert rows[0][0] == pytest.approx(1, abs=0.01)  # less for the very old who are not there


def test_an_encounter_after_death_and_an_unknown_code_are_seen(small: Path, tmp_path: Path) -> None:
    folder = copy(small, tmp_path / "wrong")
    path = folder / "population" / "death.parquet"
    death = pq.read_table(path)
    earlier = pa.array(death["death_date"].to_numpy().astype("M8[D]") - np.timedelta64(400, "D"))
    change(path, death.set_column(1, "death_date", earlier))
    path = folder / "ehr" / "diagnosis.parquet"
    diagnosis = pq.read_table(path)
    codes = diagnosis["code"].to_pylist()
    codes[:3] = ["I2l.9", "XXX", "q99"]
    place = diagnosis.schema.get_field_index("code")
    change(path, diagnosis.set_column(place, "code", pa.array(codes)))
    broken = {one.name: one.breaks for one in validate(folder, only=("staff_survey",)).broken}
    assert broken["date.encounter"] > 10
    assert broken["code.diagnosis.code"] == 3
    assert "key.encounter" not in broken


@pytest.mark.usefixtures("english")
def test_a_key_that_does_not_fit_is_refused(small: Path, tmp_path: Path) -> None:
    folder = copy(small, tmp_path / "wrong")
    path = folder / "truth" / "defect.parquet"
    key = pq.read_table(path)
    change(path, key.set_column(2, "row_key", pa.array([1] * len(key), pa.int64())))
    with pytest.raises(DataError, match="key belongs to another dataset"):
        validate(folder)


def test_a_change_that_the_key_does_not_tell_is_seen(
    small: Path, clean: Path, tmp_path: Path
) -> None:
    folder = copy(small, tmp_path / "wrong")
    path = folder / "registry" / "dar.parquet"
    dar = pq.read_table(path)
    years = dar["fodselsaar"].to_numpy().copy()
    years[0] += 1
    change(path, dar.set_column(1, "fodselsaar", pa.array(years, pa.int16())))
    held = validate(folder, clean=clean, only=("staff_survey",)).broken
    assert [(one.name, one.breaks) for one in held] == [("clean.dar", 2)]  # one gone, one new


def test_days_that_do_not_follow_each_other_are_seen(small: Path, tmp_path: Path) -> None:
    folder = copy(small, tmp_path / "wrong")
    for file, column in (("ehr/note", "written_time"), ("survey/consent", "given_date")):
        path = folder / f"{file}.parquet"
        table = pq.read_table(path)
        place = table.schema.get_field_index(column)
        field = table.schema.field(place)
        late = table[column].cast(pa.timestamp("us")).to_numpy() + np.timedelta64(9000, "D")
        change(path, table.set_column(place, field, pa.array(late).cast(field.type)))
    consent = pq.read_table(folder / "survey" / "consent.parquet")
    withdrawn = len(consent) - consent["withdrawn_date"].null_count
    broken = {one.name: one.breaks for one in validate(folder, only=("staff_survey",)).broken}
    notes = pq.read_metadata(folder / "ehr" / "note.parquet").num_rows
    assert broken["date.note.encounter"] == notes
    assert broken["date.consent"] == withdrawn > 0


def test_rules_and_sources_are_told_in_the_language_of_the_report(report: Report) -> None:
    pages = {lang: as_page(report, lang) for lang in LANGUAGES}
    for nb, en in (
        ("mens personen lever", "while the person lives"),
        ("finnes i person.person_id", "is in person.person_id"),
        ("samme innhold", "the same content"),
        ("etter hukommelsen", "from memory"),
    ):
        assert nb in pages["nb"]
        assert en not in pages["nb"]
        assert en in pages["en"]
        assert nb not in pages["en"]


def test_report_is_whole_and_needs_nothing_else(report: Report, tmp_path: Path) -> None:
    page, data = write_report(report, tmp_path)
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "<script" not in text
    assert "src=" not in text
    content = json.loads(data.read_text(encoding="utf-8"))
    assert len(content["targets"]) == len(report.verdicts)
    assert sum(content["counts"].values()) == len(report.verdicts)
    assert {"metric", "tolerance", "source", "measured", "low", "high", "verdict"} <= set(
        content["targets"][0]
    )
    assert content["valid"] == report.is_valid


def test_shown_in_both_languages(small: Path, tmp_path: Path, capsys) -> None:
    folder = copy(small, tmp_path / "shown")
    try:
        for lang, words in (("nb", "Datasettet består."), ("en", "The dataset passes.")):
            set_language(lang)
            assert validate_shown(folder, only=("staff_survey",), every=True)
            assert words in capsys.readouterr().out
            assert f'lang="{lang}"' in (folder / "validation" / "report.html").read_text()
    finally:
        set_language("nb")


@pytest.mark.usefixtures("english")
def test_what_cannot_be_validated_is_told(small: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        validate(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no whole dataset"):
        validate(tmp_path)
    with pytest.raises(InputError, match="no metric 'gp'"):
        validate_shown(small, only=("gp",))
    with pytest.raises(DataError, match=r"not .* without defects"):
        validate(small, clean=small, only=("staff_survey",))
