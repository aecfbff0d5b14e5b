"""Which entity type of an answer stands for which of the reference, and so on for the rest."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from labkit.er.model import Attribute, Entity, Model, Relationship
from labkit.er.names import SAME, Names

_T = TypeVar("_T")
_U = TypeVar("_U")


def assign(
    one: Sequence[_T], other: Sequence[_U], score: Callable[[_T, _U], float], least: float
) -> list[tuple[_T, _U]]:
    """Pair things so that the sum of scores is greatest; pairs below `least` are let go.

    Source:
        Kuhn (1955), Naval Research Logistics Quarterly 2:83-97.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not one or not other:
        return []
    scores = np.array([[score(a, b) for b in other] for a in one])
    scores[scores < least] = 0
    rows, columns = linear_sum_assignment(-scores)
    return [(one[i], other[j]) for i, j in zip(rows, columns, strict=True) if scores[i, j] >= least]


def simplest(model: Model) -> Model:
    """Write a model in one of the forms that say the same.

    A weak entity type with two or more owners, no partial key and nothing else is a relationship
    of its owners; an attribute of a one-to-many relationship is one of the side that takes part
    once (Elmasri and Navathe, section 3.4.4).
    """
    changed = {
        e.name: _as_relationship(model, e) for e in model.entities if _is_associative(model, e)
    }
    relationships = [
        r
        for r in model.relationships
        if not (r.identifying and r.participants[1].entity in changed)
    ] + list(changed.values())
    extra: dict[str, tuple[Attribute, ...]] = {}
    for i, r in enumerate(relationships):
        if r.ratio == "1:N" and r.attributes:
            once = next(p.entity for p in r.participants if not p.many)
            extra[once] = extra.get(once, ()) + r.attributes
            relationships[i] = replace(r, attributes=())
    entities = []
    for e in model.entities:
        if e.name not in changed:
            names = {a.name for a in e.attributes}
            new = tuple(a for a in extra.get(e.name, ()) if a.name not in names)
            entities.append(replace(e, attributes=e.attributes + new))
    return Model(tuple(entities), tuple(relationships), model.specialisations)


def _is_associative(model: Model, entity: Entity) -> bool:
    owners = model.identifying(entity.name)
    elsewhere = [
        r
        for r in model.relationships
        if r not in owners and any(p.entity == entity.name for p in r.participants)
    ]
    plain = not any(a.multivalued for a in entity.attributes)
    apart = not any(entity.name in (s.parent, *s.children) for s in model.specialisations) and len(
        {r.participants[0].entity for r in owners}
    ) == len(owners)
    return len(owners) > 1 and not entity.keys and not elsewhere and plain and apart


def _as_relationship(model: Model, entity: Entity) -> Relationship:
    ends = tuple(r.participants[0] for r in model.identifying(entity.name))
    return Relationship(entity.name, ends, entity.attributes, line=entity.line)


def match_entities(answer: Model, reference: Model, names: Names) -> dict[str, str]:
    """Return the answer's entity type for each of the reference that has one.

    Names count most; shared attributes and neighbours decide where names say little.
    """

    def attributes(one: Entity, other: Entity) -> float:
        if not one.attributes or not other.attributes:
            return 0.0
        pairs = assign(
            one.attributes, other.attributes, lambda a, b: names.likeness(a.name, b.name), SAME
        )
        return len(pairs) / max(len(one.attributes), len(other.attributes))

    def neighbours(model: Model, entity: Entity) -> set[str]:
        return {
            names.meaning(p.entity)
            for r in model.relationships
            if any(p.entity == entity.name for p in r.participants)
            for p in r.participants
            if p.entity != entity.name
        }

    def score(ours: Entity, theirs: Entity) -> float:
        name = names.likeness(ours.name, theirs.name)
        one, two = neighbours(reference, ours), neighbours(answer, theirs)
        near = len(one & two) / len(one | two) if one | two else 0.0
        like = attributes(ours, theirs)
        if name >= SAME:
            return 1 + name + 0.3 * like + 0.2 * near
        # another name: it takes most of the attributes, and the neighbours, to be sure
        return like + 0.3 * near if like >= 0.6 and len(ours.attributes) > 1 else 0.0

    pairs = assign(reference.entities, answer.entities, score, 0.6)
    return {ours.name: theirs.name for ours, theirs in pairs}


def match_attributes(
    ours: Sequence[Attribute], theirs: Sequence[Attribute], names: Names
) -> list[tuple[Attribute, Attribute]]:
    """Pair attributes by their names."""
    return assign(ours, theirs, lambda a, b: names.likeness(a.name, b.name), SAME)


def match_relationships(
    answer: Model, reference: Model, found: dict[str, str], names: Names
) -> list[tuple[Relationship, Relationship]]:
    """Pair relationships: the participants count most, the name tells those between the same apart.

    One whose participants differ is paired only where its name is the same.
    """

    def score(ours: Relationship, theirs: Relationship) -> float:
        wanted = sorted(found.get(p.entity, f"?{p.entity}") for p in ours.participants)
        came = sorted(p.entity for p in theirs.participants)
        name = names.likeness(ours.name, theirs.name) if ours.name and theirs.name else 0.5
        shape = 0.1 * (ours.ratio == theirs.ratio) + 0.1 * (ours.identifying == theirs.identifying)
        like = match_attributes(ours.attributes, theirs.attributes, names)
        shape += 0.1 * len(like)
        if wanted == came:
            return 2 + name + shape
        return name + shape if name >= SAME and set(wanted) & set(came) else 0.0

    return assign(reference.relationships, answer.relationships, score, 0.5)
