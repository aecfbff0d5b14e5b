"""Every database of the kit as SQLAlchemy metadata, one `MetaData` per layer.

Examples:
    >>> sorted(LAYERS)
    ['ehr', 'population', 'registry', 'survey', 'truth']
    >>> layer_of("npr")
    'registry'
    >>> [c.name for c in table("person").primary_key]
    ['person_id']
"""

from sqlalchemy import MetaData, Table

from labkit.errors import InputError
from labkit.schema import ehr, population, registry, survey, truth

LAYERS: dict[str, MetaData] = {
    "population": population.METADATA,
    "ehr": ehr.METADATA,
    "registry": registry.METADATA,
    "survey": survey.METADATA,
    "truth": truth.METADATA,
}


def layer_of(name: str) -> str:
    """Name the layer that a table belongs to; table names are unique across layers."""
    for layer, metadata in LAYERS.items():
        if name in metadata.tables:
            return layer
    known = ", ".join(t for m in LAYERS.values() for t in m.tables)
    raise InputError(f"schema: no table '{name}'. Tables: {known}")


def table(name: str) -> Table:
    """Return the declaration of one table."""
    return LAYERS[layer_of(name)].tables[name]
