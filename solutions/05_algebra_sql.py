# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown] lang="nb"
# # Oppgaver til modul 5 · SQL
#
# Ni spørsmål fra klinikk og forvaltning. Svaret på hver oppgave er **teksten til en spørring** (bortsett fra 5.4, som skal ha et tall). Skriv den mellom tre anførselstegn, `answer = """SELECT …"""`, kjør cellen, og kjør så cellen under: den sier hva som stemmer, og hva du bør se nærmere på.
#
# Prøv deg fram i en egen celle med `%%sql` først. Kolonnene skal hete det oppgaven sier. Rekkefølgen på radene spiller ingen rolle.
#
# Tabellene og kolonnene er beskrevet i dataordboken, som startsiden lenker til. Registeruttrekkene `npr`, `lmr` og `dar` deler pseudonym. Journaltabellene `patient`, `encounter`, `diagnosis` og `lab_result` har sitt eget pasientnummer.

# %% [markdown] lang="en"
# # Exercises for module 5 · SQL
#
# Nine questions from clinic and administration. The answer to each task is **the text of a query** (except 5.4, which takes a number). Write it between three quotation marks, `answer = """SELECT …"""`, run the cell, and then run the cell below it: it tells you what agrees and what to look at again.
#
# Try things out in a cell of your own with `%%sql` first. Columns must have the names that the task gives. The order of rows does not matter.
#
# The tables and columns are described in the data dictionary, which the start page links to. The registry extracts `npr`, `lmr` and `dar` share a pseudonym. The record tables `patient`, `encounter`, `diagnosis` and `lab_result` have a patient number of their own.

# %%
from labkit import connect, exercise

con = connect()
check = exercise("05_algebra_sql", lang=LANG)

# %%
# %load_ext labkit.sql

# %% [markdown] lang="nb" task="5.1"
# ## 5.1 Hoftebrudd (1 poeng)
#
# Ortopeden vil ha en liste: alle **døgnopphold** i `npr` fra og med 2023 (innlagt 1. januar 2023 eller senere) med hoftebrudd som hoveddiagnose. Koder for hoftebrudd begynner på S72. Kolonner: `opphold_id`, `inntid`, `kommune`.

# %% [markdown] lang="en" task="5.1"
# ## 5.1 Hip fractures (1 point)
#
# The orthopaedic surgeon wants a list: all **inpatient stays** in `npr` from 2023 on (admitted 1 January 2023 or later) with hip fracture as the main diagnosis. Hip fracture codes begin with S72. Columns: `opphold_id`, `inntid`, `kommune`.

# %% task="5.1" points=1 outcomes=["F3"]
### BEGIN SOLUTION
answer = """
SELECT opphold_id, inntid, kommune
FROM npr
WHERE hoveddiagnose LIKE 'S72%' AND omsorgsniva = 1 AND inntid >= DATE '2023-01-01'
"""
### END SOLUTION

# %% check="5.1"
check.sql("5.1", answer)

# %% wrong="5.1" nb="Er hele koden S72, eller begynner den bare slik?" en="Is the whole code S72, or does it only begin like that?"
answer = """
SELECT opphold_id, inntid, kommune
FROM npr
WHERE hoveddiagnose = 'S72' AND omsorgsniva = 1 AND inntid >= DATE '2023-01-01'
"""

# %% wrong="5.1" nb="Kontroll på poliklinikken er også en rad i npr. Hvilket omsorgsnivå spør ortopeden om?" en="A check-up at the outpatient clinic is a row of npr too. Which level of care does the surgeon ask about?"
answer = """
SELECT opphold_id, inntid, kommune
FROM npr
WHERE hoveddiagnose LIKE 'S72%' AND inntid >= DATE '2023-01-01'
"""

# %% wrong="5.1" nb="Hva betyr «fra og med 2023»?" en="What does «from 2023 on» include?"
answer = """
SELECT opphold_id, inntid, kommune
FROM npr
WHERE hoveddiagnose LIKE 'S72%' AND omsorgsniva = 1 AND inntid >= DATE '2024-01-01'
"""

