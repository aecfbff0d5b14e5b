"""How `%%sql` shows a result: the first rows, how many there are, and what may be amiss."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from labkit.messages import numeral, say
from labkit.sql.card import cells

ROWS = 20


class Table(pd.DataFrame):
    """A DataFrame that shows its first 20 rows and their number; what is made of it is plain."""

    def __init__(self, data: pd.DataFrame, notices: Sequence[str] = ()) -> None:
        super().__init__(data)  # type: ignore[call-arg]
        self.attrs["notices"] = list(notices)

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame

    def _counted(self) -> str:
        if len(self) == 1:
            return say("sql.one_row")
        key = "sql.shown" if len(self) > ROWS else "sql.all_shown"
        return say(key, rows=numeral(len(self)), shown=ROWS)

    def _written(self) -> pd.DataFrame:
        """Return the first rows as text, NULL and dates written as people read them."""
        head = pd.DataFrame(self).head(ROWS)
        return pd.DataFrame(cells(head), columns=head.columns)

    def __repr__(self) -> str:
        shown = self._written().to_string(index=False) if len(self) else ", ".join(self.columns)
        told = [f"! {notice}" for notice in self.attrs["notices"]]
        return "\n".join([shown, f"({self._counted()})", *told])

    def _repr_html_(self) -> str:
        table = self._written().to_html(index=False, border=0)
        told = "".join(
            '<p style="border-left:4px solid #b45309;padding-left:.6em;margin:.4em 0">'
            f"<b>!</b> {escape(notice)}</p>"
            for notice in self.attrs["notices"]
        )
        return f'<div>{table}<p style="margin:.3em 0;opacity:.75">{self._counted()}</p>{told}</div>'
