"""Run a notebook and keep outputs that are the same wherever and whenever it is run."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labkit.errors import BuildError
from labkit.messages import say

CELL_SECONDS = 300
FAILS = "raises-exception"  # the tag of a cell that is meant to fail
PICTURES = ("image/png", "image/jpeg", "image/svg+xml", "application/pdf")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
_running: set[Any] = set()


def execute(notebook: Any, where: str, lines: list[int], *, keys: Path) -> None:
    """Run a notebook in a kernel of its own, in an empty folder; its outputs are put in place.

    Args:
        notebook: As made by `render`; changed in place.
        where: The source, for messages.
        lines: The source line of each cell.
        keys: Folder of the answer keys that `check` reads.

    Raises:
        BuildError: If a cell fails, or is meant to fail and does not, takes too long, or has an
            output that holds a memory address or a path of this machine.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with _folder() as folder:
        # Sockets in a private folder: no open port, and no port that two kernels both pick.
        transport = {} if sys.platform == "win32" else {"transport": "ipc"}
        manager = AsyncKernelManager(
            kernel_name="python3", connection_file=str(folder / "kernel.json"), **transport
        )
        work = folder / "work"
        work.mkdir()
        at = {"line": lines[0] if lines else 1}
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=CELL_SECONDS,
            coalesce_streams=True,
            record_timing=False,
            resources={"metadata": {"path": str(work)}},
            on_cell_start=lambda cell, cell_index: at.update(line=lines[cell_index]),
        )
        _running.add(manager)
        try:
            quiet = {"stderr": subprocess.DEVNULL}  # the kernel's log; cells' stderr is captured
            client.execute(cleanup_kc=True, env=_environment(folder, keys), **quiet)
        except CellExecutionError as error:
            raised = f"{error.ename}: {error.evalue}"
            raise _fault(where, at["line"], "cell_failed", error=raised) from None
        except (CellTimeoutError, DeadKernelError) as error:
            reason = str(error).splitlines()[0]
            raise _fault(where, at["line"], "cell_failed", error=reason) from None
        finally:
            _running.discard(manager)
        notebook.metadata.language_info = {"name": "python"}  # the kernel adds its version
        for count, (cell, line) in enumerate(_code(notebook, lines), 1):
            _normalise(cell, count)
            _check(cell, f"{where}:{line}", (str(folder), *_local_paths()))


def kill_running() -> None:
    """End every kernel that is running, as when the build is interrupted."""
    for manager in list(_running):
        process = getattr(manager.provisioner, "process", None)
        if process is not None:
            process.kill()


def _code(notebook: Any, lines: list[int]) -> Iterator[tuple[Any, int]]:
    for cell, line in zip(notebook.cells, lines, strict=True):
        if cell.cell_type == "code":
            yield cell, line


@contextmanager
def _folder() -> Iterator[Path]:
    # A short path: the name of a socket may not be longer than about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="labkit-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _environment(folder: Path, keys: Path) -> dict[str, str]:
    """Return an environment without the author's own settings, and with pinned pictures."""
    settings = folder / "matplotlibrc"
    settings.write_text("svg.hashsalt: labkit\n", encoding="utf-8")
    own = ("LABKIT_LANG", "LABKIT_DATA")
    kept = {key: value for key, value in os.environ.items() if key not in own}
    return kept | {
        "LABKIT_KEYS": str(keys),
        "MATPLOTLIBRC": str(settings),
        "SOURCE_DATE_EPOCH": "0",  # matplotlib's date in SVG and PDF
        "IPYTHONDIR": str(folder / "ipython"),
    }


def _normalise(cell: Any, count: int) -> None:
    """Number the cell as in a fresh run, and shorten a traceback to what the reader needs."""
    cell.execution_count = count
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = count
        if output.output_type == "error":
            output.traceback = [f"{output.ename}: {output.evalue}"]


def _check(cell: Any, where: str, paths: tuple[str, ...]) -> None:
    failed = any(output.output_type == "error" for output in cell.outputs)
    if FAILS in cell.metadata.get("tags", []) and not failed:
        raise BuildError(f"{where}: {say('course.did_not_fail', tag=FAILS)}")
    for text in output_texts(cell):
        address = _ADDRESS.search(text)
        if address:
            shown = text[max(0, address.start() - 40) : address.end()].strip()
            raise BuildError(f"{where}: {say('course.address', came=shown)}")
        for path in paths:
            if path in text:
                raise BuildError(f"{where}: {say('course.local_path', came=path)}")


def output_texts(cell: Any) -> list[str]:
    """Return all text among a cell's outputs, of every kind but pictures in bytes."""
    texts: list[str] = []
    for output in cell.outputs:
        texts.extend(str(output.get(key, "")) for key in ("text", "evalue"))
        for kind, value in output.get("data", {}).items():
            if kind == "image/svg+xml" or kind not in PICTURES:
                texts.append(str(value))
    return texts


def _local_paths() -> tuple[str, ...]:
    """Return folders whose names tell which machine this is."""
    package = Path(__file__).parents[1]
    places = {str(package), str(package.parent), sys.prefix, sys.base_prefix, str(Path.home())}
    places |= {str(Path(tempfile.gettempdir()) / "ipykernel_")}
    return tuple(sorted(place for place in places if len(Path(place).parts) > 2))


def _fault(where: str, line: int, key: str, **values: Any) -> BuildError:
    return BuildError(f"{where}:{line}: {say(f'course.{key}', **values)}")
