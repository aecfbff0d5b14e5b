# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown] lang="nb"
# # Oppgaver til modul 3 · Kliniske informasjonssystemer
#
# Ni oppgaver fra avdeling, IT og register. Hver oppgave sier hva `answer` skal være: teksten til en spørring, et tall, en mengde, en ordbok eller noen setninger. Kjør cellen, og kjør så cellen under: den sier hva som stemmer, og hva du bør se nærmere på.
#
# Du trenger `SELECT`, `FROM`, `WHERE` og `JOIN` fra leksjonen. Tabellene er beskrevet i dataordboken, som startsiden lenker til.

# %% [markdown] lang="en"
# # Exercises for module 3 · Clinical information systems
#
# Nine tasks from the ward, IT and the registry. Each task says what `answer` is to be: the text of a query, a number, a set, a dictionary or a few sentences. Run the cell, and then run the cell below it: it tells you what agrees and what to look at again.
#
# You need `SELECT`, `FROM`, `WHERE` and `JOIN` from the lesson. The tables are described in the data dictionary, which the start page links to.

# %%
from labkit import connect, exercise
from labkit.store.practice import practice, refused

con = connect()
check = exercise("03_clinical_systems", lang=LANG)

# %%
# %load_ext labkit.sql

# %% [markdown] lang="nb" task="3.1"
# ## 3.1 Øyeblikkelig hjelp (1 poeng)
#
# Avdelingslederen ved Sykehuset i Fjellregionen (`organisation_id = 1`) vil se alle **døgnopphold** (`kind = 'inpatient'`) som **øyeblikkelig hjelp** (`urgency = 'acute'`) som begynte i 2024. `answer` er teksten til en spørring. Kolonner: `encounter_id`, `start_time`, `end_time`.

# %% [markdown] lang="en" task="3.1"
# ## 3.1 Acute admissions (1 point)
#
# The head of department at Sykehuset i Fjellregionen (`organisation_id = 1`) wants to see all **inpatient stays** (`kind = 'inpatient'`) that were **acute** (`urgency = 'acute'`) and began in 2024. `answer` is the text of a query. Columns: `encounter_id`, `start_time`, `end_time`.

# %% task="3.1" points=1 outcomes=["F1"]
### BEGIN SOLUTION
answer = """
SELECT encounter_id, start_time, end_time
FROM encounter
WHERE organisation_id = 1 AND kind = 'inpatient' AND urgency = 'acute'
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""
### END SOLUTION

# %% check="3.1"
check.sql("3.1", answer)

# %% wrong="3.1" nb="Er alle kontakter på sykehuset døgnopphold?" en="Is every encounter at the hospital an inpatient stay?"
answer = """
SELECT encounter_id, start_time, end_time
FROM encounter
WHERE organisation_id = 1 AND urgency = 'acute'
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""

# %% wrong="3.1" nb="Noen innleggelser er planlagt. Spurte lederen om dem?" en="Some admissions are planned. Did the head of department ask for those?"
answer = """
SELECT encounter_id, start_time, end_time
FROM encounter
WHERE organisation_id = 1 AND kind = 'inpatient'
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""

# %% wrong="3.1" nb="Hvilket sykehus er dette?" en="Which hospital is this?"
answer = """
SELECT encounter_id, start_time, end_time
FROM encounter
WHERE kind = 'inpatient' AND urgency = 'acute'
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""

# %% [markdown] lang="nb" task="3.2"
# ## 3.2 Fra kontakt til fag (2 poeng)
#
# Fagsjefen vil vite hvilket fagområde som tar imot hva. For hvert døgnopphold som begynte i 2024: **hoveddiagnosen** og fagområdet til den ansvarlige behandleren. Følg pekerne fra `encounter` til `diagnosis` og til `practitioner`. `answer` er teksten til en spørring. Kolonner: `encounter_id`, `code`, `speciality`.

