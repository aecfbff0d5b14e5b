"""Loading a Parquet dataset into a PostgreSQL server: tables, keys, comments, all or nothing."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from labkit.errors import InputError, MachineError
from labkit.messages import say
from labkit.schema import LAYERS
from labkit.schema.ddl import comments, create
from labkit.store.write import TRUTH, tables

if TYPE_CHECKING:
    import psycopg

BATCH_ROWS = 100_000
CONNECT_SECONDS = 10


def load(dataset: Path, url: str) -> int:
    """Load every table of a dataset with COPY, in one transaction.

    Tables go by their plain names into the first schema of the search path, the truth into a schema
    `truth`. Keys that the data break, as in a layer with planted defects, are left out for that
    table, and its comment says so.

    Args:
        dataset: Folder of a Parquet dataset.
        url: The server, as `postgresql://user@host:5432/database`.

    Returns:
        Rows loaded.

    Raises:
        InputError: If a table of that name is there already; nothing is changed.
        MachineError: If no server answers, or it fails; nothing is changed.
    """
    import psycopg

    wanted = [*tables(dataset, truth=False), *tables(dataset, truth=True)]
    with open_server(url) as con:
        _check_free(con)
        try:
            con.execute(f"CREATE SCHEMA {TRUTH}")
            rows = sum(_load(con, layer, table, path) for layer, table, path in wanted)
        except psycopg.OperationalError as error:
            said = str(error).partition("\n")[0].rstrip(".")
            raise MachineError(say("store.server_lost", server=_named(con), said=said)) from error
    return rows


def ready(url: str) -> None:
    """See that a server answers and has room for a dataset.

    Raises:
        InputError: If the address cannot be read, or a table of that name is there already.
        MachineError: If no server answers.
    """
    with open_server(url) as con:
        _check_free(con)


def open_server(url: str) -> "psycopg.Connection[Any]":
    """Connect to a server; its block ends with a commit, or a rollback after an error.

    Raises:
        InputError: If the address cannot be read.
        MachineError: If psycopg is not installed or no server answers.
    """
    try:
        import psycopg
    except ImportError:
        raise MachineError(say("store.no_psycopg")) from None
    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # we say ourselves what fails
    try:
        return psycopg.connect(url, connect_timeout=CONNECT_SECONDS)
    except psycopg.ProgrammingError:  # what it says repeats the address, with its password
        raise InputError(say("store.server_address")) from None
    except psycopg.OperationalError as error:
        raise MachineError(say("store.server_silent", said=str(error).strip())) from error


def _check_free(con: "psycopg.Connection[Any]") -> None:
    names = [name for layer, known in LAYERS.items() if layer != TRUTH for name in known.tables]
    found = con.execute(
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_schema = current_schema() AND table_name = ANY(%s) "
        "UNION ALL SELECT schema_name FROM information_schema.schemata WHERE schema_name = %s",
        [names, TRUTH],
    ).fetchall()
    if found:
        there = ", ".join(sorted(row[0] for row in found))
        raise InputError(say("store.server_full", server=_named(con), there=there))


def _load(con: "psycopg.Connection[Any]", layer: str, table: Table, path: Path) -> int:
    """Load one table, with its keys if the data keep them."""
    import psycopg

    if layer == TRUTH:
        con.execute(f"SET LOCAL search_path TO {TRUTH}")
    try:
        with con.transaction():
            con.execute(create(table, "postgresql"))
            rows = _copy(con, table, path)
        kept = True
    except (psycopg.IntegrityError, psycopg.ProgrammingError):
        con.execute(create(table, "postgresql", keys=False))
        rows = _copy(con, table, path)
        kept = False
    for comment in comments(table, keys_kept=kept):
        con.execute(comment)
    return rows


def _copy(con: "psycopg.Connection[Any]", table: Table, path: Path) -> int:
    with con.cursor() as cursor:
        with cursor.copy(f"COPY {table.name} FROM STDIN (FORMAT csv)") as copy:
            for text in _csv(path):
                copy.write(text)
        return cursor.rowcount


def _csv(path: Path) -> Iterator[bytes]:
    """Yield CSV without head in batches; what is quoted is a value, what is empty is null."""
    from io import BytesIO

    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            out = BytesIO()
            pa_csv.write_csv(pa.Table.from_batches([batch]), out, options)
            yield out.getvalue()


def _named(con: "psycopg.Connection[Any]") -> str:
    return f"postgresql: {con.info.dbname} ({con.info.host})"
