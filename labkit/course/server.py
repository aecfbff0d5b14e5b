"""JupyterLab as the lab needs it: this machine only, quiet, and apart from the user's own set-up.

Settings, workspaces and configuration live in the lab folder, so that every student sees the same
JupyterLab, and one that a student already uses stays as it is. Nothing is fetched from outside: no
news, no update checks, no list of extensions.
"""

import json
import logging
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.course.layout import HIDDEN, write_whole
from labkit.errors import InputError, MachineError
from labkit.messages import language, say

START_PAGE = "start.md"
ADDRESS = "127.0.0.1"

_OVERRIDES: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/docmanager-extension:plugin": {
        "defaultViewers": {"markdown": "Markdown Preview"},
    },
    "@jupyterlab/filebrowser-extension:browser": {"singleClickNavigation": True},
}
_PAGE = {
    "disabledExtensions": [
        "@jupyterlab/apputils-extension:announcements",
        "@jupyterlab/extensionmanager-extension",
    ]
}


@dataclass(frozen=True)
class Running:
    """A JupyterLab that serves a lab folder at this moment."""

    url: str  # opens the start page, with the token
    pid: int


def address(root: str, token: str) -> str:
    """Write the address of the start page on a server.

    Examples:
        >>> address("http://127.0.0.1:8888/", "abc")
        'http://127.0.0.1:8888/lab/tree/start.md?token=abc'
    """
    return f"{root}lab/tree/{START_PAGE}?token={token}"


def find_running(folder: Path) -> Running | None:
    """Find a JupyterLab that already serves this folder and answers."""
    from jupyter_server.serverapp import list_running_servers

    for info in list_running_servers():
        if Path(info.get("root_dir", "")) == folder.resolve() and answers(
            info["url"], info["token"]
        ):
            return Running(address(info["url"], info["token"]), info["pid"])
    return None


def answers(url: str, token: str, *, seconds: float = 3) -> bool:
    """Ask a Jupyter server on this machine for its status."""
    request = urllib.request.Request(
        f"{url}api/status", headers={"Authorization": f"token {token}"}
    )
    # No proxy: one set for the web would be asked for this machine's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=seconds) as reply:
            return "kernels" in json.load(reply)
    except (OSError, ValueError):
        return False


def free_port(port: int | None = None) -> int:
    """Return `port` if nothing listens there; without one, any free port from 8888.

    Raises:
        InputError: If `port` is outside 0-65535; 0 stands for any.
        MachineError: If it is taken or not allowed.
    """
    if port is not None and not 0 <= port <= 65535:
        raise InputError(say("lab.port_range", port=port))
    for candidate in (port,) if port is not None else (*range(8888, 8988), 0):
        with socket.socket() as listener:
            if os.name == "posix":  # elsewhere it would let two programs share a port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((ADDRESS, candidate))
                return int(listener.getsockname()[1])
            except OSError as error:
                why = error
    raise MachineError(say("lab.port_taken", port=port, why=why.strerror or why)) from why


def serve(
    folder: Path,
    port: int,
    *,
    browser: bool,
    ready: Callable[[str], None],
    every_second: Callable[[], None],
) -> None:
    """Run JupyterLab on a lab folder until it is stopped by Ctrl-C, a signal or its own menu.

    Args:
        folder: The lab folder, laid out.
        port: A free port.
        browser: Whether to open the start page in the user's browser.
        ready: Called with the address once the server listens.
        every_second: Called each second while the server runs; its errors are logged, not raised.

    Raises:
        MachineError: If the server cannot start.
    """
    from jupyterlab.labapp import LabApp
    from tornado.ioloop import PeriodicCallback

    os.environ["JUPYTER_CONFIG_DIR"] = str(folder / HIDDEN / "jupyter" / "config")
    os.environ["LABKIT_LANG"] = language()  # for the kernels, which inherit it
    try:
        server = LabApp.initialize_server(argv=arguments(folder, port))
    except (Exception, SystemExit) as error:  # whatever stops it, doctor finds out more
        raise MachineError(say("lab.no_server", why=error)) from error
    _hush(server.log)
    server.open_browser = browser
    url = address(f"http://{ADDRESS}:{server.port}/", server.identity_provider.token)
    server.io_loop.add_callback(ready, url)
    clock = PeriodicCallback(every_second, 1000)
    clock.start()
    server.start()


def arguments(folder: Path, port: int) -> list[str]:
    """Write the settings into the lab folder, and list JupyterLab's arguments that point there."""
    jupyter = folder.resolve() / HIDDEN / "jupyter"
    write_whole(jupyter / "app" / "overrides.json", json.dumps(_OVERRIDES, indent=1).encode())
    write_whole(jupyter / "app" / "page_config.json", json.dumps(_PAGE, indent=1).encode())
    settings = {
        "ServerApp.ip": ADDRESS,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder.resolve(),
        "ServerApp.open_browser": False,
        "ServerApp.answer_yes": True,
        "ServerApp.allow_root": getattr(os, "geteuid", lambda: 1)() == 0,
        "ServerApp.log_level": logging.ERROR,
        "LabApp.log_level": logging.ERROR,
        "LabApp.default_url": f"/lab/tree/{START_PAGE}",
        "LabApp.app_settings_dir": jupyter / "app",
        "LabApp.user_settings_dir": jupyter / "settings",
        "LabApp.workspaces_dir": jupyter / "workspaces",
        # Where a kernel can: what is computed is not read by others on a shared machine.
        "KernelManager.transport_encryption": "auto",
        "LabApp.extension_manager": "readonly",
        "LabApp.extra_labextensions_path": Path(__file__).parent / "labextensions",
    }
    return [f"--{name}={value}" for name, value in settings.items()]


def _hush(log: logging.Logger) -> None:
    """Keep what is said on every start and stop out of the terminal; errors still show."""

    def keep(record: logging.LogRecord) -> bool:
        return record.levelno < logging.CRITICAL  # addresses at the start, signals at the end

    for handler in log.handlers:
        handler.addFilter(keep)
    log.addFilter(keep)
