"""What the fields of a note hold: names, numbers, dates and places, and which of them identify.

Telephone numbers are 01xx xx xx: in the Norwegian numbering plan 01 is reserved for changes to the
plan and is not in use (Norwegian Communications Authority, "The Norwegian numbering plan for
telephony etc. (E.164)"), so no number can be somebody's. E-mail ends in `.example`, reserved by
RFC 2606. Kinds follow the identifiers of the HIPAA safe harbor (45 CFR 164.514(b)(2)) as far as
they apply to Norwegian notes: a year or a month alone is not marked, nor an age up to 89.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labkit.world.contacts import doctor_of
from labkit.world.hazard import YEAR
from labkit.world.names import names
from labkit.world.names import pools as name_pools
from labkit.world.notes.compose import Page
from labkit.world.notes.phrases import GP, Pools
from labkit.world.part import NEVER, Part, People
from labkit.world.region import region
from labkit.world.units import units

KINDS = (
    "",
    "patient",
    "relative",
    "clinician",
    "fnr",
    "phone",
    "email",
    "address",
    "place",
    "health_unit",
    "workplace",
    "date",
    "age",
)
FORMS = ("plain", "part", "genitive", "initials", "lower", "typo", "short")
PATIENT, RELATIVE, CLINICIAN, FNR, PHONE, EMAIL, ADDRESS, PLACE, UNIT, WORK, DATE, AGE = range(
    1, 13
)
PLAIN, PART, GENITIVE, INITIALS, LOWER, TYPO, SHORT = range(7)
OWN_HOME, MARRIED = 23, 35  # years, from when on a partner is nearest, and is called so
OLD_AGE = 90  # from here on the age itself identifies
ON = {"Tynset", "Røros", "Os", "Hamar", "Gjøvik", "Lillehammer", "Kongsvinger", "Notodden"}
MONTHS = (
    "januar februar mars april mai juni juli august september oktober november desember".split()
)


@dataclass(frozen=True)
class Notes:
    """The notes to be written: arrays of length n."""

    encounter: np.ndarray  # int64, place of the encounter in the partition
    person: np.ndarray  # int32, place of the person in the partition
    kind: np.ndarray  # int8, place in `phrases.KINDS`
    written: np.ndarray  # int64, minutes since 1970
    start: np.ndarray  # int64, minutes: of the encounter
    stop: np.ndarray  # int64, minutes
    organisation: np.ndarray  # int32
    practitioner: np.ndarray  # int32
    age: np.ndarray  # float64, years
    stage: np.ndarray  # int8, stage of life, see `phrases.STAGES`
    group: np.ndarray  # int16, phrase group of the main diagnosis


def misspelt(name: str) -> str:
    """Return a name as a hurried hand writes it: two letters inside change places.

    Examples:
        >>> misspelt("Bakken"), misspelt("Li")
        ('Bakkne', 'Lii')
    """
    for at in range(len(name) // 2 + 1, 0, -1):
        swapped = name[:at] + name[at : at + 2][::-1] + name[at + 2 :]
        if swapped != name:
            return swapped
    return name + name[-1]


@cache
def _day_words() -> tuple[int, tuple[list[str], ...]]:
    """Days of the whole window as words, in five ways, and the first day."""
    first = int(np.datetime64("2009-01-01").astype(int))
    last = int(np.datetime64("2026-12-31").astype(int))
    found: tuple[list[str], ...] = ([], [], [], [], [])
    for day in np.arange(first, last + 1).astype("datetime64[D]").tolist():
        d, m, y = day.day, day.month, day.year
        found[0].append(f"{d:02}.{m:02}.{y}")
        found[1].append(f"{d:02}.{m:02}.{y % 100:02}")
        found[2].append(f"{d}. {MONTHS[m - 1]} {y}")
        found[3].append(f"{d:02}.{m:02}.")
        found[4].append(f"{d}/{m}")
    return first, found


def fill(part: Part, page: Page, notes: Notes, pools: Pools) -> np.ndarray:
    """Fill every field that phrases may use, save those of the clinical picture.

    Returns:
        For each note, whether the nearest relative is wife, husband or cohabitant.
    """
    rng = part.rng("note_fields")
    assert part.people is not None
    _patient(part, part.people, page, notes, rng)
    partner = _relatives(part, part.people, page, notes, pools, rng)
    _surroundings(part, part.people, page, notes, pools, rng)
    _clinicians(part, page, notes, pools, rng)
    _dates(part.people, page, notes, rng)
    return partner


def _words(column: pa.DictionaryArray) -> tuple[np.ndarray, list[str]]:
    return column.indices.to_numpy().astype(np.int64), column.dictionary.to_pylist()


def _joined(a: list[str], i: np.ndarray, b: list[str], j: np.ndarray, between: str) -> pa.Array:
    left = pa.array(a).take(pa.array(i))
    return pc.binary_join_element_wise(left, pa.array(b).take(pa.array(j)), between)


def _genitive(name: pa.Array) -> pa.Array:
    """Bokmål: -s, or an apostrophe after s, x and z."""
    hissing = pc.match_substring_regex(name, "[sxzSXZ]$")
    return pc.binary_join_element_wise(name, pc.if_else(hissing, "'", "s"), "")


def _patient(
    part: Part, people: People, page: Page, notes: Notes, rng: np.random.Generator
) -> None:
    given, family = names(part)
    i, givens = _words(given)
    j, families = _words(family)
    who = notes.person
    full = _joined(givens, i, families, j, " ")
    for name, words, form in (
        ("name", full, PLAIN),
        ("name_s", _genitive(full), GENITIVE),
        ("name_lower", pc.utf8_lower(full), LOWER),
        ("name_upper", pc.utf8_upper(full), PLAIN),
    ):
        page.field(name, page.pool(words) + who, PATIENT, form)
    for name, words, of, form in (
        ("given", givens, i, PART),
        ("family", families, j, PART),
        ("family_lower", [w.lower() for w in families], j, LOWER),
        ("family_typo", [misspelt(w) for w in families], j, TYPO),
    ):
        page.field(name, page.pool(words) + of[who], PATIENT, form)
    dotted = rng.random(part.size) < 0.4
    initials = _joined([w[0] for w in givens], i, [w[0] for w in families], j, "")
    apart = _joined([w[0] + "." for w in givens], i, [w[0] + "." for w in families], j, "")
    page.field(
        "initials",
        page.pool(pc.if_else(pa.array(dotted), apart, initials)) + who,
        PATIENT,
        INITIALS,
    )
    fnr = pa.array(people.fnr.astype("U11"))
    page.field("fnr", page.pool(fnr) + who, FNR)
    spaced = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(fnr, 0, 6), pc.utf8_slice_codeunits(fnr, 6, 11), " "
    )
    page.field("fnr_spaced", page.pool(spaced) + who, FNR)
    ascii_of = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "é": "e", "-": ""})
    address = _joined(
        [w.lower().translate(ascii_of) for w in givens],
        i,
        [w.lower().translate(ascii_of) + "@post.example" for w in families],
        j,
        ".",
    )
    page.field("email", page.pool(address) + who, EMAIL)
    page.field("phone", page.pool(_phones(rng, part.size)) + who, PHONE)
    female = people.female[who]
    for name, words in {
        "he": ("han", "hun"),
        "He": ("Han", "Hun"),
        "him": ("ham", "henne"),
        "widow": ("enkemann", "enke"),
        "Widow": ("Enkemann", "Enke"),
    }.items():
        page.field(name, page.pool(words) + female)
    page.field("school", page.pool(("i barnehage", "på skole")) + (notes.age >= 6))
    man = page.pool(("gutt", "jente", "mann", "kvinne"))
    page.field("man", man + female + 2 * (notes.age >= 18))
    _age(page, notes)


def _age(page: Page, notes: Notes) -> None:
    years = np.floor(notes.age).astype(np.int64)
    months = np.floor(notes.age * 12).astype(np.int64)
    days = np.maximum(np.floor(notes.age * YEAR).astype(np.int64), 0)
    place = page.pooled(years, "{} år")
    place = np.where(years < 2, page.pooled(np.clip(months, 1, 24), "{} mnd."), place)
    place = np.where(months < 1, page.pooled(np.clip(days, 2, 30), "{} dager"), place)
    page.field("age", place, np.where(years >= OLD_AGE, AGE, 0))


def _phones(rng: np.random.Generator, n: int) -> pa.Array:
    """Numbers that cannot be anybody's, written in the three ways people write them."""
    number = rng.integers(0, 1_000_000, n)
    way = rng.integers(0, 3, n)
    digits = pc.utf8_slice_codeunits(pa.array(101_000_000 + number).cast(pa.string()), 1)

    def cut(*at: int) -> pa.Array:
        parts = [pc.utf8_slice_codeunits(digits, *ends) for ends in pairwise(at)]
        return pc.binary_join_element_wise(*parts, " ")

    return pc.choose(pa.array(way), digits, cut(0, 2, 4, 6, 8), cut(0, 3, 5, 8))


