"""A student's conceptual model against a reference, in words."""

from itertools import permutations
from typing import Any

from labkit.er.matching import (
    assign,
    match_attributes,
    match_entities,
    match_relationships,
    simplest,
)
from labkit.er.model import Attribute, Entity, Model, Participant, Relationship, Specialisation
from labkit.er.names import SAME, Names, Synonyms
from labkit.er.notation import parse
from labkit.er.verdict import Difference, Verdict, verdict
from labkit.messages import LANGUAGES, say

ENTITY, ATTRIBUTE, KEY, RELATIONSHIP, RATIO, LEAST, SPECIALISATION = (
    2.0,
    0.5,
    1.0,
    2.0,
    1.0,
    0.5,
    2.0,
)


def compare(answer: Model | str, reference: Model | str, *, synonyms: Synonyms = ()) -> Verdict:
    """Tell how a conceptual model differs from a reference.

    Names are the same when they differ in case, underscores or number only, or are synonyms;
    entity types with other names are recognised by their attributes and neighbours. Types, the
    word `required` and the names of relationships are not compared. A weak entity type that is
    nothing but a relationship of its owners equals that relationship, and an attribute of a
    one-to-many relationship may stand with the side that takes part once.

    Args:
        answer: The student's model, or its text.
        reference: The model to compare with.
        synonyms: Names that mean the same, beyond the kit's own table (nb and en health words).

    Returns:
        A `Verdict`: differences in words, a hint for each, and the share that is right, where an
        entity type, relationship or specialisation weighs 2, a key 1, a ratio 1, a least
        participation 0.5, an attribute 0.5; what is too much costs half.

    Raises:
        ModelError: If a text is no model.

    Examples:
        >>> reference = "entity Patient { fnr key, name } entity Ward { code key }"
        >>> found = compare("entity Pasient { fnr, navn key }", reference)
        >>> [d.kind for d in found.differences], found.share
        (['missing_entity', 'other_key'], 0.4)
    """
    reference = parse(reference) if isinstance(reference, str) else reference
    answer = parse(answer) if isinstance(answer, str) else answer
    ours, theirs = simplest(reference), simplest(answer)
    names = Names(synonyms)
    comparison = _Comparison(theirs, ours, names)
    comparison.moved = _same_before(answer, reference, comparison)
    comparison.run()
    return verdict(comparison.found, _worth(ours), comparison.matched)


def _same_before(answer: Model, reference: Model, comparison: "_Comparison") -> set[str]:
    """Find attributes on the same relationship in both models, before `simplest` moved them."""
    names = comparison.names
    pairs = match_relationships(answer, reference, comparison.matched, names)
    return {
        names.meaning(one.name)
        for ours, theirs in pairs
        if ours.ratio != theirs.ratio
        for one, _ in match_attributes(ours.attributes, theirs.attributes, names)
    }


def _worth(model: Model) -> float:
    """Add up what the parts of a reference weigh."""
    total = sum(map(_entity_worth, model.entities))
    total += sum(map(_relationship_worth, model.relationships))
    return total + SPECIALISATION * len(model.specialisations)


def _entity_worth(entity: Entity) -> float:
    leaves = sum(1 for a in entity.attributes for _ in a.leaves())
    return ENTITY + KEY * len(entity.keys) + ATTRIBUTE * leaves


def _relationship_worth(relationship: Relationship) -> float:
    ends = LEAST * len(relationship.participants)
    return RELATIONSHIP + RATIO + ends + ATTRIBUTE * len(relationship.attributes)


