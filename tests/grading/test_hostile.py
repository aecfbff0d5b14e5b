"""A class of hostile and broken submissions: each a definite mark, none succeeds, none is hurt."""

import json
import os
import socket
import tomllib
from pathlib import Path

import psutil
import pytest

from labkit.grading.grade import grade
from labkit.grading.runs.sandbox import means

TIMEOUT = 3
SEED = 7_482_915_360_217
SAMPLE = Path(__file__).parent / "sample" / "05_algebra_sql.py"
CELLS = tomllib.loads(
    (Path(__file__).parents[1] / "submissions" / "hostile.toml").read_text(encoding="utf-8")
)
RESULTS = "__import__('os').dup(3)"  # where results go out: see test_sandbox
NAME = "05_algebra_sql.ipynb"
FULL = [1, 2, 3]

# What is wrong with a file or its cells -> status and points; made from the solved notebook.
BROKEN = {
    "good": ("ok", FULL),
    "good_with_warnings": ("ok", FULL),
    "renamed": ("ok", FULL),
    "checks_deleted": ("ok", FULL),
    "setup_deleted": ("ok", FULL),
    "everything_twice": ("ok", FULL),
    "split_cells": ("ok", FULL),
    "ids_lost": ("ok", FULL),
    "odd_cells": ("ok", FULL),
    "untouched": ("ok", [0, 0, 0]),
    "empty": ("unreadable", [0, 0, 0]),
    "invalid_json": ("unreadable", [0, 0, 0]),
    "not_utf8": ("unreadable", [0, 0, 0]),
    "deep_json": ("unreadable", [0, 0, 0]),
    "no_cells": ("unreadable", [0, 0, 0]),
    "zip_by_another_name": ("unreadable", [0, 0, 0]),
    "too_many_cells": ("unreadable", [0, 0, 0]),
    "huge_cell": ("unreadable", [0, 0, 0]),
    "other_kernel": ("unreadable", [0, 0, 0]),
    "link": ("unreadable", [0, 0, 0]),
    "pipe": ("unreadable", [0, 0, 0]),
    "no_file": ("missing", [0, 0, 0]),
}
pytestmark = pytest.mark.skipif(means() == "none", reason="no sandbox on this machine")


def broken(name, exercise, notebook):
    """Make a broken file; None where it is no ordinary file."""
    made = json.loads(notebook(exercise))
    cells = made["cells"]
    match name:
        case "good_with_warnings":
            cells[-2]["source"] = "import warnings; warnings.warn('old')\n" + cells[-2]["source"]
        case "checks_deleted":
            made["cells"] = [c for c in cells if not c["id"].startswith("check")]
        case "setup_deleted":
            made["cells"] = [c for c in cells if not c["id"].startswith("cell-")]
        case "everything_twice":
            made["cells"] = [c for c in cells for _ in range(2)]
        case "split_cells":
            made["cells"] = []
            for cell in cells:
                made["cells"].append(cell)
                if cell["id"] == "task-5-3":
                    first, _, rest = cell["source"].partition("\n")
                    cell["source"] = first
                    made["cells"].append({**cell, "id": "new", "metadata": {}, "source": rest})
        case "ids_lost":
            for cell in cells:
                del cell["id"]
                cell["metadata"] = {}
        case "odd_cells":
            cells[:0] = [None, 7, {"cell_type": "code", "source": {"a": 1}}, {"source": ["x", 3]}]
        case "untouched":
            made = json.loads(notebook(exercise, solved=False))
        case "empty":
            return b""
        case "invalid_json":
            return json.dumps(made).encode()[:-40]
        case "not_utf8":
            return json.dumps(made).encode("utf-16")
        case "deep_json":
            return b"[" * 200_000
        case "no_cells":
            return b'{"metadata": {}}'
        case "zip_by_another_name":
            return b"PK\x03\x04" + bytes(100)
        case "too_many_cells":
            made["cells"] = cells * 400
        case "huge_cell":
            cells[0] = {"cell_type": "code", "id": "x", "source": "x = 1\n" * 100_000}
        case "other_kernel":
            made["metadata"]["kernelspec"] = {"name": "ir", "language": "R"}
            made["metadata"]["language_info"] = {"name": "R"}
    return json.dumps(made).encode()


