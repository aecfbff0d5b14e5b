"""OMOP concepts: the few standard ones that the kit knows, and local ones for all our codes.

OMOP writes every fact twice: as it stood (`..._source_value` and a source concept) and as a
standard concept, the same in every country. The standard concepts live in OHDSI's vocabularies,
which the kit may not hand on. So:

- A few standard concepts that public material agrees on are used: `STANDARD` below.
- Every other code of ours has `..._concept_id` 0, "No matching concept", as the conventions say.
  For ICD-10 and ICPC-2 the standard concepts are SNOMED CT's, for laboratory tests LOINC's, for
  ATC RxNorm's; the kit does not know their ids. A laboratory test is not given the id of a test
  with the same name: HbA1c in mmol/mol and in % are two LOINC codes.
- The domain of the standard concept decides the table: a code such as Z01.3 belongs in OMOP's
  table observation. Not knowing the concepts, the kit leaves all diagnoses in
  condition_occurrence.
- Each code of ours gets a source concept above 2,000,000,000, the range that OMOP keeps for
  local concepts; these are never standard, and mean nothing outside the kit.

Sources: ohdsi.github.io/CommonDataModel, data model conventions and custom concepts (Themis, 2023);
concept ids as used in public mapping code, seen in several places.
"""

from datetime import date
from typing import NamedTuple

from labkit import codes
from labkit.interop.pieces import lab_codes
from labkit.interop.rows import Row
from labkit.interop.systems import VITAL_LOINC
from labkit.schema.ehr import ENCOUNTER_KIND

LOCAL = 2_000_000_000
EHR = 32817  # type concept: the record comes from an EHR


class Standard(NamedTuple):
    """A standard concept that the kit knows the id of."""

    id: int
    name: str
    domain: str
    vocabulary: str
    code: str


# (table of ours, code of ours) -> standard concept
STANDARD: dict[tuple[str, str], Standard] = {
    ("sex", "M"): Standard(8507, "MALE", "Gender", "Gender", "M"),
    ("sex", "F"): Standard(8532, "FEMALE", "Gender", "Gender", "F"),
    ("kind", "inpatient"): Standard(9201, "Inpatient Visit", "Visit", "Visit", "IP"),
    # A visit of one day without a bed for the night; the choice for day treatment is ours.
    ("kind", "day"): Standard(9202, "Outpatient Visit", "Visit", "Visit", "OP"),
    ("kind", "outpatient"): Standard(9202, "Outpatient Visit", "Visit", "Visit", "OP"),
    ("kind", "gp"): Standard(9202, "Outpatient Visit", "Visit", "Visit", "OP"),
    ("kind", "out_of_hours"): Standard(9203, "Emergency Room Visit", "Visit", "Visit", "ER"),
    ("vital", "systolic"): Standard(
        3004249, "Systolic blood pressure", "Measurement", "LOINC", "8480-6"
    ),
    ("vital", "diastolic"): Standard(
        3012888, "Diastolic blood pressure", "Measurement", "LOINC", "8462-4"
    ),
    ("vital", "pulse"): Standard(3027018, "Heart rate", "Measurement", "LOINC", "8867-4"),
    ("vital", "weight"): Standard(3025315, "Body weight", "Measurement", "LOINC", "29463-7"),
    ("vital", "height"): Standard(3036277, "Body height", "Measurement", "LOINC", "8302-2"),
    ("vital", "temperature"): Standard(
        3020891, "Body temperature", "Measurement", "LOINC", "8310-5"
    ),
    ("unit", "mmHg"): Standard(8876, "millimeter mercury column", "Unit", "UCUM", "mm[Hg]"),
    ("unit", "kg"): Standard(9529, "kilogram", "Unit", "UCUM", "kg"),
    ("unit", "cm"): Standard(8582, "centimeter", "Unit", "UCUM", "cm"),
    ("unit", "/min"): Standard(8541, "per minute", "Unit", "UCUM", "/min"),
    ("unit", "°C"): Standard(586323, "degree Celsius", "Unit", "UCUM", "Cel"),
    ("unit", "mmol/L"): Standard(8753, "millimole per liter", "Unit", "UCUM", "mmol/L"),
    ("unit", "µmol/L"): Standard(8749, "micromole per liter", "Unit", "UCUM", "umol/L"),
    ("unit", "g/dL"): Standard(8713, "gram per deciliter", "Unit", "UCUM", "g/dL"),
    ("atc", "A10BA02"): Standard(1503297, "metformin", "Drug", "RxNorm", "6809"),
    ("atc", "C10AA05"): Standard(1545958, "atorvastatin", "Drug", "RxNorm", "83367"),
}
_EHR_CODE = "OMOP4976890"
_CLASS = {  # concept class of the standard concepts above
    "Gender": "Gender",
    "Visit": "Visit",
    "LOINC": "Clinical Observation",
    "UCUM": "Unit",
    "RxNorm": "Ingredient",
}
_SYSTEMS = {  # ours -> (vocabulary, domain, first local id, code system of labkit.codes)
    "ICD-10": ("labkit ICD-10", "Condition", 0, "icd10"),
    "ICPC-2": ("labkit ICPC-2", "Condition", 10_000, "icpc2"),
    "atc": ("labkit ATC", "Drug", 20_000, "atc"),
    "lab": ("labkit NLK", "Measurement", 30_000, "lab"),
    "vital": ("labkit vital", "Measurement", 40_000, None),
    "kind": ("labkit encounter", "Visit", 50_000, None),
}


