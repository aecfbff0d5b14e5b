"""A conceptual model: entity types, attributes, relationship types and specialisations.

Cardinality has one reading here, the participation (min, max) of Elmasri and Navathe: `Ward 0..n`
in a relationship says that each single ward takes part in it at least 0 and at most n times. It
stands beside the entity type that it speaks of. Crow's foot is read the other way, across the
line: the sign at the far end tells how many of those one of these has.

Source:
    Elmasri and Navathe, Fundamentals of Database Systems, 7th ed., sections 3.3-3.7 and 4.1-4.3;
    Chen (1976), ACM TODS 1:9-36.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labkit.errors import InputError

if TYPE_CHECKING:
    from labkit.er.drawing import Drawing
    from labkit.er.relational import Relational

TYPES = ("text", "integer", "number", "date", "time", "boolean")


class ModelError(InputError):
    """A conceptual model does not hold together; `line` tells where in the text, 0 if unknown."""

    def __init__(self, text: str, *, kind: str, line: int = 0) -> None:
        super().__init__(text)
        self.kind = kind
        self.line = line


@dataclass(frozen=True)
class Attribute:
    """A property of an entity or relationship type.

    Attributes:
        name: As written.
        parts: Components of a composite attribute; empty for a simple one.
        multivalued: One entity may have several values.
        derived: Computed from other values, so not stored.
        required: Every entity has a value; keys always do.
        type: One of text, integer, number, date, time, boolean.
    """

    name: str
    parts: tuple["Attribute", ...] = ()
    multivalued: bool = False
    derived: bool = False
    required: bool = False
    type: str = "text"
    line: int = field(default=0, compare=False, repr=False)

    def leaves(self) -> Iterator["Attribute"]:
        """Yield the simple attributes inside: its parts' parts, or itself."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def __str__(self) -> str:
        words = [self.name + (f" ({', '.join(map(str, self.parts))})" if self.parts else "")]
        if self.type != "text":
            words[0] += f": {self.type}"
        words += [w for w in ("multivalued", "derived", "required") if getattr(self, w)]
        return " ".join(words)


