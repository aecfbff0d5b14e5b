"""The truth about effects: every hazard ratio planted, and both outcomes of each person.

A conditional hazard ratio holds between people who are alike in everything else; it is what the
generator multiplies with. A marginal one compares the whole population treated with the whole
population untreated; the two differ because people differ (Martinussen & Vansteelandt 2013,
Lifetime Data Analysis 19:279-296). It has no formula here: `marginal` simulates both worlds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from labkit.world.calibration import load
from labkit.world.columns import coded
from labkit.world.disease import Disease, diseases, onsets, outcome_days
from labkit.world.episode import Episode, kinds
from labkit.world.exposure import exposures
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, NEVER, PARTITION_SIZE, START_DAY, Config, Part
from labkit.world.people import partition, people
from labkit.world.population import date64, people_of
from labkit.world.survey import selection_odds
from labkit.world.treatment import PROGRAMME_FROM

IMMORTAL = "vitamin_d_on_death"


@dataclass(frozen=True)
class Planted:
    """A treatment whose effect a lesson asks for: who may get it, and from when."""

    name: str
    treatment: str
    outcome: str
    note: str


PLANTED = (
    Planted(
        "statin_on_mi",
        "statin",
        "mi",
        "Confounding by indication: those who get it have hypertension, diabetes, angina, kidney "
        "disease or are older, and so have more infarctions. Age, sex and these diagnoses decide "
        "who starts, nothing else; adjusting for them is enough. Exposed while collecting only.",
    ),
    Planted(
        "anticoagulant_on_stroke",
        "anticoagulant",
        "stroke",
        "Given after atrial fibrillation, more often above 65 years; before October 2011 less "
        "often. Start of follow-up: the day atrial fibrillation was found.",
    ),
    Planted(
        "programme_on_hip_fracture",
        "programme",
        "hip_fracture",
        "Fall prevention for residents of 65 and above in Røros from 2018-01-01: compare before "
        "and after, and with the other municipalities. Falls have the same ratio.",
    ),
)


def eligible(part: Part, planted: Planted) -> tuple[np.ndarray, np.ndarray]:
    """Return who an effect may concern and the day follow-up begins: (bool, int32 day).

    Statin: 40-79 years on the first day of the window, no statin and no infarction before it.
    Anticoagulant: atrial fibrillation found in the window, no stroke before.
    Programme: residents of the municipality on its first day, 65 or older, no hip fracture yet.
    """
    who, n = people_of(part), part.size
    if planted.treatment == "statin":
        age = (START_DAY - who.birth) / YEAR
        start = np.full(n, START_DAY, dtype=np.int32)
        fits = (age >= 40) & (age < 80) & (part.treatment["statin"] >= START_DAY)
    elif planted.treatment == "anticoagulant":
        start = part.onset["af"]
        fits = (start >= START_DAY) & (start <= END_DAY)
    else:
        start = np.full(n, PROGRAMME_FROM, dtype=np.int32)
        fits = part.treatment["programme"] <= PROGRAMME_FROM
        fits &= (who.birth + 65 * YEAR) <= PROGRAMME_FROM
    fits &= who.entry <= start
    if who.death is not None:
        fits &= who.death > start
    place = np.flatnonzero(fits)
    outcome = outcome_days(part, planted.outcome, {**part.onset, **part.treatment}, who=place)
    fits[place] = outcome > start[place]
    return fits, start


def both_worlds(
    part: Part, planted: Planted, start: np.ndarray, *, who: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outcome day of some people untreated, and treated from `start`; the same draws.

    Args:
        part: The partition, whose diseases are known.
        planted: Which treatment.
        start: Day of each person of the partition from which they are treated.
        who: Places of the people, shape (n,).
    """
    known = {**part.onset, **part.treatment}
    never = np.full(part.size, NEVER, dtype=np.int32)
    others = {f"{planted.treatment}_stop": never} if planted.treatment == "statin" else {}
    without = known | others | {planted.treatment: never}
    treated = known | others | {planted.treatment: start}
    return (
        outcome_days(part, planted.outcome, without, who=who),
        outcome_days(part, planted.outcome, treated, who=who),
    )


