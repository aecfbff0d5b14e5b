"""Making a dataset in a process of its own, with the DuckDB file that opens it.

The caller, often a student's kernel, then loads neither the generator nor what it leaves in memory.
The process works without pandas: pyarrow would import it, which takes longer than a partition.
"""

import ctypes
import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.errors import LabkitError
from labkit.messages import language

if TYPE_CHECKING:
    from labkit.world.part import Config

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
LARGEST_KEPT = 1 << 25  # bytes; the most that glibc allows
MOST_KEPT = 1 << 30


def make_apart(config: "Config", folder: Path) -> None:
    """Make a Parquet dataset and its DuckDB file.

    Args:
        config: What decides the content.
        folder: To be made; it must not exist or be empty.

    Raises:
        LabkitError: Of the class, and with the message, that making it gave.
    """
    command = [sys.executable, "-m", __name__, json.dumps(asdict(config)), str(folder)]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "LABKIT_LANG": language()},  # a language chosen here holds there
    )
    if done.returncode == 0:
        return
    kinds = {kind.exit_code: kind for kind in LabkitError.__subclasses__()}
    if done.stdout and done.returncode in kinds:
        raise kinds[done.returncode](done.stdout)
    raise RuntimeError(f"{folder}: the generator stopped ({done.returncode}).\n{done.stderr}")


def work_alone() -> None:
    """Prepare a process that will only generate: no pandas, one thread, memory that is kept."""
    sys.meta_path.insert(0, _NoPandas())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # else numpy starts threads of its own
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # so that its memory is kept too
    keep_memory()
    import pyarrow as pa

    pa.set_cpu_count(1)


def keep_memory() -> None:
    """Let freed memory serve the next array, where the C library is glibc.

    By default it goes back to the system when an array is freed, and must be cleared and mapped
    for the next one: a fifth of the time of a partition.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another library
        return
    mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
    mallopt(M_TRIM_THRESHOLD, MOST_KEPT)


class _NoPandas(MetaPathFinder):
    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is kept out of the generator", name=name)


def _main(config: str, folder: str) -> int:
    work_alone()
    from labkit.store import connect
    from labkit.world.generate import generate
    from labkit.world.part import Config

    try:
        generate(Config(**json.loads(config)), folder)
        connect(folder).close()
    except LabkitError as error:
        sys.stdout.buffer.write(str(error).encode())
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