class _Comparison:
    def __init__(self, answer: Model, reference: Model, names: Names) -> None:
        self.answer, self.reference, self.names = answer, reference, names
        self.matched = match_entities(answer, reference, names)
        self.found: list[Difference] = []
        self.moved: set[str] = set()  # attributes that are right though they seem moved
        self.explained: set[str] = set()  # names in the answer that a difference has told about

    def differ(self, kind: str, weight: float, /, **values: Any) -> None:
        self.found.append(Difference(kind, values, weight))

    def same(self, one: str, other: str) -> bool:
        return self.names.likeness(one, other) >= SAME

    def run(self) -> None:
        pairs = match_relationships(self.answer, self.reference, self.matched, self.names)
        self.missing_entities()
        for entity in self.reference.entities:
            if entity.name in self.matched:
                self.entity(entity, self.answer.entity(self.matched[entity.name]))
        for ours, theirs in pairs:
            self.relationship(ours, theirs)
        self.unpaired(pairs)
        self.specialisations()
        self.extra_entities()

    # entity types

    def missing_entities(self) -> None:
        for entity in self.reference.entities:
            if entity.name in self.matched:
                continue
            weight = _entity_worth(entity)
            owner = next(
                (
                    (e, a)
                    for e in self.answer.entities
                    for a in e.attributes
                    if self.same(a.name, entity.name)
                ),
                None,
            )
            as_relationship = next(
                (r for r in self.answer.relationships if self.same(r.name, entity.name)), None
            )
            if owner:
                values = {"name": entity.name, "owner": owner[0].name, "attribute": owner[1].name}
                self.explained.add(f"{owner[0].name}.{owner[1].name}")
                self.differ("entity_as_attribute", weight * 0.75, **values)
            elif as_relationship:
                self.explained.add(f"relationship {as_relationship.name}")
                self.differ("entity_as_relationship", weight * 0.75, name=entity.name)
            else:
                self.differ("missing_entity", weight, name=entity.name)

    def extra_entities(self) -> None:
        taken = set(self.matched.values())
        for entity in self.answer.entities:
            if entity.name not in taken and entity.name not in self.explained:
                self.differ("extra_entity", ENTITY / 2, name=entity.name)

    def entity(self, ours: Entity, theirs: Entity) -> None:
        if ours.weak and not theirs.weak:
            self.differ("weak_as_strong", 1.0, name=theirs.name)
        elif theirs.weak and not ours.weak:
            self.differ("strong_as_weak", 1.0, name=theirs.name)
        pairs = self.attributes(theirs.name, ours.attributes, theirs.attributes)
        self.keys(ours, theirs, pairs)

    def attributes(
        self, owner: str, ours: tuple[Attribute, ...], theirs: tuple[Attribute, ...]
    ) -> dict[str, str]:
        """Compare attributes; return the answer's name for each one of the reference found."""
        pairs = match_attributes(ours, theirs, self.names)
        left = [a for a in ours if a not in [one for one, _ in pairs]]
        spare = [a for a in theirs if a not in [other for _, other in pairs]]
        for one, other in pairs:
            self.attribute(owner, one, other)
        for attribute in left:
            flat = match_attributes(attribute.parts, spare, self.names)
            if len(flat) > 1:  # the parts are there, but not held together
                self.differ("composite_as_simple", ATTRIBUTE, name=attribute.name, owner=owner)
                spare = [a for a in spare if a not in [other for _, other in flat]]
                continue
            self.missing_attribute(owner, attribute)
        for attribute in spare:
            if f"{owner}.{attribute.name}" not in self.explained and not self.belongs(
                owner, attribute
            ):
                self.differ("extra_attribute", ATTRIBUTE / 2, name=attribute.name, owner=owner)
        return {one.name: other.name for one, other in pairs}

    def attribute(self, owner: str, ours: Attribute, theirs: Attribute) -> None:
        values = {"name": theirs.name, "owner": owner}
        if ours.multivalued != theirs.multivalued:
            kind = "multivalued_as_single" if ours.multivalued else "single_as_multivalued"
            self.differ(kind, ATTRIBUTE, **values)
        if ours.derived != theirs.derived:
            kind = "derived_as_stored" if ours.derived else "stored_as_derived"
            self.differ(kind, ATTRIBUTE / 2, **values)
        if ours.parts and not theirs.parts:
            self.differ("composite_as_simple", ATTRIBUTE, **values)
        elif theirs.parts and not ours.parts:
            self.differ("simple_as_composite", ATTRIBUTE / 2, **values)
        elif ours.parts:
            self.attributes(f"{owner}.{theirs.name}", ours.parts, theirs.parts)

    def missing_attribute(self, owner: str, attribute: Attribute) -> None:
        if self.names.meaning(attribute.name) in self.moved:
            return None
        weight = ATTRIBUTE * sum(1 for _ in attribute.leaves())
        taken = set(self.matched.values())
        for entity in self.answer.entities:
            if entity.name not in taken and self.same(entity.name, attribute.name):
                self.explained.add(entity.name)
                values = {"name": attribute.name, "owner": owner, "entity": entity.name}
                return self.differ("attribute_as_entity", max(weight, 1.0), **values)
        homes = [(e.name, a) for e in self.answer.entities for a in e.attributes]
        homes += [(r.name or say("er.has"), a) for r in self.answer.relationships
                  for a in r.attributes]  # fmt: skip
        for home, other in homes:
            if self.same(other.name, attribute.name) and not self.wanted(home, other):
                self.explained.add(f"{home}.{other.name}")
                values = {"name": other.name, "owner": owner, "other": home}
                return self.differ("attribute_elsewhere", weight, **values)
        return self.differ("missing_attribute", weight, name=attribute.name, owner=owner)

    def wanted(self, home: str, attribute: Attribute) -> bool:
        """Tell whether the reference has an attribute where the answer has it."""
        for ours, theirs in self.matched.items():
            if theirs == home:
                known = self.reference.entity(ours).attributes
                return any(self.same(a.name, attribute.name) for a in known)
        return False

    def belongs(self, owner: str, attribute: Attribute) -> bool:
        """Tell whether an attribute too many is told about as one that stands elsewhere."""
        if self.names.meaning(attribute.name) in self.moved:
            return True
        for entity in self.reference.entities:
            mine = self.matched.get(entity.name)
            if mine is None or mine == owner:
                continue
            missing = [a for a in entity.attributes if self.same(a.name, attribute.name)]
            there = self.answer.entity(mine).attributes
            if missing and not any(self.same(a.name, attribute.name) for a in there):
                return True
        return any(
            self.same(a.name, attribute.name)
            for r in self.reference.relationships
            for a in r.attributes
        ) and not any(
            self.same(a.name, attribute.name)
            for r in self.answer.relationships
            for a in r.attributes
        )

    def keys(self, ours: Entity, theirs: Entity, pairs: dict[str, str]) -> None:
        wanted = {frozenset(pairs.get(n, f"?{n}") for n in key) for key in ours.keys}
        came = {frozenset(key) for key in theirs.keys}
        missing, extra = wanted - came, came - wanted
        word = {
            lang: say("er.word_partial_key" if ours.weak else "er.word_key", lang)
            for lang in LANGUAGES
        }
        values = {"name": theirs.name, "word": word}
        for key in missing:
            shown = ", ".join(sorted(n.lstrip("?") for n in key))
            split = {frozenset([name]) for name in key}
            if len(key) > 1 and split <= extra:
                extra -= split
                self.differ("key_taken_apart", KEY, **values, key=shown)
            elif extra:
                instead = min(extra, key=sorted)
                extra = extra - {instead}
                came_key = ", ".join(sorted(instead))
                self.differ("other_key", KEY, **values, key=shown, came=came_key)
            else:
                self.differ("missing_key", KEY, **values, key=shown)
        for key in sorted(extra, key=sorted):
            self.differ("extra_key", KEY / 2, **values, key=", ".join(sorted(key)))

    # relationships

    def relationship(self, ours: Relationship, theirs: Relationship) -> None:
        name = theirs.name or say("er.has")
        wanted = sorted(self.matched.get(p.entity, f"?{p.entity}") for p in ours.participants)
        if wanted != sorted(p.entity for p in theirs.participants):
            shown = ", ".join(p.entity for p in ours.participants)
            values = {"name": name, "ends": theirs.ends, "participants": shown}
            self.differ("wrong_participants", RELATIONSHIP, **values)
            return
        kinds = self.kinds(ours), self.kinds(theirs)
        if ours.identifying != theirs.identifying and kinds[0] == kinds[1]:
            kind = "not_identifying" if ours.identifying else "identifying"
            self.differ(kind, RATIO, name=name, ends=theirs.ends)
        self.cardinalities(name, ours, theirs)
        self.attributes(name, ours.attributes, theirs.attributes)

    def kinds(self, relationship: Relationship) -> list[bool]:
        """Return which participants are weak, in an order that both models share."""
        model = self.reference if relationship in self.reference.relationships else self.answer
        named = self.matched if model is self.reference else {}
        ends = sorted(relationship.participants, key=lambda p: named.get(p.entity, p.entity))
        return [model.entity(p.entity).weak for p in ends]

    def cardinalities(self, name: str, ours: Relationship, theirs: Relationship) -> None:
        best = min(self.pairings(ours, theirs), key=lambda ends: self.distance(ours, ends))
        if ours.ratio != theirs.ratio:
            values = {"name": name, "ends": theirs.ends, "numbers": theirs.numbers,
                      "wanted": ours.ratio, "came": theirs.ratio}  # fmt: skip
            self.differ("wrong_ratio", RATIO, **values)
        elif self.swapped(ours, theirs, best):
            self.differ("turned_round", RATIO, name=name, ends=theirs.ends)
            return
        for one, other in zip(ours.participants, best, strict=True):
            entity = f"{other.entity} ({other.role})" if other.role else other.entity
            values = {"name": name, "ends": theirs.ends, "entity": entity,
                      "wanted": one.cardinality, "came": other.cardinality}  # fmt: skip
            if one.least != other.least and not (one.least > 1 and other.least > 1):
                self.differ("wrong_least", LEAST, **values)
            elif one.least != other.least:
                self.differ("wrong_number", LEAST, **values)
            if ours.ratio == theirs.ratio and one.most != other.most:
                kind = "wrong_most" if one.many != other.many else "wrong_number"
                self.differ(kind, RATIO if kind == "wrong_most" else LEAST, **values)

    def pairings(self, ours: Relationship, theirs: Relationship) -> list[tuple[Participant, ...]]:
        """Return the orders of the answer's participants that fit the reference's."""
        wanted = [self.matched.get(p.entity) for p in ours.participants]
        found = [
            order
            for order in permutations(theirs.participants)
            if [p.entity for p in order] == wanted
        ]
        return found[:720]

    def distance(self, ours: Relationship, ends: tuple[Participant, ...]) -> float:
        """Weigh how far an order of participants is from the reference: roles first."""
        total = 0.0
        for one, other in zip(ours.participants, ends, strict=True):
            if one.role and other.role:
                total += 4 * (1 - self.names.likeness(one.role, other.role))
            total += (one.many != other.many) + 0.5 * (one.least != other.least)
        return total

    def swapped(
        self, ours: Relationship, theirs: Relationship, ends: tuple[Participant, ...]
    ) -> bool:
        """Tell whether (min, max) stand at each other's ends, as read across the line."""
        if len(ends) != 2:
            return False
        wanted = [p.cardinality for p in ours.participants]
        came = [p.cardinality for p in ends]
        return wanted != came and wanted == came[::-1] and theirs.ratio == ours.ratio

    def unpaired(self, pairs: list[tuple[Relationship, Relationship]]) -> None:
        ours = [r for r in self.reference.relationships if r not in [one for one, _ in pairs]]
        theirs = [r for r in self.answer.relationships if r not in [two for _, two in pairs]]
        taken = set(self.matched.values())
        for r in ours:
            ends = [self.matched.get(p.entity, "") for p in r.participants]
            weight = _relationship_worth(r)
            instead = next(
                (
                    e
                    for e in self.answer.entities
                    if e.name not in taken and self.links(e, theirs, ends)
                ),
                None,
            )
            shown = {"name": r.name or say("er.has"), "participants": ", ".join(
                p.entity for p in r.participants)}  # fmt: skip
            if instead and all(ends):
                self.explained.add(instead.name)
                theirs = [
                    t for t in theirs if instead.name not in [p.entity for p in t.participants]
                ]
                values = {**shown, "entity": instead.name}
                self.differ("relationship_as_entity", weight / 2, **values)
            else:
                self.differ("missing_relationship", weight, **shown)
        for r in theirs:
            gone = any(p.entity in self.explained for p in r.participants)
            if f"relationship {r.name}" not in self.explained and not gone:
                values = {"name": r.name or say("er.has"), "ends": r.ends}
                self.differ("extra_relationship", RELATIONSHIP / 2, **values)

    def links(self, entity: Entity, relationships: list[Relationship], ends: list[str]) -> bool:
        """Tell whether an entity type of the answer ties all of some others together."""
        near = {
            p.entity
            for r in relationships
            if any(p.entity == entity.name for p in r.participants)
            for p in r.participants
        }
        return set(ends) <= near

    # specialisations

    def specialisations(self) -> None:
        def score(ours: Specialisation, theirs: Specialisation) -> float:
            if self.matched.get(ours.parent) != theirs.parent:
                return 0.0
            wanted = {self.matched.get(c) for c in ours.children}
            return 1 + len(wanted & set(theirs.children))

        mine, its = self.reference.specialisations, self.answer.specialisations
        pairs = assign(mine, its, score, 1.0)
        for s in mine:
            if s not in [one for one, _ in pairs]:
                values = {"name": s.parent, "children": ", ".join(s.children)}
                self.differ("missing_specialisation", SPECIALISATION, **values)
        for s in its:
            if s not in [two for _, two in pairs]:
                self.differ("extra_specialisation", SPECIALISATION / 2, name=s.parent)
        for ours, theirs in pairs:
            if ours.total != theirs.total:
                kind = "total_as_partial" if ours.total else "partial_as_total"
                self.differ(kind, SPECIALISATION / 4, name=theirs.parent)
            if ours.disjoint != theirs.disjoint:
                kind = "disjoint_as_overlapping" if ours.disjoint else "overlapping_as_disjoint"
                self.differ(kind, SPECIALISATION / 4, name=theirs.parent)
            wanted = {self.matched[c] for c in ours.children if c in self.matched}
            for child in sorted(wanted - set(theirs.children)):
                self.differ("missing_subclass", 0.5, name=child, parent=theirs.parent)
            known = set(self.matched.values())
            for child in sorted((set(theirs.children) - wanted) & known):
                self.differ("extra_subclass", 0.25, name=child, parent=theirs.parent)
