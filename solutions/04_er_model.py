# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown] lang="nb"
# # Oppgaver til modul 4 · ER- og helseinformasjonsmodeller
#
# Ni oppgaver fra hjemmetjenesten, dialysen, biobanken og operasjonsavdelingen. Hver oppgave sier hva `answer` skal være: en ordbok, en mengde, en modell som tekst, `CREATE TABLE`-setninger eller en funksjon. Kjør cellen, og kjør så cellen under: den sier hva som stemmer, og hva du bør se nærmere på.
#
# Tegn gjerne på papir først. Modellspråket er det samme som i leksjonen: `entity`, `weak entity … of …`, `relationship navn (A 0..n, B 1..1)`.

# %% [markdown] lang="en"
# # Exercises for module 4 · ER and health information models
#
# Nine tasks from home care, dialysis, the biobank and the operating department. Each task says what `answer` is to be: a dictionary, a set, a model as text, `CREATE TABLE` statements or a function. Run the cell, and then run the cell below it: it tells you what agrees and what to look at again.
#
# You are welcome to draw on paper first. The model language is that of the lesson: `entity`, `weak entity … of …`, `relationship name (A 0..n, B 1..1)`.

# %%
import pandas as pd

from labkit import er, exercise, interop
from labkit.er import normal
from labkit.store.practice import practice, refused

check = exercise("04_er_model", lang=LANG)

# %% [markdown] lang="nb" task="4.1"
# ## 4.1 Les tegningen (1 poeng)
#
# Hjemmetjenesten har fått tilbud på et nytt system. Leverandøren la ved modellen under: brukere (`Client`), ansatte, besøk og tiltak (`Measure`). Hva påstår den? Kjør cellen under, og sett `True` eller `False`:
#
# - **a** En bruker kan være uten primærkontakt (`primary_contact`).
# - **b** To ansatte kan gå sammen på samme besøk.
# - **c** Alle ansatte må ha vært på minst ett besøk.
# - **d** To brukere kan begge ha et besøk med nummer 1.
# - **e** Samme tiltak kan inngå i mange besøk.
# - **f** Kommer to ansatte til samme besøk, er det plass til bare ett ankomsttidspunkt (`arrived`).
#
# `answer` er en ordbok, som `{"a": True, "b": False, …}`.

# %% [markdown] lang="en" task="4.1"
# ## 4.1 Read the drawing (1 point)
#
# The home care service has been offered a new system. The vendor enclosed the model below: clients, employees, visits and measures. What does it claim? Run the cell below, and put `True` or `False`:
#
# - **a** A client may be without a primary contact (`primary_contact`).
# - **b** Two employees may go on the same visit together.
# - **c** Every employee must have been on at least one visit.
# - **d** Two clients may each have a visit with number 1.
# - **e** The same measure may be part of many visits.
# - **f** If two employees come to the same visit, there is room for one time of arrival only (`arrived`).
#
# `answer` is a dictionary, such as `{"a": True, "b": False, …}`.

# %%
home_care = er.parse("""
entity Client { fnr key, name }
entity Employee { employee_no key, name }
entity Measure { code key, label }
weak entity Visit of Client 0..n by receives { number: integer partial key, planned: time }
relationship carries_out (Employee 0..n, Visit 1..2) { arrived: time }
relationship includes (Visit 1..n, Measure 0..n) { minutes: integer }
relationship primary_contact (Employee 0..n, Client 1..1)
""")
home_care

# %% task="4.1" points=1 outcomes=["F2"]
### BEGIN SOLUTION
answer = {"a": False, "b": True, "c": False, "d": True, "e": True, "f": False}
### END SOLUTION

# %% check="4.1"
check("4.1", answer)

# %% wrong="4.1" nb="Her ser du over til den andre enden av streken, som for kråkefot. Hvem gjelder tallet som står ved firkanten?" en="Here you look across to the other end of the line, as with crow's feet. Whom does the number beside the rectangle speak of?"
answer = {"a": True, "b": True, "c": True, "d": True, "e": True, "f": False}

# %% wrong="4.1" nb="Besøket har dobbel ramme. Hva kjennes det igjen på, i tillegg til nummeret?" en="The visit has a double frame. What is it recognised by, besides its number?"
answer = {"a": False, "b": True, "c": False, "d": False, "e": True, "f": False}

# %% wrong="4.1" nb="Hvor er ellipsen `arrived` festet: i besøket, eller i romben mellom besøket og den ansatte?" en="Where is the ellipse `arrived` attached: to the visit, or to the diamond between the visit and the employee?"
answer = {"a": False, "b": True, "c": False, "d": True, "e": True, "f": True}

# %% [markdown] lang="nb" task="4.2"
# ## 4.2 Fra fortelling til tall (2 poeng)
#
# Avdelingssykepleieren på dialysen forteller:
#
# > «Hver pasient har én fast sykepleier, aldri flere. En sykepleier kan være fast for opptil seks, og de som er nye hos oss, har ingen ennå. En behandling gjelder alltid én pasient. Den som nettopp er henvist, har ikke fått noen behandling; andre har fått hundrevis. Behandlingen kjøres på én maskin. Maskinen i reserve har aldri vært i bruk. Og det er alltid én eller to sykepleiere til stede ved en behandling.»
#
# Sett kardinaliteten, slik tallene står i leksjonens tegning med romber: hvor mange ganger *hver enkelt* er med, minst og mest.
#
# | | hvem | i forholdet |
# |---|---|---|
# | **a** | pasient | har fast sykepleier |
# | **b** | sykepleier | er fast for |
# | **c** | pasient | får behandling |
# | **d** | behandling | gjelder pasient |
# | **e** | maskin | brukes ved behandling |
# | **f** | behandling | har sykepleier til stede |
#
# `answer` er en ordbok med tekst, som `{"a": "0..n", "b": "1..1", …}`. Bruk `n` for «mange».

