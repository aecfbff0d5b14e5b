"""Mutants of a query, and the tiny databases that a task ships to catch mistakes."""

import json

import duckdb
import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from labkit import schema
from labkit.errors import DataError
from labkit.messages import set_language
from labkit.sql import SqlError, check_on, databases_for, mutants
from labkit.sql.shape import shape_of

REGISTRY = schema.LAYERS["registry"]
STATIN = (
    "SELECT n.kommune, count(DISTINCT n.pasient_id) AS n, count(DISTINCT l.lopenr) AS hentet "
    "FROM npr n LEFT JOIN lmr l ON l.lopenr = n.pasient_id AND l.atc LIKE 'C10AA%' "
    "WHERE n.hoveddiagnose LIKE 'I21%' GROUP BY n.kommune ORDER BY n DESC"
)
WRONG = [
    STATIN.replace("LEFT JOIN", "JOIN"),
    STATIN.replace("count(DISTINCT n.pasient_id)", "count(*)"),
    STATIN.replace("'I21%'", "'I21'"),
    STATIN.replace(" DESC", ""),
    STATIN.replace(" AND l.atc LIKE 'C10AA%' WHERE", " WHERE l.atc LIKE 'C10AA%' AND"),
]


@pytest.fixture(scope="module")
def statin():
    return databases_for(STATIN, WRONG, REGISTRY)


@pytest.mark.parametrize(
    ("reference", "kind", "mutant"),
    [
        ("SELECT a FROM t LEFT JOIN u USING (i)", "join", "SELECT a FROM t JOIN u USING (i)"),
        ("SELECT a FROM t JOIN u USING (i)", "join", "SELECT a FROM t LEFT JOIN u USING (i)"),
        ("SELECT a FROM t WHERE b IS NULL", "null", "SELECT a FROM t WHERE b = NULL"),
        ("SELECT a FROM t WHERE b IS NULL", "null", "SELECT a FROM t WHERE NOT b IS NULL"),
        ("SELECT COALESCE(a, 0) FROM t", "null", "SELECT a FROM t"),
        ("SELECT DISTINCT a FROM t", "distinct", "SELECT a FROM t"),
        ("SELECT COUNT(DISTINCT a) FROM t", "distinct", "SELECT COUNT(a) FROM t"),
        ("SELECT COUNT(a) FROM t", "distinct", "SELECT COUNT(*) FROM t"),
        ("SELECT MIN(a) FROM t", "aggregate", "SELECT MAX(a) FROM t"),
        ("SELECT AVG(a) FROM t", "aggregate", "SELECT SUM(a) FROM t"),
        ("SELECT a FROM t WHERE b >= 48", "limit", "SELECT a FROM t WHERE b > 48"),
        ("SELECT a FROM t WHERE b >= 48", "limit", "SELECT a FROM t WHERE b >= 49"),
        ("SELECT a FROM t WHERE b BETWEEN 1 AND 3", "limit",
         "SELECT a FROM t WHERE (b >= 1 AND b < 3)"),
        ("SELECT a FROM t WHERE b < CAST('2023-01-01' AS DATE)", "date",
         "SELECT a FROM t WHERE b < CAST('2023-01-02' AS DATE)"),
        ("SELECT a + INTERVAL '30' DAY FROM t", "date", "SELECT a + INTERVAL '31' DAY FROM t"),
        ("SELECT a FROM t UNION ALL SELECT b FROM u", "set",
         "SELECT a FROM t UNION SELECT b FROM u"),
        ("SELECT a FROM t EXCEPT SELECT b FROM u", "set", "SELECT b FROM u EXCEPT SELECT a FROM t"),
        ("SELECT a FROM t WHERE (b OR c) AND d", "precedence",
         "SELECT a FROM t WHERE b OR c AND d"),
        ("SELECT a FROM t WHERE b AND c", "precedence", "SELECT a FROM t WHERE b OR c"),
        ("SELECT a FROM t WHERE b AND c", "condition", "SELECT a FROM t WHERE b"),
        ("SELECT a FROM t GROUP BY a HAVING COUNT(*) = 2", "condition",
         "SELECT a FROM t GROUP BY a"),
        ("SELECT a FROM t WHERE b LIKE 'I21%'", "pattern", "SELECT a FROM t WHERE b LIKE 'I21'"),
        ("SELECT LAG(a) OVER (PARTITION BY b ORDER BY c) FROM t", "window",
         "SELECT LAG(a) OVER (ORDER BY c) FROM t"),
        ("SELECT a FROM t ORDER BY b DESC LIMIT 3", "order",
         "SELECT a FROM t ORDER BY b DESC LIMIT 4"),
        ("SELECT a / b FROM t", "arithmetic", "SELECT a // b FROM t"),
    ],
)  # fmt: skip
def test_mutants(reference, kind, mutant):
    assert (kind, mutant) in [(m.kind, m.sql) for m in mutants(reference)]


def test_mutants_differ_from_the_reference_and_from_each_other():
    found = [m.sql for m in mutants(STATIN)]
    assert len(found) >= 12
    assert len(set(found)) == len(found)
    assert STATIN.upper().replace(" AS N ", " N ") not in [text.upper() for text in found]
    con = duckdb.connect()
    for text in found:
        assert len(con.extract_statements(text)) == 1


def test_mutants_of_no_query():
    with pytest.raises(SqlError):
        mutants("SELECT FROM WHERE")


def test_every_wrong_answer_is_caught(statin):
    assert statin.missed == ()
    assert statin.caught >= 0.8
    assert len(statin.mutants) >= 12
    assert 3 <= len(statin.data["databases"]) <= 16
    data = json.loads(json.dumps(statin.data))
    for text in WRONG:
        verdict = check_on(data, text)
        assert verdict.differs, text
        assert verdict.counterexample.rows <= 9


