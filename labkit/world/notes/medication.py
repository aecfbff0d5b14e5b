"""Drugs in use at each note: what its list holds, and what its sentences may say of treatment."""

from dataclasses import dataclass

import numpy as np

from labkit.world.care import contacts_of
from labkit.world.columns import codes, days, ranges
from labkit.world.drugs import ALONE
from labkit.world.notes.compose import Page
from labkit.world.notes.fields import Notes
from labkit.world.notes.phrases import DISCHARGE, GP, Pools
from labkit.world.part import Part

CHRONIC_DAYS = 400  # a prescription counts as in use this long
# Of these nobody takes two, so the newest is the one in use: statins and anticoagulants too.
SWITCHED: tuple[str | tuple[str, ...], ...] = (*ALONE, "C10AA", ("B01AA", "B01AE", "B01AF"))
SHORT_DAYS = {"J01": 10, "J05": 10, "H02": 30, "N02A": 45, "M01": 60}


@dataclass(frozen=True)
class InUse:
    """One place for each note and drug, in order of the notes."""

    note: np.ndarray  # int64, place of the note
    which: np.ndarray  # int64, place in `atc`
    atc: list[str]

    def any_of(self, prefixes: tuple[str, ...], n: int) -> np.ndarray:
        """Say which of n notes have a drug whose code begins so."""
        found = np.zeros(n, dtype=bool)
        found[self.note[self._rows(prefixes)]] = True
        return found

    def count_of(self, prefix: str, n: int) -> np.ndarray:
        """Count the drugs of n notes whose codes begin so."""
        return np.bincount(self.note[self._rows((prefix,))], minlength=n)

    def _rows(self, prefixes: tuple[str, ...]) -> np.ndarray:
        return np.array([v.startswith(prefixes) for v in self.atc], dtype=bool)[self.which]


def in_use(part: Part, notes: Notes, pools: Pools) -> InUse:
    """Find the drugs in use: at discharge on the last day, else those from before the contact.

    A GP's own prescription of the day counts: the note is written after it.
    """
    table = part.tables.get("prescription")
    none = np.zeros(0, dtype=np.int64)
    if table is None or not len(notes.person):
        return InUse(none, none, [])
    words: dict[str, list[str]] = pools.terms["drug"]
    until = np.where(notes.kind == GP, notes.start // 1440, notes.start // 1440 - 1)
    until = np.where(notes.kind == DISCHARGE, notes.stop // 1440, until)
    atc, values = codes(table["atc"])
    listed = np.array([v in words for v in values])[atc]
    lasting = np.array(
        [next((d for p, d in SHORT_DAYS.items() if v.startswith(p)), CHRONIC_DAYS) for v in values]
    )
    group_of = np.array(
        [next((n for n, g in enumerate(SWITCHED, 1) if v.startswith(g)), 0) for v in values]
    )
    encounter = contacts_of(part, table["encounter_id"])
    person = part.contacts["person"][encounter].astype(np.int64)
    day = days(table["prescribed_date"]).astype(np.int64)
    keep = np.flatnonzero(listed)
    key = person[keep] * 65_536 + day[keep]
    keep = keep[np.argsort(key, kind="stable")]
    key = person[keep] * 65_536 + day[keep]
    who = notes.person.astype(np.int64)
    low = np.searchsorted(key, who * 65_536 + until - CHRONIC_DAYS, side="left")
    high = np.searchsorted(key, who * 65_536 + until, side="right")
    note, at = np.repeat(np.arange(len(low)), high - low), ranges(low, high - low)
    row = keep[at]
    lasts = until[note] - day[row] <= lasting[atc[row]]
    note, row = note[lasts], row[lasts]
    group = group_of[atc[row]]
    held = note * (len(SWITCHED) + 1) + group  # the rows of a note are in order of time
    newest = np.zeros(len(row), dtype=bool)
    newest[len(row) - 1 - np.unique(held[::-1], return_index=True)[1]] = True
    newest |= group == 0
    pair = np.unique(note[newest] * np.int64(len(values)) + atc[row[newest]])
    return InUse(pair // len(values), pair % len(values), values)


def listing(
    page: Page, notes: Notes, pools: Pools, drugs: InUse, some: np.ndarray, *, between: str
) -> np.ndarray:
    """Append the drugs in use, each as the patient takes it.

    Args:
        page: The notes.
        notes: What is known of them.
        pools: The phrases.
        drugs: Drugs in use.
        some: Places of the notes that get a list, rising.
        between: What stands before each drug.

    Returns:
        Places of those of `some` without drugs.
    """
    words: dict[str, list[str]] = pools.terms["drug"]
    mine = np.zeros(len(notes.person), dtype=bool)
    mine[some] = True
    row = mine[drugs.note]
    note, which = drugs.note[row], drugs.which[row]
    texts = [between + w for v in drugs.atc if v in words for w in words[v]]
    count = np.array([len(words.get(v, ())) for v in drugs.atc], dtype=np.int64)
    first = np.cumsum(count) - count
    habit = (notes.person[note].astype(np.int64) * 31 + which) % np.maximum(count[which], 1)
    page.put(note, page.pool(texts) + first[which] + habit)
    mine[note] = False
    return np.flatnonzero(mine)
