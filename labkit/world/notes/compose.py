"""Text of many notes at once, with the exact place of everything that identifies somebody.

A note is a row of pieces: fixed text from phrases, and fields (a name, a date, a blood pressure).
Pieces live once in a pool and notes hold their places, so whole columns are written with numpy.
When the pieces of all notes stand in order, their bytes are the text: the notes are cut out of
one buffer, and the spans are running sums of piece lengths.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

STOP = ord(".")
_FIELD = re.compile(r"\{(\w+)\}")
_CAPITAL = {"he": "He", "relation": "Relation", "diagnosis": "Diagnosis", "widow": "Widow"}
_SENTENCE = re.compile(r"(^ ?|\n|[.?!] |\d\. )$")
_ABBREVIATION = re.compile(
    r"(?i)\b(obs|pas|evt|vedr|tlf|kons|innl|bekrefter|med|forenlig med)\.? $"
)


class Phrasebook:
    """Phrases cut into pieces; made once, used for every partition.

    Examples:
        >>> book = Phrasebook()
        >>> book.add("BT {bp}.")
        0
        >>> book.fields
        ['bp']
    """

    def __init__(self) -> None:
        self.fields: list[str] = []
        self.texts: list[str] = [""]
        self._codes: list[int] = []  # text as its place, field as -1 - its place
        self._ends: list[int] = [0]
        self._places: dict[str, int] = {"": 0}
        self._known: dict[str, int] = {}

    def add(self, phrase: str) -> int:
        """Add a phrase with `{field}` marks and return its number.

        A pronoun, relation, or diagnosis that opens a sentence gets its capital letter.
        """
        if phrase in self._known:
            return self._known[phrase]
        at = 0
        for match in _FIELD.finditer(phrase):
            before = phrase[at : match.start()]
            if before:
                self._codes.append(self.text(before))
            self._codes.append(-1 - self.field(_cased(match[1], phrase[: match.start()])))
            at = match.end()
        if phrase[at:]:
            self._codes.append(self.text(phrase[at:]))
        self._ends.append(len(self._codes))
        self._known[phrase] = len(self._ends) - 2
        return self._known[phrase]

    def text(self, text: str) -> int:
        """Return the place of a fixed text."""
        if text not in self._places:
            self._places[text] = len(self.texts)
            self.texts.append(text)
        return self._places[text]

    def field(self, name: str) -> int:
        """Return the number of a field."""
        if name not in self.fields:
            self.fields.append(name)
        return self.fields.index(name)

    def containing(self, word: str) -> np.ndarray:
        """Say which phrases hold a word; bool, by number of the phrase."""
        return np.array([word in phrase for phrase in self._known])

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the piece codes of all phrases, and where each phrase ends."""
        return np.array(self._codes, dtype=np.int32), np.array(self._ends, dtype=np.int32)


def _cased(name: str, before: str) -> str:
    opens = _SENTENCE.search(before) and not _ABBREVIATION.search(before)
    return _CAPITAL.get(name, name) if opens else name


@dataclass(frozen=True)
class Spans:
    """Where something stands: one place for each span, in order of note and start."""

    note: np.ndarray  # int64, place of the note
    start: np.ndarray  # int32, first character
    stop: np.ndarray  # int32, after the last character
    kind: np.ndarray  # int8, above 0
    form: np.ndarray  # int8
    text: pa.Array


def _one_stop(
    pool: pa.StringArray, order: np.ndarray, plain: np.ndarray, first: np.ndarray
) -> tuple[pa.StringArray, np.ndarray]:
    """Let the stop of an abbreviation end the sentence too: `cancer pulm.` before `. Kontroll`.

    Args:
        pool: All pieces.
        order: Places in the pool, of the pieces of all notes in order.
        plain: Which of them identify nobody, and may lose their stop.
        first: Where each note begins in `order`, and the end.

    Returns:
        The pool with the shortened pieces behind it, and the new order.
    """
    bounds = np.frombuffer(pool.buffers()[1], dtype=np.int32)[: len(pool) + 1]
    letters = np.frombuffer(pool.buffers()[2] or b"", dtype=np.uint8)
    long = bounds[1:] > bounds[:-1]
    opens, ends = np.zeros(len(pool), dtype=bool), np.zeros(len(pool), dtype=bool)
    opens[long] = letters[bounds[:-1][long]] == STOP
    ends[long] = letters[bounds[1:][long] - 1] == STOP
    stops = np.flatnonzero(opens[order] & plain)
    before = stops - 1
    while (empty := (before >= 0) & ~long[order[before]]).any():
        before = before - empty
    note = np.searchsorted(first, stops, side="right")
    same = (before >= 0) & (np.searchsorted(first, before, side="right") == note)
    double = stops[same & ends[order[before]]]
    changed, which = np.unique(order[double], return_inverse=True)
    shorter = pc.utf8_slice_codeunits(pool.take(pa.array(changed)), 1)
    order[double] = len(pool) + which
    return pa.concat_arrays([pool, shorter]), order