# %% [markdown] lang="nb" task="5.2"
# ## 5.2 Opphold og mennesker (2 poeng)
#
# Avdelingslederen skal planlegge senger *og* pasientskoler, og trenger to tall for hvert år: hvor mange døgnopphold begynte det året, og hvor mange forskjellige pasienter gjaldt de? Kolonner: `year` (året i `inntid`), `stays`, `patients`.

# %% [markdown] lang="en" task="5.2"
# ## 5.2 Stays and people (2 points)
#
# The head of department plans beds *and* patient education, and needs two numbers for each year: how many inpatient stays began that year, and how many different patients were they about? Columns: `year` (the year of `inntid`), `stays`, `patients`.

# %% task="5.2" points=2 outcomes=["F3"]
### BEGIN SOLUTION
answer = """
SELECT year(inntid) AS year, count(*) AS stays, count(DISTINCT pasient_id) AS patients
FROM npr
WHERE omsorgsniva = 1
GROUP BY year(inntid)
"""
### END SOLUTION

# %% check="5.2"
check.sql("5.2", answer)

# %% wrong="5.2" nb="Den som var innlagt tre ganger, er fortsatt ett menneske. Hva teller du i den siste kolonnen?" en="Someone admitted three times is still one person. What do you count in the last column?"
answer = """
SELECT year(inntid) AS year, count(*) AS stays, count(pasient_id) AS patients
FROM npr
WHERE omsorgsniva = 1
GROUP BY year(inntid)
"""

# %% wrong="5.2" nb="Ligger alle som står i npr, i en seng om natten?" en="Does everyone in npr spend the night in a bed?"
answer = """
SELECT year(inntid) AS year, count(*) AS stays, count(DISTINCT pasient_id) AS patients
FROM npr
GROUP BY year(inntid)
"""

# %% wrong="5.2" nb="Hvilket år hører et opphold til som begynner nyttårsaften? Les oppgaven en gang til." en="Which year does a stay belong to that begins on New Year's Eve? Read the task again."
answer = """
SELECT year(uttid) AS year, count(*) AS stays, count(DISTINCT pasient_id) AS patients
FROM npr
WHERE omsorgsniva = 1
GROUP BY year(uttid)
"""

# %% [markdown] lang="nb" task="5.3"
# ## 5.3 Prøver uten svar (2 poeng)
#
# Laboratoriet spør hvor mange prøver som ikke lot seg analysere. I `lab_result` er `value` NULL for dem. For hver analytt: hvor mange resultater finnes det i alt, og hvor mange mangler verdi? Ta med analytter der ingen mangler. Kolonner: `analyte`, `results`, `missing`.

# %% [markdown] lang="en" task="5.3"
# ## 5.3 Samples without an answer (2 points)
#
# The laboratory asks how many samples could not be analysed. In `lab_result` their `value` is NULL. For each analyte: how many results are there in all, and how many lack a value? Include analytes where none is missing. Columns: `analyte`, `results`, `missing`.

# %% task="5.3" points=2 outcomes=["F3", "K4"]
### BEGIN SOLUTION
answer = """
SELECT analyte, count(*) AS results, count(*) - count(value) AS missing
FROM lab_result
GROUP BY analyte
"""
### END SOLUTION

# %% check="5.3"
check.sql("5.3", answer)

# %% wrong="5.3" nb="Er noe noen gang lik NULL? Se på treverdilogikken i leksjonen." en="Is anything ever equal to NULL? Look at three-valued logic in the lesson."
answer = """
SELECT analyte, count(*) AS results, count(CASE WHEN value = NULL THEN 1 END) AS missing
FROM lab_result
GROUP BY analyte
"""

# %% wrong="5.3" nb="Hvor ble det av analyttene der ingen prøver mangler?" en="What became of the analytes where no sample is missing?"
answer = """
SELECT analyte, count(*) AS results, count(*) - count(value) AS missing
FROM lab_result
GROUP BY analyte
HAVING count(*) > count(value)
"""

