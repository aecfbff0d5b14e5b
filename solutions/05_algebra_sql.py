# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown] lang="nb"
# # Oppgaver til modul 5 · Relasjonsalgebra og SQL
#
# Tolv spørsmål fra klinikk og forvaltning. Svaret på hver oppgave er **teksten til en spørring**, i SQL eller, der oppgaven sier det, i relasjonsalgebra. Skriv den mellom tre anførselstegn, `answer = """SELECT …"""`, kjør cellen, og kjør så cellen under: den sier hva som stemmer, og hva du bør se nærmere på. Regn med halvannen til to timer. 5.11 og 5.12 er for paret; de andre kan dere godt også løse sammen.
#
# Prøv deg fram i en egen celle først: SQL med `%%sql`, algebra med `show("π … (…)")`, som er laget under. Tegnene σ π ⋈ ▷ − ∩ ÷ γ ∧ ∨ kan kopieres herfra, eller skrives med bokstaver: `sigma pi join anti join except intersect / gamma and or`. Tabellen i leksjonens del 9 sier hva de gjør.
#
# Kolonnene skal hete det oppgaven sier. Rekkefølgen på radene spiller ingen rolle. Tabellene og kolonnene er beskrevet i dataordboken, som startsiden lenker til. Registeruttrekkene `npr`, `lmr` og `dar` deler pseudonym. Journaltabellene, som `patient`, `encounter`, `diagnosis` og `lab_result`, har sitt eget pasientnummer.

# %% [markdown] lang="en"
# # Exercises for module 5 · Relational algebra and SQL
#
# Twelve questions from clinic and administration. The answer to each task is **the text of a query**, in SQL or, where the task says so, in relational algebra. Write it between three quotation marks, `answer = """SELECT …"""`, run the cell, and then run the cell below it: it tells you what agrees and what to look at again. Allow an hour and a half to two hours. 5.11 and 5.12 are for the pair; you may well do the others together too.
#
# Try things out in a cell of your own first: SQL with `%%sql`, algebra with `show("π … (…)")`, which is made below. The signs σ π ⋈ ▷ − ∩ ÷ γ ∧ ∨ can be copied from here, or written in letters: `sigma pi join anti join except intersect / gamma and or`. The table in part 9 of the lesson says what they do.
#
# Columns must have the names that the task gives. The order of rows does not matter. The tables and columns are described in the data dictionary, which the start page links to. The registry extracts `npr`, `lmr` and `dar` share a pseudonym. The record tables, such as `patient`, `encounter`, `diagnosis` and `lab_result`, have a patient number of their own.

# %%
from labkit import algebra, connect, exercise, sql

con = connect()
check = exercise("05_algebra_sql", lang=LANG)


def show(expression):
    return sql.run(con, algebra.parse(expression).sql())


# %%
# %load_ext labkit.sql

# %% [markdown] lang="nb" task="5.1"
# ## 5.1 Hoftebrudd (1 poeng)
#
# Ortopeden vil ha en liste: alle **døgnopphold** i `npr` fra og med 2023 (innlagt 1. januar 2023 eller senere) med hoftebrudd som hoveddiagnose. I dette uttrekket er alle koder som begynner på S72, hoftebrudd (S72.0–S72.2). Kolonner: `opphold_id`, `inntid`, `kommune`.

# %% [markdown] lang="en" task="5.1"
# ## 5.1 Hip fractures (1 point)
#
# The orthopaedic surgeon wants a list: all **inpatient stays** in `npr` from 2023 on (admitted 1 January 2023 or later) with hip fracture as the main diagnosis. In this extract every code that begins with S72 is a hip fracture (S72.0–S72.2). Columns: `opphold_id`, `inntid`, `kommune`.

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

# %% wrong="5.1" nb="Hva betyr «fra og med 2023»?" en="What does 'from 2023 on' include?"
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
# ## 5.3 Les et uttrykk (2 poeng)
#
# På tavla hos lungeavdelingen står det, etter et møte om sengeplasser:
#
# ```text
# γ kommune; count(*) → n (π pasient_id, kommune (σ hoveddiagnose like 'J44%' ∧ omsorgsniva = 1 (npr)))
# ```
# Les det innenfra og ut, og si høyt hva `n` er: hva er det som telles? Skriv så **SQL** som gir det samme. Kolonner: `kommune`, `n`.