# %% [markdown] lang="en" task="4.2"
# ## 4.2 From story to numbers (2 points)
#
# The charge nurse of the dialysis unit tells:
#
# > "Each patient has one named nurse, never more. A nurse may be the named nurse of up to six, and those who are new here have none yet. A treatment always concerns one patient. Someone who has just been referred has had no treatment; others have had hundreds. The treatment runs on one machine. The machine in reserve has never been used. And there are always one or two nurses present at a treatment."
#
# Give the cardinality, as the numbers stand in the drawing with diamonds of the lesson: how many times *each one* takes part, at least and at most.
#
# | | who | in the relationship |
# |---|---|---|
# | **a** | patient | has a named nurse |
# | **b** | nurse | is the named nurse of |
# | **c** | patient | has treatments |
# | **d** | treatment | concerns a patient |
# | **e** | machine | is used at treatments |
# | **f** | treatment | has a nurse present |
#
# `answer` is a dictionary of texts, such as `{"a": "0..n", "b": "1..1", …}`. Use `n` for "many".

# %% task="4.2" points=2 outcomes=["F2"]
### BEGIN SOLUTION
answer = {"a": "1..1", "b": "0..6", "c": "0..n", "d": "1..1", "e": "0..n", "f": "1..2"}
### END SOLUTION

# %% check="4.2"
check("4.2", answer)

# %% wrong="4.2" nb="a og b, og c og d, står i hver sin ende. Les setningen «hver …» høyt for hver av dem." en="a and b, and c and d, stand at each other's ends. Read the sentence \"each …\" aloud for each of them."
answer = {"a": "0..6", "b": "1..1", "c": "1..1", "d": "0..n", "e": "0..n", "f": "1..2"}

# %% wrong="4.2" nb="Hvem i fortellingen har ingen ennå?" en="Who in the story has none yet?"
answer = {"a": "1..1", "b": "1..6", "c": "1..n", "d": "1..1", "e": "1..n", "f": "1..2"}

# %% wrong="4.2" nb="«Opptil seks» og «én eller to» er mer presist enn «mange». Hvor skal de tallene stå?" en="\"Up to six\" and \"one or two\" are more precise than \"many\". Where should those numbers stand?"
answer = {"a": "1..1", "b": "0..n", "c": "0..n", "d": "1..1", "e": "0..n", "f": "1..n"}

# %% [markdown] lang="nb" task="4.3"
# ## 4.3 Svak eller sterk? (2 poeng)
#
# Hvilke av disse er **svake** entitetstyper?
#
# - **A** en seng på en sengepost; sengene er merket 1, 2, 3 … på hver post
# - **B** en lege, med HPR-nummer
# - **C** en linje på en resept; linjene er nummerert 1, 2, 3 … på hver resept
# - **D** en blodpose, med en strekkode som er den eneste i verden; den må ha en giver
# - **E** en diagnosekode i ICD-10
#
# `answer` er et par: en mengde bokstaver, og en setning eller to om hvorfor. For eksempel `({"B", "E"}, "fordi …")`. Bokstavene sjekkes med en gang. Begrunnelsen leses av en lærer.

# %% [markdown] lang="en" task="4.3"
# ## 4.3 Weak or strong? (2 points)
#
# Which of these are **weak** entity types?
#
# - **A** a bed on a ward; the beds are marked 1, 2, 3 … on each ward
# - **B** a doctor, with a national health personnel number (HPR)
# - **C** a line of a prescription; the lines are numbered 1, 2, 3 … on each prescription
# - **D** a bag of blood, with a bar code that is the only one in the world; it must have a donor
# - **E** a diagnosis code of ICD-10
#
# `answer` is a pair: a set of letters, and a sentence or two about why. For example `({"B", "E"}, "because …")`. The letters are checked at once. The reason is read by a teacher.

# %% task="4.3" points=2 outcomes=["F2"]
### BEGIN SOLUTION
reason = {
    "nb": "Seng 3 og linje 1 sier ingenting før vi vet hvilken post eller resept. Blodposen må ha en giver, men strekkoden er nok til å kjenne den igjen.",
    "en": "Bed 3 and line 1 say nothing until we know which ward or prescription. The bag must have a donor, but its bar code is enough to recognise it.",
}
answer = ({"A", "C"}, reason[LANG])
### END SOLUTION

# %% check="4.3"
check.choice(
    "4.3",
    answer,
    options=["A", "B", "C", "D", "E"],
    reason=True,
    rubric={
        "nb": [
            "Sier ikke hva som gjør en entitetstype svak, eller mener at alt som hører til noe annet, er svakt.",
            "Sier at de svake må kjennes igjen på eieren og et nummer, og at de andre har noe eget.",
            "Skiller i tillegg mellom det som ikke kan finnes uten noe annet, og det som ikke kan kjennes igjen uten.",
        ],
        "en": [
            "Does not say what makes an entity type weak, or holds all that belongs to something else to be weak.",
            "Says that the weak ones are recognised by their owner and a number, and that the others have something of their own.",
            "Also tells what cannot exist without another from what cannot be recognised without it.",
        ],
    },
)

# %% wrong="4.3" nb="Blodposen kan ikke finnes uten giver. Men kan den kjennes igjen uten?" en="The bag cannot exist without a donor. But can it be recognised without one?"
answer = ({"A", "C", "D"}, "Alle tre henger på noe annet, så de er svake.")

