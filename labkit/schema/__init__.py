"""Every database of the kit as SQLAlchemy metadata, one `MetaData` per layer.

Examples:
    >>> sorted(LAYERS)
    ['ehr', 'population', 'registry', 'survey', 'truth']
    >>> layer_of("npr")
    'registry'
    >>> [c.name for c in table("person").primary_key]
    ['person_id']
"""

from labkit.schema import ehr, population, registry, registry_clinical, survey, truth
from labkit.schema.ddl import ddl
from labkit.schema.dictionary import catalogue
from labkit.schema.layers import LAYERS, layer, layer_of, table

__all__ = [
    "LAYERS",
    "catalogue",
    "ddl",
    "ehr",
    "layer",
    "layer_of",
    "population",
    "registry",
    "registry_clinical",
    "survey",
    "table",
    "truth",
]