# %% [markdown] lang="en" task="5.3"
# ## 5.3 Read an expression (2 points)
#
# On the whiteboard of the department of lung medicine, after a meeting about beds, it says:
#
# ```text
# γ kommune; count(*) → n (π pasient_id, kommune (σ hoveddiagnose like 'J44%' ∧ omsorgsniva = 1 (npr)))
# ```
# Read it from the inside out, and say aloud what `n` is: what is being counted? Then write **SQL** that gives the same. Columns: `kommune`, `n`.

# %% task="5.3" points=2 outcomes=["F3"]
### BEGIN SOLUTION
answer = """
SELECT kommune, count(DISTINCT pasient_id) AS n
FROM npr
WHERE hoveddiagnose LIKE 'J44%' AND omsorgsniva = 1
GROUP BY kommune
"""
### END SOLUTION

# %% check="5.3"
check.sql("5.3", answer)

# %% wrong="5.3" nb="π gir en mengde. Hvor ofte står den som var innlagt fem ganger, i den?" en="π gives a set. How often does someone who was admitted five times stand in it?"
answer = """
SELECT kommune, count(*) AS n
FROM npr
WHERE hoveddiagnose LIKE 'J44%' AND omsorgsniva = 1
GROUP BY kommune
"""

# %% wrong="5.3" nb="Les σ en gang til: hvor mange vilkår binder ∧ sammen?" en="Read σ once more: how many conditions does ∧ tie together?"
answer = """
SELECT kommune, count(DISTINCT pasient_id) AS n
FROM npr
WHERE hoveddiagnose LIKE 'J44%'
GROUP BY kommune
"""

# %% wrong="5.3" nb="∧ er «og». Hva har du skrevet?" en="∧ is 'and'. What have you written?"
answer = """
SELECT kommune, count(DISTINCT pasient_id) AS n
FROM npr
WHERE hoveddiagnose LIKE 'J44%' OR omsorgsniva = 1
GROUP BY kommune
"""

# %% [markdown] lang="nb" task="5.4"
# ## 5.4 Prøver uten svar (2 poeng)
#
# Laboratoriet spør hvor mange prøver som ikke lot seg analysere. I `lab_result` er `value` NULL for dem. For hver analytt: hvor mange resultater finnes det i alt, og hvor mange mangler verdi? Ta med analytter der ingen mangler. Kolonner: `analyte`, `results`, `missing`.

# %% [markdown] lang="en" task="5.4"
# ## 5.4 Samples without an answer (2 points)
#
# The laboratory asks how many samples could not be analysed. In `lab_result` their `value` is NULL. For each analyte: how many results are there in all, and how many lack a value? Include analytes where none is missing. Columns: `analyte`, `results`, `missing`.

# %% task="5.4" points=2 outcomes=["F3", "K4"]
### BEGIN SOLUTION
answer = """
SELECT analyte, count(*) AS results, count(*) - count(value) AS missing
FROM lab_result
GROUP BY analyte
"""
### END SOLUTION

# %% check="5.4"
check.sql("5.4", answer)

# %% wrong="5.4" nb="Er noe noen gang lik NULL? Se på treverdilogikken i leksjonen." en="Is anything ever equal to NULL? Look at three-valued logic in the lesson."
answer = """
SELECT analyte, count(*) AS results, count(CASE WHEN value = NULL THEN 1 END) AS missing
FROM lab_result
GROUP BY analyte
"""

# %% wrong="5.4" nb="Hvor ble det av analyttene der ingen prøver mangler?" en="What became of the analytes where no sample is missing?"
answer = """
SELECT analyte, count(*) AS results, count(*) - count(value) AS missing
FROM lab_result
GROUP BY analyte
HAVING count(*) > count(value)
"""

# %% wrong="5.4" nb="count(kolonne) hopper over NULL. Hvilke resultater teller du i «results»?" en="count(column) skips NULL. Which results do you count in 'results'?"
answer = """
SELECT analyte, count(value) AS results, count(*) - count(value) AS missing
FROM lab_result
GROUP BY analyte
"""