# %% wrong="5.3" nb="count(kolonne) hopper over NULL. Hvilke resultater teller du i «results»?" en="count(column) skips NULL. Which results do you count in «results»?"
answer = """
SELECT analyte, count(value) AS results, count(*) - count(value) AS missing
FROM lab_result
GROUP BY analyte
"""

# %% [markdown] lang="nb" task="5.4"
# ## 5.4 Liggetid ved hjertesvikt (1 poeng)
#
# Hva er **median** liggetid, i døgn med desimaler, for døgnopphold med hjertesvikt (I50) som hoveddiagnose? Regn liggetiden fra minuttene mellom `inntid` og `uttid`: et døgn har 1440. Svaret er et tall, så her kan du lagre tabellen, `stays = con.sql("…").df()`, og hente tallet ut av den, `stays["days"][0]`. Ta med minst tre desimaler.

# %% [markdown] lang="en" task="5.4"
# ## 5.4 Length of stay in heart failure (1 point)
#
# What is the **median** length of stay, in days with decimals, of inpatient stays with heart failure (I50) as the main diagnosis? Work it out from the minutes between `inntid` and `uttid`: a day has 1440. The answer is a number, so here you can keep the table, `stays = con.sql("…").df()`, and take the number out of it, `stays["days"][0]`. Give at least three decimals.

# %% task="5.4" points=1 outcomes=["F3", "F4"]
### BEGIN SOLUTION
stays = con.sql("""
    SELECT median(date_diff('minute', inntid, uttid)) / 1440 AS days
    FROM npr
    WHERE hoveddiagnose LIKE 'I50%' AND omsorgsniva = 1
""").df()
answer = stays["days"][0]
### END SOLUTION

# %% check="5.4"
check("5.4", answer, tolerance=0.002)

# %% wrong="5.4" nb="Noen få svært lange opphold trekker gjennomsnittet opp. Hva ba oppgaven om?" en="A few very long stays pull the mean up. What did the task ask for?"
stays = con.sql("""
    SELECT avg(date_diff('minute', inntid, uttid)) / 1440 AS days
    FROM npr
    WHERE hoveddiagnose LIKE 'I50%' AND omsorgsniva = 1
""").df()
answer = stays["days"][0]

# %% wrong="5.4" nb="Her er polikliniske kontakter også med, og de varer en time." en="Outpatient contacts are in here too, and they last an hour."
stays = con.sql("""
    SELECT median(date_diff('minute', inntid, uttid)) / 1440 AS days
    FROM npr
    WHERE hoveddiagnose LIKE 'I50%'
""").df()
answer = stays["days"][0]

# %% wrong="5.4" nb="Er tallet ditt i timer eller i døgn?" en="Is your number in hours or in days?"
stays = con.sql("""
    SELECT median(date_diff('minute', inntid, uttid)) / 60 AS days
    FROM npr
    WHERE hoveddiagnose LIKE 'I50%' AND omsorgsniva = 1
""").df()
answer = stays["days"][0]

# %% [markdown] lang="nb" task="5.5"
# ## 5.5 Diabetes uten blodprøve (3 poeng)
#
# Fastlegene i regionen vil vite hvem som ikke blir fulgt opp. Ta alle pasienter med type 2-diabetes, her: minst én kontakt med diagnosekoden T90 (ICPC-2) som begynte i 2023. For hver av dem: hvor mange HbA1c-resultater (`analyte = 'hba1c'`) ble tatt i 2024? **Den som ingen har, skal stå med 0.** En prøve som er tatt uten å gi svar, teller også. Kolonner: `patient_id`, `results`.

# %% [markdown] lang="en" task="5.5"
# ## 5.5 Diabetes without a blood test (3 points)
#
# The GPs of the region want to know who is not followed up. Take all patients with type 2 diabetes, here: at least one encounter with the diagnosis code T90 (ICPC-2) that began in 2023. For each of them: how many HbA1c results (`analyte = 'hba1c'`) were taken in 2024? **Someone who has none must stand there with 0.** A sample that was taken without giving an answer counts too. Columns: `patient_id`, `results`.

