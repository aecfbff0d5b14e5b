"""What a run can see and use. Each probe is harmless where the sandbox should fail."""

import pytest

from labkit.grading.runs.sandbox import Limits, means, run_session
from labkit.grading.runs.session import Step
from labkit.grading.runs.watch import RESULT_BYTES

KINDS = [
    pytest.param(kind, marks=pytest.mark.skipif(means() == "none", reason="no sandbox here"))
    for kind in ("bwrap", "unshare")
    if means() == "bwrap" or kind == means()
] or [pytest.param("none", marks=pytest.mark.skip(reason="no sandbox here"))]

PROBES = {
    "home": "import os; answer = os.path.exists('SECRET')",
    "network": """
import socket
try:
    socket.create_connection(("127.0.0.1", PORT), timeout=2)
    answer = True
except OSError:
    answer = False
""",
    "processes": "import os; answer = sum(name.isdigit() for name in os.listdir('/proc')) > 12",
    "kit": """
import labkit, pathlib
try:
    pathlib.Path(labkit.__file__).with_name("written-by-a-student").touch()
    answer = True
except OSError:
    answer = False
""",
    "data": """
import os, pathlib
try:
    (pathlib.Path(os.environ["LABKIT_DATA"]) / "written-by-a-student").touch()
    answer = True
except OSError:
    answer = False
""",
    "sources": """
import labkit, pathlib
top = pathlib.Path(labkit.__file__).parents[1]
answer = any((top / name).exists() for name in ("solutions", "exercises", "tests", ".git"))
""",
    "environment": "import os; answer = 'LABKIT_PROBE' in os.environ",
}


def run(steps, *, by, dataset=None, **limits):
    return run_session(steps, lang="nb", dataset=dataset, limits=Limits(**limits), by=by)


@pytest.mark.parametrize("by", KINDS)
def test_a_run_sees_and_reaches_nothing_that_it_should_not(by, tmp_path, dataset, monkeypatch):
    import json
    import socket

    secret = tmp_path / "another-student.ipynb"
    secret.touch()
    monkeypatch.setenv("LABKIT_PROBE", "1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        steps = [
            Step(code.replace("SECRET", str(secret)).replace("PORT", port), label=name)
            for name, code in PROBES.items()
        ]
        ended = run(steps, by=by, dataset=dataset)
    lines = [json.loads(line) for line in ended.results.splitlines()]
    found = {x["label"]: json.loads(x["answer"])["rows"] for x in lines if "label" in x}
    assert ended.end == "done"
    assert found == {name: [[False]] for name in PROBES}


@pytest.mark.parametrize("by", [means()])
@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("import os; os._exit(0)", "died"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "died"),
        ("import signal; signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass", "step_time"),
        ("import time\nwhile True:\n  try: time.sleep(60)\n  except BaseException: pass",
         "step_time"),
        ("x = []\nwhile True: x.append(bytearray(10**8))", "memory"),
        ("import subprocess, sys\nkept = [subprocess.Popen(['sleep', '120']) for _ in range(90)]\n"
         "import time; time.sleep(120)", "processes"),
    ],
)  # fmt: skip
def test_what_breaks_a_limit_is_stopped_and_named(code, end, by):
    # the memory limit leaves room for the session itself; 90 sleepers fit in it
    seconds = 4 if end == "step_time" else 60  # a busy machine takes its time to fill its memory
    steps = [Step("1"), Step(code, seconds=seconds)]
    ended = run(steps, by=by, step_seconds=seconds, memory_bytes=10**9)
    assert (ended.end, ended.step) == (end, 1)


@pytest.mark.parametrize("by", [means()])
def test_a_loop_is_interrupted_and_the_next_cell_runs(by):
    steps = [Step("while True: pass", seconds=1), Step("answer = 5", label="1.1")]
    ended = run(steps, by=by)
    assert ended.end == "done"
    assert '"1.1"' in ended.results


@pytest.mark.parametrize("by", KINDS)
def test_what_was_written_stays_whatever_comes_after(by):
    forge = "import os; os.write(3, b'forged\\n')"  # the corpus looks for the line there too
    steps = [Step("answer = 5", label="1.1"), Step(f"{forge}; os._exit(0)")]
    ended = run(steps, by=by)
    assert (ended.end, ended.step) == ("died", 1)
    assert '"1.1"' in ended.results
    assert ended.results.endswith("forged\n")


@pytest.mark.parametrize("by", [means()])
def test_results_without_end_are_cut(by):
    flood = "import os\nwhile True: os.write(3, b'x' * 100_000)"
    ended = run([Step("answer = 5", label="1.1"), Step(flood, seconds=20)], by=by)
    assert (ended.end, ended.step) == ("died", 1)
    assert '"1.1"' in ended.results
    assert len(ended.results) == RESULT_BYTES


@pytest.mark.parametrize("by", [means()])
def test_output_without_end_is_cut(by):
    ended = run([Step("for _ in range(3000): print('x' * 10_000)", seconds=20)], by=by)
    assert ended.end == "done"
    assert len(ended.output) <= 70_000


@pytest.mark.parametrize("by", [means()])
def test_a_file_without_end_is_cut(by):
    code = "with open('big', 'wb') as f:\n  for _ in range(50): f.write(b'x' * 10**6)\nanswer = 1"
    ended = run([Step(code, label="1.1")], by=by)
    assert '"state": "error"' in ended.results