class Page:
    """Notes being written side by side."""

    def __init__(self, book: Phrasebook, n: int) -> None:
        self.n = n
        self._codes, self._ends = book.arrays()
        self._fields = {name: i for i, name in enumerate(book.fields)}
        self._value = np.full((len(book.fields), n), -1, dtype=np.int32)
        self._mark = np.zeros(len(book.fields), dtype=np.int8)
        self._form = np.zeros(len(book.fields), dtype=np.int8)
        self._by_note: dict[int, np.ndarray] = {}
        self._pool = [pa.array(book.texts, pa.string())]
        self._size = len(book.texts)
        self._filled = np.zeros(n, dtype=np.int32)
        self._rows: list[tuple[np.ndarray, ...]] = []

    def pool(self, strings: pa.Array | Iterable[str]) -> int:
        """Put strings into the pool and return the place of the first."""
        if isinstance(strings, pa.DictionaryArray):
            strings = strings.dictionary_decode()
        array = strings if isinstance(strings, pa.Array) else pa.array(list(strings), pa.string())
        first = self._size
        self._pool.append(array.cast(pa.string()))
        self._size += len(array)
        return first

    def pooled(self, numbers: np.ndarray, template: str) -> np.ndarray:
        """Put each distinct number into the pool, formatted, and return the places by row."""
        distinct, row = np.unique(numbers, return_inverse=True)
        return self.pool(template.format(v) for v in distinct.tolist()) + row.astype(np.int32)

    def field(
        self, name: str, places: np.ndarray, kind: int | np.ndarray = 0, form: int = 0
    ) -> None:
        """Say what a field holds in each note.

        Args:
            name: The field; one that no phrase uses is skipped.
            places: Places in the pool, shape (n,).
            kind: What a span there is, 0 if it identifies nobody; may differ from note to note.
            form: How it is written.
        """
        if name not in self._fields:
            return
        at = self._fields[name]
        self._value[at] = places
        self._form[at] = form
        if isinstance(kind, np.ndarray):
            self._by_note[at] = kind.astype(np.int8)
        else:
            self._mark[at] = kind

    def missing(self) -> list[str]:
        """List fields that nobody has filled."""
        return [name for name, at in self._fields.items() if (self._value[at] < 0).any()]

    def say(self, notes: np.ndarray, phrases: np.ndarray) -> None:
        """Append one phrase to each of some notes; each note occurs at most once."""
        first = self._ends[phrases]
        count = self._ends[phrases + 1] - first
        row = np.repeat(np.arange(len(notes), dtype=np.int32), count)
        begin = np.cumsum(count, dtype=np.int32) - count
        step = np.arange(len(row), dtype=np.int32) - begin[row]
        code = self._codes[first[row] + step]
        note = notes.astype(np.int32)[row]
        kind = np.zeros(len(code), dtype=np.int8)
        form = np.zeros(len(code), dtype=np.int8)
        place = code.copy()
        at_field = np.flatnonzero(code < 0)
        which = -1 - code[at_field]
        place[at_field] = self._value[which, note[at_field]]
        kind[at_field] = self._mark[which]
        form[at_field] = self._form[which]
        for at, values in self._by_note.items():
            here = at_field[which == at]
            kind[here] = values[note[here]]
        self._rows.append((note, self._filled[note] + step, place, kind, form))
        self._filled[notes] += count

    def put(self, notes: np.ndarray, places: np.ndarray) -> None:
        """Append pieces that identify nobody; notes are in order, each as often as it needs."""
        first = np.flatnonzero(np.r_[True, notes[1:] != notes[:-1]]) if len(notes) else notes
        step = np.arange(len(notes)) - np.repeat(first, np.diff(np.r_[first, len(notes)]))
        none = np.zeros(len(notes), dtype=np.int8)
        place_in_note = self._filled[notes] + step.astype(np.int32)
        self._rows.append((notes.astype(np.int32), place_in_note, places, none, none))
        self._filled += np.bincount(notes, minlength=self.n).astype(np.int32)

    def finish(self) -> tuple[pa.StringArray, Spans]:
        """Return the texts and the spans."""
        self.say(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))  # there may be no notes
        note, step, place, kind, form = (
            np.concatenate(column) for column in zip(*self._rows, strict=True)
        )
        self._rows.clear()  # a partition's memory is at its highest here
        first = np.cumsum(np.r_[0, self._filled], dtype=np.int32)
        at = first[note] + step
        order = np.empty(len(at), dtype=np.int32)
        order[at] = place
        plain = np.empty(len(at), dtype=bool)
        plain[at] = kind == 0
        pool, order = _one_stop(pa.concat_arrays(self._pool), order, plain, first)
        pieces = pool.take(pa.array(order))
        bounds = np.frombuffer(pieces.buffers()[1], dtype=np.int32)[: len(pieces) + 1]
        text = pa.StringArray.from_buffers(
            self.n, pa.py_buffer(np.ascontiguousarray(bounds[first])), pieces.buffers()[2]
        )
        length = pc.utf8_length(pool).to_numpy()[order]
        reached = np.zeros(len(order) + 1, dtype=np.int32)
        np.cumsum(length, out=reached[1:])
        marked = kind > 0
        where = at[marked]
        by_place = np.argsort(where, kind="stable")
        where = where[by_place]
        owner, what, how = (c[marked][by_place] for c in (note, kind, form))
        real = length[where] > 0
        where, owner, what, how = where[real], owner[real], what[real], how[real]
        begin = reached[where] - reached[first[owner]]
        return text, Spans(
            owner.astype(np.int64),
            begin.astype(np.int32),
            (begin + length[where]).astype(np.int32),
            what,
            how,
            pieces.take(pa.array(where)),
        )
