"""A class of 100 synthetic students on module 5's exercise, graded end to end with its report.

Every student answers from a draw of their own: the reference, a typical wrong answer, a query that
fails, a number written in, or nothing; a few hand in nothing, a broken file or an endless loop.
Prints the seconds for each submission and where the report lies.
"""

import argparse
import json
import random
import time
from pathlib import Path
from tempfile import mkdtemp

from labkit.course.render import render
from labkit.course.source import read_exercise
from labkit.grading.grade import grade
from labkit.grading.task import Exercise, Task
from labkit.materials import materials

EXERCISE = "05_algebra_sql"
ENDLESS = "n = 0\nwhile True:\n    n += 1\nanswer = n"


def hand_in(folder: Path, exercise: Exercise, *, students: int, seed: int) -> Path:
    """Write `FOLDER/sNNN/NN_topic.ipynb` for a class, the same for the same seed."""
    rng = random.Random(seed)
    for number in range(1, students + 1):
        own = folder / f"s{number:03d}"
        own.mkdir(parents=True)
        path, skill, lot = own / f"{exercise.name}.ipynb", rng.betavariate(3, 2), rng.random()
        if lot < 0.02:
            continue
        text = "" if lot < 0.03 else _notebook(exercise, rng, skill, endless=lot > 0.98)
        path.write_text(text, encoding="utf-8")
    return folder


def main() -> None:
    """Make the class, grade it, say what it took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--students", type=int, default=100)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--seed", type=int, default=5)
    options.add_argument("--out", type=Path, help="Folder to grade into; a temporary one if none.")
    given = options.parse_args()
    out = given.out or Path(mkdtemp(prefix="labkit-class-"))
    exercise = read_exercise(materials() / "solutions" / f"{EXERCISE}.py")
    folder = hand_in(out / "submissions", exercise, students=given.students, seed=given.seed)
    begun = time.perf_counter()
    graded = grade(
        folder, out / "graded", load=lambda _: exercise, workers=given.workers, timeout=10
    )
    seconds = time.perf_counter() - begun
    each = seconds / given.students
    print(
        f"{given.students} students, {len(exercise.tasks)} tasks: {seconds:.1f} s, {each:.2f} each"
    )
    print(f"report: {graded.gradebook.with_name('report.html')}")


def _notebook(exercise: Exercise, rng: random.Random, skill: float, *, endless: bool) -> str:
    lang = rng.choice(("nb", "en"))
    made = json.loads(json.dumps(render(exercise, lang, solved=False)[0]))
    answers = {task.id: _answer(task, rng, skill) for task in exercise.tasks}
    if endless:
        answers[rng.choice(list(answers))] = ENDLESS
    for cell in made["cells"]:
        task = cell["id"].removeprefix("task-").replace("-", ".")
        if answers.get(task):
            cell["source"] = answers[task]
    return json.dumps(made)


def _answer(task: Task, rng: random.Random, skill: float) -> str:
    """Return the code of one answer; empty for a task left as it was."""
    if rng.random() < skill:
        return task.solution
    kinds = ["wrong", "wrong", "wrong", "blank", "broken", "guess"]
    match rng.choice(kinds if task.wrong else kinds[3:]):
        case "wrong":  # the first of a task's typical wrong answers are the commoner ones
            weights = range(len(task.wrong), 0, -1)
            return rng.choices(task.wrong, weights)[0].code
        case "broken":
            return f"{task.answer} = undefined_name"
        case "guess":
            return f"{task.answer} = 42"
    return ""


if __name__ == "__main__":
    main()
