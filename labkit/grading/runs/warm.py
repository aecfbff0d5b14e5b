"""Runs forked from a warm process, so that a run costs its own work and little more.

A warm process has Python, the kit and the libraries of the lessons loaded, and has rehearsed what
each run does first: making a shell, opening databases. It never runs a student's cell: for each run
it forks a child, which enters the run's room (`room.py`) and only then begins. Nothing of the
grader's is inherited: the warm process is started with an environment of its own, holds no answers,
and reads no submission.

No Jupyter kernel is involved: cells run in IPython's own shell, so magics, `display` and `await` do
as in a notebook, without the sockets, threads and heartbeat that a kernel would add to every run.

Only on Linux; elsewhere a run is a process of its own, started afresh.
"""

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

from labkit.errors import GradingError
from labkit.grading.runs import session
from labkit.grading.runs.family import descendants
from labkit.grading.runs.session import LOADED, called
from labkit.messages import say

if sys.platform != "win32":  # Windows has none of these calls
    from labkit.grading.runs import confine

MESSAGE_BYTES = 100_000
START_SECONDS = 120
REAP_SECONDS = 0.2
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
AVAILABLE = sys.platform == "linux"


@dataclass(frozen=True)
class Order:
    """What a forked run is to do.

    Attributes:
        folder: Its working folder, as it sees it.
        environment: All of its environment.
        modules: Libraries to load before the fork, so that this run and all later ones share them.
        namespaces: Flags of the room to enter; 0 for none.
        limits: As `confine.limit` takes them.
    """

    folder: str
    environment: dict[str, str]
    modules: tuple[str, ...] = ()
    namespaces: int = 0
    limits: dict[str, int] = field(default_factory=dict)


class Streams(NamedTuple):
    """Open files of a run: its standard input, output and error; see `session`."""

    job: int
    results: int
    output: int


class Forked:
    """A run in progress."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.pid = 0
        self.status: int | None = None
        self.cpu_seconds = 0.0
        told = self._hear(START_SECONDS)
        if told is None or "pid" not in told:
            line.close()
            raise GradingError(say("grading.no_run", said=(told or {}).get("error", "-")))
        self.pid = told["pid"]

    def wait(self, seconds: float) -> bool:
        """Wait for the end; tell whether it has come."""
        if self.status is None and (told := self._hear(seconds)) is not None:
            self.status = int(told.get("status", 1))
            self.cpu_seconds = float(told.get("cpu", 0.0))
            self._line.close()
        return self.status is not None

    def kill(self) -> None:
        """End it, with its process group, and wait until it is gone."""
        if not self.wait(0):
            for end in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    end(self.pid, _KILL)
            self.wait(START_SECONDS)

    def _hear(self, seconds: float) -> dict[str, Any] | None:
        if not select.select([self._line], [], [], seconds)[0]:
            return None
        told = self._line.recv(MESSAGE_BYTES)
        return dict(json.loads(told)) if told else {"status": 1, "error": "its process is gone"}


class Afresh:
    """A run in a process of its own, where there is no warm one; as `Forked` to its owner."""

    def __init__(self, order: Order, streams: Streams) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "labkit.grading.runs.session"],
            cwd=order.folder, env=order.environment, stdin=streams.job, stdout=streams.results,
            stderr=streams.output, start_new_session=True,
            preexec_fn=(lambda: confine.limit(order.limits)) if os.name == "posix" else None,
        )  # fmt: skip
        self.pid = self._process.pid
        self.status: int | None = None
        self.cpu_seconds = 0.0

    def wait(self, seconds: float) -> bool:
        """Wait for the end; tell whether it has come."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.status = self._process.wait(seconds)
        return self.status is not None

    def kill(self) -> None:
        """End it and what it has started, and wait until it is gone."""
        for pid in descendants(self.pid) if self.status is None else ():
            with contextlib.suppress(OSError):
                os.kill(pid, _KILL)
        self._process.kill()
        self.wait(START_SECONDS)


def begin(
    order: Order, streams: Streams, *, pidfd: int | None = None, hash_seed: int = 1
) -> "Forked | Afresh":
    """Begin a run, forked from a warm process where that can be.

    Args:
        order: What to do.
        streams: What it reads and writes; closed here by the caller.
        pidfd: Of the room's holder, if the order has namespaces.
        hash_seed: Seed of text hashes; two seeds give sets in two orders.

    Raises:
        GradingError: If the run cannot be started.
    """
    if not AVAILABLE:
        return Afresh(order, streams)
    return warm(hash_seed).fork(order, streams, pidfd=pidfd)


