"""Whether two names mean the same: case, underscores, plurals, bokmål and English."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files

SAME = 0.85  # from this similarity on, two names are taken for the same
Synonyms = Mapping[str, str | Iterable[str]] | Iterable[Iterable[str]]
_ENDINGS = ("ene", "ies", "er", "es", "et", "en", "e", "s")
_FOLD = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "é": "e", "ö": "o", "ä": "ae"})


class Names:
    """A table of synonyms.

    Args:
        synonyms: Beyond the kit's own: a mapping from a name to others that mean the same, or
            groups of names that do.

    Examples:
        >>> names = Names({"Ward": ["sengetun"]})
        >>> names.likeness("Pasienter", "patient"), names.likeness("sengetun", "WARD")
        (1.0, 1.0)
        >>> names.likeness("birth_date", "fødselsdato"), names.likeness("ward", "doctor") < 0.5
        (1.0, True)
    """

    def __init__(self, synonyms: Synonyms = ()) -> None:
        groups = [list(g) for g in _known()]
        if isinstance(synonyms, Mapping):
            for name, others in synonyms.items():
                groups.append([name, *([others] if isinstance(others, str) else others)])
        else:
            groups += [list(g) for g in synonyms]
        self._group: dict[str, str] = {}
        for group in groups:
            forms = [fold(name) for name in group]
            known = {self._group[f] for f in forms if f in self._group}
            head = min(known) if known else forms[0]
            for form in forms:
                self._group[form] = head
            for form, old in list(self._group.items()):  # groups that share a word become one
                if old in known:
                    self._group[form] = head

    def meaning(self, name: str) -> str:
        """Return the one word that stands for a name and all its synonyms."""
        folded = fold(name)
        for form in _forms(folded):
            if form in self._group:
                return self._group[form]
        return _forms(folded)[-1]

    def likeness(self, one: str, other: str) -> float:
        """Return 1 for the same meaning, else how alike the spellings are, below 1."""
        if self.meaning(one) == self.meaning(other):
            return 1.0
        meant = [{self.meaning(w) for w in words(name)} for name in (one, other)]
        if meant[0] == meant[1]:
            return 1.0
        shared = len(meant[0] & meant[1]) / max(len(meant[0] | meant[1]), 1)
        a, b = fold(one), fold(other)
        spelling = SequenceMatcher(None, a, b).ratio() if min(len(a), len(b)) > 3 else 0.0
        return round(min(0.95, max(0.85 * shared, spelling)), 4)


def fold(name: str) -> str:
    """Write a name in lower-case letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower().translate(_FOLD))


def words(name: str) -> list[str]:
    """Split a name where underscores or capitals part it."""
    apart = re.sub(r"(?<=[a-zæøå0-9])(?=[A-ZÆØÅ])", "_", name)
    return [fold(w) for w in re.split(r"[\W_]+", apart) if fold(w)]


def _forms(folded: str) -> list[str]:
    """Return a word and what is left of it without an ending of the plural or the article."""
    found = [folded]
    for ending in _ENDINGS:
        if folded.endswith(ending) and len(folded) - len(ending) >= 3:
            stem = folded.removesuffix(ending)
            found += [stem + "y"] if ending == "ies" else [stem, stem + "e"]
    # the shortest stem last: it stands for a word that is in no group
    return sorted(dict.fromkeys(found), key=len, reverse=True)


@cache
def _known() -> list[list[str]]:
    text = (files(__package__) / "synonyms.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["groups"]
