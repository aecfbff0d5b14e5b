# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown] lang="nb"
# # Modul 5 · Relasjonsalgebra og SQL: svaret som ikke ligger i én tabell
#
# Overlegen på hjerteavdelingen spør:
#
# > «Av dem som fikk hjerteinfarkt fra 2020 og utover: hvor mange hentet ut kolesterolsenkende legemiddel innen 90 dager etter at de ble skrevet ut?»
#
# Sykehusoppholdene ligger i Norsk pasientregister (NPR), uttakene fra apotek i Legemiddelregisteret. Svaret ligger ikke i noen av dem alene. I denne leksjonen henter vi det ut av begge, og ser hvorfor det første svaret vi får, er galt.
#
# **Du lærer å** hente rader og kolonner, koble to tabeller, beholde dem som mangler, regne med datoer, telle personer i stedet for rader, og forstå hva NULL gjør med svaret (læringsutbytte F3).
#
# Regn med en halvtime. Sitter dere to sammen, kan den som kjenner sykehuset, si hva raden *betyr*, mens den som kjenner databaser, sier hva spørringen *gjør*. Bytt halvveis.

# %% [markdown] lang="en"
# # Module 5 · Relational algebra and SQL: the answer that no single table holds
#
# The head of cardiology asks:
#
# > "Of the people who had a heart attack from 2020 onwards, how many collected a cholesterol-lowering drug within 90 days of discharge?"
#
# Hospital stays are in the Norwegian Patient Registry (NPR), dispensings from pharmacies in the Norwegian Prescribed Drug Registry (LMR). Neither of them alone holds the answer. In this lesson we get it out of both, and see why our first answer is wrong.
#
# **You will learn to** fetch rows and columns, join two tables, keep those who are missing, calculate with dates, count people rather than rows, and see what NULL does to an answer (outcome F3).
#
# Allow half an hour. If there are two of you, let the one who knows the hospital say what a row *means* and the one who knows databases say what the query *does*. Swap half-way.

# %%
import matplotlib.pyplot as plt
import pandas as pd

from labkit import algebra, connect, set_language, sql

set_language(LANG)
con = connect()
# %load_ext labkit.sql

# %% [markdown] lang="nb"
# ## 1 To registre, to slags rader
#
# En **spørring** ber om rader. `SELECT` sier hvilke kolonner du vil ha, `FROM` hvilken tabell de står i, og `LIMIT` hvor mange rader du vil se.

# %% [markdown] lang="en"
# ## 1 Two registers, two kinds of row
#
# A **query** asks for rows. `SELECT` names the columns you want, `FROM` the table that holds them, and `LIMIT` how many rows you want to see.

# %% language="sql"
# SELECT pasient_id, kommune, inntid, uttid, hoveddiagnose
# FROM npr
# ORDER BY opphold_id
# LIMIT 5

# %% language="sql"
# SELECT lopenr, utlevert, atc, pakninger, ddd
# FROM lmr
# ORDER BY utlevering_id
# LIMIT 5

# %% [markdown] lang="nb"
# Én rad i `npr` er ett opphold eller én poliklinisk kontakt. Én rad i `lmr` er én utlevering. Ingen av dem er én *person*. Pseudonymet heter `pasient_id` i det ene registeret og `lopenr` i det andre, men i dette uttrekket er det samme tall. Og `utlevert` er tekst, ikke en dato: slik leveres den.
#
# Før du går videre: hvilken av de to tabellene tror du har flest rader for hver person?

# %% [markdown] lang="en"
# One row of `npr` is one stay or one outpatient contact. One row of `lmr` is one dispensing. Neither is one *person*. The pseudonym is called `pasient_id` in one register and `lopenr` in the other, but in this extract it is the same number. And `utlevert` is text, not a date: that is how it is delivered.
#
# Before you go on: which of the two tables do you think has more rows per person?

# %% language="sql"
# SELECT 'npr' AS register, count(*) AS n_rows, count(DISTINCT pasient_id) AS people
# FROM npr
# UNION ALL
# SELECT 'lmr', count(*), count(DISTINCT lopenr)
# FROM lmr

