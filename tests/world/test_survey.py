"""The health survey: who comes, and what the participants look like beside those they stand for."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from labkit.world.part import Part
from labkit.world.survey import (
    ADULT_YEARS,
    AGE_REFERENCE,
    ILLNESS,
    has,
    health_survey,
    selection_odds,
)
from labkit.world.tables import finish

ANSWERS_FROM = "attended_date"


@pytest.fixture(scope="module")
def survey(part: Part) -> pd.DataFrame:
    frame = pa.table(finish(part)["health_survey"]).to_pandas()
    truth = pa.table(part.tables["selection"]).to_pandas()
    place = frame["person_id"] - part.people.person_id[0]
    day = frame["invited_date"].to_numpy().astype("datetime64[D]").astype(int)
    invited = np.zeros(part.size, dtype=np.int64)
    invited[place] = day
    for disease in (*ILLNESS, "af"):
        frame[f"has_{disease}"] = has(part, disease, invited)[place]
    frame["smokes"] = part.people.smoking[place] == 2
    return frame.merge(truth, on="person_id", validate="one_to_one")


def test_all_resident_adults_are_invited_once(part: Part, survey: pd.DataFrame) -> None:
    assert survey["person_id"].is_unique
    assert survey["age_years"].min() == ADULT_YEARS
    place = survey["person_id"].to_numpy() - part.people.person_id[0]
    day = survey["invited_date"].to_numpy().astype("datetime64[D]").astype(int)
    assert (part.people.death[place] > day).all()
    assert (part.people.entry[place] <= day).all()
    adults = (part.people.birth < 17_400 - 21 * 365.25) & (part.people.death > 18_100)
    assert len(survey) > 0.97 * (adults & (part.people.entry < 17_400)).sum()


def test_the_absent_say_nothing(survey: pd.DataFrame) -> None:
    columns = list(survey.columns)
    first = columns.index(ANSWERS_FROM)
    answers = columns[first : columns.index("reported_mi") + 1]
    assert survey.loc[survey["participated"] == 0, answers].isna().all(axis=None)
    came = survey[survey["participated"] == 1]
    assert came[["attended_date", "smoking", "height_cm", "systolic_mmhg"]].notna().all(axis=None)


def test_participation_is_as_in_the_third_round_of_hunt(survey: pd.DataFrame) -> None:
    # 50,807 of 93,210 invited; three standard errors of this sample.
    share = survey["participated"].mean()
    error = np.sqrt(share * (1 - share) / len(survey))
    assert share == pytest.approx(50_807 / 93_210, abs=3 * error + 0.01)


def test_the_healthy_the_middle_aged_and_women_come(survey: pd.DataFrame) -> None:
    came = survey.groupby("sex", observed=True)["participated"].mean()
    assert came["F"] > came["M"]
    age = pd.cut(survey["age_years"], [19, 29, 59, 74, 120], labels=["20", "30", "60", "75"])
    by_age = survey.groupby(age, observed=True)["participated"].mean()
    assert by_age["60"] > by_age["30"] > by_age["20"]
    assert by_age["75"] < by_age["60"]
    middle = survey[survey["age_years"].between(40, 75)]
    for column in ("has_depression", "has_copd", "has_t2d", "smokes"):
        share = middle.groupby(column)["probability"].mean()
        assert share[True] < share[False], column


def test_the_odds_ratios_in_the_truth_are_those_people_came_by(
    part: Part, survey: pd.DataFrame
) -> None:
    ratio = {name: np.log(value) for name, _, value, _ in selection_odds()}
    ages = {AGE_REFERENCE: 0.0}
    ages |= {int(name[4:]): value for name, value in ratio.items() if name.startswith("age_")}
    knots = sorted(ages)
    place = (survey["person_id"] - part.people.person_id[0]).to_numpy()
    log_odds = np.interp(survey["age_years"], knots, [ages[age] for age in knots])
    log_odds += ratio["female"] * (survey["sex"] == "F")
    school = [ratio[f"education_{word}"] for word in ("compulsory", "upper", "short")]
    log_odds += np.array([np.nan, *school, 0.0])[part.people.education[place]]
    smoking = np.array([0.0, ratio["smoking_former"], ratio["smoking_daily"]])
    log_odds += smoking[part.people.smoking[place]]
    log_odds += ratio["frailty"] * np.minimum(part.people.frailty[place] - 1, 4)
    for disease in ILLNESS:
        log_odds += ratio[disease] * survey[f"has_{disease}"]
    p = survey["probability"]
    known = log_odds.notna()
    left = (np.log(p / (1 - p)) - log_odds)[known]
    assert known.mean() > 0.9
    assert left.std() < 1e-6  # what is left is the odds of the one all are held against


def test_prevalence_is_too_low_among_participants_and_the_weights_mend_it(
    survey: pd.DataFrame,
) -> None:
    came = survey[survey["participated"] == 1]
    for column in ("has_dementia", "has_stroke", "has_depression", "smokes"):
        assert came[column].mean() < survey[column].mean()
    for column in ("has_stroke", "has_depression", "has_t2d", "has_copd", "smokes"):
        sick, p = survey[column], survey["probability"]
        estimate = (came[column] / came["probability"]).sum()
        error = np.sqrt((sick * (1 - p) / p).sum())  # Horvitz and Thompson 1952
        assert abs(estimate - sick.sum()) < 4 * error


def test_reported_size_makes_people_lighter(survey: pd.DataFrame) -> None:
    came = survey[survey["participated"] == 1]
    measured = came["weight_kg"] / (came["height_cm"] / 100) ** 2
    reported = came["weight_reported_kg"] / (came["height_reported_cm"] / 100) ** 2
    assert (reported >= 30).mean() < (measured >= 30).mean() - 0.02
    assert np.corrcoef(measured, reported)[0, 1] > 0.95


def test_figures_lie_near_the_targets(survey: pd.DataFrame) -> None:
    came = survey[survey["participated"] == 1]
    weight = 1 / came["probability"]

    def share(sex: str, last_age: int, true: "pd.Series[bool]") -> float:
        some = (came["sex"] == sex) & (came["age_years"] <= last_age)
        return float(np.average(true[some], weights=weight[some]))

    # Statistics Norway 2019: alcohol weekly 39 and 28 %, snus daily 20 and 7 %.
    assert share("M", 79, came["alcohol"] == "weekly") == pytest.approx(0.39, abs=0.06)
    assert share("F", 79, came["alcohol"] == "weekly") == pytest.approx(0.28, abs=0.06)
    assert share("M", 74, came["snus"] == "daily") == pytest.approx(0.20, abs=0.06)
    assert share("F", 74, came["snus"] == "daily") == pytest.approx(0.07, abs=0.03)
    # KAN3: 77 and 73 % are active 150 minutes a week.
    assert share("M", 120, came["activity_minutes"] >= 150) == pytest.approx(0.77, abs=0.05)
    assert share("F", 120, came["activity_minutes"] >= 150) == pytest.approx(0.73, abs=0.05)
    # Targets 2015-2019: systolic pressure at 50-59.
    fifties = (
        came[came["age_years"].between(50, 59)]
        .groupby("sex", observed=True)["systolic_mmhg"]
        .mean()
    )
    assert fifties["M"] == pytest.approx(134, abs=3.5)
    assert fifties["F"] == pytest.approx(129, abs=3.5)
    sugar = came.groupby("has_t2d")["hba1c_mmol_mol"].mean()
    assert sugar[True] == pytest.approx(53.5, abs=3.5)
    assert sugar[False] == pytest.approx(36.5, abs=1)


def test_same_seed_same_survey(part: Part) -> None:
    before = pa.table(part.tables["health_survey"])
    health_survey(part)
    assert pa.table(part.tables["health_survey"]).equals(before)
