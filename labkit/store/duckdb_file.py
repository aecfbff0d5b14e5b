"""Writing a Parquet dataset as one DuckDB file, with keys and comments."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
from sqlalchemy import Table

from labkit.schema.ddl import comments, create
from labkit.store.write import tables

THREADS = 2  # most machines of students have no more cores to spare


def write_duckdb(
    dataset: Path, path: Path, *, truth: bool = False, foreign_keys: bool = True
) -> None:
    """Write a DuckDB file with keys and comments; it appears when it is whole.

    A table whose rows break its keys, as planted defects may, is loaded without them, and its
    comment says so.

    Args:
        dataset: Folder of a Parquet dataset.
        path: File to write.
        truth: Whether to write the truth alone, or all but the truth.
        foreign_keys: Whether foreign keys are declared as well as told in the comments of their
            columns. DuckDB checks each row against an index of the other table, and keeps an index
            of the referring columns: that doubles the time to load.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        with duckdb.connect(partial) as con:
            con.execute("SET checkpoint_threshold = '4GB'")  # indexes are written once, at the end
            found = [(table, file) for _, table, file in tables(dataset, truth=truth)]
            # Tables go side by side, each by one thread, where none waits for the table that it
            # refers to; the largest first, so that none is left for the end.
            if not foreign_keys:
                con.execute("SET threads = 1")
                found.sort(key=lambda pair: pair[1].stat().st_size, reverse=True)
            with ThreadPoolExecutor(1 if foreign_keys else THREADS) as pool:
                list(pool.map(lambda pair: _load(con, *pair, foreign_keys=foreign_keys), found))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
        partial.with_name(partial.name + ".wal").unlink(missing_ok=True)


def _load(
    whole: duckdb.DuckDBPyConnection, table: Table, file: Path, *, foreign_keys: bool
) -> None:
    """Make and fill one table, with its keys if its rows keep them."""
    insert = f"INSERT INTO {table.name} SELECT * FROM read_parquet(?)"
    with whole.cursor() as con:
        con.begin()
        try:
            con.execute(create(table, "duckdb", primary_key=False, foreign_keys=foreign_keys))
            con.execute("\n".join(comments(table)))
            con.execute(insert, [str(file)])
            # The index of a key is built at once in half of the time of row by row.
            key = ", ".join(column.name for column in table.primary_key)
            con.execute(f"ALTER TABLE {table.name} ADD PRIMARY KEY ({key})")
        except (duckdb.ConstraintException, duckdb.BinderException, duckdb.CatalogException):
            con.rollback()
            con.begin()
            con.execute(create(table, "duckdb", keys=False))
            con.execute("\n".join(comments(table, keys_kept=False)))
            con.execute(insert, [str(file)])
        con.commit()