def _relatives(
    part: Part,
    people: People,
    page: Page,
    notes: Notes,
    pools: Pools,
    rng: np.random.Generator,
) -> np.ndarray:
    """Give each person one relative for each stage of life; a known mother is the real one.

    Returns:
        For each note, whether the relative is wife, husband or cohabitant.
    """
    n = part.size
    given, family = names(part)
    i, givens = _words(given)
    j, families = _words(family)
    women, men = pools.names["women"], pools.names["men"]
    others = families + pools.names["families"]
    mother = people.mother
    parent = rng.random(n) < 0.75  # the mother, else the father
    partner = rng.random(n) < 0.7  # else a sister or brother
    child_is_woman = rng.random(n) < 0.6
    sibling_is_woman = rng.random(n) < 0.55
    relation_words = ["mor", "far", "ektefelle", "søster", "bror", "datter", "sønn", "samboer"]
    adult = np.where(partner, 2, np.where(sibling_is_woman, 3, 4))
    relation = np.stack([np.where(parent, 0, 1), adult, adult, np.where(child_is_woman, 5, 6)])
    woman = np.stack([parent, np.where(partner, ~people.female, sibling_is_woman)] * 2)[
        [0, 1, 1, 0]
    ]
    woman[3] = child_is_woman
    pool = women + men + givens
    first = np.where(
        woman,
        rng.integers(0, len(women), (4, n)),
        len(women) + rng.integers(0, len(men), (4, n)),
    )
    known = parent & (mother >= 0)
    first[0] = np.where(known, len(women) + len(men) + i[mother], first[0])
    last = np.where(rng.random((4, n)) < 0.65, j, rng.integers(0, len(others), (4, n)))
    last[0] = np.where(known, j[mother], last[0])
    # A parent is nearest to children and the young, then somebody of one's own age.
    turn = np.where(notes.age < OWN_HOME, 0, np.maximum(notes.stage.astype(np.int64) - 2, 0))
    at = turn * n + notes.person
    word = relation[turn, notes.person]
    partner = word == 2
    word = np.where(partner & (notes.age < MARRIED), 7, word)
    page.field("relation", page.pool(relation_words) + word)
    page.field("Relation", page.pool(w.capitalize() for w in relation_words) + word)
    full = _joined(pool, first.ravel(), others, last.ravel(), " ")
    page.field("relative", page.pool(full) + at, RELATIVE)
    mine = first.ravel()[at]
    page.field("relative_given", page.pool(pool) + mine, RELATIVE, PART)
    page.field("relative_given_lower", page.pool(w.lower() for w in pool) + mine, RELATIVE, LOWER)
    page.field("relative_phone", page.pool(_phones(rng, 4 * n)) + at, PHONE)
    real = len(women) + len(men) + i[mother]
    mother_first = np.where(mother >= 0, real, np.where(parent, first[0], first[3] % len(women)))
    mother_last = np.where(mother >= 0, j[mother], np.where(parent, last[0], j))
    whole = _joined(pool, mother_first, others, mother_last, " ")
    page.field("mother", page.pool(whole) + notes.person, RELATIVE)
    return partner


