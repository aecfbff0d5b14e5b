"""Who has handed in what: folders, zips, exports of an LMS, and tricks with paths."""

import contextlib
import io
import json
import os
import stat
import zipfile

import pytest

from labkit.errors import GradingError
from labkit.grading import submissions
from labkit.grading.notebook import MAX_BYTES, Unreadable


def known(name):
    return name in ("05_algebra_sql", "06_quality")


def notebook(name="05_algebra_sql", note=""):
    return json.dumps({"cells": [], "metadata": {"labkit": {"name": name}}, "note": note}).encode()


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name) if isinstance(name, str) else name
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


def in_zip(tmp_path, members):
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(members))
    return submissions.find(path, known=known)


def told(handed):
    return {(h.student, h.exercise): len(h.files) for h in handed}


def newest(handed, student, folder):
    return submissions.take(next(h for h in handed if h.student == student), folder)


BLACKBOARD = {
    "Øving 5_kari_attempt_2026-01-30-12-00-00_05_algebra_sql.ipynb": notebook(note="first"),
    "Øving 5_kari_attempt_2026-01-31-09-15-00_05_algebra_sql.ipynb": notebook(note="second"),
    "Øving 5_kari_attempt_2026-01-31-09-15-00.txt": b"Name: Kari (kari)",
    "Øving 5_ola_attempt_2026-01-29-23-59-59_min losning.ipynb": notebook(),
    "Øving 5_siri_attempt_2026-01-29-23-59-59.txt": b"Name: Siri (siri)",
}
CANVAS = {
    "nordmannkari_1234_88001_05_algebra_sql.ipynb": notebook(note="first"),
    "nordmannkari_LATE_1234_88010_05_algebra_sql-1.ipynb": notebook(note="second"),
    "nordmannkari_77_88002_losning.ipynb": notebook(),  # another with the same name
}


@pytest.mark.parametrize("as_zip", [True, False])
def test_blackboards_export_is_read_and_the_newest_attempt_counts(tmp_path, as_zip):
    if as_zip:
        handed = in_zip(tmp_path, BLACKBOARD)
    else:
        for name, content in BLACKBOARD.items():
            (tmp_path / name).write_bytes(content)
        handed = submissions.find(tmp_path, known=known)
    five = "05_algebra_sql"
    assert told(handed) == {("kari", five): 2, ("ola", five): 1, ("siri", five): 0}
    kept = tmp_path / "kept"
    assert b"second" in newest(handed, "kari", kept)
    assert newest(handed, "siri", kept) is None
    assert sorted(path.read_bytes() for path in kept.iterdir()) == sorted(
        content for name, content in BLACKBOARD.items() if "kari" in name and "ipynb" in name
    )


def test_canvas_export_is_read_and_namesakes_are_kept_apart(tmp_path):
    handed = in_zip(tmp_path, CANVAS)
    assert told(handed) == {
        ("nordmannkari_1234", "05_algebra_sql"): 2,
        ("nordmannkari_77", "05_algebra_sql"): 1,
    }
    assert b"second" in newest(handed, "nordmannkari_1234", tmp_path / "kept")


LATER = "x_ola_attempt_2030-01-01-00-00-00_05_algebra_sql.ipynb"


@pytest.mark.parametrize(
    ("names", "students"),
    [
        (["Øving 5_ola_attempt_2026-01-30-12-00-00_05_algebra_sql.ipynb",
          f"Øving 5_kari_attempt_2026-01-30-12-00-00_{LATER}"], {"ola", "kari"}),
        (["nordmannola_12_1_05_algebra_sql.ipynb", f"nordmannkari_13_2_{LATER}"],
         {"nordmannola_12", "nordmannkari_13"}),
        (["in/ola/05_algebra_sql.ipynb", f"in/kari/{LATER}"], {"ola", "kari"}),
        (["in/ola/05_algebra_sql.ipynb", "in/kari/ola_1_2_05_algebra_sql.ipynb"], {"ola", "kari"}),
    ],
)  # fmt: skip
def test_a_file_named_as_another_students_is_the_one_who_handed_it_in(tmp_path, names, students):
    for name in names:
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook())
    folder = tmp_path / "folder"
    in_folder = submissions.find(folder / "in" if (folder / "in").exists() else folder, known=known)
    for handed in (in_folder, in_zip(tmp_path, dict.fromkeys(names, notebook()))):
        assert told(handed) == {(student, "05_algebra_sql"): 1 for student in students}


