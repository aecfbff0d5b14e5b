"""Wrong queries are told from right ones by small, lawful databases; equal ones are not."""

import tomllib
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from labkit import schema
from labkit.errors import LabkitError
from labkit.messages import set_language
from labkit.sql import SqlError, compare
from labkit.sql.engine import Engine
from labkit.sql.instances import Generator, repair
from labkit.sql.result import counted, match_columns
from labkit.sql.shape import shape_of
from labkit.sql.shrink import deletions

CORPUS = tomllib.loads((Path(__file__).parent / "corpus.toml").read_text(encoding="utf-8"))
EHR, REGISTRY = schema.LAYERS["ehr"], schema.LAYERS["registry"]
SLOW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def of(pair):
    return pair["answer"], pair["reference"], schema.LAYERS[pair["layer"]]


def run_fresh(tables, metadata, query):
    """Run a query on a database made anew, apart from the engine that found it."""
    con = duckdb.connect()
    for name, frame in tables.items():
        columns = ", ".join(
            f'"{c.name}" {c.type.compile(dialect=postgresql.dialect())}'
            for c in metadata.tables[name].columns
        )
        con.execute(f'CREATE TABLE "{name}" ({columns})')
        con.register("given", frame)
        con.execute(f'INSERT INTO "{name}" SELECT * FROM given')
        con.unregister("given")
    result = con.execute(query)
    return [c[0] for c in result.description], result.fetchall()


def broken_rules(tables, metadata):
    """List the rules of the metadata that a database breaks, as SQLite sees it."""
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as con:
        for name, frame in tables.items():
            rows = [
                {str(k): None if pd.isna(v) else v for k, v in row.items()}
                for row in frame.to_dict("records")
            ]
            for row in rows:
                for column in metadata.tables[name].columns:
                    if isinstance(column.type, sa.Date) and row[column.name] is not None:
                        row[column.name] = pd.Timestamp(row[column.name]).date()
                    codes = column.info.get("codes")
                    if isinstance(codes, dict) and row[column.name] is not None:
                        assert str(row[column.name]) in codes
            if rows:
                con.execute(metadata.tables[name].insert(), rows)
        found = con.execute(sa.text("PRAGMA foreign_key_check")).fetchall()
    return [row for row in found if row[2] in tables]


def test_corpus_is_large_enough():
    assert len(CORPUS["wrong"]) >= 60
    assert len(CORPUS["equal"]) >= 30
    assert len({pair["about"] for pair in CORPUS["wrong"]}) == len(CORPUS["wrong"])


@pytest.mark.parametrize("pair", CORPUS["wrong"], ids=lambda pair: pair["about"])
def test_wrong_query_is_told_apart(pair):
    answer, reference, metadata = of(pair)
    verdict = compare(answer, reference, metadata)
    assert verdict.differs
    assert verdict.kind in ("rows", "order")
    example = verdict.counterexample
    assert example.rows <= 6
    assert broken_rules(example.tables, metadata) == []
    here, given_rows = run_fresh(example.tables, metadata, answer)
    there, wanted_rows = run_fresh(example.tables, metadata, reference)
    places = match_columns(here, there)
    same = counted(given_rows, places) == counted(wanted_rows)
    assert same == (verdict.kind == "order")
    if verdict.kind == "order":
        assert given_rows != wanted_rows


@pytest.mark.parametrize("pair", CORPUS["equal"], ids=lambda pair: pair["about"])
def test_equal_queries_raise_no_alarm(pair):
    answer, reference, metadata = of(pair)
    verdict = compare(answer, reference, metadata, databases=300)
    assert not verdict.differs, str(verdict)
    assert verdict.databases >= 100
    assert verdict.counterexample is None


@SLOW
@given(st.sampled_from(CORPUS["wrong"]), st.integers(1, 10_000))
def test_any_seed_finds_it(pair, seed):
    answer, reference, metadata = of(pair)
    verdict = compare(answer, reference, metadata, seed=seed)
    assert verdict.differs
    assert verdict.seed == seed
    assert broken_rules(verdict.counterexample.tables, metadata) == []


