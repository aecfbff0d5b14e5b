"""DDL runs on the databases it is written for; the dictionary says everything that is declared."""

import sqlite3

import duckdb
import pytest
from sqlalchemy import create_engine, inspect

from labkit import schema
from labkit.errors import InputError
from labkit.schema import dictionary

pytestmark = pytest.mark.usefixtures("english")

ALL = [(layer, table) for layer, m in schema.LAYERS.items() for table in m.tables.values()]


@pytest.mark.parametrize("layer", list(schema.LAYERS))
def test_duckdb_makes_the_tables_with_keys_and_comments(layer: str) -> None:
    with duckdb.connect() as con:
        con.execute(schema.ddl(layer, "duckdb"))
        for table in schema.layer(layer).tables.values():
            found = con.sql(
                "SELECT column_name, comment FROM duckdb_columns() "
                f"WHERE table_name = '{table.name}' ORDER BY column_index"
            ).fetchall()
            assert [name for name, _ in found] == [c.name for c in table.columns]
            assert all(comment for _, comment in found)
            key = con.sql(
                "SELECT constraint_column_names FROM duckdb_constraints() WHERE "
                f"constraint_type = 'PRIMARY KEY' AND table_name = '{table.name}'"
            ).fetchall()
            assert key == ([([c.name for c in table.primary_key],)] if table.primary_key else [])


@pytest.mark.parametrize("layer", list(schema.LAYERS))
def test_sqlite_reads_back_what_was_declared(layer: str) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as con:
        for statement in schema.ddl(layer, "sqlite").split(";\n"):
            con.exec_driver_sql(statement) if statement.strip() else None
        seen = inspect(con)
        for table in schema.layer(layer).tables.values():
            columns = {c["name"]: c["nullable"] for c in seen.get_columns(table.name)}
            assert columns == {c.name: c.nullable for c in table.columns}
            foreign = {
                (k["constrained_columns"][0], f"{k['referred_table']}.{k['referred_columns'][0]}")
                for k in seen.get_foreign_keys(table.name)
            }
            declared = {(c.name, k.target_fullname) for c in table.columns for k in c.foreign_keys}
            assert foreign == declared


def test_ddl_refuses_what_it_does_not_know() -> None:
    with pytest.raises(InputError, match="no layer 'lab'"):
        schema.ddl("lab")
    with pytest.raises(InputError, match="duckdb, sqlite, postgresql"):
        schema.ddl("ehr", "oracle")


def test_foreign_keys_are_enforced() -> None:
    con = sqlite3.connect(":memory:")
    con.execute("PRAGMA foreign_keys = ON")
    con.executescript(schema.ddl("population", "sqlite"))
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        con.execute("INSERT INTO death VALUES (1, '2020-01-01', '3427')")
    con.close()


def test_table_names_are_unique_across_layers_and_ascii() -> None:
    names = [table.name for _, table in ALL]
    assert len(names) == len(set(names))
    columns = [c.name for _, table in ALL for c in table.columns]
    assert all(name.isascii() and name == name.lower() for name in [*names, *columns])


def test_everything_is_described_in_both_languages() -> None:
    for _, table in ALL:
        assert all([table.info["nb"], table.info["en"], *table.info["row"]])
        for column in table.columns:
            assert column.info["nb"], f"{table.name}.{column.name}"
            assert column.info["en"], f"{table.name}.{column.name}"
            assert not column.info["nb"].endswith("."), f"{table.name}.{column.name}"


def test_dictionary_and_catalogue_hold_every_column() -> None:
    catalogue = schema.catalogue()
    assert len(catalogue) == sum(len(table.columns) for _, table in ALL)
    assert catalogue.set_index(["table", "column"]).index.is_unique
    for layer in schema.LAYERS:
        text = dictionary.markdown(layer)
        for row in catalogue[catalogue.layer == layer].itertuples():
            assert f"| `{row.column}` |" in text
            assert row.nb.replace("|", "\\|") in text
            assert row.en.replace("|", "\\|") in text
    foreign = catalogue[(catalogue.table == "encounter") & (catalogue.column == "patient_id")]
    assert foreign.key.tolist() == ["FK patient.patient_id"]


def test_a_reader_of_the_dictionary_finds_the_codes() -> None:
    for layer, table in ALL:
        text = dictionary.markdown(layer)
        for column in table.columns:
            codes = column.info["codes"]
            for code, (nb, en) in codes.items() if isinstance(codes, dict) else ():
                assert f"`{code}` {nb}" in text
                assert en in text
            for system in codes.split(" or ") if isinstance(codes, str) else ():
                assert f"`{system}`" in text.split("## ")[0]
    units = {column.info["unit"] for _, table in ALL for column in table.columns}
    assert "a" not in units  # a year has one name


def test_the_dictionary_draws_the_tables_that_refer_to_each_other() -> None:
    drawn = dictionary.markdown("ehr").split("```")[1].splitlines()
    assert drawn[:2] == ["mermaid", "erDiagram"]
    assert '    encounter ||--o{ diagnosis : "encounter_id"' in drawn  # weak: part of its key
    assert '    patient ||..o{ encounter : "patient_id"' in drawn
    assert '    practitioner |o..o{ patient : "gp_id"' in drawn  # a patient may have no GP
    tables = schema.LAYERS["ehr"].tables.values()
    assert len(drawn) - 2 == sum(len(table.foreign_key_constraints) for table in tables)
    assert '    person ||--o| death : "person_id"' in dictionary.markdown("population")
    assert "mermaid" not in dictionary.markdown("registry")
