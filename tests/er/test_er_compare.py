import re

import pytest

from labkit.er import compare, parse
from labkit.er.names import Names
from labkit.messages import catalogue, set_language


def kinds(answer, reference, **options):
    return [d.kind for d in compare(answer, reference, **options).differences]


def test_a_model_does_not_differ_from_itself(model):
    found = compare(model, model)
    assert not found.differs
    assert found.share == 1
    assert found.text() == "No difference found."


def test_every_missing_line_is_named(texts):
    """Take each attribute, key word and relationship away in turn: something is said."""
    for text in texts.values():
        reference = parse(text)
        for r in reference.relationships:
            if r.identifying:
                continue
            answer = re.sub(rf"relationship {r.name} .*\n", "", text)
            found = compare(answer, reference)
            assert "missing_relationship" in [d.kind for d in found.differences]
            assert found.share < 1
        for e in reference.entities:
            keyed = {n for key in e.keys for n in key}
            for a in e.attributes:
                by = {s.by for s in reference.specialisations}
                if a.name in keyed or a.name in by:
                    continue
                part = rf"(entity {e.name} [^\n]*?[{{,]) *{a.name}( \([^)]*\))?(:? \w+)*(?=[,}} ])"
                answer = re.sub(part, r"\1 ", text).replace("{ ,", "{").replace(", ,", ",")
                answer = re.sub(r",\s*,", ",", answer).replace(",  }", "}").replace(", }", "}")
                if parse(answer) == reference:
                    raise AssertionError(f"{a.name} was not taken away from {e.name}")
                missing = [
                    d
                    for d in compare(answer, reference).differences
                    if d.kind == "missing_attribute"
                ]
                assert a.name in [d.values["name"] for d in missing]