# %% [markdown] lang="en" task="3.2"
# ## 3.2 From encounter to speciality (2 points)
#
# The medical director wants to know which speciality takes care of what. For each inpatient stay that began in 2024: the **main diagnosis** and the speciality of the responsible practitioner. Follow the pointers from `encounter` to `diagnosis` and to `practitioner`. `answer` is the text of a query. Columns: `encounter_id`, `code`, `speciality`.

# %% task="3.2" points=2 outcomes=["F1"] accept=["547edc", "52c127"]
### BEGIN SOLUTION
answer = """
SELECT encounter.encounter_id, code, speciality
FROM encounter
JOIN diagnosis ON diagnosis.encounter_id = encounter.encounter_id
JOIN practitioner ON practitioner.practitioner_id = encounter.practitioner_id
WHERE kind = 'inpatient' AND position = 1
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""
### END SOLUTION

# %% check="3.2"
check.sql("3.2", answer)

# %% wrong="3.2" nb="Et opphold kan ha mange diagnoser. Hvilken plass har hoveddiagnosen?" en="A stay may have many diagnoses. Which position does the main one have?"
answer = """
SELECT encounter.encounter_id, code, speciality
FROM encounter
JOIN diagnosis ON diagnosis.encounter_id = encounter.encounter_id
JOIN practitioner ON practitioner.practitioner_id = encounter.practitioner_id
WHERE kind = 'inpatient'
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""

# %% wrong="3.2" nb="Her er alle som arbeider på sykehuset, koblet til hvert opphold. Hvilken kolonne peker på den ene som var ansvarlig?" en="Here everyone who works at the hospital is joined to each stay. Which column points at the one who was responsible?"
answer = """
SELECT encounter.encounter_id, code, speciality
FROM encounter
JOIN diagnosis ON diagnosis.encounter_id = encounter.encounter_id
JOIN practitioner ON practitioner.organisation_id = encounter.organisation_id
WHERE kind = 'inpatient' AND position = 1
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""

# %% wrong="3.2" nb="Ligger alle disse pasientene i en seng om natten?" en="Do all these patients spend the night in a bed?"
answer = """
SELECT encounter.encounter_id, code, speciality
FROM encounter
JOIN diagnosis ON diagnosis.encounter_id = encounter.encounter_id
JOIN practitioner ON practitioner.practitioner_id = encounter.practitioner_id
WHERE position = 1
  AND start_time >= '2024-01-01' AND start_time < '2025-01-01'
