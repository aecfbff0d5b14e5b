"""The dataset as the measures see it: its tables, and who was there when.

Beside the tables of the dataset (registries with their planted defects taken out):
    p        one row a person: person_id, pseudonym, patient_id, sex, birth, entry, exit, death
    py       one row a person and year: sex, age and group on 1 July, years lived there in it,
             present (on 1 July), w: people of the country for each person-year of that sex, age
             group and year
    onset    person_id, disease, day
    contact  one row an encounter: person_id, year, kind, urgency, start, stop, main diagnosis
    stay     inpatient stays, those less than 8 hours apart taken as one
    bought   one row a person, year and drug collected
"""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from labkit import schema
from labkit.errors import DataError
from labkit.messages import say
from labkit.world.defects import remove_defects

if TYPE_CHECKING:
    import duckdb

LAST_DAY = "DATE '2024-12-31'"
HOURS_BETWEEN_STAYS = 8
NEEDED = ("person", "residence", "death", "patient", "encounter", "diagnosis", "onset", "identity")

_PEOPLE = f"""
CREATE TEMP TABLE p AS
SELECT person.person_id, pseudonym, patient_id, person.sex, person.birth_date AS birth, entry,
       least(coalesce(death.death_date, {LAST_DAY}), {LAST_DAY}) AS exit, death.death_date AS death
FROM person
JOIN (SELECT person_id, greatest(min(from_date), DATE '2010-01-01') AS entry
      FROM residence GROUP BY person_id) USING (person_id)
LEFT JOIN death USING (person_id)
LEFT JOIN identity USING (person_id)
LEFT JOIN patient USING (fnr);

CREATE TEMP TABLE py AS
WITH lived AS (
  SELECT person_id, year, sex,
         greatest(year - date_part('year', birth)
                  - (birth > make_date(date_part('year', birth), 7, 1))::INT, 0)::INT AS age,
         (least(exit, make_date(year, 12, 31)) - greatest(entry, make_date(year, 1, 1)) + 1)
           / 365.25 AS years,
         entry <= make_date(year, 7, 1) AND exit >= make_date(year, 7, 1) AS present
  FROM p, (SELECT unnest(range(2010, 2025))::INT AS year)
  WHERE entry <= make_date(year, 12, 31) AND exit >= make_date(year, 1, 1)),
grouped AS (SELECT *, least(age // 5, 19) AS age_group FROM lived),
there AS (SELECT year, sex, age_group, sum(years) AS lived FROM grouped GROUP BY ALL)
SELECT grouped.*, people / lived AS w
FROM grouped
JOIN there USING (year, sex, age_group)
JOIN standard ON standard.sex = grouped.sex AND standard.age_group = grouped.age_group
  AND standard.year = CASE WHEN grouped.year < 2013 THEN 2010
                           WHEN grouped.year < 2020 THEN 2015 ELSE 2024 END;
"""
_CARE = f"""
CREATE TEMP TABLE contact AS
SELECT encounter_id, person_id, date_part('year', start_time)::INT AS year, kind, urgency,
       start_time AS start, end_time AS stop, code AS main
FROM encounter JOIN p USING (patient_id)
LEFT JOIN diagnosis USING (encounter_id)
WHERE position = 1 OR position IS NULL;

CREATE TEMP TABLE stay AS
WITH known AS (
  SELECT *, max(stop) OVER (PARTITION BY person_id ORDER BY start, encounter_id
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM contact WHERE kind = 'inpatient'),
numbered AS (
  SELECT *, sum((before IS NULL OR start >= before + INTERVAL {HOURS_BETWEEN_STAYS} HOUR)::INT)
              OVER (PARTITION BY person_id ORDER BY start, encounter_id) AS number
  FROM known)
SELECT person_id, number, date_part('year', min(start))::INT AS year, min(start) AS start,
       max(stop) AS stop, arg_min(main, start) AS main, arg_min(urgency, start) AS urgency
FROM numbered GROUP BY person_id, number;
"""
_DRUGS = """
CREATE TEMP TABLE bought AS
SELECT person_id, utlevert[1:4]::INT AS year, atc, min(strptime(utlevert, '%Y%m%d')::DATE) AS first,
       max(strptime(utlevert, '%Y%m%d')::DATE) AS last
FROM lmr JOIN identity ON pseudonym = lopenr
GROUP BY ALL;
"""


def open_dataset(folder: Path) -> "duckdb.DuckDBPyConnection":
    """Open a dataset in Parquet form for measuring; nothing is written to it.

    Raises:
        DataError: If it is not there, or in another form.
    """
    import duckdb

    there = {path.stem for path in folder.glob("*/*.parquet")}
    missing = [name for name in NEEDED if name not in there]
    if missing:
        raise DataError(say("validate.no_table", folder=folder, table=missing[0]))
    connection = duckdb.connect()
    for layer, metadata in schema.LAYERS.items():
        for name in metadata.tables:
            if layer == "truth" and name == "onset":
                connection.sql(
                    f"CREATE VIEW onset AS SELECT person_id, disease, onset_date AS day "
                    f"FROM read_parquet('{_path(folder, layer, name)}')"
                )
            elif layer == "registry":
                connection.register(name, clean_registry(folder, name))
            elif name in there:
                source = _path(folder, layer, name)
                connection.sql(f"CREATE VIEW {name} AS FROM read_parquet('{source}')")
    standard = str(files(__package__) / "standard.csv").replace("'", "''")
    connection.execute(f"CREATE TEMP TABLE standard AS FROM read_csv('{standard}', comment='#')")
    for script in (_PEOPLE, _CARE, _DRUGS):
        connection.execute(script)
    return connection


def clean_registry(folder: Path, name: str) -> object:
    """Read one registry extract with its planted defects taken out by their key."""
    table = pq.read_table(folder / "registry" / f"{name}.parquet")
    key = pq.read_table(folder / "truth" / "defect.parquet")
    return remove_defects({name: table}, key)[name]


def _path(folder: Path, layer: str, name: str) -> str:
    return str(folder / layer / f"{name}.parquet").replace("'", "''")
