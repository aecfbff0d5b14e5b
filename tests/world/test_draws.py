"""Drawing few out of many gives what drawing for each would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.world.draws import chosen, in_runs, scattered


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


@pytest.mark.parametrize("many", [1.0, 2.0], ids=["along a line", "for each cell"])
def test_counts_of_events_have_the_mean_and_variance_of_poisson(many: float) -> None:
    rng = np.random.default_rng(11)
    means = np.tile([0.0, 0.02, 0.6, 3.0], 50_000) * many
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


@pytest.mark.parametrize("shape", [0.15, 0.4, 3.0])
def test_runs_are_counts_whose_poisson_means_are_gamma(shape: float) -> None:
    n = 400_000
    means = np.tile([0.0, 0.04, 0.8, 4.0], n)
    rng = np.random.default_rng(5)
    counts = np.bincount(in_runs(rng, means, shape), minlength=len(means)).reshape(n, 4)
    assert not counts[:, 0].any()
    for place, mean in enumerate(means[1:4], start=1):
        mixed = np.bincount(
            rng.poisson(mean * rng.gamma(shape, 1 / shape, n)), minlength=40
        )  # another way to the same
        seen = np.bincount(counts[:, place], minlength=40)
        for number in range(8):
            error = np.sqrt(max(seen[number] + mixed[number], 1))
            assert abs(seen[number] - mixed[number]) < 5 * error
