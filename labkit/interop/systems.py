"""Names of code systems and identifiers in FHIR, UCUM units, and the codes of the mapping.

Where each was seen, and how sure we are (s: found in public material; m: from memory):

- fødselsnummer `urn:oid:2.16.578.1.12.4.1.4.1` (s: HL7 Norway's basis profiles for R4, 2019-)
- municipality number `urn:oid:2.16.578.1.12.4.1.1.3402` (s: the same)
- ICD-10 and ICPC-2 as used in Norway, Volven 7110 and 7170 (s: the directorate's page on
  code-system OIDs; used so in medical certificates); internationally `sid/icd-10` (m) and
  `sid/icpc-2` (s: HL7 Terminology)
- NLK, the Norwegian laboratory code list with NPU and NOR codes, Volven 7280 (s: examples of the
  pathology and laboratory profiles)
- ATC `http://www.whocc.no/atc` (s: HL7 Terminology 6.3), Volven 7180 (s)
- LOINC codes of vital signs (s: FHIR value set observation-vitalsignresult, R4B and R5)
- v3-ActCode and v3-ActPriority (s: HL7 Terminology); which of our kinds goes to which: our choice
"""

KIT = "https://labkit.example"  # .example is reserved (RFC 2606): never anybody's address
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
MUNICIPALITY = "urn:oid:2.16.578.1.12.4.1.1.3402"
NLK = "urn:oid:2.16.578.1.12.4.1.1.7280"
ATC = "http://www.whocc.no/atc"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_PRIORITY = "http://terminology.hl7.org/CodeSystem/v3-ActPriority"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ENCOUNTER_KIND = f"{KIT}/fhir/CodeSystem/encounter-kind"
ANALYTE = f"{KIT}/fhir/CodeSystem/analyte"
VITAL = f"{KIT}/fhir/CodeSystem/vital-sign"
MUNICIPALITY_EXTENSION = f"{KIT}/fhir/StructureDefinition/municipality"

DIAGNOSIS = {
    "ICD-10": "urn:oid:2.16.578.1.12.4.1.1.7110",
    "ICPC-2": "urn:oid:2.16.578.1.12.4.1.1.7170",
}
DIAGNOSIS_READ = {uri: name for name, uri in DIAGNOSIS.items()} | {
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icpc-2": "ICPC-2",
}
ATC_READ = (ATC, "urn:oid:2.16.578.1.12.4.1.1.7180")
GENDER = {"F": "female", "M": "male"}
# Short stay is HL7's word for less than a day in bed; the out-of-hours service is where one goes
# with what cannot wait.
CLASS = {"inpatient": "IMP", "day": "SS", "outpatient": "AMB", "gp": "AMB", "out_of_hours": "EMER"}
CLASS_READ = {"IMP": "inpatient", "SS": "day", "AMB": "outpatient", "EMER": "out_of_hours"}
PRIORITY = {"acute": "EM", "planned": "EL"}
VITAL_LOINC = {
    "systolic": "8480-6",
    "diastolic": "8462-4",
    "pulse": "8867-4",
    "weight": "29463-7",
    "height": "8302-2",
    "temperature": "8310-5",
}
BLOOD_PRESSURE = "85354-9"  # panel whose components are the two pressures

# What the record writes -> UCUM code (ucum.org). In UCUM braces are a note, not a unit.
UNITS = {
    "mmol/mol": "mmol/mol",
    "mmol/L": "mmol/L",
    "µmol/L": "umol/L",
    "nmol/L": "nmol/L",
    "pmol/L": "pmol/L",
    "mg/mmol": "mg/mmol",
    "mL/min/1.73 m2": "mL/min/{1.73_m2}",
    "g/dL": "g/dL",
    "g/L": "g/L",
    "mg/L": "mg/L",
    "µg/L": "ug/L",
    "ng/L": "ng/L",
    "fL": "fL",
    "10^9/L": "10*9/L",
    "mm": "mm",
    "mIU/L": "m[IU]/L",
    "U/L": "U/L",
    "ratio": "1",
    "mmHg": "mm[Hg]",
    "/min": "/min",
    "kg": "kg",
    "cm": "cm",
    "°C": "Cel",
    "DDD": "{DDD}",
}
