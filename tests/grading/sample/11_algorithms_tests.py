# %% [markdown] lang="nb"
# # Øving til prøve av oppgavetypene
# %% [markdown] lang="en"
# # An exercise to try the kinds of tasks on
# %%
from labkit import connect, exercise

con = connect()
check = exercise("11_algorithms_tests", lang=LANG)


# %%
def readmitted(discharge_day, admission_day):
    """Tell whether an admission is a readmission: on day 1 to 30 after discharge."""
    days = admission_day - discharge_day
    return days > 0 and days <= 30


# %% [markdown] lang="nb" task="11.1"
# ## 11.1 Slå sammen opphold (3 poeng)
# Skriv `merge(stays)`. Svaret er funksjonen.
# %% [markdown] lang="en" task="11.1"
# ## 11.1 Merge stays (3 points)
# Write `merge(stays)`. The answer is the function.
# %% task="11.1" points=3 outcomes=["F5"]
### BEGIN SOLUTION
def answer(stays):
    merged = []
    for start, end in stays:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


### END SOLUTION
# %% check="11.1"
check.function(
    "11.1",
    answer,
    cases=60,
    inputs=[
        {
            "list": {"tuple": [{"int": [0, 30]}, {"int": [0, 30]}], "sorted": True},
            "length": [0, 5],
            "sorted": True,
        }
    ],
)


# %% wrong="11.1" nb="Hva med opphold som ligger helt inni et annet?" en="What of a stay that lies inside another?"
def answer(stays):
    merged = []
    for start, end in stays:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


# %% [markdown] lang="nb" task="11.2"
# ## 11.2 Tester (2 poeng)
# Skriv en test av `readmitted`.
# %% [markdown] lang="en" task="11.2"
# ## 11.2 Tests (2 points)
# Write a test of `readmitted`.
# %% task="11.2" points=2 outcomes=["F5"]
### BEGIN SOLUTION
def answer(readmitted):
    assert readmitted(10, 11)
    assert readmitted(10, 40)
    assert not readmitted(10, 41)
    assert not readmitted(10, 10)
    assert not readmitted(10, 5)


### END SOLUTION
# %% check="11.2"
check.tests("11.2", answer, of="readmitted")
# %% [markdown] lang="nb" task="11.3"
# ## 11.3 Plantede feil (2 poeng)
# Hvilke rader i `npr` har en feil? En mengde med `row_key`.
# %% [markdown] lang="en" task="11.3"
# ## 11.3 Planted defects (2 points)
# Which rows of `npr` have a defect? A set of `row_key`.
# %% task="11.3" points=2 outcomes=["F5"]
### BEGIN SOLUTION
truth = set(connect(truth=True).sql("SELECT row_key FROM truth.defect").df()["row_key"])
answer = truth
### END SOLUTION
# %% check="11.3"
check.findings("11.3", answer, enough=0.9)
# %% [markdown] lang="nb" task="11.4"
# ## 11.4 Figur (2 poeng)
# Tegn median inntekt for hvert år som en linje.
# %% [markdown] lang="en" task="11.4"
# ## 11.4 Figure (2 points)
# Draw the median income of each year as a line.
# %% task="11.4" points=2 outcomes=["F4"]
from matplotlib.figure import Figure

median = con.sql(
    "SELECT year, median(income_nok) AS nok FROM income GROUP BY year ORDER BY year"
).df()
### BEGIN SOLUTION
answer = Figure().subplots()
answer.plot(median["year"], median["nok"])
answer.set(xlabel="År", ylabel="Median inntekt (kr)")
### END SOLUTION
# %% check="11.4"
check.figure("11.4", answer, units={"ylabel": ["kr", "nok"]})
# %% [markdown] lang="nb" task="11.5"
# ## 11.5 Valg (1 poeng)
# Er et uttrekk med pseudonymer anonymt? Svar med (valg, begrunnelse).
# %% [markdown] lang="en" task="11.5"
# ## 11.5 Choice (1 point)
# Is an extract with pseudonyms anonymous? Answer with (choice, reason).
# %% task="11.5" points=1 outcomes=["F5"]
### BEGIN SOLUTION
answer = ("Nei", "fordi nøkkelen fortsatt finnes hos registeret")
### END SOLUTION
# %% check="11.5"
check.choice("11.5", answer, options=["Ja", "Nei"], reason=True)
# %% wrong="11.5" nb="Hvem har nøkkelen?" en="Who has the key?"
answer = ("Ja", "fordi navnene er tatt bort fra uttrekket")
# %% [markdown] lang="nb" task="11.6"
# ## 11.6 Tekst (3 poeng)
# Hva er en god test? To til femti ord.
# %% [markdown] lang="en" task="11.6"
# ## 11.6 Text (3 points)
# What is a good test? Two to fifty words.
# %% task="11.6" points=3 outcomes=["F5"]
### BEGIN SOLUTION
answer = "Den feiler når funksjonen er gal, og bare da."
### END SOLUTION
# %% check="11.6"
check.text("11.6", answer, words=[2, 50])
# %% [markdown] lang="nb" task="11.7"
# ## 11.7 Algebra (1 poeng)
# Hvem har bodd i Tynset (3427)? Kolonne: `person_id`.
# %% [markdown] lang="en" task="11.7"
# ## 11.7 Algebra (1 point)
# Who has lived in Tynset (3427)? Column: `person_id`.
# %% task="11.7" points=1 outcomes=["F5"]
### BEGIN SOLUTION
answer = "π person_id (σ municipality = '3427' (residence))"
### END SOLUTION
# %% check="11.7"
check.algebra("11.7", answer)
# %% wrong="11.7" nb="Er det de som bor der nå, det spørres om?" en="Is it those who live there now that are asked for?"
answer = "π person_id (σ municipality = '3427' and to_date is null (residence))"
