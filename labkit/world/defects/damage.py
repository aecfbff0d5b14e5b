"""What goes wrong with one value: every function takes the cells' texts and gives the damaged ones.

Cells are never empty when they come here, unless a function says so.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

import numpy as np

from labkit.world.defects.view import Rows, Texts
from labkit.world.registry.pseudonym import COUNT, pseudonyms

Damage = Callable[[Texts, np.random.Generator, Rows], Texts]
EPOCH = date(1970, 1, 1)
DAY_FIRST, ISO, COMPACT = "%d.%m.%Y", "%Y-%m-%d", "%Y%m%d"


def each(change: Callable[[str], str]) -> Damage:
    """Make a damage from a function of one text."""

    def damage(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
        return [None if text is None else change(text) for text in texts]

    return damage


def chosen(*changes: Callable[[str], str]) -> Damage:
    """Make a damage that takes one of several changes at random, one that has an effect."""

    def damage(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
        picks = rng.integers(0, len(changes), len(texts))
        return [
            _first_effect(text or "", changes, int(k)) for text, k in zip(texts, picks, strict=True)
        ]

    return damage


def _first_effect(text: str, changes: tuple[Callable[[str], str], ...], first: int) -> str:
    for step in range(len(changes)):
        changed = changes[(first + step) % len(changes)](text)
        if changed != text:
            return changed
    return text


@cache  # of a few names
def mojibake(text: str) -> str:
    """Read UTF-8 as Windows-1252.

    Examples:
        >>> mojibake("Røros")
        'RÃ¸ros'
    """
    return text.encode("utf-8").decode("cp1252", errors="replace")


def swap_day_and_month(pattern: str) -> Callable[[str], str]:
    """Swap day and month of a date written by a pattern; the day must be 12 at most.

    Examples:
        >>> swap_day_and_month(DAY_FIRST)("03.11.2020")
        '11.03.2020'
    """

    def change(text: str) -> str:
        day = read_date(text, pattern)
        return write_date(day.replace(day=day.month, month=day.day), pattern)

    return change


def can_swap(pattern: str) -> Callable[[str], bool]:
    """Tell whether day and month can change places and the date becomes another."""

    @cache  # the same days in every partition
    def holds(text: str) -> bool:
        day = read_date(text, pattern)
        return day.day <= 12 and day.day != day.month

    return holds


def read_date(text: str, pattern: str) -> date:
    """Read a date written as `DAY_FIRST`, `ISO` or `COMPACT`, quicker than `strptime`."""
    if pattern == DAY_FIRST:
        return date(int(text[6:10]), int(text[3:5]), int(text[:2]))
    if pattern == ISO:
        return date(int(text[:4]), int(text[5:7]), int(text[8:10]))
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def write_date(day: date, pattern: str) -> str:
    """Write a date as `DAY_FIRST`, `ISO` or `COMPACT`, quicker than `strftime`."""
    if pattern == DAY_FIRST:
        return f"{day.day:02}.{day.month:02}.{day.year}"
    return day.isoformat() if pattern == ISO else day.isoformat().replace("-", "")


def no_such_day(pattern: str) -> Callable[[str], str]:
    """Move the date to 30 February of its year.

    Examples:
        >>> no_such_day(COMPACT)("20190115"), no_such_day(DAY_FIRST)("15.01.2019")
        ('20190230', '30.02.2019')
    """

    def change(text: str) -> str:
        year = read_date(text, pattern).year
        return pattern.replace("%d", "30").replace("%m", "02").replace("%Y", str(year))

    return change


def after_death(pattern: str, pseudonym: str) -> Damage:
    """Move the date to 10-200 days after the person's death."""

    def damage(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
        death = rows.view.death(pseudonym, rows.places)
        late = death + rng.integers(10, 201, len(texts))
        return [write_date(EPOCH + timedelta(days=day), pattern) for day in late.tolist()]

    return damage


def end_before_start(start: str) -> Damage:
    """Move the end to 1-47 hours before the start."""

    def damage(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
        starts = np.array(rows.texts(start), dtype="datetime64[s]")
        hours = rng.integers(1, 48, len(texts)).astype("timedelta64[h]")
        return [str(t).replace("T", " ") for t in starts - hours]

    return damage


def later(low: int, high: int) -> Damage:
    """Move a date column by `low` to `high` days."""

    def damage(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
        days = np.array(texts, dtype="datetime64[D]") + rng.integers(low, high + 1, len(texts))
        return [str(day) for day in days]

    return damage


def later_time(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
    """Move a point in time by 1-4 minutes: less than any contact lasts."""
    times = np.array([t[:19] for t in texts if t is not None], dtype="datetime64[s]")
    return [
        str(t).replace("T", " ")
        for t in times + rng.integers(1, 5, len(texts)) * np.timedelta64(60)
    ]


def day_before(pattern: str) -> Damage:
    """Move a date written as text back by one day."""
    return each(lambda text: write_date(read_date(text, pattern) - timedelta(days=1), pattern))


def comma_number(change: Callable[[float], float], decimals: int) -> Callable[[str], str]:
    """Make a change of a number written with a decimal comma.

    Examples:
        >>> comma_number(lambda x: 0.0915 * x + 2.15, 1)("53,0")
        '7,0'
    """

    def changed(text: str) -> str:
        return f"{change(float(text.replace(',', '.'))):.{decimals}f}".replace(".", ",")

    return changed


def number(change: Callable[[float], float]) -> Callable[[str], str]:
    """Make a change of a number written with a point, or of a whole number."""

    def changed(text: str) -> str:
        value = change(float(text))
        return str(round(value)) if "." not in text and value == round(value) else str(value)

    return changed


def lost_comma(text: str) -> str:
    """Leave out the decimal comma.

    Examples:
        >>> lost_comma("84,5")
        '845'
    """
    return text.replace(",", "")


def letter_for_digit(text: str) -> str:
    """Write a letter that looks like a digit: O for 0, l for 1.

    Examples:
        >>> letter_for_digit("I21.9"), letter_for_digit("E03.9")
        ('I2l.9', 'EO3.9')
    """
    for digit, letter in (("0", "O"), ("1", "l"), ("5", "S")):
        if digit in text[1:]:
            return text[0] + text[1:].replace(digit, letter, 1)
    return text


def wrong_check_digit(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
    """Change one of the last five digits, so that a check digit fails; the month keeps its 80.

    Each weight of the check is prime to 11, so a change of one digit never goes unseen.
    """
    place = rng.integers(6, 11, len(texts))
    step = rng.integers(1, 10, len(texts))
    return [
        None if t is None else t[:p] + str((int(t[p]) + int(s)) % 10) + t[p + 1 :]
        for t, p, s in zip(texts, place, step, strict=True)
    ]


def unknown_pseudonym(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
    """Give a pseudonym that belongs to nobody: that of a position far above the last person."""
    partition = rows.view.part.index
    place = list(ORPHANED).index(rows.view.registry)
    used = (partition * len(ORPHANED) + place) * 1_000
    made = pseudonyms(COUNT - 1 - used - np.arange(len(texts)), seed=rows.view.part.config.seed)
    return [str(p) for p in made.tolist()]


ORPHANED = ("npr", "kpr", "lmr", "sysvak")  # registries that get orphans


def emptied(texts: Texts, rng: np.random.Generator, rows: Rows) -> Texts:
    """Leave the cells empty."""
    return [None] * len(texts)


def swapped(first: str, second: str) -> Callable[[str], str]:
    """Write one of two values as the other.

    Examples:
        >>> swapped("1", "2")("2")
        '1'
    """
    return lambda text: second if text == first else first
