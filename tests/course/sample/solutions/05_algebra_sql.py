# %% [markdown] lang="nb"
# # Oppgaver

# %% [markdown] lang="en"
# # Tasks

# %%
from labkit import exercise

check = exercise("05_algebra_sql", lang=LANG)

# %% [markdown] lang="nb" task="5.1"
# **5.1 (1 poeng).** Hvor mange dager er det i ei uke?

# %% [markdown] lang="en" task="5.1"
# **5.1 (1 point).** How many days are there in a week?

# %% task="5.1" points=1 outcomes=["F3"]
### BEGIN SOLUTION
days = 7
### END SOLUTION

# %% check="5.1"
check("5.1", days)

# %% wrong="5.1" nb="Teller du helga?" en="Do you count the weekend?"
days = 5

# %% [markdown] lang="nb" task="5.2"
# **5.2 (2 poeng).** Hvor mange døgn varte hvert opphold? Svar med en liste.

# %% [markdown] lang="en" task="5.2"
# **5.2 (2 points).** How many days did each stay last? Answer with a list.

# %% task="5.2" points=2 outcomes=["F3", "K6"]
first, last = [1, 4, 9], [3, 8, 9]
### BEGIN SOLUTION
answer = [end - start for start, end in zip(first, last, strict=True)]
### END SOLUTION

# %% check="5.2"
check("5.2", answer, tolerance=0.01)

# %% wrong="5.2" nb="Når er du hjemme igjen?" en="When are you home again?"
answer = [end - start + 1 for start, end in zip(first, last, strict=True)]

# %% wrong="5.2" nb="Hva kommer først?" en="What comes first?"
answer = [start - end for start, end in zip(first, last, strict=True)]
