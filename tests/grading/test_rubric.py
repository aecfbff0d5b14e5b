"""Texts are marked by people: over HTTP, by two markers, safely, and into the gradebook."""

import csv
import http.client
import re
import threading
from dataclasses import replace
from html import unescape
from urllib.parse import urlencode

import pytest

from labkit.errors import GradingError, InputError
from labkit.grading.feedback import page as feedback_page
from labkit.grading.feedback import write_feedback
from labkit.grading.gradebook import write_lms_gradebooks
from labkit.grading.ledger import Ledger, Level
from labkit.grading.marking import TaskMark
from labkit.grading.results import read_results
from labkit.grading.rubric import TOGETHER, agree, rubric_of, text_digest, with_levels
from labkit.grading.rubric.desk import Desk, model_answer
from labkit.grading.rubric.server import MarkingServer
from labkit.grading.task import Task
from labkit.grading.work import Mark, no_mark

EVIL = "</div><script>document.title='x'</script><img src=http://x onerror=alert(1)>\x00\ud800"
TEXTS = {"anne": "Fordi dataene er samlet inn til behandling.", "bo": EVIL, "cato": "Nei = nei?"}


@pytest.fixture
def with_text(exercise):
    solution = 'answer = """Fordi formålet var et annet."""'
    written = replace(exercise.tasks[2], kind="text", solution=solution, points=3)
    return replace(exercise, tasks=(*exercise.tasks[:2], written))


@pytest.fixture
def out(tmp_path, with_text):
    """What a grading leaves: three texts, and a student who handed in nothing."""
    name, rows = with_text.name, []
    for student, text in TEXTS.items():
        tasks = [
            TaskMark("5.1", 1.0, 1.0, "same"),
            TaskMark("5.2", 0.0, 2.0, "blank"),
            TaskMark("5.3", 0.0, 3.0, "written", facts={"written": text}),
        ]
        rows.append((student, name, Mark("ok", "nb", tasks)))
    rows.append(("dina", name, no_mark(with_text, "missing")))
    (tmp_path / "work").mkdir()
    ledger = Ledger(tmp_path / "work" / "grading.sqlite")
    ledger.settle((student, name, mark.to_json()) for student, name, mark in rows)
    ledger.close()
    return tmp_path


@pytest.fixture
def load(with_text):
    return lambda name: with_text


@pytest.fixture
def visit(out, load):
    """Start a server for a marker; return what sends it requests, with and without its cookie."""
    servers = []

    def start(marker="AB", **options):
        server = MarkingServer(Desk(out, load, marker=marker, **options))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return Visitor(server)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Visitor:
    def __init__(self, server):
        self.server, self.cookie = server, f"labkit-mark={server.token}"

    def send(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=20)
        headers = {"Cookie": self.cookie} | {k.replace("_", "-"): v for k, v in headers.items()}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer.headers

    def give(self, text, level, **fields):
        form = urlencode({"token": self.server.token, "level": level, **fields})
        return self.send("POST", f"/text/{text.id}", form)

    def text_by(self, student):
        return next(t for t in self.server.desk.texts if t.student == student)


def points(out):
    with open(out / "gradebook.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row["5.3"] for row in csv.DictReader(file)}


def test_a_level_is_saved_at_once_and_reaches_the_gradebooks(visit, out):
    visitor = visit()
    status, _, headers = visitor.give(visitor.text_by("anne"), 2, comment="Fint, men hvorfor?")
    assert status == 303
    assert headers["Location"].startswith("/text/")
    assert points(out) == {"anne": "2", "bo": "0", "cato": "0", "dina": "0"}
    canvas = (out / "gradebook-canvas.csv").read_text(encoding="utf-8")
    assert "anne,,,anne,,3\n" in canvas.replace("\r", "")
    ledger = Ledger(out / "work" / "grading.sqlite")
    (kept,) = ledger.levels()
    ledger.close()
    assert kept[:3] == ("anne", "5.3", "AB")
    assert kept[4:] == (2, "Fint, men hvorfor?")


def test_marking_goes_through_every_text_once_and_then_says_so(visit):
    visitor = visit()
    status, _, headers = visitor.send("GET", "/")
    seen = []
    for _ in TEXTS:
        path = headers["Location"]
        seen.append(path)
        text = visitor.server.desk.text(path.removeprefix("/text/"))
        status, _, headers = visitor.give(text, 1)
        assert status == 303
    assert len(set(seen)) == len(TEXTS)
    assert "Lest av deg: 3 av 3" in visitor.send("GET", headers["Location"])[1]


def test_what_a_student_wrote_is_text_and_no_name_is_shown(visit):
    visitor = visit()
    text = visitor.text_by("bo")
    status, page, headers = visitor.send("GET", f"/text/{text.id}")
    assert status == 200
    assert "<script>document" not in page
    assert "<img" not in page
    shown = re.search(r'id="text"[^>]*>(.*?)</div>', page, re.DOTALL)[1]
    assert unescape(shown).startswith("</div><script>document.title='x'</script>")
    assert not any(re.search(rf"\b{name}\b", page) for name in ("anne", "bo", "cato"))
    policy = headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)[1]
    assert re.findall(r"<script[^>]*>", page) == [f'<script nonce="{nonce}">']
    assert "default-src 'none'" in policy
    assert visit("CD", names=True).send("GET", f"/text/{text.id}")[1].count("· bo") == 1


