"""Jobs of the kit's own functions, one after the other in one process in a sandbox."""

import json

import psutil
import pytest

from labkit.grading.key import read_outcomes
from labkit.grading.reference import Settings
from labkit.grading.runs import tries, warm
from labkit.grading.runs.sandbox import Limits, means, run_session
from labkit.grading.runs.session import Step
from labkit.grading.small import read_example, step_for

pytestmark = pytest.mark.skipif(not warm.AVAILABLE, reason="no warm process here")
LIMITS = Limits(step_seconds=1, total_seconds=60)
HOMES = "SELECT municipality, count(*) AS n FROM residence WHERE to_date IS NULL GROUP BY ALL"
QUERIES = {
    "holds": HOMES,
    "everyone": "SELECT municipality, count(*) AS n FROM residence GROUP BY ALL",
    "refused": "DROP TABLE residence",
    "not_there": "SELECT municipality, count(*) AS n FROM patient GROUP BY ALL",
    "file": "SELECT content AS municipality, 1 AS n FROM read_text('/proc/self/environ')",
    "endless": "SELECT 'Os' AS municipality, count(*) AS n FROM range(10**9) a, range(10**9) b",
    "large": "SELECT string_agg(repeat('x', 10**6)) AS municipality, 1 AS n FROM range(10**6)",
    "again": HOMES,
}


@pytest.fixture
def databases(key):
    return json.dumps(key["tasks"]["5.2"]["databases"])


@pytest.fixture(autouse=True)
def all_closed():
    yield
    tries.close()


def ask(steps, *, ahead=(), limits=LIMITS):
    return tries.ask(steps, lang="nb", limits=limits, by=means(), ahead=ahead)


def running():
    return [t._begun.run.pid for _, t in tries._waiting]


def test_each_query_gets_what_it_gets_in_a_process_of_its_own(databases):
    steps = [
        step_for(databases, query, Settings(), task=name, seconds=20)
        for name, query in QUERIES.items()
    ]
    limits = Limits(step_seconds=30, total_seconds=120)
    alone = run_session(steps, lang="nb", dataset=None, limits=limits)
    assert alone.end == "done"
    ahead = [("labkit.grading.small:load", databases)]
    together = [ask([step], ahead=ahead, limits=limits) for step in steps]
    assert len(set(running())) == 1
    wanted = read_outcomes(alone.results)
    assert {k: v for part in together for k, v in read_outcomes(part).items()} == wanted
    examples = {k: read_example(v.answer.rows[0][0]) for k, v in wanted.items()}
    assert {k for k, example in examples.items() if example} == {"everyone"}


@pytest.mark.parametrize("call", ["os:abort", "signal:pause"])
def test_a_process_that_dies_or_hangs_is_ended_and_another_takes_the_next_job(call):
    fine = Step(call="os:getpid", label="1.1")
    assert '"1.1"' in ask([fine])
    (first,) = running()
    assert ask([Step(call=call, label="1.1")]) is None
    assert running() == []
    assert not psutil.pid_exists(first)
    assert '"1.1"' in ask([fine])


def test_code_is_for_a_process_of_its_own():
    assert ask([Step("answer = 1", label="1.1")]) is None
    assert running() == []


def test_a_process_is_renewed_when_it_has_done_its_share(monkeypatch):
    monkeypatch.setattr(tries, "MOST_JOBS", 2)
    seen = []
    for _ in range(3):
        assert '"1.1"' in ask([Step(call="os:getpid", label="1.1")])
        seen.append(len(running()))
    assert seen == [1, 0, 1]
