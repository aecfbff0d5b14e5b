from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.er import diagram, parse
from labkit.er.drawing import Box, crosses
from labkit.errors import InputError
from labkit.messages import set_language
from labkit.schema import LAYERS


def overlaps(drawing, air=0):
    return [
        (a, b) for (a, one), (b, two) in combinations(drawing.boxes, 2) if one.overlaps(two, air)
    ]


def crossings(drawing):
    """Lines that cross each other, or run through a shape that is not their own."""
    pieces = [(ends, a, b) for ends, points in drawing.lines for a, b in pairwise(points)]
    found = [
        (one, two) for (one, a, b), (two, c, d) in combinations(pieces, 2) if crosses(a, b, c, d)
    ]
    through = [
        (ends, name)
        for ends, a, b in pieces
        for name, box in drawing.boxes
        if name not in ends and not name.startswith("label") and box.is_crossed(a, b)
    ]
    return found + through


def test_chen_has_no_overlap_and_no_crossing(model):
    drawing = model.chen()
    assert overlaps(drawing) == []
    assert crossings(drawing) == []


def test_crows_foot_has_no_overlap_and_no_line_through_a_box(model):
    drawing = model.crows_foot()
    assert overlaps(drawing) == []
    assert crossings(drawing) == []


@pytest.mark.parametrize("layer", LAYERS)
def test_the_kits_own_schemas_are_drawn(layer):
    drawing = diagram(LAYERS[layer])
    assert overlaps(drawing) == []
    assert {name for name, _ in drawing.boxes if not name.startswith("label")} == set(
        LAYERS[layer].tables
    )
    through = [
        (ends, name)
        for ends, points in drawing.lines
        for a, b in pairwise(points)
        for name, box in drawing.boxes
        if name not in ends and not name.startswith("label") and box.is_crossed(a, b)
    ]
    assert through == []


def test_weak_tables_and_composite_keys_of_the_ehr():
    mermaid = diagram(LAYERS["ehr"], ["patient", "encounter", "diagnosis", "practitioner"]).mermaid
    lines = [line.strip() for line in mermaid.splitlines()]
    assert '"encounter" ||--o{ "diagnosis" : "encounter_id"' in lines  # solid: identifying
    assert '"patient" ||..o{ "encounter" : "patient_id"' in lines  # dashed: not
    assert '"practitioner" |o..o{ "patient" : "gp_id"' in lines  # may be NULL: 0 or 1
    assert "BIGINT encounter_id PK, FK" in lines
    assert "SMALLINT position PK" in lines
    assert "CHAR fnr UK" in lines


def test_mermaid_of_the_company_reads_across_the_line(texts):
    lines = [line.strip() for line in parse(texts["company"]).crows_foot().mermaid.splitlines()]
    # one employee has 0..n dependents, and a dependent exactly one employee
    assert '"Employee" ||--o{ "Dependent" : "dependents_of"' in lines
    # one department has 0..n projects, and each project exactly one department
    assert '"Department" ||..o{ "Project" : "controls"' in lines
    # an employee manages 0..1 departments, a department has exactly one manager
    assert '"Employee" ||..o| "Department" : "manages"' in lines
    # many to many with an attribute is a box of its own, identified by both
    assert '"Employee" ||--|{ "works_on" : "works_on"' in lines
    assert '"Project" ||--|{ "works_on" : "works_on"' in lines
    assert '"Employee" }|..|| "Department" : "works_for (Department 4..n)"' in lines


def test_signs_of_chen():
    text = "entity A { a key, b derived, c multivalued }\nweak entity B of A { d partial key }"
    svg = ElementTree.fromstring(parse(text).chen().svg)
    tags = [element.tag.rpartition("}")[2] for element in svg.iter()]
    assert tags.count("rect") == 1 + 2 + 2  # A, B double, and the ground of two cardinalities
    assert tags.count("path") == 2  # a double diamond
    assert tags.count("ellipse") == 4 + 1  # one of them double
    dashed = [e for e in svg.iter() if e.get("stroke-dasharray")]
    assert [e.tag.rpartition("}")[2] for e in dashed] == ["ellipse", "polyline"]


def test_a_drawing_says_itself_in_words_in_both_languages(texts):
    model = parse(texts["ward"])
    assert "Weak entity type Admission: number (partial key), start." in model.chen().alt
    set_language("nb")
    assert "Svak entitetstype Admission: number (delnøkkel), start." in model.chen().alt
    assert "Hver Patient har 0..n Admission; hver Admission har 1..1 Patient" in (
        model.crows_foot().alt
    )
    drawing = model.crows_foot()
    assert drawing._repr_mimebundle_()["text/plain"] == drawing.alt
    assert "http" not in drawing.svg.replace("http://www.w3.org/2000/svg", "")


def test_a_name_cannot_break_the_drawing():
    import sqlalchemy as sa

    metadata = sa.MetaData()
    sa.Table('<script>"&', metadata, sa.Column("<b>", sa.Text, primary_key=True))
    assert "<script>" not in diagram(metadata).svg


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: diagram(LAYERS["ehr"], ["pasient"]), "no table 'pasient'. Tables: organisation"),
        (lambda: diagram(LAYERS["ehr"], columns="some"), "no columns='some'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize(
    ("a", "b", "crossed"),
    [
        ((-9, 0), (9, 0), True),
        ((-9, 3), (9, 3), False),
        ((0, 9), (0, -9), True),
        ((3, 0), (9, 0), False),
    ],
)
def test_a_line_through_a_box(a, b, crossed):
    assert Box(0, 0, 2, 2).is_crossed(a, b) is crossed


@st.composite
def trees(draw):
    """Models of 3 to 10 entity types that hang together without a circle: these can be planar."""
    n = draw(st.integers(3, 10))
    lines = []
    for i in range(n):
        extra = draw(st.integers(0, 3))
        names = "".join(f", attribute_{i}_{k}" for k in range(extra))
        lines.append(f"entity Entity{i} {{ id{i} key{names} }}")
        if i:
            other = draw(st.integers(0, i - 1))
            lines.append(f"relationship r{i} (Entity{other} 0..n, Entity{i} 1..1)")
    return "\n".join(lines)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(trees())
def test_drawings_of_any_tree_have_no_overlap(text):
    model = parse(text)
    assert overlaps(model.chen()) == []
    assert overlaps(model.crows_foot()) == []
