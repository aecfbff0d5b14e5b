"""The truth about disease: who got what, and when."""

import numpy as np

from labkit.world.columns import coded
from labkit.world.disease import diseases
from labkit.world.part import END_DAY, Part
from labkit.world.population import date64, people_of


def onset(part: Part) -> None:
    """Make the table `onset`: disease that began before death and the reference date."""
    people = people_of(part)
    days = np.stack(list(part.onset.values()), axis=1)  # (n, diseases)
    person, disease = np.nonzero(days <= END_DAY)
    part.tables["onset"] = {
        "person_id": people.person_id[person],
        "disease": coded(disease, list(diseases())),
        "onset_date": date64(days[person, disease]),
    }
