"""The clinical information system: one hospital trust and its GP surgeries, normalised."""

from sqlalchemy import (
    CHAR,
    BigInteger,
    Date,
    DateTime,
    Double,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
)

from labkit.schema.declare import column, table
from labkit.schema.population import SEX

METADATA = MetaData()
ORGANISATION_KIND = {
    "hospital": ("sykehus", "hospital"),
    "gp": ("fastlegekontor", "GP surgery"),
    "out_of_hours": ("legevakt", "out-of-hours service"),
    "nursing_home": ("sykehjem", "nursing home"),
}
ENCOUNTER_KIND = {
    "inpatient": ("døgnopphold", "inpatient stay"),
    "day": ("dagbehandling", "day treatment"),
    "outpatient": ("poliklinisk konsultasjon", "outpatient visit"),
    "gp": ("fastlegekonsultasjon", "GP consultation"),
    "out_of_hours": ("legevaktkontakt", "out-of-hours contact"),
}
VITAL = {
    "systolic": ("systolisk blodtrykk", "systolic blood pressure"),
    "diastolic": ("diastolisk blodtrykk", "diastolic blood pressure"),
    "pulse": ("puls", "pulse"),
    "weight": ("vekt", "weight"),
    "height": ("høyde", "height"),
    "temperature": ("temperatur", "temperature"),
}