@dataclass(frozen=True)
class Entity:
    """An entity type.

    Attributes:
        name: As written.
        attributes: In the order written.
        keys: Candidate keys, each names of `attributes`; the first is the primary key. For a weak
            entity type at most one, the partial key.
        weak: Whether it is identified only together with its owners.
    """

    name: str
    attributes: tuple[Attribute, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    weak: bool = False
    line: int = field(default=0, compare=False, repr=False)

    def attribute(self, name: str) -> Attribute:
        """Return one attribute by its name."""
        return next(a for a in self.attributes if a.name == name)


@dataclass(frozen=True)
class Participant:
    """One end of a relationship type.

    Each entity takes part at least `least` times and at most `most`, None for n. `role` tells the
    ends apart where an entity type takes part twice.
    """

    entity: str
    least: int = 0
    most: int | None = None
    role: str = ""

    @property
    def cardinality(self) -> str:
        """The participation as text, `0..n`."""
        return f"{self.least}..{'n' if self.most is None else self.most}"

    @property
    def many(self) -> bool:
        """Whether one entity may take part more than once."""
        return self.most is None or self.most > 1

    def __str__(self) -> str:
        return f"{self.entity}{f' as {self.role}' if self.role else ''} {self.cardinality}"


@dataclass(frozen=True)
class Relationship:
    """A relationship type of two or more participants.

    An identifying one has the owner first and the weak entity type second, and may lack a name.
    """

    name: str
    participants: tuple[Participant, ...]
    attributes: tuple[Attribute, ...] = ()
    identifying: bool = False
    line: int = field(default=0, compare=False, repr=False)

    @property
    def ratio(self) -> str:
        """`1:1`, `1:N`, `M:N`, or `n-ary` for more than two participants."""
        if len(self.participants) > 2:
            return "n-ary"
        return ("1:1", "1:N", "M:N")[sum(p.many for p in self.participants)]

    @property
    def ends(self) -> str:
        """Who takes part, `Ward – Patient`."""
        return " – ".join(p.entity for p in self.participants)

    @property
    def numbers(self) -> str:
        """Who takes part how often, `Ward 0..n, Patient 1..1`."""
        return ", ".join(f"{p.entity} {p.cardinality}" for p in self.participants)


@dataclass(frozen=True)
class Specialisation:
    """A superclass and its subclasses.

    Attributes:
        parent: The superclass.
        children: The subclasses.
        total: Every entity of the superclass is in a subclass.
        disjoint: No entity is in two of the subclasses.
        by: The attribute that tells which subclass, or "".
    """

    parent: str
    children: tuple[str, ...]
    total: bool
    disjoint: bool
    by: str = ""
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Model:
    """A conceptual model, checked when it is made.

    Raises:
        ModelError: If it does not hold together: a name unknown or used twice, an entity type
            without a key, a relationship type without participants, a cycle of owners, ...

    Examples:
        >>> model = Model((Entity("Ward", (Attribute("code"),), (("code",),)),))
        >>> print(model)
        entity Ward {
            code key
        }
    """

    entities: tuple[Entity, ...]
    relationships: tuple[Relationship, ...] = ()
    specialisations: tuple[Specialisation, ...] = ()

    def __post_init__(self) -> None:
        from labkit.er.meaning import check

        check(self)

    def entity(self, name: str) -> Entity:
        """Return one entity type by its name."""
        return next(e for e in self.entities if e.name == name)

    def identifying(self, weak: str) -> tuple[Relationship, ...]:
        """Return the identifying relationships of a weak entity type."""
        return tuple(
            r for r in self.relationships if r.identifying and r.participants[1].entity == weak
        )

    def parent(self, name: str) -> str | None:
        """Return the superclass of an entity type, if it has one."""
        return next((s.parent for s in self.specialisations if name in s.children), None)

    def chen(self) -> "Drawing":
        """Draw the model in Chen's notation, with participation (min..max) on the lines.

        Returns:
            A `Drawing`: a notebook shows it; `.svg` is its text, `.alt` says it in words.
        """
        from labkit.er.chen import draw

        return draw(self)

    def crows_foot(self) -> "Drawing":
        """Draw the model with crow's feet.

        Returns:
            A `Drawing`; `.mermaid` is the erDiagram text that JupyterLab draws offline.
        """
        from labkit.er.crows_foot import from_model

        return from_model(self).draw()

    def to_relational(self, choices: Mapping[str, str] | None = None) -> "Relational":
        """Map the model to tables; see `labkit.er.relational.to_relational`."""
        from labkit.er.relational import to_relational

        return to_relational(self, choices)

    def __str__(self) -> str:
        """Write the model as text that `parse` reads."""
        blocks = [self._entity(e) for e in self.entities]
        for r in self.relationships:
            if not r.identifying:
                ends = ", ".join(map(str, r.participants))
                blocks.append(f"relationship {r.name} ({ends}){_block(r.attributes, ())}")
        for s in self.specialisations:
            words = ["total" if s.total else "partial", "disjoint" if s.disjoint else "overlapping"]
            words += [f"by {s.by}"] if s.by else []
            children = ", ".join(s.children)
            blocks.append(f"specialisation {s.parent} {' '.join(words)} {{ {children} }}")
        return "\n".join(blocks)

    def _entity(self, entity: Entity) -> str:
        if not entity.weak:
            return f"entity {entity.name}{_block(entity.attributes, entity.keys)}"
        owners = ", ".join(
            f"{r.participants[0]}{f' by {r.name}' if r.name else ''}"
            for r in self.identifying(entity.name)
        )
        block = _block(entity.attributes, entity.keys, "partial key")
        return f"weak entity {entity.name} of {owners}{block}"

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        return self.chen()._repr_mimebundle_()


def _block(
    attributes: tuple[Attribute, ...], keys: tuple[tuple[str, ...], ...], word: str = "key"
) -> str:
    # the first key must come first again, so a single key after a composite one is written apart
    apart = [key for i, key in enumerate(keys) if len(key) > 1 or i]
    alone = {key[0] for key in keys[:1] if len(key) == 1}
    lines = [f"{a} {word}" if a.name in alone else str(a) for a in attributes]
    lines += [f"{word} ({', '.join(key)})" for key in apart]
    return " {\n" + "".join(f"    {line}\n" for line in lines) + "}" if lines else ""
