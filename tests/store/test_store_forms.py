"""A dataset in each form holds the same rows, with keys and comments where the form has them."""

import os
import sqlite3
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labkit import schema, store
from labkit.errors import DataError, InputError, MachineError
from labkit.schema.ddl import WITHOUT_KEYS
from labkit.store.connect import open_ahead
from labkit.store.lock import lock
from labkit.store.write import tables
from labkit.world.generate import generate
from labkit.world.part import Config

pytestmark = pytest.mark.usefixtures("english")

CONFIG = Config(people=250, seed=8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store") / "data"
    generate(CONFIG, folder)
    return folder


def test_connection_shows_every_table_but_the_truth(dataset: Path) -> None:
    names = {path.stem for layer in schema.LAYERS for path in (dataset / layer).glob("*.parquet")}
    truth = {path.stem for path in (dataset / "truth").glob("*.parquet")}
    assert truth
    with store.connect(dataset) as con:
        assert {row[0] for row in con.sql("SHOW TABLES").fetchall()} == names - truth
    with store.connect(dataset, truth=True) as con:
        onset = con.execute("SELECT count(*) FROM truth.onset").fetchone()
        assert onset == (pq.read_metadata(dataset / "truth" / "onset.parquet").num_rows,)


def test_connection_gives_the_rows_of_the_parquet_files(dataset: Path) -> None:
    with store.connect(dataset) as con:
        for _, table, path in tables(dataset, truth=False):
            expected = duckdb.read_parquet(str(path)).fetchall()
            assert con.table(table.name).fetchall() == expected


def test_keys_and_comments_are_there(dataset: Path) -> None:
    with store.connect(dataset) as con:
        keys = con.sql(
            "SELECT table_name, constraint_column_names FROM duckdb_constraints() "
            "WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert ("residence", ["person_id", "from_date"]) in keys
        link = con.execute(
            "SELECT comment FROM duckdb_columns() "
            "WHERE table_name = 'diagnosis' AND column_name = 'encounter_id'"
        ).fetchone()
        assert link is not None
        assert link[0].endswith("(refers to encounter.encounter_id)")
        comment = con.execute(
            "SELECT comment FROM duckdb_columns() WHERE column_name = 'income_nok'"
        ).fetchone()
        assert comment == ("Income after tax [NOK]",)


def test_duckdb_form_declares_foreign_keys_too(dataset: Path, tmp_path: Path) -> None:
    store.write(dataset, "duckdb", tmp_path)
    with duckdb.connect(tmp_path / "labkit.duckdb", read_only=True) as con:
        found = con.sql(
            "SELECT table_name, constraint_column_names, referenced_table "
            "FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'"
        ).fetchall()
    assert ("diagnosis", ["encounter_id"], "encounter") in found


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO person SELECT * FROM person",
        "DROP TABLE person",
        "CREATE TABLE mine AS SELECT 1",
        "COPY person TO '{folder}/out.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '{folder}/manifest.json'",
        "ATTACH '{folder}/new.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_student_sql_cannot_change_data_or_reach_files(statement: str, dataset: Path) -> None:
    before = sorted(os.listdir(dataset))
    with store.connect(dataset) as con, pytest.raises(duckdb.Error):
        con.sql(statement.format(folder=dataset)).fetchall()
    assert sorted(os.listdir(dataset)) == before


def test_temporary_tables_live_in_memory(dataset: Path) -> None:
    with store.connect(dataset) as con:
        con.execute(
            "CREATE TEMP TABLE adult AS SELECT * FROM person WHERE birth_date < '2000-01-01'"
        )
        assert con.execute("SELECT count(*) > 0 FROM adult").fetchone() == (True,)
    with store.connect(dataset) as con, pytest.raises(duckdb.Error):
        con.sql("FROM adult")


def test_two_connections_at_once(dataset: Path) -> None:
    with store.connect(dataset) as one, store.connect(dataset, truth=True) as two:
        question = "SELECT count(*) FROM person"
        assert (
            one.execute(question).fetchone() == two.execute(question).fetchone() == (CONFIG.people,)
        )


def test_missing_and_broken_datasets_are_named(tmp_path: Path, dataset: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        store.connect(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no Parquet tables"):
        store.connect(tmp_path)
    (tmp_path / "labkit.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(DataError, match="Delete that file and try again"):
        store.connect(tmp_path)


def test_csv_has_the_rows_iso_dates_and_empty_nulls(dataset: Path, tmp_path: Path) -> None:
    store.write(dataset, "csv", tmp_path)
    for layer, table, path in tables(dataset, truth=False):
        text = tmp_path / layer / f"{table.name}.csv"
        frame = pd.read_csv(text, dtype=str, keep_default_na=False, encoding="utf-8")
        assert list(frame.columns) == [c.name for c in table.columns]
        assert len(frame) == pq.read_metadata(path).num_rows
    homes = pd.read_csv(tmp_path / "population" / "residence.csv", dtype=str)
    assert homes.from_date.str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert homes.to_date.isna().any()
    assert homes.municipality.str.len().eq(4).all()
    assert (tmp_path / "truth" / "onset.csv").exists()


def test_sqlite_has_rows_keys_and_dates_as_text(dataset: Path, tmp_path: Path) -> None:
    store.write(dataset, "sqlite", tmp_path)
    con = sqlite3.connect(tmp_path / "labkit.sqlite")
    for _, table, path in tables(dataset, truth=False):
        count = con.execute(f"SELECT count(*) FROM {table.name}").fetchone()
        assert count == (pq.read_metadata(path).num_rows,)
    assert con.execute("PRAGMA foreign_key_check").fetchall() == []
    assert len(con.execute("PRAGMA foreign_key_list(encounter)").fetchall()) == 3
    start = con.execute("SELECT start_time FROM encounter ORDER BY encounter_id").fetchone()[0]
    first = duckdb.read_parquet(str(dataset / "ehr" / "encounter.parquet"))
    expected = first.order("encounter_id").project("start_time").fetchall()
    assert start == str(expected[0][0])
    names = {row[0] for row in con.execute("SELECT name FROM sqlite_master")}
    assert "onset" not in names
    con.close()
    truth = sqlite3.connect(tmp_path / "truth.sqlite")
    assert truth.execute("SELECT count(*) > 0 FROM onset").fetchone() == (1,)
    truth.close()


def test_a_table_whose_key_is_broken_is_loaded_without_its_key_and_says_so(
    dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "population").mkdir()
    person = pq.read_table(dataset / "population" / "person.parquet")
    twice = pa.concat_tables([person, person.slice(0, 3)])
    pq.write_table(twice, tmp_path / "population" / "person.parquet")
    with store.connect(tmp_path) as con:
        assert con.sql("SELECT count(*) FROM person").fetchall() == [(CONFIG.people + 3,)]
        assert con.sql("FROM duckdb_constraints()").fetchall() == []
        comment = con.execute("SELECT comment FROM duckdb_tables()").fetchone()
        assert comment == (f"{schema.table('person').info['en']} {WITHOUT_KEYS}",)
    store.write(tmp_path, "sqlite", tmp_path / "sqlite")
    con = sqlite3.connect(tmp_path / "sqlite" / "labkit.sqlite")
    assert con.execute("SELECT count(*) FROM person").fetchone() == (CONFIG.people + 3,)
    assert WITHOUT_KEYS in con.execute("SELECT sql FROM sqlite_master").fetchone()[0]
    con.close()


def test_an_unknown_format_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="duckdb, sqlite, csv"):
        store.write(dataset, "excel", tmp_path)


@pytest.mark.parametrize(
    ("format", "files"),
    [
        ("duckdb", {"labkit.duckdb", "manifest.json", "truth.duckdb"}),
        ("sqlite", {"labkit.sqlite", "manifest.json", "truth.sqlite"}),
    ],
)
def test_generate_makes_the_form_asked_for(format: str, files: set[str], tmp_path: Path) -> None:
    generate(CONFIG, tmp_path / "data", format=format)
    assert {path.name for path in (tmp_path / "data").iterdir()} == files
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_lock_is_held_by_one_and_taken_over_from_the_dead(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text(str(2**22 + 1))  # above the highest process id
    with lock(path):
        assert path.read_text() == str(os.getpid())
        with pytest.raises(MachineError, match=str(os.getpid())), lock(path):
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux alone")
def test_a_connection_opened_ahead_needs_no_thread_and_works_in_a_forked_process(
    dataset: Path,
) -> None:
    def shown() -> list[tuple[object, ...]]:
        with store.connect(dataset) as con:
            return con.execute(
                "SELECT count(*), current_setting('enable_external_access') FROM patient"
            ).fetchall()

    expected, threads = shown(), len(os.listdir("/proc/self/task"))
    open_ahead(1)
    assert len(os.listdir("/proc/self/task")) == threads
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if shown() == expected else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert shown() == expected  # on the parent's own, which is used up by it
    assert expected[0][1] is False
