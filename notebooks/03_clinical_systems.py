# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown] lang="nb"
# # Modul 3 · Kliniske informasjonssystemer: skjemaet som fylles ut én gang til
#
# Registersekretæren på hjerteavdelingen spør:
#
# > «For hvert hjerteinfarkt fyller jeg ut et skjema til Hjerteinfarktregisteret. Jeg leser journalen og taster inn det som står der. Hvor mye av skjemaet kunne journalsystemet ha sendt selv?»
#
# «Enklere arbeidshverdag» er mål 2 i den nasjonale e-helsestrategien, og dobbeltregistrering er noe av det som står i veien. For å svare må vi vite hvordan en journal er bygd, hva databasen passer på for oss, og hva den ikke passer på.
#
# **Du lærer å** følge én pasient gjennom tabellene i en journal, se hva nøkler og regler stopper, se hva som skjer når to skriver samtidig, lese planen for en spørring, og telle hva som er skrevet to ganger (læringsutbytte F1, K2, K3).
#
# Regn med 40 minutter. I paret: den som har arbeidet med journal, forklarer hva raden *betyr* på avdelingen. Den andre forklarer hva databasen *gjør*. Bytt halvveis.
#
# ## 1 Journalen er ikke ett dokument
#
# På skjermen ser journalen ut som en mappe med ark. Under ligger en **database**: tabeller som viser til hverandre. Gjett: hvor mange tabeller tror du ett sykehusopphold setter spor i?
#
# Databasen vet selv hvilke tabeller den har, og hvordan de henger sammen. Cellen under leser det ut og tegner det.

# %% [markdown] lang="en"
# # Module 3 · Clinical information systems: the form that is filled in once more
#
# The registry secretary of the cardiology department asks:
#
# > "For every heart attack I fill in a form for the Norwegian Myocardial Infarction Register. I read the record and type in what it says. How much of the form could the record system have sent by itself?"
#
# "A simpler working day" is goal 2 of the national e-health strategy, and registering things twice is part of what stands in the way. To answer, we must know how a record is built, what the database looks after for us, and what it does not.
#
# **You will learn to** follow one patient through the tables of a record, see what keys and rules stop, see what happens when two people write at once, read the plan of a query, and count what is written twice (outcomes F1, K2, K3).
#
# Allow 40 minutes. In the pair: the one who has worked with records explains what a row *means* on the ward. The other explains what the database *does*. Swap half-way.
#
# ## 1 The record is not one document
#
# On the screen the record looks like a folder of sheets. Underneath is a **database**: tables that refer to each other. Guess: in how many tables do you think one hospital stay leaves a trace?
#
# The database itself knows which tables it has and how they hang together. The cell below reads that out and draws it.

# %%
import matplotlib.pyplot as plt
import pandas as pd

from labkit import connect, set_language
from labkit.schema import LAYERS
from labkit.store.practice import engines, practice, refused

set_language(LANG)
con = connect()
# %load_ext labkit.sql

lines = ["erDiagram", "    direction LR"]
for table in LAYERS["ehr"].sorted_tables:
    for link in sorted(table.foreign_keys, key=lambda link: link.parent.name):
        one = "|o" if link.parent.nullable else "||"
        lines.append(f"    {link.column.table.name} {one}--o{{ {table.name} : {link.parent.name}")
display({"text/vnd.mermaid": "\n".join(lines), "text/plain": "\n".join(lines)}, raw=True)

# %% [markdown] lang="nb"
# Hver boks er en tabell. Streken sier at én rad i den ene (‖) kan ha mange i den andre (kråkefoten). Navnet på streken er kolonnen som peker. Midt i tegningen står `encounter`, kontakten: nesten alt i journalen henger på den. Hvor mange ett opphold setter spor i, teller vi om litt.
#
# ## 2 Følg én pasient
#
# En **spørring** ber databasen om rader. `SELECT` sier hvilke kolonner, `FROM` hvilken tabell, og `WHERE` hvilke rader. Vi begynner i registeret, med det skjemaet som har lavest nummer.

# %% [markdown] lang="en"
# Each box is a table. The line says that one row in one of them (‖) may have many in the other (the crow's foot). The name on the line is the column that points. In the middle of the drawing is `encounter`: nearly everything in the record hangs on it. In how many of them one stay leaves a trace, we count in a moment.
#
# ## 2 Follow one patient
#
# A **query** asks the database for rows. `SELECT` says which columns, `FROM` which table, and `WHERE` which rows. We begin in the registry, with the form that has the lowest number.

# %% language="sql"
# SELECT infarkt_id, pasientnr, alder, kvinne, sykehus, innlagt, infarkttype, troponin_maks, pci
# FROM infarkt
# ORDER BY infarkt_id
# LIMIT 1

