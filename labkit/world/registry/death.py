"""The cause of death registry (DAR): one row per death, codes without the dot."""

import numpy as np

from labkit.codes import rows, undotted
from labkit.world.columns import coded
from labkit.world.part import Part
from labkit.world.population import date64
from labkit.world.registry.format import joined, words
from labkit.world.registry.hospital import birth_year
from labkit.world.registry.pseudonym import extract_order, part_pseudonyms
from labkit.world.registry.source import death_days, homes, people_of


def dar(part: Part) -> None:
    """Make the table `dar`."""
    people, home = people_of(part), homes(part)
    causes = part.causes
    order = extract_order(part, causes["person"])
    person = causes["person"][order]
    day = death_days(part)[person]
    texts = [undotted(row["code"]) for row in rows("icd10")]
    contributing = causes["contributing"][order]
    listed = contributing >= 0
    codes = coded(contributing[listed], texts)
    part.tables["dar"] = {
        "lopenummer": part_pseudonyms(part)[person],
        "fodselsaar": birth_year(people.birth)[person],
        "kjonn": (1 + people.female[person]).astype(np.int16),
        "kommune": words(home.find(person, day), home.then),
        "dodsdato": date64(day),
        "underliggende": words(causes["underlying"][order], texts),
        "medvirkende": joined(codes, listed.sum(axis=1)),
    }
