"""Write an expression again: in symbols, as LaTeX, and one operator at a time for trees."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from labkit.algebra.nodes import (
    Division,
    Group,
    Inline,
    Join,
    Node,
    Project,
    Relation,
    Rename,
    Select,
    SetOperation,
    Sort,
)
from labkit.algebra.scalar import Call, Case, Column, IsNull, Literal, Operation, Position, Scalar

JOIN_SIGNS = {"inner": "⋈", "left": "⟕", "right": "⟖", "full": "⟗", "semi": "⋉",
              "rightsemi": "⋊", "anti": "▷", "cross": "×"}  # fmt: skip
STRENGTH = {"or": 1, "xor": 1, "and": 2, "not": 3, "=": 4, "≠": 4, "<": 4, "≤": 4, ">": 4, "≥": 4,
            "like": 4, "ilike": 4, "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7}  # fmt: skip
LATEX = {"π": r"\pi", "σ": r"\sigma", "ρ": r"\rho", "τ": r"\tau", "γ": r"\gamma", "⋈": r"\bowtie",
         "⟕": r"⟕", "⟖": r"⟖", "⟗": r"⟗", "⋉": r"\ltimes", "⋊": r"\rtimes",
         "▷": r"\triangleright", "×": r"\times", "∪": r"\cup", "∩": r"\cap", "−": "-",
         "÷": r"\div"}  # fmt: skip


def unicode(node: Node) -> str:
    """Write an expression in symbols, with no more brackets than it takes to read it back."""
    match node:
        case Relation() | Inline():
            return operator(node)
        case Select() | Project() | Rename() | Sort() | Group():
            return f"{operator(node)} {_bracketed(node.child, unary=True)}"
        case Join() | SetOperation() | Division():
            left = _bracketed(node.left, strength=_strength(node))
            right = _bracketed(node.right, strength=_strength(node) + 1)
            return f"{left} {operator(node)} {right}"
    raise TypeError(node)


def latex(node: Node) -> str:
    """Write an expression for MathJax."""
    match node:
        case Relation(name=name):
            return rf"\text{{{_escaped(name)}}}"
        case Inline():
            return rf"\{{\text{{{_escaped(operator(node)[1:-1].strip())}}}\}}"
        case Select() | Project() | Rename() | Sort() | Group():
            sign, _, rest = operator(node).partition(" ")
            return rf"{LATEX[sign]}_{{\text{{{_escaped(rest)}}}}}({latex(node.child)})"
        case Join() | SetOperation() | Division():
            sign, _, rest = operator(node).partition(" ")
            below = rf"_{{\text{{{_escaped(rest)}}}}}" if rest else ""
            sides = [
                rf"({latex(side)})" if _strength(side) < _strength(node) + right else latex(side)
                for right, side in enumerate((node.left, node.right))
            ]
            return f"{sides[0]} {LATEX[sign]}{below} {sides[1]}"
    raise TypeError(node)


def operator(node: Node) -> str:
    """Write one operator without its operands."""
    match node:
        case Relation(name=name):
            return _name(name)
        case Inline(columns=columns, rows=rows):
            heads = [f"{name}{_kind(row[i] for row in rows)}" for i, name in enumerate(columns)]
            lines = [", ".join(heads), *(", ".join(_cell(v) for v in row) for row in rows)]
            return "{" + "\n".join(lines) + "}"
        case Select(condition=condition):
            return f"σ {scalar(condition)}"
        case Project(items=items):
            shown = (scalar(s) + (f" → {_name(name)}" if name else "") for s, name in items)
            return f"π {', '.join(shown)}"
        case Rename(relation=relation, columns=columns):
            if relation:
                return f"ρ {_name(relation)}"
            return "ρ " + ", ".join(f"{_name(new)} ← {scalar(old)}" for new, old in columns)
        case Sort(items=items):
            return "τ " + ", ".join(scalar(c) + " desc" * down for c, down in items)
        case Group(by=by, aggregates=aggregates):
            made = ", ".join(
                f"{function}({'*' if argument is None else scalar(argument)}) → {_name(name)}"
                for function, argument, name in aggregates
            )
            return f"γ {', '.join(scalar(c) for c in by)}{'; ' if by else ''}{made}"
        case Join(kind=kind, condition=condition):
            return JOIN_SIGNS[kind] + (f" {scalar(condition)}" if condition is not None else "")
        case SetOperation(operator=sign):
            return sign
        case Division():
            return "÷"
    raise TypeError(node)


def scalar(value: Scalar, strength: int = 0) -> str:
    """Write a condition or calculation, in brackets if something stronger stands around it."""
    match value:
        case Column(name=name, relation=relation):
            return f"{_name(relation)}.{_name(name)}" if relation else _name(name)
        case Position(number=number):
            return f"[{number}]"
        case Literal(value=constant):
            return _literal(constant)
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(scalar(a) for a in arguments)})"
        case Case(branches=branches, otherwise=otherwise):
            parts = [f"when {scalar(c)} then {scalar(r)}" for c, r in branches]
            last = [f"else {scalar(otherwise)}"] if otherwise is not None else []
            return " ".join(["case", *parts, *last, "end"])
        case IsNull(operand=operand, negated=negated):
            text = f"{scalar(operand, 5)} is {'not ' if negated else ''}null"
            return f"({text})" if strength > 4 else text
        case Operation(operator=sign, operands=operands):
            own = STRENGTH[sign]
            if len(operands) == 1:
                word, around = ("not ", own) if sign == "not" else ("-", 8)
                text = f"{word}{scalar(operands[0], around)}"
            else:
                first = own + 1 if own == 4 else own
                text = f"{scalar(operands[0], first)} {sign} {scalar(operands[1], own + 1)}"
            return f"({text})" if own < strength else text
    raise TypeError(value)


def _strength(node: Node) -> int:
    match node:
        case SetOperation(operator="∩"):
            return 2
        case SetOperation():
            return 1
        case Join() | Division():
            return 3
    return 4


def _bracketed(node: Node, *, strength: int = 0, unary: bool = False) -> str:
    if unary or _strength(node) < strength:
        return f"({unicode(node)})"
    return unicode(node)


def _name(name: str) -> str:
    from labkit.algebra.tokens import RESERVED, TOKEN

    match = TOKEN.fullmatch(name)
    fits = match and match.lastgroup == "name" and name.lower() not in RESERVED
    return name if fits else f'"{name}"'


def _literal(constant: Any) -> str:
    match constant:
        case None:
            return "null"
        case bool():
            return "true" if constant else "false"
        case str():
            return "'" + constant.replace("'", "''") + "'"
        case date():
            return f"date('{constant.isoformat()[:10]}')"
    return repr(constant)


def _kind(values: Iterable[Any]) -> str:
    for value in values:
        if value is not None:
            kinds = {"str": ":string", "date": ":date", "bool": ":boolean"}
            return kinds.get(type(value).__name__, "")
    return ""


def _cell(constant: Any) -> str:
    return (
        "'" + constant.replace("'", "''") + "'"
        if isinstance(constant, str)
        else _literal_cell(constant)
    )


def _literal_cell(constant: Any) -> str:
    return constant.isoformat() if isinstance(constant, date) else _literal(constant)


def _escaped(text: str) -> str:
    for sign in ("\\", "{", "}", "_", "%", "#", "&", "$", "^", "~"):
        text = text.replace(sign, "\\" + sign if sign != "\\" else r"\textbackslash ")
    return text.replace("\n", "; ")
