"""Run the cells of a notebook in order and take the answers out as plain data.

This is the inside of a run: `python -m labkit.grading.runs.session`. Author code runs here at build
time and students' code at grading, then inside a sandbox. The steps come as JSON on standard input.
On standard output goes one JSON line when a step begins and one for each answer, at once, so that
what was answered before a crash still counts; what the code itself prints goes to standard error.
Nothing that is written here is believed by the reader.
"""

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import FrameType
from typing import IO, Any

CONNECTIONS = 2  # to a dataset, in most runs: the notebook's own, and that of its queries' answers
_MISSING = object()
# Loaded before the first cell, so that no cell's time is spent on it.
LOADED = (
    "duckdb",
    "pandas",
    "labkit.dataset",
    "labkit.store",
    "labkit.sql.query",
    "labkit.sql.explain",
    "labkit.sql.guard",
    "labkit.sql.magic",
    "labkit.grading.check",
    "labkit.grading.kinds",
    "labkit.grading.plain",
    "labkit.grading.progress",
    "labkit.grading.verdict",
    "labkit.messages",
    "IPython.core.interactiveshell",
    "pyarrow.pandas_compat",
    # what a shell imports when it is made and when a cell first runs
    "IPython.core.application",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.core.magics",
    "IPython.core.magics.extension",
    "IPython.core.oinspect",
    "IPython.utils.generics",
    "bdb",
    "IPython.utils.wildcard",
)


@dataclass(frozen=True)
class Step:
    """One cell to run, or one answer to take, or both in that order.

    Attributes:
        code: Code of the cell; empty to take an answer only.
        label: Under what name the answer is written; None to take none.
        name: Variable that holds the answer.
        kind: Kind of task, and `options` its settings of that kind.
        task: Task that the cell belongs to, None for the reader's own cells.
        aside: Whether the variables that the cell sets are forgotten after it.
        seconds: Time that the cell may take.
        call: Function of the kit's that gives the answer, as `module:name`, called with `options`;
            empty to take it from the variable.
    """

    code: str = ""
    label: str | None = None
    name: str = "answer"
    kind: str = "value"
    options: dict[str, Any] = field(default_factory=dict)
    task: str | None = None
    aside: bool = False
    seconds: float = 60.0
    call: str = ""


class OutOfTime(BaseException):
    """A cell has used its time. No `except Exception` of a student's catches it."""


def job_of(steps: list[Step], *, lang: str, load: bool = True, more: bool = False) -> bytes:
    """Write the steps of a run as `main` reads them, on one line.

    Args:
        steps: What to run.
        lang: Value of `LANG` and language of messages.
        load: Whether to load the libraries of lessons before the first step's time begins.
        more: Whether another job comes after this one; then its steps have no code.
    """
    job = {"lang": lang, "load": load, "more": more, "steps": [vars(step) for step in steps]}
    return json.dumps(job).encode() + b"\n"


def main() -> None:
    """Run the jobs on standard input."""
    more, given, results = True, open(0, "rb", closefd=False), open(os.dup(1), "w")
    os.dup2(2, 1)
    while more and (line := given.readline()):
        job = json.loads(line)
        more = job["more"]
        if not more:
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.close(nothing)
        for name in LOADED if job["load"] else ():
            import_module(name)
        run_steps([Step(**raw) for raw in job["steps"]], results, lang=job["lang"])


def rehearse() -> None:
    """Do what a run would do first, so that those forked from this process need not."""
    from labkit.sql.guard import guard
    from labkit.store.connect import open_ahead

    guard("SELECT 1")
    open_ahead(CONNECTIONS)
    with tempfile.TemporaryDirectory() as folder:  # a profile, which no cell asks for
        os.environ["IPYTHONDIR"] = folder
        _shell().run_cell("pass", store_history=False)
        del os.environ["IPYTHONDIR"]


def run_steps(steps: list[Step], results: IO[str], *, lang: str) -> None:
    """Run steps, their code in one fresh IPython shell, and write what comes out."""
    from labkit.messages import set_language

    set_language(lang)
    shell = _shell() if any(step.code.strip() for step in steps) else None
    names: dict[str, Any] = shell.user_ns if shell else {}
    names["LANG"] = lang
    failed: dict[str, str] = {}  # task -> error of the last of its cells
    for place, step in enumerate(steps):
        _write(results, {"begin": place})
        before = dict(names) if step.aside else {}
        error = ""
        if step.code.strip():
            if step.task and (step.aside or step.task not in failed):
                # an answer left over from the task before must not count for this one
                names.pop(step.name, None)
            error = _run_cell(shell, step)
            if error.startswith("MemoryError"):  # the limit, met before the watcher saw it
                _write(results, {"memory": place})
                return
            if step.task and not step.aside:
                failed[step.task] = error
        if step.label is not None:
            line = {"state": "error", "error": error} if error else _taken(names, step)
            earlier = failed.get(step.task or "", "")
            if line["state"] == "blank" and earlier:
                line = {"state": "error", "error": earlier}
            _write(results, {"label": step.label, **line})
        if step.aside:
            names.clear()
            names.update(before)
    _write(results, {"end": len(steps)})


def _shell() -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Minimal"
    config.InteractiveShell.cache_size = 0
    return InteractiveShell.instance(config=config)


def _run_cell(shell: Any, step: Step) -> str:
    """Run one cell and return its error as one line, or nothing."""
    try:
        with _alarm(step.seconds):
            outcome = shell.run_cell(step.code, store_history=False)
    except OutOfTime:
        return "OutOfTime"
    except KeyboardInterrupt:
        return "KeyboardInterrupt"
    error = outcome.error_before_exec or outcome.error_in_exec
    if error is None:
        return ""
    if isinstance(error, OutOfTime):
        return "OutOfTime"
    return f"{type(error).__name__}: {error}"[:500]


def _taken(names: dict[str, Any], step: Step) -> dict[str, Any]:
    from labkit.grading.kinds import kind_of
    from labkit.grading.plain import NotPlain

    kind = kind_of(step.kind)
    try:
        with _alarm(step.seconds):
            answer = (
                called(step.call)(**step.options) if step.call else names.get(step.name, _MISSING)
            )
            if answer is _MISSING or kind.blank(answer):
                return {"state": "blank"}
            taken = kind.take(answer, step.options)
    except NotPlain as refusal:
        return {"state": "refused", "reason": refusal.reason, "facts": refusal.facts}
    except OutOfTime:
        return {"state": "error", "error": "OutOfTime"}
    except Exception as failure:  # the answer's own code failed while it was taken apart
        return {"state": "error", "error": f"{type(failure).__name__}: {failure}"[:500]}
    return {"state": "answer", "answer": taken.answer.to_json(), "text": taken.text}


def called(name: str) -> Any:
    """Return a function of the kit's, as `module:name`."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def _write(results: IO[str], line: dict[str, Any]) -> None:
    results.write(json.dumps(line) + "\n")
    results.flush()


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "SIGALRM"):  # Windows: the parent's own limit has to do
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # a student's thread must not keep the process alive
