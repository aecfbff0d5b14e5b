"""Archetypes: read as trees, data checked, errors that point at the line."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import DataError, InputError
from labkit.interop import archetype
from labkit.interop.adl import Interval
from labkit.messages import set_language

TEXT = archetype.example_text()
GOOD = {"Systolisk": (120, "mm[Hg]"), "Diastolisk": (80, "mm[Hg]")}


def test_the_tree():
    set_language("nb")
    lines = str(archetype.example()).splitlines()
    assert lines[0] == "Blodtrykk (labkit) [at0000] 1..1 OBSERVATION"
    assert lines[4] == "        Systolisk [at0004] 1..1 DV_QUANTITY: 0..<1000 mm[Hg]"
    assert len(lines) == 12


def test_the_table_in_both_languages():
    pressure = archetype.example()
    nb, en = (pressure.table(lang).set_index("id") for lang in ("nb", "en"))
    assert nb.loc["at0008"].tolist() == [
        "Stilling",
        "DV_CODED_TEXT",
        "0..1",
        "Stående, Sittende, Liggende",
    ]
    assert en.loc["at0008", "allowed"] == "Standing, Sitting, Lying"
    assert en.loc["at0002", "occurrences"] == "1..*"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"Position": "Sitting"},
        {"at0008": "at0010"},
        {"Kommentar": ["rolig", "venstre arm"]},
        {"Number of readings": 2},
        {"systolic": (0, "mm[Hg]")},
    ],
)
def test_data_that_fit(more):
    data = GOOD | more
    data = {k: v for k, v in data.items() if not (k == "Systolisk" and "systolic" in more)}
    assert archetype.example().validate(data) == []


@pytest.mark.parametrize(
    ("more", "kind", "path"),
    [
        ({"Systolisk": (1000, "mm[Hg]")}, "range", "Systolic"),
        ({"Systolisk": (-1, "mm[Hg]")}, "range", "Systolic"),
        ({"Systolisk": (16, "kPa")}, "unit", "Systolic"),
        ({"Systolisk": 120}, "form", "Systolic"),
        ({"Systolisk": (float("nan"), "mm[Hg]")}, "form", "Systolic"),
        ({"Systolisk": (True, "mm[Hg]")}, "form", "Systolic"),
        ({"Systolisk": []}, "few", "Systolic"),
        ({"Systolisk": [(120, "mm[Hg]"), (118, "mm[Hg]")]}, "many", "Systolic"),
        ({"Stilling": "hengende"}, "value", "Position"),
        ({"Stilling": "at0014"}, "value", "Position"),
        ({"Antall avlesninger": 11}, "range", "Number of readings"),
        ({"Antall avlesninger": 2.5}, "form", "Number of readings"),
        ({"Kommentar": 3}, "form", "Comment"),
        ({"Puls": 70}, "node", "Puls"),
    ],
)
def test_data_that_do_not(more, kind, path):
    findings = archetype.example().validate(GOOD | more, "en")
    assert [(f.kind, f.path) for f in findings] == [(kind, path)]
    assert findings[0].text("nb") != findings[0].text("en")


def test_what_an_optional_group_needs_is_asked_only_where_the_group_is():
    optional = "ITEM_TREE[at0012] occurrences matches {0..1} matches"
    text = TEXT.replace("ITEM_TREE[at0012] matches", optional)
    text = text.replace(
        "ELEMENT[at0013] occurrences matches {0..1}", "ELEMENT[at0013] occurrences matches {1..1}"
    )
    pressure = archetype.read(text)
    assert pressure.validate(GOOD) == []
    findings = pressure.validate(GOOD | {"Antall avlesninger": 2}, "nb")
    assert [(f.kind, f.path) for f in findings] == [("few", "Mansjett")]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "occurrences matches {1..1}",
            "occurrences matches {2..1}",
            "line 40: expected an upper limit of at least 2, but '2..1'",
        ),
        ("ITEM_TREE[at0003] matches", "ITEM_TREE[at0003]", "line 38: expected 'matches', but '{'"),
        ("|0.0..<1000.0|", "|5..1|", "line 47: expected an interval"),
        (
            "DV_TEXT matches {*}",
            "use_node x",
            "line 70: expected something that the kit reads ('use_node'",
        ),
        ("units = <", "unit = <", "a quantity in the list has no units"),
        ('["at0009"]', '["at9009"]', "'at0009' is used in the definition but has no term"),
        ("ELEMENT[at0004]", "ELEMENT", "ELEMENT has no node id"),
        ("ontology", "$ontology", "'$ontology' is not ADL"),
        ("definition\n", "definitions\n", "line 32: expected '=', but 'OBSERVATION'"),
    ],
)
def test_errors_point_at_the_line(old, new, said):
    assert old in TEXT
    with pytest.raises(DataError) as caught:
        archetype.read(TEXT.replace(old, new, 1))
    assert said in str(caught.value)


@given(st.integers(0, len(TEXT) - 1))
def test_a_text_cut_short_is_an_error_and_no_crash(end):
    kept = TEXT[:end]
    if TEXT[end:].strip():
        with pytest.raises(DataError, match="archetype"):
            archetype.read(kept)


@pytest.mark.parametrize("text", [None, 3, b"archetype"])
def test_what_is_not_text(text):
    with pytest.raises(InputError, match="give the text"):
        archetype.read(text)


def test_data_that_are_no_dict():
    with pytest.raises(InputError, match="data must be a dict"):
        archetype.example().validate([120, 80])


# openEHR ADL 1.4, section on intervals of ordered types.
@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        (Interval(0, 1000, high_in=False), (0, 999.9), (1000, -0.1)),
        (Interval(0, 1000, low_in=False), (0.1, 1000), (0,)),
        (Interval(5, None), (5, 1e9), (4.9,)),
        (Interval(None, 5), (5, -1e9), (5.1,)),
    ],
)
def test_intervals(interval, inside, outside):
    assert all(map(interval.holds, inside))
    assert not any(map(interval.holds, outside))


def test_the_drawing_is_svg_with_a_text_alternative():
    root = ElementTree.fromstring(archetype.example().svg("en"))
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert "labkit_blood_pressure" in title.text
    shown = "".join(root.itertext())
    assert "0..1 DV_CODED_TEXT  Standing, Sitting, Lying" in shown


def test_a_notebook_not_yet_trusted_shows_the_drawing_too():
    made = archetype.example()._repr_mimebundle_()
    assert made["text/html"].startswith("<img ")
    assert "<svg" not in made["text/html"]
    assert made["text/plain"] == str(archetype.example())