# %% [markdown] lang="nb"
# Ett skjema, her ni av feltene. `pasientnr` er et **pseudonym**: et nummer som bare gjelder i uttrekket. Det finnes ikke i journalen. Men skjemaet sier hvilket sykehus det var, og på minuttet når pasienten kom. La oss lete etter den kontakten i journalen.
#
# `JOIN … ON` setter sammen rader fra to tabeller der verdiene stemmer. Registeret skriver sykehusets navn, journalen skriver nummeret, så vi må innom `organisation`. Og registeret skriver tiden som tekst: `strptime` gjør den om. `con.sql("…").df()` gjør det samme som `%%sql`, men lagrer svaret i en tabell i Python. I21 er hjerteinfarkt.

# %% [markdown] lang="en"
# One form, nine of its fields. `pasientnr` is a **pseudonym**: a number that only holds within the extract. The record does not have it. But the form tells which hospital it was, and to the minute when the patient came. Let us look for that encounter in the record.
#
# `JOIN … ON` puts rows of two tables together where their values agree. The registry writes the hospital's name and the record writes its number, so we go by way of `organisation`. And the registry writes the time as text: `strptime` converts it. `con.sql("…").df()` does the same as `%%sql`, but keeps the answer as a table in Python. I21 is a heart attack.

# %%
stay = con.sql("""
    SELECT encounter.encounter_id, patient_id, practitioner_id, urgency, start_time, end_time
    FROM infarkt
    JOIN organisation ON organisation.name = infarkt.sykehus
    JOIN encounter ON encounter.organisation_id = organisation.organisation_id
        AND encounter.start_time = strptime(infarkt.innlagt, '%d.%m.%Y %H:%M')
    JOIN diagnosis ON diagnosis.encounter_id = encounter.encounter_id
    WHERE position = 1 AND code LIKE 'I21%'
    ORDER BY infarkt_id
    LIMIT 1
""").df()
stay

# %%
encounter_id = stay["encounter_id"][0]
traces = {
    table.name: con.sql(f"SELECT * FROM {table.name} WHERE encounter_id = {encounter_id}").df()
    for table in LAYERS["ehr"].sorted_tables
    if "encounter_id" in table.columns
}
display(pd.Series({name: len(rows) for name, rows in traces.items()}, name="rows").to_frame().T)
display(traces["diagnosis"], traces["lab_result"].head(3))
notes = traces["note"]
print(notes.loc[notes["kind"] == "discharge", "text"].iloc[0])

# %% [markdown] lang="nb"
# Øverst ser du svaret på gjettingen: én rad i `encounter`, og resten fordelt på tabeller etter hva slags fakta det er. Diagnosene er koder, prøvesvarene er tall med enhet, og notatet er tekst.
#
# Les epikrisen en gang til, og let etter hoveddiagnosen, troponin, blodtrykk og medisinene. Det meste som står i tabellene som **strukturerte data**, står her én gang til som **ustrukturert** tekst. Og noe står *bare* her. Alt i teksten er oppdiktet, også navnene.
#
# ## 3 Hva er skrevet to ganger?
#
# Nå gjør vi det samme for alle skjemaene på én gang. `USING` er en kortform av `ON` når kolonnene heter det samme. Gjett før du kjører: får vi flere rader enn skjemaer, færre, eller like mange?

# %% [markdown] lang="en"
# At the top is the answer to your guess: one row in `encounter`, and the rest spread over tables by what kind of fact it is. Diagnoses are codes, lab results are numbers with a unit, and the note is text.
#
# Read the discharge summary once more, and look for the main diagnosis, troponin, blood pressure and the medicines. Most of what the tables hold as **structured data** stands here once more as **unstructured** text. And some of it stands *only* here. Everything in the text is invented, the names too.
#
# ## 3 What is written twice?
#
# Now we do the same for all the forms at once. `USING` is a short form of `ON` for columns of the same name. Guess before you run it: do we get more rows than forms, fewer, or as many?

# %%
BOTH = """
SELECT infarkt.*, encounter.*, sex, birth_date, death_date
FROM infarkt
JOIN organisation ON organisation.name = infarkt.sykehus
JOIN encounter ON encounter.organisation_id = organisation.organisation_id
    AND encounter.start_time = strptime(infarkt.innlagt, '%d.%m.%Y %H:%M')
JOIN patient USING (patient_id)"""
AGE = "date_sub('year', birth_date, start_time::DATE)"
both = con.sql(f"{BOTH} WHERE (sex = 'F') = (kvinne = 1) AND {AGE} = alder").df()
stays = con.sql("SELECT * FROM encounter WHERE kind = 'inpatient'").df()
twins = stays.duplicated(["organisation_id", "start_time"], keep=False).sum()
print(len(con.sql("SELECT * FROM infarkt").df()), "forms")
print(len(con.sql(BOTH).df()), "matches on hospital and minute;", len(both), "on sex and age too")
print(twins, "of", len(stays), "inpatient stays share hospital and minute with another stay")

