"""What grading costs: `uv run python -m benchmarks grading [--class 20] [--peers]`.

Processor seconds for each submission of the real exercise 5 (its tasks in SQL), children and their
children counted, on a hidden dataset of the class's size. Beside it the limit: the same cells, with
asserts in place of the kit's checks, in one warm process without a sandbox. With `--peers` also
nbgrader and otter-grader, each in an environment of its own, on the first of the same submissions.

Then an instant check in a Jupyter kernel, beside the round trip of an empty cell.

The aims: under 1.3 times the limit plus 0.3 s; ten times less than either peer; a check in under 50
ms.
"""

import argparse
import json
import os
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._grading_peers import Asked, Missing, Spent, cells, nbgrader, otter

NAME = "05_algebra_sql"
SOURCE = Path(__file__).parents[1] / "solutions" / f"{NAME}.py"
PEER_CLASS = 4  # a peer takes seconds for each
CHECKS = 15
ALIKE = """Not alike: the kit also tries each query on small databases, runs in a sandbox with
limits, gives partial marks, and writes feedback pages, gradebook and class report; nbgrader's
figure is autograde alone, without feedback; otter's is `otter run`, without a container."""


def used() -> float:
    """Return the processor seconds of this process and of all that it has waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usage = [resource.getrusage(kind) for kind in kinds]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def in_sql() -> Any:
    """Read the exercise without the tasks that are not in SQL: the peers have no algebra."""
    from labkit.course.source import read_exercise

    exercise = read_exercise(SOURCE)
    kept = {task.id for task in exercise.tasks if task.kind == "sql" and task.wrong}
    return replace(
        exercise,
        tasks=tuple(task for task in exercise.tasks if task.id in kept),
        cells=tuple(c for c in exercise.cells if c.task is None or c.task in kept),
    )


def asked(exercise: Any, size: int) -> list[Asked]:
    """Answer each task for a class: every second student has one planted wrong answer."""
    made = []
    for i, task in enumerate(exercise.tasks):
        answers = [
            task.wrong[0].code if n % 2 and n // 2 % len(exercise.tasks) == i else task.solution
            for n in range(size)
        ]
        made.append(Asked(task.id, task.points, _text(task.solution), answers))
    return made


def _key(exercise: Any) -> dict[str, Any]:
    """Read the key that the build made; make one where the source has changed since."""
    from labkit.grading.key import make_key

    path = SOURCE.parents[1] / "exercises" / "keys" / f"{NAME}.json"
    key = json.loads(path.read_text(encoding="utf-8"))
    built = {name: item["kind"] for name, item in key["tasks"].items()}
    return key if all(built.get(t.id) == t.kind for t in exercise.tasks) else make_key(exercise)


def _text(solution: str) -> str:
    names: dict[str, Any] = {}
    exec(solution, names)
    return str(names["answer"])


def of_kit(exercise: Any, tasks: list[Asked], size: int, folder: Path) -> Spent:
    """Grade one submission, then a class: what the class costs more is its submissions'."""
    from labkit.course.render import render
    from labkit.grading.grade import grade

    def hand_in(where: Path, student: int) -> None:
        made = json.loads(json.dumps(render(exercise, "nb", solved=True)[0]))
        answers = {f"task-{t.id.replace('.', '-')}": t.answers[student] for t in tasks}
        for cell in made["cells"]:
            cell["source"] = answers.get(cell["id"], cell["source"])
        (where / f"s{student:03d}").mkdir(parents=True)
        path = where / f"s{student:03d}" / f"{NAME}.ipynb"
        path.write_text(json.dumps(made), encoding="utf-8")

    hand_in(folder / "first", 0)
    for student in range(size):
        hand_in(folder / "class", student)
    load = {"load": lambda name: exercise, "seed": 8, "workers": 1}
    graded: list[Any] = []
    spent = []
    for handed in ("first", "first", "class"):  # the first time makes the dataset
        _forget_marks(folder / "out" / "work" / "grading.sqlite")
        work = partial(grade, folder / handed, folder / "out", **load)
        spent.append(spent_on(lambda work=work: graded.append(work())))
    each = (spent[2] - spent[1]) / max(1, size - 1)
    points = [{"q" + t.task.replace(".", "_"): t.points for t in m.tasks}
              for _, _, m in graded[-1].marks]  # fmt: skip
    return Spent(each, points, once=spent[1] - each)


def _forget_marks(ledger: Path) -> None:
    if ledger.exists():
        with closing(sqlite3.connect(ledger)) as kept, kept:
            kept.execute("DELETE FROM mark")


def spent_on(work: Callable[[], Any]) -> float:
    """Return processor seconds of some work, with those of the warm process's runs."""
    import psutil

    from labkit.grading.runs.warm import REAP_SECONDS, warm

    server = psutil.Process(warm()._process.pid)

    def now() -> float:
        times = server.cpu_times()
        return used() + times.user + times.system + times.children_user + times.children_system

    before = now()
    work()
    time.sleep(5 * REAP_SECONDS)  # until the warm process has taken in what its last runs have used
    return now() - before


