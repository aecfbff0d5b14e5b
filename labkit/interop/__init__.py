"""FHIR, openEHR and OMOP: health data between systems, read, mapped, checked and drawn."""

from labkit.interop import archetype, omop
from labkit.interop.check import check
from labkit.interop.finding import Finding
from labkit.interop.flatten import flatten
from labkit.interop.from_fhir import from_fhir, resources
from labkit.interop.read import read
from labkit.interop.to_fhir import to_fhir
from labkit.interop.to_omop import load_omop, to_omop, unmapped
from labkit.interop.tree import tree

__all__ = [
    "Finding",
    "archetype",
    "check",
    "flatten",
    "from_fhir",
    "load_omop",
    "omop",
    "read",
    "resources",
    "to_fhir",
    "to_omop",
    "tree",
    "unmapped",
]
