# %% [markdown] lang="nb"
# # Øving i R
# %% [markdown] lang="en"
# # An exercise in R
# %%
from labkit import exercise

check = exercise("10_analysis", lang=LANG)

# %% [markdown] lang="nb" task="10.1"
# ## 10.1 Pasienter per kommune (2 poeng)
# Skriv R-kode som gir `answer` en tabell med `kommune` og `n`: antall forskjellige pasienter i `npr`.
# %% [markdown] lang="en" task="10.1"
# ## 10.1 Patients by municipality (2 points)
# Write R code that gives `answer` a table of `kommune` and `n`: the number of different patients in `npr`.
# %% task="10.1" points=2 outcomes=["F4"]
### BEGIN SOLUTION
answer = """
found <- aggregate(pasient_id ~ kommune, data = npr, FUN = function(id) length(unique(id)))
answer <- setNames(found, c("kommune", "n"))
"""
### END SOLUTION
# %% check="10.1"
check.r("10.1", answer, tables=["npr"])
# %% wrong="10.1" nb="Teller du opphold eller pasienter?" en="Do you count stays or patients?"
answer = """
answer <- setNames(aggregate(pasient_id ~ kommune, data = npr, FUN = length), c("kommune", "n"))
"""

# %% [markdown] lang="nb" task="10.2"
# ## 10.2 Andel hasteopphold (1 poeng)
# Skriv R-kode som gir `answer` andelen opphold i `npr` med `hastegrad` 1, fra 0 til 1.
# %% [markdown] lang="en" task="10.2"
# ## 10.2 Share of emergency stays (1 point)
# Write R code that gives `answer` the share of stays in `npr` with `hastegrad` 1, from 0 to 1.
# %% task="10.2" points=1 outcomes=["F4"]
### BEGIN SOLUTION
answer = "answer <- mean(npr$hastegrad == 1)"
### END SOLUTION
# %% check="10.2"
check.r("10.2", answer, tables=["npr"], tolerance=0.001)
# %% wrong="10.2" nb="Er svaret mellom 0 og 1?" en="Is the answer between 0 and 1?"
answer = "answer <- 100 * mean(npr$hastegrad == 1)"
