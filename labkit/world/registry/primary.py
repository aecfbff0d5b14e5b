"""The primary care registry (KPR): contacts with GPs and out-of-hours services since July 2016.

The registry took over claims data (KUHR) from 1 July 2016 on; earlier contacts are not in it.

Source:
    helsedata.no on KPR ("selected data from KUHR from July 2016"). Fees for a consultation with a
    GP by day and by evening, and the yearly ceiling, in NOK: helsenorge.no (2020), pages of GP
    surgeries (2022-2024), smartepenger.no (2017); 2016, 2018 and 2019 from memory. The rise within
    a year is left out. Only contacts in this registry count towards the ceiling, while in Norway
    hospital visits and drugs do too.
"""

from datetime import date

import numpy as np

from labkit.world.part import Part
from labkit.world.registry.format import date_text, decimal_comma, words
from labkit.world.registry.hospital import birth_year
from labkit.world.registry.pseudonym import part_pseudonyms, row_keys
from labkit.world.registry.source import (
    encounters,
    homes,
    homes_at_encounters,
    main_diagnoses,
    people_of,
)

KINDS = ("gp", "out_of_hours")
FIRST_DAY = (date(2016, 7, 1) - date(1970, 1, 1)).days
FREE_UNDER_YEARS = 16
FEES = {  # year: (day, evening, ceiling)
    2016: (152, 257, 2185),
    2017: (152, 257, 2205),
    2018: (155, 265, 2258),
    2019: (155, 270, 2369),
    2020: (160, 280, 2460),
    2021: (160, 280, 2460),
    2022: (160, 280, 2921),
    2023: (170, 288, 3040),
    2024: (170, 288, 3165),
}


def kpr(part: Part) -> None:
    """Make the table `kpr`."""
    seen = encounters(part, KINDS, since=FIRST_DAY)
    people = people_of(part)
    main = main_diagnoses(part, seen.row)
    age = (seen.day - people.birth.take(seen.person)) / 365.25
    fee = co_payment(seen.person, seen.year, seen.kind == 1, age)
    part.tables["kpr"] = {
        "kontakt_id": row_keys(part, "kpr", np.arange(len(seen.row))),
        "pasientlopenr": part_pseudonyms(part).take(seen.person),
        "fodselsaar": birth_year(people.birth).take(seen.person),
        "kjonn": words(people.female.take(seen.person), ["M", "K"]),
        "kommunenr": words(homes_at_encounters(part, seen), homes(part).now),
        "dato": date_text(seen.day, "%d.%m.%Y"),
        "tjeneste": words(seen.kind, ["fastlege", "legevakt"]),
        "diagnose": main,
        "egenandel": decimal_comma(fee, 2),
    }


def co_payment(
    person: np.ndarray, year: np.ndarray, evening: np.ndarray, age_years: np.ndarray
) -> np.ndarray:
    """Return what the patient pays: the year's fee, nothing under 16 or above the year's ceiling.

    Args:
        person: Who, rows of one person together and in time order, shape (n,).
        year: Calendar years from 2016 on, shape (n,).
        evening: Whether the evening fee applies, shape (n,).
        age_years: Ages, shape (n,).

    Returns:
        NOK, float64, shape (n,).

    Examples:
        >>> year, age = np.array([2023, 2023]), np.array([40.0, 15.9])
        >>> co_payment(np.array([0, 1]), year, np.array([False, True]), age)
        array([170.,   0.])
    """
    by_day, by_evening, ceiling = np.array([FEES[y] for y in sorted(FEES)], dtype=float).T
    row = year - min(FEES)
    fee = np.where(evening, by_evening.take(row), by_day.take(row))
    fee[age_years < FREE_UNDER_YEARS] = 0
    if len(fee) == 0:
        return fee
    first = np.append(0, 1 + np.flatnonzero((np.diff(person) != 0) | (np.diff(year) != 0)))
    before = np.cumsum(fee) - fee
    paid = before - before.take(first).repeat(np.diff(first, append=len(fee)))
    fee[paid >= ceiling.take(row)] = 0
    return fee
