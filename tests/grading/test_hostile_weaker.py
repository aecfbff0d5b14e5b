"""The hostile corpus in weaker sandboxes: user namespaces stop it all, a plain process does not.

What a plain process does not stop is what its warning says, no less and no more.
"""

import os
import socket
import tomllib
from pathlib import Path

import pytest

from labkit.grading.grade import grade
from labkit.grading.runs.sandbox import works
from labkit.messages import say

CELLS = tomllib.loads(
    (Path(__file__).parents[1] / "submissions" / "hostile.toml").read_text(encoding="utf-8")
)
SAMPLE = Path(__file__).parent / "sample" / "05_algebra_sql.py"
NAME = "05_algebra_sql.ipynb"
SEED = 7_482_915_360_217
CORPUS = {
    # every cell that reaches for something, and those whose limit is the sandbox's own
    "unshare": [name for name, case in CELLS.items() if "won" in case["t2"]]
    + ["memory", "many_processes", "full_disk", "full_shared_memory", "large_file",
       "process_that_stays"],
    # what has limits there too, and forgeries
    "none": ["loop_without_alarm", "memory", "memory_of_no_process", "many_processes",
             "large_file", "many_open_files",
             "output_flood", "process_that_stays", "exit_at_once", "always_equal", "pickled_answer",
             "patched_check", "patched_kit"],
}  # fmt: skip
# Attacks that a plain process lets through, by the words of its warning.
LET_THROUGH = {
    "reads_another": "other submissions",
    "reads_solutions": "solutions",
    "reads_marks": "marks",
    "network": "network",
    "writes_outside": "change all that you can",
}


def graded(names, by, exercise, attack, top):
    handed, out = top / "handed", top / "out"
    local = f"labkit-{os.getpid()}-{by}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as line:
        line.bind(f"\0{local}")
        line.listen()
        stand_ins = {
            "CANARY": str(top / "canary"), "SECRET": str(handed / "good" / NAME),
            "LEDGER": str(out / "work" / "grading.sqlite"), "SOURCE": str(SAMPLE),
            "PORT": str(server.getsockname()[1]), "SOCKET": local, "ENV": "LABKIT_CANARY",
            "RESULTS": "__import__('os').dup(3)", "SEED": str(SEED),
        }  # fmt: skip
        for student in ("good", *names):
            (handed / student).mkdir(parents=True)
            (handed / student / NAME).write_text(attack(CELLS.get(student, {}), stand_ins), "utf-8")
        made = grade(
            handed, out, load=lambda name: exercise, people=250, seed=SEED, workers=2, timeout=5,
            by=by,
        )  # fmt: skip
    assert made.sandbox == by
    return {s: (m.status, [task.points for task in m.tasks]) for s, _, m in made.marks}


@pytest.mark.parametrize("by", [by for by in CORPUS if works(by)])
def test_hostile_cells_earn_no_more_in_a_weaker_sandbox(by, exercise, attack, in_class, tmp_path):
    came = graded(CORPUS[by], by, exercise, attack, tmp_path)
    assert came.pop("good") == ("ok", [1, 2, 3])
    assert came == {
        name: (CELLS[name].get("status", "ok"), CELLS[name].get("points", [1, 0, 3]))
        for name in CORPUS[by]
    }
    assert not (tmp_path / "canary").exists()


def test_a_plain_process_lets_through_what_its_warning_says(exercise, attack, in_class, tmp_path):
    came = graded(LET_THROUGH, "none", exercise, attack, tmp_path)
    assert {name for name, (_, points) in came.items() if points == [1, 2, 3]} == {
        "good",
        *LET_THROUGH,
    }
    assert (tmp_path / "canary").exists()
    for words in LET_THROUGH.values():
        assert words in say("grading.no_sandbox", "en")
