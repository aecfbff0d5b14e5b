"""How long people live, and what they die of."""

from typing import TYPE_CHECKING

import numpy as np

from labkit.world.validate.estimate import Measured, life_expectancy, quotient, rate
from labkit.world.validate.measure.metric import direct, metric, sums, who
from labkit.world.validate.target import Target

if TYPE_CHECKING:
    import duckdb

# ICD-10 of the underlying cause, as regular expressions on codes without the dot.
CAUSES = {
    "circulatory": "^I",
    "neoplasms": "^(C|D[0-4])",
    "dementia": "^(F0[0-3]|G30)",
    "respiratory incl covid": "^(J|U07)",
    "external causes": "^[V-Y]",
    "ischaemic heart disease": "^I2[0-5]",
    "cerebrovascular": "^I6",
    "COPD": "^J4[0-4]",
    "diabetes": "^E1[0-4]",
    "lung cancer": "^C3[34]",
    "breast cancer": "^C50",
    "covid-19": "^U07",
}


@metric("death_rate", how="rate")
def death_rate(target: Target) -> str:
    """Deaths per person-year."""
    return f"""
        SELECT (date_part('year', death) IS NOT DISTINCT FROM py.year)::INT AS x, years AS t, w
        FROM py JOIN p USING (person_id) WHERE {who(target)}"""


@direct("life_expectancy_at_birth")
def expectancy(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Life expectancy at birth from the deaths of the years."""
    found = connection.execute(f"""
        SELECT CASE WHEN exact < 1 THEN 0 WHEN exact < 5 THEN 1
                    ELSE least(exact // 5, 19) + 1 END::INT AS band, sum(died), sum(years)
        FROM (SELECT py.age AS exact, years,
                     (date_part('year', death) IS NOT DISTINCT FROM py.year)::INT AS died
              FROM py JOIN p USING (person_id) WHERE {who(target)})
        GROUP BY band""").fetchall()
    deaths, years = np.zeros(21), np.zeros(21)
    for band, died, lived in found:
        deaths[band], years[band] = died, lived
    return life_expectancy(deaths, years)


@metric("mean_age_at_death", how="mean")
def mean_age_at_death(target: Target) -> str:
    """Mean age of those who died, had they lived in the country's age structure."""
    return f"""
        SELECT date_diff('day', birth, death) / 365.25 AS x, 1 AS t, w
        FROM py JOIN p USING (person_id)
        WHERE date_part('year', death) = py.year AND {who(target)}"""


@metric("share_of_deaths_by_cause", how="share")
def share_of_deaths(target: Target) -> str:
    """Of deaths: underlying cause, in the country's age structure."""
    return f"""
        SELECT regexp_matches(underliggende, '{CAUSES[target.item]}')::INT AS x, 1 AS t, w
        FROM dar JOIN p ON pseudonym = lopenummer
        JOIN py ON py.person_id = p.person_id AND py.year = date_part('year', death)
        WHERE {who(target)}"""


@direct("death_rate_ratio_education")
def by_education(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Death rate with compulsory school over that with higher education, age standardised."""
    found = []
    for levels in ("('1')", "('3', '4')"):
        query = f"""
            WITH taught AS (SELECT py.* EXCLUDE (w)
                            FROM py JOIN exposure USING (person_id)
                            WHERE education IN {levels} AND {who(target)}),
                 there AS (SELECT sex, age_group, sum(years) AS lived FROM taught GROUP BY ALL)
            SELECT (date_part('year', death) IS NOT DISTINCT FROM taught.year)::INT AS x,
                   years AS t, people / lived AS w
            FROM taught JOIN p USING (person_id)
            JOIN there ON there.sex = taught.sex AND there.age_group = taught.age_group
            JOIN standard ON standard.year = 2015 AND standard.sex = taught.sex
              AND standard.age_group = taught.age_group"""
        found.append(rate(sums(connection, query)))
    return quotient(*found)