# %% [markdown] lang="nb"
# Er det flere treff på sykehus og minutt enn det er skjemaer, har noen skjemaer truffet en fremmed: en annen pasient som kom til det samme sykehuset i det samme minuttet. «Sykehus og minutt» *ser ut* som en **nøkkel**, altså noe som skiller alle rader fra hverandre, men den siste linjen viser at det ikke er det. En annens prøvesvar kunne ha havnet i registeret. Derfor har journalen én nøkkel som aldri gjenbrukes, `encounter_id`, og hver innbygger ett fødselsnummer.
#
# Her, uten felles nummer, tok vi kjønn og alder i tillegg. Nå kan vi sammenligne felt for felt: sier journalen det samme som skjemaet? Hvilket felt tror du stemmer dårligst?

# %% [markdown] lang="en"
# If there are more matches on hospital and minute than there are forms, some forms have met a stranger: another patient who came to the same hospital in the same minute. "Hospital and minute" *looks like* a **key**, something that tells all rows apart, but the last line shows that it is not one. Somebody else's results might have ended up in the registry. That is why the record has one key that is never used again, `encounter_id`, and each inhabitant one national identity number.
#
# Here, with no number in common, we added sex and age. Now we can compare field by field: does the record say the same as the form? Which field do you think agrees least?


# %%
def during(table: str, condition: str) -> pd.Series:
    """Tell which stays have a row of a table that meets a condition."""
    found = con.sql(f"SELECT encounter_id FROM {table} WHERE {condition}").df()
    return both["encounter_id"].isin(found["encounter_id"])


results = con.sql("SELECT * FROM lab_result WHERE analyte = 'troponin_t'").df()
troponin = both["encounter_id"].map(results.groupby("encounter_id")["value"].max())
typed = both["troponin_maks"].str.replace(",", ".").astype(float)
dead = both["death_date"] - both["start_time"] <= pd.Timedelta(days=30)

# %%
same = {
    "dod_30d": (both["dod_30d"] == 1) == dead,
    "infarkttype": (both["infarkttype"] == "STEMI")
    == during("diagnosis", "position = 1 AND code BETWEEN 'I21.0' AND 'I21.3'"),
    "troponin_maks": (typed - troponin).abs() < 0.5,
    "statin_ut": (both["statin_ut"] == "Ja") == during("prescription", "atc LIKE 'C10AA%'"),
    "pci": (both["pci"] == "Ja") == during("procedure", "code = 'FNG05'"),
}
share = pd.Series({field: 100 * agrees.mean() for field, agrees in same.items()}).sort_values()
label = {"nb": "Skjema og opphold sier det samme (%)", "en": "Form and stay say the same (%)"}[LANG]
ax = share.plot.barh(color="#0b6e99", figsize=(6, 2.6), xlim=(0, 115), xlabel=label)
_ = ax.bar_label(ax.containers[0], fmt="%.0f %%", padding=4)

# %% [markdown] lang="nb"
# Mye kunne altså ha vært sendt. Men ingen stolpe kan leses uten å vite hva feltet *betyr*. `statin_ut` spør om pasienten bruker statin ved utskrivning. Vi så etter en *ny resept*. Den som brukte statin fra før, trenger ingen. Det er to forskjellige fakta, og registeret ville fått feil svar av det vi gjorde. `pci` og `troponin_maks` kommer vi tilbake til i punkt 9. Infarkttypen leste vi av koden: I21.0–I21.3 er infarkt gjennom hele veggen, som svarer til STEMI, og I21.4 svarer til NSTEMI.
#
# Røyking har ingen stolpe. Det finnes ingen kolonne for det i journalen. Finnes det i teksten?

# %% [markdown] lang="en"
# So much of it could have been sent. But no bar can be read without knowing what the field *means*. `statin_ut` asks whether the patient is on a statin at discharge. We looked for a *new prescription*. Someone who was already on a statin needs none. Those are two different facts, and the registry would have got wrong answers from what we did. We return to `pci` and `troponin_maks` in part 9. The type of infarction we read from the code: I21.0–I21.3 are transmural infarctions, which correspond to STEMI, and I21.4 corresponds to NSTEMI.
#
# Smoking has no bar. The record has no column for it. Is it in the text?

# %%
epikrise = con.sql("SELECT encounter_id, text FROM note WHERE kind = 'discharge'").df()
text = both["encounter_id"].map(epikrise.set_index("encounter_id")["text"])
mentions = text.str.contains("røyk", case=False)
print(f"{100 * mentions.mean():.0f} % of the discharge summaries mention it. For example:")
for line in text[mentions].str.extract(r"([^.\n]*[Rr]øyk[^.\n]*\.)")[0].value_counts().index[:5]:
    print(" ", line.strip())

# %% [markdown] lang="nb"
# Ordet står der som regel, men skrevet på mange måter, både som «Røyker ikke» og som et standardråd om røykeslutt, som ikke sier noe om denne pasienten. Å lese det ut riktig er **datafangst** fra fri tekst, og det er tema i modul 6. Det billigste er som oftest å spørre strukturert én gang, i journalen, og sende svaret videre.
#
# Men skal registersekretæren stole på det som sendes, må hun kunne stole på det som *lagres*. Hva passer databasen på?
#
# ## 4 Hva databasen nekter
#
# Vi lager en tom øvingsjournal med de samme tabellene, og prøver å ødelegge den. Her er seks forsøk. Hvilke tror du blir stoppet?

