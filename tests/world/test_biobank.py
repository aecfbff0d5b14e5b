"""The biobank: samples rest on consents, and a withdrawn consent ends in destruction."""

import pandas as pd
import pytest

from labkit.world.biobank import DESTRUCTION_DAYS
from labkit.world.part import REFERENCE_DATE, Part
from labkit.world.tables import finish


@pytest.fixture(scope="module")
def tables(part: Part) -> dict[str, pd.DataFrame]:
    made = finish(part)
    return {name: made[name].to_pandas() for name in ("health_survey", "consent", "biobank_sample")}


@pytest.fixture(scope="module")
def samples(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = tables["biobank_sample"].merge(tables["consent"], on="consent_id", validate="m:1")
    for column in ("withdrawn_date", "destroyed_date", "given_date"):
        found[column] = pd.to_datetime(found[column])
    return found


def test_only_participants_consent(tables: dict[str, pd.DataFrame]) -> None:
    both = tables["consent"].merge(tables["health_survey"], on="survey_id", validate="1:1")
    assert len(both) == len(tables["consent"]) > 1000
    assert (both["participated"] == 1).all()
    assert (both["given_date"] == both["attended_date"]).all()


def test_withdrawn_samples_are_destroyed_in_time_or_blocked(samples: pd.DataFrame) -> None:
    withdrawn = samples["withdrawn_date"].notna()
    assert (samples.loc[~withdrawn, "status"] == "stored").all()
    assert set(samples.loc[withdrawn, "status"]) == {"destroyed", "blocked"}
    gone = samples[samples["status"] == "destroyed"]
    wait = (gone["destroyed_date"] - gone["withdrawn_date"]).dt.days
    assert wait.between(1, DESTRUCTION_DAYS).all()
    assert (gone["destroyed_date"] <= pd.Timestamp(REFERENCE_DATE)).all()
    blocked = samples[samples["status"] == "blocked"]
    left = (pd.Timestamp(REFERENCE_DATE) - blocked["withdrawn_date"]).dt.days
    assert (left <= DESTRUCTION_DAYS).all()


def test_what_is_destroyed_has_no_place_and_no_volume(samples: pd.DataFrame) -> None:
    gone = samples["status"] == "destroyed"
    place = samples[["freezer", "box", "position"]]
    assert place[gone].isna().all(axis=None)
    assert place[~gone].notna().all(axis=None)
    assert (samples.loc[gone, "volume_ml"] == 0).all()
    assert (samples.loc[~gone, "volume_ml"] > 0).all()


def test_no_two_tubes_stand_in_one_place(samples: pd.DataFrame) -> None:
    stored = samples[samples["status"] != "destroyed"]
    assert not stored.duplicated(["freezer", "box", "position"]).any()


def test_thawing_uses_volume(samples: pd.DataFrame) -> None:
    serum = samples[(samples["kind"] == "serum") & (samples["quality"] == "good")]
    by_thaw = serum[serum["status"] == "stored"].groupby("thaw_count")["volume_ml"].max()
    assert by_thaw.is_monotonic_decreasing
    assert by_thaw.loc[0] == 0.5