def limit(submissions: list[list[str]]) -> float:
    """Run the cells of each submission in one warm shell of this process."""
    from labkit.grading.runs.session import _shell

    shell = _shell()
    shell.showtraceback = lambda *given, **options: None
    for code in submissions[0]:
        shell.run_cell(code, store_history=False)
    before = used()
    for submission in submissions:
        for code in submission:
            shell.run_cell(code, store_history=False)
    return (used() - before) / len(submissions)


def agreed(spent: Spent, tasks: list[Asked]) -> str:
    """Say on how many answers a mark is full where it should be, and not where it should not."""
    right = [
        (points[task.name] >= task.points) == (_text(task.answers[n]) == task.reference)
        for n, points in enumerate(spent.points)
        for task in tasks
    ]
    return f"{sum(right)} of {len(right)}"


def checks(exercise: Any, folder: Path) -> None:
    """Time cells in a Jupyter kernel: an empty one, a value, each query of the exercise."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder))

    def trip(code: str, times: int = CHECKS) -> float:
        taken = []
        for _ in range(times):
            begun = time.perf_counter()
            reply = client.execute_interactive(code, output_hook=lambda message: None)
            taken.append(time.perf_counter() - begun)
            assert reply["content"]["status"] == "ok", reply["content"]
        return 1000 * statistics.median(taken)

    def cpu(code: str) -> float:
        said: list[str] = []
        timed = (f"import time\nspent = []\nfor _ in range({CHECKS}):\n"
                 f"    begun = time.process_time()\n    {code}\n"
                 "    spent.append(time.process_time() - begun)\n"
                 "print(sorted(spent)[len(spent) // 2])")  # fmt: skip
        client.execute_interactive(
            timed, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
        return 1000 * float("".join(said))

    try:
        trip(f"from labkit import connect, exercise\ncheck = exercise({NAME!r}, 'nb')\n"
             "con = connect()", 1)  # fmt: skip
        queries = []
        for task in exercise.tasks:
            trip(f"{task.solution}\nassert check.sql({task.id!r}, answer).passed", 1)
            code = f"check.sql({task.id!r}, answer)"
            queries.append((trip(code), cpu(code)))
        empty = trip("")
        code = f"check({VALUE!r}, 1)"
        value = (trip(code), cpu(code))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(f"\n{'in a Jupyter kernel':34}{'ms':>8}{'× an empty cell':>18}{'CPU ms':>9}")
    print(f"{'an empty cell':34}{empty:8.1f}{1:18.1f}")
    middle, slowest = sorted(queries)[len(queries) // 2], max(queries)
    for name, (taken, spent) in (("a value", value), ("a query", middle), ("slowest", slowest)):
        print(f"{f'an instant check, {name}':34}{taken:8.1f}{taken / empty:18.1f}{spent:9.1f}")
    print("the aim: under 50 ms, on a machine that does nothing else")


VALUE = "5.0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--class", dest="size", type=int, default=20)
    parser.add_argument("--peers", action="store_true", help="nbgrader and otter-grader too")
    options = parser.parse_args()

    from labkit.dataset import dataset_folder
    from labkit.grading.plain import plain
    from labkit.grading.reference import Reference, Settings

    exercise = in_sql()
    tasks = asked(exercise, options.size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["LABKIT_KEYS"] = str(folder)
        os.environ["LABKIT_DATA"] = str(dataset_folder())
        key = _key(exercise)
        value = Reference.of(plain(1), Settings(), salt=VALUE)
        key["tasks"][VALUE] = {"kind": "value", "points": 1, "answer": "answer",
                               "reference": value.to_key(), "known": []}  # fmt: skip
        (folder / f"{NAME}.json").write_text(json.dumps(key), encoding="utf-8")
        ours = of_kit(exercise, tasks, options.size, folder)
        database = next((folder / "out" / "work").glob("hidden-*/view")) / "labkit.duckdb"
        least = limit([cells(tasks, n, database) for n in range(options.size)])
        found: list[tuple[str, Spent | str]] = [("labkit", ours)]
        for peer in (nbgrader, otter) if options.peers else ():
            place = folder / peer.__name__
            place.mkdir()
            try:
                spent = peer(tasks, min(PEER_CLASS, options.size), database, place)
                found.append((peer.__name__, spent))
            except Missing as missing:
                found.append((peer.__name__, f"left out: {missing}"))
        print(f"{len(tasks)} tasks, {options.size} submissions ({PEER_CLASS} for peers)\n")
        print(f"{'':16}{'CPU s each':>11}{'× limit':>9}{'× labkit':>10}   marked as it should be")
        print(f"{'the limit':16}{least:11.3f}{1:9.1f}{least / ours.seconds:10.1f}")
        for who, spent in found:
            if isinstance(spent, str):
                print(f"{who:16}{spent}")
                continue
            print(f"{who:16}{spent.seconds:11.3f}{spent.seconds / least:9.1f}"
                  f"{spent.seconds / ours.seconds:10.1f}   {agreed(spent, tasks)}")  # fmt: skip
        print(f"once for a class: labkit {ours.once:.1f} s, its references on two datasets")
        print(f"the aim for labkit: under {1.3 * least + 0.3:.3f} s; peers at least 10 × labkit")
        print(ALIKE)
        checks(exercise, folder)


if __name__ == "__main__":
    main()
