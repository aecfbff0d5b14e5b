"""The doctor: looks the machine over and says, for each thing found wrong, how to mend it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from labkit.course import symptoms
from labkit.course.symptoms import Finding
from labkit.errors import MachineError
from labkit.messages import say

_STYLE = {"ok": "green", "note": "yellow", "problem": "bold red"}


def examine(folder: Path) -> Iterator[Finding]:
    """Check the machine, the quick and basic things first; each finding comes when it is made.

    A check that itself breaks is a problem of the machine too, and says what broke.

    Args:
        folder: The lab folder, there or not.
    """
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("python", symptoms.check_python),
        ("packages", symptoms.check_packages),
        ("write", lambda: symptoms.check_write(folder)),
        ("disk", lambda: symptoms.check_disk(folder)),
        ("memory", symptoms.check_memory),
        ("port", symptoms.check_port),
        ("data", symptoms.check_data),
        ("kernel", symptoms.check_kernel),
        ("jupyterlab", symptoms.check_jupyterlab),
        ("sandbox", symptoms.check_sandbox),
        ("r", symptoms.check_r),
        ("postgres", symptoms.check_postgres),
    ]
    for name, check in checks:
        try:
            yield check()
        except Exception as error:  # a missing package must not stop the other checks
            why = f"{type(error).__name__}: {error}"
            yield Finding(name, "problem", say("doctor.broke", why=why), say("doctor.broke_mend"))


def report(folder: Path, console: Console | None = None) -> None:
    """Print what `examine` finds, a line for each check, and the remedy under what is wrong.

    Raises:
        MachineError: If there is a problem that keeps the lab from working.
    """
    console = console or Console(highlight=False, soft_wrap=True)
    problems = []
    for found in examine(folder):
        word, name = say(f"doctor.{found.status}"), say(f"doctor.{found.name}")
        console.print(f"[{_STYLE[found.status]}]{word:<7}[/] {name}: ", end="")
        console.print(found.seen, markup=False)
        if found.remedy:
            console.print(f"        → {found.remedy}", markup=False)
        if found.status == "problem":
            problems.append(name)
    console.print()
    if problems:
        raise MachineError(say("doctor.ill", count=len(problems), names=", ".join(problems)))
    console.print(say("doctor.well"))