def _surroundings(
    part: Part,
    people: People,
    page: Page,
    notes: Notes,
    pools: Pools,
    rng: np.random.Generator,
) -> None:
    n, who = part.size, notes.person
    streets = pools.names["streets"]
    number = [str(k) + letter for k in range(1, 61) for letter in ("", "", "", "A", "B")]
    street = rng.integers(0, len(streets), n)
    house = rng.integers(0, len(number), n)
    page.field("address", page.pool(_joined(streets, street, number, house, " ")) + who, ADDRESS)
    work = pools.names["workplaces"]
    page.field("workplace", page.pool(work) + rng.integers(0, len(work), n)[who], WORK)
    homes = pools.names["nursing_homes"]
    page.field("nursing_home", page.pool(homes) + rng.integers(0, len(homes), n)[who], UNIT)
    towns = region(part.config.region).names.tolist()
    prepositions = page.pool("på" if t in ON else "i" for t in towns)
    town = page.pool(towns)
    home = people.municipality[who].astype(np.int64)
    other = rng.integers(1, max(len(towns), 2), notes.person.size)
    elsewhere = (home + other) % len(towns)  # anywhere but home
    page.field("place", town + home, PLACE)
    page.field("at", prepositions + home)
    page.field("other_place", town + elsewhere, PLACE)
    page.field("at_other", prepositions + elsewhere)
    found = units(part.config.region)
    name_of = {number: _plain(name) for number, name, *_ in found.organisations}
    numbers = sorted(name_of)
    unit = page.pool(name_of[k] for k in numbers)
    hospital = found.hospital[people.municipality[who]]
    near = np.where(notes.kind == GP, hospital, notes.organisation)
    page.field("hospital", unit + np.searchsorted(numbers, near), UNIT)
    practice = found.practice[people.municipality[who]]
    page.field("surgery", unit + np.searchsorted(numbers, practice), UNIT)


