"""Run a process of a student's where it can do no harm and see nothing that it should not.

With bubblewrap (`bwrap`), or with the kernel's own user namespaces (`unshare`), the process has a
file system of its own: the system and the Python environment read-only, the kit, the dataset, and a
scratch folder in memory. No network, no other process, no other file. Where neither is there, it is
a plain process with limits, and the caller is told so.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

import labkit

SCRATCH_BYTES = 256 * 2**20
FILE_BYTES = 32 * 2**20
OUTPUT_BYTES = 64 * 2**10
PROCESSES = 64
MANY_PROCESSES = 12  # from here on, memory that runs out is blamed on their number
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Limits:
    """What one run may use."""

    step_seconds: float = 30.0
    total_seconds: float = 120.0
    memory_bytes: int = 2 * 2**30


@dataclass(frozen=True)
class Run:
    """How a run ended.

    Attributes:
        end: `done`, or what stopped it: `step_time`, `total_time`, `memory`, `processes`, `died`.
        step: Place of the last step that was begun, -1 for none.
        results: What it wrote, not to be believed.
        output: The first of what it printed.
    """

    end: str
    step: int
    results: str
    output: str


@cache
def means() -> str:
    """Find the strongest sandbox that works here: `bwrap`, `unshare` or `none`."""
    for name, probe in (("bwrap", _bwrap), ("unshare", _unshare)):
        if sys.platform != "linux" or not shutil.which(name):
            continue
        with tempfile.TemporaryDirectory(prefix="labkit-probe-") as folder:
            view = _View(Path(folder), Path(folder, "results"), None)
            view.results.touch()
            command = [*probe(view), sys.executable, "-c", "import os; os.listdir('/')"]
            try:
                tried = subprocess.run(
                    command, capture_output=True, timeout=20, stdin=subprocess.DEVNULL
                )
            except (OSError, subprocess.TimeoutExpired):
                continue
            if tried.returncode == 0:
                return name
    return "none"


def run_session(job: Path, *, dataset: Path | None, limits: Limits, by: str | None = None) -> Run:
    """Run a session's job file in a sandbox.

    Args:
        job: The job, as `session.write_job` wrote it, in a folder with nothing else in it.
        dataset: Folder of the dataset to be seen as `LABKIT_DATA`; it must hold no truth.
        limits: What it may use.
        by: `bwrap`, `unshare` or `none`; by default the strongest that works.
    """
    by = by or means()
    with tempfile.TemporaryDirectory(prefix="labkit-run-", ignore_cleanup_errors=True) as name:
        results = Path(name, "results.jsonl")
        results.touch()
        scratch = Path(name, "scratch")
        scratch.mkdir()
        view = _View(job.parent, results, dataset)
        if by == "none":
            inside = [sys.executable, "-m", "labkit.grading.session", str(job), str(results)]
            environment = _environment(scratch, dataset)
            command, folder = inside, scratch
        else:
            prefix = _bwrap(view) if by == "bwrap" else _unshare(view)
            session = ["-m", "labkit.grading.session", f"/job/{job.name}", "/results.jsonl"]
            command, folder = [*prefix, sys.executable, *session], Path("/")
            environment = _environment(Path("/tmp"), Path("/data") if dataset else None)
        return _watched(command, folder, environment, results, limits)


@dataclass(frozen=True)
class _View:
    """What a run is shown of the machine."""

    job: Path
    results: Path
    dataset: Path | None

    def folders(self) -> list[tuple[Path, str]]:
        """List (folder or file here, where it is seen), all read-only."""
        system = [Path(p) for p in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")]
        system += [Path("/etc/ld.so.cache"), Path("/etc/alternatives"), Path("/etc/localtime")]
        python = [Path(sys.base_prefix).resolve(), Path(sys.prefix), Path(labkit.__file__).parent]
        shown = [(path, str(path)) for path in system if path.exists()]
        shown += [
            (path, str(path)) for path in python if not str(path).startswith(("/usr/", "/bin/"))
        ]
        shown.append((self.job, "/job"))
        if self.dataset:
            shown.append((self.dataset, "/data"))
        return shown


def _bwrap(view: _View) -> list[str]:
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += ["--size", str(SCRATCH_BYTES), "--tmpfs", "/tmp"]
    for source, target in view.folders():
        if source.is_symlink() and source.is_dir():
            command += ["--symlink", os.readlink(source), target]
        else:
            command += ["--ro-bind", str(source), target]
    command += ["--bind", str(view.results), "/results.jsonl", "--remount-ro", "/"]
    return [*command, "--chdir", "/tmp", "--"]


def _unshare(view: _View) -> list[str]:
    """Do as bubblewrap does with the tools of util-linux: a new root, then no way back."""
    lines = [
        "set -e",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        f"root={_quoted(str(view.results.parent / 'root'))}",
        "mkdir $root",
        "mount -t tmpfs -o size=1m,mode=755 tmpfs $root",
        "mkdir -p $root/tmp $root/proc $root/dev $root/old",
        f"mount -t tmpfs -o size={SCRATCH_BYTES} tmpfs $root/tmp",
        "mount -t proc proc $root/proc",
    ]
    for device in ("null", "zero", "random", "urandom"):
        lines += [f"touch $root/dev/{device}", f"mount --bind /dev/{device} $root/dev/{device}"]
    for source, target in [*view.folders(), (view.results, "/results.jsonl")]:
        here, there = _quoted(str(source)), f'"$root"{_quoted(target)}'
        if source.is_symlink() and source.is_dir():
            lines.append(f"ln -s {_quoted(os.readlink(source))} {there}")
            continue
        lines.append(f"mkdir -p $(dirname {there})")
        lines.append(f"mkdir -p {there}" if source.is_dir() else f"touch {there}")
        lines.append(f"mount --bind {here} {there}")
        if source != view.results:
            # a mount keeps the limits that its file system had outside
            lines.append(
                f"mount -o remount,bind,ro {there} 2>/dev/null || "
                f"mount -o remount,bind,ro,nosuid,nodev {there}"
            )
    lines += [
        "cd $root",
        "pivot_root . old",
        "cd /tmp",
        "umount -l /old",
        "mount -o remount,ro /",
        'exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"',
    ]
    flags = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--ipc", "--uts", "--fork"]
    return ["unshare", *flags, "--kill-child", "sh", "-c", "\n".join(lines), "labkit"]


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\\''") + "'"


def _environment(scratch: Path, dataset: Path | None) -> dict[str, str]:
    """Make the whole environment of a run: nothing of the grader's own is passed on."""
    made = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LABKIT_HOME": str(scratch / "labkit"),
        "LABKIT_KEYS": str(scratch / "keys"),
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(scratch / "mpl"),
        "IPYTHONDIR": str(scratch / "ipython"),
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
    }
    if dataset:
        made["LABKIT_DATA"] = str(dataset)
    if os.name == "nt":
        made |= {k: v for k, v in os.environ.items() if k in ("SYSTEMROOT", "PATH", "TEMP")}
    return made


