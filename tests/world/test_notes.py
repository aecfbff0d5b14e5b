"""Notes: exact spans, nobody left unmarked, and nothing that the patient's rows do not say."""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from stdnum.no import fodselsnummer as oracle

from labkit import codes, schema
from labkit.world.diagnosis_codes import DIAGNOSES
from labkit.world.notes import notes
from labkit.world.notes.fields import FORMS, KINDS
from labkit.world.notes.phrases import STAGES, groups, longest, pools, read
from labkit.world.notes.picture import CHRONIC_DAYS
from labkit.world.part import Part
from labkit.world.tables import finish

BLANK = "█"
NUMBER = re.compile(r"(?<!\d)(\d{6}) ?(\d{5})(?!\d)")


@dataclass
class World:
    """The notes of a partition as plain lists, with their spans by note."""

    part: Part
    text: list[str]
    kind: list[str]
    row: np.ndarray  # place of the encounter
    spans: list[list[tuple[int, int, str, str, str]]]

    @cached_property
    def masked(self) -> list[str]:
        return [blanked(t, s) for t, s in zip(self.text, self.spans, strict=True)]


def blanked(text: str, spans: list[tuple[int, int, str, str, str]]) -> str:
    """Put a bar over every character that is marked."""
    letters = list(text)
    for start, stop, *_ in spans:
        letters[start:stop] = BLANK * (stop - start)
    return "".join(letters)


@pytest.fixture(scope="module")
def world(part: Part) -> World:
    note = pa.table(part.tables["note"])
    span = pa.table(part.tables["phi_span"])
    base = note["note_id"][0].as_py()
    spans: list[list[tuple[int, int, str, str, str]]] = [[] for _ in range(len(note))]
    for row in zip(*(span[c].to_pylist() for c in span.column_names), strict=True):
        spans[row[0] - base].append(row[1:])
    row = note["encounter_id"].to_numpy() - part.tables["encounter"]["encounter_id"][0]
    return World(part, note["text"].to_pylist(), note["kind"].to_pylist(), row, spans)


def test_tables_are_what_the_schema_declares(part: Part) -> None:
    tables = finish(part)
    for name, column, values in (("phi_span", "kind", KINDS[1:]), ("phi_span", "form", FORMS)):
        declared = schema.table(name).c[column].info["codes"]
        assert set(tables[name][column].unique().to_pylist()) <= set(declared)
        assert set(values) == set(declared)
    declared = schema.table("note").c["kind"].info["codes"]
    assert set(tables["note"]["kind"].unique().to_pylist()) == set(declared)


def test_every_span_holds_its_text_and_none_overlap(world: World) -> None:
    checked = 0
    for text, spans in zip(world.text, world.spans, strict=True):
        end = 0
        for start, stop, _, _, words in spans:
            assert text[start:stop] == words
            assert end <= start < stop
            end = stop
            checked += 1
    assert checked > 5 * len(world.text)


def test_every_kind_and_form_is_planted(world: World) -> None:
    assert {s[2] for spans in world.spans for s in spans} == set(KINDS[1:])
    assert {s[3] for spans in world.spans for s in spans} == set(FORMS)


def test_nothing_that_identifies_the_patient_stands_unmarked(world: World) -> None:
    patient = pa.table(world.part.tables["patient"]).to_pylist()
    by_id = {p["patient_id"]: p for p in patient}
    owner = world.part.tables["encounter"]["patient_id"][world.row]
    for text, who in zip(world.masked, owner, strict=True):
        p = by_id[who]
        assert p["fnr"] not in text
        assert f"{p['given_name']} {p['family_name']}".lower() not in text.lower()
        assert f"{p['birth_date']:%d.%m.%Y}" not in text


def test_masked_text_holds_no_number_address_or_date_that_identifies(world: World) -> None:
    day = re.compile(r"\b\d{1,2}\.\d{1,2}\.(\d{2}|\d{4})\b|@|\b01\d{6}\b|\b01( \d\d){3}\b")
    old = re.compile(r"\b(9\d|1[01]\d) år\b")
    for text in world.masked:
        assert not day.search(text), text
        assert not old.search(text), text
        assert not NUMBER.search(text), text


