"""Writing a Parquet dataset as one SQLite file, with keys."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Table

from labkit.schema.ddl import WITHOUT_KEYS, create
from labkit.store.write import tables

BATCH_ROWS = 50_000


def write_sqlite(dataset: Path, path: Path, *, truth: bool = False) -> None:
    """Write a SQLite file with keys; dates and times are ISO text, as R and SQLite read them.

    A table whose rows break its primary key or NOT NULL is loaded without keys, and its CREATE
    TABLE statement says so in a comment. Foreign keys are declared; SQLite checks them on request
    (`PRAGMA foreign_key_check`).
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        con = sqlite3.connect(partial)
        con.execute("PRAGMA journal_mode = OFF")
        con.execute("PRAGMA synchronous = OFF")
        for _, table, file in tables(dataset, truth=truth):
            _load(con, table, file)
        con.commit()
        con.close()
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _load(con: sqlite3.Connection, table: Table, file: Path) -> None:
    insert = f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.columns))})"
    try:
        con.execute(create(table, "sqlite"))
        _fill(con, insert, file)
    except sqlite3.IntegrityError:
        con.execute(f"DROP TABLE {table.name}")
        head, rest = create(table, "sqlite", keys=False).split("\n", 1)
        con.execute(f"{head} -- {WITHOUT_KEYS}\n{rest}")
        _fill(con, insert, file)


def _fill(con: sqlite3.Connection, insert: str, file: Path) -> None:
    for rows in _text_rows(file):
        con.executemany(insert, rows)


def _text_rows(file: Path) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Yield batches of rows as Python values, dates and times as ISO text."""
    with pq.ParquetFile(file) as source:
        for batch in source.iter_batches(BATCH_ROWS):
            columns = []
            for array in batch.columns:
                if pa.types.is_date(array.type):
                    array = pc.strftime(array, format="%Y-%m-%d")
                elif pa.types.is_timestamp(array.type):
                    whole = array.cast(pa.timestamp("s"), safe=False)
                    array = pc.strftime(whole, format="%Y-%m-%d %H:%M:%S")
                columns.append(array.to_pylist())
            yield zip(*columns, strict=True)