# %% [markdown] lang="en"
# The word is usually there, but written in many ways, both as "Røyker ikke" (does not smoke) and as standard advice to stop, which says nothing of this patient. Reading it out correctly is **data capture** from free text, and a matter for module 6. The cheapest is mostly to ask once, in a structured way, in the record, and send the answer on.
#
# But if the registry secretary is to trust what is sent, she must be able to trust what is *stored*. What does the database look after?
#
# ## 4 What the database refuses
#
# We make an empty practice record with the same tables, and try to ruin it. Here are six attempts. Which of them do you think will be stopped?

# %%
good = """
INSERT INTO organisation VALUES (1, 'Sykehuset', 'hospital', '3427');
INSERT INTO practitioner VALUES (1, 1, 'doctor', 'kardiologi');
INSERT INTO patient VALUES (1, '01816012345', 'Øve', 'Øvesen', '1960-01-01', 'F', '3427', NULL, NULL);
INSERT INTO encounter VALUES (1, 1, 1, 1, 'inpatient', 'acute', '2024-03-01 10:00', '2024-03-04 12:00');
""".strip().splitlines()
STAY = "INSERT INTO encounter VALUES"
bad = {
    "same fnr": "INSERT INTO patient SELECT 2, fnr, 'To', 'Øvesen', birth_date, sex, '3427', NULL, NULL FROM patient",
    "no such patient": f"{STAY} (2, 99, 1, 1, 'inpatient', 'acute', '2024-03-01 10:00', '2024-03-04 12:00')",
    "no start": f"{STAY} (3, 1, 1, 1, 'inpatient', 'acute', NULL, '2024-03-04 12:00')",
    "starts 'i går'": f"{STAY} (4, 1, 1, 1, 'inpatient', 'acute', 'i går', '2024-03-04 12:00')",
    "out before in": f"{STAY} (5, 1, 1, 1, 'inpatient', 'acute', '2024-03-04 12:00', '2024-03-01 10:00')",
    "delete patient": "DELETE FROM patient WHERE patient_id = 1",
}

# %%
stopped = {}
for engine in [*engines(), "sqlite + PRAGMA"]:
    record = practice(engine.split()[0], layer="ehr").connect()
    if "PRAGMA" in engine:
        record.execute("PRAGMA foreign_keys = ON")
    for statement in good:
        record.execute(statement)
    stopped[engine] = {
        name: "refused" if refused(record, statement) else "accepted"
        for name, statement in bad.items()
    }
print("In its own words:", refused(record, bad["no such patient"]))
pd.DataFrame(stopped)

# %% [markdown] lang="nb"
# Fire ting å se:
#
# - **Samme fødselsnummer to ganger** og **tom start** blir stoppet overalt. Det er **integritetsregler**: `UNIQUE`, `NOT NULL`, primærnøkkel.
# - **En kontakt for en pasient som ikke finnes** er brudd på **referanseintegriteten**: **fremmednøkkelen** peker på ingenting. SQLite lot det skje, og slettet pasienten med journal og alt. SQLite *kan* regelen, men den er av til noen slår den på for hver forbindelse. Den siste kolonnen viser forskjellen.
# - **Start «i går»** er ikke noe tidspunkt. SQLite bryr seg ikke om typen i en tidskolonne, de andre gjør det.
# - **Ut før inn** slapp gjennom hos alle. Ingen har sagt til databasen at det er umulig.
#
# Integritet er ikke det samme som sannhet. Databasen kan hindre at et opphold mangler pasient. Den kan ikke vite at det var feil pasient. Regler om innholdet, som «ut etter inn», må noen med fagkunnskap komme på. Det øver du på i modul 6.
#
# ## 5 To skriver samtidig
#
# Klokka er 02.10. Seng 12 er ledig. Kari i mottaket og Ola på overvåkningen har hver sin skjerm, altså hver sin **forbindelse** til den samme databasen. Begge ser etter før de skriver. Hvem ligger i senga til slutt, og hva får den andre vite?

# %% [markdown] lang="en"
# Four things to see:
#
# - **The same identity number twice** and **an empty start** are stopped everywhere. Those are **integrity constraints**: `UNIQUE`, `NOT NULL`, primary key.
# - **An encounter for a patient who does not exist** breaks **referential integrity**: the **foreign key** points at nothing. SQLite let it happen, and deleted the patient, record and all. SQLite *knows* the rule, but it is off until someone turns it on for each connection. The last column shows the difference.
# - **Start "i går"** (yesterday) is no point in time. SQLite does not mind the type of a time column, the others do.
# - **Out before in** got through everywhere. Nobody has told the database that it is impossible.
#
# Integrity is not truth. The database can see to it that no stay lacks a patient. It cannot know that it was the wrong patient. Rules about content, such as "out after in", must come from someone who knows the field. You practise that in module 6.
#
# ## 5 Two people write at once
#
# It is 02:10. Bed 12 is free. Kari in the emergency department and Ola in intermediate care have a screen each, which means a **connection** each to the same database. Both look before they write. Who is in the bed in the end, and what is the other told?

