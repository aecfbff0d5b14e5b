"""Pieces become text with exact spans, whatever the phrases and fields."""

import re

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from labkit.world.notes.compose import Page, Phrasebook
from labkit.world.notes.fields import misspelt

WORDS = st.text(alphabet="aåøæé .\nB1𝄞", max_size=6)
FIELDS = ("name", "day", "bp")
PHRASE = st.lists(st.one_of(WORDS, st.sampled_from([f"{{{f}}}" for f in FIELDS])), max_size=6)


@given(
    phrases=st.lists(PHRASE.map("".join), min_size=1, max_size=4),
    values=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_text_is_what_format_writes_and_spans_are_exact(
    phrases: list[str], values: list[tuple[str, str, str]], seed: int
) -> None:
    book = Phrasebook()
    numbers = [book.add(p) for p in phrases]
    for name in FIELDS:
        book.field(name)
    n = len(values)
    page = Page(book, n)
    for k, name in enumerate(FIELDS):
        first = page.pool(pa.array([v[k] for v in values], pa.string()))
        page.field(name, first + np.arange(n), kind=(1, 2, 0)[k])
    rng = np.random.default_rng(seed)
    wanted, last = [""] * n, [""] * n
    marked: list[list[str]] = [[] for _ in range(n)]
    for _ in range(3):
        some = np.flatnonzero(rng.random(n) < 0.8)
        pick = rng.integers(0, len(phrases), len(some))
        page.say(some, np.array(numbers, dtype=np.int32)[pick])
        for note, which in zip(some, pick, strict=True):
            filled = dict(zip(FIELDS, values[note], strict=True))
            for piece in re.split(r"(\{\w+\})", phrases[which]):
                said = piece.format(**filled)
                # A stop after a stop is said once, unless it is a name's own.
                own = piece in ("{name}", "{day}")
                once = said.startswith(".") and last[note].endswith(".") and not own
                last[note] = said or last[note]
                wanted[note] += said[1:] if once else said
            order = [f for f in phrases[which].replace("{", "}").split("}") if f in FIELDS]
            marked[note] += [filled[f] for f in order if f != "bp" and filled[f]]
    text, spans = page.finish()
    assert text.to_pylist() == wanted
    found: list[list[str]] = [[] for _ in range(n)]
    for note, start, stop, words in zip(
        spans.note, spans.start, spans.stop, spans.text.to_pylist(), strict=True
    ):
        assert wanted[note][start:stop] == words
        found[note].append(words)
    assert found == marked


def test_lists_are_appended_in_order() -> None:
    book = Phrasebook()
    book.add("Med.:")
    page = Page(book, 3)
    page.say(np.arange(3), np.zeros(3, dtype=np.int32))
    first = page.pool([" a", " b", " c"])
    page.put(np.array([0, 0, 2]), first + np.array([0, 1, 2]))
    page.say(np.array([0, 1]), np.zeros(2, dtype=np.int32))
    assert page.finish()[0].to_pylist() == ["Med.: a bMed.:", "Med.:Med.:", "Med.: c"]


def test_a_pronoun_that_opens_a_sentence_is_capital_and_after_an_abbreviation_not() -> None:
    book = Phrasebook()
    for phrase in (
        "{he} falt. {he} gråt.",
        "Obs. {diagnosis}.",
        "sa at {he} kom",
        "Tlf. {relation}",
    ):
        book.add(phrase)
    assert book.fields == ["He", "diagnosis", "he", "relation"]


@given(st.text(alphabet="abcdeæøå", min_size=2, max_size=12).map(str.capitalize))
def test_a_misspelt_name_is_another_name(name: str) -> None:
    assert misspelt(name) != name


def test_an_abbreviation_ends_the_sentence_with_its_own_stop() -> None:
    book = Phrasebook()
    for phrase in ("Obs. i {ward}.", "Sett av {name}. ", "Ferdig."):
        book.add(phrase)
    page = Page(book, 2)
    page.field("ward", page.pool(["medisinsk avd.", "hjerteavdelingen"]) + np.arange(2))
    page.field("name", page.pool(["R.H.", "RH"]) + np.arange(2), kind=1)
    for phrase in range(3):
        page.say(np.arange(2), np.full(2, phrase))
    text, spans = page.finish()
    assert text.to_pylist() == [
        "Obs. i medisinsk avd.Sett av R.H. Ferdig.",
        "Obs. i hjerteavdelingen.Sett av RH. Ferdig.",
    ]
    assert spans.text.to_pylist() == ["R.H.", "RH"]
