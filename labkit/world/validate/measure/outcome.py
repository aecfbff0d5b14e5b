"""What follows a stay: death, readmission, complications."""

from labkit.world.validate.measure.metric import metric, who
from labkit.world.validate.target import Target

# metric -> (ICD-10 of the main diagnosis, days, first stay of the person only)
AFTER_STAY = {
    "hf_30day_mortality": ("^(I50|I110)", 30, False),
    "stroke_30day_mortality": ("^I6[134]", 30, False),
    "hip_fracture_30day_mortality": (r"^S72\.[012]", 30, False),
    "pneumonia_30day_mortality": ("^J1[3-8]", 30, False),
    "copd_30day_mortality": ("^J44", 30, False),
    "hf_1year_mortality": ("^(I50|I110)", 365, True),
    "hip_fracture_1year_mortality": (r"^S72\.[012]", 365, True),
    "stroke_dead_3_months": ("^I6[134]", 90, True),
}
GROUPS = {
    "": "^(J4[45]|I50|J1[3-8]|I6[134]|S[2-9]2|I2[0-5]|I48|N39|K35|K80|A41)",
    "asthma or COPD": "^J4[45]",
    "heart failure": "^I50",
    "pneumonia": "^J1[3-8]",
    "stroke": "^I6[134]",
    "hip or other fracture": "^S[2-9]2",
}


@metric(*AFTER_STAY, how="share")
def death_after(target: Target) -> str:
    """Of acute stays for a main diagnosis: death within some days of admission.

    A stay counts where the whole time after it can be seen.
    """
    codes, days, first = AFTER_STAY[target.metric]
    only = "QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY start) = 1" if first else ""
    return f"""
        SELECT (coalesce(death <= start::DATE + {days}, false))::INT AS x, 1 AS t, w
        FROM (SELECT * FROM stay WHERE regexp_matches(main, '{codes}') AND urgency = 'acute'
              {only}) AS stay
        JOIN p USING (person_id)
        JOIN py ON py.person_id = stay.person_id AND py.year = stay.year
        WHERE start::DATE + {days} <= DATE '2024-12-31' AND {who(target)}"""


@metric("mi_30day_case_fatality", how="share")
def case_fatality(target: Target) -> str:
    """Of first infarctions, those outside hospital included: death within 30 days."""
    return f"""
        SELECT (coalesce(death <= day + 30, false))::INT AS x, 1 AS t, w
        FROM onset JOIN p USING (person_id)
        JOIN py ON py.person_id = p.person_id AND py.year = date_part('year', day)
        WHERE disease = 'mi' AND day >= DATE '2010-01-01' AND {who(target)}"""


@metric("survival_30day", how="share")
def survival(target: Target) -> str:
    """Of acute stays of adults: alive 30 days after admission."""
    codes = {"first MI": "^I21", "first stroke": "^I6[134]", "hip fracture": r"^S72\.[012]"}
    match = codes.get(target.item, ".")
    only = "QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY start) = 1"
    return f"""
        SELECT (coalesce(death > start::DATE + 30, true))::INT AS x, 1 AS t, w
        FROM (SELECT * FROM stay WHERE regexp_matches(main, '{match}') AND urgency = 'acute'
              {only if target.item.startswith("first") else ""}) AS stay
        JOIN p USING (person_id)
        JOIN py ON py.person_id = stay.person_id AND py.year = stay.year
        WHERE start::DATE <= DATE '2024-12-01' AND py.age >= 18
          AND {who(target)}"""


@metric("readmission_30day", how="share")
def readmission(target: Target) -> str:
    """Of acute stays left alive: a new acute stay, for whatever reason, within 30 days."""
    return f"""
        WITH acute AS (
          SELECT *, lead(start) OVER (PARTITION BY person_id ORDER BY start) AS next
          FROM stay WHERE urgency = 'acute')
        SELECT (coalesce(next::DATE <= stop::DATE + 30, false))::INT AS x, 1 AS t, w
        FROM acute JOIN p USING (person_id)
        JOIN py ON py.person_id = acute.person_id AND py.year = acute.year
        WHERE regexp_matches(main, '{GROUPS[target.item]}')
          AND (death IS NULL OR death > stop::DATE) AND {who(target)}"""


@metric("hip_knee_complications", how="share")
def complications(target: Target) -> str:
    """Of new hips and knees: an acute stay for a complication within 90 days."""
    return f"""
        SELECT (count(later.start) > 0)::INT AS x, 1 AS t, 1 AS w
        FROM procedure JOIN contact AS stay USING (encounter_id)
        JOIN py ON py.person_id = stay.person_id AND py.year = stay.year
        LEFT JOIN contact AS later ON later.person_id = stay.person_id
          AND later.kind = 'inpatient' AND regexp_matches(later.main, '^T8[14]')
          AND later.start > stay.stop AND later.start::DATE <= stay.start::DATE + 90
        WHERE regexp_matches(procedure.code, '^N[FG]B[234]0') AND {who(target)}
        GROUP BY stay.encounter_id"""
