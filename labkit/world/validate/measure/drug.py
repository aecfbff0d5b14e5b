"""Drugs collected from pharmacies."""

from labkit.world.validate.measure.metric import metric, who
from labkit.world.validate.target import Target

NAMED = {"any_dispensed_drug": "."}
USERS = (
    "users_A02BC users_A10 users_A10BA02 users_A10BJ_A10BK users_B01AC06 users_B01AF users_C03 "
    "users_C07 users_C08 users_C09 users_C10 users_C10AA users_H03AA01 users_J01 users_M05BA "
    "users_N02A users_N05C users_N06A users_R03 users_R03AC users_R03BA_R03AK "
    "users_antihypertensive"
).split()


def codes(name: str) -> str:
    """Return the ATC codes of a metric as a regular expression.

    Examples:
        >>> codes("users_A10BJ_A10BK")
        '^(A10BJ|A10BK)'
    """
    if name == "users_antihypertensive":
        return "^C0[2-9]"
    return NAMED.get(name) or f"^({'|'.join(name.split('_')[1:])})"


@metric(*USERS, *NAMED, how="share")
def users(target: Target) -> str:
    """Of residents on 1 July: those who collected a drug at least once in the year."""
    return f"""
        SELECT (one IS NOT NULL)::INT AS x, 1 AS t, w
        FROM py LEFT JOIN (SELECT DISTINCT person_id, year, 1 AS one FROM bought
                           WHERE regexp_matches(atc, '{codes(target.metric)}')) AS bought
             USING (person_id, year)
        WHERE present AND {who(target)}"""


WITHIN_A_YEAR = {  # metric -> (disease that begins, ATC of the drug)
    "antiosteoporotic_after_hip_fracture": ("hip_fracture", "^M05B"),
    "statin_use_after_mi": ("mi", "^C10AA"),
}


@metric(*WITHIN_A_YEAR, how="share")
def within_a_year(target: Target) -> str:
    """Of those alive a year after a first event: the drug collected in that year."""
    disease, drug = WITHIN_A_YEAR[target.metric]
    return f"""
        SELECT (coalesce(sum((first <= day + 365 AND last >= day)::INT), 0) > 0)::INT AS x,
               1 AS t, any_value(w) AS w
        FROM onset JOIN p USING (person_id)
        JOIN py ON py.person_id = p.person_id AND py.year = date_part('year', day)
        LEFT JOIN bought ON bought.person_id = p.person_id AND regexp_matches(atc, '{drug}')
        WHERE disease = '{disease}' AND exit > day + 365 AND {who(target)}
        GROUP BY p.person_id"""


@metric("anticoagulant_use_in_af", how="share")
def anticoagulant(target: Target) -> str:
    """Of residents with atrial fibrillation of at least a year: an anticoagulant in the year."""
    return f"""
        SELECT (drug IS NOT NULL)::INT AS x, 1 AS t, w
        FROM py JOIN onset ON onset.person_id = py.person_id AND disease = 'af'
          AND day <= make_date(py.year - 1, 7, 1)
        LEFT JOIN (SELECT DISTINCT person_id, year, 1 AS drug FROM bought
                   WHERE regexp_matches(atc, '^(B01AA|B01AE|B01AF)')) AS bought
          ON bought.person_id = py.person_id AND bought.year = py.year
        WHERE present AND {who(target)}"""


@metric("statin_adherence_one_year", how="share")
def adherence(target: Target) -> str:
    """Of new users alive 15 months on: a statin collected in months 10 to 15."""
    first, last = target.years
    return f"""
        WITH bought_on AS (
          SELECT person_id, strptime(utlevert, '%Y%m%d')::DATE AS day
          FROM lmr JOIN identity ON pseudonym = lopenr WHERE atc LIKE 'C10AA%'),
        begun AS (SELECT person_id, min(day) AS begin FROM bought_on GROUP BY person_id)
        SELECT (count(*) FILTER (day BETWEEN begin + 304 AND begin + 457) > 0)::INT AS x,
               1 AS t, 1 AS w
        FROM begun JOIN p USING (person_id) JOIN bought_on USING (person_id)
        WHERE date_part('year', begin) BETWEEN {first} AND {last} AND exit > begin + 457
        GROUP BY person_id"""