def test_the_reference_and_its_like_pass(statin):
    data = json.loads(json.dumps(statin.data))
    like = (
        "WITH fikk AS (SELECT DISTINCT lopenr FROM lmr WHERE starts_with(atc, 'C10AA')) "
        "SELECT kommune, count(DISTINCT pasient_id) AS n, count(DISTINCT lopenr) AS hentet "
        "FROM npr LEFT JOIN fikk ON lopenr = pasient_id WHERE left(hoveddiagnose, 3) = 'I21' "
        "GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    for text in (STATIN, STATIN + " ;", like):
        verdict = check_on(data, text)
        assert not verdict.differs, str(verdict)
        assert verdict.databases == len(data["databases"])


def test_small_databases_come_first(statin):
    sizes = [sum(map(len, one["rows"].values())) for one in statin.data["databases"]]
    assert sizes == sorted(sizes)


def test_key_does_not_hold_the_reference(statin):
    text = json.dumps(statin.data).upper()
    assert "SELECT" not in text
    assert "LEFT JOIN" not in text


def test_same_seed_same_databases():
    query = "SELECT kommune, count(*) AS n FROM npr WHERE omsorgsniva = 1 GROUP BY kommune"
    wrong = [query.replace("WHERE omsorgsniva = 1 ", "")]
    first, again = (databases_for(query, wrong, REGISTRY, seed=5, tries=100) for _ in range(2))
    assert first.data == again.data
    assert databases_for(query, wrong, REGISTRY, seed=6, tries=100).data != first.data


def test_order_is_judged_with_ties_free(statin):
    set_language("en")
    assert check_on(statin, WRONG[3]).kind == "order"
    set_language("nb")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT kommune FROM npr", "columns"),
        ("SELECT kommune, n FROM npr", "error"),
        ("DROP TABLE npr", "error"),
        ("", "error"),
        ("SELECT hoveddiagnose::INT, 1, 2 FROM npr", "error"),
        ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) "
         "SELECT max(n), 1, 2 FROM t", "error"),
    ],
)  # fmt: skip
def test_answers_that_cannot_do(statin, text, kind):
    verdict = check_on(statin, text)
    assert (verdict.differs, verdict.kind) == (True, kind)
    assert bool(verdict.error) == (kind == "error")


def test_a_table_that_the_databases_lack_cannot_be_judged(statin):
    verdict = check_on(statin, "SELECT kommune, 1, 2 FROM dar")
    assert (verdict.differs, verdict.databases) == (False, 0)


def test_survivors_and_missed_are_named():
    same = "SELECT kommune FROM npr GROUP BY kommune"
    found = databases_for("SELECT DISTINCT kommune FROM npr", [same], REGISTRY)
    assert found.missed == (same,)
    key = databases_for("SELECT DISTINCT opphold_id FROM npr", [], REGISTRY)
    assert [m.kind for m in key.survivors] == ["distinct"]
    assert key.caught == 0


def test_a_wrong_answer_that_does_not_run_needs_no_database():
    found = databases_for("SELECT kommune FROM npr", ["SELECT komune FROM npr"], REGISTRY)
    assert found.missed == ()


def test_values_come_back_from_json():
    reference = (
        "SELECT opphold_id, inntid, uttid - inntid AS opphold, uttid::DATE AS dag, "
        "1.0 / (kjonn - 1) AS delt FROM npr"
    )
    data = json.loads(json.dumps(databases_for(reference, [], REGISTRY).data))
    assert not check_on(data, reference).differs
    assert check_on(data, reference.replace("uttid - inntid", "inntid - uttid")).differs


@pytest.mark.parametrize("data", [{}, {"tables": 3}, {"tables": {}, "columns": None}])
def test_broken_key(data):
    with pytest.raises(DataError, match="labkit build"):
        check_on(data, "SELECT 1")


def test_a_with_query_that_bears_a_tables_name_brings_no_table_along():
    tables = MetaData()
    for name in ("npr", "person"):
        Table(name, tables, Column("id", Integer, primary_key=True))
    shape = shape_of(tables, ["WITH person AS (SELECT id FROM npr) SELECT id FROM person"])
    assert list(shape) == ["npr"]
    assert list(shape_of(tables, ["PIVOT person ON id USING count(*)"])) == ["person"]


def test_a_span_may_be_open_in_the_end():
    still = "SELECT municipality, count(*) AS n FROM residence WHERE to_date IS NULL GROUP BY ALL"
    made = databases_for(still, [], schema.LAYERS["population"])
    assert made.caught == 1.0
    assert any(one["expected"] for one in made.data["databases"])
    assert check_on(made, still.replace("count(*)", "count(*) + 1")).differs


@pytest.mark.parametrize("ending", ["", " ORDER BY n DESC"])
def test_all_databases_at_once_say_what_each_says_alone(ending, monkeypatch):
    from labkit.sql.databases import Checker

    reference = STATIN.replace(" ORDER BY n DESC", ending)
    data = databases_for(reference, [], REGISTRY, tries=60).data
    rivals = [reference, *(mutant.sql for mutant in mutants(reference))]

    def verdicts():
        found = [check_on(data, text) for text in rivals]
        return [(v.differs, v.kind, v.databases, v.error) for v in found]

    at_once = verdicts()
    assert not at_once[0][0]
    assert sum(differs for differs, *_ in at_once) >= 10
    monkeypatch.setattr(Checker, "_at_once", lambda self, text: None)
    assert verdicts() == at_once
