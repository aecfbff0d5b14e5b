from collections import Counter
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit import schema
from labkit.errors import DataError
from labkit.world.defects import remove_defects
from labkit.world.defects.damage import (
    ISO,
    can_swap,
    letter_for_digit,
    mojibake,
    swap_day_and_month,
    wrong_check_digit,
)
from labkit.world.defects.layers import DUPLICATES, KINDS, LAYERS, percent_hba1c
from labkit.world.engine import partition
from labkit.world.identity import WEIGHTS_1, WEIGHTS_2
from labkit.world.part import Config, Part
from labkit.world.registry.pseudonym import row_keys
from labkit.world.steps import STEPS
from labkit.world.tables import finish

REGISTRIES = tuple(schema.layer("registry").tables)
Tables = dict[str, pa.Table]


def plain(table: pa.Table) -> pa.Table:
    """The content alone, however text is held."""
    columns = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names).combine_chunks()


# Steps that take time and no part in this.
ASIDE = ("notes", "health_survey", "biobank", "staff_survey", "income", "education")


def make(level: str, *, people: int, seed: int, without: tuple[str, ...] = ()) -> Tables:
    part = partition(Config(people=people, seed=seed, defects=level), 0)
    for step in STEPS:
        if step.__name__ not in without:
            step(part)
    return {name: plain(table) for name, table in finish(part).items()}


@cache
def tables(level: str, *, people: int = 2_500, seed: int = 2024) -> Tables:
    return make(level, people=people, seed=seed, without=ASIDE)


def registries(made: Tables) -> Tables:
    return {name: made[name] for name in REGISTRIES}


@pytest.mark.parametrize("level", ["class", "hard"])
def test_removing_the_defects_gives_the_clean_extracts_back(level):
    damaged, clean = tables(level), tables("none")
    back = remove_defects(registries(damaged), damaged["defect"])
    for name in REGISTRIES:
        assert plain(back[name]).equals(clean[name]), name


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(seed=st.integers(0, 2**31), people=st.integers(1, 500))
def test_removing_is_exact_for_any_seed_and_size(seed, people):
    damaged = make("hard", people=people, seed=seed, without=ASIDE)
    clean = make("none", people=people, seed=seed, without=ASIDE)
    back = remove_defects(registries(damaged), damaged["defect"])
    for name in REGISTRIES:
        assert plain(back[name]).equals(clean[name]), name


@pytest.mark.parametrize("level", ["class", "hard"])
def test_nothing_but_the_registries_is_touched(level):
    damaged = make(level, people=300, seed=1)
    clean = make("none", people=300, seed=1)
    assert set(damaged) == set(clean)
    for name in set(damaged) - set(REGISTRIES) - {"defect"}:
        assert damaged[name].equals(clean[name]), name
    assert clean["defect"].num_rows == 0
    assert damaged["defect"].num_rows > 0


def texts(table: pa.Table, key_name: str) -> pd.DataFrame:
    """All cells as text, empty ones as a word that no cell holds."""
    columns = [c.cast(pa.string()).fill_null("<empty>") for c in table.columns]
    frame = pa.table(columns, names=table.column_names).to_pandas()
    return frame.set_index(table[key_name].to_pandas()).drop(columns=key_name)


@pytest.mark.parametrize("level", ["class", "hard"])
def test_every_defect_is_in_the_data_and_nothing_else_differs(level):
    damaged, clean = tables(level), tables("none")
    key = damaged["defect"].to_pandas()
    assert key["defect_id"].is_unique
    cells = key[~key["kind"].isin(["duplicate", "near_duplicate"])]
    # One defect a row, so that before and after are what the row says.
    assert not key.duplicated(["registry", "row_key"]).any()
    for name in REGISTRIES:
        key_name = next(iter(schema.table(name).primary_key)).name
        as_text = {n: texts(t[name], key_name) for n, t in (("damaged", damaged), ("clean", clean))}
        new, old = as_text["damaged"], as_text["clean"]
        assert new.index.is_unique
        copies = key[(key["registry"] == name) & key["kind"].str.endswith("duplicate")]
        assert set(new.index) - set(old.index) == set(copies["row_key"])
        both = new.loc[old.index]
        differs = both != old
        found = {(row, column) for column in differs for row in differs.index[differs[column]]}
        mine = cells[cells["registry"] == name]
        assert found == set(zip(mine["row_key"], mine["column_name"], strict=True)), name
        for copy in copies.itertuples():
            pair = new.loc[copy.row_key], old.loc[int(copy.value_after)]
            assert [*pair[0].index[pair[0] != pair[1]]] == (
                [copy.column_name] if copy.column_name else []
            )