WARD_MUTANTS = [  # what is changed in the ward model, and what must be said, all of it
    ("fnr key,", "fnr, ssn key,", ["other_key", "extra_attribute"]),
    ("fnr key,", "fnr key, ssn,", ["extra_attribute"]),
    ("phone multivalued", "phone", ["multivalued_as_single"]),
    ("hpr key, name", "hpr key, name multivalued", ["single_as_multivalued"]),
    ("age derived", "age", ["derived_as_stored"]),
    ("birth_date: date", "birth_date: date derived", ["stored_as_derived"]),
    ("name (given, family)", "name", ["composite_as_simple"]),
    ("name (given, family)", "given, family", ["composite_as_simple"]),
    ("hpr key, name", "hpr key, name (a, b)", ["simple_as_composite"]),
    ("(given, family)", "(given)", ["missing_attribute"]),
    ("key (hospital, code)", "key (hospital), key (code)", ["key_taken_apart"]),
    ("key (hospital, code)", "key (hospital)", ["other_key"]),
    ("hpr key, name", "hpr key, name key", ["extra_key"]),
    ("number: integer partial key", "number: integer", ["missing_key"]),
    ("weak entity Admission of Patient { number: integer partial key",
     "relationship has (Patient 0..n, Admission 1..1)\nentity Admission { number: integer key",
     ["weak_as_strong"]),
    ("of Patient {", "of Patient 1..n {", ["wrong_least"]),
    ("Admission 1..n, Doctor 0..n", "Admission 1..n, Doctor 0..1", ["wrong_ratio"]),
    ("Admission 1..1, Ward 0..n", "Admission 1..n, Ward 0..n", ["wrong_ratio"]),
    ("Admission 1..n, Doctor 0..n", "Admission 0..n, Doctor 0..n", ["wrong_least"]),
    ("Admission 1..n, Doctor 0..n", "Admission 1..5, Doctor 0..n", ["wrong_number"]),
    ("Admission 1..1, Ward 0..n", "Admission 0..n, Ward 1..1", ["turned_round"]),
    ("(Admission 1..1, Ward 0..n)", "(Patient 1..1, Ward 0..n)", ["wrong_participants"]),
    (" { since: date }", "", ["missing_attribute"]),
    ("hpr key, name }", "hpr key, name, since }", ["extra_attribute"]),
    ("relationship treated_by",
     "relationship calls (Patient 0..n, Doctor 0..n)\nrelationship treated_by",
     ["extra_relationship"]),
    ("entity Doctor", "entity Cook { c key }\nentity Doctor", ["extra_entity"]),
    ("relationship takes_place_on (Admission 1..1, Ward 0..n)\n", "", ["missing_relationship"]),
    ("beds: integer, ", "", ["missing_attribute"]),
    ("start: date }", "start: date, beds }", ["extra_attribute"]),
    ("code, beds: integer, key (hospital, code) }",
     "code, key (hospital, code) }\nentity Beds { n key }", ["attribute_as_entity"]),
    ("relationship treated_by (Admission 1..n, Doctor 0..n) { since: date }",
     "entity Treating { t key, since: date }\nrelationship a (Treating 1..1, Doctor 0..n)\n"
     "relationship b (Treating 1..1, Admission 1..n)", ["relationship_as_entity"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WARD_MUTANTS)
def test_each_single_change_is_named_and_nothing_else(texts, old, new, expected):
    assert old in texts["ward"]
    answer = texts["ward"].replace(old, new)
    found = compare(answer, texts["ward"])
    assert [d.kind for d in found.differences] == expected
    assert 0.8 < found.share < 1


def test_attribute_that_stands_elsewhere(texts):
    answer = (
        texts["ward"].replace("beds: integer, ", "").replace("start: date", "start: date, beds")
    )
    assert kinds(answer, texts["ward"]) == ["attribute_elsewhere"]


def test_entity_made_an_attribute(texts):
    answer = re.sub(r"entity Ward .*\n|relationship takes_place_on .*\n", "", texts["ward"])
    answer = answer.replace("start: date", "start: date, ward")
    assert sorted(kinds(answer, texts["ward"])) == ["entity_as_attribute", "missing_relationship"]


def test_strong_entity_made_weak(texts):
    weak = texts["ward"].replace(
        "entity Doctor { hpr key", "weak entity Doctor of Ward { hpr partial key"
    )
    assert "strong_as_weak" in kinds(weak, texts["ward"])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("total disjoint", "partial disjoint", ["total_as_partial"]),
        ("total disjoint", "total overlapping", ["disjoint_as_overlapping"]),
        ("{ Savings, Current }", "{ Savings }", ["missing_subclass"]),
        ("specialisation Account total disjoint by kind { Savings, Current }",
         "relationship is (Account 1..1, Savings 0..1)", ["missing_specialisation",
                                                           "extra_relationship"]),
    ],
)  # fmt: skip
def test_specialisations(texts, old, new, expected):
    answer = texts["account"].replace(old, new)
    answer = answer.replace("Savings {", "Savings { s key, ") if "is (" in new else answer
    answer = (
        answer.replace("Current {", "Current { c key, ") if new.count("Current") == 0 else answer
    )
    found = kinds(answer, texts["account"])
    assert [k for k in found if k not in ("extra_key", "extra_attribute")] == expected


def test_self_reference_is_compared_by_its_roles(texts):
    turned = (
        texts["mother"].replace("mother 0..n", "mother 0..1").replace("child 0..1", "child 0..n")
    )
    assert kinds(turned, texts["mother"]) == ["turned_round"]
    assert kinds(texts["mother"].replace("mother 0..n", "mor 0..n"), texts["mother"]) == []


EQUIVALENT = [
    ("relationship treated_by (Admission 1..n, Doctor 0..n) { since: date }",
     "weak entity Treatment of Admission 1..n, Doctor 0..n { since: date }"),
    ("relationship takes_place_on (Admission 1..1, Ward 0..n)",
     "relationship on_ward (Ward 0..n, Admission 1..1)"),
    ("relationship treated_by (Admission 1..n, Doctor 0..n)",
     "relationship behandles_av (Doctor 0..n, Admission 1..n)"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), EQUIVALENT)
