"""What grading costs: `uv run python -m benchmarks.grading [--class 20]`.

Processor seconds for each submission, beside the limit: the same cells in one warm process, no
sandbox. And an instant check beside an empty cell of the same shell. The aims: under 1.3 times the
limit plus 0.3 s; a check under 50 ms.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[1] / "tests/grading/sample/05_algebra_sql.py"
CHECKS = 20


def used() -> float:
    """Return the processor seconds of this process and of all that it has waited for."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    usage = [resource.getrusage(kind) for kind in kinds]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def of_class(size: int, exercise: Any, text: str, folder: Path) -> float:
    """Grade one submission, which pays for all that is made once, then a class."""
    from labkit.grading.grade import grade

    cost = []
    for n in (1, 1 + size):
        handed, out = folder / f"handed-{n}", folder / "out"
        for i in range(n):
            (handed / f"s{n}-{i:03d}").mkdir(parents=True)
            (handed / f"s{n}-{i:03d}" / "05_algebra_sql.ipynb").write_text(text, encoding="utf-8")
        cost.append(spent_on(lambda h=handed, o=out: grade(
            h, o, load=lambda name: exercise, people=1000, seed=8, workers=1)))  # fmt: skip
    return cost[1] / (1 + size)


def spent_on(work: Any) -> float:
    """Return processor seconds of some work, with those of the warm process's runs."""
    import psutil

    from labkit.grading.warm import warm

    server = psutil.Process(warm()._process.pid)

    def now() -> float:
        times = server.cpu_times()
        return used() + times.user + times.system + times.children_user + times.children_system

    before = now()
    work()
    time.sleep(0.5)  # its last run is waited for at the next order
    return now() - before


def limit(cells: list[str], times: int) -> float:
    """Run the cells over and over in one warm shell of this process."""
    from labkit.grading.session import _shell

    shell = _shell()
    for code in cells:
        shell.run_cell(code, store_history=False)
    before = used()
    for _ in range(times):
        for code in cells:
            shell.run_cell(code, store_history=False)
    return (used() - before) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--class", dest="size", type=int, default=20)
    options = parser.parse_args()

    import json

    import nbformat

    from labkit import exercise as open_exercise
    from labkit.course.render import render
    from labkit.course.source import read_exercise
    from labkit.grading.key import make_key
    from labkit.store import connect
    from labkit.world.generate import generate
    from labkit.world.part import Config

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "class"
        generate(Config(people=1000, seed=2), data)
        connect(data).close()
        os.environ |= {"LABKIT_DATA": str(data), "LABKIT_KEYS": str(folder)}
        exercise = read_exercise(SAMPLE)
        key = make_key(exercise)
        (folder / "05_algebra_sql.json").write_text(json.dumps(key), encoding="utf-8")
        solved = render(exercise, "nb", solved=True)[0]
        kept = [c for c in solved["cells"] if not c["id"].startswith("check")]
        cells = [c["source"] for c in kept if c["cell_type"] == "code"]
        each = of_class(options.size, exercise, nbformat.writes(solved), folder)
        least = limit(cells, options.size)
        check = open_exercise("05_algebra_sql", lang="nb")
        query = next(t for t in exercise.tasks if t.id == "5.2").solution.split('"""')[1]
        spent = {"5.1": [], "5.2": []}
        for _ in range(CHECKS):
            for task, ask in (("5.1", lambda: check("5.1", 1)),
                              ("5.2", lambda: check.sql("5.2", query))):  # fmt: skip
                before = time.process_time()
                ask()
                spent[task].append(time.process_time() - before)
    print(f"a submission               {each:.3f} s of processor time")
    print(f"the limit                  {least:.3f} s   (aim: under {1.3 * least + 0.3:.3f} s)")
    for task, kind in (("5.1", "a value"), ("5.2", "a query")):
        middle = 1000 * statistics.median(spent[task])
        print(f"an instant check, {kind:8} {middle:5.1f} ms of processor time   (aim: under 50 ms)")


if __name__ == "__main__":
    main()