def _plain(name: str) -> str:
    return name.removesuffix(" (syntetisk)")


def _clinicians(
    part: Part, page: Page, notes: Notes, pools: Pools, rng: np.random.Generator
) -> None:
    """Name clinicians by their number, so that one bears the same name in every partition."""
    own = name_pools()["family"]
    families = pools.names["families"] + own[: len(own) // 2]
    women, men = pools.names["women"], pools.names["men"]
    givens = women + men
    assert part.people is not None
    found = units(part.config.region)
    gp = found.first_doctor[found.practice[part.people.municipality[notes.person]]]
    gp = gp + doctor_of(part)[notes.person]
    last = max(int(notes.practitioner.max(initial=0)), int(gp.max(initial=0)))
    number = np.arange(last + 1, dtype=np.int64)
    first = (number * 7919 + 13) % len(givens)
    family = (number * 104_729 + 31) % len(families)
    full = _joined(givens, first, families, family, " ")
    for role, who in (("doctor", notes.practitioner), ("gp", gp)):
        page.field(role, page.pool(full) + who, CLINICIAN)
        page.field(f"{role}_family", page.pool(families) + family[who], CLINICIAN, PART)
    short = _joined([w[0] for w in givens], first, [w[:2] for w in families], family, "")
    page.field("doctor_initials", page.pool(short) + notes.practitioner, CLINICIAN, INITIALS)
    n = len(notes.person)
    nurse = rng.integers(0, len(women), n)
    other = rng.integers(0, len(families), n)
    row = np.arange(n)
    page.field("nurse", page.pool(_joined(women, nurse, families, other, " ")) + row, CLINICIAN)
    initials = _joined([w[0] for w in women], nurse, [w[0] for w in families], other, "")
    page.field("nurse_initials", page.pool(initials) + row, CLINICIAN, INITIALS)


def _dates(people: People, page: Page, notes: Notes, rng: np.random.Generator) -> None:
    first, words = _day_words()
    ways = [page.pool(w) for w in words]
    n = len(notes.person)
    style = np.array(ways[:3])[rng.choice(3, n, p=(0.6, 0.25, 0.15))]
    short = np.array(ways[3:])[rng.integers(0, 2, n)]
    into, out = notes.start // 1440, notes.stop // 1440
    written = notes.written // 1440
    # Appointments are on working days, weeks ahead.
    control = written + rng.integers(10, 120, n)
    weekday = (control + 3) % 7  # 1970-01-01 was a Thursday: 0 is Monday
    control = control - np.maximum(weekday - 4, 0)
    dead = people.death[notes.person] if people.death is not None else np.full(n, NEVER)
    dead = np.where(dead <= out + 1, np.maximum(dead, into), out)
    last = len(words[0]) - 1
    for name, day in {
        "in_date": into,
        "out_date": out,
        "note_date": written,
        "control_date": control,
        "death_date": dead,
    }.items():
        page.field(name, style + np.clip(day - first, 0, last), DATE)
    for name, day in {"in_short": into, "out_short": out, "note_short": written}.items():
        page.field(name, short + np.clip(day - first, 0, last), DATE, SHORT)
    distinct, row = np.unique(people.birth[notes.person], return_inverse=True)
    birth = [f"{d:%d.%m.%Y}" for d in distinct.astype("datetime64[D]").tolist()]
    page.field("birth_date", page.pool(birth) + row, DATE)
    months = page.pool(f"{m} {y}" for y in range(2008, 2027) for m in MONTHS)
    ago = into - rng.integers(60, 500, n)
    month = (
        ago.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) - (2008 - 1970) * 12
    )
    page.field("earlier_month", months + month)
