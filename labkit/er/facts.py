"""A conceptual model taken apart into the single things that it says.

Two models that say the same have the same facts, whatever the order, the language of the names and
the names of relationships. So models can be compared where only digests of the facts are at hand.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from labkit.er.matching import simplest
from labkit.er.model import Attribute, Model, Relationship
from labkit.er.names import Names, words

_MARKS = [(many, derived) for many in (False, True) for derived in (False, True)]
SORTS = ("entities", "weak", "attributes", "keys", "relationships", "cardinalities")


@dataclass(frozen=True)
class Fact:
    """One thing that a model says.

    Attributes:
        text: The same in every model that says it.
        about: What it is about, in the model's own names.
        rests: Sort and text of facts without which there is no use in telling about this one.
        near: What would be amiss with it if another fact held in its place, and that fact's text.
    """

    text: str
    about: Mapping[str, str] = field(default_factory=dict)
    rests: tuple[tuple[str, str], ...] = ()
    near: tuple[tuple[str, str], ...] = ()


def facts(model: Model) -> dict[str, tuple[str, ...]]:
    """Take a model apart.

    Args:
        model: The model; types, `required` and names of relationships are left out of account.

    Returns:
        Sort of fact -> facts as text, none twice, in order; every sort of `SORTS` is there.

    Examples:
        >>> from labkit.er.notation import parse
        >>> one = facts(parse("entity Patient { fnr key, birth_date: date }"))
        >>> one["keys"], one["attributes"]
        (('patient (fnr)',), ('patient.birthdate', 'patient.fnr'))
        >>> one == facts(parse("entity Pasient { fødselsdato: date, fødselsnummer key }"))
        True
    """
    return {sort: tuple(fact.text for fact in found) for sort, found in stated(model).items()}


def stated(model: Model) -> dict[str, tuple[Fact, ...]]:
    """Take a model apart as `facts` does, keeping what each fact is called in the model.

    Examples:
        >>> from labkit.er.notation import parse
        >>> stated(parse("entity Pasient { fnr key }"))["keys"][0].about
        {'name': 'Pasient', 'key': 'fnr'}
    """
    tied = {
        (_word(p.entity), _word(a.name)): _counted(r)
        for r in model.relationships
        for a in r.attributes
        for p in r.participants
    }
    model = simplest(model)
    owners = [_word(e.name) for e in model.entities] + [_ends(r) for r in model.relationships]
    found: dict[str, list[Fact]] = {sort: [] for sort in SORTS}
    for e in model.entities:
        word = _word(e.name)
        alone = (("entities", word),)
        found["entities"].append(Fact(word, {"name": e.name}))
        if e.weak:
            found["weak"].append(Fact(word, {"name": e.name}, alone))
        for fact in _attributes(word, e.name, e.attributes, alone, owners):
            count = tied.get((word, fact.text.split()[0].rpartition(".")[2]))
            more = (("cardinalities", count),) if count else ()
            found["attributes"].append(replace(fact, rests=fact.rests + more))
        for key in e.keys:
            text = f"{word} ({', '.join(sorted(map(_word, key)))})"
            parts = tuple(("attributes", f"{word}.{_word(name)}") for name in key)
            about = {"name": e.name, "key": ", ".join(key)}
            found["keys"].append(Fact(text, about, alone + parts))
    for r in model.relationships:
        here: tuple[tuple[str, str], ...] = tuple(
            ("entities", _word(p.entity)) for p in r.participants
        )
        about = {"ends": r.ends, "numbers": r.numbers}
        found["relationships"].append(Fact(_ends(r), about, here))
        other = _counted(replace(r, identifying=not r.identifying))
        here = (*here, ("relationships", _ends(r)))
        found["cardinalities"].append(Fact(_counted(r), about, here, (("identifying", other),)))
        found["attributes"] += _attributes(_ends(r), r.ends, r.attributes, here, owners)
    for s in model.specialisations:
        for child in s.children:
            words = f"{_word(child)} is {_word(s.parent)}"
            kinds = [f"{a} {b}" for a in ("total", "partial") for b in ("disjoint", "overlapping")]
            kind = kinds[2 * (not s.total) + (not s.disjoint)]
            found["relationships"].append(
                Fact(
                    f"{words} {kind}",
                    {"ends": f"{s.parent} – {child}", "child": child, "parent": s.parent},
                    (("entities", _word(child)), ("entities", _word(s.parent))),
                    tuple(("kind", f"{words} {other}") for other in kinds if other != kind),
                )
            )
    return {sort: _numbered(found[sort]) for sort in SORTS}


@cache
def _names() -> Names:
    return Names()


def _word(name: str) -> str:
    names = _names()
    return names.meaning("".join(names.meaning(part) for part in words(name)))


def _attributes(
    owner: str,
    shown: str,
    attributes: Iterable[Attribute],
    rests: tuple[tuple[str, str], ...],
    owners: Iterable[str],
) -> list[Fact]:
    found = []
    for attribute in attributes:
        marks = [" multivalued" * many + " derived" * derived for many, derived in _MARKS]
        mark = marks[_MARKS.index((attribute.multivalued, attribute.derived))]
        whole = f"{_word(attribute.name)}." if attribute.parts else ""
        for leaf in attribute.leaves():
            text = f"{whole}{_word(leaf.name)}"
            near = [("marks", f"{owner}.{text}{other}") for other in marks if other != mark]
            near += [("place", f"{other}.{text}{mark}") for other in owners if other != owner]
            about = {"name": leaf.name, "owner": shown}
            found.append(Fact(f"{owner}.{text}{mark}", about, rests, tuple(near)))
    return found


def _ends(relationship: Relationship) -> str:
    return " - ".join(sorted(_word(p.entity) for p in relationship.participants))


def _counted(relationship: Relationship) -> str:
    numbers = sorted(f"{_word(p.entity)} {p.cardinality}" for p in relationship.participants)
    return " - ".join(numbers) + " identifying" * relationship.identifying


def _numbered(found: Iterable[Fact]) -> tuple[Fact, ...]:
    """Tell equal facts apart by number: two relationships may tie the same entity types."""
    met: Counter[str] = Counter()
    numbered = []
    for fact in sorted(found, key=lambda fact: fact.text):
        met[fact.text] += 1
        n = met[fact.text]
        numbered.append(replace(fact, text=f"{fact.text} #{n}") if n > 1 else fact)
    return tuple(numbered)
