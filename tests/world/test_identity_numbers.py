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


def birth_date_and_sex(number: str) -> tuple[date, str]:
    """Read a number with python-stdnum, after taking 80 off the month."""
    plain = f"{number[:2]}{int(number[2:4]) - 80:02}{number[4:]}"
    return oracle.get_birth_date(plain), oracle.get_gender(plain)


def check_digits_hold(number: str) -> bool:
    """Compute the check digits of the number as it stands with python-stdnum."""
    first = oracle.calc_check_digit1(number)
    return number[9] == first and number[10] == oracle.calc_check_digit2(number)


def test_rule_agrees_with_a_published_test_person() -> None:
    # 23906799537: a test person of the tax administration, in the tests of public validators of
    # national identity numbers. Its check digits are those of the number with 80 in it.
    assert check_digits_hold("23906799537")
    assert birth_date_and_sex("23906799537")[0] == date(1967, 10, 23)


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
        assert check_digits_hold(text)
        assert birth_date_and_sex(text) == (born, "F" if female else "M")


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
