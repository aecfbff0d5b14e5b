"""Read what stands inside σ, π, γ and joins: the weakest operator first."""

from datetime import date

from labkit.algebra.scalar import (
    FUNCTIONS,
    Call,
    Case,
    Column,
    IsNull,
    Literal,
    Operation,
    Position,
    Scalar,
    is_condition,
)
from labkit.algebra.tokens import Cursor
from labkit.messages import say


class ScalarReader(Cursor):
    """Reads conditions and calculations."""

    def condition(self) -> Scalar:
        """Read a scalar that may be true or false."""
        start = self.place
        condition = self.scalar()
        if not is_condition(condition) and not isinstance(condition, Column | Position | Case):
            self.place = start
            raise self.fault(say("algebra.a_condition"))
        return condition

    def scalar(self) -> Scalar:
        """Read what `or` and `xor` tie together."""
        left = self.conjunction()
        while operator := self.takes("or", "xor"):
            left = Operation(operator, (left, self.conjunction()))
        return left

    def conjunction(self) -> Scalar:
        """Read what `and` ties together."""
        left = self.negation()
        while self.takes("and"):
            left = Operation("and", (left, self.negation()))
        return left

    def negation(self) -> Scalar:
        """Read `not`, or a comparison."""
        if self.takes("not"):
            return Operation("not", (self.negation(),))
        return self.comparison()

    def comparison(self) -> Scalar:
        """Read a comparison, `like` or `is null`, or a sum alone."""
        left = self.sum()
        if operator := self.takes("=", "≠", "<", "≤", ">", "≥", "like", "ilike"):
            return Operation(operator, (left, self.sum()))
        if self.takes("is"):
            negated = self.takes("not") is not None
            self.expect("null")
            return IsNull(left, negated)
        if self.sees("not") and self.next_is("like"):
            self.place += 2
            return Operation("not", (Operation("like", (left, self.sum())),))
        return left

    def sum(self) -> Scalar:
        """Read what + and - tie together."""
        left = self.term()
        while self.sees("+", "-", "−"):
            operator = "+" if self.next().value == "+" else "-"
            left = Operation(operator, (left, self.term()))
        return left

    def term(self) -> Scalar:
        """Read what * and / tie together."""
        left = self.atom()
        while operator := self.takes("*", "/"):
            left = Operation(operator, (left, self.atom()))
        return left

    def atom(self) -> Scalar:
        """Read a value, a column, a bracket, a `case` or a call."""
        token = self.token
        if token.kind in ("number", "text"):
            return Literal(self.next().value)
        if word := self.takes("true", "false", "null"):
            return Literal({"true": True, "false": False, "null": None}[word])
        if self.takes("-", "−"):
            inner = self.atom()
            if isinstance(inner, Literal) and isinstance(inner.value, int | float):
                return Literal(-inner.value)
            return Operation("neg", (inner,))
        if self.takes("("):
            inner = self.scalar()
            self.expect(")")
            return inner
        if self.takes("case"):
            return self.case()
        if token.kind == "name":
            word = token.value.lower()
            if word == "date" and self.tokens[self.place + 1].kind == "text":
                self.next()
                return Literal(self.day())
            if self.next_is("(") and (word in FUNCTIONS or word == "date"):
                return self.call(word)
            return self.column()
        if self.sees("["):
            return self.place_or_column()
        raise self.fault(say("algebra.a_value"))

    def call(self, function: str) -> Scalar:
        """Read a function with its arguments."""
        start = self.place
        self.next()
        self.expect("(")
        if function == "date":
            constant = Literal(self.day())
            self.expect(")")
            return constant
        arguments = [self.scalar()]
        while self.takes(","):
            arguments.append(self.scalar())
        self.expect(")")
        wanted = FUNCTIONS[function][0]
        if wanted is not None and len(arguments) != wanted:
            self.place = start
            raise self.fault(say("algebra.arguments", number=wanted, function=function))
        return Call(function, tuple(arguments))

    def day(self) -> date:
        """Read a date in quotes."""
        try:
            day = date.fromisoformat(str(self.token.value))
        except ValueError:
            raise self.fault(say("algebra.a_date")) from None
        self.next()
        return day

    def case(self) -> Scalar:
        """Read `when … then …` to `end`."""
        branches = []
        while self.takes("when"):
            condition = self.condition()
            self.expect("then")
            branches.append((condition, self.scalar()))
        if not branches:
            raise self.fault("'when'")
        otherwise = self.scalar() if self.takes("else") else None
        self.expect("end")
        return Case(tuple(branches), otherwise)

    def place_or_column(self) -> Column | Position:
        """Read `[2]`, or a column."""
        if self.takes("["):
            if not isinstance(self.token.value, int):
                raise self.fault("1, 2, 3 …")
            number = self.next().value
            self.expect("]")
            return Position(number)
        return self.column()

    def column(self) -> Column:
        """Read a column, with its relation in front if it has one."""
        if self.token.kind != "name":
            raise self.fault(say("algebra.a_column"))
        name = self.next().value
        if self.takes("."):
            return Column(self.name(), name)
        return Column(name)

    def name(self) -> str:
        """Read a name."""
        if self.token.kind != "name":
            raise self.fault(say("algebra.a_name"))
        return self.next().value
