"""A file is the old one or the new one, whoever writes it and whatever goes wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from labkit.files import write_whole


def test_text_and_bytes_are_written_and_replaced(tmp_path):
    path = tmp_path / "new" / "a.html"
    write_whole(path, "blåbær \ud800")
    assert path.read_text(encoding="utf-8") == "blåbær ?"
    write_whole(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert [p.name for p in path.parent.iterdir()] == ["a.html"]


def test_many_may_write_at_once(tmp_path):
    path = tmp_path / "gradebook.csv"
    texts = [str(n) * 10_000 for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_whole(path, text), texts * 5))
    assert path.read_text() in texts
    assert [p.name for p in tmp_path.iterdir()] == ["gradebook.csv"]


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_whole(path, "old")

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert path.read_text() == "old"