# %%
engine = engines()[-1]  # PostgreSQL where this machine has it, otherwise SQLite
ward = practice(engine)
kari, ola = ward.connect(), ward.connect()
kari.execute("CREATE TABLE bed (bed INTEGER PRIMARY KEY, patient TEXT)")
kari.execute("INSERT INTO bed VALUES (12, NULL), (14, NULL)")

IS_FREE = "SELECT patient IS NULL FROM bed WHERE bed = 12"
print("Kari:", bool(kari.execute(IS_FREE).fetchone()[0]))
print("Ola: ", bool(ola.execute(IS_FREE).fetchone()[0]))
kari.execute("UPDATE bed SET patient = 'Aud' WHERE bed = 12")
ola.execute("UPDATE bed SET patient = 'Nils' WHERE bed = 12")
print(engine, kari.execute("SELECT * FROM bed WHERE bed = 12").fetchall())

# %% [markdown] lang="nb"
# Nils ligger i senga. Aud har ingen, og Kari fikk ingen beskjed. Ingen av dem gjorde noe galt, og ingen regel ble brutt. Feilen oppsto i tiden *mellom* at de så etter, og at de skrev. Slikt kalles en **tapt oppdatering**.
#
# Boten er å se etter og skrive i samme setning, og å lese hvor mange rader som ble endret:

# %% [markdown] lang="en"
# Nils is in the bed. Aud has none, and Kari was told nothing. Neither of them did anything wrong, and no rule was broken. The error arose in the time *between* looking and writing. It is called a **lost update**.
#
# The cure is to look and write in one statement, and to read how many rows were changed:

# %%
kari.execute("UPDATE bed SET patient = NULL")
TAKE = "UPDATE bed SET patient = '{}' WHERE bed = 12 AND patient IS NULL"
print("Kari:", kari.execute(TAKE.format("Aud")).rowcount)
print("Ola: ", ola.execute(TAKE.format("Nils")).rowcount)

# %% [markdown] lang="nb"
# Ola fikk 0 rader: senga var tatt. Systemet kan si det til ham med én gang.
#
# ## 6 Alt eller ingenting
#
# Nå skal Aud flyttes fra seng 12 til seng 14. Det er *to* endringer: ut av den ene, inn i den andre. Strømmen går imellom. `BEGIN` starter en **transaksjon**. Ingenting av det som kommer etter, gjelder før `COMMIT`. `ROLLBACK` angrer alt. Hva tror du Ola ser mens Kari er midt i flyttingen?

# %% [markdown] lang="en"
# Ola got 0 rows: the bed was taken. The system can tell him at once.
#
# ## 6 All or nothing
#
# Now Aud is to be moved from bed 12 to bed 14. That is *two* changes: out of one, into the other. The power goes in between. `BEGIN` starts a **transaction**. Nothing of what follows counts until `COMMIT`. `ROLLBACK` undoes it all. What do you think Ola sees while Kari is in the middle of the move?

# %%
BEDS = "SELECT * FROM bed ORDER BY bed"
kari.execute("BEGIN")
kari.execute("UPDATE bed SET patient = NULL WHERE bed = 12")
print("Kari sees:", kari.execute(BEDS).fetchall())
print("Ola sees: ", ola.execute(BEDS).fetchall())
kari.execute("ROLLBACK")  # what the database does by itself when the power goes
print("After:    ", ola.execute(BEDS).fetchall())

# %% [markdown] lang="nb"
# Kari så en pasient uten seng. Ola så aldri det, fordi endringen ikke var ferdig. Og etterpå er alt som før. De fire egenskapene kalles **ACID**: alt eller ingenting (*atomicity*), reglene holder (*consistency*), de andre ser ikke halvferdig arbeid (*isolation*), og det som er bekreftet, blir stående (*durability*).
#
# ## 7 Å finne igjen: indeks og plan
#
# En lege åpner en journal og vil ha prøvesvarene *nå*. Tabellen har hundretusener av rader. Vi legger en kopi av den i SQLite, og teller hvor mange steg databasen går. Steg er bedre enn sekunder: de er like mange på alle maskiner.

# %% [markdown] lang="en"
# Kari saw a patient without a bed. Ola never did, since the change was not finished. And afterwards everything is as before. The four properties are called **ACID**: all or nothing (*atomicity*), the rules hold (*consistency*), others do not see half-done work (*isolation*), and what has been confirmed stays (*durability*).
#
# ## 7 Finding it again: index and plan
#
# A doctor opens a record and wants the lab results *now*. The table has hundreds of thousands of rows. We put a copy of it in SQLite, and count how many steps the database takes. Steps are better than seconds: they are as many on every machine.

