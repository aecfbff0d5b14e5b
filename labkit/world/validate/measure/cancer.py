"""Cancer, in the terms of the cancer registry, and infarctions in those of theirs."""

import csv
from functools import cache
from importlib.resources import files

from labkit.world.validate.measure.metric import metric, who
from labkit.world.validate.target import Target

SITES = {
    "breast": "^C50",
    "prostate": "^C61",
    "colorectal": "^C(18|19|20)",
    "colon": "^C18",
    "rectum": "^C(19|20)",
    "lung": "^C3[34]",
}
MONTH = "strptime(diagnosedato || '-15', '%Y-%m-%d')::DATE"


@metric("cancer_incidence", how="rate")
def incidence(target: Target) -> str:
    """Cases per person-year."""
    return f"""
        SELECT coalesce(n, 0) AS x, years AS t, w
        FROM py LEFT JOIN (SELECT person_id, date_part('year', {MONTH})::INT AS year, count(*) AS n
                           FROM kreft JOIN identity ON pseudonym = pid
                           WHERE regexp_matches(topografi, '{SITES[target.item]}')
                           GROUP BY ALL) USING (person_id, year)
        WHERE {who(target)}"""


@metric("cancer_mean_age", how="mean")
def mean_age(target: Target) -> str:
    """Mean age at diagnosis, in the country's age structure."""
    return f"""
        SELECT date_diff('day', birth, {MONTH}) / 365.25 AS x, 1 AS t, w
        FROM kreft JOIN p ON pseudonym = pid
        JOIN py ON py.person_id = p.person_id AND py.year = date_part('year', {MONTH})
        WHERE regexp_matches(topografi, '{SITES[target.item]}') AND {who(target)}"""


@metric("cancer_5y_relative_survival", how="mean")
def relative_survival(target: Target) -> str:
    """Alive five years after diagnosis, over what people of that age and sex expect.

    Source:
        Ederer, Axtell & Cutler (1961), National Cancer Institute Monograph 6:101-121 (Ederer I);
        expected from the death rates of 2015-2019.
    """
    rates = ", ".join(f"('{sex}', {low}, {rate})" for sex, low, rate in _death_rates())
    return f"""
        WITH rates AS (SELECT * FROM (VALUES {rates}) AS v(sex, low, rate)),
             cases AS (
          SELECT row_number() OVER () AS id, py.sex AS sex, death, {MONTH} AS day,
                 date_diff('day', birth, {MONTH}) / 365.25 AS age
          FROM kreft JOIN p ON pseudonym = pid
          JOIN py ON py.person_id = p.person_id AND py.year = date_part('year', {MONTH})
          WHERE regexp_matches(topografi, '{SITES[target.item]}') AND basis <> 0 AND {who(target)}
            AND {MONTH} <= DATE '2019-12-31')
        SELECT (any_value(death) IS NULL OR any_value(death) > any_value(day) + 1826)::INT AS x,
               exp(-sum(rate)) AS t, 1 AS w
        FROM cases, (SELECT unnest(range(5)) AS k) AS years
        JOIN rates ON rates.sex = cases.sex
          AND low = CASE WHEN age + k + 0.5 < 1 THEN 0 WHEN age + k + 0.5 < 5 THEN 1
                         ELSE least(5 * floor((age + k + 0.5) / 5), 95) END
        GROUP BY id"""


@cache
def _death_rates() -> tuple[tuple[str, int, float], ...]:
    """Read deaths per person-year by sex and first age, 2015-2019."""
    found = []
    path = files("labkit.world.calibration") / "figures.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["metric"] == "death_rate" and row["year"] == "2015-2019":
                sex, ages = row["stratum"].split(";")
                low = int(ages.split("-")[0].rstrip("+"))
                found.append(("F" if sex == "female" else "M", low, float(row["value"]) / 1000))
    return tuple(found)


INFARCTIONS = {
    "mi_stemi_share": ("true", "infarkttype = 'STEMI'"),
    "mi_male_share": ("true", "kvinne = 0"),
    "mi_pci_share": ("infarkttype = '{item}'", "pci = 'Ja'"),
    "mi_30day_mortality": ("true", "dod_30d = 1"),
}


def _infarctions(target: Target, value: str, condition: str) -> str:
    return f"""
        SELECT {value} AS x, 1 AS t, w
        FROM infarkt JOIN identity ON pseudonym = pasientnr
        JOIN py ON py.person_id = identity.person_id AND py.year = innlagt[7:10]::INT
        WHERE {condition} AND {who(target)}"""


@metric(*INFARCTIONS, how="share")
def infarction_share(target: Target) -> str:
    """Of admitted infarctions, first and later."""
    condition, value = INFARCTIONS[target.metric]
    return _infarctions(target, f"({value})::INT", condition.format(item=target.item))


@metric("mi_mean_age", how="mean")
def infarction_age(target: Target) -> str:
    """Mean age at an admitted infarction, in the country's age structure."""
    return _infarctions(target, "alder + 0.5", "true")


EVENTS = {
    "stroke_mean_age": "^I6[134]",
    "hip_fracture_mean_age": r"^S72\.[012]",
    "hip_fracture_female_share": r"^S72\.[012]",
}


def _events(target: Target, value: str) -> str:
    return f"""
        SELECT {value} AS x, 1 AS t, w
        FROM stay JOIN p USING (person_id)
        JOIN py ON py.person_id = stay.person_id AND py.year = stay.year
        WHERE urgency = 'acute' AND regexp_matches(main, '{EVENTS[target.metric]}')
          AND {who(target)}"""


@metric("stroke_mean_age", "hip_fracture_mean_age", how="mean")
def event_age(target: Target) -> str:
    """Mean age at acute stays for it, first and later, in the country's age structure."""
    return _events(target, "date_diff('day', birth, start::DATE) / 365.25")


@metric("hip_fracture_female_share", how="share")
def event_women(target: Target) -> str:
    """Of acute stays for it: women's, in the country's age structure."""
    return _events(target, "(py.sex = 'F')::INT")


@metric("stroke_type_share", how="share")
def stroke_type(target: Target) -> str:
    """Of acute stays for stroke: infarction (I63) or haemorrhage (I61)."""
    code = {"infarction": "I63", "haemorrhage": "I61"}[target.item]
    return f"""
        SELECT (main LIKE '{code}%')::INT AS x, 1 AS t, w
        FROM stay JOIN py USING (person_id, year)
        WHERE regexp_matches(main, '^I6[134]') AND urgency = 'acute' AND {who(target)}"""