organisation = table(
    "organisation",
    METADATA,
    "Virksomheter som gir helsehjelp",
    "Organisations that give care",
    column("organisation_id", Integer, "Virksomheten", "The organisation", key=True),
    column("name", String(80), "Navn (oppdiktet)", "Name (invented)"),
    column("kind", String(16), "Type virksomhet", "Kind of organisation", codes=ORGANISATION_KIND),
    column(
        "municipality",
        CHAR(4),
        "Kommunen den ligger i (nummer fra 2024)",
        "Municipality it lies in (number of 2024)",
        codes="municipality",
    ),
    row=("én virksomhet", "one organisation"),
)
practitioner = table(
    "practitioner",
    METADATA,
    "Helsepersonell",
    "Health personnel",
    column("practitioner_id", Integer, "Helsepersonellet", "The practitioner", key=True),
    column(
        "organisation_id",
        Integer,
        "Arbeidssted",
        "Place of work",
        to="organisation.organisation_id",
    ),
    column(
        "profession",
        String(16),
        "Yrke",
        "Profession",
        codes={"doctor": ("lege", "doctor"), "nurse": ("sykepleier", "nurse")},
    ),
    column("speciality", String(40), "Fagområde", "Speciality", null=True),
    row=("én behandler", "one practitioner"),
)
patient = table(
    "patient",
    METADATA,
    "Pasienter med journal",
    "Patients with a record",
    column(
        "patient_id",
        BigInteger,
        "Pasientens nummer i journalsystemet",
        "The patient's number in the record system",
        key=True,
    ),
    column(
        "fnr",
        CHAR(11),
        "Syntetisk fødselsnummer (måned + 80)",
        "Synthetic national identity number (month + 80)",
        unique=True,
    ),
    column("given_name", String(40), "Fornavn (oppdiktet)", "Given name (invented)"),
    column("family_name", String(40), "Etternavn (oppdiktet)", "Family name (invented)"),
    column("birth_date", Date, "Fødselsdato", "Date of birth"),
    column("sex", CHAR(1), "Kjønn", "Sex", codes=SEX),
    column(
        "municipality",
        CHAR(4),
        "Bostedskommune, sist kjent (nummer fra 2024)",
        "Municipality of residence, last known (number of 2024)",
        codes="municipality",
    ),
    column(
        "gp_id", Integer, "Fastlege", "Regular GP", to="practitioner.practitioner_id", null=True
    ),
    column("death_date", Date, "Dødsdato hvis kjent", "Date of death if known", null=True),
    row=("én pasient", "one patient"),
)
encounter = table(
    "encounter",
    METADATA,
    "Kontakter med helsetjenesten",
    "Encounters with the health service",
    column("encounter_id", BigInteger, "Kontakten", "The encounter", key=True),
    column("patient_id", BigInteger, "Pasienten", "The patient", to="patient.patient_id"),
    column(
        "organisation_id",
        Integer,
        "Virksomheten",
        "The organisation",
        to="organisation.organisation_id",
    ),
    column(
        "practitioner_id",
        Integer,
        "Ansvarlig behandler",
        "Responsible practitioner",
        to="practitioner.practitioner_id",
    ),
    column("kind", String(16), "Type kontakt", "Kind of encounter", codes=ENCOUNTER_KIND),
    column(
        "urgency",
        String(8),
        "Hastegrad",
        "Urgency",
        codes={"acute": ("øyeblikkelig hjelp", "acute"), "planned": ("planlagt", "planned")},
    ),
    column("start_time", DateTime, "Start", "Start"),
    column("end_time", DateTime, "Slutt", "End"),
    row=("én kontakt eller ett opphold", "one contact or stay"),
)
diagnosis = table(
    "diagnosis",
    METADATA,
    "Diagnoser satt ved en kontakt",
    "Diagnoses made at an encounter",
    column(
        "encounter_id",
        BigInteger,
        "Kontakten",
        "The encounter",
        key=True,
        to="encounter.encounter_id",
    ),
    column(
        "position",
        SmallInteger,
        "Rekkefølge, 1 er hoveddiagnosen",
        "Order, 1 is the main diagnosis",
        key=True,
    ),
    column(
        "code_system",
        String(8),
        "Kodeverk",
        "Code system",
        codes={
            "ICD-10": ("sykehus", "hospital"),
            "ICPC-2": ("primærhelsetjeneste", "primary care"),
        },
    ),
    column("code", String(8), "Diagnosekode", "Diagnosis code", codes="icd10 or icpc2"),
    row=("én diagnose ved én kontakt", "one diagnosis at one encounter"),
)
procedure = table(
    "procedure",
    METADATA,
    "Prosedyrer utført ved en kontakt",
    "Procedures done at an encounter",
    column(
        "encounter_id",
        BigInteger,
        "Kontakten",
        "The encounter",
        key=True,
        to="encounter.encounter_id",
    ),
    column("position", SmallInteger, "Rekkefølge", "Order", key=True),
    column(
        "code",
        String(8),
        "Prosedyrekode (NCSP, NCMP)",
        "Procedure code (NCSP, NCMP)",
        codes="procedure",
    ),
    column("procedure_date", Date, "Dato", "Date"),
    row=("én prosedyre ved én kontakt", "one procedure at one encounter"),
)
lab_result = table(
    "lab_result",
    METADATA,
    "Laboratoriesvar",
    "Laboratory results",
    column("lab_result_id", BigInteger, "Svaret", "The result", key=True),
    column("patient_id", BigInteger, "Pasienten", "The patient", to="patient.patient_id"),
    column(
        "encounter_id",
        BigInteger,
        "Kontakten prøven ble tatt ved",
        "Encounter at which it was taken",
        to="encounter.encounter_id",
    ),
    column("analyte", String(20), "Analytt", "Analyte", codes="lab"),
    column(
        "value",
        Double,
        "Verdi, tom hvis prøven ikke lot seg analysere",
        "Value, empty if the sample could not be analysed",
        null=True,
    ),
    column("unit", String(20), "Enhet", "Unit"),
    column("taken_time", DateTime, "Prøvetidspunkt", "Time of sampling"),
    row=("ett svar på én analyse", "one result of one analysis"),
)
vital_sign = table(
    "vital_sign",
    METADATA,
    "Målinger ved kontakten",
    "Measurements at the encounter",
    column("vital_sign_id", BigInteger, "Målingen", "The measurement", key=True),
    column("patient_id", BigInteger, "Pasienten", "The patient", to="patient.patient_id"),
    column("encounter_id", BigInteger, "Kontakten", "The encounter", to="encounter.encounter_id"),
    column("kind", String(12), "Hva som er målt", "What was measured", codes=VITAL),
    column("value", Double, "Verdi", "Value"),
    column("unit", String(8), "Enhet", "Unit"),
    column("measured_time", DateTime, "Tidspunkt", "Time"),
    row=("én måling", "one measurement"),
)
prescription = table(
    "prescription",
    METADATA,
    "Resepter",
    "Prescriptions",
    column("prescription_id", BigInteger, "Resepten", "The prescription", key=True),
    column("patient_id", BigInteger, "Pasienten", "The patient", to="patient.patient_id"),
    column(
        "encounter_id",
        BigInteger,
        "Kontakten den ble skrevet ved",
        "Encounter at which it was written",
        to="encounter.encounter_id",
    ),
    column("atc", CHAR(7), "Legemiddel (ATC)", "Drug (ATC)", codes="atc"),
    column("ddd", Double, "Mengde per utlevering", "Amount per dispensing", unit="DDD"),
    column(
        "refills",
        SmallInteger,
        "Antall ganger resepten kan hentes ut igjen (reit)",
        "Times it may be dispensed again",
    ),
    column("prescribed_date", Date, "Dato", "Date"),
    column(
        "indication",
        String(8),
        "Diagnosen den er skrevet for",
        "Diagnosis it was written for",
        codes="icd10",
        null=True,
    ),
    row=("én resept", "one prescription"),
)
note = table(
    "note",
    METADATA,
    "Journalnotater",
    "Clinical notes",
    column("note_id", BigInteger, "Notatet", "The note", key=True),
    column("encounter_id", BigInteger, "Kontakten", "The encounter", to="encounter.encounter_id"),
    column(
        "kind",
        String(12),
        "Type notat",
        "Kind of note",
        codes={
            "discharge": ("epikrise", "discharge summary"),
            "admission": ("innkomstnotat", "admission note"),
            "gp": ("fastlegenotat", "GP note"),
            "outpatient": ("poliklinisk notat", "outpatient note"),
            "nursing": ("sykepleienotat", "nursing note"),
        },
    ),
    column("written_time", DateTime, "Skrevet", "Written"),
    column("text", Text, "Tekst", "Text"),
    row=("ett notat", "one note"),
)