# %% task="5.5" points=3 outcomes=["F3"]
### BEGIN SOLUTION
answer = """
WITH diabetes AS (
    SELECT DISTINCT patient_id
    FROM encounter JOIN diagnosis USING (encounter_id)
    WHERE code = 'T90' AND year(start_time) = 2023
)
SELECT diabetes.patient_id, count(lab_result_id) AS results
FROM diabetes
LEFT JOIN lab_result
    ON lab_result.patient_id = diabetes.patient_id
    AND analyte = 'hba1c' AND year(taken_time) = 2024
GROUP BY diabetes.patient_id
"""
### END SOLUTION

# %% check="5.5"
check.sql("5.5", answer)

# %% wrong="5.5" nb="Hva skjedde med dem som ikke fikk tatt prøven i 2024? Se både på koblingen og på WHERE." en="What became of those who had no test in 2024? Look at the join, and at WHERE."
answer = """
WITH diabetes AS (
    SELECT DISTINCT patient_id
    FROM encounter JOIN diagnosis USING (encounter_id)
    WHERE code = 'T90' AND year(start_time) = 2023
)
SELECT diabetes.patient_id, count(lab_result_id) AS results
FROM diabetes
JOIN lab_result
    ON lab_result.patient_id = diabetes.patient_id
    AND analyte = 'hba1c' AND year(taken_time) = 2024
GROUP BY diabetes.patient_id
"""

# %% wrong="5.5" nb="En rad der alt til høyre er NULL, er også en rad. Hva teller count(*)?" en="A row where everything on the right is NULL is a row too. What does count(*) count?"
answer = """
WITH diabetes AS (
    SELECT DISTINCT patient_id
    FROM encounter JOIN diagnosis USING (encounter_id)
    WHERE code = 'T90' AND year(start_time) = 2023
)
SELECT diabetes.patient_id, count(*) AS results
FROM diabetes
LEFT JOIN lab_result
    ON lab_result.patient_id = diabetes.patient_id
    AND analyte = 'hba1c' AND year(taken_time) = 2024
GROUP BY diabetes.patient_id
"""

# %% wrong="5.5" nb="Den som var tre ganger hos legen i 2023, får hver prøve talt tre ganger. Hvor mange rader har du per pasient før du kobler?" en="Someone who saw the doctor three times in 2023 has every test counted three times. How many rows per patient do you have before you join?"
answer = """
SELECT encounter.patient_id, count(lab_result_id) AS results
FROM encounter
JOIN diagnosis ON diagnosis.encounter_id = encounter.encounter_id
LEFT JOIN lab_result
    ON lab_result.patient_id = encounter.patient_id
    AND analyte = 'hba1c' AND year(taken_time) = 2024
WHERE code = 'T90' AND year(start_time) = 2023
GROUP BY encounter.patient_id
"""

# %% [markdown] lang="nb" task="5.6"
# ## 5.6 Statin etter infarkt, kommune for kommune (3 poeng)
#
# Hvor stor andel av dem som fikk hjerteinfarkt, hentet ut et statin innen 90 dager? Bygg videre på leksjonen:
#
# - Personene er de som har et døgnopphold i `npr` med I21 som hoveddiagnose, innlagt fra og med 1. januar 2020. Regn fra **datoen for den første** utskrivelsen.
# - Kommunen er den som står på det første oppholdet (det med den første `uttid`).
# - Et uttak i `lmr` teller når det er et statin (C10AA) fra og med utskrivelsesdatoen og til og med 90 dager etter.
# - Den som døde (`dar`) innen 90 dager etter utskrivelsen **uten** å ha hentet ut noe, tas ut.
#
# Én rad per kommune, også der ingen hentet ut noe. Kolonner: `kommune`, `n` (personer i nevneren), `share` (0 til 1).