def test_every_kind_is_in_the_class_dataset():
    key = tables("class", people=5_000)["defect"].to_pandas()
    assert set(key["kind"]) == set(KINDS)
    declared = schema.table("defect").c["kind"].info["codes"]
    assert set(declared) == set(KINDS)
    assert set(key["registry"]) == set(REGISTRIES)


def test_hard_has_more_of_everything():
    one = Counter(tables("class")["defect"]["kind"].to_pylist())
    two = Counter(tables("hard")["defect"]["kind"].to_pylist())
    assert all(two[kind] > n for kind, n in one.items() if n > 2)
    rows = sum(tables("class")[name].num_rows for name in REGISTRIES)
    assert 0.005 < sum(one.values()) / rows < 0.03


def values(kind: str, *, level: str = "class") -> list[tuple[str, str, str, str]]:
    key = tables(level)["defect"].to_pandas().query("kind == @kind")
    return list(
        zip(
            key["registry"],
            key["column_name"],
            key["value_before"],
            key["value_after"],
            strict=True,
        )
    )


def digits_fit(fnr: str) -> bool:
    digits = np.array([int(d) for d in fnr])
    digits[2] -= 8  # the month without its 80
    ones = (digits[:9] @ WEIGHTS_1 + digits[9]) % 11
    twos = (digits[:10] @ WEIGHTS_2 + digits[10]) % 11
    return bool(ones == 0 and twos == 0)


def test_wrong_check_digits_are_wrong_and_the_month_keeps_its_eighty():
    found = values("check_digit")
    assert len(found) > 20
    for _, _, before, after in found:
        assert digits_fit(before)
        assert not digits_fit(after)
        assert before[:6] == after[:6]
        assert 81 <= int(after[2:4]) <= 92


@given(st.integers(6, 10), st.integers(1, 9))
def test_any_single_digit_fails_the_check(place, step):
    # Month 85, so it belongs to nobody: the first number of the class dataset's registry.
    fnr = tables("none")["diabetes"]["fnr_klinikk"][0].as_py()
    assert digits_fit(fnr)

    class Fixed:
        def integers(self, low: int, high: int, n: int) -> np.ndarray:
            return np.array([place if low == 6 else step])

    (wrong,) = wrong_check_digit([fnr], Fixed(), None)
    assert not digits_fit(wrong)


def test_orphans_belong_to_nobody():
    known = set(tables("class")["identity"]["pseudonym"].to_pylist())
    after = [a for *_, a in values("orphan")]
    assert len(after) > 100
    assert len(set(after)) == len(after)
    assert not {int(a) for a in after} & known


def test_end_comes_before_start():
    key = tables("class")["defect"].to_pandas().query("kind == 'end_before_start'")
    npr = tables("class")["npr"].to_pandas().set_index("opphold_id").loc[key["row_key"]]
    assert (npr["uttid"] < npr["inntid"]).all()
    clean = tables("none")["npr"].to_pandas()
    assert (clean["uttid"] >= clean["inntid"]).all()


