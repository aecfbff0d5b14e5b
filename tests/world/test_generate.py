"""Whole datasets: the same content however they are made, all or nothing on disk."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from labkit.errors import DataError, InputError, MachineError
from labkit.messages import say
from labkit.world import engine
from labkit.world.engine import make_tables
from labkit.world.generate import generate
from labkit.world.manifest import read_manifest, verify
from labkit.world.part import Config, Part
from labkit.world.people import ranks
from labkit.world.steps import STEPS
from labkit.world.workers import Job, write_part

PEOPLE = Config(people=5_200, seed=3)  # two partitions, the last one short
THREE = Config(people=10_100, seed=3)
POPULATION = ("people", "exposure", "disease", "episode", "death", "population")
ONLY_POPULATION = (
    "from labkit.world import engine\n"
    f"engine.STEPS = tuple(s for s in engine.STEPS if s.__module__.split('.')[2] in {POPULATION})\n"
)


@pytest.fixture
def population_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the tables that take time, where only files and folders are looked at."""
    few = tuple(s for s in STEPS if s.__module__.split(".")[2] in POPULATION)
    monkeypatch.setattr(engine, "STEPS", few)


def everything(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


ELSEWHERE = """
import datetime, os, time
from labkit.world.apart import work_alone

work_alone()  # pandas cannot be imported with other classes of dates
shift = float(os.environ["SHIFT_SECONDS"])
clock, clock_ns = time.time, time.time_ns
time.time = lambda: clock() + shift
time.time_ns = lambda: clock_ns() + int(shift * 1e9)

class Date(datetime.date):
    today = classmethod(lambda cls: cls.fromtimestamp(time.time()))

class Moment(datetime.datetime):
    now = classmethod(lambda cls, tz=None: cls.fromtimestamp(time.time(), tz))
    today = classmethod(lambda cls: cls.fromtimestamp(time.time()))

datetime.date, datetime.datetime = Date, Moment
import labkit.world.part
labkit.world.part.PARTITION_SIZE = 100  # so that three workers have something to do
"""
MAKE = """
import datetime, sys
from labkit.world.generate import generate
from labkit.world.part import Config
if __name__ == "__main__":
    made = generate(Config(people=250, seed=3), sys.argv[1], workers=int(sys.argv[2]))
    print(datetime.datetime.now().year, len(made.tables["person"].partition_rows), made.hash)
"""


def test_content_is_the_same_for_any_workers_date_time_zone_locale_and_hash_seed(
    tmp_path: Path,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE)  # read by every Python that starts
    (tmp_path / "make.py").write_text(MAKE)
    years, hashes = [], set()
    for workers, shift, more in (
        (1, 0, {"TZ": "UTC", "PYTHONHASHSEED": "1"}),
        (2, -20 * 365 * 86_400, {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "2"}),
        (3, 7 * 365 * 86_400, {"TZ": "America/Anchorage", "LC_ALL": "C", "PYTHONHASHSEED": "3"}),
    ):
        out = tmp_path / str(workers)
        path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        env = {**os.environ, "PYTHONPATH": path, "SHIFT_SECONDS": str(shift), **more}
        command = [sys.executable, str(tmp_path / "make.py"), str(out), str(workers)]
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
        year, partitions, digest = done.stdout.split()
        assert partitions == "3"
        years.append(int(year))
        hashes.add(digest)
    assert years[1] < years[0] < years[2]
    assert len(hashes) == 1
    assert verify(tmp_path / "3").hash in hashes
    assert {"1", "2", "3"} <= set(everything(tmp_path))


@pytest.mark.parametrize("people", [1, 2, 7, 40])
@pytest.mark.parametrize("defects", ["none", "class", "hard"])
def test_a_handful_of_people_is_a_dataset_too(people: int, defects: str) -> None:
    tables = make_tables(Config(people=people, seed=people, defects=defects), 0)
    assert len(tables["person"]) == people
    assert len(tables["exposure"]) == people


def test_an_added_step_changes_no_other_table(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(people=300, seed=4)
    before = make_tables(config, 0)

    def greedy(part: Part) -> None:
        part.rng("greedy").random(1000)

    monkeypatch.setattr(engine, "STEPS", (STEPS[0], greedy, *STEPS[1:]))
    after = make_tables(config, 0)
    assert before.keys() == after.keys()
    assert all(before[name].equals(after[name]) for name in before)


@pytest.mark.usefixtures("population_only")
def test_a_partition_needs_no_other() -> None:
    *_, rank = ranks(PEOPLE, 2)
    alone, counted = make_tables(PEOPLE, 1), make_tables(PEOPLE, 1, rank)
    assert all(alone[name].equals(counted[name]) for name in alone)


@pytest.mark.usefixtures("population_only")
def test_every_national_identity_number_is_unique(tmp_path: Path) -> None:
    generate(THREE, tmp_path / "data")
    person = pq.read_table(tmp_path / "data" / "population" / "person.parquet")
    assert len(person) == THREE.people
    assert len(person["fnr"].unique()) == THREE.people
    assert person["person_id"].to_pylist() == list(range(1, THREE.people + 1))


@pytest.mark.usefixtures("population_only")
@pytest.mark.usefixtures("english")
def test_verify_finds_a_changed_value(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    generate(Config(people=300), folder)
    assert verify(folder).hash == read_manifest(folder).hash
    path = folder / "population" / "income.parquet"
    table = pq.read_table(path)
    changed = table.set_column(2, "income_nok", table["income_nok"].cast("int32").fill_null(0))
    values = changed["income_nok"].to_pylist()
    values[7] += 1
    pq.write_table(changed.set_column(2, "income_nok", [values]), path)
    with pytest.raises(DataError, match=r"income\.parquet: partition 0"):
        verify(folder)
    path.unlink()
    with pytest.raises(DataError, match="missing"):
        verify(folder)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"people": 0}, "people: 0"),
        ({"people": -5}, "people: -5"),
        ({"people": True}, "people: True"),
        ({"people": 2.5}, "people: 2.5"),
        ({"seed": -1}, "seed: -1"),
        ({"region": "mars"}, "Choose one of fjell, norway"),
        ({"defects": "many"}, "Choose one of none, class, hard"),
    ],
)
@pytest.mark.usefixtures("english")
def test_bad_options_are_refused_and_nothing_is_made(
    options: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words):
        generate(Config(**options), tmp_path / "data")  # type: ignore[arg-type]
    assert everything(tmp_path) == []


