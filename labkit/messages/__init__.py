"""What the kit says to people, in bokmål and English: one catalogue, a file for each part.

`labkit/messages/AREA.toml` holds tables of `nb` and `en`; the text may hold `{name}` fields.
The key is `AREA.name`. The language is the one set by `set_language`, else `LABKIT_LANG`, else
bokmål.
"""

import os
import tomllib
from functools import cache
from importlib.resources import files
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


def say(key: str, /, lang: Language | None = None, **values: Any) -> str:
    """Return the message `AREA.name`, filled in.

    Examples:
        >>> say("kit.made", "en", rows="1,200", tables=3)
        'Made 1,200 rows in 3 tables.'
    """
    area, _, name = key.partition(".")
    return catalogue(area)[name][lang or language()].format(**values)
