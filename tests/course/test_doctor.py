"""The doctor: each check is shown a healthy machine and one that was broken on purpose."""

import json
import shutil
import socket
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import psutil
import pytest
from rich.console import Console

from labkit.course import doctor, symptoms
from labkit.course.symptoms import GIB, Finding
from labkit.errors import MachineError
from labkit.messages import catalogue, set_language

Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


def kernelspec(folder: Path, name: str, language: str, argv: list[str]) -> None:
    (folder / "kernels" / name).mkdir(parents=True)
    spec = {"argv": argv, "display_name": name, "language": language}
    (folder / "kernels" / name / "kernel.json").write_text(json.dumps(spec))


def test_this_machine_is_well(tmp_path: Path) -> None:
    quick = [
        symptoms.check_python(),
        symptoms.check_packages(),
        symptoms.check_write(tmp_path / "lab"),
        symptoms.check_disk(tmp_path),
        symptoms.check_port(),
    ]
    assert [(found.status, found.remedy) for found in quick] == [("ok", "")] * 5
    assert list(tmp_path.iterdir()) == []


def test_an_old_python(monkeypatch: Patch) -> None:
    monkeypatch.setattr(symptoms, "PYTHON", (9, 9))
    found = symptoms.check_python()
    assert (found.status, "9.9" in found.remedy) == ("problem", True)


def test_packages_that_are_missing_or_too_old(monkeypatch: Patch) -> None:
    needs = ["numpy>=999", "no-such-distribution", "pandas", 'torch; extra == "deep"']
    monkeypatch.setattr(metadata, "requires", lambda name: needs)
    found = symptoms.check_packages()
    assert found.status == "problem"
    assert "numpy" in found.seen
    assert "no-such-distribution (-)" in found.seen
    assert "pandas" not in found.seen
    assert "torch" not in found.seen


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = symptoms.check_write(tmp_path / "file" / "lab")
    assert (found.status, str(tmp_path) in found.seen) == ("problem", True)


@pytest.mark.parametrize(("gib", "status"), [(0.1, "problem"), (1, "note"), (9, "ok")])
def test_a_full_disk(monkeypatch: Patch, tmp_path: Path, gib: float, status: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=gib * GIB))
    assert symptoms.check_disk(tmp_path).status == status


@pytest.mark.parametrize(("gib", "status"), [(0.1, "problem"), (1, "note"), (9, "ok")])
def test_little_memory(monkeypatch: Patch, gib: float, status: str) -> None:
    memory = SimpleNamespace(available=gib * GIB, total=16 * GIB)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert symptoms.check_memory().status == status