# %% wrong="4.3" nb="Hva skiller to linjer med nummer 1 fra hverandre?" en="What tells two lines with number 1 apart?"
answer = ({"A"}, "Sengen hører til en post og har bare et nummer.")

# %% wrong="4.3" nb="Betyr I21 noe annet i en annen journal? Prøv hver av dem med spørsmålet: er dette nok til å kjenne den igjen?" en="Does I21 mean something else in another record? Try each of them with the question: is this enough to recognise it?"
answer = ({"A", "C", "E"}, "De er bare numre og koder, og må ha noe rundt seg.")

# %% [markdown] lang="nb" task="4.4"
# ## 4.4 Biobanken (4 poeng, for paret)
#
# Arbeid slik: Den med helsefaglig bakgrunn leser fortellingen høyt, setning for setning, og er den eneste som ser på den. Den andre tegner på papir og får bare stille spørsmål. Skriv så modellen sammen, tegn den med `er.parse(answer)`, og la den *første* lese tegningen høyt tilbake. Stemmer den?
#
# > «En **giver** har giver-id, kjønn og fødselsår. Giveren **gir samtykke**, alltid minst ett, men ofte flere etter hvert: de er nummerert 1, 2, 3 … for hver giver. Vi skriver ned datoen for samtykket, og datoen da det eventuelt ble trukket. Samtykket **gjelder** én eller flere **studier**; en studie har REK-nummer og tittel, og kan ha mange samtykker eller ingen ennå. En **prøve** har en strekkode som er den eneste i biobanken, og et tidspunkt. Hver prøve **dekkes** av ett bestemt samtykke; det kan dekke mange prøver, eller ingen. Vi **deler** prøven i **rør** nummer 1, 2, 3 … med hvert sitt volum, men en prøve som nettopp er kommet, er ikke delt. Et rør **brukes opp** av høyst én studie, og da skriver vi ned datoen. En studie kan bruke mange rør, eller ingen.»
#
# Navn som kjennes igjen: `Donor` (`donor_id`, `sex`, `birth_year`), `Consent` (`number`, `given_date`, `withdrawn_date`), `Study` (`rek_no`, `title`), `Sample` (`barcode`, `taken`), `Aliquot` for rør (`number`, `volume_ml`), og `used_date`. Norske navn går også. Forholdene kan du kalle hva du vil.
#
# `answer` er modellen som tekst mellom tre anførselstegn.

# %% [markdown] lang="en" task="4.4"
# ## 4.4 The biobank (4 points, for the pair)
#
# Work like this: the one with a health background reads the story aloud, sentence by sentence, and is the only one to look at it. The other draws on paper, and may only ask questions. Then write the model together, draw it with `er.parse(answer)`, and let the *first* read the drawing back aloud. Does it agree?
#
# > "A **donor** has a donor id, a sex and a year of birth. The donor **gives consent**, always at least once, but often several times as time goes by: they are numbered 1, 2, 3 … for each donor. We write down the date of the consent, and the date when it was withdrawn, if it was. The consent **applies to** one or more **studies**; a study has a REK number and a title, and may have many consents or none yet. A **sample** has a bar code that is the only one in the biobank, and a time. Each sample is **covered** by one particular consent; that may cover many samples, or none. We **divide** the sample into **aliquots** number 1, 2, 3 … each with its volume, but a sample that has just arrived is not divided. An aliquot is **used up** by at most one study, and then we write down the date. A study may use many aliquots, or none."
#
# Names that are recognised: `Donor` (`donor_id`, `sex`, `birth_year`), `Consent` (`number`, `given_date`, `withdrawn_date`), `Study` (`rek_no`, `title`), `Sample` (`barcode`, `taken`), `Aliquot` (`number`, `volume_ml`), and `used_date`. Norwegian names do as well. Call the relationships what you like.
#
# `answer` is the model as a text between three quotation marks.

# %% task="4.4" points=4 outcomes=["F2"]
### BEGIN SOLUTION
answer = """
entity Donor { donor_id key, sex, birth_year: integer }
entity Study { rek_no key, title }
entity Sample { barcode key, taken: time }
weak entity Consent of Donor 1..n by gives {
    number: integer partial key, given_date: date, withdrawn_date: date
}
weak entity Aliquot of Sample 0..n by divided_into { number: integer partial key, volume_ml: number }
relationship applies_to (Consent 1..n, Study 0..n)
relationship covers (Consent 0..n, Sample 1..1)
relationship uses_up (Study 0..n, Aliquot 0..1) { used_date: date }
"""
### END SOLUTION

# %% check="4.4"
check.er("4.4", answer)

# %% wrong="4.4" nb="Samtykke nummer 1 finnes hos hver eneste giver. Hva kjennes et samtykke igjen på?" en="There is a consent number 1 with every single donor. What is a consent recognised by?"
answer = """
entity Donor { donor_id key, sex, birth_year: integer }
entity Study { rek_no key, title }
entity Sample { barcode key, taken: time }
entity Consent { number: integer key, given_date: date, withdrawn_date: date }
weak entity Aliquot of Sample 0..n by divided_into { number: integer partial key, volume_ml: number }
relationship gives (Donor 1..n, Consent 1..1)
relationship applies_to (Consent 1..n, Study 0..n)
relationship covers (Consent 0..n, Sample 1..1)
relationship uses_up (Study 0..n, Aliquot 0..1) { used_date: date }
"""

