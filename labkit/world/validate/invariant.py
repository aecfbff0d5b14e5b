"""What must hold in every dataset, of whatever size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from labkit import codes, schema
from labkit.errors import DataError
from labkit.messages import Language, say
from labkit.world.identity import WEIGHTS_1, WEIGHTS_2
from labkit.world.manifest import read_manifest
from labkit.world.part import REFERENCE_DATE, START
from labkit.world.validate.dataset import clean_registry

if TYPE_CHECKING:
    import duckdb

LAYERS = ("population", "ehr", "survey")
NOT_AFTER_DEATH = {  # table -> day of what happens, joined with the person
    "encounter": "start_time::DATE",
    "prescription": "prescribed_date",
    "lab_result": "taken_time::DATE",
}
WITHIN_ENCOUNTER = {  # table -> too early, too late
    "prescription": ("prescribed_date < start_time::DATE", "prescribed_date > end_time::DATE"),
    "procedure": ("procedure_date < start_time::DATE", "procedure_date > end_time::DATE"),
    "lab_result": ("taken_time < start_time", "taken_time > end_time"),
    "vital_sign": ("measured_time < start_time", "measured_time > end_time"),
    "note": ("written_time < start_time", "written_time > end_time + INTERVAL 1 DAY"),
}
IN_ORDER = {  # what -> days that follow upon each other where both are known
    "consent": ("given_date", "withdrawn_date"),
    "biobank_sample": ("taken_time::DATE", "destroyed_date"),
    "health_survey": ("invited_date", "attended_date"),
}


@dataclass(frozen=True)
class Invariant:
    """One thing that must hold: how many rows were looked at, and how many break it."""

    name: str
    rule: str  # its words are the message `validate.rule_RULE`, with `fields`
    rows: int
    breaks: int
    fields: dict[str, str] = field(default_factory=dict)

    def about(self, lang: Language | None = None) -> str:
        """Say what must hold."""
        return say(f"validate.rule_{self.rule}", lang, **self.fields)

    @property
    def holds(self) -> bool:
        """Whether no row breaks it."""
        return self.breaks == 0


def invariants(
    connection: "duckdb.DuckDBPyConnection", folder: Path, *, clean: Path | None = None
) -> tuple[Invariant, ...]:
    """Look at everything that must hold in an opened dataset."""
    found = [*identity_numbers(connection), *keys(connection), *order_of_days(connection)]
    found += [*code_validity(connection), *defects(folder)]
    if clean is not None:
        found += without_defects(folder, clean)
    return tuple(found)


def valid_numbers(numbers: np.ndarray, birth: np.ndarray, female: np.ndarray) -> dict[str, int]:
    """Count what is wrong with synthetic national identity numbers.

    Args:
        numbers: Eleven digits each, U11, shape (n,).
        birth: Dates of birth, datetime64[D], shape (n,).
        female: Sex, shape (n,).

    Returns:
        Numbers that break each rule: synthetic, unique, digits, date, sex.

    Examples:
        >>> one = np.array(["23906720967"]), np.array(["1967-10-23"], "M8[D]"), np.array([False])
        >>> valid_numbers(*one)
        {'synthetic': 0, 'unique': 0, 'digits': 0, 'date': 0, 'sex': 0}
    """
    digit = np.frombuffer("".join(numbers.tolist()).encode(), np.uint8).reshape(-1, 11) - 48
    digit = digit.astype(np.int64)
    day, month = digit[:, 0] * 10 + digit[:, 1], digit[:, 2] * 10 + digit[:, 3]
    year = digit[:, 4] * 10 + digit[:, 5]
    whole = birth.astype("M8[Y]").astype(int) + 1970
    same = (day == (birth - birth.astype("M8[M]")).astype(int) + 1) & (year == whole % 100)
    same &= month - 80 == birth.astype("M8[M]").astype(int) % 12 + 1
    individual = digit[:, 6] * 100 + digit[:, 7] * 10 + digit[:, 8]
    series = np.where(whole >= 2000, individual >= 500, individual <= 499)
    series |= (whole >= 1940) & (whole < 2000) & (individual >= 900)
    plain = digit.copy()
    plain[:, 2] -= 8  # the check digits are those of the number with 80 taken off the month
    first = (plain[:, :9] * WEIGHTS_1).sum(axis=1) + plain[:, 9]
    second = (plain[:, :10] * WEIGHTS_2).sum(axis=1) + plain[:, 10]
    return {
        "synthetic": int((~((month >= 81) & (month <= 92))).sum()),
        "unique": len(numbers) - len(np.unique(numbers)),
        "digits": int(((first % 11 != 0) | (second % 11 != 0)).sum()),
        "date": int((~(same & series)).sum()),
        "sex": int(((digit[:, 8] % 2 == 0) != female).sum()),
    }


def identity_numbers(connection: "duckdb.DuckDBPyConnection") -> Iterator[Invariant]:
    """Every national identity number is synthetic, unique, valid, and true to its person."""
    found = connection.execute(
        "SELECT fnr, birth_date, sex = 'F' AS female FROM person"
    ).fetchnumpy()
    n = len(found["fnr"])
    wrong = valid_numbers(
        np.asarray(found["fnr"], dtype="U11"),
        np.asarray(found["birth_date"]).astype("M8[D]"),
        np.asarray(found["female"], dtype=bool),
    )
    for name, breaks in wrong.items():
        yield Invariant(f"fnr.{name}", name, n, breaks)
    yield _count(
        connection,
        "fnr.patient",
        "patient",
        "SELECT person.fnr IS NULL OR person.birth_date <> patient.birth_date "
        "OR person.sex <> patient.sex FROM patient LEFT JOIN person USING (fnr)",
    )


def keys(connection: "duckdb.DuckDBPyConnection") -> Iterator[Invariant]:
    """Primary keys are unique, foreign keys point somewhere, in the layers without defects."""
    there = _tables(connection)
    for layer in LAYERS:
        for name, table in schema.LAYERS[layer].tables.items():
            if name not in there:
                continue
            columns = ", ".join(column.name for column in table.primary_key)
            yield _count(
                connection,
                f"key.{name}",
                "key",
                f"SELECT n > 1 FROM (SELECT count(*) AS n FROM {name} GROUP BY {columns})",
                columns=columns,
            )
            for column in table.columns:
                for key in column.foreign_keys:
                    target, _, column_there = key.target_fullname.partition(".")
                    yield _count(
                        connection,
                        f"key.{name}.{column.name}",
                        "refers",
                        f"SELECT there.key IS NULL FROM {name} LEFT JOIN "
                        f"(SELECT {column_there} AS key FROM {target}) AS there "
                        f"ON there.key = {name}.{column.name} "
                        f"WHERE {name}.{column.name} IS NOT NULL",
                        target=key.target_fullname,
                    )


def order_of_days(connection: "duckdb.DuckDBPyConnection") -> Iterator[Invariant]:
    """Nothing before birth, after death, outside the window, or ending before it starts."""
    there = _tables(connection)
    checks = {
        "date.death": ("born", "SELECT death < birth FROM p WHERE death IS NOT NULL"),
        "date.residence": (
            "residence",
            f"SELECT coalesce(to_date < from_date, false) OR from_date > DATE '{REFERENCE_DATE}' "
            f"OR from_date < greatest(birth_date, DATE '{START}') "
            "FROM residence JOIN person USING (person_id)",
        ),
        "date.encounter.end": ("started", "SELECT end_time < start_time FROM encounter"),
        "date.onset": (
            "onset",
            "SELECT day < birth OR coalesce(day > death, false) "
            "FROM onset JOIN p USING (person_id)",
        ),
        "date.mother": (
            "mother",
            "SELECT date_diff('day', mother.birth_date, child.birth_date) / 365.25 NOT BETWEEN 15 "
            "AND 50 FROM family JOIN person AS child ON child.person_id = child_id "
            "JOIN person AS mother ON mother.person_id = mother_id",
        ),
    }
    for table, (first, last) in WITHIN_ENCOUNTER.items():
        checks[f"date.{table}.encounter"] = (
            "within",
            f"SELECT {first} OR {last} FROM {table} JOIN encounter USING (encounter_id)",
        )
    for table, (earlier, later) in IN_ORDER.items():
        checks[f"date.{table}"] = (
            "started",
            f"SELECT coalesce({later} < {earlier}, false) FROM {table}",
        )
    for name, (rule, query) in checks.items():
        yield _count(connection, name, rule, query)
    for table, day in NOT_AFTER_DEATH.items():
        if table in there:
            yield _count(
                connection,
                f"date.{table}",
                "lives",
                f"SELECT {day} < birth OR {day} < DATE '{START}' "
                f"OR {day} > least(coalesce(death, DATE '{REFERENCE_DATE}'), "
                f"DATE '{REFERENCE_DATE}') FROM {table} JOIN p USING (patient_id)",
            )


def code_validity(connection: "duckdb.DuckDBPyConnection") -> Iterator[Invariant]:
    """Every code is one the kit knows."""
    there = _tables(connection)
    for layer in (*LAYERS, "truth"):
        for name, table in schema.LAYERS[layer].tables.items():
            if name not in there:
                continue
            for column in table.columns:
                system = column.info.get("codes")
                if system is None:
                    continue
                used = connection.execute(
                    f"SELECT {column.name}::VARCHAR, count(*) FROM {name} "
                    f"WHERE {column.name} IS NOT NULL GROUP BY 1"
                ).fetchall()
                known = _known(system, [code for code, _ in used])
                listed = system.split(" or ") if isinstance(system, str) else system
                yield Invariant(
                    f"code.{name}.{column.name}",
                    "code",
                    sum(n for _, n in used),
                    sum(n for (_, n), fits in zip(used, known, strict=True) if not fits),
                    {"known": ", ".join(listed)},
                )


def _known(system: str | dict[str, tuple[str, str]], used: list[str]) -> list[bool]:
    """Tell of each code whether it is in a list of values or in a code system of the kit."""
    if isinstance(system, dict):
        return [code in system for code in used]
    import pandas as pd

    texts = pd.Series(used, dtype=str)
    fits = [codes.valid(name, texts) for name in system.split(" or ")]
    return [any(pair) for pair in zip(*fits, strict=True)]


def defects(folder: Path) -> Iterator[Invariant]:
    """Every defect of the key stands in the extracts as the key says."""
    total = pq.read_metadata(folder / "truth" / "defect.parquet").num_rows
    wrong = 0
    for name in schema.LAYERS["registry"].tables:
        try:
            clean_registry(folder, name)
        except DataError:
            wrong += 1
    yield Invariant("defect.key", "defect", total, wrong)


def without_defects(folder: Path, clean: Path) -> Iterator[Invariant]:
    """The extracts less their defects, and every other table, equal the dataset made clean."""
    mine, theirs = read_manifest(folder), read_manifest(clean)
    same = {**vars(mine.config), "defects": ""} == {**vars(theirs.config), "defects": ""}
    if not same or theirs.config.defects != "none":
        raise DataError(say("validate.not_clean", clean=clean, folder=folder))
    for name, content in theirs.tables.items():
        if content.layer != "registry":
            if name != "defect":
                differs = mine.tables[name].hash != content.hash
                yield Invariant(f"clean.{name}", "same", content.rows, int(differs))
            continue
        back = clean_registry(folder, name)
        wanted = pq.read_table(clean / "registry" / f"{name}.parquet")
        yield Invariant(
            f"clean.{name}",
            "mended",
            content.rows,
            _different_rows(back, wanted),
        )


def _different_rows(mine: object, theirs: object) -> int:
    import duckdb

    connection = duckdb.connect()
    connection.register("mine", mine)
    connection.register("theirs", theirs)
    found = connection.execute(
        "SELECT (SELECT count(*) FROM (FROM mine EXCEPT ALL FROM theirs)) "
        "+ (SELECT count(*) FROM (FROM theirs EXCEPT ALL FROM mine))"
    ).fetchall()
    return int(found[0][0])


def _tables(connection: "duckdb.DuckDBPyConnection") -> set[str]:
    return {row[0] for row in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}


def _count(
    connection: "duckdb.DuckDBPyConnection", name: str, rule: str, query: str, **fields: str
) -> Invariant:
    """Count the rows of a query of one column that are true."""
    rows, breaks = connection.execute(
        f"SELECT count(*), count(*) FILTER (bad) FROM ({query}) AS looked(bad)"
    ).fetchall()[0]
    return Invariant(name, rule, rows, breaks, fields)