class Concepts:
    """The concepts that have been used; each code of ours gets its local concept."""

    def __init__(self) -> None:
        self.used: dict[int, Row] = {}
        self.local: dict[str, dict[str, int]] = {
            system: {code: LOCAL + first + number for number, code in enumerate(_listed(system), 1)}
            for system, (_, _, first, _) in _SYSTEMS.items()
        }
        self.plain(0)

    def plain(self, concept_id: int) -> int:
        """Use the concept of EHR records, or 0 for none."""
        if concept_id == EHR:
            self._use(EHR, "EHR", "Type Concept", "Type Concept", "Type Concept", "S", _EHR_CODE)
        else:
            self._use(0, "No matching concept", "Metadata", "None", "Undefined", None, "0")
        return concept_id

    def standard(self, table: str, code: str) -> int:
        """Return the standard concept of a code of ours; 0 if the kit knows none."""
        found = STANDARD.get((table, code))
        if found is None:
            return 0
        kind = _CLASS[found.vocabulary]
        number, name, domain, vocabulary, official = found
        self._use(number, name, domain, vocabulary, kind, "S", official)
        return number

    def source(self, system: str, code: str) -> int:
        """Return the local concept of a code; 0 if it is not in the kit's subset."""
        number = self.local[system].get(code, 0)
        if number:
            vocabulary, domain, _, labels = _SYSTEMS[system]
            name = codes.label(labels, code, "en") if labels else code
            self._use(number, name, domain, vocabulary, "Local", None, code)
        return number

    def _use(
        self,
        number: int,
        name: str,
        domain: str,
        vocabulary: str,
        kind: str,
        standard: str | None,
        code: str,
    ) -> None:
        self.used.setdefault(
            number,
            {
                "concept_id": number,
                "concept_name": name,
                "domain_id": domain,
                "vocabulary_id": vocabulary,
                "concept_class_id": kind,
                "standard_concept": standard,
                "concept_code": code,
                "valid_start_date": date(1970, 1, 1),
                "valid_end_date": date(2099, 12, 31),
            },
        )

    def rows(self) -> list[Row]:
        """Return the concepts used, by number; validity dates are placeholders."""
        return [self.used[number] for number in sorted(self.used)]


def _listed(system: str) -> list[str]:
    labels = _SYSTEMS[system][3]
    if system == "lab":
        return sorted(lab_codes())
    if labels:
        return sorted(codes.load(labels)["code"])
    return sorted(VITAL_LOINC if system == "vital" else ENCOUNTER_KIND)
