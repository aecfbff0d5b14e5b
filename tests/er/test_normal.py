from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.er import normal
from labkit.errors import InputError
from labkit.messages import set_language

# Silberschatz, Korth, Sudarshan, Database System Concepts, 7th ed.
SKS_CLOSURE = "A->B, A->C, CG->H, CG->I, B->H"  # section 7.4.1
SKS_EXERCISE = "A->BC, CD->E, B->D, E->A"  # exercise 7.1 and 7.6
PRESCRIPTION = [
    (["prescription_id"], ["patient_id", "atc", "date"]),
    (["atc"], ["substance"]),
    (["patient_id"], ["fnr", "name"]),
    (["fnr"], ["patient_id"]),
]
COLUMNS = ["prescription_id", "patient_id", "atc", "date", "substance", "fnr", "name"]


def keys(attributes, dependencies):
    return {normal.show(key) for key in normal.candidate_keys(attributes, dependencies)}


@pytest.mark.parametrize(
    ("attributes", "dependencies", "expected"),
    [
        ("ABCGHI", SKS_CLOSURE, {"AG"}),
        ("ABCDE", SKS_EXERCISE, {"A", "BC", "CD", "E"}),
        # Ullman, Principles of Database and Knowledge-Base Systems I, ch. 7: city, street, zip
        ("CSZ", "CS->Z, Z->C", {"CS", "SZ"}),
        # Elmasri & Navathe, 7th ed., exercise 14.24
        ("ABCDEFGHIJ", "AB->C, A->DE, B->F, F->GH, D->IJ", {"AB"}),
        # same book, exercise 14.25
        ("ABCDEFGHIJ", "AB->C, BD->EF, AD->GH, A->I, H->J", {"ABD"}),
        ("AB", "", {"AB"}),
    ],
)
def test_candidate_keys_of_textbook_cases(attributes, dependencies, expected):
    assert keys(attributes, dependencies) == expected


@pytest.mark.parametrize(
    ("attributes", "dependencies", "expected"),
    [
        ("ABCDEFGHIJ", "AB->C, A->DE, B->F, F->GH, D->IJ", "1NF"),
        ("ABC", "A->B, B->C", "2NF"),
        ("CSZ", "CS->Z, Z->C", "3NF"),
        ("ABCDE", SKS_EXERCISE, "3NF"),
        ("ABC", "A->BC", "BCNF"),
        ("AB", "", "BCNF"),
        (COLUMNS, PRESCRIPTION, "2NF"),
    ],
)
def test_normal_form(attributes, dependencies, expected):
    assert normal.normal_form(attributes, dependencies) == expected


def test_minimal_cover_of_the_textbook():
    # Silberschatz et al., section 7.4.3
    cover = normal.minimal_cover("A->BC, B->C, A->B, AB->C")
    assert cover == [(frozenset("A"), frozenset("B")), (frozenset("B"), frozenset("C"))]


def test_lossless_and_lossy_decompositions_of_the_textbook():
    # Silberschatz et al., exercise 7.1, and the later exercise that turns it round
    assert normal.is_lossless("ABCDE", SKS_EXERCISE, ["ABC", "ADE"])
    assert not normal.is_lossless("ABCDE", SKS_EXERCISE, ["ABC", "CDE"])


def test_long_names_come_as_lists():
    parts = normal.synthesise(COLUMNS, PRESCRIPTION)
    assert frozenset(["atc", "substance"]) in parts
    assert normal.is_lossless(COLUMNS, PRESCRIPTION, parts)


def test_the_trace_tells_each_step_in_both_languages():
    steps = {}
    for lang in ("nb", "en"):
        set_language(lang)
        steps[lang] = []
        normal.normal_form("ABC", "A->B, B->C", trace=steps[lang])
        normal.decompose("CSZ", "CS->Z, Z->C", trace=steps[lang])
        normal.candidate_keys("CSZ", "CS->Z, Z->C", trace=steps[lang])
    set_language("nb")
    assert steps["nb"][0] == "B → C: C er ikke med i noen nøkkel, altså ikke 3NF"
    assert steps["en"][1] == "CSZ: Z → C, and Z is no superkey: split into CZ and SZ"
    assert len(steps["nb"]) == len(steps["en"]) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: normal.candidate_keys("AB", "A-B"), "has no arrow"),
        (lambda: normal.candidate_keys("AB", "->B"), "lacks a side"),
        (lambda: normal.candidate_keys("AB", "A->C"), "C is not in the schema AB"),
        (lambda: normal.candidate_keys(["fnr", "name"], "fnr->name"), "pairs of lists"),
        (lambda: normal.candidate_keys(None, "A->B"), "but got None"),
        (lambda: normal.candidate_keys([1, 2], ""), r"but got \[1, 2\]"),
        (lambda: normal.candidate_keys("", ""), "no attributes"),
        (lambda: normal.is_lossless("ABC", "A->B", ["AB"]), "C is in no part"),
        (lambda: normal.is_lossless("ABC", "A->B", ["ABC", "D"]), "D is not in the schema"),
        (lambda: normal.decompose([f"c{i}" for i in range(17)], ""), "at most 16"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


SIDES = st.frozensets(st.sampled_from("ABCDE"), min_size=1, max_size=3)
RULES = st.lists(st.tuples(SIDES, SIDES), max_size=6)


@given(RULES)
def test_keys_are_all_minimal_sets_that_determine_everything(rules):
    found = normal.candidate_keys("ABCDE", rules)
    determining = [
        frozenset(s)
        for n in range(1, 6)
        for s in combinations("ABCDE", n)
        if normal.closure(s, rules) == frozenset("ABCDE")
    ]
    assert found == {s for s in determining if not any(t < s for t in determining)}


@given(RULES)
def test_a_minimal_cover_says_the_same_with_nothing_to_spare(rules):
    cover = normal.minimal_cover(rules)
    assert normal.equivalent(cover, rules)
    for rule in cover:
        assert len(rule.right) == 1
        assert not normal.implies([r for r in cover if r != rule], rule)
        for name in rule.left if len(rule.left) > 1 else ():
            assert not normal.implies(cover, (rule.left - {name}, rule.right))


@given(RULES)
def test_synthesis_is_lossless_preserving_and_in_3nf(rules):
    parts = normal.synthesise("ABCDE", rules)
    assert normal.is_lossless("ABCDE", rules, parts)
    assert normal.preserves(rules, parts)
    for part in parts:
        assert normal.normal_form(part, normal.project(rules, part)) in ("3NF", "BCNF")


@given(RULES)
def test_decomposition_is_lossless_and_in_bcnf(rules):
    parts = normal.decompose("ABCDE", rules)
    assert normal.is_lossless("ABCDE", rules, parts)
    for part in parts:
        assert normal.normal_form(part, normal.project(rules, part)) == "BCNF"
