"""ER models and schemas: right, half right, wrong and hostile answers."""

import json
import re

import pytest

from labkit.grading.kinds import kind_of
from labkit.grading.kinds.words import shown_facts
from labkit.grading.plain import NotPlain
from labkit.grading.verdict import with_code
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
    assert set(shown_facts(half)) == {"what", "percent", "hints"}


def test_a_grading_tells_differences_in_the_answers_own_words():
    reference = STORY.replace("Consent 0..n, Sample 1..1", "Consent 0..n, Sample 1..n")
    reference = reference.replace("sex }", "sex, birth_year }")
    found = compared(ER, reference, STORY.replace("covers", "dekker"))
    assert difference_text(found, "nb").splitlines()[1:] == [
        "",
        "- Forholdet dekker har en annen kardinalitet: hos deg Consent 0..n, Sample 1..1. "
        "Hvor mange kan det høyst være på hver side av dekker? Les begge veier.",
        "- Donor mangler et attributt. Les en gang til hva som skal lagres om Donor.",
    ]


def test_a_grading_tells_no_more_than_the_first_differences_each_once():
    few = difference_text(compared(ER, STORY, "entity Car { plate key }"), "nb").splitlines()[2:]
    assert [line[:33] for line in few] == [
        "- Det mangler en entitetstype. Er", "- Det mangler et forhold. Hvilke ",
        "- Entitetstypen Car er mer enn de",
    ]  # fmt: skip
    many = compared(
        ER,
        STORY,
        "entity Car { plate key, colour }\nentity Road { number key }\n"
        "relationship on (Car 0..n, Road 1..1)\nentity Donor { name key, sex, age }",
    )
    lines = difference_text(many, "nb").splitlines()
    assert len(lines) == 7
    assert lines[-1].startswith("- … og ")
    assert with_code("\n".join(lines)).count("<li>") == 5


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
    said = difference_text(half, "nb")
    assert "50 % av prøvene" in said
    assert "som skal gå: Samme sengenummer på to avdelinger." in said
    assert "`INSERT INTO bed (ward, number) VALUES ('B', 1)`" in said
    assert "Det finnes alt en rad med samme nøkkel (1)." in said


def test_a_schema_that_lets_too_much_in_is_shown_the_rows():
    open_ = "CREATE TABLE post (kode TEXT, beds INTEGER);\nCREATE TABLE bed (ward TEXT, number INT)"
    said = difference_text(compared(SCHEMA, PROBES, open_), "en")
    assert "Your schema lets this through: Two wards with one code." in said
    rows = [f"`INSERT INTO post (kode, beds) VALUES ('A', {n})`" for n in (10, 12)]
    assert f"Got in: {'; '.join(rows)}." in said


@pytest.mark.parametrize("kind", [ER, SCHEMA])
@pytest.mark.parametrize("answer", [3, "entity {", "DROP TABLE ward", "COPY ward TO '/tmp/x'", "("])
def test_what_cannot_be_read_is_refused_and_told_where(kind, answer):
    with pytest.raises(NotPlain) as refused:
        kind.take(answer, {})
    assert re.fullmatch(r"kinds\.(not_(er|schema)|(model|schema)_error)", refused.value.reason)


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


@pytest.mark.parametrize(("old", "new", "odd"), [
    ("Consent 0..n, Sample 1..1", "Consent 1..1, Sample 0..n",
     "The relationship Consent – Sample is there, with other numbers: in your model "
     "Consent 1..1, Sample 0..n."),
    ("weak entity Consent of Donor 1..n by gives { number: integer partial key",
     "relationship gives (Donor 1..n, Consent 1..1)\nentity Consent { number: integer key",
     "The numbers of the relationship Donor – Consent are right. Is it needed to recognise one "
     "of them?"),
    ("given_date: date }", "given_date: date, sex }",
     "sex is there, but does not belong to Consent. What must you know to tell sex?"),
    ("sex }", "sex multivalued }",
     "sex of Donor is there, marked otherwise. Can it have several values, or be computed?"),
    ("donor_id key, sex", "donor_id, sex key",
     "Donor has sex as its key in your model. Does that tell two of them apart, and is all of "
     "it needed?"),
    ("sex }", "colour }", "I do not recognise colour of Donor."),
    ("entity Donor", "entity Freezer { serial_no key }\nentity Donor",
     "I do not recognise the entity type Freezer by its name."),
    ("entity Sample { barcode key }", "weak entity Sample of Donor 0..n by from { barcode partial "
     "key }", "I do not recognise the relationship Donor – Sample."),
])  # fmt: skip
def test_a_model_is_told_at_once_what_of_it_is_off(old, new, odd):
    assert old in STORY
    answer = STORY.replace(old, new)
    if old == "given_date: date }":
        answer = answer.replace("donor_id key, sex", "donor_id key")
    lines = difference_text(at_once(answer), "en").splitlines()
    assert f"- {odd}" in lines[2:]


def test_what_follows_from_a_name_not_recognised_is_not_told():
    odd = at_once(STORY.replace("Sample", "Thing")).facts["odd"]
    assert [one["kind"] for one in odd] == ["entities"]


def test_a_kind_of_something_is_told_at_once():
    whole = "entity A { a key }\nentity B { b }\nentity C { c }\n"
    whole += "specialisation A total disjoint { B, C }"
    part = at_once(whole.replace("total", "partial"), whole)
    assert part.facts["odd"][0]["kind"] == "kind"
    assert "- That B is a kind of A is right." in difference_text(part, "en")


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