# %% [markdown] lang="nb"
# `count(*)` teller rader. `count(DISTINCT pasient_id)` teller forskjellige pasienter. Del det ene tallet på det andre, og du ser hvor mange ganger én person i snitt står i registeret. Er det flere pseudonymer i `lmr` enn det bor mennesker i regionen? Noen er ført feil og hører ikke til noen; slike feil leter vi etter i modul 6. Resten av leksjonen handler egentlig om å holde de to tallene fra hverandre.
#
# ## 2 Hvem fikk hjerteinfarkt?
#
# `WHERE` velger rader (**seleksjon**), mens kolonnelisten etter `SELECT` velger kolonner (**projeksjon**). Akutt hjerteinfarkt har ICD-10-koder som begynner på I21. `LIKE 'I21%'` betyr «begynner på I21»: prosenttegnet står for hva som helst.

# %% [markdown] lang="en"
# `count(*)` counts rows. `count(DISTINCT pasient_id)` counts different patients. Divide one by the other and you see how many times a person stands in the register on average. Are there more pseudonyms in `lmr` than people in the region? Some were entered wrongly and belong to nobody; module 6 looks for such errors. The rest of this lesson is really about keeping those two numbers apart.
#
# ## 2 Who had a heart attack?
#
# `WHERE` chooses rows (**selection**), and the list after `SELECT` chooses columns (**projection**). Acute myocardial infarction has ICD-10 codes that begin with I21. `LIKE 'I21%'` means "begins with I21": the per cent sign stands for anything.

# %% language="sql"
# SELECT count(*) AS stays, count(DISTINCT pasient_id) AS patients
# FROM npr
# WHERE hoveddiagnose LIKE 'I21%'
#   AND omsorgsniva = 1
#   AND inntid >= DATE '2020-01-01'

# %% [markdown] lang="nb"
# Flere opphold enn pasienter: noen ble flyttet mellom to sykehus, og noen fikk infarkt to ganger. Overlegen spurte om *dem som fikk* infarkt, altså personer. Derfor samler vi oppholdene til én rad per person, med datoen for den første utskrivelsen.
#
# `WITH infarction AS (…)` gir en delspørring et navn, så resten kan leses som en setning.

# %% [markdown] lang="en"
# More stays than patients: some were moved between two hospitals, and some had two heart attacks. The head of cardiology asked about *the people who had* one. So we gather the stays into one row per person, with the date of the first discharge.
#
# `WITH infarction AS (…)` gives a subquery a name, so that the rest reads like a sentence.

# %% language="sql"
# WITH infarction AS (
#     SELECT pasient_id, min(uttid)::DATE AS discharged
#     FROM npr
#     WHERE hoveddiagnose LIKE 'I21%' AND omsorgsniva = 1
#       AND inntid >= DATE '2020-01-01'
#     GROUP BY pasient_id
# )
# SELECT * FROM infarction ORDER BY discharged LIMIT 5

# %% [markdown] lang="nb"
# ## 3 Første forsøk: koble tabellene
#
# En **kobling** (*join*) setter sammen rader fra to tabeller der verdiene stemmer overens. Vi kobler hver infarktpasient med alle sine uttak av statiner (ATC-koder som begynner på C10AA).
#
# `try_strptime` gjør teksten om til en dato, og gir NULL der teksten ikke er en dato som finnes. Slike står det noen av i uttrekket; hvordan du finner dem, er tema i modul 6.
#
# Gjett før du kjører: blir det flere rader enn pasienter, færre, eller like mange? Skriv det ned.

# %% [markdown] lang="en"
# ## 3 First attempt: join the tables
#
# A **join** puts rows of two tables together where their values agree. We join each heart attack patient with all their dispensings of statins (ATC codes that begin with C10AA).
#
# `try_strptime` turns the text into a date, and gives NULL where the text is no date that exists. The extract holds a few of those; how to find them is a matter for module 6.
#
# Guess before you run it: more rows than patients, fewer, or as many? Write it down.

