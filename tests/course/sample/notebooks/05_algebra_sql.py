# %% [markdown] lang="nb"
# # Hvor mange legger vi inn?
#
# Lederen spør. Vi teller.

# %% [markdown] lang="en"
# # How many do we admit?
#
# The head asks. We count.

# %%
import pandas as pd

stays = pd.DataFrame({"patient": [1, 1, 2], "days": [3, 2, 7]})
stays

# %% [markdown] lang="nb"
# ```mermaid
# flowchart LR
#   %% en kommentar
#   a[opphold] --> b[pasient]
# ```

# %% [markdown] lang="en"
# ```mermaid
# flowchart LR
#   %% a comment
#   a[stay] --> b[patient]
# ```

# %%
print({"nb": "pasienter:", "en": "patients:"}[LANG], stays["patient"].nunique())
print("nb" == LANG)

# %%
import matplotlib.pyplot as plt

_, ax = plt.subplots(figsize=(3, 2))
_ = ax.bar(["1", "2"], stays.groupby("patient")["days"].sum())

# %% tags=["raises-exception"]
stays["name"]
