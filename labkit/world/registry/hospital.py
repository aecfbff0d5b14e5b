"""The patient registry (NPR): one row per stay at one department, or outpatient contact.

Episodes are not rows: a transfer gives two stays less than eight hours apart.
"""

import numpy as np

from labkit.world.care import moment
from labkit.world.part import Part
from labkit.world.registry.format import joined, words
from labkit.world.registry.pseudonym import part_pseudonyms, row_keys
from labkit.world.registry.source import (
    codes_by_encounter,
    diagnoses,
    encounters,
    homes,
    homes_at_encounters,
    people_of,
)

KINDS = ("inpatient", "day", "outpatient")  # 1, 2, 3 in `omsorgsniva`


def npr(part: Part) -> None:
    """Make the table `npr`."""
    seen = encounters(part, KINDS)
    people = people_of(part)
    main, secondary, count = diagnoses(part, seen.row)
    part.tables["npr"] = {
        "opphold_id": row_keys(part, "npr", np.arange(len(seen.row))),
        "pasient_id": part_pseudonyms(part).take(seen.person),
        "fodselsaar": birth_year(people.birth).take(seen.person),
        "kjonn": (1 + people.female.take(seen.person)).astype(np.int16),
        "kommune": words(homes_at_encounters(part, seen), homes(part).then),
        "institusjon": part.contacts["organisation"].take(seen.row).astype(np.int32),
        "omsorgsniva": (1 + seen.kind).astype(np.int16),
        "hastegrad": np.where(part.contacts["acute"].take(seen.row), 1, 4).astype(np.int16),
        "inntid": moment(seen.start),
        "uttid": moment(seen.stop),
        "hoveddiagnose": main,
        "bidiagnoser": joined(secondary, count),
        "prosedyrer": joined(*codes_by_encounter(part, "procedure", seen.row)),
    }


def birth_year(birth: np.ndarray) -> np.ndarray:
    """Return the year of birth, int16."""
    return (birth.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970).astype(
        np.int16
    )
