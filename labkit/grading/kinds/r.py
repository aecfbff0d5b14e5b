"""Answers in R: code as text, run by the R of this machine; its `answer` comes back as CSV.

Before the code runs, each table that the task names (`tables=["npr"]`) is there as a data frame of
that name, read from CSV; missing values are NA and dates are `Date`.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from labkit.errors import GradingError
from labkit.grading.kinds import Options, Taken
from labkit.grading.plain import NotPlain, plain
from labkit.messages import say

SECONDS = 60
MAX_BYTES = 20_000_000
_NAME = re.compile(r"[a-z]\w*\Z")
_BEFORE = """options(warn = 1, stringsAsFactors = FALSE)
.labkit_read <- function(name, types) {
  utils::read.csv(paste0(name, ".csv"), na.strings = "", encoding = "UTF-8", colClasses = types)
}
"""
# As the database has them: a code such as 0432 is text, whatever R would guess.
_CLASSES = {"VARCHAR": "character", "DATE": "Date", "BOOLEAN": "logical"}
_AFTER = """
.labkit_shape <- if (is.data.frame(answer) || is.matrix(answer)) "table" else
  if (is.null(names(answer)) && length(answer) == 1) "single" else
  if (is.null(names(answer))) "list" else "named"
.labkit_out <- if (.labkit_shape == "table") as.data.frame(answer) else
  if (.labkit_shape == "named") data.frame(key = names(answer), value = unname(unlist(answer))) else
  data.frame(value = unlist(answer))
.labkit_classes <- vapply(.labkit_out, function(column) class(column)[1], "")
writeLines(c(.labkit_shape, .labkit_classes), "shape.txt")
utils::write.csv(.labkit_out, "answer.csv", row.names = FALSE, na = "", fileEncoding = "UTF-8")
"""


def take_r(answer: Any, options: Options) -> Taken:
    """Run R code in a folder of its own and take the `answer` that it sets."""
    if not isinstance(answer, str):
        raise NotPlain("kinds.not_r", came=type(answer).__name__)
    program = shutil.which("Rscript")
    if program is None:
        raise NotPlain("kinds.no_r")
    with tempfile.TemporaryDirectory(prefix="labkit-r-") as name:
        folder = Path(name)
        read = _lay_tables(folder, list(options.get("tables", ())))
        (folder / "answer.R").write_text(f"{answer}\n", encoding="utf-8")
        code = f'{_BEFORE}{read}source("answer.R", encoding = "UTF-8")\n{_AFTER}'
        (folder / "run.R").write_text(code, encoding="utf-8")
        try:
            run = subprocess.run(
                [program, "--vanilla", "run.R"], cwd=folder, capture_output=True, timeout=SECONDS,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise NotPlain("kinds.r_slow", seconds=SECONDS) from None
        if run.returncode:
            said = run.stderr.decode("utf-8", "replace").strip().splitlines()
            errors = [line for line in said if not line.startswith(("Execution", "Calls:"))]
            raise NotPlain("kinds.r_error", message=" ".join(errors[-2:])[:400])
        return Taken(plain(_read(folder)))


def verify_r(options: Options) -> None:
    """Refuse tables that cannot be names."""
    tables = options.get("tables", [])
    if not isinstance(tables, list) or not all(_NAME.match(str(one)) for one in tables):
        raise GradingError(say("author.tables", came=repr(tables)))


def blank_r(answer: Any) -> bool:
    """Tell whether no R has been written yet."""
    if not isinstance(answer, str):
        return answer is None or answer is Ellipsis
    return not re.sub(r"#[^\n]*", "", answer).strip(" \t\r\n.…")


def _lay_tables(folder: Path, tables: list[str]) -> str:
    """Write tables as CSV and return the R code that reads them."""
    if not tables:
        return ""
    from labkit import connect

    con, code = connect(), []
    for table in tables:
        found = con.sql(f'SELECT * FROM "{table}"')
        found.df().to_csv(folder / f"{table}.csv", index=False)
        kinds = zip(found.columns, map(str, found.types), strict=True)
        types = [f'"{name}" = "{_CLASSES[kind]}"' for name, kind in kinds if kind in _CLASSES]
        code.append(f'{table} <- .labkit_read("{table}", c({", ".join(types)}))\n')
    return "".join(code)


def _read(folder: Path) -> Any:
    """Read `answer.csv`, believing nothing: a CSV file of plain cells."""
    import pandas as pd

    path, about = folder / "answer.csv", folder / "shape.txt"
    if not path.is_file() or path.is_symlink() or path.stat().st_size > MAX_BYTES:
        raise NotPlain("kinds.r_nothing")
    told = about.is_file() and not about.is_symlink() and about.stat().st_size < MAX_BYTES
    lines = about.read_text("utf-8", "replace").splitlines() if told else []
    shape, classes = (lines or [""])[0], lines[1:]
    try:
        names = pd.read_csv(path, nrows=0).columns
        texts: dict[Hashable, type[str]] = {
            name: str
            for name, kind in zip(names, classes, strict=False)
            if kind in ("character", "factor")
        }
        frame = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=texts)
    except (ValueError, pd.errors.ParserError):
        raise NotPlain("kinds.r_nothing") from None
    for column in frame.columns.difference(list(texts)):
        text = frame[column].dropna()
        if len(text) and text.isin(["TRUE", "FALSE"]).all():
            frame[column] = frame[column].map({"TRUE": True, "FALSE": False})
        elif len(text) and text.astype(str).str.fullmatch(r"\d{4}-\d\d-\d\d").all():
            frame[column] = pd.to_datetime(frame[column])
    match shape.strip():
        case "single":
            return frame["value"].iloc[0] if len(frame) else None
        case "list":
            return frame["value"].tolist()
        case "named":
            return dict(zip(frame["key"], frame["value"], strict=True))
    return frame
