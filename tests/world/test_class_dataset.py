"""The class dataset: made once, checked against the kit's manifest, sampled for the reader."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import labkit
from labkit import schema
from labkit.errors import DataError, InputError
from labkit.world import classroom
from labkit.world.apart import make_apart
from labkit.world.fingerprint import covered_files
from labkit.world.manifest import read_manifest
from labkit.world.part import Config
from labkit.world.sample import HANDLES, sample
from labkit.world.synthetic import synthetic_is_stale, write_synthetic


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def small_class(shared_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A class of 240 people in a home of its own, and a kit whose materials are empty."""
    monkeypatch.setenv("LABKIT_HOME", str(shared_home))
    monkeypatch.setattr("labkit.world.part.Config", lambda: Config(people=240))
    monkeypatch.setattr(classroom, "materials", lambda: tmp_path)


def test_in_a_notebook_nothing_is_left_of_the_wait(tmp_path: Path) -> None:
    cell = nbformat.v4.new_code_cell(
        """
from functools import partial
from labkit.world import classroom, part
part.Config = partial(part.Config, people=60)
folder = classroom.made_class_dataset()
"""
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    environment = os.environ | {"LABKIT_HOME": str(tmp_path)}
    NotebookClient(notebook, kernel_name="python3").execute(env=environment)
    assert list(tmp_path.glob("class-*/manifest.json"))
    assert cell.outputs == []


def test_it_is_made_once_and_opened_without_being_named() -> None:
    folder = classroom.class_dataset()
    made = (folder / "manifest.json").stat().st_mtime_ns
    assert classroom.class_dataset() == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == made
    with labkit.connect() as con:
        assert con.execute("SELECT count(*) FROM person").fetchall() == [(240,)]


@pytest.mark.usefixtures("english")
def test_labkit_data_names_another_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere: no such folder"):
        labkit.connect()


@pytest.mark.usefixtures("english")
def test_other_content_than_the_kit_expects_is_named_with_its_tables(tmp_path: Path) -> None:
    folder = classroom.class_dataset()
    expected = tmp_path / "data" / "synthetic"
    expected.mkdir(parents=True)
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    (expected / "manifest.json").write_text(text, encoding="utf-8")
    assert classroom.class_dataset() == folder
    content = json.loads(text)
    content["tables"]["income"]["hash"] = "0" * 64
    (expected / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=r"differ: income\. .* labkit build"):
        classroom.class_dataset()


def test_one_that_was_never_finished_is_made_again() -> None:
    folder = classroom.class_dataset()
    (folder / "manifest.json").unlink()
    assert classroom.class_dataset() == folder
    assert read_manifest(folder).config.people == 240


def test_folders_of_other_versions_go_when_a_new_one_is_made() -> None:
    folder = classroom.class_dataset()
    old = folder.with_name("class-00000000")
    old.mkdir()
    (old / "manifest.json").write_text("{}")
    mine = folder.with_name("notes.txt")
    mine.write_text("not the kit's")
    assert classroom.class_dataset() == folder
    assert old.exists()  # nothing was made, nothing is removed
    (folder / "manifest.json").unlink()
    classroom.class_dataset()
    assert not old.exists()
    assert mine.exists()


def test_opening_it_again_loads_neither_generator_nor_its_libraries(tmp_path: Path) -> None:
    classroom.class_dataset()
    heavy = ("faker", "labkit.world.part", "numpy", "pandas", "pyarrow", "scipy", "sqlalchemy")
    program = (
        "import pathlib, sys, labkit\n"
        "from labkit.world import classroom\n"
        f"classroom.materials = lambda: pathlib.Path({str(tmp_path)!r})\n"
        "assert labkit.connect().sql('SELECT count(*) FROM person').fetchall() == [(240,)]\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.usefixtures("english")
def test_what_stops_the_generator_is_told_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="exists already and is not an empty folder"):
        make_apart(Config(people=240), tmp_path)
    with pytest.raises(InputError, match="people: 0 is not a whole number"):
        make_apart(Config(people=0), tmp_path / "new")


def test_an_edit_to_validation_makes_no_other_version() -> None:
    covered = covered_files()
    assert "world/part.py" in covered
    assert "codes/icd10.csv" in covered
    assert "schema/ehr.py" in covered
    assert not [name for name in covered if name.startswith(("world/validate/", "store/"))]


def test_sample_holds_100_people_and_rows_that_refer_to_each_other() -> None:
    found = sample(classroom.class_dataset())
    tables = {
        name.partition("/")[2].removesuffix(".csv"): list(
            csv.DictReader(io.StringIO(content.decode("utf-8")))
        )
        for name, content in found.items()
    }
    assert not any(name.startswith("truth/") for name in found)
    people = {row["person_id"] for row in tables["person"]}
    assert len(people) == 100
    assert {row["person_id"] for row in tables["residence"]} == people
    assert tables["family"]
    assert any(row["mother_id"] in people for row in tables["family"])
    patients = {row["patient_id"] for row in tables["patient"]}
    encounters = {row["encounter_id"] for row in tables["encounter"]}
    assert {row["fnr"] for row in tables["patient"]} <= {row["fnr"] for row in tables["person"]}
    assert {row["patient_id"] for row in tables["encounter"]} <= patients
    assert {row["encounter_id"] for row in tables["diagnosis"]} <= encounters
    assert all(len(rows) > 0 for name, rows in tables.items() if name in ("npr", "kpr", "lmr"))


@pytest.mark.parametrize("layer", ["population", "ehr", "registry", "survey"])
def test_every_table_about_people_leads_to_them(layer: str) -> None:
    without = {
        table.name
        for table in schema.layer(layer).tables.values()
        if not any(column.name in HANDLES for column in table.columns)
    }
    assert without <= {"organisation", "practitioner", "staff_survey"}


def test_synthetic_folder_is_written_whole_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "synthetic"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "table.csv").write_text("gone")
    write_synthetic(folder)
    assert synthetic_is_stale(folder) == []
    assert not (folder / "old").exists()
    datasheet = (folder / "DATASHEET.md").read_text(encoding="utf-8")
    assert read_manifest(folder).hash in datasheet
    assert "{" not in datasheet
    for layer in schema.LAYERS:
        assert (folder / "dictionary" / f"{layer}.md").exists()
    (folder / "DATASHEET.md").write_text("mine")
    (folder / "sample" / "population" / "person.csv").unlink()
    (folder / "extra.txt").write_text("mine")
    assert synthetic_is_stale(folder) == [
        "DATASHEET.md",
        "extra.txt",
        "sample/population/person.csv",
    ]