@pytest.fixture(scope="module")
def scene(exercise, notebook, attack, in_class, tmp_path_factory):
    """Grade the corpus once; what attacks aim at lies outside the sandbox."""
    top = tmp_path_factory.mktemp("hostile")
    handed, out = top / "handed", top / "out"
    name = f"labkit-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
        pytest.MonkeyPatch.context() as patch,
    ):
        local.bind(f"\0{name}")
        local.listen()
        patch.setenv("LABKIT_CANARY", "secret")
        stand_ins = {
            "CANARY": str(top / "canary"), "SECRET": str(handed / "good" / NAME),
            "LEDGER": str(out / "work" / "grading.sqlite"), "SOURCE": str(SAMPLE),
            "PORT": str(server.getsockname()[1]), "SOCKET": name, "ENV": "LABKIT_CANARY",
            "RESULTS": RESULTS,
            "SEED": str(SEED),
        }  # fmt: skip
        for student, case in CELLS.items():
            (handed / student).mkdir(parents=True)
            (handed / student / NAME).write_text(attack(case, stand_ins))
        for student in BROKEN:
            folder = handed / student
            folder.mkdir()
            if student == "link":
                (folder / NAME).symlink_to(handed / "good" / NAME)
            elif student == "pipe":
                os.mkfifo(folder / NAME)
            elif student != "no_file":
                file = "min løsning (1).ipynb" if student == "renamed" else NAME
                (folder / file).write_bytes(broken(student, exercise, notebook))
        before = (handed / "good" / NAME).read_bytes()
        graded = grade(
            handed,
            out,
            load=lambda name: exercise,
            people=250,
            seed=SEED,
            workers=2,
            timeout=TIMEOUT,
        )
        server.settimeout(0)
        local.settimeout(0)
        reached = []
        for listener in (server, local):
            try:
                listener.accept()
                reached.append(listener)
            except BlockingIOError:
                pass
    marks = {student: mark for student, _, mark in graded.marks}
    return {"top": top, "marks": marks, "reached": reached, "graded": graded,
            "untouched": (handed / "good" / NAME).read_bytes() == before}  # fmt: skip


def test_the_corpus_is_large_enough():
    assert len(CELLS) + len(BROKEN) - 2 >= 40


@pytest.mark.parametrize("student", CELLS)
def test_a_hostile_cell_gets_what_it_should_and_no_more(scene, student):
    case, mark = CELLS[student], scene["marks"][student]
    came = {"status": mark.status, "points": [task.points for task in mark.tasks]}
    assert came == {
        "status": case.get("status", "ok"),
        "points": case.get("points", [1, 0, 3]),
    }
    if mark.status == "stopped":
        assert mark.stops
        assert {task.state for task in mark.tasks if task.task in mark.stops} == {"stopped"}


@pytest.mark.parametrize("student", BROKEN)
def test_a_broken_file_gets_a_definite_mark(scene, student):
    mark = scene["marks"][student]
    assert (mark.status, [task.points for task in mark.tasks]) == BROKEN[student]
    assert bool(mark.reason) == (mark.status == "unreadable")


def test_the_gradebook_gives_a_reason_wherever_something_went_wrong(scene):
    import csv

    with open(scene["graded"].gradebook, newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(CELLS) + len(BROKEN)
    for student, row in rows.items():
        assert row["reason"] or row["status"] == "ok", student
        assert CELLS.get(student, {}).get("reason", "") in row["reason"]


def test_no_attack_has_left_a_trace(scene):
    from labkit.grading.ledger import Ledger

    top = scene["top"]
    assert scene["untouched"]
    assert scene["reached"] == []
    assert not (top / "canary").exists()
    assert not list(top.rglob("written_by_a_student"))
    assert not list(top.rglob("note_to_others"))
    assert not [place for place in ("/tmp", "/dev/shm", "/var/tmp")
                if Path(place, "note_to_others").exists()]  # fmt: skip
    kit = Path(__import__("labkit").__file__).parent
    assert not (kit / "written_by_a_student").exists()
    left = [p for p in psutil.process_iter(["cmdline"]) if "61.75" in (p.info["cmdline"] or [])]
    assert left == []
    ledger = Ledger(top / "out" / "work" / "grading.sqlite")
    tables = ledger._db.execute("SELECT name FROM sqlite_master").fetchall()
    ledger.close()
    assert ("hacked",) not in tables