# %% [markdown] lang="nb" task="5.5"
# ## 5.5 Kvetiapin til eldre (2 poeng, algebra)
#
# Kvetiapin (ATC N05AH04) er et antipsykotikum som gjør søvnig, og gir eldre økt fare for fall. Legene skal gå gjennom resepten på nytt sammen med dem som får det. **Hvilken lege skrev i 2024 ut kvetiapin til hvilken pasient født før 1950, og hvor?**
#
# Svaret er et **uttrykk i relasjonsalgebra**, som tekst. Resepten står i `prescription` (`atc`, `prescribed_date`), pasienten i `patient` (`birth_date`), legen i kontakten der resepten ble skrevet (`encounter`), og stedet i `organisation` (`name`). Kolonner: `patient_id`, `practitioner_id`, `name`.
#
# En dato skrives `date('1950-01-01')`, og `year(…)` gir året.

# %% [markdown] lang="en" task="5.5"
# ## 5.5 Quetiapine for the elderly (2 points, algebra)
#
# Quetiapine (ATC N05AH04) is an antipsychotic that makes people drowsy, and falls more likely in the elderly. Doctors are to go through the prescription again with those who are given it. **Which doctor prescribed quetiapine in 2024 to which patient born before 1950, and where?**
#
# The answer is an **expression in relational algebra**, as text. The prescription is in `prescription` (`atc`, `prescribed_date`), the patient in `patient` (`birth_date`), the doctor in the encounter in which the prescription was written (`encounter`), and the place in `organisation` (`name`). Columns: `patient_id`, `practitioner_id`, `name`.
#
# A date is written `date('1950-01-01')`, and `year(…)` gives the year.

# %% task="5.5" points=2 outcomes=["F3"] accept=["35c10d", "df5c21", "fa7031"]
### BEGIN SOLUTION
answer = """
π patient_id, practitioner_id, name (
    σ atc = 'N05AH04' ∧ year(prescribed_date) = 2024 (prescription)
    ⋈ σ birth_date < date('1950-01-01') (patient)
    ⋈ encounter
    ⋈ π organisation_id, name (organisation)
)
"""
### END SOLUTION

# %% check="5.5"
check.algebra("5.5", answer)

# %% wrong="5.5" nb="⋈ uten vilkår sammenligner alle kolonner med samme navn. Hvilke navn har organisation felles med de andre?" en="⋈ without a condition compares all columns of the same name. Which names does organisation share with the others?"
answer = """
π patient_id, practitioner_id, name (
    σ atc = 'N05AH04' ∧ year(prescribed_date) = 2024 (prescription)
    ⋈ σ birth_date < date('1950-01-01') (patient)
    ⋈ encounter
    ⋈ organisation
)
"""

# %% wrong="5.5" nb="Hvem er med her: den som skrev resepten, eller alle som har møtt pasienten? Se på hva som er borte før du kobler." en="Who is in here: the one who wrote the prescription, or everyone who has met the patient? Look at what is gone before you join."
answer = """
π patient_id, practitioner_id, name (
    π patient_id (σ atc = 'N05AH04' ∧ year(prescribed_date) = 2024 (prescription))
    ⋈ σ birth_date < date('1950-01-01') (patient)
    ⋈ encounter
    ⋈ π organisation_id, name (organisation)
)
"""

# %% wrong="5.5" nb="Hvem er eldst: den som er født før 1950, eller etter?" en="Who is the elder: someone born before 1950, or after?"
answer = """
π patient_id, practitioner_id, name (
    σ atc = 'N05AH04' ∧ year(prescribed_date) = 2024 (prescription)
    ⋈ σ birth_date ≥ date('1950-01-01') (patient)
    ⋈ encounter
    ⋈ π organisation_id, name (organisation)
)
"""

# %% [markdown] lang="nb" task="5.6"
# ## 5.6 Metformin uten nyreprøve (2 poeng, algebra)
#
# Metformin (A10BA02) skilles ut gjennom nyrene, og nyrefunksjonen skal måles minst én gang i året. **Hvilke pasienter fikk resept på metformin i 2024, og fikk ikke tatt eGFR det året?** I `lab_result` heter analytten `egfr`, og tidspunktet `taken_time`. En prøve som ble tatt uten å gi svar, regnes også som tatt. Kolonne: `patient_id`.