def _watched(
    command: list[str], folder: Path, environment: dict[str, str], results: Path, limits: Limits
) -> Run:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_limiter(limits) if os.name == "posix" else None,
    )
    assert process.stdout is not None
    output = _Drain(process.stdout)
    watch = _Watch(process.pid, results, limits)
    try:
        end = watch.wait(process.poll)
    finally:
        _kill(process)
        output.join()
    if end == "done":
        end = "done" if watch.finished() else "died"
    return Run(end, watch.step, _read_capped(results), output.text())


def _limiter(limits: Limits) -> Callable[[], None]:
    import resource

    def limit() -> None:
        # twice the memory that may be used: libraries reserve more than they touch
        for what, value in (
            (resource.RLIMIT_AS, 2 * limits.memory_bytes + 2**30),
            (resource.RLIMIT_FSIZE, FILE_BYTES),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NOFILE, 512),
            (resource.RLIMIT_CPU, int(limits.total_seconds) + 10),
        ):
            resource.setrlimit(what, (value, value))

    return limit


class _Watch:
    """Looks at a run from outside: time of each step, memory and number of its processes."""

    def __init__(self, pid: int, results: Path, limits: Limits) -> None:
        import psutil

        self.root = psutil.Process(pid)
        self.results, self.limits = results, limits
        self.step, self.read, self.ended = -1, 0, False
        self.began = self.step_began = time.monotonic()
        self.rest = b""

    def wait(self, poll: Callable[[], int | None]) -> str:
        """Wait until the run ends or breaks a limit."""
        pause = POLL_SECONDS
        while poll() is None:
            time.sleep(pause)
            self._look()
            now = time.monotonic()
            if now - self.began > self.limits.total_seconds:
                return "total_time"
            if self.step >= 0 and now - self.step_began > self.limits.step_seconds + 1.5:
                return "step_time"
            over = self._over()
            if over:
                return over
        self._look()
        return "done"

    def finished(self) -> bool:
        """Tell whether the session wrote that it reached its end."""
        return self.ended

    def _look(self) -> None:
        with open(self.results, "rb") as file:
            file.seek(self.read)
            new = file.read(FILE_BYTES)
        self.read += len(new)
        *lines, self.rest = (self.rest + new).split(b"\n")
        for line in lines:
            if line.startswith(b'{"begin": ') and len(line) < 40:
                place = line[10:-1]
                if place.isdigit() and int(place) == self.step + 1:
                    self.step += 1
                    self.step_began = time.monotonic()
            self.ended = self.ended or line.startswith(b'{"end": ')

    def _over(self) -> str:
        import psutil

        try:
            family = [self.root, *self.root.children(recursive=True)]
        except psutil.Error:
            return ""
        if len(family) > PROCESSES:
            return "processes"
        used = 0
        for member in family:
            try:
                used += member.memory_info().rss
            except psutil.Error:
                continue
        if used <= self.limits.memory_bytes:
            return ""
        return "processes" if len(family) > MANY_PROCESSES else "memory"


class _Drain(threading.Thread):
    """Reads all that a process prints and keeps the first of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self.stream, self.kept = stream, b""
        self.start()

    def run(self) -> None:
        while chunk := self.stream.read1(65_536):  # type: ignore[attr-defined]
            self.kept += chunk[: max(0, OUTPUT_BYTES - len(self.kept))]

    def text(self) -> str:
        return self.kept.decode("utf-8", "replace")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it has started, as far as they can be found."""
    import psutil

    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        family = []
    if os.name == "posix":
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    for member in family:
        try:
            member.kill()
        except psutil.Error:
            pass
    process.kill()
    process.wait()


def _read_capped(path: Path) -> str:
    with open(path, "rb") as file:
        return file.read(FILE_BYTES).decode("utf-8", "replace")


@contextmanager
def job_folder(steps: list[Any], *, lang: str) -> Iterator[Path]:
    """Lay out a job in a folder of its own and yield the job file."""
    from labkit.grading.session import write_job

    with tempfile.TemporaryDirectory(prefix="labkit-job-") as folder:
        job = Path(folder, "job.json")
        write_job(job, steps, lang=lang)
        yield job
