"""The staff survey on digital skills: one row per respondent, percentages as published.

The source gives rounded percentages and the number of answers, not the answers. Here the counts
are chosen inside what the rounding allows, so that each published percentage comes out again,
also where they sum to 99 or 101. Who the respondents are is invented and has no bearing on what
they answer; the answers of one respondent hang together, since skilled staff more often find that
they get enough training.
"""

from dataclasses import dataclass

import numpy as np

from labkit.world.columns import coded
from labkit.world.part import Columns, Part

RESPONDENTS = 5_012  # invented: a little more than the largest number of answers
AGREEMENT = ("strongly_agree", "agree", "neither", "disagree", "strongly_disagree", "dont_know")
COURSE = ("yes", "no", "dont_remember", "not_relevant")


@dataclass(frozen=True)
class Question:
    """A question as published.

    Attributes:
        name: Column of `staff_survey`.
        answers: Number of people who answered. The source lists 4813, 4954 and 4986 for the three
            statements without saying which is which; the order here is the likely one.
        percent: Published percentages, whole numbers, in the order of `options`.
        options: What could be answered.
    """

    name: str
    answers: int
    percent: tuple[int, ...]
    options: tuple[str, ...] = AGREEMENT


QUESTIONS = (
    Question("demands", 4986, (44, 41, 10, 3, 1, 1)),
    Question("skills", 4954, (28, 48, 14, 7, 1, 1)),
    Question("training", 4813, (13, 37, 22, 20, 7, 2)),
    Question("course", 4939, (38, 56, 3, 3), COURSE),
)
BACKGROUND: dict[str, dict[str, float]] = {
    "profession": {
        "nurse": 0.38,
        "assistant": 0.30,
        "doctor": 0.10,
        "therapist": 0.09,
        "social": 0.08,
        "other": 0.05,
    },
    "sector": {"municipal": 0.56, "hospital": 0.37, "private": 0.07},
    "age_group": {"18-29": 0.15, "30-39": 0.24, "40-49": 0.25, "50-59": 0.24, "60-74": 0.12},
}


def counts(answers: int, percent: tuple[int, ...]) -> np.ndarray:
    """Find whole counts that sum to `answers` and round to the published percentages.

    Args:
        answers: Number of answers.
        percent: Whole percentages; they may sum to 99 or 101.

    Returns:
        int64 counts of the same length. What rounding leaves over is shared in proportion to the
        room that each percentage has.

    Examples:
        >>> counts(4813, (13, 37, 22, 20, 7, 2)).sum()
        np.int64(4813)
        >>> (counts(4813, (13, 37, 22, 20, 7, 2)) / 4813 * 100).round().astype(int).tolist()
        [13, 37, 22, 20, 7, 2]
    """
    share = np.array(percent, dtype=float)
    low = np.ceil(answers * (share - 0.5) / 100 + 1e-9).astype(np.int64)
    high = np.floor(answers * (share + 0.5) / 100 - 1e-9).astype(np.int64)
    low = np.maximum(low, 0)
    room = (high - low).astype(float)
    spare = answers - int(low.sum())
    exact = low + room * (spare / room.sum())
    found = np.floor(exact).astype(np.int64)
    short = answers - int(found.sum())
    found[np.argsort(found - exact, kind="stable")[:short]] += 1
    return found


def staff_survey(part: Part) -> None:
    """Fill `staff_survey`; the table exists once, so it is made with the first partition."""
    if part.index != 0:
        return
    rng = part.rng("staff_survey")
    n = RESPONDENTS
    columns: Columns = {"respondent_id": np.arange(1, n + 1, dtype=np.int32)}
    for name, shares in BACKGROUND.items():
        columns[name] = coded(rng.choice(len(shares), n, p=list(shares.values())), list(shares))
    specialist = columns["sector"].place == 1
    columns["care_level"] = coded(specialist, ["primary", "specialist"])
    leaning = rng.standard_normal(n)
    for question in QUESTIONS:
        asked = rng.permutation(n)[: question.answers]
        order = asked[np.argsort(leaning[asked] + rng.standard_normal(question.answers))]
        number = counts(question.answers, question.percent)
        index = np.full(n, -1, dtype=np.int8)
        index[order] = np.repeat(np.arange(len(number), dtype=np.int8), number)
        columns[question.name] = coded(index, question.options)
    part.tables["staff_survey"] = columns
