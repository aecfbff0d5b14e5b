"""What databases say of a row that they stop is put in plain words."""

import sqlite3

import duckdb
import pytest

from labkit.er.refusals import reason_text

TABLES = """
CREATE TABLE ward (code TEXT PRIMARY KEY, beds INTEGER CHECK (beds > 0), floor INTEGER NOT NULL,
  UNIQUE (beds, floor));
CREATE TABLE bed (ward TEXT REFERENCES ward (code), number INTEGER);
INSERT INTO ward VALUES ('A', 10, 2);
"""


def duck():
    con = duckdb.connect()
    con.execute(TABLES)
    return con


def lite():
    con = sqlite3.connect(":memory:")
    con.executescript(TABLES)
    con.execute("PRAGMA foreign_keys = ON")
    return con


@pytest.mark.parametrize("connect", [duck, lite])
@pytest.mark.parametrize(
    ("row", "nb", "en"),
    [
        ("ward VALUES ('A', 1, 1)", "alt en rad med samme nøkkel", "with the same key already"),
        ("ward VALUES ('B', 10, 2)", "alt en rad med samme nøkkel", "with the same key already"),
        ("ward VALUES ('B', 1, NULL)", "ward.floor kan ikke være tom", "floor must not be empty"),
        ("ward VALUES ('B', 0, 1)", "bryter regelen `", "breaks the rule `"),
        ("bed VALUES ('Z', 1)", "viser til noe som ikke finnes", "something that is not there"),
    ],
)
def test_a_stopped_row_is_told_in_plain_words(connect, row, nb, en):
    con = connect()
    with pytest.raises((duckdb.Error, sqlite3.Error)) as stopped:
        con.execute(f"INSERT INTO {row}")
    message = str(stopped.value).splitlines()[0]
    assert nb in reason_text(message, "nb")
    assert en in reason_text(message, "en")
    assert "onstraint" not in reason_text(message, "nb")


def test_a_key_met_within_one_transaction_and_a_value_of_another_type():
    con = duck()
    con.execute("BEGIN")
    con.execute("INSERT INTO ward VALUES ('B', 1, 1)")
    with pytest.raises(duckdb.Error) as stopped:
        con.execute("INSERT INTO ward VALUES ('B', 2, 2)")
    assert "same key already" in reason_text(str(stopped.value), "en")
    with pytest.raises(duckdb.Error) as stopped:
        duck().execute("INSERT INTO bed VALUES ('A', 'first')")
    assert reason_text(str(stopped.value).splitlines()[0], "en").startswith("The value 'first'")


def test_what_else_a_database_says_is_passed_on():
    assert reason_text("disk is full", "nb") == "disk is full"
