"""Small subsets of code systems with our own labels, and maps between them.

Every system is a CSV file in this folder (`README.md` there says where the codes were checked).
The subsets hold the codes that the synthetic world uses; for the whole of a system, hand `load`
the official file that you have.

Examples:
    >>> label("icd10", "I21.9", "en")
    'Heart attack, type not stated'
    >>> label("atc", "C10AA", "en")
    'Statins'
    >>> municipality_at("5025", "2017-06-30")
    '1640'
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.codes.municipality import (
    municipalities_at,
    municipality_at,
    municipality_names,
    municipality_numbers,
)
from labkit.errors import InputError
from labkit.messages import say

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SYSTEMS",
    "dotted",
    "label",
    "load",
    "mapping",
    "municipalities_at",
    "municipality_at",
    "municipality_numbers",
    "rows",
    "undotted",
    "valid",
    "wellformed",
]

SYSTEMS: dict[str, str] = {
    "icd10": "icd10.csv",
    "icd10_chapter": "icd10_chapters.csv",
    "icpc2": "icpc2.csv",
    "icdo3": "icdo3.csv",
    "atc": "atc.csv",
    "atc_level": "atc_levels.csv",
    "procedure": "procedures.csv",
    "lab": "labs.csv",
    "municipality": "municipalities.csv",
    "municipality_change": "municipality_changes.csv",
    "town": "towns.csv",
    "county": "counties.csv",
    "unit_of_care": "units_of_care.csv",
    "glossary": "glossary.csv",
}
_CODE = {
    "icd10_chapter": "chapter",
    "lab": "analyte",
    "municipality": "code_2024",
    "county": "code_2024",
    "town": "code_2024",
    "unit_of_care": "unit_id",
    "municipality_change": "old_code",
    "glossary": "term_nb",
}
_LABELS = {
    "atc": ("substance_nb", "substance_en"),
    "lab": ("name_nb", "name_en"),
    "unit_of_care": ("name_nb", "name_en"),
    "municipality": ("name", "name"),
    "county": ("name", "name"),
    "town": ("name", "name"),
    "municipality_change": ("old_name", "old_name"),
    "glossary": ("term_nb", "term_en"),
}
_NUMBERS = {
    "icd10": ("age_from", "age_to"),
    "atc": ("ddd",),
    "atc_level": ("level",),
    "municipality_change": ("valid_from_year", "valid_to_year"),
    "town": ("thousands_2024",),
    "lab": (
        "ref_low_m",
        "ref_high_m",
        "ref_low_f",
        "ref_high_f",
        "plausible_low",
        "plausible_high",
        "healthy_mean",
        "healthy_sd",
    ),
}
_FORM = {
    # The last two are the Norwegian short codes for external causes (W0n0r), used in hospitals.
    "icd10": r"[A-Z]\d\d(\.\d{1,2})?|[VWXY]\dn\d[a-z]",
    "icpc2": r"[A-Z]\d\d\d?",
    "icdo3": r"C\d\d\.\d|\d{4}/[0-9]",
    "atc": r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?",
    "procedure": r"[A-Z]{3}\d\d|[A-Z]{4}\d\d",
    "municipality": r"\d{4}",
}


@cache
def _subset(system: str) -> pd.DataFrame:
    import pandas as pd

    if system not in SYSTEMS:
        raise InputError(say("codes.no_system", came=system, known=", ".join(SYSTEMS)))
    with (files(__package__) / SYSTEMS[system]).open(encoding="utf-8") as file:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    for name in _NUMBERS.get(system, ()):
        frame[name] = pd.to_numeric(frame[name].replace("", None))
    return frame


@cache
def rows(system: str) -> tuple[dict[str, str], ...]:
    """Read a subset as text, one dict per code, without pandas, which takes a second to import.

    Examples:
        >>> rows("icd10_chapter")[0]["chapter"]
        'I'
    """
    if system not in SYSTEMS:
        raise InputError(say("codes.no_system", came=system, known=", ".join(SYSTEMS)))
    with (files(__package__) / SYSTEMS[system]).open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


@cache
def _codes(system: str) -> frozenset[str]:
    if system == "municipality":
        return frozenset(municipality_numbers())
    return frozenset(_subset(system)[_CODE.get(system, "code")])


def load(
    system: str,
    file: str | Path | None = None,
    *,
    code: str = "code",
    label: str = "label",
    encoding: str = "utf-8",
) -> pd.DataFrame:
    """Load a code system as a table, one row per code.

    Args:
        system: Name of the system, one of `SYSTEMS`.
        file: An official file of yours (text with a header; comma, semicolon or tab between the
            columns) to read instead of the kit's subset.
        code: Name of the column of codes in your file.
        label: Name of the column of names in your file.
        encoding: Encoding of your file; older Norwegian files are often `latin-1`.

    Returns:
        The subset with all its columns (text, but for limits and doses); or, from your file, the
        columns `code`, `label_nb`, `label_en`, both labels as they stand there.

    Raises:
        InputError: If the system is unknown, or the file lacks a column or has none of its codes
            in the form of the system.

    Examples:
        >>> load("atc").loc[lambda t: t["code"] == "A10BA02", ["ddd", "ddd_unit"]].values.tolist()
        [[2.0, 'g']]
    """
    if file is None:
        return _subset(system).copy()
    return _official(system, Path(file), code, label, encoding)


def _official(system: str, path: Path, code: str, label: str, encoding: str) -> pd.DataFrame:
    import pandas as pd

    if system not in SYSTEMS:
        raise InputError(say("codes.no_system", came=system, known=", ".join(SYSTEMS)))
    try:
        frame = pd.read_csv(
            path, sep=None, engine="python", dtype=str, keep_default_na=False, encoding=encoding
        )
    except UnicodeDecodeError as error:
        raise InputError(say("codes.file_encoding", path=path, encoding=encoding)) from error
    except (OSError, ValueError) as error:
        raise InputError(say("codes.file_unreadable", path=path, said=error)) from error
    for column in (code, label):
        if column not in frame.columns:
            raise InputError(
                say(
                    "codes.file_column",
                    file=path.name,
                    column=column,
                    known=", ".join(frame.columns),
                )
            )
    made = pd.DataFrame(
        {
            "code": frame[code].str.strip(),
            "label_nb": frame[label].str.strip(),
            "label_en": frame[label].str.strip(),
        }
    )
    if system in _FORM and not wellformed(system, made["code"]).any():
        raise InputError(
            say(
                "codes.file_form",
                column=code,
                file=path.name,
                system=system,
                first=made["code"].iloc[0] if len(made) else "",
            )
        )
    return made


@cache
def _label_table(system: str, lang: str) -> dict[str, str]:
    nb, en = _LABELS.get(system, ("label_nb", "label_en"))
    name = nb if lang == "nb" else en
    frame = _subset(system)
    table = dict(zip(frame[_CODE.get(system, "code")], frame[name], strict=True))
    if system == "atc":
        table = _label_table("atc_level", lang) | table
    return municipality_names() if system == "municipality" else table


def label(system: str, code: Any, lang: str = "nb") -> Any:
    """Name a code, or each code of a Series, in bokmål (`nb`) or English (`en`).

    Higher ATC levels (`C10AA`) and former municipality numbers have names too.

    Args:
        system: Name of the system.
        code: One code, or a pandas Series of codes.
        lang: `nb` or `en`.

    Returns:
        The name; for a Series a Series, missing where the code is not in the subset.

    Raises:
        InputError: If a single code is not in the subset.

    Examples:
        >>> label("municipality", "1640")
        'Røros'
    """
    table = _label_table(system, lang)
    if not isinstance(code, str):
        return code.map(table)
    if code not in table:
        raise InputError(say("codes.not_in_subset", code=code, system=system))
    return table[code]


def valid(system: str, codes: pd.Series, *, day: Any = None) -> pd.Series:
    """Say for each value whether it is a code of the kit's subset.

    A code that is right but outside the subset is not valid here; `wellformed` tells whether a
    code could be one.

    Args:
        system: Name of the system.
        codes: Codes as text; a missing value is not valid.
        day: For `municipality`, take only the numbers in force on this day (`date` or ISO text).

    Returns:
        A Series of bool with the index of `codes`.

    Examples:
        >>> import pandas as pd
        >>> valid("icd10", pd.Series(["I21.9", "I2l.9", None])).tolist()
        [True, False, False]
        >>> valid("municipality", pd.Series(["0437", "3427"]), day="2020-01-01").tolist()
        [False, True]
    """
    if system == "municipality" and day is not None:
        return codes.isin(set(municipality_numbers(day)))
    if system == "atc":
        return codes.isin(_codes("atc") | _codes("atc_level"))
    return codes.isin(_codes(system) if system in SYSTEMS else frozenset(_subset(system)))


def wellformed(system: str, codes: pd.Series) -> pd.Series:
    """Say for each value whether it has the form of a code, in the subset or not.

    Examples:
        >>> import pandas as pd
        >>> wellformed("atc", pd.Series(["C10AA05", "C1OAA05"])).tolist()
        [True, False]
    """
    if system not in _FORM:
        raise InputError(say("codes.no_form", system=system, known=", ".join(_FORM)))
    return codes.astype("string").str.fullmatch(_FORM[system]).fillna(False).astype(bool)


def mapping(source: str, target: str) -> pd.DataFrame:
    """Map one code system to another.

    Args:
        source: `icpc2` or `icd10`.
        target: The other of the two.

    Returns:
        Columns source, target, match: one row per link. `match` says how the source code
        stands to the target: exact, broader, narrower, or many (several, the best is given).

    Raises:
        InputError: If there is no map between the two.

    Examples:
        >>> pairs = mapping("icpc2", "icd10").set_index("source")
        >>> pairs.loc["T90"].tolist()
        ['E11.9', 'broader']
    """
    if {source, target} != {"icpc2", "icd10"}:
        raise InputError(say("codes.no_map", source=source, target=target))
    links = _subset("icpc2")[["code", "icd10", "match"]]
    links = links[links["icd10"] != ""].rename(columns={"code": "source", "icd10": "target"})
    if source == "icd10":
        links = links.rename(columns={"source": "target", "target": "source"})
        turned = {"broader": "narrower", "narrower": "broader"}
        links["match"] = links["match"].replace(turned)
    return links[["source", "target", "match"]].reset_index(drop=True)


def undotted(code: str) -> str:
    """Take the dot out of an ICD-10 code, as the cause of death registry writes it.

    Examples:
        >>> undotted("I21.9")
        'I219'
    """
    return code.replace(".", "")


def dotted(code: str) -> str:
    """Put the dot back into an ICD-10 code of four or more characters.

    The Norwegian short codes for external causes (`W0n0r`) never have a dot.

    Examples:
        >>> dotted("I219"), dotted("C61"), dotted("W0n0r")
        ('I21.9', 'C61', 'W0n0r')
    """
    if len(code) < 4 or "." in code or not code[1:3].isdigit():
        return code
    return f"{code[:3]}.{code[3:]}"
