import pytest

from labkit.errors import InputError
from labkit.sql.picture import draw_join

PATIENTS = {"id": [1, 2, 3]}
DISPENSINGS = {"ref": [1, 1, None]}


pytestmark = pytest.mark.usefixtures("english")


def test_an_inner_join_says_who_is_lost():
    picture = draw_join(PATIENTS, DISPENSINGS, on=("id", "ref"), names=("p", "d"))
    assert picture.alt == (
        "p JOIN d ON id = ref: 2 rows, from 3 and 3. "
        "p row 2 has no partner and is lost. p row 3 has no partner and is lost."
    )
    assert picture.svg.count("<line") == 2
    assert picture.alt in picture.svg


def test_a_left_join_keeps_them_in_their_place_with_null():
    picture = draw_join(
        {"id": [2, 1]}, {"ref": [1, 1], "x": ["a", "b"]}, on=("id", "ref"), how="left"
    )
    assert "3 rows" in picture.alt
    assert picture.svg.count(">NULL</text>") == 2
    assert picture.svg.index(">NULL<") < picture.svg.rindex(">a<")


def test_text_is_escaped():
    assert "<b>" not in draw_join({"id": ["<b>"]}, {"ref": ["<b>"]}, on=("id", "ref")).svg


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"on": ("idd", "ref")}, "no column 'idd' in left. The columns are id"),
        ({"on": ("id", "ref"), "how": "outer"}, "Choose 'inner' or 'left'"),
    ],
)
def test_bad_input_says_what_to_do(arguments, message):
    with pytest.raises(InputError, match=message):
        draw_join(PATIENTS, DISPENSINGS, **arguments)


def test_a_long_table_is_refused():
    with pytest.raises(InputError, match="left has 13 rows"):
        draw_join({"id": list(range(13))}, DISPENSINGS, on=("id", "ref"))