# %% [markdown] lang="en" task="5.6"
# ## 5.6 Metformin without a kidney test (2 points, algebra)
#
# Metformin (A10BA02) leaves the body through the kidneys, and their function should be measured at least once a year. **Which patients had a prescription for metformin in 2024, and had no eGFR taken that year?** In `lab_result` the analyte is called `egfr`, and the time `taken_time`. A sample that was taken without giving an answer counts as taken. Column: `patient_id`.

# %% task="5.6" points=2 outcomes=["F3"] accept=["7e162f", "92b015"]
### BEGIN SOLUTION
answer = """
π patient_id (σ atc = 'A10BA02' ∧ year(prescribed_date) = 2024 (prescription))
−
π patient_id (σ analyte = 'egfr' ∧ year(taken_time) = 2024 (lab_result))
"""
### END SOLUTION

# %% check="5.6"
check.algebra("5.6", answer)

# %% wrong="5.6" nb="Den som har tatt en annen prøve, kan ha tatt eGFR også. Hvordan sier du «har ikke»?" en="Someone who had another test may have had eGFR too. How do you say 'has not'?"
answer = """
π patient_id (σ atc = 'A10BA02' ∧ year(prescribed_date) = 2024 (prescription))
∩
π patient_id (σ analyte ≠ 'egfr' ∧ year(taken_time) = 2024 (lab_result))
"""

# %% wrong="5.6" nb="▷ uten vilkår kobler på alle kolonner med samme navn. Må prøven være tatt i samme kontakt som resepten ble skrevet?" en="▷ without a condition joins on all columns of the same name. Must the sample be taken in the encounter where the prescription was written?"
answer = """
π patient_id (
    σ atc = 'A10BA02' ∧ year(prescribed_date) = 2024 (prescription)
    ▷ σ analyte = 'egfr' ∧ year(taken_time) = 2024 (lab_result)
)
"""

# %% wrong="5.6" nb="Hvem minus hvem?" en="Who less whom?"
answer = """
π patient_id (σ analyte = 'egfr' ∧ year(taken_time) = 2024 (lab_result))
−
π patient_id (σ atc = 'A10BA02' ∧ year(prescribed_date) = 2024 (prescription))
"""

# %% wrong="5.6" nb="Er en prøve fra 2015 godt nok?" en="Will a sample from 2015 do?"
answer = """
π patient_id (σ atc = 'A10BA02' ∧ year(prescribed_date) = 2024 (prescription))
−
π patient_id (σ analyte = 'egfr' (lab_result))
"""

# %% [markdown] lang="nb" task="5.7"
# ## 5.7 Diabetes uten blodprøve (3 poeng)
#
# Fastlegene i regionen vil vite hvem som ikke blir fulgt opp. Ta alle pasienter med type 2-diabetes, her: minst én kontakt med diagnosekoden T90 (ICPC-2) som begynte i 2023. For hver av dem: hvor mange HbA1c-resultater (`analyte = 'hba1c'`) ble tatt i 2024? **Den som ingen har, skal stå med 0.** En prøve som er tatt uten å gi svar, teller også. Kolonner: `patient_id`, `results`.

# %% [markdown] lang="en" task="5.7"
# ## 5.7 Diabetes without a blood test (3 points)
#
# The GPs of the region want to know who is not followed up. Take all patients with type 2 diabetes, here: at least one encounter with the diagnosis code T90 (ICPC-2) that began in 2023. For each of them: how many HbA1c results (`analyte = 'hba1c'`) were taken in 2024? **Someone who has none must stand there with 0.** A sample that was taken without giving an answer counts too. Columns: `patient_id`, `results`.

# %% task="5.7" points=3 outcomes=["F3"] accept=["fba4d9", "cce731"]
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

# %% check="5.7"
check.sql("5.7", answer)

# %% wrong="5.7" nb="Hva skjedde med dem som ikke fikk tatt prøven i 2024? Se både på koblingen og på WHERE." en="What became of those who had no test in 2024? Look at the join, and at WHERE."
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