def test_a_firewall(monkeypatch: Patch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionRefusedError("refused by a firewall")

    monkeypatch.setattr(socket, "create_connection", refuse)
    found = symptoms.check_port()
    assert (found.status, "firewall" in found.seen) == ("problem", True)


def test_a_proxy_that_takes_this_machines_own_address(monkeypatch: Patch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert symptoms.check_port().status == "note"
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    assert symptoms.check_port().status == "ok"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: Patch) -> Path:
    """A copy of the class dataset that may be damaged."""
    from labkit.world.classroom import class_dataset

    folder = class_dataset()
    shutil.copytree(folder, tmp_path / "home" / folder.name)
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / folder.name


def drop_a_table(dataset: Path) -> None:
    (dataset / "population" / "person.parquet").unlink()


def change_a_value(dataset: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = dataset / "population" / "person.parquet"
    table = pq.read_table(path)
    ids = pa.chunked_array([[999_999_999, *table["person_id"].to_pylist()[1:]]])
    index = table.schema.get_field_index("person_id")
    changed = table.set_column(index, table.schema.field(index), ids.cast(pa.int64()))
    pq.write_table(changed, path)


def cut_a_file(dataset: Path) -> None:
    path = dataset / "population" / "person.parquet"
    path.write_bytes(path.read_bytes()[:-50])


def break_the_manifest(dataset: Path) -> None:
    (dataset / "manifest.json").write_text("{")


def break_the_database(dataset: Path) -> None:
    for path in dataset.glob("*.duckdb"):
        path.write_bytes(b"no database" * 1000)


def test_a_whole_dataset(home: Path) -> None:
    assert symptoms.check_data().status == "ok"


@pytest.mark.parametrize(
    "damage", [drop_a_table, change_a_value, cut_a_file, break_the_manifest, break_the_database]
)
def test_a_damaged_dataset(home: Path, damage: Callable[[Path], None]) -> None:
    damage(home)
    found = symptoms.check_data()
    assert (found.status, str(home.parent) in found.remedy) == ("problem", True)


def test_the_kernel_answers() -> None:
    assert symptoms.check_kernel().status == "ok"


def test_a_kernel_that_dies(tmp_path: Path, monkeypatch: Patch) -> None:
    kernelspec(tmp_path, "python3", "python", [sys.executable, "-c", "raise SystemExit(1)"])
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = symptoms.check_kernel()
    assert (found.status, "kernelspec" in found.remedy) == ("problem", True)


def test_a_kernel_of_another_python(monkeypatch: Patch) -> None:
    monkeypatch.setattr(sys, "prefix", "/another/python")
    found = symptoms.check_kernel()
    assert (found.status, "/another/python" in found.seen) == ("problem", True)


def test_jupyterlab_starts() -> None:
    assert symptoms.check_jupyterlab().status == "ok"


def test_jupyterlab_that_does_not_start(tmp_path: Path, monkeypatch: Patch) -> None:
    (tmp_path / "jupyterlab").mkdir()
    (tmp_path / "jupyterlab" / "__init__.py").touch()
    (tmp_path / "jupyterlab" / "__main__.py").write_text("raise RuntimeError('half installed')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = symptoms.check_jupyterlab()
    assert (found.status, "half installed" in found.seen) == ("problem", True)


def test_no_sandbox(monkeypatch: Patch) -> None:
    monkeypatch.setenv("PATH", "")
    assert symptoms.check_sandbox().status == "note"


def test_r_is_found_by_its_language(tmp_path: Path, monkeypatch: Patch) -> None:
    kernelspec(tmp_path, "an-r", "R", ["R"])
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert symptoms.check_r().status == "ok"
    monkeypatch.setattr(
        "jupyter_client.kernelspec.KernelSpecManager.get_all_specs", lambda self: {}
    )
    assert symptoms.check_r().status == "note"


def test_no_postgres(monkeypatch: Patch) -> None:
    monkeypatch.setattr(symptoms, "find_spec", lambda name: None)
    found = symptoms.check_postgres()
    assert (found.status, "psycopg" in found.seen) == ("note", True)


def test_the_report_shows_the_remedy_and_ends_with_the_problems(monkeypatch: Patch) -> None:
    findings = [
        Finding("python", "ok", "fine"),
        Finding("r", "note", "not [there]", "install it"),
        Finding("disk", "problem", "full", "make room"),
    ]
    monkeypatch.setattr(doctor, "examine", lambda folder: iter(findings))
    console = Console(record=True, width=100)
    with pytest.raises(MachineError, match="1 to mend before the lab works: Disk") as raised:
        doctor.report(Path("lab"), console)
    assert raised.value.exit_code == 6
    lines = [line.strip() for line in console.export_text().splitlines() if line.strip()]
    assert lines == [
        "OK      Python: fine",
        "NOTE    R: not [there]",
        "→ install it",
        "PROBLEM Disk: full",
        "→ make room",
    ]


def test_a_check_that_breaks_does_not_stop_the_others(tmp_path: Path, monkeypatch: Patch) -> None:
    def broken(*args: object) -> Finding:
        raise ImportError("no psutil")

    for name in vars(symptoms):
        if name.startswith("check_"):
            monkeypatch.setattr(symptoms, name, broken)
    findings = list(doctor.examine(tmp_path))
    assert len(findings) == len([name for name in vars(symptoms) if name.startswith("check_")])
    assert {found.status for found in findings} == {"problem"}
    assert all("no psutil" in found.seen for found in findings)


@pytest.mark.parametrize("area", ["doctor", "lab"])
def test_both_languages_say_the_same(area: str) -> None:
    for name, text in catalogue(area).items():
        fields = {lang: {f for _, f, _, _ in Formatter().parse(text[lang]) if f} for lang in text}
        assert set(text) == {"nb", "en"}, name
        assert fields["nb"] == fields["en"], name