"""

# %% [markdown] lang="nb" task="3.3"
# ## 3.3 Hva slipper gjennom? (2 poeng)
#
# Dagen før oppstart prøver IT-avdelingen seks rader, **i denne rekkefølgen**, i en tom journal i PostgreSQL med de samme tabellene som i leksjonen. Alle tider er gyldige tidspunkter.
#
# - **A** en lege ved virksomhet 1, men ingen virksomheter er lagt inn
# - **B** virksomhet 1, et sykehus
# - **C** en lege ved virksomhet 1, uten fagområde
# - **D** en pasient uten fastlege
# - **E** en pasient til, med samme fødselsnummer, men et annet `patient_id`
# - **F** et opphold for den første pasienten der slutten er før starten
#
# Hvilke blir **nektet**? `answer` er en mengde bokstaver, som `{"B", "D"}`. Gjett først, og prøv deg så fram i SQLite: `record = practice("sqlite", layer="ehr").connect()`, slå på fremmednøkler, og bruk `refused(record, "INSERT INTO …")`.

# %% [markdown] lang="en" task="3.3"
# ## 3.3 What gets through? (2 points)
#
# The day before the system opens, IT tries six rows, **in this order**, in an empty record in PostgreSQL with the same tables as in the lesson. All times are valid points in time.
#
# - **A** a doctor at organisation 1, but no organisations have been entered
# - **B** organisation 1, a hospital
# - **C** a doctor at organisation 1, with no speciality
# - **D** a patient with no regular GP
# - **E** one more patient, with the same national identity number but another `patient_id`
# - **F** a stay of the first patient whose end is before its start
#
# Which are **refused**? `answer` is a set of letters, such as `{"B", "D"}`. Guess first, then try it in SQLite: `record = practice("sqlite", layer="ehr").connect()`, turn foreign keys on, and use `refused(record, "INSERT INTO …")`.

# %% task="3.3" points=2 outcomes=["F1"]
### BEGIN SOLUTION
record = practice("sqlite", layer="ehr").connect()
record.execute("PRAGMA foreign_keys = ON")
person = "'01816012345', 'Øve', 'Øvesen', '1960-01-01', 'F', '3427', NULL, NULL"
rows = {
    "A": "INSERT INTO practitioner VALUES (1, 1, 'doctor', 'kardiologi')",
    "B": "INSERT INTO organisation VALUES (1, 'Sykehuset', 'hospital', '3427')",
    "C": "INSERT INTO practitioner VALUES (1, 1, 'doctor', NULL)",
    "D": f"INSERT INTO patient VALUES (1, {person})",
    "E": f"INSERT INTO patient VALUES (2, {person})",
    "F": "INSERT INTO encounter VALUES (1, 1, 1, 1, 'inpatient', 'acute', '2024-03-04 12:00', '2024-03-01 10:00')",
}
answer = {letter for letter, row in rows.items() if refused(record, row)}
### END SOLUTION

# %% check="3.3"
check("3.3", answer)

# %% wrong="3.3" nb="A slipper gjennom bare hvis fremmednøklene er slått av. Hvordan er det i PostgreSQL?" en="A gets through only if foreign keys are off. How is that in PostgreSQL?"
answer = {"E"}

# %% wrong="3.3" nb="Det er umulig i virkeligheten. Men er det noen regel i tabellen som sier det?" en="It is impossible in reality. But does any rule of the table say so?"
answer = {"A", "E", "F"}

# %% wrong="3.3" nb="Noen kolonner kan være tomme. Se etter i dataordboken hvilke." en="Some columns may be empty. See in the data dictionary which."
answer = {"A", "C", "D", "E"}

# %% [markdown] lang="nb" task="3.4"
# ## 3.4 Dobbeltbooking, med og uten transaksjon (2 poeng)
#
# Seng 7 er ledig (`patient` er NULL). Kari og Ola har hver sin forbindelse til den samme databasen i PostgreSQL, og gjør dette, i denne rekkefølgen:
#
# 1. Kari: `BEGIN`
# 2. Kari: `UPDATE bed SET patient = 'Aud' WHERE bed = 7 AND patient IS NULL`
# 3. Ola leser seng 7
# 4. Kari: `COMMIT`
# 5. Ola leser seng 7
# 6. Ola: `UPDATE bed SET patient = 'Nils' WHERE bed = 7 AND patient IS NULL`
# 7. Kari: `BEGIN`, så `UPDATE bed SET patient = NULL WHERE bed = 7`, så `ROLLBACK`
# 8. Ola leser seng 7
#
# `answer` er en ordbok: `{"3": …, "5": …, "6": …, "8": …}`. Ved 3, 5 og 8: hva Ola leser, `"Aud"`, `"Nils"` eller `"ledig"`. Ved 6: antall rader som ble endret.

# %% [markdown] lang="en" task="3.4"
# ## 3.4 Double booking, with and without a transaction (2 points)
#
# Bed 7 is free (`patient` is NULL). Kari and Ola have a connection each to the same database in PostgreSQL, and do this, in this order:
#
# 1. Kari: `BEGIN`
# 2. Kari: `UPDATE bed SET patient = 'Aud' WHERE bed = 7 AND patient IS NULL`
# 3. Ola reads bed 7
# 4. Kari: `COMMIT`
# 5. Ola reads bed 7
# 6. Ola: `UPDATE bed SET patient = 'Nils' WHERE bed = 7 AND patient IS NULL`
# 7. Kari: `BEGIN`, then `UPDATE bed SET patient = NULL WHERE bed = 7`, then `ROLLBACK`
# 8. Ola reads bed 7
#
# `answer` is a dictionary: `{"3": …, "5": …, "6": …, "8": …}`. At 3, 5 and 8: what Ola reads, `"Aud"`, `"Nils"` or `"ledig"` (free). At 6: how many rows were changed.

# %% task="3.4" points=2 outcomes=["F1"]
### BEGIN SOLUTION
answer = {"3": "ledig", "5": "Aud", "6": 0, "8": "Aud"}
### END SOLUTION

# %% check="3.4"
check("3.4", answer)

# %% wrong="3.4" nb="Kan Ola se noe Kari ikke har bekreftet ennå?" en="Can Ola see what Kari has not confirmed yet?"
answer = {"3": "Aud", "5": "Aud", "6": 0, "8": "Aud"}

# %% wrong="3.4" nb="Les vilkåret i 6 en gang til. Er det noen rad der `patient` er NULL?" en="Read the condition of 6 again. Is there any row where `patient` is NULL?"
answer = {"3": "ledig", "5": "Aud", "6": 1, "8": "Nils"}

# %% wrong="3.4" nb="Hva blir stående etter ROLLBACK?" en="What is left after ROLLBACK?"
answer = {"3": "ledig", "5": "Aud", "6": 0, "8": "ledig"}

# %% [markdown] lang="nb" task="3.5"
# ## 3.5 Færrest mulig indekser (3 poeng)
#
# Tre skjermbilder i journalen stiller hver sin spørring mot `lab_result`: **A** alle prøver for én pasient, **B** én analytt for én pasient, **C** alle prøver fra én dag. Alle tre skal slå opp (`SEARCH`), ingen skal lese hele tabellen (`SCAN`). Hver indeks har en pris, så bruk **færrest mulig**.
#
# Skriv indeksene i listen `indexes`, som `"CREATE INDEX navn ON lab_result (kolonne, kolonne)"`. Cellen under gir deg `try_indexes`, som prøver dem på en tom tabell. `answer` er det den svarer.

# %% [markdown] lang="en" task="3.5"
# ## 3.5 As few indexes as possible (3 points)
#
# Three screens of the record put a query each to `lab_result`: **A** all samples of one patient, **B** one analyte of one patient, **C** all samples of one day. All three must look up (`SEARCH`), none may read the whole table (`SCAN`). Each index has its price, so use **as few as possible**.
#
# Write the indexes in the list `indexes`, as `"CREATE INDEX name ON lab_result (column, column)"`. The cell below gives you `try_indexes`, which tries them on an empty table. `answer` is what it replies.

# %%
SCREENS = {
    "A": "SELECT * FROM lab_result WHERE patient_id = 17",
    "B": "SELECT * FROM lab_result WHERE patient_id = 17 AND analyte = 'hba1c'",
    "C": "SELECT * FROM lab_result WHERE taken_time >= '2024-03-01' AND taken_time < '2024-03-02'",
}


def try_indexes(indexes):
    """Tell how each screen's query would be run, and how many indexes there are."""
    lab = practice("sqlite", layer="ehr").connect()
    for index in indexes:
        lab.execute(index)
    plans = {
        name: lab.execute(f"EXPLAIN QUERY PLAN {text}").fetchone()[3]
        for name, text in SCREENS.items()
    }
    return {name: plan.split()[0] for name, plan in plans.items()} | {"indexes": len(indexes)}


