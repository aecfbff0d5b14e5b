"""Births, in the terms of the medical birth registry."""

from typing import TYPE_CHECKING

from labkit.world.validate.estimate import NOTHING, Measured, deviation, mean
from labkit.world.validate.measure.metric import direct, metric, sums
from labkit.world.validate.target import Target

if TYPE_CHECKING:
    import duckdb

FERTILE = "py.sex = 'F' AND py.age BETWEEN 15 AND 49"
TERM_DAYS = 259  # 37 weeks
POSTTERM_DAYS = 294  # 42 weeks
KINDS = {
    "": "true",
    "singletons": "flerfodsel = 1",
    "twins": "flerfodsel = 2",
    "boys, term singletons": f"barnets_kjonn = 1 AND flerfodsel = 1 AND days >= {TERM_DAYS}",
    "girls, term singletons": f"barnets_kjonn = 2 AND flerfodsel = 1 AND days >= {TERM_DAYS}",
}
VALUES = {  # metric -> (value, whether stillbirths count)
    "birth_weight_mean": ("fodselsvekt", False),
    "gestational_age_mean": ("days", False),
    "low_birth_weight_share": ("(fodselsvekt < 2500)::INT", False),
    "preterm_share": (f"(days < {TERM_DAYS})::INT", False),
    "term_birth_share": (f"(days >= {TERM_DAYS} AND days < {POSTTERM_DAYS})::INT", False),
    "stillbirth_rate": ("vitalstatus", True),
    "caesarean_share": ("(forlosning = 'sectio')::INT", False),
}


def _rows(target: Target) -> str:
    value, still = VALUES[target.metric]
    first, last = target.years
    live = "" if still else "vitalstatus = 0 AND "
    # w undoes the age structure of the women; mothers who moved in later have none.
    return f"""
        SELECT {value} AS x, 1 AS t, w
        FROM (SELECT *, svangerskapsvarighet_dager AS days FROM mfr) AS mfr
        JOIN identity ON pseudonym = mor_lopenr
        JOIN py ON py.person_id = identity.person_id AND py.year = date_part('year', fodselsdato)
        WHERE {live}{KINDS[target.item]} AND py.year BETWEEN {first} AND {last}"""


@metric("birth_weight_mean", "gestational_age_mean", how="mean")
def birth_mean(target: Target) -> str:
    """Mean of live births."""
    return _rows(target)


@metric(
    "low_birth_weight_share",
    "preterm_share",
    "term_birth_share",
    "stillbirth_rate",
    "caesarean_share",
    how="share",
)
def birth_share(target: Target) -> str:
    """Share of births."""
    return _rows(target)


@metric("multiple_birth_share", how="share")
def multiple(target: Target) -> str:
    """Of deliveries: those of more than one child."""
    first, last = target.years
    return f"""
        SELECT (max(flerfodsel) > 1)::INT AS x, 1 AS t, 1 AS w
        FROM mfr WHERE date_part('year', fodselsdato) BETWEEN {first} AND {last}
        GROUP BY mor_lopenr, fodselsdato"""


@direct("birth_weight_sd")
def weight_sd(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Standard deviation of weight among live births."""
    first, last = target.years
    n, sd, fourth = connection.execute(f"""
        WITH live AS (SELECT fodselsvekt AS v FROM mfr WHERE vitalstatus = 0
                      AND date_part('year', fodselsdato) BETWEEN {first} AND {last}
                      AND fodselsvekt IS NOT NULL),
             middle AS (SELECT avg(v) AS m FROM live)
        SELECT count(*), stddev_pop(v), avg((v - m) ** 4) FROM live, middle""").fetchall()[0]
    return deviation(n, sd, fourth) if n else NOTHING


@metric("mean_age_first_birth", how="mean")
def first_birth(target: Target) -> str:
    """Mean age of mothers at their first birth."""
    first, last = target.years
    return f"""
        SELECT date_diff('day', birth, fodselsdato) / 365.25 AS x, 1 AS t, w
        FROM mfr JOIN p ON pseudonym = mor_lopenr
        JOIN py ON py.person_id = p.person_id AND py.year = date_part('year', fodselsdato)
        WHERE paritet = 0 AND vitalstatus = 0 AND py.year BETWEEN {first} AND {last}"""


def _fertility(target: Target) -> tuple[str, str]:
    """Return births with the mother's age, and person-years, both by the age's own weight."""
    first, last = target.years
    weight = f"""(SELECT age, 1 / sum(years) AS w FROM py
                  WHERE {FERTILE} AND year BETWEEN {first} AND {last} GROUP BY age)"""
    births = f"""
        SELECT date_diff('day', birth, fodselsdato) / 365.25 AS exact, weight.w AS w
        FROM mfr JOIN p ON pseudonym = mor_lopenr
        JOIN py ON py.person_id = p.person_id AND py.year = date_part('year', fodselsdato)
        JOIN {weight} AS weight USING (age)
        WHERE vitalstatus = 0 AND {FERTILE} AND py.year BETWEEN {first} AND {last}"""
    lived = f"""
        SELECT years, weight.w AS w FROM py JOIN {weight} AS weight USING (age)
        WHERE {FERTILE} AND py.year BETWEEN {first} AND {last}"""
    return births, lived


@direct("total_fertility_rate")
def total_fertility(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Sum over the ages 15-49 of births per woman and year."""
    births, lived = _fertility(target)
    rows = f"SELECT 1 AS x, 0 AS t, w FROM ({births}) UNION ALL SELECT 0, years, w FROM ({lived})"
    return mean(sums(connection, rows)).times(35)


@direct("mean_age_at_childbearing")
def mean_age(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Mean age at birth weighted by the rates, so free of the age structure."""
    births, _ = _fertility(target)
    return mean(sums(connection, f"SELECT exact AS x, 1 AS t, w FROM ({births})"))
