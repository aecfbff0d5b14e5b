"""What the health survey and the registers of quality, screening and vaccination tell."""

from typing import TYPE_CHECKING

from labkit.world.validate.estimate import NOTHING, Measured, deviation
from labkit.world.validate.measure.metric import direct, metric, who
from labkit.world.validate.target import Target

if TYPE_CHECKING:
    import duckdb

# Of participants, weighted with one over the true probability of taking part.
SHARES = {
    "smoking_daily": "(smoking = 'daily')::INT",
    "snus_daily": "(snus = 'daily')::INT",
    "alcohol_weekly": "(alcohol = 'weekly')::INT",
    "obesity_share": "(weight_kg / (height_cm / 100) ** 2 >= 30)::INT",
    "overweight_or_obese_share": "(weight_kg / (height_cm / 100) ** 2 >= 25)::INT",
    "bp_140_90_or_above": "(systolic_mmhg >= 140 OR diastolic_mmhg >= 90)::INT",
}
MEANS = {
    "bmi_mean": "weight_kg / (height_cm / 100) ** 2",
    "systolic_bp_mean": "systolic_mmhg",
    "total_cholesterol_mean": "chol_total_mmol_l",
    "hdl_mean": "chol_hdl_mmol_l",
}
LEVELS = {"basic school": "('1')", "upper secondary": "('2')", "higher": "('3', '4')"}


def _survey(target: Target, value: str) -> str:
    low, high = target.ages
    sex = f"AND health_survey.sex = '{target.sex}'" if target.sex else ""
    level = f"AND education IN {LEVELS[target.item]}" if target.item in LEVELS else ""
    return f"""
        SELECT {value} AS x, 1 AS t, w / probability AS w
        FROM health_survey JOIN selection USING (person_id)
        JOIN (SELECT person_id, education FROM exposure) AS taught USING (person_id)
        JOIN py ON py.person_id = health_survey.person_id
          AND py.year = date_part('year', attended_date)
        WHERE participated = 1 AND age_years BETWEEN {low} AND {high} {sex} {level}"""


@metric(*SHARES, how="share")
def survey_share(target: Target) -> str:
    """Share of adults, the survey's selection undone."""
    return _survey(target, SHARES[target.metric])


@metric(*MEANS, how="mean")
def survey_mean(target: Target) -> str:
    """Mean of adults, the survey's selection undone."""
    return _survey(target, MEANS[target.metric])


@metric("physical_activity_meets", how="share")
def activity(target: Target) -> str:
    """Of adults: at least so many minutes of moderate activity a week."""
    minutes = next(p for p in target.stratum.split(";") if p.endswith("min")).split()[0]
    return _survey(target, f"(activity_minutes >= {minutes})::INT")


@metric("survey_participation", how="share")
def participation(target: Target) -> str:
    """Of those invited to the health survey: those who came."""
    return "SELECT participated AS x, 1 AS t, 1 AS w FROM health_survey"