def counterfactual(part: Part) -> None:
    """Make the table `counterfactual`."""
    who = people_of(part)
    blocks = []
    for planted in PLANTED:
        fits, start = eligible(part, planted)
        place = np.flatnonzero(fits)
        without, treated = both_worlds(part, planted, start, who=place)
        given = part.treatment[planted.treatment][place] <= END_DAY
        blocks.append((place, start[place], given, without, treated))
    number = np.repeat(np.arange(len(blocks)), [len(block[0]) for block in blocks])
    joined = [np.concatenate(column) for column in zip(*blocks, strict=True)]
    place, start, given, without, treated = joined
    part.tables["counterfactual"] = {
        "effect": coded(number, [planted.name for planted in PLANTED]),
        "person_id": who.person_id[place],
        "from_date": date64(start),
        "treated": given.astype(np.int16),
        "outcome_untreated": _known(without),
        "outcome_treated": _known(treated),
    }


def _known(day: np.ndarray) -> pa.Array:
    """Days up to the reference date, null after it."""
    dates = date64(np.minimum(day, END_DAY)).copy()
    dates[day > END_DAY] = np.datetime64("NaT")
    return pa.array(dates)


def hazard_ratio(without: np.ndarray, treated: np.ndarray, horizon: float) -> float:
    """Estimate the Cox hazard ratio between two groups, censored at a horizon.

    Args:
        without: Times to the event in the untreated, shape (n,), inf for never.
        treated: Times in the treated, shape (m,).
        horizon: End of follow-up, in the unit of the times.

    Source:
        Cox (1972), Journal of the Royal Statistical Society B 34:187-220; Breslow's ties.

    Examples:
        >>> rng = np.random.default_rng(1)
        >>> slow, quick = rng.exponential(2.0, 20_000), rng.exponential(1.0, 20_000)
        >>> round(hazard_ratio(slow, quick, 3.0), 1)
        2.0
    """
    time = np.concatenate([without, treated])
    group = np.repeat([0, 1], [len(without), len(treated)])
    order = np.argsort(time, kind="stable")
    time, group = time[order], group[order]
    behind = np.cumsum(group) - group
    # At the risk of the moment: everyone whose time is not before it; ties share the first.
    first = np.searchsorted(time, time, side="left")
    of_treated = len(treated) - behind[first]
    of_all = len(time) - first
    event = time <= horizon
    treated_at_risk = of_treated[event].astype(float)
    others_at_risk = of_all[event] - treated_at_risk
    seen = float(group[event].sum())
    log_ratio = 0.0
    for _ in range(30):
        share = treated_at_risk * np.exp(log_ratio)
        share = share / (share + others_at_risk)
        step = (seen - share.sum()) / (share * (1 - share)).sum()
        log_ratio += step
        if abs(step) < 1e-10:
            break
    return float(np.exp(log_ratio))