def test_every_eleven_digits_are_a_synthetic_identity_number(world: World) -> None:
    found = {a + b for text in world.text for a, b in NUMBER.findall(text)}
    assert len(found) > 1000
    for number in found:
        assert 81 <= int(number[2:4]) <= 92
        plain = f"{number[:2]}{int(number[2:4]) - 80:02}{number[4:]}"
        assert oracle.calc_check_digit1(plain) + oracle.calc_check_digit2(plain) == number[9:]


def test_telephone_numbers_and_mail_cannot_be_anybodys(world: World) -> None:
    for spans in world.spans:
        for _, _, kind, _, words in spans:
            if kind == "phone":
                assert re.fullmatch(r"01\d{6}", words.replace(" ", ""))
            if kind == "email":
                assert words.endswith("@post.example")
                assert words.isascii()


def test_eponyms_and_drugs_are_not_marked(world: World) -> None:
    marked = {s[4].lower() for spans in world.spans for s in spans}
    for word in ("parkinson", "basedow", "crohn", "lasègue", "murphy", "babinski", "holter"):
        assert not any(re.search(rf"\b{word}", m) for m in marked)
    text = "\n".join(world.masked)
    for word in ("Parkinson", "Basedow", "Crohn", "Lasègue", "Murphy", "Romberg", "ytre os"):
        assert word in text


def test_names_that_are_also_words_are_planted(world: World) -> None:
    named = {"patient", "relative", "clinician", "place"}
    names = {w for spans in world.spans for s in spans if s[2] in named for w in s[4].split()}
    assert {"Os", "Bjørn", "Sol", "Rygg", "Hals", "Brekke"} <= names


def test_every_stay_has_one_discharge_summary(world: World) -> None:
    inpatient = np.flatnonzero(world.part.contacts["kind"] == 0)
    summaries = world.row[[k == "discharge" for k in world.kind]]
    assert np.array_equal(np.sort(summaries), inpatient)


def test_sex_is_that_of_the_patient(world: World) -> None:
    female = world.part.people.female[world.part.contacts["person"][world.row]]
    seen = 0
    for text, woman in zip(world.text, female, strict=True):
        for word in re.findall(r"(?:gammel|gml\.) (mann|gutt|kvinne|jente)", text):
            assert (word in ("kvinne", "jente")) == woman
            seen += 1
    assert seen > 1000


def test_a_child_has_one_mother(world: World) -> None:
    word = r"[A-ZÆØÅ][\w-]*"
    seen = 0
    for text in world.text:
        named = set(re.findall(r"(?:Mor heter|av mor,|mor) ((?:[A-ZÆØÅ][\w-]+ ){2})", text + " "))
        named |= set(re.findall(rf"(?:Mor heter|av mor,|Mor:) ({word} {word})\.", text))
        assert len({" ".join(name.split()) for name in named}) <= 1, text
        seen += bool(named)
    assert seen > 100


def test_values_are_those_of_the_laboratory(world: World) -> None:
    table = world.part.tables["lab_result"]
    results = defaultdict(set)
    first = world.part.tables["encounter"]["encounter_id"][0]
    crp = pc.equal(pa.array(table["analyte"]).cast(pa.string()), "crp").to_numpy(False)
    encounter, value = (
        np.asarray(table["encounter_id"])[crp] - first,
        np.asarray(table["value"])[crp],
    )
    for row, size in zip(encounter.tolist(), value.tolist(), strict=True):
        results[row].add("" if np.isnan(size) else f"{size:.0f}")
    seen = 0
    for text, row in zip(world.text, world.row.tolist(), strict=True):
        for value in re.findall(r"\bCRP (\d+)[,.]", text.replace("CRP < 5", "")):
            assert value in results[row]
            seen += 1
    assert seen > 500