# %%
lab = practice("sqlite").connect()
lab.execute("CREATE TABLE lab_result (patient_id, analyte, value, taken_time)")
rows = con.sql("SELECT patient_id, analyte, value, taken_time::VARCHAR FROM lab_result").fetchall()
lab.execute("BEGIN")  # one transaction, not one for each row
lab.executemany("INSERT INTO lab_result VALUES (?, ?, ?, ?)", rows)
lab.execute("COMMIT")


def work(query: str) -> dict[str, object]:
    """Run a query; return SQLite's plan and its steps, counted by tens."""
    steps = []
    lab.set_progress_handler(lambda: steps.append(10), 10)
    lab.execute(query).fetchall()
    lab.set_progress_handler(None, 0)
    return {"plan": lab.execute(f"EXPLAIN QUERY PLAN {query}").fetchone()[3], "steps": sum(steps)}


# %%
patient_id = stay["patient_id"][0]
ONE = f"SELECT * FROM lab_result WHERE patient_id = {patient_id}"
before = work(ONE)
size_before = lab.execute("PRAGMA page_count").fetchone()[0]
lab.execute("CREATE INDEX lab_patient ON lab_result (patient_id)")
after = work(ONE)
size_after = lab.execute("PRAGMA page_count").fetchone()[0]
print(f"{before['steps'] / after['steps']:.0f} times fewer steps with the index")
print(f"The file grew by {100 * (size_after / size_before - 1):.0f} %")
pd.DataFrame({"before": before, "after": after}).T

# %% [markdown] lang="nb"
# `SCAN` betyr at databasen leste hver eneste rad. `SEARCH … USING INDEX` betyr at den slo opp. En **indeks** er som stikkordregisteret bak i en lærebok: sortert, med henvisning til siden. Den har en pris: den tar plass, og hver ny rad må føres inn i indeksen også.
#
# En indeks hjelper bare den som spør slik indeksen er sortert. Her er det samme spørsmålet stilt på to måter. Hva tror du planen blir?

# %% [markdown] lang="en"
# `SCAN` means that the database read every single row. `SEARCH … USING INDEX` means that it looked the place up. An **index** is like the index at the back of a textbook: sorted, with a reference to the page. It has a price: it takes room, and every new row must be entered in the index too.
#
# An index only helps a question that follows its order. Here is the same question put in two ways. What do you think the plan will be?

# %%
lab.execute("CREATE INDEX lab_taken ON lab_result (taken_time)")
conditions = {
    "function": "substr(taken_time, 1, 10) = '2024-03-01'",
    "range": "taken_time >= '2024-03-01' AND taken_time < '2024-03-02'",
}
pd.DataFrame(
    {name: work(f"SELECT * FROM lab_result WHERE {text}") for name, text in conditions.items()}
).T

# %% [markdown] lang="nb"
# Samme svar, men pakker du kolonnen inn i en funksjon, må hver rad regnes ut først. Da er stikkordregisteret til ingen nytte.
#
# ## 8 Én pasient eller alle verdier
#
# Legen vil ha *alt om én*. Forskeren vil ha *én ting om alle*: snittet av kolonnen `value`, for eksempel. Journalsystemer lagrer gjerne rad for rad, og er bygd for mange små lesinger og skrivinger (**OLTP**). Databasen du spør i kurset, DuckDB, lagrer kolonne for kolonne, for analyse (**OLAP**). Hvor stor del av tabellen må den lese for å regne ut snittet?

# %% [markdown] lang="en"
# The same answer, but if you wrap the column in a function, each row must be worked out first. Then the index at the back is of no use.
#
# ## 8 One patient or all the values
#
# The doctor wants *everything about one*. The researcher wants *one thing about all*: the mean of the column `value`, for example. Record systems mostly store row by row, and are built for many small reads and writes (**OLTP**). The database that you query in this course, DuckDB, stores column by column, for analysis (**OLAP**). How much of the table must it read to work out the mean?

# %%
columns = con.sql("SELECT * FROM lab_result").to_arrow_table()
megabytes = pd.Series({name: columns[name].nbytes / 1e6 for name in columns.column_names})
fig, ax = plt.subplots(figsize=(6, 2.6))
colours = ["#0b6e99" if name == "value" else "#b0b0b0" for name in megabytes.index]
ax.barh(megabytes.index, megabytes, color=colours)
_ = ax.set_xlabel("MB")
print(f"value is {100 * megabytes['value'] / megabytes.sum():.0f} % of the table")

# %% [markdown] lang="nb"
# En radlagret tabell må bla forbi alle de grå stolpene for å komme til den blå. En kolonnelagret leser bare den blå. Men skal den skrive *én* ny prøve, må den innom hver kolonne. Derfor flyttes data gjerne fra journalen til et eget lager for analyse, og derfor er analysen alltid litt på etterskudd.
#
# ## 9 Hvem skrev hva, når og hvor?
#
# Plikten til å dokumentere ligger på den som gir helsehjelpen (helsepersonelloven § 39). La oss se hvem som har skrevet sykepleienotatene.

