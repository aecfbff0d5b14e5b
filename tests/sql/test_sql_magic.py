"""The cell magic in a real IPython shell, and its way through a jupytext source."""

import duckdb
import jupytext
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from labkit.sql.table import Table


@pytest.fixture
def shell(english):
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "labkit.sql")
    con = duckdb.connect()
    con.execute("CREATE TABLE t AS SELECT range AS i, NULL::INTEGER AS j FROM range(40)")
    shell.user_ns.update(con=con, other=duckdb.connect())
    return shell


def cell(shell, line, text):
    return shell.run_cell(f"%%sql {line}\n{text}\n")


def test_shows_first_rows_and_their_number(shell):
    result = cell(shell, "", "SELECT i, j FROM t ORDER BY i").result
    lines = repr(result).splitlines()
    assert lines[:2] == [" i    j", " 0 NULL"]
    assert lines[-1] == "(40 rows, the first 20 shown)"
    assert len(lines) == 22
    assert result["i"].sum() == 780
    html = result._repr_html_()
    assert html.count("<tr") == 21
    assert "NULL" in html


def test_one_row_and_no_row(shell):
    assert "(1 row)" in repr(cell(shell, "", "SELECT 1 AS n").result)
    assert repr(cell(shell, "", "SELECT i FROM t WHERE false").result) == "i\n(0 rows)"


def test_keeps_the_text_even_when_it_fails(shell):
    assert cell(shell, "answer", "SELECT count(*) AS n\nFROM t").success
    assert shell.user_ns["answer"] == "SELECT count(*) AS n\nFROM t"
    assert not cell(shell, "answer", "SELECT k FROM t").success
    assert shell.user_ns["answer"] == "SELECT k FROM t"


def test_keeps_the_result(shell):
    cell(shell, "few <<", "SELECT i FROM t WHERE i < 2 ORDER BY i")
    assert type(shell.user_ns["few"]) is pd.DataFrame
    assert shell.user_ns["few"]["i"].tolist() == [0, 1]


def test_other_connection(shell):
    assert cell(shell, "--con other", "SELECT 5 AS n").success
    assert not cell(shell, "--con other", "SELECT * FROM t").success
    assert cell(shell, "answer --con other", "SELECT 6 AS n").success
    assert shell.user_ns["answer"] == "SELECT 6 AS n"


def test_error_is_plain_words_without_traceback(shell, capsys):
    assert not cell(shell, "", "SELECT k FROM t").success
    shown = capsys.readouterr().out
    assert "There is no column 'k'" in shown
    assert "Traceback" not in shown
    assert ".py" not in shown


@pytest.mark.parametrize(
    ("line", "words"),
    [("a b c", "does not understand"), ("<<", "does not understand"),
     ("--con nope", "no database connection 'nope'")],
)  # fmt: skip
def test_misuse(shell, capsys, line, words):
    assert not cell(shell, line, "SELECT 1").success
    assert words in capsys.readouterr().out


def test_notice_is_shown(shell):
    result = cell(shell, "", "SELECT * FROM t WHERE j = NULL").result
    assert "! A comparison with NULL is never true" in repr(result)
    assert "IS NOT NULL" in result._repr_html_()


def test_what_is_made_of_a_result_is_plain():
    table = Table(pd.DataFrame({"a": [1, 2]}), ["look"])
    assert type(table[table["a"] > 1]) is pd.DataFrame


def test_source_keeps_a_sql_cell():
    source = '# %% task="5.3" language="sql" magic_args="answer"\n# SELECT kommune\n# FROM npr\n'
    notebook = jupytext.reads(source, fmt="py:percent")
    assert notebook.cells[0].source == "%%sql answer\nSELECT kommune\nFROM npr"
    again = jupytext.reads(jupytext.writes(notebook, fmt="py:percent"), fmt="py:percent")
    assert again.cells[0].source == notebook.cells[0].source
    assert again.cells[0].metadata["task"] == "5.3"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("con.sql('SELECT ii FROM t')", "Did you mean 'i'?"),
        ("con.execute('SELECT ii FROM t')", "Did you mean 'i'?"),
        ("con.sql('SELECT * FROM tt').df()", "Did you mean 't'?"),
        ("con.close(); con.sql('SELECT 1')", "closed"),
    ],
)
def test_a_query_that_duckdb_refuses_is_explained_without_a_traceback(shell, capsys, code, words):
    result = shell.run_cell(code)
    assert isinstance(result.error_in_exec, duckdb.Error)
    shown = "".join(capsys.readouterr())
    assert words in shown
    assert "Traceback" not in shown
    assert "File " not in shown
    assert shown.count("\n") < 6


def test_other_errors_keep_their_traceback(shell, capsys):
    shell.run_cell("1 / 0")
    assert "ZeroDivisionError" in "".join(capsys.readouterr())
