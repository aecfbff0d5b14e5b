"""Registry extracts as delivered: flat, each with its own names, codings and units of observation.

One project receives all the extracts, so they carry one common pseudonym under different column
names (`pasient_id`, `pasientlopenr`, `lopenr`). Numbers with a decimal comma and dates as text are
declared as text, since that is how they arrive; the `unit` tells what they hold.
"""

from sqlalchemy import CHAR, BigInteger, Date, DateTime, Integer, MetaData, SmallInteger, String

from labkit.schema.declare import column, table

METADATA = MetaData()

npr = table(
    "npr",
    METADATA,
    "Norsk pasientregister: kontakter i spesialisthelsetjenesten",
    "Patient registry: contacts in specialist care",
    column("opphold_id", BigInteger, "Oppholdet", "The stay", key=True),
    column(
        "pasient_id",
        BigInteger,
        "Pseudonym for pasienten, felles for uttrekket",
        "Pseudonym of the patient, common to the extract",
    ),
    column("fodselsaar", SmallInteger, "Fødselsår", "Year of birth"),
    column(
        "kjonn",
        SmallInteger,
        "Kjønn",
        "Sex",
        codes={"1": ("mann", "man"), "2": ("kvinne", "woman")},
    ),
    column(
        "kommune",
        CHAR(4),
        "Bostedskommune, nummeret som gjaldt da",
        "Municipality of residence, the number of the time",
        codes="municipality",
    ),
    column(
        "institusjon",
        Integer,
        "Sykehus (virksomhetens nummer)",
        "Hospital (number of the organisation)",
    ),
    column(
        "omsorgsniva",
        SmallInteger,
        "Omsorgsnivå",
        "Level of care",
        codes={"1": ("døgn", "inpatient"), "2": ("dag", "day"), "3": ("poliklinikk", "outpatient")},
    ),
    column(
        "hastegrad",
        SmallInteger,
        "Hastegrad",
        "Urgency",
        codes={"1": ("øyeblikkelig hjelp", "acute"), "4": ("planlagt", "planned")},
    ),
    column("inntid", DateTime, "Inn", "Admission"),
    column("uttid", DateTime, "Ut", "Discharge"),
    column("hoveddiagnose", String(8), "Hoveddiagnose", "Main diagnosis", codes="icd10"),
    column(
        "bidiagnoser",
        String(80),
        "Bidiagnoser, skilt med semikolon",
        "Secondary diagnoses, separated by semicolons",
        null=True,
        codes="icd10",
    ),
    column(
        "prosedyrer",
        String(80),
        "Prosedyrekoder, skilt med semikolon",
        "Procedure codes, separated by semicolons",
        null=True,
        codes="procedure",
    ),
    row=(
        "ett opphold ved én avdeling eller én poliklinisk kontakt",
        "one stay at one department or one outpatient contact",
    ),
)
kpr = table(
    "kpr",
    METADATA,
    "Kommunalt pasient- og brukerregister: kontakter med fastlege og legevakt",
    "Primary care registry: contacts with GPs and out-of-hours services",
    column("kontakt_id", BigInteger, "Kontakten", "The contact", key=True),
    column(
        "pasientlopenr",
        BigInteger,
        "Pseudonym for pasienten, felles for uttrekket",
        "Pseudonym of the patient, common to the extract",
    ),
    column("fodselsaar", SmallInteger, "Fødselsår", "Year of birth"),
    column(
        "kjonn", CHAR(1), "Kjønn", "Sex", codes={"K": ("kvinne", "woman"), "M": ("mann", "man")}
    ),
    column(
        "kommunenr",
        CHAR(4),
        "Bostedskommune, dagens nummer (2024)",
        "Municipality of residence, number of 2024",
        codes="municipality",
    ),
    column("dato", CHAR(10), "Dato, DD.MM.ÅÅÅÅ", "Date, DD.MM.YYYY"),
    column(
        "tjeneste",
        String(12),
        "Tjeneste",
        "Service",
        codes={"fastlege": ("fastlege", "GP"), "legevakt": ("legevakt", "out of hours")},
    ),
    column("diagnose", String(8), "Diagnose (ICPC-2)", "Diagnosis (ICPC-2)", codes="icpc2"),
    column(
        "egenandel", String(10), "Egenandel, desimalkomma", "Co-payment, decimal comma", unit="NOK"
    ),
    row=("én kontakt", "one contact"),
)
lmr = table(
    "lmr",
    METADATA,
    "Legemiddelregisteret: utleveringer fra apotek",
    "Registry of dispensed drugs",
    column("utlevering_id", BigInteger, "Utleveringen", "The dispensing", key=True),
    column(
        "lopenr",
        BigInteger,
        "Pseudonym for pasienten, felles for uttrekket",
        "Pseudonym of the patient, common to the extract",
    ),
    column("fodselsaar", SmallInteger, "Fødselsår", "Year of birth"),
    column(
        "kjonn",
        String(6),
        "Kjønn",
        "Sex",
        codes={"Kvinne": ("kvinne", "woman"), "Mann": ("mann", "man")},
    ),
    column("kommune_navn", String(40), "Bostedskommune, navn", "Municipality of residence, name"),
    column("utlevert", CHAR(8), "Utleveringsdato, ÅÅÅÅMMDD", "Date of dispensing, YYYYMMDD"),
    column("atc", CHAR(7), "Legemiddel (ATC)", "Drug (ATC)", codes="atc"),
    column("pakninger", SmallInteger, "Antall pakninger", "Number of packs"),
    column(
        "ddd",
        String(10),
        "Mengde i definerte døgndoser, desimalkomma; tom der ingen døgndose er fastsatt",
        "Amount in defined daily doses, decimal comma; empty where none is defined",
        unit="DDD",
        null=True,
    ),
    column(
        "refusjonskode",
        String(8),
        "Diagnosen refusjonen gjelder",
        "Diagnosis of the reimbursement",
        null=True,
        codes="icd10",
    ),
    row=("én utlevering av ett legemiddel", "one dispensing of one drug"),
)
dar = table(
    "dar",
    METADATA,
    "Dødsårsaksregisteret",
    "Cause of death registry",
    column(
        "lopenummer",
        BigInteger,
        "Pseudonym, felles for uttrekket",
        "Pseudonym, common to the extract",
        key=True,
    ),
    column("fodselsaar", SmallInteger, "Fødselsår", "Year of birth"),
    column(
        "kjonn",
        SmallInteger,
        "Kjønn",
        "Sex",
        codes={"1": ("mann", "man"), "2": ("kvinne", "woman")},
    ),
    column(
        "kommune",
        CHAR(4),
        "Bostedskommune ved død, nummeret som gjaldt da",
        "Municipality at death, the number of the time",
        codes="municipality",
    ),
    column("dodsdato", Date, "Dødsdato", "Date of death"),
    column(
        "underliggende",
        String(8),
        "Underliggende dødsårsak, uten punktum",
        "Underlying cause, without the dot",
        codes="icd10",
    ),
    column(
        "medvirkende",
        String(80),
        "Medvirkende årsaker, skilt med semikolon",
        "Contributing causes, separated by semicolons",
        null=True,
        codes="icd10",
    ),
    row=("ett dødsfall", "one death"),
)
