"""The order in which a partition is made: each step adds finished columns to `part.tables`.

A table that exists once for the whole dataset (organisation, effect) is made in partition 0 only.
A step may read what the steps before it have made, and draws from its own stream `part.rng(name)`.
"""

from collections.abc import Callable

from labkit.world.biobank import biobank
from labkit.world.care import diagnosis, encounter, patient, procedure
from labkit.world.cause import causes
from labkit.world.contacts import contacts
from labkit.world.death import deaths
from labkit.world.defects import defects
from labkit.world.disease import onsets
from labkit.world.drugs import prescriptions
from labkit.world.effect import counterfactual, effect
from labkit.world.episode import episodes
from labkit.world.exposure import exposure, exposures
from labkit.world.labs import lab_results
from labkit.world.notes import notes
from labkit.world.onset_table import onset
from labkit.world.part import Part
from labkit.world.people import people
from labkit.world.population import death, education, family, income, person, residence
from labkit.world.registry.birth import mfr
from labkit.world.registry.cancer import kreft
from labkit.world.registry.death import dar
from labkit.world.registry.diabetes import diabetes
from labkit.world.registry.dispensed import lmr
from labkit.world.registry.hospital import npr
from labkit.world.registry.infarction import infarkt
from labkit.world.registry.primary import kpr
from labkit.world.registry.pseudonym import identity
from labkit.world.registry.vaccination import sysvak
from labkit.world.staff_survey import staff_survey
from labkit.world.survey import health_survey
from labkit.world.units import organisation
from labkit.world.vitals import vital_signs

Step = Callable[[Part], None]

STEPS: tuple[Step, ...] = (
    people,  # part.people
    exposures,  # smoking, BMI, frailty
    onsets,  # part.onset and part.fatal: when each disease began, and would kill
    episodes,  # part.episodes: acute illness that can come again
    deaths,  # part.people.death
    family,  # part.people.mother: needs death, since a mother must be alive
    person,
    residence,
    education,
    income,
    death,
    exposure,
    onset,
    organisation,
    causes,  # part.causes
    contacts,  # part.contacts: what the encounters are made from
    patient,
    encounter,
    diagnosis,
    procedure,
    prescriptions,  # and part.dispensings
    lab_results,
    vital_signs,
    effect,
    counterfactual,
    identity,  # pseudonyms of the registry extracts
    npr,
    kpr,
    lmr,
    dar,
    mfr,
    kreft,
    infarkt,
    diabetes,
    sysvak,
    health_survey,
    biobank,
    staff_survey,
    notes,
    defects,  # last: damage to the registry extracts, and the key to it
)
