import pytest

from labkit.er import Model, ModelError, parse
from labkit.er.model import Attribute, Entity, Participant, Relationship
from labkit.messages import set_language


def test_text_and_model_are_two_forms_of_one_thing(model):
    assert parse(str(model)) == model


def test_the_textbook_company_is_read_as_meant(texts):
    # Elmasri and Navathe, 7th ed., section 3.3-3.5 and figure 3.15
    model = parse(texts["company"])
    ratios = {r.name: r.ratio for r in model.relationships}
    assert ratios == {
        "dependents_of": "1:N",
        "works_for": "1:N",
        "manages": "1:1",
        "controls": "1:N",
        "works_on": "M:N",
        "supervision": "1:N",
    }
    department = model.entity("Department")
    assert department.keys == (("name",), ("number",))
    assert [a.name for a in department.attributes if a.multivalued] == ["locations"]
    assert [a.name for a in department.attributes if a.derived] == ["number_of_employees"]
    assert [p.name for p in model.entity("Employee").attribute("name").parts] == [
        "fname",
        "minit",
        "lname",
    ]
    assert model.entity("Dependent").weak
    assert [r.name for r in model.identifying("Dependent")] == ["dependents_of"]


@pytest.mark.parametrize(
    ("written", "read"),
    [("0..n", (0, None)), ("1", (1, 1)), ("n", (0, None)), ("2..5", (2, 5)), ("1 .. *", (1, None))],
)
def test_cardinality(written, read):
    model = parse(f"entity A {{ a key }} entity B {{ b key }} relationship r (A {written}, B 1..1)")
    end = model.relationships[0].participants[0]
    assert (end.least, end.most) == read


def test_comments_separators_and_norwegian_letters():
    model = parse("# ward\nentity Føde_avdeling { æ key; ø\nå: date }  -- end\n")
    assert [a.name for a in model.entities[0].attributes] == ["æ", "ø", "å"]


SYNTAX = [
    ("entitet A { x key }", 1, "expected entity, weak.*did you mean 'entity'"),
    ("entiti A { x key }", 1, "did you mean 'entity'"),
    ("entity A {\n x key y }", 2, "comma or a new line"),
    ("entity A {\n x nøkkel }", 2, "did you mean 'key'"),
    ("entity A { x key ", 1, "name of an attribute, but got the end"),
    ("entity A { key key }", 1, "'\\(', but got 'key', a word with a fixed meaning"),
    ("entity A { x: dato key }", 1, "text, integer.*did you mean 'date'"),
    ("entity A { x key } @", 1, "but got '@'"),
    ("entity A { x key }\nrelationship r (A, B 1..1)", 2, "how many times it takes part"),
    ("entity A { x key }\nspecialisation A total { B }", 2, "disjoint or overlapping"),
    ("entity A { x partial key }", 1, "only a weak entity type"),
    ("entity A { x key }\nweak entity B of A { y key }", 2, "'partial key', since"),
    ("entity A { x key }\nrelationship r (A 1..1, A 1..1) { y key }", 2, "no key of its own"),
    ("entity", 1, "name of an entity type"),
]


@pytest.mark.parametrize(("text", "line", "message"), SYNTAX)
def test_a_syntax_error_points_at_line_and_character(text, line, message):
    with pytest.raises(ModelError, match=message) as found:
        parse(text)
    assert found.value.line == line
    assert "^" in str(found.value)


A, B = "entity A { a key }\n", "entity B { b key }\n"
MEANING = [
    ("", "empty"),
    (A + A, "duplicate"),
    (A + B + "relationship b (A 1..1, B 1..1)", "duplicate"),
    ("entity A { a key, a }", "duplicate_attribute"),
    ("entity A { a key, n (x, x) }", "duplicate_attribute"),
    ("entity A { a }", "no_key"),
    ("entity A { a, key (a, b) }", "key_unknown"),
    ("entity A { a multivalued key }", "key_unfit"),
    ("entity A { a derived key }", "key_unfit"),
    (A + "relationship r (A 1..1, C 0..n)", "unknown_entity"),
    (A + "weak entity B of C { b partial key }", "unknown_entity"),
    (A + "specialisation A total disjoint { C }", "unknown_entity"),
    (A + B + "relationship r (A 3..2, B 1..1)", "least_above_most"),
    (A + B + "relationship r (A 0..0, B 1..1)", "never"),
    (A + "relationship r", "too_few"),
    (A + "relationship r ()", "too_few"),
    (A + "relationship r (A 0..n)", "too_few"),
    (A + "relationship r (A 0..n, A 0..1)", "no_roles"),
    (A + "relationship r (A as x 0..n, A as x 0..1)", "same_role"),
    (A + B + "relationship r (A 0..n, B 0..n) { m multivalued }", "multivalued_on_relationship"),
    (A + "weak entity B { b partial key }", "no_owner"),
    ("weak entity A of B { a partial key }\nweak entity B of A { b partial key }", "owner_cycle"),
    ("weak entity A of A { a partial key }", "owner_cycle"),
    (A + "weak entity B of A { b partial key, c partial key }", "partial_keys"),
    (A + B + "specialisation A total disjoint { }", "no_children"),
    (A + B + "specialisation A total disjoint { B, B }", "two_parents"),
    (A + B + "specialisation A total disjoint by z { B }", "by_unknown"),
    (A + "weak entity B of A { b partial key }\nspecialisation A total disjoint { B }",
     "weak_subclass"),
    (A + B + "specialisation A total disjoint { B }\nspecialisation B total disjoint { A }",
     "parent_cycle"),
]  # fmt: skip


@pytest.mark.parametrize("lang", ["nb", "en"])
@pytest.mark.parametrize(("text", "kind"), MEANING)
def test_what_does_not_hold_together_is_said_in_plain_words(text, kind, lang):
    set_language(lang)
    with pytest.raises(ModelError) as found:
        parse(text)
    assert found.value.kind == kind
    assert str(found.value).startswith({"nb": "modell", "en": "model"}[lang])


def test_models_made_by_hand_are_checked_too():
    a = Entity("A", (Attribute("x"),), (("x",),))
    with pytest.raises(ModelError, match="owner"):
        Model((Entity("B", weak=True),))
    ends = (Participant("A"), Participant("A", 1, 1))
    with pytest.raises(ModelError, match="not weak"):
        Model((a,), (Relationship("", ends, identifying=True),))


def test_only_text_is_parsed():
    with pytest.raises(ModelError, match="expected text, but got int"):
        parse(3)
