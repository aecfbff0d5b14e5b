"""Drawing few out of many gives what drawing for each would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.world.draws import chosen, scattered


@pytest.mark.parametrize("chance", [0.003, 0.2, 0.25, 0.7])
def test_each_is_chosen_with_the_chance_whatever_its_neighbour(chance: float) -> None:
    n = 400_000
    took = np.zeros(n, dtype=bool)
    took[chosen(np.random.default_rng(7), n, chance)] = True
    error = np.sqrt(chance * (1 - chance) / n)
    assert abs(took.mean() - chance) < 4 * error
    pairs = (took[1:] & took[:-1]).mean()
    assert abs(pairs - chance**2) < 5 * np.sqrt(chance**2 / n)
    assert abs(took[: n // 2].mean() - took[n // 2 :].mean()) < 4 * 2 * error


@given(n=st.integers(0, 300), chance=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_the_chosen_are_places_in_order(n: int, chance: float, seed: int) -> None:
    places = chosen(np.random.default_rng(seed), n, chance)
    assert (np.diff(places) > 0).all()
    assert len(places) == 0 or (places[0] >= 0 and places[-1] < n)
    if chance == 1:
        assert len(places) == n


def test_counts_of_events_have_the_mean_and_variance_of_poisson() -> None:
    rng = np.random.default_rng(11)
    means = np.tile([0.0, 0.02, 0.6, 3.0], 50_000)
    count = np.bincount(scattered(rng, means), minlength=len(means)).reshape(-1, 4)
    rows = len(count)
    for place, mean in enumerate(means[:4]):
        seen = count[:, place]
        assert abs(seen.mean() - mean) <= 4 * np.sqrt(mean / rows)
        assert abs(seen.var() - mean) <= 5 * np.sqrt((mean + 2 * mean**2) / rows)
    assert abs(np.corrcoef(count[:, 2], count[:, 3])[0, 1]) < 4 / np.sqrt(rows)


@given(means=st.lists(st.floats(0, 5), max_size=30), seed=st.integers(0, 2**32))
def test_events_fall_in_cells_that_can_have_them(means: list[float], seed: int) -> None:
    cells = scattered(np.random.default_rng(seed), np.array(means))
    assert (np.diff(cells) >= 0).all()
    assert all(means[cell] > 0 for cell in cells.tolist())