def test_drugs_at_discharge_were_prescribed(world: World) -> None:
    words = {w: atc for atc, ways in pools().terms["drug"].items() for w in ways}
    table = world.part.tables["prescription"]
    first = world.part.tables["encounter"]["encounter_id"][0]
    person = world.part.contacts["person"][np.asarray(table["encounter_id"]) - first]
    day = np.asarray(table["prescribed_date"]).astype("datetime64[D]").astype(int)
    had = defaultdict(list)
    for who, atc, when in zip(person, pa.array(table["atc"]).to_pylist(), day, strict=True):
        had[who, atc].append(when)
    seen = 0
    for text, kind, row in zip(world.text, world.kind, world.row, strict=True):
        if kind == "discharge":
            out = world.part.contacts["stop"][row] // 1440
            who = world.part.contacts["person"][row]
            for line in re.findall(r"^- (.+)$", text, re.M):
                assert any(out - CHRONIC_DAYS <= d <= out for d in had[who, words[line]])
                seen += 1
    assert seen > 1000


def test_nobody_goes_home_with_two_anticoagulants_or_two_statins(world: World) -> None:
    words = {w: atc for atc, ways in pools().terms["drug"].items() for w in ways}
    seen = 0
    for text, kind in zip(world.text, world.kind, strict=True):
        atc = [words[line] for line in re.findall(r"^- (.+)$", text, re.M)]
        for group in (("B01AA", "B01AE", "B01AF"), "C10AA"):
            found = [code for code in atc if code.startswith(group)] if kind == "discharge" else []
            assert len(found) <= 1
            seen += len(found)
    assert seen > 100


def test_only_the_dead_die(world: World) -> None:
    words = re.compile(r"døde stille|Mors █|sovnet inn")
    death = world.part.people.death[world.part.contacts["person"][world.row]]
    out = world.part.contacts["stop"][world.row] // 1440
    told = 0
    for text, kind, dead, last in zip(world.masked, world.kind, death, out, strict=True):
        if kind == "discharge":
            assert bool(words.search(text)) == (dead <= last)
            told += dead <= last
    assert told > 10


def test_same_seed_same_notes(part: Part) -> None:
    before = pa.table(part.tables["note"]), pa.table(part.tables["phi_span"])
    notes(part)
    assert pa.table(part.tables["note"]).equals(before[0])
    assert pa.table(part.tables["phi_span"]).equals(before[1])


def test_people_without_contacts_have_no_notes(part: Part) -> None:
    alone = replace(
        part,
        contacts={name: column[:0] for name, column in part.contacts.items()},
        tables=dict(part.tables),
    )
    notes(alone)
    assert len(alone.tables["note"]["text"]) == len(alone.tables["phi_span"]["text"]) == 0


def test_texts_do_not_all_look_alike(world: World) -> None:
    letters = [t for t, k in zip(world.masked, world.kind, strict=True) if k == "discharge"]
    bare = {re.sub(r"[█\d]", "", t) for t in letters}
    assert len(bare) == pytest.approx(len(letters), rel=0.01)


def test_every_code_drug_and_analysis_has_its_words() -> None:
    found = pools()
    vaccines = "J07"  # given on the spot, on no list of drugs
    atc = {code for code in codes.load("atc")["code"] if not code.startswith(vaccines)}
    assert atc <= set(found.terms["drug"])
    assert set(codes.load("lab")["analyte"]) - {"lactate"} <= set(found.terms["lab"])
    for code in DIAGNOSES:
        assert longest(found.hospital_prefix, code) >= 0
        assert longest(found.primary_prefix, code) >= 0


@pytest.mark.parametrize("file", ["hospital", "primary"])
def test_every_group_has_every_section(file: str) -> None:
    found = groups(file)
    sections = {frozenset(set(g) - {"fever", "hypoxia"}) for g in found.values()}
    assert len(sections) == 1
    every = [c for g in found.values() for c in g["codes"]]
    assert len(every) == len(set(every))


def test_stages_of_life_are_spelt_right() -> None:
    tags = set()
    for file in ("hospital", "primary", "letter", "gp"):
        tags |= set(re.findall(r'"@(\w+)', str(read(file)).replace("'", '"')))
    assert tags == set(STAGES)


def test_fictitious_names_only_in_pools() -> None:
    """No phrase names a person or place by itself: every name comes from a field."""
    names = pools().names
    given = {w for w in names["women"] + names["men"] if len(w) > 3} - {"Stein", "Iris", "Perle"}
    for file in ("hospital", "primary", "letter", "gp"):
        words = set(re.findall(r"[A-ZÆØÅ][a-zæøå]+", re.sub(r"\{\w+\}", "", str(read(file)))))
        assert not words & given