# %% [markdown] lang="en"
# A table stored by row must leaf past all the grey bars to get to the blue one. A table stored by column reads the blue one only. But to write *one* new result it has to visit every column. That is why data are usually moved from the record to a store of their own for analysis, and why analysis always lags a little behind.
#
# ## 9 Who wrote what, when and where?
#
# The duty to document rests on the one who gives the care (the Health Personnel Act, section 39). Let us see who wrote the nursing notes.

# %%
nursing = con.sql("""
    SELECT note_id, profession, start_time, written_time, end_time, text
    FROM note
    JOIN encounter USING (encounter_id)
    JOIN practitioner USING (practitioner_id)
    WHERE note.kind = 'nursing'
    ORDER BY note_id
""").df()
signed = nursing[nursing["text"].str.endswith(", spl.")]
print(signed["text"].iloc[0])
nursing["profession"].value_counts().to_frame("notes")

# %% [markdown] lang="nb"
# Alle er visst skrevet av leger. Men les signaturen i notatet over tabellen: «spl.» er sykepleier. Fella er at `practitioner_id` hører til *kontakten* og er den ansvarlige behandleren. Notatet har ingen kolonne for forfatter. Spørringen svarte rett på et annet spørsmål enn det vi stilte. Et ekte journalsystem må kunne vise hvem som har skrevet hva, og helst også hvem som har lest. Denne øvingsjournalen kan det bare gjennom teksten.
#
# Legg også merke til to slags tid: når noe *skjedde* (`start_time`) og når det ble *skrevet* (`written_time`). Den som bruker journaldata, må vite hvilken av dem kolonnen er.
#
# Så til `pci`. Utblokking av kransårer (her koden FNG05) gjøres ikke på alle sykehus. Vi leter i *hele* journalen til pasienten den første uka, ikke bare i oppholdet som skjemaet begynner med.

# %% [markdown] lang="en"
# All of them are by doctors, it seems. But read the signature of the note above the table: "spl." is a nurse. The trap is that `practitioner_id` belongs to the *encounter* and is the responsible practitioner. The note has no column for its author. The query gave a right answer to another question than ours. A real record system must be able to show who wrote what, and preferably who has read it too. This practice record can do so only through the text.
#
# Note the two kinds of time too: when something *happened* (`start_time`) and when it was *written* (`written_time`). Anyone who uses record data must know which of them a column is.
#
# Then to `pci`. Opening of coronary arteries (here the code FNG05) is not done at every hospital. We look in the patient's *whole* record for the first week, not only in the stay that the form begins with.

# %%
done = con.sql("""
    SELECT patient_id, procedure_date, organisation.name AS hospital
    FROM procedure
    JOIN encounter USING (encounter_id)
    JOIN organisation USING (organisation_id)
    WHERE code = 'FNG05'
""").df()
pci = both[both["pci"] == "Ja"].merge(done, on="patient_id")
days = (pci["procedure_date"] - pci["start_time"].dt.normalize()).dt.days
pci = pci[days.between(0, 7)]
where = pci["hospital"].eq(pci["sykehus"]).map({True: "same hospital", False: "another hospital"})
where.value_counts().to_frame("PCI")

# %% [markdown] lang="nb"
# Der er de som manglet: pasientene ble flyttet, og koden står i oppholdet på det andre sykehuset. Med én **felles journal** for alle nivåer finner systemet den selv. Med hver sin journal må sekretæren ringe eller vente på en epikrise.
#
# Felles journal er likevel ingen gratis løsning. Helseplattformen i Midt-Norge er én journal for sykehus og kommuner. Riksrevisjonen konkluderte i 2024 med at *innføringen* truet pasientsikkerheten og ga lavere effektivitet. Tekniske muligheter og god innføring er to forskjellige ting.
#
# Gjelder det samme den høyeste troponinen? Vi tar med prøver inntil ti dager etter det første oppholdet, og ser på de skjemaene som *fortsatt* ikke stemmer.

# %% [markdown] lang="en"
# There are the missing ones: the patients were moved, and the code stands in the stay at the other hospital. With one **shared record** for all levels of care the system finds it by itself. With a record each, the secretary must telephone or wait for a discharge summary.
#
# A shared record is no free solution all the same. Helseplattformen in Central Norway is one record for hospitals and municipalities. The Office of the Auditor General concluded in 2024 that its *introduction* had threatened patient safety and reduced efficiency. What is technically possible and what is well introduced are two different things.
#
# Does the same hold for the highest troponin? We take in samples up to ten days after the first stay, and look at the forms that *still* do not agree.

# %%
drawn = con.sql("SELECT * FROM lab_result WHERE analyte = 'troponin_t'").df()
course = both[["infarkt_id", "patient_id", "start_time", "end_time"]].merge(drawn, on="patient_id")
limit = course["end_time"] + pd.Timedelta(days=10)
course = course[course["taken_time"].between(course["start_time"], limit)]
highest = both["infarkt_id"].map(course.groupby("infarkt_id")["value"].max())
pairs = pd.DataFrame({"form": typed, "record": highest, "ratio": highest / typed})
pairs[(typed - highest).abs() >= 0.5]