# %% task="3.5" points=3 outcomes=["F1"]
### BEGIN SOLUTION
indexes = [
    "CREATE INDEX lab_patient ON lab_result (patient_id, analyte)",
    "CREATE INDEX lab_taken ON lab_result (taken_time)",
]
answer = try_indexes(indexes)
### END SOLUTION

# %% check="3.5"
check("3.5", answer)

# %% wrong="3.5" nb="Alle slår opp, men må A og B ha hver sin indeks? Tenk på en telefonkatalog sortert på etternavn og så fornavn." en="All of them look up, but do A and B need an index each? Think of a telephone directory sorted by surname and then given name."
answer = try_indexes(
    [
        "CREATE INDEX one ON lab_result (patient_id)",
        "CREATE INDEX two ON lab_result (patient_id, analyte)",
        "CREATE INDEX three ON lab_result (taken_time)",
    ]
)

# %% wrong="3.5" nb="Én lang indeks er sortert på den første kolonnen først. Hvem kan slå opp i den?" en="One long index is sorted by its first column first. Who can look things up in it?"
answer = try_indexes(["CREATE INDEX one ON lab_result (patient_id, analyte, taken_time)"])

# %% wrong="3.5" nb="Finner du alle som heter Hansen i en katalog som er sortert på fornavn?" en="Can you find everyone called Hansen in a directory sorted by given name?"
answer = try_indexes(
    [
        "CREATE INDEX one ON lab_result (analyte, patient_id)",
        "CREATE INDEX two ON lab_result (taken_time)",
    ]
)