# %% wrong="5.7" nb="En rad der alt til høyre er NULL, er også en rad. Hva teller count(*)?" en="A row where everything on the right is NULL is a row too. What does count(*) count?"
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

# %% wrong="5.7" nb="Den som var tre ganger hos legen i 2023, får hver prøve talt tre ganger. Hvor mange rader har du per pasient før du kobler?" en="Someone who saw the doctor three times in 2023 has every test counted three times. How many rows per patient do you have before you join?"
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

# %% [markdown] lang="nb" task="5.8"
# ## 5.8 Med og uten diabetes (2 poeng)
#
# Sykehuset vil sammenligne opphold for pasienter med og uten diabetes. Tell døgnoppholdene fra og med 2023 (`inntid`): hvor mange har en diabeteskode (E11) som hoveddiagnose eller blant bidiagnosene, og hvor mange har det ikke? Til sammen skal de to tallene bli alle døgnoppholdene. Én rad. Kolonner: `with_diabetes`, `without_diabetes`.

# %% [markdown] lang="en" task="5.8"
# ## 5.8 With and without diabetes (2 points)
#
# The hospital wants to compare stays of patients with and without diabetes. Count the inpatient stays from 2023 on (`inntid`): how many have a diabetes code (E11) as main diagnosis or among the secondary ones, and how many have not? Together the two numbers must make all the inpatient stays. One row. Columns: `with_diabetes`, `without_diabetes`.

# %% task="5.8" points=2 outcomes=["F3"]
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

# %% check="5.8"
check.sql("5.8", answer)

# %% wrong="5.8" nb="Blir de to tallene til sammen alle oppholdene? Hva er «NULL LIKE noe»?" en="Do your two numbers add up to all the stays? What is 'NULL LIKE something'?"
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

# %% wrong="5.8" nb="De fleste med diabetes er innlagt for noe annet. Hvor står diabetesen da?" en="Most people with diabetes are admitted for something else. Where is the diabetes written then?"
answer = """
SELECT count(*) FILTER (WHERE hoveddiagnose LIKE 'E11%') AS with_diabetes,
       count(*) FILTER (WHERE hoveddiagnose NOT LIKE 'E11%') AS without_diabetes
FROM npr
WHERE omsorgsniva = 1 AND inntid >= DATE '2023-01-01'
"""

# %% [markdown] lang="nb" task="5.9"
# ## 5.9 Siste HbA1c (3 poeng)
#
# Diabetessykepleieren trenger siste kjente HbA1c for hver pasient: én rad per pasient som har minst ett HbA1c-resultat **med verdi**, og det nyeste av disse. Er to tatt på nøyaktig samme tidspunkt, gjelder det med høyest `lab_result_id`. Kolonner: `patient_id`, `value`, `taken_time`.
#
# Hint: en vindusfunksjon, `row_number() OVER (PARTITION BY … ORDER BY …)`, nummererer radene i hver gruppe.

# %% [markdown] lang="en" task="5.9"
# ## 5.9 Latest HbA1c (3 points)
#
# The diabetes nurse needs the latest known HbA1c of each patient: one row per patient who has at least one HbA1c result **with a value**, and the newest of these. If two were taken at exactly the same time, the one with the highest `lab_result_id` counts. Columns: `patient_id`, `value`, `taken_time`.
#
# Hint: a window function, `row_number() OVER (PARTITION BY … ORDER BY …)`, numbers the rows within each group.

# %% task="5.9" points=3 outcomes=["F3"] accept=["b2a65b"]
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

# %% check="5.9"
check.sql("5.9", answer)

# %% wrong="5.9" nb="max() regnes ut for hver kolonne for seg. Er den høyeste verdien målt den siste dagen?" en="max() is worked out for each column by itself. Was the highest value measured on the last day?"
answer = """
SELECT patient_id, max(value) AS value, max(taken_time) AS taken_time
FROM lab_result
WHERE analyte = 'hba1c' AND value IS NOT NULL
GROUP BY patient_id
"""

# %% wrong="5.9" nb="Hvilken vei sorterer vinduet ditt?" en="Which way does your window sort?"
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

# %% wrong="5.9" nb="Noen får NULL som siste verdi. Hva ba sykepleieren om?" en="Some get NULL as their latest value. What did the nurse ask for?"
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

