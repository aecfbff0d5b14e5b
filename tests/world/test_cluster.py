"""Generation on a dask.distributed cluster, also when a worker dies."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.errors import MachineError
from labkit.world.generate import generate
from labkit.world.part import Config

distributed = pytest.importorskip("distributed")
PEOPLE = Config(people=5_400, seed=12)


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as running:
        yield running


def test_a_killed_worker_loses_nothing_and_changes_nothing(
    cluster: "distributed.LocalCluster", tmp_path: Path
) -> None:
    killed: list[str] = []

    def kill_one_at_work(done: int, total: int, rows: int) -> None:
        if done != 1:
            return
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            pids = client.run(os.getpid)
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            os.kill(pids[busy[0]], signal.SIGKILL)
            killed.extend(busy[:1])

    made = generate(
        PEOPLE,
        tmp_path / "cluster",
        cluster=cluster.scheduler_address,
        progress=kill_one_at_work,
    )
    assert killed
    assert made.hash == generate(PEOPLE, tmp_path / "here").hash
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cluster", "here"]


@pytest.mark.usefixtures("english")
def test_an_address_without_a_scheduler_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(MachineError, match="no scheduler answers at tcp://127"):
        generate(Config(people=20), tmp_path / "data", cluster="tcp://127.0.0.1:1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("address", ["nowhere", "xyz://nowhere:8786"])
def test_an_address_that_leads_nowhere_is_said_before_a_client_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(distributed, "Client", None)  # making one would be another error
    with pytest.raises(MachineError, match=f"no scheduler answers at {address}"):
        generate(Config(people=20), tmp_path / "data", cluster=address)
    assert list(tmp_path.iterdir()) == []