@SLOW
@given(st.sampled_from(CORPUS["equal"]), st.integers(1, 10_000))
def test_no_seed_raises_an_alarm(pair, seed):
    assert not compare(*of(pair), seed=seed, databases=200).differs


@SLOW
@given(st.integers(0, 10_000), st.data())
def test_shrinking_keeps_keys_and_foreign_keys(seed, data):
    queries = ["SELECT * FROM patient JOIN encounter USING (patient_id) JOIN diagnosis USING "
               "(encounter_id) JOIN practitioner USING (practitioner_id)"]  # fmt: skip
    shape = shape_of(EHR, queries)
    (instance,) = Generator(shape, queries, seed=seed).draw(1)
    for _ in range(3):
        smaller = deletions(instance, shape)
        if not smaller:
            break
        before = sum(map(len, instance.values()))
        instance = data.draw(st.sampled_from(smaller))
        assert sum(map(len, instance.values())) < before
        assert repair(shape, instance) == instance
        patients = {row[0] for row in instance["patient"]}
        assert {row[1] for row in instance["encounter"]} <= patients
        visits = {row[0] for row in instance["encounter"]}
        assert {row[0] for row in instance["diagnosis"]} <= visits
        keys = [row[:2] for row in instance["diagnosis"]]
        assert len(set(keys)) == len(keys)


def test_same_seed_same_verdict():
    pair = next(p for p in CORPUS["wrong"] if p["about"].startswith("one day too short"))
    first, second = compare(*of(pair), seed=7), compare(*of(pair), seed=7)
    assert str(first) == str(second)
    for name, table in first.counterexample.tables.items():
        pd.testing.assert_frame_equal(table, second.counterexample.tables[name])


def test_order_matters_only_if_the_reference_sorts():
    sorted_, loose = "SELECT fodselsaar FROM npr ORDER BY fodselsaar", "SELECT fodselsaar FROM npr"
    assert compare(loose, sorted_, REGISTRY).kind == "order"
    assert not compare(sorted_, loose, REGISTRY).differs
    assert not compare(loose, sorted_, REGISTRY, ordered=False).differs


def test_ties_in_the_reference_are_free():
    one = "SELECT opphold_id, kommune FROM npr ORDER BY kommune"
    two = "SELECT opphold_id, kommune FROM npr ORDER BY kommune, opphold_id DESC"
    assert not compare(two, one, REGISTRY).differs
    assert compare(one, two, REGISTRY).kind == "order"


def test_sort_key_outside_the_result():
    one = "SELECT opphold_id FROM npr ORDER BY inntid, opphold_id"
    assert compare("SELECT opphold_id FROM npr ORDER BY uttid, opphold_id", one,
                   REGISTRY).kind == "order"  # fmt: skip
    assert (
        not compare(f"SELECT opphold_id FROM ({one}) ORDER BY rowid", one, REGISTRY).kind == "rows"
    )


def test_columns():
    verdict = compare("SELECT kommune FROM npr", "SELECT kommune, kjonn FROM npr", REGISTRY)
    assert (verdict.kind, verdict.counterexample.rows) == ("columns", 1)
    named = "SELECT count(*) AS n FROM npr"
    assert not compare("SELECT count(*) AS antall FROM npr", named, REGISTRY).differs
    assert compare("SELECT count(*) AS antall FROM npr", named, REGISTRY, names=True).kind == (
        "columns"
    )
    assert not compare("SELECT count(*) AS N FROM npr", named, REGISTRY, names=True).differs


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("SELECT komune FROM npr", "Did you mean 'kommune'?"),
        ("SELECT kommune FROM nrp", "Did you mean 'npr'?"),
        ("SELECT kommune FROM lmr", "It is in dar, diabetes"),
        ("SELECT FROM npr", "which columns you want"),
        ("DROP TABLE npr", "DROP is not allowed"),
        ("COPY npr TO 'x.csv'", "COPY is not allowed"),
        ("SELECT * FROM read_csv('x.csv')", "read_csv is not allowed"),
        ("", "no query"),
        (None, "must be text"),
    ],
)
def test_answer_that_cannot_run(answer, words):
    set_language("en")
    verdict = compare(answer, "SELECT kommune FROM npr", REGISTRY)
    set_language("nb")
    assert (verdict.differs, verdict.kind) == (True, "error")
    assert words in verdict.error


