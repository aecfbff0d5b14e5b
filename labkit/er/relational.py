"""From a conceptual model to tables, one rule at a time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from labkit.er.draft import Draft
from labkit.er.model import Attribute, Entity, Model, ModelError, Participant, Relationship
from labkit.messages import Language, say

if TYPE_CHECKING:
    from sqlalchemy import MetaData

SOURCE = "Elmasri and Navathe, Fundamentals of Database Systems, 7th ed., sections 9.1-9.2"


@dataclass(frozen=True)
class Note:
    """A sentence of the message catalogue with its values; `text` says it in a language."""

    message: str
    values: dict[str, Any] = field(default_factory=dict)

    def text(self, lang: Language | None = None) -> str:
        """Return the sentence in bokmål or English."""
        shown = {k: v.text(lang) if isinstance(v, Note) else v for k, v in self.values.items()}
        return say(f"er.{self.message}", lang, **shown)


@dataclass(frozen=True)
class Step:
    """One rule applied.

    Attributes:
        number: Of the step in the textbook's algorithm, 1 to 8.
        name: What it was applied to; `choices` of `to_relational` are given by this name.
        options: What could be chosen; empty where the rule leaves no choice.
        chosen: The option taken.
        tables: Names of the tables made or extended.
    """

    number: int
    name: str
    options: tuple[str, ...]
    chosen: str
    tables: tuple[str, ...]
    note: Note

    def text(self, lang: Language | None = None) -> str:
        """Return the rule as applied here, in words."""
        return self.note.text(lang)


@dataclass(frozen=True)
class Relational:
    """A relational schema made from a conceptual model.

    Attributes:
        metadata: The tables as SQLAlchemy metadata.
        steps: The rules applied, in order.
        unsaid: What the model says and the tables cannot.
    """

    metadata: "MetaData"
    steps: tuple[Step, ...]
    unsaid: tuple[Note, ...]

    def ddl(self, dialect: str = "duckdb") -> str:
        """Write CREATE TABLE statements for `duckdb`, `sqlite` or `postgresql`.

        What the schema cannot express stands as comments at the end, in the language in use.

        Raises:
            InputError: If the dialect is another.
        """
        from labkit.er.draft import ddl

        notes = [note.text() for note in self.unsaid]
        return ddl(self.metadata, dialect, notes)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        rows = "".join(
            f"<tr><td>{step.number}</td><td style='text-align:left'>{escape(step.text())}</td>"
            f"<td style='text-align:left'>{escape(', '.join(step.options))}</td></tr>"
            for step in self.steps
        )
        notes = "".join(f"<li>{escape(note.text())}</li>" for note in self.unsaid)
        lines = [f"{step.number}. {step.text()}" for step in self.steps]
        lines += [f"- {note.text()}" for note in self.unsaid]
        return {
            "text/html": f"<table>{rows}</table><ul>{notes}</ul>",
            "text/plain": "\n".join(lines),
        }


def to_relational(model: Model, choices: Mapping[str, str] | None = None) -> Relational:
    """Map a conceptual model to tables by the textbook's steps.

    Args:
        model: The conceptual model.
        choices: What to choose where there is a choice, by name:
            an entity type with several keys: the key to be primary, `{"Patient.key": "fnr"}`;
            a 1:1 or 1:N relationship: the table that gets the foreign key (1:1), or `table`;
            a specialised entity type: `per_class` (8A), `per_subclass` (8B), `one_table` (8C),
            `flags` (8D). The first option is taken where nothing is chosen.

    Returns:
        `Relational`: metadata, steps in words with their options, and what tables cannot say.

    Raises:
        ModelError: If a choice is not among the options of its step.

    Source:
        Elmasri and Navathe, Fundamentals of Database Systems, 7th ed., sections 9.1-9.2. Keys of
        step 7 follow from (min, max): one that takes part at most once is a key alone.

    Examples:
        >>> from labkit.er.notation import parse
        >>> model = parse('''entity Ward { code key }
        ... entity Patient { fnr key }
        ... relationship lies_on (Patient 0..1, Ward 0..n)''')
        >>> found = to_relational(model)
        >>> print(found.ddl("sqlite").split(";")[1].strip())
        CREATE TABLE patient (
            fnr TEXT NOT NULL,
            ward_code TEXT,
            PRIMARY KEY (fnr),
            FOREIGN KEY(ward_code) REFERENCES ward (code)
        )
        >>> found.steps[2].options
        ('patient', 'table')
    """
    mapping = _Mapping(model, dict(choices or {}))
    mapping.run()
    return Relational(mapping.metadata(), tuple(mapping.steps), tuple(mapping.unsaid))


def snake(name: str) -> str:
    """Write a name as a table's: `LabResult` as `lab_result`.

    Examples:
        >>> snake("LabResult"), snake("treated_by"), snake("HIVTest")
        ('lab_result', 'treated_by', 'hiv_test')
    """
    name = re.sub(r"(?<=[a-zæøå0-9])(?=[A-ZÆØÅ])|(?<=[A-ZÆØÅ])(?=[A-ZÆØÅ][a-zæøå])", "_", name)
    return name.lower()


class _Mapping:
    def __init__(self, model: Model, choices: dict[str, str]) -> None:
        self.model = model
        self.choices = choices
        self.offered: list[str] = []
        self.tables: dict[str, Draft] = {}
        self.home: dict[str, str] = {}  # entity type -> name of the table with its key
        self.shared: set[str] = set()  # subclasses that lie in the table of their superclass
        self.steps: list[Step] = []
        self.unsaid: list[Note] = []

    def run(self) -> None:
        children = {c: s for s in self.model.specialisations for c in s.children}
        for entity in self.model.entities:
            if not entity.weak and entity.name not in children:
                self.strong(entity)
        # superclasses first, so that a subclass finds its key; these may own weak entity types
        waiting = list(self.model.specialisations)
        while waiting:
            ready = [s for s in waiting if s.parent not in children or s.parent in self.home]
            for s in ready:
                self.specialise(s.parent)
                waiting = [w for w in waiting if w.parent != s.parent]
        self.steps.sort(key=lambda step: step.number)
        weak = [e for e in self.model.entities if e.weak]
        while weak:
            for entity in weak:
                owners = [r.participants[0].entity for r in self.model.identifying(entity.name)]
                if all(owner in self.home for owner in owners):
                    self.weak(entity)
                    weak = [e for e in weak if e is not entity]
                    break
        for wanted in ("1:1", "1:N", "M:N", "n-ary"):
            for relationship in self.model.relationships:
                if relationship.ratio == wanted and not relationship.identifying:
                    self.relate(relationship)
        for entity in self.model.entities:
            for attribute in entity.attributes:
                if attribute.multivalued and not attribute.derived:
                    self.multivalued(entity, attribute)
        holders: list[Entity | Relationship] = [*self.model.entities, *self.model.relationships]
        for owner in holders:
            names = [f"{owner.name}.{a.name}" for a in owner.attributes if a.derived]
            self.unsaid += [Note("unsaid_derived", {"name": name}) for name in names]
        self.steps.sort(key=lambda step: step.number)
        if strange := [name for name in self.choices if name not in self.offered]:
            known = ", ".join(self.offered) or "-"
            raise _refused("no_choice", name=strange[0], known=known)

    def choose(self, name: str, options: Sequence[str]) -> str:
        self.offered.append(name)
        chosen = self.choices.get(name, options[0])
        if chosen not in options:
            values = {"choice": chosen, "name": name, "options": ", ".join(options)}
            raise _refused("bad_choice", **values)
        return chosen

    def table(self, name: str) -> Draft:
        name = snake(name)
        while name in self.tables:
            name += "_"
        self.tables[name] = Draft(name)
        return self.tables[name]

    def step(
        self, number: int, name: str, tables: Iterable[Draft], message: str, chosen: str | Note,
        options: Sequence[str] = (), **values: Any,
    ) -> None:  # fmt: skip
        picked = chosen if isinstance(chosen, str) else str(values.pop("picked"))
        note = Note(message, {"name": name, "chosen": chosen, **values})
        made = tuple(t.name for t in tables)
        self.steps.append(Step(number, name, tuple(options), picked, made, note))

    # entity types

    def strong(self, entity: Entity) -> None:
        table = self.table(entity.name)
        self.home[entity.name] = table.name
        options = [", ".join(key) for key in entity.keys]
        chosen = options[0]
        if len(options) > 1:
            chosen = self.choose(f"{entity.name}.key", options)
        self.columns(table, entity.attributes)
        for option, key in zip(options, entity.keys, strict=True):
            columns = self.key_columns(table, entity, key)
            if option == chosen:
                table.primary = columns
            else:
                table.unique(columns, always=True)
        self.step(1, entity.name, [table], "step_strong", chosen, options[1:] and options)

    def columns(
        self, table: Draft, attributes: Iterable[Attribute], *, optional: bool = False
    ) -> None:
        """Add the stored columns of attributes, composite ones as their parts."""
        for attribute in attributes:
            if attribute.multivalued or attribute.derived:
                continue
            for leaf in attribute.leaves():
                name = snake(leaf.name)
                if table.has(name):
                    name = f"{snake(attribute.name)}_{name}"
                null = optional or not attribute.required
                table.add(name, leaf.type, null=null, attribute=attribute.name)

    def key_columns(self, table: Draft, entity: Entity, key: Iterable[str]) -> list[str]:
        return [c for name in key for c in table.of_attribute(entity.attribute(name).name)]

    def weak(self, entity: Entity) -> None:
        table = self.table(entity.name)
        self.home[entity.name] = table.name
        for relationship in self.model.identifying(entity.name):
            owner = relationship.participants[0]
            fixed = self.refer(table, owner, relationship, null=False)
            table.primary += fixed
            if not owner.many:
                table.unique(fixed)
            self.counted(owner, relationship)
        self.columns(table, entity.attributes)
        for key in entity.keys:
            table.primary += self.key_columns(table, entity, key)
        chosen = ", ".join(table.primary)
        self.step(2, entity.name, [table], "step_weak", chosen)

    def refer(
        self, table: Draft, end: Participant, relationship: Relationship, *, null: bool
    ) -> list[str]:
        """Add a foreign key to the table of a participant, and return its columns."""
        target = self.tables[self.home[end.entity]]
        prefix = snake(end.role or end.entity)
        columns = []
        for column in target.primary:
            name = column if column.startswith(prefix) else f"{prefix}_{column}"
            if table.has(name):
                name = f"{snake(relationship.name or end.entity)}_{name}"
            while table.has(name):
                name += "_"
            table.add(name, target.type(column), null=null)
            columns.append(name)
        table.foreign.append((columns, target.name, list(target.primary)))
        if end.entity in self.shared:
            values = {"name": end.entity, "where": relationship.name, "table": target.name}
            self.unsaid.append(Note("unsaid_subclass", values))
        return columns

    def counted(self, end: Participant, relationship: Relationship, *, stored: int = 0) -> None:
        """Note the limits of participation that keys cannot hold; `stored` are held already."""
        values = {"entity": end.entity, "name": relationship.name or say("er.has")}
        if end.least > stored:
            self.unsaid.append(Note("unsaid_least", {"n": end.least, **values}))
        if end.most is not None and end.most > 1:
            self.unsaid.append(Note("unsaid_most", {"n": end.most, **values}))

    # relationship types

    def relate(self, relationship: Relationship) -> None:
        ends = relationship.participants
        if relationship.ratio in ("1:1", "1:N"):
            single = [e for e in ends if not e.many]
            single.sort(key=lambda e: -e.least)  # 1:1: the side that always takes part first
            homes = list(dict.fromkeys(self.home[e.entity] for e in single))
            chosen = self.choose(relationship.name, [*homes, "table"])
            number = 3 if relationship.ratio == "1:1" else 4
            message = "step_one_one" if number == 3 else "step_one_many"
            if chosen == "table":
                table = self.crossing(relationship)
                how, tables = Note("way_table"), [table]
            else:
                holder = next(e for e in single if self.home[e.entity] == chosen)
                other = next(e for e in ends if e is not holder)
                self.hold(relationship, holder, other)
                how, tables = Note("way_foreign_key", {"table": chosen}), [self.tables[chosen]]
            options = [*homes, "table"]
            self.step(number, relationship.name, tables, message, how, options, picked=chosen)
            return
        table = self.crossing(relationship)
        number, message = (5, "step_many_many") if len(ends) == 2 else (7, "step_n_ary")
        chosen = ", ".join(table.primary)
        self.step(number, relationship.name, [table], message, chosen, n=len(ends))

    def hold(self, relationship: Relationship, holder: Participant, other: Participant) -> None:
        """Put a foreign key and the relationship's attributes in the holder's table."""
        table = self.tables[self.home[holder.entity]]
        always = holder.least > 0 and holder.entity not in self.shared
        columns = self.refer(table, other, relationship, null=not always)
        if not other.many:
            table.unique(columns)
        self.columns(table, relationship.attributes, optional=not always)
        self.counted(holder, relationship, stored=1 if always else 0)
        self.counted(other, relationship)

    def crossing(self, relationship: Relationship) -> Draft:
        """Make a table of a relationship: a foreign key for each participant."""
        table = self.table(relationship.name)
        keys = [self.refer(table, e, relationship, null=False) for e in relationship.participants]
        ends = relationship.participants
        alone = [k for k, e in zip(keys, ends, strict=True) if not e.many]
        table.primary = alone[0] if alone else [c for k in keys for c in k]
        for columns in alone[1:]:
            table.unique(columns)
        self.columns(table, relationship.attributes)
        for end in ends:
            self.counted(end, relationship)
        return table

    def multivalued(self, entity: Entity, attribute: Attribute) -> None:
        table = self.table(f"{snake(entity.name)}_{attribute.name}")
        owner = Relationship(attribute.name, (), line=attribute.line)
        table.primary = self.refer(table, Participant(entity.name), owner, null=False)
        single = Attribute(attribute.name, attribute.parts, type=attribute.type)
        self.columns(table, [single])
        table.primary = table.primary + table.of_attribute(attribute.name)
        chosen = ", ".join(table.primary)
        self.step(6, f"{entity.name}.{attribute.name}", [table], "step_multivalued", chosen)

    # specialisation

    def specialise(self, parent: str) -> None:
        found = [s for s in self.model.specialisations if s.parent == parent]
        options = ["per_class", "per_subclass", "one_table", "flags"]
        if len(found) > 1:
            options.remove("per_subclass")
        if not all(s.disjoint for s in found):
            options.remove("one_table")
        chosen = self.choose(parent, options)
        table = self.tables[self.home[parent]]
        made: list[Draft] = [table]
        if chosen == "per_subclass":
            self.possible(parent)
            del self.tables[table.name]
            self.steps = [s for s in self.steps if s.number != 1 or s.name != parent]
            made = []
        for s in found:
            names = {"name": parent, "children": ", ".join(s.children)}
            if chosen == "per_class":
                made += [self.subclass(c, table) for c in s.children]
                self.unsaid += [Note("unsaid_total", names)] if s.total else []
                self.unsaid += [Note("unsaid_disjoint", names)] if s.disjoint else []
            elif chosen == "per_subclass":
                made += [self.subclass(c, table, whole=True) for c in s.children]
                self.unsaid.append(Note("unsaid_disjoint_keys", names))
            else:
                self.folded(s.children, table)
                if chosen == "one_table":
                    by = (table.of_attribute(s.by) or [snake(s.by)])[0] if s.by else ""
                    table.kind(by or self.free(table, f"{snake(parent)}_type"), s.children, s.total)
                else:
                    table.flags([snake(c) for c in s.children], total=s.total, disjoint=s.disjoint)
        how = Note(f"way_{chosen}")
        self.step(8, parent, made, "step_specialisation", how, options, picked=chosen)

    def free(self, table: Draft, name: str) -> str:
        return self.free(table, name + "_") if table.has(name) else name

    def possible(self, parent: str) -> None:
        """Refuse tables for the subclasses alone where the model needs one of the superclass."""
        model = self.model
        s = next(s for s in model.specialisations if s.parent == parent)
        why = ""
        if not s.total:
            why = "why_partial"
        elif not s.disjoint:
            why = "why_overlapping"
        elif any(p.entity == parent for r in model.relationships for p in r.participants) or any(
            a.multivalued for a in model.entity(parent).attributes
        ):
            why = "why_used"
        elif model.parent(parent) or any(t.parent in s.children for t in model.specialisations):
            why = "why_nested"
        if why:
            raise _refused("cannot_per_subclass", name=parent, why=say(f"er.{why}"))

    def subclass(self, name: str, parent: Draft, *, whole: bool = False) -> Draft:
        entity = self.model.entity(name)
        table = self.table(name)
        self.home[name] = table.name
        if whole:
            table.copy(parent)
        else:
            for column in parent.primary:
                table.add(column, parent.type(column), null=False)
            table.primary = list(parent.primary)
            table.foreign.append((list(parent.primary), parent.name, list(parent.primary)))
        self.columns(table, entity.attributes)
        for key in entity.keys:
            table.unique(self.key_columns(table, entity, key), always=True)
        return table

    def folded(self, children: Iterable[str], table: Draft) -> None:
        for name in children:
            entity = self.model.entity(name)
            self.home[name] = table.name
            self.shared.add(name)
            self.columns(table, entity.attributes, optional=True)
            for key in entity.keys:
                table.unique(self.key_columns(table, entity, key))

    def metadata(self) -> "MetaData":
        from labkit.er.draft import metadata

        return metadata(self.tables.values())


def _refused(kind: str, **values: Any) -> ModelError:
    return ModelError(say(f"er.{kind}", None, **values), kind=kind)