# %% [markdown] lang="nb" task="3.6"
# ## 3.6 Drift eller analyse? (1 poeng)
#
# Sett hver bruk der den hører hjemme: `"OLTP"` (mange små lesinger og skrivinger, radlagret) eller `"OLAP"` (én ting om mange, kolonnelagret).
#
# - **a** sykepleieren fører et blodtrykk
# - **b** gjennomsnittlig HbA1c per år i hele regionen
# - **c** legen åpner medisinlisten til pasienten foran seg
# - **d** andelen reinnleggelser for hvert sykehus siden 2015
# - **e** mottaket reserverer en seng
#
# `answer` er en ordbok, som `{"a": "OLTP", "b": …}`.

# %% [markdown] lang="en" task="3.6"
# ## 3.6 Operations or analysis? (1 point)
#
# Put each use where it belongs: `"OLTP"` (many small reads and writes, stored by row) or `"OLAP"` (one thing about many, stored by column).
#
# - **a** the nurse enters a blood pressure
# - **b** mean HbA1c by year in the whole region
# - **c** the doctor opens the medication list of the patient before her
# - **d** the share of readmissions for each hospital since 2015
# - **e** the emergency department reserves a bed
#
# `answer` is a dictionary, such as `{"a": "OLTP", "b": …}`.

# %% task="3.6" points=1 outcomes=["F1"]
### BEGIN SOLUTION
answer = {"a": "OLTP", "b": "OLAP", "c": "OLTP", "d": "OLAP", "e": "OLTP"}
### END SOLUTION

# %% check="3.6"
check("3.6", answer)

# %% wrong="3.6" nb="Å lese er ikke det samme som å analysere. Hvor mange pasienter gjelder c?" en="To read is not to analyse. How many patients is c about?"
answer = {"a": "OLTP", "b": "OLAP", "c": "OLAP", "d": "OLAP", "e": "OLTP"}

# %% wrong="3.6" nb="Hvor mange rader må leses for b og d, og hvor mange kolonner?" en="How many rows must be read for b and d, and how many columns?"
answer = {"a": "OLTP", "b": "OLTP", "c": "OLTP", "d": "OLTP", "e": "OLTP"}

# %% [markdown] lang="nb" task="3.7"
# ## 3.7 Skrevet mens pasienten var der (2 poeng)
#
# Noen notater skrives mens oppholdet pågår, andre etter at pasienten er reist. **Hvor stor andel av notatene som hører til døgnopphold, er skrevet (`written_time`) etter at oppholdet var slutt (`end_time`)?** `answer` er et tall mellom 0 og 1. Hent radene med en spørring, og regn i Python: `notes = con.sql("…").df()`.

# %% [markdown] lang="en" task="3.7"
# ## 3.7 Written while the patient was there (2 points)
#
# Some notes are written during the stay, others after the patient has left. **What share of the notes that belong to inpatient stays were written (`written_time`) after the stay had ended (`end_time`)?** `answer` is a number between 0 and 1. Fetch the rows with a query, and calculate in Python: `notes = con.sql("…").df()`.