# %% [markdown] lang="nb" task="5.10"
# ## 5.10 Statin etter infarkt, kommune for kommune (3 poeng)
#
# Hvor stor andel av dem som fikk hjerteinfarkt, hentet ut et statin innen 90 dager? Bygg videre på leksjonen:
#
# - Personene er de som har et døgnopphold i `npr` med I21 som hoveddiagnose, innlagt fra og med 1. januar 2020. Regn fra **datoen for den første** utskrivelsen.
# - Kommunen er den som står på det første oppholdet (det med den første `uttid`).
# - Et uttak i `lmr` teller når det er et statin (C10AA) fra og med utskrivelsesdatoen og til og med 90 dager etter.
# - Den som døde (`dar`) innen 90 dager etter utskrivelsen **uten** å ha hentet ut noe, tas ut.
#
# Én rad per kommune, også der ingen hentet ut noe. Kolonner: `kommune`, `n` (personer i nevneren), `share` (0 til 1).

# %% [markdown] lang="en" task="5.10"
# ## 5.10 Statins after a heart attack, municipality by municipality (3 points)
#
# What share of the people who had a heart attack collected a statin within 90 days? Build on the lesson:
#
# - The people are those with an inpatient stay in `npr` with I21 as the main diagnosis, admitted on 1 January 2020 or later. Count from the **date of the first** discharge.
# - The municipality is the one on that first stay (the one with the first `uttid`).
# - A dispensing in `lmr` counts when it is a statin (C10AA) from the day of discharge up to and including 90 days after.
# - Anyone who died (`dar`) within 90 days of discharge **without** having collected any is taken out.
#
# One row per municipality, also where nobody collected any. Columns: `kommune`, `n` (people in the denominator), `share` (0 to 1).

# %% task="5.10" points=3 outcomes=["F3", "K6"] accept=["096418", "8f6da0", "9419e3", "eb9430"]
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

# %% check="5.10"
check.sql("5.10", answer)

# %% wrong="5.10" nb="Hva skjedde med dem som aldri hentet ut noe?" en="What became of those who never collected any?"
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

# %% wrong="5.10" nb="Hvem kunne ikke ha hentet ut noe?" en="Who could not have collected any?"
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

# %% wrong="5.10" nb="Én person kan hente ut tre ganger. Hvem teller du?" en="One person can collect three times. Whom are you counting?"
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

# %% wrong="5.10" nb="Noen hentet ut statinet og døde siden. Skal de ut av nevneren?" en="Some collected the statin and died later. Should they leave the denominator?"
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

# %% [markdown] lang="nb" task="5.11"
# ## 5.11 Fullført årskontroll, i algebra (3 poeng, for paret)
#
# Ved årskontroll for type 2-diabetes skal pasienten blant annet ha målt HbA1c, LDL-kolesterol og albumin/kreatinin i urin. **Hvilke pasienter fikk tatt alle tre i 2024?** Pasientene er de samme som i 5.7 (T90 i 2023). Analyttene heter `hba1c`, `chol_ldl` og `uacr`. Kolonne: `patient_id`.
#
# Arbeid slik: Den med helsefaglig bakgrunn skriver først med vanlige ord, på et ark, hva som skal til for å stå på listen. Den andre skriver uttrykket etter de ordene, uten å spørre. Så leter den første etter en pasient som uttrykket tar feil av.
#
# Lange uttrykk blir lettere å lese når delene får navn: `A = …; B = …; A ÷ B`.

# %% [markdown] lang="en" task="5.11"
# ## 5.11 A complete annual check-up, in algebra (3 points, for the pair)
#
# At the annual check-up for type 2 diabetes the patient should have, among other things, HbA1c, LDL cholesterol and urine albumin/creatinine measured. **Which patients had all three taken in 2024?** The patients are the same as in 5.7 (T90 in 2023). The analytes are called `hba1c`, `chol_ldl` and `uacr`. Column: `patient_id`.
#
# Work like this: the one with a health background first writes in plain words, on a sheet of paper, what it takes to be on the list. The other writes the expression from those words, without asking. Then the first looks for a patient whom the expression gets wrong.
#
# Long expressions are easier to read when their parts have names: `A = …; B = …; A ÷ B`.

