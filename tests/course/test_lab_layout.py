"""Laying out a lab folder: the kit's files are renewed, the student's are never written to."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.course import layout
from labkit.course.layout import fingerprint, lay_out, read_state
from labkit.errors import DataError, InputError, MachineError

NAME = "05_algebra_sql.ipynb"
TASK = f"oppgaver/{NAME}"


def notebook(*sources: str, outputs: tuple[str, ...] = ()) -> bytes:
    cells = [
        {"cell_type": "code", "source": [text], "outputs": list(outputs), "metadata": {}}
        for text in sources
    ]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}).encode()


def publish(source: Path, content: bytes, lang: str = "nb", name: str = NAME) -> None:
    for kind in ("notebooks", "exercises"):
        (source / kind / lang).mkdir(parents=True, exist_ok=True)
        (source / kind / lang / name).write_bytes(content)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    publish(tmp_path / "kit", notebook("version 1"))
    publish(tmp_path / "kit", notebook("version 1"), "en")
    return tmp_path / "kit"


@pytest.fixture
def lab(tmp_path: Path, kit: Path) -> Path:
    lay_out(tmp_path / "lab", "nb", source=kit)
    return tmp_path / "lab"


def test_a_new_lab_has_lessons_exercises_and_keys(tmp_path: Path, kit: Path) -> None:
    (kit / "exercises" / "keys").mkdir()
    (kit / "exercises" / "keys" / "05_algebra_sql.json").write_text("{}")
    laid = lay_out(tmp_path / "deep" / "lab", "nb", source=kit)
    made = {str(p.relative_to(tmp_path / "deep" / "lab")) for p in tmp_path.glob("deep/lab/**/*.*")}
    assert laid.new == [f"leksjoner/{NAME}", TASK]
    assert made >= {f"leksjoner/{NAME}", TASK, ".labkit/keys/05_algebra_sql.json"}
    assert not [path for path in made if path.endswith(".part")]


def test_nothing_happens_the_second_time(lab: Path, kit: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in lab.glob("*/*.ipynb")}
    laid = lay_out(lab, source=kit)
    assert (laid.new, laid.renewed, laid.kept) == ([], [], [])
    assert {path: path.stat().st_mtime_ns for path in lab.glob("*/*.ipynb")} == before


def test_a_file_that_was_only_run_is_renewed(lab: Path, kit: Path) -> None:
    (lab / TASK).write_bytes(notebook("version 1", outputs=("42",)))
    publish(kit, notebook("version 2"))
    assert TASK in lay_out(lab, source=kit).renewed
    assert b"version 2" in (lab / TASK).read_bytes()


def test_a_changed_file_is_kept_and_the_newer_laid_beside_it(lab: Path, kit: Path) -> None:
    mine = notebook("version 1", "my answer")
    (lab / TASK).write_bytes(mine)
    publish(kit, notebook("version 2"))
    laid = lay_out(lab, source=kit)
    assert laid.kept == [(TASK, "oppgaver/05_algebra_sql-ny.ipynb")]
    assert laid.renewed == [f"leksjoner/{NAME}"]
    assert (lab / TASK).read_bytes() == mine
    assert (lab / laid.kept[0][1]).read_bytes() == notebook("version 2")
    assert lay_out(lab, source=kit).kept == []


def test_work_in_the_newer_version_is_kept_too(lab: Path, kit: Path) -> None:
    (lab / TASK).write_bytes(notebook("mine"))
    publish(kit, notebook("version 2"))
    beside = lab / lay_out(lab, source=kit).kept[0][1]
    beside.write_bytes(notebook("version 2", "mine too"))
    publish(kit, notebook("version 3"))
    assert lay_out(lab, source=kit).kept == [(TASK, "oppgaver/05_algebra_sql-ny-2.ipynb")]
    assert beside.read_bytes() == notebook("version 2", "mine too")


def test_an_untouched_newer_version_is_renewed_where_it_lies(lab: Path, kit: Path) -> None:
    (lab / TASK).write_bytes(notebook("mine"))
    for version in ("version 2", "version 3"):
        publish(kit, notebook(version))
        assert lay_out(lab, source=kit).kept == [(TASK, "oppgaver/05_algebra_sql-ny.ipynb")]
    assert sorted(p.name for p in (lab / "oppgaver").iterdir()) == [
        "05_algebra_sql-ny.ipynb",
        NAME,
    ]


@pytest.mark.parametrize("how", ["deleted", "renamed"])
def test_a_file_that_is_gone_is_laid_out_afresh(lab: Path, kit: Path, how: str) -> None:
    if how == "deleted":
        (lab / TASK).unlink()
    else:
        (lab / TASK).rename(lab / "oppgaver" / "mine.ipynb")
    assert lay_out(lab, source=kit).new == [TASK]
    assert (lab / "oppgaver" / "mine.ipynb").exists() == (how == "renamed")


def test_a_student_who_took_over_the_newer_version_gets_no_third(lab: Path, kit: Path) -> None:
    publish(kit, notebook("version 2"))
    (lab / TASK).write_bytes(notebook("version 2"))
    laid = lay_out(lab, source=kit)
    assert (TASK in laid.renewed, laid.kept) == (False, [])


def test_two_languages_side_by_side_are_both_renewed(lab: Path, kit: Path) -> None:
    assert lay_out(lab, "en", source=kit).new == [f"lessons/{NAME}", f"exercises/{NAME}"]
    assert read_state(lab)["lang"] == "en"
    publish(kit, notebook("version 2"))
    publish(kit, notebook("version 2"), "en")
    assert len(lay_out(lab, source=kit).renewed) == 4
    assert read_state(lab)["lang"] == "en"


def test_an_empty_folder_and_what_the_system_puts_there_will_do(tmp_path: Path, kit: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / ".DS_Store").touch()
    assert lay_out(tmp_path / "lab", "nb", source=kit).new


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, kit: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.docx").touch()
    with pytest.raises(InputError, match=r"thesis\.docx"):
        lay_out(tmp_path / "home", "nb", source=kit)
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.docx"]


def test_a_file_is_no_folder(tmp_path: Path, kit: Path) -> None:
    (tmp_path / "lab").write_text("x")
    with pytest.raises(InputError, match="lab"):
        lay_out(tmp_path / "lab", "nb", source=kit)


def test_a_folder_that_cannot_be_made(tmp_path: Path, kit: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(MachineError, match="labkit lab"):
        lay_out(tmp_path / "file" / "lab", "nb", source=kit)


def test_a_file_where_the_exercises_should_be(tmp_path: Path, lab: Path, kit: Path) -> None:
    (lab / TASK).unlink()
    (lab / "oppgaver").rmdir()
    (lab / "oppgaver").write_text("notes")
    with pytest.raises(MachineError, match="oppgaver"):
        lay_out(lab, source=kit)
    assert (lab / "oppgaver").read_text() == "notes"


def test_a_kit_without_materials_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="labkit build"):
        lay_out(tmp_path / "lab", "nb", source=tmp_path)
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize("state", ["", "{}", "[]", '{"lang": "xx"}', '{"files": 3}', "\x00"])
def test_when_the_state_is_lost_nothing_of_the_students_is(
    lab: Path, kit: Path, state: str
) -> None:
    (lab / TASK).write_bytes(notebook("mine"))
    (lab / ".labkit" / "state.json").write_text(state)
    publish(kit, notebook("version 2"))
    laid = lay_out(lab, "nb", source=kit)
    assert (lab / TASK).read_bytes() == notebook("mine")
    assert (TASK, "oppgaver/05_algebra_sql-ny.ipynb") in laid.kept


def test_cut_off_half_way_the_kit_still_knows_its_own(
    lab: Path, kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(kit, notebook("version 2"))
    whole = layout.write_whole

    def cut_off(path: Path, content: bytes) -> None:
        if path.name == NAME and path.parent.name == "oppgaver":
            raise KeyboardInterrupt
        whole(path, content)

    monkeypatch.setattr(layout, "write_whole", cut_off)
    with pytest.raises(KeyboardInterrupt):
        lay_out(lab, source=kit)
    monkeypatch.undo()
    publish(kit, notebook("version 3"))
    laid = lay_out(lab, source=kit)
    assert (sorted(laid.renewed), laid.kept) == ([f"leksjoner/{NAME}", TASK], [])


def test_a_link_to_a_file_elsewhere_does_not_lead_the_kit_there(
    tmp_path: Path, lab: Path, kit: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.ipynb"
    (lab / TASK).rename(elsewhere)
    (lab / TASK).symlink_to(elsewhere)
    publish(kit, notebook("version 2"))
    lay_out(lab, source=kit)
    assert elsewhere.read_bytes() == notebook("version 1")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"cells": 3}', b'{"cells": [{}]}', b"\xff\xfe", b"null"]
)
def test_what_is_no_notebook_counts_byte_for_byte(content: bytes) -> None:
    assert fingerprint(content, "a.ipynb") == fingerprint(content, "a.md")


def test_pictures_pasted_into_prose_are_content() -> None:
    plain = {"cell_type": "markdown", "source": "![](attachment:a.png)"}
    pasted = plain | {"attachments": {"a.png": {"image/png": "iVBO"}}}
    contents = [json.dumps({"cells": [cell]}).encode() for cell in (plain, pasted)]
    assert fingerprint(contents[0], NAME) != fingerprint(contents[1], NAME)


ACTIONS = st.lists(
    st.sampled_from(
        ["update", "edit", "run", "delete", "rename", "break", "lay out", "lose state"]
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(actions=ACTIONS, target=st.lists(st.integers(0, 5), min_size=12, max_size=12))
def test_no_edit_is_ever_lost(actions: list[str], target: list[int]) -> None:
    """Whatever students and kit do, in whatever order, each edit stays where it was made."""
    with tempfile.TemporaryDirectory() as scratch:
        kit, lab = Path(scratch, "kit"), Path(scratch, "lab")
        publish(kit, notebook("kit 0"))
        lay_out(lab, "nb", source=kit)
        mine: dict[Path, bytes] = {}
        for turn, action in enumerate(actions):
            files = sorted(lab.glob("*/*.ipynb"))
            path = files[target[turn] % len(files)] if files else None
            if action == "update":
                publish(kit, notebook(f"kit {turn + 1}"))
            elif action == "lay out":
                lay_out(lab, source=kit)
            elif action == "lose state":
                (lab / ".labkit" / "state.json").write_text("gone")
            elif path is None:
                continue
            elif action == "edit":
                mine[path] = notebook(f"mine {turn}")
                path.write_bytes(mine[path])
            elif action == "break":
                mine[path] = f"not a notebook {turn}".encode()
                path.write_bytes(mine[path])
            elif action == "run" and path not in mine:
                book = json.loads(path.read_bytes())
                book["cells"][0]["outputs"] = [turn]
                path.write_text(json.dumps(book))
            elif action == "delete":
                mine.pop(path, None)
                path.unlink()
            elif action == "rename":
                moved = path.with_name(f"renamed {turn}.ipynb")
                mine[moved] = mine.pop(path, path.read_bytes())
                path.rename(moved)
        lay_out(lab, source=kit)
        assert {path: path.read_bytes() for path in mine} == mine
        again = lay_out(lab, source=kit)
        assert (again.new, again.renewed, again.kept) == ([], [], [])
        if "lose state" in actions:
            return  # then an old file of the kit's may pass for the student's, and is kept
        now = fingerprint((kit / "exercises" / "nb" / NAME).read_bytes(), NAME)
        untouched = set(lab.glob(f"*/{NAME}")) - set(mine)
        assert {fingerprint(path.read_bytes(), NAME) for path in untouched} <= {now}
