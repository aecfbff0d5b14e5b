"""The data dictionary and the variable catalogue, written from the declarations."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from labkit.schema.layers import LAYERS, layer, layer_of

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "population": ("Befolkning", "Population"),
    "ehr": ("Journalsystem", "Clinical information system"),
    "registry": ("Registre", "Registries"),
    "survey": ("Undersøkelser og biobank", "Surveys and biobank"),
    "truth": ("Fasit", "Truth"),
}
FEW = 12  # codes that a cell of the dictionary holds
CATALOGUE = ("layer", "table", "column", "type", "key", "null", "unit", "codes", "nb", "en")


def markdown(name: str) -> str:
    """Write the data dictionary of one layer, in bokmål and English.

    Args:
        name: A layer in `schema.LAYERS`.

    Returns:
        Markdown: a diagram where tables refer to each other; for each table what a row is, and
        each column's type, key, unit, codes and meaning; the values of small code lists below.

    Raises:
        InputError: If there is no such layer.

    Examples:
        >>> print(markdown("population").splitlines()[0])
        # Befolkning / Population
    """
    nb, en = TITLES.get(name, (name, name))
    lines = [f"# {nb} / {en}", "", *_systems(name), *_diagram(name)]
    for table in layer(name).tables.values():
        lines += _table(table)
    return "\n".join(lines).rstrip() + "\n"


def catalogue() -> "pd.DataFrame":
    """List every variable of the kit's databases: one row per column of a table.

    Returns:
        DataFrame with columns layer, table, column, type, key, null, unit, codes, nb, en; text
        everywhere, empty where there is nothing to say; `null` is "yes" or "no".

    Examples:
        >>> found = catalogue()
        >>> row = found[(found.table == "income") & (found.column == "income_nok")].iloc[0]
        >>> row["unit"], row["type"], row["en"]
        ('NOK', 'INTEGER', 'Income after tax')
    """
    import pandas as pd

    rows = [
        (
            layer_of(table.name),
            table.name,
            column.name,
            _type(column),
            _key(column),
            "yes" if column.nullable else "no",
            column.info["unit"] or "",
            _codes(column),
            column.info["nb"],
            column.info["en"],
        )
        for metadata in LAYERS.values()
        for table in metadata.tables.values()
        for column in table.columns
    ]
    return pd.DataFrame(rows, columns=list(CATALOGUE))


def _systems(name: str) -> Iterator[str]:
    """Say where the codes are of the code systems that a layer names; nothing if it names none."""
    columns = [column for table in layer(name).tables.values() for column in table.columns]
    named = [column.info["codes"] for column in columns if isinstance(column.info["codes"], str)]
    systems = sorted({system for names in named for system in names.split(" or ")})
    if systems:
        known = ", ".join(f"`{system}`" for system in systems)
        yield f"Kodene i {known} er små utvalg med egne navn. De ligger i `labkit/codes/`.  "
        yield f"Codes of {known} are small subsets with labels of our own, in `labkit/codes/`."
        yield ""


def _diagram(name: str) -> Iterator[str]:
    """Draw how the tables of a layer refer to each other, for mermaid; nothing if none does."""
    tables = layer(name).tables
    lines = []
    for table in tables.values():
        keys = sorted(table.foreign_key_constraints, key=lambda key: list(key.column_keys))
        for key in keys:
            if key.referred_table.name not in tables:
                continue
            columns = list(key.columns)
            own = {column.name for column in columns}
            one = "|o" if any(column.nullable for column in columns) else "||"
            alone = own == {c.name for c in table.primary_key} or any(c.unique for c in columns)
            many = "o|" if alone else "o{"
            line = "--" if all(column.primary_key for column in columns) else ".."
            lines.append(
                f"    {key.referred_table.name} {one}{line}{many} {table.name}"
                f' : "{", ".join(key.column_keys)}"'
            )
    if not lines:
        return
    yield "```mermaid"
    yield "erDiagram"
    yield from lines
    yield "```"
    yield ""
    yield (
        "Kråkefoten står på mangesiden. Hel strek: fremmednøkkelen er en del av tabellens egen "
        "primærnøkkel (svak entitet).  "
    )
    yield (
        "The crow's foot is at the many side. Solid line: the foreign key is part of the table's "
        "own primary key (weak entity)."
    )
    yield ""


def _table(table: Table) -> Iterator[str]:
    row_nb, row_en = table.info["row"]
    yield f"## {table.name}"
    yield ""
    yield f"{table.info['nb']}. Én rad: {row_nb}.  "
    yield f"{table.info['en']}. One row: {row_en}."
    yield ""
    yield "| kolonne, column | type | nøkkel, key | null | enhet, unit | koder, codes | nb | en |"
    yield "|---|---|---|---|---|---|---|---|"
    for column in table.columns:
        cells = (
            f"`{column.name}`",
            _type(column),
            _key(column),
            "ja / yes" if column.nullable else "",
            column.info["unit"] or "",
            _few(column),
            column.info["nb"],
            column.info["en"],
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""
    listed = [column for column in table.columns if isinstance(column.info["codes"], dict)]
    for column in listed:
        values = "; ".join(
            _labelled(code, *labels) for code, labels in column.info["codes"].items()
        )
        yield f"- `{column.name}`: {values}"
    if listed:
        yield ""


def _labelled(code: str, nb: str, en: str) -> str:
    """Write a code with its labels, once where they are one word."""
    return f"`{code}` {nb}" if nb == en else f"`{code}` {nb} / {en}"


def _type(column: Column[Any]) -> str:
    text = str(column.type.compile(dialect=postgresql.dialect()))
    return text.replace(" WITHOUT TIME ZONE", "")


def _key(column: Column[Any]) -> str:
    """PK, UK (unique) and FK with what it refers to."""
    words = ["PK"] if column.primary_key else ["UK"] if column.unique else []
    words += [f"FK {key.target_fullname}" for key in column.foreign_keys]
    return ", ".join(words)


def _few(column: Column[Any]) -> str:
    """The codes of a column, or that they are many: all stand below the table, with labels."""
    codes = column.info["codes"]
    many = isinstance(codes, dict) and len(codes) > FEW
    return "se under, see below" if many else _codes(column)


def _codes(column: Column[Any]) -> str:
    codes = column.info["codes"]
    return ", ".join(codes) if isinstance(codes, dict) else codes or ""
