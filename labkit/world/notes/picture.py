"""The clinical picture of each note, from the patient's own rows: diagnosis, measurements, lists.

A note says nothing of diagnoses, values, drugs or procedures that the tables do not hold. Where
no blood pressure or temperature was recorded at the encounter, it is drawn to suit the illness.
"""

from functools import cache
from typing import Any

import numpy as np

from labkit.world.care import contacts_of
from labkit.world.columns import codes, days, ranges, seconds
from labkit.world.diagnosis_codes import DIAGNOSES, FIRST_ICPC, place
from labkit.world.notes.compose import Page
from labkit.world.notes.fields import Notes
from labkit.world.notes.phrases import GP, Pools, longest
from labkit.world.part import NEVER, Part

CHILDREN = ("barneavdelingen", "barne- og ungdomsavdelingen")
CHILDREN_UNTIL = 16  # years
# Of children whose weight was not taken: kg by age, about the middle of the growth chart.
GROWING = ([0, 0.25, 0.5, 1, 2, 5, 10, 15, 18], [3.5, 6, 7.8, 10, 12.5, 18.5, 32, 55, 66])


@cache
def _labels() -> dict[str, str]:
    from labkit import codes as systems

    found: dict[str, str] = {}
    for system in ("icd10", "icpc2"):
        found |= {row["code"]: row["label_nb"] for row in systems.rows(system)}
    return found


def fill(part: Part, page: Page, notes: Notes, pools: Pools) -> dict[str, np.ndarray]:
    """Fill the fields of the clinical picture, and return the measurements as the notes give them.

    Returns:
        Arrays of length n: systolic and diastolic (mmHg), pulse (/min), temperature (°C),
        weight (kg) and spo2 (%).
    """
    rng = part.rng("note_picture")
    _diagnosis(part, page, notes, pools, rng)
    vitals = _vitals(part, page, notes, pools, rng)
    wards = [w for group in pools.wards for w in group] + list(CHILDREN)
    first = np.cumsum([0, *(len(g) for g in pools.wards)])
    count = np.array([len(g) for g in pools.wards])
    group = np.where(notes.kind != GP, notes.group, 0)
    pick = np.floor(rng.random(len(group)) * count[group]).astype(np.int64)
    place = first[group] + pick
    child = (notes.age < CHILDREN_UNTIL) & ~pools.sign("birth", notes.kind, notes.group)
    place = np.where(child, first[-1] + notes.encounter % len(CHILDREN), place)
    page.field("ward", page.pool(wards) + place)
    # The side of the body is that of the illness, the same in all notes of a stay.
    page.field("side", page.pool(("hø.", "ve.")) + (notes.encounter * 7 + notes.person) % 2)
    return vitals


def _diagnosis(
    part: Part, page: Page, notes: Notes, pools: Pools, rng: np.random.Generator
) -> None:
    """Name the main diagnosis in a clinician's words; one word through the whole note."""
    words: list[str] = []
    first, count = [], []
    for at, code in enumerate(DIAGNOSES):
        # The same letters and digits mean another thing in the other system: N17, K85, W78.
        terms: dict[str, list[str]] = pools.terms["complaint" if at >= FIRST_ICPC else "diagnosis"]
        hit = longest({code: k for k, code in enumerate(terms)}, code)
        found = list(terms.values())[hit] if hit >= 0 else [_plain(_labels().get(code, code))]
        first.append(len(words))
        count.append(len(found))
        words += found
    main = part.contacts["main"][notes.encounter].astype(np.int64)
    pick = np.floor(rng.random(len(main)) * np.array(count)[main]).astype(np.int64)
    place = np.array(first)[main] + pick
    page.field("diagnosis", page.pool(words) + place)
    page.field("Diagnosis", page.pool(w[:1].upper() + w[1:] for w in words) + place)


def _plain(label: str) -> str:
    """Turn a label of the code list into words for running text."""
    label = label.split(", ")[0] if "ikke angitt" in label or "annen" in label else label
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _by_encounter(part: Part, notes: Notes, column: Any) -> tuple[np.ndarray, np.ndarray]:
    """Match rows of a table to notes of the same encounter.

    Args:
        part: The partition.
        notes: The notes.
        column: Encounters of the table's rows, rising as in every table of the records.

    Returns:
        Places of rows and of notes, one pair for each row and note that belong together, in order
        of the notes.
    """
    row_at = contacts_of(part, column)
    low = np.searchsorted(row_at, notes.encounter)
    count = np.searchsorted(row_at, notes.encounter, side="right") - low
    return ranges(low, count), np.repeat(np.arange(len(low)), count)


