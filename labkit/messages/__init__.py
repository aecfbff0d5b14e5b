"""What the kit says to people, in bokmål and English: one catalogue, a file for each part.

`labkit/messages/AREA.toml` holds tables of `nb` and `en`; the text may hold `{name}` fields.
The key is `AREA.name`. The language is the one set by `set_language`, else `LABKIT_LANG`, else
bokmål.
"""

import os
import tomllib
from functools import cache
from importlib.resources import files
from numbers import Integral
from typing import Any, Literal

from labkit.errors import InputError

Language = Literal["nb", "en"]
LANGUAGES: tuple[Language, ...] = ("nb", "en")
_chosen: list[Language] = []


def set_language(lang: str) -> None:
    """Choose the language of messages for this process: `nb` or `en`."""
    if lang not in LANGUAGES:
        raise InputError(f"language: '{lang}' is not one of nb, en")
    _chosen[:] = ["nb" if lang == "nb" else "en"]


def language() -> Language:
    """Return the language in use."""
    if _chosen:
        return _chosen[0]
    return "en" if os.environ.get("LABKIT_LANG") == "en" else "nb"


@cache
def catalogue(area: str) -> dict[str, dict[str, str]]:
    """Read the messages of one area."""
    return tomllib.loads((files(__package__) / f"{area}.toml").read_text(encoding="utf-8"))


def numeral(value: float, lang: Language | None = None, *, decimals: int = 2) -> str:
    r"""Write a number as a reader of the language writes it.

    English has a decimal point and commas between groups of three, bokmål a decimal comma and, from
    five digits on, spaces. Zeros at the end are left out.

    Args:
        value: The number.
        lang: Language, by default that of messages.
        decimals: Decimals at the most.

    Examples:
        >>> numeral(12_345.5, "en"), numeral(12_345.5, "nb"), numeral(5_000, "nb")
        ('12,345.5', '12\xa0345,5', '5000')
        >>> numeral(2**63 - 1, "en")  # a whole number has all its digits
        '9,223,372,036,854,775,807'
    """
    text = f"{value:,}" if isinstance(value, Integral) else f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if (lang or language()) == "en":
        return text
    apart = "\u00a0" if abs(value) >= 10_000 else ""
    return text.replace(",", apart).replace(".", ",")


def say(key: str, /, lang: Language | None = None, **values: Any) -> str:
    """Return the message `AREA.name`, filled in.

    Examples:
        >>> say("kit.made", "en", rows="1,200", tables=3)
        'Made 1,200 rows in 3 tables.'
    """
    area, _, name = key.partition(".")
    return catalogue(area)[name][lang or language()].format(**values)