class Warm:
    """The warm process, as seen by the one that asks for runs."""

    def __init__(self, hash_seed: int) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/nonexistent",
            "MPLBACKEND": "agg",
            "MPLCONFIGDIR": _font_cache(),
            "PYTHONHASHSEED": str(hash_seed),
            "PYTHONDONTWRITEBYTECODE": "1",
            "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # in large pages, fork has few to copy
            **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "labkit.grading.runs.warm", str(theirs.fileno())],
                env=environment, cwd="/", pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self._control, self._lock = ours, threading.Lock()
        self._prepared: set[tuple[str, str]] = set()

    def prepare(self, ahead: Iterable[tuple[str, str]]) -> None:
        """Have something done before the next fork, once, for all later runs to find.

        Args:
            ahead: Pairs of a function of the kit's, as `module:name`, and a text to call it with:
                nothing that a student may not see.
        """
        for call, text in ahead:
            with self._lock, tempfile.TemporaryFile() as given:
                if (call, text) in self._prepared:
                    continue
                given.write(text.encode())
                given.seek(0)
                with contextlib.suppress(OSError):  # the fork will say that it is gone
                    socket.send_fds(self._control, [json.dumps(call).encode()], [given.fileno()])
                self._prepared.add((call, text))

    def fork(self, order: Order, streams: Streams, *, pidfd: int | None = None) -> Forked:
        """Begin a run.

        Args:
            order: What to do.
            streams: What it reads and writes.
            pidfd: Of the room's holder, if the order has namespaces.

        Raises:
            GradingError: If the run cannot be started.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        handed = [theirs.fileno(), *streams, *([] if pidfd is None else [pidfd])]
        with theirs:
            try:
                with self._lock:
                    socket.send_fds(self._control, [json.dumps(asdict(order)).encode()], handed)
            except OSError as error:
                ours.close()
                raise GradingError(say("grading.warm_gone", said=error)) from None
        return Forked(ours)

    def alive(self) -> bool:
        """Tell whether it can be asked."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it and every run of it."""
        self._control.close()
        self._process.kill()
        self._process.wait()


_loaded: set[str] = set()
_started: dict[tuple[int, int], Warm] = {}
_starting = threading.Lock()


def warm(hash_seed: int = 1) -> Warm:
    """Return this process's warm process with a seed of text hashes, begun when first asked for."""
    with _starting:
        who = (os.getpid(), hash_seed)
        if who not in _started or not _started[who].alive():
            _started[who] = Warm(hash_seed)
            atexit.register(_started[who].close)
        return _started[who]


def serve(control: socket.socket) -> None:
    """Fork a run for each order, until the one who asks is gone."""
    _load((*LOADED, session.__name__))
    while True:
        while not select.select([control], [], [], REAP_SECONDS)[0]:
            _reap()
        message, fds, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 5)
        if not message:
            return
        asked = json.loads(message)
        if isinstance(asked, str):
            _prepare(asked, fds[0])
            continue
        order = Order(**asked)
        _load(order.modules)
        if os.fork() == 0:
            control.close()
            line, pidfd = socket.socket(fileno=fds[0]), fds[4] if fds[4:] else None
            _lead(order, line, Streams(*fds[1:4]), pidfd)
        for fd in fds:
            os.close(fd)
        _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _load(modules: Iterable[str]) -> None:
    """Import modules, each once, and let those that can rehearse what runs will do."""
    new = [name for name in modules if name not in _loaded]
    for name in new:
        with contextlib.suppress(Exception):  # the run that needs it will say so
            getattr(import_module(name), "rehearse", lambda: None)()
    _loaded.update(new)
    if new:
        _settle()


def _prepare(call: str, given: int) -> None:
    """Do something ahead; the run that does not find it done will do it, and say what fails."""
    with contextlib.suppress(Exception), open(given, encoding="utf-8") as file:
        called(call)(file.read())
    _settle()


def _settle() -> None:
    """Make ready for forks: no threads, and little that a child's collections would touch."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(START_SECONDS)
    gc.collect()
    gc.freeze()  # what is here stays, so a child need not copy its pages


def _lead(order: Order, line: socket.socket, streams: Streams, pidfd: int | None) -> None:
    """Enter the room, fork the run itself into it, tell how it ends."""
    told: dict[str, Any]
    try:
        _close_all_but({0, 1, 2, line.fileno(), *streams, *([] if pidfd is None else [pidfd])})
        confine.die_with_parent()
        if pidfd is None:
            confine.adopt_orphans()  # in a room they are its first process's
        else:
            confine.enter(pidfd, order.namespaces)
        pid = os.fork()
        if pid == 0:
            _run(order, streams)
        for fd in streams:
            os.close(fd)  # their end is the run's
        line.send(json.dumps({"pid": pid}).encode())
        _, status, used = os.wait4(pid, 0)
        # in a room, /proc numbers processes in another way; its end kills what is left
        while left := descendants(os.getpid()) if pidfd is None else []:
            for other in left:
                with contextlib.suppress(OSError):
                    os.kill(other, _KILL)
            with contextlib.suppress(ChildProcessError):
                os.wait()
        told = {
            "status": os.waitstatus_to_exitcode(status),
            "cpu": used.ru_utime + used.ru_stime,
        }
    except BaseException as error:
        told = {"status": 1, "error": f"{type(error).__name__}: {error}"}
    with contextlib.suppress(OSError):
        line.send(json.dumps(told).encode())
    os._exit(0)


def _run(order: Order, streams: Streams) -> None:
    """Run the session: from here on the process is the student's."""
    try:
        os.setsid()
        for new, old in enumerate(streams):
            os.dup2(old, new)
        _close_all_but({0, 1, 2})
        confine.limit(order.limits)
        if order.namespaces:
            confine.give_up_privileges()
        else:
            confine.die_with_parent()
            with contextlib.suppress(OSError):  # a system that has no filter of calls
                confine.refuse_calls()
        os.environ.clear()
        os.environ.update(order.environment)
        os.chdir(order.folder)
        sys.path.insert(0, "")
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()
        session.main()
        sys.stdout.flush()
    except BaseException:
        import traceback

        with contextlib.suppress(BaseException):
            traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _close_all_but(kept: set[int]) -> None:
    for fd in map(int, os.listdir("/proc/self/fd")):
        if fd not in kept:
            with contextlib.suppress(OSError):
                os.close(fd)


def _font_cache() -> str:
    """Give matplotlib a folder where it finds the fonts that it has listed before."""
    from platformdirs import user_cache_path

    folder = user_cache_path("labkit") / "matplotlib"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
