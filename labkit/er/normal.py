"""Functional dependencies and normal forms of one relation schema.

Attributes are given as a text of single letters (`"ABCDE"`) or, when their names are longer, as a
list. Dependencies are given as text (`"A->BC, CD->E"`, also with `→`) or as pairs of attributes.
Every function that takes `trace` appends a line for each step to that list, in the language in use.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import chain, combinations
from typing import NamedTuple

from labkit.errors import InputError
from labkit.messages import say

LARGEST = 16  # attributes of a schema whose subsets are all looked at
Attributes = str | Iterable[str]
Trace = list[str] | None


class Dependency(NamedTuple):
    """A functional dependency: rows that agree on `left` agree on `right`."""

    left: frozenset[str]
    right: frozenset[str]

    def __str__(self) -> str:
        return f"{show(self.left)} → {show(self.right)}"


Dependencies = str | Iterable[Dependency | tuple[Attributes, Attributes]]


def read_attributes(attributes: Attributes) -> frozenset[str]:
    """Read a text of single letters, or a list of names, as a set.

    Raises:
        InputError: If it is neither.
    """
    if isinstance(attributes, str):
        return frozenset(c for c in attributes if not c.isspace() and c != ",")
    try:
        names = frozenset(attributes)
    except TypeError:
        raise InputError(say("normal.no_names", came=repr(attributes))) from None
    if not all(isinstance(name, str) for name in names):
        raise InputError(say("normal.no_names", came=repr(attributes)))
    return names


def read_dependencies(dependencies: Dependencies) -> list[Dependency]:
    """Read dependencies from text or pairs.

    Raises:
        InputError: If a part has no arrow, or nothing to the left or right of it.

    Examples:
        >>> [str(d) for d in read_dependencies("A->BC, CD → E")]
        ['A → BC', 'CD → E']
        >>> [str(d) for d in read_dependencies([(["fnr"], ["name", "sex"])])]
        ['fnr → name, sex']
    """
    pairs: list[tuple[Attributes, Attributes]] = []
    if isinstance(dependencies, str):
        for text in filter(str.strip, dependencies.replace(";", ",").split(",")):
            left, arrow, right = text.replace("→", "->").partition("->")
            if not arrow:
                raise InputError(say("normal.no_arrow", came=text.strip()))
            pairs.append((left, right))
    else:
        pairs = [(left, right) for left, right in dependencies]
    found = [Dependency(read_attributes(left), read_attributes(right)) for left, right in pairs]
    for dependency in found:
        if not dependency.left or not dependency.right:
            raise InputError(say("normal.one_side", came=dependency))
    return found


def show(attributes: Collection[str]) -> str:
    """Write a set of attributes: letters together, longer names with commas.

    Examples:
        >>> show(frozenset("CAB"))
        'ABC'
    """
    apart = ", " if any(len(name) > 1 for name in attributes) else ""
    return apart.join(sorted(attributes))


def closure(
    attributes: Attributes, dependencies: Dependencies, *, trace: Trace = None
) -> frozenset[str]:
    """Find all attributes that a set of attributes determines.

    Source:
        Bernstein (1976), ACM TODS 1:277-298; Silberschatz, Korth, Sudarshan, Database System
        Concepts, 7th ed., section 7.4.2.

    Examples:
        >>> show(closure("AG", "A->B, A->C, CG->H, CG->I, B->H"))
        'ABCGHI'
    """
    known = read_attributes(attributes)
    _note(trace, "start", left=known)
    waiting = read_dependencies(dependencies)
    while usable := [d for d in waiting if d.left <= known]:
        waiting = [d for d in waiting if not d.left <= known]
        for dependency in usable:
            if new := dependency.right - known:
                known |= new
                _note(trace, "adds", rule=dependency, new=new, known=known)
    return known


def implies(dependencies: Dependencies, dependency: tuple[Attributes, Attributes]) -> bool:
    """Tell whether a dependency follows from others."""
    return read_attributes(dependency[1]) <= closure(dependency[0], dependencies)


def equivalent(one: Dependencies, other: Dependencies) -> bool:
    """Tell whether two sets of dependencies imply each other.

    Examples:
        >>> equivalent("A->BC, B->C", "A->B, B->C")
        True
    """
    first, second = read_dependencies(one), read_dependencies(other)
    return all(implies(first, d) for d in second) and all(implies(second, d) for d in first)


def candidate_keys(
    attributes: Attributes, dependencies: Dependencies, *, trace: Trace = None
) -> set[frozenset[str]]:
    """Find every candidate key: each minimal set of attributes that determines all.

    Raises:
        InputError: If a dependency names an attribute that the schema does not have.

    Source:
        Lucchesi and Osborn (1978), J. Computer and System Sciences 17:270-279.

    Examples:
        >>> keys = candidate_keys("ABCDE", "A->BC, CD->E, B->D, E->A")
        >>> sorted(show(key) for key in keys)
        ['A', 'BC', 'CD', 'E']
    """
    everything, rules = _read(attributes, dependencies)
    first = _minimise(everything, everything, rules)
    _note(trace, "first_key", key=first)
    keys, queue = {first}, [first]
    while queue:
        key = queue.pop(0)
        for rule in rules:
            candidate = rule.left | (key - rule.right)
            if any(known <= candidate for known in keys):
                continue
            found = _minimise(candidate, everything, rules)
            what = {"rule": rule, "left": rule.left, "right": key & rule.right}
            _note(trace, "next_key", **what, key=key, found=found)
            keys.add(found)
            queue.append(found)
    return keys


def minimal_cover(dependencies: Dependencies, *, trace: Trace = None) -> list[Dependency]:
    """Reduce dependencies to a minimal cover: single right sides, nothing superfluous.

    A set may have several minimal covers; this takes dependencies and attributes in sorted order,
    so the result does not depend on how they were written. Compare covers with `equivalent`.

    Source:
        Maier (1980), J. ACM 27:664-674 (the result is the canonical form with split right sides).

    Examples:
        >>> [str(d) for d in minimal_cover("A->BC, B->C, A->B, AB->C")]
        ['A → B', 'B → C']
    """
    split = {
        Dependency(d.left, frozenset([name]))
        for d in read_dependencies(dependencies)
        for name in d.right - d.left
    }
    rules = sorted(split, key=_order)
    for place, rule in enumerate(rules):
        left = rule.left
        for name in sorted(left):
            if len(left) > 1 and rule.right <= closure(left - {name}, rules):
                left -= {name}
                _note(trace, "shorter", rule=rule, name=name, left=left)
        rules[place] = Dependency(left, rule.right)
    rules = sorted(set(rules), key=_order)
    for rule in list(rules):
        others = [r for r in rules if r != rule]
        if implies(others, rule):
            _note(trace, "follows", rule=rule)
            rules = others
    return rules


def normal_form(attributes: Attributes, dependencies: Dependencies, *, trace: Trace = None) -> str:
    """Name the highest of 1NF, 2NF, 3NF and BCNF that a schema is in.

    First normal form is taken for granted: values are atomic. The dependencies given are tested,
    which is enough for a whole schema.

    Source:
        Codd (1972), Further normalization of the data base relational model; Zaniolo (1982), ACM
        TODS 7:489-499 (3NF by prime attributes).

    Examples:
        >>> normal_form("CSZ", "CS->Z, Z->C")  # city, street, postcode
        '3NF'
    """
    everything, rules = _read(attributes, dependencies)
    keys = candidate_keys(everything, rules)
    prime = frozenset().union(*keys)
    form = "BCNF"
    for rule in rules:
        if not rule.right - rule.left or closure(rule.left, rules) >= everything:
            continue
        dependent = rule.right - rule.left - prime
        if not dependent:
            form = min(form, "3NF")
            _note(trace, "not_bcnf", rule=rule, left=rule.left)
        else:
            form = min(form, "2NF")
            _note(trace, "not_3nf", rule=rule, right=dependent)
    for key in sorted(keys, key=sorted):
        for part in _subsets(key):
            if part and part < key and (partial := closure(part, rules) - part - prime):
                _note(trace, "not_2nf", left=part, key=key, right=partial)
                return "1NF"
    return form


def project(dependencies: Dependencies, part: Attributes) -> list[Dependency]:
    """Find the dependencies that hold within some of the attributes, as a minimal cover.

    Raises:
        InputError: If the part has more than 16 attributes, since every subset is looked at.

    Examples:
        >>> [str(d) for d in project("A->B, B->C", "AC")]
        ['A → C']
    """
    inside, rules = read_attributes(part), read_dependencies(dependencies)
    if len(inside) > LARGEST:
        raise InputError(say("normal.project_large", came=len(inside), most=LARGEST))
    found = ((left, closure(left, rules) & inside - left) for left in _subsets(inside) if left)
    return minimal_cover([Dependency(left, right) for left, right in found if right])


def is_lossless(
    attributes: Attributes,
    dependencies: Dependencies,
    parts: Sequence[Attributes],
    *,
    trace: Trace = None,
) -> bool:
    """Tell whether joining the parts always gives back the whole, by the chase.

    Source:
        Aho, Beeri and Ullman (1979), ACM TODS 4:297-314.

    Examples:
        >>> rules = "A->BC, CD->E, B->D, E->A"
        >>> is_lossless("ABCDE", rules, ["ABC", "ADE"]), is_lossless("ABCDE", rules, ["ABC", "CDE"])
        (True, False)
    """
    everything, rules = _read(attributes, dependencies)
    names = sorted(everything)
    schemas = _cover(everything, parts)
    # one row for each part: 0 is the distinguished symbol of a column, i + 1 the row's own
    rows = [{n: 0 if n in schema else i + 1 for n in names} for i, schema in enumerate(schemas)]
    changed = True
    while changed:
        changed = False
        for rule in rules:
            groups: dict[tuple[int, ...], list[dict[str, int]]] = {}
            for row in rows:
                groups.setdefault(tuple(row[n] for n in sorted(rule.left)), []).append(row)
            for name in rule.right:
                for group in groups.values():
                    symbols = {row[name] for row in group}
                    if len(symbols) > 1:
                        changed = True
                        _note(trace, "chase", rule=rule, left=rule.left, name=name)
                        for row in rows:
                            row[name] = min(symbols) if row[name] in symbols else row[name]
    return any(not any(row.values()) for row in rows)


def preserves(dependencies: Dependencies, parts: Sequence[Attributes]) -> bool:
    """Tell whether every dependency can be checked within the parts alone.

    Source:
        Beeri and Honeyman (1981), SIAM J. Computing 10:647-656.

    Examples:
        >>> preserves("CS->Z, Z->C", ["SZ", "CZ"])
        False
    """
    rules = read_dependencies(dependencies)
    schemas = [read_attributes(part) for part in parts]
    for rule in rules:
        known, before = rule.left, frozenset[str]()
        while known != before:
            before = known
            for schema in schemas:
                known |= closure(known & schema, rules) & schema
        if not rule.right <= known:
            return False
    return True


def synthesise(
    attributes: Attributes, dependencies: Dependencies, *, trace: Trace = None
) -> list[frozenset[str]]:
    """Decompose into 3NF, lossless and dependency-preserving.

    Source:
        Bernstein (1976), ACM TODS 1:277-298; Biskup, Dayal and Bernstein (1979), SIGMOD 143-151
        (the schema for a key).

    Examples:
        >>> [show(part) for part in synthesise("ABCD", "A->B, B->C")]
        ['AB', 'AD', 'BC']
    """
    everything, rules = _read(attributes, dependencies)
    grouped: dict[frozenset[str], frozenset[str]] = {}
    for rule in minimal_cover(rules):
        grouped[rule.left] = grouped.get(rule.left, frozenset()) | rule.right
    parts = [left | right for left, right in grouped.items()]
    for left, right in grouped.items():
        _note(trace, "schema", left=left, right=right, part=left | right)
    keys = sorted(candidate_keys(everything, rules), key=_size)
    if not any(key <= part for key in keys for part in parts):
        parts.append(keys[0])
        _note(trace, "key_schema", part=keys[0])
    return sorted({p for p in parts if not any(p < other for other in parts)}, key=sorted)


def decompose(
    attributes: Attributes, dependencies: Dependencies, *, trace: Trace = None
) -> list[frozenset[str]]:
    """Decompose into BCNF, lossless; dependencies may be lost (ask `preserves`).

    Raises:
        InputError: If the schema has more than 16 attributes, since every subset is looked at.

    Source:
        Silberschatz, Korth, Sudarshan, Database System Concepts, 7th ed., section 7.5.1.

    Examples:
        >>> [show(part) for part in decompose("CSZ", "CS->Z, Z->C")]
        ['CZ', 'SZ']
    """
    everything, rules = _read(attributes, dependencies)
    if len(everything) > LARGEST:
        raise InputError(say("normal.decompose_large", came=len(everything), most=LARGEST))
    waiting, done = [everything], []
    while waiting:
        schema = waiting.pop()
        for left in _subsets(schema):
            right = closure(left, rules) & schema - left
            if left and right and left | right != schema:
                one, other = left | right, schema - right
                halves = {"one": one, "other": other}
                _note(trace, "split", schema=schema, left=left, right=right, **halves)
                waiting += [one, other]
                break
        else:
            done.append(schema)
    return sorted({p for p in done if not any(p < other for other in done)}, key=sorted)


def _read(
    attributes: Attributes, dependencies: Dependencies
) -> tuple[frozenset[str], list[Dependency]]:
    everything, rules = read_attributes(attributes), read_dependencies(dependencies)
    if not everything:
        raise InputError(say("normal.no_attributes"))
    for rule in rules:
        if strange := (rule.left | rule.right) - everything:
            known = show(everything)
            text = say("normal.rule_strange", rule=rule, came=show(strange), known=known)
            if isinstance(dependencies, str) and any(len(name) > 1 for name in everything):
                text += " " + say("normal.long_names")
            raise InputError(text)
    return everything, rules


def _cover(everything: frozenset[str], parts: Sequence[Attributes]) -> list[frozenset[str]]:
    schemas = [read_attributes(part) for part in parts]
    if strange := frozenset().union(*schemas) - everything:
        raise InputError(say("normal.part_strange", came=show(strange), known=show(everything)))
    if missing := everything - frozenset().union(*schemas):
        raise InputError(say("normal.part_missing", missing=show(missing)))
    return schemas


def _minimise(
    start: frozenset[str], everything: frozenset[str], rules: list[Dependency]
) -> frozenset[str]:
    key = start
    for name in sorted(start):
        if closure(key - {name}, rules) >= everything:
            key -= {name}
    return key


def _subsets(names: frozenset[str]) -> Iterable[frozenset[str]]:
    sizes = (combinations(sorted(names), size) for size in range(len(names) + 1))
    return (frozenset(subset) for subset in chain.from_iterable(sizes))


def _order(rule: Dependency) -> tuple[list[str], list[str]]:
    return sorted(rule.left), sorted(rule.right)


def _size(names: frozenset[str]) -> tuple[int, list[str]]:
    return len(names), sorted(names)


def _note(trace: Trace, message: str, /, **values: object) -> None:
    if trace is not None:
        shown = {k: show(v) if isinstance(v, frozenset) else str(v) for k, v in values.items()}
        trace.append(say(f"normal.{message}", None, **shown))