def test_events_after_death_are_after_death():
    made = tables("class")
    who = made["identity"].to_pandas().set_index("pseudonym")["person_id"]
    death = made["death"].to_pandas().set_index("person_id")["death_date"]
    key = made["defect"].to_pandas().query("kind == 'after_death' and registry == 'lmr'")
    rows = made["lmr"].to_pandas().set_index("utlevering_id").loc[key["row_key"]]
    dead = death[who[rows["lopenr"]]]
    day = rows["utlevert"].map(lambda t: np.datetime64(f"{t[:4]}-{t[4:6]}-{t[6:]}"))
    assert len(day) > 50
    assert (day.to_numpy() > dead.to_numpy().astype("datetime64[D]")).all()


def test_missing_values_were_higher_than_the_others():
    made = tables("class")
    before = [
        float(b.replace(",", ".")) for r, c, b, _ in values("missing_not_at_random") if c == "hba1c"
    ]
    others = tables("none")["diabetes"]["hba1c"].drop_null().to_pylist()
    assert np.mean(before) > np.mean([float(v.replace(",", ".")) for v in others]) + 5
    assert made["diabetes"]["hba1c"].null_count > tables("none")["diabetes"]["hba1c"].null_count


def test_sex_contradictions_contradict():
    made = tables("class")
    key = made["defect"].to_pandas().query("kind == 'sex_contradiction' and registry == 'npr'")
    rows = made["npr"].to_pandas().set_index("opphold_id").loc[key["row_key"]]
    men_only = rows["hoveddiagnose"].isin(["C61", "N40"])
    assert (rows["kjonn"] == np.where(men_only, 2, 1)).all()


def test_hba1c_in_per_cent_is_the_published_conversion():
    # Hoelzel et al. 2004 master equation; 53 mmol/mol is 7.0 %, 48 is 6.5 %, 75 is 9.0 %.
    assert [round(percent_hba1c(x), 1) for x in (48, 53, 75)] == [6.5, 7.0, 9.0]
    for registry, column, before, after in values("unit"):
        if column == "hba1c":
            expected = percent_hba1c(float(before.replace(",", ".")))
            assert float(after.replace(",", ".")) == pytest.approx(expected, abs=0.051)
            assert registry == "diabetes"


@given(st.text("æøåÆØÅabcRT ", min_size=1))
def test_mojibake_can_be_undone(name):
    assert mojibake(name).encode("cp1252", errors="strict").decode("utf-8") == name


@given(st.dates(date(1900, 1, 1), date(2040, 1, 1)))
def test_swapping_twice_gives_the_date_back(day):
    text = day.isoformat()
    if can_swap(ISO)(text):
        swapped = swap_day_and_month(ISO)(text)
        assert swapped != text
        assert swap_day_and_month(ISO)(swapped) == text


def test_letters_look_like_digits():
    assert [letter_for_digit(c) for c in ("I21.9", "E03.9", "K86", "C10AA05")] == [
        "I2l.9",
        "EO3.9",
        "K86",
        "C1OAA05",
    ]


@pytest.mark.parametrize("name", [name for name in REGISTRIES if name != "dar"])
def test_new_keys_never_meet_old_ones(name):
    # A copy's key is that of the next position, so positions must have no gaps.
    key_name = next(iter(schema.table(name).primary_key)).name
    table = tables("none")[name]
    part = Part(Config(), 0, 0, 2_500)
    expected = row_keys(part, name, np.arange(table.num_rows))
    assert sorted(table[key_name].to_pylist()) == sorted(expected.tolist())


@pytest.mark.usefixtures("english")
def test_a_key_of_another_dataset_is_refused():
    damaged, other = tables("class"), tables("class", people=300, seed=7)
    with pytest.raises(DataError, match="belongs to another dataset"):
        remove_defects(registries(other), damaged["defect"])
    key = damaged["defect"].to_pandas()
    key.loc[key["kind"] == "unit", "value_after"] = "17"
    with pytest.raises(DataError, match="does not hold '17'"):
        remove_defects(registries(damaged), pa.Table.from_pandas(key, preserve_index=False))


def test_layers_name_declared_columns():
    for layer in (*LAYERS, *DUPLICATES):
        if layer.column is not None:
            assert layer.column in schema.table(layer.registry).columns
            assert not schema.table(layer.registry).columns[layer.column].primary_key