# %% task="5.11" points=3 outcomes=["F3", "F5"] accept=["45072f", "003c32", "fe5a1f", "3c17c2", "82e83c", "9de54c", "db1b81", "9ffa6c", "2c03e0", "042edd"]
### BEGIN SOLUTION
answer = """
diabetes = π patient_id (σ code = 'T90' ∧ year(start_time) = 2023 (encounter ⋈ diagnosis));
taken = π patient_id, analyte (σ year(taken_time) = 2024 (lab_result));
wanted = {analyte
    hba1c
    chol_ldl
    uacr};
diabetes ∩ (taken ÷ wanted)
"""
### END SOLUTION

# %% check="5.11"
check.algebra("5.11", answer)

# %% wrong="5.11" nb="Har alle på listen alle tre, eller minst én?" en="Does everyone on the list have all three, or at least one?"
answer = """
diabetes = π patient_id (σ code = 'T90' ∧ year(start_time) = 2023 (encounter ⋈ diagnosis));
taken = π patient_id, analyte (σ year(taken_time) = 2024 (lab_result));
diabetes ∩ π patient_id (σ analyte = 'hba1c' ∨ analyte = 'chol_ldl' ∨ analyte = 'uacr' (taken))
"""

# %% wrong="5.11" nb="Må alle tre være tatt i samme kontakt? Hvilke kolonner er igjen når du deler?" en="Must all three be taken in the same encounter? Which columns remain when you divide?"
answer = """
diabetes = π patient_id (σ code = 'T90' ∧ year(start_time) = 2023 (encounter ⋈ diagnosis));
taken = π patient_id, encounter_id, analyte (σ year(taken_time) = 2024 (lab_result));
wanted = {analyte
    hba1c
    chol_ldl
    uacr};
diabetes ∩ π patient_id (taken ÷ wanted)
"""

# %% wrong="5.11" nb="Er det 2024 alle tre stammer fra?" en="Do all three come from 2024?"
answer = """
diabetes = π patient_id (σ code = 'T90' ∧ year(start_time) = 2023 (encounter ⋈ diagnosis));
taken = π patient_id, analyte (lab_result);
wanted = {analyte
    hba1c
    chol_ldl
    uacr};
diabetes ∩ (taken ÷ wanted)
"""

# %% wrong="5.11" nb="Hvem er det listen skal handle om? De tre prøvene tas av andre enn dem med diabetes også." en="Whom should the list be about? Others than people with diabetes have these three tests too."
answer = """
taken = π patient_id, analyte (σ year(taken_time) = 2024 (lab_result));
wanted = {analyte
    hba1c
    chol_ldl
    uacr};
taken ÷ wanted
"""

# %% [markdown] lang="nb" task="5.12"
# ## 5.12 Fullført årskontroll, i SQL (3 poeng, for paret)
#
# Skriv den samme listen som i 5.11, men i SQL. Den som ikke skrev algebraen, skriver nå, ut fra ordene på arket og uten å se på uttrykket. Gir de to samme liste? Hvis ikke: finn en pasient som bare står på den ene, og avgjør ut fra ordene hvem som har rett. Kolonne: `patient_id`, én rad per pasient.

# %% [markdown] lang="en" task="5.12"
# ## 5.12 A complete annual check-up, in SQL (3 points, for the pair)
#
# Write the same list as in 5.11, but in SQL. The one who did not write the algebra writes now, from the words on the sheet and without looking at the expression. Do the two give the same list? If not, find a patient who is on only one of them, and decide by the words who is right. Column: `patient_id`, one row per patient.

# %% task="5.12" points=3 outcomes=["F3", "F5"] accept=["db8d5b"]
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

# %% check="5.12"
check.sql("5.12", answer)

# %% wrong="5.12" nb="IN betyr «minst én av disse». Hva må til for at alle tre er der?" en="IN means 'at least one of these'. What does it take for all three to be there?"
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

# %% wrong="5.12" nb="Tre prøver av samme slag er ikke tre undersøkelser. Hva teller du?" en="Three tests of the same kind are not three examinations. What do you count?"
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

# %% wrong="5.12" nb="Er det 2024 alle tre stammer fra?" en="Do all three come from 2024?"
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