# %% [markdown] lang="en" task="5.6"
# ## 5.6 Statins after a heart attack, municipality by municipality (3 points)
#
# What share of the people who had a heart attack collected a statin within 90 days? Build on the lesson:
#
# - The people are those with an inpatient stay in `npr` with I21 as the main diagnosis, admitted on 1 January 2020 or later. Count from the **date of the first** discharge.
# - The municipality is the one on that first stay (the one with the first `uttid`).
# - A dispensing in `lmr` counts when it is a statin (C10AA) from the day of discharge up to and including 90 days after.
# - Anyone who died (`dar`) within 90 days of discharge **without** having collected any is taken out.
#
# One row per municipality, also where nobody collected any. Columns: `kommune`, `n` (people in the denominator), `share` (0 to 1).

# %% task="5.6" points=3 outcomes=["F3", "K6"]
### BEGIN SOLUTION
answer = """
WITH infarction AS (
    SELECT pasient_id, min(uttid)::DATE AS discharged, arg_min(kommune, uttid) AS kommune
    FROM npr
    WHERE hoveddiagnose LIKE 'I21%' AND omsorgsniva = 1 AND inntid >= DATE '2020-01-01'
    GROUP BY pasient_id
),
statin AS (
    SELECT lopenr, try_strptime(utlevert, '%Y%m%d')::DATE AS dispensed
    FROM lmr
    WHERE atc LIKE 'C10AA%'
),
person AS (
    SELECT infarction.kommune, count(dispensed) > 0 AS collected,
           coalesce(min(dodsdato) <= min(discharged) + 90, false) AS died
    FROM infarction
    LEFT JOIN statin ON lopenr = pasient_id AND dispensed BETWEEN discharged AND discharged + 90
    LEFT JOIN dar ON lopenummer = pasient_id
    GROUP BY pasient_id, infarction.kommune
)
SELECT kommune, count(*) AS n, avg(collected::INT) AS share
FROM person
WHERE collected OR NOT died
GROUP BY kommune
"""
### END SOLUTION

# %% check="5.6"
check.sql("5.6", answer)

# %% wrong="5.6" nb="Hva skjedde med dem som aldri hentet ut noe?" en="What became of those who never collected any?"
answer = """
WITH infarction AS (
    SELECT pasient_id, min(uttid)::DATE AS discharged, arg_min(kommune, uttid) AS kommune
    FROM npr
    WHERE hoveddiagnose LIKE 'I21%' AND omsorgsniva = 1 AND inntid >= DATE '2020-01-01'
    GROUP BY pasient_id
),
statin AS (
    SELECT lopenr, try_strptime(utlevert, '%Y%m%d')::DATE AS dispensed
    FROM lmr
    WHERE atc LIKE 'C10AA%'
)
SELECT kommune, count(DISTINCT pasient_id) AS n,
       count(DISTINCT lopenr) / count(DISTINCT pasient_id) AS share
FROM infarction
JOIN statin ON lopenr = pasient_id AND dispensed BETWEEN discharged AND discharged + 90
GROUP BY kommune
"""

# %% wrong="5.6" nb="Hvem kunne ikke ha hentet ut noe?" en="Who could not have collected any?"
answer = """
WITH infarction AS (
    SELECT pasient_id, min(uttid)::DATE AS discharged, arg_min(kommune, uttid) AS kommune
    FROM npr
    WHERE hoveddiagnose LIKE 'I21%' AND omsorgsniva = 1 AND inntid >= DATE '2020-01-01'
    GROUP BY pasient_id
),
statin AS (
    SELECT lopenr, try_strptime(utlevert, '%Y%m%d')::DATE AS dispensed
    FROM lmr
    WHERE atc LIKE 'C10AA%'
)
SELECT kommune, count(DISTINCT pasient_id) AS n,
       count(DISTINCT lopenr) / count(DISTINCT pasient_id) AS share
FROM infarction
LEFT JOIN statin ON lopenr = pasient_id AND dispensed BETWEEN discharged AND discharged + 90
GROUP BY kommune
"""