# %% wrong="4.4" nb="Prøven har en strekkode som er den eneste i biobanken. Trenger den en eier for å kjennes igjen?" en="The sample has a bar code that is the only one in the biobank. Does it need an owner to be recognised?"
answer = """
entity Donor { donor_id key, sex, birth_year: integer }
entity Study { rek_no key, title }
weak entity Sample of Consent 0..n by covers { barcode partial key, taken: time }
weak entity Consent of Donor 1..n by gives {
    number: integer partial key, given_date: date, withdrawn_date: date
}
weak entity Aliquot of Sample 0..n by divided_into { number: integer partial key, volume_ml: number }
relationship applies_to (Consent 1..n, Study 0..n)
relationship uses_up (Study 0..n, Aliquot 0..1) { used_date: date }
"""

# %% wrong="4.4" nb="Her gjelder et samtykke bare én studie. Hva sa fortellingen?" en="Here a consent applies to one study only. What did the story say?"
answer = """
entity Donor { donor_id key, sex, birth_year: integer }
entity Study { rek_no key, title }
entity Sample { barcode key, taken: time }
weak entity Consent of Donor 1..n by gives {
    number: integer partial key, given_date: date, withdrawn_date: date
}
weak entity Aliquot of Sample 0..n by divided_into { number: integer partial key, volume_ml: number }
relationship applies_to (Consent 1..1, Study 0..n)
relationship covers (Consent 0..n, Sample 1..1)
relationship uses_up (Study 0..n, Aliquot 0..1) { used_date: date }
"""

# %% wrong="4.4" nb="Les hvert forhold høyt begge veier. Er det prøven eller samtykket som kan ha mange?" en="Read each relationship aloud both ways. Is it the sample or the consent that may have many?"
answer = """
entity Donor { donor_id key, sex, birth_year: integer }
entity Study { rek_no key, title }
entity Sample { barcode key, taken: time }
weak entity Consent of Donor 1..n by gives {
    number: integer partial key, given_date: date, withdrawn_date: date
}
weak entity Aliquot of Sample 0..n by divided_into { number: integer partial key, volume_ml: number }
relationship applies_to (Consent 0..n, Study 1..n)
relationship covers (Consent 1..1, Sample 0..n)
relationship uses_up (Study 0..1, Aliquot 0..n) { used_date: date }
"""

# %% [markdown] lang="nb" task="4.5"
# ## 4.5 Tabeller for operasjonsavdelingen (3 poeng)
#
# Lag tabellene. De prøves med rader som *skal* gå inn, og rader som *ikke* skal gå inn; hva du kaller tabeller og kolonner, bestemmer du selv.
#
# - En pasient har fødselsnummer og navn. En ansatt har HPR-nummer, navn og yrke. En operasjonsstue har en kode.
# - En operasjon har et operasjonsnummer, gjelder én pasient, foregår på én stue og har et starttidspunkt. Sluttidspunktet mangler til operasjonen er over, og er aldri før start.
# - To operasjoner kan ikke begynne samtidig på samme stue.
# - Teamet på en operasjon er én eller flere ansatte, hver med én rolle der. Den samme kan være med på mange operasjoner.
# - Vevsprøver nummereres 1, 2, 3 … for hver operasjon, og hver av dem kommer fra ett organ.
#
# Tegn modellen først. `er.parse(…).to_relational().ddl()` tar deg et stykke på vei, men modellen kan ikke si alt i listen: resten må du skrive selv med `NOT NULL`, `UNIQUE` og `CHECK`. Cellen under gir deg `attempt`, som prøver rader én for én i en tom database: `attempt(answer, "INSERT INTO …", "INSERT INTO …")`.
#
# `answer` er `CREATE TABLE`-setningene som én tekst.

# %% [markdown] lang="en" task="4.5"
# ## 4.5 Tables for the operating department (3 points)
#
# Make the tables. They are tried with rows that *must* get in, and rows that must *not*; what you call tables and columns is up to you.
#
# - A patient has a national identity number (fnr) and a name. A member of staff has a health personnel number (HPR), a name and a profession. An operating theatre has a code.
# - An operation has an operation number, concerns one patient, takes place in one theatre and has a start time. The stop time is missing until the operation is over, and is never before the start.
# - Two operations cannot begin at the same time in the same theatre.
# - The team of an operation is one or more members of staff, each with one role there. The same person may be in many operations.
# - Tissue samples are numbered 1, 2, 3 … for each operation, and each comes from one organ.
#
# Draw the model first. `er.parse(…).to_relational().ddl()` takes you some of the way, but the model cannot say everything in the list: the rest you must write yourself with `NOT NULL`, `UNIQUE` and `CHECK`. The cell below gives you `attempt`, which tries rows one by one in an empty database: `attempt(answer, "INSERT INTO …", "INSERT INTO …")`.
#
# `answer` is the `CREATE TABLE` statements as one text.


# %%
def attempt(tables, *rows):
    """Try rows one by one in an empty database with these tables."""
    database = practice("duckdb").connect()
    database.execute(tables)
    return {row: refused(database, row) or "OK" for row in rows}


