"""Pairs: everyone once, across backgrounds, new partners, the same again for the same seed."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.course.pairs import make_pairs, pair_roster
from labkit.course.roster import Student
from labkit.errors import InputError


def group_of(health, informatics):
    return [Student(f"h{i}", "health") for i in range(health)] + [
        Student(f"i{i}", "informatics") for i in range(informatics)
    ]


def brute_force(students, cost):
    """Find the least cost of any perfect matching by trying all."""
    if not students:
        return 0
    first, *rest = students
    return min(
        cost(first, other) + brute_force([s for s in rest if s is not other], cost)
        for other in rest
    )


def write(tmp_path, text):
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 5))
@pytest.mark.usefixtures("english")
def test_everyone_is_in_one_group_and_mixed_as_far_as_can_be(health, informatics, seed):
    students = group_of(health, informatics)
    if len(students) < 2:
        with pytest.raises(InputError, match="two or more"):
            make_pairs(students, seed=seed)
        return
    groups = make_pairs(students, seed=seed)
    assert Counter(s for group in groups for s in group) == Counter(students)
    sizes = Counter(len(group) for group in groups)
    assert sizes[3] == len(students) % 2
    assert set(sizes) <= {2, 3}
    mixed = sum(len({s.background for s in group}) == 2 for group in groups)
    assert mixed == min(health, informatics, len(groups))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.randoms(use_true_random=False))
def test_no_pairing_repeats_fewer_meetings_or_mixes_more(health, informatics, rng):
    students = group_of(health, informatics)
    if len(students) % 2:
        students.append(Student("h9", "health"))
    history = [tuple(rng.sample(students, 2)) for _ in range(6)]
    met = Counter(frozenset(pair) for pair in history)

    def cost(one, other):
        return 100 * met[frozenset((one, other))] ** 2 + (one.background == other.background)

    groups = make_pairs(students, history=history, seed=1)
    assert sum(cost(*group) for group in groups) == brute_force(students, cost)


def test_twelve_rounds_of_a_class_have_new_partners_every_time(tmp_path):
    rows = [f"h{i};helse" for i in range(13)] + [f"i{i};informatikk" for i in range(13)]
    roster = write(tmp_path, "\ufeffStudent;Background\n" + "\n".join(rows) + "\n")
    met = Counter()
    for _ in range(12):
        _, groups, _ = pair_roster(roster)
        met.update(frozenset(group) for group in groups)
        assert all({s.background for s in g} == {"health", "informatics"} for g in groups)
    assert max(met.values()) == 1


def test_uneven_backgrounds_take_turns_at_meeting_their_own(tmp_path):
    rows = [f"h{i},health" for i in range(12)] + [f"i{i},informatics" for i in range(4)]
    roster = write(tmp_path, "student,background\n" + "\n".join(rows))
    met, own = Counter(), Counter()
    for _ in range(3):
        _, groups, _ = pair_roster(roster)
        met.update(frozenset(group) for group in groups)
        own.update(s for g in groups if g[0].background == g[1].background for s in g)
    assert max(met.values()) == 1
    assert [own[s] for s in group_of(12, 0)] == [2] * 12  # 4 pairs of 2 in 3 rounds: 24 seats


def test_odd_numbers_and_absentees_share_the_threes(tmp_path):
    rows = [f"s{i},{'health' if i % 2 else 'informatics'}" for i in range(18)]
    roster = write(tmp_path, "student,background\n" + "\n".join(rows))
    threes = Counter()
    for _ in range(4):
        number, groups, _ = pair_roster(roster, absent=["S3"])
        assert "s3" not in {s.id for group in groups for s in group}
        threes.update(s.id for group in groups if len(group) == 3 for s in group)
    assert number == 4
    assert sum(threes.values()) == 12
    assert max(threes.values()) == 1


def test_a_round_made_again_is_the_same_and_later_rounds_stay(tmp_path):
    roster = write(
        tmp_path, "student,background\n" + "\n".join(f"s{i},{'ab'[i % 2]}" for i in range(10))
    )
    made = [pair_roster(roster, seed=4)[1] for _ in range(3)]
    kept = (tmp_path / "roster.pairs.csv").read_bytes()
    assert pair_roster(roster, round=2, seed=4)[1] == made[1]
    assert (tmp_path / "roster.pairs.csv").read_bytes() == kept
    assert any(pair_roster(roster, round=1, seed=s)[1] != made[0] for s in range(5, 9))


def test_the_order_of_the_list_decides_nothing():
    students = group_of(6, 5)
    assert make_pairs(students, seed=3) == make_pairs(students[::-1], seed=3)


def test_history_is_read_from_the_file_only_once_for_each_pair(tmp_path):
    roster = write(tmp_path, "student,background\na,health\nb,informatics\nc,health\nd,informatics")
    seen = [frozenset(s.id for s in g) for _ in range(3) for g in pair_roster(roster)[1]]
    assert set(seen) == {frozenset(pair) for pair in combinations("abcd", 2)}


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("name,background\nx,health\n", {}, "no column 'student'. Columns: name, background"),
        ("student,background\n", {}, "no students"),
        ("student,background\na,health\nA,health\n", {}, "roster.csv:3: 'A' is there twice"),
        ("student,background\na,health\nb,\n", {}, "'b' has no background"),
        ("student,background\na,health\nb,x\n", {"absent": ["kari"]}, "'kari' is not in"),
        ("student,background\na,health\nb,x\n", {"absent": ["b"]}, "pairs: 1 there; two or more"),
        ("student,background\na,health\nb,x\n", {"round": 0}, "round: 0"),
        ('student,background\n"a,health\n', {}, "not a CSV"),
    ],
)
@pytest.mark.usefixtures("english")
def test_bad_lists_are_told_about(tmp_path, text, options, says):
    roster = write(tmp_path, text)
    with pytest.raises(InputError) as error:
        pair_roster(roster, **options)
    assert says in str(error.value)
    assert not (tmp_path / "roster.pairs.csv").exists()


@pytest.mark.usefixtures("english")
def test_a_broken_history_is_told_about(tmp_path):
    roster = write(tmp_path, "student,background\na,health\nb,informatics\n")
    (tmp_path / "roster.pairs.csv").write_text("round,group,student,background\none,1,a,health\n")
    with pytest.raises(InputError, match=r"pairs.csv:2: round and group are 'one' and '1'"):
        pair_roster(roster)


def test_names_cannot_become_formulas(tmp_path):
    roster = write(tmp_path, "student,background\n=1+1,health\nb,informatics\n")
    path = pair_roster(roster)[2]
    assert "'=1+1" in path.read_text(encoding="utf-8")