def test_answer_that_fails_on_some_data():
    verdict = compare(
        "SELECT hoveddiagnose::INTEGER AS d FROM npr",
        "SELECT hoveddiagnose AS d FROM npr",
        REGISTRY,
    )
    assert verdict.kind == "error"
    assert verdict.error
    assert verdict.counterexample.answer is None
    assert verdict.counterexample.rows == 1


def test_answer_that_never_ends():
    endless = (
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) "
        "SELECT max(n) AS n FROM t, npr"
    )
    reference = "SELECT max(opphold_id) AS n FROM npr"
    verdict = compare(endless, reference, REGISTRY, seconds=0.3)
    assert (verdict.differs, verdict.kind) == (True, "error")
    assert not compare("SELECT kjonn FROM npr", "SELECT kjonn FROM npr", REGISTRY).differs


@pytest.mark.parametrize("reference", ["SELECT x FROM npr", "DROP TABLE npr", "SELECT 1", "SELCT"])
def test_reference_must_be_a_query_on_the_tables(reference):
    with pytest.raises(SqlError):
        compare("SELECT kommune FROM npr WHERE false", reference.replace("SELECT 1", "DELETE"),
                REGISTRY)  # fmt: skip


def test_no_table_of_the_metadata():
    with pytest.raises(SqlError, match="npr"):
        compare("SELECT 1", "SELECT 2", REGISTRY)


def test_what_duckdb_cannot_run_on_many_at_once_runs_one_by_one():
    rolled = "SELECT kommune, count(*) AS n FROM npr GROUP BY ROLLUP (kommune)"
    verdict = compare("SELECT kommune, count(*) AS n FROM npr GROUP BY kommune", rolled, REGISTRY)
    assert verdict.differs
    assert not compare(rolled, rolled + " HAVING true", REGISTRY, databases=40).differs


def test_a_reference_left_to_chance_is_not_held_against_the_answer():
    loose = "SELECT kommune FROM npr LIMIT 1"
    assert not compare("SELECT max(kommune) AS kommune FROM npr HAVING count(*) > 0", loose,
                       REGISTRY, databases=200).differs  # fmt: skip


def family(metadata=None):
    metadata = metadata or sa.MetaData()
    sa.Table(
        "person", metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mother", sa.Integer, sa.ForeignKey("person.id")),
        sa.Column("born", sa.Date, nullable=False),
    )  # fmt: skip
    return metadata


def test_self_reference():
    metadata = family()
    verdict = compare(
        "SELECT c.id FROM person c JOIN person m ON c.mother = m.id WHERE m.born > c.born",
        "SELECT c.id FROM person c JOIN person m ON c.mother = m.id WHERE m.born >= c.born",
        metadata,
    )
    assert verdict.differs
    assert verdict.counterexample.rows <= 2
    assert broken_rules(verdict.counterexample.tables, metadata) == []


@pytest.mark.parametrize("optional", [True, False])
def test_cycle_of_foreign_keys(optional):
    metadata = sa.MetaData()
    sa.Table(
        "ward", metadata,
        sa.Column("ward_id", sa.Integer, primary_key=True),
        sa.Column("head", sa.Integer, sa.ForeignKey("nurse.nurse_id", use_alter=True, name="h"),
                  nullable=optional),
    )  # fmt: skip
    sa.Table(
        "nurse", metadata,
        sa.Column("nurse_id", sa.Integer, primary_key=True),
        sa.Column("ward_id", sa.Integer, sa.ForeignKey("ward.ward_id"), nullable=False),
    )  # fmt: skip
    verdict = compare(
        "SELECT w.ward_id FROM ward w JOIN nurse n ON n.ward_id = w.ward_id",
        "SELECT w.ward_id FROM ward w JOIN nurse n ON n.nurse_id = w.head",
        metadata,
    )
    assert verdict.differs
    tables = verdict.counterexample.tables
    assert set(tables["nurse"]["ward_id"]) <= set(tables["ward"]["ward_id"])
    assert set(tables["ward"]["head"].dropna()) <= set(tables["nurse"]["nurse_id"])