# %% task="4.5" points=3 outcomes=["F2", "K6"]
### BEGIN SOLUTION
answer = """
CREATE TABLE patient (fnr TEXT PRIMARY KEY, name TEXT);
CREATE TABLE staff (hpr TEXT PRIMARY KEY, name TEXT, profession TEXT);
CREATE TABLE theatre (code TEXT PRIMARY KEY);
CREATE TABLE operation (
    number INTEGER PRIMARY KEY,
    fnr TEXT NOT NULL REFERENCES patient,
    theatre_code TEXT NOT NULL REFERENCES theatre,
    start_time TIMESTAMP NOT NULL,
    stop_time TIMESTAMP,
    UNIQUE (theatre_code, start_time),
    CHECK (stop_time >= start_time)
);
CREATE TABLE team (
    operation_number INTEGER REFERENCES operation,
    hpr TEXT REFERENCES staff,
    role TEXT,
    PRIMARY KEY (operation_number, hpr)
);
CREATE TABLE tissue_sample (
    operation_number INTEGER REFERENCES operation,
    number INTEGER,
    organ TEXT,
    PRIMARY KEY (operation_number, number)
);
"""
probes = (
    answer
    + """
INSERT INTO patient VALUES ('01877012345', 'Åse'), ('14889112345', 'Odd');
INSERT INTO staff VALUES ('9900001', 'Kari', 'nurse'), ('9900002', 'Liv', 'surgeon');
INSERT INTO theatre VALUES ('S1'), ('S2');
-- accept: En operasjon som ikke er ferdig. | An operation that is not over.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
-- accept: Samme pasient operert to ganger. | The same patient operated on twice.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', '2024-03-04 09:00:00');
INSERT INTO operation VALUES (2, '01877012345', 'S1', '2024-03-08 08:00:00', '2024-03-08 09:30:00');
-- accept: To operasjoner som begynner samtidig på hver sin stue. | Two operations that begin at once in a theatre each.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO operation VALUES (2, '14889112345', 'S2', '2024-03-04 08:00:00', NULL);
-- refuse: To operasjoner som begynner samtidig på samme stue. | Two operations that begin at once in the same theatre.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO operation VALUES (2, '14889112345', 'S1', '2024-03-04 08:00:00', NULL);
-- refuse: En operasjon som slutter før den begynner. | An operation that stops before it starts.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', '2024-03-04 07:00:00');
-- refuse: En operasjon uten pasient. | An operation without a patient.
INSERT INTO operation VALUES (1, NULL, 'S1', '2024-03-04 08:00:00', NULL);
-- refuse: En operasjon på en stue som ikke finnes. | An operation in a theatre that does not exist.
INSERT INTO operation VALUES (1, '01877012345', 'S9', '2024-03-04 08:00:00', NULL);
-- refuse: To operasjoner med samme nummer. | Two operations with one number.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO operation VALUES (1, '14889112345', 'S2', '2024-03-05 08:00:00', NULL);
-- accept: To i teamet, og den ene også på en annen operasjon. | Two in the team, and one of them in another operation too.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO operation VALUES (2, '14889112345', 'S2', '2024-03-05 08:00:00', NULL);
INSERT INTO team VALUES (1, '9900001', 'scrub nurse'), (1, '9900002', 'surgeon');
INSERT INTO team VALUES (2, '9900001', 'scrub nurse');
-- refuse: Samme person to ganger i ett team. | The same person twice in one team.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO team VALUES (1, '9900001', 'scrub nurse');
INSERT INTO team VALUES (1, '9900001', 'surgeon');
-- refuse: En ukjent person i teamet. | An unknown person in the team.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO team VALUES (1, '9900009', 'surgeon');
-- accept: Vevsprøve nummer 1 fra to operasjoner. | Tissue sample number 1 of two operations.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO operation VALUES (2, '14889112345', 'S2', '2024-03-05 08:00:00', NULL);
INSERT INTO tissue_sample VALUES (1, 1, 'colon');
INSERT INTO tissue_sample VALUES (2, 1, 'thyroid');
-- refuse: To vevsprøver nummer 1 fra samme operasjon. | Two tissue samples number 1 of one operation.
INSERT INTO operation VALUES (1, '01877012345', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO tissue_sample VALUES (1, 1, 'colon');
INSERT INTO tissue_sample VALUES (1, 1, 'liver');
-- refuse: En vevsprøve uten operasjon. | A tissue sample without an operation.
INSERT INTO tissue_sample VALUES (NULL, 1, 'colon');
"""
)
### END SOLUTION

# %% check="4.5"
check.schema("4.5", answer)

# %% wrong="4.5" nb="Her blir kirurgen og sykepleieren én kolonne hver, og den tredje får ikke plass. Hva slags forhold er det mellom operasjon og ansatt?" en="Here surgeon and nurse become a column each, and the third finds no room. What sort of relationship is there between operation and staff?"
answer = """
CREATE TABLE patient (fnr TEXT PRIMARY KEY, name TEXT);
CREATE TABLE staff (hpr TEXT PRIMARY KEY, name TEXT, profession TEXT);
CREATE TABLE theatre (code TEXT PRIMARY KEY);
CREATE TABLE operation (
    number INTEGER PRIMARY KEY,
    fnr TEXT NOT NULL REFERENCES patient,
    theatre_code TEXT NOT NULL REFERENCES theatre,
    start_time TIMESTAMP NOT NULL,
    stop_time TIMESTAMP,
    surgeon_hpr TEXT REFERENCES staff,
    nurse_hpr TEXT REFERENCES staff,
    UNIQUE (theatre_code, start_time),
    CHECK (stop_time >= start_time)
);
CREATE TABLE tissue_sample (
    operation_number INTEGER REFERENCES operation,
    number INTEGER,
    organ TEXT,
    PRIMARY KEY (operation_number, number)
);
"""

