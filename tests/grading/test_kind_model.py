"""ER models and schemas: right, half right, wrong and hostile answers."""

import json

import pytest

from labkit.grading.kinds import kind_of
from labkit.grading.kinds.words import shown_facts
from labkit.grading.plain import NotPlain
from labkit.grading.words import difference_text

ER, SCHEMA = kind_of("er"), kind_of("schema")
PROBES = """
CREATE TABLE ward (code TEXT PRIMARY KEY, beds INTEGER);
CREATE TABLE bed (ward TEXT REFERENCES ward, number INTEGER, PRIMARY KEY (ward, number));
-- accept: Samme sengenummer på to avdelinger. | One bed number on two wards.
INSERT INTO ward VALUES ('A', 10);
INSERT INTO ward VALUES ('B', 8);
INSERT INTO bed VALUES ('A', 1);
INSERT INTO bed VALUES ('B', 1);
-- refuse: To avdelinger med samme kode. | Two wards with one code.
INSERT INTO ward VALUES ('A', 10);
INSERT INTO ward VALUES ('A', 12);
"""
TABLES = """
CREATE TABLE ward (code TEXT PRIMARY KEY, beds INTEGER);
CREATE TABLE bed (ward TEXT REFERENCES ward, number INTEGER, PRIMARY KEY (ward, number));
"""


def compared(kind, reference, answer):
    made = kind.refer(kind.take(reference, {}).answer, {}, salt="s")
    return made.compare(kind.take(answer, {}).answer)


def test_a_model_is_compared_by_what_it_says():
    reference = "entity Patient { fnr key, name }\nentity Ward { code key, beds }"
    assert compared(
        ER, reference, "entity Ward { code key, beds }\nentity Patient { fnr key, name }"
    ).same
    half = compared(ER, reference, "entity Patient { fnr key, name }")
    assert 0 < half.share < 0.8
    wrong = compared(ER, reference, "entity Car { plate key }")
    assert wrong.share < half.share
    assert str(half.facts["percent"]) in difference_text(half, "nb")
    assert set(shown_facts(half)) == {"percent", "hints"}


def test_a_schema_is_tried_with_rows():
    assert compared(SCHEMA, PROBES, TABLES).same
    assert compared(SCHEMA, PROBES, PROBES).same
    own_key = TABLES.replace("code TEXT PRIMARY KEY", "id INTEGER PRIMARY KEY, code TEXT UNIQUE")
    assert compared(
        SCHEMA, PROBES, own_key.replace("REFERENCES ward", "REFERENCES ward(code)")
    ).same
    narrow = TABLES.replace("PRIMARY KEY (ward, number)", "PRIMARY KEY (number)")
    half = compared(SCHEMA, PROBES, narrow)
    assert 0 < half.share < 1
    assert not half.same


@pytest.mark.parametrize("kind", [ER, SCHEMA])
@pytest.mark.parametrize("answer", [3, "entity {", "DROP TABLE ward", "COPY ward TO '/tmp/x'", "("])
def test_what_cannot_be_read_is_refused_and_told_where(kind, answer):
    with pytest.raises(NotPlain) as refused:
        kind.take(answer, {})
    assert refused.value.reason in ("kinds.not_er", "kinds.not_schema", "kinds.model_error")


@pytest.mark.parametrize(("kind", "solution", "words"), [
    (ER, "entity Ward { code key }", ["ward", "code"]),
    (SCHEMA, PROBES, ["create", "primary", "beds"]),
])  # fmt: skip
def test_a_key_holds_nothing_of_the_reference(kind, solution, words):
    made = kind.refer(kind.take(solution, {}).answer, {}, salt="s").to_key()
    text = json.dumps(made).lower()
    assert not [word for word in words if f'"{word}' in text or f"{word} " in text]


STORY = """
entity Donor { donor_id key, sex }
weak entity Consent of Donor 1..n by gives { number: integer partial key, given_date: date }
entity Sample { barcode key }
relationship covers (Consent 0..n, Sample 1..1)
"""


def at_once(answer, reference=STORY, kind=ER):
    made = kind.refer(kind.take(reference, {}).answer, {}, salt="s").to_key()
    read = kind.read(json.loads(json.dumps(made)))
    return read.compare(kind.take(answer, {}).answer)


def test_a_model_is_told_at_once_what_is_recognised():
    norwegian = """
    entity Prøve { strekkode key }
    entity Giver { giver_id key, kjønn }
    weak entity Samtykke of Giver 1..n { nummer: integer partial key, samtykkedato: date }
    relationship dekker (Samtykke 0..n, Prøve 1..1)"""
    assert at_once(STORY).same
    assert at_once(norwegian).same
    turned = at_once(STORY.replace("(Consent 0..n, Sample 1..1)", "(Consent 1..1, Sample 0..n)"))
    assert turned.rung == "model_part"
    assert turned.facts["counts"]["relationships"] == [2, 2]
    assert turned.facts["counts"]["cardinalities"] == [1, 2]
    assert 0.9 < turned.share <= 0.95
    said = difference_text(turned, "nb")
    assert "3 av 3 entitetstyper" in said
    assert "Les hvert forhold høyt" in said
    more = at_once(
        STORY + "entity Freezer { serial_no key }\nrelationship in (Sample 0..1, Freezer 0..n)"
    )
    assert more.facts["extra"] == 2
    assert "2 more" in difference_text(more, "en")


def test_a_schema_is_told_at_once_what_will_be_tried():
    read = at_once(TABLES, PROBES, SCHEMA)
    assert read.rung == "schema_read"
    said = difference_text(read, "nb")
    assert "skal gå       Samme sengenummer på to avdelinger." in said
    assert "skal stoppes  To avdelinger med samme kode." in said


@pytest.mark.parametrize("kind", [ER, SCHEMA])
def test_an_older_key_lets_a_model_be_read(kind):
    answer = kind.take("entity Ward { code key }" if kind is ER else TABLES, {}).answer
    difference = kind.read({"salt": "s"}).compare(answer)
    assert difference.rung == "model_read"
    assert "sammenlignes når øvingen rettes" in difference_text(difference, "nb")
