import base64
import json
import re

import pytest

from labkit import connect, exercise
from labkit.grading.check import key_path
from labkit.grading.progress import Best, read

MEDIAN = "SELECT median(income_nok) FROM income WHERE year = 2020"
HOMES = "SELECT municipality, count(*) AS n FROM residence WHERE to_date IS NULL GROUP BY ALL"


@pytest.fixture
def median(in_class):
    return connect().sql(MEDIAN).fetchall()[0][0]


@pytest.fixture
def check(lab):
    return exercise("05_algebra_sql", lang="nb")


def test_a_right_answer_holds(check, median):
    verdict = check("5.1", median)
    assert verdict.passed
    assert verdict.status == "right"
    assert repr(verdict) == "✓ Oppgave 5.1: Riktig. Dette stemmer."


def test_an_answer_left_over_from_another_task_is_recognised(check, median):
    rows = [median, median + 1]
    check("5.3", rows)
    assert "du ga i oppgave 5.3" in check("5.1", rows).text
    assert "du ga" not in check("5.1", list(rows)).text
    check("5.3", True)
    assert "du ga" not in check("5.1", True).text  # there is but one True


def test_a_query_is_run_and_compared(check):
    assert check.sql("5.2", HOMES).passed
    fewer = check.sql("5.2", HOMES.replace("IS NULL", "IS NULL AND municipality > '3426'"))
    assert not fewer.passed
    assert "mangler" in fewer.text


def test_a_known_wrong_answer_gets_its_hint_in_both_languages(check, lab):
    everyone = "SELECT municipality, count(*) AS n FROM residence GROUP BY municipality"
    assert check.sql("5.2", everyone).hint.startswith("Bor alle fortsatt der?")
    english = exercise("05_algebra_sql", lang="en")
    assert english.sql("5.2", everyone).hint.startswith("Does everyone")


@pytest.mark.parametrize("nothing", [None, ...])
def test_an_untouched_task_is_met_kindly(check, nothing):
    verdict = check("5.1", nothing)
    assert verdict.status == "unanswered"
    assert "Gi `answer` en verdi" in verdict.text


@pytest.mark.parametrize("nothing", [None, "", " ; ", "-- SELECT 1", "/* later */", "..."])
def test_an_empty_query_is_not_answered_yet(check, nothing):
    assert check.sql("5.2", nothing).status == "unanswered"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (len, "parenteser"),
        (object(), "object"),
        (float("nan"), "nan"),
        (float("inf"), "uendelige"),
        (True, "True/False"),
        ("12", "tekst"),
        ([1, 2], "en liste"),
        ([3], "verdien selv"),
    ],
)
def test_a_check_never_raises_for_what_a_student_did(check, answer, word):
    verdict = check("5.1", answer)
    assert not verdict.passed
    assert word in verdict.text


@pytest.mark.parametrize(
    ("query", "word"),
    [
        (3, "SQL som tekst"),
        ("SELEC 1", "kjøre"),
        ("SELECT * FROM nowhere", "kjøre"),
        ("DROP TABLE person", "kjøre"),
        ("SELECT * FROM read_csv('/etc/passwd')", "kjøre"),
    ],
)
def test_a_query_that_cannot_run_is_explained(check, query, word):
    verdict = check.sql("5.2", query)
    assert verdict.status == "almost"
    assert word in verdict.text


def test_an_answer_whose_own_code_fails_is_only_refused(check):
    class Trap:
        def __getattr__(self, name):
            raise RuntimeError("boo")

        def __eq__(self, other):
            return True

        __hash__ = None

    assert check("5.1", Trap()).status == "almost"
    assert check("5.3", {1: Trap()}).status == "almost"


def test_unknown_tasks_and_the_wrong_check_are_said_plainly(check):
    assert "5.1, 5.2, 5.3" in check("9.9", 1).text
    assert "`check.sql`" in check("5.2", HOMES).text
    assert "`check`" in check.sql("5.1", HOMES).text


def test_a_missing_or_broken_key_is_said_plainly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "01_nothing" in exercise("01_nothing")("1.1", 1).text
    (tmp_path / "01_nothing.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("LABKIT_KEYS", str(tmp_path))
    verdict = exercise("01_nothing")("1.1", 1)
    assert verdict.status == "note"
    assert "labkit lab" in verdict.text


def test_the_key_of_the_lab_is_found_from_a_folder_inside_it(lab, monkeypatch):
    (lab / "deep").mkdir()
    monkeypatch.chdir(lab / "deep")
    assert key_path("05_algebra_sql") == lab / ".labkit" / "keys" / "05_algebra_sql.json"


def test_progress_keeps_the_best_and_survives_a_broken_line(check, lab, median):
    check("5.1", 1)
    check("5.1", median)
    check("5.1", 2)
    check("5.2", None)
    with open(lab / ".labkit" / "progress.jsonl", "a", encoding="utf-8") as file:
        file.write('{"task": "5.3", "sta')
    assert read(lab / ".labkit") == {"5.1": Best("right", 1.0, 3)}


def test_a_lab_that_cannot_be_written_stops_no_check(check, lab, median):
    (lab / ".labkit" / "progress.jsonl").mkdir()
    assert check("5.1", median).passed


def test_a_card_says_its_status_in_words_and_escapes_the_students_text(check):
    html = check("5.3", {"<script>alert(1)</script>"})._repr_html_()
    assert "<script>" not in html
    assert "På vei" in html
    assert 'lang="nb"' in html


def test_no_answer_stands_in_the_key(key, lab, median):
    text = json.dumps(key)
    con = connect()
    secret = {str(median), *(str(n) for _, n in con.sql(HOMES).fetchall() if n > 9)}
    values = set(re.findall(r'"([^"]*)"|(-?\d+\.?\d*)', text))
    plain = {value for pair in values for value in pair}
    decoded = {
        base64.b64decode(value) for value in plain if re.fullmatch(r"[A-Za-z0-9+/]{16}", value)
    }
    assert "SELECT" not in text.upper().replace("SELECTED", "")
    assert not secret & plain - {"2", "3"}
    assert not any(word.encode() in raw for word in secret for raw in decoded)


def test_a_query_that_goes_wrong_is_shown_where_on_an_invented_database(check):
    verdict = check.sql("5.2", "SELECT municipality, count(*) AS n FROM residence GROUP BY ALL")
    *tables, yours, expected = verdict.tables.values()
    assert "oppdiktede" in verdict.hint
    assert 1 <= sum(len(table) for table in tables) <= 9
    assert not yours.equals(expected)
    assert "Din spørring gir" in repr(verdict)