# %%
INFARCTION = """
WITH infarction AS (
    SELECT pasient_id, min(uttid)::DATE AS discharged
    FROM npr
    WHERE hoveddiagnose LIKE 'I21%' AND omsorgsniva = 1 AND inntid >= DATE '2020-01-01'
    GROUP BY pasient_id
),
statin AS (
    SELECT lopenr, try_strptime(utlevert, '%Y%m%d')::DATE AS dispensed
    FROM lmr
    WHERE atc LIKE 'C10AA%'
)
"""
con.sql(f"{INFARCTION} SELECT count(*) AS patients FROM infarction").df()

# %%
con.sql(f"""{INFARCTION}
SELECT count(*) AS n_rows, count(DISTINCT pasient_id) AS patients
FROM infarction JOIN statin ON lopenr = pasient_id
""").df()

# %% [markdown] lang="nb"
# To ting skjedde på én gang. Det ble *flere rader*, fordi den som har hentet ut mange ganger, nå står der mange ganger. Og det ble *færre pasienter*, fordi den som aldri har hentet ut noe, er borte. Tegningen viser begge deler på tre oppdiktede pasienter:

# %% [markdown] lang="en"
# Two things happened at once. There are *more rows*, because someone who collected the drug many times now stands there many times. And there are *fewer patients*, because someone who never collected it is gone. The drawing shows both, on three invented patients:

# %%
patients = {"pasient_id": [1, 2, 3], "discharged": ["2024-03-03", "2024-03-09", "2024-05-20"]}
dispensings = {"lopenr": [1, 1, 3], "dispensed": ["2024-03-07", "2024-06-05", "2024-06-02"]}
sql.draw_join(patients, dispensings, on=("pasient_id", "lopenr"), names=("infarction", "statin"))

# %% [markdown] lang="nb"
# Pasient 2 har ingen linje til høyre. En vanlig kobling (`JOIN`, også kalt *inner join*) tar bare med rader som har en linje. Regner vi andelen av dem som er igjen, blir svaret 100 % uansett hvordan det står til med behandlingen.
#
# ## 4 Behold dem som mangler
#
# En **ytre kobling**, `LEFT JOIN`, beholder alle rader fra tabellen til venstre. Der det ikke finnes noe å koble med, står det **NULL**: ingen verdi.

# %% [markdown] lang="en"
# Patient 2 has no line to the right. An ordinary `JOIN` (an *inner join*) keeps only rows that have a line. If we work out the share among those who are left, the answer is 100 % however well or badly people are treated.
#
# ## 4 Keep those who are missing
#
# An **outer join**, `LEFT JOIN`, keeps every row of the table on the left. Where there is nothing to join with, it puts **NULL**: no value.

# %%
sql.draw_join(
    patients, dispensings, on=("pasient_id", "lopenr"), how="left", names=("infarction", "statin")
)

# %%
share = {}
for join in ("JOIN", "LEFT JOIN"):
    table = con.sql(f"""{INFARCTION}
        SELECT 100.0 * count(DISTINCT lopenr) / count(DISTINCT pasient_id) AS per_cent
        FROM infarction {join} statin ON lopenr = pasient_id
    """).df()
    share[join] = table["per_cent"][0]

label = {"nb": "Hentet ut statin noen gang (%)", "en": "Ever collected a statin (%)"}[LANG]
fig, ax = plt.subplots(figsize=(5, 2.2))
ax.barh(list(share), list(share.values()), color=["#b0b0b0", "#0b6e99"])
ax.bar_label(ax.containers[0], fmt="%.0f %%", padding=4)
ax.set_xlim(0, 115)
_ = ax.set_xlabel(label)

# %% [markdown] lang="nb"
# Den øverste stolpen er `LEFT JOIN`, den nederste er `JOIN`. Den nederste kan aldri vise noe annet enn 100 %. Legg også merke til `count(DISTINCT lopenr)`: funksjoner som teller en *kolonne*, hopper over NULL. Derfor teller den bare dem som har hentet ut noe.
#
# ## 5 Nitti dager fra når?
#
# Men «noen gang» var ikke spørsmålet. Et uttak *før* infarktet sier noe annet, og et uttak tre år etter er for sent. Vinduet er fra utskrivelsen og 90 dager fram. Hvor skal vilkåret stå? La oss gjøre det galt først.

