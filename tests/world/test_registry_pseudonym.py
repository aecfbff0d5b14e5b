import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.world.part import Config, Part
from labkit.world.registry.pseudonym import COUNT, FIRST, pseudonyms, row_keys


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(0, COUNT - 5_000))
def test_pseudonyms_are_unique_and_of_eight_digits(seed, first):
    made = pseudonyms(first + np.arange(5_000), seed=seed)
    assert len(np.unique(made)) == 5_000
    assert made.min() >= FIRST
    assert made.max() < FIRST + COUNT


def test_pseudonyms_depend_on_the_seed_and_on_position_alone():
    one = pseudonyms(np.arange(1_000), seed=1)
    assert np.array_equal(one[500:], pseudonyms(np.arange(500, 1_000), seed=1))
    assert (one != pseudonyms(np.arange(1_000), seed=2)).mean() > 0.99


def test_pseudonyms_do_not_follow_the_order_of_persons():
    made = pseudonyms(np.arange(20_000), seed=3)
    assert abs(np.corrcoef(np.arange(20_000), made)[0, 1]) < 0.03
    assert abs((np.diff(made) > 0).mean() - 0.5) < 0.02


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["npr", "kpr", "lmr", "mfr"]))
def test_row_keys_are_unique_within_and_between_partitions(seed, table):
    config = Config(seed=seed)
    keys = [
        row_keys(Part(config, index, 0, 5_000), table, np.arange(20_000)) for index in (0, 1, 2)
    ]
    assert len(np.unique(np.concatenate(keys))) == 60_000
    assert [int(k.min()) // 10_000_000 for k in keys] == [0, 1, 2]
