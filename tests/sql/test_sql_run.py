"""What a student's query may do, and what it is told when it may not or cannot."""

import subprocess
import sys

import duckdb
import pytest

from labkit.errors import InputError
from labkit.messages import set_language
from labkit.sql import SqlError, notices, run
from labkit.sql.watch import Watch

ENDLESS = "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"


pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def con():
    con = duckdb.connect()
    con.execute(
        "CREATE TABLE patient (patient_id BIGINT, sex CHAR(1), birth_date DATE, "
        "municipality CHAR(4))"
    )
    con.execute("CREATE TABLE encounter (encounter_id BIGINT, patient_id BIGINT, kind VARCHAR)")
    con.execute("CREATE TABLE diagnosis (encounter_id BIGINT, code VARCHAR)")
    con.execute(
        "INSERT INTO patient VALUES (1, 'F', '1950-02-01', '3427'), (2, 'M', '1960-03-01', 'Os')"
    )
    con.execute("INSERT INTO encounter VALUES (1, 1, 'gp'), (2, 1, NULL)")
    return con


def test_result_types(con):
    frame = run(con, "SELECT sex, sum(patient_id) AS total, max(birth_date) AS last FROM patient "
                     "GROUP BY sex ORDER BY sex;")  # fmt: skip
    assert frame["total"].dtype == "int64"
    assert frame[["sex", "total"]].to_dict("records") == [
        {"sex": "F", "total": 1},
        {"sex": "M", "total": 2},
    ]


def test_no_rows_keeps_columns(con):
    assert list(run(con, "SELECT sex, patient_id FROM patient WHERE false").columns) == [
        "sex",
        "patient_id",
    ]


def test_more_than_one_chunk(con):
    frame = run(con, "SELECT range AS n FROM range(5000) ORDER BY n")
    assert frame["n"].tolist() == list(range(5000))


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE patient",
        "INSERT INTO patient VALUES (3, 'F', NULL, NULL)",
        "UPDATE patient SET sex = 'F'",
        "DELETE FROM patient",
        "CREATE TABLE x AS SELECT 1",
        "WITH x AS (INSERT INTO patient VALUES (3, 'F', NULL, NULL) RETURNING *) SELECT * FROM x",
        "WITH x AS (DELETE FROM patient RETURNING *) SELECT * FROM x",
        "COPY patient TO 'patients.csv'",
        "EXPORT DATABASE 'x'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA version",
        "SET threads = 1",
        "CALL pragma_version()",
        "EXPLAIN ANALYZE DELETE FROM patient",
        "BEGIN",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'patients.parquet'",
        "SELECT * FROM (SELECT * FROM glob('*'))",
        "SELECT * FROM query('SELECT 1')",
        "SELECT 1 WHERE EXISTS (SELECT * FROM read_blob('x'))",
        "SELECT nextval('s')",
        "SELECT getenv('HOME')",
    ],
)
def test_refused(con, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SqlError) as raised:
        run(con, text)
    assert raised.value.kind == "refused"
    assert list(tmp_path.iterdir()) == []
    assert con.execute("SELECT count(*) FROM patient").fetchone() == (2,)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "WITH a AS (SELECT 1 AS n) SELECT * FROM a",
        "FROM patient",
        "VALUES (1), (2)",
        "DESCRIBE patient",
        "SHOW TABLES",
        "EXPLAIN SELECT * FROM patient",
        "SELECT * FROM range(3)",
        "-- a note\nSELECT 'DROP TABLE patient' AS text",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) FROM t",
        "SELECT sex FROM patient UNION SELECT kind FROM encounter",
    ],
)
def test_allowed(con, text):
    assert len(run(con, text)) >= 1


@pytest.mark.parametrize(
    ("text", "kind"), [("", "empty"), ("  ;", "empty"), ("-- only a note", "empty"),
                       ("SELECT 1; SELECT 2", "several"), (None, "empty"), (5, "empty")]
)  # fmt: skip
def test_no_query(con, text, kind):
    with pytest.raises(SqlError) as raised:
        run(con, text)
    assert raised.value.kind == kind