# %% [markdown] lang="en"
# The upper bar is the `LEFT JOIN`, the lower one the `JOIN`. One of them could never have shown anything but 100 %. Note `count(DISTINCT lopenr)` too: functions that count a *column* skip NULL. So it counts only those who collected something.
#
# ## 5 Ninety days from when?
#
# But "ever" was not the question. A dispensing *before* the heart attack tells us something else, and one three years later is too late. The window runs from discharge and 90 days on. Where should the condition go? Let us get it wrong first.

# %%
con.sql(f"""{INFARCTION}
SELECT count(DISTINCT pasient_id) AS patients, count(DISTINCT lopenr) AS collected
FROM infarction LEFT JOIN statin ON lopenr = pasient_id
WHERE dispensed BETWEEN discharged AND discharged + 90
""").df()

# %% [markdown] lang="nb"
# Vi er tilbake på 100 %. `WHERE` blir regnet ut *etter* koblingen, og for den som aldri hentet ut noe, er `dispensed` NULL. «Ligger NULL mellom de to datoene?» har ikke svaret ja, og raden faller bort. `LEFT JOIN` tok vare på pasienten, og `WHERE` kastet henne ut igjen.
#
# Vilkåret hører til *hvilke uttak som teller*, ikke til *hvilke pasienter vi ser på*. Da skal det stå i `ON`.

# %% [markdown] lang="en"
# We are back at 100 %. `WHERE` is worked out *after* the join, and for someone who never collected anything `dispensed` is NULL. "Does NULL lie between the two dates?" is not answered by yes, and the row drops out. `LEFT JOIN` kept the patient, and `WHERE` threw her out again.
#
# The condition is about *which dispensings count*, not about *which patients we look at*. So it belongs in `ON`.

# %%
WINDOW = "ON lopenr = pasient_id AND dispensed BETWEEN discharged AND discharged + 90"
con.sql(f"""{INFARCTION}
SELECT count(DISTINCT pasient_id) AS patients, count(DISTINCT lopenr) AS collected,
       round(100.0 * count(DISTINCT lopenr) / count(DISTINCT pasient_id), 1) AS per_cent
FROM infarction LEFT JOIN statin {WINDOW}
""").df()

# %% [markdown] lang="nb"
# Nå er alle pasientene med, og bare uttak i vinduet teller. `100.0` med desimal gjør at divisjonen regnes med desimaler.
#
# ## 6 Hvem kunne ikke ha hentet ut noe?
#
# Sykepleieren i paret ditt har kanskje allerede spurt: «Men de som døde?» Den som døde på dag 12 uten å ha hentet ut noe, hadde ikke 90 dager på seg. Dødsårsaksregisteret (`dar`) vet hvem det gjelder.

# %% [markdown] lang="en"
# Now every patient is there, and only dispensings inside the window count. `100.0` with a decimal makes the division keep its decimals.
#
# ## 6 Who could not have collected anything?
#
# The nurse in your pair may already have asked: "But what about those who died?" Someone who died on day 12 without having collected anything did not have 90 days. The cause of death registry (`dar`) knows who they are.

# %%
con.sql(f"""{INFARCTION}
, per_person AS (
    SELECT pasient_id, count(dispensed) > 0 AS collected, min(dodsdato) <= min(discharged) + 90 AS died
    FROM infarction
    LEFT JOIN statin {WINDOW}
    LEFT JOIN dar ON lopenummer = pasient_id
    GROUP BY pasient_id
)
SELECT collected, coalesce(died, false) AS died_within_90_days, count(*) AS patients
FROM per_person GROUP BY ALL ORDER BY ALL
""").df()