# %% task="3.7" points=2 outcomes=["K2", "F1"]
### BEGIN SOLUTION
notes = con.sql("""
    SELECT written_time, end_time
    FROM note
    JOIN encounter ON encounter.encounter_id = note.encounter_id
    WHERE encounter.kind = 'inpatient'
""").df()
answer = (notes["written_time"] > notes["end_time"]).mean()
### END SOLUTION

# %% check="3.7"
check("3.7", answer, tolerance=0.002)

# %% wrong="3.7" nb="Her er fastlegens og poliklinikkens notater også med." en="The GP's and the outpatient clinic's notes are in here too."
notes = con.sql("""
    SELECT written_time, end_time
    FROM note
    JOIN encounter ON encounter.encounter_id = note.encounter_id
""").df()
answer = (notes["written_time"] > notes["end_time"]).mean()

# %% wrong="3.7" nb="Er dette andelen som er skrevet før eller etter at oppholdet var slutt?" en="Is this the share written before or after the stay had ended?"
notes = con.sql("""
    SELECT written_time, end_time
    FROM note
    JOIN encounter ON encounter.encounter_id = note.encounter_id
    WHERE encounter.kind = 'inpatient'
""").df()
answer = (notes["written_time"] <= notes["end_time"]).mean()

# %% wrong="3.7" nb="Begge tabellene har en kolonne som heter `kind`. Hvilken av dem sier at det var et døgnopphold?" en="Both tables have a column called `kind`. Which of them says that it was an inpatient stay?"
notes = con.sql("""
    SELECT written_time, end_time
    FROM note
    JOIN encounter ON encounter.encounter_id = note.encounter_id
    WHERE note.kind = 'discharge'
""").df()
answer = (notes["written_time"] > notes["end_time"]).mean()

# %% [markdown] lang="nb" task="3.8"
# ## 3.8 Samme troponin to ganger? (3 poeng, for paret)
#
# Registersekretæren skriver av høyeste troponin T fra journalen. For hvilke skjemaer kunne tallet *ikke* ha vært sendt automatisk?
#
# - Skjemaene er radene i `infarkt` der `troponin_maks` ikke mangler. Det er tekst med desimalkomma.
# - Finn oppholdet slik leksjonen gjorde: samme sykehus (navn), samme minutt, samme kjønn (`sex = 'F'` når `kvinne = 1`) og samme alder i hele år, `date_sub('year', birth_date, start_time::DATE) = alder`.
# - Journalens tall er det **høyeste** troponinsvaret (`analyte = 'troponin_t'`) **ved det oppholdet**.
# - Tallene er like når de skiller mindre enn 0,5. Har oppholdet ikke noe troponinsvar, er de ikke like.
#
# `answer` er mengden (`set`) av `infarkt_id` for skjemaene der tallene ikke er like.
#
# Arbeid slik: Den med helsefaglig bakgrunn skriver først ned tre grunner til at tallene *kan* være ulike. Den andre finner skjemaene. Se så sammen på de fem største forskjellene: hvilken grunn er det hver gang?

# %% [markdown] lang="en" task="3.8"
# ## 3.8 The same troponin twice? (3 points, for the pair)
#
# The registry secretary copies the highest troponin T from the record. For which forms could the number *not* have been sent automatically?
#
# - The forms are the rows of `infarkt` where `troponin_maks` is not missing. It is text with a decimal comma.
# - Find the stay as the lesson did: same hospital (name), same minute, same sex (`sex = 'F'` when `kvinne = 1`) and same age in whole years, `date_sub('year', birth_date, start_time::DATE) = alder`.
# - The record's number is the **highest** troponin result (`analyte = 'troponin_t'`) **at that stay**.
# - The numbers are alike when they differ by less than 0.5. If the stay has no troponin result, they are not alike.
#
# `answer` is the set (`set`) of `infarkt_id` of the forms where the numbers are not alike.
#
# Work like this: the one with a health background first writes down three reasons why the numbers *may* differ. The other finds the forms. Then look together at the five largest differences: which reason is it each time?

