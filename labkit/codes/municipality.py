"""Municipality numbers through time: which number a municipality had on a day.

Numbers changed in 2012 (Inderøy), 2018 (Trøndelag), 2019 (Rindal), 2020 (the reform) and 2024
(Viken dissolved).
The files hold Innlandet and Trøndelag of 2024, with Lunner and Jevnaker, and twelve large towns.
"""

import csv
from datetime import date
from functools import cache
from importlib.resources import files

from labkit.errors import InputError
from labkit.messages import say


def _read(name: str) -> list[dict[str, str]]:
    with (files(__package__) / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def _today() -> dict[str, str]:
    rows = [*_read("municipalities.csv"), *_read("towns.csv")]
    return {row["code_2024"]: row["name"] for row in rows}


@cache
def _changes() -> tuple[tuple[str, str, int, str], ...]:
    """(old number, name, last year, new number) for each step of a change."""
    found = [
        (row["old_code"], row["old_name"], int(row["valid_to_year"]), row["new_code"])
        for row in _read("municipality_changes.csv")
    ]
    eras = (("code_before_2018", 2017), ("code_2018_2019", 2019), ("code_2020_2023", 2023))
    for row in _read("towns.csv"):
        for (old, last), (new, _) in zip(eras, (*eras[1:], ("code_2024", 0)), strict=True):
            if row[old] != row[new]:
                found.append((row[old], row["name"], last, row[new]))
    return tuple(found)


@cache
def _last_year(number: str) -> int:
    """The last year the number was in force; today's numbers last for ever."""
    return next((last for old, _, last, _ in _changes() if old == number), 9999)


@cache
def _first_year(number: str) -> int:
    """The first year the number was in force; 0 if older than the files."""
    return min((last + 1 for _, _, last, new in _changes() if new == number), default=0)


def _year(day: date | str) -> int:
    try:
        return day.year if isinstance(day, date) else date.fromisoformat(day).year
    except (TypeError, ValueError) as error:
        raise InputError(say("codes.not_a_day", came=day)) from error


@cache
def _numbers(year: int) -> tuple[str, ...]:
    every = {*_today(), *(old for old, *_ in _changes())}
    return tuple(sorted(n for n in every if _first_year(n) <= year <= _last_year(n)))


@cache
def municipality_names() -> dict[str, str]:
    """Names by number, of today and former."""
    return {old: name for old, name, _, _ in _changes()} | _today()


def municipality_numbers(day: date | str | None = None) -> tuple[str, ...]:
    """List the municipality numbers in force on a day, or all that ever were.

    Examples:
        >>> [n for n in municipality_numbers("2017-12-31") if n in ("1640", "5025")]
        ['1640']
    """
    if day is None:
        return tuple(sorted({*_today(), *(old for old, *_ in _changes())}))
    return _numbers(_year(day))


@cache
def _at(number: str, year: int) -> tuple[str, ...]:
    if year > _last_year(number):
        after = [new for old, _, _, new in _changes() if old == number]
        return tuple(sorted({n for new in after for n in _at(new, year)}))
    if year < _first_year(number):
        names = municipality_names()
        before = [old for old, _, _, new in _changes() if new == number]
        # The part that kept the name stands first.
        before.sort(key=lambda old: (names[old] != names[number], old))
        return tuple(dict.fromkeys(n for old in before for n in _at(old, year)))
    return (number,)


def municipalities_at(number: str, day: date | str) -> tuple[str, ...]:
    """List all the numbers that a municipality's area had on a day.

    Args:
        number: Any number, of today or former.
        day: The day, as a date or ISO text.

    Returns:
        The number itself if it was in force on the day, else the one it became or had been;
        several where municipalities merged later (the part that kept the name first) or where
        one was divided.

    Examples:
        >>> municipalities_at("5001", "2017-01-01")
        ('1601', '1662')
    """
    if number not in _today() and _last_year(number) == 9999:
        raise InputError(say("codes.no_municipality", number=number))
    return _at(number, _year(day))


def municipality_at(number: str, day: date | str) -> str:
    """Give the number that a municipality had, or has, on a day.

    Args:
        number: Any number, of today or former.
        day: The day, as a date or ISO text.

    Returns:
        The number in force on the day.

    Raises:
        InputError: If the number is unknown, or its area had several numbers on that day.

    Examples:
        >>> municipality_at("0437", "2024-01-01"), municipality_at("3427", "2019-12-31")
        ('3427', '0437')
        >>> municipality_at("5025", "2018-01-01"), municipality_at("5025", "2017-12-31")
        ('5025', '1640')
    """
    found = municipalities_at(number, day)
    if len(found) > 1:
        raise InputError(
            say("codes.several_municipalities", number=number, day=day, found=", ".join(found))
        )
    return found[0]
