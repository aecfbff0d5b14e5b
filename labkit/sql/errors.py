"""What can be wrong with a query."""

from labkit.errors import InputError


class SqlError(InputError):
    """A query that cannot be run, explained in plain words.

    Attributes:
        kind: What is wrong, one word: `syntax`, `column`, `table`, `group_by`, `refused`, ...
        place: Where, as `(line, column)` counted from 1, or None when the whole query is meant.
    """

    def __init__(self, message: str, *, kind: str, place: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.place = place
