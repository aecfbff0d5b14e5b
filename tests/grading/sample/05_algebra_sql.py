# %% [markdown] lang="nb"
# # Øving til prøve av retting
# %% [markdown] lang="en"
# # An exercise to try grading on
# %%
from labkit import connect, exercise

con = connect()
check = exercise("05_algebra_sql", lang=LANG)
# %%
homes = con.sql("SELECT * FROM residence").df()
# %% [markdown] lang="nb" task="5.1"
# ## 5.1 Median inntekt (1 poeng)
# Hva er median inntekt i 2020, i kroner? Et tall.
# %% [markdown] lang="en" task="5.1"
# ## 5.1 Median income (1 point)
# What is the median income in 2020, in kroner? A number.
# %% task="5.1" points=1 outcomes=["F3"]
### BEGIN SOLUTION
answer = con.sql("SELECT median(income_nok) FROM income WHERE year = 2020").fetchall()[0][0]
### END SOLUTION
# %% check="5.1"
check("5.1", answer, tolerance=0.5)
# %% wrong="5.1" nb="Trekker de høye inntektene opp?" en="Do the high incomes pull it up?"
answer = con.sql("SELECT avg(income_nok) FROM income WHERE year = 2020").fetchall()[0][0]
# %% [markdown] lang="nb" task="5.2"
# ## 5.2 Folk i hver kommune (2 poeng)
# Hvor mange bor i hver kommune nå? Kolonner: `municipality`, `n`.
# %% [markdown] lang="en" task="5.2"
# ## 5.2 People in each municipality (2 points)
# How many live in each municipality now? Columns: `municipality`, `n`.
# %% task="5.2" points=2 outcomes=["F3"]
### BEGIN SOLUTION
answer = """
SELECT municipality, count(*) AS n FROM residence WHERE to_date IS NULL GROUP BY municipality
"""
### END SOLUTION
# %% check="5.2"
check.sql("5.2", answer)
# %% wrong="5.2" nb="Bor alle fortsatt der?" en="Does everyone still live there?"
answer = "SELECT municipality, count(*) AS n FROM residence GROUP BY municipality"
# %% [markdown] lang="nb" task="5.3"
# ## 5.3 De som har flyttet (3 poeng)
# Hvem har hatt flere enn tre adresser? En mengde med `person_id`.
# %% [markdown] lang="en" task="5.3"
# ## 5.3 Those who have moved (3 points)
# Who has had more than three addresses? A set of `person_id`.
# %% task="5.3" points=3 outcomes=["F3"]
counts = homes["person_id"].value_counts()
### BEGIN SOLUTION
answer = set(counts[counts > 3].index)
### END SOLUTION
# %% check="5.3"
check("5.3", answer)
# %% wrong="5.3" nb="Er tre flere enn tre?" en="Is three more than three?"
answer = set(counts[counts >= 3].index)
