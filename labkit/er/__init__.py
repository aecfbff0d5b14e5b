"""Data models: conceptual ER models, their drawings and tables; dependencies and normal forms.

`parse` reads a model from text; the model draws itself (`chen`, `crows_foot`) and becomes tables
(`to_relational`). `compare` and `probe` tell how an answer differs from a reference.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.er.comparison import compare
    from labkit.er.model import Model, ModelError
    from labkit.er.notation import parse
    from labkit.er.probing import Probes, probe
    from labkit.er.relational import Relational
    from labkit.er.schema import SchemaError
    from labkit.er.tables import diagram
    from labkit.er.verdict import Verdict

_HOMES = {
    "Model": "model",
    "ModelError": "model",
    "Probes": "probing",
    "Relational": "relational",
    "SchemaError": "schema",
    "Verdict": "verdict",
    "compare": "comparison",
    "diagram": "tables",
    "parse": "notation",
    "probe": "probing",
}
__all__ = [
    "Model",
    "ModelError",
    "Probes",
    "Relational",
    "SchemaError",
    "Verdict",
    "compare",
    "diagram",
    "parse",
    "probe",
]


def __getattr__(name: str) -> Any:
    """Import on first use: sqlglot, scipy and SQLAlchemy take time that few cells need."""
    if name not in _HOMES:
        raise AttributeError(f"module 'labkit.er' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"labkit.er.{_HOMES[name]}"), name)