# %% [markdown] lang="nb"
# Raden der `collected` er usann og `died_within_90_days` er sann, er de pasientene spørsmålet gjelder: de teller i nevneren, men kunne ikke komme i telleren. Å ta dem ut er rimelig, så lenge det blir sagt. Helt riktig er det heller ikke: den som døde på dag 80, hadde nesten hele vinduet. Det riktige er å regne med **tid under risiko**. Det kan ikke SQL gjøre for oss, og vi kommer tilbake til det i modul 10.
#
# `coalesce(died, false)` gjør NULL om til usann: den som ikke står i `dar`, er ikke død.
#
# ## 7 Gruppering: ett svar for hvert år
#
# `GROUP BY` deler radene i grupper og gir én rad for hver. Overlegen vil se om det blir bedre år for år.

# %% [markdown] lang="en"
# The row where `collected` is false and `died_within_90_days` is true holds the patients in question: they count in the denominator but could not get into the numerator. Leaving them out is reasonable, as long as we say so. It is not quite right either: someone who died on day 80 had nearly the whole window. The right way is to reckon with **time at risk**. SQL cannot do that for us, and we return to it in module 10.
#
# `coalesce(died, false)` turns NULL into false: whoever is not in `dar` has not died.
#
# ## 7 Grouping: one answer for each year
#
# `GROUP BY` divides the rows into groups and gives one row for each. The head of cardiology wants to see whether things improve year by year.

# %%
by_year = con.sql(f"""{INFARCTION}
SELECT year(discharged) AS year, count(DISTINCT pasient_id) AS patients,
       round(100.0 * count(DISTINCT lopenr) / count(DISTINCT pasient_id), 0) AS per_cent
FROM infarction LEFT JOIN statin {WINDOW}
GROUP BY year(discharged)
HAVING count(DISTINCT pasient_id) >= 5
ORDER BY year
""").df()
by_year

# %% [markdown] lang="nb"
# `WHERE` velger rader *før* de grupperes, `HAVING` velger grupper *etterpå*. Her tar `HAVING` bort år med under fem pasienter. Så små grupper svinger tilfeldig, og i et ekte register kunne de også ha røpet hvem det gjelder.
#
# Databasen leser spørringen i en annen rekkefølge enn vi skriver den:
#
# ```mermaid
# flowchart LR
#     A["FROM, JOIN … ON<br/>hent og koble"] --> B["WHERE<br/>velg rader"] --> C["GROUP BY<br/>samle i grupper"] --> D["HAVING<br/>velg grupper"] --> E["SELECT<br/>regn ut kolonner"] --> F["ORDER BY, LIMIT<br/>sorter, kutt"]
# ```
# Derfor kan ikke `WHERE` spørre om `count(*)`: gruppene finnes ikke ennå.
#
# ## 8 NULL er ikke null
#
# NULL betyr at vi ikke har noen verdi. Da er svaret på et spørsmål om verdien heller ikke ja eller nei, men *ukjent*. Det kalles **treverdilogikk**. Hva tror du de fire kolonnene blir?

# %% [markdown] lang="en"
# `WHERE` chooses rows *before* they are grouped, `HAVING` chooses groups *afterwards*. Here `HAVING` takes away years with fewer than five patients. Groups that small vary by chance, and in a real register they might also have revealed who was in them.
#
# The database reads the query in another order than we write it:
#
# ```mermaid
# flowchart LR
#     A["FROM, JOIN … ON<br/>fetch and join"] --> B["WHERE<br/>choose rows"] --> C["GROUP BY<br/>gather into groups"] --> D["HAVING<br/>choose groups"] --> E["SELECT<br/>work out columns"] --> F["ORDER BY, LIMIT<br/>sort, cut"]
# ```
# That is why `WHERE` cannot ask about `count(*)`: the groups do not exist yet.
#
# ## 8 NULL is not zero
#
# NULL means that we have no value. Then a question about the value has no yes or no for an answer either, but *unknown*. This is called **three-valued logic**. What do you think the four columns will be?

# %% language="sql"
# SELECT NULL = NULL       AS equal,
#        NULL IS NULL      AS missing,
#        3 NOT IN (1, 2)    AS not_in_list,
#        3 NOT IN (1, NULL) AS not_in_list_with_null

