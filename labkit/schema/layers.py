"""The layers of a dataset, and finding a table in them."""

from sqlalchemy import MetaData, Table

from labkit.errors import InputError
from labkit.messages import say
from labkit.schema import ehr, population, registry_clinical, survey, truth

LAYERS: dict[str, MetaData] = {
    "population": population.METADATA,
    "ehr": ehr.METADATA,
    "registry": registry_clinical.METADATA,  # with the tables of `registry`
    "survey": survey.METADATA,
    "truth": truth.METADATA,
}


def layer(name: str) -> MetaData:
    """Return the declarations of one layer."""
    if name not in LAYERS:
        raise InputError(say("schema.no_layer", came=name, known=", ".join(LAYERS)))
    return LAYERS[name]


def layer_of(name: str) -> str:
    """Name the layer that a table belongs to; table names are unique across layers."""
    for layer, metadata in LAYERS.items():
        if name in metadata.tables:
            return layer
    known = ", ".join(t for m in LAYERS.values() for t in m.tables)
    raise InputError(say("schema.no_table", came=name, known=known))


def table(name: str) -> Table:
    """Return the declaration of one table."""
    return LAYERS[layer_of(name)].tables[name]