# %% wrong="4.5" nb="Tabellene er der. Men hva stopper to operasjoner på samme stue til samme tid, og en operasjon som slutter før den begynner?" en="The tables are there. But what stops two operations in one theatre at one time, and an operation that stops before it starts?"
answer = """
CREATE TABLE patient (fnr TEXT PRIMARY KEY, name TEXT);
CREATE TABLE staff (hpr TEXT PRIMARY KEY, name TEXT, profession TEXT);
CREATE TABLE theatre (code TEXT PRIMARY KEY);
CREATE TABLE operation (
    number INTEGER PRIMARY KEY,
    fnr TEXT NOT NULL REFERENCES patient,
    theatre_code TEXT NOT NULL REFERENCES theatre,
    start_time TIMESTAMP NOT NULL,
    stop_time TIMESTAMP
);
CREATE TABLE team (
    operation_number INTEGER REFERENCES operation,
    hpr TEXT REFERENCES staff,
    role TEXT,
    PRIMARY KEY (operation_number, hpr)
);
CREATE TABLE tissue_sample (
    operation_number INTEGER REFERENCES operation,
    number INTEGER,
    organ TEXT,
    PRIMARY KEY (operation_number, number)
);
"""

# %% wrong="4.5" nb="Vevsprøve nummer 1 finnes ved hver operasjon. Er nummeret alene nok som nøkkel?" en="There is a tissue sample number 1 at each operation. Is the number alone enough for a key?"
answer = """
CREATE TABLE patient (fnr TEXT PRIMARY KEY, name TEXT);
CREATE TABLE staff (hpr TEXT PRIMARY KEY, name TEXT, profession TEXT);
CREATE TABLE theatre (code TEXT PRIMARY KEY);
CREATE TABLE operation (
    number INTEGER PRIMARY KEY,
    fnr TEXT NOT NULL REFERENCES patient,
    theatre_code TEXT NOT NULL REFERENCES theatre,
    start_time TIMESTAMP NOT NULL,
    stop_time TIMESTAMP,
    UNIQUE (theatre_code, start_time),
    CHECK (stop_time >= start_time)
);
CREATE TABLE team (
    operation_number INTEGER REFERENCES operation,
    hpr TEXT REFERENCES staff,
    role TEXT,
    PRIMARY KEY (operation_number, hpr)
);
CREATE TABLE tissue_sample (
    number INTEGER PRIMARY KEY,
    operation_number INTEGER NOT NULL REFERENCES operation,
    organ TEXT
);
"""

# %% [markdown] lang="nb" task="4.6"
# ## 4.6 Kandidatnøkler (2 poeng)
#
# Operasjonsplanen er et regneark med fem kolonner: **O** operasjonsnummer, **S** stue, **T** starttidspunkt, **K** kirurgens HPR-nummer og **N** kirurgens navn. Reglene:
#
# - Et operasjonsnummer gis til én operasjon, og den har én stue, ett starttidspunkt og én kirurg.
# - På en stue begynner høyst én operasjon om gangen.
# - En kirurg begynner på høyst én operasjon om gangen.
# - Et HPR-nummer hører til én person med ett navn. To kirurger kan hete det samme.
#
# Skriv reglene som funksjonelle avhengigheter. Hvilke **kandidatnøkler** har planen? `answer` er en mengde tekster, med bokstavene i hver nøkkel i alfabetisk rekkefølge, som `{"NO", "T"}`. Finn dem selv før du bruker `normal.candidate_keys`.

# %% [markdown] lang="en" task="4.6"
# ## 4.6 Candidate keys (2 points)
#
# The operating list is a spreadsheet with five columns: **O** operation number, **S** theatre (*stue*), **T** start time, **K** the surgeon's (*kirurg*) HPR number and **N** the surgeon's name. The rules:
#
# - An operation number is given to one operation, which has one theatre, one start time and one surgeon.
# - In a theatre at most one operation begins at a time.
# - A surgeon begins at most one operation at a time.
# - An HPR number belongs to one person with one name. Two surgeons may have the same name.
#
# Write the rules as functional dependencies. Which **candidate keys** does the list have? `answer` is a set of texts, with the letters of each key in alphabetical order, such as `{"NO", "T"}`. Find them yourself before you use `normal.candidate_keys`.

# %% task="4.6" points=2 outcomes=["F2", "K6"]
### BEGIN SOLUTION
keys = normal.candidate_keys("OSTKN", "O->STK, ST->O, KT->O, K->N")
answer = {normal.show(key) for key in keys}
### END SOLUTION

# %% check="4.6"
check("4.6", answer)

# %% wrong="4.6" nb="Operasjonsnummeret er én nøkkel. Hva mer kan du vite om en operasjon slik at det bare kan være den?" en="The operation number is one key. What else could you know of an operation so that it can only be that one?"
answer = {"O"}

# %% wrong="4.6" nb="Kan to kirurger med samme navn begynne samtidig?" en="Can two surgeons with the same name begin at the same time?"
answer = {"O", "ST", "KT", "NT"}

# %% wrong="4.6" nb="Ta bort én bokstav om gangen fra den lengste. Skiller resten fortsatt alle radene?" en="Take one letter at a time from the longest. Does the rest still tell all rows apart?"
answer = {"O", "KST"}

# %% wrong="4.6" nb="Les den tredje regelen en gang til." en="Read the third rule again."
answer = {"O", "ST"}

# %% [markdown] lang="nb" task="4.7"
# ## 4.7 Hvilken normalform? (2 poeng)
#
# Sett den **høyeste** normalformen for hver tabell: `"1NF"`, `"2NF"`, `"3NF"` eller `"BCNF"`. Det er ingen andre avhengigheter enn dem som står der.
#
# - **a** Legemiddelkurve: pasient, legemiddel, tidspunkt, dose, legemidlets navn. Nøkkelen er pasient, legemiddel og tidspunkt. Legemidlet (ATC-koden) bestemmer navnet.
# - **b** Opphold: opphold, pasient, sengepost, postens telefonnummer. Nøkkelen er opphold. Sengeposten bestemmer telefonnummeret; flere poster kan dele telefon.
# - **c** Prøvesvar: prøve, analytt, verdi. Nøkkelen er prøve og analytt.
# - **d** Rehabilitering: pasient, fag, behandler. Hver pasient har én behandler i hvert fag. Hver behandler arbeider i ett fag.
#
# `answer` er en ordbok, som `{"a": "2NF", …}`.