# %% [markdown] lang="nb"
# Den siste kolonnen er fella. Er 3 forskjellig fra 1? Ja. Er 3 forskjellig fra en verdi vi ikke kjenner? Ukjent. Til sammen: ukjent, og `WHERE` slipper bare gjennom det som er *sant*. Én eneste NULL i listen, og `NOT IN` gir ingen rader.
#
# Se hva det gjør i praksis. Vi leter etter legene ved fastlegekontorene som ikke er fastlege for noen av pasientene:

# %% [markdown] lang="en"
# The last column is the trap. Is 3 different from 1? Yes. Is 3 different from a value that we do not know? Unknown. Taken together: unknown, and `WHERE` lets through only what is *true*. A single NULL in the list, and `NOT IN` gives no rows.
#
# See what it does in practice. We look for the doctors at GP surgeries who are nobody's regular GP:

# %% language="sql"
# SELECT count(*) AS doctors,
#        count(*) FILTER (WHERE practitioner_id NOT IN (SELECT gp_id FROM patient)) AS not_in,
#        count(*) FILTER (
#            WHERE NOT EXISTS (SELECT * FROM patient WHERE gp_id = practitioner_id)
#        ) AS not_exists
# FROM practitioner JOIN organisation USING (organisation_id)
# WHERE kind = 'gp' AND profession = 'doctor'

# %% [markdown] lang="nb"
# Kolonnen `not_in` påstår at alle legene har pasienter på listen. Det er ikke sant: noen pasienter har ingen fastlege, så `gp_id` er NULL for dem, og dermed svarer `NOT IN` aldri ja. `NOT EXISTS` spør i stedet om det *finnes en rad*, og det har alltid svaret ja eller nei. (`FILTER` teller bare radene der vilkåret er sant.)
#
# ## 9 Det samme som algebra
#
# SQL sier *hva* du vil ha. **Relasjonsalgebra** sier hvordan svaret bygges, én operator om gangen. Hver operator tar relasjoner (tabeller) og gir en ny relasjon. Tegnene kan du kopiere herfra, eller skrive med bokstaver:
#
# | algebra | med bokstaver | gir | i SQL |
# |---|---|---|---|
# | σ sex = 'F' (R) | `sigma` | radene der vilkåret er sant | `WHERE` |
# | π a, b (R) | `pi` | kolonnene, hver rad én gang | `SELECT DISTINCT` |
# | R ⋈ S | `join` | radene koblet der **alle** kolonner med samme navn er like | `NATURAL JOIN` |
# | R ⋈ a = b S | `join` | radene koblet der vilkåret er sant | `JOIN … ON` |
# | R − S | `except` | radene i R som ikke står i S | `EXCEPT` |
# | R ▷ S | `anti join` | radene i R som ikke lar seg koble med noen i S | `NOT EXISTS` |
# | R ÷ S | `/` | det som står i R sammen med **hver** rad i S | (ikke noe eget ord) |
# | γ a; count(\*) → n (R) | `gamma` | én rad for hver verdi av a | `GROUP BY` |
#
# Flere vilkår bindes sammen med `and` eller ∧, `or` eller ∨. Vi tar de tre oppdiktede pasientene en gang til: hvor mange hentet ut noe?

# %% [markdown] lang="en"
# The column `not_in` claims that every doctor has patients on the list. That is not true: some patients have no regular GP, so their `gp_id` is NULL, and `NOT IN` never says yes. `NOT EXISTS` asks instead whether *a row exists*, and that is always answered by yes or no. (`FILTER` counts only the rows for which its condition is true.)
#
# ## 9 The same as algebra
#
# SQL says *what* you want. **Relational algebra** says how the answer is built, one operator at a time. Each operator takes relations (tables) and gives a new relation. Copy the signs from here, or write them in letters:
#
# | algebra | in letters | gives | in SQL |
# |---|---|---|---|
# | σ sex = 'F' (R) | `sigma` | the rows for which the condition is true | `WHERE` |
# | π a, b (R) | `pi` | the columns, each row once | `SELECT DISTINCT` |
# | R ⋈ S | `join` | rows joined where **all** columns of the same name are equal | `NATURAL JOIN` |
# | R ⋈ a = b S | `join` | rows joined where the condition is true | `JOIN … ON` |
# | R − S | `except` | the rows of R that are not in S | `EXCEPT` |
# | R ▷ S | `anti join` | the rows of R that join with none of S | `NOT EXISTS` |
# | R ÷ S | `/` | what stands in R together with **every** row of S | (no word of its own) |
# | γ a; count(\*) → n (R) | `gamma` | one row for each value of a | `GROUP BY` |
#
# Several conditions are tied together by `and` or ∧, `or` or ∨. We take the three invented patients once more: how many collected something?

