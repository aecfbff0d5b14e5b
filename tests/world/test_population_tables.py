"""The population: structure, families, homes and yearly rows that agree with each other."""

import numpy as np
import pandas as pd
import pytest

from labkit.world.part import END_DAY, START_DAY, Config, Part
from labkit.world.people import MEN, WOMEN, births, ranks
from labkit.world.population import people_of
from labkit.world.tables import finish


@pytest.fixture(scope="module")
def tables(part: Part) -> dict[str, pd.DataFrame]:
    names = ("person", "residence", "family", "education", "income", "death")
    return {name: finish(part)[name].to_pandas() for name in names}


def test_age_structure_of_norway_in_2010_is_the_published_one() -> None:
    # Human Mortality Database, Norway, 1 January 2010.
    birth, female, entry = births(Config(people=5_000, region="norway"), 0)
    there = entry == START_DAY
    age = (START_DAY - birth[there]) / 365.25
    expected = np.array([MEN.split(), WOMEN.split()], dtype=float)
    expected /= expected.sum()
    group = np.minimum(age // 5, 19).astype(int)
    for sex in (0, 1):
        seen = np.bincount(group[female[there] == sex], minlength=20) / there.sum()
        error = np.sqrt(expected[sex] * (1 - expected[sex]) / there.sum())
        assert (np.abs(seen - expected[sex]) < 4 * error + 0.001).all()


def test_everyone_is_alive_on_entry_and_enters_once(part: Part) -> None:
    people = people_of(part)
    assert people.death is not None
    assert (people.entry >= np.maximum(people.birth, START_DAY)).all()
    assert (people.entry <= END_DAY).all()
    assert (people.death >= people.entry).all()


def test_ranks_count_everyone_of_one_birth_date_and_sex_before() -> None:
    config = Config(people=12_000)
    rank = list(ranks(config, 3))
    seen: dict[tuple[int, bool], int] = {}
    for index in range(3):
        birth, female, _ = births(config, index)
        for b, f, r in zip(birth.tolist(), female.tolist(), rank[index].tolist(), strict=True):
            assert seen.setdefault((b, f), 0) == r
            seen[b, f] += 1


def test_mothers_are_women_of_childbearing_age_and_alive(part: Part) -> None:
    people = people_of(part)
    assert people.death is not None
    child = np.flatnonzero(people.mother >= 0)
    mother = people.mother[child]
    age = (people.birth[child] - people.birth[mother]) / 365.25
    assert len(child) > 2_000
    assert people.female[mother].all()
    assert ((age >= 15) & (age < 50)).all()
    assert (people.death[mother] > people.birth[child]).all()
    born_here = people.birth[child] >= START_DAY
    assert (people.entry[mother][born_here] <= people.birth[child][born_here]).all()


def test_siblings_are_twins_or_at_least_300_days_apart(part: Part) -> None:
    people = people_of(part)
    child = np.flatnonzero(people.mother >= 0)
    frame = pd.DataFrame({"mother": people.mother[child], "birth": people.birth[child]})
    gap = frame.sort_values(["mother", "birth"]).groupby("mother").birth.diff().dropna()
    assert ((gap == 0) | (gap >= 300)).all()
    assert (gap == 0).any()


def test_mean_age_of_mothers_in_the_window_is_the_published_one(part: Part) -> None:
    # Human Fertility Database: mean age at childbearing 30.1 (2010) to 31.6 (2022).
    people = people_of(part)
    child = np.flatnonzero((people.mother >= 0) & (people.birth >= START_DAY))
    age = (people.birth[child] - people.birth[people.mother[child]]) / 365.25
    assert 30.0 < age.mean() < 32.0


def test_homes_follow_each_other_without_gap_from_entry_to_death(
    part: Part, tables: dict[str, pd.DataFrame]
) -> None:
    people = people_of(part)
    homes = tables["residence"].sort_values(["person_id", "from_date"])
    homes = homes.astype({"from_date": "datetime64[s]", "to_date": "datetime64[s]"})
    same = homes.person_id.shift(-1) == homes.person_id
    following = homes.from_date.shift(-1)[same]
    assert (following - homes.to_date[same] == pd.Timedelta(days=1)).all()
    assert (homes.municipality.shift(-1)[same] != homes.municipality[same]).all()
    first = homes.groupby("person_id").from_date.min()
    entry = pd.Series(people.entry.astype("datetime64[D]").astype("datetime64[s]"), first.index)
    assert first.equals(entry.rename("from_date"))
    last = homes.groupby("person_id").to_date.last().index
    assert len(last) == part.size
    open_ended = homes[~same.to_numpy()].set_index("person_id").to_date
    dead = set(tables["death"].person_id)
    assert set(open_ended[open_ended.isna()].index) == set(people.person_id) - dead
    closed = open_ended.dropna()
    day_of_death = tables["death"].set_index("person_id").death_date.astype("datetime64[s]")
    assert (closed == day_of_death.loc[closed.index]).all()


def test_renumbering_is_a_new_row_on_the_day_of_the_reform(
    tables: dict[str, pd.DataFrame],
) -> None:
    homes = tables["residence"]
    starts = homes.from_date.astype(str)
    old_hedmark, old_trondelag = (
        homes.municipality.str[:2] == "04",
        homes.municipality.str[:2] == "16",
    )
    assert (starts[old_hedmark] < "2020-01-01").all()
    assert (starts[old_trondelag] < "2018-01-01").all()
    assert (homes.municipality[starts == "2020-01-01"].str[:2] == "34").mean() > 0.99
    assert (starts == "2018-01-01").sum() > 500


def test_minors_live_with_their_mother(part: Part, tables: dict[str, pd.DataFrame]) -> None:
    people = people_of(part)
    young = (people.mother >= 0) & ((END_DAY - people.birth) / 365.25 < 18)
    assert (people.municipality[young] == people.municipality[people.mother[young]]).all()


def test_education_never_falls_and_income_is_for_those_alive(
    tables: dict[str, pd.DataFrame],
) -> None:
    education = tables["education"].sort_values(["person_id", "year"])
    change = education.level.astype(int).groupby(education.person_id).diff().dropna()
    assert (change >= 0).all()
    death = tables["death"].set_index("person_id").death_date.astype("datetime64[s]").dt.year
    income = tables["income"].join(death.rename("died"), on="person_id")
    assert not (income.year > income.died).any()
    assert (income.income_nok > 0).all()


def test_those_with_more_education_earn_more(tables: dict[str, pd.DataFrame]) -> None:
    both = tables["income"].merge(tables["education"], on=["person_id", "year"])
    median = both[both.year == 2020].groupby("level", observed=True).income_nok.median()
    assert median.loc[["1", "2", "3", "4"]].is_monotonic_increasing
