"""The registry of dispensed drugs (LMR): one row per drug collected at a pharmacy.

What hospitals and nursing homes give is not in it, nor what is bought without a prescription.
"""

import numpy as np

from labkit.world.columns import coded
from labkit.world.diagnosis_codes import DIAGNOSES
from labkit.world.drugs import DRUGS, packs
from labkit.world.part import Part
from labkit.world.registry.format import date_text, words
from labkit.world.registry.hospital import birth_year
from labkit.world.registry.pseudonym import extract_order, part_pseudonyms, row_keys
from labkit.world.registry.source import homes, people_of


def lmr(part: Part) -> None:
    """Make the table `lmr`."""
    people, home = people_of(part), homes(part)
    collected = part.dispensings
    lived = home.find(collected["person"], collected["day"])
    order = extract_order(part, collected["person"])
    person, day = collected["person"].take(order), collected["day"].take(order)
    drug, reimbursed = collected["atc"].take(order), collected["indication"].take(order)
    ddd = packs().ddd  # by drug
    amounts = [None if np.isnan(one) else f"{one:.2f}".replace(".", ",") for one in ddd.tolist()]
    part.tables["lmr"] = {
        "utlevering_id": row_keys(part, "lmr", np.arange(len(order))),
        "lopenr": part_pseudonyms(part).take(person),
        "fodselsaar": birth_year(people.birth).take(person),
        "kjonn": words(people.female.take(person), ["Mann", "Kvinne"]),
        "kommune_navn": words(lived.take(order), home.name),
        "utlevert": date_text(day, "%Y%m%d"),
        "atc": coded(drug, DRUGS),
        "pakninger": collected["packs"].take(order).astype(np.int16),
        "ddd": words(drug, amounts),
        "refusjonskode": coded(reimbursed, DIAGNOSES),
    }
