# %% [markdown] lang="nb"
# # Øving til prøve av retting
# %% [markdown] lang="en"
# # An exercise to try grading on
# %%
import pandas as pd

from labkit import exercise

check = exercise("05_algebra_sql", lang=LANG)
# %%
from ward import stays

ward = stays()
# %% [markdown] lang="nb" task="5.1"
# ## 5.1 Median liggetid (1 poeng)
# Hva er median liggetid i døgn? Et tall.
# %% [markdown] lang="en" task="5.1"
# ## 5.1 Median length of stay (1 point)
# What is the median length of stay in days? A number.
# %% task="5.1" points=1 outcomes=["F3"]
### BEGIN SOLUTION
answer = ward["days"].median()
### END SOLUTION
# %% check="5.1"
check("5.1", answer, tolerance=0.05)
# %% wrong="5.1" nb="Trekker de lange oppholdene opp?" en="Do the long stays pull it up?"
answer = ward["days"].mean()
# %% [markdown] lang="nb" task="5.2"
# ## 5.2 Opphold per avdeling (2 poeng)
# En tabell med kolonnene `ward` og `n`.
# %% [markdown] lang="en" task="5.2"
# ## 5.2 Stays per ward (2 points)
# A table with the columns `ward` and `n`.
# %% task="5.2" points=2 outcomes=["F3"]
### BEGIN SOLUTION
answer = ward.groupby("ward", as_index=False).agg(n=("stay_id", "count"))
### END SOLUTION
# %% check="5.2"
check("5.2", answer)
# %% wrong="5.2" nb="Én pasient kan ligge inne to ganger. Hva teller du?" en="One patient can stay twice. What do you count?"
answer = ward.groupby("ward", as_index=False).agg(n=("patient_id", "nunique"))
# %% [markdown] lang="nb" task="5.3"
# ## 5.3 Flere enn ett opphold (3 poeng)
# En mengde med pasientnumre.
# %% [markdown] lang="en" task="5.3"
# ## 5.3 More than one stay (3 points)
# A set of patient numbers.
# %% task="5.3" points=3 outcomes=["F3"]
counts = ward["patient_id"].value_counts()
### BEGIN SOLUTION
answer = set(counts[counts > 1].index)
### END SOLUTION
# %% check="5.3"
check("5.3", answer)
# %% wrong="5.3" nb="Er to flere enn ett?" en="Is two more than one?"
answer = set(counts[counts > 2].index)
