"""Folders that go when Python ends, also when it is killed and can do nothing about it.

A small process waits on a pipe that only we hold open. When we end, however we end, it stops the
PostgreSQL server whose data are in such a folder, if it still runs, and removes the folder.

That process runs this file as a script: what only we need is imported inside functions.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

TRIES = 100  # a tenth of a second apart: a server needs a moment to end
_watchers: list["Popen[bytes]"] = []  # the last is in use


def passing_folder(prefix: str) -> Path:
    """Make a folder in the place for temporary files, to be removed after Python has ended.

    Args:
        prefix: What its name begins with.

    Examples:
        >>> passing_folder("labkit-example-").is_dir()
        True
    """
    from contextlib import suppress
    from tempfile import mkdtemp

    folder = Path(mkdtemp(prefix=prefix))
    with suppress(OSError):  # where no more processes may be begun, the folder is left behind
        _tell(os.fsencode(folder) + b"\n")
    return folder


def _tell(line: bytes) -> None:
    import subprocess

    if not _watchers or _watchers[-1].poll() is not None:
        _watchers.append(
            subprocess.Popen(
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                # apart from us, so that a signal to our group does not end it too
                start_new_session=True, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        )  # fmt: skip
    pipe = _watchers[-1].stdin
    assert pipe
    pipe.write(line)
    pipe.flush()


def _watch() -> None:
    for line in sys.stdin.buffer.read().splitlines():
        _remove(Path(os.fsdecode(line)))


def _remove(folder: Path) -> None:
    try:
        server = int((folder / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, getattr(signal, "SIGQUIT", signal.SIGTERM))
    except (OSError, ValueError, IndexError):
        pass  # no server, or one that has ended
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


if __name__ == "__main__":
    _watch()