# %% task="3.8" points=3 outcomes=["K3", "K2"]
### BEGIN SOLUTION
forms = con.sql("""
    SELECT infarkt_id, troponin_maks, encounter_id
    FROM infarkt
    JOIN organisation ON organisation.name = infarkt.sykehus
    JOIN encounter ON encounter.organisation_id = organisation.organisation_id
        AND encounter.start_time = strptime(innlagt, '%d.%m.%Y %H:%M')
    JOIN patient ON patient.patient_id = encounter.patient_id
    WHERE troponin_maks IS NOT NULL AND (sex = 'F') = (kvinne = 1)
      AND date_sub('year', birth_date, start_time::DATE) = alder
""").df()
results = con.sql("SELECT * FROM lab_result WHERE analyte = 'troponin_t'").df()
highest = forms["encounter_id"].map(results.groupby("encounter_id")["value"].max())
typed = forms["troponin_maks"].str.replace(",", ".").astype(float)
answer = set(forms.loc[~((typed - highest).abs() < 0.5), "infarkt_id"])
### END SOLUTION

# %% check="3.8"
check("3.8", answer)

# %% wrong="3.8" nb="Noen har hatt brystsmerter flere ganger i årenes løp. Hvilken gang gjelder skjemaet?" en="Some have had chest pain several times over the years. Which time is the form about?"
forms = con.sql("""
    SELECT infarkt_id, troponin_maks, encounter.patient_id
    FROM infarkt
    JOIN organisation ON organisation.name = infarkt.sykehus
    JOIN encounter ON encounter.organisation_id = organisation.organisation_id
        AND encounter.start_time = strptime(innlagt, '%d.%m.%Y %H:%M')
    JOIN patient ON patient.patient_id = encounter.patient_id
    WHERE troponin_maks IS NOT NULL AND (sex = 'F') = (kvinne = 1)
      AND date_sub('year', birth_date, start_time::DATE) = alder
""").df()
results = con.sql("SELECT * FROM lab_result WHERE analyte = 'troponin_t'").df()
highest = forms["patient_id"].map(results.groupby("patient_id")["value"].max())
typed = forms["troponin_maks"].str.replace(",", ".").astype(float)
answer = set(forms.loc[~((typed - highest).abs() < 0.5), "infarkt_id"])

# %% wrong="3.8" nb="Hva betyr kommaet i «79,0»? Se på de første verdiene før og etter at du gjør dem om." en="What does the comma of '79,0' mean? Look at the first values before and after you convert them."
forms = con.sql("""
    SELECT infarkt_id, troponin_maks, encounter_id
    FROM infarkt
    JOIN organisation ON organisation.name = infarkt.sykehus
    JOIN encounter ON encounter.organisation_id = organisation.organisation_id
        AND encounter.start_time = strptime(innlagt, '%d.%m.%Y %H:%M')
    JOIN patient ON patient.patient_id = encounter.patient_id
    WHERE troponin_maks IS NOT NULL AND (sex = 'F') = (kvinne = 1)
      AND date_sub('year', birth_date, start_time::DATE) = alder
""").df()
results = con.sql("SELECT * FROM lab_result WHERE analyte = 'troponin_t'").df()
highest = forms["encounter_id"].map(results.groupby("encounter_id")["value"].max())
typed = forms["troponin_maks"].str.replace(",", "").astype(float)
answer = set(forms.loc[~((typed - highest).abs() < 0.5), "infarkt_id"])