def test_two_markers_are_blind_until_both_have_read_then_differences_are_listed(visit, out):
    first, second = visit("AB"), visit("CD")
    text = first.text_by("anne")
    first.give(text, 3)
    assert "AB: 3" not in second.send("GET", f"/text/{text.id}")[1]
    status, _, headers = second.give(text, 1)
    assert headers["Location"] == f"/text/{text.id}"  # to the same text: they differ
    assert points(out)["anne"] == "0"
    assert "AB: 3, CD: 1" in second.send("GET", f"/text/{text.id}")[1]
    assert f"/text/{text.id}" in first.send("GET", "/differ")[1]
    status, _, _ = first.give(text, 2, together="yes")
    assert status == 303
    assert points(out)["anne"] == "2"
    assert "Ingen uenigheter" in first.send("GET", "/differ")[1]
    assert [text.id for text in first.server.desk.texts]  # both see the same texts
    assert {t.id for t in first.server.desk.texts} == {t.id for t in second.server.desk.texts}


def test_only_who_knows_the_token_gets_in(visit):
    visitor = visit()
    text = visitor.text_by("anne")
    path, form = f"/text/{text.id}", urlencode({"token": visitor.server.token, "level": 3})
    assert visitor.send("GET", path, Cookie="")[0] == 403
    assert visitor.send("GET", "/?token=wrong", Cookie="")[0] == 403
    assert visitor.send("GET", path, Cookie="labkit-mark=wrong")[0] == 403
    assert visitor.send("GET", path, Host="evil.example")[0] == 403
    assert visitor.send("POST", path, form, Cookie="")[0] == 403
    assert visitor.send("POST", path, form, Host="evil.example")[0] == 403
    assert visitor.send("POST", path, "level=3")[0] == 403  # another page's form has no token
    status, _, headers = visitor.send("GET", f"/?token={visitor.server.token}", Cookie="")
    assert status == 303
    assert headers["Location"] == "/"
    assert "HttpOnly; SameSite=Strict" in headers["Set-Cookie"]
    assert visitor.server.desk.own(text) is None
    assert visitor.server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("level", ["4", "-1", "", "two", "1e0", "³"])
@pytest.mark.usefixtures("english")
def test_levels_that_the_rubric_does_not_have_are_refused(visit, level):
    visitor = visit()
    status, said, _ = visitor.give(visitor.text_by("anne"), level)
    assert status == 400
    assert said.startswith("level:")
    assert not visitor.server.desk.agreements()[visitor.text_by("anne").id].given


def test_strange_requests_are_refused(visit):
    visitor = visit()
    text = visitor.text_by("anne")
    assert visitor.send("GET", "/text/none")[0] == 404
    assert visitor.send("GET", "/../work/grading.sqlite")[0] == 404
    assert visitor.send("POST", f"/text/{text.id}", "x" * 60_000)[0] == 413
    assert visitor.give(text, 1, comment="x" * 2_001)[0] == 400
    assert visitor.give(text, 1, together="yes")[0] == 400  # nobody to settle with


