"""Planted effects found again in small populations; `benchmarks/recovery.py` has the full study."""

import pytest

from labkit.world.effect import IMMORTAL
from labkit.world.validate.recovery import PROGRAMME, STATIN, Found, replicate, truth

REPLICATES = 6


@pytest.fixture(scope="module")
def found() -> list[Found]:
    return [one for seed in range(REPLICATES) for one in replicate(700 + seed, people=8_000)]


def intervals(found: list[Found], effect: str, analysis: str) -> list[Found]:
    return [one for one in found if (one.effect, one.analysis) == (effect, analysis)]


@pytest.mark.parametrize("effect", [STATIN, PROGRAMME, IMMORTAL])
def test_right_analyses_hold_the_truth(found: list[Found], effect: str) -> None:
    some = intervals(found, effect, "right")
    assert len(some) == REPLICATES
    # With a coverage of 95 %, fewer than 4 of 6 come once in 400.
    assert sum(one.holds for one in some) >= 4
    assert all(one.truth == truth(effect) for one in some)


@pytest.mark.parametrize("effect", [STATIN, IMMORTAL])
def test_naive_analyses_do_not(found: list[Found], effect: str) -> None:
    some = intervals(found, effect, "naive")
    assert len(some) == REPLICATES
    assert sum(one.holds for one in some) <= 1


def test_confounding_turns_the_sign_and_immortal_time_invents_protection(
    found: list[Found],
) -> None:
    crude, ever = intervals(found, STATIN, "naive"), intervals(found, IMMORTAL, "naive")
    assert all(one.value > 1 for one in crude)
    assert truth(STATIN) < 1
    assert all(one.high < 1 for one in ever)
    assert truth(IMMORTAL) == 1