# %%
db = {"infarction": pd.DataFrame(patients), "statin": pd.DataFrame(dispensings)}
collected = algebra.parse("γ count(*) → n (π pasient_id (infarction ⋈ pasient_id = lopenr statin))")
collected.tree(db)

# %% [markdown] lang="nb"
# Les treet nedenfra. Koblingen gir tre rader, fordi pasient 1 hentet ut to ganger. Projeksjonen π gir bare to: en relasjon er en **mengde**, og i en mengde står ingen to ganger. Derfor teller γ mennesker her, selv om det står `count(*)`. I SQL måtte du skrive `count(DISTINCT …)` for å si det samme.
#
# Et uttrykk kan også gjøres om til SQL og kjøres på hele datasettet. Vi vil vite hvor hver kontakt i journalen fant sted. Én kontakt hører til én organisasjon, så hvor mange rader venter du på linje to under: flere enn kontaktene, færre, eller like mange?

# %% [markdown] lang="en"
# Read the tree from below. The join gives three rows, because patient 1 collected twice. The projection π gives only two: a relation is a **set**, and nobody stands twice in a set. So γ counts people here, though it says `count(*)`. In SQL you would have to write `count(DISTINCT …)` to say the same.
#
# An expression can also be turned into SQL and run on the whole dataset. We want to know where each encounter of the record took place. One encounter belongs to one organisation, so how many rows do you expect on line two below: more than the encounters, fewer, or as many?

# %%
for text in (
    "encounter",
    "encounter ⋈ organisation",
    "encounter ⋈ π organisation_id, name (organisation)",
):
    found = con.sql(f"SELECT count(*) AS n FROM ({algebra.parse(text).sql()})").df()
    print(f"{found['n'][0]:>7}  {text}")

print(algebra.parse("π name (encounter ⋈ organisation)").sql())

# %% [markdown] lang="nb"
# Færre, og spørringen under viser hvorfor: **naturlig kobling** sammenligner *alle* kolonner med samme navn. Begge tabellene har en kolonne som heter `kind`, men i den ene er den slags kontakt, i den andre slags virksomhet. De er like på fastlegekontoret (`gp`), og aldri på sykehuset (`inpatient` og `hospital`). Alle sykehuskontaktene falt ut uten et ord. Ta med bare de kolonnene du vil koble på, som i siste linje, eller skriv vilkåret selv.
#
# Hvem hentet *ikke* ut noe? Det er en **differanse**: alle, minus dem som gjorde det. Her finnes ingen felle med NULL, for − sammenligner hele rader, og da er NULL lik NULL.

# %% [markdown] lang="en"
# Fewer, and the query below shows why: a **natural join** compares *all* columns of the same name. Both tables have a column called `kind`, but in one it is the kind of encounter, in the other the kind of organisation. They are equal at the GP surgery (`gp`), and never at the hospital (`inpatient` and `hospital`). Every hospital encounter dropped out without a word. Bring only the columns that you want to join on, as on the last line, or write the condition yourself.
#
# Who did *not* collect anything? That is a **difference**: everyone, less those who did. There is no trap with NULL here, since − compares whole rows, and then NULL equals NULL.

# %%
algebra.parse("π pasient_id (infarction) − π lopenr (statin)").tree(db)

# %% [markdown] lang="nb"
# Legg merke til at det *ikke* går å velge rader der noe annet skjedde: den som har hentet ut et annet legemiddel, kan godt ha hentet ut statin også. «Har ikke» er alltid en differanse (eller ▷).
#
# Den siste operatoren har ikke noe eget ord i SQL. **Divisjon**, ÷, svarer på «hvem har *alle*?» Hvem har fått både øyne og føtter undersøkt? En liten relasjon kan skrives rett inn i uttrykket, mellom krøllparenteser: kolonnenavnet først, så én rad på hver linje.