def _vitals(
    part: Part, page: Page, notes: Notes, pools: Pools, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    n = len(notes.person)
    assert part.people is not None
    woman = part.people.female[notes.person]
    fever = pools.sign("fever", notes.kind, notes.group)
    short_of_air = pools.sign("hypoxia", notes.kind, notes.group)
    age, child = notes.age, notes.age < 12
    systolic = np.where(child, 85 + 2 * age, rng.normal(134, 16, n))
    diastolic = np.where(child, 55 + age, 0.34 * systolic + rng.normal(32, 7, n))
    growing = np.interp(age, [0, 1, 5, 12], [140, 120, 100, 84])
    pulse = np.where(child, growing, rng.normal(76, 10, n)) + 14 * fever
    warm = np.where(fever, rng.normal(38.6, 0.6, n), rng.normal(36.8, 0.3, n))
    heavy = rng.normal(84, 13, n) - 13 * woman
    weight = np.where(age < 18, np.interp(age, *GROWING), np.maximum(heavy, 44))
    values = {
        "systolic": systolic,
        "diastolic": diastolic,
        "pulse": pulse,
        "temperature": warm,
        "weight": weight,
    }
    table = part.tables.get("vital_sign")
    if table is not None:
        kind, kinds = codes(table["kind"])
        value = np.asarray(table["value"], dtype=np.float64)
        row, note = _by_encounter(part, notes, table["encounter_id"])
        for name, drawn in values.items():
            if name in kinds:
                here = kind[row] == kinds.index(name)
                drawn[note[here]] = value[row[here]]
    high = np.round(values["systolic"]).astype(np.int64)
    low = np.minimum(np.round(values["diastolic"]).astype(np.int64), high - 15)
    distinct, at = np.unique(high * 1000 + low, return_inverse=True)
    page.field("bp", page.pool(f"{v // 1000}/{v % 1000}" for v in distinct.tolist()) + at)
    page.field("pulse", page.pooled(np.round(values["pulse"]).astype(np.int64), "{}"))
    small = notes.age < 2  # weighed to a hundred grams
    page.field("weight", _decimal(page, values["weight"], small.astype(np.int64)))
    page.field("temp", _decimal(page, values["temperature"], np.ones(n, dtype=np.int64)))
    air = np.where(short_of_air, rng.integers(86, 95, n), rng.integers(95, 100, n))
    page.field("spo2", page.pooled(air, "{}"))
    return values | {"systolic": high, "diastolic": low, "spo2": air}


def _decimal(page: Page, value: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    """Put numbers with decimal comma into the pool."""
    key = np.round(value * 10.0**decimals).astype(np.int64) * 4 + decimals
    distinct, row = np.unique(key, return_inverse=True)
    words = (f"{(k >> 2) / 10 ** (k & 3):.{k & 3}f}".replace(".", ",") for k in distinct.tolist())
    return page.pool(words) + row


def known_since(part: Part, pools: Pools) -> dict[str, np.ndarray]:
    """Give the day from which each chronic disease is known, NEVER without it, by its name."""
    diseases, treated = pools.terms["history"], pools.terms["treated"]
    found = {name: part.found[name] for name in diseases if name in part.found}
    return found | _treated_since(part, list(treated))


def history(
    page: Page, notes: Notes, pools: Pools, found: dict[str, np.ndarray], some: np.ndarray
) -> np.ndarray:
    """Append the chronic diseases known before the encounter, as a list with commas.

    Args:
        page: The notes.
        notes: What is known of them.
        pools: The phrases.
        found: See `known_since`.
        some: Places of the notes that get a list.

    Returns:
        Places of those of `some` for which nothing was known.
    """
    diseases: dict[str, list[str]] = pools.terms["history"]
    treated: dict[str, list[str]] = pools.terms["treated"]
    person = notes.person[some]
    since = np.stack([day[person] for day in found.values()], axis=1)
    before = since < (notes.start[some] // 1440)[:, None]
    note, which = np.nonzero(before)
    year = (
        since[note, which].astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    )
    words = [(diseases | treated)[name] for name in found]
    # A patient's own habit of words, so that two notes of one person need not look alike.
    variant = (person[note] * 7 + notes.kind[some][note] * 3 + which) % 12
    pick = np.array([[k % len(w) for k in range(12)] for w in words])[which, variant]
    opens = np.r_[True, note[1:] != note[:-1]] if len(note) else np.zeros(0, dtype=bool)
    with_year = (variant % 4 == 1) & (year > 2010)
    key = ((which * 12 + pick) * 2 + opens) * 4096 + np.where(with_year, year, 0)
    distinct, at = np.unique(key, return_inverse=True)
    texts = []
    for k in distinct.tolist():
        rest, when = divmod(k, 4096)
        rest, open_ = divmod(rest, 2)
        g, w = divmod(rest, 12)
        word = words[g][w]
        word = word[:1].upper() + word[1:] if open_ else ", " + word
        texts.append(word + (f" ({when})" if when else ""))
    page.put(some[note], page.pool(texts) + at)
    empty = np.ones(len(some), dtype=bool)
    empty[note] = False
    return some[empty]


def _treated_since(part: Part, treated: list[str]) -> dict[str, np.ndarray]:
    """Give the first day each person was prescribed a drug for each of some diagnoses."""
    since = {code: np.full(part.size, NEVER, dtype=np.int64) for code in treated}
    table = part.tables.get("prescription")
    if table is None or not len(part.contacts["person"]):
        return since
    encounter = contacts_of(part, table["encounter_id"])
    main, day = part.contacts["main"][encounter], days(table["prescribed_date"])
    for code, first in since.items():
        rows = np.flatnonzero(main == place(code))
        np.minimum.at(first, part.contacts["person"][encounter[rows]], day[rows].astype(np.int64))
    return since


def labs(
    part: Part, page: Page, notes: Notes, pools: Pools, some: np.ndarray, *, before: str = ""
) -> np.ndarray:
    """Append the first value of each analysis at the encounter.

    Args:
        part: The partition.
        page: The notes.
        notes: What is known of them.
        pools: The phrases.
        some: Places of the notes that get a line of values.
        before: What stands before the values, if there are any.

    Returns:
        Places of those of `some` without values.
    """
    table = part.tables.get("lab_result")
    if table is None:
        return some
    names: dict[str, list[Any]] = pools.terms["lab"]
    order = {name: k for k, name in enumerate(names)}
    analyte, values = codes(table["analyte"])
    row, note = _by_encounter(part, _at(notes, some), table["encounter_id"])
    rank = np.array([order.get(v, -1) for v in values])[analyte[row]]
    value = np.asarray(table["value"], dtype=np.float64)[row]
    good = (rank >= 0) & np.isfinite(value)
    row, note, rank, value = row[good], note[good], rank[good], value[good]
    place = np.lexsort((seconds(np.asarray(table["taken_time"])[row]), note * len(names) + rank))
    note, rank, value = note[place], rank[place], value[place]
    new = np.r_[True, (note[1:] != note[:-1]) | (rank[1:] != rank[:-1])][: len(note)]
    note, rank, value = note[new], rank[new], value[new]
    if not len(note):
        return some
    decimals = np.array([names[k][1] for k in names])[rank]
    number = _decimal(page, value, decimals)
    # A C-reactive protein that rounds to nothing is reported as below the limit.
    faint = (rank == order["crp"]) & (value < 0.5)
    number = np.where(faint, page.pool(["< 1"]), number)
    opens = np.r_[True, note[1:] != note[:-1]]
    words = list(names)
    label = page.pool(
        [f", {names[w][0]} " for w in words]
        + [before + names[w][0][:1].upper() + names[w][0][1:] + " " for w in words]
    )
    label = label + rank + len(words) * opens
    page.put(some[np.repeat(note, 2)], np.stack([label, number], axis=1).ravel())
    closing = np.unique(note)
    page.put(some[closing], np.full(len(closing), page.pool(["."])))
    empty = np.ones(len(some), dtype=bool)
    empty[note] = False
    return some[empty]


def _at(notes: Notes, some: np.ndarray) -> Notes:
    return Notes(**{name: getattr(notes, name)[some] for name in notes.__dataclass_fields__})


def procedures(
    part: Part, page: Page, notes: Notes, pools: Pools, some: np.ndarray, between: str = "{} "
) -> None:
    """Append what was done at the encounter, each as `between` has it."""
    table = part.tables["procedure"]
    words: dict[str, list[str]] = pools.terms["procedure"]
    code, values = codes(table["code"])
    row, note = _by_encounter(part, _at(notes, some), table["encounter_id"])
    listed = np.array([v in words for v in values], dtype=bool)[code[row]]
    row, note = row[listed], note[listed]
    texts = [between.format(w) for v in values if v in words for w in words[v]]
    count = np.array([len(words.get(v, ())) for v in values])
    first = np.cumsum(count) - count
    habit = (notes.practitioner[some][note] + code[row]) % np.maximum(count[code[row]], 1)
    page.put(some[note], page.pool(texts) + first[code[row]] + habit)
