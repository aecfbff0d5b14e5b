"""National identity numbers: synthetic, unique, valid, and true to birth date and sex."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.no import fodselsnummer as oracle

from labkit.errors import InputError
from labkit.world.identity import national_numbers

EPOCH = date(1970, 1, 1)


def days(*dates: date) -> np.ndarray:
    return np.array([(d - EPOCH).days for d in dates], dtype=np.int32)


def without_80(number: str) -> str:
    """Take 80 off the month, so that python-stdnum reads the number."""
    return f"{number[:2]}{int(number[2:4]) - 80:02}{number[4:]}"


@settings(max_examples=60, deadline=None)
@given(
    born=st.dates(date(1900, 1, 1), date(2039, 12, 31)),
    female=st.booleans(),
    seed=st.integers(0, 2**62),
)
def test_numbers_of_one_date_are_synthetic_valid_and_unique(
    born: date, female: bool, seed: int
) -> None:
    n = 180
    numbers = national_numbers(
        np.repeat(days(born), n), np.repeat(female, n), np.arange(n), seed=seed
    )
    texts = [number.decode() for number in numbers]
    assert len(set(texts)) == n
    for text in texts:
        assert 81 <= int(text[2:4]) <= 92
        plain = without_80(text)
        assert plain[9] == oracle.calc_check_digit1(plain)
        assert plain[10] == oracle.calc_check_digit2(plain)
        assert oracle.get_birth_date(plain) == born
        assert oracle.get_gender(plain) == ("F" if female else "M")


@pytest.mark.usefixtures("english")
def test_a_date_with_more_people_than_numbers_is_refused() -> None:
    n = 260
    with pytest.raises(InputError, match="more people were born on one date"):
        national_numbers(
            np.repeat(days(date(1935, 5, 17)), n), np.ones(n, bool), np.arange(n), seed=1
        )


def test_another_seed_gives_other_numbers() -> None:
    born, female, rank = days(date(1980, 2, 29)), np.array([True]), np.array([0])
    made = {national_numbers(born, female, rank, seed=seed)[0] for seed in range(20)}
    assert len(made) > 10
