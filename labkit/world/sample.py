"""The rows of a few people from every table but the truth."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import Table

from labkit.store.write import tables

if TYPE_CHECKING:
    import duckdb

PEOPLE = 100
APART = 80  # positions between one person and the next; mothers come in beside them
ROWS_WITHOUT_PEOPLE = 100
# Columns that lead to a person, and the set of values that belongs to the sample. Registries call
# the common pseudonym by names of their own.
PSEUDONYM = "pseudonym"
HANDLES = {
    "person_id": "person_id",
    "child_id": "person_id",
    "fnr": "fnr",
    "patient_id": "patient_id",
    "encounter_id": "encounter_id",
    "survey_id": "survey_id",
    "consent_id": "consent_id",
    "pasient_id": PSEUDONYM,
    "pasientlopenr": PSEUDONYM,
    "lopenr": PSEUDONYM,
    "lopenummer": PSEUDONYM,
    "mor_lopenr": PSEUDONYM,
    "pasientnr": PSEUDONYM,
    "p_id": PSEUDONYM,
    "pid": PSEUDONYM,
    "person_lopenr": PSEUDONYM,
}
# Sets that are read from a table's rows in the sample, before the tables that need them.
GROWN = {"patient": "patient_id", "encounter": "encounter_id", "health_survey": "survey_id"}
GROWN |= {"consent": "consent_id"}


def sample(dataset: Path) -> dict[str, bytes]:
    """Take the rows of 100 people, spread over the population and with mothers among them.

    Tables that hold no people (organisation, staff survey) give their first rows; a table of
    practitioners or organisations gives those that the sampled rows refer to.

    Args:
        dataset: Folder of a Parquet dataset.

    Returns:
        CSV text by `LAYER/TABLE.csv`, in UTF-8.
    """
    import duckdb

    with duckdb.connect() as con:
        _choose(con, dataset)
        found: dict[str, bytes] = {}
        for layer, table, path in tables(dataset, truth=False):
            where = _condition(table)
            limit = "" if where else f"LIMIT {ROWS_WITHOUT_PEOPLE}"
            file = str(path).replace("'", "''")
            rows = f"SELECT * FROM read_parquet('{file}') {where} {limit}"
            if table.name in GROWN:
                handle = GROWN[table.name]
                con.execute(
                    f"CREATE TEMP TABLE _{handle} AS SELECT {handle} AS value FROM ({rows})"
                )
            found[f"{layer}/{table.name}.csv"] = _csv(con, rows)
        return found


def _choose(con: "duckdb.DuckDBPyConnection", dataset: Path) -> None:
    """Fill the sets of person ids, national identity numbers and pseudonyms."""
    people = con.read_parquet(str(dataset / "population" / "person.parquet"))
    family = con.read_parquet(str(dataset / "population" / "family.parquet"))
    mother = dict(family.fetchall())
    every = [row[0] for row in people.project("person_id").fetchall()]
    chosen: list[int] = []
    for start in range(APART):
        for person in every[start::APART]:
            new = [p for p in (person, mother.get(person)) if p is not None and p not in chosen]
            chosen += new[: PEOPLE - len(chosen)]
    con.execute("CREATE TEMP TABLE _person_id (value BIGINT)")
    con.executemany("INSERT INTO _person_id VALUES (?)", [[p] for p in chosen])
    con.execute(
        "CREATE TEMP TABLE _fnr AS SELECT fnr AS value FROM people "
        "WHERE person_id IN (SELECT value FROM _person_id)"
    )
    identity = dataset / "truth" / "identity.parquet"
    con.execute("CREATE TEMP TABLE _pseudonym (value BIGINT)")
    if identity.exists():
        con.execute(
            "INSERT INTO _pseudonym SELECT pseudonym FROM read_parquet(?) "
            "WHERE person_id IN (SELECT value FROM _person_id)",
            [str(identity)],
        )


def _condition(table: Table) -> str:
    for column in table.columns:
        if column.name in HANDLES and column.name != GROWN.get(table.name):
            return f"WHERE {column.name} IN (SELECT value FROM _{HANDLES[column.name]})"
    return ""


def _csv(con: "duckdb.DuckDBPyConnection", rows: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        con.sql(rows).write_csv(str(path), header=True)
        return path.read_bytes()