def test_composite_foreign_key_and_unique():
    metadata = sa.MetaData()
    sa.Table("dx", metadata, sa.Column("enc", sa.Integer, primary_key=True),
             sa.Column("pos", sa.Integer, primary_key=True),
             sa.Column("code", sa.String(8), nullable=False))  # fmt: skip
    sa.Table("grade", metadata, sa.Column("id", sa.Integer, primary_key=True),
             sa.Column("enc", sa.Integer), sa.Column("pos", sa.Integer),
             sa.UniqueConstraint("enc", "pos"),
             sa.ForeignKeyConstraint(["enc", "pos"], ["dx.enc", "dx.pos"]))  # fmt: skip
    verdict = compare(
        "SELECT g.id, d.code FROM grade g JOIN dx d ON d.enc = g.enc",
        "SELECT g.id, d.code FROM grade g JOIN dx d ON d.enc = g.enc AND d.pos = g.pos",
        metadata,
    )
    assert verdict.counterexample.rows == 3
    assert broken_rules(verdict.counterexample.tables, metadata) == []
    same = compare(
        "SELECT d.code FROM dx d JOIN grade g USING (enc, pos)",
        "SELECT d.code FROM dx d WHERE EXISTS (SELECT 1 FROM grade g WHERE g.enc = d.enc "
        "AND g.pos = d.pos)",
        metadata,
    )
    assert not same.differs  # equal only because (enc, pos) is unique in grade


def test_unknown_column_type_is_named():
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("x", sa.LargeBinary))
    with pytest.raises(LabkitError, match=r"t\.x"):
        compare("SELECT x FROM t", "SELECT x FROM t", metadata)


def test_never_a_real_identity_number():
    reference = "SELECT * FROM patient WHERE sex = 'F'"
    verdict = compare("SELECT * FROM patient", reference, EHR)
    assert not verdict.counterexample.tables["patient"]["fnr"].str.fullmatch(r"\d{11}").any()


@pytest.mark.parametrize(
    ("lang", "words"),
    [("nb", ("Resultatet ditt", "Det som trengs")), ("en", ("Your result", "What is needed"))],
)
def test_card_shows_both_results_and_marks_rows(lang, words):
    set_language(lang)
    verdict = compare(
        "SELECT kommune, count(*) AS n FROM npr GROUP BY kommune",
        "SELECT kommune, count(DISTINCT pasient_id) AS n FROM npr GROUP BY kommune",
        REGISTRY,
    )
    text, html = str(verdict), verdict._repr_html_()
    set_language("nb")
    for word in words:
        assert word in text
        assert word in html
    assert "hoveddiagnose" not in text  # only the columns that the queries mention
    assert text.count("\n> ") == 2
    assert html.count("▸") == 3  # two rows, and the line that says what the sign means


def test_card_escapes_values():
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("x", sa.String, nullable=False))
    verdict = compare("SELECT x FROM t", "SELECT x FROM t WHERE x <> '<b>'", metadata)
    assert "<b>'" not in verdict._repr_html_()
    assert "&lt;b&gt;" in verdict._repr_html_()


def test_engine_gives_what_duckdb_gives_one_by_one():
    queries = [p["reference"] for p in CORPUS["wrong"][::4] if p["layer"] == "registry"]
    shape = shape_of(REGISTRY, queries)
    instances = Generator(shape, queries, seed=3).draw(8)
    with Engine(shape) as engine:
        engine.load(instances)
        for query in queries:
            many = engine.many(query)
            assert engine.batch(query)
            for instance, rows in zip(instances, many, strict=True):
                alone = engine.one(instance, query)[1]
                if "LIMIT" not in query:
                    assert counted(rows) == counted(alone)


def test_an_answer_that_gives_rows_for_ever_differs_and_is_shown_cut():
    endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT n AS id FROM t"
    verdict = compare(endless, "SELECT patient_id AS id FROM patient", schema.LAYERS["ehr"])
    assert verdict.kind == "rows"
    assert len(verdict.counterexample.answer) == 100
