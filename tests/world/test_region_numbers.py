"""Municipality numbers through the reforms."""

import numpy as np
import pytest

from labkit.codes import municipality_at
from labkit.errors import InputError
from labkit.world.region import region


def day(text: str) -> np.ndarray:
    return np.array([np.datetime64(text).astype(int)])


@pytest.mark.parametrize("when", ["2010-01-01", "2017-12-31", "2018-01-01", "2019-12-31"])
@pytest.mark.parametrize("later", ["2020-01-01", "2023-12-31", "2024-06-30"])
def test_numbers_of_the_fjellregion_agree_with_the_code_subset(when: str, later: str) -> None:
    fjell = region("fjell")
    for place, municipality in enumerate(fjell.municipalities):
        for text in (when, later):
            number = fjell.number_at(np.array([place]), day(text), np.array([1]))[0]
            assert number == municipality_at(municipality.number, text)


def test_the_eight_municipalities_and_their_sizes() -> None:
    fjell = region("fjell")
    assert dict(zip(fjell.numbers, fjell.names, strict=True)) == {
        "3424": "Rendalen",
        "3426": "Tolga",
        "3427": "Tynset",
        "3428": "Alvdal",
        "3429": "Folldal",
        "3430": "Os",
        "5025": "Røros",
        "5026": "Holtålen",
    }
    assert fjell.weights.sum() == pytest.approx(1)
    assert fjell.names[fjell.weights.argmax()] == "Røros"


def test_the_country_has_towns_and_every_number_has_four_digits() -> None:
    norway = region("norway")
    assert {"Oslo", "Bergen", "Trondheim"} <= set(norway.names)
    assert len(set(norway.numbers)) == len(norway.municipalities)
    for municipality in norway.municipalities:
        assert all(len(n) == 4 and n.isdigit() for era in municipality.numbers for n in era)


def test_a_merged_municipality_gives_one_of_its_old_numbers_to_each_person() -> None:
    norway = region("norway")
    place = list(norway.numbers).index("5001")
    person = np.arange(24)
    before = norway.number_at(np.full(24, place), np.repeat(day("2016-05-17"), 24), person)
    assert set(before) == {"1601", "1662"}
    after = norway.number_at(np.full(24, place), np.repeat(day("2018-05-17"), 24), person)
    assert set(after) == {"5001"}


@pytest.mark.usefixtures("english")
def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(InputError, match="Choose one of fjell, norway"):
        region("sweden")
