"""How much care is used, and for what."""

from typing import TYPE_CHECKING

import numpy as np

from labkit.world.validate.estimate import Measured, peak
from labkit.world.validate.measure.metric import direct, metric, who
from labkit.world.validate.target import Target

if TYPE_CHECKING:
    import duckdb

CONTACTS = {
    "gp_consultations": "kind = 'gp'",
    "out_of_hours_consultations": "kind = 'out_of_hours'",
    "hospital_day_treatments_rate": "kind = 'day'",
    "hospital_outpatient_visits_rate": "kind = 'outpatient'",
}
# People with an acute stay for it, first or later, as the patient registry counts patients.
ADMITTED = {"stroke_incidence": "^I6[134]"}
PATIENTS = {
    "hospital_patients_rate": "kind IN ('inpatient', 'day', 'outpatient')",
    "hospital_inpatients_rate": "kind = 'inpatient'",
}
STAYS = {
    "hospital_stays_rate": ".",
    "pneumonia_hospitalisation": "^J1[3-8]",
    "covid_hospital_admissions": "^U07",
    "influenza_hospitalised": "^J1[01]",
}
# ICPC-2 of the main diagnosis; the groups of Statistics Norway as far as the kit's codes go.
REASONS = {
    "respiratory infection incl otitis": "^(R7[1-8]|R8[0-3]|H71|R99[12]|R05)",
    "mental": "^P",
    "hypertension": "^K8[5-7]",
    "heart disease": "^K(7[4-9]|8[0-4])",
    "diabetes": "^T(89|90)",
    "cancer": "^(A79|B7[2-4]|D7[4-7]|F74|L71|N74|R8[45]|S77|T71|U7[5-7]|X7[5-7]|Y7[78])",
    "back": "^L(02|03|84|86)",
    "joint and rheumatic": "^L(88|89|90|91)",
    "injury": "^(L7[2-9]|L8[01]|S1[2-9]|N79|A8[01])",
    "pregnancy, birth, contraception": "^W",
    "preventive": "^A98",
}


@metric(*CONTACTS, how="rate")
def contacts(target: Target) -> str:
    """Contacts per person-year."""
    return f"""
        SELECT coalesce(n, 0) AS x, years AS t, w
        FROM py LEFT JOIN (SELECT person_id, year, count(*) AS n FROM contact
                           WHERE {CONTACTS[target.metric]} GROUP BY ALL) USING (person_id, year)
        WHERE {who(target)}"""


@metric(*PATIENTS, how="rate")
def patients(target: Target) -> str:
    """People with at least one contact in a year, per person-year."""
    return f"""
        SELECT coalesce(n, 0) AS x, years AS t, w
        FROM py LEFT JOIN (SELECT DISTINCT person_id, year, 1 AS n FROM contact
                           WHERE {PATIENTS[target.metric]}) USING (person_id, year)
        WHERE {who(target)}"""


@metric(*STAYS, how="rate")
def stays(target: Target) -> str:
    """Inpatient stays per person-year, those less than 8 hours apart taken as one."""
    return f"""
        SELECT coalesce(n, 0) AS x, years AS t, w
        FROM py LEFT JOIN (SELECT person_id, year, count(*) AS n FROM stay
                           WHERE regexp_matches(main, '{STAYS[target.metric]}')
                           GROUP BY ALL) USING (person_id, year)
        WHERE {who(target)}"""


@metric(*ADMITTED, how="rate")
def admitted(target: Target) -> str:
    """People with at least one acute stay for it in a year, per person-year."""
    return f"""
        SELECT coalesce(n, 0) AS x, years AS t, w
        FROM py LEFT JOIN (SELECT DISTINCT person_id, year, 1 AS n FROM stay
                           WHERE urgency = 'acute'
                             AND regexp_matches(main, '{ADMITTED[target.metric]}'))
             USING (person_id, year)
        WHERE {who(target)}"""


@metric("hospital_bed_days_rate", how="rate")
def bed_days(target: Target) -> str:
    """Nights in hospital per person-year."""
    return f"""
        SELECT coalesce(n, 0) AS x, years AS t, w
        FROM py LEFT JOIN (SELECT person_id, year, sum(stop::DATE - start::DATE) AS n
                           FROM stay GROUP BY ALL) USING (person_id, year)
        WHERE {who(target)}"""


@metric("hospital_emergency_share", how="share")
def emergency(target: Target) -> str:
    """Of inpatient stays: acute."""
    return f"""
        SELECT (urgency = 'acute')::INT AS x, 1 AS t, w
        FROM stay JOIN py USING (person_id, year) WHERE {who(target)}"""


LENGTHS = {
    "hip_fracture_length_of_stay": r"^S72\.[012]",
    "pneumonia_length_of_stay": "^J1[3-8]",
}


@metric(*LENGTHS, how="mean")
def length(target: Target) -> str:
    """Mean nights of acute stays."""
    return f"""
        SELECT stop::DATE - start::DATE AS x, 1 AS t, w
        FROM stay JOIN py USING (person_id, year)
        WHERE urgency = 'acute' AND regexp_matches(main, '{LENGTHS[target.metric]}')
          AND {who(target)}"""


@metric("gp_consultation_diagnosis_share", how="mean")
def reasons(target: Target) -> str:
    """Of GP consultations: those with a main diagnosis of a group. A row is a person's year."""
    return f"""
        SELECT sum(regexp_matches(main, '{REASONS[target.item]}')::INT) AS x, count(*) AS t,
               any_value(w) AS w
        FROM contact JOIN py USING (person_id, year)
        WHERE kind = 'gp' AND main IS NOT NULL AND {who(target)}
        GROUP BY person_id, year"""


@direct("influenza_peak_week")
def peak_week(connection: "duckdb.DuckDBPyConnection", target: Target) -> Measured:
    """Week in which a season's influenza peaks; weeks before New Year count from week 52 back."""
    first, _ = target.years
    counts = np.zeros(40, dtype=int)
    for week, n in connection.execute(f"""
        SELECT (start::DATE - DATE '{first}-10-01') // 7 AS week, count(*)
        FROM contact WHERE regexp_matches(main, '^(R80|J1[01])')
          AND start::DATE BETWEEN DATE '{first}-10-01' AND DATE '{first + 1}-06-30'
        GROUP BY week""").fetchall():
        counts[int(week)] = n
    found = peak(counts)
    new_year = connection.execute(
        f"SELECT (DATE '{first + 1}-01-04' - DATE '{first}-10-01') // 7"
    ).fetchall()[0][0]
    shift = 1 - int(new_year)
    return Measured(found.value + shift, found.low + shift, found.high + shift, found.n)