def marginal(name: str, *, people_count: int | None = None, seed: int | None = None) -> float:
    """Simulate the marginal hazard ratio of one planted treatment.

    Everyone eligible is followed to the reference date twice, with the same draws: once untreated,
    once treated from the first day.

    Args:
        name: One of the names in `PLANTED`.
        people_count: Size of the simulated population; by default that of `effects.toml`.
        seed: Seed of the simulation.
    """
    planted = next(p for p in PLANTED if p.name == name)
    settings = load("effects")
    config = Config(
        people=people_count or settings["people"], seed=seed or settings["seed"], region="fjell"
    )
    pairs = []
    for index in range(-(-config.people // PARTITION_SIZE)):
        part = partition(config, index)
        for step in (people, exposures, onsets):
            step(part)
        fits, start = eligible(part, planted)
        who = np.flatnonzero(fits)
        begin = start[who].astype(float)
        limit = END_DAY - begin
        # Follow-up that starts at different days ends at different times.
        since = [np.maximum(day - begin, 1.0) for day in both_worlds(part, planted, start, who=who)]
        pairs.append([np.where(days > limit, np.inf, days) for days in since])
    untreated, treated_all = (np.concatenate(some) for some in zip(*pairs, strict=True))
    return hazard_ratio(untreated, treated_all, float(END_DAY - START_DAY))


Row = tuple[str, str, str, str, float, float | None, str, str]


def rows() -> Iterator[Row]:
    """Yield all planted effects, each with the columns of the table `effect` in their order."""
    notes = {planted.name: planted.note for planted in PLANTED}
    marginals = load("effects").get("marginal", {})
    treatments = {"statin", "anticoagulant"}
    conditions: dict[str, Disease | Episode] = {**diseases(), **kinds()}
    for outcome, entry in conditions.items():
        scale = "hazard ratio" if outcome in diseases() else "rate ratio"
        for cause, ratio in entry.after.items():
            if cause == "statin_stop":
                continue
            name = f"{cause}_on_{outcome}"
            kind = "treatment" if cause in treatments else "disease"
            kind = "programme" if cause == "programme" else kind
            since = "onset of the disease" if kind == "disease" else f"start of the {cause}"
            note = notes.get(name, f"From the {since} on.")
            yield name, kind, cause, outcome, ratio, marginals.get(name), scale, note
        for level, word in ((1, "former"), (2, "daily")):
            if entry.smoking[level] != 1:
                note = "Against those who never smoked. Status is constant through the window."
                name = f"smoking_{word}_on_{outcome}"
                yield (
                    name,
                    "risk factor",
                    f"smoking {word}",
                    outcome,
                    entry.smoking[level],
                    None,
                    scale,
                    note,
                )
        if entry.trend:
            note = "Change by calendar year at a given age and sex."
            ratio = 1 + entry.trend
            yield f"year_on_{outcome}", "trend", "calendar year", outcome, ratio, None, scale, note
    for outcome, disease in diseases().items():
        if disease.bmi != 1:
            note = "For 5 kg/m2 more."
            name = f"bmi_on_{outcome}"
            yield name, "risk factor", "bmi", outcome, disease.bmi, None, "hazard ratio", note
        if disease.education[0] != 1:
            note = "Compulsory school against long tertiary education."
            name = f"education_on_{outcome}"
            ratio = disease.education[0]
            yield name, "risk factor", "education", outcome, ratio, None, "hazard ratio", note
    for name, exposure, ratio, reference in selection_odds():
        note = f"Who of those invited took part in the health survey. {reference}"
        name = f"{name}_on_participation"
        yield name, "selection", exposure, "participation", ratio, None, "odds ratio", note
    note = (
        "No effect. After a first acute stay at 65 or above vitamin D is prescribed, and collected "
        "by chance on a day within the year that follows, by those still alive. To have collected "
        "it one must have lived until then: ever against never is biased by immortal time. Count "
        "the exposure from the day of collection."
    )
    yield IMMORTAL, "no effect", "vitamin D", "death", 1.0, 1.0, "hazard ratio", note


def effect(part: Part) -> None:
    """Make the table `effect`, once for the whole dataset."""
    if part.index:
        return
    name, kind, exposure, outcome, conditional, total, scale, note = zip(*rows(), strict=True)
    part.tables["effect"] = {
        "name": pa.array(name),
        "kind": pa.array(kind),
        "exposure": pa.array(exposure),
        "outcome": pa.array(outcome),
        "conditional": np.array(conditional, dtype=float),
        "marginal": pa.array(total, type=pa.float64()),
        "scale": pa.array(scale),
        "note": pa.array(note),
    }