def test_bad_format_and_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parquet, duckdb, csv, sqlite"):
        generate(Config(people=10), tmp_path / "data", format="xlsx")
    with pytest.raises(InputError, match="workers"):
        generate(Config(people=10), tmp_path / "data", workers=0)
    assert everything(tmp_path) == []


@pytest.mark.usefixtures("english")
def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        generate(Config(people=10), tmp_path / "data")
    assert (tmp_path / "data" / "thesis.txt").read_text() == "mine"
    assert everything(tmp_path) == ["data"]


@pytest.mark.usefixtures("population_only")
def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    generate(Config(people=10), tmp_path / "data")
    assert (tmp_path / "data" / "manifest.json").exists()


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from labkit.world.generate import generate; from labkit.world.part import Config\n"
        "from labkit.errors import MachineError\n"
        f"{ONLY_POPULATION}"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, {resource.RLIM_INFINITY}))\n"
        "try: generate(Config(people=3000), Path(sys.argv[1]) / 'data')\n"
        "except MachineError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LABKIT_LANG": "en"},
    )
    assert "the disk is full" in done.stdout
    assert everything(tmp_path) == []


@pytest.mark.usefixtures("population_only")
def test_an_interrupted_run_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, total: int, rows: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(THREE, tmp_path / "data", progress=stop)
    assert everything(tmp_path) == []


@pytest.mark.usefixtures("population_only")
def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from labkit.world.generate import generate; from labkit.world.part import Config\n"
        f"{ONLY_POPULATION}"
        "def kill(done, total, rows):\n"
        "    if done == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"generate({THREE!r}, Path(sys.argv[1]) / 'data', progress=kill)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "data").exists()

    seen: list[int] = []
    resumed = generate(
        THREE, tmp_path / "data", progress=lambda done, total, rows: seen.append(done)
    )
    assert seen == [2, 3]
    assert resumed.hash == generate(THREE, tmp_path / "whole").hash
    assert everything(tmp_path) == ["data", "whole"]


def test_workers_end_when_the_process_that_began_them_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import os, psutil, signal\n"
        "from labkit.world.generate import generate\n"
        "from labkit.world.part import Config\n"
        "def kill(done, total, rows):\n"
        "    if not done: return\n"
        "    print(*(child.pid for child in psutil.Process().children()), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        f"    generate({THREE!r}, {str(tmp_path / 'data')!r}, workers=2, progress=kill)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)], check=False, capture_output=True, timeout=300
    )
    assert done.returncode == -signal.SIGKILL
    workers = [int(pid) for pid in done.stdout.split()]
    assert len(workers) >= 2
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            psutil.Process(worker).wait(60)


@pytest.mark.usefixtures("population_only")
def test_parts_of_another_configuration_are_not_used(tmp_path: Path) -> None:
    staging = tmp_path / ".data.partial"
    (staging / "parts").mkdir(parents=True)
    (staging / "config.json").write_text(json.dumps({"config": "another"}))
    other = Config(people=50, seed=77)
    write_part(Job(other, 0, next(ranks(other, 1)), staging / "parts" / "0"))
    made = generate(Config(people=50), tmp_path / "data")
    assert made.hash == generate(Config(people=50), tmp_path / "again").hash


@pytest.mark.usefixtures("english")
def test_two_runs_into_one_folder_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / ".data.lock").write_text(str(os.getppid()))
    with pytest.raises(MachineError, match=f"process {os.getppid()}"):
        generate(Config(people=10), tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("english")
def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="labkit generate"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        read_manifest(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal to a group")
@pytest.mark.parametrize(
    ("options", "begun", "said"),
    [
        (["--people", "60000", "--workers", "2"], "parts", say("kit.interrupted", "en")),
        # the Parquet files are put aside, and DuckDB writes: it makes an error of its own of Ctrl-C
        (["--people", "5000", "--format", "csv"], "plain/../ehr", say("kit.stopped", "en")),
    ],
)
def test_ctrl_c_is_answered_with_a_sentence_and_leaves_nothing(
    tmp_path: Path, options: list[str], begun: str, said: str
) -> None:
    code = "from labkit.cli import main; main()"
    options = ["generate", *options, "--out", str(tmp_path / "data")]
    with subprocess.Popen(
        [sys.executable, "-c", code, *options],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "LABKIT_LANG": "en"},
    ) as running:
        while running.poll() is None and not (tmp_path / ".data.partial" / begun).exists():
            pass
        os.killpg(running.pid, signal.SIGINT)
        _, heard = running.communicate()
    assert running.returncode == 130
    assert said in heard
    assert "Traceback" not in heard
    assert everything(tmp_path) == []


@pytest.mark.usefixtures("english")
def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file: is a file"):
        generate(Config(people=10), tmp_path / "file" / "under" / "it")
    with pytest.raises(MachineError, match="Nothing half-made"):
        generate(Config(people=10), tmp_path / ("a" * 300))
    assert everything(tmp_path) == ["file"]
