"""Births, cancers and vaccinations against published figures, on a bigger population.

Targets: calibration figures (`preterm_share`, `birth_weight_mean`, `caesarean_share`, ...); the
Medical Birth Registry as stated there. Limits are about four standard errors at this size.
"""

import numpy as np
import pandas as pd
import pytest

from labkit.world.engine import partition
from labkit.world.part import Config, Part
from labkit.world.registry.birth import mfr
from labkit.world.registry.cancer import CANCERS, kreft
from labkit.world.registry.vaccination import sysvak
from labkit.world.steps import STEPS
from labkit.world.tables import finish

PARTITIONS = 6
NEEDED = {
    "people", "exposures", "onsets", "episodes", "deaths", "family", "residence", "causes",
    "contacts", "encounter", "diagnosis",
}  # fmt: skip


def made(index: int) -> Part:
    part = partition(Config(people=5_000 * PARTITIONS, seed=11, defects="none"), index)
    for step in STEPS:
        if step.__name__ in NEEDED:
            step(part)
    for step in (mfr, kreft, sysvak):
        step(part)
    part.tables = {name: part.tables[name] for name in ("mfr", "kreft", "sysvak")}
    return part


@pytest.fixture(scope="module")
def parts() -> list[Part]:
    return [made(index) for index in range(PARTITIONS)]


@pytest.fixture(scope="module")
def tables(parts) -> dict[str, pd.DataFrame]:
    frames = [{n: t.to_pandas() for n, t in finish(part).items()} for part in parts]
    return {
        name: pd.concat([f[name].astype(object) for f in frames]).infer_objects()
        for name in frames[0]
    }


@pytest.fixture(scope="module")
def live(tables) -> pd.DataFrame:
    return tables["mfr"].query("vitalstatus == 0")


def test_weights_at_birth(live):
    assert len(live) > 3_000
    weight = live["fodselsvekt"]
    assert weight.mean() == pytest.approx(3470, abs=40)
    assert weight.std() == pytest.approx(570, abs=45)
    assert (weight < 2500).mean() == pytest.approx(0.046, abs=0.014)
    term = live.query("flerfodsel == 1 and svangerskapsvarighet_dager >= 259")
    by_sex = term.groupby("barnets_kjonn")["fodselsvekt"].mean()
    assert by_sex[1] == pytest.approx(3600, abs=45)
    assert by_sex[2] == pytest.approx(3470, abs=45)


def test_length_of_pregnancy(live):
    days = live["svangerskapsvarighet_dager"].dropna().astype(int)
    assert days.mean() == pytest.approx(278, abs=1)
    assert (days < 259).mean() == pytest.approx(0.06, abs=0.016)
    assert days.between(259, 293).mean() == pytest.approx(0.91, abs=0.02)
    twins = live.query("flerfodsel == 2")["svangerskapsvarighet_dager"].dropna()
    assert (twins < 259).mean() == pytest.approx(0.48, abs=0.2)


def test_caesareans_and_stillbirths(tables, live):
    assert (live["forlosning"] == "sectio").mean() == pytest.approx(0.165, abs=0.025)
    preterm = live["svangerskapsvarighet_dager"] < 259
    assert (live["forlosning"] == "sectio")[preterm].mean() > 0.28
    assert tables["mfr"]["vitalstatus"].mean() == pytest.approx(0.0044, abs=0.0042)


def test_smoking_lowers_the_weight(live):
    told = live.dropna(subset="royk_start").query("svangerskapsvarighet_dager >= 259")
    by_answer = told.groupby("royk_start")["fodselsvekt"].mean()
    assert by_answer[0] - by_answer[1] == pytest.approx(190, abs=110)


def test_stages_have_their_shares_and_tell_of_survival(tables, parts):
    kreft_table = tables["kreft"]
    site = {"breast_cancer": "C50", "prostate_cancer": "C61", "lung_cancer": "C34"}
    for name, start in site.items():
        rows = kreft_table[kreft_table["topografi"].str.startswith(start)]
        distant = CANCERS[name].stage[2] / 100
        error = 4 * np.sqrt(distant * (1 - distant) / len(rows)) + 0.04
        assert (rows["stadium"] == 3).mean() == pytest.approx(distant, abs=error), name
    assert kreft_table["basis"].eq(7).mean() == pytest.approx(0.89, abs=0.07)


def test_cancer_that_would_kill_soon_had_spread_more_often(parts, tables):
    # The latent day on which the cancer alone would kill decides, not the death that came first.
    found = []
    for part in parts:
        for name in ("colorectal_cancer", "lung_cancer"):
            onset, fatal = part.onset[name], part.fatal[name]
            ill = onset < 2**29
            found.append((fatal[ill] < onset[ill] + 1826).mean())
    assert 0.2 < np.mean(found) < 0.95
    lung = tables["kreft"][tables["kreft"]["topografi"].str.startswith("C34")]
    breast = tables["kreft"][tables["kreft"]["topografi"].str.startswith("C50")]
    assert (lung["stadium"] == 3).mean() > 3 * (breast["stadium"] == 3).mean()


def test_doses_against_covid_reach_their_shares(parts, tables):
    sysvak_table = tables["sysvak"].dropna(subset="dosenr")
    alive = [
        ((p.people.birth < 1_000) & (p.people.death > 19_000) & (p.people.entry < 18_500)).sum()
        for p in parts
    ]
    # Born before 28 September 1972 (day 1,000), so 48 or more in 2021, and alive in January 2022.
    old = sysvak_table[sysvak_table["fodselsaar"] < 1972]
    one = (old["dosenr"] == 1).sum() / sum(alive)
    three = (old["dosenr"] == 3).sum() / sum(alive)
    assert one == pytest.approx(0.945, abs=0.05)
    assert three == pytest.approx(0.82, abs=0.08)
    vector = sysvak_table[sysvak_table["vaksine"] == "J07BN02"]
    assert vector["vaksinedato"].between("2021-02-11", "2021-03-11").all()
    assert set(vector["dosenr"]) == {1}
