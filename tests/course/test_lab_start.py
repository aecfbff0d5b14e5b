"""The start page: what it says about progress, where its links lead, whose notes it keeps."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from labkit.course.layout import lay_out
from labkit.course.outcomes import load_course
from labkit.course.start import progress_stamp, read_chapters, render, write_start
from labkit.course.status import own_status_table
from labkit.grading.progress import record

MODULE = next(m for m in load_course().modules.values() if m.number == 5)
NAME = f"{MODULE.name}.ipynb"


def exercise(*tasks: tuple[str, str, float]) -> bytes:
    cells: list[dict[str, object]] = []
    for task, statement, points in tasks:
        cells += [
            {"cell_type": "markdown", "id": f"say-{task}", "source": statement, "metadata": {}},
            {"cell_type": "code", "source": ["answer = None"], "metadata": {}, "outputs": []},
            {
                "cell_type": "code",
                "source": f'check.sql("{task}", answer)',
                "metadata": {"nbgrader": {"grade": True, "points": points}},
                "outputs": [],
            },
        ]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    content = exercise(
        ("5.1", "## 5.1 Hoftebrudd (1 poeng)\n\nOrtopeden ...", 1),
        ("5.2", "**5.2 (2 poeng).** Hvor mange [døgnopphold](x.md) i `npr`? Gi et tall.", 2),
        ("5.3", "", 1),
    )
    for lang in ("nb", "en"):
        for kind in ("notebooks", "exercises"):
            folder = tmp_path / "kit" / kind / lang
            folder.mkdir(parents=True)
            (folder / NAME).write_bytes(content)
    (tmp_path / "kit" / "data" / "synthetic" / "dictionary").mkdir(parents=True)
    (tmp_path / "kit" / "data" / "synthetic" / "dictionary" / "ehr.md").write_text("# EHR")
    lay_out(tmp_path / "lab", "nb", source=tmp_path / "kit")
    return tmp_path / "lab"


def solve(lab: Path, task: str, status: str = "right", points: float = 1) -> None:
    record(task, status, points, folder=lab / ".labkit")


def page(lab: Path) -> str:
    write_start(lab)
    return (lab / "start.md").read_text(encoding="utf-8")


def test_a_new_student_is_sent_to_the_lesson(lab: Path) -> None:
    text = page(lab)
    assert f"**Neste steg:** les leksjonen [5 · {MODULE.nb}](leksjoner/{NAME})" in text
    assert "**0 av 3** oppgaver løst" in text
    assert "○○○ 0 av 3 løst, 0 av 4 poeng" in text


def test_progress_shows_by_task_and_the_next_step_moves_on(lab: Path) -> None:
    solve(lab, "5.1")
    solve(lab, "5.2", "almost", 0.5)
    text = page(lab)
    assert f"oppgave [5.2 Hvor mange døgnopphold i npr?](oppgaver/{NAME}#cell-id=say-5.2)" in text
    assert "●◐○ 1 av 3 løst, 1,5 av 4 poeng" in text
    assert f"| 5.1 | [Hoftebrudd](oppgaver/{NAME}#cell-id=say-5.1) | 1 / 1 | ● løst |" in text
    assert f"| 5.3 | [5.3](oppgaver/{NAME}#cell-id=say-5.3) | 0 / 1 | ○ gjenstår |" in text


def test_the_share_required_is_seventy_per_cent_of_the_points(lab: Path) -> None:
    solve(lab, "5.2", points=2)
    assert "kravet på 70 %" not in page(lab)
    solve(lab, "5.1")
    assert "✓ over kravet på 70 %" in page(lab)


def test_when_all_is_solved_there_is_nothing_left_but_to_hand_in(lab: Path) -> None:
    for task, points in (("5.1", 1), ("5.2", 2), ("5.3", 1)):
        solve(lab, task, points=points)
    assert "Nå kan du levere" in page(lab)


def test_a_later_worse_try_takes_nothing_away(lab: Path) -> None:
    solve(lab, "5.2", points=2)
    before = page(lab)
    solve(lab, "5.2", "almost", 1)
    assert page(lab) == before


def test_every_link_leads_to_a_file_and_every_module_is_named(lab: Path) -> None:
    for lang in ("nb", "en"):
        lay_out(lab, lang, source=lab.parent / "kit")
        text = page(lab)
        links = re.findall(r"\]\((.*?)(?:#.*?)?\)", text)
        assert links
        assert ("ordbok/ehr.md" if lang == "nb" else "dictionary/ehr.md") in links
        assert all((lab / link).is_file() for link in links)
        for module in load_course().modules.values():
            assert getattr(module, lang) in text
        assert text.count("kommer |" if lang == "nb" else "coming |") == 11


def test_english_is_english(lab: Path) -> None:
    solve(lab, "5.2", "almost", 0.5)
    lay_out(lab, "en", source=lab.parent / "kit")
    text = render(read_chapters(lab, "en"), "en", {})
    assert "tasks solved" in text
    assert not re.search(r"[æøåÆØÅ]|oppgave|løst", re.sub(r"\[.*?\]", "", text))


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b'{"cells": 3}', b'{"cells": [{"cell_type": "code"}]}', b"\xff"]
)
def test_an_exercise_that_is_no_notebook_any_more_stops_nothing(lab: Path, damage: bytes) -> None:
    (lab / "oppgaver" / NAME).write_bytes(damage)
    assert f"[Oppgaver](oppgaver/{NAME})" in page(lab)


def test_notes_written_in_the_start_page_are_moved_not_lost(lab: Path) -> None:
    for note in ("mine\n", "more\n"):
        page(lab)
        (lab / "start.md").write_text(note)
        assert "Neste steg" in page(lab)
    assert (lab / "start-mine-notater.md").read_text() == "mine\n"
    assert (lab / "start-mine-notater-2.md").read_text() == "more\n"


def test_a_page_of_the_kits_own_is_replaced_without_a_copy(lab: Path) -> None:
    page(lab)
    solve(lab, "5.1")
    page(lab)
    assert [path.name for path in lab.glob("*.md")] == ["start.md"]


def test_the_stamp_changes_when_progress_comes(lab: Path) -> None:
    before = progress_stamp(lab)
    solve(lab, "5.1")
    assert progress_stamp(lab) != before


def test_texts_are_no_part_of_the_seventy_per_cent(lab: Path) -> None:
    """The start page and `labkit status` say the same of the same progress."""
    content = exercise(("5.1", "## 5.1 A (1 poeng)", 7), ("5.2", "## 5.2 B", 3), ("5.3", "C", 10))
    text = content.replace(b'check.sql(\\"5.3\\", answer)', b'check.text(\\"5.3\\", answer)')
    assert text != content
    (lab / "oppgaver" / NAME).write_bytes(text)
    solve(lab, "5.1", points=7)
    shown = page(lab)
    assert "●○○ 1 av 3 løst, 7 av 10 poeng · ✓ over kravet på 70 %" in shown
    assert "| – / 10 | ○ gjenstår |" in shown
    solve(lab, "5.3", points=0)  # a text that is in its place
    assert "| – / 10 | ✎ klar til levering, leses av en lærer |" in page(lab)
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(own_status_table(lab, "nb"))
    assert re.search(r"2 / 3 +│ +7 / 10 +│ +70 %", console.export_text())


def test_what_is_tried_only_when_graded_is_not_called_solved(lab: Path) -> None:
    """Tables and models can be read in a lab; what they earn is found later."""
    solve(lab, "5.2", points=0)
    assert "| – / 2 | ✎ klar til levering, prøves når øvingen rettes |" in page(lab)