def test_the_newest_file_in_a_students_folder_counts(tmp_path):
    folder = tmp_path / "in" / "kari"
    (folder / "deep").mkdir(parents=True)
    for place, name in enumerate(("deep/05_algebra_sql.ipynb", "Kopi av 05_algebra_sql (1).ipynb")):
        (folder / name).write_bytes(notebook(note=str(place)))
        os.utime(folder / name, (1e9 + place, 1e9 + place))
    (folder / "notes.docx").write_bytes(b"x")
    handed = submissions.find(tmp_path / "in", known=known)
    assert told(handed) == {("kari", "05_algebra_sql"): 2}
    assert b'"1"' in newest(handed, "kari", tmp_path / "kept")


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_utf8_or_very_long_are_made_text(tmp_path):
    for name in (b"K\xe5re", "Åse".encode(), "ø".encode() * 120):
        folder = os.path.join(os.fsencode(tmp_path), b"in", name)
        os.makedirs(folder)
        with open(os.path.join(folder, b"05_algebra_sql.ipynb"), "wb") as file:
            file.write(notebook())
    handed = submissions.find(tmp_path / "in", known=known)
    assert [h.student for h in handed] == ["K%e5re", "Åse", "ø" * 100]
    long = in_zip(tmp_path, {"in/" + "😀" * 100 + "/05_algebra_sql.ipynb": notebook(),
                             "in/kari/05_algebra_sql.ipynb": notebook()})  # fmt: skip
    assert [h.student for h in long] == ["kari", "😀" * 50]


def test_a_name_that_is_no_exercise_stops_nobody(tmp_path):
    members = {
        "in/kari/05_algebra_sql_kari.ipynb": notebook(),
        "in/ola/99_made_up.ipynb": notebook(name="06_quality"),
        "in/per/../../x.ipynb": notebook(name="../../etc"),
        "in/siri/05_algebra_sql.ipynb": b"no json",
        "in/una/report.pdf": b"x",
    }
    found = {pair for pair, n in told(in_zip(tmp_path, members)).items() if n}
    five = "05_algebra_sql"
    assert found == {("kari", five), ("siri", five), ("ola", "06_quality")}


def test_a_students_own_zip_is_opened(tmp_path):
    inner = zipped({"a/05_algebra_sql.ipynb": notebook(), "__MACOSX/05_algebra_sql.ipynb": b"x"})
    handed = in_zip(tmp_path, {"in/kari/levering.zip": inner, "in/ola/levering.zip": b"no zip",
                               "in/per/05_algebra_sql.ipynb": notebook()})  # fmt: skip
    assert [len(h.files) for h in handed] == [1, 0, 1]


def test_tricks_with_paths_write_nothing_and_lead_nowhere(tmp_path):
    outside = tmp_path / "outside"
    members = {
        "../../outside/05_algebra_sql.ipynb": notebook(),
        "/etc/05_algebra_sql.ipynb": notebook(),
        "C:\\temp\\05_algebra_sql.ipynb": notebook(),
        "in/kari/../../../outside/05_algebra_sql.ipynb": notebook(),
    }
    handed = in_zip(tmp_path, members)
    for item in handed:
        submissions.take(item, tmp_path / "kept")
    assert not outside.exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.zip", "kept"]


