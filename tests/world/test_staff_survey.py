"""The staff survey gives back the published percentages, digit by digit."""

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labkit import schema
from labkit.world.part import Config, Part
from labkit.world.staff_survey import AGREEMENT, COURSE, counts, staff_survey
from labkit.world.tables import finish

# Survey of digital skills among health personnel, 2022: per cent in the order of the columns
# "strongly agree" to "don't know"; the last number is the sum as published.
PUBLISHED = {
    "demands": ((44, 41, 10, 3, 1, 1), 100, 4986),
    "skills": ((28, 48, 14, 7, 1, 1), 99, 4954),
    "training": ((13, 37, 22, 20, 7, 2), 101, 4813),
    "course": ((38, 56, 3, 3), 100, 4939),
}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    part = Part(config=Config(), index=0, first=0, size=1)
    staff_survey(part)
    return finish(part)["staff_survey"].to_pandas()


@pytest.mark.parametrize("question", PUBLISHED)
def test_published_percentages_come_out(answers: pd.DataFrame, question: str) -> None:
    percent, total, n = PUBLISHED[question]
    options = COURSE if question == "course" else AGREEMENT
    given_ = answers[question].dropna()
    assert len(given_) == n
    found = (given_.value_counts().reindex(options) / n * 100).round().astype(int)
    assert tuple(found) == percent
    assert found.sum() == total


def test_values_are_declared(answers: pd.DataFrame) -> None:
    for column in schema.table("staff_survey").columns:
        if column.info["codes"]:
            assert set(answers[column.name].dropna()) <= set(column.info["codes"]), column.name


def test_who_they_are_does_not_move_the_totals(answers: pd.DataFrame) -> None:
    share = (answers["skills"] == "agree").groupby(answers["profession"], observed=True).mean()
    assert share.max() - share.min() < 0.08


def test_made_once_for_the_whole_dataset() -> None:
    later = Part(config=Config(), index=1, first=5000, size=1)
    staff_survey(later)
    assert "staff_survey" not in later.tables


@given(st.lists(st.integers(0, 3000), min_size=2, max_size=7))
def test_any_rounded_table_can_be_rebuilt(true: list[int]) -> None:
    n = sum(true)
    assume(n > 500)
    percent = tuple(int(k / n * 100 + 0.5) for k in true)
    found = counts(n, percent)
    assert found.sum() == n
    assert (found >= 0).all()
    assert tuple(int(k / n * 100 + 0.5) for k in found) == percent
