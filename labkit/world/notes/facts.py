"""What is true of each note, so that a phrase can ask for it, as `@febrile+grown Febril.` does."""

import numpy as np

from labkit.world.care import contacts_of
from labkit.world.columns import codes
from labkit.world.diagnosis_codes import PROCEDURES
from labkit.world.notes.fields import Notes
from labkit.world.notes.medication import InUse
from labkit.world.notes.phrases import BIT, SIGNS, Pools
from labkit.world.part import NEVER, Part

FEVER, LOW, HIGH, SLOW, LITTLE_OXYGEN = 38.0, 100, (140, 90), 50, 92
OPERATION = 5  # characters: `JKA21` is an operation, `UJF32` (looking in) and `GXAV01` are not
ENDOSCOPY = ("UJ", "UG")
DRUGS: dict[str, tuple[str, ...]] = {
    "anticoagulated": ("B01AA", "B01AE", "B01AF"),
    "doac": ("B01AE", "B01AF"),
    "antibiotic": ("J01",),
    "diuretic": ("C03",),
    "insulin": ("A10A",),
    "antihypertensive": ("C03", "C07", "C08", "C09"),
    "levothyroxine": ("H03AA",),
    "inhaler": ("R03",),
    "allopurinol": ("M04",),
    "medicated": ("",),
}
TAKEN = {"has_had_penicillin": "J01C", "has_had_sulfa": "J01EE", "has_had_nsaid": "M01A"}
RESIDENT, RESIDENT_DEMENT = 0.12, 0.5  # share of the old who live in a nursing home


def spread(person: np.ndarray, salt: float = 0.6180339887498949) -> np.ndarray:
    """Give each person a number in [0, 1) of their own, the same in every note."""
    return (person * salt) % 1.0


def facts(
    part: Part,
    notes: Notes,
    pools: Pools,
    vitals: dict[str, np.ndarray],
    drugs: InUse,
    partner: np.ndarray,
) -> np.ndarray:
    """Return the facts of each note as bits, int64.

    Args:
        part: The partition.
        notes: The notes.
        pools: The phrases.
        vitals: Measurements as the notes give them, see `picture.fill`.
        drugs: Drugs in use.
        partner: Whether the nearest relative is wife, husband or cohabitant.
    """
    assert part.people is not None
    who, n = notes.person, len(notes.person)
    into, out = notes.start // 1440, notes.stop // 1440
    month = into.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    hour = notes.written // 60 % 24
    smoking, death = part.people.smoking, part.people.death
    old = notes.stage == 5
    dement = _known(part, notes, "dementia")
    home = np.where(dement, RESIDENT_DEMENT, RESIDENT)
    grown = notes.age >= 16
    found = {
        "woman": part.people.female[who],
        "acute": part.contacts["acute"][notes.encounter].astype(bool),
        "overnight": out > into,
        "long": out >= into + 3,
        "winter": (month >= 11) | (month <= 3),
        "summer": (month >= 5) & (month <= 8),
        "dayshift": (hour >= 7) & (hour < 15),
        "eveningshift": (hour >= 15) & (hour < 22),
        "clinic": notes.kind == 2,
        "dying": (death[who] <= out) & (death[who] != NEVER) if death is not None else _no(n),
        "partner": partner,
        "resident": old & (spread(who, 0.7548776662466927) < home),
        "dement": dement,
        "af": _known(part, notes, "af"),
        "smoker": smoking[who] == 2 if smoking is not None else _no(n),
        "febrile": np.round(vitals["temperature"], 1) >= FEVER,
        "hypotensive": grown & (vitals["systolic"] < LOW),
        "hypertensive": (vitals["systolic"] >= HIGH[0]) | (vitals["diastolic"] >= HIGH[1]),
        "slow": grown & (vitals["pulse"] < SLOW),
        "hypoxic": vitals["spo2"] < LITTLE_OXYGEN,
    }
    found |= _done(part, notes)
    found |= {name: drugs.any_of(prefixes, n) for name, prefixes in DRUGS.items()}
    found["dapt"] = drugs.count_of("B01AC", n) > 1
    found |= {name: taken[who] for name, taken in _taken(part).items()}
    found |= {name: pools.sign(name, notes.kind, notes.group) for name in SIGNS}
    bits = np.zeros(n, dtype=np.int64)
    for name, true in found.items():
        bits |= np.where(true, np.int64(BIT[name]), np.int64(0))
    return bits


def _no(n: int) -> np.ndarray:
    return np.zeros(n, dtype=bool)


def _known(part: Part, notes: Notes, disease: str) -> np.ndarray:
    if disease not in part.found:
        return _no(len(notes.person))
    return part.found[disease][notes.person] <= notes.start // 1440


def _done(part: Part, notes: Notes) -> dict[str, np.ndarray]:
    """Tell operations from other procedures at the encounter."""
    procedure = part.contacts["procedure"][notes.encounter].astype(np.int64)
    cut = np.array(
        [len(c) == OPERATION and not c.startswith(ENDOSCOPY) for c in PROCEDURES] + [False]
    )
    looked = np.array([c.startswith(ENDOSCOPY) for c in PROCEDURES] + [False])
    caesarean = np.array([c.startswith("MCA") for c in PROCEDURES] + [False])
    return {
        "operated": cut[procedure],
        "scoped": looked[procedure],
        "caesarean": caesarean[procedure],
        "done": procedure >= 0,
    }


def _taken(part: Part) -> dict[str, np.ndarray]:
    """Say who is ever prescribed what an allergy would forbid."""
    table = part.tables.get("prescription")
    found = {name: _no(part.size) for name in TAKEN}
    if table is not None and len(part.contacts["person"]):
        atc, values = codes(table["atc"])
        encounter = contacts_of(part, table["encounter_id"])
        for name, prefix in TAKEN.items():
            rows = np.array([v.startswith(prefix) for v in values], dtype=bool)[atc]
            found[name][part.contacts["person"][encounter[rows]]] = True
    return found
