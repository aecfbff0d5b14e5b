"""A room for one run of a student's code: what it is shown of the machine, and nothing else.

With bubblewrap (`bwrap`), or with the kernel's own user namespaces (`unshare`), a room has a file
system of its own: the system and the Python environment read-only, the kit, the dataset, and a
scratch folder in memory. No network, no other process, no other file. It is held open by `cat`,
which waits on a pipe of ours: when we end, however we end, the room and all in it end too.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import labkit
from labkit.errors import GradingError
from labkit.grading.runs.family import descendants
from labkit.messages import say

if sys.platform != "win32":
    from labkit.grading.runs import confine

SANDBOXES = ("bwrap", "unshare", "none")  # the strongest first
SCRATCH_BYTES = 256 * 2**20
SHARED_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Room:
    """An open room.

    Attributes:
        pidfd: Of the process that holds it.
        flags: The namespaces to join.
        first: Its process 1, as seen from outside: the parent of orphans, whose end ends all.
    """

    pidfd: int
    flags: int
    first: int


def means() -> str:
    """Find the strongest sandbox that works here: `bwrap`, `unshare` or `none`."""
    return next(name for name in SANDBOXES if works(name))


@cache
def works(by: str) -> bool:
    """Tell whether a sandbox works here: a process can enter a room and lose its privileges."""
    if by == "none":
        return True
    if sys.platform != "linux" or not shutil.which(by):
        return False
    try:
        with open_room(None, by=by) as room:
            probe = [sys.executable, "-I", "-S", str(confine.__file__)]
            tried = subprocess.run(
                [*probe, str(room.pidfd), str(room.flags)],
                pass_fds=[room.pidfd], capture_output=True, timeout=20,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
    except (OSError, GradingError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


@contextmanager
def open_room(dataset: Path | None, *, by: str) -> Iterator[Room]:
    """Open a room; at the end of the block, all that runs in it is killed.

    Args:
        dataset: Folder that is seen as `/data`.
        by: `bwrap` or `unshare`.

    Raises:
        GradingError: If it cannot be opened.
    """
    kept, root = [], ""
    if by == "bwrap":
        # in a file, since a run can read the command line of its room's first process
        kept = [os.memfd_create("bwrap")]
        os.write(kept[0], b"".join(os.fsencode(word) + b"\0" for word in _bwrap(dataset)))
        os.lseek(kept[0], 0, os.SEEK_SET)
        command = ["bwrap", "--args", str(kept[0]), "--", "cat"]
    else:
        root = tempfile.mkdtemp(prefix="labkit-room-")  # stays empty, as seen from outside
        command = [*_unshare(dataset, root), "cat"]
    holder = subprocess.Popen(
        command, pass_fds=kept,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, start_new_session=True, cwd="/",
    )  # fmt: skip
    for fd in kept:
        os.close(fd)
    assert holder.stdin
    assert holder.stdout
    assert holder.stderr
    pidfd = first = 0
    try:
        with suppress(BrokenPipeError):
            holder.stdin.write(b".")
            holder.stdin.flush()
        if holder.stdout.read(1) != b".":
            why = holder.stderr.read(2000).decode("utf-8", "replace")
            raise GradingError(say("grading.sandbox_closed", sandbox=by, said=why.strip()))
        line = [holder.pid, *descendants(holder.pid)]
        outside = os.stat("/proc/self/ns/pid").st_ino
        first = next(p for p in line if os.stat(f"/proc/{p}/ns/pid").st_ino != outside)
        pidfd = os.pidfd_open(line[-1])
        yield Room(pidfd, confine.differing(line[-1]), first)
    finally:
        for pid in filter(None, (first, holder.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if pidfd:
            os.close(pidfd)
        holder.wait()
        for pipe in (holder.stdin, holder.stdout, holder.stderr):
            with suppress(BrokenPipeError):
                pipe.close()
        if root:
            os.rmdir(root)


def _shown(dataset: Path | None) -> list[tuple[Path, str]]:
    """List (folder or file here, where it is seen), all read-only."""
    system = [Path(p) for p in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")]
    system += [Path("/etc/ld.so.cache"), Path("/etc/alternatives"), Path("/etc/localtime")]
    system += [Path("/etc/R"), Path("/opt/R")]  # Debian's settings of R, and others' whole R
    python = [Path(sys.base_prefix).resolve(), Path(sys.prefix), Path(labkit.__file__).parent]
    shown = [(path, str(path)) for path in system if path.exists()]
    shown += [(path, str(path)) for path in python if not str(path).startswith(("/usr/", "/bin/"))]
    return [*shown, (dataset, "/data")] if dataset else shown


def _bwrap(dataset: Path | None) -> list[str]:
    command = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    # read-only: root's settings of the kernel in /proc/sys need no privilege, only root's number
    command += ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]
    command += ["--size", str(SHARED_BYTES), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    command += ["--size", str(SCRATCH_BYTES), "--tmpfs", "/tmp"]
    for source, target in _shown(dataset):
        if source.is_symlink() and source.is_dir():
            command += ["--symlink", os.readlink(source), target]
        else:
            command += ["--ro-bind", str(source), target]
    return [*command, "--remount-ro", "/", "--chdir", "/tmp"]


def _unshare(dataset: Path | None, root: str) -> list[str]:
    """Do as bubblewrap does with the tools of util-linux: a new root, then no way back."""
    lines = [
        "set -e",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        f"root={_quoted(root)}",
        "mount -t tmpfs -o size=1m,mode=755 tmpfs $root",
        "mkdir -p $root/tmp $root/proc $root/dev/shm $root/old",
        f"mount -t tmpfs -o size={SCRATCH_BYTES} tmpfs $root/tmp",
        f"mount -t tmpfs -o size={SHARED_BYTES} tmpfs $root/dev/shm",
        "mount -t proc proc $root/proc",
        "mount -o remount,bind,ro $root/proc",
    ]
    for device in ("null", "zero", "random", "urandom"):
        lines += [f"touch $root/dev/{device}", f"mount --bind /dev/{device} $root/dev/{device}"]
    for source, target in _shown(dataset):
        here, there = _quoted(str(source)), f'"$root"{_quoted(target)}'
        if source.is_symlink() and source.is_dir():
            lines.append(f"ln -s {_quoted(os.readlink(source))} {there}")
            continue
        lines.append(f"mkdir -p $(dirname {there})")
        lines.append(f"mkdir -p {there}" if source.is_dir() else f"touch {there}")
        lines.append(f"mount --bind {here} {there}")
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
