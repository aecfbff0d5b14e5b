"""How many have a disease, and how many get it."""

from typing import TYPE_CHECKING

import numpy as np

from labkit.world.validate.estimate import Measured, trend
from labkit.world.validate.measure.metric import direct, metric, sums, who
from labkit.world.validate.target import Target

if TYPE_CHECKING:
    import duckdb

HAVING = {
    "t2d_prevalence": ("t2d",),
    "diabetes_known_prevalence": ("t1d", "t2d"),
    "af_prevalence": ("af",),
    "hypertension_prevalence": ("hypertension",),
    "copd_prevalence": ("copd",),
    "copd_diagnosed_prevalence": ("copd",),
    "asthma_prevalence": ("asthma",),
    "hf_prevalence": ("hf",),
    "dementia_prevalence": ("dementia",),
    "ckd_stage3to5_prevalence": ("ckd",),
    "osteoarthritis_prevalence": ("osteoarthritis",),
    "stroke_prevalence": ("stroke",),
}
# Among those without it; the others are per person-year of everybody, as registers count.
GETTING_OF_THE_WELL = {
    "t2d_incidence": "t2d",
    "af_incidence": "af",
    "hf_incidence": "hf",
    "dementia_incidence": "dementia",
}
GETTING = {
    "mi_incidence": "mi",
    "hip_fracture_incidence": "hip_fracture",
    "t1d_incidence": "t1d",
}
ICPC = {"depression_gp_contact_12month": "P76", "anxiety_gp_contact_12month": "P74"}


@metric(*HAVING, how="share")
def prevalence(target: Target) -> str:
    """Of residents on 1 July: those whose disease has begun (the truth, found or not)."""
    names = ", ".join(f"'{name}'" for name in HAVING[target.metric])
    return f"""
        SELECT (coalesce(day <= make_date(py.year, 7, 1), false))::INT AS x, 1 AS t, w
        FROM py LEFT JOIN (SELECT person_id, min(day) AS day FROM onset
                           WHERE disease IN ({names}) GROUP BY person_id) USING (person_id)
        WHERE present AND {who(target)}"""


@metric(*GETTING, how="rate")
def incidence(target: Target) -> str:
    """First onsets per person-year of everybody."""
    return _incidence(GETTING[target.metric], who(target))


def _incidence(disease: str, condition: str, *, rows: str = "py") -> str:
    return f"""
        SELECT (date_part('year', day) IS NOT DISTINCT FROM py.year)::INT AS x, years AS t, w
        FROM {rows} LEFT JOIN (SELECT person_id, day FROM onset WHERE disease = '{disease}')
             USING (person_id)
        WHERE {condition}"""


@metric(*GETTING_OF_THE_WELL, how="rate")
def incidence_of_the_well(target: Target) -> str:
    """First onsets per person-year of those without the disease."""
    disease = GETTING_OF_THE_WELL[target.metric]
    return f"""
        SELECT (date_part('year', day) IS NOT DISTINCT FROM py.year)::INT AS x,
               CASE WHEN date_part('year', day) = py.year
                    THEN (day - greatest(entry, make_date(py.year, 1, 1)) + 1) / 365.25
                    ELSE years END AS t, w
        FROM py JOIN p USING (person_id)
        LEFT JOIN (SELECT person_id, day FROM onset WHERE disease = '{disease}') USING (person_id)
        WHERE (day IS NULL OR day >= make_date(py.year, 1, 1)) AND {who(target)}"""


@direct("mi_incidence_trend")
def incidence_trend(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Change by year of the age standardised incidence of a first infarction."""
    years = np.arange(target.years[0], target.years[1] + 1)
    queries = (_incidence("mi", f"py.year = {year}", rows=_ONE_STANDARD) for year in years)
    return trend(years, [sums(connection, query) for query in queries])


# With one age structure for all years, so that the ageing of the country does not count.
_ONE_STANDARD = """
    (SELECT py.* EXCLUDE (w),
            people / sum(years) OVER (PARTITION BY py.year, py.sex, py.age_group) AS w
     FROM py JOIN standard ON standard.sex = py.sex AND standard.age_group = py.age_group
     WHERE standard.year = 2015) AS py"""


@metric(*ICPC, how="share")
def gp_contact(target: Target) -> str:
    """Of residents on 1 July: at least one GP consultation for it in the year."""
    return f"""
        SELECT (seen IS NOT NULL)::INT AS x, 1 AS t, w
        FROM py LEFT JOIN (SELECT DISTINCT person_id, year, 1 AS seen FROM contact
                           WHERE kind = 'gp' AND main = '{ICPC[target.metric]}')
             USING (person_id, year)
        WHERE present AND {who(target)}"""


@metric("dementia_registered_prevalence", how="share")
def registered(target: Target) -> str:
    """Of residents on 1 July: dementia written down by GP or hospital by then."""
    return f"""
        SELECT (coalesce(day <= make_date(py.year, 7, 1), false))::INT AS x, 1 AS t, w
        FROM py LEFT JOIN (SELECT person_id, min(start)::DATE AS day
                           FROM contact JOIN diagnosis USING (encounter_id)
                           WHERE regexp_matches(code, '^(P70|F0[0-3]|G30)') GROUP BY person_id)
             USING (person_id)
        WHERE present AND {who(target)}"""


@metric("hypertension_treated_share", how="share")
def treated(target: Target) -> str:
    """Of residents with hypertension: a drug for it collected in the year."""
    return f"""
        SELECT (drug IS NOT NULL)::INT AS x, 1 AS t, w
        FROM py JOIN onset ON onset.person_id = py.person_id AND disease = 'hypertension'
          AND day <= make_date(py.year, 7, 1)
        LEFT JOIN (SELECT DISTINCT person_id, year, 1 AS drug FROM bought
                   WHERE regexp_matches(atc, '^C0[2-9]')) AS bought
          ON bought.person_id = py.person_id AND bought.year = py.year
        WHERE present AND {who(target)}"""


@metric("hypertension_controlled_share", how="share")
def controlled(target: Target) -> str:
    """Of those of 18-85 with hypertension in their record: latest pressure of the year in control.

    Below 140/90 at a GP or outpatient contact; the diagnosis written down before the year.

    Source:
        Controlling High Blood Pressure, Healthcare Effectiveness Data and Information Set.
    """
    return f"""
        WITH pressure AS (
          SELECT encounter_id, max(value) FILTER (kind = 'systolic') AS upper,
                 max(value) FILTER (kind = 'diastolic') AS lower
          FROM vital_sign WHERE kind IN ('systolic', 'diastolic') GROUP BY encounter_id),
        latest AS (
          SELECT person_id, year, arg_max(upper < 140 AND lower < 90, start) AS good
          FROM contact JOIN pressure USING (encounter_id)
          WHERE kind IN ('gp', 'outpatient') GROUP BY ALL),
        known AS (
          SELECT person_id, min(year) AS since FROM contact JOIN diagnosis USING (encounter_id)
          WHERE regexp_matches(code, '^(I1[0-5]|K8[67])') GROUP BY person_id)
        SELECT good::INT AS x, 1 AS t, w
        FROM py JOIN latest USING (person_id, year) JOIN known USING (person_id)
        WHERE present AND since < py.year AND py.age BETWEEN 18 AND 85 AND {who(target)}"""
