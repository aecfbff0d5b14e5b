"""FHIR, openEHR and OMOP: health data between systems, read, mapped, checked and drawn."""

from labkit.interop.check import check
from labkit.interop.finding import Finding
from labkit.interop.from_fhir import from_fhir, resources
from labkit.interop.read import read
from labkit.interop.to_fhir import to_fhir

__all__ = ["Finding", "check", "from_fhir", "read", "resources", "to_fhir"]
