"""What must hold in a conceptual model beyond its grammar, said in plain words."""

from collections import Counter
from collections.abc import Iterable, Mapping

from labkit.er.model import Attribute, Entity, Model, ModelError, Relationship
from labkit.messages import say


def check(model: Model) -> None:
    """Raise `ModelError` at the first thing in a model that does not hold together."""
    if not model.entities:
        raise _error("empty", 0)
    _names(model)
    for entity in model.entities:
        _attributes(entity.name, entity.attributes, entity.line)
        _keys(entity, subclass=model.parent(entity.name) is not None)
    for relationship in model.relationships:
        _relationship(relationship, model)
    _owners(model)
    _specialisations(model)


def _error(kind: str, line: int, **values: object) -> ModelError:
    where = say("er.line", None, line=line) if line else say("er.model")
    return ModelError(where + say(f"er.{kind}", None, **values), kind=kind, line=line)


def _names(model: Model) -> None:
    seen: set[str] = set()
    named: list[Entity | Relationship] = [*model.entities, *model.relationships]
    for item in named:
        if item.name and item.name.lower() in seen:
            raise _error("duplicate", item.line, name=item.name)
        seen.add(item.name.lower())


def _attributes(owner: str, attributes: tuple[Attribute, ...], line: int) -> None:
    seen: set[str] = set()
    for attribute in attributes:
        if attribute.name.lower() in seen:
            values = {"name": attribute.name, "owner": owner}
            raise _error("duplicate_attribute", attribute.line or line, **values)
        seen.add(attribute.name.lower())
        _attributes(f"{owner}.{attribute.name}", attribute.parts, attribute.line or line)


def _keys(entity: Entity, *, subclass: bool) -> None:
    if not entity.keys and not entity.weak and not subclass:
        raise _error("no_key", entity.line, name=entity.name)
    if entity.weak and len(entity.keys) > 1:
        raise _error("partial_keys", entity.line, name=entity.name)
    known = {a.name: a for a in entity.attributes}
    for key in entity.keys:
        for name in key:
            if name not in known:
                options = ", ".join(known) or "-"
                values = {"name": name, "entity": entity.name, "known": options}
                raise _error("key_unknown", entity.line, **values)
            if known[name].multivalued or known[name].derived:
                raise _error("key_unfit", entity.line, name=name, entity=entity.name)


def _relationship(relationship: Relationship, model: Model) -> None:
    known = {e.name for e in model.entities}
    line, name = relationship.line, relationship.name or say("er.has")
    for end in relationship.participants:
        if end.entity not in known:
            options = ", ".join(sorted(known))
            raise _error("unknown_entity", line, name=end.entity, where=name, known=options)
        if end.most is not None and end.least > end.most:
            values = {"card": end.cardinality, "name": name, "entity": end.entity}
            raise _error("least_above_most", line, **values)
        if end.most == 0:
            raise _error("never", line, name=name, entity=end.entity)
    if len(relationship.participants) < 2:
        count = len(relationship.participants)
        raise _error("too_few", line, name=name, n=count)
    twice = Counter((p.entity, p.role) for p in relationship.participants)
    (entity, role), count = twice.most_common(1)[0]
    if count > 1 and not relationship.identifying:
        kind = "same_role" if role else "no_roles"
        raise _error(kind, line, name=name, entity=entity, role=role)
    _attributes(name, relationship.attributes, line)
    for attribute in relationship.attributes:
        if attribute.multivalued:
            raise _error("multivalued_on_relationship", line, name=attribute.name, where=name)


def _owners(model: Model) -> None:
    owners: dict[str, list[str]] = {e.name: [] for e in model.entities if e.weak}
    for relationship in model.relationships:
        if not relationship.identifying:
            continue
        owner, weak = (p.entity for p in relationship.participants)
        if weak not in owners:
            raise _error("owned_but_strong", relationship.line, name=weak)
        owners[weak].append(owner)
    for name, found in owners.items():
        if not found:
            raise _error("no_owner_found", model.entity(name).line, name=name)
        if model.parent(name):
            raise _error("weak_subclass", model.entity(name).line, name=name)
    if circle := _cycle(owners):
        raise _error("owner_cycle", model.entity(circle[0]).line, cycle=" → ".join(circle))


def _specialisations(model: Model) -> None:
    known = {e.name for e in model.entities}
    parents: dict[str, list[str]] = {}
    for s in model.specialisations:
        for name in (s.parent, *s.children):
            if name not in known:
                options = ", ".join(sorted(known))
                values = {"name": name, "where": s.parent, "known": options}
                raise _error("unknown_entity", s.line, **values)
        if not s.children:
            raise _error("no_children", s.line, name=s.parent)
        for child in s.children:
            if s.children.count(child) > 1 or child in parents:
                raise _error("two_parents", s.line, name=child)
        for child in s.children:
            parents[child] = [s.parent]
        names = [a.name for a in model.entity(s.parent).attributes]
        if s.by and s.by not in names:
            values = {"name": s.by, "entity": s.parent, "known": ", ".join(names)}
            raise _error("by_unknown", s.line, **values)
    if circle := _cycle(parents):
        raise _error("parent_cycle", model.entity(circle[0]).line, cycle=" → ".join(circle))


def _cycle(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """Return names that lead back to the first of them, or an empty list."""

    def walk(path: list[str]) -> list[str]:
        for name in arrows.get(path[-1], ()):
            if name == path[0]:
                return [*path, name]
            if name not in path and (found := walk([*path, name])):
                return found
        return []

    return next((found for start in arrows if (found := walk([start]))), [])