def test_the_same_said_in_another_way_is_the_same(texts, old, new):
    assert not compare(texts["ward"].replace(old, new), texts["ward"]).differs


def test_an_attribute_of_one_to_many_may_stand_with_the_side_that_takes_part_once(texts):
    old, new = "(Barn 1..1, Svangerskap 0..n) { tidspunkt: time }", "(Barn 1..1, Svangerskap 0..n)"
    answer = texts["maternity"].replace(old, new).replace("apgar: integer", "apgar, tidspunkt")
    assert not compare(answer, texts["maternity"]).differs


def test_norwegian_names_for_an_english_reference(texts):
    answer = texts["ward"]
    for english, norwegian in [
        ("Patient", "Pasienter"), ("Doctor", "LEGE"), ("Admission", "innleggelse"),
        ("Ward", "Avdeling"), ("birth_date", "fødselsdato"), ("name", "navn"),
        ("hospital", "sykehus"), ("phone", "telefon"), ("beds", "senger"),
    ]:  # fmt: skip
        answer = answer.replace(english, norwegian)
    assert kinds(answer, texts["ward"], synonyms={"beds": "senger"}) == []
    odd = texts["ward"].replace("Ward", "Tun")
    assert kinds(odd, texts["ward"]) == []  # known by its attributes
    assert kinds("entity Tun { t key }", "entity Ward { code key }")[0] == "missing_entity"
    assert (
        kinds("entity Tun { code key }", "entity Ward { code key }", synonyms=[["tun", "ward"]])
        == []
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Patients", "pasient", True),
        ("birth_date", "FødselsDato", True),
        ("LabResult", "lab_results", True),
        ("addmission", "Admission", True),
        ("works_on", "works_for", False),
        ("start", "stop", False),
        ("Supplier", "Project", False),
        ("mother", "child", False),
    ],
)
def test_likeness_of_names(one, other, same):
    assert (Names().likeness(one, other) >= 0.85) is same


def test_nothing_right_scores_nothing_and_half_scores_about_half(texts):
    assert compare("entity Cook { c key }", texts["company"]).share == 0
    half = "\n".join(texts["ward"].splitlines()[:3])
    assert 0.25 < compare(half, texts["ward"]).share < 0.6


def test_every_difference_has_words_and_a_hint_in_both_languages():
    messages = catalogue("er")
    said = {n.removeprefix("differs_") for n in messages if n.startswith("differs_")}
    hinted = {n.removeprefix("hint_") for n in messages if n.startswith("hint_")}
    seen = {n.removeprefix("seen_") for n in messages if n.startswith("seen_")}
    assert said == hinted == seen
    assert all(set(entry) == {"nb", "en"} for entry in messages.values())


def test_a_hint_does_not_name_what_is_missing(texts):
    answer = re.sub(r"entity Ward .*\n|relationship takes_place_on .*\n", "", texts["ward"])
    for lang in ("nb", "en"):
        set_language(lang)
        found = compare(answer, texts["ward"])
        assert found.differs
        told = " ".join(f"{d.seen()} {d.hint()}" for d in found.differences)
        assert "Ward" not in told
        assert "takes_place" not in told
        assert any("Ward" in d.text() for d in found.differences)


@pytest.mark.parametrize("lang", ["nb", "en"])
def test_what_is_seen_does_not_tell_the_references_numbers(texts, lang):
    for old, new in [("Ward 0..n", "Ward 1..1"), ("Doctor 0..n", "Doctor 3..n")]:
        assert old in texts["ward"]
        found = compare(texts["ward"].replace(old, new), texts["ward"])
        numbers = [d for d in found.differences if "wanted" in d.values]
        assert numbers
        for one in numbers:
            assert str(one.values.get("numbers", one.values["came"])) in one.seen(lang)
            assert all(end in one.seen(lang) for end in str(one.values["ends"]).split(" – "))
            assert one.values["wanted"] not in one.seen(lang)