def test_a_link_in_a_zip_or_folder_is_not_followed(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(notebook(note="secret"))
    link = zipfile.ZipInfo("in/kari/05_algebra_sql.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    handed = in_zip(tmp_path, {link: str(secret), "in/ola/05_algebra_sql.ipynb": notebook()})
    with pytest.raises(Unreadable, match="no_file"):
        newest(handed, "kari", tmp_path / "kept")
    folder = tmp_path / "in" / "kari"
    folder.mkdir(parents=True)
    (folder / "05_algebra_sql.ipynb").symlink_to(secret)
    (tmp_path / "in" / "ola").symlink_to(tmp_path)
    handed = submissions.find(tmp_path / "in", known=known)
    assert [h.student for h in handed] == ["kari"]
    with pytest.raises(Unreadable, match="no_file"):
        newest(handed, "kari", tmp_path / "kept")


@pytest.mark.parametrize("lies", [False, True])
def test_a_zip_bomb_is_not_unpacked(tmp_path, lies):
    bomb = zipped({"in/kari/05_algebra_sql.ipynb": b"0" * (MAX_BYTES + 1),
                   "in/ola/05_algebra_sql.ipynb": notebook()})  # fmt: skip
    assert len(bomb) < 100_000
    if lies:  # the size in its header says 16 bytes
        bomb = bomb.replace((MAX_BYTES + 1).to_bytes(4, "little"), (16).to_bytes(4, "little"))
    path = tmp_path / "all.zip"
    path.write_bytes(bomb)
    handed = submissions.find(path, known=known)
    with pytest.raises(Unreadable, match="unreadable" if lies else "too_big"):
        newest(handed, "kari", tmp_path / "kept")
    assert newest(handed, "ola", tmp_path / "kept") == notebook()


def made_up(kind):
    """Make a zip that no writer would make: its readers raise something else for each."""
    raw = bytearray(zipped({"05_algebræ.ipynb": notebook()}))
    listed = raw.index(b"PK\x01\x02")
    match kind:
        case "long_name":
            return zipped({"05_" + "å" * 300 + "a" * 300 + ".ipynb": notebook("no")})
        case "name_not_utf8":
            raw[raw.index("æ".encode(), listed)] = 0xFF
        case "version_of_tomorrow":
            raw[listed + 6] = 99
        case "content_not_deflated":
            start = raw.index(b".ipynb") + 6
            raw[start : start + 8] = b"\xff" * 8
    return bytes(raw)


@pytest.mark.parametrize(
    "kind", ["long_name", "name_not_utf8", "version_of_tomorrow", "content_not_deflated"]
)
def test_a_made_up_zip_stops_nobody_else(tmp_path, kind):
    handed = in_zip(
        tmp_path, {"in/kari/mine.zip": made_up(kind), "in/ola/05_algebra_sql.ipynb": notebook()}
    )
    for item in handed:
        with contextlib.suppress(Unreadable):
            submissions.take(item, tmp_path / "kept")
    assert newest(handed, "ola", tmp_path / "kept") == notebook()
    (tmp_path / "whole.zip").write_bytes(made_up(kind))
    with pytest.raises(GradingError):
        submissions.find(tmp_path / "whole.zip", known=known)


@pytest.mark.usefixtures("english")
def test_nothing_to_grade_is_said_plainly(tmp_path):
    with pytest.raises(GradingError, match="no such folder or zip"):
        submissions.find(tmp_path / "none", known=known)
    with pytest.raises(GradingError, match="STUDENT/NN_topic"):
        submissions.find(tmp_path, known=known)
    (tmp_path / "a.zip").write_bytes(b"PK")
    with pytest.raises(GradingError, match="cannot be read as a zip"):
        submissions.find(tmp_path / "a.zip", known=known)


@pytest.mark.parametrize(
    ("name", "student", "original"),
    [
        ("wellslane_334244_394803489_Mine.ipynb", "wellslane_334244", "Mine.ipynb"),
        ("o_brien_LATE_17_88_05_algebra_sql.ipynb", "o_brien_17", "05_algebra_sql.ipynb"),
        ("anon_aB3x9_88_05_algebra_sql.ipynb", "anon_aB3x9", "05_algebra_sql.ipynb"),
        ("LATE_anon_12345_88_mine.ipynb", "anon_12345", "mine.ipynb"),
    ],
)
def test_every_way_in_which_canvas_names_a_file_is_read(tmp_path, name, student, original):
    (tmp_path / name).write_bytes(notebook())
    (found,) = submissions.find(tmp_path, known=known)
    assert (found.student, found.files[0].name) == (student, original)
