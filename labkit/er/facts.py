"""A conceptual model taken apart into the single things that it says.

Two models that say the same have the same facts, whatever the order, the language of the names and
the names of relationships. So models can be compared where only digests of the facts are at hand.
"""

from collections import Counter
from collections.abc import Iterable

from labkit.er.matching import simplest
from labkit.er.model import Attribute, Model, Relationship
from labkit.er.names import Names, words

SORTS = ("entities", "weak", "attributes", "keys", "relationships", "cardinalities")


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
    model, names = simplest(model), Names()

    def word(name: str) -> str:
        return names.meaning("".join(names.meaning(part) for part in words(name)))

    def described(owner: str, attributes: Iterable[Attribute]) -> list[str]:
        found = []
        for attribute in attributes:
            marks = " multivalued" * attribute.multivalued + " derived" * attribute.derived
            whole = f"{word(attribute.name)}." if attribute.parts else ""
            found += [f"{owner}.{whole}{word(leaf.name)}{marks}" for leaf in attribute.leaves()]
        return found

    def ends(relationship: Relationship) -> str:
        return " - ".join(sorted(word(p.entity) for p in relationship.participants))

    def counted(relationship: Relationship) -> str:
        numbers = sorted(f"{word(p.entity)} {p.cardinality}" for p in relationship.participants)
        return " - ".join(numbers) + " identifying" * relationship.identifying

    entities, relationships = model.entities, model.relationships
    attributes = [a for e in entities for a in described(word(e.name), e.attributes)]
    attributes += [a for r in relationships for a in described(ends(r), r.attributes)]
    tied = [ends(r) for r in relationships]
    for s in model.specialisations:
        kind = f"{'total' if s.total else 'partial'} {'disjoint' if s.disjoint else 'overlapping'}"
        tied += [f"{word(child)} is {word(s.parent)} {kind}" for child in s.children]
    found = {
        "entities": [word(e.name) for e in entities],
        "weak": [word(e.name) for e in entities if e.weak],
        "attributes": attributes,
        "keys": [f"{word(e.name)} ({', '.join(sorted(map(word, k)))})"
                 for e in entities for k in e.keys],
        "relationships": tied,
        "cardinalities": [counted(r) for r in relationships],
    }  # fmt: skip
    return {sort: _numbered(found[sort]) for sort in SORTS}


def _numbered(found: Iterable[str]) -> tuple[str, ...]:
    """Tell equal facts apart by number: two relationships may tie the same entity types."""
    counts = Counter(found)
    return tuple(
        f"{fact} #{i}" if i > 1 else fact
        for fact in sorted(counts)
        for i in range(1, counts[fact] + 1)
    )