# %% wrong="5.6" nb="Én person kan hente ut tre ganger. Hvem teller du?" en="One person can collect three times. Whom are you counting?"
answer = """
WITH infarction AS (
    SELECT pasient_id, min(uttid)::DATE AS discharged, arg_min(kommune, uttid) AS kommune
    FROM npr
    WHERE hoveddiagnose LIKE 'I21%' AND omsorgsniva = 1 AND inntid >= DATE '2020-01-01'
    GROUP BY pasient_id
),
statin AS (
    SELECT lopenr, try_strptime(utlevert, '%Y%m%d')::DATE AS dispensed
    FROM lmr
    WHERE atc LIKE 'C10AA%'
)
SELECT infarction.kommune, count(*) AS n, count(dispensed) / count(*) AS share
FROM infarction
LEFT JOIN statin ON lopenr = pasient_id AND dispensed BETWEEN discharged AND discharged + 90
LEFT JOIN dar ON lopenummer = pasient_id
WHERE dispensed IS NOT NULL OR dodsdato IS NULL OR dodsdato > discharged + 90
GROUP BY infarction.kommune
"""

# %% wrong="5.6" nb="Noen hentet ut statinet og døde siden. Skal de ut av nevneren?" en="Some collected the statin and died later. Should they leave the denominator?"
answer = """
WITH infarction AS (
    SELECT pasient_id, min(uttid)::DATE AS discharged, arg_min(kommune, uttid) AS kommune
    FROM npr
    WHERE hoveddiagnose LIKE 'I21%' AND omsorgsniva = 1 AND inntid >= DATE '2020-01-01'
    GROUP BY pasient_id
),
statin AS (
    SELECT lopenr, try_strptime(utlevert, '%Y%m%d')::DATE AS dispensed
    FROM lmr
    WHERE atc LIKE 'C10AA%'
),
person AS (
    SELECT infarction.kommune, count(dispensed) > 0 AS collected,
           coalesce(min(dodsdato) <= min(discharged) + 90, false) AS died
    FROM infarction
    LEFT JOIN statin ON lopenr = pasient_id AND dispensed BETWEEN discharged AND discharged + 90
    LEFT JOIN dar ON lopenummer = pasient_id
    GROUP BY pasient_id, infarction.kommune
)
SELECT kommune, count(*) AS n, avg(collected::INT) AS share
FROM person
WHERE NOT died
GROUP BY kommune
"""

# %% [markdown] lang="nb" task="5.7"
# ## 5.7 Med og uten diabetes (2 poeng)
#
# Sykehuset vil sammenligne opphold for pasienter med og uten diabetes. Tell døgnoppholdene fra og med 2023 (`inntid`): hvor mange har en diabeteskode (E11) som hoveddiagnose eller blant bidiagnosene, og hvor mange har det ikke? Til sammen skal de to tallene bli alle døgnoppholdene. Én rad. Kolonner: `with_diabetes`, `without_diabetes`.

# %% [markdown] lang="en" task="5.7"
# ## 5.7 With and without diabetes (2 points)
#
# The hospital wants to compare stays of patients with and without diabetes. Count the inpatient stays from 2023 on (`inntid`): how many have a diabetes code (E11) as main diagnosis or among the secondary ones, and how many have not? Together the two numbers must make all the inpatient stays. One row. Columns: `with_diabetes`, `without_diabetes`.

# %% task="5.7" points=2 outcomes=["F3"]
### BEGIN SOLUTION
answer = """
WITH stay AS (
    SELECT hoveddiagnose LIKE 'E11%' OR coalesce(bidiagnoser, '') LIKE '%E11%' AS diabetes
    FROM npr
    WHERE omsorgsniva = 1 AND inntid >= DATE '2023-01-01'
)
SELECT count(*) FILTER (WHERE diabetes) AS with_diabetes,
       count(*) FILTER (WHERE NOT diabetes) AS without_diabetes
FROM stay
"""
### END SOLUTION

# %% check="5.7"
check.sql("5.7", answer)

