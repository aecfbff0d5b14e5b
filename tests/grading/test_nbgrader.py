"""A site with nbgrader can collect and grade a released exercise there: nbgrader 0.9.6, alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from labkit.course.render import render

NBGRADER = "nbgrader==0.9.6"
RIGHT = "SELECT municipality, count(*) AS n FROM residence WHERE to_date IS NULL GROUP BY ALL"
TEACHER = """
import json, os, subprocess, sys
from pathlib import Path
from traitlets.config import Config
from nbgrader.apps import NbGraderAPI

config = Config()
config.CourseDirectory.course_id = "labkit"
config.CourseDirectory.root = os.getcwd()
config.Exchange.root = config.Exchange.cache = os.path.join(os.getcwd(), "exchange")
config.Exchange.assignment_dir = os.path.join(os.getcwd(), "student")
config.ClearSolutions.code_stub = {"python": "answer = None"}
api = NbGraderAPI(config=config)
def done(made):
    assert made["success"], made.get("log") or made.get("error")

done(api.generate_assignment("05", create=True))
done(api.release_assignment("05"))


from nbgrader.exchange import ExchangeFactory
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
released = Path("release/05/05_algebra_sql.ipynb")
notebook = json.loads(released.read_text(encoding="utf-8"))
for cell in notebook["cells"]:
    grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
    cell["source"] = json.loads(Path("answers.json").read_text()).get(grade_id, cell["source"])
Path("student/05").mkdir(parents=True)
Path("student/05/05_algebra_sql.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
course = CourseDirectory(config=config)
course.assignment_id = "05"
submit = ExchangeFactory(config=config).Submit
submit(coursedir=course, authenticator=Authenticator(config=config), config=config).start()

done(api.collect("05"))
student = next(p.name for p in Path("submitted").iterdir())
done(api.autograde("05", student))
done(api.generate_feedback("05", student))
with api.gradebook as gradebook:
    work = gradebook.find_submission("05", student)
    print(json.dumps({g.name: g.score for n in work.notebooks for g in n.grades}))
"""


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """An environment with nbgrader, whose kernel is the one that has labkit."""
    uv = shutil.which("uv")
    if not uv:
        pytest.skip("uv, which makes nbgrader's own environment, is not installed")
    folder = tmp_path_factory.mktemp("nbgrader") / "env"
    python = str(folder / "bin" / "python")
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", python, NBGRADER],
    ):
        made = subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)
        if made.returncode:
            pytest.skip(f"nbgrader's own environment could not be made: {made.stderr[-300:]}")
    kernel = folder / "share" / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": command, "display_name": "Python 3", "language": "python"}
    # a new file: uv links its files to a cache that all environments share
    (kernel / "kernel.json").unlink(missing_ok=True)
    (kernel / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    return python


@pytest.mark.skipif(sys.platform == "win32", reason="nbgrader's exchange needs POSIX")
def test_nbgrader_collects_grades_and_gives_feedback(
    nbgrader, exercise, key, in_class, tmp_path, monkeypatch
):
    source = tmp_path / "source" / "05"
    source.mkdir(parents=True)
    nbformat.write(render(exercise, "en", solved=False)[0], source / "05_algebra_sql.ipynb")
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "05_algebra_sql.json").write_text(json.dumps(key), encoding="utf-8")
    answers = {"task-5-2": f'answer = "{RIGHT}"', "task-5-3": "answer = {1}"}
    (tmp_path / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    environment = {**os.environ, "LABKIT_KEYS": str(keys), "LABKIT_DATA": str(in_class)}
    environment["PATH"] = f"{Path(nbgrader).parent}{os.pathsep}{os.environ['PATH']}"  # its alembic
    environment["JUPYTER_CONFIG_DIR"] = environment["JUPYTER_DATA_DIR"] = str(tmp_path / "jupyter")
    done = subprocess.run(
        [nbgrader, "-c", TEACHER], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    scores = json.loads(done.stdout.splitlines()[-1])
    assert scores == {"check-5-1": 0, "check-5-2": 2, "check-5-3": 0}
    page = next((tmp_path / "feedback").rglob("*.html")).read_text(encoding="utf-8")
    assert "Task 5.2" in page
    assert "2.0 / 2.0" in page or "2.0/2.0" in page.replace(" ", "")
