"""The student's lab: everything from an empty folder to JupyterLab on the start page."""

import webbrowser
from pathlib import Path

from rich.console import Console

from labkit.course.layout import Laid, lay_out, read_state
from labkit.course.start import progress_stamp, write_start
from labkit.errors import MachineError
from labkit.messages import Language, language, say, set_language


def open_lab(
    folder: Path,
    *,
    lang: Language | None = None,
    port: int | None = None,
    browser: bool = True,
    console: Console | None = None,
) -> None:
    """Make or renew a lab folder and run JupyterLab on it until it is stopped.

    Args:
        folder: Where lessons, exercises and progress lie; made if missing.
        lang: Language of the lab; None for the one it has, else the language of messages.
        port: Port on this machine; None for the first free one from 8888, 0 for any.
        browser: Whether to open the start page.
        console: Where to speak to the student.

    Raises:
        LabkitError: If the dataset, the folder, the port or the server cannot be had.
    """
    from labkit.course.server import find_running, free_port, serve

    console = console or Console(highlight=False, soft_wrap=True)
    folder = folder.expanduser().absolute()
    known = read_state(folder)
    chosen = lang or (known["lang"] if known["languages"] else language())
    set_language(chosen)
    if running := find_running(folder):
        console.print(say("lab.already", url=running.url))
        if browser:
            webbrowser.open(running.url)
        return
    port = free_port(port)
    prepare(folder, chosen, console)
    stamp = progress_stamp(folder)

    def renew() -> None:
        nonlocal stamp
        if (now := progress_stamp(folder)) != stamp:
            write_start(folder)
            stamp = now

    def ready(url: str) -> None:
        console.print(say("lab.ready", url=url), markup=False)

    serve(folder, port, browser=browser, ready=ready, every_second=renew)
    console.print(say("lab.stopped", folder=folder), markup=False)


def prepare(folder: Path, lang: Language, console: Console) -> Laid:
    """Do all that comes before JupyterLab: dataset, lessons, exercises, start page."""
    from labkit.world.own import lab_dataset

    laid = lay_out(folder, lang)
    lab_dataset(folder)
    try:
        write_start(folder)
    except OSError as error:
        raise MachineError(say("lab.not_writable", folder=folder, why=error)) from error
    if laid.new or laid.renewed:
        console.print(say("lab.laid", new=len(laid.new), renewed=len(laid.renewed), folder=folder))
    for mine, newer in laid.kept:
        console.print(say("lab.kept", mine=mine, newer=newer), markup=False)
    return laid