def test_a_level_never_counts_for_another_text(with_text):
    old = Level("anne", "5.3", "AB", text_digest("an older text"), 3, "")
    task = TaskMark("5.3", 0.0, 3.0, "written", facts={"written": "a newer text"})
    rows = [("anne", with_text.name, Mark("ok", "nb", [task]))]
    (row,) = with_levels(rows, {with_text.name: with_text}, [old])
    assert (row[2].tasks[0].state, row[2].tasks[0].points) == ("written", 0.0)
    new = old._replace(text_digest=text_digest("a newer text"))
    (row,) = with_levels(rows, {with_text.name: with_text}, [old, new])
    assert (row[2].tasks[0].state, row[2].tasks[0].points) == ("marked", 3.0)


def test_the_student_is_told_the_level_and_the_comment_escaped(out, load, with_text, tmp_path):
    desk = Desk(out, load, marker="AB")
    desk.give(next(t for t in desk.texts if t.student == "bo"), 1, "<b>Se</b> oppgaven igjen.")
    desk.close()
    rows, exercises = read_results(out, load)
    write_feedback(rows, exercises, tmp_path / "feedback")
    text = (tmp_path / "feedback" / "bo.html").read_text(encoding="utf-8")
    assert "Nivå 1 av 3." in text
    assert "&lt;b&gt;Se&lt;/b&gt; oppgaven igjen." in text
    assert "leses av en lærer" in (tmp_path / "feedback" / "anne.html").read_text(encoding="utf-8")
    assert feedback_page.__doc__
    assert "venter på lærer 2" in (out / "report.html").read_text(encoding="utf-8")


def test_markers_agree_differ_and_settle():
    one = Level("a", "5.3", "AB", "", 2, "Bra")
    assert agree([]).level is None
    assert not agree([]).differs
    two = one._replace(marker="CD", level=1, comment="")
    assert agree([one, two]).differs
    settled = agree([one, two, one._replace(marker=TOGETHER, level=0)])
    assert (settled.level, settled.differs, settled.comments) == (0, False, ("Bra", "Bra"))
    assert agree([one, two._replace(level=2)]).level == 2


@pytest.mark.usefixtures("english")
def test_a_task_may_have_a_rubric_of_its_own():
    own = {"nb": ["svak", "god"], "en": ["weak", "good"]}
    task = Task("1.7", "text", 2, ("K1",), {}, "", "", "answer", {"rubric": own})
    assert rubric_of(task).top == 1
    for bad in ({"nb": ["x"], "en": ["x"]}, {"nb": ["a", "b"]}, {"nb": "ab", "en": ["a"]}, 3):
        with pytest.raises(GradingError, match=r"task 1\.7: rubric is"):
            rubric_of(replace(task, settings={"rubric": bad}))


def test_the_authors_answer_is_shown_as_text_or_as_code():
    task = Task("1.7", "text", 2, ("K1",), {}, 'a = 1\nanswer = """\nFordi.\n"""', "", "answer")
    assert model_answer(task) == "Fordi."
    assert model_answer(replace(task, solution="answer = f(x)")) == "answer = f(x)"


@pytest.mark.usefixtures("english")
def test_a_desk_without_texts_or_without_a_marker_is_refused(out, load, exercise, tmp_path):
    for marker in ("", " ", TOGETHER, "x" * 61):
        with pytest.raises(InputError, match="is no name"):
            Desk(out, load, marker=marker)
    with pytest.raises(GradingError, match="no texts have been handed in"):
        Desk(out, lambda name: exercise, marker="AB")
    with pytest.raises(GradingError, match="nothing has been graded here"):
        Desk(tmp_path / "elsewhere", load, marker="AB")


def test_gradebooks_of_learning_systems_have_one_row_for_each_student(out, load):
    rows, _ = read_results(out, load)
    rows.append(("=HYPERLINK(1)", rows[0][1], rows[0][2]))
    canvas, blackboard = write_lms_gradebooks(rows, out)
    with open(canvas, newline="", encoding="utf-8") as file:
        head, possible, *students = csv.reader(file)
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert possible == ["    Points Possible", "", "", "", "", "6"]
    assert students[0] == ["anne", "", "", "anne", "", "1"]
    assert students[-1][0] == "'=HYPERLINK(1)"
    with open(blackboard, newline="", encoding="utf-8") as file:
        head, *students = csv.reader(file)
    assert head == ["Username", "05_algebra_sql [Total Pts: 6]"]
    assert students[0] == ["anne", "1"]
    assert len(students) == 5
