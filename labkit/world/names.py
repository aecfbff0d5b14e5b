"""Invented names: common given names by generation and common family names, combined at random."""

from functools import cache
from importlib.resources import files
from tomllib import loads

import numpy as np
import pyarrow as pa

from labkit.world.hazard import YEAR
from labkit.world.part import Part
from labkit.world.population import people_of

GENERATIONS = (1950, 1980)  # first year of birth of the second and third generation


@cache
def pools() -> dict[str, list[str]]:
    """Read the name pools: men_1, women_1, ... by generation, and family."""
    source = files("labkit.world.calibration") / "names.toml"
    return {key: value.split() for key, value in loads(source.read_text("utf-8")).items()}


def names(part: Part) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Draw given and family names for everyone; a child bears the mother's family name."""
    people = people_of(part)
    rng = part.rng("names")
    found = pools()
    year = 1970 + people.birth / YEAR
    generation = np.searchsorted(GENERATIONS, year, side="right")
    group = generation + 3 * people.female
    lists = [found[f"{sex}_{k}"] for sex in ("men", "women") for k in (1, 2, 3)]
    first = np.cumsum([0, *(len(some) for some in lists)])
    size = np.array([len(some) for some in lists])
    place = first[group] + np.floor(rng.random(part.size) ** 1.3 * size[group]).astype(np.int64)
    family = np.floor(rng.random(part.size) ** 1.5 * len(found["family"])).astype(np.int64)
    # Down the generations: mothers stand before their children in time, not in place.
    child = np.flatnonzero(people.mother >= 0)
    for who in np.array_split(child[np.argsort(people.birth[child], kind="stable")], 12):
        family[who] = family[people.mother[who]]
    words, same = np.unique([name for some in lists for name in some], return_inverse=True)
    place = same[place]
    return (
        pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int16)), pa.array(words.tolist())),
        pa.DictionaryArray.from_arrays(
            pa.array(family.astype(np.int16)), pa.array(found["family"])
        ),
    )
