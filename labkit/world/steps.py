"""The order in which a partition is made: each step adds finished columns to `part.tables`.

A table that exists once for the whole dataset (organisation, effect) is made in partition 0 only.
A step may read what the steps before it have made, and draws from its own stream `part.rng(name)`.
"""

from collections.abc import Callable

from labkit.world.part import Part
from labkit.world.people import people
from labkit.world.population import death, education, family, income, person, residence

Step = Callable[[Part], None]

STEPS: tuple[Step, ...] = (
    people,  # part.people
    # risk factors, onset of disease and part.people.death go here
    family,  # part.people.mother: needs death, since a mother must be alive
    person,
    residence,
    education,
    income,
    death,
    # care, registries, survey, notes, truth and defects go here
)