# %% wrong="3.8" nb="Noen skjemaer mangler troponin. Er det dem det spørres om?" en="Some forms lack troponin. Are they the ones that are asked for?"
forms = con.sql("""
    SELECT infarkt_id, troponin_maks, encounter_id
    FROM infarkt
    JOIN organisation ON organisation.name = infarkt.sykehus
    JOIN encounter ON encounter.organisation_id = organisation.organisation_id
        AND encounter.start_time = strptime(innlagt, '%d.%m.%Y %H:%M')
    JOIN patient ON patient.patient_id = encounter.patient_id
    WHERE (sex = 'F') = (kvinne = 1)
      AND date_sub('year', birth_date, start_time::DATE) = alder
""").df()
results = con.sql("SELECT * FROM lab_result WHERE analyte = 'troponin_t'").df()
highest = forms["encounter_id"].map(results.groupby("encounter_id")["value"].max())
typed = forms["troponin_maks"].str.replace(",", ".").astype(float)
answer = set(forms.loc[~((typed - highest).abs() < 0.5), "infarkt_id"])

# %% [markdown] lang="nb" task="3.9"
# ## 3.9 Ett felt, sendt automatisk (4 poeng, skriftlig)
#
# Velg ett felt i `infarkt` som i dag tastes inn. Skriv 80–200 ord til avdelingslederen: (1) hvor i journalen faktumet står, og om det er strukturert, (2) hva som kan gå galt hvis det sendes automatisk, og (3) hva du vil gjøre med det. Bruk minst ett tall du selv har funnet i leksjonen eller oppgavene. `answer` er en tekst mellom tre anførselstegn.

# %% [markdown] lang="en" task="3.9"
# ## 3.9 One field, sent automatically (4 points, written)
#
# Choose one field of `infarkt` that is typed in today. Write 80–200 words to the head of department: (1) where in the record the fact stands, and whether it is structured, (2) what may go wrong if it is sent automatically, and (3) what you will do about it. Use at least one number that you have found yourself in the lesson or the tasks. `answer` is a text between three quotation marks.

# %% task="3.9" points=4 outcomes=["K3", "K2"]
### BEGIN SOLUTION
per_cent = 100 * ((typed - highest).abs() < 0.5).mean()  # of 3.8
answer = f"""
Jeg foreslår at høyeste troponin T sendes automatisk. Svarene ligger strukturert i lab_result, med
verdi, enhet og prøvetidspunkt, så ingen trenger å lese dem av. I oppgave 3.8 så vi likevel at bare
{per_cent:.0f} % av skjemaene stemte med oppholdet de begynner med. Den viktigste grunnen er at noen
pasienter flyttes til et annet sykehus, der den høyeste prøven blir tatt. Sender hvert sykehus bare
sitt eget tall, blir maksimum for lavt. En annen grunn er at noen skjemaer er ført i µg/L i stedet
for ng/L, og den feilen forsvinner når laboratoriets system sender verdi og enhet sammen.

Vi bør derfor avtale at feltet regnes ut over hele infarktforløpet, med prøver fra begge sykehus
inntil ti dager etter det første oppholdet, og at opphold uten troponinsvar blir stående til
kontroll. De første tre månedene sender vi automatisk og taster parallelt, og teller avvikene.
"""
### END SOLUTION

# %% check="3.9"
check.text(
    "3.9",
    answer,
    words=[80, 200],
    rubric={
        "nb": [
            "Sier ikke hvor i journalen feltet står, eller blander sammen feltet og noe annet.",
            "Sier riktig hvor faktumet står og om det er strukturert, men ikke hva som kan gå galt.",
            "Nevner også en feilkilde som er reell for feltet, og bruker et eget tall.",
            "Gir i tillegg et tiltak som faktisk møter feilkilden, og sier hvordan man ser om det virker.",
        ],
        "en": [
            "Does not say where in the record the field stands, or takes it for something else.",
            "Says rightly where the fact stands and whether it is structured, but not what may go wrong.",
            "Also names a source of error that is real for the field, and uses a number of one's own.",
            "Gives, besides, a measure that meets that error, and says how to see whether it works.",
        ],
    },
)

# %% [markdown] lang="nb"
# Ferdig? Startsiden viser hva som er gjort i modulen, og hva neste steg er.

# %% [markdown] lang="en"
# Finished? The start page shows what is done in the module and what the next step is.
