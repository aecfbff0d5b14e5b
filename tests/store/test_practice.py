"""Practice databases: what each engine refuses, and what two connections see of each other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import InputError, MachineError
from labkit.store import practice as module
from labkit.store.practice import engines, practice, refused

pytestmark = pytest.mark.usefixtures("english")

ORGANISATION = "INSERT INTO organisation VALUES (1, 'Sykehuset', 'hospital', '3427')"
DOCTOR = "INSERT INTO practitioner VALUES (1, {}, 'doctor', NULL)"
WHO = "'01816012345', 'Øve', 'Øvesen', '1960-01-01', 'F', '3427', 1, NULL"
PATIENT = f"INSERT INTO patient VALUES ({{}}, {WHO})"


@pytest.fixture(params=["duckdb", "sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param not in engines():
        pytest.skip("this machine has no PostgreSQL")
    return str(request.param)


@pytest.fixture
def record(engine: str) -> Iterator[Any]:
    con = practice(engine, layer="ehr").connect()
    if engine == "sqlite":
        con.execute("PRAGMA foreign_keys = ON")
    yield con
    con.close()


def test_keys_are_kept_by_every_engine(record: Any) -> None:
    assert refused(record, ORGANISATION) is None
    assert "foreign key" in str(refused(record, DOCTOR.format(99))).lower()
    assert refused(record, DOCTOR.format(1)) is None
    assert refused(record, PATIENT.format(1)) is None
    assert "fnr" in str(refused(record, PATIENT.format(2)))
    assert record.execute("SELECT count(*) FROM patient").fetchone() == (1,)


def test_sqlite_keeps_foreign_keys_only_when_told() -> None:
    """As documented: https://sqlite.org/foreignkeys.html, section 2."""
    con = practice("sqlite", layer="ehr").connect()
    assert refused(con, DOCTOR.format(99)) is None
    con.execute("PRAGMA foreign_keys = ON")
    assert refused(con, "INSERT INTO practitioner VALUES (2, 98, 'doctor', NULL)") == (
        "FOREIGN KEY constraint failed"
    )


def test_what_is_no_refusal_is_raised(record: Any) -> None:
    with pytest.raises(Exception, match=r"(?i)no_such_table"):
        refused(record, "DELETE FROM no_such_table")


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_two_connections_to_one_database(name: str) -> None:
    if name not in engines():
        pytest.skip("this machine has no PostgreSQL")
    ward = practice(name)
    one, other = ward.connect(), ward.connect()
    one.execute("CREATE TABLE bed (bed INTEGER PRIMARY KEY, patient TEXT)")
    one.execute("INSERT INTO bed VALUES (12, NULL)")
    one.execute("BEGIN")
    one.execute("UPDATE bed SET patient = 'Aud'")
    assert other.execute("SELECT patient FROM bed").fetchone() == (None,)
    one.execute("ROLLBACK")
    assert one.execute("SELECT patient FROM bed").fetchone() == (None,)
    taken = "UPDATE bed SET patient = 'Aud' WHERE bed = 12 AND patient IS NULL"
    assert (one.execute(taken).rowcount, other.execute(taken).rowcount) == (1, 0)
    one.close()
    other.close()


def test_each_practice_is_a_database_of_its_own(engine: str) -> None:
    for _ in range(2):
        con = practice(engine).connect()
        con.execute("CREATE TABLE bed (bed INTEGER)")
        con.close()
    assert practice(engine) != practice(engine)


def test_a_held_lock_is_told_as_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0)
    ward = practice("sqlite")
    one, other = ward.connect(), ward.connect()
    one.execute("CREATE TABLE bed (bed INTEGER)")
    one.execute("BEGIN IMMEDIATE")
    assert refused(other, "INSERT INTO bed VALUES (1)") == "database is locked"
    one.execute("COMMIT")
    assert refused(other, "INSERT INTO bed VALUES (1)") is None


def test_a_machine_without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise MachineError("postgresql: not installed")

    monkeypatch.setattr(module, "_server", none)
    assert engines() == ["duckdb", "sqlite"]
    with pytest.raises(MachineError, match="not installed"):
        practice("postgresql")


def test_unknown_engine_and_layer() -> None:
    with pytest.raises(InputError, match="no engine 'oracle'"):
        practice("oracle")
    with pytest.raises(InputError, match="nothing"):
        practice("sqlite", layer="nothing")


def test_files_are_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert Path(practice("sqlite").address).is_relative_to(tmp_path)