@direct("staff_survey")
def staff(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Of answers to one statement of the staff survey: one of the answers.

    The distribution is made to be the published one, so there is no chance in it, and no interval.
    """
    statement, _, answer = target.item.partition(": ")
    share, n = connection.execute(f"""
        SELECT 100 * avg(({statement} = '{answer.replace(" ", "_")}')::INT), count({statement})
        FROM staff_survey""").fetchall()[0]
    return Measured(share, share, share, n)


HBA1C = {"type 2 patients": "2", "type 1 adults": "1"}


@metric("hba1c_mean", how="mean")
def hba1c(target: Target) -> str:
    """Mean at the check-ups of the diabetes registry."""
    first, last = target.years
    return f"""
        SELECT avg(replace(hba1c, ',', '.')::DOUBLE) AS x, 1 AS t, 1 AS w
        FROM diabetes
        WHERE diabetestype = {HBA1C[target.item]} AND hba1c IS NOT NULL
          AND '20' || kontrolldato[7:8] BETWEEN '{first}' AND '{last}'
        GROUP BY p_id"""


@direct("hba1c_sd")
def hba1c_sd(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Standard deviation between people with diabetes, one check-up of each."""
    first, last = target.years
    n, sd, fourth = connection.execute(f"""
        WITH one AS (SELECT arg_min(replace(hba1c, ',', '.')::DOUBLE, kontroll_id) AS v
                     FROM diabetes WHERE diabetestype = {HBA1C[target.item]}
                       AND hba1c IS NOT NULL
                       AND '20' || kontrolldato[7:8] BETWEEN '{first}' AND '{last}'
                     GROUP BY p_id),
             middle AS (SELECT avg(v) AS m FROM one)
        SELECT count(*), stddev_pop(v), avg((v - m) ** 4) FROM one, middle""").fetchall()[0]
    return deviation(n, sd, fourth) if n else NOTHING


QUALITY = {
    "HbA1c at or under 53 mmol/mol": "replace(hba1c, ',', '.')::DOUBLE <= 53",
    "BP at or under 135/80": "systolisk <= 135 AND diastolisk <= 80",
    "current smoker": "royker = 'J'",
}


@metric("t2d_quality", how="share")
def quality(target: Target) -> str:
    """Of people with type 2 diabetes at a check-up of the year."""
    first, last = target.years
    return f"""
        SELECT ({QUALITY[target.item]})::INT AS x, 1 AS t, 1 AS w
        FROM diabetes
        WHERE diabetestype = 2 AND '20' || kontrolldato[7:8] BETWEEN '{first}' AND '{last}'
        QUALIFY row_number() OVER (PARTITION BY p_id ORDER BY kontroll_id) = 1"""


@metric("mammography_attendance", how="share")
def mammography(target: Target) -> str:
    """Of women in the age of the programme and resident two years: a screening in them."""
    first, _ = target.years
    low, high = target.ages
    return f"""
        SELECT (coalesce(sum((contact.main IS NOT NULL)::INT), 0) > 0)::INT AS x, 1 AS t, 1 AS w
        FROM py JOIN p USING (person_id)
        LEFT JOIN contact ON contact.person_id = py.person_id AND main = 'Z12.3'
          AND contact.year BETWEEN {first} AND {first + 1}
        WHERE py.sex = 'F' AND py.year = {first} AND present
          AND exit >= DATE '{first + 1}-12-31' AND py.age BETWEEN {low + 1} AND {high - 2}
        GROUP BY py.person_id"""


@metric("colorectal_screening_participation", how="share")
def bowel(target: Target) -> str:
    """Of those of 55-65 when the programme began, and alive in its third year: screened."""
    return """
        SELECT (coalesce(sum((contact.main IS NOT NULL)::INT), 0) > 0)::INT AS x, 1 AS t, 1 AS w
        FROM p LEFT JOIN contact ON contact.person_id = p.person_id AND main = 'Z12.1'
        WHERE birth BETWEEN DATE '1956-01-02' AND DATE '1967-01-01'
          AND entry <= DATE '2022-01-01' AND exit >= DATE '2024-12-31'
        GROUP BY p.person_id"""


@metric("influenza_vaccine_coverage", how="share")
def vaccine(target: Target) -> str:
    """Of residents at the end of the season's year: vaccinated against influenza since summer."""
    first, _ = target.years
    return f"""
        SELECT (dose IS NOT NULL)::INT AS x, 1 AS t, w
        FROM py JOIN p USING (person_id)
        LEFT JOIN (SELECT DISTINCT person_id, 1 AS dose
                   FROM sysvak JOIN identity ON pseudonym = person_lopenr
                   WHERE vaksine LIKE 'J07BB%'
                     AND vaksinedato BETWEEN '{first}-07-01' AND '{first + 1}-06-30') AS dose
          USING (person_id)
        WHERE present AND exit >= DATE '{first}-12-31' AND {who(target)}"""
