"""Who lives where, and with what education."""

from labkit.world.validate.measure.metric import metric, who
from labkit.world.validate.target import Target

LEVELS = {"basic school": "('1')", "upper secondary": "('2')", "higher": "('3', '4')"}
# Before 2024 and after 2020, when the share was read.
NUMBERS = {
    "Rendalen": ("3424",),
    "Tolga and Os": ("3426", "3430"),
    "Tynset": ("3427",),
    "Alvdal": ("3428",),
    "Folldal": ("3429",),
    "Røros": ("5025",),
    "Holtålen": ("5026",),
}


@metric("education_share", how="share")
def education_share(target: Target) -> str:
    """Of residents of an age on 1 July: highest completed education."""
    return f"""
        SELECT (level IN {LEVELS[target.item]})::INT AS x, 1 AS t, w
        FROM py JOIN education USING (person_id, year)
        WHERE present AND {who(target)}"""


@metric("municipality_share", how="share")
def municipality_share(target: Target) -> str:
    """Of residents of the region at the end of a year: those of one municipality."""
    numbers = ", ".join(f"'{n}'" for n in NUMBERS[target.item])
    day = f"DATE '{target.years[0]}-12-31'"
    # By the numbers of 2020-2023, which are today's for these municipalities.
    old = {"3424": "0432", "3426": "0436", "3427": "0437", "3428": "0438", "3429": "0439"}
    old |= {"3430": "0441", "5025": "1640", "5026": "1644"}
    before = ", ".join(f"'{old[n]}'" for n in NUMBERS[target.item])
    return f"""
        SELECT (municipality IN ({numbers}, {before}))::INT AS x, 1 AS t, 1 AS w
        FROM residence
        WHERE from_date <= {day} AND coalesce(to_date, {day}) >= {day}"""


@metric("population_share_80plus", "population_share_under18", how="share")
def population_share(target: Target) -> str:
    """Of residents on 1 January: those of an age group (of the dataset, not standardised)."""
    day = f"DATE '{target.years[0]}-01-01'"
    old = target.metric.endswith("80plus")
    age = f"date_diff('day', birth, {day}) / 365.25"
    condition = f"{age} >= 80" if old else f"{age} < 18"
    return f"""
        SELECT ({condition})::INT AS x, 1 AS t, 1 AS w
        FROM p WHERE entry <= {day} AND exit >= {day}"""
