"""What is left when a kernel is gone, also one that is killed: no folder, no server."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from labkit.store.practice import engines

LONGEST_SECONDS = 60
CODE = "from labkit.store.practice import practice; practice('{}').connect()"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path_factory.mktemp("t")
    place.chmod(0o755)  # PostgreSQL runs as a user of its own if we are root
    monkeypatch.setenv("TMPDIR", str(place))
    return place


@pytest.fixture
def kernel(place: Path) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**os.environ, "TMPDIR": str(place)})
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=LONGEST_SECONDS)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def left(place: Path) -> list[str]:
    """List folders of ours and servers that work in one."""
    folders = [path.name for path in place.glob("labkit-*")]
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return folders + [" ".join(line) for line in lines if str(place) in " ".join(line)]


@pytest.mark.parametrize(
    ("engine", "end"),
    [
        ("duckdb", "restarted"), ("duckdb", "killed"),
        ("postgresql", "shut down"), ("postgresql", "left at once"),
    ],
)  # fmt: skip
def test_nothing_is_left_of_a_kernel(
    engine: str, end: str, place: Path, kernel: tuple[KernelManager, BlockingKernelClient]
) -> None:
    if engine not in engines():
        pytest.skip("this machine has no PostgreSQL")
    manager, client = kernel
    reply = client.execute_interactive(CODE.format(engine), timeout=LONGEST_SECONDS)
    assert reply["content"]["status"] == "ok", reply
    assert left(place)
    match end:
        case "shut down":
            manager.shutdown_kernel()
        case "restarted":
            manager.restart_kernel()
        case "killed":
            manager.shutdown_kernel(now=True)
        case "left at once":
            client.execute("import os; os._exit(0)")
    until = time.monotonic() + LONGEST_SECONDS
    while left(place) and time.monotonic() < until:
        time.sleep(0.05)
    assert left(place) == []