# %% wrong="5.7" nb="Blir de to tallene til sammen alle oppholdene? Hva er «NULL LIKE noe»?" en="Do your two numbers add up to all the stays? What is «NULL LIKE something»?"
answer = """
WITH stay AS (
    SELECT hoveddiagnose LIKE 'E11%' OR bidiagnoser LIKE '%E11%' AS diabetes
    FROM npr
    WHERE omsorgsniva = 1 AND inntid >= DATE '2023-01-01'
)
SELECT count(*) FILTER (WHERE diabetes) AS with_diabetes,
       count(*) FILTER (WHERE NOT diabetes) AS without_diabetes
FROM stay
"""

# %% wrong="5.7" nb="De fleste med diabetes er innlagt for noe annet. Hvor står diabetesen da?" en="Most people with diabetes are admitted for something else. Where is the diabetes written then?"
answer = """
SELECT count(*) FILTER (WHERE hoveddiagnose LIKE 'E11%') AS with_diabetes,
       count(*) FILTER (WHERE hoveddiagnose NOT LIKE 'E11%') AS without_diabetes
FROM npr
WHERE omsorgsniva = 1 AND inntid >= DATE '2023-01-01'
"""

# %% [markdown] lang="nb" task="5.8"
# ## 5.8 Siste HbA1c (3 poeng)
#
# Diabetessykepleieren trenger siste kjente HbA1c for hver pasient: én rad per pasient som har minst ett HbA1c-resultat **med verdi**, og det nyeste av disse. Er to tatt på nøyaktig samme tidspunkt, gjelder det med høyest `lab_result_id`. Kolonner: `patient_id`, `value`, `taken_time`.
#
# Hint: en vindusfunksjon, `row_number() OVER (PARTITION BY … ORDER BY …)`, nummererer radene i hver gruppe.

# %% [markdown] lang="en" task="5.8"
# ## 5.8 Latest HbA1c (3 points)
#
# The diabetes nurse needs the latest known HbA1c of each patient: one row per patient who has at least one HbA1c result **with a value**, and the newest of these. If two were taken at exactly the same time, the one with the highest `lab_result_id` counts. Columns: `patient_id`, `value`, `taken_time`.
#
# Hint: a window function, `row_number() OVER (PARTITION BY … ORDER BY …)`, numbers the rows within each group.

# %% task="5.8" points=3 outcomes=["F3"]
### BEGIN SOLUTION
answer = """
WITH numbered AS (
    SELECT patient_id, value, taken_time,
           row_number() OVER (
               PARTITION BY patient_id ORDER BY taken_time DESC, lab_result_id DESC
           ) AS number
    FROM lab_result
    WHERE analyte = 'hba1c' AND value IS NOT NULL
)
SELECT patient_id, value, taken_time
FROM numbered
WHERE number = 1
"""
### END SOLUTION

# %% check="5.8"
check.sql("5.8", answer)

# %% wrong="5.8" nb="max() regnes ut for hver kolonne for seg. Er den høyeste verdien målt den siste dagen?" en="max() is worked out for each column by itself. Was the highest value measured on the last day?"
answer = """
SELECT patient_id, max(value) AS value, max(taken_time) AS taken_time
FROM lab_result
WHERE analyte = 'hba1c' AND value IS NOT NULL
GROUP BY patient_id
"""

# %% wrong="5.8" nb="Hvilken vei sorterer vinduet ditt?" en="Which way does your window sort?"
answer = """
WITH numbered AS (
    SELECT patient_id, value, taken_time,
           row_number() OVER (PARTITION BY patient_id ORDER BY taken_time) AS number
    FROM lab_result
    WHERE analyte = 'hba1c' AND value IS NOT NULL
)
SELECT patient_id, value, taken_time
FROM numbered
WHERE number = 1
"""

# %% wrong="5.8" nb="Noen får NULL som siste verdi. Hva ba sykepleieren om?" en="Some get NULL as their latest value. What did the nurse ask for?"
answer = """
WITH numbered AS (
    SELECT patient_id, value, taken_time,
           row_number() OVER (
               PARTITION BY patient_id ORDER BY taken_time DESC, lab_result_id DESC
           ) AS number
    FROM lab_result
    WHERE analyte = 'hba1c'
)
SELECT patient_id, value, taken_time
FROM numbered
WHERE number = 1
"""