# %% [markdown] lang="nb"
# Se på forholdet i den siste kolonnen. Er det 1000, er prøven den samme, men den er ført i en annen enhet: ng/L i journalen, µg/L i skjemaet. Det er feil som oppstår når noen taster, og som ikke oppstår når tallet sendes. Laboratoriets system sender verdi og enhet sammen.
#
# Til slutt svaret til registersekretæren, nå med hele journalen:

# %% [markdown] lang="en"
# Look at the ratio in the last column. Where it is 1000, the sample is the same but entered in another unit: ng/L in the record, µg/L in the form. That is an error that arises when someone types, and does not arise when the number is sent. The laboratory's system sends value and unit together.
#
# At last the answer to the registry secretary, now with the whole record:

# %%
share["troponin_maks"] = 100 * ((typed - highest).abs() < 0.5)[typed.notna()].mean()
share["pci"] = 100 * ((both["pci"] == "Ja") == both["infarkt_id"].isin(pci["infarkt_id"])).mean()
for field in ("royker", "dor_til_ballong_min"):
    share[field] = 0.0  # no column of the record holds it
answer = share.sort_values(ascending=False).round(0).to_frame("agrees, %")
answer["send"] = pd.cut(answer["agrees, %"], [-1, 0, 95, 100], labels=["ask", "check", "send"])
answer

# %% [markdown] lang="nb"
# `send` kan sendes automatisk, `check` må noen se på først, og `ask` må spørres om strukturert før det kan sendes. Grensen på 95 % er vår. Hvor sikkert må et felt være før du ville sluttet å taste det inn?
#
# ## Dette så vi
#
# - **En journal er tabeller som peker på hverandre.** Kontakten står i midten, og nøkler holder det sammen. Databasen nekter det den har fått regler om, og bare det (F1).
# - **Transaksjoner og indekser er pasientsikkerhet.** To som skriver samtidig, kan miste en endring uten at noe sier fra. Planen viser om databasen slår opp eller leser alt (F1).
# - **Strukturert og ustrukturert er to slags helsedata.** Samme faktum står i kode, tall og tekst, og noe står bare i teksten (K2).
# - **Mye fanges to ganger.** Før et felt kan sendes automatisk, må det bety det samme begge steder (K3).
#
# **Les mer.** Govatsmark RES mfl.: «Interrater reliability of a national acute myocardial infarction register», *Clinical Epidemiology* 2016, [doi 10.2147/CLEP.S105933](https://doi.org/10.2147/CLEP.S105933): 240 pasienter registrert på nytt fra journalen. Schopf TR mfl.: «How well is the electronic health record supporting the clinical tasks of hospital physicians?», *BMC Health Services Research* 2019, [doi 10.1186/s12913-019-4763-0](https://doi.org/10.1186/s12913-019-4763-0): 208 leger ved tre norske sykehus. Riksrevisjonen: Dokument 3:3 (2024–2025) om Helseplattformen. [Nasjonal e-helsestrategi](https://www.ehelse.no/strategi/nasjonal-e-helsestrategi-for-helse-og-omsorgssektoren), fra 1. januar 2023.
#
# **Neste steg:** oppgavene i `03_clinical_systems` under *Oppgaver*.

# %% [markdown] lang="en"
# `send` can be sent automatically, `check` needs a look first, and `ask` must be asked for in a structured way before it can be sent. The limit of 95 % is ours. How certain would a field have to be before you stopped typing it in?
#
# ## What we saw
#
# - **A record is tables that point at each other.** The encounter is in the middle, and keys hold it together. The database refuses what it has rules about, and nothing else (F1).
# - **Transactions and indexes are patient safety.** Two who write at once may lose a change without a word. The plan shows whether the database looks up or reads everything (F1).
# - **Structured and unstructured are two kinds of health data.** The same fact stands in codes, numbers and text, and some of it in the text only (K2).
# - **Much is captured twice.** Before a field can be sent automatically, it must mean the same in both places (K3).
#
# **Read more.** Govatsmark RES et al.: "Interrater reliability of a national acute myocardial infarction register", *Clinical Epidemiology* 2016, [doi 10.2147/CLEP.S105933](https://doi.org/10.2147/CLEP.S105933): 240 patients registered again from the record. Schopf TR et al.: "How well is the electronic health record supporting the clinical tasks of hospital physicians?", *BMC Health Services Research* 2019, [doi 10.1186/s12913-019-4763-0](https://doi.org/10.1186/s12913-019-4763-0): 208 physicians at three Norwegian hospitals. Office of the Auditor General: Document 3:3 (2024–2025) on Helseplattformen (in Norwegian). [The national e-health strategy](https://www.ehelse.no/strategi/nasjonal-e-helsestrategi-for-helse-og-omsorgssektoren) (in Norwegian), in force from 1 January 2023.
#
# **Next:** the tasks in `03_clinical_systems` under *Exercises*.