# %% [markdown] lang="en" task="4.7"
# ## 4.7 Which normal form? (2 points)
#
# Give the **highest** normal form of each table: `"1NF"`, `"2NF"`, `"3NF"` or `"BCNF"`. There are no other dependencies than those given.
#
# - **a** Medication chart: patient, drug, time, dose, name of the drug. The key is patient, drug and time. The drug (its ATC code) determines the name.
# - **b** Stays: stay, patient, ward, the ward's telephone number. The key is stay. The ward determines the telephone number; several wards may share a telephone.
# - **c** Results: sample, analyte, value. The key is sample and analyte.
# - **d** Rehabilitation: patient, discipline, therapist. Each patient has one therapist in each discipline. Each therapist works in one discipline.
#
# `answer` is a dictionary, such as `{"a": "2NF", …}`.

# %% task="4.7" points=2 outcomes=["F2", "K6"]
### BEGIN SOLUTION
tables = {
    "a": ("PLTDN", "PLT->D, L->N"),
    "b": ("OPST", "O->PST, S->T"),
    "c": ("PAV", "PA->V"),
    "d": ("PFB", "PF->B, B->F"),
}
answer = {name: normal.normal_form(*table) for name, table in tables.items()}
### END SOLUTION

# %% check="4.7"
check("4.7", answer)

# %% wrong="4.7" nb="I a henger navnet på legemidlet alene. Er legemidlet hele nøkkelen?" en="In a the name hangs on the drug alone. Is the drug the whole key?"
answer = {"a": "2NF", "b": "2NF", "c": "BCNF", "d": "3NF"}

# %% wrong="4.7" nb="I b er nøkkelen bare én kolonne, så ingenting kan henge på en del av den. Hva henger telefonnummeret på?" en="In b the key is a single column, so nothing can hang on a part of it. What does the telephone number hang on?"
answer = {"a": "1NF", "b": "3NF", "c": "BCNF", "d": "3NF"}

# %% wrong="4.7" nb="Se på d: er behandleren alene en nøkkel? Hva krever BCNF av venstresiden i hver avhengighet?" en="Look at d: is the therapist alone a key? What does BCNF demand of the left side of each dependency?"
answer = {"a": "1NF", "b": "2NF", "c": "BCNF", "d": "BCNF"}

# %% wrong="4.7" nb="I d er fag med i en kandidatnøkkel. Teller det da som et brudd på tredje normalform?" en="In d discipline is part of a candidate key. Does it then count against third normal form?"
answer = {"a": "1NF", "b": "2NF", "c": "BCNF", "d": "2NF"}

# %% [markdown] lang="nb" task="4.8"
# ## 4.8 Fra FHIR til tabell (3 poeng)
#
# I FHIR kommer et blodtrykk som én `Observation` med en liste `component`. Cellen under viser en. Skriv en funksjon `components(observation)` som gjør den om til en DataFrame med **én rad for hver `component`**, i samme rekkefølge, med kolonnene
#
# - `observation_id`: ressursens `id`
# - `component_no`: 1, 2, 3 …
# - `code`: koden som har `"system": "http://loinc.org"`, `None` hvis ingen har det. En `coding` kan ha flere koder, og LOINC står ikke alltid først.
# - `value`: tallet (`value`) i `valueQuantity`, `None` hvis det mangler
#
# `answer` er funksjonen: `answer = components`.

# %% [markdown] lang="en" task="4.8"
# ## 4.8 From FHIR to a table (3 points)
#
# In FHIR a blood pressure comes as one `Observation` with a list `component`. The cell below shows one. Write a function `components(observation)` that turns it into a DataFrame with **one row for each `component`**, in the same order, with the columns
#
# - `observation_id`: the resource's `id`
# - `component_no`: 1, 2, 3 …
# - `code`: the code that has `"system": "http://loinc.org"`, `None` if none has. A `coding` may have several codes, and LOINC does not always come first.
# - `value`: the number (`value`) in `valueQuantity`, `None` if it is missing
#
# `answer` is the function: `answer = components`.

# %%
LOINC = "http://loinc.org"
pressure = {
    "resourceType": "Observation",
    "id": "bp-1",
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
            "valueQuantity": {"value": 132, "unit": "mmHg"},
        },
        {
            "code": {
                "coding": [
                    {"system": "urn:local", "code": "dia"},
                    {"system": LOINC, "code": "8462-4"},
                ]
            },
            "valueQuantity": {"unit": "mmHg"},
        },
    ],
}
interop.tree(pressure)


# %% task="4.8" points=3 outcomes=["F2", "K6"]
### BEGIN SOLUTION
def components(observation):
    """Make a table of an Observation's components, one row each."""
    rows = []
    for number, component in enumerate(observation["component"], start=1):
        codings = component["code"]["coding"]
        code = next((one["code"] for one in codings if one["system"] == LOINC), None)
        value = component["valueQuantity"].get("value")
        rows.append((observation["id"], number, code, value))
    return pd.DataFrame(rows, columns=["observation_id", "component_no", "code", "value"])


answer = components
### END SOLUTION

