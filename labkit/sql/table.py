"""How `%%sql` shows a result: the first rows, how many there are, and what may be amiss."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from labkit.messages import say

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
        return say(key, rows=f"{len(self):,}".replace(",", " "), shown=ROWS)

    def __repr__(self) -> str:
        text = pd.DataFrame(self).head(ROWS).to_string(index=False, na_rep="NULL")
        told = [f"! {notice}" for notice in self.attrs["notices"]]
        return "\n".join(([text] if len(self) else [", ".join(self.columns)])
                         + [f"({self._counted()})", *told])  # fmt: skip

    def _repr_html_(self) -> str:
        head = pd.DataFrame(self).head(ROWS)
        table = head.to_html(index=False, na_rep="NULL", border=0, classes="dataframe")
        told = "".join(
            '<p style="border-left:4px solid #b45309;padding-left:.6em;margin:.4em 0">'
            f"<b>!</b> {escape(notice)}</p>"
            for notice in self.attrs["notices"]
        )
        return f'<div>{table}<p style="margin:.3em 0;opacity:.75">{self._counted()}</p>{told}</div>'