# %% [markdown] lang="nb" task="5.9"
# ## 5.9 Fullført årskontroll (3 poeng, for paret)
#
# Ved årskontroll for type 2-diabetes skal pasienten blant annet ha målt HbA1c, LDL-kolesterol og albumin/kreatinin i urin. **Hvilke pasienter fikk alle tre i 2024?** Pasientene er de samme som i 5.5 (T90 i 2023). Analyttene heter `hba1c`, `chol_ldl` og `uacr`. Kolonne: `patient_id`, én rad per pasient.
#
# Arbeid slik: Den med helsefaglig bakgrunn skriver først med vanlige ord hva som skal til for å stå på listen. Den andre skriver spørringen etter de ordene, uten å spørre. Bytt så: den første leter etter en pasient som spørringen tar feil av.

# %% [markdown] lang="en" task="5.9"
# ## 5.9 A complete annual check-up (3 points, for the pair)
#
# At the annual check-up for type 2 diabetes the patient should have, among other things, HbA1c, LDL cholesterol and urine albumin/creatinine measured. **Which patients had all three in 2024?** The patients are the same as in 5.5 (T90 in 2023). The analytes are called `hba1c`, `chol_ldl` and `uacr`. Column: `patient_id`, one row per patient.
#
# Work like this: the one with a health background first writes in plain words what it takes to be on the list. The other writes the query from those words, without asking. Then swap: the first looks for a patient whom the query gets wrong.

# %% task="5.9" points=3 outcomes=["F3", "F5"]
### BEGIN SOLUTION
answer = """
SELECT patient_id
FROM lab_result
WHERE analyte IN ('hba1c', 'chol_ldl', 'uacr')
  AND year(taken_time) = 2024
  AND patient_id IN (
      SELECT patient_id
      FROM encounter JOIN diagnosis USING (encounter_id)
      WHERE code = 'T90' AND year(start_time) = 2023
  )
GROUP BY patient_id
HAVING count(DISTINCT analyte) = 3
"""
### END SOLUTION

# %% check="5.9"
check.sql("5.9", answer)

# %% wrong="5.9" nb="IN betyr «minst én av disse». Hva må til for at alle tre er der?" en="IN means «at least one of these». What does it take for all three to be there?"
answer = """
SELECT DISTINCT patient_id
FROM lab_result
WHERE analyte IN ('hba1c', 'chol_ldl', 'uacr')
  AND year(taken_time) = 2024
  AND patient_id IN (
      SELECT patient_id
      FROM encounter JOIN diagnosis USING (encounter_id)
      WHERE code = 'T90' AND year(start_time) = 2023
  )
"""

# %% wrong="5.9" nb="Tre prøver av samme slag er ikke tre undersøkelser. Hva teller du?" en="Three tests of the same kind are not three examinations. What do you count?"
answer = """
SELECT patient_id
FROM lab_result
WHERE analyte IN ('hba1c', 'chol_ldl', 'uacr')
  AND year(taken_time) = 2024
  AND patient_id IN (
      SELECT patient_id
      FROM encounter JOIN diagnosis USING (encounter_id)
      WHERE code = 'T90' AND year(start_time) = 2023
  )
GROUP BY patient_id
HAVING count(*) >= 3
"""

# %% wrong="5.9" nb="Er det 2024 alle tre stammer fra?" en="Do all three come from 2024?"
answer = """
SELECT patient_id
FROM lab_result
WHERE analyte IN ('hba1c', 'chol_ldl', 'uacr')
  AND patient_id IN (
      SELECT patient_id
      FROM encounter JOIN diagnosis USING (encounter_id)
      WHERE code = 'T90' AND year(start_time) = 2023
  )
GROUP BY patient_id
HAVING count(DISTINCT analyte) = 3
"""

# %% [markdown] lang="nb"
# Ferdig? Startsiden viser hva som er gjort i modulen, og hva neste steg er.

# %% [markdown] lang="en"
# Finished? The start page shows what is done in the module and what the next step is.