# %% check="4.8"
check.function(
    "4.8", answer, cases=25,
    inputs=[{"dict": {
        "id": {"one_of": ["bp-1", "bp-2"]},
        "component": {"length": [1, 4], "list": {"dict": {
            "code": {"one_of": [
                {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
                {"coding": [{"system": "urn:local", "code": "puls"}]},
                {"coding": [{"system": "urn:local", "code": "dia"},
                            {"system": "http://loinc.org", "code": "8462-4"}]},
            ]},
            "valueQuantity": {"one_of": [
                {"value": 118, "unit": "mmHg"}, {"value": 76, "unit": "mmHg"}, {"unit": "mmHg"},
            ]},
        }}},
    }}],
)  # fmt: skip


# %% wrong="4.8" nb="Står LOINC alltid først i listen?" en="Does LOINC always come first in the list?"
def components(observation):
    rows = []
    for number, component in enumerate(observation["component"], start=1):
        code = component["code"]["coding"][0]["code"]
        value = component["valueQuantity"].get("value")
        rows.append((observation["id"], number, code, value))
    return pd.DataFrame(rows, columns=["observation_id", "component_no", "code", "value"])


answer = components


# %% wrong="4.8" nb="En måling uten verdi er også en rad. Hvor ble den av?" en="A component without a value is a row too. What became of it?"
def components(observation):
    rows = []
    for number, component in enumerate(observation["component"], start=1):
        if "value" not in component["valueQuantity"]:
            continue
        codings = component["code"]["coding"]
        code = next((one["code"] for one in codings if one["system"] == LOINC), None)
        rows.append((observation["id"], number, code, component["valueQuantity"]["value"]))
    return pd.DataFrame(rows, columns=["observation_id", "component_no", "code", "value"])


answer = components


# %% wrong="4.8" nb="Her blir det én rad for hver kode. Hva skal en rad være?" en="Here there is one row for each code. What is a row to be?"
def components(observation):
    rows = []
    for number, component in enumerate(observation["component"], start=1):
        value = component["valueQuantity"].get("value")
        for coding in component["code"]["coding"]:
            code = coding["code"] if coding["system"] == LOINC else None
            rows.append((observation["id"], number, code, value))
    return pd.DataFrame(rows, columns=["observation_id", "component_no", "code", "value"])


answer = components


# %% wrong="4.8" nb="Tabellen teller fra 1. Hva gir `enumerate` uten mer?" en="The table counts from 1. What does `enumerate` give by itself?"
def components(observation):
    rows = []
    for number, component in enumerate(observation["component"]):
        codings = component["code"]["coding"]
        code = next((one["code"] for one in codings if one["system"] == LOINC), None)
        value = component["valueQuantity"].get("value")
        rows.append((observation["id"], number, code, value))
    return pd.DataFrame(rows, columns=["observation_id", "component_no", "code", "value"])


answer = components

# %% [markdown] lang="nb" task="4.9"
# ## 4.9 Les arketypen (1 poeng)
#
# Cellen under tegner arketypen fra leksjonen. Hva kan registreres i et system som er bygd på den? Sett `True` (lar seg gjøre) eller `False`:
#
# - **a** et systolisk trykk alene, fordi det diastoliske ikke lot seg høre
# - **b** tre målinger i samme registrering
# - **c** en måling der ingen har skrevet ned stillingen
# - **d** to kommentarer til én måling
# - **e** trykket i kPa
# - **f** forskjellig mansjett for hver av tre målinger i samme registrering
#
# `answer` er en ordbok, som `{"a": True, …}`. Les av tegningen først. Etterpå kan du prøve med `validate`, men ett av svarene finner du bare ved å se *hvor* i treet noe står.

# %% [markdown] lang="en" task="4.9"
# ## 4.9 Read the archetype (1 point)
#
# The cell below draws the archetype of the lesson. What may be recorded in a system that is built on it? Put `True` (it can be done) or `False`:
#
# - **a** a systolic pressure alone, since the diastolic one could not be heard
# - **b** three measurements in one recording
# - **c** a measurement where nobody has written down the position
# - **d** two comments on one measurement
# - **e** the pressure in kPa
# - **f** a different cuff for each of three measurements in one recording
#
# `answer` is a dictionary, such as `{"a": True, …}`. Read the drawing first. Afterwards you may try with `validate`, but one of the answers is found only by seeing *where* in the tree something stands.

# %%
interop.archetype.example()

# %% task="4.9" points=1 outcomes=["F2"]
### BEGIN SOLUTION
answer = {"a": False, "b": True, "c": True, "d": True, "e": False, "f": False}
### END SOLUTION

# %% check="4.9"
check("4.9", answer)

# %% wrong="4.9" nb="Hva betyr `1..1` ved det diastoliske trykket?" en="What does `1..1` mean beside the diastolic pressure?"
answer = {"a": True, "b": True, "c": True, "d": True, "e": False, "f": False}

# %% wrong="4.9" nb="Mansjetten står under «Metode». Er den inne i målingen, som kan gjentas, eller utenfor?" en="The cuff stands under \"Method\". Is it inside the measurement, which may be repeated, or outside?"
answer = {"a": False, "b": True, "c": True, "d": True, "e": False, "f": True}

# %% wrong="4.9" nb="Hva er forskjellen på `0..1`, `0..*` og `1..*`?" en="What is the difference between `0..1`, `0..*` and `1..*`?"
answer = {"a": False, "b": False, "c": False, "d": False, "e": False, "f": False}

# %% [markdown] lang="nb"
# Ferdig? Startsiden viser hva som er gjort i modulen, og hva neste steg er.

# %% [markdown] lang="en"
# Finished? The start page shows what is done in the module and what the next step is.