# %% [markdown] lang="en"
# Note that choosing rows where something *else* happened will not do: someone who collected another drug may well have collected a statin too. "Has not" is always a difference (or ▷).
#
# The last operator has no word of its own in SQL. **Division**, ÷, answers "who has *all* of them?" Who has had both eyes and feet examined? A small relation can be written straight into the expression, between braces: the column's name first, then one row on each line.

# %%
examined = pd.DataFrame(
    {"pasient_id": [1, 1, 2, 3, 3], "test": ["eye", "foot", "eye", "foot", "eye"]}
)
wanted = "{test\neye\nfoot}"  # \n begins a new line
algebra.parse(f"examined ÷ {wanted}").evaluate({"examined": examined})

# %% [markdown] lang="nb"
# Pasient 2 mangler føttene og er ikke med. Det som blir igjen, er kolonnene som *ikke* står i `wanted`. Hadde `examined` også hatt en kolonne med dato, ville ÷ spurt hvem som fikk alt på *samme dag*: ta bort den slags med π først. I SQL må du gå en omvei: tell hvor mange forskjellige undersøkelser hver pasient har, og krev at det er alle.
#
# ## Dette så vi
#
# - **Rader er ikke personer.** Spør alltid hva én rad er, og tell med `count(DISTINCT …)` når du vil ha personer (F3).
# - **Koblingen bestemmer hvem som er med.** `JOIN` mister dem som mangler. `LEFT JOIN` beholder dem, så lenge vilkårene om høyre tabell står i `ON` (F3).
# - **NULL er ukjent.** `count(kolonne)` hopper over den, `= NULL` er aldri sant, og `NOT IN` med en NULL i listen gir ingenting (F3).
# - **Algebra viser veien.** Hver operator tar relasjoner og gir en relasjon, så du kan følge radene gjennom treet (F3).
#
# **Les mer.** Codd EF: «A relational model of data for large shared data banks», *Communications of the ACM* 1970, [doi 10.1145/362384.362685](https://doi.org/10.1145/362384.362685): artikkelen der tabellen ble en matematisk relasjon. Furu K: «Establishment of the nationwide Norwegian Prescription Database», *Norsk Epidemiologi* 2008, [doi 10.5324/nje.v18i2.23](https://doi.org/10.5324/nje.v18i2.23): hva en rad i Legemiddelregisteret er.
#
# **Neste steg:** oppgavene i `05_algebra_sql` under *Oppgaver*.

# %% [markdown] lang="en"
# Patient 2 lacks the feet and is not there. What remains is the columns that are *not* in `wanted`. Had `examined` held a date as well, ÷ would have asked who had everything on the *same day*: take such columns away with π first. In SQL you take a detour: count how many different examinations each patient has had, and require that it is all of them.
#
# ## What we saw
#
# - **Rows are not people.** Always ask what one row is, and count with `count(DISTINCT …)` when you want people (F3).
# - **The join decides who is in.** `JOIN` loses those who are missing. `LEFT JOIN` keeps them, as long as conditions on the right-hand table stand in `ON` (F3).
# - **NULL is unknown.** `count(column)` skips it, `= NULL` is never true, and `NOT IN` with a NULL in the list gives nothing (F3).
# - **Algebra shows the way.** Each operator takes relations and gives a relation, so you can follow the rows through the tree (F3).
#
# **Read more.** Codd EF: "A relational model of data for large shared data banks", *Communications of the ACM* 1970, [doi 10.1145/362384.362685](https://doi.org/10.1145/362384.362685): the article in which a table became a mathematical relation. Furu K: "Establishment of the nationwide Norwegian Prescription Database", *Norsk Epidemiologi* 2008, [doi 10.5324/nje.v18i2.23](https://doi.org/10.5324/nje.v18i2.23): what a row of the prescription register is.
#
# **Next:** the tasks in `05_algebra_sql` under *Exercises*.