def test_endless_query_is_stopped(con):
    with pytest.raises(SqlError, match="stopped after") as raised:
        run(con, ENDLESS, seconds=0.2)
    assert raised.value.kind == "time"
    assert len(run(con, "SELECT 1")) == 1


def test_an_interrupt_that_came_too_early_is_given_again(con):
    watch = Watch(0.01)
    with watch.over(con):
        watch.late.wait()
        with pytest.raises(duckdb.InterruptException):
            con.execute(ENDLESS)
    watch.stop()
    assert con.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_is_ctrl_c() -> None:
    code = """
import duckdb, os, signal, threading
from labkit.sql import run
con = duckdb.connect()
run(con, "SELECT 1")  # all that it needs is loaded
def stop():
    while con.query_progress() < 0:
        pass
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=stop, daemon=True).start()
try:
    run(con, "SELECT count(*) FROM range(100000000) a, range(99) b WHERE a.range * b.range % 7 = 3")
except KeyboardInterrupt:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "stopped\n", done.stderr


def test_too_many_rows(con):
    with pytest.raises(SqlError, match="more than 100,000 rows"):
        run(con, "SELECT * FROM range(100000) a, range(100000) b")
    assert len(run(con, "SELECT * FROM range(7)", rows=7)) == 7
    with pytest.raises(SqlError):
        run(con, "SELECT * FROM range(8)", rows=7)


def test_seconds_must_be_positive(con):
    for seconds in (0, -1, float("nan")):
        with pytest.raises(InputError, match="seconds"):
            run(con, "SELECT 1", seconds=seconds)


def test_python_variables_are_no_tables(con):
    text = rows = seconds = con.execute("SELECT 1 AS n").df()  # names of run's own arguments
    for name in ("text", "rows", "seconds"):
        with pytest.raises(SqlError, match=f"no table '{name}'"):
            run(con, f"SELECT * FROM {name}")
    assert len(text) == len(rows) == len(seconds) == 1
    assert con.execute("SELECT * FROM text").fetchall() == [(1,)]  # the setting is put back


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("SELECT * FROM pasient", "table", "Did you mean 'patient'?"),
        ("SELECT * FROM xyz", "table", "The tables are: diagnosis, encounter, patient."),
        ("SELECT seks FROM patient", "column", "Did you mean 'sex'?"),
        ("SELECT p.seks FROM patient p", "column", "'p' has no column 'seks'. Did you mean 'sex'?"),
        ("SELECT code FROM patient", "column", "It is in diagnosis."),
        ("SELECT height FROM patient", "column", "Columns of patient: patient_id, sex"),
        ("SELECT e.kind FROM patient p", "table", "'e' is not the name of a table in FROM"),
        ('SELECT * FROM patient WHERE sex = "F"', "column", "single quotes: 'F'"),
        ("SELECT * FROM patient WHERE sex = F", "column", "Is it text?"),
        ("SELECT sex, count(*) FROM patient", "group_by", "'sex' is in SELECT but is not grouped"),
        ("SELECT patient_id FROM patient JOIN encounter ON true", "ambiguous",
         "'patient.patient_id' or 'encounter.patient_id'"),
        ("SELECT sex FROM patient WHERE count(*) > 1", "aggregate", "goes in HAVING"),
        ("SELECT sex FROM patient WHERE row_number() OVER () = 1", "window", "QUALIFY"),
        ("SELECT avg(count(*)) FROM patient", "aggregate", "two steps"),
        ("SELECT * FROM patient WHERE sex = 1", "type", "'sex' is text and holds 'F'"),
        ("SELECT * FROM patient WHERE patient_id = 'abc'", "type", "'abc' is text"),
        ("SELECT * FROM patient WHERE birth_date > 5", "type", "a date with a number"),
        ("SELECT * FROM patient WHERE birth_date LIKE '1950%'", "type", "LIKE compares text"),
        ("SELECT municipality + 1 FROM patient", "type", "between text and a number"),
        ("SELECT sum(sex) FROM patient", "type", "sum works on numbers, but this is text"),
        ("SELECT year(sex) FROM patient", "type", "year does not take text"),
        ("SELECT * FROM patient WHERE birth_date > DATE '2023-13-01'", "date", "is no date"),
        ("SELECT isnull(sex, 'x') FROM patient", "function", "Here it is called coalesce"),
        ("SELECT foo(sex) FROM patient", "function", "There is no function 'foo'"),
        ("SELECT 1 UNION SELECT 1, 2", "set", "same number of columns"),
        ("SELECT 1 WHERE 1 IN (SELECT 1, 2)", "subquery", "2 columns"),
        ("SELECT (SELECT patient_id FROM patient)", "subquery", "several rows"),
        ("SELECT 1 // 0", "division", "nullif"),
        ("SELECT sex birth_date municipality FROM patient", "syntax", "Is a comma missing"),
        ("SELCT sex FROM patient", "syntax", "Did you mean SELECT"),
        ("SELECT * FORM patient", "syntax", "Did you mean FROM"),
        ("SELECT * FROM patient WHERE", "syntax", "Something is missing after WHERE"),
        ("SELECT * FROM patient p JOIN encounter e WHERE p.sex = 'F'", "syntax",
         "JOIN encounter lacks ON"),
        ("SELECT * FROM patient ORDER BY sex WHERE sex = 'F'", "syntax",
         "WHERE comes before ORDER BY"),
        ("SELECT * FROM patient WHERE sex = 'F", "syntax", "closing quote"),
        ("SELECT count(* FROM patient", "syntax", "1 open and 0 close"),
        ("SELECT TOP 5 * FROM patient", "syntax", "LIMIT 5"),
        ("SELECT * FROM patient ORDER sex", "syntax", "ORDER is followed by BY"),
        ("SELECT birth_date + 30 days FROM patient WHERE birth_date + 30 days > 1", "syntax",
         "INTERVAL 30 days"),
    ],
)  # fmt: skip
def test_plain_words(con, text, kind, words):
    with pytest.raises(SqlError) as raised:
        run(con, text)
    assert (raised.value.kind, words in str(raised.value)) == (kind, True), str(raised.value)


def test_caret_points_at_the_place(con):
    with pytest.raises(SqlError) as raised:
        run(con, "SELECT patient_id,\n       seks\nFROM patient")
    line, caret = str(raised.value).split("\n")[-2:]
    assert raised.value.place == (2, 8)
    assert line[caret.index("^") : caret.rindex("^") + 1] == "seks"


def test_bokmal(con):
    set_language("nb")
    with pytest.raises(SqlError, match=r"Det finnes ingen tabell «pasient»\. Mente du «patient»"):
        run(con, "SELECT * FROM pasient")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT * FROM patient WHERE death_date = NULL", "IS NULL"),
        ("SELECT * FROM patient, encounter", "No condition ties encounter"),
        ("SELECT * FROM patient p LEFT JOIN encounter e USING (patient_id) WHERE e.kind = 'gp'",
         "Does it belong in ON"),
        ("SELECT 1 / 0", "Division by zero"),
        ("SELECT sum(a) / sum(b) FROM t", "Can SUM(b) be 0"),
    ],
)  # fmt: skip
def test_notices(text, words):
    found = notices(text)
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM patient p, encounter e WHERE p.patient_id = e.patient_id",
        "SELECT * FROM patient CROSS JOIN encounter",
        "SELECT * FROM patient p LEFT JOIN encounter e USING (patient_id) WHERE e.kind IS NULL",
        "SELECT a / nullif(b, 0), a / 2 FROM t",
        "this is no query",
    ],
)
def test_no_notices(text):
    assert notices(text) == []
