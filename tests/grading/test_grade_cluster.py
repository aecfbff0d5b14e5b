"""Grading on a dask.distributed cluster: the same marks, also when a worker dies in the middle."""

import json
import os
import pickle
import shutil
import signal
import sqlite3

import pytest

from labkit.course.render import render
from labkit.errors import MachineError
from labkit.grading import cluster as cluster_module
from labkit.grading.cluster import Cluster
from labkit.grading.grade import grade
from labkit.grading.runs.sandbox import means

distributed = pytest.importorskip("distributed")
CommClosedError = pytest.importorskip("distributed.comm").CommClosedError
SEED = 4_193_865_027_431
CLASS = 12
LOOP = "while True: pass"
PEEK = """
import gc, os, pathlib
seen = [*map(str, pathlib.Path("/data").rglob("*")), str(dict(os.environ))]
seen += [repr(given) for given in gc.get_objects() if type(given).__name__ == "Step"]
answer = ";".join(seen)
"""


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def handed_in(exercise, in_class, tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed")
    solved = render(exercise, "nb", solved=True)[0]
    for number in range(CLASS):
        made = json.loads(json.dumps(solved))
        for cell in made["cells"]:
            if number == 1 and cell["id"] == "task-5-1":
                cell["source"] = "answer = 1"
            if number == 2 and cell["id"] == "task-5-2":
                cell["source"] = LOOP
        student = folder / f"s{number:02d}"
        student.mkdir()
        (student / "05_algebra_sql.ipynb").write_text(json.dumps(made), encoding="utf-8")
    return folder


def graded(handed_in, out, exercise, *, cluster=None, **options):
    options["cluster"] = cluster.scheduler_address if cluster else None
    return grade(
        handed_in, out, load=lambda name: exercise, people=250, seed=SEED, timeout=4, **options
    )


def test_a_killed_worker_loses_nothing_and_changes_nothing(cluster, handed_in, exercise, tmp_path):
    killed, seen = [], []

    def kill_one_at_work(done, total):
        seen.append(done)
        if done != 3:
            return
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            pids = client.run(os.getpid)
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            os.kill(pids[busy[0]], signal.SIGKILL)
            killed.append(busy[0])

    there = graded(
        handed_in, tmp_path / "there", exercise, cluster=cluster, progress=kill_one_at_work
    )
    here = graded(handed_in, tmp_path / "here", exercise, workers=2)
    assert killed
    assert seen == list(range(CLASS + 1))
    assert there.marks == here.marks
    assert [sum(t.points for t in m.tasks) for _, _, m in there.marks] == [
        {1: 5, 2: 4}.get(n, 6) for n in range(CLASS)
    ]
    with sqlite3.connect(tmp_path / "there" / "work" / "grading.sqlite") as ledger:
        rows = ledger.execute("SELECT student FROM mark ORDER BY student").fetchall()
    assert rows == [(f"s{n:02d}",) for n in range(CLASS)]
    again = graded(handed_in, tmp_path / "there", exercise, cluster=cluster)
    assert (again.reused, again.marks) == (CLASS, there.marks)


@pytest.mark.skipif(means() == "none", reason="no sandbox on this machine")
def test_a_worker_is_given_no_solution_no_mark_and_no_seed(
    cluster, handed_in, exercise, tmp_path, monkeypatch
):
    sent = []

    class Listening(Cluster):
        def run(self, cells, **options):
            ran = super().run(cells, **options)
            sent.append((cells, options, ran))
            return ran

        def _send(self, dataset, name, worker):
            sent.append((name, cluster_module.packed(dataset)))
            super()._send(dataset, name, worker)

    monkeypatch.setattr(cluster_module, "Cluster", Listening)
    one = tmp_path / "one" / "spy"
    one.mkdir(parents=True)
    blank = render(exercise, "nb", solved=False)[0]
    for cell in blank["cells"]:
        if cell["id"] == "task-5-3":
            cell["source"] = PEEK
    (one / "05_algebra_sql.ipynb").write_text(json.dumps(blank), encoding="utf-8")
    done = graded(one.parent, tmp_path / "out", exercise, cluster=cluster)
    assert [task.points for _, _, mark in done.marks for task in mark.tasks] == [0, 0, 0]
    assert len(sent) >= 2  # the dataset, and the cells
    whole = pickle.dumps(sent)
    peeked = sent[-1][2].outcomes["5.3"].answer.rows[0][0]
    assert "labkit.duckdb" in peeked
    assert "Step(code=" in peeked
    for secret in (str(SEED), "hidden dataset", *(task.solution for task in exercise.tasks)):
        assert secret.encode() not in whole
        assert secret not in peeked


@pytest.mark.usefixtures("english")
def test_a_dataset_that_is_lost_on_its_way_is_sent_again(
    cluster, handed_in, exercise, tmp_path, monkeypatch
):
    lost = []

    class Losing(Cluster):
        def _send(self, dataset, name, worker):
            if not lost:
                lost.append(worker)
                raise CommClosedError
            super()._send(dataset, name, worker)

    monkeypatch.setattr(cluster_module, "Cluster", Losing)
    shutil.copytree(handed_in / "s00", tmp_path / "one" / "s00")
    done = graded(tmp_path / "one", tmp_path / "out", exercise, cluster=cluster)
    assert lost
    assert [task.points for _, _, mark in done.marks for task in mark.tasks] == [1, 2, 3]


@pytest.mark.usefixtures("english")
def test_a_cluster_that_is_gone_is_said_and_what_was_marked_is_kept(
    cluster, handed_in, exercise, tmp_path, monkeypatch
):
    monkeypatch.setattr(cluster_module, "LOOK_SECONDS", 1)
    monkeypatch.setattr(cluster_module, "PATIENCE_SECONDS", 2)

    def close(done, total):
        if done == 1:
            cluster.close()

    with pytest.raises(MachineError, match="the same command goes on"):
        graded(handed_in, tmp_path, exercise, cluster=cluster, progress=close)
    again = graded(handed_in, tmp_path, exercise, workers=2)
    assert again.reused >= 1
    assert len(again.marks) == CLASS
